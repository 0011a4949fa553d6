"""Look up a front-end or policy by the name of a preset, or read it from a YAML file."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from ._yaml import YAML_SUFFIXES
from .errors import ParameterError, unknown_name

__all__ = ["names_file", "preset_or_file"]

T = TypeVar("T")


def names_file(text: str) -> bool:
    """Whether a text that is no known name can be read as a file, or is a path of folders with nothing at its end.

    Examples
    --------
    >>> names_file("mine.yaml"), names_file("mine")
    (True, False)
    """
    return text.lower().endswith(YAML_SUFFIXES) or (os.sep in text and not os.path.lexists(text))


def preset_or_file(
    name_or_path: Any,
    cls: type[T],
    presets: Mapping[str, T],
    what: str,
    read: Callable[[str | os.PathLike[str]], T],
) -> T:
    """Return the preset of a name, ignoring case, or what ``read`` makes of a YAML file.

    An instance of ``cls`` is returned unchanged. ``what`` is the kind of thing in messages, e.g. "front-end". Raises a
    ParameterError for an unknown name, with the most similar preset.
    """
    if isinstance(name_or_path, cls):
        return name_or_path
    if isinstance(name_or_path, os.PathLike):
        return read(name_or_path)
    if not isinstance(name_or_path, str):
        raise ParameterError(f"{what}={name_or_path!r:.80}: expected a {cls.__name__}, a name, or a .yaml file")
    for name, preset in presets.items():
        if name.lower() == name_or_path.lower():
            return preset
    if names_file(name_or_path):
        return read(name_or_path)
    raise unknown_name(what, name_or_path, presets, "a .yaml file")
