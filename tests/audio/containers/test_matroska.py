"""Bytes of Matroska that no decoder reads are counted, and so is a duration that is not reached."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oddfiles import written_by_ffmpeg

from specaug_listen import load
from specaug_listen.audio.containers.ffmpeg_parts import parts_of
from specaug_listen.audio.containers.matroska import MATROSKA_HEADER, scan_matroska
from specaug_listen.errors import AudioError

OPEN = b"\xff"


def element(name, content, size=None):
    return bytes.fromhex(name) + (struct.pack(">Q", len(content) | 1 << 56) if size is None else size) + content


def with_checksum(content):
    return element("bf", struct.pack("<I", zlib.crc32(content)), b"\x84") + content


def cluster(time, blocks, size=None):
    return element("1f43b675", with_checksum(element("e7", struct.pack(">H", time)) + blocks), size)


def block(time, track=1, n=100):
    return element("a3", bytes([0x80 | track]) + struct.pack(">hB", time, 0x80) + bytes(range(n)))


OPUS = b"OpusHead\1\1" + struct.pack("<HIHB", 312, 16000, 0, 0)
INFO = element("1549a966", element("2ad7b1", b"\x0f\x42\x40") + element("4489", struct.pack(">d", 2000.0)))
DELAY = element("56aa", struct.pack(">I", 6500000))
TRACK = element("d7", b"\1") + element("83", b"\2") + element("63a2", OPUS) + DELAY
TRACKS = element("1654ae6b", with_checksum(element("ae", TRACK)))
BLOCKS = b"".join(block(time) for time in range(0, 1000, 100))
CLUSTERS = cluster(0, BLOCKS) + cluster(1000, BLOCKS)


def mkv(clusters=CLUSTERS, tracks=TRACKS, size=None):
    return element("1a45dfa3", b"") + element("18538067", INFO + tracks + clusters, size)


def scan(data, end=None):
    return scan_matroska(io.BytesIO(data), 0, len(data) if end is None else end)


def test_a_whole_file_has_a_duration_and_nothing_to_notice(subtests):
    group = element("a0", element("a1", bytes.fromhex("81000000") + bytes(9)) + element("9b", b"\x14"))
    wholes = {
        "plain": mkv(),
        "of open size": mkv(size=OPEN),
        "of open clusters": mkv(cluster(0, BLOCKS, OPEN) + cluster(1000, BLOCKS, OPEN), size=OPEN),
        "with groups": mkv(cluster(0, BLOCKS) + cluster(1000, BLOCKS + group)),
        "of open clusters before zeros": mkv(cluster(1000, BLOCKS, OPEN), size=OPEN) + bytes(5000),
        "of open size before zeros": mkv(size=OPEN) + bytes(5000),
        "with voids": mkv(element("ec", bytes(50)) + CLUSTERS + element("1c53bb6b", b"")),
    }
    for name, data in wholes.items():
        with subtests.test(name=name):
            found = scan(data)
            assert (found.notices, found.is_torn, found.tracks) == ((), False, {1: 2})
            assert found.seconds in (1.0, 2.0)


def test_every_damaged_byte_of_a_cluster_is_noticed():
    data = mkv()
    unsaid = {at for at in range(len(data)) if data[at : at + 2] == b"\xbf\x84"}  # of a checksum, its name
    for at in set(range(data.index(CLUSTERS), len(data))) - unsaid:
        for value in (0, 0xFF, data[at] ^ 0x10):
            if value != data[at]:
                assert scan(data[:at] + bytes([value]) + data[at + 1 :]).notices, (at, value)


def test_damage_is_counted_up_to_the_next_block_or_cluster(subtests):
    first = cluster(0, BLOCKS)
    unknown = element("a9", bytes(30))
    cases = {
        "an unknown element between blocks": (cluster(0, BLOCKS + unknown + BLOCKS), len(unknown)),
        "bytes between clusters": (first + bytes(100) + cluster(1000, BLOCKS), 100),
        "a block of no track": (cluster(0, BLOCKS + block(0, track=5)), len(block(0))),
        "a name of a cluster": (b"\0" + first[1:] + cluster(1000, BLOCKS), len(first)),
        "a group without a block": (cluster(0, element("a0", element("9b", b"\x14"))), 19),
        "a group with an unknown element": (cluster(0, element("a0", unknown)), len(unknown)),
    }
    for name, (clusters, n_bytes) in cases.items():
        with subtests.test(name=name):
            notices = [(one.kind, one.values) for one in scan(mkv(clusters)).notices]
            assert notices == [("damaged", {"n_bytes": n_bytes})]


def test_wrong_checksums_and_delays_are_named():
    data = mkv()
    at = data.index(BLOCKS) + 50
    damaged = scan(data[:at] + b"\xee" + data[at + 1 :])
    assert [(one.kind, one.values) for one in damaged.notices] == [("packets-damaged", {"n_packets": 1})]
    wrong = scan(mkv(tracks=TRACKS.replace(b"OpusHead\1\1", b"OpusHead\1\2")))
    assert [(one.kind, one.values["what"]) for one in wrong.notices] == [("header-disagrees", "checksum")]
    track = TRACK.replace(struct.pack(">I", 6500000), struct.pack(">I", 6565536))
    assert scan(mkv(tracks=element("1654ae6b", element("ae", track)))).wrong == "the codec's delays"


def test_a_delay_of_opus_in_samples_of_another_rate_is_mended(tmp_path):
    track = TRACK.replace(struct.pack(">I", 6500000), struct.pack(">I", 2166667))  # 104 of 16 kHz, as if of 48 kHz
    data = mkv(tracks=element("1654ae6b", element("ae", track)))
    assert scan(data).notices == ()
    assert scan(data).delay == (data.index(struct.pack(">I", 2166667)), struct.pack(">I", 6500000))
    assert scan(mkv()).delay is None
    (tmp_path / "a.webm").write_bytes(data)
    (stream,) = parts_of(tmp_path / "a.webm").streams
    assert stream.pieces[1] == struct.pack(">I", 6500000)


def test_the_end_of_a_file_is_no_damage_but_torn_if_no_size_tells_it():
    data, opened = mkv(), mkv(size=OPEN)
    assert scan(data[:-50]).notices == ()
    assert not scan(data[:-50]).is_torn
    assert scan(opened[:-50]).is_torn
    assert scan(opened[:-50]).notices == ()


def test_a_second_file_behind_one_of_open_size_is_found_and_read(tmp_path, subtests):
    open_clusters = cluster(0, BLOCKS, OPEN) + cluster(1000, BLOCKS, OPEN)
    for name, first in {"clusters": mkv(size=OPEN), "open clusters": mkv(open_clusters, size=OPEN)}.items():
        with subtests.test(name=name):
            assert scan(first).next_file is None
            assert scan(first + mkv()).next_file == len(first)
            assert scan(first + first).next_file == len(first)
            assert scan(first + mkv()).notices == ()
    pytest.importorskip("av")
    live = written_by_ffmpeg(tmp_path / "live.mka", "flac", pipe_as="matroska")
    whole = written_by_ffmpeg(tmp_path / "whole.mka", "flac")
    (tmp_path / "both.mka").write_bytes(live + whole)
    counts = [load(tmp_path / f"{name}.mka").n_samples for name in ("live", "whole", "both")]
    assert counts[2] == counts[0] + counts[1]


def test_a_duration_counts_from_0_or_from_the_first_block():
    late = cluster(1000, BLOCKS)
    assert scan(mkv(late)).seconds == 1.0
    assert scan(mkv(cluster(1000, BLOCKS) + cluster(2000, BLOCKS))).seconds == 2.0
    assert scan(mkv(tracks=TRACKS + element("1654ae6b", element("ae", TRACK.replace(b"\1", b"\2", 1))))).seconds is None


@given(st.binary(max_size=64), st.integers(0, 400))
def test_any_bytes_are_walked_through(rest, at):
    data = mkv()
    for one in (MATROSKA_HEADER + rest, data[:at] + rest, data[:at] + rest + data[at + len(rest) :]):
        assert scan(one).n_foreign >= 0


def test_many_false_beginnings_are_walked_through_once():
    data = mkv(b"\x1f\x43\xb6\x75\x01\0\0\0\0\0\xff\xff\xec\x81\0" * 20000)
    assert scan(data).n_foreign > 0


def test_a_lost_cluster_is_noticed_and_strictly_refused(tmp_path):
    pytest.importorskip("av")
    path = tmp_path / "a.mka"
    long = np.sin(np.arange(160_000) ** 2 / 4e5).astype("f4") / 2
    data = bytearray(written_by_ffmpeg(path, "libopus", long))
    assert not [notice for notice in load(path).notices if notice.is_doubt]
    data[data.index(b"\x1f\x43\xb6\x75")] = 0
    path.write_bytes(data)
    assert "damaged" in {notice.kind for notice in load(path).notices}
    with pytest.raises(AudioError, match="damaged"):
        load(path, strict=True)
