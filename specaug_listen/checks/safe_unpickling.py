"""A restricted unpickler for the answers of a callable's process, which may have replaced any function there.

An answer may contain types of this package, arrays and plain values. Nothing else is looked up, so the checking process
never imports a module of the callable's.
"""

from __future__ import annotations

import dataclasses
import functools
import io
import pickle
import types
from collections.abc import Callable
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

__all__ = ["PACKAGE", "AnswerError", "check_answer", "read_answer"]

PACKAGE = __name__.partition(".")[0]
# What pickled arrays refer to, in all versions of numpy.
_NUMPY_NAMES = {
    "numpy": ("ndarray", "dtype"),
    "numpy.core.multiarray": ("_reconstruct", "scalar"),
    "numpy._core.multiarray": ("_reconstruct", "scalar"),
    "numpy.core.numeric": ("_frombuffer",),
    "numpy._core.numeric": ("_frombuffer",),
}


class AnswerError(Exception):
    """An answer has a wrong type, or contains one that is not allowed."""


class _Reader(pickle.Unpickler):
    """An unpickler for types of this package and arrays only."""

    def find_class(self, module: str, name: str) -> Any:
        """Look up an allowed type; raise an `AnswerError` for any other name."""
        if name in _NUMPY_NAMES.get(module, ()):
            return super().find_class(module, name)
        if module.partition(".")[0] == PACKAGE and "." not in name:
            target = super().find_class(module, name)
            if isinstance(target, type) and target.__module__ == module:
                return target
        raise AnswerError(f"{module}.{name} is not allowed in an answer")


def read_answer(content: bytes) -> Any:
    """Unpickle an answer; raises an exception of any type if the callable tampered with its bytes."""
    return _Reader(io.BytesIO(content)).load()


def check_answer(work: Callable[..., Any], answer: Any) -> None:
    """Raise an `AnswerError` unless an answer has the annotated return type of the function that gave it.

    It may have another type if the callable replaced functions in its process.

    Examples
    --------
    >>> def count(function) -> int: ...
    >>> check_answer(count, 3)
    >>> check_answer(count, None)
    Traceback (most recent call last):
    ...
    specaug_listen.checks.safe_unpickling.AnswerError: count returned a NoneType
    """
    if not _fits(answer, _hints(work).get("return", Any)):
        raise AnswerError(f"{work.__name__} returned a {type(answer).__name__}")


_hints = functools.lru_cache(maxsize=64)(get_type_hints)


def _fits(value: Any, expected: Any) -> bool:
    """Return whether a value is of a type, including all its elements and fields."""
    kind, within = get_origin(expected) or expected, get_args(expected)
    if kind is Any:
        return True
    if kind in (Union, types.UnionType):
        return any(_fits(value, each) for each in within)
    if kind is Literal:
        return value in within
    if kind is None or not isinstance(value, kind):
        return value is kind
    if kind is tuple and within:
        each_type = (within[0],) * len(value) if within[-1] is ... else within
        return len(value) == len(each_type) and all(map(_fits, value, each_type))
    if kind is dict and within:
        return all(_fits(key, within[0]) and _fits(held, within[1]) for key, held in value.items())
    fields = _hints(kind) if dataclasses.is_dataclass(kind) or hasattr(kind, "_fields") else {}
    return all(_fits(getattr(value, name, None), of_field) for name, of_field in fields.items())
