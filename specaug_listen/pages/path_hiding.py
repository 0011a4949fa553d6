"""Hiding the user's folders in a page: of each path, only the part that distinguishes it is shown.

A finished page is redacted, as logs are, because most texts with a path are not ours: messages of libraries and of the
user's callables, names of policies, records of earlier versions. No text is parsed for meaning.
"""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path, PurePath
from typing import TypeVar

from .page_values import File

__all__ = ["folders_of_user", "hide_folders", "short_paths", "without_folders"]

T = TypeVar("T")
_NAME = r"[^\s/\\'\"<>|:;,(){}\[\]]+"
# /home/me/x.wav, C:\Users\me\x.wav, ~/x.wav, file:///home/me/x.wav; not a URL or part of a longer word.
_ABSOLUTE = re.compile(rf"(?:file://|(?<![\w.:/~-]))(?:/|~/|[A-Za-z]:[\\/])(?:{_NAME}[/\\])+({_NAME})?")


def hide_folders(text: str, folders: Iterable[str] = ()) -> str:
    """Return a text with absolute paths shortened to file names; ``folders`` are known folders, which may have spaces.

    Examples
    --------
    >>> hide_folders("read from /home/me/train.yaml, 10/20 of https://a.org/b/c")
    'read from train.yaml, 10/20 of https://a.org/b/c'
    >>> hide_folders("/my clips/a.wav: cut", ["/my clips"])
    'a.wav: cut'
    """
    for folder in sorted(folders, key=len, reverse=True):
        if len(folder) > 1:
            text = text.replace(folder.rstrip("/\\") + os.sep, "")
    return _ABSOLUTE.sub(lambda match: match[1] or "...", text)


def short_paths(paths: Sequence[str]) -> list[str]:
    """Return the shortest ends of paths that distinguish them, mostly file names.

    Examples
    --------
    >>> short_paths(["/data/a/1.wav", "/data/b/1.wav", "/data/b/2.wav"])
    ['a/1.wav', 'b/1.wav', '2.wav']
    """
    parts = [[part for part in PurePath(path).parts if part != PurePath(path).anchor] for path in paths]
    names = []
    for i, parts_of_path in enumerate(parts):
        length = 1
        other_paths = [other for j, other in enumerate(parts) if j != i and paths[j] != paths[i]]
        while length < len(parts_of_path) and any(other[-length:] == parts_of_path[-length:] for other in other_paths):
            length += 1
        names.append("/".join(parts_of_path[-length:]) or paths[i])
    return names


def folders_of_user(paths: Iterable[str]) -> list[str]:
    """List absolute folders of the user: those of the files, the working directory and the home directory."""
    folders = {os.path.expanduser("~"), os.getcwd()}
    for path in paths:
        if os.path.isabs(path):
            folders.update(str(folder) for folder in Path(path).parents)
    return [folder for folder in folders if len(Path(folder).parts) > 1]


def without_folders(value: T, folders: Sequence[str] = ()) -> T:
    """Return a value with `hide_folders` applied to every text in it, except files and their addresses.

    Examples
    --------
    >>> without_folders(("policy /home/me/mine.py:f", 3))
    ('policy mine.py:f', 3)
    """
    if isinstance(value, str):
        return hide_folders(value, folders)  # type: ignore[return-value]
    if isinstance(value, tuple):
        held = [without_folders(item, folders) for item in value]
        return type(value)(*held) if hasattr(value, "_fields") else tuple(held)  # type: ignore[return-value]
    if dataclasses.is_dataclass(value) and not isinstance(value, (File, type)):
        changes = {
            field.name: without_folders(getattr(value, field.name), folders)
            for field in dataclasses.fields(value)
            if field.init
        }
        return dataclasses.replace(value, **changes)
    return value
