"""Files without a container, of frames or packets only: AAC, AC-3, DTS, AMR, MPEG program and transport streams."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import BinaryIO, NamedTuple

from .file_view import read_at, search
from .mpeg_header import adts_length
from .tags import MAX_REFUSED_TAGS, is_begun_tag, skip_tags

__all__ = ["FrameWalk", "walk_frames"]

# How much is searched for the next packet, which usually is near; then more and more.
_FIRST_READ_BYTES, _MAX_READ_BYTES = 1 << 10, 1 << 20
_HEAD_BYTES = 32
_ADTS_SYNC, _AC3_SYNC, _DTS_SYNC, _DTS_HD_SYNC = b"\xff\xf0", b"\x0bw", b"\x7f\xfe\x80\x01", b"\x64\x58\x20\x25"
_PACK_CODE, _END_CODE = b"\0\0\1\xba", b"\0\0\1\xb9"
_AC3_HEAD_BYTES = 6
_SECTOR_BYTES = 2352  # of a video CD, padded with zeros
_AC3_KBITS = (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640)
_AAC_SAMPLES, _AMR_SAMPLES = 1024, 160
# Bytes of AMR's frames by mode, the last ones of comfort noise and of no sound.
_AMR_FRAME_BYTES = {
    b"#!AMR\n": (13, 14, 16, 18, 20, 21, 27, 32, 6, 0, 0, 0, 0, 0, 0, 1),
    b"#!AMR-WB\n": (18, 24, 33, 37, 41, 47, 51, 59, 61, 6, 0, 0, 0, 0, 1, 1),
}
_TS_SYNC = 0x47


class FrameWalk(NamedTuple):
    """The result of a walk through consecutive frames or packets.

    Parameters
    ----------
    ends : int
        End of the last complete one.
    n_foreign : int
        Bytes between them that belong to none.
    within : {"frame", "packet"} or None
        What the truncated file ends in.
    is_open : bool
        Whether truncation cannot be detected, as no end mark is there and no packet is cut.
    n_samples : int or None
        Duration of the frames if all are like the first one; None for packets.
    """

    ends: int
    n_foreign: int = 0
    within: str | None = None
    is_open: bool = False
    n_samples: int | None = None


class _Window:
    """A read-ahead buffer over a file that is read forwards in small steps."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._begin, self._block = file, 0, b""

    def head(self, at: int) -> bytes:
        """Return the first bytes at an offset."""
        if not 0 <= at - self._begin <= len(self._block) - _HEAD_BYTES:
            self._begin, self._block = at, _read(self._file, at, _MAX_READ_BYTES)
        return self._block[at - self._begin : at - self._begin + _HEAD_BYTES]

    def n_alike(self, at: int) -> int:
        """Return the length of the run of equal bytes at an offset, within the buffer."""
        block = memoryview(self._block)[at - self._begin :]
        return len(block) - len(bytes(block).lstrip(block[:1]))


def walk_frames(file: BinaryIO, begin: int, size: int) -> FrameWalk | None:
    """Walk through a file of frames or packets from `begin` (behind tags) to `size`; None for any other file."""
    head = _read(file, begin, 600)
    if adts_length(head):
        return _walk(file, begin, size, adts_length, head[:2], "frame", _AAC_SAMPLES)
    if head.startswith(_AC3_SYNC):
        return _walk(file, begin, size, _ac3, _AC3_SYNC, "frame", _samples_of_ac3(head))
    if head.startswith(_DTS_SYNC):
        return _walk(file, begin, size, _dts, _DTS_SYNC, "frame", _samples_of_dts(head))
    for mark, sizes in _AMR_FRAME_BYTES.items():
        if head.startswith(mark):
            n_samples = _AMR_SAMPLES * (2 if b"WB" in mark else 1)
            return _walk(file, begin + len(mark), size, partial(_amr, sizes), b"", "frame", n_samples)
    if head.startswith(_PACK_CODE):
        walk = _walk(file, begin, size, _program_stream, _PACK_CODE, "packet")
        is_closed = _read(file, walk.ends - len(_END_CODE), len(_END_CODE)) == _END_CODE
        return walk._replace(is_open=not is_closed and walk.within is None)
    for period, place in ((188, 0), (192, 4)):
        if len(head) > place + 2 * period and all(head[place + i * period] == _TS_SYNC for i in range(3)):
            return _transport(file, begin, size, period, place)
    return None


def _read(file: BinaryIO, at: int, n_bytes: int) -> bytes:
    return read_at(file, max(0, at), max(0, n_bytes))


def _walk(
    file: BinaryIO,
    begin: int,
    size: int,
    length: Callable[[bytes], int],
    mark: bytes,
    within: str,
    per_frame: int | None = None,
) -> FrameWalk:
    """Follow the lengths of frames, and search for the next `mark` (sync bytes) behind anything else."""
    at = ends = begin
    n_foreign = n_refused = n_frames = 0
    window = _Window(file)
    while at < size:
        head = window.head(at)
        n_bytes = length(head)
        if n_bytes and at + n_bytes <= size:
            n = min(window.n_alike(at), size - at) if n_bytes == 1 else 1  # AMR's frames without sound
            n_frames += n
            at = ends = at + n * n_bytes
        elif n_refused < MAX_REFUSED_TAGS and (tags_end := skip_tags(file, at, size)) > at:
            at = tags_end  # tags stand between the segments of a stream
        elif n_bytes or (mark and size - at < len(head.ljust(8)) and _begins_alike(head, mark)):
            break
        else:
            n_refused += is_begun_tag(head)
            lost_from, at = at, _next(file, at + 1, size, length, mark)
            is_padding = (
                mark == _PACK_CODE
                and at - lost_from < _SECTOR_BYTES
                and not any(_read(file, lost_from, at - lost_from))
            )
            n_foreign += at - lost_from if at < size and not is_padding else 0
    return FrameWalk(ends, n_foreign, within if at < size else None, n_samples=per_frame and per_frame * n_frames)


def _begins_alike(head: bytes, mark: bytes) -> bool:
    """Whether the last bytes of a file are the beginning of another frame."""
    return 0 < len(head) < 8 and head[: len(mark)] == mark[: len(head)]


def _next(file: BinaryIO, at: int, size: int, length: Callable[[bytes], int], mark: bytes) -> int:
    """Return where the next frame begins; the end of the file, if no frame is followed by another one or by the end."""
    for place in search(file, re.compile(re.escape(mark)), at, size, len(mark)) if mark else ():
        n_bytes = length(_read(file, place, 16))
        if n_bytes and (place + n_bytes == size or length(_read(file, place + n_bytes, 16))):
            return place
    return size


def _ac3(head: bytes) -> int:
    """Return the length of a frame of AC-3 or E-AC-3; 0 if there is none."""
    if len(head) < _AC3_HEAD_BYTES or not head.startswith(_AC3_SYNC):
        return 0
    if head[5] >> 3 > 10:
        return 2 * (((head[2] & 7) << 8 | head[3]) + 1)
    rate, code = head[4] >> 6, head[4] & 63
    if rate == 3 or code >= 2 * len(_AC3_KBITS):
        return 0
    kbits = _AC3_KBITS[code // 2]
    return 2 * (2 * kbits, kbits * 320 // 147 + code % 2, 3 * kbits)[rate]


def _dts(head: bytes) -> int:
    """Return the length of a frame of DTS or of its extension DTS-HD; 0 if there is none."""
    if len(head) < 10:
        return 0
    bits = int.from_bytes(head[4:10], "big")
    if head.startswith(_DTS_SYNC):
        return (bits >> 20 & 0x3FFF) + 1
    if head.startswith(_DTS_HD_SYNC):
        return (bits >> 1 & 0xFFFFF) + 1 if bits >> 37 & 1 else (bits >> 13 & 0xFFFF) + 1
    return 0


def _samples_of_ac3(head: bytes) -> int:
    """Return the samples of a frame: six blocks of 256; in E-AC-3 one, two, three or six; 0 without its header."""
    if len(head) < _AC3_HEAD_BYTES:
        return 0
    is_short = head[5] >> 3 > 10 and head[4] >> 6 < 3
    return 256 * ((1, 2, 3, 6)[head[4] >> 4 & 3] if is_short else 6)


def _samples_of_dts(head: bytes) -> int:
    return 32 * ((int.from_bytes(head[4:10], "big") >> 34 & 0x7F) + 1)


def _amr(sizes: tuple[int, ...], head: bytes) -> int:
    return 0 if not head or head[0] & 0x83 else sizes[head[0] >> 3 & 15]


def _program_stream(head: bytes) -> int:
    """Return the length of a pack header, a packet, or the end mark of an MPEG program stream; 0 if there is none."""
    if len(head) < 4 or head[:3] != b"\0\0\1" or head[3] < 0xB9:
        return 0
    if head[3] == 0xB9:
        return 4
    if len(head) < 14 and head[3] == 0xBA:
        return 14
    if head[3] == 0xBA:
        return 14 + (head[13] & 7) if head[4] >> 6 == 1 else 12
    return 6 + int.from_bytes(head[4:6], "big") if len(head) >= 6 else 6


def _transport(file: BinaryIO, begin: int, size: int, period: int, place: int) -> FrameWalk:
    """Walk through an MPEG transport stream, whose packets have one size."""
    at = ends = begin
    n_foreign, n_read = 0, _FIRST_READ_BYTES
    while at + period <= size:
        block = _read(file, at, min(period * (n_read // period), (size - at) // period * period))
        n_read = min(_MAX_READ_BYTES, 2 * n_read)
        syncs = block[place::period]
        n_good = len(syncs) - len(syncs.lstrip(bytes([_TS_SYNC])))
        at = ends = at + n_good * period
        if n_good < len(syncs) or not syncs:
            at, n_read = _next_sync(file, at + 1, size, period, place), _FIRST_READ_BYTES
            n_foreign += at - ends if at < size else 0
            ends = at if at < size else ends
    rest = _read(file, ends, period)
    is_torn = len(rest) < period and rest[place : place + 1] == bytes([_TS_SYNC])
    is_torn = is_torn or _ends_in_packet(file, begin, ends, period, place)
    return FrameWalk(ends, n_foreign, "packet" if is_torn else None, not is_torn)


def _next_sync(file: BinaryIO, at: int, size: int, period: int, place: int) -> int:
    """Return where packets continue: three in a row, or as many as fit before the end."""
    sync, n_read = bytes([_TS_SYNC]), _FIRST_READ_BYTES
    while at + period <= size:
        block = _read(file, at, n_read + 3 * period)
        sync_at = block.find(sync, place)
        while 0 <= sync_at < n_read + place:
            syncs = block[sync_at : sync_at + 3 * period : period]
            n_left = min(3, (size - at - sync_at + place) // period)
            if n_left and syncs[:n_left] == n_left * sync:
                return at + sync_at - place
            sync_at = block.find(sync, sync_at + 1)
        at, n_read = at + n_read, min(_MAX_READ_BYTES, 2 * n_read)
    return size


def _ends_in_packet(file: BinaryIO, begin: int, ends: int, period: int, place: int) -> bool:
    """Whether a PES packet of sound, whose header tells its length, is cut by the end of the file."""
    n_packets = min((ends - begin) // period, _MAX_READ_BYTES // period)
    data = _read(file, ends - n_packets * period, n_packets * period)
    missing: dict[int, int] = {}
    for at in range(place, len(data), period):
        packet = data[at : at + 188]
        pid, is_start, has_payload = (packet[1] & 31) << 8 | packet[2], packet[1] & 64, packet[3] & 16
        payload = packet[5 + packet[4] if packet[3] & 32 else 4 :] if has_payload else b""
        if is_start and payload[:3] == b"\0\0\1" and len(payload) >= 6:
            is_sound = payload[3] == 0xBD or payload[3] >> 5 == 6
            length = int.from_bytes(payload[4:6], "big")
            missing[pid] = 6 + length if is_sound and length else 0
        missing[pid] = missing.get(pid, 0) - len(payload)
    return any(n > 0 for n in missing.values())
