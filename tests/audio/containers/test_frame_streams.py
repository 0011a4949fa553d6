"""Frames and packets without a container: counted, and what is between or behind them is said."""

from __future__ import annotations

import io

import numpy as np
import pytest
from ffmpegfiles import made, whole
from readings import encoded, heard

from specaug_listen.audio.containers.frame_streams import walk_frames


def test_a_transport_stream_that_is_cut_says_so_where_its_packets_tell(tmp_path):
    data = made(tmp_path / "a.ts", "mp2")
    _, notices = heard(tmp_path, data)
    assert list(notices) == ["decoded-by", "open-length"]
    for end in (188 * 20, 188 * 20 + 77, len(data) - 188):  # packets of MPEG's sound are of 16 of them and more
        assert heard(tmp_path, data[:end])[1]["cut-within"]["within"] == "packet"
    _, notices = heard(tmp_path, data[: 188 * 30] + b"x" * 500 + data[188 * 30 :])
    assert notices["damaged"] == {"n_bytes": 500}


def test_a_program_stream_is_of_open_length_without_the_mark_of_its_end(tmp_path):
    data = made(tmp_path / "a.mpg", "mp2")
    second = data.index(b"\0\0\1\xba", 4000)
    for part in (data, data[:second]):
        assert list(heard(tmp_path, part)[1]) == ["decoded-by", "open-length"]
    assert list(heard(tmp_path, data + b"\0\0\1\xb9")[1]) == ["decoded-by"]
    assert heard(tmp_path, data[: second + 700])[1]["cut-within"]["within"] == "packet"


CHAINS = [("a.aac", "aac"), ("a.ac3", "ac3"), ("a.ts", "mp2"), ("a.mpg", "mp2")]


def test_what_is_behind_and_between_frames_is_said_and_takes_none_of_them(subtests, tmp_path):
    for name, codec in CHAINS:
        with subtests.test(name=name, codec=codec):
            data = made(tmp_path / name, codec)
            alone, notices = heard(tmp_path, data)
            for rest, kinds in [
                (b"these are words. " * 99, ["junk-after"]),
                (bytes(5000), []),
                (b"TAG" + bytes(125), []),
                (b"ID3\4\0\0\0\0\x10\0" + b"PRIV\0\0\x0f\x76\0\0" + b"x" * 2038, []),
                (bytes(encoded()), ["junk-after"]),
            ]:
                samples, more = heard(tmp_path, data + rest)
                np.testing.assert_array_equal(samples, alone)
                assert list(more) == [*notices, *kinds]
            samples, more = heard(tmp_path, data + data)
            assert len(samples) == 2 * len(alone)
            assert list(more) == list(notices)
            assert heard(tmp_path, data + b"words" * 200 + data)[1]["damaged"]["n_bytes"] == 1000
            assert "cut-within" in heard(tmp_path, data[:-3])[1]


AMR = b"#!AMR\n" + b"".join(b"\x3c" + np.random.default_rng(i).bytes(31) for i in range(60))


def test_frames_of_amr_are_counted_and_files_of_it_in_a_row_heard(tmp_path):
    pytest.importorskip("av")
    alone, notices = heard(tmp_path, AMR)
    assert (len(alone), list(notices)) == (60 * 160, ["decoded-by"])
    both, notices = heard(tmp_path, AMR + AMR)
    np.testing.assert_array_equal(both, np.concatenate([alone, alone]))
    assert list(notices) == ["decoded-by"]
    assert "cut-within" in heard(tmp_path, AMR[:-7])[1]
    assert "junk-after" in heard(tmp_path, AMR + b"these are words. " * 99)[1]


def test_zeros_that_fill_up_the_sectors_of_a_video_cd_are_no_damage(tmp_path):
    data = made(tmp_path / "a.mpg", "mp2")
    alone, notices = heard(tmp_path, data)
    samples, more = heard(tmp_path, data.replace(b"\0\0\1\xba", bytes(20) + b"\0\0\1\xba")[20:])
    np.testing.assert_array_equal(samples, alone)
    assert list(more) == list(notices)


DAMAGED = {
    "TS": (b"G" + bytes(187)) * 3 + b"x",
    "PS": b"\0\0\1\xba\x21" + bytes(7) + b"\0\0\1\xc0\0\x10" + bytes(16) + b"x",
    "AC-3": (b"\x0bw\0\0\0\x40" + bytes(122)) * 2 + b"x",
}


@pytest.mark.parametrize("part", DAMAGED.values(), ids=DAMAGED.keys())
def test_the_work_of_going_on_behind_damage_grows_with_the_file(tmp_path, part):
    n_read = []
    for n in (2000, 4000):
        file = Counted(part * n)
        chain = walk_frames(file, 0, len(part) * n)
        assert chain.n_foreign == n - 1
        n_read.append(file.n_read / (len(part) * n))
    assert n_read[1] < min(100, 1.5 * n_read[0])


class Counted(io.BytesIO):
    """A file that counts the bytes that were read of it."""

    n_read = 0

    def read(self, n=-1):
        data = super().read(n)
        self.n_read += len(data)
        return data


def test_packets_of_pictures_are_none_that_are_foreign(tmp_path):
    assert whole(tmp_path, "v.ts", "aac", n_pictures=10) == ["open-length"]


def test_tags_between_frames_that_were_sent_one_by_one_are_no_damage(tmp_path):
    data = made(tmp_path / "a.aac", "aac")
    tag = b"ID3\4\0\0\0\0\0\x20PRIV" + bytes(28)
    _, notices = heard(tmp_path, tag + data + tag + data)
    assert list(notices) == ["decoded-by"]


def test_every_short_beginning_of_ac3_is_walked_through():
    for n in range(3, 20):
        for head in (b"\x0bw\0\0\x14\x40" + bytes(16), b"\x0bw" + b"\x80" * 20):
            assert walk_frames(io.BytesIO(head[:n]), 0, n) is not None
