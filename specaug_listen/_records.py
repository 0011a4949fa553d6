"""Frozen, validated value types: one declaration serves Python, YAML and JSON.

A record is a pydantic dataclass whose errors speak our language: one line that names the
field, the value it got, and what is allowed.
"""

from __future__ import annotations

import dataclasses
import difflib
import functools
import itertools
import json
from collections.abc import Mapping
from typing import Any, TypeVar

import pydantic
import pydantic.dataclasses
from typing_extensions import dataclass_transform

from .errors import ParameterError, value_text

__all__ = ["from_json", "from_plain", "nearest", "record", "short_repr", "to_json", "to_plain"]

T = TypeVar("T")
_LONGEST_REPR, _LONGEST_VALUE, _MOST_SHOWN = 160, 120, 3
_LONGEST_LIST = 180
_CONFIG = pydantic.ConfigDict(extra="forbid", strict=True, arbitrary_types_allowed=True)


@dataclass_transform(frozen_default=True, field_specifiers=(dataclasses.field, pydantic.Field))
def record(cls: type[T]) -> type[T]:
    """Make ``cls`` a frozen dataclass that checks types and ranges when it is built.

    Raises
    ------
    ParameterError
        From the constructor, in one line.

    Examples
    --------
    >>> @record
    ... class Mask:
    ...     count: int = pydantic.Field(1, ge=0)
    >>> Mask(count=-1)
    Traceback (most recent call last):
    ...
    specaug_listen.errors.ParameterError: Mask: count=-1: allowed is an integer >= 0
    """
    if "__repr__" not in cls.__dict__:
        cls.__repr__ = short_repr  # type: ignore[method-assign]
    made: Any = pydantic.dataclasses.dataclass(frozen=True, config=_CONFIG)(cls)
    checked_init = made.__init__

    @functools.wraps(checked_init)
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        try:
            checked_init(self, *args, **kwargs)
        except pydantic.ValidationError as error:
            raise _refusal(made, error, cls.__name__) from None

    made.__init__ = __init__
    return made  # type: ignore[no-any-return]


def short_repr(value: Any) -> str:
    """A dataclass as one line of at most about 200 characters: its name, and its first fields.

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
            if sum(map(len, parts)) > _LONGEST_REPR:
                parts[-1] = "..."
                break
    return f"{type(value).__name__}({', '.join(parts)})"


def _brief(value: Any) -> str:
    if isinstance(value, (tuple, list)) and len(value) > _MOST_SHOWN:
        first = ", ".join(_brief(each) for each in value[:_MOST_SHOWN])
        return f"({first}, ... {len(value)} in all)"
    if isinstance(value, (tuple, list)):
        inside = ", ".join(_brief(each) for each in value)
        return f"({inside},)" if len(value) == 1 and isinstance(value, tuple) else f"({inside})"
    if isinstance(value, Mapping) and len(value) > _MOST_SHOWN:
        return f"{{{len(value)} entries}}"
    if hasattr(value, "shape") and hasattr(value, "dtype"):
        return f"array of shape {tuple(value.shape)}"
    text = " ".join(repr(value).split())
    return text if len(text) <= _LONGEST_VALUE else text[: _LONGEST_VALUE - 3] + "..."


def to_plain(value: Any) -> Any:
    """Turn a record into numbers, strings, lists and dictionaries."""
    return json.loads(to_json(value))


def to_json(value: Any) -> str:
    """Turn a record into a JSON text."""
    return _adapter(type(value)).dump_json(value, by_alias=True).decode()


def from_plain(cls: type[T], data: Any) -> T:
    """Build a record from what YAML or JSON hold.

    Raises
    ------
    ParameterError
        One line that names the key, the value and what is allowed.
    """
    try:
        text = json.dumps(data)
    except (TypeError, ValueError) as error:
        raise ParameterError(f"only numbers, texts, lists and mappings are allowed ({error})") from None
    return from_json(cls, text)


def from_json(cls: type[T], text: str | bytes) -> T:
    """Build a record from a JSON text; errors as in `from_plain`."""
    try:
        return _adapter(cls).validate_json(text)  # type: ignore[no-any-return]
    except pydantic.ValidationError as error:
        raise _refusal(cls, error) from None


def nearest(word: str, known: list[str]) -> str:
    """Say which known word comes closest, as the tail of a message.

    Examples
    --------
    >>> nearest("wisper", ["whisper", "nemo"])
    "; did you mean 'whisper'?"
    """
    close = difflib.get_close_matches(word.lower(), {k.lower(): k for k in known}, n=1, cutoff=0.5)
    original = {k.lower(): k for k in known}
    return f"; did you mean {original[close[0]]!r}?" if close else ""


_ADAPTERS: dict[Any, pydantic.TypeAdapter[Any]] = {}


def _adapter(cls: Any) -> pydantic.TypeAdapter[Any]:
    if cls not in _ADAPTERS:
        _ADAPTERS[cls] = pydantic.TypeAdapter(cls)
    return _ADAPTERS[cls]


@functools.lru_cache(maxsize=32)
def _schema(cls: Any) -> Mapping[str, Any]:
    schema: Mapping[str, Any] = _adapter(cls).json_schema(mode="serialization")
    return schema


def _refusal(cls: Any, error: pydantic.ValidationError, context: str = "") -> ParameterError:
    """Make one error of the first of pydantic's, with the name of the class before it where it comes of a constructor.

    The message of an error that a ``__post_init__`` raised stays as it is.
    """
    first = error.errors(include_url=False)[0]
    cause = first.get("ctx", {}).get("error")
    if first["type"] == "value_error":
        place = _dotted(first["loc"])
        field = ".".join(filter(None, (place, getattr(cause, "field", ""))))
        rule = getattr(cause, "rule", "")
        refusal = ParameterError(f"{place}: {cause}" if place else str(cause), field=field, rule=rule)
    else:
        refusal = _described(cls, first)
    if not context:
        return refusal
    with_context = ParameterError(f"{context}: {refusal}", field=refusal.field, rule=refusal.rule)
    with_context.context = context
    return with_context


def _described(cls: Any, first: Any) -> ParameterError:
    path, kind = first["loc"], first["type"]
    schema = _schema(cls)
    if kind == "unexpected_keyword_argument":
        # These are set by the reader, not by people.
        keys = sorted(set(_resolve(schema, path[:-1]).get("properties", {})) - {"kind", "format", "frontend_error"})
        hint = nearest(str(path[-1]), keys)
        message = f"unknown key {_dotted(path)!r:.80}{hint} (allowed: {_listed(keys)})"
        return ParameterError(message, field=_dotted(path))
    if kind in ("missing", "missing_argument"):
        return ParameterError(f"{_dotted(path)} is missing", field=_dotted(path))
    if kind == "union_tag_not_found":
        tags = _resolve(schema, path).get("discriminator", {}).get("mapping", {})
        message = f"{_dotted(path):.120}: {first['ctx']['discriminator']} is missing (allowed: {_listed(list(tags))})"
        return ParameterError(message, field=_dotted(path))
    if kind == "union_tag_invalid":
        ctx = first["ctx"]
        message = f"{_dotted(path):.120}: unknown {ctx['tag']!r:.80} (allowed: {ctx['expected_tags']})"
        return ParameterError(message, field=_dotted(path))
    path = _without_union_branches(schema, path)
    allowed = _in_words(schema, _resolve(schema, path)) or first["msg"].lower()
    rule, field = f"allowed is {allowed}", _dotted(path)
    return ParameterError(f"{field or 'the document'}={_short(first['input'])}: {rule}", field=field, rule=rule)


def _listed(words: list[str]) -> str:
    """Words in a row, as many as one reads."""
    ends = itertools.accumulate(len(word) + 2 for word in words)
    n = sum(end <= _LONGEST_LIST for end in ends)
    return ", ".join(words[:n]) + (f" and {len(words) - n} more" if n < len(words) else "")


def _dotted(path: tuple[int | str, ...]) -> str:
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}"
    return text.lstrip(".")


def _short(value: Any) -> str:
    text = value_text(value)
    return text if len(text) < 80 else text[:77] + "..."


def _deref(schema: Mapping[str, Any], node: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in node:
        node = schema["$defs"][node["$ref"].rsplit("/", 1)[-1]]
    return node


def _step(schema: Mapping[str, Any], node: Mapping[str, Any], part: int | str) -> Mapping[str, Any] | None:
    node = _deref(schema, node)
    if isinstance(part, int):
        names = list(node.get("properties", {}))
        if names:  # a positional argument of a constructor
            return node["properties"][names[part]] if part < len(names) else None
        inside = node.get("items") or next((o["items"] for o in node.get("anyOf", []) if "items" in o), None)
        return inside if isinstance(inside, Mapping) else None
    if part in node.get("properties", {}):
        return node["properties"][part]  # type: ignore[no-any-return]
    if isinstance(node.get("additionalProperties"), Mapping):
        return node["additionalProperties"]  # type: ignore[no-any-return]
    mapping = node.get("discriminator", {}).get("mapping", {})
    return {"$ref": mapping[part]} if part in mapping else None


def _resolve(schema: Mapping[str, Any], path: tuple[int | str, ...]) -> Mapping[str, Any]:
    node: Mapping[str, Any] = schema
    for part in path:
        following = _step(schema, node, part)
        if following is None:
            return {}
        node = following
    return _deref(schema, node)


def _without_union_branches(schema: Mapping[str, Any], path: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """Drop the trailing parts that name a branch of a union instead of a key, and name positions."""
    kept: list[int | str] = []
    node: Mapping[str, Any] = schema
    for part in path:
        names = list(_deref(schema, node).get("properties", {}))
        following = _step(schema, node, part)
        if following is None:
            break
        kept.append(names[part] if isinstance(part, int) and names else part)
        node = following
    return tuple(kept)


_BOUNDS = {"minimum": ">=", "exclusiveMinimum": ">", "maximum": "<=", "exclusiveMaximum": "<"}
_LENGTHS = {
    "minLength": " of at least {} characters",
    "maxLength": " of at most {} characters",
    "minItems": " of at least {} entries",
    "maxItems": " of at most {} entries",
}
_NAMES = {
    "integer": "an integer",
    "number": "a number",
    "string": "a text",
    "boolean": "true or false",
    "null": "null",
    "array": "a list",
    "object": "a mapping",
}


def _in_words(schema: Mapping[str, Any], node: Mapping[str, Any]) -> str:
    node = _deref(schema, node)
    for key in ("anyOf", "oneOf"):
        if key in node:
            return ", or ".join(dict.fromkeys(filter(None, (_in_words(schema, option) for option in node[key]))))
    if "const" in node:
        return repr(node["const"])
    if "enum" in node:
        return "one of " + ", ".join(map(repr, node["enum"]))
    if "pattern" in node and "description" in node:  # which nobody reads as quickly as these words
        return str(node["description"])
    name = _NAMES.get(node.get("type", ""), "")
    if name == "a mapping" and "title" in node:
        name = f"a mapping ({node['title']})"
    name += "".join(words.format(node[key]) for key, words in _LENGTHS.items() if key in node)
    bounds = [f"{sign} {node[key]}" for key, sign in _BOUNDS.items() if key in node]
    return f"{name} {' and '.join(bounds)}".strip()
