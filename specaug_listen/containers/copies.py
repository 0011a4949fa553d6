"""Headers that stand in a file more than once, as libsndfile writes them into a pipe (``sox ... -t caf -``)."""

from __future__ import annotations

from typing import BinaryIO

__all__ = ["without_copies"]

# Containers of which that is known, by their first bytes, and the longest header of theirs.
_LONGEST = {
    b"caff": 4096, b"riff": 512, b"PVF1": 64, b"\xf0\x7e": 21, b"MATL": 512,
    b"\0\0\0\0": 128, b"\0\0\3\xe8": 128,
}  # fmt: skip
_MARK = 20
# Bytes of two sizes of 8 bytes, and a time.
_MOST_DIFFER = 24


def without_copies(file: BinaryIO, begin: int, end: int) -> tuple[int, int]:
    """Where a file begins and ends without the copies of its header before and behind it.

    The header that is written first is followed by the same one, and the sound by one that tells its length.
    """
    file.seek(begin)
    head = file.read(2 * 4096)
    longest = next((most for mark, most in _LONGEST.items() if head.startswith(mark)), 0)
    length = head.find(head[: min(_MARK, longest // 4)], 1, longest + _MARK) if longest else -1
    differ = sum(one != other for one, other in zip(head[:length], head[length : 2 * length], strict=False))
    if length <= 0 or length > longest or differ > _MOST_DIFFER:
        return begin, end
    if end - length > begin + 2 * length:
        file.seek(end - length)
        if file.read(length)[:4] == head[:4]:
            end -= length
    return begin + length, end
