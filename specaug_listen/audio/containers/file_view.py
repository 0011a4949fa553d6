"""A file as its decoder sees it: parts of it in a row, with corrected bytes in place of a wrong header's."""

from __future__ import annotations

import io
import os
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Any, BinaryIO

from ..._files import open_file

__all__ = ["Piece", "View", "end_of_run", "mend", "read_at", "search", "tail"]

# Literal bytes, or a (begin, end) range of the file.
Piece = bytes | tuple[int, int]
_ENDLESS_FACTOR = 1 << 10
# What is searched for usually is near.
_FIRST_SEARCH_BYTES, _MAX_SEARCH_BYTES = 1 << 10, 1 << 20


class View(io.RawIOBase):
    """Pieces of a file, concatenated into a readable file.

    Parameters
    ----------
    source : str, path-like or View
        A view as the source stays open when this one is closed.
    pieces : sequence of bytes or (int, int)
    is_endless : bool
        Whether to claim to be far longer, for decoders that use the file's size to decide where to stop.

    Attributes
    ----------
    is_exhausted : bool
        Whether a read request exceeded the end.
    n_read : int
        Total number of bytes read so far.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.NamedTemporaryFile() as file:
    ...     file.write(b"0123456789")
    ...     file.flush()
    ...     View(file.name, [b"ab", (3, 6)]).read()
    10
    b'ab345'
    """

    def __init__(
        self, source: str | os.PathLike[str] | View, pieces: Sequence[Piece], *, is_endless: bool = False
    ) -> None:
        super().__init__()
        self._pieces = [piece for piece in pieces if _length(piece)]
        self._ends = list(accumulate(map(_length, self._pieces)))
        self._at = 0
        self._claimed = (_ENDLESS_FACTOR if is_endless else 1) * self.n_bytes
        self._file: io.BufferedReader | View = source if isinstance(source, View) else open_file(source)
        self._is_owner = not isinstance(source, View)
        self.is_exhausted = False
        self.n_read = 0

    @property
    def n_bytes(self) -> int:
        """Length of all pieces."""
        return self._ends[-1] if self._ends else 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move to an offset."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._claimed}[whence]
        self._at = max(0, base + offset)
        return self._at

    def tell(self) -> int:
        """Return the current offset."""
        return self._at

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer as far as possible; `is_exhausted` is set if there were too few bytes."""
        into = memoryview(buffer).cast("B")
        if self.n_bytes < self._at < self._claimed:  # a decoder that looks for a tag at the end finds zeros
            n = min(len(into), self._claimed - self._at)
            into[:n] = bytes(n)
            self._at += n
            return n
        done = 0
        while done < len(into) and self._at < self.n_bytes:
            i = bisect_right(self._ends, self._at)
            piece = self._pieces[i]
            offset = self._at - (self._ends[i] - _length(piece))
            n = min(len(into) - done, _length(piece) - offset)
            if isinstance(piece, bytes):
                into[done : done + n] = piece[offset : offset + n]
            else:
                self._file.seek(piece[0] + offset)
                n = self._file.readinto(into[done : done + n])
                if n == 0:  # truncated while it is read
                    break
            done += n
            self._at += n
        self.is_exhausted |= done < len(into)
        self.n_read += done
        return done

    def close(self) -> None:
        """Close the file."""
        if self._is_owner:
            self._file.close()
        super().close()


def mend(begin: int, end: int, *fields: tuple[int, bytes]) -> tuple[Piece, ...]:
    """Return the bytes of a file from `begin` to `end`, with `fields` (place, bytes) written over them.

    Examples
    --------
    >>> mend(0, 100, (8, b"abcd"))
    ((0, 8), b'abcd', (12, 100))
    """
    pieces: list[Piece] = []
    for place, new in sorted(fields):
        pieces += [(begin, place), new]
        begin = place + len(new)
    return (*pieces, (begin, end))


def tail(pieces: Sequence[Piece], offset: int) -> tuple[Piece, ...]:
    """Return the pieces without their first `offset` bytes.

    Examples
    --------
    >>> tail([b"abcd", (10, 20)], 2), tail([b"abcd", (10, 20)], 7)
    ((b'cd', (10, 20)), ((13, 20),))
    """
    rest: list[Piece] = []
    for piece in pieces:
        n = min(offset, _length(piece))
        offset -= n
        if n < _length(piece):
            rest.append(piece[n:] if isinstance(piece, bytes) else (piece[0] + n, piece[1]))
    return tuple(rest)


def _length(piece: Piece) -> int:
    return len(piece) if isinstance(piece, bytes) else piece[1] - piece[0]


def read_at(file: BinaryIO, place: int, n_bytes: int) -> bytes:
    """Read `n_bytes` of a file at `place`; fewer at its end."""
    file.seek(place)
    return file.read(n_bytes)


def search(file: BinaryIO, pattern: re.Pattern[bytes], begin: int, end: int, longest: int) -> Iterator[int]:
    """Yield where matches of a pattern begin, which are up to `longest` bytes long."""
    at, size = begin, _FIRST_SEARCH_BYTES
    while at < end:
        block = read_at(file, at, min(size, end - at))
        for match in pattern.finditer(block):
            yield at + match.start()
        if len(block) < longest or at + len(block) >= end:
            return
        at, size = at + len(block) - longest + 1, min(2 * size, _MAX_SEARCH_BYTES)


def end_of_run(file: BinaryIO, begin: int, end: int) -> tuple[int, int]:
    """Return where the run of equal bytes at `begin` ends, and that byte."""
    byte = read_at(file, begin, 1)
    at = begin + 1
    while at < end:
        block = file.read(min(1 << 20, end - at))
        other = block.lstrip(byte)
        if other or not block:
            return at + len(block) - len(other), byte[0]
        at += len(block)
    return end, byte[0]
