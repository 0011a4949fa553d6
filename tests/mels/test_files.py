"""Files that hold mels: each form, and what is refused."""

from __future__ import annotations

import gzip
import io
import json
import os
import pickle
import struct
import warnings
import zipfile

import numpy as np
import pytest

from specaug_listen.errors import AudioError
from specaug_listen.frontends import LHOTSE, WHISPER, mel_format
from specaug_listen.mels import clip_of_file, clips_of_file, find_mels, is_mel_path, list_mels
from specaug_listen.mels.clips import mel_part

RNG = np.random.default_rng(0)
MEL = RNG.uniform(-0.9, 1.0, (80, 30)).astype(np.float32)
OTHER = RNG.uniform(-0.9, 1.0, (80, 40)).astype(np.float32)
READY = mel_format(WHISPER)


def values_of(path, **how):
    return {clip.name: clip.mel.values for clip in clips_of_file(path, READY, **how)}


def ark_bytes(**matrices):
    parts = []
    for key, matrix in matrices.items():
        head = f"{key} ".encode() + b"\0BFM " + struct.pack("<BiBi", 4, *matrix.shape[:1], 4, *matrix.shape[1:])
        parts.append(head + matrix.astype("<f4").tobytes())
    return b"".join(parts)


def test_npy_is_one_mel_named_after_its_file(tmp_path):
    np.save(tmp_path / "speech.npy", MEL)
    (clip,) = clips_of_file(tmp_path / "speech.npy", READY)
    assert clip.name == "speech"
    assert np.array_equal(clip.mel.values, MEL)
    assert clip.source.path == str(tmp_path / "speech.npy")
    assert len(clip.source.sha256) == 64


def test_a_batch_is_several_clips(tmp_path):
    np.save(tmp_path / "batch.npy", np.stack([MEL.T, -MEL.T]).astype(np.float64))
    found = values_of(tmp_path / "batch.npy")
    assert list(found) == ["batch-0", "batch-1"]
    assert np.array_equal(found["batch-1"], -MEL)


def test_npz_is_one_array_or_several_and_statistics_are_no_mels(tmp_path):
    np.savez(tmp_path / "one.npz", MEL)
    assert list(values_of(tmp_path / "one.npz")) == ["one"]
    np.savez(tmp_path / "two.npz", a=MEL, b=OTHER, mean=np.zeros((80, 1)), std=np.ones((80, 1)), n=np.array([30, 40]))
    found = values_of(tmp_path / "two.npz")
    assert list(found) == ["a", "b"]
    assert np.array_equal(found["b"], OTHER)
    assert list(values_of(tmp_path / "two.npz", key="b")) == ["b"]


def test_a_key_that_is_not_there_gets_the_list(tmp_path):
    np.savez(tmp_path / "two.npz", a=MEL, b=OTHER)
    with pytest.raises(AudioError, match=r"no mel of the key 'c'; it holds a, b"):
        list_mels(tmp_path / "two.npz", "c")
    np.save(tmp_path / "x.npy", MEL)
    with pytest.raises(AudioError, match="it has no keys"):
        list_mels(tmp_path / "x.npy", "c")


def test_an_archive_of_kaldi_has_frames_first_even_where_it_is_square(tmp_path):
    square = RNG.uniform(-0.9, 1.0, (80, 80)).astype(np.float32)
    (tmp_path / "f.ark").write_bytes(ark_bytes(utt1=MEL.T, utt2=square))
    found = values_of(tmp_path / "f.ark")
    assert np.array_equal(found["utt1"], MEL)
    assert np.array_equal(found["utt2"], square.T)


def test_torch_files_hold_a_tensor_or_several(tmp_path):
    torch = pytest.importorskip("torch")
    tensor = torch.from_numpy(MEL.copy())
    torch.save(tensor.to(torch.bfloat16), tmp_path / "one.pt")
    torch.save({"mel": tensor, "lengths": torch.tensor([30]), "text": "hello"}, tmp_path / "named.pt")
    torch.save([tensor, tensor * 0.5], tmp_path / "list.pt")
    assert np.allclose(values_of(tmp_path / "one.pt")["one"], MEL, atol=0.01)
    assert list(values_of(tmp_path / "named.pt")) == ["mel"]
    assert np.array_equal(values_of(tmp_path / "list.pt")["1"], MEL * 0.5)


def test_torch_files_with_objects_are_never_loaded(tmp_path):
    torch = pytest.importorskip("torch")
    torch.save({"mel": torch.zeros(80, 30), "model": pytest.approx}, tmp_path / "model.pt")
    with pytest.raises(AudioError, match=r"model.pt: not read .*only tensors are loaded \(weights_only=True\)"):
        list_mels(tmp_path / "model.pt")


def test_without_torch_its_extra_is_named(tmp_path, monkeypatch):
    (tmp_path / "x.pt").write_bytes(b"PK")
    monkeypatch.setitem(__import__("sys").modules, "torch", None)
    with pytest.raises(ImportError, match=r"specaug-listen\[torch\]"):
        list_mels(tmp_path / "x.pt")


class Harm:
    def __reduce__(self):
        return exec, ("raise SystemExit('a pickle was run')",)


@pytest.mark.parametrize("name", ["x.npy", "x.npz"])
def test_pickles_are_never_loaded(tmp_path, name):
    (tmp_path / name).write_bytes(pickle.dumps(Harm()))
    with pytest.raises(AudioError, match="pickles are never loaded, as they can run code"):
        list_mels(tmp_path / name)


def test_arrays_of_objects_are_never_loaded(tmp_path):
    np.save(tmp_path / "x.npy", np.array([Harm(), None]), allow_pickle=True)
    np.savez(tmp_path / "x.npz", mel=np.array([Harm(), None]))
    with pytest.raises(AudioError, match=r"x.npy: an array of Python objects; pickles are never loaded"):
        list_mels(tmp_path / "x.npy")
    with pytest.raises(AudioError, match=r"x.npz:mel: an array of Python objects; pickles are never loaded"):
        list_mels(tmp_path / "x.npz")


def test_other_arrays_are_refused_with_the_file_s_name(subtests, tmp_path):
    for array, words in [
        (MEL.astype(complex), "complex values"),
        ((MEL * 100).astype(np.int8), "values of dtype int8"),
        (MEL[:, :0], "an empty array"),
        (np.where(MEL > 0.9, np.nan, MEL), "NaN or infinite"),
        (MEL[:, 0], "an array of 1 axes"),
        (MEL[np.newaxis, np.newaxis], "an array of 4 axes"),
        (np.zeros((77, 30), np.float32), "whisper' has 80 mel bins"),
    ]:
        with subtests.test(array=array, words=words):
            np.save(tmp_path / "x.npy", array)
            with pytest.raises(AudioError, match=rf"x\.npy: .*{words}"):
                clips_of_file(tmp_path / "x.npy", READY)


def test_a_header_that_lies_is_refused_before_anything_is_held(tmp_path):
    np.save(tmp_path / "x.npy", MEL)
    data = (tmp_path / "x.npy").read_bytes()
    (tmp_path / "big.npy").write_bytes(data.replace(b"(80, 30), ", b"(80,3000000000000), ")[: len(data)])
    with pytest.raises(AudioError, match=r"big\.npy"):
        clips_of_file(tmp_path / "big.npy", READY)
    (tmp_path / "cut.npy").write_bytes(data[:-100])
    with pytest.raises(AudioError, match=r"cut\.npy: cannot be read"):
        clips_of_file(tmp_path / "cut.npy", READY)
    (tmp_path / "empty.npy").write_bytes(b"")
    with pytest.raises(AudioError, match="the file is empty"):
        list_mels(tmp_path / "empty.npy")


@pytest.mark.parametrize("suffix", [".npy", ".npz", ".pt"])
@pytest.mark.parametrize("how", ["removed", "fewer", "cut"])
def test_a_file_that_became_another_since_it_was_listed_is_refused_in_one_line(tmp_path, suffix, how):
    def write(array):
        if suffix == ".pt":
            torch = pytest.importorskip("torch")
            torch.save({"a": torch.tensor(array)}, path)
        elif suffix == ".npz":
            np.savez(path, a=array, b=array)
        else:
            np.save(path, array)

    path = tmp_path / f"mel{suffix}"
    write(np.stack([MEL, MEL, MEL]))
    *_, last = list_mels(path)
    if how == "fewer":
        write(MEL[np.newaxis])
    elif how == "cut":
        os.truncate(path, path.stat().st_size // 2)
    else:
        path.unlink()
    with pytest.raises(AudioError, match=rf"mel\{suffix}[^\n]*$"):
        clip_of_file(last, READY)


def test_a_file_that_becomes_another_between_its_mel_and_its_hash_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "mel.npy"
    np.save(path, MEL)
    [one] = list_mels(path)
    part = mel_part

    def cut(*given):
        os.truncate(path, 100)
        return part(*given)

    monkeypatch.setattr("specaug_listen.mels.clips.mel_part", cut)
    with pytest.raises(AudioError, match=r"mel\.npy: cannot be read \(became another file while it was read\)"):
        clip_of_file(one, READY)


def test_a_part_is_taken_in_whole_frames(tmp_path):
    np.save(tmp_path / "x.npy", OTHER)
    (clip,) = clips_of_file(tmp_path / "x.npy", READY, start_s=0.1, duration_s=0.2)
    assert np.array_equal(clip.mel.values, OTHER[:, 10:30])
    with pytest.raises(AudioError, match="lies behind the end"):
        clips_of_file(tmp_path / "x.npy", READY, start_s=9.0)


# --- finding ---


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
    assert "no mel of the key 'q'" in problems[0]


# --- lhotse ---


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
        ('{"id": "r", "tracks": []}', "a cut that is mixed of others"),
        ('{"storage_type": "lilcom_url", "storage_path": "s3://x", "storage_key": "k"}', "storage 'lilcom_url' is not"),
        ('{"storage_type": "memory_lilcom", "storage_path": "", "storage_key": "k"}', "'memory_lilcom' is not read"),
        ("hello", "no manifest of JSON lines"),
        ("[1]", "no entry of a manifest"),
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
    with pytest.raises(AudioError, match="only its manifest says where each begins"):
        clips_of_file(tmp_path / "feats.llc", mel_format(LHOTSE))
    (tmp_path / "one.llc").write_bytes(lilcom.compress(fbank))
    (clip,) = clips_of_file(tmp_path / "one.llc", mel_format(LHOTSE))
    assert np.allclose(clip.mel.values, fbank.T, atol=0.01)


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


def test_arrays_that_were_not_written_to_their_end_are_refused(tmp_path):
    h5py = pytest.importorskip("h5py")
    fbank = RNG.uniform(-12, 2, (30, 80)).astype(np.float32)
    path = tmp_path / "f.h5"
    with h5py.File(path, "w") as file:
        file.create_dataset("whole", data=fbank, chunks=(8, 80), compression="gzip")
        file.create_dataset("zeros", data=0 * fbank, chunks=(8, 80))
        file.create_dataset("none", (30, 80), "f4")
        file.create_dataset("half", (30, 80), "f4", chunks=(8, 80))[:16] = fbank[:16]
    for name in ("whole", "zeros"):
        (one,) = list_mels(path, name)
        assert one.read().shape == (30, 80)
    for name, chunks in (("none", "0 of 1"), ("half", "2 of 4")):
        with pytest.raises(
            AudioError,
            match=rf"f\.h5:{name}: not all of its array of shape \(30, 80\) was ever written \({chunks} chunks",
        ):
            clips_of_file(path, mel_format(LHOTSE), key=name)


def test_what_stands_behind_an_array_in_an_archive_is_not_left_out_silently(tmp_path):
    buffer = io.BytesIO()
    np.save(buffer, MEL)
    np.save(buffer, MEL)
    with zipfile.ZipFile(tmp_path / "x.npz", "w") as archive:
        archive.writestr("mel.npy", buffer.getvalue())
    with pytest.raises(AudioError, match=r"x\.npz.*: another array follows"):
        clips_of_file(tmp_path / "x.npz", READY)


@pytest.mark.parametrize(("behind", "words"), [("array", "another array follows"), ("junk", "something else follows")])
def test_what_stands_behind_an_array_is_not_left_out_silently(tmp_path, behind, words):
    with open(tmp_path / "two.npy", "wb") as file:
        np.save(file, MEL)
        if behind == "array":
            np.save(file, MEL)
        else:
            file.write(b"\0" * 40)
    with pytest.raises(AudioError, match=rf"two\.npy: {words} the array of shape \(80, 30\).*np\.savez"):
        clips_of_file(tmp_path / "two.npy", READY)


def test_an_archive_of_numpy_with_any_damage_gets_one_line(tmp_path):
    np.savez_compressed(tmp_path / "x.npz", mel=MEL, other=MEL)
    whole, chance = (tmp_path / "x.npz").read_bytes(), np.random.default_rng(0)
    name_no_utf8 = bytearray(whole)
    name_no_utf8[7] |= 8
    name_no_utf8[30] = 0xFF
    flipped = [bytearray(whole) for _ in range(60)]
    for data in flipped:
        for at in chance.integers(4, len(data), 6):
            data[at] = chance.integers(256)
    n_refused = 0
    for data in (name_no_utf8, *flipped):
        (tmp_path / "x.npz").write_bytes(data)
        try:
            clips_of_file(tmp_path / "x.npz", READY)
        except AudioError as error:
            assert "x.npz" in str(error) and len(str(error).splitlines()) == 1  # noqa: PT017, PT018
            n_refused += 1
    assert n_refused > 30


def test_lilcom_prints_nothing_of_its_own(tmp_path, capfd):
    lilcom = pytest.importorskip("lilcom")
    data = lilcom.compress(MEL.T.copy())
    for n in range(1, 12):
        (tmp_path / "cut.llc").write_bytes(data[:n])
        with pytest.raises(AudioError, match=r"cut\.llc: "):
            clips_of_file(tmp_path / "cut.llc", mel_format(LHOTSE))
    assert tuple(capfd.readouterr()) == ("", "")


def header_of(shape):
    """An array of numpy that is a header and nothing else."""
    text = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode()


@pytest.mark.parametrize("shape", [(10**9, 80, 0), (10**7, 1, 1), (200_000, 0, 80)])
def test_a_batch_of_more_mels_than_anybody_has_is_refused_by_its_header(tmp_path, shape):
    (tmp_path / "x.npy").write_bytes(header_of(shape))
    with pytest.raises(AudioError, match=r"x\.npy: an array of shape .*allowed are 100000 mels"):
        list_mels(tmp_path / "x.npy")


def test_two_arrays_of_one_name_are_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.npz", "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for n in (30, 20):
            buffer = io.BytesIO()
            np.save(buffer, MEL[:, :n])
            archive.writestr("mel.npy", buffer.getvalue())
    with pytest.raises(AudioError, match=r"x\.npz: two arrays are called 'mel'"):
        list_mels(tmp_path / "x.npz")
