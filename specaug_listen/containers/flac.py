"""FLAC: its header tells the number of samples, or leaves it open; what is there is known when it is decoded."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import BinaryIO

from .layout import Layout, Stream
from .view import mended

__all__ = ["flac", "stream_of"]

# The marker of a stream, and the first block behind it (the last one or not), which is always of this size.
_BEGINNINGS = (b"fLaC\0\0\0\x22", b"fLaC\x80\0\0\x22")
_PLACE_OF_TOTAL = 8 + 13
_AT_ONCE = 1 << 20


def flac(file: BinaryIO, begin: int, end: int) -> Layout:
    """FLAC between two places of a file: one stream, or several, one behind the other."""
    starts = _beginnings(file, begin, end)
    if not starts:
        return Layout("FLAC")
    ends = [*starts[1:], end]
    return Layout("FLAC", tuple(stream_of(file, [span]) for span in zip(starts, ends, strict=True)))


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


def stream_of(file: BinaryIO, pieces: Sequence[tuple[int, int]]) -> Stream:
    """A stream whose first piece lies in the file and holds the header; its total is taken out of it.

    Without a total, it is decoded as far as it goes.
    """
    (begin, end), *others = pieces
    place = begin + _PLACE_OF_TOTAL
    file.seek(place)
    field = file.read(5)
    if len(field) < 5:
        return Stream(tuple(pieces))
    high, low = struct.unpack(">BI", field)
    total = (high & 15) << 32 | low
    open_total = (place, bytes([high & 0xF0, 0, 0, 0, 0]))
    return Stream((*mended(begin, end, open_total), *others), promised_samples=total or None)
