"""Signals: one line, and nothing that is not whole."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest
from commandline import environment

pytestmark = pytest.mark.usefixtures("beside_a_clip")

# A shell that runs tests in the background makes its children deaf to SIGINT; this one listens to all three, and is
# sent one of them, or the same twice, when a module is first looked for, however fast or slow the machine is.
SENT = """
import signal, sys
number, times, at = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(each, signal.SIG_DFL)
class Sent:
    def find_spec(self, name, *more):
        if name == at:
            sys.meta_path.remove(self)
            for _ in range(times):
                signal.raise_signal(number)
sys.meta_path.insert(0, Sent())
sys.argv = ["specaug-listen", *sys.argv[4:]]
from specaug_listen.__main__ import run
run()
"""


ONE_LINE = "error: interrupted: finished files are complete, the rest was left out\n"


def sent(number: int, at: str, *arguments: str, times: int = 1) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", SENT, str(int(number)), str(times), at, *arguments]
    return subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("number", "at"),
    [
        (signal.SIGINT, "specaug_listen.cli.app"),
        pytest.param(signal.SIGTERM, "typer", marks=pytest.mark.slow),
        (signal.SIGHUP, "numpy"),
    ],
)
def test_a_signal_while_modules_are_imported_is_one_line(number, at):
    ran = sent(number, at, "audition", "mine.wav", "-o", "out")
    assert (ran.returncode, ran.stdout, ran.stderr) == (128 + number, "", ONE_LINE)
    assert os.listdir() == ["mine.wav"]


def test_two_signals_during_the_last_step_are_one_line_and_leave_only_what_is_whole(tmp_path):
    ran = sent(signal.SIGTERM, "jinja2", "audition", "mine.wav", "-o", "out", "--vocoder", "original-phase", times=2)
    assert (ran.returncode, ran.stderr) == (128 + signal.SIGTERM, ONE_LINE)
    assert not [path for path in tmp_path.rglob("*") if path.name.endswith(".partial") or path.name == "report.html"]
    assert (tmp_path / "out" / "mine" / "draw-1.wav").exists()


INTERRUPTED_ONCE = """
import os, signal, sys
from specaug_listen import _interrupts
_interrupts._PATIENCE_S = 0.2
for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(each, signal.SIG_DFL)
_interrupts.handle_signals()
from pathlib import Path
from specaug_listen.outputs.scratch import scratch_folder
class Finaliser:
    def __del__(self):
        signal.raise_signal(signal.SIGHUP)
with scratch_folder(Path()) as folder:
    (folder / "rows").write_bytes(b"x")
    {how}
"""


@pytest.mark.parametrize(
    "how",
    [
        "try:\n        signal.raise_signal(signal.SIGHUP)\n    except BaseException: import time; time.sleep(60)",
        "Finaliser(); import time; time.sleep(60)",
    ],
    ids=["an except that swallows it", "a finaliser that cannot raise it"],
)
def test_code_that_swallows_the_interruption_only_puts_it_off_and_scratch_is_removed(how):
    code = INTERRUPTED_ONCE.format(how=how)
    ran = subprocess.run([sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=False)
    assert ran.returncode == 128 + signal.SIGHUP, ran.stderr
    assert "Exception ignored" not in ran.stderr
    assert os.listdir() == ["mine.wav"]


def test_what_was_started_to_ignore_hang_ups_goes_on_ignoring_them():
    code = (
        "import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN);"
        "from specaug_listen._interrupts import handle_signals; handle_signals();"
        "signal.raise_signal(signal.SIGHUP); print('on')"
    )
    ran = subprocess.run([sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=False)
    assert ran.stdout == "on\n"
