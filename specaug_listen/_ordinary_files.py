"""Opening files: ordinary ones only, so that nothing waits for the other end of a pipe, or reads without end.

What is refused is an OSError, as of any file that cannot be opened, and its ``strerror`` says why and what to do.
"""

from __future__ import annotations

import errno
import io
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

from .errors import OutputError

__all__ = ["check_ordinary", "noting_reads", "open_file", "open_inside", "read_file", "unchanged", "was_read"]

_OTHERS = {
    stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket", stat.S_IFCHR: "a device", stat.S_IFBLK: "a device",
}  # fmt: skip
# Should a file become a pipe between two looks at it, opening it does not wait either.
_NOT_WAITING = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)


# Device and inode of each file that was read, while `noting_reads` lasts.
_reads: list[set[tuple[int, int]]] = []


@contextmanager
def noting_reads() -> Iterator[None]:
    """Note which files are read, so that none of them is replaced by what comes of them."""
    _reads.append(set())
    try:
        yield
    finally:
        _reads.pop()


def was_read(inode: tuple[int, int]) -> bool:
    """Whether a file was read since `noting_reads` began, by its device and inode."""
    return any(inode in noted for noted in _reads)


def check_ordinary(path: str | os.PathLike[str]) -> None:
    """See that a path is that of an ordinary file, for a library that opens it by its path.

    Raises
    ------
    OSError
        When there is nothing, or a folder, a device, a pipe or a socket.
    """
    told = os.stat(path)
    _check(told.st_mode)
    for noted in _reads:
        noted.add((told.st_dev, told.st_ino))


def open_file(path: str | os.PathLike[str], *, buffering: int = -1) -> io.BufferedReader:
    """Open an ordinary file for reading bytes.

    Raises
    ------
    OSError
        When it cannot be opened, or is a folder, a device, a pipe or a socket.
    """
    check_ordinary(path)  # opening a device may already do something
    return cast(io.BufferedReader, open(path, "rb", buffering, opener=_opened))


def read_file(path: str | os.PathLike[str], most_bytes: int, *, inside: str | os.PathLike[str] | None = None) -> bytes:
    """The bytes of an ordinary file.

    Parameters
    ----------
    path : str or path-like
    most_bytes : int
    inside : str, path-like or None
        The folder that it may not lie outside of; see `open_inside`.

    Raises
    ------
    OSError
        When it cannot be read, is no ordinary file, or is longer.

    Examples
    --------
    >>> read_file(__file__, 10)
    Traceback (most recent call last):
    ...
    OSError: [Errno 27] has more than the 10 bytes that are allowed
    """
    with open_file(path) if inside is None else open_inside(inside, path) as file:
        is_long = os.fstat(file.fileno()).st_size > most_bytes
        # Some files of the system wait for what comes; they give None instead.
        data = b"" if is_long else file.read(most_bytes + 1) or b""
    if is_long or len(data) > most_bytes:
        raise OSError(errno.EFBIG, f"has more than the {most_bytes} bytes that are allowed")
    return data


def open_inside(folder: str | os.PathLike[str], path: str | os.PathLike[str]) -> io.BufferedReader:
    """Open an ordinary file that lies in a folder, and is no other file under a name in it.

    Parameters
    ----------
    folder, path : str or path-like

    Raises
    ------
    OSError
        As of `open_file`; when a link leads out of the folder, or the file has a second name, which may be anywhere.
    """
    check_ordinary(path)
    place, inside = os.path.realpath(path), os.path.realpath(folder)
    if os.path.commonpath([place, inside]) != inside:
        raise OSError(errno.EXDEV, "lies outside of its folder, behind a link; put the file itself there")
    file = open_file(place)
    try:
        now = os.fstat(file.fileno())
        if os.path.realpath(path) != place or not os.path.samestat(now, os.lstat(place)):
            raise OSError(errno.EXDEV, "became another file while it was opened")
        if now.st_nlink > 1:
            raise OSError(errno.EMLINK, "is a hard link, and may be a file of another folder; copy the folder (cp -r)")
    except OSError:
        file.close()
        raise
    return file


@contextmanager
def unchanged(path: str | os.PathLike[str]) -> Iterator[None]:
    """See that a file is the same one from the beginning to the end of the ``with``, where it is opened time and again.

    Raises
    ------
    OSError
        When it is gone or has changed: in place of whatever else was raised, which came of that.
    """
    before = _last_change(path)
    try:
        yield
    except OutputError:  # of another file
        raise
    except Exception:  # a decoder can fail in any way at what has become another file
        _check_unchanged(path, before)
        raise
    _check_unchanged(path, before)


def _check_unchanged(path: str | os.PathLike[str], before: tuple[int, int] | None) -> None:
    if _last_change(path) != before:
        raise OSError(errno.ESTALE, "became another file while it was read") from None


def _last_change(path: str | os.PathLike[str]) -> tuple[int, int] | None:
    """Size and time of a file; not its inode, which some file systems give anew each time."""
    try:
        told = os.stat(path)
    except (OSError, ValueError):
        return None
    return told.st_size, told.st_mtime_ns


def _opened(path: str | bytes | Path, flags: int) -> int:
    descriptor = os.open(path, flags | _NOT_WAITING)
    try:
        _check(os.fstat(descriptor).st_mode)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _check(mode: int) -> None:
    if stat.S_ISREG(mode):
        return
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    what = _OTHERS.get(stat.S_IFMT(mode), "no ordinary file")
    raise OSError(errno.ENODEV, f"is {what}; save it to a file first, and give that")
