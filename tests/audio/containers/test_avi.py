"""A damaged index of an AVI is not followed, and two headers that disagree are told of."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from oddfiles import written_by_ffmpeg
from readings import RATE

from specaug_listen import load
from specaug_listen.audio.containers.avi import avi_without_index, disagreement_of_avi
from specaug_listen.errors import AudioError

pytest.importorskip("av")
LONG = np.sin(np.arange(3 * RATE) ** 2 / 4e5).astype("f4") / 2


def answers(path):
    with path.open("rb") as file:
        end = path.stat().st_size
        return avi_without_index(file, 0, end), disagreement_of_avi(file, 0, end)


@pytest.mark.parametrize("codec", ["pcm_s16le", "mp2", "aac"])
@pytest.mark.parametrize("n_pictures", [0, 3])
def test_a_whole_file_is_left_as_it_is(tmp_path, codec, n_pictures):
    path = tmp_path / "a.avi"
    written_by_ffmpeg(path, codec, LONG, n_pictures=n_pictures)
    assert answers(path) == (None, None)
    assert [notice for notice in load(path).notices if notice.is_doubt] == []


@pytest.mark.parametrize("place", [0, 9, 10, 11, 13, 14, 15])
@pytest.mark.parametrize("n_pictures", [0, 3])
def test_no_sound_is_lost_by_an_entry_of_the_index_that_leads_elsewhere(tmp_path, place, n_pictures):
    path = tmp_path / "a.avi"
    data = bytearray(written_by_ffmpeg(path, "mp2", LONG, n_pictures=n_pictures))
    whole = load(path).samples
    data[data.rindex(b"idx1") + 8 + 16 * 4 + place] ^= 0xE9
    path.write_bytes(data)
    assert answers(path)[0] is not None
    np.testing.assert_array_equal(load(path).samples, whole)


@pytest.mark.parametrize("place", [10, 12, 13, 16, 17, 20, 22])
def test_a_damaged_rate_or_size_is_said_and_strictly_refused(tmp_path, place):
    path = tmp_path / "a.avi"
    data = bytearray(written_by_ffmpeg(path, "pcm_s16le", LONG))
    data[data.index(b"strf") + place] ^= 0x04
    path.write_bytes(data)
    with pytest.raises(AudioError):
        load(path, strict=True)


@pytest.mark.parametrize("kind", [b"hdrl", b"movi", b"rec "])
def test_lists_within_lists_without_end_are_not_followed(tmp_path, kind):
    path = tmp_path / "a.avi"
    lists = b""
    for _ in range(5000):
        lists = b"LIST" + struct.pack("<I", 4 + len(lists)) + kind + lists
    movie = b"LIST" + struct.pack("<I", 4 + len(lists)) + b"movi" + lists + b"idx1" + struct.pack("<I", 16) + bytes(16)
    body = b"AVI " + lists + movie
    path.write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)
    answers(path)
    with pytest.raises(AudioError):
        load(path)
