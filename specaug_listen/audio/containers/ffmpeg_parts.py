"""Where a file that FFmpeg reads ends by its own structure: FFmpeg silently ignores what follows."""

from __future__ import annotations

import math
import os
import struct
from collections.abc import Callable
from dataclasses import replace
from typing import BinaryIO, NamedTuple

from ..._files import open_file
from ..._notices import Notice
from .asf import seconds_of_asf
from .avi import avi_without_index, disagreement_of_avi, n_foreign_in_avi, seconds_of_avi
from .file_view import Piece, end_of_run, mend, read_at
from .flv import FLV_HEADER_BYTES, FLV_TAG_KINDS, flv_promise, flv_tag
from .frame_streams import walk_frames
from .magic import ASF_HEADER
from .matroska import MATROSKA_HEADER, scan_matroska
from .mp4 import disagreement_of_mp4, is_open_mp4
from .sound_layout import MAX_FILES, Stream, counted_notices, left_unread
from .tags import skip_id3, skip_tags, strip_tags

__all__ = ["Parts", "n_trailing_bytes", "parts_of"]

_Block = tuple[bytes, int | None] | None
_ASF_DATA = bytes.fromhex("3626b2758e66cf11a6d900aa0062ce6c")
# Names of the four indexes of ASF: simple index, index, media index and time code index.
_ASF_INDEXES = tuple(
    map(
        bytes.fromhex,
        (
            "90080033b1e5cf1189f400a0c90349cb", "d329e2d6da35d111903400a0c90349be", "f803b1feada2644c8840f20a2f5c4a39",
            "d03fb73c4a0c0348953dedf7b6228f0c",
        ),
    )
)  # fmt: skip
# W64 has names of 16 bytes before its sizes, too.
_W64_NAME = b"riff\x2e\x91\xcf\x11"
# Boxes that belong to the file even if they are truncated.
_MP4_BLOCKS = frozenset({b"mdat", b"moov", b"moof", b"mfra", b"uuid", b"meta", b"udta", b"pnot"})
# Boxes that a file may begin with.
_MP4_BEGINNINGS = frozenset({b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"})
_CAF_BLOCKS = frozenset(
    {b"data", b"pakt", b"free", b"info", b"uuid", b"kuki", b"strg", b"midi", b"peak", b"ovvw", b"edct"}
)
# Formats whose demuxers fail on trailing bytes, or count them as sound that is missing.
_UNENDED_FORMATS = (b"FLV", b"wvpk", b"caff", b".RMF")
# Chunks of RealMedia; of its sound, or of an index, the size may be 0, as a live recorder leaves it.
_RM_HEADER, _RM_EXCESS_BYTES = b".RMF\0\0\0", 18  # FFmpeg counts the head of the sound's chunk twice
_RM_BLOCKS = frozenset({b".RMF", b"PROP", b"CONT", b"MDPR", b"DATA", b"INDX", b"RMMD", b"RMJE"})
_UNKNOWN_SIZE = 0xFFFFFFFF
# A size from here on, such as -1, was never filled in.
_OPEN_SIZE = 1 << 63
_PROBE_BYTES = 1 << 16


def n_trailing_bytes(file: BinaryIO, begin: int, end: int) -> int:
    """Return the number of trailing bytes from `begin` to `end`; 0 if they are tags and zeros only."""
    if begin >= end:  # by a size of 64 bits, far beyond the file
        return 0
    end = strip_tags(file, begin, end)
    tags_end = skip_tags(file, begin, end)
    return max(0, end - begin) if tags_end < end and end_of_run(file, tags_end, end) != (end, 0) else 0


class Parts(NamedTuple):
    """The concatenated files in one: a stream for each, and where the last one ends by its own structure."""

    streams: tuple[Stream, ...]
    notices: tuple[Notice, ...] = ()
    ends: int | None = None


def parts_of(path: str | os.PathLike[str]) -> Parts:
    """Find the concatenated files in one, of which FFmpeg would decode only the first, or all with its header."""
    with open_file(path, buffering=1 << 16) as file:
        size = os.fstat(file.fileno()).st_size
        begin = at = skip_id3(file, 0, size)
        streams: list[Stream] = []
        n_foreign, disagreements = 0, []
        while len(streams) < MAX_FILES:
            walk = walk_frames(file, at, size)
            ends = _end_of_structure(file, at, size) if walk is None else walk.ends
            next_begin = size if ends is None or ends >= size else skip_tags(file, ends, size)
            is_cut = walk is not None and walk.within is not None
            is_last = ends is None or next_begin >= size or is_cut or not _is_same_container(file, begin, next_begin)
            # FFmpeg gets the last file with its trailing bytes, unless its demuxer fails on them.
            has_rest = is_last and walk is None and not read_at(file, at, 4).startswith(_UNENDED_FORMATS)
            end = size if has_rest or is_cut or ends is None else min(ends, size)
            first = at if streams else 0
            if walk is None:
                stream, damage = _damage(file, at, end, ends, _stream(file, first, end, ends))
                streams.append(stream)
                disagreements += [*damage, *_disagreement(file, at, end, first)]
            else:
                n_foreign += walk.n_foreign
                whole = Stream(((first, end),), expected_samples=walk.n_samples)
                streams.append(replace(whole, ends_within=walk.within, is_open=walk.is_open))
            if is_last:
                damaged = counted_notices(("damaged", {"n_bytes": n_foreign}))
                return Parts(tuple(streams), (*damaged, *disagreements), end if is_cut else ends)
            at = next_begin
        return Parts(tuple(streams), (*disagreements, left_unread(at, size)))


def _damage(file: BinaryIO, at: int, end: int, ends: int | None, stream: Stream) -> tuple[Stream, tuple[Notice, ...]]:
    """Return the stream of a file whose elements or chunks were walked through, and what is damaged in it."""
    head = read_at(file, at, 12)
    if head[8:] == b"AVI ":
        return stream, counted_notices(("damaged", {"n_bytes": n_foreign_in_avi(file, at, end)}))
    if not head.startswith(MATROSKA_HEADER):
        return stream, ()
    scan = scan_matroska(file, at, strip_tags(file, at, end) if ends is None else min(ends, end))
    within = stream.ends_within or ("block" if scan.is_torn else None)
    if scan.delay is not None and stream.pieces is not None:
        stream = replace(stream, pieces=mend(at, end, scan.delay))
    return replace(stream, ends_within=within, promised_s=scan.seconds), scan.notices


def _disagreement(file: BinaryIO, begin: int, end: int, base: int) -> list[Notice]:
    """Return a notice if the header of a file contradicts itself, or the file."""
    head = read_at(file, begin, 12)
    what = None
    if head[4:8] in _MP4_BEGINNINGS:
        what = disagreement_of_mp4(file, begin, end, base)
    elif head[8:12] == b"AVI ":
        what = disagreement_of_avi(file, begin, end)
    return [] if what is None else [Notice("header-disagrees", {"what": what})]


def _is_same_container(file: BinaryIO, begin: int, at: int) -> bool:
    """Whether another file of the same container begins at `at`."""
    head, other = read_at(file, begin, 16), read_at(file, at, 16)
    if head[4:8] == b"ftyp":
        return other[4:8] == b"ftyp"
    return other[8:12] == head[8:12] and other[:4] == head[:4] if head[:4] == b"RIFF" else other[:3] == head[:3]


def _stream(file: BinaryIO, begin: int, end: int, ends: int | None) -> Stream:
    """Return the stream of one file, from `begin` to `end`.

    The file counts as truncated if its structure ends (`ends`) more than a byte later; one byte may be padding.
    """
    within = "block" if ends is not None and ends > end + 1 else None
    is_flv = read_at(file, begin, 3) == b"FLV"
    promise = flv_promise(read_at(file, begin, _PROBE_BYTES)) if is_flv and within is None else None
    if promise is not None and promise.is_broken(file, begin, min(end, ends or end)):
        within = "header"
    pieces: tuple[Piece, ...] = ((begin, end),)
    seconds = None
    if read_at(file, begin, 12)[8:] == b"AVI " and ends is not None:
        seconds = seconds_of_avi(file, begin, end)
        pieces = (avi_without_index(file, begin, end) if within is None else None) or pieces
    if read_at(file, begin, 16) == ASF_HEADER and ends is not None:
        seconds = seconds_of_asf(file, begin)
    is_open = within is None and _is_open(file, begin, end, ends, has_promise=promise is not None)
    return Stream(pieces, ends_within=within, is_open=is_open, promised_s=seconds)


def _is_open(file: BinaryIO, begin: int, end: int, ends: int | None, *, has_promise: bool) -> bool:
    """Whether nothing tells where a file ends, so that it may be truncated without a sign."""
    head = read_at(file, begin, 8)
    if head.startswith(b"FLV"):
        return not has_promise
    if head.startswith(b"caff"):  # its sound continues to the end of the file
        return ends is None
    return head[4:] in _MP4_BEGINNINGS and is_open_mp4(file, begin, end)


def _end_of_structure(file: BinaryIO, begin: int, size: int) -> int | None:
    """Return where a file ends by its boxes, chunks or table of frames; None if they do not tell.

    The end of a truncated file is beyond `size`.
    """
    head = read_at(file, begin, 16)
    if head[4:8] == b"ftyp":
        return _walk(file, begin, size, _box, _MP4_BLOCKS)
    if head.startswith(b"caff"):
        return _walk(file, begin + 8, size, _chunk_of_caf, _CAF_BLOCKS)
    if head == ASF_HEADER:
        return _walk(file, begin, size, _object_of_asf, frozenset({ASF_HEADER, _ASF_DATA, *_ASF_INDEXES}))
    if head.startswith(b"RIFF"):
        return _walk(file, begin, size, _riff, frozenset({b"RIFF"}))
    if head.startswith(MATROSKA_HEADER):
        ends = _walk(file, begin, size, _element, frozenset({_MATROSKA_SEGMENT}))
        return scan_matroska(file, begin, size).next_file if ends is None else ends
    if head.startswith(b"wvpk"):
        return _walk(file, begin, size, _block_of_wavpack, frozenset({b"wvpk"}))
    if head.startswith(b"FLV"):
        return _walk(file, begin + FLV_HEADER_BYTES, size, flv_tag, FLV_TAG_KINDS)
    if head.startswith(b".RMF"):
        return _end_of_rm(file, begin, size)
    return _end_of_tta(file, begin) if head.startswith(b"TTA1") else None


def _walk(
    file: BinaryIO, begin: int, size: int, read: Callable[[bytes, bool], _Block], names: frozenset[bytes]
) -> int | None:
    """Return the end of consecutive blocks; None if the length of one of them is open.

    `read` takes the first bytes of a block, and whether it is the first block. It returns name and length of the block,
    with None for an open length; or None alone if this is no block of the file. A block that reaches beyond `size` is a
    truncated one if its name is one of `names`; otherwise it is taken for trailing bytes.
    """
    at = begin
    while at < size:
        block = read(read_at(file, at, 32), at == begin)
        if block is None:
            return at
        name, length = block
        if length is None:
            return None
        if length < 1 or at + length > size:
            return at + max(1, length) if name in names else at
        at += length
    return size


def _is_name(name: bytes) -> bool:
    return len(name) == 4 and all(0x20 <= byte < 0x7F or byte == 0xA9 for byte in name)


def _box(head: bytes, is_first: bool) -> _Block:
    name = head[4:8]
    if not _is_name(name) or (name == b"ftyp" and not is_first):
        return None
    length = int.from_bytes(head[:4], "big")
    length = int.from_bytes(head[8:16], "big") if length == 1 else length
    return name, None if length == 0 or (name == b"mdat" and length >= _OPEN_SIZE) else length


def _chunk_of_caf(head: bytes, is_first: bool) -> _Block:
    name, length = head[:4], int.from_bytes(head[4:12], "big", signed=True)
    if not _is_name(name) or name == b"caff":
        return None
    return name, None if length < 0 else 12 + length


def _object_of_asf(head: bytes, is_first: bool) -> _Block:
    name, length = head[:16], int.from_bytes(head[16:24], "little")
    if (name == ASF_HEADER and not is_first) or name.startswith(_W64_NAME):  # another file begins
        return None
    return name, None if name == _ASF_DATA and (length <= 50 or length >= _OPEN_SIZE) else length


def _riff(head: bytes, is_first: bool) -> _Block:
    """Parse the head of a RIFF chunk. A long AVI (OpenDML) is a sequence of them, the later ones named AVIX."""
    if head[:4] != b"RIFF" or not (is_first or head[8:12] == b"AVIX"):
        return None
    length = int.from_bytes(head[4:8], "little")
    return b"RIFF", None if length in (0, _UNKNOWN_SIZE) else 8 + length + length % 2


_MATROSKA_SEGMENT = b"\x18\x53\x80\x67"


def _element(head: bytes, is_first: bool) -> _Block:
    """Parse one of Matroska's outermost elements: EBML header, segment, or void."""
    n_name = 1 if head[:1] == b"\xec" else 4
    name, rest = head[:n_name], head[n_name:]
    if name not in (b"\xec", _MATROSKA_SEGMENT) and not is_first:
        return None
    n_size = 9 - rest[0].bit_length() if rest and rest[0] else 9
    if n_size > 8:
        return None
    length = int.from_bytes(rest[:n_size], "big") & ((1 << 7 * n_size) - 1)
    return name, None if length == (1 << 7 * n_size) - 1 else n_name + n_size + length


def _block_of_wavpack(head: bytes, is_first: bool) -> _Block:
    """Parse a block of WavPack; the first one of a file, or of its first channels, is marked as such."""
    if len(head) < 32 or head[:4] != b"wvpk":
        return None
    length, place, n_samples, flags = struct.unpack_from("<I8xIII", head, 4)
    if not is_first and place == 0 and n_samples and flags & 0x800:
        return None
    return b"wvpk", 8 + length


def _chunk_of_rm(head: bytes, is_first: bool) -> _Block:
    name, length = head[:4], int.from_bytes(head[4:8], "big")
    if name not in _RM_BLOCKS or (name == b".RMF" and not is_first):
        return None
    return name, length or None


def _end_of_rm(file: BinaryIO, begin: int, size: int) -> int | None:
    """Return the end of a RealMedia file, before the next one, if its size reaches into that."""
    ends = _walk(file, begin, size, _chunk_of_rm, _RM_BLOCKS)
    if ends is None or size < ends <= size + _RM_EXCESS_BYTES:
        return None if ends is None else size
    excess = read_at(file, ends - _RM_EXCESS_BYTES, _RM_EXCESS_BYTES + len(_RM_HEADER)).find(_RM_HEADER)
    return ends if excess < 0 else ends - _RM_EXCESS_BYTES + excess


def _end_of_tta(file: BinaryIO, begin: int) -> int | None:
    """Return the end of a True Audio file: header, table of the frames' sizes, and frames."""
    head = read_at(file, begin, 22)
    if len(head) < 22:
        return None
    rate, n_samples = struct.unpack_from("<II", head, 10)
    n_frames: int = math.ceil(int(n_samples) / max(1, 256 * int(rate) // 245))
    table = file.read(4 * n_frames) if n_frames < 1 << 22 else b""
    if len(table) < 4 * n_frames:
        return None
    sizes: tuple[int, ...] = struct.unpack(f"<{n_frames}I", table)
    return begin + 22 + 4 * n_frames + 4 + int(sum(sizes))
