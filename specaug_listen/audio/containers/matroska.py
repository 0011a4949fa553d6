"""Matroska and WebM: elements within elements, some with a checksum.

FFmpeg skips elements that it does not know, and searches for the next cluster behind damage, without a message.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, NamedTuple

from ..._notices import Notice
from .file_view import end_of_run, read_at, search
from .sound_layout import counted_notices

__all__ = ["MATROSKA_HEADER", "MatroskaScan", "scan_matroska"]

MATROSKA_HEADER = b"\x1aE\xdf\xa3"
_SEGMENT, _VOID, _CRC = b"\x18\x53\x80\x67", b"\xec", b"\xbf"
_INFO, _TRACKS, _CLUSTER = b"\x15\x49\xa9\x66", b"\x16\x54\xae\x6b", b"\x1f\x43\xb6\x75"
_TIME_SCALE, _DURATION = b"\x2a\xd7\xb1", b"\x44\x89"
_TRACK, _NUMBER, _KIND, _AUDIO = b"\xae", b"\xd7", b"\x83", b"\xe1"
_CODEC_DELAY, _CODEC_HEADER = b"\x56\xaa", b"\x63\xa2"
_TIME, _SIMPLE_BLOCK, _GROUP, _BLOCK = b"\xe7", b"\xa3", b"\xa0", b"\xa1"
_SOUND_KIND = 2


def _names(text: str) -> frozenset[bytes]:
    return frozenset({_VOID, _CRC, *(bytes.fromhex(name) for name in text.split())})


# What each element may hold: the names that the specification registers, including those of earlier versions.
_IN_SEGMENT = _names("114d9b74 1549a966 1654ae6b 1f43b675 1c53bb6b 1941a469 1043a770 1254c367")
_IN = {
    _INFO: _names("73a4 7384 3cb923 3c83ab 3eb923 3e83bb 4444 6924 2ad7b1 4489 4461 7ba9 4d80 5741"),
    _TRACKS: _names("ae"),
    _TRACK: _names(
        "d7 73c5 83 b9 88 55aa 55ab 55ac 55ad 55ae 55af 9c 6de7 6df8 23e383 234e7a 23314f 537f 55ee 41e4 536e 22b59c "
        "22b59d 86 63a2 258688 7446 3a9697 3b4040 26b240 aa 6fab 56aa 56bb 6624 e0 e1 e2 c0 c1 c6 c7 c4 6d80"
    ),
    _AUDIO: _names("b5 78b5 9f 7d7b 6264 52f1"),
    _CLUSTER: _names("e7 5854 a7 ab a3 a0 af"),
    _GROUP: _names("a1 a2 75a1 9b fa fb fd a4 75a2 8e c8"),
}
# What ends a cluster of open size: the next one, another part of the segment, or another file.
_ENDS_OF_CLUSTER = _IN_SEGMENT - {_VOID, _CRC} | {MATROSKA_HEADER}
_IN_ANY_SEGMENT = re.compile(b"|".join(re.escape(name) for name in sorted(_IN_SEGMENT - {_VOID, _CRC})))
_MAX_HEADER_BYTES, _CRC_BYTES = 12, 6
_BYTES_AT_ONCE = 1 << 20
# Places from which the next element is searched for, and elements of a header.
_MAX_SEARCHES, _MAX_ELEMENTS = 200, 1 << 12
# How much of a cluster is searched for its next block, and how many elements in a row are one.
_BLOCK_SEARCH_BYTES, _N_IN_A_ROW = 1 << 20, 3
_BEGINNING_OF_BLOCK = re.compile(b"[\xa0\xa3]")
_FLOATS = {4: ">f", 8: ">d"}
_NANOSECONDS, _OPUS_HZ, _OPUS_HEAD_BYTES = 1e9, 48000, 16


class _Element(NamedTuple):
    """An element: its name, where it begins, and where its content begins and ends; None as the end of an open size."""

    name: bytes
    at: int
    begin: int
    end: int | None


@dataclass
class MatroskaScan:
    """What a walk through all elements found.

    Parameters
    ----------
    n_foreign : int
        Bytes that are in no registered element, or in a block of no track.
    n_corrupt : int
        Clusters whose checksum is wrong.
    wrong : str or None
        Which header has a wrong checksum.
    is_torn : bool
        Whether the last element reaches beyond the end of a file whose own size is open.
    delay : (int, bytes) or None
        Where the codec's delay is, and what it should be.
    next_file : int or None
        Where another file begins behind the first one, whose size is open.
    seconds : float or None [s]
        Duration of the only track, of sound, by the header.
    """

    n_foreign: int = 0
    n_corrupt: int = 0
    wrong: str | None = None
    is_torn: bool = False
    delay: tuple[int, bytes] | None = None
    next_file: int | None = None
    n_searches: int = 0
    tracks: dict[int, int] = field(default_factory=dict)
    scale: int = 1_000_000
    duration: float = 0.0
    first: int | None = None
    last: int = 0

    @property
    def seconds(self) -> float | None:
        """The promised duration: the header's, which some programs count from 0 and others from the first block."""
        if list(self.tracks.values()) != [_SOUND_KIND] or not 0 < self.duration < 1 << 53 or self.first is None:
            return None
        rest = self.duration - max(0, self.first)
        return (self.duration if self.last - self.first >= rest else rest) * self.scale / _NANOSECONDS

    @property
    def notices(self) -> tuple[Notice, ...]:
        """What is said of it."""
        counts = (("damaged", {"n_bytes": self.n_foreign}), ("packets-damaged", {"n_packets": self.n_corrupt}))
        wrong = () if self.wrong is None else (Notice("header-disagrees", {"what": self.wrong}),)
        return (*counted_notices(*counts), *wrong)


def scan_matroska(file: BinaryIO, begin: int, end: int) -> MatroskaScan:
    """Walk through the elements of a file between two places; its trailing bytes are not part of it."""
    scan, at, limit, is_sized = MatroskaScan(), begin, end, True
    while at < min(limit, end):
        element = _read(file, at, end)
        if element is not None and element.name == _SEGMENT:
            is_sized = element.end is not None
            limit, at = element.end or end, element.begin
        elif element is not None and element.name == MATROSKA_HEADER and element.end is not None:
            if at > begin and scan.next_file is None:
                scan.next_file = at
            at = element.end
        elif element is None or element.name not in _IN_SEGMENT or (element.end is None and element.name != _CLUSTER):
            is_counted = is_sized or end_of_run(file, at, end) != (end, 0)
            at = _search(scan, file, at, end, limit, is_counted=is_counted)
        elif (element.end or 0) > limit:
            next_at = _search(scan, file, at, end, limit, is_counted=limit <= end and is_sized)
            scan.is_torn |= next_at >= end and not is_sized
            at = next_at
        else:
            at = _enter(scan, file, element, end, limit)
    return scan


def _read(file: BinaryIO, at: int, end: int) -> _Element | None:
    """Read the name and the size of an element; None if there is none."""
    head = read_at(file, at, min(_MAX_HEADER_BYTES, max(0, end - at)))
    n_name = 9 - head[0].bit_length() if head and head[0] else 9
    rest = head[n_name:]
    n_size = 9 - rest[0].bit_length() if rest and rest[0] else 9
    if n_name > 4 or n_size > 8 or len(rest) < n_size:
        return None
    most = (1 << 7 * n_size) - 1
    size = int.from_bytes(rest[:n_size], "big") & most
    begin = at + n_name + n_size
    return _Element(head[:n_name], at, begin, None if size == most else begin + size)


def _search(scan: MatroskaScan, file: BinaryIO, at: int, end: int, limit: int, *, is_counted: bool = True) -> int:
    """Return where the next element of a segment begins behind damage, which is counted; the end if there is none."""
    scan.n_searches += 1
    stop = min(end, limit)
    place = stop
    if scan.n_searches <= _MAX_SEARCHES:
        for start in search(file, _IN_ANY_SEGMENT, at + 1, stop, 4):
            element = _read(file, start, stop)
            if element is not None and _is_plausible(file, element, stop):
                place = start
                break
    if is_counted or place < stop:
        scan.n_foreign += place - at
    return place


def _is_plausible(file: BinaryIO, element: _Element, end: int) -> bool:
    """Whether an element that was searched for fits, and begins with another one."""
    if element.end is None:
        return element.name == _CLUSTER
    inner = _read(file, element.begin, min(element.end, end))
    allowed = _IN.get(element.name)
    return element.end <= end and inner is not None and (allowed is None or inner.name in allowed)


def _enter(scan: MatroskaScan, file: BinaryIO, element: _Element, end: int, limit: int) -> int:
    """Walk through an element of a segment; return where the next one begins."""
    before = scan.n_foreign
    at = element.end if element.end is not None else limit
    if element.name == _CLUSTER:
        at = _walk_cluster(scan, file, element, min(end, limit))
    elif element.name in (_INFO, _TRACKS) and element.end is not None and element.end <= end:
        _walk_header(scan, file, element.name, element.begin, element.end, 0)
    if element.end is not None and element.end <= end and scan.n_foreign == before and not _is_intact(file, element):
        scan.n_corrupt += element.name == _CLUSTER
        if element.name in (_INFO, _TRACKS):
            scan.wrong = "checksum"
    return at


def _is_intact(file: BinaryIO, element: _Element) -> bool:
    """Whether an element has no checksum, or the right one."""
    head = read_at(file, element.begin, _CRC_BYTES)
    if head[:2] != _CRC + b"\x84" or element.end is None:
        return True
    crc, n_left = 0, element.end - element.begin - _CRC_BYTES
    while n_left > 0 and (block := file.read(min(n_left, _BYTES_AT_ONCE))):
        crc, n_left = zlib.crc32(block, crc), n_left - len(block)
    return head[2:] == struct.pack("<I", crc)


def _walk_cluster(scan: MatroskaScan, file: BinaryIO, cluster: _Element, limit: int) -> int:
    """Walk through the blocks of a cluster; return where it ends."""
    at, time = cluster.begin, 0
    is_cut = cluster.end is None or cluster.end > limit
    end = limit if cluster.end is None else min(cluster.end, limit)
    while at < end:
        element = _read(file, at, end)
        if element is not None and cluster.end is None and element.name in _ENDS_OF_CLUSTER:
            return at
        if element is None or element.end is None or element.name not in _IN[_CLUSTER] or element.end > end:
            is_torn = element is not None and (element.end or 0) > end and is_cut
            is_rest = cluster.end is None and end_of_run(file, at, end) == (end, 0)
            block = _next_block(scan, file, at, end)
            place = _search(scan, file, at, block or limit, limit, is_counted=not (is_torn or is_rest))
            scan.is_torn |= is_torn and place >= limit and cluster.end is None
            if place != block:
                return place
            at = place
            continue
        if element.name == _TIME:
            time = int.from_bytes(read_at(file, element.begin, min(8, element.end - element.begin)), "big")
        elif element.name == _SIMPLE_BLOCK:
            _add_block(scan, file, element, time)
        elif element.name == _GROUP:
            _walk_group(scan, file, element, time)
        at = element.end
    return cluster.end or at


def _next_block(scan: MatroskaScan, file: BinaryIO, at: int, end: int) -> int:
    """Return where the blocks of a cluster go on behind damage; 0 if they do not nearby."""
    stop = min(end, at + _BLOCK_SEARCH_BYTES) if scan.n_searches < _MAX_SEARCHES else at
    for start in search(file, _BEGINNING_OF_BLOCK, at + 1, stop, 1):
        place = start
        for _ in range(_N_IN_A_ROW):
            element = _read(file, place, end)
            if element is None or element.end is None or element.end > end or element.name not in _IN[_CLUSTER]:
                break
            place = element.end
            if place == end:
                return start
        else:
            return start
    return 0


def _walk_group(scan: MatroskaScan, file: BinaryIO, group: _Element, time: int) -> None:
    at, end = group.begin, group.end or 0
    has_block = False
    while at < end:
        element = _read(file, at, end)
        if element is None or element.end is None or element.end > end or element.name not in _IN[_GROUP]:
            scan.n_foreign += end - at
            return
        if element.name == _BLOCK:
            has_block = True
            _add_block(scan, file, element, time)
        at = element.end
    scan.n_foreign += 0 if has_block else end - group.at


def _add_block(scan: MatroskaScan, file: BinaryIO, block: _Element, time: int) -> None:
    """Take the time of a block of the tracks in the header."""
    head = read_at(file, block.begin, 10)
    n = 9 - head[0].bit_length() if head and head[0] else 9
    number = int.from_bytes(head[:n], "big") & ((1 << 7 * n) - 1)
    if n > 8 or len(head) < n + 2 or (scan.tracks and number not in scan.tracks):
        scan.n_foreign += (block.end or 0) - block.at
        return
    time += int.from_bytes(head[n : n + 2], "big", signed=True)
    scan.first = time if scan.first is None else min(scan.first, time)
    scan.last = max(scan.last, time)


def _compare_delays(scan: MatroskaScan, place: int, size: int, delay: int, opus: bytes) -> None:
    """Compare the samples to drop at the beginning by the container [ns] with those by the header of Opus.

    FFmpeg writes too few if the sound had another rate than Opus has, and believes them.
    """
    n_skipped, rate = struct.unpack_from("<HI", opus, 10)
    n_delayed, right = delay * _OPUS_HZ / _NANOSECONDS, round(n_skipped * _NANOSECONDS / _OPUS_HZ)
    if not delay or abs(n_delayed - n_skipped) < 1:
        return
    if abs(n_delayed - n_skipped * rate / _OPUS_HZ) < 1 and right < 1 << 8 * size:
        scan.delay = (place, right.to_bytes(size, "big"))
    else:
        scan.wrong = "the codec's delays"


def _walk_header(scan: MatroskaScan, file: BinaryIO, name: bytes, begin: int, end: int, depth: int) -> None:
    """Read the duration and the tracks."""
    numbers: dict[bytes, int] = {}
    opus, delay = b"", None
    for element, size in _header_elements(scan, file, name, begin, end):
        content = read_at(file, element.begin, min(8, size))
        numbers[element.name] = int.from_bytes(content, "big")
        if element.name == _DURATION and size in _FLOATS:
            scan.duration = struct.unpack(_FLOATS[size], content)[0]
        elif element.name == _CODEC_HEADER and content == b"OpusHead":
            opus = read_at(file, element.begin, min(size, _OPUS_HEAD_BYTES))
        elif element.name == _CODEC_DELAY:
            delay = (element.begin, size)
        elif element.name in _IN and depth < 2:
            _walk_header(scan, file, element.name, element.begin, element.begin + size, depth + 1)
    scan.scale = numbers.get(_TIME_SCALE, scan.scale)
    if delay is not None and len(opus) == _OPUS_HEAD_BYTES:
        _compare_delays(scan, *delay, numbers[_CODEC_DELAY], opus)
    if name == _TRACK and _NUMBER in numbers:
        scan.tracks[numbers[_NUMBER]] = numbers.get(_KIND, 0)


def _header_elements(
    scan: MatroskaScan, file: BinaryIO, name: bytes, at: int, end: int
) -> Iterator[tuple[_Element, int]]:
    """Yield the elements of a header, and the sizes of their contents, up to the first one that is damaged."""
    for _ in range(_MAX_ELEMENTS):
        if at >= end:
            return
        element = _read(file, at, end)
        if element is None or element.end is None or element.end > end or element.name not in _IN[name]:
            scan.n_foreign += end - at
            return
        yield element, element.end - element.begin
        at = element.end
