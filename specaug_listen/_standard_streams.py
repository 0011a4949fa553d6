"""Standard streams: hold back what other code prints, and survive closed streams.

Python code prints through ``sys.stdout``, child processes and ``os.write`` through file descriptor 1, and C code
through variables of its library; each has its own function here.
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

# Duplicates of the original descriptors 1 and 2, while these are redirected.
_SAVED: set[int] = set()


class _Held:
    """A stream that buffers what one thread writes, and passes on what others write; at the end it passes on all."""

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
    """Hold back what Python code prints in this thread; print it at the end, or drop it if the block raises.

    The exception's message takes its place.

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
            if getattr(sys, name) is stream:  # else another thread has replaced it, and this one passes everything on
                setattr(sys, name, before[name])
            if has_worked and stream.texts:
                before[name].write("".join(stream.texts))


@contextlib.contextmanager
def quiet_stdout() -> Iterator[None]:
    """Discard standard output of Python, C code, child processes and ``os.write(1, ...)``, in all threads.

    Examples
    --------
    >>> with quiet_stdout():
    ...     print("never seen")
    """
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere), _descriptor_to(nowhere.fileno(), 1):
        yield


@contextlib.contextmanager
def silence_stderr() -> Iterator[None]:
    """Discard standard error, Python's own included: for C++ code that cannot be silenced otherwise.

    Examples
    --------
    >>> with silence_stderr():
    ...     pass
    """
    with open(os.devnull, "w") as nowhere, _descriptor_to(nowhere.fileno(), 2):
        yield


def close_saved_descriptors() -> None:
    """Close the saved descriptors, in a process that was forked for a callable, which may write to any descriptor."""
    while _SAVED:
        os.close(_SAVED.pop())


@contextlib.contextmanager
def _descriptor_to(nowhere: int, descriptor: int) -> Iterator[None]:
    """Redirect file descriptor 1 or 2, which everything but Python's `print` writes to."""
    real = sys.__stdout__ if descriptor == 1 else sys.__stderr__
    try:
        saved = os.dup(descriptor)
    except OSError:  # it is closed, so nothing can be printed there
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
    """Flush the buffers of Python and of C before the descriptor changes."""
    with contextlib.suppress(AttributeError, OSError, ValueError):
        stream.flush()  # type: ignore[attr-defined]
    with contextlib.suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).fflush(None)


def open_closed() -> None:
    """Open closed standard streams on the null device; otherwise the next opened file would take their descriptor.

    Standard output is opened for reading only: printing the requested results must remain an error.
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
    """Redirect a standard stream to the null device for good, together with its unflushed buffer."""
    nowhere = os.open(os.devnull, flags)
    if nowhere == number:
        os.set_inheritable(number, True)
        return
    os.dup2(nowhere, number)
    os.close(nowhere)


class _CStreams:
    """C's ``stdout`` and ``stderr``, which are variables of its library, and their current targets."""

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
        """Reset everything, as after a fork while other threads used it."""
        self.lock, self._changing = threading.RLock(), threading.Lock()
        self._memory: int | None = None
        self._n_silent = 0
        self._point()

    def _point(self) -> None:
        instead = self._memory or (self._nowhere if self._n_silent else None)
        for variable, value in zip(self._variables, self._values, strict=True):
            variable.value = instead or value

    def add_silencers(self, n: int) -> None:
        """Change the number of active silencers by ``n``."""
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
        """Redirect both streams to memory, and append the printed lines to ``lines`` at the end."""
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
    """Catch what C code prints; the list holds the lines after the ``with`` block.

    libmpg123 writes to C's ``stderr`` and libsndfile to its ``stdout``, and neither can be silenced. So the two
    variables of the C library point elsewhere meanwhile. No file descriptor changes: other threads and child processes
    print as usual. Only one thread at a time is inside, so no callable may be called there. Where the variables are
    unknown (musl, Windows), nothing is caught.

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
    """Discard what C code prints, in all threads: around a callable, which may do anything.

    Examples
    --------
    >>> with silence_c_output():
    ...     pass
    """
    streams = _c_streams()
    if streams is None:
        yield
        return
    streams.add_silencers(1)
    try:
        yield
    finally:
        streams.add_silencers(-1)


@functools.cache
def _c_streams() -> _CStreams | None:
    """Return the streams of the C library; None if their variables cannot be set."""
    try:
        library = ctypes.CDLL(None)
    except (OSError, TypeError):
        return None
    if hasattr(library, "gnu_get_libc_version"):  # elsewhere they may be in read-only memory
        streams = _CStreams(library, ("stdout", "stderr"))
    elif hasattr(library, "__stderrp"):
        streams = _CStreams(library, ("__stdoutp", "__stderrp"))
    else:
        return None
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=streams.free_all)
    return streams
