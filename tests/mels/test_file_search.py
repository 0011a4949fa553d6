"""Search for mels: by suffix, in folders, in order."""

from __future__ import annotations

import numpy as np
from some_mels import MEL, ark_bytes

from specaug_listen.frontends import WHISPER
from specaug_listen.mels import find_mels, is_mel_path
from specaug_listen.mels.file_search import split_off_batches


def test_endings_tell_mels(subtests):
    for path, is_mel in [
        ("a.npy", True),
        ("a.NPZ", True),
        ("f.ark:utt:1", True),
        ("f.scp", True),
        ("m.jsonl.gz", True),
        ("x.pt", True),
        ("x.wav", False),
        ("x.gz", False),
        ("folder", False),
        ("x.npy.wav", False),
    ]:
        with subtests.test(path=path, is_mel=is_mel):
            assert is_mel_path(path) is is_mel


def test_folders_are_searched_and_lists_stand_for_their_archives(tmp_path):
    np.save(tmp_path / "b.npy", MEL)
    (tmp_path / "deeper").mkdir()
    np.save(tmp_path / "deeper" / "a.npy", MEL)
    (tmp_path / "broken.npz").write_bytes(b"PK")
    mels, problems = find_mels([tmp_path])
    assert [mel.name for mel in mels] == ["b", "a"]
    assert len(problems) == 1
    assert "broken.npz" in problems[0]
    (tmp_path / "f.ark").write_bytes(ark_bytes(utt=MEL.T))
    (tmp_path / "f.scp").write_text("utt f.ark:4\n")
    (tmp_path / "cmvn.scp").write_text("spk f.ark:4\n")
    mels, problems = find_mels([tmp_path])
    assert [mel.name for mel in mels] == ["utt"]


def test_files_stand_in_their_order_and_once(tmp_path):
    (tmp_path / "f.ark").write_bytes(ark_bytes(z=MEL.T, a=MEL.T))
    mels, _ = find_mels([tmp_path / "f.ark", tmp_path / "f.ark:a"])
    assert [mel.key for mel in mels] == ["z", "a"]
    mels, problems = find_mels([f"{tmp_path / 'f.ark'}:q"])
    assert mels == []
    assert "no mel with the key 'q'" in problems[0]


def test_a_batch_of_no_mels_of_the_front_end_is_one_line(tmp_path):
    """Its items would be as many as the bins."""
    np.save(tmp_path / "right.npy", np.stack([MEL, MEL]))
    np.savez(tmp_path / "middle.npz", mel=np.stack([MEL, MEL, MEL], 1), other=MEL)
    np.save(tmp_path / "short.npy", np.stack([MEL[:64], MEL[:64]]))
    files, _ = find_mels([tmp_path])
    kept, problems = split_off_batches(files, WHISPER)
    assert [(file.path.name, file.item) for file in kept] == [("middle.npz", None), ("right.npy", 0), ("right.npy", 1)]
    of_middle, of_short = problems
    n_frames = MEL.shape[1]
    assert f"middle.npz:mel: a batch of shape (80, 3, {n_frames}), that is 80 mels of" in of_middle
    assert of_middle.endswith(
        "front-end 'whisper' has 80 mel bins; put the axis of the mels first: np.moveaxis(batch, AXIS, 0)"
    )
    assert of_short.endswith("80 mel bins; name the front-end that made it")
