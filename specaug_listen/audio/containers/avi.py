"""AVI: whether its index leads to its chunks, and whether its two headers of the sound agree.

FFmpeg follows the index, and stops silently at an entry that leads elsewhere. Without an index, it reads the chunks in
the order of the file.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from .chunks import RIFF, Chunk, read_chunk, walk_chunks
from .file_view import Piece, mend, read_at, search
from .wav_format import parse_wav_format

__all__ = ["avi_without_index", "disagreement_of_avi", "n_foreign_in_avi", "seconds_of_avi"]

_ENTRY_BYTES, _MAX_INDEX_BYTES = 16, 1 << 26
_STRH_BYTES = 36
# Lists within lists: the header of a track in that of the file, or a group of media chunks.
_DEEPEST_LIST = 2
_PCM_CODECS = frozenset({1, 3})
# Chunks of media: the number of a track, and what it is.
_MEDIA_NAME = re.compile(rb"\d\d(?:wb|dc|db|pc|tx|sb|__|ix)|ix\d\d")
_SOUND_NAME, _SOUND_KIND, _OTHER_NAMES = b"wb", b"auds", frozenset({b"JUNK", b"LIST", b"idx1"})
_MEDIA_NAME_BYTES, _MAX_SEARCHES = 4, 200
_OPEN_SIZES = frozenset({0, 0xFFFFFFFF})


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


def n_foreign_in_avi(file: BinaryIO, begin: int, end: int) -> int:
    """Count the bytes among the media that are in no chunk of a track of the header, which FFmpeg skips silently."""
    kinds = [read_at(file, chunk.begin, 4) for chunk in _headers(file, begin + 12, end) if chunk.name == b"strh"]
    n_foreign, at = 0, begin
    while (riff := read_chunk(file, at, end, RIFF)) is not None and riff.name == b"RIFF":  # a long file has several
        riff_end = end if riff.size in _OPEN_SIZES else min(end, riff.end)
        for chunk in walk_chunks(file, riff.begin + 4, riff_end, RIFF):
            if chunk.name == b"LIST" and read_at(file, chunk.begin, 4) == b"movi":
                is_open = chunk.size in _OPEN_SIZES or chunk.end > end
                movie_end = riff_end if is_open else min(riff_end, chunk.end)
                n_foreign += _n_foreign_in_list(file, (chunk.begin + 4, movie_end), kinds, is_open=is_open)
            elif _is_media(chunk.name, kinds):  # the list before was too short
                n_foreign += max(0, min(end, chunk.next) - chunk.at)
        at = riff_end + riff_end % 2
    return n_foreign


def _n_foreign_in_list(file: BinaryIO, span: tuple[int, int], kinds: Sequence[bytes], *, is_open: bool) -> int:
    (at, end), n_foreign, n_searches = span, 0, 0
    while at < end - 1:
        chunk = read_chunk(file, at, end, RIFF)
        is_valid = chunk is not None and (chunk.name in _OTHER_NAMES or _is_media(chunk.name, kinds))
        if chunk is not None and is_valid and chunk.end <= end:
            is_group = chunk.name == b"LIST" and read_at(file, chunk.begin, 4) == b"rec "
            at = chunk.begin + 4 if is_group else chunk.next
            continue
        n_searches += 1
        place = _next_media(file, at + 1, end, kinds) if n_searches <= _MAX_SEARCHES else end
        if place < end or not (is_open and (is_valid or chunk is None)):
            n_foreign += place - at
        at = place
    return n_foreign


def _is_media(name: bytes, kinds: Sequence[bytes]) -> bool:
    """Whether this is the name of a chunk of a track in the header."""
    if _MEDIA_NAME.fullmatch(name) is None:
        return False
    if name.startswith(b"ix"):
        return True
    number = int(name[:2])
    return number < len(kinds) and (name[2:] == _SOUND_NAME) <= (kinds[number] == _SOUND_KIND)


def _next_media(file: BinaryIO, at: int, end: int, kinds: Sequence[bytes]) -> int:
    """Return where the next chunk of media begins that another one or the end follows."""
    for place in search(file, _MEDIA_NAME, at, end, _MEDIA_NAME_BYTES):
        chunk = read_chunk(file, place, end, RIFF)
        if chunk is None or not _is_media(chunk.name, kinds) or chunk.end > end:
            continue
        follows = read_at(file, chunk.next, 4)
        if chunk.next >= end - 1 or follows in _OTHER_NAMES or _is_media(follows, kinds):
            return place
    return end
