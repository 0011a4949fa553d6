"""Ctrl-C, SIGTERM and SIGHUP: one line, no incomplete files, and an exit code of 128 plus the signal's number.

While nothing has been written, the process exits at once: an exception that is raised while modules are imported would
be swallowed or printed by some of them. Later the signal raises KeyboardInterrupt, so finished results can be kept and
incomplete ones are removed on the way. If that takes too long, or a callable swallows the exception, the process exits
all the same.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys

# Under its own name: `os._exit` is replaced while a callable is called.
from os import _exit
from typing import Any, NoReturn

__all__ = ["INTERRUPTED", "MESSAGE", "begin_writing", "exit_code", "handle_signals", "remove_on_interrupt"]

# Added to the number of the signal, as shells expect.
_SIGNAL_BASE = 128
INTERRUPTED = _SIGNAL_BASE + signal.SIGINT
MESSAGE = "interrupted: finished files are complete, the rest was left out"
_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")
# From the signal to a forced exit.
_PATIENCE_S = 10.0
_RAISED_AGAIN_AFTER_S = 0.05


class _State:
    """State of this process: the signal that it received, and the files to remove."""

    signal_number = 0
    is_raised = False
    is_writing = False
    owner = 0
    backstop: Any = None
    unfinished: set[str] = set()  # noqa: RUF012  # the class itself is the state


def begin_writing() -> None:
    """Note that from now on an interruption must clean up before the process exits."""
    _State.is_writing = True


def remove_on_interrupt(path: str | os.PathLike[str]) -> None:
    """Register a file or folder that only this process uses, to be removed if the process is interrupted."""
    begin_writing()
    _State.unfinished.add(os.path.abspath(path))


def handle_signals() -> None:
    """Install the handlers, except for signals that the process was started to ignore (``nohup``)."""
    _State.owner = os.getpid()
    sys.unraisablehook = _raise_again
    for name in _NAMES:
        number = getattr(signal, name, None)  # Windows has no SIGHUP
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _on_signal)


def exit_code(code: int) -> int:
    """Return the exit code of the process, and ignore further signals; after a signal, also remove incomplete files."""
    for name in _NAMES:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is _on_signal:
            signal.signal(number, signal.SIG_IGN)
    if not _State.signal_number:
        return code
    if _State.backstop is not None:
        _State.backstop.cancel()
    _remove_unfinished()
    return _SIGNAL_BASE + _State.signal_number


def _on_signal(number: int, frame: Any) -> None:
    if os.getpid() != _State.owner:  # a fork has no files to remove
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
        return
    if _State.is_raised:
        return
    _State.signal_number, _State.is_raised = number, True
    if not _State.is_writing:
        _exit_now()
    _State.backstop = _later(_PATIENCE_S, _exit_now)
    raise KeyboardInterrupt


def _later(seconds: float, function: Any) -> Any:
    import threading

    timer = threading.Timer(seconds, function)
    timer.daemon = True
    timer.start()
    return timer


def _raise_again(unraisable: Any) -> None:
    """Raise the interruption again if it came during a finaliser or a callback, from which no exception propagates."""
    if _State.is_raised and issubclass(unraisable.exc_type, KeyboardInterrupt):
        _State.is_raised = False
        _later(_RAISED_AGAIN_AFTER_S, lambda: signal.raise_signal(_State.signal_number))
        return
    sys.__unraisablehook__(unraisable)


def _exit_now() -> NoReturn:
    """Print one line, remove incomplete files, and exit at once."""
    with contextlib.suppress(OSError):
        os.write(2, f"error: {MESSAGE}\n".encode())
    try:
        _remove_unfinished()
    finally:
        _exit(_SIGNAL_BASE + _State.signal_number)


def _remove_unfinished() -> None:
    if "multiprocessing.process" in sys.modules:
        for child in sys.modules["multiprocessing.process"].active_children():
            child.terminate()  # not kill(): it may have children of its own to end
    import shutil

    for path in _State.unfinished:
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path, ignore_errors=True)
            continue
        with contextlib.suppress(OSError):
            os.unlink(path)
