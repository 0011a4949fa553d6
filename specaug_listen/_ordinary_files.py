"""Opening files: ordinary ones only, so that nothing waits for the other end of a pipe, or reads without end.

What is refused is an OSError, as of any file that cannot be opened, and its ``strerror`` says why and what to do.
"""

from __future__ import annotations

import errno
import io
import os
import stat
from pathlib import Path
from typing import cast

__all__ = ["check_ordinary", "open_file", "read_file"]

_OTHERS = {
    stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket", stat.S_IFCHR: "a device", stat.S_IFBLK: "a device",
}  # fmt: skip
# Should a file become a pipe between two looks at it, opening it does not wait either.
_NOT_WAITING = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)


def check_ordinary(path: str | os.PathLike[str]) -> None:
    """See that a path is that of an ordinary file, for a library that opens it by its path.

    Raises
    ------
    OSError
        When there is nothing, or a folder, a device, a pipe or a socket.
    """
    _check(os.stat(path).st_mode)


def open_file(path: str | os.PathLike[str], *, buffering: int = -1) -> io.BufferedReader:
    """Open an ordinary file for reading bytes.

    Raises
    ------
    OSError
        When it cannot be opened, or is a folder, a device, a pipe or a socket.
    """
    check_ordinary(path)  # opening a device may already do something
    return cast(io.BufferedReader, open(path, "rb", buffering, opener=_opened))


def read_file(path: str | os.PathLike[str], most_bytes: int) -> bytes:
    """The bytes of an ordinary file.

    Parameters
    ----------
    path : str or path-like
    most_bytes : int

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
    with open_file(path) as file:
        # Some files of the system wait for what comes; they give None instead.
        data = file.read(most_bytes + 1) or b""
    if len(data) > most_bytes:
        raise OSError(errno.EFBIG, f"has more than the {most_bytes} bytes that are allowed")
    return data


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
