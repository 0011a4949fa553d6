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
from typing import BinaryIO, NamedTuple

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
# Rate, channels, bits and number of samples: of 20, 3, 5 and 36 bits.
_FORM_OFFSET = 8 + 10
_BYTES_AT_ONCE, _SHORT_READ_BYTES = 1 << 20, 1 << 16
# In the header of a frame, by their codes: rates, the unit and bytes of rates that follow, and bits. 0 is that of the
# file's header.
_RATES_HZ = (0, 88200, 176400, 192000, 8000, 16000, 22050, 24000, 32000, 44100, 48000, 96000, 0, 0, 0, 0)
_RATE_FIELDS = {12: (1000, 1), 13: (1, 2), 14: (10, 2)}
_BITS = (0, 8, 12, 0, 16, 20, 24, 32)
# How many frames are compared with the file's header.
_N_COMPARED = 4
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


class _Form(NamedTuple):
    """What the header of a file and those of its frames tell of the samples."""

    rate: int
    channels: int
    bits: int


def flac_layout(file: BinaryIO, begin: int, end: int) -> FileLayout:
    """Return the layout of FLAC between two places of a file: one stream, or several concatenated ones."""
    end = strip_tags(file, begin, end)
    starts = list(search(file, _BEGINNING, begin, end, 8))
    if not starts:
        return unknown_layout("FLAC")
    spans = list(zip(starts, [*starts[1:], end], strict=True))
    notices: list[Notice] = []
    streams: list[Stream] = []
    for span in spans[:MAX_FILES]:
        n_bytes, frames = _n_bytes_hidden(file, *span)
        notices += [Notice("junk-before", {"n_bytes": n_bytes})] if n_bytes else []
        form = _form_of_frames(read_at(file, frames, min(_SHORT_READ_BYTES, max(0, span[1] - frames))))
        streams.append(stream_of(file, [span], form))
        notices += [doubt] if (doubt := _doubt(read_at(file, span[0], HEADER_BYTES), form)) else []
    if len(starts) > MAX_FILES:
        notices.append(left_unread(starts[MAX_FILES], end))
    return FileLayout("FLAC", tuple(streams), tuple(notices))


def _n_bytes_hidden(file: BinaryIO, begin: int, end: int) -> tuple[int, int]:
    """Count the bytes of metadata blocks that hide sound, and of padding blocks that are not zeros.

    Also return where the frames begin.
    """
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
    return n_bytes, at


def _form_of_frames(data: bytes) -> _Form | None:
    """Return the form of the first frames, 0 for what they do not tell; None if they differ, or if there is none."""
    forms: set[_Form] = set()
    n_frames = 0
    for sync in _FRAME_SYNC.finditer(data):
        head = data[sync.start() : sync.start() + _FRAME_HEADER_BYTES]
        if n_frames == _N_COMPARED:
            break
        if _number_of_frame(head) is None:
            continue
        n_frames += 1
        code, channels = head[2] & 15, head[3] >> 4
        n_more = 0 if head[4] < 0x80 else 7 - (head[4] ^ 0xFF).bit_length()
        field = head[5 + n_more + {6: 1, 7: 2}.get(head[2] >> 4, 0) :]
        unit, n_bytes = _RATE_FIELDS.get(code, (0, 0))
        rate = unit * int.from_bytes(field[:n_bytes], "big") if unit else _RATES_HZ[code]
        forms.add(_Form(rate, channels + 1 if channels < 8 else 2, _BITS[head[3] >> 1 & 7]))
    return forms.pop() if len(forms) == 1 else None


def _doubt(header: bytes, form: _Form | None) -> Notice | None:
    """Return a notice if the header differs from the frames, which have checksums and are believed."""
    if form is None or len(header) < HEADER_BYTES:
        return None
    own = _form_of_header(int.from_bytes(header[_FORM_OFFSET : _FORM_OFFSET + 8], "big"))
    wrong = [name for name, mine, other in zip(own._fields, own, form, strict=True) if other and mine != other]
    what = f"{', '.join(wrong)}: other than in its frames, which are believed"
    return Notice("header-disagrees", {"what": what}) if wrong else None


def _form_of_header(fields: int) -> _Form:
    return _Form(fields >> 44, (fields >> 41 & 7) + 1, (fields >> 36 & 31) + 1)


def stream_of(file: BinaryIO, spans: Sequence[tuple[int, int]], form: _Form | None = None) -> Stream:
    """Return a stream from its parts in a file, which need not be adjacent; the first one begins with the header.

    The total number of samples is removed from the header, so that a decoder reads as far as it can; and its rate,
    channels and bits become those of `form`, where that tells them.
    """
    (begin, end), *more_spans = spans
    field = read_at(file, begin + _FORM_OFFSET, 8)
    if len(field) < 8:
        return Stream(((begin, end), *more_spans))
    fields = int.from_bytes(field, "big")
    total, own = fields & ((1 << 36) - 1), _form_of_header(fields)
    rate, n_channels, bits = (other or mine for mine, other in zip(own, form or own, strict=True))
    new = rate << 44 | (n_channels - 1) << 41 | (bits - 1) << 36
    pieces: tuple[Piece, ...] = (*mend(begin, end, (begin + _FORM_OFFSET, new.to_bytes(8, "big"))), *more_spans)
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
