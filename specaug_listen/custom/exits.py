"""`no_exit`: a callable that would end the process it is called in, without a word, is an error that says so.

After ``os._exit(0)`` in a callable, a run would have the exit code of one in which all went well.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterator
from typing import Any

from ..errors import ParameterError

__all__ = ["no_exit"]

# All that ends a process from Python without its handlers; the others of the exec family go through these two.
_REAL: dict[str, Callable[..., Any]] = {name: getattr(os, name) for name in ("_exit", "abort", "execv", "execve")}
_lock = threading.Lock()
_n_guards = 0
_refusals: list[str] = []


@contextlib.contextmanager
def no_exit() -> Iterator[None]:
    """Raise `SystemExit` where the process would be ended or replaced, in all threads of it, and in none of its forks.

    Raises
    ------
    ParameterError
        At the end, where a callable went on after that error.

    Examples
    --------
    >>> with no_exit():
    ...     os._exit(0)
    Traceback (most recent call last):
    ...
    SystemExit: os._exit ends the process without a word; raise an error in place of it
    """
    _add_guard(1)
    try:
        yield
        if _refusals:
            raise ParameterError(_refusals[0])
    finally:
        _add_guard(-1)


def _add_guard(n: int) -> None:
    """Put our functions in place for the first guard, and the real ones after the last, where ours are still there."""
    global _n_guards  # of this process, as the functions are
    with _lock:
        _n_guards += n
        for name, real in _REAL.items():
            if n > 0 and _n_guards == 1 and getattr(os, name) is real:
                setattr(os, name, _refusal_of(name))
            elif _n_guards == 0 and getattr(getattr(os, name), "__module__", "") == __name__:
                setattr(os, name, real)
        if _n_guards == 0:
            _refusals.clear()


def _refusal_of(name: str) -> Callable[..., Any]:
    owner = os.getpid()

    def refuse(*args: Any, **kwargs: Any) -> Any:
        if os.getpid() != owner:  # a fork of the callable's, which may end as it likes
            return _REAL[name](*args, **kwargs)
        _refusals.append(f"os.{name} ends the process without a word; raise an error in place of it")
        raise SystemExit(_refusals[-1])

    return refuse
