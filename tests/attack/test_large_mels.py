"""Small files that say they hold enormous mels: refused from their headers, before anything is held."""

from __future__ import annotations

import struct
import zipfile
import zlib

import numpy as np
import pytest

from specaug_listen._arrays import MAX_CELLS
from specaug_listen.errors import AudioError
from specaug_listen.frontends import get_frontend, kaldi_archives, mel_format
from specaug_listen.mels import clips_of_file
from specaug_listen.mels.files import list_mels
from specaug_listen.mels.lhotse_features import decompress, read_features, read_hdf5

READY = mel_format(get_frontend("whisper"))
SHAPES = {
    "80 by 12.5 million": ("<f4", (80, 12_500_000), "allowed are 67108864 cells"),
    "a batch": ("<f4", (1000, 80, 1000), "allowed are 67108864 cells"),
    "a trillion": ("<f4", (80, 10**12), "allowed are 67108864 cells"),
    "hundreds of digits": ("<f4", (80, 10**400), r"shape \(80, more than 2\*\*63\): allowed"),
    "negative": ("<f4", (-80, -10), r"shape \(-80, -10\): a size is below 0"),
    "one negative": ("<f4", (80, -10), r"shape \(80, -10\): a size is below 0"),
    "cells of arrays": (("<f4", (80, 1000)), (10**6,), "not a NumPy array|allowed are"),
    "long texts": ("|S100000", (80, 1000), "allowed are 67108864 cells of 8 bytes"),
}


def header(descr, shape):
    text = repr({"descr": descr, "fortran_order": False, "shape": shape}).encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text) + 1) + text + b"\n"


def npz(path, shape, n_bytes):
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive,
        archive.open("a.npy", "w") as file,
    ):
        file.write(header("<f4", shape))
        for _ in range(n_bytes >> 20):
            file.write(bytes(1 << 20))
    return path


@pytest.fixture(autouse=True)
def nothing_is_loaded(monkeypatch):
    monkeypatch.setattr(np, "load", lambda *_, **__: pytest.fail("loaded"))


def test_a_header_is_looked_at_first(subtests, tmp_path):
    for name, (descr, shape, said) in SHAPES.items():
        for kind in ("npy", "npz"):
            with subtests.test(kind=kind, name=name):
                file = tmp_path / f"x.{kind}"
                data = header(descr, shape) + bytes(100)
                if kind == "npz":
                    with zipfile.ZipFile(file, "w") as archive:
                        archive.writestr("a.npy", data)
                else:
                    file.write_bytes(data)
                with pytest.raises(AudioError, match=rf"x\.{kind}.*{said}") as refused:
                    clips_of_file(file, READY)
                assert len(str(refused.value)) < 300 + len(str(tmp_path))


def test_a_mel_that_shrinks_as_no_sound_does_is_refused(tmp_path):
    file = npz(tmp_path / "x.npz", (80, 65_536), 80 * 65_536 * 4)
    with pytest.raises(
        AudioError, match=r"x\.npz:a: an array of shape \(80, 65536\) compressed into \d+ bytes: no mel"
    ):
        clips_of_file(file, READY)


def test_lilcom_says_its_shape_before_it_is_decompressed(tmp_path, monkeypatch):
    lilcom = pytest.importorskip("lilcom")
    zeros = lilcom.compress(np.zeros((60_000, 80), np.float32))
    part = lilcom.compress(np.zeros((30_000, 80), np.float32))
    small = lilcom.compress(np.zeros((30, 80), np.float32))
    done = []
    plain = lilcom.decompress
    monkeypatch.setattr(lilcom, "decompress", lambda data: done.append(data) or plain(data))
    with pytest.raises(AudioError, match=r"x: an array of shape \(60000, 80\) compressed into \d+ bytes: no mel"):
        decompress(zeros, "x")
    assert not done
    (tmp_path / "x.llc").write_bytes(part + part + part)
    entry = {"storage_type": "lilcom_chunky", "storage_path": str(tmp_path / "x.llc")}
    sizes = ",".join(["0"] + [str(len(part))] * 3)
    with pytest.raises(AudioError, match=r"x\.llc: an array of shape .* no mel of sound"):
        read_features(entry | {"storage_key": sizes}, tmp_path / "m.jsonl")
    assert len(done) == 2
    for key in (f"0,{len(part)},{-len(part)},{len(part)}", "-5,3", f"{10**30},{10**30}"):
        with pytest.raises(AudioError, match="sizes of chunks below 0, or beyond any file"):
            read_features(entry | {"storage_key": key}, tmp_path / "m.jsonl")
    assert decompress(small, "x").shape == (30, 80)


@pytest.mark.parametrize(
    ("shape", "how", "said"),
    [
        ((12_500_000, 80), {}, "allowed are 67108864 cells"),
        ((60_000, 80), {"chunks": (1000, 80)}, "compressed into 0 bytes"),
    ],
    ids=["too large", "nothing in it"],
)
def test_an_array_of_hdf5_is_looked_at_first(tmp_path, shape, how, said):
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file.create_dataset("mel", shape, "f4", **how)
    with pytest.raises(AudioError, match=rf"x\.h5:mel: an array of shape .*{said}"):
        read_hdf5(tmp_path / "x.h5", "mel")


@pytest.mark.parametrize(("n_rows", "said"), [(65_536, r"compressed into \d+ bytes: no mel"), (900_000, "allowed are")])
def test_a_chunk_of_hdf5_that_is_far_larger_than_its_array_is_refused(tmp_path, n_rows, said):
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "x.h5", "w") as file:
        how = {"maxshape": (None, 80), "chunks": (n_rows, 80), "compression": "gzip", "compression_opts": 1}
        file.create_dataset("mel", (100, 80), "f4", **how)[...] = 0.5
    with pytest.raises(AudioError, match=rf"x\.h5:mel: chunks .* in an array of shape \({n_rows}, 80\).*{said}"):
        read_hdf5(tmp_path / "x.h5", "mel")
    with h5py.File(tmp_path / "y.h5", "w") as file:
        file.create_dataset("mel", (100, 80), "f4", **how | {"chunks": (1024, 80)})[...] = 0.5
    assert read_hdf5(tmp_path / "y.h5", "mel").shape == (100, 80)


def test_numpy_files_of_a_manifest_are_looked_at_first(tmp_path):
    (tmp_path / "x.npy").write_bytes(header("<f4", (12_500_000, 80)))
    entry = {"storage_type": "numpy_files", "storage_path": str(tmp_path), "storage_key": "x.npy"}
    with pytest.raises(AudioError, match=r"x\.npy: an array of shape .*allowed are"):
        read_features(entry, tmp_path / "m.jsonl")


@pytest.mark.parametrize("kind", [b"FM ", b"CM2 "])
def test_a_matrix_of_kaldi_is_looked_at_first(tmp_path, kind):
    rows = MAX_CELLS // 80 + 1
    sizes = struct.pack("<bibi", 4, rows, 4, 80) if kind == b"FM " else struct.pack("<ffii", 0, 1, rows, 80)
    with open(tmp_path / "x.ark", "wb") as file:
        file.write(b"utt \0B" + kind + sizes)
        file.truncate(file.tell() + rows * 80 * (4 if kind == b"FM " else 2))
    with pytest.raises(AudioError, match=rf"x\.ark:utt: an array of shape \({rows}, 80\): allowed are"):
        clips_of_file(tmp_path / "x.ark", READY)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"[" + b"1 " * 40 + b"\n1 ]", "a row of more than 64 bytes"),
        (b"[" + b"1\n" * 20 + b"]", "more than 8 rows"),
        (b"[" + b"1\n" * 100_000 + b"]", "a text matrix of more than 65536 bytes"),
    ],
    ids=["a long row", "many rows", "long"],
)
def test_a_matrix_in_text_is_bounded(tmp_path, monkeypatch, text, said):
    for name, value in (("_MAX_ROWS", 8), ("_MAX_ROW_BYTES", 64), ("_MAX_TEXT_BYTES", 1 << 16)):
        monkeypatch.setattr(kaldi_archives, name, value)
    (tmp_path / "x.ark").write_bytes(b"utt " + text + b"\n")
    with pytest.raises(AudioError, match=said):
        clips_of_file(tmp_path / "x.ark", READY)


@pytest.mark.parametrize("n_tensors", [1, 40])
def test_tensors_that_repeat_a_value_are_refused_together(tmp_path, n_tensors):
    torch = pytest.importorskip("torch")
    one = torch.zeros(1).expand(80, 800_000 // n_tensors)
    torch.save([one] * n_tensors, tmp_path / "x.pt")
    with pytest.raises(AudioError, match=r"x\.pt: arrays of 64000000 cells in all, from \d+ bytes: no mels of sound"):
        clips_of_file(tmp_path / "x.pt", READY)


def test_tensors_that_share_a_storage_in_part_are_read(tmp_path):
    torch = pytest.importorskip("torch")
    whole = torch.rand(80, 30_000) - 4
    torch.save([whole[:, at:] for at in (0, 10, 20)], tmp_path / "x.pt")
    assert len(clips_of_file(tmp_path / "x.pt", READY)) == 3


@pytest.mark.filterwarnings("ignore:.*parse.*invariant")
def test_tensors_that_share_their_data_are_counted_by_the_size_of_the_file(tmp_path, subtests):
    torch = pytest.importorskip("torch")
    few = torch.zeros(1)
    tensors = {
        "expanded": few.expand(80, 800_000),
        "expanded in half precision": few.to(torch.bfloat16).expand(80, 800_000),
        "views of one cell": [few.expand(80, 40_000)] * 3000,
        "views of one mel": [torch.zeros(80, 1000)] * 3000,
        "in a dictionary": {str(number): few.expand(80, 40_000) for number in range(300)},
        "sparse": torch.sparse_coo_tensor(
            torch.tensor([[0], [0]]), torch.tensor([1.0]), (80, 800_000), check_invariants=True
        ),
    }
    for name, value in tensors.items():
        with subtests.test(name=name):
            torch.save(value, tmp_path / "x.pt")
            with pytest.raises(
                AudioError, match=r"x\.pt: arrays of \d+ cells in all, from \d+ bytes: no mels"
            ) as error:
                list_mels(tmp_path / "x.pt")
            assert "\n" not in str(error.value)
            assert len(str(error.value)) < 300 + len(str(tmp_path))


def test_parts_of_one_tensor_and_a_second_name_for_it_are_read(tmp_path):
    torch = pytest.importorskip("torch")
    batch = torch.zeros(50, 80, 1500)
    torch.save([*batch], tmp_path / "parts.pt")
    torch.save({"a": batch, "b": batch}, tmp_path / "names.pt")
    assert len(list_mels(tmp_path / "parts.pt")) == 50
    assert len(list_mels(tmp_path / "names.pt")) == 100


def test_a_compressed_file_of_torch_is_refused_before_it_is_loaded(tmp_path, monkeypatch):
    torch = pytest.importorskip("torch")
    torch.save(torch.zeros(80, 60_000), tmp_path / "plain.pt")
    with (
        zipfile.ZipFile(tmp_path / "plain.pt") as plain,
        zipfile.ZipFile(tmp_path / "x.pt", "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for member in plain.infolist():
            archive.writestr(member.filename, plain.read(member))
    assert len(list_mels(tmp_path / "plain.pt")) == 1
    monkeypatch.setattr(torch, "load", lambda *_, **__: pytest.fail("loaded"))
    with pytest.raises(AudioError, match=r"x\.pt: arrays of \d+ cells in all, from \d+ bytes: no mels"):
        list_mels(tmp_path / "x.pt")


def test_arrays_of_an_archive_are_counted_together(tmp_path):
    data = header("<f4", (80, 12_500)) + bytes(80 * 12_500 * 4)
    with zipfile.ZipFile(tmp_path / "x.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(5):
            archive.writestr(f"a{number}.npy", data)
    with pytest.raises(AudioError, match=r"x\.npz: arrays of 5000000 cells in all, from \d+ bytes: no mels"):
        list_mels(tmp_path / "x.npz")


def test_the_number_of_mels_in_all_arrays_of_a_file_is_bounded(tmp_path):
    np.savez(tmp_path / "x.npz", a=np.zeros((60_000, 80, 0)), b=np.zeros((60_000, 80, 0)))
    with pytest.raises(AudioError, match=r"x\.npz: more than 100000 mels"):
        list_mels(tmp_path / "x.npz")


def test_lines_of_a_list_for_one_matrix_are_counted_together(tmp_path, subtests):
    numbers = {"FM ": bytes(320 * 1000), "text": b""}
    for kind, data in numbers.items():
        text = b" [" + b"1 " * 80_000 + b"]\n"
        head = b" \0BFM " + struct.pack("<bibi", 4, 1000, 4, 80)
        (tmp_path / "x.ark").write_bytes(b"utt" + (head + data if data else text))
        for part, is_allowed in (("", False), ("[0:900]", kind == "text"), ("[7:9,0:4]", True)):
            with subtests.test(kind=kind, part=part):
                (tmp_path / "x.scp").write_text("".join(f"u{n} x.ark:4{part}\n" for n in range(100)))
                if is_allowed:
                    assert len(list_mels(tmp_path / "x.scp")) == 100
                else:
                    with pytest.raises(AudioError, match=r"x\.scp: .*x\.ark:4: arrays of \d+ cells in all"):
                        list_mels(tmp_path / "x.scp")


@pytest.mark.parametrize(
    ("shape", "chunks", "said"),
    [
        ((100, 80), (12_000_000, 80), r"x\.h5:mel: chunks \(12000000, 80\) in an array of shape .*: allowed are"),
        ((100, 80), (60_000, 80), r"x\.h5:mel: chunks \(60000, 80\) in an array of shape .*compressed into"),
        ((100, 80), (1, 100_000), r"x\.h5:mel: chunks \(1, 100000\) in an array of shape .*compressed into"),
    ],
    ids=["too large", "compressed", "many wide ones"],
)
def test_the_chunks_of_an_array_are_looked_at_first(tmp_path, shape, chunks, said):
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file.create_dataset("mel", shape, "f4", chunks=chunks, maxshape=(None, None), compression="gzip")
    with pytest.raises(AudioError, match=said):
        read_hdf5(tmp_path / "x.h5", "mel")


def test_an_array_that_one_filter_compressed_twice_is_refused(tmp_path):
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "x.h5", "w") as file:
        filters = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        filters.set_chunk((100, 80))
        filters.set_deflate(9)
        filters.set_deflate(9)
        space = h5py.h5s.create_simple((100, 80))
        h5py.h5d.create(file.id, b"mel", h5py.h5t.IEEE_F32LE, space, filters)
        file["mel"][...] = 1
    with pytest.raises(AudioError, match=r"x\.h5:mel: compressed several times"):
        read_hdf5(tmp_path / "x.h5", "mel")


def test_links_of_hdf5_open_no_other_file(tmp_path):
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file.create_dataset("mel", (100, 80), "f4", maxshape=(None, 80))[...] = 1
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["link"] = h5py.ExternalLink(str(tmp_path / "other.h5"), "/")
        file["soft"] = h5py.SoftLink("/link/mel")
    for name in ("link/mel", "/link/mel", "soft"):
        with pytest.raises(ValueError, match="a link, which can lead to another file"):
            read_hdf5(tmp_path / "x.h5", name)


def test_byte_strings_of_hdf5_that_share_their_data_are_refused(tmp_path):
    h5py, lilcom = pytest.importorskip("h5py"), pytest.importorskip("lilcom")
    data = np.frombuffer(lilcom.compress(np.random.default_rng(0).normal(size=(500, 80)).astype("f4")), np.uint8)
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file.create_dataset("mel", (1,), h5py.vlen_dtype(np.uint8))[0] = data
        file.create_dataset("other", (40,), h5py.vlen_dtype(np.uint8))[...] = [data[:1]] * 40
        place, others = file["mel"].id.get_offset(), file["other"].id.get_offset()
    content = bytearray((tmp_path / "x.h5").read_bytes())
    content[others : others + 40 * 16] = content[place : place + 16] * 40
    (tmp_path / "x.h5").write_bytes(content)
    assert read_hdf5(tmp_path / "x.h5", "mel").shape == (500, 80)
    with pytest.raises(ValueError, match="so they share data"):
        read_hdf5(tmp_path / "x.h5", "other")


def test_a_chunk_that_unpacks_beyond_its_size_is_refused(tmp_path):
    h5py = pytest.importorskip("h5py")
    rng = np.random.default_rng(0)
    with h5py.File(tmp_path / "x.h5", "w") as file:
        for name in ("mel", "good"):
            file.create_dataset(name, (1000, 80), "f4", chunks=(1000, 80), compression="gzip", fletcher32=True)
            file[name][...] = rng.normal(size=(1000, 80))
        file["mel"].id.write_direct_chunk((0, 0), zlib.compress(bytes(80 << 20), 9))
    assert read_hdf5(tmp_path / "x.h5", "good").shape == (1000, 80)
    with pytest.raises(AudioError, match=r"x\.h5:mel: a chunk unpacks to more than 321024 bytes"):
        read_hdf5(tmp_path / "x.h5", "mel")
