"""`CallableProcess`: a callable in a separate process, so that it may hang, crash or exit without ending the check.

The process is forked, so any callable can be checked, including lambdas and modules with weights; a callable given by
name is imported there only. Where fork is missing (Windows) or unsafe (macOS; once CUDA is in use), a new process is
started for a callable given by name. Any other callable is then called in this process, without protection from hangs.

On Linux, a supervisor process sits between the two (`specaug_listen.checks.subreaper`): it kills all processes that the
callable has started when the callable's process ends, and everything ends with the checking process.
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

# Imported by name, because a callable may replace them in their modules.
from os import _exit, getpid
from pickle import dumps, loads
from typing import Any, NamedTuple, NoReturn

from .._standard_streams import close_saved_descriptors, discard
from ..custom.call import describe_error
from ..custom.load import load_callable
from ..errors import ParameterError, SpecAugListenError
from .safe_unpickling import PACKAGE, AnswerError, check_answer, read_answer
from .subreaper import IS_LINUX, processes_below, supervise

__all__ = ["MAX_TIMEOUT_S", "CallEndedError", "CallableProcess", "GaveUpError"]

# Upper bound of the time limit of a call.
MAX_TIMEOUT_S = 1e6
# A check gives up after so many calls that hang, or that end the process.
_MAX_HANGS = 2
_MAX_ENDS = 5
# Time [s] that importing the callable may take at least: torch alone takes several on a busy machine.
_IMPORT_S = 60.0
# Time [s] in which a process may end by itself.
_PATIENCE_S = 5.0
_REPLACED = "replaced functions that its process needs to answer"
_SPOILED = "wrote to the pipe of its process, or read from it"


class CallEndedError(Exception):
    """A call that did not return; ``what`` is the id of the finding, ``evidence`` its description."""

    def __init__(self, what: str, evidence: str) -> None:
        super().__init__(evidence)
        self.what, self.evidence = what, evidence


class GaveUpError(Exception):
    """Too many calls did not return to continue the check; ``changes`` has the evidence by finding id."""

    def __init__(self, changes: dict[str, str]) -> None:
        super().__init__()
        self.changes = changes


class _Failed(NamedTuple):
    """An error that a call raised in the callable's process."""

    error: SpecAugListenError | None
    description: str


class _Answer(NamedTuple):
    """The return value of a call, and the number of its forks."""

    result: Any
    n_forks: int


class CallableProcess:
    """Runs functions with a callable as their first argument, in the process that holds the callable.

    ``source`` is the callable, or its name ``module:name``, which only that process imports; one call may take
    ``timeout_s`` seconds.
    """

    def __init__(self, source: Callable[..., Any] | str, timeout_s: float) -> None:
        self.source, self.timeout_s = source, timeout_s
        self.n_hangs, self.n_ends, self.n_forks, self.has_come_back = 0, 0, 0, False
        self._process: Any = None
        self._connection: Connection | None = None
        self._known: frozenset[int] = frozenset()

    def run(self, work: Callable[..., Any], *args: Any) -> Any:
        """Call ``work(callable, *args)`` in the callable's process, and return its result or raise its error.

        Raises a `CallEndedError` if the call exceeds the timeout or ends the process.
        """
        if not self.is_apart:
            return work(self.source, *args)
        if self._connection is None:
            self._start()
        answer = self._ask((work, args), self.timeout_s)
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
        """Whether calls are made in a separate process, rather than unprotected in this one."""
        return isinstance(self.source, str) or _can_fork()

    @property
    def not_done(self) -> str:
        """Description of the protection that is missing on this system, or for this callable; empty if none is."""
        if not self.is_apart:
            return (
                "it was called in the process of the check: time and memory of calls are not limited, and processes "
                "that they start are not tracked; give its name, module:callable, for a separate process"
            )
        if not IS_LINUX:
            return "memory is not limited on this system, and processes that calls leave running are not tracked"
        return ""

    def is_hopeless(self) -> bool:
        """Return whether too many calls hung or ended the process to continue."""
        n_bad = self.n_hangs + self.n_ends
        return self.n_hangs >= _MAX_HANGS or self.n_ends >= _MAX_ENDS or (n_bad > 0 and not self.has_come_back)

    def n_left(self) -> int:
        """Count the running processes that calls have started."""
        return 0 if self._process is None or not IS_LINUX else len(processes_below(self._process.pid) - self._known)

    def close(self) -> None:
        """End the process; the next call starts a new one."""
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
            # The warning about forking with threads: this package and its libraries use a single thread.
            warnings.simplefilter("ignore", DeprecationWarning)
            process = context.Process(target=_serve, args=(there, here, self.source, getpid()), daemon=True)
            process.start()
        there.close()
        self._process, self._connection = process, here
        if IS_LINUX:
            _bound_waiting(here, self.timeout_s)
        try:
            answer = self._ask(None, max(self.timeout_s, _IMPORT_S))
        except CallEndedError as error:
            raise ParameterError(f"importing it {error.evidence}") from None
        _result(answer.result)
        self._known = processes_below(self._process.pid) if IS_LINUX else frozenset()

    def _ask(self, request: Any, timeout_s: float) -> _Answer:
        connection = self._connection
        if connection is None:
            raise GaveUpError({})
        try:
            if request is not None:
                self._send(connection, request)
            if not connection.poll(timeout_s):
                raise self._hang(f"did not return within {timeout_s:g} s")
            answer = read_answer(connection.recv_bytes())
            if _is_stopped(self._process):
                raise self._hang("stopped the process above its own")
        except CallEndedError:
            raise
        except (EOFError, ConnectionError):
            raise self._end() from None
        except Exception:  # the callable has written to the pipe
            raise self._end(_SPOILED) from None
        if not isinstance(answer, _Answer):
            raise self._end(_SPOILED)
        return answer

    def _send(self, connection: Connection, request: Any) -> None:
        try:
            connection.send(request)
        except BlockingIOError:  # the other end does not read
            raise self._hang(f"stopped its process for more than {self.timeout_s:g} s") from None

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
    """Wait for the end of a process. ``join`` would read a pipe into which the callable may have written."""
    deadline = time.monotonic() + seconds
    while process.exitcode is None and time.monotonic() < deadline:
        time.sleep(0.002)


def _go_on(process: Any) -> None:
    """Resume a stopped process (SIGSTOP), so that it handles its termination."""
    if hasattr(signal, "SIGCONT") and process.exitcode is None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGCONT)


def _is_stopped(process: Any) -> bool:
    """Return whether a child process is stopped (SIGSTOP)."""
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
    """Set a timeout for reads and writes of a pipe."""
    whole, part = divmod(min(timeout_s, MAX_TIMEOUT_S), 1.0)
    with socket.socket(fileno=os.dup(connection.fileno())) as end:
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            end.setsockopt(socket.SOL_SOCKET, option, struct.pack("ll", int(whole), int(part * 1e6) + 1))


def _serve(connection: Connection, other: Connection, source: Callable[..., Any] | str, parent: int) -> None:
    """Load the callable in its process, and answer requests.

    This function never returns: the process is a copy of the checking one, and would continue as if it were that.
    """
    try:
        _prepare(connection, other, parent)
        _answer_requests(connection, source)
    finally:
        _end()


def _prepare(connection: Connection, other: Connection, parent: int) -> None:
    """Prepare the callable's process: no output to stderr, signals as in a training, an end with its parent."""
    other.close()
    close_saved_descriptors()
    discard(2)
    sys.stderr = open(os.devnull, "w")  # noqa: SIM115
    if IS_LINUX:
        supervise(parent, connection)
    # The checking process handles Ctrl-C and the hang-up of a terminal, and ends this one. On Linux, where it has a
    # session of its own, an interrupt comes from the callable.
    interrupt = signal.default_int_handler if IS_LINUX else signal.SIG_IGN
    for name, action in (("SIGINT", interrupt), ("SIGTERM", signal.SIG_DFL), ("SIGHUP", signal.SIG_DFL)):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), action)


def _answer_requests(connection: Connection, source: Callable[..., Any] | str) -> None:
    server, forks = getpid(), _count_forks()
    try:
        function = load_callable(source) if isinstance(source, str) else source
        # Forks during the import are not counted as forks of calls.
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
    """End this process whatever the callable has set up, without exit handlers and buffers from before the fork."""
    while True:
        try:  # noqa: SIM105  # contextlib may be replaced, and so may the names of errors
            _exit(0)
        except:  # noqa: E722  # a trace function of the callable's may raise
            pass


def _request(connection: Connection) -> Any:
    try:
        return loads(connection.recv_bytes())
    except BaseException:  # the check has ended, or the callable has read from the pipe
        _end()


def _count_forks() -> list[int]:
    """Return a list that grows by one with each fork from Python code of this process."""
    forks: list[int] = []
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_parent=lambda: forks.append(1))
    return forks


def _leave_if_copy(server: int) -> None:
    """End a fork of the callable's that returned from the call: nobody expects its answer."""
    if getpid() != server:
        _end()


def _answer(work: Callable[..., Any], function: Any, args: tuple[Any, ...]) -> Any:
    try:
        result = work(function, *args)
        _sound_alarm()
        return result
    except BaseException as error:
        return _failed(error)


def _sound_alarm() -> None:
    """Let an alarm (`signal.alarm`) that a call has left running go off: later, it would end a training."""
    if hasattr(signal, "getitimer") and signal.getitimer(signal.ITIMER_REAL)[0] > 0:
        signal.raise_signal(signal.SIGALRM)


def _failed(error: BaseException) -> _Failed:
    # The callable's own exceptions may derive from ours.
    ours = error if isinstance(error, SpecAugListenError) else None
    is_of_package = type(error).__module__.partition(".")[0] == PACKAGE
    return _Failed(ours if is_of_package else None, describe_error(error))


def _send(connection: Connection, answer: Any) -> None:
    try:
        connection.send_bytes(dumps(answer))
    except (OSError, ValueError):
        _end()
