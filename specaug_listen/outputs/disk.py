"""Putting files in place, and having them on the disk and not in the system's memory alone."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

__all__ = ["rename_to_new", "sync", "sync_all"]

_AT_ONCE = 8


def rename_to_new(source: Path, target: Path) -> None:
    """Rename a file to a name that nothing has.

    Raises
    ------
    OSError
        FileExistsError, where something has it by now.
    """
    try:
        os.link(source, target)
    except FileExistsError:
        raise
    except OSError:  # a file system, or a system, where a file has one name
        os.rename(source, target)
    else:
        os.unlink(source)


def sync(path: Path) -> None:
    """Have what a file holds, or the names in a folder, on the disk, and not in the system's memory alone.

    Raises
    ------
    OSError
        For a file.
    """
    if not path.is_dir():
        with open(path, "r+b") as file:
            os.fsync(file.fileno())
        return
    with suppress(OSError):  # some systems cannot do it with folders
        folder = os.open(path, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def sync_all(paths: Iterable[Path]) -> None:
    """Have what several files and folders hold on the disk, as `sync`.

    Raises
    ------
    OSError
        As there.
    """
    from concurrent.futures import ThreadPoolExecutor

    # Journaling file systems write the journal once for all that wait for it at the same time.
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for _ in pool.map(sync, paths):
            pass
