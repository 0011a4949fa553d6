"""Renaming files, and flushing them to disk."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

__all__ = ["rename_to_new", "sync", "sync_all"]

_AT_ONCE = 8


def rename_to_new(source: Path, target: Path) -> None:
    """Rename a file; raise FileExistsError if the new name exists."""
    try:
        os.link(source, target)
    except FileExistsError:
        raise
    except OSError:  # no hard links
        os.rename(source, target)
    else:
        os.unlink(source)


def sync(path: Path) -> None:
    """Flush a file, or the names in a folder, to disk; raise an OSError if that fails for a file."""
    if not path.is_dir():
        with open(path, "r+b") as file:
            os.fsync(file.fileno())
        return
    with suppress(OSError):  # some systems cannot flush folders
        folder = os.open(path, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def sync_all(paths: Iterable[Path]) -> None:
    """Flush several files and folders, as `sync`."""
    from concurrent.futures import ThreadPoolExecutor

    # In parallel, because journaling file systems commit once for all waiting threads.
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for _ in pool.map(sync, paths):
            pass
