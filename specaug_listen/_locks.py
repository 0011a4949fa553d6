"""Locks of folders: held until the descriptor is closed or the process ends, however it ends."""

from __future__ import annotations

import os
import time
from pathlib import Path

from ._files import printable, saying_what_failed
from .errors import OutputError

__all__ = ["lock", "try_lock"]


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
    """A descriptor that holds the lock of a folder, which the user calls ``out``.

    Raises
    ------
    OutputError
        When another run holds it for longer than one waits.
    """
    try:
        import fcntl
    except ImportError:  # Windows can neither open nor lock a folder
        return os.open(os.devnull, os.O_RDONLY)
    with saying_what_failed(out):
        file = os.open(folder, os.O_RDONLY)
    until = time.monotonic() + wait_s
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                os.close(file)
                name = printable(out)
                raise OutputError(f"{name}: another run is writing into it; wait, or choose another -o") from None
            time.sleep(0.05)
        except OSError:  # a file system without locks
            return file
        else:
            return file
