"""The command line, run in this process or in one of its own; `import commandline` works from every room."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import warnings
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import NamedTuple

import pytest

from specaug_listen.cli.app import main
from specaug_listen.outputs.marker import MARKER

__all__ = ["HOUSE", "Ran", "contents", "environment", "names_in", "run", "run_apart"]

HOUSE = Path(__file__).parents[2]


class Ran(NamedTuple):
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str


def run(*arguments: object) -> Ran:
    """Run the command line in this process; warnings that a user would see are in ``err``."""
    streams = [io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="") for _ in range(2)]
    with redirect_stdout(streams[0]), redirect_stderr(streams[1]), warnings.catch_warnings():
        warnings.simplefilter("default")
        with pytest.raises(SystemExit) as ended:
            main([os.fspath(argument) if isinstance(argument, Path) else str(argument) for argument in arguments])
    for stream in streams:
        stream.flush()
    return Ran(ended.value.code, *(stream.buffer.getvalue().decode() for stream in streams))


def environment(**more: str) -> dict[str, str]:
    """What a process of its own needs to find the package."""
    return {**os.environ, "PYTHONPATH": str(HOUSE), **more}


def run_apart(*arguments: object, cwd: Path | None = None, **more: str) -> Ran:
    """Run ``python -m specaug_listen`` in a process of its own, with more environment."""
    done = subprocess.run(
        [sys.executable, "-m", "specaug_listen", *map(str, arguments)],
        cwd=cwd, env=environment(**more), capture_output=True, text=True, check=False,
    )  # fmt: skip
    return Ran(done.returncode, done.stdout, done.stderr)


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, by its path from there; without the marker that lists them."""
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != MARKER)
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def names_in(folder: Path) -> list[str]:
    """What a folder holds, sorted; without the marker."""
    return sorted(name for name in os.listdir(folder) if name != MARKER)
