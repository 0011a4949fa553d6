"""A damaged index of an AVI is not followed, and two headers that disagree are told of."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oddfiles import written_by_ffmpeg
from readings import RATE

from specaug_listen import load
from specaug_listen.audio.containers.avi import avi_without_index, disagreement_of_avi, n_foreign_in_avi
from specaug_listen.errors import AudioError

LONG = np.sin(np.arange(3 * RATE) ** 2 / 4e5).astype("f4") / 2


def answers(path):
    with path.open("rb") as file:
        end = path.stat().st_size
        return avi_without_index(file, 0, end), disagreement_of_avi(file, 0, end)


@pytest.mark.parametrize("codec", ["pcm_s16le", "mp2", "aac"])
@pytest.mark.parametrize("n_pictures", [0, 3])
def test_a_whole_file_is_left_as_it_is(tmp_path, codec, n_pictures):
    pytest.importorskip("av")
    path = tmp_path / "a.avi"
    written_by_ffmpeg(path, codec, LONG, n_pictures=n_pictures)
    assert answers(path) == (None, None)
    assert [notice for notice in load(path).notices if notice.is_doubt] == []


@pytest.mark.parametrize("place", [0, 9, 10, 11, 13, 14, 15])
@pytest.mark.parametrize("n_pictures", [0, 3])
def test_no_sound_is_lost_by_an_entry_of_the_index_that_leads_elsewhere(tmp_path, place, n_pictures):
    pytest.importorskip("av")
    path = tmp_path / "a.avi"
    data = bytearray(written_by_ffmpeg(path, "mp2", LONG, n_pictures=n_pictures))
    whole = load(path).samples
    data[data.rindex(b"idx1") + 8 + 16 * 4 + place] ^= 0xE9
    path.write_bytes(data)
    assert answers(path)[0] is not None
    np.testing.assert_array_equal(load(path).samples, whole)


@pytest.mark.parametrize("place", [10, 12, 13, 16, 17, 20, 22])
def test_a_damaged_rate_or_size_is_said_and_strictly_refused(tmp_path, place):
    pytest.importorskip("av")
    path = tmp_path / "a.avi"
    data = bytearray(written_by_ffmpeg(path, "pcm_s16le", LONG))
    data[data.index(b"strf") + place] ^= 0x04
    path.write_bytes(data)
    with pytest.raises(AudioError):
        load(path, strict=True)


@pytest.mark.parametrize("kind", [b"hdrl", b"movi", b"rec "])
def test_lists_within_lists_without_end_are_not_followed(tmp_path, kind):
    pytest.importorskip("av")
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


def riff_chunk(name, content=b""):
    return name + struct.pack("<I", len(content)) + content + bytes(len(content) % 2)


def movie(*chunks, size=None):
    media = b"movi" + b"".join(chunks)
    return b"LIST" + struct.pack("<I", len(media) if size is None else size) + media


def avi(movies, size=None):
    tracks = b"".join(
        riff_chunk(b"LIST", b"strl" + riff_chunk(b"strh", kind + bytes(52))) for kind in (b"vids", b"auds")
    )
    body = b"AVI " + riff_chunk(b"LIST", b"hdrl" + tracks) + movies + riff_chunk(b"idx1")
    return b"RIFF" + struct.pack("<I", len(body) if size is None else size) + body


SOUND, PICTURE = riff_chunk(b"01wb", bytes(range(1, 100))), riff_chunk(b"00dc", bytes(50))
MEDIA = [SOUND, PICTURE, riff_chunk(b"JUNK", bytes(20)), SOUND, riff_chunk(b"ix01", bytes(24)), SOUND]


def n_foreign(data):
    return n_foreign_in_avi(io.BytesIO(data), 0, len(data))


def test_all_media_of_a_whole_file_are_in_chunks(subtests):
    group = riff_chunk(b"LIST", b"rec " + SOUND + PICTURE)
    wholes = {
        "plain": avi(movie(*MEDIA)), "of groups": avi(movie(group, group)), "without media": avi(movie()),
        "of an open size": avi(movie(*MEDIA, size=0), size=0xFFFFFFFF), "cut": avi(movie(*MEDIA))[:-60],
        "of two parts": avi(movie(*MEDIA)) + riff_chunk(b"RIFF", b"AVIX" + movie(*MEDIA)),
    }  # fmt: skip
    for name, data in wholes.items():
        with subtests.test(name=name):
            assert n_foreign(data) == 0


def test_media_in_no_chunk_of_a_track_are_counted(subtests):
    n = len(SOUND)
    cases = {
        "an unknown name": (avi(movie(SOUND, b"\0" + SOUND[1:], SOUND)), n),
        "a track that is not there": (avi(movie(SOUND, b"07" + SOUND[2:], SOUND)), n),
        "sound in a track of pictures": (avi(movie(SOUND, b"00" + SOUND[2:], SOUND)), n),
        "bytes between chunks": (avi(movie(SOUND, b"xyz" * 20, SOUND)), 60),
        "zeros over chunks": (avi(movie(SOUND, bytes(2 * n), SOUND)), 2 * n),
        "a size that is too large": (avi(movie(SOUND, SOUND[:5] + b"\x10" + SOUND[6:], SOUND, SOUND)), n),
        "a list that is too short": (avi(movie(SOUND, SOUND, SOUND, size=4 + 2 * n)), n),
        "in the second part": (
            avi(movie(SOUND)) + riff_chunk(b"RIFF", b"AVIX" + movie(b"xxxx" + SOUND[4:], SOUND)), n
        ),
    }  # fmt: skip
    for name, (data, expected) in cases.items():
        with subtests.test(name=name):
            assert n_foreign(data) == expected


@given(st.binary(max_size=64), st.integers(0, 400))
def test_any_bytes_are_walked_through(rest, at):
    data = avi(movie(*MEDIA))
    for one in (data[:12] + rest, data[:at] + rest, data[:at] + rest + data[at + len(rest) :]):
        assert n_foreign(one) >= 0


def test_a_chunk_that_ffmpeg_skips_is_said(tmp_path):
    pytest.importorskip("av")
    data = bytearray(written_by_ffmpeg(tmp_path / "a.avi", "mp2", LONG))
    at = data.index(b"00wb", data.index(b"movi") + 2000)
    data[at] = 0
    (tmp_path / "a.avi").write_bytes(data)
    assert "damaged" in {notice.kind for notice in load(tmp_path / "a.avi").notices}
