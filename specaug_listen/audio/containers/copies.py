"""Headers that stand in a file more than once, as libsndfile writes them into a pipe (``sox ... -t caf -``)."""

from __future__ import annotations

from typing import BinaryIO

__all__ = ["without_copies"]

# Containers of which that is known, by their first bytes: the longest header, and how much of it tells a copy.
_HEADERS = {
    b"caff": (4096, 20), b"riff": (512, 20), b"PVF1": (64, 5), b"\xf0\x7e": (21, 5), b"MATL": (512, 20),
    b"\0\0\0\0": (128, 20), b"\0\0\3\xe8": (128, 20),
}  # fmt: skip
# Where the name of the chunk of sound stands from the end of such a header; else it is a short file, twice.
_SOUND = {b"caff": 16, b"riff": 24}
# Bytes of two sizes of 8 bytes, and a time.
_MOST_DIFFER = 24


def without_copies(file: BinaryIO, begin: int, end: int) -> tuple[int, int, bool]:
    """Where a file begins and ends without the copies of its header before and behind it.

    The header that is written first is followed by the same one, and the sound by one that tells its length; where that
    one is there, so is all of the sound.

    Returns
    -------
    int
    int
    bool
        Whether a header stands behind the sound.
    """
    file.seek(begin)
    head = file.read(2 * 4096)
    longest, n_mark = next((found for mark, found in _HEADERS.items() if head.startswith(mark)), (0, 0))
    length = head.find(head[:n_mark], 1, longest + n_mark) if longest else -1
    differ = sum(one != other for one, other in zip(head[:length], head[length : 2 * length], strict=False))
    before = length - _SOUND.get(head[:4], length)
    if length <= 0 or length > longest or differ > _MOST_DIFFER or (before and head[before : before + 4] != b"data"):
        return begin, end, False
    file.seek(max(begin + 2 * length, end - length))
    is_closed = file.read(n_mark) == head[:n_mark]
    return begin + length, end - length * is_closed, is_closed
