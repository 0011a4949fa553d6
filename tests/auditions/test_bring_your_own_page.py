"""What docs/bring-your-own.md shows is what happens."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from commandline import environment

from specaug_listen.custom.adapter import Adapter
from specaug_listen.custom.guess import KNOWN
from specaug_listen.custom.load import is_spec

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "bring-your-own.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.M | re.S)


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    shutil.copytree(ROOT / "samples", tmp_path / "samples")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_python_of_the_page_runs_and_prints_what_it_says(elsewhere):
    script = "\n".join(blocks("python"))
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script], capture_output=True, text=True, env=environment()
    )
    assert done.returncode == 0, done.stderr
    shown = re.search(r"# (frames \d+-\d+ masked \(.*\))$", PAGE, re.M)
    assert shown is not None
    assert shown[1] in done.stdout.splitlines()
    assert "DrawnTransform(name='BandStopFilter'" in done.stdout


def test_the_waveform_file_of_the_page_is_read(elsewhere):
    (text,) = blocks("yaml")
    Path("cousins.yaml").write_text(text)
    (command,) = [line for line in "\n".join(blocks("bash")).splitlines() if "-o both" in line]
    words = shlex.split(command, comments=True)[1:]
    done = subprocess.run(
        [sys.executable, "-m", "specaug_listen", *words, "--no-report", "--vocoder", "griffinlim"],
        capture_output=True,
        text=True,
        env=environment(),
    )
    assert done.returncode == 0, done.stderr
    assert "waveform cousins: TimeMask, BandStopFilter applied before the mel" in done.stdout


def test_the_names_of_callables_on_the_page_are_names():
    lines = [shlex.split(line, comments=True) for line in "\n".join(blocks("bash")).splitlines()]
    names = [words[words.index("--policy") + 1] for words in lines if "--policy" in words]
    assert sum(map(is_spec, names)) == 5


def test_every_module_that_is_known_stands_on_the_page():
    assert [name for _, name in KNOWN if f"`{name}`" not in PAGE] == []


def test_every_field_of_an_adapter_stands_on_the_page():
    assert [name for name in Adapter.__dataclass_fields__ if f"`{name}`" not in PAGE] == []
