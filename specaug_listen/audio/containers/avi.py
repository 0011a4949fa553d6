"""AVI: whether its index leads to its chunks, and its two headers of the sound agree.

FFmpeg follows the index, and stops without a word where an entry of it leads elsewhere. Without an index it reads the
chunks as they come.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO

from .file_view import Piece, mend, read_at
from .wav_format import parse_wav_format

__all__ = ["avi_without_index", "disagreement_of_avi", "seconds_of_avi"]

_ENTRY_BYTES, _LARGEST_INDEX_BYTES = 16, 1 << 26
_STRH_BYTES = 36
# The header of a track within that of the file, or what belongs together within the sounds and pictures.
_DEEPEST_LIST = 2
_PCM_CODECS = frozenset({1, 3})


def avi_without_index(file: BinaryIO, begin: int, end: int) -> tuple[Piece, ...] | None:
    """Return an AVI as it is without its index; None where the index leads to all chunks, or there is none.

    Parameters
    ----------
    file : binary file
    begin, end : int
    """
    chunks: set[tuple[bytes, int, int]] = set()
    movie = 0
    for name, at, size in _chunks(file, begin + 12, end):
        if name == b"LIST" and read_at(file, at, 4) == b"movi":
            movie = at
            chunks = set(_sounds_and_pictures(file, at + 4, min(end, at + size)))
        if name == b"idx1" and movie and size <= _LARGEST_INDEX_BYTES:
            index = read_at(file, at, min(size, end - at))
            entries = list(struct.iter_unpack("<4s4xII", index[: len(index) // _ENTRY_BYTES * _ENTRY_BYTES]))
            places = {entry for entry in entries if entry[0] not in (b"rec ", b"LIST")}
            is_true = any({(kind, base + place, n) for kind, place, n in places} == chunks for base in (movie, begin))
            return None if is_true and not size % _ENTRY_BYTES else mend(begin, end, (at - 8, b"JUNK"))
    return None


def disagreement_of_avi(file: BinaryIO, begin: int, end: int) -> str | None:
    """Return what the two headers of a track of PCM disagree on; None where they agree.

    Parameters
    ----------
    file : binary file
    begin, end : int
    """
    is_sound, scale, per_scale = False, 0, 0
    for name, at, size in _headers(file, begin + 12, end):
        head = read_at(file, at, size)
        if name == b"strh" and len(head) >= _STRH_BYTES:
            is_sound = head.startswith(b"auds")
            scale, per_scale = struct.unpack_from("<II", head, 20)
        elif name == b"strf" and is_sound and len(head) >= 16:
            tag, _, rate, n_bytes_per_s, align, _ = struct.unpack_from("<HHIIHH", head)
            if tag in _PCM_CODECS:
                is_rate = rate * scale == per_scale or n_bytes_per_s * scale == per_scale
                is_size = n_bytes_per_s == rate * align and parse_wav_format(head, "<").refusal is None
                return None if is_rate and is_size else "rates"
    return None


def seconds_of_avi(file: BinaryIO, begin: int, end: int) -> float | None:
    """Return how long the only track of sound is by its header; None where it leaves that open.

    Parameters
    ----------
    file : binary file
    begin, end : int
    """
    lengths = [
        (scale * n, rate)
        for name, at, size in _headers(file, begin + 12, end)
        if name == b"strh" and size >= _STRH_BYTES and (head := read_at(file, at, size)).startswith(b"auds")
        for scale, rate, _, n in [struct.unpack_from("<IIII", head, 20)]
    ]
    if len(lengths) != 1 or not all(lengths[0]):
        return None
    length, rate = lengths[0]
    return float(length / rate)


def _chunks(file: BinaryIO, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Name of each chunk, where its content begins, and its size."""
    while at + 8 <= end:
        head = read_at(file, at, 8)
        size = int.from_bytes(head[4:], "little")
        yield head[:4], at + 8, size
        at += 8 + size + size % 2


def _headers(file: BinaryIO, begin: int, end: int, depth: int = 0) -> Iterator[tuple[bytes, int, int]]:
    for name, at, size in _chunks(file, begin, end):
        if name == b"LIST" and depth < _DEEPEST_LIST and read_at(file, at, 4) in (b"hdrl", b"strl"):
            yield from _headers(file, at + 4, min(end, at + size), depth + 1)
        elif name in (b"strh", b"strf") and size < 1 << 16:
            yield name, at, size
        elif name == b"LIST" and read_at(file, at, 4) == b"movi":
            return


def _sounds_and_pictures(file: BinaryIO, begin: int, end: int, depth: int = 0) -> Iterator[tuple[bytes, int, int]]:
    """Name, place of the header, and size of each chunk of a track, but for parts of an index."""
    for name, at, size in _chunks(file, begin, end):
        if name == b"LIST" and depth < _DEEPEST_LIST:
            yield from _sounds_and_pictures(file, at + 4, min(end, at + size), depth + 1)
        elif name[:2].isdigit():
            yield name, at - 8, size
