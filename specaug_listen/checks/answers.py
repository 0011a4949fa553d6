"""Answers of the process that holds the callable, which may have replaced anything there: they are read as data.

An answer holds types of this package, arrays and plain values. Nothing else is looked up, so no module of the
callable's is imported by the process that checks.
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
# What arrays are written with, by all versions of numpy.
_OF_ARRAYS = {
    "numpy": ("ndarray", "dtype"),
    "numpy.core.multiarray": ("_reconstruct", "scalar"),
    "numpy._core.multiarray": ("_reconstruct", "scalar"),
    "numpy.core.numeric": ("_frombuffer",),
    "numpy._core.numeric": ("_frombuffer",),
}


class AnswerError(Exception):
    """An answer is not what the process was asked for."""


class _Reader(pickle.Unpickler):
    """Looks up types of this package and what arrays are written with."""

    def find_class(self, module: str, name: str) -> Any:
        """Return what a name stands for.

        Raises
        ------
        AnswerError
            For any other name.
        """
        if name in _OF_ARRAYS.get(module, ()):
            return super().find_class(module, name)
        if module.partition(".")[0] == PACKAGE and "." not in name:
            target = super().find_class(module, name)
            if isinstance(target, type) and target.__module__ == module:
                return target
        raise AnswerError(f"{module}.{name} is no part of an answer")


def read_answer(content: bytes) -> Any:
    """Read an answer from its bytes.

    Raises
    ------
    Exception
        Of any type, where another than `specaug_listen.checks.isolated_process` has written them.
    """
    return _Reader(io.BytesIO(content)).load()


def check_answer(work: Callable[..., Any], answer: Any) -> None:
    """Compare what a function is said to have returned in the other process with its annotation.

    Raises
    ------
    AnswerError
        Where it is of another type, as it may be when functions were replaced that it needs.

    Examples
    --------
    >>> def count(function) -> int: ...
    >>> check_answer(count, 3)
    >>> check_answer(count, None)
    Traceback (most recent call last):
    ...
    specaug_listen.checks.answers.AnswerError: count gave a NoneType
    """
    if not _fits(answer, _hints(work).get("return", Any)):
        raise AnswerError(f"{work.__name__} gave a {type(answer).__name__}")


_hints = functools.lru_cache(maxsize=64)(get_type_hints)


def _fits(value: Any, expected: Any) -> bool:
    """Say whether a value is of a type, with all that it holds."""
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
