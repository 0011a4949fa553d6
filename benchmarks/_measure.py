"""Running a command and measuring wall time and peak memory of it and its children."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time


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
