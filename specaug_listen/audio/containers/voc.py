"""Creative Voice: blocks of sound, silence, text and others, with sizes of 3 bytes."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import BinaryIO, NamedTuple

from ..._notices import Notice
from .file_view import Piece, read_at
from .sound_layout import FileLayout, Stream, dropped_notices, impossible_layout, unknown_layout
from .tags import sound_within
from .trailing import classify_trailing, second_file

__all__ = ["voc_layout"]

# Blocks of sound, and the size of their own headers.
_HEADER_BYTES = {1: 2, 2: 0, 9: 12}
_SILENCE_KIND, _TEXT_KIND, _EXTENDED_KIND, _LAST_KIND = 3, 5, 8, 9
# Blocks of constant size.
_FIXED_BYTES = {_SILENCE_KIND: 3, 4: 2, 6: 2, 7: 0, _EXTENDED_KIND: 4}
_OPEN_SIZES = (0x7FFFFF, 0xFFFFFF)
# Codecs by number: the byte of silence for those that libsndfile reads; and ADPCM, which it would take for linear
# samples.
_SILENT_VALUES = {0: b"\x80", 4: b"\0\0", 6: b"\xd5", 7: b"\xff"}
_CODECS = frozenset({*_SILENT_VALUES, 1, 2, 3, 0x200})
_LOGARITHMIC_CODECS = (6, 7)
# Limit for silence, as a few bytes of a file can ask for any amount.
_MAX_SILENCE_BYTES = 1 << 26
# A shorter text is not searched for sound.
_SHORT_TEXT_BYTES = 1 << 12
# Fewer bytes than this behind the end mark are no sound.
_MAX_TRAILING_BYTES = 64


class _Coding(NamedTuple):
    """The coding of a block of sound, and of the blocks that continue it."""

    sample_rate: int
    bits: int
    n_channels: int
    codec: int


@dataclass
class _Blocks:
    """The content of the blocks of a file.

    Parameters
    ----------
    ends : int
        Where the last block ends.
    parts : list of (int, int)
        Byte ranges of sound; for silence, minus its number of samples, and its rate.
    promised : int
        Bytes of sound by the blocks' sizes.
    n_others : int
        How many blocks have another coding than the first one with sound, or are called text and hold other content.
    may_go_on : bool
        Whether the last block of sound is of a kind whose size SoX writes too small.
    """

    ends: int
    coding: _Coding | None = None
    parts: list[tuple[int, int]] = field(default_factory=list)
    promised: int = 0
    is_open: bool = False
    is_closed: bool = False
    n_others: int = 0
    may_go_on: bool = False


def voc_layout(file: BinaryIO, begin: int, end: int) -> FileLayout:
    """Extract the sound from the blocks, as libsndfile takes their headers for sound."""
    blocks = _blocks(file, begin, end)
    if blocks.coding is None:
        return _impossible(file, begin) or unknown_layout("VOC")
    if (refused := impossible_layout("VOC", blocks.coding.n_channels, blocks.coding.sample_rate)) is not None:
        return refused
    bodies = [part for part in blocks.parts if part[0] >= 0]
    rest = classify_trailing(file, bodies[0][0], blocks.ends, end, None, alignment=1)
    if rest == "sound" and blocks.is_closed and end - blocks.ends < _MAX_TRAILING_BYTES:
        rest = "junk"
    if rest == "sound":  # a size was too small, whatever was parsed behind it
        last = blocks.parts[-1]
        blocks.parts += [(last[1] if last[0] >= 0 else blocks.ends, end)]
    pieces, n_silent, n_left_out = _pieces(blocks.parts, blocks.coding)
    present = n_silent + sum(stop - start for start, stop in blocks.parts if start >= 0)
    promised = blocks.promised + n_silent
    notices = dropped_notices(rest, end - blocks.ends)
    if n_others := blocks.n_others + n_left_out:
        notices = (*notices, Notice("other-streams", {"n_streams": n_others, "n_read": 1}))
    # SoX counts 8 bytes too few in its only block, so where the end mark is missing, so may be these.
    is_unended = blocks.may_go_on and blocks.ends == end and not blocks.is_closed and promised == present
    within = "stream" if is_unended else None
    stream = Stream((_header(blocks.coding, present), *pieces, b"\0"), None, promised, present, ends_within=within)
    if blocks.is_open:
        stream = Stream(stream.pieces, present_bytes=present, is_open=True)
    next_file = second_file(file, blocks.ends, end) if rest == "file" else None
    return FileLayout("VOC", (stream,), notices, next_file)


def _impossible(file: BinaryIO, begin: int) -> FileLayout | None:
    """Say what is impossible in the first block, if it is one of sound with a rate and channels of its own."""
    at = begin + int(struct.unpack("<H", read_at(file, begin + 20, 2))[0])
    head = read_at(file, at, 4 + _HEADER_BYTES[9])
    if head[:1] != b"\x09":
        return None
    rate_hz, _, n_channels, codec = struct.unpack_from("<IBBH", head, 4)
    return impossible_layout("VOC", n_channels, rate_hz) if codec in _CODECS else None


def _header(coding: _Coding, n_bytes: int) -> bytes:
    """Return the header of a file of one block; libsndfile itself refuses codecs that it does not read."""
    size = struct.pack("<I", min(n_bytes + _HEADER_BYTES[9], 0xFFFFFF))[:3]
    start = b"Creative Voice File\x1a" + struct.pack("<HHH", 26, 0x114, 0x111F)
    return start + b"\x09" + size + struct.pack("<IBBHI", *coding, 0)


def _pieces(parts: list[tuple[int, int]], coding: _Coding) -> tuple[list[Piece], int, int]:
    """Return sound and silence in their order, the bytes of silence, and how many silences are left out as too long."""
    pieces: list[Piece] = []
    n_silent = n_left_out = 0
    silent = _SILENT_VALUES.get(coding.codec, b"\0") * coding.n_channels
    for start, stop in parts:
        if start >= 0:
            pieces.append((start, stop))
            continue
        n_bytes = round(-start * coding.sample_rate / stop) * len(silent)
        if n_silent + n_bytes > _MAX_SILENCE_BYTES:
            n_left_out += 1
            continue
        n_silent += n_bytes
        pieces.append(silent * (n_bytes // len(silent)))
    return pieces, n_silent, n_left_out


def _blocks(file: BinaryIO, begin: int, end: int) -> _Blocks:
    blocks = _Blocks(end)
    at = begin + int(struct.unpack("<H", read_at(file, begin + 20, 2))[0])
    extended = current = None
    while at < end:
        kind, size, head = _block(file, at)
        if kind is None:  # no block, or the target of a size that is too small
            blocks.ends = at
            break
        if kind == 0:
            blocks.ends, blocks.is_closed = at + 1, True
            break
        if kind == _SILENCE_KIND:
            blocks.parts.append((-1 - struct.unpack("<H", head[:2])[0], 1000000 // (256 - head[2])))
        if kind in _HEADER_BYTES:
            if size >= _HEADER_BYTES[kind]:  # else there is no room for a coding: the bytes are the next block's
                current = current if kind == 2 else (extended or _coding(kind, head))
            if size <= _HEADER_BYTES[kind] and (blocks.coding is not None or _are_blocks(file, at + 4 + size, end)):
                pass  # it is empty
            elif current is not None and blocks.coding in (None, current):
                size = _add(blocks, file, at, kind, size, end, current)
            else:
                blocks.n_others += 1
        if kind == _TEXT_KIND and _hides_sound(file, at + 4, min(end, at + 4 + size)):
            blocks.n_others += 1
        extended = _coding(kind, head) if kind == _EXTENDED_KIND else None
        at += 4 + size
    return blocks


def _hides_sound(file: BinaryIO, begin: int, end: int) -> bool:
    """Whether a block of text holds something else."""
    if end - begin < _SHORT_TEXT_BYTES:
        return False
    return not read_at(file, begin, _SHORT_TEXT_BYTES).isascii() or sound_within(file, begin, end) is not None


def _are_blocks(file: BinaryIO, at: int, end: int) -> bool:
    """Whether blocks reach from here to the end of the file or to the end mark."""
    begin = at
    while at < end:
        kind, size, _ = _block(file, at)
        if not kind:
            return kind == 0 and at > begin
        at += 4 + size
    return begin < at == end


def _add(blocks: _Blocks, file: BinaryIO, at: int, kind: int, size: int, end: int, coding: _Coding) -> int:
    """Add a block of sound, and return the size that its header should have."""
    sound = at + 4 + _HEADER_BYTES[kind]
    is_first = blocks.coding is None
    if (is_first and size <= _HEADER_BYTES[kind]) or (size in _OPEN_SIZES and at + 4 + size > end):
        blocks.is_open = True
        n_bytes = end - sound - (_byte(file, end - 1) == 0)
    else:
        n_bytes = _n_bytes(file, at, kind, size, end, coding)
    blocks.coding = coding
    is_as_told = n_bytes == size - _HEADER_BYTES[kind]
    blocks.may_go_on = kind == 9 and is_as_told and coding.codec not in _LOGARITHMIC_CODECS
    blocks.parts.append((sound, min(end, sound + n_bytes)))
    blocks.promised += n_bytes
    return n_bytes + _HEADER_BYTES[kind]


def _n_bytes(file: BinaryIO, at: int, kind: int, size: int, end: int, coding: _Coding) -> int:
    """Return how much sound a block holds; its writer may have counted the header wrongly."""
    n_bytes, follows = size - _HEADER_BYTES[kind], at + 4 + size
    if kind != 9:
        return n_bytes
    if coding.codec in _LOGARITHMIC_CODECS and _counts_its_end(file, follows, end):
        return n_bytes - 1
    between = read_at(file, follows, 9)
    if len(between) < 8 or any(between[8:]):
        return n_bytes
    # SoX counts 4 of the header's 12 bytes; zeros at the end of its sound look like the end mark.
    is_silent = not any(between)
    is_last = follows + 9 == end or (is_silent and follows + 8 == end)
    is_pause = is_silent and classify_trailing(file, at, follows, end, None, alignment=1) != "zeros"
    return n_bytes + 8 * (is_last or is_pause or _block(file, follows)[0] is None)


def _counts_its_end(file: BinaryIO, follows: int, end: int) -> bool:
    """Whether a block's size includes the end mark, as libsndfile writes it, in its only block.

    FFmpeg does not include it, and writes many blocks, so truncation hardly ever affects the first one.
    """
    if follows > end:
        return True
    is_mark, is_marked = _byte(file, follows - 1) == 0, follows + 1 == end and _byte(file, follows) == 0
    return is_mark and not is_marked and _block(file, follows)[0] in (None, 0)


def _block(file: BinaryIO, at: int) -> tuple[int | None, int, bytes]:
    """Return kind, size and first bytes of a block; the kind is None if this is no block."""
    head = read_at(file, at, 4 + _HEADER_BYTES[9])
    if head[:1] == b"\0":
        return 0, 0, b""
    if len(head) < 4 or head[0] > _LAST_KIND:
        return None, 0, b""
    kind, size, head = head[0], int.from_bytes(head[1:4], "little"), head[4:]
    is_cut = len(head) < _HEADER_BYTES.get(kind, _FIXED_BYTES.get(kind, 0))
    has_coding = kind in (1, 9) and size >= _HEADER_BYTES[kind]
    if is_cut or size != _FIXED_BYTES.get(kind, size) or (has_coding and _coding(kind, head) is None):
        return None, 0, b""
    return kind, size, head


def _coding(kind: int, head: bytes) -> _Coding | None:
    """Return the coding in the header of a block; None if it is impossible."""
    if kind == _EXTENDED_KIND:
        time, codec, is_stereo = struct.unpack("<HBB", head[:4])
        n_channels = 2 if is_stereo else 1
        return _Coding(256000000 // n_channels // (65536 - time), 8, n_channels, codec)
    if kind == 1:
        coding = _Coding(1000000 // (256 - head[0]), 8, 1, head[1])
    else:
        coding = _Coding(*struct.unpack("<IBBH", head[:8]))
        if coding.bits == 16 and coding.codec == 0:  # as SoX writes it
            coding = coding._replace(codec=4)
    return coding if coding.codec in _CODECS and coding.sample_rate and coding.n_channels else None


def _byte(file: BinaryIO, at: int) -> int:
    return (read_at(file, at, 1) or b"\xff")[0]
