"""Search for mels: by suffix, in folders, in order."""

from __future__ import annotations

import numpy as np
from some_mels import MEL, ark_bytes

from specaug_listen.mels import find_mels, is_mel_path


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
