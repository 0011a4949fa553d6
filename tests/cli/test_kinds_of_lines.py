"""Every line on stderr begins with its kind: error, warning or note."""

from __future__ import annotations

import ast

import pytest
from commandline import HOUSE, run

from specaug_listen.cli import console

KINDS = ("error: ", "warning: ", "note: ")


def _lines_printed():
    """Each text that code of ours prints on the standard error stream, with its place."""
    for path in sorted((HOUSE / "specaug_listen").rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text())):
            if isinstance(call, ast.Call) and _is_to_stderr(call):
                yield f"{path.relative_to(HOUSE)}:{call.lineno}", call


def _is_to_stderr(call):
    name = ast.unparse(call.func)
    if name == "os.write":
        return ast.unparse(call.args[0]) == "2"
    to_stderr = any(each.arg == "file" and "stderr" in ast.unparse(each.value) for each in call.keywords)
    return name in ("print_stderr", "sys.stderr.write", "sys.__stderr__.write") or (name == "print" and to_stderr)


def _beginning(call):
    """The text that a line begins with, where it is written in the code."""
    text = call.args[-1]
    while isinstance(text, ast.Call) and isinstance(text.func, ast.Attribute):  # of "...".encode()
        text = text.func.value
    first = text.values[0] if isinstance(text, ast.JoinedStr) else text
    return str(first.value) if isinstance(first, ast.Constant) else ast.unparse(text)


def test_code_that_prints_there_says_the_kind():
    lines = {place: _beginning(call) for place, call in _lines_printed()}
    # Through which the others go.
    through = {place: text for place, text in lines.items() if place.startswith("specaug_listen/cli/console.py")}
    assert sorted(through.values()) == ["f'{kind}: {text}'", "text"]
    others = {place: text for place, text in lines.items() if place not in through}
    assert len(others) >= 3
    assert all(text.startswith(KINDS) for text in others.values()), others


def test_kinds_are_three():
    assert [f"{kind}: " for kind in console.Kind.__args__] == list(KINDS)


def test_what_a_conversion_changes_is_a_warning():
    ran = run("policy", "convert", "espnet", "--to", "nemo")
    assert ran.err
    assert all(line.startswith("warning: differs: ") for line in ran.err.splitlines())


@pytest.mark.parametrize("share", [0.25, 0.5])
def test_how_far_a_long_recording_is_is_a_note(share, capsys):
    quarters = console._Quarters()
    quarters._since -= 60
    quarters.tell("take.wav: original", share)
    assert capsys.readouterr().err == f"note: take.wav: original: {100 * share:.0f}%\n"
