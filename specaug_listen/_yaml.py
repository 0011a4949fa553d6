"""Safe reading of YAML and JSON from untrusted files: nothing is executed, and sizes are limited."""

from __future__ import annotations

import codecs
import json
import os
from collections.abc import Callable
from typing import Any, NamedTuple

from ._files import as_path, open_file, printable
from .errors import PolicyError, value_text

__all__ = [
    "YAML_SUFFIXES",
    "RepeatedKey",
    "Tagged",
    "as_mapping",
    "framework_data_of",
    "mapping_of",
    "read_mapping",
    "read_plain",
    "read_text",
    "scalar",
    "scalar_text",
    "text_of",
]

# Suffixes of files that are read as YAML, a superset of JSON.
YAML_SUFFIXES = (".yaml", ".yml", ".json")
_MAX_BYTES = 1 << 20
_MAX_NUMBER_LENGTH = 100  # as in `_yaml_loader`, which takes 20 ms to import
_MAX_SHOWN_LENGTH = 60


def read_mapping(path: str | os.PathLike[str], what: str) -> dict[str, Any]:
    """Read a YAML (or JSON) file that contains one mapping.

    Raises a PolicyError if the file is missing, unreadable, over 1 MiB, not YAML, not a mapping, or uses tags or
    aliases. ``what`` is the kind of file in messages, e.g. "policy".
    """
    return mapping_of(read_text(path, what), path, what)


def read_plain(path: str | os.PathLike[str], what: str, form: str) -> Any:
    """Read a YAML (or JSON) file of plain values; ``form`` names the expected form, e.g. "YAML mapping".

    Errors as in `read_mapping`, but for the mapping.
    """
    from ._yaml_loader import load  # takes 20 ms to import, and only files need it

    return _parse(read_text(path, what, form), path, what, form, load)


def read_text(path: str | os.PathLike[str], what: str, form: str = "YAML mapping") -> str:
    """Return the text of a file of at most 1 MiB; errors as in `read_plain`."""
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
    """Decode UTF-8, or UTF-16 with a byte order mark; errors as in `read_plain`.

    Examples
    --------
    >>> text_of("p: 1".encode("utf-16"), "x.yaml", "policy")
    'p: 1'
    """
    is_marked = raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        # The BOM of UTF-8 is removed by hand: its codec is a file of Python's, which may be unreadable.
        text = raw.decode("utf-16") if is_marked else raw.removeprefix(codecs.BOM_UTF8).decode()
        if "\0" in text:  # UTF-32, UTF-16 without a BOM, or not text
            raise UnicodeError
        return text
    except UnicodeError:
        raise PolicyError(f"{printable(path)}: not a text file in UTF-8; a {what} file is a {form}") from None


def mapping_of(text: str, path: str | os.PathLike[str], what: str) -> dict[str, Any]:
    """Return the mapping in a text of our own YAML; errors as in `read_mapping`."""
    from ._yaml_loader import load

    return as_mapping(_parse(text, path, what, "YAML mapping", load), path, what)


class RepeatedKey(NamedTuple):
    """A repeated key of a mapping: its path, its last value, which counts, and the previous one."""

    place: tuple[str, ...]
    last: Any
    before: Any


def framework_data_of(text: str, path: str | os.PathLike[str]) -> tuple[Any, tuple[RepeatedKey, ...]]:
    """Read a framework's configuration in YAML or JSON, and list its repeated keys, of which the last one counts.

    Aliases and merged keys are resolved; a tag and its value become `Tagged`, and are not interpreted. Raises a
    PolicyError if the text is neither, names Python objects, or its aliases expand without bounds.
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
    """A YAML tag such as ``!ref``, and its value."""

    tag: str
    value: Any

    def __repr__(self) -> str:
        return f"{self.tag} {self.value!r}"


def as_mapping(data: Any, path: str | os.PathLike[str], what: str) -> dict[str, Any]:
    """Return the data of a file; raise a PolicyError unless it is a mapping with names as keys."""
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
    """Convert a word of the command line to a number, true, false or null; other text is returned stripped.

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
    """Return a value in the form that `scalar` reads.

    Examples
    --------
    >>> scalar_text(0.5), scalar_text(None), scalar_text(True), scalar_text("floor")
    ('0.5', 'null', 'true', 'floor')
    """
    return "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _whole(digits: str) -> int:
    if len(digits) > _MAX_NUMBER_LENGTH:
        raise ValueError(f"a number of {len(digits)} characters, {digits[:40]}...: allowed are {_MAX_NUMBER_LENGTH}")
    return int(digits)


def _json(text: str, repeated: list[RepeatedKey]) -> Any:
    repeats: list[tuple[dict[str, Any], str, Any]] = []

    def mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key, value in pairs:
            if key in values:
                repeats.append((values, key, values[key]))
            values[key] = value
        return values

    from ._yaml_loader import MAX_DEPTH, MAX_VALUES

    data = json.loads(text, object_pairs_hook=mapping, parse_int=_whole)
    places: dict[int, tuple[str, ...]] = {id(data): ()}
    level, depth, n_values = [data] if isinstance(data, dict | list) else [], 0, 0
    while level:
        inner = []
        for container in level:
            n_values += len(container)
            for key, value in container.items() if isinstance(container, dict) else enumerate(container):
                if isinstance(value, dict | list):
                    places[id(value)] = (*places[id(container)], str(key))
                    inner.append(value)
        level, depth = inner, depth + 1
        if depth > MAX_DEPTH:
            raise ValueError(f"nested more than {MAX_DEPTH} deep")
        if n_values > MAX_VALUES:
            raise ValueError(f"more than {MAX_VALUES} values")
    # Repeats inside a value that an outer repeat has overridden are not reported.
    repeated += [
        RepeatedKey((*places[id(values)], key), values[key], before)
        for values, key, before in repeats
        if id(values) in places
    ]
    return data


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
    if isinstance(data, str) and len(data) > _MAX_SHOWN_LENGTH:
        return f"the text {data[:_MAX_SHOWN_LENGTH]!r}..."
    return "a list" if isinstance(data, list) else value_text(data)
