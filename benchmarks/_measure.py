"""Running a command and measuring wall time and peak memory of it and its children; one thread where asked for."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time

THREADS = "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"


def run(command: list[str], *, environment: dict[str, str] | None = None) -> tuple[float, float]:
    """Seconds of wall time and MiB of peak resident memory of one fresh process."""
    start = time.perf_counter()
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env={**os.environ, **(environment or {})}
    )
    assert process.stderr is not None
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    if os.waitstatus_to_exitcode(status) != 0:
        sys.exit(f"{' '.join(command)} failed:\n{errors.decode()}")
    return seconds, peak_mib(usage)


def peak_mib(usage: resource.struct_rusage) -> float:
    """Peak resident memory in MiB; macOS counts bytes, Linux kibibytes."""
    return usage.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def median(values: list[float]) -> float:
    """The middle one."""
    return sorted(values)[len(values) // 2]


def one_thread() -> None:
    """Start this script again with every pool of threads limited to one, unless it is already."""
    pinned = dict.fromkeys(THREADS, "1")
    if any(os.environ.get(name) != "1" for name in THREADS):
        sys.stdout.flush()
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], {**os.environ, **pinned})
