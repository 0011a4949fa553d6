"""Ctrl-C, SIGTERM and SIGHUP: whenever they come, one line, and nothing left behind that is not whole.

While nothing has been written, the process ends at once: an error that is raised while modules are imported would be
swallowed or printed by some of them. Later it is raised as KeyboardInterrupt, so that what is done can be kept, and
what is not is removed on the way. Where that takes too long, or a callable swallows it, the process ends all the
same.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys

# By its own name: it is replaced while a callable is called.
from os import _exit
from typing import Any, NoReturn

__all__ = ["INTERRUPTED", "WHAT_IS_LEFT", "begin_writing", "exit_code", "listen", "will_remove"]

INTERRUPTED = 130
WHAT_IS_LEFT = "interrupted: what was done is whole, the rest was left out"
_NAMES = ("SIGINT", "SIGTERM", "SIGHUP")
# From the signal to the end, however the rest of the process takes it.
_PATIENCE_S = 10.0
_RAISED_AGAIN_AFTER_S = 0.05


class _State:
    """State of this process: the signal that it was sent, and what there is to lose."""

    signal_number = 0
    is_raised = False
    is_writing = False
    owner = 0
    backstop: Any = None
    unfinished: set[str] = set()  # noqa: RUF012  # the state is its class


def begin_writing() -> None:
    """Tell that from now on there is something that an interruption must clear away."""
    _State.is_writing = True


def will_remove(path: str | os.PathLike[str]) -> None:
    """Name a file or folder of this process alone, which is removed when the process is interrupted."""
    begin_writing()
    _State.unfinished.add(os.path.abspath(path))


def listen() -> None:
    """Take the signals, but for those that this process was started to ignore, as by ``nohup``."""
    _State.owner = os.getpid()
    sys.unraisablehook = _raise_again
    for name in _NAMES:
        number = getattr(signal, name, None)  # Windows has no SIGHUP
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _hear)


def exit_code(code: int) -> int:
    """Return the code that the process ends with: 128 and its number after a signal. No signal is taken any more."""
    for name in _NAMES:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is _hear:
            signal.signal(number, signal.SIG_IGN)
    if not _State.signal_number:
        return code
    if _State.backstop is not None:
        _State.backstop.cancel()
    _remove_unfinished()
    return 128 + _State.signal_number


def _hear(number: int, frame: Any) -> None:
    if os.getpid() != _State.owner:  # a fork, which has nothing of its own to clear away
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
        return
    if _State.is_raised:
        return
    _State.signal_number, _State.is_raised = number, True
    if not _State.is_writing:
        _leave()
    _State.backstop = _later(_PATIENCE_S, _leave)
    raise KeyboardInterrupt


def _later(seconds: float, function: Any) -> Any:
    import threading

    timer = threading.Timer(seconds, function)
    timer.daemon = True
    timer.start()
    return timer


def _raise_again(unraisable: Any) -> None:
    """Raise an interruption again where a finaliser or a callback was interrupted, from which nothing is raised."""
    if _State.is_raised and issubclass(unraisable.exc_type, KeyboardInterrupt):
        _State.is_raised = False
        _later(_RAISED_AGAIN_AFTER_S, lambda: signal.raise_signal(_State.signal_number))
        return
    sys.__unraisablehook__(unraisable)


def _leave() -> NoReturn:
    """End the process without another word of anybody's."""
    with contextlib.suppress(OSError):
        os.write(2, f"error: {WHAT_IS_LEFT}\n".encode())
    try:
        _remove_unfinished()
    finally:
        _exit(128 + _State.signal_number)


def _remove_unfinished() -> None:
    if "multiprocessing.process" in sys.modules:
        for child in sys.modules["multiprocessing.process"].active_children():
            child.terminate()  # not at once: one may have children of its own to end
    import shutil

    for path in _State.unfinished:
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path, ignore_errors=True)
            continue
        with contextlib.suppress(OSError):
            os.unlink(path)
