"""The command line: what each command writes and prints, and its light start."""

from __future__ import annotations

import subprocess
import sys

import pytest
from commandline import environment, run, run_apart

from specaug_listen import __version__

HEAVY = ("librosa", "numba", "matplotlib", "audiomentations", "torch", "scipy")


def test_version_is_said_by_the_module_and_the_option():
    assert run("--version") == (0, f"specaug-listen {__version__}\n", "")
    assert run_apart("--version") == (0, f"specaug-listen {__version__}\n", "")


@pytest.mark.parametrize(
    "arguments", [["--help"], ["audition", "--help"], ["replay", "--help"], ["list", "--help"]], ids=" ".join
)
def test_help_is_given(arguments):
    ran = run(*arguments)
    assert (ran.code, ran.err) == (0, "")
    assert "Usage:" in ran.out


def modules_after(code: str, cwd) -> list[str]:
    ending = "\nfinally:\n    import sys; print('\\n'.join(sys.modules), file=sys.stderr)"
    code = "try:\n    " + code.replace("\n", "\n    ") + ending
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment(), capture_output=True, text=True, cwd=cwd, check=False
    )
    return done.stderr.split()


@pytest.mark.parametrize(
    "code",
    [
        "import specaug_listen",
        *(f"from specaug_listen.cli.app import main; main([{a}])" for a in ("'--help'", "'--version'")),
    ],
)
def test_importing_and_asking_for_help_load_nothing_heavy(tmp_path, code):
    loaded = modules_after(code, tmp_path)
    assert "specaug_listen" in loaded
    assert not set(HEAVY) & set(loaded)


def test_a_whole_run_with_the_defaults_loads_neither_librosa_nor_pyplot(tmp_path, clips):
    loaded = modules_after(
        f"from specaug_listen.cli.app import main; main(['audition', {str(clips)!r}, '-o', 'out'])", tmp_path
    )
    assert (tmp_path / "out" / "report.html").exists()
    assert "matplotlib.figure" in loaded
    assert not {"librosa", "numba", "audiomentations", "torch", "matplotlib.pyplot", "IPython"} & set(loaded)
