"""Where a file that FFmpeg reads ends by its own structure: what stands behind it, FFmpeg leaves out without a word."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from typing import BinaryIO

__all__ = ["end_of_file_within", "n_bytes_behind"]

_Block = tuple[bytes, int | None] | None
_ASF = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
_ASF_DATA = bytes.fromhex("3626b2758e66cf11a6d900aa0062ce6c")
# Simple index, index, media index, time code index.
_ASF_INDEXES = tuple(
    map(
        bytes.fromhex,
        (
            "90080033b1e5cf1189f400a0c90349cb", "d329e2d6da35d111903400a0c90349be", "f803b1feada2644c8840f20a2f5c4a39",
            "d03fb73c4a0c0348953dedf7b6228f0c",
        ),
    )
)  # fmt: skip
# Blocks that may be cut, and still are of this file.
_OF_MP4 = frozenset({b"mdat", b"moov", b"moof", b"mfra", b"free", b"skip", b"wide", b"uuid", b"meta", b"udta", b"pnot"})
_OF_CAF = frozenset({b"data", b"pakt", b"free", b"info", b"uuid", b"kuki", b"strg", b"midi", b"peak", b"ovvw", b"edct"})
_NEVER = 0xFFFFFFFF
_SAMPLE = 1 << 16


def n_bytes_behind(file: BinaryIO, begin: int, end: int) -> int:
    """How many bytes are behind the file that is within this one, but for tags and zeros.

    Parameters
    ----------
    file : binary file
    begin, end : int
        Where the first file ends, and all of it.
    """
    if end - begin >= 128 and _at(file, end - 128, 3) == b"TAG":  # ID3v1
        end -= 128
    foot = _at(file, end - 32, 32) if end - begin >= 32 else b""
    if foot.startswith(b"APETAGEX"):
        length, _, flags = struct.unpack_from("<III", foot, 12)
        end -= length + (32 if flags >> 31 else 0)
    behind_tag, head = begin, _at(file, begin, 16)
    if head.startswith(b"APETAGEX"):
        behind_tag += 32 + int.from_bytes(head[12:16], "little")
    return max(0, end - begin) if _at(file, behind_tag, _SAMPLE).strip(b"\0") else 0


def end_of_file_within(file: BinaryIO, size: int) -> int | None:
    """Where it ends by its boxes, chunks or table of frames; None where it has none, or they do not tell.

    That is beyond the end of a file that was cut.
    """
    head = _at(file, 0, 16)
    if head[4:8] == b"ftyp":
        return _walked(file, 0, size, _box, _OF_MP4)
    if head.startswith(b"caff"):
        return _walked(file, 8, size, _chunk_of_caf, _OF_CAF)
    if head == _ASF:
        return _walked(file, 0, size, _object_of_asf, frozenset({_ASF, _ASF_DATA, *_ASF_INDEXES}))
    if head.startswith(b"RIFF"):
        return _walked(file, 0, size, _riff, frozenset({b"RIFF"}))
    if head.startswith(b"\x1aE\xdf\xa3"):
        return _walked(file, 0, size, _element, frozenset({_SEGMENT}))
    return _end_of_tta(file) if head.startswith(b"TTA1") else None


def _at(file: BinaryIO, place: int, n: int) -> bytes:
    file.seek(place)
    return file.read(n)


def _walked(
    file: BinaryIO, begin: int, size: int, read: Callable[[bytes, bool], _Block], known: frozenset[bytes]
) -> int | None:
    """The end of a row of blocks.

    Parameters
    ----------
    file : binary file
    begin, size : int
        Where the first block begins, and where the file ends.
    read : callable
        Of a block's first bytes, and of whether it is the first one: its name and its size; None of what is no block
        of this file, and a size of None where it is open.
    known : frozenset of bytes
        Names of blocks that may reach beyond the end of the file: it is cut.
    """
    at = begin
    while at < size:
        block = read(_at(file, at, 32), at == begin)
        if block is None:
            return at
        name, length = block
        if length is None:
            return None
        if length < 1 or at + length > size:
            return at + max(1, length) if name in known else at
        at += length
    return size


def _is_name(name: bytes) -> bool:
    return len(name) == 4 and all(0x20 <= byte < 0x7F or byte == 0xA9 for byte in name)


def _box(head: bytes, is_first: bool) -> _Block:
    name = head[4:8]
    if not _is_name(name) or (name == b"ftyp" and not is_first):
        return None
    length = int.from_bytes(head[:4], "big")
    if length == 0:
        return name, None
    return name, int.from_bytes(head[8:16], "big") if length == 1 else length


def _chunk_of_caf(head: bytes, is_first: bool) -> _Block:
    name, length = head[:4], int.from_bytes(head[4:12], "big", signed=True)
    if not _is_name(name) or name == b"caff":
        return None
    return name, None if length < 0 else 12 + length


def _object_of_asf(head: bytes, is_first: bool) -> _Block:
    name, length = head[:16], int.from_bytes(head[16:24], "little")
    if name == _ASF and not is_first:
        return None
    return name, None if name == _ASF_DATA and length <= 50 else length


def _riff(head: bytes, is_first: bool) -> _Block:
    """One of up to 2 GiB, which of an AVI others follow (OpenDML)."""
    if head[:4] != b"RIFF" or not (is_first or head[8:12] == b"AVIX"):
        return None
    length = int.from_bytes(head[4:8], "little")
    return b"RIFF", None if length in (0, _NEVER) else 8 + length + length % 2


_SEGMENT = b"\x18\x53\x80\x67"


def _element(head: bytes, is_first: bool) -> _Block:
    """One of Matroska's outermost: the head, the segment, and what is void."""
    n_name = 1 if head[:1] == b"\xec" else 4
    name, rest = head[:n_name], head[n_name:]
    if name not in (b"\xec", _SEGMENT) and not is_first:
        return None
    n_size = 9 - rest[0].bit_length() if rest and rest[0] else 9
    if n_size > 8:
        return None
    length = int.from_bytes(rest[:n_size], "big") & ((1 << 7 * n_size) - 1)
    return name, None if length == (1 << 7 * n_size) - 1 else n_name + n_size + length


def _end_of_tta(file: BinaryIO) -> int | None:
    """The header, a table of the frames' sizes, and the frames."""
    head = _at(file, 0, 22)
    if len(head) < 22:
        return None
    rate, n_samples = struct.unpack_from("<II", head, 10)
    n_frames: int = math.ceil(int(n_samples) / max(1, 256 * int(rate) // 245))
    table = file.read(4 * n_frames) if n_frames < 1 << 22 else b""
    if len(table) < 4 * n_frames:
        return None
    sizes: tuple[int, ...] = struct.unpack(f"<{n_frames}I", table)
    return 22 + 4 * n_frames + 4 + int(sum(sizes))
