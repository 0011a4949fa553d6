"""Rows on disk: what was appended is what is read, in any parts."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from specaug_listen.audio.recording import Spool
from specaug_listen.errors import OutputError


@settings(max_examples=30)
@given(st.lists(st.integers(0, 5), max_size=6), st.integers(1, 4), st.integers(0, 30), st.integers(0, 40))
def test_rows_are_read_in_other_parts_than_they_were_written_in(sizes, n_columns, begin, end):
    rows = np.random.default_rng(len(sizes)).standard_normal((sum(sizes), n_columns)).astype(np.float32)
    with tempfile.TemporaryDirectory() as folder, Spool(Path(folder) / "rows", n_columns) as spool:
        for part in np.split(rows, np.cumsum(sizes)[:-1]) if sizes else []:
            spool.append(part)
        assert len(spool) == len(rows)
        begin = min(begin, len(rows))
        there = spool.read(begin, end)
        assert there.dtype == np.float32
        np.testing.assert_array_equal(there, rows[begin:end].reshape(-1, n_columns))


def test_rows_can_be_appended_after_some_were_read(tmp_path):
    with Spool(tmp_path / "rows", 1) as spool:
        spool.append(np.array([[1], [2]], np.float32))
        assert spool.read(0, 1).tolist() == [[1]]
        spool.append(np.array([[3]], np.float32))
        assert spool.read(0, 9).tolist() == [[1], [2], [3]]


def test_turned_rows_and_doubles_are_kept_as_they_are_meant(tmp_path):
    rows = np.arange(6, dtype=np.float64).reshape(2, 3)
    with Spool(tmp_path / "rows", 2) as spool:
        spool.append(rows.T)
        np.testing.assert_array_equal(spool.read(0, 3), rows.T)


def test_an_old_file_is_replaced_and_the_file_goes_with_the_spool(tmp_path):
    (tmp_path / "rows").write_bytes(b"old rows")
    with Spool(tmp_path / "rows", 2) as spool:
        assert len(spool) == (tmp_path / "rows").stat().st_size == 0
        assert spool.read(0, 4).shape == (0, 2)
    assert not (tmp_path / "rows").exists()
    spool.close()


@pytest.mark.skipif(not os.path.isdir("/proc/self/fd"), reason="open files cannot be counted here")
def test_many_spools_keep_no_file_open(tmp_path):
    before = len(os.listdir("/proc/self/fd"))
    spools = [Spool(tmp_path / str(number), 1) for number in range(20)]
    for spool in spools:
        spool.append(np.ones((3, 1), np.float32))
        assert spool.read(1, 3).sum() == 2
    assert len(os.listdir("/proc/self/fd")) <= before


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(OutputError, match=r"gone/rows: cannot be written \(No such file or directory\)"):
        Spool(tmp_path / "gone" / "rows", 1)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
@pytest.mark.parametrize("n_rows", [1, 5000])
def test_a_disk_that_is_full_is_told_however_few_rows_there_are(tmp_path, n_rows):
    (tmp_path / "rows").symlink_to("/dev/full")
    spool = Spool(tmp_path / "rows", 1)
    with pytest.raises(
        OutputError, match=r"rows: cannot be written \(No space left on device\); free space, or"
    ) as told:
        spool.append(np.ones((n_rows, 1), np.float32))
    assert re.fullmatch(r"[^\n]+", str(told.value))
    assert len(spool) == 0
