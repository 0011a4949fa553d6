"""Standard streams: what other code prints is kept away from our lines, and a closed stream does no harm.

Python code prints through ``sys.stdout``, processes and ``os.write`` through file descriptor 1, and C code through
variables of its library; each has a function here that holds it back.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import os
import sys
import threading
from collections.abc import Iterator
from typing import Any

__all__ = [
    "catch_c_output",
    "close_saved_descriptors",
    "discard",
    "hold_prints",
    "open_closed",
    "quiet_stdout",
    "silence_c_output",
    "silence_stderr",
]

_NAMES = ("stdin", "stdout", "stderr")

# Descriptors that lead to where standard output and error are to go again.
_SAVED: set[int] = set()


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
def hold_prints() -> Iterator[None]:
    """Hold back what Python code prints in this thread, and drop it where it raises: the error is told in its place.

    Examples
    --------
    >>> with hold_prints():
    ...     print("seen at the end")
    seen at the end
    """
    names = [name for name in ("stdout", "stderr") if getattr(sys, name) is not None]
    held = {name: _Held(getattr(sys, name)) for name in names}
    before = {name: getattr(sys, name) for name in names}
    for name, stream in held.items():
        setattr(sys, name, stream)
    has_worked = False
    try:
        yield
        has_worked = True
    finally:
        for name, stream in held.items():
            stream.is_over = True
            if getattr(sys, name) is stream:  # else another thread has put its own in place, and this passes all on
                setattr(sys, name, before[name])
            if has_worked and stream.texts:
                before[name].write("".join(stream.texts))


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


def close_saved_descriptors() -> None:
    """Close the descriptors that are saved, in a process that was forked for a callable, which may write anywhere."""
    while _SAVED:
        os.close(_SAVED.pop())


@contextlib.contextmanager
def _descriptor_to(nowhere: int, descriptor: int) -> Iterator[None]:
    """Lead file descriptor 1 or 2 elsewhere, which all but Python's own `print` write to."""
    real = sys.__stdout__ if descriptor == 1 else sys.__stderr__
    try:
        saved = os.dup(descriptor)
    except OSError:  # Closed: nothing that is written there is seen.
        yield
        return
    _SAVED.add(saved)
    try:
        _flush(real)
        os.dup2(nowhere, descriptor)
        yield
    finally:
        _flush(real)
        if saved in _SAVED:
            _SAVED.discard(saved)
            os.dup2(saved, descriptor)
            os.close(saved)


def _flush(stream: object) -> None:
    """Write out what waits in the buffers of Python and of C, to where it was meant to go."""
    with contextlib.suppress(AttributeError, OSError, ValueError):
        stream.flush()  # type: ignore[attr-defined]
    with contextlib.suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).fflush(None)


def open_closed() -> None:
    """Open standard streams that are closed, upon nothing: else the next file that is opened takes their place.

    What is printed on standard output is asked for, so that printing there goes on being an error.
    """
    for number, name in enumerate(_NAMES):
        try:
            os.fstat(number)
        except OSError:
            discard(number, os.O_RDONLY if name == "stdout" else os.O_RDWR)
        if getattr(sys, name) is None:
            stream = open(number, "w" if number else "r", closefd=False)  # noqa: SIM115
            setattr(sys, name, stream)


def discard(number: int, flags: int = os.O_RDWR) -> None:
    """Let a standard stream lead nowhere from now on, with what waits in its buffers."""
    nowhere = os.open(os.devnull, flags)
    if nowhere == number:
        os.set_inheritable(number, True)
        return
    os.dup2(nowhere, number)
    os.close(nowhere)


class _CStreams:
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
    within, so no callable is to be called there. Where the variables are not known (musl, Windows), nothing is
    caught.

    Examples
    --------
    >>> with catch_c_output() as lines:
    ...     pass
    >>> lines
    []
    """
    lines: list[str] = []
    streams = _c_streams()
    if streams is None:
        yield lines
        return
    with streams.lock, streams.caught(lines):
        yield lines


@contextlib.contextmanager
def silence_c_output() -> Iterator[None]:
    """Drop what C code prints, of all threads together: around a callable, which may do anything.

    Examples
    --------
    >>> with silence_c_output():
    ...     pass
    """
    streams = _c_streams()
    if streams is None:
        yield
        return
    streams.silence(1)
    try:
        yield
    finally:
        streams.silence(-1)


@functools.cache
def _c_streams() -> _CStreams | None:
    """The streams of the C library; None where their variables cannot be set."""
    try:
        library = ctypes.CDLL(None)
    except (OSError, TypeError):
        return None
    if hasattr(library, "gnu_get_libc_version"):  # elsewhere they may lie in memory that is not to be written to
        streams = _CStreams(library, ("stdout", "stderr"))
    elif hasattr(library, "__stderrp"):
        streams = _CStreams(library, ("__stdoutp", "__stderrp"))
    else:
        return None
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=streams.free_all)
    return streams
