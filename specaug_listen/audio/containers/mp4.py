"""MP4, M4A and QuickTime: whether the tables of the header agree on the duration and the place of the sound.

FFmpeg follows each table by itself. If a byte of one is damaged, it silently drops most of the sound.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO, NamedTuple

from .chunks import BOX, walk_chunks
from .file_view import read_at

__all__ = ["disagreement_of_mp4", "is_open_mp4"]

_PARENTS = frozenset({b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts"})
# Larger boxes (of hours of sound in single samples) are not read.
_MAX_BOX_BYTES = 1 << 24
# Durations are rounded to the time scale of the file, and may include the padding of the last frame.
_TOLERANCE, _TOLERANCE_S = 0.02, 0.05
_UNKNOWN_DURATIONS = frozenset({0, 0xFFFFFFFF, (1 << 64) - 1})
_MAX_CHUNKS, _MAX_BOXES = 1 << 20, 1 << 16
# The first bytes of ``stsd``, with the number of its entries.
_COUNT_BYTES = 8


class _Track(NamedTuple):
    """The tables of a track, by their names."""

    tables: dict[bytes, bytes]
    is_sound: bool


def is_open_mp4(file: BinaryIO, begin: int, end: int) -> bool:
    """Whether a file is made of fragments, and no index tells how many there are: it may be truncated between two.

    An index (``sidx``) before the first fragment is of all of them, if it lists several; others are of one fragment or
    of a segment of several. FFmpeg compares the durations in it.
    """
    boxes = list(islice(walk_chunks(file, begin, end, BOX), _MAX_BOXES))
    names = [box.name for box in boxes]
    if b"moof" not in names or b"mfra" in names:
        return False
    first = names.index(b"moof")
    is_of_all = b"sidx" not in names[first:]
    return not (is_of_all and any(_n_listed(file, box.begin) > 1 for box in boxes[:first] if box.name == b"sidx"))


def _n_listed(file: BinaryIO, begin: int) -> int:
    """Return how many fragments a ``sidx`` lists, whose times have 64 bits from version 1 on."""
    box = read_at(file, begin, 32)
    at = 30 if box[:1] > b"\0" else 22
    return int.from_bytes(box[at : at + 2], "big")


def disagreement_of_mp4(file: BinaryIO, begin: int, end: int, base: int = 0) -> str | None:
    """Return which tables of a header disagree; None if they agree, or if the sound is in fragments.

    Offsets of chunks count from `base`.
    """
    top = list(_boxes(file, begin, end))
    moov = next((span for name, *span in top if name == b"moov"), None)
    if moov is None or any(name == b"moof" for name, *_ in top):
        return None
    movie: dict[bytes, bytes] = {}
    tracks: list[_Track] = []
    for name, at, ends in _boxes(file, *moov):
        if name == b"trak":
            tables: dict[bytes, bytes] = {}
            for table, content in _tables(file, at, ends):
                tables.setdefault(table, content)  # a second ``hdlr`` is of QuickTime's data
            tracks.append(_Track(tables, tables.get(b"hdlr", b"")[8:12] == b"soun"))
        elif name == b"mvhd" and ends - at <= _MAX_BOX_BYTES:
            movie[name] = read_at(file, at, ends - at)
    media = [(at, ends) for name, at, ends in top if name == b"mdat"]
    try:
        scale = _times(movie[b"mvhd"])[0]
        kinds = [kind for track in tracks if track.is_sound if (kind := _check_track(track.tables, scale))]
        return kinds[0] if kinds else _check_chunks(tracks, [(at - base, ends - base) for at, ends in media])
    except (struct.error, LookupError, ArithmeticError, ValueError):
        return "boxes"


def _boxes(file: BinaryIO, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield the name of each box, and where its content begins and ends, up to the first one that is cut."""
    for box in islice(walk_chunks(file, at, end, BOX), _MAX_BOXES):
        if box.size < 0 or box.end > end:
            return
        yield box.name, box.begin, box.end


def _tables(file: BinaryIO, begin: int, end: int, depth: int = 0) -> Iterator[tuple[bytes, bytes]]:
    for name, at, ends in _boxes(file, begin, end):
        if name in _PARENTS and depth < len(_PARENTS):
            yield from _tables(file, at, ends, depth + 1)
        elif name == b"stsd":
            yield name, read_at(file, at, _COUNT_BYTES)
        elif ends - at <= _MAX_BOX_BYTES:
            yield name, read_at(file, at, ends - at)


def _times(box: bytes) -> tuple[int, int]:
    """Return time scale and duration of ``mvhd`` or ``mdhd``."""
    if box[0] > 1:
        raise struct.error("unknown version")
    scale, duration = struct.unpack_from(">IQ", box, 20) if box[0] else struct.unpack_from(">II", box, 12)
    return max(1, scale), duration


def _is_near(seconds: float, other_s: float) -> bool:
    return abs(seconds - other_s) <= max(_TOLERANCE_S, _TOLERANCE * max(seconds, other_s))


def _check_track(tables: dict[bytes, bytes], movie_scale: int) -> str | None:
    scale, duration = _times(tables[b"mdhd"])
    times = _pairs(tables[b"stts"])
    total_s = sum(n * step for n, step in times) / scale
    if b"stz2" in tables:
        return None
    n_samples = _sizes(tables)[0]
    if sum(n for n, _ in times) != n_samples or sum(_per_chunk(tables, n_samples)) != n_samples:
        return "numbers of samples"
    if duration not in _UNKNOWN_DURATIONS and not _is_near(duration / scale, total_s):
        return "durations"
    head = tables[b"tkhd"]
    track_s = (struct.unpack_from(">Q", head, 28) if head[0] else struct.unpack_from(">I", head, 20))[0] / movie_scale
    if b"elst" not in tables:
        is_known = track_s * movie_scale not in _UNKNOWN_DURATIONS
        return None if not is_known or _is_near(track_s, total_s) else "durations"
    edits = _edits(tables[b"elst"])
    if not _is_near(sum(length for length, _ in edits) / movie_scale, track_s):
        return "durations"
    played_s = sum(length for length, at in edits if at >= 0) / movie_scale
    is_within = all(at < 0 or at <= duration for _, at in edits) and (played_s < total_s or _is_near(played_s, total_s))
    is_usual = movie_scale == scale or movie_scale % 100 == 0 or movie_scale % 11025 == 0
    return None if is_within and (is_usual or _is_near(played_s, total_s)) else "durations"


def _pairs(box: bytes) -> list[tuple[int, int]]:
    n = struct.unpack_from(">I", box, 4)[0]
    if 8 + 8 * n != len(box):
        raise struct.error("wrong number of entries")
    return list(struct.iter_unpack(">II", box[8:]))


def _edits(box: bytes) -> list[tuple[int, int]]:
    """Return the length of each edit, and where it begins; below 0 for a pause."""
    form = {0: ">IiI", 1: ">QqI"}[box[0]]
    if 8 + struct.unpack_from(">I", box, 4)[0] * struct.calcsize(form) != len(box):
        raise struct.error("wrong number of entries")
    return [(length, at) for length, at, _ in struct.iter_unpack(form, box[8:])]


def _sizes(tables: dict[bytes, bytes]) -> tuple[int, int, tuple[int, ...]]:
    """Return the number of samples, their common size, and, if that is 0, the size of each."""
    size, n = struct.unpack_from(">II", tables[b"stsz"], 4)
    return n, size, () if size else struct.unpack(f">{n}I", tables[b"stsz"][12:])


def _per_chunk(tables: dict[bytes, bytes], n_samples: int) -> list[int]:
    """Return the number of samples in each chunk."""
    n_chunks, box = len(_offsets(tables)), tables[b"stsc"]
    n_forms, n_runs = struct.unpack_from(">I", tables[b"stsd"], 4)[0], struct.unpack_from(">I", box, 4)[0]
    runs = [(first, n) for first, n, form in struct.iter_unpack(">III", box[8:]) if 1 <= form <= n_forms]
    firsts = [first for first, _ in runs] + [n_chunks + 1]
    if not len(runs) == n_runs == (len(box) - 8) / 12 or max(n for _, n in runs) > n_samples:
        raise struct.error("wrong number of entries or samples")
    if firsts[0] != 1 or sorted(firsts) != firsts:
        raise struct.error("chunks are not in order")
    return [n for (_, n), first, last in zip(runs, firsts, firsts[1:], strict=False) for _ in range(last - first)]


def _offsets(tables: dict[bytes, bytes]) -> tuple[int, ...]:
    box = tables.get(b"stco", tables.get(b"co64", b""))
    n = struct.unpack_from(">I", box, 4)[0]
    if n > _MAX_CHUNKS:
        raise struct.error("too many chunks")
    return struct.unpack(f">{n}{'I' if b'stco' in tables else 'Q'}", box[8:])


def _check_chunks(tracks: list[_Track], media: list[tuple[int, int]]) -> str | None:
    """Check that the chunks of all tracks follow each other without a gap, inside the media boxes."""
    spans: list[tuple[int, int]] = []
    for track in tracks:
        if b"stsz" not in track.tables:
            return None
        n_samples, size, sizes = _sizes(track.tables)
        if track.is_sound and size == 1:  # QuickTime's PCM, whatever the size of its samples
            return None
        at = 0
        for begin, n in zip(_offsets(track.tables), _per_chunk(track.tables, n_samples), strict=True):
            spans.append((begin, begin + (size * n if size else sum(sizes[at : at + n]))))
            at += n
    ends: dict[tuple[int, int], int] = {}
    for begin, end in sorted(spans):
        within = next((span for span in media if span[0] <= begin and end <= span[1]), None)
        if within is None or begin != ends.get(within, begin):
            return "places of sound"
        ends[within] = end
    return None
