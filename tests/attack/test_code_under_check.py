"""Code that hangs, ends, forks, fills the memory or cannot even be looked at never passes a check."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from specaug_listen.checks import check
from specaug_listen.checks.isolated_process import CallableProcess, CallEndedError
from specaug_listen.checks.subreaper import processes_below
from specaug_listen.custom.adapter import Adapter
from specaug_listen.errors import ParameterError

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="callables are called apart where there is a fork")
# Of this process alone, so that it can be found again.
SLEEP = ("sleep", f"{1000 + os.getpid() / 1e6:.6f}")
# Files of the process that tests, which are nothing to write into.
OPEN: set[int] = set()
ALONE = Adapter(axes="bins, frames", container="numpy")


def masked(mel):
    """A fair mask."""
    after, n = mel.copy(), mel.shape[1]
    width = int(np.random.randint(0, n // 5 + 1))  # noqa: NPY002
    start = int(np.random.randint(0, n - width + 1))  # noqa: NPY002
    after[:, start : start + width] = mel.mean()
    return after


def first(event):
    """The event, and then a mask as if nothing had been."""

    def augment(mel):
        event()
        return masked(mel)

    return augment


def split_off_what_stays():
    if np.random.random() < 0.02 and os.fork() == 0:  # noqa: NPY002
        time.sleep(1000)


def split_off_what_comes_back_alone():
    if os.fork() > 0:
        os._exit(0)


def leave_by_a_thread():
    threading.Thread(target=lambda: os._exit(0)).start()
    time.sleep(10)


ENDED = {
    "exit": lambda: os._exit(0),
    "by a thread": leave_by_a_thread,
    "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "the group": lambda: os.kill(0, signal.SIGTERM),
    "alarm": lambda: (signal.setitimer(signal.ITIMER_REAL, 0.1), time.sleep(10)),
    "closed files": lambda: os.closerange(0, 256),
    "a copy comes back": split_off_what_comes_back_alone,
}


@pytest.mark.parametrize("how", ENDED)
def test_a_call_that_ends_its_process_is_a_finding(how):
    assert check(first(ENDED[how]), adapter=ALONE, draws=100).report.ids == ("process-ended",)


@pytest.mark.parametrize("hang", [lambda: time.sleep(1000), lambda: os.kill(os.getpid(), signal.SIGSTOP)])
def test_a_call_that_hangs_is_a_finding(hang):
    assert check(first(hang), adapter=ALONE, timeout_s=0.5).report.ids == ("call-hangs",)


def stop_the_process_above():
    os.kill(os.getppid(), signal.SIGSTOP)


def stop_all_and_wait():
    os.kill(os.getppid(), signal.SIGSTOP)
    os.kill(os.getpid(), signal.SIGSTOP)


@pytest.mark.parametrize("stop", [stop_the_process_above, stop_all_and_wait])
def test_a_call_that_stops_processes_is_a_finding_and_what_it_stopped_ends(stop):
    before = processes_below(os.getpid())
    begun = time.monotonic()
    assert check(first(stop), adapter=ALONE, timeout_s=0.5, draws=100).report.ids == ("call-hangs",)
    assert processes_below(os.getpid()) <= before
    assert time.monotonic() - begun < 60


def _applied(function, *args):
    return function(*args)


def test_a_process_that_is_stopped_between_two_calls_does_not_hold_the_check():
    callable_process = CallableProcess(lambda begun, cells: os.getpid(), 0.2)
    process = callable_process.run(_applied, 0, b"")
    os.kill(process, signal.SIGSTOP)
    with pytest.raises(CallEndedError, match=r"stopped its process for more than 0\.2 s") as ended:
        callable_process.run(_applied, 0, bytes(1 << 24))  # more than waits in a pipe
    assert ended.value.what == "call-hangs"
    assert callable_process.run(_applied, 0, b"") != process
    callable_process.close()


def test_a_fork_is_a_finding_and_what_it_split_off_ends_with_the_check():
    result = check(first(split_off_what_stays), adapter=ALONE, draws=100)
    assert result.report.ids == ("process-forked",)
    assert re.match(
        r"forks that calls made: \d+; processes that calls started and that still run: \d+", evidence_of(result)
    )
    deadline = time.monotonic() + 60  # a process that was killed takes its time where the machine is busy
    while sleepers() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not sleepers()


def evidence_of(result):
    return result.findings[0].evidence


def daemon_by_a_command():
    if np.random.random() < 0.05:  # noqa: NPY002
        subprocess.run(["setsid", "-f", *SLEEP], check=True)


def daemon_by_two_forks():
    if np.random.random() < 0.05:  # noqa: NPY002
        child = os.fork()
        if child == 0:
            os.setsid()
            if os.fork() == 0:
                time.sleep(1000)
            os._exit(0)
        os.waitpid(child, 0)


@pytest.mark.parametrize("event", [daemon_by_a_command, daemon_by_two_forks])
def test_what_leaves_the_session_is_found_and_ends_with_the_check_too(event):
    result = check(first(event), adapter=ALONE, draws=100)
    assert result.report.ids == ("process-forked",)
    assert "processes that calls started and that still run" in evidence_of(result)
    assert not sleepers()


BLIND = {
    "isfinite": lambda cells, *args, **more: np.ones(np.shape(cells), bool),
    "isnan": lambda cells, *args, **more: np.zeros(np.shape(cells), bool),
    "array_equal": lambda *args, **more: True,
    "where": lambda test, one, other: np.nan_to_num(other),
    "asarray": lambda cells, *args, **more: np.nan_to_num(cells),
}


@pytest.mark.parametrize("cell", [np.nan, np.inf])
def test_functions_of_numpy_that_the_callable_replaces_hide_no_cell(cell):
    def augment(mel):
        vars(np).update(BLIND)
        after = masked(mel)
        after[0, 0] = cell
        return after

    assert "not-finite" in check(augment, adapter=ALONE, draws=100).report.ids


def test_functions_of_numpy_that_the_callable_replaces_hide_no_change_of_the_input():
    def augment(mel):
        vars(np).update(BLIND)
        after = masked(mel)
        mel[0, 0] = 0.125
        return after

    assert "input-modified" in check(augment, adapter=ALONE, draws=100).report.ids


def begin_an_answer():
    """Write, into each pipe but those of this test's own process, the start of what never ends."""
    for number in frozenset(map(int, os.listdir("/proc/self/fd"))) - OPEN:
        with contextlib.suppress(OSError):
            os.write(number, b"\x00\x00\xff\xffand so on")


def test_an_answer_that_never_ends_is_a_finding():
    OPEN.update(map(int, os.listdir("/proc/self/fd")))
    assert check(first(begin_an_answer), adapter=ALONE, timeout_s=0.5).report.ids == ("process-ended",)


def sleepers():
    """Processes that calls have split off, or started by a command, and that have lost the one that began them."""
    own = {_command(os.getpid()), b"".join(word.encode() + b"\0" for word in SLEEP)}
    return [one for one in os.listdir("/proc") if one.isdigit() and int(one) != os.getpid() and _is_orphan(one, own)]


def _is_orphan(process, commands):
    try:
        with open(f"/proc/{process}/stat", encoding="utf-8") as file:
            state, parent = file.read().rpartition(")")[2].split()[:2]
    except OSError:
        return False
    return state != "Z" and parent == "1" and _command(process) in commands


def _command(process):
    try:
        with open(f"/proc/{process}/cmdline", "rb") as file:
            return file.read()
    except OSError:
        return b""


@pytest.mark.parametrize("size", [np.ones, np.empty])
def test_ten_gigabytes_are_an_error(size):
    with pytest.raises(ParameterError, match="MemoryError"):
        check(first(lambda: size(10 * 2**27)), adapter=ALONE)


class Unreadable:
    """No attribute of it can be asked for."""

    def __init__(self, error):
        self.__dict__["error"] = error

    def __getattr__(self, name):
        raise self.error

    def __call__(self, mel):
        return masked(mel)


@pytest.mark.parametrize("error", [RuntimeError("nothing is known of me"), TypeError(), SystemExit(0)])
def test_a_callable_whose_attributes_raise_is_an_error(error):
    with pytest.raises(ParameterError, match=type(error).__name__):
        check(Unreadable(error), adapter=ALONE)


@pytest.mark.parametrize(
    "error", [SystemExit(0), GeneratorExit(), KeyboardInterrupt(), type("Own", (BaseException,), {})()]
)
def test_whatever_is_raised_is_an_error(error):
    def augment(mel):
        raise error

    with pytest.raises(ParameterError, match=type(error).__name__):
        check(augment, adapter=ALONE)
