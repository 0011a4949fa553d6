"""Types of the values in frameworks' configurations, and how the arguments of policy functions are checked."""

from __future__ import annotations

import functools
import inspect
import types
from collections.abc import Callable
from typing import Annotated, Any, Literal, ParamSpec, TypeAlias, TypeVar, Union, get_args, get_origin, get_type_hints

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from .._yaml import scalar_text
from ..audio.sound import MIN_RATE_HZ
from ..augment.steps import MAX_COUNT, Count
from ..errors import ParameterError, value_text

__all__ = [
    "Count",
    "Displacement",
    "FramesOrShare",
    "LeastOne",
    "NotAKey",
    "Number",
    "PolicyName",
    "SampleRate",
    "Share",
    "Shares",
    "Widths",
    "check_arguments",
    "check_value",
    "keys_of",
    "types_of",
    "words_for",
    "yaml_text",
]

P = ParamSpec("P")
T = TypeVar("T")

_MAX_VALUE_LENGTH = 60
_STRICT_CONFIG = ConfigDict(strict=True)
_TYPE_WORDS = {bool: "true or false", str: "a text", list: "a list", dict: "a mapping", type(None): "null"}


class NotAKey:
    """Marks a parameter of a policy function that is not a key of the framework's configuration."""


def _pair(value: Any) -> Any:
    """Turn a list into a tuple, because YAML and JSON have no tuples."""
    return tuple(value) if isinstance(value, list) else value


def _ordered(value: Any) -> Any:
    if isinstance(value, tuple) and value[0] > value[1]:
        raise ValueError("the lower bound is above the upper one")
    return value


LeastOne: TypeAlias = Annotated[int, Field(ge=1, le=MAX_COUNT, description=f"an integer from 1 to {MAX_COUNT}")]
Displacement: TypeAlias = Annotated[
    int,
    Field(ge=-MAX_COUNT, le=MAX_COUNT, description=f"an integer up to {MAX_COUNT}, below 1 for none"),
]
SampleRate: TypeAlias = Annotated[
    int,
    Field(ge=MIN_RATE_HZ, le=768_000, description=f"a sample rate in Hz, an integer from {MIN_RATE_HZ} to 768000"),
]
# Integers stay integers, because 1 and 1.0 differ for some frameworks.
Number: TypeAlias = Annotated[int | float, Field(ge=-1e9, le=1e9, description="a number")]
Share: TypeAlias = Annotated[int | float, Field(ge=0, le=1, description="a number from 0 to 1")]
Widths: TypeAlias = Annotated[
    Count | tuple[Count, Count],
    BeforeValidator(_pair),
    AfterValidator(_ordered),
    Field(description=f"an integer from 0 to {MAX_COUNT}, or a list of two, low and high"),
]
Shares: TypeAlias = Annotated[
    Share | tuple[Share, Share],
    BeforeValidator(_pair),
    AfterValidator(_ordered),
    Field(description="a number from 0 to 1, or a list of two, low and high"),
]
FramesOrShare: TypeAlias = Annotated[
    Count | Annotated[float, Field(ge=0, le=1)],
    Field(
        description=f"an integer of frames from 0 to {MAX_COUNT}, or a share as a number with a point, from 0.0 to 1.0"
    ),
]
PolicyName: TypeAlias = Annotated[str, NotAKey]


def words_for(expected: Any) -> str:
    """Describe what a type allows: its description, or those of its parts.

    Examples
    --------
    >>> words_for(Count | None), words_for(Literal["htk", "slaney"])
    ('an integer from 0 to 10000, or null', 'one of htk, slaney')
    """
    if get_origin(expected) is Annotated:
        inner, *metadata = get_args(expected)
        descriptions = [info.description for info in metadata if isinstance(info, FieldInfo) and info.description]
        return descriptions[-1] if descriptions else words_for(inner)
    if get_origin(expected) in (Union, types.UnionType):
        return ", or ".join(map(words_for, get_args(expected)))
    if get_origin(expected) is Literal:
        return f"one of {', '.join(map(str, get_args(expected)))}"
    return _TYPE_WORDS.get(get_origin(expected) or expected, str(expected))


@functools.cache
def _adapter(expected: Any) -> TypeAdapter[Any]:
    return TypeAdapter(expected, config=_STRICT_CONFIG)


def check_value(expected: Any, key: str, value: Any) -> Any:
    """Return a value of the expected type, lists as tuples where pairs are expected; else raise a ParameterError.

    Examples
    --------
    >>> check_value(Widths, "freq_mask_width_range", [0, 20])
    (0, 20)
    """
    try:
        return _adapter(expected).validate_python(value)
    except ValidationError:
        raise ParameterError(f"{key}={value_text(value)}: allowed is {words_for(expected)}") from None


def yaml_text(value: Any) -> str:
    """Write a value as it would be in YAML, in at most 60 characters.

    Examples
    --------
    >>> yaml_text(None), yaml_text((0, 20)), yaml_text("mean")
    ('null', '[0, 20]', 'mean')
    """
    text = scalar_text(list(value) if isinstance(value, tuple) else value)
    return text if len(text) <= _MAX_VALUE_LENGTH else f"{text[: _MAX_VALUE_LENGTH - 3]}..."


@functools.cache
def types_of(function: Callable[..., Any]) -> dict[str, Any]:
    """Return the annotation of each parameter of a policy function."""
    return get_type_hints(inspect.unwrap(function), include_extras=True)


def keys_of(function: Callable[..., Any]) -> list[str]:
    """Return the parameters of a policy function that are keys of the framework's configuration.

    Examples
    --------
    >>> def policy(*, width: Count = 5, name: PolicyName = "mine") -> None: ...
    >>> keys_of(policy)
    ['width']
    """
    types, parameters = types_of(function), inspect.signature(function).parameters
    return [name for name in parameters if NotAKey not in getattr(types[name], "__metadata__", ())]


def check_arguments(function: Callable[P, T]) -> Callable[P, T]:
    """Decorate a policy function so that it checks its arguments against the types in its signature.

    The signature is the only place with the types, ranges and defaults of the framework's own arguments; reading a
    configuration uses it, too. The function raises a ParameterError for an argument that its type does not allow.

    Examples
    --------
    >>> @check_arguments
    ... def policy(*, width: Count = 5) -> int:
    ...     return width
    >>> policy(width=-1)
    Traceback (most recent call last):
    ...
    specaug_listen.errors.ParameterError: width=-1: allowed is an integer from 0 to 10000
    """
    signature = inspect.signature(function)

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        bound = signature.bind(*args, **kwargs)
        for name, value in bound.arguments.items():
            bound.arguments[name] = check_value(types_of(function)[name], name, value)
        return function(*bound.args, **bound.kwargs)

    return call
