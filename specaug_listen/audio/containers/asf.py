"""Windows Media (ASF): the duration that the header of a file of one track promises."""

from __future__ import annotations

import struct
from typing import BinaryIO

from .chunks import ASF, walk_chunks
from .file_view import read_at

__all__ = ["seconds_of_asf"]

_FILE_PROPERTIES = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
_STREAM_PROPERTIES = bytes.fromhex("9107dcb7b7a9cf118ee600c00c205365")
_HEADER_BYTES, _MAX_HEADER_BYTES = 30, 1 << 24
# In the file properties, from the beginning of the object: duration [100 ns], preroll [ms], and flags, of which the
# first one says that these numbers are not valid, as in a file that was written into a pipe.
_TIMES_PLACE, _TIMES_FORM, _IS_LIVE = 64, "<Q8xQI", 1
_TIMES_BYTES = struct.calcsize(_TIMES_FORM)


def seconds_of_asf(file: BinaryIO, begin: int) -> float | None:
    """Return the duration of a file of one track by its header; None if it is open, or there are more tracks."""
    size = struct.unpack_from("<Q", read_at(file, begin, _HEADER_BYTES).ljust(_HEADER_BYTES, b"\0"), 16)[0]
    n_tracks, seconds = 0, None
    for chunk in walk_chunks(file, begin + _HEADER_BYTES, begin + min(size, _MAX_HEADER_BYTES), ASF):
        n_tracks += chunk.name == _STREAM_PROPERTIES
        if chunk.name == _FILE_PROPERTIES and chunk.end >= chunk.at + _TIMES_PLACE + _TIMES_BYTES:
            times = read_at(file, chunk.at + _TIMES_PLACE, _TIMES_BYTES).ljust(_TIMES_BYTES, b"\0")
            length, preroll, flags = struct.unpack(_TIMES_FORM, times)
            seconds = None if flags & _IS_LIVE or not length else length / 1e7 - preroll / 1e3
    return seconds if n_tracks == 1 and seconds is not None and seconds > 0 else None
