"""Short display names of clips: the file name, with as many of its folders as make it unique."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from .._files import printable

__all__ = ["distinct_names"]


def distinct_names(paths: Sequence[str | os.PathLike[str]], suffixes: Sequence[str] | None = None) -> list[str]:
    """Return a unique name for each file: its stem, with folders before it if several files have the same stem.

    Parameters
    ----------
    paths : sequence of str or path-like
    suffixes : sequence of str or None
        Appended to each name, e.g. ``.ch1`` for several clips of one file.

    Returns
    -------
    list of str
        Different for different files; the extension is kept if only it differs.

    Examples
    --------
    >>> distinct_names(["a/take.wav", "b/take.wav", "b/other.wav"])
    ['a/take', 'b/take', 'other']
    >>> distinct_names(["x/a/take.wav", "y/a/take.wav", "y/a/take.flac"])
    ['x/a/take', 'y/a/take.wav', 'y/a/take.flac']
    """
    tails = list(suffixes) if suffixes is not None else [""] * len(paths)
    files = [Path(os.path.abspath(path)).parts for path in paths]
    # Compared without case, as names are when spoken.
    holders: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    owners: dict[str, set[tuple[tuple[str, ...], str]]] = defaultdict(set)
    for parts, tail in dict.fromkeys(zip(files, tails, strict=True)):
        stem = Path(parts[-1]).stem
        for name, with_tail in zip(_names(parts, stem), _names(parts, stem + tail), strict=True):
            holders[name.casefold()].add(parts[:-1])
            owners[with_tail.casefold()].add((parts, tail))
    names_of_clips = []
    for parts, tail in zip(files, tails, strict=True):
        names = _names(parts, Path(parts[-1]).stem)
        depth = next((i for i, name in enumerate(names) if len(holders[name.casefold()]) == 1), len(names) - 1)
        name = _names(parts, Path(parts[-1]).stem + tail)[depth]
        is_alone = len(owners[name.casefold()]) == 1
        names_of_clips.append(printable(name if is_alone else _names(parts, parts[-1] + tail)[depth]))
    return names_of_clips


def _names(parts: Sequence[str], last: str) -> list[str]:
    """Return a file's possible names, from the shortest to its whole path."""
    return [Path(*parts[depth:-1], last).as_posix() for depth in range(len(parts) - 1, -1, -1)]
