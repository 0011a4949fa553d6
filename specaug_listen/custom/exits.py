"""`no_exit`: turn a callable's attempt to end the process silently into an error.

Otherwise ``os._exit(0)`` in a callable would end a run with the exit code of success.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterator
from typing import Any

from ..errors import ParameterError

__all__ = ["no_exit", "text_of"]

# All functions that end the process without its exit handlers; the rest of the exec family calls these two.
_REAL: dict[str, Callable[..., Any]] = {name: getattr(os, name) for name in ("_exit", "abort", "execv", "execve")}
_lock = threading.Lock()
_n_guards = 0
_refusals: list[str] = []


@contextlib.contextmanager
def no_exit() -> Iterator[None]:
    """Raise `SystemExit` on calls that end or replace the process, in all of its threads, but not in its forks.

    Raises a `ParameterError` at the end if the callable suppressed that `SystemExit`.

    Examples
    --------
    >>> with no_exit():
    ...     os._exit(0)
    Traceback (most recent call last):
    ...
    SystemExit: os._exit ends the process silently; raise an error instead
    """
    _add_guard(1)
    try:
        yield
        if _refusals:
            raise ParameterError(_refusals[0])
    finally:
        _add_guard(-1)


def text_of(error: BaseException) -> str:
    """Return the text of an error; empty if its ``__str__`` raises an error or exits.

    Examples
    --------
    >>> text_of(ValueError("3 bins"))
    '3 bins'
    """
    try:
        return str(error)
    except KeyboardInterrupt:
        raise
    except BaseException:
        return ""


def _add_guard(n: int) -> None:
    """Install our functions for the first guard, and restore the real ones (unless replaced) after the last."""
    global _n_guards  # per process, as the patched functions are
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
        if os.getpid() != owner:  # a fork of the callable's may end as it likes
            return _REAL[name](*args, **kwargs)
        _refusals.append(f"os.{name} ends the process silently; raise an error instead")
        raise SystemExit(_refusals[-1])

    return refuse
