"""Damage in archives of arrays, and what is before or behind them, is said."""

from __future__ import annotations

import io
import zipfile

import numpy as np
import pytest
from some_mels import MEL

from specaug_listen.errors import AudioError
from specaug_listen.mels import list_mels
from specaug_listen.mels.zip_checks import check_members


def test_something_before_or_behind_an_archive_is_not_left_out_silently(subtests, tmp_path):
    np.savez(tmp_path / "x.npz", mel=MEL)
    data = (tmp_path / "x.npz").read_bytes()
    for name, one in {"before": b"x" * 50 + data, "behind": data + b"x" * 50, "a second": data + data}.items():
        with subtests.test(name=name):
            (tmp_path / "x.npz").write_bytes(one)
            with pytest.raises(AudioError, match=r"x\.npz: .* (before|behind) its archive of arrays; write it again"):
                list_mels(tmp_path / "x.npz")


def test_the_checksums_of_torch_s_archive_are_compared(tmp_path):
    """Torch compares none."""
    with zipfile.ZipFile(tmp_path / "x.pt", "w") as archive:
        archive.writestr("x/data/0", MEL.tobytes())
    data = bytearray((tmp_path / "x.pt").read_bytes())
    check_members(io.BytesIO(data), len(data), "x.pt")
    data[100] ^= 1
    with pytest.raises(AudioError, match=r"x\.pt: is damaged \(Bad CRC-32 for file 'x/data/0'\)"):
        check_members(io.BytesIO(data), len(data), "x.pt")
    at = data.index(b"PK\1\2") + 16
    data[at : at + 4] = bytes(4)  # none is stored
    check_members(io.BytesIO(data), len(data), "x.pt")


def test_damaged_tensors_and_what_follows_one_are_no_mels(tmp_path):
    torch = pytest.importorskip("torch")
    torch.save(torch.from_numpy(MEL), tmp_path / "x.pt")
    data = bytearray((tmp_path / "x.pt").read_bytes())
    data[len(data) // 2] ^= 0x40
    (tmp_path / "x.pt").write_bytes(data)
    with pytest.raises(AudioError, match=r"x\.pt: is damaged \(Bad CRC-32"):
        list_mels(tmp_path / "x.pt")
    torch.save(torch.from_numpy(MEL), tmp_path / "old.pt", _use_new_zipfile_serialization=False)
    assert len(list_mels(tmp_path / "old.pt")) == 1
    data = (tmp_path / "old.pt").read_bytes()
    torch.save(torch.from_numpy(MEL), tmp_path / "x.pt")
    archive = (tmp_path / "x.pt").read_bytes()
    for more in (archive + b"x" * 9, data + archive):
        (tmp_path / "x.pt").write_bytes(more)
        with pytest.raises(AudioError, match=r"x\.pt: .* its archive of arrays; write it again: torch\.save"):
            list_mels(tmp_path / "x.pt")
    (tmp_path / "old.pt").write_bytes(data + data)
    with pytest.raises(AudioError, match=r"old\.pt: \d+ bytes follow what torch reads of it"):
        list_mels(tmp_path / "old.pt")
