"""What may stand on the command line, and how the process ends, whatever is done to it from outside."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys

import pytest
import typer
from commandline import environment, run

import specaug_listen as sl
from specaug_listen import Audio, errors, save
from specaug_listen.audio.file_search import find_audio
from specaug_listen.cli import app
from specaug_listen.reports.page_writing import page_path

pytestmark = pytest.mark.usefixtures("beside_a_clip")

TAKEN_FOR_GRANTED = {
    "audition": ["x.wav"],
    "replay": ["draw-1.json"],
    "list": ["vocoders"],
    "check": ["my.module:augment"],
    "invert": ["x.npy", "-o", "y.wav"],
    "report": ["heard"],
    "sweep": ["x.wav", "--vary", "T=10,40"],
    "show": ["LD"],
    "convert": ["LD", "--to", "nemo"],
}
ROOT = typer.main.get_command(app.app)


def all_commands(group=ROOT, before=()):
    for name, one in group.commands.items():
        if hasattr(one, "commands"):
            yield from all_commands(one, (*before, name))
        else:
            yield (*before, name), one


def parameters_of(command):
    return [one for one in command.params if not getattr(one, "is_flag", False) and one.name != "help"]


def typed(path, parameter, value):
    """A command in which one value is another."""
    rest = TAKEN_FOR_GRANTED[path[-1]]
    if parameter.param_type_name == "option":
        # No option may be given twice.
        names = {*parameter.opts, *parameter.secondary_opts}
        rest = [part for i, part in enumerate(rest) if part not in names and (i == 0 or rest[i - 1] not in names)]
        return [*path, *rest, f"{parameter.opts[-1]}={value}"]
    return [*path, value, *rest[1:]]


COMMANDS = {" ".join(path): (path, command) for path, command in all_commands()}
HOSTILE = ["x" * 100_000, "x y " * 1000, "a:T=" + "9" * 5000, "\x1b[31mred\x1b[0m\nnew\rline\x07.yaml"]


@pytest.mark.parametrize(("path", "command"), COMMANDS.values(), ids=COMMANDS)
def test_an_empty_argument_is_refused_by_its_name_and_nothing_is_written(subtests, path, command):
    for parameter in parameters_of(command):
        with subtests.test(parameter=parameter.name):
            name = parameter.opts[-1] if parameter.param_type_name == "option" else parameter.metavar or parameter.name
            for empty in ("", " \t\n"):
                ran = run(*typed(path, parameter, empty))
                assert ran.code == 2
                assert ran.err.startswith(f"error: {name} is empty")
                assert len(ran.err.splitlines()) == 1
            assert os.listdir() == ["mine.wav"]


def test_a_number_that_is_refused_is_named(subtests):
    for value, allowed in [
        ("0", "greater than or equal to 1, not 0"),
        ("-3", "greater than or equal to 1, not -3"),
        ("9" * 23, f"less than or equal to 1000, not {'9' * 23}"),
        ("9" * 200, f", not {'9' * 77}..."),
        ("many", "allowed is an integer, not many"),
    ]:
        for command in ("audition", "sweep"):
            with subtests.test(command=command, value=value[:20]):
                ran = run(command, *TAKEN_FOR_GRANTED[command], "--draws", value)
                assert (ran.code, len(ran.err.splitlines())) == (2, 1)
                assert ran.err.startswith("error: Invalid value for '--draws': ")
                assert f"{allowed} (options: specaug-listen {command} --help)" in ran.err
                assert len(ran.err) < 250


def test_what_is_none_of_a_few_words_is_named_once():
    ran = run("list", "nothing")
    assert (ran.code, ran.err.count("nothing")) == (2, 1)
    assert ran.err.endswith("'frameworks' (options: specaug-listen list --help)\n")


def test_results_go_to_a_plain_place_whatever_folder_is_not_there(subtests):
    with_results = [(path, one) for path, one in COMMANDS.values() if any(each.name == "out" for each in one.params)]
    assert len(with_results) > 5
    for path, command in with_results:
        with subtests.test(command=path):
            taken = [one for one in TAKEN_FOR_GRANTED[path[-1]] if one not in ("-o", "y.wav")]
            context = command.make_context(path[-1], [*taken, "-o", "nowhere/../out.wav"])
            assert context.params["out"].as_posix() == "out.wav"


def test_a_folder_behind_one_that_is_not_there_gets_results_and_their_page():
    ran = run("mine.wav", "-o", "nowhere/../out", "--vocoder", "griffinlim:n_iter=1", "--no-report")
    assert (ran.code, sorted(os.listdir())) == (0, ["mine.wav", "out"])
    ran = run("report", "out", "-o", "nowhere/../out/report.html")
    assert (ran.code, os.path.isfile("out/report.html")) == (0, True)


def test_an_empty_first_word_is_no_working_folder():
    ran = run("")
    assert (ran.code, ran.err.startswith("error: the command or file is empty")) == (2, True)


@pytest.mark.parametrize(("path", "command"), COMMANDS.values(), ids=COMMANDS)
def test_values_are_echoed_short_and_printable(subtests, path, command):
    for parameter, value in itertools.product(parameters_of(command), HOSTILE):
        with subtests.test(parameter=parameter.name, value=value[:20]):
            ran = run(*typed(path, parameter, value))
            assert ran.code in (0, 1, 2)
            assert "\x1b" not in ran.err + ran.out
            assert "\x07" not in ran.err + ran.out
            assert max(map(len, ran.err.splitlines()), default=0) < 1100, ran.err


def test_an_error_of_python_is_one_short_printable_line():
    told = str(errors.ParameterError("two\nlines \x1b[2J" + "x" * 10_000 + " y" * 10_000))
    assert told.startswith(r"two lines \x1b[2J")
    assert len(told) < 2000


# -- standard streams -----------------------------------------------------------------------------------


def shell(line: str) -> subprocess.CompletedProcess[str]:
    command = line.replace("specaug-listen", f"{sys.executable} -m specaug_listen", 1)
    return subprocess.run(["bash", "-c", command], env=environment(), capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("specaug-listen list vocoders <&- >&- 2>&-", 1),
        pytest.param("specaug-listen list vocoders 2>&-", 0, marks=pytest.mark.slow),
        ("specaug-listen list nothing 2>&-", 2),
        pytest.param("specaug-listen list nothing 2>/dev/full", 2, marks=pytest.mark.slow),
        ("specaug-listen list vocoders >/dev/full 2>/dev/full", 1),
    ],
)
def test_of_streams_that_are_closed_or_full_only_the_output_s_loss_is_a_failure(line, code):
    ran = shell(line)
    assert (ran.returncode, ran.stderr) == (code, "")


def test_no_file_of_ours_takes_the_place_of_a_closed_stream():
    inside = (
        "import os; from specaug_listen._standard_streams import open_closed; open_closed(); "
        "raise SystemExit(os.dup(0))"
    )
    ran = subprocess.run(["bash", "-c", f'{sys.executable} -c "{inside}" <&- >&- 2>&-'], env=environment(), check=False)
    assert ran.returncode > 2


# -- signals --------------------------------------------------------------------------------------------


# -- linked folders, and Python -------------------------------------------------------------------------


def test_linked_folders_are_followed_once_under_their_own_names_if_they_have_some(tmp_path):
    for folder in ("in/z", "outside", "in/closed"):
        (tmp_path / folder).mkdir(parents=True)
        save(tmp_path / folder / "x.wav", Audio([0.1] * 4000, 16000))
    (tmp_path / "in" / "a").symlink_to(tmp_path / "in" / "z")
    (tmp_path / "in" / "b").symlink_to(tmp_path / "outside")
    (tmp_path / "in" / "z" / "loop").symlink_to(tmp_path / "in")
    (tmp_path / "in" / "z" / "up").symlink_to("/")
    (tmp_path / "in" / "z" / "self").symlink_to("self")
    (tmp_path / "in" / "z" / "same.wav").symlink_to("x.wav")
    found = find_audio([tmp_path / "in"])
    assert [str(file.relative_to(tmp_path / "in")) for file in found.files] == ["b/x.wav", "closed/x.wav", "z/x.wav"]
    assert found.problems == []
    assert [notice.text for notice in found.left_out] == [
        f"left out of {tmp_path / 'in'}: 1 file that is no sound (without an ending 1)",
        f"left out of {tmp_path / 'in'}: {tmp_path / 'in' / 'z' / 'up'}, a link to a folder above it; to include "
        "it, name that folder itself",
        f"left out: {tmp_path / 'in' / 'z' / 'same.wav'}, the same file as {tmp_path / 'in' / 'z' / 'x.wav'}",
    ]


def test_a_folder_that_cannot_be_listed_is_named(tmp_path, monkeypatch):
    (tmp_path / "in" / "closed").mkdir(parents=True)
    save(tmp_path / "in" / "x.wav", Audio([0.1] * 4000, 16000))
    listed = os.scandir

    def refuse(folder):
        if str(folder).endswith("closed"):
            raise PermissionError(13, "Permission denied", folder)
        return listed(folder)

    monkeypatch.setattr(os, "scandir", refuse)
    found = find_audio([tmp_path / "in"])
    assert len(found.files) == 1
    assert found.problems == [f"{tmp_path / 'in' / 'closed'}: cannot be listed (Permission denied)"]


def test_an_empty_path_is_refused_in_python(subtests):
    for use in [
        sl.load,
        sl.audition,
        sl.read_policy,
        sl.read_frontend,
        sl.replay,
        lambda path: save(path, Audio([0.1], 16000)),
        page_path,
        lambda path: sl.sweep(path, vary=["T=1,2"]),
    ]:
        for empty in ("", "  ", "\n"):
            with subtests.test(use=use.__name__, empty=empty):
                with pytest.raises(errors.ParameterError, match="is empty; give the path"):
                    use(empty)
                assert os.listdir() == ["mine.wav"]
