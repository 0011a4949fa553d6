"""FLAC: its header tells the number of samples, or leaves it open; what is there is known when it is decoded.

Its MD5 tells whether the samples are those that were encoded: a decoder checks each frame by itself, and not all of
them tell when one is missing or stands there twice.
"""

from __future__ import annotations

import hashlib
import re
import struct
from collections import deque
from collections.abc import Iterator, Sequence
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from ..._notices import Notice
from .file_view import Piece, View, end_of_run, mend, read_at
from .layout import MOST_FILES, FileLayout, Stream, left_unread, unknown_layout
from .tags import before_tags, sound_within

__all__ = [
    "HEADER_BYTES",
    "FlacMd5",
    "flac_end",
    "flac_frames",
    "flac_header",
    "flac_layout",
    "stream_of",
    "zeros_behind",
]

# The marker of a stream, and the first block behind it (the last one or not), which is always of this size.
_BEGINNINGS = (b"fLaC\0\0\0\x22", b"fLaC\x80\0\0\x22")
_TOTAL_SAMPLES_OFFSET = 8 + 13
_BYTES_AT_ONCE = 1 << 20
# Marker and STREAMINFO, of which rate, channels and bits stand in bytes 18 to 25, and the MD5 in the last 16; the
# longest header of a frame.
HEADER_BYTES, _FRAME_HEADER_BYTES = 42, 16
_BYTES_PER_SAMPLE = {8: 1, 16: 2, 24: 3}
# Of a frame beside its samples, and the beginning of the next one, of which decoders look at more than they need.
_MOST_OVERHEAD_BYTES = 1 << 10
# Places near the end of a stream that look like its last frame.
_MOST_PLACES = 8
_PADDING_BLOCK = 1  # of metadata, by its number
_FRAME_SYNC = re.compile(rb"\xff[\xf8\xf9]")


def flac_layout(file: BinaryIO, begin: int, end: int) -> FileLayout:
    """FLAC between two places of a file: one stream, or several, one behind the other."""
    end = before_tags(file, begin, end)
    starts = _beginnings(file, begin, end)
    if not starts:
        return unknown_layout("FLAC")
    spans = list(zip(starts, [*starts[1:], end], strict=True))
    notices = [
        Notice("junk-before", {"n_bytes": n}) for span in spans[:MOST_FILES] if (n := _n_bytes_hidden(file, *span))
    ]
    if len(starts) > MOST_FILES:
        notices.append(left_unread(starts[MOST_FILES], end))
    return FileLayout("FLAC", tuple(stream_of(file, [span]) for span in spans[:MOST_FILES]), tuple(notices))


def _n_bytes_hidden(file: BinaryIO, begin: int, end: int) -> int:
    """Count the bytes of blocks before the frames of a stream that hold other sound, or padding that is none."""
    n_bytes, is_last, at = 0, False, begin + 4
    while not is_last and at + 4 <= end:
        head = read_at(file, at, 4)
        is_last, kind, size = bool(head[0] & 0x80), head[0] & 0x7F, int.from_bytes(head[1:], "big")
        content, at = at + 4, at + 4 + size
        if not size or at > end:
            continue
        is_padding = kind == _PADDING_BLOCK
        is_true = end_of_run(file, content, at) == (at, 0) if is_padding else sound_within(file, content, at) is None
        n_bytes += 0 if is_true else size
    return n_bytes


def _beginnings(file: BinaryIO, begin: int, end: int) -> list[int]:
    places = []
    at = begin
    while at < end:
        block = read_at(file, at, min(_BYTES_AT_ONCE, end - at))
        for marker in _BEGINNINGS:
            place = block.find(marker)
            while place >= 0:
                places.append(at + place)
                place = block.find(marker, place + 1)
        if len(block) < _BYTES_AT_ONCE:
            break
        at += len(block) - 7
    return sorted(set(places))


def stream_of(file: BinaryIO, spans: Sequence[tuple[int, int]]) -> Stream:
    """A stream in several places of a file, the first with its header; its total is taken out of it.

    Without a total, it is decoded as far as it goes.
    """
    (begin, end), *more_spans = spans
    place = begin + _TOTAL_SAMPLES_OFFSET
    field = read_at(file, place, 5)
    if len(field) < 5:
        return Stream(((begin, end), *more_spans))
    high, low = struct.unpack(">BI", field)
    total = (high & 15) << 32 | low
    open_total = (place, bytes([high & 0xF0, 0, 0, 0, 0]))
    pieces: tuple[Piece, ...] = (*mend(begin, end, open_total), *more_spans)
    return Stream(pieces, promised_samples=total or None, is_open=total == 0)


def flac_end(stream: View) -> int | None:
    """Return where in time the last frame of a stream begins, of the end of which it is read; None where none is found.

    Parameters
    ----------
    stream : View
    """
    begin = max(HEADER_BYTES, stream.n_bytes - _BYTES_AT_ONCE)
    return next((time for time, _ in reversed(deque(flac_frames(stream, begin), maxlen=1))), None)


def flac_frames(stream: View, at: int = HEADER_BYTES) -> Iterator[tuple[int, int]]:
    """Yield the place in time of each frame that seems to begin in a stream, and its place in bytes.

    A decoder that was thrown off by damage can go on with them; what only looks like a frame it will refuse.

    Parameters
    ----------
    stream : View
        From its marker on; it may be read by others meanwhile.
    at : int [bytes]
        From where on they are looked for.

    Yields
    ------
    int [samples]
    int [bytes]
    """
    stream.seek(0)
    header = stream.read(HEADER_BYTES)
    if len(header) < HEADER_BYTES:
        return
    per_frame = struct.unpack(">H", header[8:10])[0]
    while True:
        stream.seek(at)
        block = stream.read(_BYTES_AT_ONCE)
        for sync in _FRAME_SYNC.finditer(block):
            number = _number_of_frame(block[sync.start() : sync.start() + _FRAME_HEADER_BYTES])
            if number is not None:
                yield number if block[sync.start() + 1] & 1 else number * per_frame, at + sync.start()
        if len(block) < _BYTES_AT_ONCE:
            return
        at += len(block) - _FRAME_HEADER_BYTES


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
    header = stream.read(HEADER_BYTES)
    if len(header) < HEADER_BYTES:
        return header, 0
    (fields,) = struct.unpack(">Q", header[18:26])
    n_channels, bits = (fields >> 41 & 7) + 1, (fields >> 36 & 31) + 1
    per_frame = struct.unpack(">H", header[10:12])[0]
    return header[:4] + b"\x80" + header[5:], per_frame * n_channels * (bits + 1) // 8 + _MOST_OVERHEAD_BYTES


def zeros_behind(stream: View) -> int:
    """Return how many zeros follow the last frame of a stream, and nothing else.

    Of a frame and its checksum, the checksum is 0, and stays it with zeros behind.
    """
    end = stream.n_bytes
    at, zeros = end, end
    while at and zeros == at:
        stream.seek(max(0, at - _BYTES_AT_ONCE))
        block = stream.read(at - max(0, at - _BYTES_AT_ONCE))
        zeros, at = at - len(block) + len(block.rstrip(b"\0")), at - len(block)
    if zeros == end:
        return 0
    for _, begin in reversed(deque(flac_frames(stream), maxlen=_MOST_PLACES)):
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


class FlacMd5:
    """The MD5 of samples as they are decoded, beside that of the header.

    Parameters
    ----------
    header : bytes
        The first 42 bytes of the stream; without an MD5 in them, or with samples of other widths, nothing differs.
    """

    def __init__(self, header: bytes) -> None:
        self._expected, self._bits = b"", 0
        if len(header) == HEADER_BYTES and header[:4] == b"fLaC":
            (fields,) = struct.unpack(">Q", header[18:26])
            self._expected, self._bits = header[-16:], (fields >> 36 & 31) + 1
        self._is_known = any(self._expected) and self._bits in _BYTES_PER_SAMPLE
        self._md5 = hashlib.md5(usedforsecurity=False)

    def add(self, block: npt.NDArray[np.float32]) -> None:
        """Samples that follow, shape (n, n_channels), full scale 1."""
        if self._is_known:
            # Whole numbers of up to 24 bits, which single precision holds exactly.
            numbers = (block * np.float32(1 << (self._bits - 1))).astype("<i4")
            width = _BYTES_PER_SAMPLE[self._bits]
            self._md5.update(np.ascontiguousarray(numbers.reshape(-1, 1).view(np.uint8)[:, :width]).tobytes())

    @property
    def differs(self) -> bool:
        """Whether the samples are not those that were encoded."""
        return self._is_known and self._md5.digest() != self._expected
