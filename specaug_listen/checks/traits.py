"""What is known of a callable without calling it: its modes, and what its names say."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from types import ModuleType
from typing import Any, NamedTuple

from ..custom.call import owner_module

__all__ = ["Traits", "traits_of"]


class Traits(NamedTuple):
    """What is known of a callable without calling it.

    Parameters
    ----------
    has_modes : bool
        Whether it is a module, or a method of one.
    words : str
        Names of it, of its class, and of parameters that are neither empty nor zero.
    """

    has_modes: bool
    words: str


def traits_of(function: Any) -> Traits:
    """What is known of a callable, in the process that holds it."""
    return Traits(owner_module(function) is not None, _words(function))


def _words(function: Any) -> str:
    """Names of a callable, of its class, and of parameters that are neither empty nor zero."""
    named: list[str] = []
    values: dict[str, Any] = {}
    while isinstance(function, functools.partial):
        values |= function.keywords
        function = function.func
    owner = getattr(function, "__self__", None) or function
    if not isinstance(owner, ModuleType) and not hasattr(owner, "__code__"):
        named.append(type(owner).__name__)
        values |= {key: value for key, value in getattr(owner, "__dict__", {}).items() if not key.startswith("_")}
    named.append(getattr(function, "__name__", ""))
    code, defaults = getattr(function, "__code__", None), getattr(function, "__defaults__", None) or ()
    if code is not None and defaults:
        names: Sequence[str] = code.co_varnames[: code.co_argcount][-len(defaults) :]
        values = dict(zip(names, defaults, strict=True)) | values
    values |= getattr(function, "__kwdefaults__", None) or {}
    named += [key for key, value in values.items() if isinstance(value, (bool, int, float)) and value]
    return " ".join(filter(None, named)).lower()
