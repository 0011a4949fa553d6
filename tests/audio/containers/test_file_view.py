"""A file as its decoder sees it: pieces in a row, and searches in them across the borders of blocks."""

from __future__ import annotations

import io
import re

from specaug_listen.audio.containers.file_view import View, end_of_run, search


def test_pieces_are_read_as_one_file_from_any_place_and_a_read_beyond_the_end_is_noted(tmp_path):
    (tmp_path / "clip").write_bytes(b"0123456789")
    with View(tmp_path / "clip", [b"ab", (3, 6), b"", (8, 10)]) as view:
        for begin in range(7):
            view.seek(begin)
            assert view.read(7 - begin) == b"ab34589"[begin:]
        assert not view.is_exhausted
        view.seek(-2, io.SEEK_END)
        assert view.read(3) == b"89"
        assert view.is_exhausted


def test_a_mark_that_lies_across_two_blocks_is_found_once_and_a_run_ends_where_another_byte_is():
    data = bytes(1022) + b"data" + bytes(5000) + b"data"
    places = search(io.BytesIO(data), re.compile(b"data"), 0, len(data), 4)
    assert list(places) == [1022, 6026]
    assert end_of_run(io.BytesIO(data), 1026, len(data)) == (6026, 0)
