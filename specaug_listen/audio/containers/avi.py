"""AVI: whether its index leads to its chunks, and whether its two headers of the sound agree.

FFmpeg follows the index, and stops silently at an entry that leads elsewhere. Without an index, it reads the chunks in
the order of the file.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO

from .chunks import RIFF, Chunk, walk_chunks
from .file_view import Piece, mend, read_at
from .wav_format import parse_wav_format

__all__ = ["avi_without_index", "disagreement_of_avi", "seconds_of_avi"]

_ENTRY_BYTES, _MAX_INDEX_BYTES = 16, 1 << 26
_STRH_BYTES = 36
# Lists within lists: the header of a track in that of the file, or a group of media chunks.
_DEEPEST_LIST = 2
_PCM_CODECS = frozenset({1, 3})


def avi_without_index(file: BinaryIO, begin: int, end: int) -> tuple[Piece, ...] | None:
    """Return an AVI file without its index; None if the index is complete and correct, or if there is none."""
    media: set[tuple[bytes, int, int]] = set()
    movie = 0
    for chunk in walk_chunks(file, begin + 12, end, RIFF):
        if chunk.name == b"LIST" and read_at(file, chunk.begin, 4) == b"movi":
            movie = chunk.begin
            media = set(_media_chunks(file, movie + 4, min(end, chunk.end)))
        if chunk.name == b"idx1" and movie and chunk.size <= _MAX_INDEX_BYTES:
            index = read_at(file, chunk.begin, min(chunk.size, end - chunk.begin))
            entries = list(struct.iter_unpack("<4s4xII", index[: len(index) // _ENTRY_BYTES * _ENTRY_BYTES]))
            places = {entry for entry in entries if entry[0] not in (b"rec ", b"LIST")}
            is_correct = any({(kind, base + at, n) for kind, at, n in places} == media for base in (movie, begin))
            return None if is_correct and not chunk.size % _ENTRY_BYTES else mend(begin, end, (chunk.at, b"JUNK"))
    return None


def disagreement_of_avi(file: BinaryIO, begin: int, end: int) -> str | None:
    """Return what the two headers of a PCM track disagree on; None if they agree."""
    is_sound, scale, per_scale = False, 0, 0
    for chunk in _headers(file, begin + 12, end):
        head = read_at(file, chunk.begin, chunk.size)
        if chunk.name == b"strh" and len(head) >= _STRH_BYTES:
            is_sound = head.startswith(b"auds")
            scale, per_scale = struct.unpack_from("<II", head, 20)
        elif chunk.name == b"strf" and is_sound and len(head) >= 16:
            tag, _, rate, n_bytes_per_s, align, _ = struct.unpack_from("<HHIIHH", head)
            if tag in _PCM_CODECS:
                is_rate = rate * scale == per_scale or n_bytes_per_s * scale == per_scale
                is_size = n_bytes_per_s == rate * align and parse_wav_format(head, "<").refusal is None
                return None if is_rate and is_size else "rates"
    return None


def seconds_of_avi(file: BinaryIO, begin: int, end: int) -> float | None:
    """Return the duration of the only track of sound by its header; None if it is open, or there are more tracks."""
    lengths: list[tuple[int, int]] = []
    for chunk in _headers(file, begin + 12, end):
        head = read_at(file, chunk.begin, chunk.size) if chunk.name == b"strh" else b""
        if len(head) >= _STRH_BYTES and head.startswith(b"auds"):
            scale, rate, _, n = struct.unpack_from("<IIII", head, 20)
            lengths.append((scale * n, rate))
    if len(lengths) != 1 or not all(lengths[0]):
        return None
    length, rate = lengths[0]
    return float(length / rate)


def _headers(file: BinaryIO, begin: int, end: int, depth: int = 0) -> Iterator[Chunk]:
    """Yield the stream headers (``strh``) and formats (``strf``) before the media."""
    for chunk in walk_chunks(file, begin, end, RIFF):
        kind = read_at(file, chunk.begin, 4) if chunk.name == b"LIST" else b""
        if kind in (b"hdrl", b"strl") and depth < _DEEPEST_LIST:
            yield from _headers(file, chunk.begin + 4, min(end, chunk.end), depth + 1)
        elif chunk.name in (b"strh", b"strf") and chunk.size < 1 << 16:
            yield chunk
        elif kind == b"movi":
            return


def _media_chunks(file: BinaryIO, begin: int, end: int, depth: int = 0) -> Iterator[tuple[bytes, int, int]]:
    """Yield name, place of the header and size of each chunk of sound or pictures, without parts of an index."""
    for chunk in walk_chunks(file, begin, end, RIFF):
        if chunk.name == b"LIST" and depth < _DEEPEST_LIST:
            yield from _media_chunks(file, chunk.begin + 4, min(end, chunk.end), depth + 1)
        elif chunk.name[:2].isdigit():
            yield chunk.name, chunk.at, chunk.size
