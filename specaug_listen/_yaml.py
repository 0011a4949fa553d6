"""Reading YAML that a stranger may have written: no tags, no aliases, no endless files."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from ._files import printable
from ._record import nearest
from .errors import ParameterError, PolicyError

__all__ = ["by_name", "read_mapping", "read_plain"]

T = TypeVar("T")

_MAX_BYTES = 1 << 20


def read_mapping(path: str | os.PathLike[str], what: str) -> dict[str, Any]:
    """Read a YAML (or JSON) file that holds one mapping.

    Raises
    ------
    PolicyError
        When the file is missing, unreadable, over 1 MiB, no YAML, no mapping, or uses tags or aliases.
    """
    data = read_plain(path, what, "YAML mapping")
    if not isinstance(data, dict) or not all(isinstance(key, str) for key in data):
        raise PolicyError(f"{printable(path)}: holds {_kind(data)}; a {what} file is a YAML mapping of names to values")
    return data


def read_plain(path: str | os.PathLike[str], what: str, form: str) -> Any:
    """Read a YAML (or JSON) file that holds plain values.

    Parameters
    ----------
    path : str or path-like
    what : str
        What the file is called in a message, e.g. "policy".
    form : str
        What it is to hold, e.g. "YAML mapping".

    Raises
    ------
    PolicyError
        When the file is missing, unreadable, over 1 MiB, no YAML, or uses tags or aliases.
    """
    name = printable(path)
    try:
        with open(path, "rb") as file:
            raw = file.read(_MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise PolicyError(f"{name}: the {what} file cannot be read ({reason})") from None
    if len(raw) > _MAX_BYTES:
        raise PolicyError(f"{name}: more than {_MAX_BYTES} bytes; a {what} file is a short {form}")
    from ._yaml_loader import YAMLError, load  # only files need it, and it takes 20 ms to import

    try:
        data = load(raw.decode("utf-8"))
    except UnicodeDecodeError:
        raise PolicyError(f"{name}: not a text file in UTF-8; a {what} file is a {form}") from None
    except RecursionError:
        raise PolicyError(f"{name}: nested too deeply; a {what} file is a flat {form}") from None
    except (YAMLError, ValueError) as error:
        raise PolicyError(f"{name}: not valid YAML ({_one_line(error)})") from None
    return data


def by_name(
    given: Any, cls: type[T], known: Mapping[str, T], what: str, read: Callable[[str | os.PathLike[str]], T]
) -> T:
    """What a name, in upper or lower case, or the path of a YAML file stands for.

    Parameters
    ----------
    given : cls, str or path-like
        An instance of ``cls`` is returned as it is.
    cls : type
    known : mapping of str to cls
    what : str
        How it is called in a message, e.g. "front-end".
    read : callable
        Reads a file.

    Raises
    ------
    ParameterError
        For an unknown name; the nearest known one is named.
    """
    if isinstance(given, cls):
        return given
    if isinstance(given, os.PathLike):
        return read(given)
    if not isinstance(given, str):
        raise ParameterError(f"{what}={given!r}: expected a {cls.__name__}, a name, or a .yaml file")
    for name, value in known.items():
        if name.lower() == given.lower():
            return value
    if given.lower().endswith((".yaml", ".yml", ".json")):
        return read(given)
    names = sorted(known)
    raise ParameterError(
        f"unknown {what} {given!r}{nearest(given, names)} (allowed: {', '.join(names)}, or a .yaml file)"
    )


def _one_line(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    place = f", line {mark.line + 1}" if mark else ""
    return f"{getattr(error, 'problem', None) or error}{place}".replace("\n", " ")


def _kind(data: Any) -> str:
    if data is None:
        return "nothing"
    if isinstance(data, dict):
        return "a mapping with keys that are not text"
    return "a list" if isinstance(data, list) else repr(data)[:60]
