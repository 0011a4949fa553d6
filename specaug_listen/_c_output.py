"""What C libraries print of their own accord, caught before it stands beside our lines."""

from __future__ import annotations

import contextlib
import ctypes
import functools
import os
import threading
from collections.abc import Iterator
from typing import Any

__all__ = ["catch_c_output"]


class _Guard:
    """Who swaps the streams of C: one thread at a time, and none in a process that was just forked."""

    lock = threading.RLock()


@contextlib.contextmanager
def catch_c_output() -> Iterator[list[str]]:
    """Catch what C code prints; the lines are in the list once the ``with`` is left.

    libmpg123 writes to C's ``stderr`` and libsndfile to its ``stdout``, and neither can be asked to be quiet. The two
    variables of the C library are pointed elsewhere meanwhile, and no file descriptor is touched: what Python prints in
    other threads, and what processes print that they start, goes where it always goes. Only one thread at a time is
    within. Where the variables are not known (musl, Windows), nothing is caught.

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
    library, variables = streams
    text, size = ctypes.c_void_p(), ctypes.c_size_t()
    with _Guard.lock:
        memory = library.open_memstream(ctypes.byref(text), ctypes.byref(size))
        if not memory:
            yield lines
            return
        kept = [variable.value for variable in variables]
        try:
            for variable in variables:
                variable.value = memory
            yield lines
        finally:
            for variable, value in zip(variables, kept, strict=True):
                variable.value = value
            library.fclose(memory)
            if text.value:
                printed = ctypes.string_at(text.value, size.value).decode("utf-8", "replace")
                lines += [line.strip() for line in printed.splitlines() if line.strip()]
                library.free(text)


@functools.cache
def _streams() -> tuple[Any, tuple[ctypes.c_void_p, ctypes.c_void_p]] | None:
    """The C library and its variables ``stdout`` and ``stderr``; None where they cannot be set."""
    try:
        library = ctypes.CDLL(None)
    except (OSError, TypeError):
        return None
    if hasattr(library, "gnu_get_libc_version"):  # elsewhere they may lie in memory that is not to be written to
        names = ("stdout", "stderr")
    elif hasattr(library, "__stderrp"):
        names = ("__stdoutp", "__stderrp")
    else:
        return None
    library.open_memstream.restype = ctypes.c_void_p
    library.open_memstream.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
    library.fclose.argtypes = [ctypes.c_void_p]
    library.free.argtypes = [ctypes.c_void_p]
    stdout, stderr = (ctypes.c_void_p.in_dll(library, name) for name in names)
    if hasattr(os, "register_at_fork"):
        values = stdout.value, stderr.value
        os.register_at_fork(after_in_child=functools.partial(_restore, (stdout, stderr), values))
    return library, (stdout, stderr)


def _restore(variables: tuple[ctypes.c_void_p, ...], values: tuple[int | None, ...]) -> None:
    """In a forked process, undo what another thread of its parent was at."""
    _Guard.lock = threading.RLock()
    for variable, value in zip(variables, values, strict=True):
        variable.value = value
