"""The exit code tells whether a file or disk is at fault, or the command line."""

from __future__ import annotations

from commandline import run

from specaug_listen.cli.exit_codes import exit_code_of
from specaug_listen.errors import AudioError, OutputError, ParameterError, PolicyError, ResultError


def of_code(error):
    error.is_of_code = True
    return error


def test_a_file_or_disk_at_fault_is_1_and_the_command_line_is_2(subtests):
    for error, code in [
        (AudioError("x.wav: has no samples"), 1),
        (OutputError("out: no space is left"), 1),
        (PolicyError("x.yaml: is no mapping"), 1),
        (ResultError("f: differs"), 1),
        (ParameterError("draws=0: allowed is at least 1"), 2),
        (of_code(ParameterError("f: it raised ValueError")), 1),
        (AudioError.unreadable("x.wav: not found", FileNotFoundError()), 2),
        (AudioError.unreadable("x.wav: denied", PermissionError()), 1),
    ]:
        with subtests.test(error=repr(error)):
            assert exit_code_of(error) == code


def test_a_callable_that_fails_when_it_is_called_is_1_and_one_that_is_not_found_is_2(subtests, tmp_path, clip):
    (tmp_path / "code.py").write_text(
        "import os\n\n\ndef good(mel):\n    if os.path.exists(os.path.join(os.path.dirname(__file__), 'fail')):\n"
        "        raise ValueError('no')\n    return mel - 1\n\n\n"
        "def bad(mel):\n    raise ValueError('no')\n\n\ndef nothing(mel):\n    return None\n"
    )
    code, out = str(tmp_path / "code.py"), tmp_path / "out"
    cells = "-o", out, "--vary", "vocoder=original-phase,griffinlim"
    for name, expected in [("bad", 1), ("nothing", 1), ("absent", 2)]:
        with subtests.test(name=name):
            options = "--policy", f"{code}:{name}"
            assert run("sweep", clip, *options, *cells).code == expected
            assert run("audition", clip, "-o", out, *options).code == expected
            assert not out.exists()
    done = run("audition", clip, "-o", out, "--policy", f"{code}:good", "--vocoder", "original-phase", "--no-report")
    assert done.code == 0
    (tmp_path / "fail").touch()
    ran = run("replay", out / "clip" / "draw-1.json", "-o", tmp_path / "again.wav", "--policy", f"{code}:good")
    assert (ran.code, "it raised ValueError: no" in ran.err) == (1, True)
