"""On Linux: a supervisor process above the worker that calls the user's callable; it ends all processes of the worker.

A child process may leave its group and session, and survive its parent. It then becomes a child of the nearest ancestor
that is a subreaper for such orphans. The supervisor is one, so it can find and kill every descendant.
"""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import os
import signal
import sys
from multiprocessing.connection import Connection

__all__ = ["IS_LINUX", "MAX_MEMORY_BYTES", "processes_below", "supervise"]

IS_LINUX = sys.platform == "linux"
# Memory [bytes] that calls may allocate, in addition to that before the first call: far more than any mel needs.
MAX_MEMORY_BYTES = 8 << 30
# From <linux/prctl.h>.
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36


def supervise(parent: int, connection: Connection) -> None:
    """Become the supervisor, and fork the worker, in which alone this function returns; limit the worker's memory.

    Supervisor and worker end with the process ``parent``, and on SIGTERM. ``connection`` is the worker's.
    """
    os.setsid()
    _set(_PR_SET_CHILD_SUBREAPER, 1)
    _end_with(parent, signal.SIGTERM)
    subreaper, worker = os.getpid(), os.fork()
    if worker > 0:
        connection.close()
        _watch(worker)
    os.setpgid(0, 0)
    _end_with(subreaper, signal.SIGKILL)
    _bound_memory()


def processes_below(process: int) -> frozenset[int]:
    """List all running descendants of a process; empty if the system does not list processes."""
    below: dict[int, list[int]] = {}
    for pid, (above, is_running) in _all_processes().items():
        if is_running:
            below.setdefault(above, []).append(pid)
    processes, waiting = set[int](), [process]
    while waiting:
        more = [pid for pid in below.get(waiting.pop(), []) if pid not in processes]
        processes.update(more)
        waiting += more
    return frozenset(processes)


def _watch(worker: int) -> None:
    """Wait for the worker's end, kill the processes that it leaves, and exit with its status."""
    faulthandler.disable()
    received: list[int] = []

    def end(number: int, frame: object) -> None:
        received.append(number)
        _kill(worker)

    # This session has no terminal: SIGTERM is from the check, or as the others from the callable.
    names = (signal.SIGINT, signal.SIGHUP, signal.SIGTERM)
    for name in names:
        signal.signal(name, end)
    status = None
    while status is None:
        pid, its_status = os.waitpid(-1, 0)
        status = its_status if pid == worker else None
    for name in names:
        signal.signal(name, signal.SIG_IGN)
    with contextlib.suppress(ChildProcessError):  # none are left
        while True:
            for pid in processes_below(os.getpid()):
                _kill(pid)
            os.waitpid(-1, 0)
    if os.WIFSIGNALED(status):
        number = received[0] if received else os.WTERMSIG(status)
        with contextlib.suppress(OSError):  # SIGKILL has no handler
            signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
    os._exit(os.WEXITSTATUS(status))


def _kill(process: int) -> None:
    with contextlib.suppress(ProcessLookupError):  # it has already ended
        os.kill(process, signal.SIGKILL)


def _all_processes() -> dict[int, tuple[int, bool]]:
    """Return the parent of each process, and whether it is running (no zombie)."""
    processes = {}
    with contextlib.suppress(OSError):
        for name in filter(str.isdigit, os.listdir("/proc")):
            with contextlib.suppress(OSError), open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as file:
                state, above = file.read().rpartition(")")[2].split()[:2]
                processes[int(name)] = int(above), state not in ("Z", "X")
    return processes


def _end_with(parent: int, number: signal.Signals) -> None:
    """Request a signal for the end of the parent process."""
    _set(_PR_SET_PDEATHSIG, int(number))
    if os.getppid() != parent:  # it ended before the request
        os._exit(0)


def _set(option: int, value: int) -> None:
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(option, ctypes.c_ulong(value), 0, 0, 0)


def _bound_memory() -> None:
    import resource

    with open("/proc/self/statm", encoding="ascii") as file:
        in_use = int(file.read().split()[5]) * os.sysconf("SC_PAGE_SIZE")
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    bounds = [bound for bound in (soft, hard) if bound != resource.RLIM_INFINITY]
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_DATA, (min([in_use + MAX_MEMORY_BYTES, *bounds]), hard))
