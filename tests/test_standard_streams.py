"""What code of others prints is kept away from results on standard output."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
import warnings

import pytest
from commandline import HOUSE, environment, run_apart

from specaug_listen import save
from specaug_listen._standard_streams import hold_prints
from specaug_listen.checks import speech_like
from specaug_listen.cli.app import main
from specaug_listen.errors import SpecAugListenWarning

NOISY = """
import ctypes, os, subprocess, sys
print("import")
os.write(1, b"import")

def same(mel):
    print("print")
    sys.__stdout__.write("dunder")
    os.write(1, b"descriptor")
    ctypes.CDLL(None).printf(b"of C")
    return mel.copy()

def starts(mel):
    if not os.environ.get("STARTED"):
        os.environ["STARTED"] = "1"
        subprocess.run([sys.executable, "-c", "print(3)"])
    return mel.copy()
"""


def test_a_report_is_json_whatever_the_callable_writes(tmp_path):
    (tmp_path / "noisy.py").write_text(NOISY)
    for name in ("same", "starts"):
        ran = run_apart("check", f"{tmp_path}/noisy.py:{name}", "--json", "--draws", "100", cwd=HOUSE)
        assert [finding["id"] for finding in json.loads(ran.out)["findings"]] == ["nothing-applied"]


def test_an_index_is_json_whatever_the_callable_writes(tmp_path):
    (tmp_path / "noisy.py").write_text(NOISY)
    save(tmp_path / "clip.wav", speech_like(0.3, 16000))
    policy = f"{tmp_path}/noisy.py:same"
    ran = run_apart(
        "audition",
        tmp_path / "clip.wav",
        "-o",
        tmp_path / "out",
        "--policy",
        policy,
        "--json",
        "--no-report",
        cwd=HOUSE,
    )
    assert len(json.loads(ran.out)["clips"]) == 1


def test_standard_output_is_as_it_was_behind_it_also_after_an_error():
    code = (
        "import os, sys\n"
        "from specaug_listen._standard_streams import quiet_stdout\n"
        "print('one')\n"
        "try:\n"
        "    with quiet_stdout():\n"
        "        print('lost'); os.write(1, b'lost'); raise KeyError\n"
        "except KeyError:\n"
        "    print('two'); sys.stdout.flush(); os.write(1, b'three')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=True)
    assert done.stdout == "one\ntwo\nthree"


def test_a_closed_standard_output_is_no_error():
    code = (
        "import os\nos.close(1)\nfrom specaug_listen._standard_streams import quiet_stdout\n"
        "with quiet_stdout(): print('lost')\n"
        "os.write(2, b'done')"
    )
    done = subprocess.run([sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=False)
    assert done.stderr.startswith("done")


def test_what_is_printed_is_held_back_and_dropped_where_the_work_fails(capsys):
    with hold_prints():
        sys.stdout.write("one\n")
        sys.stderr.write("two\n")
        assert capsys.readouterr() == ("", "")
    assert capsys.readouterr() == ("one\n", "two\n")
    with contextlib.suppress(ValueError), hold_prints():
        sys.stderr.write("lost\n")
        raise ValueError
    assert capsys.readouterr() == ("", "")


def test_other_threads_print_while_one_is_held_back(capsys):
    begun, over = threading.Event(), threading.Event()

    def hold():
        with hold_prints():
            begun.set()
            over.wait()
            sys.stdout.write("late\n")

    other = threading.Thread(target=hold)
    other.start()
    begun.wait()
    sys.stdout.write("early\n")
    with hold_prints():
        over.set()
        other.join()
        sys.stdout.write("last\n")
    sys.stdout.write("free\n")
    assert capsys.readouterr().out.split() == ["early", "late", "last", "free"]


@pytest.mark.parametrize("options", [[], ["default"]])
def test_on_the_command_line_warnings_of_libraries_are_for_who_asks(monkeypatch, options):
    monkeypatch.setattr(sys, "warnoptions", options)
    with warnings.catch_warnings():
        with pytest.raises(SystemExit):
            main(["--version"])
        ignored = warnings.filters[0]
    assert (ignored[0], ignored[2]) == ("ignore", SpecAugListenWarning if options else Warning)
