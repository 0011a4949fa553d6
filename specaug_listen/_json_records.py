"""Records that lie beside sounds: JSON of this package, which others may have changed; read within limits."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeVar

from ._files import as_path, printable, read_file
from ._records import from_plain
from .errors import ParameterError, PolicyError

__all__ = ["json_record", "read_json_record"]

R = TypeVar("R")
_MOST_DEEP, _LONGEST_KEY, _LONGEST_TEXT = 60, 200, 20_000
# The largest number of single precision, and the largest integer of 64 bits.
_LARGEST, _LARGEST_INTEGER = 3.4028235e38, 2**63 - 1
_ADVICE = "the file is not as it was written; take it as it was, or run the audition or sweep again"


def read_json_record(
    cls: type[R],
    path: str | os.PathLike[str],
    expected: str,
    most_bytes: int,
    *,
    inside: str | os.PathLike[str] | None = None,
) -> R:
    """Read one record.

    Parameters
    ----------
    cls : type
        With a field ``format``.
    path : str or path-like
    expected : str
        What should be there, and what to give, as the tail of a message.
    most_bytes : int
    inside : str, path-like or None
        The folder that it may not lie outside of.

    Raises
    ------
    PolicyError
        One line that names the file, the key, the value and what is allowed.
    """
    name = printable(as_path(path))
    try:
        data = json.loads(read_file(Path(path), most_bytes, inside=inside), object_pairs_hook=_mapping)
    except OSError as error:
        raise PolicyError(f"{name}: cannot be read ({error.strerror}); expected {expected}") from None
    except (ValueError, RecursionError) as error:
        raise PolicyError(f"{name}: not valid JSON ({error!s:.200}); expected {expected}") from None
    if not isinstance(data, dict) or "format" not in data:
        raise PolicyError(f"{name}: not {expected}")
    return json_record(cls, data, name)


def json_record(cls: type[R], data: Any, name: str) -> R:
    """A record of data that was read from a file, which a message calls ``name``.

    Raises
    ------
    PolicyError
        As `read_json_record`.
    """
    try:
        _check_values(data)
        return from_plain(cls, data)
    except ParameterError as error:
        raise PolicyError(f"{name}: {error}; {_ADVICE}") from None


def _mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in made if keys.count(key) > 1)
        raise ValueError(f"the key {twice!r:.80} stands twice in one mapping")
    return made


def _check_values(data: Any) -> None:
    """See that numbers are finite, and that nothing is longer or deeper than records are.

    Raises
    ------
    ParameterError
    """
    level: list[tuple[str, Any]] = [("", data)]
    for _ in range(_MOST_DEEP):
        level = [inside for where, value in level for inside in _inside(where, value)]
        for where, value in level:
            if allowed := _refused(value):
                raise ParameterError(f"{where[:200]}={_short(value)}: allowed is {allowed}")
        if not level:
            return
    raise ParameterError(f"{level[0][0][:80]}...: allowed are mappings and lists within one another, {_MOST_DEEP} deep")


def _inside(where: str, value: Any) -> Iterable[tuple[str, Any]]:
    if isinstance(value, list):
        return ((f"{where}[{i}]", one) for i, one in enumerate(value))
    if isinstance(value, dict):
        if long := [key for key in value if len(key) > _LONGEST_KEY]:
            raise ParameterError(
                f"unknown key {_short(long[0])}: allowed are keys of at most {_LONGEST_KEY} characters"
            )
        return ((f"{where}.{key}" if where else key, one) for key, one in value.items())
    return ()


def _refused(value: Any) -> str:
    """What is allowed in place of a value that no record holds; empty where it may stand."""
    if isinstance(value, float) and not (math.isfinite(value) and abs(value) <= _LARGEST):
        return "a finite number of single precision"
    if isinstance(value, int) and abs(value) > _LARGEST_INTEGER:
        return "an integer of 64 bits"
    if isinstance(value, str) and len(value) > _LONGEST_TEXT:
        return f"a text of at most {_LONGEST_TEXT} characters"
    return ""


def _short(value: Any) -> str:
    if isinstance(value, int) and abs(value) > _LARGEST_INTEGER:
        return f"an integer of {value.bit_length()} bits"
    text = repr(value[:100] if isinstance(value, str) else value)
    return text if len(text) <= 80 else text[:77] + "..."
