"""`CallableProcess`: a callable in a process of its own, which may hang, crash, or end without taking the check along.

The process is forked, so that any callable can be checked, a lambda or a module with its weights included, and one
that is given by its name is imported there alone. Where there is no fork (Windows), or it is not safe (macOS; once CUDA
is in use), a process is begun anew for one that is given by its name; another callable is called in this process, and
nothing can be done about a call that hangs.

On Linux, a second process stands between the two (`specaug_listen.checks.subreaper`): whatever a callable starts ends
with it, and it ends with the process that checks.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import socket
import struct
import sys
import time
import warnings
from collections.abc import Callable
from multiprocessing.connection import Connection

# By their own names: a callable may replace them in their modules.
from os import _exit, getpid
from pickle import dumps, loads
from typing import Any, NamedTuple, NoReturn

from .._stdout import close_saved_descriptors, discard
from ..custom.call import describe_error
from ..custom.load import load_callable
from ..errors import ParameterError, SpecAugListenError
from .answers import PACKAGE, AnswerError, check_answer, read_answer
from .subreaper import IS_LINUX, keep, processes_below

__all__ = ["CallEndedError", "CallableProcess", "GaveUpError"]

# After so many calls that do not come back, or that end the process, a check has seen enough.
_MOST_HANGS = 2
_MOST_ENDS = 5
# How long [s] a process may take to end by itself.
_PATIENCE_S = 5.0
_REPLACED = "replaced what its process needs to answer"
_SPOILED = "wrote into the pipe of its process, or read from it"


class CallEndedError(Exception):
    """A call that did not come back: the id of the finding, and what happened, in words."""

    def __init__(self, what: str, evidence: str) -> None:
        super().__init__(evidence)
        self.what, self.evidence = what, evidence


class GaveUpError(Exception):
    """Calls do not come back: nothing more can be checked; ``changes`` is the evidence of each finding."""

    def __init__(self, changes: dict[str, str]) -> None:
        super().__init__()
        self.changes = changes


class _Failed(NamedTuple):
    """An error that a call raised in the other process."""

    error: SpecAugListenError | None
    description: str


class _Answer(NamedTuple):
    """What a call gave, and how many processes it has split off."""

    result: Any
    n_forks: int


class CallableProcess:
    """Calls of functions that take a callable first, in the process that holds it.

    Parameters
    ----------
    source : callable or str
        The callable, or ``module:name``, which the other process imports.
    timeout_s : float > 0 [s]
        How long one call may take.
    """

    def __init__(self, source: Callable[..., Any] | str, timeout_s: float) -> None:
        self.source, self.timeout_s = source, timeout_s
        self.n_hangs, self.n_ends, self.n_forks, self.has_come_back = 0, 0, 0, False
        self._process: Any = None
        self._connection: Connection | None = None
        self._known: frozenset[int] = frozenset()

    def run(self, work: Callable[..., Any], *args: Any) -> Any:
        """Call ``work(callable, *args)`` there, and give what it gives.

        Raises
        ------
        CallEndedError
            When it does not come back within the timeout, or ends the process.
        SpecAugListenError
            That it raised.
        """
        if not self.is_apart:
            return work(self.source, *args)
        if self._connection is None:
            self._start()
        answer = self._ask((work, args))
        self.has_come_back = True
        self.n_forks += answer.n_forks
        result = _result(answer.result)
        try:
            check_answer(work, result)
        except AnswerError:
            raise self._end(_REPLACED) from None
        return result

    @property
    def is_apart(self) -> bool:
        """Whether calls are made in a process of their own here; else in this one, unbounded."""
        return isinstance(self.source, str) or _can_fork()

    @property
    def not_done(self) -> str:
        """What this system, or the callable, does not let be done, in words; empty where all is."""
        if not self.is_apart:
            return (
                "it was called in the process of the check: calls are not bounded in time and memory, and processes "
                "that they start are not looked for; give its name, module:callable, for a process of its own"
            )
        if not IS_LINUX:
            return "memory is not bounded here, and processes that calls leave running are not looked for"
        return ""

    def is_hopeless(self) -> bool:
        """Say whether calls have ended badly too often for a check to go on."""
        n_bad = self.n_hangs + self.n_ends
        return self.n_hangs >= _MOST_HANGS or self.n_ends >= _MOST_ENDS or (n_bad > 0 and not self.has_come_back)

    def n_left(self) -> int:
        """Count the processes that calls have started and that are still there."""
        return 0 if self._process is None or not IS_LINUX else len(processes_below(self._process.pid) - self._known)

    def close(self) -> None:
        """End the process; the next call starts another."""
        process, connection = self._process, self._connection
        self._process = self._connection = None
        if connection is not None:
            connection.close()
        if process is not None:
            process.terminate()
            _go_on(process)
            _wait(process, _PATIENCE_S)
            process.kill()
            process.join()

    def __del__(self) -> None:
        self.close()

    def _start(self) -> None:
        context: Any = multiprocessing.get_context("fork" if _can_fork() else "spawn")
        here, there = context.Pipe()
        with warnings.catch_warnings():
            # Of threads: the callable is called by one thread, and by libraries that are told to use one.
            warnings.simplefilter("ignore", DeprecationWarning)
            process = context.Process(target=_serve, args=(there, here, self.source, getpid()), daemon=True)
            process.start()
        there.close()
        self._process, self._connection = process, here
        if IS_LINUX:
            _bound_waiting(here, self.timeout_s)
        try:
            answer = self._ask(None)
        except CallEndedError as error:
            raise ParameterError(f"importing it {error.evidence}") from None
        _result(answer.result)
        self._known = processes_below(self._process.pid) if IS_LINUX else frozenset()

    def _ask(self, request: Any) -> _Answer:
        connection = self._connection
        if connection is None:
            raise GaveUpError({})
        try:
            if request is not None:
                self._send(connection, request)
            if not connection.poll(self.timeout_s):
                raise self._hang(f"did not come back within {self.timeout_s:g} s")
            answer = read_answer(connection.recv_bytes())
            if _is_stopped(self._process):
                raise self._hang("stopped the process above its own")
        except CallEndedError:
            raise
        except (EOFError, ConnectionError):
            raise self._end() from None
        except Exception:  # of what the callable has written into the pipe
            raise self._end(_SPOILED) from None
        if not isinstance(answer, _Answer):
            raise self._end(_SPOILED)
        return answer

    def _send(self, connection: Connection, request: Any) -> None:
        try:
            connection.send(request)
        except BlockingIOError:  # nobody reads there any more
            raise self._hang(f"stopped its process, for {self.timeout_s:g} s and more") from None

    def _hang(self, evidence: str) -> CallEndedError:
        self.close()
        self.n_hangs += 1
        return CallEndedError("call-hangs", evidence)

    def _end(self, evidence: str = "") -> CallEndedError:
        process = self._process
        _wait(process, 0.0 if evidence else _PATIENCE_S)
        code = process.exitcode
        self.close()
        self.n_ends += 1
        reason = _SPOILED if code is None else f"ended its process {_of_code(code)}"
        return CallEndedError("process-ended", evidence or reason)


def _can_fork() -> bool:
    torch: Any = sys.modules.get("torch")
    return IS_LINUX and not (torch is not None and torch.cuda.is_initialized())


def _wait(process: Any, seconds: float) -> None:
    """Wait for the end of a process; ``join`` reads a pipe for that which the callable may have written to."""
    deadline = time.monotonic() + seconds
    while process.exitcode is None and time.monotonic() < deadline:
        time.sleep(0.002)


def _go_on(process: Any) -> None:
    """Let a process that was stopped notice that it is to end."""
    if hasattr(signal, "SIGCONT") and process.exitcode is None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGCONT)


def _is_stopped(process: Any) -> bool:
    """Say whether a process that this one started was stopped (SIGSTOP) and not let go on."""
    if not hasattr(os, "waitid"):
        return False
    try:
        return os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WNOHANG | os.WNOWAIT) is not None
    except ChildProcessError:
        return False


def _of_code(code: int) -> str:
    if code >= 0:
        return f"(exit code {code})"
    try:
        return f"(signal {signal.Signals(-code).name})"
    except ValueError:
        return f"(signal {-code})"


def _result(answer: Any) -> Any:
    if isinstance(answer, _Failed):
        raise answer.error if isinstance(answer.error, SpecAugListenError) else ParameterError(answer.description)
    return answer


def _bound_waiting(connection: Connection, timeout_s: float) -> None:
    """Let a read from a pipe fail where nothing comes for so long, and a write where nobody reads."""
    whole, part = divmod(min(timeout_s, 1e6), 1.0)
    with socket.socket(fileno=os.dup(connection.fileno())) as end:
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            end.setsockopt(socket.SOL_SOCKET, option, struct.pack("ll", int(whole), int(part * 1e6) + 1))


def _serve(connection: Connection, other: Connection, source: Callable[..., Any] | str, parent: int) -> None:
    """Load the callable in the other process, and answer one request after another.

    Nothing that the callable does comes back from here: the process is a copy of that which checks, and would go on as
    if it were that one.
    """
    try:
        _prepare(connection, other, parent)
        _answer_requests(connection, source)
    finally:
        _end()


def _prepare(connection: Connection, other: Connection, parent: int) -> None:
    """Make the process one that only answers: it prints no errors, takes no signals of the terminal, and ends."""
    other.close()
    close_saved_descriptors()
    discard(2)
    sys.stderr = open(os.devnull, "w")  # noqa: SIM115
    if IS_LINUX:
        keep(parent, connection)
    # Ctrl-C is for the process that checks, which ends this one; so is the end of a closed terminal.
    for name, action in (("SIGINT", signal.SIG_IGN), ("SIGTERM", signal.SIG_DFL), ("SIGHUP", signal.SIG_DFL)):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), action)


def _answer_requests(connection: Connection, source: Callable[..., Any] | str) -> None:
    server, forks = getpid(), _count_forks()
    try:
        function = load_callable(source) if isinstance(source, str) else source
        # What a module starts when it is imported is its own affair, and ends with the check.
        _leave_if_copy(server)
        forks.clear()
        _send(connection, _Answer(None, 0))
        while True:
            work, args = _request(connection)
            result = _answer(work, function, args)
            _leave_if_copy(server)
            _send(connection, _Answer(result, len(forks)))
            forks.clear()
    except BaseException as error:
        _leave_if_copy(server)
        _send(connection, _Answer(_failed(error), 0))


def _end() -> NoReturn:
    """End this process, whatever a callable has set up; without exit handlers and buffers of before the fork."""
    while True:
        try:  # noqa: SIM105  # contextlib may be replaced, and so may the names of errors
            _exit(0)
        except:  # noqa: E722  # of a function that watches calls
            pass


def _request(connection: Connection) -> Any:
    try:
        return loads(connection.recv_bytes())
    except BaseException:  # the check has ended, or somebody else has read from the pipe
        _end()


def _count_forks() -> list[int]:
    """Return a list that grows by one with each process that Python code splits off from this one."""
    forks: list[int] = []
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_parent=lambda: forks.append(1))
    return forks


def _leave_if_copy(server: int) -> None:
    """End a process that a callable has split off and that came back: there is nobody who asked it."""
    if getpid() != server:
        _end()


def _answer(work: Callable[..., Any], function: Any, args: tuple[Any, ...]) -> Any:
    try:
        return work(function, *args)
    except BaseException as error:
        return _failed(error)


def _failed(error: BaseException) -> _Failed:
    # A type of the callable's may derive from ours.
    ours = error if isinstance(error, SpecAugListenError) else None
    is_of_package = type(error).__module__.partition(".")[0] == PACKAGE
    return _Failed(ours if is_of_package else None, describe_error(error))


def _send(connection: Connection, answer: Any) -> None:
    try:
        connection.send_bytes(dumps(answer))
    except (OSError, ValueError):
        _end()
