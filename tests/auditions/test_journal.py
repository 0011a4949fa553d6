"""Runs that were killed: what is told of them, and how they are gone on with."""

from __future__ import annotations

import errno
import io
import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace

import pytest
from commandline import contents, environment, names_in, run
from quick_runs import QUICK, RUN, KilledError, sound

from specaug_listen import Policy, write_report
from specaug_listen.auditions.batch import audition_many
from specaug_listen.auditions.journal import read_journal, read_run
from specaug_listen.auditions.records import ClipEntry
from specaug_listen.augment import TimeMask
from specaug_listen.cli import app
from specaug_listen.custom.adapter import Adapter
from specaug_listen.custom.audiomentations import WaveformTransform
from specaug_listen.custom.transform import CallableTransform
from specaug_listen.custom.waveform import Waveform
from specaug_listen.errors import ParameterError, PolicyError
from specaug_listen.frontends import WHISPER
from specaug_listen.outputs.marker import MARKER, marker_lines

pytestmark = pytest.mark.usefixtures("without_figures")


INVERTED = Waveform((WaveformTransform("PolarityInversion", {"p": 1.0}),))


REVERSED = WaveformTransform("Reverse", {"p": 1.0})


@pytest.fixture
def clips(tmp_path):
    return [sound(tmp_path / "in" / f"{name}.wav", pitch=pitch) for name, pitch in (("a", 200), ("b", 300), ("c", 400))]


def kill(clips, out, monkeypatch, after=2, **how):
    """Run until some clips are done, and leave what a kill leaves."""

    def stop(number, result):
        if number == after:
            raise KilledError

    with monkeypatch.context() as patched:
        patched.setattr("specaug_listen.auditions.journal.RunWriter.end", lambda self: None)
        with pytest.raises(KilledError):
            audition_many(clips, out, RUN, progress=stop, **how)


def test_a_killed_run_is_reported_and_gone_on_with_to_the_same_bytes(tmp_path, clips, monkeypatch):
    whole = audition_many(clips, tmp_path / "whole", RUN)
    out = tmp_path / "out"
    kill(clips, out, monkeypatch)
    assert names_in(out) == ["a", "b"]
    ran = run("report", out)
    note = f"note: {out}: the run did not end, as there is no audition.json; 2 of 3 clips are done, and audition"
    assert ran.code == 0
    assert ran.err.startswith(note)
    head = (out / "report.html").read_text("utf-8").partition("<details")[0]
    assert "the run did not end" in head
    told = []
    index = audition_many(clips, out, RUN, resume=True, progress=lambda number, result: told.append(result))
    assert [isinstance(one, ClipEntry) for one in told] == [True, True, False]
    assert index == whole
    assert not (out / "report.html").exists()
    assert contents(out) == contents(tmp_path / "whole")
    assert (out / MARKER).read_bytes() == (tmp_path / "whole" / MARKER).read_bytes()


@pytest.mark.parametrize("is_repeatable", [True, False])
def test_a_run_is_gone_on_with_only_while_the_users_code_gives_the_same_results(
    tmp_path, clips, monkeypatch, is_repeatable
):
    """The hash of the callable's file knows nothing of what the callable imports or reads."""
    settings = tmp_path / "settings.txt"
    settings.write_text("3", "ascii")
    chance = "" if is_repeatable else "mel[-1] = -os.urandom(1)[0] / 256"
    lines = ["import os, pathlib", "def f(mel):", f"    mel[: int(pathlib.Path({str(settings)!r}).read_text())] = -1"]
    code = "\n".join([*lines, f"    {chance}", "    return mel"])
    (tmp_path / "code.py").write_text(code, "utf-8")
    call = CallableTransform.of(f"{tmp_path / 'code.py'}:f", Adapter(axes="bins, frames"))
    with monkeypatch.context() as patched:
        patched.setattr(f"{__name__}.RUN", replace(RUN, policy=Policy([call])))
        kill(clips, tmp_path / "out", patched)
        before = contents(tmp_path / "out")
        settings.write_text("9", "ascii")
        if is_repeatable:
            differs = r"the run to go on with differs: .*a/draw-1\.json.*gives another result than when it was drawn"
            with pytest.raises(ParameterError, match=differs):
                audition_many(clips, tmp_path / "out", RUN, resume=True)
            assert contents(tmp_path / "out") == before
            settings.write_text("3", "ascii")
        calls = []
        patched.setattr("specaug_listen.auditions.batch.check_callable", lambda *given: calls.append(given[1]))
        assert [clip.name for clip in audition_many(clips, tmp_path / "out", RUN, resume=True).clips] == ["a", "b", "c"]
        # What changed may concern only some of the clips.
        assert [path.split("/")[-2:] for path in calls] == [["a", "draw-1.json"], ["b", "draw-1.json"]]


def test_a_run_that_is_killed_for_good_is_gone_on_with(tmp_path, clips):
    """With a process of its own, and signal 9 in the middle of a clip."""
    code = """
import ast, os, sys
from specaug_listen.auditions import batch
from specaug_listen.cli.app import main
work, done = batch.audition, []
def until(*args, **how):
    if done:
        os.kill(os.getpid(), 9)
    done.append(1)
    return work(*args, **how)
batch.audition = until
main(ast.literal_eval(sys.argv[1]))
"""
    command = ["audition", *map(str, clips), "-o", str(tmp_path / "out"), *QUICK]
    killed = subprocess.run(
        [sys.executable, "-c", code, repr(command)], env=environment(), capture_output=True, check=False
    )
    assert killed.returncode == -signal.SIGKILL
    assert names_in(tmp_path / "out") == ["a"]
    ran = run(*command, "--resume")
    assert ran.code == 0
    assert "[1/3] 'a' was finished in an earlier run, and is kept" in ran.out
    assert names_in(tmp_path / "out") == ["a", "audition.json", "b", "c"]


@pytest.mark.parametrize("gone", ["a/draw-1.wav", "a"])
def test_a_clip_whose_files_are_gone_or_whose_recording_changed_is_done_again(tmp_path, clips, monkeypatch, gone):
    out = tmp_path / "out"
    kill(clips, out, monkeypatch)
    path = out / gone
    path.unlink() if path.is_file() else shutil.rmtree(path)
    sound(clips[1], pitch=777)
    told, remarks = [], []
    audition_many(
        clips, out, RUN, resume=True, progress=lambda number, result: told.append(result), remark=remarks.append
    )
    assert not any(isinstance(one, ClipEntry) for one in told)
    assert [(notice.kind, notice.values) for notice in remarks] == [("replaced-since", {"clip": "b"})]
    audition_many(clips, tmp_path / "whole", RUN)
    assert contents(out) == contents(tmp_path / "whole")


@pytest.mark.parametrize(
    ("change", "message"),
    [({"seed": 5}, "seed was 4, is 5"), ({"draws": 2}, "draws was 1, is 2"), ({"policy": Policy([])}, "policy was")],
)
def test_a_run_is_gone_on_with_only_by_the_same_configuration(tmp_path, clips, monkeypatch, change, message):
    out = tmp_path / "out"
    kill(clips, out, monkeypatch)
    before = contents(out)
    with pytest.raises(ParameterError, match=f"the run to go on with differs: {message}"):
        audition_many(clips, out, replace(RUN, **change), resume=True)
    with pytest.raises(ParameterError, match="it did 'a', which is none of the clips now; give the same files"):
        audition_many(clips[1:], out, RUN, resume=True)
    with pytest.raises(ParameterError, match="resume keeps what is done, and overwrite replaces it: give one of them"):
        audition_many(clips, out, RUN, resume=True, overwrite=True)
    monkeypatch.setattr("specaug_listen.auditions.journal.versions", lambda: {"numpy": "0.1"})
    with pytest.raises(ParameterError, match=r"the run to go on with differs: numpy was .*, is '0.1'"):
        audition_many(clips, out, RUN, resume=True)
    assert contents(out) == before


def test_a_run_that_was_interrupted_is_gone_on_with(tmp_path, clips):
    def stop(number, result):
        if number == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        audition_many(clips, tmp_path / "out", RUN, progress=stop)
    assert "2 of 3 clips are done" in run("report", tmp_path / "out").err
    assert "the run did not end" in (tmp_path / "out" / "report.html").read_text("utf-8")
    whole = audition_many(clips, tmp_path / "whole", RUN)
    assert audition_many(clips, tmp_path / "out", RUN, resume=True) == whole
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")


class Unprintable(io.TextIOWrapper):
    """A standard output that nobody reads any more, from the first line on."""

    def __init__(self):
        super().__init__(io.BytesIO(), encoding="utf-8")

    def write(self, text):
        raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))

    def fileno(self):
        return os.open(os.devnull, os.O_WRONLY)


@pytest.mark.parametrize("more", [(), ("--json",)])
def test_a_run_whose_lines_cannot_be_printed_goes_on_and_says_so_at_its_end(tmp_path, monkeypatch, clips, more):
    monkeypatch.setattr(sys, "stdout", Unprintable())
    monkeypatch.setattr(sys, "stderr", io.TextIOWrapper(told := io.BytesIO(), encoding="utf-8"))
    with pytest.raises(SystemExit) as ended:
        app.main(["audition", *map(str, clips), "-o", str(tmp_path / "out"), *QUICK[:2], *more])
    assert ended.value.code == 1
    assert told.getvalue().decode() == "error: the output cannot be printed: Broken pipe\n"
    assert names_in(tmp_path / "out") == ["a", "audition.json", "b", "c", "report.html"]
    monkeypatch.undo()
    assert run("list", "vocoders").code == 0


def test_a_run_over_another_that_is_killed_shows_nothing_of_the_other(tmp_path, clips, monkeypatch):
    out = tmp_path / "out"
    audition_many(clips, out, replace(RUN, seed=9, draws=2))
    write_report(out)
    kill(clips, out, monkeypatch, after=1, overwrite=True)
    assert not (out / "report.html").exists()
    assert run("report", out).err.count("1 of 3 clips are done") == 1
    index = audition_many(clips, out, RUN, overwrite=True)
    audition_many(clips, tmp_path / "whole", RUN)
    assert index.configuration.seed == 4
    assert contents(out) == contents(tmp_path / "whole")


def test_a_clip_that_failed_is_tried_again(tmp_path, clips, monkeypatch):
    good = clips[1].read_bytes()
    clips[1].write_bytes(b"no sound")
    out = tmp_path / "out"
    kill(clips, out, monkeypatch)
    assert [line["failure"]["path"] for line in marker_lines(out) if "failure" in line] == [str(clips[1])]
    clips[1].write_bytes(good)
    assert [clip.name for clip in audition_many(clips, out, RUN, resume=True).clips] == ["a", "b", "c"]


def test_a_clip_that_failed_before_the_first_good_one_is_told_of_a_killed_run(tmp_path, clips, monkeypatch):
    clips[0].write_bytes(b"no sound")
    out = tmp_path / "out"
    kill(clips, out, monkeypatch)
    assert names_in(out) == ["b"]
    assert [failure.path for failure in read_run(out).failures] == [str(clips[0])]
    index = audition_many(clips, out, RUN, resume=True)
    assert [failure.path for failure in index.failures] == [str(clips[0])]


def change_clip(line, **other):
    return {**line, "clip": {**line["clip"], **other}}


CONTRADICTIONS = {
    "files of another folder": lambda line: change_clip(line, folder="elsewhere"),
    "one file of another folder": lambda line: {**line, "owns": {**line["owns"], "a/draw-1.wav": line["owns"][DRAWN]}},
    "a draw that it does not own": lambda line: change_clip(line, draws=["draw-1", "draw-2"]),
    "no sound of its draw": lambda line: {**line, "owns": {k: v for k, v in line["owns"].items() if k != DRAWN}},
}


DRAWN = "b/draw-1.wav"


@pytest.mark.parametrize("contradict", CONTRADICTIONS.values(), ids=CONTRADICTIONS)
def test_a_clip_of_a_journal_that_contradicts_itself_counts_as_not_done(tmp_path, clips, monkeypatch, contradict):
    out = tmp_path / "out"
    kill(clips, out, monkeypatch)
    shutil.copy(out / DRAWN, out / "a" / "draw-1.wav")  # so that files and hashes agree
    lines = [json.loads(line) for line in (out / MARKER).read_text().splitlines()]
    lines = [contradict(line) if line.get("clip", {}).get("folder") == "b" else line for line in lines]
    (out / MARKER).write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert read_journal(out).index.clips == ()


@pytest.mark.parametrize("n_clips", [-5, 0, 1, 1 << 99, None, "3", 2.5])
def test_a_number_of_clips_that_cannot_be_is_that_of_those_which_are_done(tmp_path, clips, monkeypatch, n_clips):
    out = tmp_path / "out"
    kill(clips, out, monkeypatch)
    lines = [json.loads(line) for line in (out / MARKER).read_text().splitlines()]
    lines = [{**line, "n_clips": n_clips} if "run" in line else line for line in lines]
    (out / MARKER).write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert read_run(out).notices[-1].values["n_clips"] == 2


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"seed": 9}, r"seed 9, where the index has 4"),
        ({"policy": Policy([TimeMask(max_frames=30)], "gap")}, "policy"),
        ({"frontend": replace(WHISPER, name="another")}, "front-end"),
        ({"channels": "duplicate"}, "layout of channels"),
        ({"waveform": INVERTED}, "waveform stage"),
    ],
    ids=["seed", "policy", "front-end", "layout", "waveform"],
)
def test_a_draw_of_another_run_is_named(tmp_path, clips, change, what):
    audition_many(clips[:1], tmp_path / "out", RUN)
    audition_many(clips[:1], tmp_path / "other", replace(RUN, **change))
    shutil.copy(tmp_path / "other" / "a" / "draw-1.json", tmp_path / "out" / "a" / "draw-1.json")
    with pytest.raises(PolicyError, match=rf"a/draw-1\.json: is from another run than its index \({what}\)"):
        write_report(tmp_path / "out")
    assert not (tmp_path / "out" / "report.html").exists()


@pytest.mark.parametrize(
    "other", [None, replace(INVERTED, name="other"), Waveform((REVERSED,))], ids=["none", "name", "transforms"]
)
def test_a_draw_of_another_waveform_stage_is_named(tmp_path, clips, other):
    audition_many(clips[:1], tmp_path / "out", replace(RUN, waveform=INVERTED))
    assert write_report(tmp_path / "out", tmp_path / "page.html").is_file()
    audition_many(clips[:1], tmp_path / "other", replace(RUN, waveform=other))
    shutil.copy(tmp_path / "other" / "a" / "draw-1.json", tmp_path / "out" / "a" / "draw-1.json")
    with pytest.raises(PolicyError, match=r"a/draw-1\.json: is from another run than its index \(waveform stage\)"):
        write_report(tmp_path / "out")


@pytest.mark.parametrize(("key", "value"), [("sample_rate", 16001), ("n_samples", 4001), ("channel", 1)])
def test_a_draw_whose_clip_is_described_in_another_way_is_named(tmp_path, clips, key, value):
    out = tmp_path / "out"
    audition_many(clips[:1], out, RUN)
    path = out / "a" / "draw-1.json"
    data = json.loads(path.read_text())
    data["audio"][key] = value
    path.write_text(json.dumps(data))
    with pytest.raises(PolicyError, match=r"a/draw-1\.json: is from another run than its index \(clip\)"):
        write_report(out)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("clip", "gain"), 0),
        (("clip", "gain"), float("nan")),
        (("clip", "folder"), "../in"),
        (("clip", "draws"), ["../../draw-1"]),
        (("clip", "audio"), None),
        (("run", "configuration", "seed"), -1),
        (("run", "versions"), "x" * 100_000),
        (("run", "clips"), 3),
        (("run",), []),
    ],
    ids=str,
)
def test_a_journal_that_somebody_has_changed_is_one_line(tmp_path, clips, monkeypatch, path, value):
    out = tmp_path / "out"
    kill(clips, out, monkeypatch)
    first, *lines = (json.loads(line) for line in (out / MARKER).read_text().splitlines())
    for line in (one for one in lines if path[0] in one):
        for key in path[:-1]:
            line = line[key]
        line[path[-1]] = value
    (out / MARKER).write_text("".join(json.dumps(line) + "\n" for line in (first, *lines)))
    before = contents(tmp_path)
    for command in (("report", out), ("audition", *clips, "-o", out, "--resume", *QUICK)):
        ran = run(*command)
        assert ran.code == 1
        assert len(ran.err.splitlines()) == 1
        assert len(ran.err) < 1000
    assert contents(tmp_path) == before


MINE = b"mine: years of work"


def test_going_on_where_nothing_began_begins_and_where_all_is_done_keeps_all(tmp_path, clips):
    remarks = []
    first = audition_many(clips, tmp_path / "out", RUN, resume=True, remark=remarks.append)
    assert [notice.text for notice in remarks] == [
        f"{tmp_path / 'out'}: there is no earlier run to resume, so all clips are auditioned"
    ]
    before = contents(tmp_path / "out")
    assert audition_many(clips, tmp_path / "out", RUN, resume=True, remark=remarks.append) == first
    assert len(remarks) == 1
    assert contents(tmp_path / "out") == before
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_bytes(MINE)
    with pytest.raises(ParameterError, match="the folder is not empty"):
        audition_many(clips, tmp_path / "mine", RUN, resume=True)


def test_a_draw_of_another_clip_and_one_that_is_not_there_are_named(tmp_path, clips):
    out = tmp_path / "out"
    audition_many(clips, out, RUN)
    shutil.copy(out / "a" / "draw-1.json", out / "b" / "draw-1.json")
    with pytest.raises(PolicyError, match=r"b/draw-1\.json: is from another run than its index \(clip\)"):
        write_report(out)
    (out / "b" / "draw-1.json").unlink()
    with pytest.raises(PolicyError, match=r"b/draw-1\.json: is listed in the index, but missing"):
        write_report(out)
