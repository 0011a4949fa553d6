"""FLAC: its header tells the number of samples, or leaves it open; decoding tells how many there are.

The MD5 in the header shows whether the samples are those that were encoded: decoders check each frame by itself, and
not all of them report a missing or repeated one.
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
from .file_view import Piece, View, end_of_run, mend, read_at, search
from .sound_layout import MAX_FILES, FileLayout, Stream, left_unread, unknown_layout
from .tags import sound_within, strip_tags

__all__ = [
    "HEADER_BYTES",
    "FlacMd5",
    "flac_end",
    "flac_frames",
    "flac_header",
    "flac_layout",
    "stream_of",
    "trailing_zeros",
]

# The marker of a stream, and the header of STREAMINFO, which may be the last block of metadata.
_BEGINNING = re.compile(rb"fLaC[\0\x80]\0\0\x22")
_TOTAL_SAMPLES_OFFSET = 8 + 13
_BYTES_AT_ONCE = 1 << 20
# The marker and STREAMINFO: bytes 18 to 25 hold the rate, channels and bits, the last 16 bytes hold the MD5.
HEADER_BYTES = 42
# No header of a frame is longer.
_FRAME_HEADER_BYTES = 16
_BYTES_PER_SAMPLE = {8: 1, 16: 2, 24: 3}
# What a decoder reads beside the samples of a frame, including the beginning of the next one.
_MAX_OVERHEAD_BYTES = 1 << 10
# How many candidates for the last frame of a stream are tried.
_MAX_PLACES = 8
_PADDING_BLOCK = 1  # of metadata, by its number
_FRAME_SYNC = re.compile(rb"\xff[\xf8\xf9]")


def flac_layout(file: BinaryIO, begin: int, end: int) -> FileLayout:
    """Return the layout of FLAC between two places of a file: one stream, or several concatenated ones."""
    end = strip_tags(file, begin, end)
    starts = list(search(file, _BEGINNING, begin, end, 8))
    if not starts:
        return unknown_layout("FLAC")
    spans = list(zip(starts, [*starts[1:], end], strict=True))
    notices = [
        Notice("junk-before", {"n_bytes": n}) for span in spans[:MAX_FILES] if (n := _n_bytes_hidden(file, *span))
    ]
    if len(starts) > MAX_FILES:
        notices.append(left_unread(starts[MAX_FILES], end))
    return FileLayout("FLAC", tuple(stream_of(file, [span]) for span in spans[:MAX_FILES]), tuple(notices))


def _n_bytes_hidden(file: BinaryIO, begin: int, end: int) -> int:
    """Count the bytes of metadata blocks that hide sound, and of padding blocks that are not zeros."""
    n_bytes, is_last, at = 0, False, begin + 4
    while not is_last and at + 4 <= end:
        head = read_at(file, at, 4)
        is_last, kind, size = bool(head[0] & 0x80), head[0] & 0x7F, int.from_bytes(head[1:], "big")
        content, at = at + 4, at + 4 + size
        if not size or at > end:
            continue
        is_padding = kind == _PADDING_BLOCK
        is_valid = end_of_run(file, content, at) == (at, 0) if is_padding else sound_within(file, content, at) is None
        n_bytes += 0 if is_valid else size
    return n_bytes


def stream_of(file: BinaryIO, spans: Sequence[tuple[int, int]]) -> Stream:
    """Return a stream from its parts in a file, which need not be adjacent; the first one begins with the header.

    The total number of samples is removed from the header, so that a decoder reads as far as it can.
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
    """Return the sample at which the last frame in the last MB of a stream begins; None if there is no frame."""
    begin = max(HEADER_BYTES, stream.n_bytes - _BYTES_AT_ONCE)
    return next((time for time, _ in reversed(deque(flac_frames(stream, begin), maxlen=1))), None)


def flac_frames(stream: View, at: int = HEADER_BYTES) -> Iterator[tuple[int, int]]:
    """Yield the first sample and the offset in bytes of each frame that seems to begin at `at` or later.

    A decoder that failed at damage can resume at one of these places. Some bytes only look like a frame; the decoder
    refuses them. The caller may read the stream between two results.
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
    """Return a header without other metadata, for decoding from any frame on, and the largest size of a frame."""
    stream.seek(0)
    header = stream.read(HEADER_BYTES)
    if len(header) < HEADER_BYTES:
        return header, 0
    (fields,) = struct.unpack(">Q", header[18:26])
    n_channels, bits = (fields >> 41 & 7) + 1, (fields >> 36 & 31) + 1
    per_frame = struct.unpack(">H", header[10:12])[0]
    return header[:4] + b"\x80" + header[5:], per_frame * n_channels * (bits + 1) // 8 + _MAX_OVERHEAD_BYTES


def trailing_zeros(stream: View) -> int:
    """Return how many zeros follow the last frame of a stream; 0 if anything else does.

    The checksum over a frame and its own checksum is 0, and zeros behind it do not change that.
    """
    end = stream.n_bytes
    at, zeros = end, end
    while at and zeros == at:
        stream.seek(max(0, at - _BYTES_AT_ONCE))
        block = stream.read(at - max(0, at - _BYTES_AT_ONCE))
        zeros, at = at - len(block) + len(block.rstrip(b"\0")), at - len(block)
    if zeros == end:
        return 0
    for _, begin in reversed(deque(flac_frames(stream), maxlen=_MAX_PLACES)):
        stream.seek(begin)
        crc = _crc16(stream.read(zeros - begin))
        for n_zeros in range(3):  # the checksum itself may end with zeros
            if crc == 0 and zeros + n_zeros < end:
                return end - zeros - n_zeros
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
    """Return the number in a frame header, of the frame or of its first sample; None if this is no header."""
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
    """Compares the MD5 of decoded samples with that of the header.

    Parameters
    ----------
    header : bytes
        The first 42 bytes of the stream. If they hold no MD5, or samples of an unusual width, nothing is compared.
    """

    def __init__(self, header: bytes) -> None:
        self._expected, self._bits = b"", 0
        if len(header) == HEADER_BYTES and header[:4] == b"fLaC":
            (fields,) = struct.unpack(">Q", header[18:26])
            self._expected, self._bits = header[-16:], (fields >> 36 & 31) + 1
        self._is_known = any(self._expected) and self._bits in _BYTES_PER_SAMPLE
        self._md5 = hashlib.md5(usedforsecurity=False)

    def add(self, block: npt.NDArray[np.float32]) -> None:
        """Add samples, shape (n, n_channels), full scale 1."""
        if self._is_known:
            # Integers of up to 24 bits, which single precision holds exactly.
            numbers = (block * np.float32(1 << (self._bits - 1))).astype("<i4")
            width = _BYTES_PER_SAMPLE[self._bits]
            self._md5.update(np.ascontiguousarray(numbers.reshape(-1, 1).view(np.uint8)[:, :width]).tobytes())

    @property
    def differs(self) -> bool:
        """Whether the samples are not those that were encoded."""
        return self._is_known and self._md5.digest() != self._expected
