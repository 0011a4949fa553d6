"""Files of Ogg, and their pages with other fields, as if they had been written so."""

from __future__ import annotations

import struct

import numpy as np
from oddfiles import in_ogg, ogg_checksum
from readings import VOICE, encoded

__all__ = ["MADE", "n_headers", "pages", "time_of", "with_fields", "with_later_end", "with_serial"]

SOUND = np.tile(VOICE, 4)
MADE = {
    "Vorbis": lambda: bytes(encoded(SOUND, "OGG", "VORBIS")),
    "Opus": lambda: bytes(encoded(SOUND, "OGG", "OPUS")),
    "FLAC": lambda: in_ogg(bytes(encoded(SOUND, "FLAC"))),
}


def pages(data):
    places = [i for i in range(len(data)) if data[i : i + 4] == b"OggS"]
    return [data[begin:end] for begin, end in zip(places, [*places[1:], len(data)], strict=True)]


def with_serial(page, serial):
    page = page[:14] + struct.pack("<I", serial) + page[18:22] + bytes(4) + page[26:]
    return page[:22] + struct.pack("<I", ogg_checksum(page)) + page[26:]


def time_of(page):
    return struct.unpack("<q", page[6:14])[0]


def with_fields(page, *, flags=None, time=None, number=None):
    """A page with other numbers in its header, as if it had been written so."""
    page = page[:5] + bytes([page[5] if flags is None else flags]) + page[6:]
    page = page[:6] + struct.pack("<q", time_of(page) if time is None else time) + page[14:]
    page = page[:18] + (page[18:22] if number is None else struct.pack("<I", number)) + bytes(4) + page[26:]
    return page[:22] + struct.pack("<I", ogg_checksum(page)) + page[26:]


def with_later_end(page, n):
    """A page whose time is later."""
    return with_fields(page, time=time_of(page) + n)


def n_headers(parts):
    """How many pages precede those of the sound, of which one at least tells a time."""
    return next(i for i, page in enumerate(parts) if time_of(page) > 0 or i > 2)
