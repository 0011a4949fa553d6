"""What code of others prints is kept away from results on standard output."""

from __future__ import annotations

import json
import subprocess
import sys

from commandline import HOUSE, environment, run_apart

from specaug_listen import save
from specaug_listen.checking import speech_like

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
        "from specaug_listen._quiet import quiet_stdout\n"
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
        "import os\nos.close(1)\nfrom specaug_listen._quiet import quiet_stdout\nwith quiet_stdout(): print('lost')\n"
        "os.write(2, b'done')"
    )
    done = subprocess.run([sys.executable, "-c", code], env=environment(), capture_output=True, text=True, check=False)
    assert done.stderr.startswith("done")
