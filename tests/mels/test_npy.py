"""Arrays of NumPy: their headers, and trailing bytes."""

from __future__ import annotations

import io
import struct
import zipfile

import numpy as np
import pytest
from some_mels import MEL, READY, RNG

from specaug_listen.errors import AudioError
from specaug_listen.frontends import LHOTSE, mel_format
from specaug_listen.mels import clips_of_file, list_mels


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
            match=rf"f\.h5:{name}: incomplete: only {chunks} chunks of the array of shape \(30, 80\) were",
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


@pytest.mark.parametrize(("behind", "words"), [("array", "another array follows"), ("junk", "trailing bytes follow")])
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


def header_of(shape):
    """A NumPy file with a header and no data."""
    text = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}".ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode()


@pytest.mark.parametrize("shape", [(10**9, 80, 0), (10**7, 1, 1), (200_000, 0, 80)])
def test_a_batch_of_more_mels_than_anybody_has_is_refused_by_its_header(tmp_path, shape):
    (tmp_path / "x.npy").write_bytes(header_of(shape))
    with pytest.raises(AudioError, match=r"x\.npy: an array of shape .*allowed are 100000 mels"):
        list_mels(tmp_path / "x.npy")
