"""Keeping what code of others prints away from our lines, and from the results on standard output."""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
import threading
from collections.abc import Iterator
from typing import Any

__all__ = ["close_kept", "held_prints", "quiet_stdout", "silence_stderr"]

# Descriptors that lead to where standard output and error are to go again.
_KEPT: set[int] = set()


class _Held:
    """A stream that keeps what one thread writes, and passes on what others do; everything once it is over."""

    def __init__(self, stream: Any) -> None:
        self._stream, self._thread = stream, threading.get_ident()
        self.texts: list[str] = []
        self.is_over = False

    def write(self, text: str) -> int:
        """Keep or pass on."""
        if not self.is_over and threading.get_ident() == self._thread:
            self.texts.append(text)
            return len(text)
        return int(self._stream.write(text))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextlib.contextmanager
def held_prints() -> Iterator[None]:
    """Hold back what Python code prints in this thread, and drop it where it raises: the error is told in its place.

    Examples
    --------
    >>> with held_prints():
    ...     print("seen at the end")
    seen at the end
    """
    names = [name for name in ("stdout", "stderr") if getattr(sys, name) is not None]
    held = {name: _Held(getattr(sys, name)) for name in names}
    before = {name: getattr(sys, name) for name in names}
    for name, one in held.items():
        setattr(sys, name, one)
    has_worked = False
    try:
        yield
        has_worked = True
    finally:
        for name, one in held.items():
            one.is_over = True
            if getattr(sys, name) is one:  # else another thread has put its own in place, and this passes all on
                setattr(sys, name, before[name])
            if has_worked and one.texts:
                before[name].write("".join(one.texts))


@contextlib.contextmanager
def quiet_stdout() -> Iterator[None]:
    """Send standard output nowhere: of Python, of C code, of processes that are started, and of ``os.write(1, ...)``.

    Other threads of this process are quiet as well for as long as it lasts.

    Examples
    --------
    >>> with quiet_stdout():
    ...     print("never seen")
    """
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere), _descriptor_to(nowhere.fileno(), 1):
        yield


@contextlib.contextmanager
def silence_stderr() -> Iterator[None]:
    """Send standard error nowhere, Python's own, too: for a call of C++ code that cannot be silenced otherwise.

    Examples
    --------
    >>> with silence_stderr():
    ...     pass
    """
    with open(os.devnull, "w") as nowhere, _descriptor_to(nowhere.fileno(), 2):
        yield


def close_kept() -> None:
    """Close, in a process that was forked for code of others, the ways to what is kept quiet: it may write anywhere."""
    while _KEPT:
        os.close(_KEPT.pop())


@contextlib.contextmanager
def _descriptor_to(nowhere: int, descriptor: int) -> Iterator[None]:
    """Lead file descriptor 1 or 2 elsewhere, which all but Python's own `print` write to."""
    real = sys.__stdout__ if descriptor == 1 else sys.__stderr__
    try:
        kept = os.dup(descriptor)
    except OSError:  # Closed: nothing that is written there is seen.
        yield
        return
    _KEPT.add(kept)
    try:
        _flush(real)
        os.dup2(nowhere, descriptor)
        yield
    finally:
        _flush(real)
        if kept in _KEPT:
            _KEPT.discard(kept)
            os.dup2(kept, descriptor)
            os.close(kept)


def _flush(stream: object) -> None:
    """What waits in the buffers of Python and of C goes where it was meant to go when it was written."""
    with contextlib.suppress(AttributeError, OSError, ValueError):
        stream.flush()  # type: ignore[attr-defined]
    with contextlib.suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).fflush(None)
