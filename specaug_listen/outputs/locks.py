"""Locks of folders; a lock is released when its descriptor is closed or the process ends."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from .._files import inode_of, io_errors, printable
from ..errors import OutputError

__all__ = ["PATIENCE_S", "InUse", "holding", "lock", "reading", "remove_empty", "try_lock"]

# Time to wait for another run to finish with a folder.
PATIENCE_S = 10.0
# Does not block if the path is a pipe.
_FOLDER = getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NONBLOCK", 0)


class InUse(OutputError):
    """Another run is writing into a folder, or a page of it is being made."""


class _HeldLocks(threading.local):
    """The folders that this thread has locked; a lock excludes other threads as well as other processes."""

    def __init__(self) -> None:
        self.writing: set[tuple[int, int]] = set()
        self.reading: set[tuple[int, int]] = set()


_held = _HeldLocks()


def try_lock(folder: Path) -> int | None:
    """Lock a folder and return its descriptor; None if it is locked already, or cannot be locked."""
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
    """Create a folder if needed, lock it, and return its descriptor; messages call it ``out``.

    Raises `InUse` if another run holds the lock for longer than ``wait_s``, and OutputError if the folder cannot be
    made.
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
    """Lock a folder for writing, see `lock`; a no-op if this thread has locked it already."""
    if inode_of(folder) in _held.writing:
        yield
        return
    file = lock(folder, out, wait_s)
    with _hold(file, folder, _held.writing):
        yield


@contextmanager
def reading(folders: Iterable[Path], page: Path) -> Iterator[None]:
    """Lock folders for reading, so that no run writes there meanwhile; wait for a run that does.

    If the ``page`` that will be written is in one of them, that folder is locked for writing. Raises `InUse` if another
    run writes into one of them for longer than `PATIENCE_S`.
    """
    with ExitStack() as stack:
        for folder in folders:
            inode = inode_of(folder)
            if inode is None or inode in _held.writing or inode in _held.reading:
                continue
            is_written = inode == inode_of(page)
            if (file := _lock_to_read(folder, is_written=is_written)) is not None:
                stack.enter_context(_hold(file, folder, _held.writing if is_written else _held.reading))
        yield


def _lock_to_read(folder: Path, *, is_written: bool) -> int | None:
    """Lock a folder for reading and return its descriptor; None if it cannot be opened, as its reader will report."""
    try:
        import fcntl
    except ImportError:
        return None
    kind = fcntl.LOCK_EX if is_written else fcntl.LOCK_SH
    busy = f"{printable(folder)}: {{}}; wait until it has ended"
    try:
        return _wait_for_lock(folder, lambda: os.open(folder, os.O_RDONLY | _FOLDER), kind, PATIENCE_S, busy)
    except OSError:
        return None


def _wait_for_lock(folder: Path, open_folder: Callable[[], int], kind: int, wait_s: float, busy: str) -> int:
    """Wait until no other lock is in the way, and return a descriptor with the lock; raise `InUse` after ``wait_s``."""
    import fcntl

    until = time.monotonic() + wait_s
    while True:
        file = open_folder()
        try:
            fcntl.flock(file, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            is_over = time.monotonic() > until
            holder = _describe_holder(file) if is_over else ""
            os.close(file)
            if is_over:
                raise InUse(busy.format(holder)) from None
            time.sleep(0.05)
        except OSError:  # a file system without locks
            return file
        else:
            if _is_at(file, folder):
                return file
            # A run that ended without results removed the folder before it was locked here.
            os.close(file)


def _describe_holder(file: int) -> str:
    """Describe what the holder of a folder's lock is doing."""
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return "another run is writing into it"
    return "a page of it is being made"


@contextmanager
def _hold(file: int, folder: Path, inodes: set[tuple[int, int]]) -> Iterator[None]:
    """Record a lock as held by this thread, and close its descriptor afterwards."""
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
    """Remove empty folders, given innermost first; none if a run has started in the innermost."""
    with suppress(OSError, OutputError):
        file = lock(folders[0], out)
        try:
            for path in folders:
                path.rmdir()
        finally:
            os.close(file)


def _is_at(file: int, folder: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file), os.stat(folder))
    except OSError:
        return False
