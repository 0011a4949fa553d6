"""Ogg (Vorbis, Opus, FLAC, Speex): numbered pages, of which the last one of a stream is marked.

libsndfile's wheels refuse FLAC in Ogg, so its packets are passed on as plain FLAC.
"""

from __future__ import annotations

import re
import struct
import zlib
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import BinaryIO

from .file_view import Piece, end_of_run, read_at, search
from .flac import stream_of
from .ogg_times import CODEC_MARKS, PAGE_HEADER_BYTES, OggTrack
from .sound_layout import MAX_FILES, FileLayout, Stream, counted_notices, left_unread, unknown_layout
from .tags import strip_tags

__all__ = ["ogg_layout"]

_PAGE_MARK = re.compile(b"OggS")
_FIRST_PAGE_FLAG = 2
_CHECKSUM_OFFSET, _ALL_ONES = 22, 0xFFFFFFFF
_REVERSED_BYTES = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
# What precedes plain FLAC in its first page: magic bytes, the mapping's version, and the number of header packets.
_FLAC_IN_OGG_MARK, _FLAC_IN_OGG_BYTES = b"\x7fFLAC\1", 9


@dataclass
class _Scan:
    """The links of a chain, by the place of their first pages, and the faults of all pages.

    Pages of tracks without a first page are foreign: no decoder reads them. `has_ends` says for each link whether its
    last page is marked as such. `edits` maps the place of a page to its replacement and to where the file continues
    behind it: an empty replacement for a repeated page, or a header with another time.
    """

    file: BinaryIO
    begins: list[int] = field(default_factory=list)
    has_ends: list[bool] = field(default_factory=list)
    skips: list[int] = field(default_factory=list)
    numbers: dict[int, int] = field(default_factory=dict)
    tracks: dict[int, OggTrack] = field(default_factory=dict)
    was_first: bool = False
    is_cut: bool = False
    n_lost: int = 0
    n_foreign: int = 0
    n_trailing: int = 0
    n_bad: int = 0
    is_truncated: bool = False
    checksums: set[bytes] = field(default_factory=set)
    edits: dict[int, tuple[bytes, int]] = field(default_factory=dict)
    n_repeated: int = 0
    n_marks: int = 0
    n_times: int = 0
    n_tracks: int = 0
    most_tracks: int = 0

    def take(self, at: int, page: bytes) -> None:
        """Add the next page."""
        flags, serial, number = struct.unpack("<B8xII", page[5:22])
        is_first = bool(flags & _FIRST_PAGE_FLAG)
        if is_first and not self.was_first:
            if self.begins:
                self.close()
            self.begins.append(at)
            self.numbers.clear()
            self.checksums.clear()
            self.n_tracks = 0
        self.was_first = is_first
        if page[: _CHECKSUM_OFFSET + 4] in self.checksums:
            self.edits[at] = (b"", at + len(page))
            self.n_repeated += 1
            return
        self.checksums.add(page[: _CHECKSUM_OFFSET + 4])
        self.n_tracks += is_first and page[PAGE_HEADER_BYTES + page[26] :].startswith(CODEC_MARKS)
        self.most_tracks = max(self.most_tracks, self.n_tracks)
        if not is_first and serial not in self.numbers:
            self.n_foreign += len(page)
            return
        before = self.numbers.get(serial)
        if before is not None:
            self.n_lost += max(0, number - before - 1)
            self.n_bad += number <= before
        self.numbers[serial] = number
        self.tracks.setdefault(serial, OggTrack(at)).take(at, page)

    def close(self) -> None:
        """Finish a link."""
        tracks = [track for track in self.tracks.values() if track.is_sound] or list(self.tracks.values())
        self.has_ends.append(not self.is_cut and all(track.has_end for track in tracks))
        self.skips.append(max((track.skip_samples for track in tracks), default=0))
        for track in self.tracks.values():
            self.n_marks += len(track.marks)
            self.n_times += track.n_wrong_times
            for at, fields in track.mended_fields().items():
                page = _with_fields(self.file, at, fields)
                self.edits[at] = (page, at + len(page))
        self.tracks.clear()


def ogg_layout(file: BinaryIO, begin: int, end: int) -> FileLayout:
    """Return the layout of Ogg between two places of a file: one stream, or a chain of them."""
    scan = _scan(file, begin, end)
    if not scan.begins:
        return unknown_layout("Ogg")
    ends = [*scan.begins[1:], end]
    spans = list(zip(scan.begins, ends, strict=True))[:MAX_FILES]
    streams = [_as_flac(file, *span, scan.edits) or _stream(span, end, scan.edits) for span in spans]
    for i, has_end in enumerate(scan.has_ends[: len(streams)]):
        streams[i] = replace(streams[i], skip_samples=scan.skips[i])
        is_last = i == len(scan.begins) - 1
        if not has_end and not streams[i].promised_samples:
            streams[i] = replace(streams[i], ends_within="page" if scan.is_truncated and is_last else "stream")
    losses = {"n_pages": scan.n_lost, "n_bytes": scan.n_foreign, "n_bad": scan.n_bad}
    if any(losses.values()):
        streams = [replace(stream, is_seekable=False) for stream in streams]
    else:
        streams = [replace(stream, is_complete=stream.ends_within is None) for stream in streams]
    if scan.n_trailing:
        streams[-1] = replace(streams[-1], is_seekable=False)
    notices = counted_notices(
        ("pages-lost", losses),
        ("junk-after", {"n_bytes": scan.n_trailing}),
        ("pages-repeated", {"n_pages": scan.n_repeated}),
        ("pages-wrong", {"n_marks": scan.n_marks, "n_times": scan.n_times}),
        ("tracks", {"n_tracks": scan.most_tracks if scan.most_tracks > 1 else 0}),
    )
    if len(scan.begins) > MAX_FILES:
        notices = (*notices, left_unread(scan.begins[MAX_FILES], end))
    return FileLayout("Ogg", tuple(streams), notices)


def _scan(file: BinaryIO, begin: int, end: int) -> _Scan:
    scan, at, end = _Scan(file), begin, strip_tags(file, begin, end)
    while at < end:
        header = read_at(file, at, PAGE_HEADER_BYTES)
        if not header.startswith(b"OggS"):
            next_at = _next_page(file, at, end)
            if next_at < end:
                scan.n_foreign += next_at - at
            elif not _is_empty(file, at, end):
                scan.n_trailing = end - at
            at = next_at
            continue
        if len(header) < PAGE_HEADER_BYTES or at + PAGE_HEADER_BYTES + header[26] > end:
            scan.is_truncated = True
            break
        n_bytes = PAGE_HEADER_BYTES + header[26] + sum(file.read(header[26]))
        if at + n_bytes > end:
            scan.is_truncated = scan.is_cut = True
            break
        page = read_at(file, at, n_bytes)
        if not _is_intact(page):
            scan.n_bad += 1
            if (within := page.find(b"OggS", 1)) > 0:  # it is truncated, and another one follows
                at += within
                continue
        scan.take(at, page)
        at += n_bytes
    if scan.begins:
        scan.close()
    return scan


def _is_intact(page: bytes) -> bool:
    """Whether the checksum of a page is correct."""
    return _checksum(page) == page[_CHECKSUM_OFFSET : _CHECKSUM_OFFSET + 4]


def _checksum(page: bytes) -> bytes:
    """Compute the checksum of a page: zlib's CRC with the bits of each byte reversed."""
    without_checksum = page[:_CHECKSUM_OFFSET] + bytes(4) + page[_CHECKSUM_OFFSET + 4 :]
    reversed_crc = zlib.crc32(without_checksum.translate(_REVERSED_BYTES), _ALL_ONES) ^ _ALL_ONES
    return struct.pack(">I", reversed_crc).translate(_REVERSED_BYTES)


def _with_fields(file: BinaryIO, at: int, fields: Mapping[int, bytes]) -> bytes:
    """Return the first bytes of a page, up to the last of the fields, with these fields and a new checksum."""
    header = read_at(file, at, PAGE_HEADER_BYTES)
    page = bytearray(header + (table := file.read(header[26])) + file.read(sum(table)))
    for place, value in fields.items():
        page[place : place + len(value)] = value
    page[_CHECKSUM_OFFSET : _CHECKSUM_OFFSET + 4] = _checksum(bytes(page))
    return bytes(page[: max(PAGE_HEADER_BYTES, *(place + len(value) for place, value in fields.items()))])


def _stream(span: tuple[int, int], size: int, edits: Mapping[int, tuple[bytes, int]]) -> Stream:
    """Return the stream of a link, with some pages left out or edited."""
    begin, end = span
    places = sorted(edits)
    of_link = places[bisect_left(places, begin) : bisect_left(places, end)]
    if span == (0, size) and not of_link:
        return Stream()
    pieces: list[Piece] = []
    for at in of_link:
        pieces += [(begin, at), edits[at][0]]
        begin = edits[at][1]
    return Stream((*pieces, (begin, end)))


def _as_flac(file: BinaryIO, begin: int, end: int, edits: Mapping[int, tuple[bytes, int]]) -> Stream | None:
    """Return the stream of FLAC in Ogg; None if the first page holds another codec."""
    pieces: list[tuple[int, int]] = []
    at, serial = begin, b""
    while at + PAGE_HEADER_BYTES <= end:
        header = read_at(file, at, PAGE_HEADER_BYTES)
        if not header.startswith(b"OggS"):
            at = _next_page(file, at, end)
            continue
        n_bytes = sum(file.read(header[26]))
        sound = at + PAGE_HEADER_BYTES + header[26]
        if at == begin:
            if not file.read(_FLAC_IN_OGG_BYTES).startswith(_FLAC_IN_OGG_MARK):
                return None
            serial, sound, n_bytes = header[14:18], sound + _FLAC_IN_OGG_BYTES, n_bytes - _FLAC_IN_OGG_BYTES
        if header[14:18] == serial and edits.get(at, (header,))[0]:
            pieces.append((sound, min(end, sound + n_bytes)))
        at = sound + n_bytes
    return stream_of(file, pieces)


def _next_page(file: BinaryIO, at: int, end: int) -> int:
    return next(search(file, _PAGE_MARK, at + 1, end, 4), end)


def _is_empty(file: BinaryIO, begin: int, end: int) -> bool:
    """Whether these bytes are zeros, which some programs write behind the last page."""
    return end_of_run(file, begin, end) == (end, 0)
