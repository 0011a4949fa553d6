"""What docs/report.md shows is what happens."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

from commandline import run

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "report.md").read_text()


def test_the_python_of_the_page_runs_and_writes_what_it_says(tmp_path):
    shutil.copytree(ROOT / "samples", tmp_path / "samples")
    script = "\n".join(re.findall(r"^```python\n(.*?)^```", PAGE, re.M | re.S))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for name in ("sheet/sweep.html", "sheet/sweep.png", "sheet/scores.csv", "audition.pdf", "sweep.svg"):
        assert (tmp_path / "out" / name).stat().st_size > 300


def test_every_option_of_report_and_sweep_stands_on_the_page():
    for command in ("report", "sweep"):
        options = set(re.findall(r"--[a-z-]+", run(command, "--help").out)) - {"--help", "--out"}
        shared = {
            "--frontend",
            "--policy",
            "--framework",
            "--batch",
            "--vocoder",
            "--seed",
            "--start",
            "--duration",
            "--overwrite",
            # As for `audition`, which README tells.
            "--channel",
            "--channels",
            "--wav-channels",
            "--set",
            "--strict",
        }
        assert options
        assert not {option for option in options - shared if option not in PAGE}


def test_every_key_of_the_page_is_one_of_the_player():
    script = (ROOT / "specaug_listen" / "pages" / "templates" / "player" / "keys.js").read_text()
    for key in "lbgmvwx":
        assert re.search(rf"\b{key}: \(\) =>", script)
        assert re.search(rf"^\|.*\b{key.upper()}\b.*\|", PAGE, re.M)
