"""What C libraries print of their own accord, kept away from our lines."""

from __future__ import annotations

import contextlib
import ctypes
import functools
import os
import threading
from collections.abc import Iterator
from typing import Any

__all__ = ["catch_c_output", "silence_c_output"]


class _Streams:
    """C's ``stdout`` and ``stderr``, which are variables of its library, and where they point."""

    def __init__(self, library: Any, names: tuple[str, str]) -> None:
        self._library = library
        self._variables = [ctypes.c_void_p.in_dll(library, name) for name in names]
        self._values = [variable.value for variable in self._variables]
        library.fopen.restype = library.open_memstream.restype = ctypes.c_void_p
        library.open_memstream.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
        library.fclose.argtypes = library.free.argtypes = [ctypes.c_void_p]
        self._nowhere = library.fopen(os.devnull.encode(), b"w")
        self.free_all()

    def free_all(self) -> None:
        """Undo everything, as in a process that was forked while other threads were at it."""
        self.lock, self._changing = threading.RLock(), threading.Lock()
        self._memory: int | None = None
        self._n_silent = 0
        self._point()

    def _point(self) -> None:
        instead = self._memory or (self._nowhere if self._n_silent else None)
        for variable, value in zip(self._variables, self._values, strict=True):
            variable.value = instead or value

    def silence(self, n: int) -> None:
        """Count one more, or one fewer, who wants nothing to be printed."""
        with self._changing:
            self._n_silent += n
            self._point()

    def _to_memory(self, memory: int | None) -> int | None:
        with self._changing:
            before, self._memory = self._memory, memory
            self._point()
        return before

    @contextlib.contextmanager
    def caught(self, lines: list[str]) -> Iterator[None]:
        """Lead both into memory, and their lines into a list at the end."""
        text, size = ctypes.c_void_p(), ctypes.c_size_t()
        memory = self._library.open_memstream(ctypes.byref(text), ctypes.byref(size))
        if not memory:
            yield
            return
        before = self._to_memory(memory)
        try:
            yield
        finally:
            self._to_memory(before)
            self._library.fclose(memory)
            if text.value:
                printed = ctypes.string_at(text.value, size.value).decode("utf-8", "replace")
                lines += [line.strip() for line in printed.splitlines() if line.strip()]
                self._library.free(text)


@contextlib.contextmanager
def catch_c_output() -> Iterator[list[str]]:
    """Catch what C code prints; the lines are in the list once the ``with`` is left.

    libmpg123 writes to C's ``stderr`` and libsndfile to its ``stdout``, and neither can be asked to be quiet. The two
    variables of the C library are pointed elsewhere meanwhile, and no file descriptor is touched: what Python prints in
    other threads, and what processes print that they start, goes where it always goes. Only one thread at a time is
    within, so no code of others is to be called there. Where the variables are not known (musl, Windows), nothing is
    caught.

    Examples
    --------
    >>> with catch_c_output() as lines:
    ...     pass
    >>> lines
    []
    """
    lines: list[str] = []
    streams = _streams()
    if streams is None:
        yield lines
        return
    with streams.lock, streams.caught(lines):
        yield lines


@contextlib.contextmanager
def silence_c_output() -> Iterator[None]:
    """Drop what C code prints, of all threads together: around code of others, which may do anything.

    Examples
    --------
    >>> with silence_c_output():
    ...     pass
    """
    streams = _streams()
    if streams is None:
        yield
        return
    streams.silence(1)
    try:
        yield
    finally:
        streams.silence(-1)


@functools.cache
def _streams() -> _Streams | None:
    """The streams of the C library; None where their variables cannot be set."""
    try:
        library = ctypes.CDLL(None)
    except (OSError, TypeError):
        return None
    if hasattr(library, "gnu_get_libc_version"):  # elsewhere they may lie in memory that is not to be written to
        streams = _Streams(library, ("stdout", "stderr"))
    elif hasattr(library, "__stderrp"):
        streams = _Streams(library, ("__stdoutp", "__stderrp"))
    else:
        return None
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=streams.free_all)
    return streams
