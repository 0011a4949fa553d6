"""Manifests of lhotse, and lilcom."""

from __future__ import annotations

import gzip
import json

import numpy as np
import pytest
from some_mels import MEL, OTHER, RNG, values_of

from specaug_listen.errors import AudioError
from specaug_listen.frontends import LHOTSE, mel_format
from specaug_listen.mels import clips_of_file, list_mels
from specaug_listen.mels.lhotse_features import hdf5_names


def manifest(path, **entry):
    whole = {
        "type": "kaldi-fbank", "num_frames": 30, "num_features": 80, "frame_shift": 0.01, "sampling_rate": 16000,
        "start": 0, "duration": 0.3, "recording_id": "rec-1", **entry,
    }  # fmt: skip
    with gzip.open(path, "wt") as file:
        file.write(json.dumps(whole) + "\n")


def test_a_manifest_of_numpy_files_is_read(tmp_path):
    (tmp_path / "rec").mkdir()
    np.save(tmp_path / "rec" / "rec-1.npy", MEL.T)
    manifest(
        tmp_path / "feats.jsonl.gz", storage_type="numpy_files", storage_path=str(tmp_path), storage_key="rec/rec-1.npy"
    )
    assert np.array_equal(values_of(tmp_path / "feats.jsonl.gz")["rec-1"], MEL)


def test_a_cut_takes_its_part(tmp_path):
    np.save(tmp_path / "rec-1.npy", OTHER.T)
    features = {
        "storage_type": "numpy_files", "storage_path": str(tmp_path), "storage_key": "rec-1.npy", "frame_shift": 0.01,
        "start": 1.0,
    }  # fmt: skip
    cut = {"id": "cut-1", "start": 1.1, "duration": 0.2, "features": features}
    (tmp_path / "cuts.jsonl").write_text(json.dumps(cut) + "\n")
    assert np.array_equal(values_of(tmp_path / "cuts.jsonl")["cut-1"], OTHER[:, 10:30])
    n = OTHER.shape[1]
    for n_frames, is_within in [(n - 10, True), (n - 8, True), (n, False), (20 * n, False)]:
        (tmp_path / "cuts.jsonl").write_text(json.dumps({**cut, "duration": n_frames / 100}) + "\n")
        if is_within:
            assert np.array_equal(values_of(tmp_path / "cuts.jsonl")["cut-1"], OTHER[:, 10:])
        else:
            with pytest.raises(AudioError, match=r"cuts\.jsonl: .*expected seconds, a cut within its features"):
                values_of(tmp_path / "cuts.jsonl")


def test_a_manifest_of_another_frame_shift_or_rate_than_the_front_end_s_is_told(subtests, tmp_path):
    for features, words in [
        ({"frame_shift": 0.01, "sampling_rate": 16000}, None),
        ({"frame_shift": 0.01003}, None),
        ({}, None),
        ({"frame_shift": 0.0125}, "its manifest says 12.5 ms between frames, and front-end 'lhotse' has 10 ms between"),
        (
            {"frame_shift": 0.01, "sampling_rate": 8000},
            "says 10 ms between frames and 8000 Hz, and front-end 'lhotse' has 10 ms between frames and 16000 Hz, so",
        ),
    ]:
        with subtests.test(features=features, words=words):
            fbank = RNG.uniform(-12, 2, (30, 80)).astype(np.float32)
            np.save(tmp_path / "rec-1.npy", fbank)
            where = {"storage_type": "numpy_files", "storage_path": str(tmp_path), "storage_key": "rec-1.npy"}
            (tmp_path / "x.jsonl").write_text(json.dumps({**where, **features}) + "\n")
            for part in ({}, {"duration_s": 0.1}):
                (clip,) = clips_of_file(tmp_path / "x.jsonl", mel_format(LHOTSE), **part)
                texts = [notice.text for notice in clip.notices if notice.kind == "other-timing"]
                assert len(texts) == (words is not None)
                assert words is None or words in texts[0]


def test_a_frame_shift_that_is_none_is_refused(subtests, tmp_path):
    for value in ["soon", float("nan"), -0.01, 0, True]:
        with subtests.test(value=value):
            np.save(tmp_path / "rec-1.npy", MEL.T)
            where = {"storage_type": "numpy_files", "storage_path": str(tmp_path), "storage_key": "rec-1.npy"}
            (tmp_path / "x.jsonl").write_text(json.dumps({**where, "frame_shift": value}) + "\n")
            with pytest.raises(
                AudioError, match=r"x\.jsonl: frame_shift=.*: expected a number above 0, as lhotse writes it"
            ):
                clips_of_file(tmp_path / "x.jsonl", mel_format(LHOTSE))


def test_other_manifests_are_refused_in_words(subtests, tmp_path):
    for lines, words in [
        ('{"id": "r", "sampling_rate": 16000, "sources": []}', "line 1: no features; expected a manifest of features"),
        ('{"id": "r", "tracks": []}', "a mix of other cuts"),
        ('{"storage_type": "lilcom_url", "storage_path": "s3://x", "storage_key": "k"}', "storage 'lilcom_url' is not"),
        ('{"storage_type": "memory_lilcom", "storage_path": "", "storage_key": "k"}', "'memory_lilcom' is not"),
        ("hello", "not a manifest of JSON lines"),
        ("[1]", "not an entry of a manifest"),
        ("\n", "an empty manifest"),
    ]:
        with subtests.test(lines=lines, words=words):
            (tmp_path / "x.jsonl").write_text(lines)
            with pytest.raises(AudioError, match=words):
                list_mels(tmp_path / "x.jsonl")


def test_lilcom_in_its_own_files_and_in_chunks_is_read(tmp_path):
    lilcom = pytest.importorskip("lilcom")
    fbank = RNG.uniform(-12, 2, (30, 80)).astype(np.float32)
    data, sizes = b"", [0]
    for begin in range(0, 30, 12):
        chunk = lilcom.compress(fbank[begin : begin + 12])
        data, sizes = data + chunk, [*sizes, len(chunk)]
    (tmp_path / "feats.llc").write_bytes(data)
    manifest(
        tmp_path / "feats.jsonl.gz", storage_type="lilcom_chunky", storage_path="feats.llc",
        storage_key=",".join(map(str, sizes)),
    )  # fmt: skip
    (clip,) = clips_of_file(tmp_path / "feats.jsonl.gz", mel_format(LHOTSE))
    assert np.allclose(clip.mel.values, fbank.T, atol=0.01)
    with pytest.raises(AudioError, match="only its manifest tells where the arrays in a file begin"):
        clips_of_file(tmp_path / "feats.llc", mel_format(LHOTSE))
    (tmp_path / "one.llc").write_bytes(lilcom.compress(fbank))
    (clip,) = clips_of_file(tmp_path / "one.llc", mel_format(LHOTSE))
    assert np.allclose(clip.mel.values, fbank.T, atol=0.01)


def test_what_stands_behind_an_hdf5_file_is_not_left_out_silently(tmp_path, subtests):
    h5py = pytest.importorskip("h5py")
    for form in ({}, {"libver": "latest"}, {"userblock_size": 512}, {"fs_strategy": "page"}):
        with subtests.test(form=form):
            with h5py.File(tmp_path / "x.h5", "w", **form) as file:
                file["mel"] = MEL
            with h5py.File(tmp_path / "x.h5", "a") as file:
                file["other"] = MEL
            assert hdf5_names(tmp_path / "x.h5") == ["mel", "other"]
            data = (tmp_path / "x.h5").read_bytes()
            (tmp_path / "x.h5").write_bytes(data + data)
            with pytest.raises(AudioError, match=r"x\.h5: \d+ bytes are behind what HDF5 reads of it"):
                hdf5_names(tmp_path / "x.h5")


def test_hdf5_files_are_read_plain_and_with_lilcom(tmp_path):
    h5py, lilcom = pytest.importorskip("h5py"), pytest.importorskip("lilcom")
    fbank = RNG.uniform(-12, 2, (30, 80)).astype(np.float32)
    with h5py.File(tmp_path / "f.h5", "w") as file:
        file["plain"] = fbank
        file["group/packed"] = np.void(lilcom.compress(fbank))
        file["speaker"], file["text"] = 7, ["some", "words"]
    clips = {clip.name: clip for clip in clips_of_file(tmp_path / "f.h5", mel_format(LHOTSE))}
    assert set(clips) == {"plain", "group/packed"}
    for clip in clips.values():
        assert np.allclose(clip.mel.values, fbank.T, atol=0.01)


def test_lilcom_prints_nothing_of_its_own(tmp_path, capfd):
    lilcom = pytest.importorskip("lilcom")
    data = lilcom.compress(MEL.T.copy())
    for n in range(1, 12):
        (tmp_path / "cut.llc").write_bytes(data[:n])
        with pytest.raises(AudioError, match=r"cut\.llc: "):
            clips_of_file(tmp_path / "cut.llc", mel_format(LHOTSE))
    assert tuple(capfd.readouterr()) == ("", "")


def test_what_hdf5_says_of_a_damaged_file_is_whole_and_has_a_fix(tmp_path):
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["x"] = MEL
    data = (tmp_path / "x.h5").read_bytes()
    for damaged, words in [(data[:-2000], r"truncated file: .*stored_eof = \d+"), (b"xx" + data[2:], "signature")]:
        (tmp_path / "x.h5").write_bytes(damaged)
        with pytest.raises(AudioError, match=rf"{words}.*\)\); it is damaged or cut: copy or write it again$"):
            list_mels(tmp_path / "x.h5")
