"""Files of mels: each format, and refused files."""

from __future__ import annotations

import io
import pickle
import warnings
import zipfile

import numpy as np
import pytest
from some_mels import MEL, OTHER, READY, RNG, ark_bytes, values_of

from specaug_listen import get_frontend
from specaug_listen.errors import AudioError
from specaug_listen.frontends import mel_format
from specaug_listen.mels import clips_of_file, list_mels


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


def test_the_directory_of_an_archive_is_read_once_for_all_its_arrays(tmp_path, monkeypatch):
    np.savez_compressed(tmp_path / "many.npz", **{f"u{i}": MEL - np.float32(i / 100) for i in range(20)})
    opened = []
    monkeypatch.setattr(zipfile, "ZipFile", lambda file, of=zipfile.ZipFile: opened.append(file) or of(file))
    values = values_of(tmp_path / "many.npz")
    assert all(np.array_equal(values[f"u{i}"], MEL - np.float32(i / 100)) for i in range(20))
    assert len(opened) == 1


def test_a_key_that_is_not_there_gets_the_list(tmp_path):
    np.savez(tmp_path / "two.npz", a=MEL, b=OTHER)
    with pytest.raises(AudioError, match=r"no mel with the key 'c'; it has a, b"):
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


def test_sparse_and_quantised_tensors_are_read_without_a_warning_of_torch(tmp_path):
    torch = pytest.importorskip("torch")
    tensor = torch.from_numpy(MEL.copy())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.save(tensor.to_sparse(), tmp_path / "sparse.pt")
        torch.save(torch.quantize_per_tensor(tensor, 0.01, 0, torch.qint32), tmp_path / "codes.pt")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.array_equal(values_of(tmp_path / "sparse.pt")["sparse"], MEL)
        assert np.allclose(values_of(tmp_path / "codes.pt")["codes"], MEL, atol=0.006)


def test_values_that_overflow_float32_are_refused_without_a_warning_of_numpy(tmp_path):
    np.save(tmp_path / "huge.npy", np.abs(np.random.default_rng(0).normal(size=(80, 30))) * 1e37)
    lhotse = get_frontend("lhotse")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for statistics in ("per-utterance", (0.0, 1e9)):
            with pytest.raises(AudioError, match=r"^[^\n]*huge\.npy: [^\n]*$"):
                clips_of_file(tmp_path / "huge.npy", mel_format(lhotse, statistics))


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


# --- finding ---


# --- lhotse ---


def test_two_arrays_of_one_name_are_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.npz", "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for n in (30, 20):
            buffer = io.BytesIO()
            np.save(buffer, MEL[:, :n])
            archive.writestr("mel.npy", buffer.getvalue())
    with pytest.raises(AudioError, match=r"x\.npz: two arrays have the name 'mel'"):
        list_mels(tmp_path / "x.npz")


def test_arrays_of_integers_beside_a_mel_are_named(tmp_path):
    tokens = np.ones((5, 7), int)
    np.savez(tmp_path / "x.npz", mel=MEL, tokens=tokens, lengths=tokens, n=np.arange(3))
    (clip,) = clips_of_file(tmp_path / "x.npz", READY)
    (notice,) = clip.notices
    assert (notice.kind, dict(notice.values)) == ("arrays-left-out", {"arrays": ["tokens"]})
    assert notice.text.startswith("arrays left out: tokens; mels are floats")
    np.savez(tmp_path / "x.npz", mel=MEL, lengths=tokens, n=np.arange(3))
    assert clips_of_file(tmp_path / "x.npz", READY)[0].notices == ()


def test_arrays_of_four_axes_and_mels_with_the_name_of_a_statistic_are_named(tmp_path):
    np.savez(tmp_path / "x.npz", mel=MEL, batch=MEL[None, None], std=MEL, mean=MEL[:, :1], var=MEL[:, 0])
    assert dict(clips_of_file(tmp_path / "x.npz", READY)[0].notices[0].values) == {"arrays": ["batch", "std"]}
