"""Flash video: consecutive tags, of which the first one may tell the number of bytes or seconds."""

from __future__ import annotations

import struct
from typing import BinaryIO, NamedTuple

from .file_view import read_at

__all__ = ["FLV_HEADER_BYTES", "FLV_TAG_KINDS", "FlvPromise", "flv_promise", "flv_tag"]

# The header, including the size of a previous tag (0).
FLV_HEADER_BYTES = 13
# The header of a tag, and the tag's size behind it.
_TAG_HEADER_BYTES, _SIZE_BYTES = 11, 4
FLV_TAG_KINDS = frozenset({b"\x08", b"\x09", b"\x12"})
# A file may end this much later than its last tag begins, which is longer than any frame.
_TOLERANCE_S = 1.0


class FlvPromise(NamedTuple):
    """The size and duration that the first tag promises; 0 for those it does not."""

    n_bytes: int
    seconds: float

    def is_broken(self, file: BinaryIO, begin: int, end: int) -> bool:
        """Whether the file between two places is shorter."""
        if self.n_bytes:
            return end - begin < self.n_bytes
        last = end - _SIZE_BYTES - int.from_bytes(read_at(file, max(begin, end - _SIZE_BYTES), _SIZE_BYTES), "big")
        head = read_at(file, max(begin, last), _TAG_HEADER_BYTES)
        if last < begin or head[:1] not in FLV_TAG_KINDS:
            return False
        return int.from_bytes(head[7:8] + head[4:7], "big") / 1000 < self.seconds - _TOLERANCE_S


def flv_tag(head: bytes, is_first: bool) -> tuple[bytes, int] | None:
    """Return kind and length of a tag; None if this is none."""
    kind = bytes([head[0] & 0x1F]) if head else b""
    if len(head) < _TAG_HEADER_BYTES or kind not in FLV_TAG_KINDS or head[0] & 0xC0 or any(head[8:_TAG_HEADER_BYTES]):
        return None
    return kind, _TAG_HEADER_BYTES + int.from_bytes(head[1:4], "big") + _SIZE_BYTES


def flv_promise(head: bytes) -> FlvPromise | None:
    """Return what the first tag promises, by the first bytes of a file; None if it promises nothing."""
    n_bytes, seconds = _number(head, b"filesize"), _number(head, b"duration")
    return FlvPromise(int(n_bytes), seconds) if n_bytes or seconds else None


def _number(head: bytes, name: bytes) -> float:
    """Return a number of the first tag; 0 if it is missing or out of range."""
    at = head.find(len(name).to_bytes(2, "big") + name + b"\0")
    place = at + 2 + len(name) + 1
    if at < 0 or place + 8 > len(head):
        return 0.0
    number: float = struct.unpack_from(">d", head, place)[0]
    return number if 0 < number < 1 << 53 else 0.0
