"""Reading YAML and JSON that a stranger may have written: nothing is executed, nothing is endless."""

from __future__ import annotations

import codecs
import json
import os
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, TypeVar

from ._files import as_path, open_file, printable
from .errors import ParameterError, PolicyError, unknown_name, value_text

__all__ = [
    "YAML_SUFFIXES",
    "RepeatedKey",
    "Tagged",
    "as_mapping",
    "framework_data_of",
    "mapping_of",
    "preset_or_file",
    "read_mapping",
    "read_plain",
    "read_text",
    "scalar",
    "scalar_text",
    "text_of",
]

T = TypeVar("T")

# Endings of the files that are read as YAML, of which JSON is a part.
YAML_SUFFIXES = (".yaml", ".yml", ".json")
_MAX_BYTES = 1 << 20
_LONGEST_NUMBER = 100  # as in YAML, whose reader takes 20 ms to import
_LONGEST_TEXT_SHOWN = 60


def read_mapping(path: str | os.PathLike[str], what: str) -> dict[str, Any]:
    """Read a YAML (or JSON) file that holds one mapping.

    Raises
    ------
    PolicyError
        When the file is missing, unreadable, over 1 MiB, no YAML, no mapping, or uses tags or aliases.
    """
    return mapping_of(read_text(path, what), path, what)


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
    from ._yaml_loader import load  # only files need it, and it takes 20 ms to import

    return _parse(read_text(path, what, form), path, what, form, load)


def read_text(path: str | os.PathLike[str], what: str, form: str = "YAML mapping") -> str:
    """The text of a file, of at most 1 MiB; errors as in `read_plain`."""
    name = printable(as_path(path))
    try:
        with open_file(path) as file:
            raw = file.read(_MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise PolicyError.unreadable(f"{name}: the {what} file cannot be read ({reason})", error) from None
    if len(raw) > _MAX_BYTES:
        raise PolicyError(f"{name}: more than {_MAX_BYTES} bytes; a {what} file is a short {form}")
    return text_of(raw, path, what, form)


def text_of(raw: bytes, path: str | os.PathLike[str], what: str, form: str = "YAML mapping") -> str:
    """The text of bytes in UTF-8, or in UTF-16 where a mark says so; errors as in `read_plain`.

    Examples
    --------
    >>> text_of("p: 1".encode("utf-16"), "x.yaml", "policy")
    'p: 1'
    """
    is_marked = raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        # A mark of UTF-8 is taken off by hand: its codec is a file of Python's, which a user may not be able to read.
        text = raw.decode("utf-16") if is_marked else raw.removeprefix(codecs.BOM_UTF8).decode()
        if "\0" in text:  # UTF-32, UTF-16 without a mark, or no text at all
            raise UnicodeError
        return text
    except UnicodeError:
        raise PolicyError(f"{printable(path)}: not a text file in UTF-8; a {what} file is a {form}") from None


def mapping_of(text: str, path: str | os.PathLike[str], what: str) -> dict[str, Any]:
    """The mapping that a text of our own YAML holds; errors as in `read_mapping`."""
    from ._yaml_loader import load

    return _mapping(text, path, what, load)


class RepeatedKey(NamedTuple):
    """A key that stands twice or more in one mapping: where, what counts, and what stood there before."""

    place: tuple[str, ...]
    last: Any
    before: Any


def framework_data_of(text: str, path: str | os.PathLike[str]) -> tuple[Any, tuple[RepeatedKey, ...]]:
    """Read a framework's configuration, in YAML or JSON, and list the keys that are repeated: the last one counts.

    Aliases and merged keys are followed; a tag and what follows it stand in the result as `Tagged`, and nothing is done
    about them.

    Raises
    ------
    PolicyError
        When the text is neither, names Python objects, or aliases blow it up.
    """
    repeated: list[RepeatedKey] = []
    if text.lstrip(" \t\r\n").startswith(("{", "[")):
        try:
            data = _parse(text, path, "policy", "YAML mapping", lambda text: _json(text, repeated), "JSON")
            return data, tuple(repeated)
        except PolicyError:
            if os.fspath(path).lower().endswith(".json"):
                raise
    from ._yaml_loader import load_tagged

    repeated.clear()

    def note(place: tuple[str, ...], last: Any, before: Any) -> None:
        repeated.append(RepeatedKey(place, last, before))

    data = _parse(text, path, "policy", "YAML mapping", lambda text: load_tagged(text, Tagged, note))
    return data, tuple(repeated)


class Tagged(NamedTuple):
    """A YAML tag such as ``!ref``, and what stands behind it."""

    tag: str
    value: Any

    def __repr__(self) -> str:
        return f"{self.tag} {self.value!r}"


def _mapping(text: str, path: str | os.PathLike[str], what: str, load: Callable[[str], Any]) -> dict[str, Any]:
    return as_mapping(_parse(text, path, what, "YAML mapping", load), path, what)


def as_mapping(data: Any, path: str | os.PathLike[str], what: str) -> dict[str, Any]:
    """Return what a file holds, which is to be a mapping of names.

    Raises
    ------
    PolicyError
        When it is none.
    """
    if not isinstance(data, dict) or not all(isinstance(key, str) for key in data):
        raise PolicyError(f"{printable(path)}: holds {_kind(data)}; a {what} file is a YAML mapping of names to values")
    return data


def _parse(
    text: str, path: str | os.PathLike[str], what: str, form: str, load: Callable[[str], Any], language: str = "YAML"
) -> Any:
    from ._yaml_loader import YAMLError

    name = printable(path)
    try:
        return load(text)
    except RecursionError:
        raise PolicyError(f"{name}: nested too deeply; a {what} file is a flat {form}") from None
    except (YAMLError, ValueError) as error:
        raise PolicyError(f"{name}: not valid {language} ({_one_line(error, text)})") from None


def scalar(text: str) -> bool | int | float | str | None:
    """Return what a word of a command line says: a number, true, false or null, or else itself.

    Examples
    --------
    >>> scalar("40"), scalar("0.5"), scalar("null"), scalar(" floor ")
    (40, 0.5, None, 'floor')
    """
    try:
        value = json.loads(text, parse_int=_whole)
    except (ValueError, RecursionError):
        return text.strip()
    return text.strip() if isinstance(value, (dict, list)) else value


def scalar_text(value: object) -> str:
    """Write a value as `scalar` reads it.

    Examples
    --------
    >>> scalar_text(0.5), scalar_text(None), scalar_text(True), scalar_text("floor")
    ('0.5', 'null', 'true', 'floor')
    """
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _whole(digits: str) -> int:
    if len(digits) > _LONGEST_NUMBER:
        raise ValueError(f"a number of {len(digits)} characters, {digits[:40]}...: allowed are {_LONGEST_NUMBER}")
    return int(digits)


def _json(text: str, repeated: list[RepeatedKey]) -> Any:
    twice: list[tuple[dict[str, Any], str, Any]] = []

    def mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        held: dict[str, Any] = {}
        for key, value in pairs:
            if key in held:
                twice.append((held, key, held[key]))
            held[key] = value
        return held

    from ._yaml_loader import MAX_DEPTH, MAX_VALUES

    data = json.loads(text, object_pairs_hook=mapping, parse_int=_whole)
    places: dict[int, tuple[str, ...]] = {id(data): ()}
    level, depth, n_values = [data] if isinstance(data, dict | list) else [], 0, 0
    while level:
        inner = []
        for held in level:
            n_values += len(held)
            for key, value in held.items() if isinstance(held, dict) else enumerate(held):
                if isinstance(value, dict | list):
                    places[id(value)] = (*places[id(held)], str(key))
                    inner.append(value)
        level, depth = inner, depth + 1
        if depth > MAX_DEPTH:
            raise ValueError(f"nested more than {MAX_DEPTH} deep")
        if n_values > MAX_VALUES:
            raise ValueError(f"more than {MAX_VALUES} values")
    # What stands in a value that does not count is of no account.
    repeated += [
        RepeatedKey((*places[id(held)], key), held[key], before) for held, key, before in twice if id(held) in places
    ]
    return data


def preset_or_file(
    name_or_path: Any, cls: type[T], values: Mapping[str, T], what: str, read: Callable[[str | os.PathLike[str]], T]
) -> T:
    """Return the preset of a name, in upper or lower case, or what a YAML file at this path holds.

    Parameters
    ----------
    name_or_path : cls, str or path-like
        An instance of ``cls`` is returned as it is.
    cls : type
    values : mapping of str to cls
    what : str
        How it is called in a message, e.g. "front-end".
    read : callable
        Reads a file.

    Raises
    ------
    ParameterError
        For an unknown name; the nearest known one is named.
    """
    if isinstance(name_or_path, cls):
        return name_or_path
    if isinstance(name_or_path, os.PathLike):
        return read(name_or_path)
    if not isinstance(name_or_path, str):
        raise ParameterError(f"{what}={name_or_path!r:.80}: expected a {cls.__name__}, a name, or a .yaml file")
    for name, value in values.items():
        if name.lower() == name_or_path.lower():
            return value
    if name_or_path.lower().endswith(YAML_SUFFIXES):
        return read(name_or_path)
    raise unknown_name(what, name_or_path, values, "a .yaml file")


def _one_line(error: Exception, text: str) -> str:
    mark = getattr(error, "problem_mark", None)
    place = f", line {mark.line + 1}" if mark else ""
    problem = str(getattr(error, "problem", None) or error)
    if mark and "cannot start any token" in problem and "\t" in "".join(text.splitlines()[mark.line : mark.line + 1]):
        problem = "a tab stands before a name or value; YAML is indented by spaces only"
    return f"{problem}{place}".replace("\n", " ")


def _kind(data: Any) -> str:
    if data is None:
        return "nothing"
    if isinstance(data, dict):
        return "a mapping with keys that are not text"
    if isinstance(data, str) and len(data) > _LONGEST_TEXT_SHOWN:
        return f"the text {data[:_LONGEST_TEXT_SHOWN]!r}..."
    return "a list" if isinstance(data, list) else value_text(data)
