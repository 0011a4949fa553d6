"""What README shows is what happens."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.M | re.S)


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """An empty folder with the samples in it."""
    shutil.copytree(ROOT / "samples", tmp_path / "samples")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_python_of_the_readme_runs_and_writes_what_it_says(elsewhere):
    script = "\n".join(blocks("python"))  # each goes on where the one before it ends
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert (elsewhere / "out" / "speech" / "draw-3.wav").is_file()
    assert (elsewhere / "out" / "python.html").is_file()
    assert "draw-3: time masked" in done.stdout


def test_the_files_of_the_readme_are_read(elsewhere):
    for name, text in zip(("policy.yaml", "frontend.yaml"), blocks("yaml"), strict=True):
        Path(name).write_text(text)
    command = "audition samples/speech.flac -o out --policy policy.yaml --frontend frontend.yaml --no-report"
    done = subprocess.run([sys.executable, "-m", "specaug_listen", *command.split()], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "mine on frontend" in done.stdout


def test_every_option_of_the_command_line_stands_in_the_readme():
    done = subprocess.run(
        [sys.executable, "-m", "specaug_listen", "audition", "--help"],
        capture_output=True,
        text=True,
        check=True,
        env={"COLUMNS": "200", "PATH": ""},
    )
    options = set(re.findall(r"--[a-z-]+", done.stdout)) - {"--help", "--out", "--report"}
    assert len(options) > 10
    assert not {option for option in options if option not in README}


def test_every_target_of_the_readme_is_in_the_makefile():
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^make (\w+)", "\n".join(blocks("bash")), re.M))
    assert targets == {"demo", "test"}
    assert all(re.search(rf"^{target}:", makefile, re.M) for target in targets)
