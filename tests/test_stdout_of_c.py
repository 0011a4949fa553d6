"""What C libraries print is caught, and nothing else."""

from __future__ import annotations

import contextlib
import ctypes
import os
import subprocess
import sys
import threading

import pytest

from specaug_listen._standard_streams import catch_c_output, silence_c_output

LIBRARY = ctypes.CDLL(None) if sys.platform != "win32" else None
pytestmark = pytest.mark.skipif(not hasattr(LIBRARY, "gnu_get_libc_version"), reason="not the GNU C library")


def complain(text):
    LIBRARY.fflush(None)
    LIBRARY.perror(text)
    LIBRARY.printf(text + b"\n")


def test_lines_of_c_are_caught_and_told(capfd):
    with catch_c_output() as lines:
        complain(b"of C")
        assert lines == []
    LIBRARY.fflush(None)
    assert [line.split(":")[0] for line in lines] == ["of C", "of C"]
    assert capfd.readouterr() == ("", "")


def test_afterwards_c_prints_as_before_also_behind_an_error(capfd):
    with contextlib.suppress(KeyError), catch_c_output():
        complain(b"caught")
        raise KeyError
    complain(b"printed")
    LIBRARY.fflush(None)
    captured = capfd.readouterr()
    assert captured.out == "printed\n"
    assert captured.err.startswith("printed: ")


def test_what_python_and_other_processes_print_meanwhile_is_seen(capfd):
    with catch_c_output() as lines:
        other = threading.Thread(target=lambda: os.write(2, b"thread\n"))
        other.start()
        other.join()
        sys.stderr.write("python\n")
        sys.stderr.flush()
        subprocess.run([sys.executable, "-c", "import os; os.write(2, b'child\\n')"], check=True)
    assert lines == []
    assert capfd.readouterr().err == "thread\npython\nchild\n"


def test_one_thread_does_not_catch_what_another_one_does():
    caught = {}
    together = threading.Barrier(2)

    def catch(name):
        together.wait()
        for _ in range(50):
            with catch_c_output() as lines:
                complain(name)
            caught.setdefault(name, set()).update(line.split(":")[0] for line in lines)

    threads = [threading.Thread(target=catch, args=(name,)) for name in (b"one", b"two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert caught == {b"one": {"one"}, b"two": {"two"}}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_process_that_is_forked_meanwhile_prints(capfd):
    code = (
        "import ctypes, os, threading\n"
        "from specaug_listen._standard_streams import catch_c_output\n"
        "begun, over = threading.Event(), threading.Event()\n"
        "def catch():\n"
        "    with catch_c_output():\n"
        "        begun.set(); over.wait()\n"
        "thread = threading.Thread(target=catch); thread.start(); begun.wait()\n"
        "if (child := os.fork()) == 0:\n"
        "    ctypes.CDLL(None).perror(b'child')\n"
        "    with catch_c_output() as lines: ctypes.CDLL(None).perror(b'caught')\n"
        "    os.write(2, str(len(lines)).encode()); os._exit(0)\n"
        "os.waitpid(child, 0); over.set(); thread.join()\n"
    )
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stderr.startswith("child: ")
    assert done.stderr.endswith("\n1")


def test_silence_is_of_all_threads_and_ends_with_the_last_one(capfd):
    begun, over = threading.Event(), threading.Event()

    def be_silent():
        with silence_c_output():
            begun.set()
            over.wait()

    other = threading.Thread(target=be_silent)
    other.start()
    begun.wait()
    with silence_c_output():
        complain(b"dropped")
    complain(b"dropped too")
    with catch_c_output() as lines:
        complain(b"caught")
        over.set()
        other.join()
        complain(b"caught")
    complain(b"printed")
    LIBRARY.fflush(None)
    assert len(lines) == 4
    assert capfd.readouterr().out == "printed\n"
