"""Which container a file is, and what is in it."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from dataclasses import replace
from typing import BinaryIO

from .._ordinary_files import open_file
from . import fields, flac, mpeg, ogg, riff
from .layout import Layout
from .magic import named_by_head

__all__ = ["layout_of"]

_Parser = Callable[[BinaryIO, int, int], Layout | None]
_PARSERS: tuple[tuple[bytes, int, bytes, _Parser], ...] = (
    (b"RIFF", 8, b"WAVE", riff.wav),
    (b"RIFX", 8, b"WAVE", riff.wav),
    (b"RF64", 8, b"WAVE", riff.wav),
    (b"BW64", 8, b"WAVE", riff.wav),
    (b"FORM", 8, b"AIF", riff.aiff),
    (b"FORM", 8, b"8SVX", fields.svx),
    (b"FORM", 8, b"16SV", fields.svx),
    (b"riff", 24, b"wave", riff.w64),
    (b".snd", 0, b"", fields.au),
    (b"dns.", 0, b"", fields.au),
    (b"NIST", 0, b"", fields.nist),
    (b"caff", 0, b"", fields.caf),
    (b"Creative Voice File", 0, b"", fields.voc),
    (b"2BIT", 0, b"", fields.avr),
    (b"\xf0\x7e", 3, b"\x01", fields.sds),
    (b"fLaC", 0, b"", flac.flac),
    (b"OggS", 0, b"", ogg.ogg),
)
_MOST_FILES = 1000
_FAR = 1 << 16


def layout_of(path: str | os.PathLike[str]) -> Layout:
    """Find the streams of a file; of a container without a known length it is the file as it is.

    Parameters
    ----------
    path : str or path-like
        Of a file that is not empty.

    Returns
    -------
    Layout

    Raises
    ------
    OSError
    """
    with open_file(path, buffering=1 << 16) as file:
        end = os.fstat(file.fileno()).st_size
        layout = _layout(file, 0, end)
        streams, notices = list(layout.streams), list(layout.notices)
        follows = layout.next_file
        while follows is not None and len(streams) < _MOST_FILES:
            other = _layout(file, follows, end)
            streams += other.streams
            notices += other.notices
            follows = other.next_file
    return Layout(layout.container, tuple(streams), tuple(notices))


def _layout(file: BinaryIO, begin: int, end: int) -> Layout:
    at = _behind_id3(file, begin, end)
    file.seek(at)
    head = file.read(512)
    for name, place, kind, parser in _PARSERS:
        if head.startswith(name) and head[place:].startswith(kind):
            return _placed(_parsed(parser, file, at, end) or Layout(""), at, end)
    if fields.is_htk(head, end - at):
        return _placed(fields.htk(file, at, end), at, end)
    is_mpeg = len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0 and bool(head[1] & 6)
    if not is_mpeg and named_by_head(head) is None:
        # A tag may be longer than it says.
        is_mpeg = (at > begin or begin == 0) and mpeg.begins_within(file, at, end if at > begin else min(end, _FAR))
    found = _parsed(mpeg.mpeg, file, begin, end) if is_mpeg else None
    return found or _placed(Layout(""), at, end)


def _placed(layout: Layout, begin: int, end: int) -> Layout:
    """The layout of a file that does not begin at the first byte."""
    if begin == 0:
        return layout
    streams = [stream if stream.pieces else replace(stream, pieces=((begin, end),)) for stream in layout.streams]
    return replace(layout, streams=tuple(streams))


def _parsed(parser: _Parser, file: BinaryIO, begin: int, end: int) -> Layout | None:
    """What a parser finds; None for a header that ends too early, which its decoder will refuse."""
    try:
        return parser(file, begin, end)
    except (struct.error, IndexError):
        return None


def _behind_id3(file: BinaryIO, begin: int, end: int) -> int:
    """Where the file begins behind tags of ID3, which may precede anything."""
    at = begin
    while True:
        file.seek(at)
        n_bytes = mpeg.length_of_id3(file.read(10))
        if not n_bytes or at + n_bytes >= end:
            return at
        at += n_bytes
