"""Windows Media (ASF): how long its header says that it lasts, where sound is all that it holds."""

from __future__ import annotations

import struct
from typing import BinaryIO

from .file_view import read_at

__all__ = ["seconds_of_asf"]

_FILE_PROPERTIES = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
_STREAM_PROPERTIES = bytes.fromhex("9107dcb7b7a9cf118ee600c00c205365")
_HEADER_BYTES, _OBJECT_BYTES, _LARGEST_HEADER_BYTES = 30, 24, 1 << 24
# From the beginning of the object on: how long it is played, the time before it begins, and flags, of which the first
# one says that these numbers mean nothing, as of what was written into a pipe.
_TIMES_PLACE, _TIMES_FORM, _IS_LIVE = 64, "<Q8xQI", 1


def seconds_of_asf(file: BinaryIO, begin: int) -> float | None:
    """Return how long a file of one track is by its header; None where it leaves that open, or there are more tracks.

    Parameters
    ----------
    file : binary file
    begin : int
    """
    size = struct.unpack_from("<Q", read_at(file, begin, _HEADER_BYTES).ljust(_HEADER_BYTES, b"\0"), 16)[0]
    header = read_at(file, begin, min(size, _LARGEST_HEADER_BYTES))
    at, n_tracks, seconds = _HEADER_BYTES, 0, None
    while at + _OBJECT_BYTES <= len(header):
        name, n_bytes = header[at : at + 16], struct.unpack_from("<Q", header, at + 16)[0]
        n_tracks += name == _STREAM_PROPERTIES
        if name == _FILE_PROPERTIES and n_bytes >= _TIMES_PLACE + struct.calcsize(_TIMES_FORM):
            length, before, flags = struct.unpack_from(_TIMES_FORM, header.ljust(at + 128, b"\0"), at + _TIMES_PLACE)
            seconds = None if flags & _IS_LIVE or not length else length / 1e7 - before / 1e3
        at += max(_OBJECT_BYTES, n_bytes)
    return seconds if n_tracks == 1 and seconds is not None and seconds > 0 else None
