"""Finding the audio files that paths stand for."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from ._files import printable

__all__ = ["AUDIO_SUFFIXES", "find_audio"]

AUDIO_SUFFIXES = frozenset({".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".aifc"})


def find_audio(
    paths: Iterable[str | os.PathLike[str]], *, without: str | os.PathLike[str] | None = None
) -> tuple[list[Path], list[str]]:
    """List the audio files that paths stand for.

    Parameters
    ----------
    paths : iterable of str or path-like
        A file stands for itself, whatever its suffix; a folder for all audio files below it.
    without : str or path-like or None
        A folder to leave out where it lies below another: the results of an earlier run.

    Returns
    -------
    files : list of Path
        Each once, sorted by path, so that the order of the arguments does not matter.
    problems : list of str
        One line for each path that is missing or holds no audio.
    """
    found: dict[str, Path] = {}
    problems = []
    for given in paths:
        if not os.fspath(given):
            problems.append("an empty path: expected a file or a folder")
            continue
        path = Path(given)
        name = printable(path)
        if path.is_dir():
            unreadable: list[OSError] = []
            inside = _audio_below(path, without, unreadable)
            problems += [f"{printable(e.filename)}: cannot be listed ({e.strerror})" for e in unreadable]
            if not inside and not unreadable:
                allowed = " ".join(sorted(AUDIO_SUFFIXES))
                problems.append(f"{name}: the folder holds no audio file (allowed: {allowed})")
        elif os.path.lexists(path):
            inside = [path]
        else:
            inside = []
            problems.append(f"{name}: no such file or folder")
        for file in inside:
            # The same file under two names keeps the shorter one, whichever came first.
            key = os.path.abspath(file)
            found[key] = min(found.get(key, file), file, key=lambda p: (len(str(p)), str(p)))
    return [found[key] for key in sorted(found)], problems


def _audio_below(folder: Path, without: str | os.PathLike[str] | None, unreadable: list[OSError]) -> list[Path]:
    left_out = None if without is None else os.path.realpath(without)
    found: list[Path] = []
    for root, folders, names in os.walk(folder, onerror=unreadable.append):
        folders[:] = [name for name in folders if os.path.realpath(os.path.join(root, name)) != left_out]
        found += [
            Path(root, name)
            for name in names
            if Path(name).suffix.lower() in AUDIO_SUFFIXES and not name.startswith(".")
        ]
    return found
