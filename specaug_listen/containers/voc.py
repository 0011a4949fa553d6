"""Creative Voice: blocks with sizes of 3 bytes, of which the first with sound tells of its coding."""

from __future__ import annotations

import struct
from typing import BinaryIO, NamedTuple

from .._notices import Notice
from .layout import Layout, Stream, unknown
from .trailing import kind_of_rest
from .view import mended

__all__ = ["voc"]

# Blocks of sound, and what they hold before it.
_HEADERS = {1: 2, 2: 0, 9: 12}
_OPEN = (0x7FFFFF, 0xFFFFFF)
_LOGARITHMIC = (b"\6\0", b"\7\0")


class _Blocks(NamedTuple):
    """Where the first block of sound is, where sound is in all of them, what they promise, and where they end."""

    first: int
    bodies: list[tuple[int, int]]
    promised: int
    ends: int
    is_open: bool


def voc(file: BinaryIO, begin: int, end: int) -> Layout:
    """Take the sound out of the blocks: libsndfile takes all behind its header for sound, headers of blocks, too."""
    blocks = _blocks(file, begin, end)
    if not blocks.bodies:
        return unknown("VOC")
    bodies, promised = blocks.bodies, blocks.promised
    rest = kind_of_rest(file, bodies[0][0], blocks.ends, end, "")
    if rest == "sound":
        bodies = [*bodies[:-1], (bodies[-1][0], end)]
    present = sum(stop - start for start, stop in bodies)
    count = struct.pack("<I", min(present + bodies[0][0] - blocks.first - 4, 0xFFFFFF))[:3]
    pieces = (*mended(begin, bodies[0][0], (blocks.first + 1, count)), *bodies, b"\0")
    if blocks.is_open:
        return Layout("VOC", (Stream(pieces, present_bytes=present, is_open=True),))
    if present != promised:
        return Layout("VOC", (Stream(pieces, None, promised, present),))
    left_out = {"zeros": "zeros-after", "junk": "junk-after", "file": "junk-after"}
    notices = (Notice(left_out[rest], {"n_bytes": end - blocks.ends}),) if rest in left_out else ()
    return Layout("VOC", (Stream(pieces, None, present, present),), notices)


def _blocks(file: BinaryIO, begin: int, end: int) -> _Blocks:
    bodies: list[tuple[int, int]] = []
    file.seek(begin + 20)
    at = begin + int(struct.unpack("<H", file.read(2))[0])
    first, promised, ends, is_open = at, 0, end, False
    while at + 4 <= end:
        file.seek(at)
        kind, low, high = struct.unpack("<BHB", file.read(4))
        if kind == 0 or kind > 9 or (bodies and kind in (1, 8, 9)):  # the end, no block, or another coding
            ends = at + (kind == 0)
            break
        size = low + (high << 16)
        if (n_header := _HEADERS.get(kind)) is not None:
            sound = at + 4 + n_header
            is_open = size <= n_header or (size in _OPEN and at + 4 + size > end)
            n_bytes = _n_bytes(file, at, sound, 0 if is_open else size - n_header, end)
            first = first if bodies else at
            bodies.append((sound, min(end, sound + n_bytes)))
            promised += n_bytes
            size, ends = n_bytes + n_header, bodies[-1][1]
        at += 4 + size
    file.seek(ends)
    if bodies and ends == end - 1 and file.read(1) == b"\0":  # the mark of the end, which is no more than that
        ends = end
    return _Blocks(first, bodies, promised, ends, is_open)


def _n_bytes(file: BinaryIO, at: int, sound: int, n_bytes: int, end: int) -> int:
    """How much sound a block holds, whose writer may have counted other things in or out."""
    if sound - at != 16:
        return n_bytes if n_bytes > 0 or sound - at == 4 else end - sound
    if end - sound - n_bytes in (8, 9):  # SoX counts 4 of the header's 12 bytes
        return n_bytes + 8
    file.seek(at + 10)
    is_counted_in = file.read(2) in _LOGARITHMIC and sound + n_bytes == end  # libsndfile counts the mark of the end
    if n_bytes <= 0 or is_counted_in:
        file.seek(end - 1)
        return end - sound - (file.read(1) == b"\0")
    return n_bytes
