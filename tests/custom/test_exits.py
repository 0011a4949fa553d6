"""A callable cannot end an audition, a sweep or a replay silently."""

from __future__ import annotations

import os
import sys
import threading

import pytest
from commandline import run_apart

import specaug_listen as sl
from specaug_listen.custom.exits import _refusals, no_exit
from specaug_listen.errors import ParameterError

REAL = {name: getattr(os, name) for name in ("_exit", "abort", "execv", "execve")}
ENDS = {
    "_exit": "os._exit(0)",
    "execv": "os.execv(sys.executable, [sys.executable, '-c', ''])",
    "execve": "os.execlpe(sys.executable, sys.executable, '-c', '', {})",
    "abort": "os.abort()",
}
SWALLOWED = "try:\n        os._exit(0)\n    except BaseException:\n        pass"
IN_A_THREAD = "thread = threading.Thread(target=os._exit, args=(0,)); thread.start(); thread.join()"
MODULE = (
    "import os, sys, threading\nthreading.excepthook = print\n{}\n\ndef augment(mel):\n    {}\n    return mel * 0.5\n"
)


@pytest.fixture
def here(tmp_path):
    sl.save(tmp_path / "x.wav", sl.Audio([0.0, 0.5] * 4000, 16000))
    return tmp_path


@pytest.fixture(autouse=True)
def _what_was_there_is_there_again():
    yield
    assert {name: getattr(os, name) for name in REAL} == REAL


@pytest.mark.parametrize(("name", "ends"), ENDS.items())
def test_a_call_that_ends_the_process_is_an_error(here, name, ends):
    (here / "leaves.py").write_text(MODULE.format("", ends))
    ran = run_apart("audition", "x.wav", "-o", "out", "--policy", "leaves.py:augment", cwd=here)
    assert ran.code == 1
    assert f"os.{name} ends the process silently; raise an error instead" in ran.err
    assert "leaves.py" in ran.err


@pytest.mark.parametrize(
    "command",
    [
        ("audition", "x.wav", "-o", "out", "--policy", "leaves.py:augment"),
        ("sweep", "x.wav", "-o", "out", "--policy", "leaves.py:augment", "--vary", "probability=0.5,1"),
        ("sweep", "x.wav", "-o", "out", "--vary", "policy=leaves.py:augment,LD"),
        ("policy", "show", "leaves.py:augment"),
        ("policy", "convert", "leaves.py:augment", "--to", "nemo"),
    ],
)
def test_an_import_that_ends_the_process_is_an_error(here, command):
    (here / "leaves.py").write_text(MODULE.format("os._exit(0)", "pass"))
    ran = run_apart(*command, cwd=here)
    assert (ran.code, len(ran.err.splitlines())) == (2, 1)
    assert "leaves.py:augment: the file cannot be imported (SystemExit: os._exit ends the process" in ran.err


@pytest.mark.parametrize("ends", [SWALLOWED, IN_A_THREAD])
def test_one_that_goes_on_after_it_is_an_error_all_the_same(here, monkeypatch, ends):
    (here / "leaves.py").write_text(MODULE.format("", ends))
    monkeypatch.chdir(here)
    with pytest.raises(ParameterError, match=r"leaves.py:augment: os\._exit ends the process silently"):
        sl.audition("x.wav", policy="leaves.py:augment")


@pytest.mark.skipif(sys.platform != "linux", reason="processes are split off where there is a fork")
def test_a_process_that_was_split_off_may_end(tmp_path):
    with no_exit():
        process = os.fork()
        if process == 0:
            os._exit(7)
        assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 7


def test_guards_in_several_threads_leave_what_was_there():
    both, first_is_over = threading.Barrier(2), threading.Event()

    def first():
        with no_exit():
            both.wait()
        first_is_over.set()

    thread = threading.Thread(target=first)
    thread.start()
    with no_exit():
        both.wait()
        first_is_over.wait()
        with pytest.raises(SystemExit):
            os._exit(0)
        _refusals.clear()
    thread.join()


def test_what_a_callable_puts_in_place_stays(monkeypatch):
    with no_exit():
        monkeypatch.setattr(os, "abort", None)
    assert os.abort is None
    monkeypatch.undo()
    os.abort = REAL["abort"]
