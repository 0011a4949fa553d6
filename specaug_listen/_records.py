"""Records: frozen, validated value types, with one declaration for Python, YAML and JSON.

A record is a pydantic dataclass whose errors are ParameterErrors: one line with the field, the value and what is
allowed, and the dotted name of the field as an attribute. A file of records may come from anybody, so limits apply to
reading it.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
import json
import math
import os
import re
import typing
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar

import pydantic
import pydantic.dataclasses
import pydantic_core
from typing_extensions import dataclass_transform

from ._files import as_path, printable, read_file
from ._rng import MAX_SEED
from .errors import ParameterError, PolicyError, nearest, value_text

__all__ = [
    "Seed",
    "Sha256",
    "from_file_data",
    "from_json",
    "from_plain",
    "pattern",
    "read_record_file",
    "record",
    "record_key",
    "short_repr",
    "to_json",
    "to_plain",
]

T = TypeVar("T")
_MAX_REPR_LENGTH, _MAX_VALUE_LENGTH, _MAX_SHOWN = 160, 120, 3
_MAX_LIST_LENGTH = 180
_MAX_DEPTH, _MAX_KEY_LENGTH, _MAX_TEXT_LENGTH = 60, 200, 20_000
# The largest float of single precision, and the largest 64-bit integer.
_MAX_FLOAT, _MAX_INTEGER = 3.4028235e38, 2**63 - 1
_ADVICE = "the file is not as it was written; take it as it was, or run the audition or sweep again"
_CONFIG = pydantic.ConfigDict(extra="forbid", strict=True, arbitrary_types_allowed=True)


@dataclass_transform(frozen_default=True, field_specifiers=(dataclasses.field, pydantic.Field))
def record(cls: type[T]) -> type[T]:
    """Make ``cls`` a frozen dataclass whose constructor checks types and ranges, and raises a ParameterError.

    Examples
    --------
    >>> @record
    ... class Mask:
    ...     count: int = pydantic.Field(1, ge=0)
    >>> Mask(count=-1)
    Traceback (most recent call last):
    ...
    specaug_listen.errors.ParameterError: Mask: count=-1: should be greater than or equal to 0
    """
    if "__repr__" not in cls.__dict__:
        cls.__repr__ = short_repr  # type: ignore[method-assign]
    dataclass: Any = pydantic.dataclasses.dataclass(frozen=True, config=_CONFIG)(cls)
    checked_init = dataclass.__init__

    @functools.wraps(checked_init)
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        try:
            checked_init(self, *args, **kwargs)
        except pydantic.ValidationError as error:
            raise _refusal(dataclass, error, cls.__name__) from None

    dataclass.__init__ = __init__
    return dataclass  # type: ignore[no-any-return]


def record_key(name: str, key: str) -> Any:
    """Name a field ``name`` in Python and ``key`` in records, as earlier versions wrote it; both are read."""
    return pydantic.Field(validation_alias=pydantic.AliasChoices(name, key), serialization_alias=key)


def pattern(regex: str, words: str) -> pydantic.AfterValidator:
    r"""Return a validator for texts that match a regular expression, which messages describe as ``words``.

    Examples
    --------
    >>> pattern(r"draw-\d", "draw- and a digit").func("draw-1")
    'draw-1'
    """
    compiled = re.compile(regex)

    def check(text: str) -> str:
        if compiled.fullmatch(text) is None:
            raise pydantic_core.PydanticCustomError("pattern", "Input should be {words}", {"words": words})
        return text

    return pydantic.AfterValidator(check)


Seed = Annotated[int, pydantic.Field(ge=0, le=MAX_SEED)]
Sha256 = Annotated[str, pattern("[0-9a-f]{64}", "64 hexadecimal digits")]


def short_repr(value: Any) -> str:
    """Return a dataclass as one line of about 200 characters at most: its name and its first fields.

    Examples
    --------
    >>> @record
    ... class Mask:
    ...     count: int
    ...     fills: tuple[float, ...] = ()
    >>> Mask(1, (0.0,) * 9)
    Mask(count=1, fills=(0.0, 0.0, 0.0, ... 9 in all))
    """
    parts: list[str] = []
    for each in dataclasses.fields(value):
        if each.repr:
            parts.append(f"{each.name}={_brief(getattr(value, each.name))}")
            if sum(map(len, parts)) > _MAX_REPR_LENGTH:
                parts[-1] = "..."
                break
    return f"{type(value).__name__}({', '.join(parts)})"


def _brief(value: Any) -> str:
    if isinstance(value, (tuple, list)) and len(value) > _MAX_SHOWN:
        first = ", ".join(_brief(each) for each in value[:_MAX_SHOWN])
        return f"({first}, ... {len(value)} in all)"
    if isinstance(value, (tuple, list)):
        inside = ", ".join(_brief(each) for each in value)
        return f"({inside},)" if len(value) == 1 and isinstance(value, tuple) else f"({inside})"
    if isinstance(value, Mapping) and len(value) > _MAX_SHOWN:
        return f"{{{len(value)} entries}}"
    if hasattr(value, "shape") and hasattr(value, "dtype"):
        return f"array of shape {tuple(value.shape)}"
    text = " ".join(repr(value).split())
    return text if len(text) <= _MAX_VALUE_LENGTH else text[: _MAX_VALUE_LENGTH - 3] + "..."


def to_plain(value: Any) -> Any:
    """Return a record as numbers, strings, lists and dictionaries."""
    return json.loads(to_json(value))


def to_json(value: Any) -> str:
    """Return a record as JSON text."""
    return _adapter(type(value)).dump_json(value, by_alias=True).decode()


def from_plain(cls: type[T], data: Any) -> T:
    """Build a record from plain data; raise a ParameterError with the key, the value and what is allowed."""
    try:
        text = json.dumps(data)
    except (TypeError, ValueError) as error:
        raise ParameterError(f"only numbers, texts, lists and mappings are allowed ({error})") from None
    return from_json(cls, text)


def from_json(cls: type[T], text: str | bytes) -> T:
    """Build a record from JSON text; errors as in `from_plain`."""
    try:
        return _adapter(cls).validate_json(text)  # type: ignore[no-any-return]
    except pydantic.ValidationError as error:
        raise _refusal(cls, error) from None


def read_record_file(
    cls: type[T],
    path: str | os.PathLike[str],
    expected: str,
    most_bytes: int,
    *,
    inside: str | os.PathLike[str] | None = None,
) -> T:
    """Read a record from a JSON file that others may have changed.

    Parameters
    ----------
    cls : type
        Record class with a field ``format``.
    path : str or path-like
    expected : str
        Expected content and what to give instead, as the end of a message.
    most_bytes : int
    inside : str, path-like or None
        Folder that must contain the file; see `specaug_listen._files.open_inside`.

    Raises
    ------
    PolicyError
        One line with the file, the key, the value and what is allowed.
    """
    name = printable(as_path(path))
    try:
        data = json.loads(read_file(Path(path), most_bytes, inside=inside), object_pairs_hook=_mapping)
    except OSError as error:
        raise PolicyError.unreadable(f"{name}: cannot be read ({error.strerror}); expected {expected}", error) from None
    except (ValueError, RecursionError) as error:
        raise PolicyError(f"{name}: not valid JSON ({error!s:.200}); expected {expected}") from None
    if not isinstance(data, dict) or "format" not in data:
        raise PolicyError(f"{name}: not {expected}")
    return from_file_data(cls, data, name)


def from_file_data(cls: type[T], data: Any, name: str) -> T:
    """Build a record from the data of a file called ``name`` in messages; errors as in `read_record_file`."""
    try:
        _check_values(data)
        return from_plain(cls, data)
    except ParameterError as error:
        raise PolicyError(f"{name}: {error}; {_ADVICE}") from None


def _mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    mapping = dict(pairs)
    if len(mapping) < len(pairs):
        keys = [key for key, _ in pairs]
        repeated = next(key for key in mapping if keys.count(key) > 1)
        raise ValueError(f"the key {repeated!r:.80} is repeated in one mapping")
    return mapping


def _check_values(data: Any) -> None:
    """Raise a ParameterError unless numbers are finite, and lengths and depth within the limits of records."""
    level: list[tuple[str, Any]] = [("", data)]
    for _ in range(_MAX_DEPTH):
        level = [inside for where, value in level for inside in _inside(where, value)]
        for where, value in level:
            if rule := _rule_of_files(value):
                raise ParameterError(f"{where[:200]}={_short(value)}: is in no record, whose {rule}")
        if not level:
            return
    raise ParameterError(f"{level[0][0][:80]}...: allowed are mappings and lists within one another, {_MAX_DEPTH} deep")


def _inside(where: str, value: Any) -> Iterable[tuple[str, Any]]:
    if isinstance(value, list):
        return ((f"{where}[{i}]", entry) for i, entry in enumerate(value))
    if isinstance(value, dict):
        if long := [key for key in value if len(key) > _MAX_KEY_LENGTH]:
            raise ParameterError(
                f"unknown key {_short(long[0])}: allowed are keys of at most {_MAX_KEY_LENGTH} characters"
            )
        return ((f"{where}.{key}" if where else key, entry) for key, entry in value.items())
    return ()


def _rule_of_files(value: Any) -> str:
    """Return what is true of such values in any record, whatever its place expects; empty if it is of this one."""
    if isinstance(value, float) and not (math.isfinite(value) and abs(value) <= _MAX_FLOAT):
        return "numbers are finite and of single precision"
    if isinstance(value, int) and abs(value) > _MAX_INTEGER:
        return "integers have at most 64 bits"
    if isinstance(value, str) and len(value) > _MAX_TEXT_LENGTH:
        return f"texts have at most {_MAX_TEXT_LENGTH} characters"
    return ""


_ADAPTERS: dict[Any, pydantic.TypeAdapter[Any]] = {}


def _adapter(cls: Any) -> pydantic.TypeAdapter[Any]:
    if cls not in _ADAPTERS:
        _ADAPTERS[cls] = pydantic.TypeAdapter(cls)
    return _ADAPTERS[cls]


def _refusal(cls: Any, error: pydantic.ValidationError, context: str = "") -> ParameterError:
    """Convert pydantic's first error; ``context`` is the class name if a constructor raised it.

    The message of an error that a ``__post_init__`` raised is unchanged.
    """
    details = error.errors(include_url=False)
    kind, path, rule = details[0]["type"], _path(cls, details[0]["loc"]), ""
    values, field = details[0].get("ctx", {}), _dotted(path)
    if kind == "value_error":
        inner = values["error"]
        message = f"{field}: {inner}" if field else str(inner)
        field, rule = ".".join(filter(None, (field, getattr(inner, "field", "")))), getattr(inner, "rule", "")
    elif kind in ("missing", "missing_argument"):
        message = f"{field} is missing"
    elif kind == "unexpected_keyword_argument":
        keys = sorted({name for each in _records_at(cls, path[:-1]) for name in _keys(each)})
        message = f"unknown key {field!r:.80}{nearest(str(path[-1]), keys)} (allowed: {_list(keys)})"
    elif kind == "union_tag_not_found":
        kinds = [each.kind for each in _records_at(cls, path)]
        message = f"{field:.120}: {values['discriminator']} is missing (allowed: {_list(kinds)})"
    elif kind == "union_tag_invalid":
        message = f"{field:.120}: unknown {values['tag']!r:.80} (allowed: {values['expected_tags']})"
    else:
        field = _without_branch(path)
        rule = _rule(each["msg"] for each in details if _without_branch(_path(cls, each["loc"])) == field)
        message = f"{field or 'the document'}={_short(details[0]['input'])}: {rule}"
    refusal = ParameterError(f"{context}: {message}" if context else message, field=field, rule=rule)
    refusal.context = context
    return refusal


def _rule(messages: Iterable[str]) -> str:
    """Return what is allowed, in pydantic's words; for a union, what each of its members allows."""
    first, *alternatives = dict.fromkeys(message.removeprefix("Input ") for message in messages)
    return ", or ".join([first[0].lower() + first[1:], *(rule.removeprefix("should be ") for rule in alternatives)])


def _path(cls: Any, loc: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """Return the path of a value, with the index of a constructor's positional argument replaced by its name."""
    is_positional = bool(loc) and isinstance(loc[0], int) and dataclasses.is_dataclass(cls)
    return (dataclasses.fields(cls)[loc[0]].name, *loc[1:]) if is_positional else loc  # type: ignore[index]


# Pydantic's names for members of a union: a class, `literal['a', 'b']`, `tuple[float, ...]`, or a plain type.
_BRANCH = re.compile(r"[A-Z].*|.*\[.*|float|int|str|bool|none|callable|constrained-str", re.S)


def _without_branch(path: tuple[int | str, ...]) -> str:
    is_key = [isinstance(part, int) or not _BRANCH.fullmatch(part) for part in path]
    return _dotted(path[: is_key.index(False)] if False in is_key else path)


def _records_at(cls: Any, path: tuple[int | str, ...]) -> list[Any]:
    """Return the record classes possible at a path; parts that are no field are an index or select one of a union."""
    records = _records_in(cls)
    for part in path:
        annotations = [each.__pydantic_fields__[part].annotation for each in records if part in _keys(each)]
        matching = [each for each in records if part in (each.__name__, getattr(each, "kind", None))]
        records = [each for annotation in annotations for each in _records_in(annotation)] or matching or records
    return records


def _records_in(annotation: Any) -> list[Any]:
    if hasattr(annotation, "__pydantic_fields__"):
        return [annotation]
    return [each for argument in typing.get_args(annotation) for each in _records_in(argument)]


def _keys(cls: Any) -> list[str]:
    """Return the names of the fields that users write."""
    hidden = {"kind", "format", "frontend_error"}
    return [name for name, field in cls.__pydantic_fields__.items() if name not in hidden and not field.exclude]


def _list(words: Sequence[str]) -> str:
    """Join words with commas, up to a readable length."""
    ends = itertools.accumulate(len(word) + 2 for word in words)
    n = sum(end <= _MAX_LIST_LENGTH for end in ends)
    return ", ".join(words[:n]) + (f" and {len(words) - n} more" if n < len(words) else "")


def _dotted(path: Iterable[int | str]) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")


def _short(value: Any) -> str:
    if isinstance(value, int) and abs(value) > _MAX_INTEGER:
        return f"an integer of {value.bit_length()} bits"
    text = value_text(value)
    return text if len(text) < 80 else text[:77] + "..."
