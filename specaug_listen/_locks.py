"""Locks of folders: held until the descriptor is closed or the process ends, however it ends."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from ._files import printable, saying_what_failed
from .errors import OutputError

__all__ = ["lock", "remove_empty", "try_lock"]


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
    OutputError
        When another run holds it for longer than one waits, or the folder cannot be made.
    """
    try:
        import fcntl
    except ImportError:  # Windows can neither open nor lock a folder
        return os.open(os.devnull, os.O_RDONLY)
    until = time.monotonic() + wait_s
    while True:
        with saying_what_failed(out):
            folder.mkdir(parents=True, exist_ok=True)
            file = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            if time.monotonic() > until:
                name = printable(out)
                raise OutputError(f"{name}: another run is writing into it; wait, or choose another -o") from None
            time.sleep(0.05)
        except OSError:  # a file system without locks
            return file
        else:
            if _is_at(file, folder):
                return file
            # A run that ended without results took the folder away before this one had its lock.
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
