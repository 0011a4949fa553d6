"""Walking through folders, those that are linked included, without meeting anything twice."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

__all__ = ["identity", "inode_of", "walk_once"]


def identity(path: str | os.PathLike[str]) -> tuple[int, int] | str:
    """What is the same for all names of one file or folder: device and inode, or its path where there is nothing."""
    return inode_of(path) or os.path.abspath(path)


def inode_of(path: str | os.PathLike[str]) -> tuple[int, int] | None:
    """Device and inode of what a path leads to; None where there is nothing."""
    try:
        told = os.stat(path)
    except (OSError, ValueError):
        return None
    return told.st_dev, told.st_ino


def walk_once(
    top: str | os.PathLike[str],
    onerror: Callable[[OSError], object],
    onabove: Callable[[str], object] = lambda path: None,
) -> Iterator[tuple[str, list[str], list[str]]]:
    """Each folder below another once, with the names of the folders and of all else in it, as `os.walk`.

    Linked folders are followed after all others, so that a folder is met under its own name if it has one here.
    What lies above ``top`` is not followed, as it holds ``top`` itself: ``onabove`` is told of such a link. Names
    that are taken out of the folders' list are left out.
    """
    start = os.fspath(top)
    above = {identity(folder) for folder in Path(os.path.realpath(start)).parents}
    seen = set[tuple[int, int] | str]()
    waiting, linked = [start], list[str]()
    while waiting or linked:
        folder = waiting.pop() if waiting else linked.pop(0)
        if identity(folder) in above:
            onabove(folder)
            continue
        if identity(folder) in seen:
            continue
        seen.add(identity(folder))
        try:
            with os.scandir(folder) as entries:
                is_folder = {entry.name: _is_folder(entry) for entry in entries}
        except OSError as error:
            onerror(error)
            continue
        folders = sorted(name for name in is_folder if is_folder[name])
        yield folder, folders, sorted(name for name in is_folder if not is_folder[name])
        for path in (os.path.join(folder, name) for name in reversed(folders)):
            (linked if os.path.islink(path) else waiting).append(path)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads to itself, or what is gone by now
        return False
