"""A process above the one that calls the user's callable, which lets nothing of it live longer; on Linux.

What a process starts may leave its group and its session, and goes on when the process ends: it then belongs to the
nearest process above that collects such orphans. That is this one, so that all there is below it can be found, and
ended.
"""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import os
import signal
import sys
from multiprocessing.connection import Connection

__all__ = ["IS_LINUX", "MOST_MEMORY_BYTES", "keep", "processes_below"]

IS_LINUX = sys.platform == "linux"
# Memory [bytes] that calls may take beyond what there is before the first one: far more than masks of any mel need.
MOST_MEMORY_BYTES = 8 << 30
# From <linux/prctl.h>.
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36


def keep(parent: int, connection: Connection) -> None:
    """Split off the process that works, which alone comes back from here; it may take a bounded amount of memory.

    Parameters
    ----------
    parent : int
        Process with whose end all of it ends, as it does on SIGTERM.
    connection : Connection
        Of the process that works.
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
    """List processes that run below another one, however far; none where the system does not tell."""
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
    """Wait for the end of the process that works, end what it leaves, and end as it did."""
    faulthandler.disable()
    for name in ("SIGINT", "SIGHUP"):
        signal.signal(getattr(signal, name), signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda number, frame: _kill(worker))
    status = None
    while status is None:
        pid, its_status = os.waitpid(-1, 0)
        status = its_status if pid == worker else None
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    with contextlib.suppress(ChildProcessError):  # there is none any more
        while True:
            for pid in processes_below(os.getpid()):
                _kill(pid)
            os.waitpid(-1, 0)
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        with contextlib.suppress(OSError):  # SIGKILL is as it is
            signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
    os._exit(os.WEXITSTATUS(status))


def _kill(process: int) -> None:
    with contextlib.suppress(ProcessLookupError):  # it has ended by itself
        os.kill(process, signal.SIGKILL)


def _all_processes() -> dict[int, tuple[int, bool]]:
    """Return for each process the one above it, and whether it has not ended yet."""
    processes = {}
    with contextlib.suppress(OSError):
        for name in filter(str.isdigit, os.listdir("/proc")):
            with contextlib.suppress(OSError), open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as file:
                state, above = file.read().rpartition(")")[2].split()[:2]
                processes[int(name)] = int(above), state not in ("Z", "X")
    return processes


def _end_with(parent: int, number: signal.Signals) -> None:
    """Ask for a signal when the process above ends."""
    _set(_PR_SET_PDEATHSIG, int(number))
    if os.getppid() != parent:  # it ended before that
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
        resource.setrlimit(resource.RLIMIT_DATA, (min([in_use + MOST_MEMORY_BYTES, *bounds]), hard))
