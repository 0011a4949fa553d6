"""A callable that hangs, crashes or ends its process is a finding, and does not end the check."""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
import threading

import numpy as np
import pytest
from commandline import HOUSE, run_apart

from specaug_listen.checks import check
from specaug_listen.checks.isolated_process import CallableProcess, CallEndedError
from specaug_listen.custom.adapter import Adapter
from specaug_listen.errors import ParameterError

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="callables are called apart where there is a fork")
ALONE = Adapter(axes="bins, frames", container="numpy")


def with_chance(event, chance):
    """A fair mask, and the event in some of the calls."""

    def augment(mel):
        if np.random.random() < chance:  # noqa: NPY002
            event()
        after, n = mel.copy(), mel.shape[1]
        width = int(np.random.randint(0, n // 5 + 1))  # noqa: NPY002
        start = int(np.random.randint(0, n - width + 1))  # noqa: NPY002
        after[:, start : start + width] = mel.mean()
        return after

    return augment


def stop_forever():
    threading.Event().wait()


@pytest.mark.parametrize(
    ("event", "expected", "words"),
    [
        (stop_forever, "call-hangs", "did not return within 0.5 s"),
        (lambda: os._exit(0), "process-ended", "ended its process (exit code 0)"),
        (lambda: os.kill(os.getpid(), signal.SIGKILL), "process-ended", "signal SIGKILL"),
        (lambda: os.kill(os.getppid(), signal.SIGINT), "process-ended", "signal SIGINT"),
        (lambda: os.kill(os.getppid(), signal.SIGHUP), "process-ended", "signal SIGHUP"),
        (lambda: os.kill(os.getppid(), signal.SIGTERM), "process-ended", "signal SIGTERM"),
        (lambda: signal.alarm(1), "process-ended", "signal SIGALRM"),
        (lambda: ctypes.string_at(0), "process-ended", "signal SIGSEGV"),
    ],
)
def test_what_never_comes_back_is_one_finding(event, expected, words):
    report = check(with_chance(event, 1.0), adapter=ALONE, timeout_s=0.5).report
    assert report.ids == (expected,)
    assert words in report.findings[0].evidence
    assert report.notes[-1] == "calls do not return: nothing more could be checked"


def test_an_interrupt_of_its_own_is_an_error_of_the_callable():
    with pytest.raises(ParameterError, match="KeyboardInterrupt"):
        check(with_chance(lambda: os.kill(os.getpid(), signal.SIGINT), 1.0), adapter=ALONE)


def test_an_alarm_that_is_switched_off_is_none():
    def with_deadline():
        signal.alarm(30)
        signal.alarm(0)

    assert check(with_chance(with_deadline, 1.0), adapter=ALONE, draws=100).is_clean


def test_an_import_may_take_longer_than_a_call(tmp_path):
    (tmp_path / "slow_to_import.py").write_text(
        "import time\ntime.sleep(2)\ndef augment(mel):\n    return mel.copy()\n"
    )
    assert check(f"{tmp_path}/slow_to_import.py:augment", timeout_s=1.5, draws=100).report.n_draws > 0


def test_what_comes_back_mostly_is_checked_to_the_end():
    fair = with_chance(stop_forever, 0.0)

    def ends_on_silence(mel):
        if not mel.any():
            os._exit(0)
        return fair(mel)

    report = check(ends_on_silence, adapter=ALONE, draws=100).report
    assert report.ids == ("process-ended",)
    assert report.n_draws > 300


class OwnError(BaseException):
    """No Exception."""


def test_any_error_is_told_as_an_error():
    def raises(mel):
        raise OwnError("on its own")

    with pytest.raises(ParameterError, match="OwnError: on its own"):
        check(raises, adapter=ALONE)


def test_an_interrupt_of_the_callable_is_its_own():
    def interrupts():
        raise KeyboardInterrupt

    report = check(with_chance(interrupts, 0.1), adapter=ALONE, draws=100).report
    assert "crash-at-random" in report.ids


def test_a_process_that_was_ended_is_begun_again():
    process = CallableProcess(lambda value: value + 1, 5.0)
    assert process.run(_applied, 1) == 2
    process.close()
    assert process.run(_applied, 2) == 3
    assert process.run(_process) != os.getpid()
    process.close()


def test_a_named_callable_has_a_process_of_its_own_where_fork_is_unsafe(monkeypatch, tmp_path):
    monkeypatch.setattr("specaug_listen.checks.isolated_process._can_fork", lambda: False)
    (tmp_path / "leaves.py").write_text("import os\n\ndef augment(mel):\n    os._exit(0)\n")
    process = CallableProcess(f"{tmp_path}/leaves.py:augment", 60.0)
    with pytest.raises(CallEndedError, match=r"exit code 0"):
        process.run(_applied, 1)
    assert process.run(_process) != os.getpid()
    process.close()


def test_a_callable_without_a_process_of_its_own_is_said_to_have_none(monkeypatch):
    fair = with_chance(lambda: None, 0.0)
    assert not any("process" in note for note in check(fair, adapter=ALONE, draws=100).report.notes)
    monkeypatch.setattr("specaug_listen.checks.isolated_process._can_fork", lambda: False)
    processes = []
    report = check(with_chance(lambda: processes.append(os.getpid()), 1.0), adapter=ALONE, draws=100).report
    assert set(processes) == {os.getpid()}
    assert report.is_clean
    assert "it was called in the process of the check: time and memory of calls are not limited" in report.notes[-1]


def test_what_is_not_looked_for_on_other_systems_is_said(monkeypatch, tmp_path):
    monkeypatch.setattr("specaug_listen.checks.isolated_process._can_fork", lambda: False)
    (tmp_path / "fails.py").write_text("def augment(mel):\n    return mel[:, :0]\n")
    process = CallableProcess(f"{tmp_path}/fails.py:augment", 60.0)
    assert (process.is_apart, process.not_done) == (True, "")
    monkeypatch.setattr("specaug_listen.checks.isolated_process.IS_LINUX", False)
    assert (
        process.not_done
        == "memory is not limited on this system, and processes that calls leave running are not tracked"
    )


def test_what_is_written_into_the_pipe_is_no_answer():
    process = CallableProcess(abs, 5.0)
    assert process.run(_applied, -1) == 1
    here, there = multiprocessing.get_context("fork").Pipe()
    process._connection.close()
    process._connection = here
    os.write(there.fileno(), b"\x00\x00\x00\x05hello")
    with pytest.raises(CallEndedError, match="wrote to the pipe of its process"):
        process.run(_applied, 2)
    there.close()
    assert process.run(_applied, -2) == 2
    process.close()


def _applied(function, value):
    return function(value)


def _process(function):
    return os.getpid()


@pytest.mark.parametrize("timeout_s", [0, -1.0, True, float("nan"), "1"])
def test_a_timeout_is_some_seconds(timeout_s):
    with pytest.raises(ParameterError, match=r"timeout_s=.*: expected seconds in"):
        check("LD", timeout_s=timeout_s)


@pytest.mark.parametrize(
    ("body", "code", "words"),
    [
        ("import os\nos._exit(0)\n", 2, "importing it ended its process (exit code 0)"),
        ("import os\ndef augment(mel):\n    os._exit(0)\n", 1, "process-ended"),
        ("def augment(mel):\n    raise SystemExit(0)\n", 2, "SystemExit"),
    ],
)
def test_the_command_never_ends_with_0(tmp_path, body, code, words):
    (tmp_path / "ends.py").write_text(body)
    ran = run_apart("check", f"{tmp_path}/ends.py:augment", "--timeout", "20", cwd=HOUSE)
    assert ran.code == code
    assert words in ran.out + ran.err
