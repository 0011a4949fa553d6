"""WAV in all its forms (RIFF, RIFX, RF64, BW64), Sonic Foundry's W64, and AIFF: chunks, one of which is the sound."""

from __future__ import annotations

import struct
from dataclasses import replace
from typing import BinaryIO, NamedTuple

from .._notices import Notice
from . import mpeg
from .layout import Body, Layout, Stream
from .trailing import is_beginning, is_open_size, kind_of_rest
from .view import mended

__all__ = ["aiff", "w64", "wav"]

_MPEG_TAGS = {0x50, 0x55}
_W64_CHUNK = 24


class _Found(NamedTuple):
    """The chunk of sound: where its samples begin, its size by its header, where that is written, and the codec."""

    begin: int
    size: int
    field: int
    tag: int = 0


def wav(file: BinaryIO, begin: int, end: int) -> Layout:
    """WAV between two places of a file."""
    file.seek(begin)
    order = ">" if file.read(4) == b"RIFX" else "<"
    found = _data_of_wav(file, begin, order)
    if found is None:
        return Layout("WAV")
    if found.tag in _MPEG_TAGS:
        size = end - found.begin if is_open_size(found.size) or found.size == 0 else found.size
        inside = mpeg.mpeg(file, found.begin, min(end, found.begin + size), is_whole_file=False)
        if inside is not None:
            return replace(inside, container="MP3 in WAV")
    layout = _chunked("WAV", file, (begin, end), found, "BIG" if order == ">" else "LITTLE", order)
    return _as_rf64(file, begin, end, layout)


def _as_rf64(file: BinaryIO, begin: int, end: int, layout: Layout) -> Layout:
    """BW64 under the name of RF64, which it is but for chunks that tell of loudspeakers."""
    file.seek(begin)
    (stream,) = layout.streams
    if file.read(4) != b"BW64" or stream.pieces is not None:
        return layout
    return replace(layout, streams=(replace(stream, pieces=mended(begin, end, (begin, b"RF64"))),))


def _data_of_wav(file: BinaryIO, begin: int, order: str) -> _Found | None:
    file.seek(begin + 12)
    long_size, tag = None, 0
    while len(header := file.read(8)) == 8:
        size = struct.unpack(f"{order}I", header[4:])[0]
        at = file.tell()
        if header[:4] == b"data":
            long = long_size is not None and size >= 0xFFFFFFFF - (1 << 20)
            return _Found(at, long_size if long and long_size is not None else size, at - 4, tag)
        if header[:4] == b"ds64" and size >= 16:
            long_size = struct.unpack("<Q", file.read(16)[8:])[0]
        if header[:4] == b"fmt " and size >= 2:
            tag = struct.unpack(f"{order}H", file.read(2))[0]
        file.seek(at + size + size % 2)
    return None


def aiff(file: BinaryIO, begin: int, end: int) -> Layout:
    """AIFF and AIFF-C between two places of a file."""
    file.seek(begin + 12)
    endian = "BIG"
    while len(header := file.read(8)) == 8:
        size, at = struct.unpack(">I", header[4:])[0], file.tell()
        if header[:4] == b"COMM":
            endian = "LITTLE" if file.read(22)[18:] == b"sowt" else "BIG"
        if header[:4] == b"SSND":
            offset = struct.unpack(">I", file.read(8)[:4])[0]
            found = _Found(at + 8 + offset, max(0, size - 8 - offset), at - 4)
            return _chunked("AIFF", file, (begin, end), found, endian, ">")
        file.seek(at + size + size % 2)
    return Layout("AIFF")


def w64(file: BinaryIO, begin: int, end: int) -> Layout:
    """Sonic Foundry's W64: chunks with names of 16 bytes and sizes of 8."""
    at = begin + 40
    file.seek(at)
    while len(header := file.read(_W64_CHUNK)) == _W64_CHUNK:
        size = struct.unpack("<Q", header[16:])[0]
        if header[:4] == b"data":
            sound, n_bytes = at + _W64_CHUNK, max(0, size - _W64_CHUNK)
            follows = sound + (n_bytes + 7) // 8 * 8
            if sound + n_bytes < end and _are_w64_chunks(file, follows, end):
                # libsndfile takes all to the end of the file for sound.
                return Layout("W64", (Stream(body=Body(sound, sound + n_bytes, "LITTLE")),))
            return _chunked("W64", file, (begin, end), _Found(sound, n_bytes, at + 16), "LITTLE", "")
        at += max(_W64_CHUNK, (size + 7) // 8 * 8)
        file.seek(at)
    return Layout("W64")


def _are_w64_chunks(file: BinaryIO, at: int, end: int) -> bool:
    while at + _W64_CHUNK <= end:
        file.seek(at)
        size = struct.unpack("<Q", file.read(_W64_CHUNK)[16:])[0]
        if not _W64_CHUNK <= size <= end - at:
            return False
        at += (size + 7) // 8 * 8
    return True


def _chunked(container: str, file: BinaryIO, span: tuple[int, int], found: _Found, endian: str, order: str) -> Layout:
    begin, end = span
    there = end - found.begin
    if is_open_size(found.size) and found.size > there:
        return Layout(container)
    if found.size > there:
        return Layout(container, (Stream(promised_bytes=found.size, present_bytes=max(0, there)),))
    ends = found.begin + found.size
    rest = kind_of_rest(file, ends, end, order)
    if rest == "sound":
        return Layout(container, (_longer(found, begin, end, endian, order),))
    whole = Stream(((begin, ends),) if rest == "file" else None)
    next_file = next((at for at in (ends, ends + 1) if rest == "file" and is_beginning(file, at)), None)
    zeros = (Notice("zeros-after", {"n_bytes": end - ends}),) if rest == "zeros" else ()
    return Layout(container, (whole,), zeros, next_file)


def _longer(found: _Found, begin: int, end: int, endian: str, order: str) -> Stream:
    """A stream that goes on to the end of the file, behind what its header says."""
    there = end - found.begin
    pieces = None
    if order and there < 1 << 32:
        sized = there + (found.begin - found.field - 4)  # in AIFF, fields of its own precede the sound
        pieces = mended(begin, end, (found.field, struct.pack(f"{order}I", min(sized, 0xFFFFFFFF))))
    return Stream(pieces, Body(found.begin, end, endian), promised_bytes=found.size, present_bytes=there)
