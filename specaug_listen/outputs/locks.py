"""Locks of folders: held until the descriptor is closed or the process ends, however it ends."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from .._files import inode_of, io_errors, printable
from ..errors import OutputError

__all__ = ["InUse", "holding", "lock", "reading", "remove_empty", "try_lock"]

READERS_WAIT_S = 10.0
# Neither waits for the other end of a pipe.
_FOLDER = getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NONBLOCK", 0)


class InUse(OutputError):
    """Another run is writing into a folder, or a page of it is being made."""


class _Mine(threading.local):
    """The folders that this thread holds: a lock keeps out other threads as it does other processes."""

    def __init__(self) -> None:
        self.writing: set[tuple[int, int]] = set()
        self.reading: set[tuple[int, int]] = set()


_mine = _Mine()


def try_lock(folder: Path) -> int | None:
    """A descriptor that holds the lock of a folder; None where another one does, or nothing can be locked."""
    try:
        import fcntl

        file = os.open(folder, os.O_RDONLY)
    except (ImportError, OSError):
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(file)
        return None
    return file


def lock(folder: Path, out: Path, wait_s: float = 0.0) -> int:
    """A descriptor that holds the lock of a folder, which the user calls ``out``, and which is made where it is not.

    Raises
    ------
    InUse
        When another run holds it for longer than one waits.
    OutputError
        When the folder cannot be made.
    """

    def make_and_open() -> int:
        with io_errors(out):
            folder.mkdir(parents=True, exist_ok=True)
            return os.open(folder, os.O_RDONLY)

    try:
        import fcntl
    except ImportError:  # Windows can neither open nor lock a folder
        return os.open(os.devnull, os.O_RDONLY)
    return _wait_for_lock(
        folder, make_and_open, fcntl.LOCK_EX, wait_s, f"{printable(out)}: {{}}; wait, or choose another -o"
    )


@contextmanager
def holding(folder: Path, out: Path, wait_s: float = 0.0) -> Iterator[None]:
    """Hold a folder as its only writer; at once where this thread does already. See `lock`."""
    if inode_of(folder) in _mine.writing:
        yield
        return
    file = lock(folder, out, wait_s)
    with _hold(file, folder, _mine.writing):
        yield


@contextmanager
def reading(folders: Iterable[Path], page: Path) -> Iterator[None]:
    """Read what lies in folders as one run left it: one that writes there is waited for, and none begins meanwhile.

    A folder that is also that of the ``page``, which will be written, is held as by its writer.

    Raises
    ------
    InUse
        When another run writes into one of them for longer than one waits.
    """
    with ExitStack() as stack:
        for folder in folders:
            inode = inode_of(folder)
            if inode is None or inode in _mine.writing or inode in _mine.reading:
                continue
            is_written = inode == inode_of(page)
            if (file := _lock_to_read(folder, is_written=is_written)) is not None:
                stack.enter_context(_hold(file, folder, _mine.writing if is_written else _mine.reading))
        yield


def _lock_to_read(folder: Path, *, is_written: bool) -> int | None:
    """A descriptor that holds a folder for who reads it; None where it cannot be opened, as its reader will say."""
    try:
        import fcntl
    except ImportError:
        return None
    kind = fcntl.LOCK_EX if is_written else fcntl.LOCK_SH
    busy = f"{printable(folder)}: {{}}; wait until it has ended"
    try:
        return _wait_for_lock(folder, lambda: os.open(folder, os.O_RDONLY | _FOLDER), kind, READERS_WAIT_S, busy)
    except OSError:
        return None


def _wait_for_lock(folder: Path, open_folder: Callable[[], int], kind: int, wait_s: float, busy: str) -> int:
    """A descriptor with a lock, taken as soon as nobody else's is in the way."""
    import fcntl

    until = time.monotonic() + wait_s
    while True:
        file = open_folder()
        try:
            fcntl.flock(file, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            is_over = time.monotonic() > until
            what = _who_is_there(file) if is_over else ""
            os.close(file)
            if is_over:
                raise InUse(busy.format(what)) from None
            time.sleep(0.05)
        except OSError:  # a file system without locks
            return file
        else:
            if _is_at(file, folder):
                return file
            # A run that ended without results took the folder away before this one had its lock.
            os.close(file)


def _who_is_there(file: int) -> str:
    """Return what is done in a folder whose lock could not be had."""
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return "another run is writing into it"
    return "a page of it is being made"


@contextmanager
def _hold(file: int, folder: Path, inodes: set[tuple[int, int]]) -> Iterator[None]:
    """Know of a lock as long as it is held, and close its descriptor."""
    inode = inode_of(folder)
    try:
        if inode is not None:
            inodes.add(inode)
        yield
    finally:
        if inode is not None:
            inodes.discard(inode)
        os.close(file)


def remove_empty(folders: Sequence[Path], out: Path) -> None:
    """Remove folders, the innermost first, as far as they are empty; none when a run has begun in the innermost."""
    with suppress(OSError, OutputError):
        held = lock(folders[0], out)
        try:
            for path in folders:
                path.rmdir()
        finally:
            os.close(held)


def _is_at(file: int, folder: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file), os.stat(folder))
    except OSError:
        return False
