"""FLAC: its header tells the number of samples, or leaves it open; what is there is known when it is decoded."""

from __future__ import annotations

import re
import struct
from collections import deque
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from .layout import MOST_FILES, Layout, Stream, left_unread, unknown
from .trailing import before_tags
from .view import Piece, View, mended

__all__ = ["flac", "flac_frames", "flac_header", "stream_of", "zeros_behind"]

# The marker of a stream, and the first block behind it (the last one or not), which is always of this size.
_BEGINNINGS = (b"fLaC\0\0\0\x22", b"fLaC\x80\0\0\x22")
_PLACE_OF_TOTAL = 8 + 13
_AT_ONCE = 1 << 20
# Marker and STREAMINFO; the longest header of a frame.
_HEADER, _FRAME_HEADER = 42, 16
# Of a frame beside its samples, and the beginning of the next one, of which decoders look at more than they need.
_MOST_BESIDE = 1 << 10
# Places near the end of a stream that look like its last frame.
_MOST_TRIED = 8
_SYNC = re.compile(rb"\xff[\xf8\xf9]")


def flac(file: BinaryIO, begin: int, end: int) -> Layout:
    """FLAC between two places of a file: one stream, or several, one behind the other."""
    end = before_tags(file, begin, end)
    starts = _beginnings(file, begin, end)
    if not starts:
        return unknown("FLAC")
    spans = list(zip(starts, [*starts[1:], end], strict=True))
    notices = (left_unread(starts[MOST_FILES], end),) if len(starts) > MOST_FILES else ()
    return Layout("FLAC", tuple(stream_of(file, [span]) for span in spans[:MOST_FILES]), notices)


def _beginnings(file: BinaryIO, begin: int, end: int) -> list[int]:
    places = []
    at = begin
    while at < end:
        file.seek(at)
        block = file.read(min(_AT_ONCE, end - at))
        for marker in _BEGINNINGS:
            place = block.find(marker)
            while place >= 0:
                places.append(at + place)
                place = block.find(marker, place + 1)
        if len(block) < _AT_ONCE:
            break
        at += len(block) - 7
    return sorted(set(places))


def stream_of(file: BinaryIO, spans: Sequence[tuple[int, int]]) -> Stream:
    """A stream in several places of a file, the first with its header; its total is taken out of it.

    Without a total, it is decoded as far as it goes.
    """
    (begin, end), *others = spans
    place = begin + _PLACE_OF_TOTAL
    file.seek(place)
    field = file.read(5)
    if len(field) < 5:
        return Stream(((begin, end), *others))
    high, low = struct.unpack(">BI", field)
    total = (high & 15) << 32 | low
    open_total = (place, bytes([high & 0xF0, 0, 0, 0, 0]))
    pieces: tuple[Piece, ...] = (*mended(begin, end, open_total), *others)
    return Stream(pieces, promised_samples=total or None, is_open=total == 0)


def flac_frames(stream: View) -> Iterator[tuple[int, int]]:
    """Yield the place in time of each frame that seems to begin in a stream, and its place in bytes.

    A decoder that was thrown off by damage can go on with them; what only looks like a frame it will refuse.

    Parameters
    ----------
    stream : View
        From its marker on; it may be read by others meanwhile.

    Yields
    ------
    int [samples]
    int [bytes]
    """
    stream.seek(0)
    header = stream.read(_HEADER)
    if len(header) < _HEADER:
        return
    per_frame = struct.unpack(">H", header[8:10])[0]
    at = _HEADER
    while True:
        stream.seek(at)
        block = stream.read(_AT_ONCE)
        for found in _SYNC.finditer(block):
            number = _number_of_frame(block[found.start() : found.start() + _FRAME_HEADER])
            if number is not None:
                yield number if block[found.start() + 1] & 1 else number * per_frame, at + found.start()
        if len(block) < _AT_ONCE:
            return
        at += len(block) - _FRAME_HEADER


def flac_header(stream: View) -> tuple[bytes, int]:
    """A header with which a decoder can begin at any frame of a stream, and how much it needs to read one frame.

    Returns
    -------
    bytes
        Without other metadata.
    int [bytes]
        Of a frame whose samples are not compressed at all.
    """
    stream.seek(0)
    header = stream.read(_HEADER)
    if len(header) < _HEADER:
        return header, 0
    (fields,) = struct.unpack(">Q", header[18:26])
    n_channels, bits = (fields >> 41 & 7) + 1, (fields >> 36 & 31) + 1
    per_frame = struct.unpack(">H", header[10:12])[0]
    return header[:4] + b"\x80" + header[5:], per_frame * n_channels * (bits + 1) // 8 + _MOST_BESIDE


def zeros_behind(stream: View) -> int:
    """How many zeros follow the last frame of a stream, and nothing else.

    Of a frame and its checksum, the checksum is 0, and stays it with zeros behind.
    """
    end = stream.n_bytes
    at, zeros = end, end
    while at and zeros == at:
        stream.seek(max(0, at - _AT_ONCE))
        block = stream.read(at - max(0, at - _AT_ONCE))
        zeros, at = at - len(block) + len(block.rstrip(b"\0")), at - len(block)
    if zeros == end:
        return 0
    for _, begin in reversed(deque(flac_frames(stream), maxlen=_MOST_TRIED)):
        stream.seek(begin)
        crc = _crc16(stream.read(zeros - begin))
        for behind in range(3):  # the checksum itself may end with zeros
            if crc == 0 and zeros + behind < end:
                return end - zeros - behind
            crc = _crc16(b"\0", crc)
    return 0


def _crc16(data: bytes, crc: int = 0) -> int:
    for byte in data:
        crc = crc << 8 & 0xFFFF ^ _TABLE_OF_CRC16[crc >> 8 ^ byte]
    return crc


def _row_of_crc16(crc: int) -> int:
    for _ in range(8):
        crc = crc << 1 ^ (0x18005 if crc & 0x8000 else 0)
    return crc


_TABLE_OF_CRC16 = [_row_of_crc16(byte << 8) for byte in range(256)]


def _number_of_frame(head: bytes) -> int | None:
    """Number in the header of a frame, of the frame or of its first sample; None where this is no header."""
    if len(head) < 6 or head[2] >> 4 == 0 or head[2] & 15 == 15 or head[3] >> 4 > 10 or head[3] & 1:
        return None
    n_more = 0 if head[4] < 0x80 else next((n for n in range(1, 7) if head[4] >> (6 - n) & 1 == 0), 0)
    if head[4] >= 0x80 and not (head[4] >> 6 == 3 and n_more):
        return None
    number = head[4] & (0x7F if not n_more else (1 << (6 - n_more)) - 1)
    for byte in head[5 : 5 + n_more]:
        number = number << 6 | byte & 0x3F
    n_bytes = 5 + n_more + {6: 1, 7: 2}.get(head[2] >> 4, 0) + {12: 1, 13: 2, 14: 2}.get(head[2] & 15, 0)
    return number if n_bytes < len(head) and _crc8(head[:n_bytes]) == head[n_bytes] else None


def _crc8(data: bytes) -> int:
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc << 1 ^ 7 if crc & 0x80 else crc << 1) & 0xFF
    return crc
