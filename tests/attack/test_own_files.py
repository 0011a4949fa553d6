"""Nobody's file is destroyed, whatever is asked for; a run that was killed is told, and gone on with."""

from __future__ import annotations

import errno
import io
import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import typer
from commandline import contents, environment, names_in, run

from specaug_listen import Audio, Policy, audition, save, write_report
from specaug_listen._files import note_reads, read_file
from specaug_listen.auditions import Audition, Configuration, batch
from specaug_listen.auditions import save as saving
from specaug_listen.auditions.batch import audition_many
from specaug_listen.auditions.journal import read_journal, read_run
from specaug_listen.auditions.records import ClipEntry
from specaug_listen.augment import TimeMask
from specaug_listen.cli import app
from specaug_listen.custom.audiomentations import WaveformTransform
from specaug_listen.custom.waveform import Waveform
from specaug_listen.errors import ParameterError, PolicyError
from specaug_listen.frontends import WHISPER
from specaug_listen.outputs.locks import lock
from specaug_listen.outputs.marker import MARKER, marker_lines
from specaug_listen.sweeps.page import write_page
from specaug_listen.vocoders import OriginalPhase

RUN = Configuration(WHISPER, Policy([TimeMask(max_frames=9)], "gap"), OriginalPhase(), draws=1, seed=4)
INVERTED = Waveform((WaveformTransform("PolarityInversion", {"p": 1.0}),))
REVERSED = WaveformTransform("Reverse", {"p": 1.0})
QUICK = ("--vocoder", "original-phase", "--no-report")
MINE = b"mine: years of work"


@pytest.fixture(autouse=True)
def without_figures(monkeypatch):
    """Figures take most of the time of a run, and are files as others are."""
    monkeypatch.setattr(Audition, "plot", lambda self, draw: None)
    monkeypatch.setattr("specaug_listen.auditions.save.encode_png", lambda figure: b"a figure")


def sound(path, n_samples=4000, pitch=440.0):
    path.parent.mkdir(parents=True, exist_ok=True)
    save(path, Audio(np.sin(np.arange(n_samples) * pitch * 2 * np.pi / 16000) / 2, 16000))
    return path


@pytest.fixture
def here(tmp_path, monkeypatch):
    """The working folder, with a recording and other things of the user's."""
    sound(tmp_path / "take.wav")
    for name in ("report.html", "take/draw-7.png", "thesis.html", "sweep.png", "check.json", "report/index.html"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(MINE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def kept(folder, before):
    """Whether all that was there is as it was."""
    after = contents(folder)
    return {name: after.get(name) for name in before} == before


# -- what stands in a folder ----------------------------------------------------------------------------


@pytest.mark.parametrize("overwrite", [(), ("--overwrite",)], ids=["", "overwrite"])
@pytest.mark.parametrize(
    "command",
    [
        ("audition", "take.wav", "-o", ".", *QUICK[:2]),
        ("audition", "take.wav", "-o", ".", *QUICK),
        ("audition", "take.wav", "-o", "take", *QUICK),
        ("audition", "take.wav", "-o", "take.wav", *QUICK),
        ("sweep", "take.wav", "--vary", "T=5", "-o", ".", *QUICK[:2]),
        ("sweep", "take.wav", "--vary", "T=5", "-o", "take", *QUICK[:2]),
        ("check", "--policy", "SM", "--draws", "20", "-o", "."),
        ("policy", "convert", "SM", "--to", "nemo", "-o", "thesis.html"),
        ("policy", "convert", "SM", "--to", "nemo", "-o", "take"),
    ],
    ids=" ".join,
)
def test_what_is_the_users_is_as_it_was_whatever_is_asked_for(here, command, overwrite):
    before = contents(here)
    ran = run(*command, *overwrite)
    assert kept(here, before)
    assert ran.code in (0, 1, 2)
    assert ran.code == 0 or len(ran.err.splitlines()) == 1
    if command[0] == "audition" and not command[3].endswith("wav"):
        # Without a page, nothing of the user's stands in the way.
        assert (ran.code == 0) == bool(overwrite and "--no-report" in command), ran.err


@pytest.mark.parametrize("overwrite", [(), ("--overwrite",)], ids=["", "overwrite"])
def test_a_page_a_sound_and_a_draw_are_never_put_in_the_place_of_what_is_not_listed(written, here, overwrite):
    shutil.copytree(written / "run", here / "out")
    np.save(here / "mel.npy", np.zeros((80, 50), np.float32))
    before = contents(here)
    draw = "out/clip/draw-1.json"
    for command in (
        ("report", "out", "-o", "thesis.html"),
        ("report", "out", "-o", "report.html", "--split"),
        ("replay", draw, "-o", "out/clip/draw-1.wav"),
        ("replay", draw, "-o", "out/clip"),
        ("replay", draw, "-o", "take.wav"),
        ("invert", "mel.npy", "-o", "take.wav", "--frontend", "whisper"),
        ("policy", "convert", "SM", "--to", "nemo", "-o", draw),
    ):
        ran = run(*command, *overwrite)
        assert (ran.code, len(ran.err.splitlines())) == (2, 1), command
        assert contents(here) == before, command


@pytest.mark.parametrize("link", [None, os.symlink, os.link], ids=["itself", "link", "hard link"])
def test_a_run_never_replaces_its_own_input(written, here, link):
    shutil.copytree(written / "run", here / "out")
    shutil.copytree(written / "sweep", here / "sheet")
    before = contents(here)
    for clip, command in (
        ("out/clip/original.wav", ("audition", "-o", "out", *QUICK)),
        ("out/clip/original.wav", ("audition", "-o", "./out/../out/", *QUICK)),
        ("sheet/reference-1/original.wav", ("sweep", "--vary", "T=5", "-o", "sheet", *QUICK[:2])),
    ):
        named = clip
        if link is not None:
            named = "named.wav"
            link(here / clip, named)
        ran = run(command[0], named, *command[1:], "--overwrite")
        assert ran.code == 2
        assert "is read here, and would be replaced or removed; choose another -o" in ran.err
        if link is not None:
            os.unlink(named)
        assert contents(here) == before


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("report.html", ("audition", "take.wav", "--policy", "{}", "--framework", "nemo", *QUICK[:2])),
        ("audition.json", ("audition", "take.wav", "--policy", "{}", "--framework", "nemo", *QUICK)),
        ("report.html", ("audition", "take.wav", "--policy", "{}", "--framework", "nemo", *QUICK)),
        ("sweep.json", ("sweep", "take.wav", "--vary", "T=5", "--policy", "{}", "--framework", "nemo", *QUICK[:2])),
        ("sweep.json", ("sweep", "take.wav", "--vary", "policy={},SM", *QUICK[:2])),
    ],
    ids=str,
)
def test_a_policy_is_never_replaced_by_what_is_heard_of_it(here, name, command):
    assert run("policy", "convert", "LD", "--to", "nemo", "-o", f"pl/{name}").code == 0
    before = contents(here)
    ran = run(*(part.format(f"pl/{name}") for part in command), "-o", "pl", "--overwrite")
    assert kept(here, before)
    if "--no-report" in command and name == "report.html":
        assert ran.code == 0
    else:
        assert (ran.code, ran.err.count("was written by 'policy convert', so")) == (2, 1), ran.err
        assert contents(here) == before


@pytest.mark.parametrize("name", [MARKER, MARKER.upper(), ".specaug-listen-mine.partial"])
def test_names_that_are_kept_for_the_marker_and_rooms_are_refused(written, here, name):
    np.save(here / "mel.npy", np.zeros((80, 50), np.float32))
    shutil.copytree(written / "run", here / "out")
    before = contents(here)
    for command in (
        ("policy", "convert", "LD", "--to", "nemo", "-o", name),
        ("policy", "convert", "LD", "--to", "nemo", "-o", f"{name}/x.yaml"),
        ("audition", "take.wav", "-o", name, *QUICK),
        ("sweep", "take.wav", "--vary", "T=5", "-o", f"new/{name}", *QUICK[:2]),
        ("check", "--policy", "SM", "--draws", "20", "-o", name),
        ("replay", "out/clip/draw-1.json", "-o", name),
        ("invert", "mel.npy", "--frontend", "whisper", "-o", name),
        ("report", "out", "-o", f"{name}/x.html"),
        ("report", "out", "--split", "-o", f"{name}.html"),
    ):
        ran = run(*command)
        assert (ran.code, "is a name that specaug-listen keeps" in ran.err) == (2, True), (command, ran)
        assert len(ran.err.splitlines()) == 1
        assert contents(here) == before
        assert not (here / "new").exists()
        assert not (here / name).exists()


@pytest.mark.parametrize("file", ["report/index.html", "report/notes.txt", "report"])
def test_a_page_in_either_form_is_in_nobodys_way_before_any_work(here, monkeypatch, file):
    monkeypatch.setattr("specaug_listen.auditions.batch.audition", lambda *a, **k: pytest.fail("worked"))
    monkeypatch.setattr("specaug_listen.sweeps.grid.audition", lambda *a, **k: pytest.fail("worked"))
    for command in (("audition", "take.wav", *QUICK[:2]), ("sweep", "take.wav", "--vary", "T=5", *QUICK[:2])):
        path = here / command[0] / file.replace("report", "sweep" if command[0] == "sweep" else "report")
        path.parent.mkdir(parents=True)
        path.write_bytes(MINE)
        before = contents(here)
        ran = run(*command, "-o", command[0], "--overwrite")
        assert (ran.code, len(ran.err.splitlines())) == (2, 1), ran
        assert "choose another -o" in ran.err
        assert contents(here) == before


def test_what_a_configuration_reads_is_never_replaced(here):
    """Files of other files are known where they are opened, so that no command need list them."""
    assert run("policy", "convert", "SM", "--to", "nemo", "-o", "mine.yaml").code == 0
    (here / "mine.npy").hardlink_to(here / "mine.yaml")
    before = contents(here)
    with note_reads():
        read_file("mine.npy", 100_000)
        ran = run("policy", "convert", "LD", "--to", "nemo", "-o", "mine.yaml", "--overwrite")
    assert (ran.code, "mine.yaml in it is read here" in ran.err) == (2, True), ran.err
    assert contents(here) == before
    assert run("policy", "convert", "LD", "--to", "nemo", "-o", "mine.yaml", "--overwrite").code == 0


def test_a_page_of_a_clips_or_a_cells_name_leaves_its_folder_alone(written, here):
    shutil.copytree(written / "run", here / "out")
    shutil.copytree(written / "sweep", here / "sheet")
    before = contents(here)
    assert run("report", "out", "-o", "out/clip.html", "--overwrite").code == 0
    assert run("report", "sheet", "-o", "sheet/reference-1.html", "--overwrite").code == 0
    assert kept(here, before)


def test_a_draw_that_is_made_again_over_itself_is_kept(written, here):
    shutil.copytree(written / "run", here / "out")
    draw = here / "again" / "draw-1.json"
    assert run("replay", "out/clip/draw-1.json", "-o", "again").code == 0
    before = contents(here)
    ran = run("replay", draw, "-o", "again", "--overwrite")
    assert (ran.code, contents(here) == before) == (2, True)
    assert run("policy", "convert", "SM", "--to", "nemo", "-o", "x.yaml").code == 0
    converted = (here / "x.yaml").read_bytes()
    assert run("policy", "convert", "x.yaml", "--to", "espnet", "-o", "x.yaml", "--overwrite").code == 2
    assert (here / "x.yaml").read_bytes() == converted


@pytest.mark.parametrize("name", ["../take.wav", "{here}/take.wav", "link/take.wav", "notes.txt", "notes/take.wav"])
def test_a_received_marker_gives_nobodys_file_away(written, here, name):
    """Names that lead out, and names of files that the user put there, with another content."""
    shutil.copytree(written / "run", here / "out")
    (here / "out" / "notes.txt").write_bytes(MINE)
    (here / "out" / "link").symlink_to(here)
    (here / "out" / "notes").symlink_to(here)
    line = {"command": "audition", "owns": {name.format(here=here): "0" * 32}}
    with open(here / "out" / MARKER, "a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
    before = {name: data for name, data in contents(here).items() if not name.startswith("out/clip")}
    assert run("audition", "take.wav", "-o", "out", "--overwrite", *QUICK).code == 0
    assert kept(here, {name: data for name, data in before.items() if name != "out/audition.json"})
    assert (here / "out" / "link").is_symlink()


@pytest.mark.parametrize("owns", [{"\0/x": "aa"}, {"\ud800/x": "aa"}, {"a\0": "aa"}, 5, {"clip": []}], ids=repr)
def test_a_received_marker_with_names_that_are_none_is_read_without_them(written, here, owns):
    shutil.copytree(written / "run", here / "out")
    line = {"command": "audition", "clip": {}, "owns": owns}
    with open(here / "out" / MARKER, "a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
    os.link(here / "out" / MARKER, here / "copy of the marker")
    assert run("report", "out", "-o", "out/other.html").code == 0
    assert run("audition", "take.wav", "-o", "out", "--overwrite", *QUICK).code == 0
    with open(here / "out" / MARKER, "a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
    (here / "out" / "audition.json").unlink()
    assert run("report", "out", "-o", "page.html").code == 0


def test_a_clips_folder_that_became_a_link_is_left_alone(here):
    audition_many([here / "take.wav"], here / "out", RUN)
    shutil.move(here / "out" / "take", here / "elsewhere")
    (here / "out" / "take").symlink_to(here / "elsewhere")
    before = contents(here / "elsewhere")
    audition_many([here / "take.wav"], here / "out", replace(RUN, seed=5), overwrite=True)
    assert contents(here / "elsewhere") == before
    assert names_in(here / "out") == ["audition.json", "take", "take-2"]


def test_a_draw_of_the_users_among_ours_is_told_before_any_work(here, monkeypatch):
    audition_many([here / "take.wav"], here / "out", RUN)
    (here / "out" / "take" / "draw-2.wav").write_bytes(MINE)
    before = contents(here / "out")
    monkeypatch.setattr("specaug_listen.auditions.batch.audition", lambda *a, **k: pytest.fail("worked"))
    with pytest.raises(ParameterError, match=r"take/draw-2\.wav: exists and was not written by specaug-listen here"):
        audition_many([here / "take.wav"], here / "out", replace(RUN, draws=2), overwrite=True)
    assert contents(here / "out") == before


def test_what_an_earlier_run_left_goes_and_only_that(here):
    audition_many([here / "take.wav", sound(here / "two.wav")], here / "out", replace(RUN, draws=3))
    write_report(here / "out")
    (here / "out" / "take" / "draw-3.png").write_bytes(MINE)
    (here / "out" / "mine.wav").write_bytes(MINE)
    audition_many([here / "take.wav"], here / "out", RUN, overwrite=True)
    left = contents(here / "out")
    assert {name: data for name, data in left.items() if data == MINE} == {"take/draw-3.png": MINE, "mine.wav": MINE}
    assert names_in(here / "out") == ["audition.json", "mine.wav", "take"]
    assert "take/draw-2.wav" not in left


def test_python_keeps_to_the_same_rules(here):
    heard = audition(here / "take.wav", policy="SM", vocoder="original-phase", name="take")
    before = contents(here)
    assert heard.save(here, overwrite=True) == here / "take-2"
    with pytest.raises(ParameterError, match=r"thesis\.html: exists and was not written by"):
        write_report(heard, here / "thesis.html", overwrite=True)
    again = audition(here / "take-2" / "original.wav", policy="SM", vocoder="original-phase", name="take")
    with pytest.raises(ParameterError, match=r"take-2/original\.wav in it is read here, and would be replaced"):
        again.save(here, overwrite=True)
    assert kept(here, before)
    page = write_report(heard, here / "page.html")
    with pytest.raises(ParameterError, match=r"page\.html: exists; choose another, or replace it"):
        write_report(heard, page)
    first = page.read_bytes()
    assert write_report(heard, page, overwrite=True).read_bytes() == first


@pytest.mark.parametrize("how", [{"resume": True}, {"overwrite": True}], ids=str)
def test_what_python_saved_in_the_folder_of_a_run_stays_whatever_run_goes_on_there(here, how):
    files = [here / "take.wav", sound(here / "mine.wav")]
    audition_many(files[:1], here / "out", RUN)
    audition(files[1], policy="SM", vocoder="original-phase", name="mine").save(here / "out")
    before = {name: data for name, data in contents(here / "out").items() if name.startswith("mine/")}
    audition_many(files[:1], here / "out", RUN, **how)
    assert kept(here / "out", before)
    index = audition_many(files, here / "out", RUN, **how)
    assert sorted(clip.folder for clip in index.clips) == ["mine-2", "take"]
    assert kept(here / "out", before)
    assert audition_many(files, here / "out", RUN, resume=True) == index


def test_a_run_that_ends_while_an_audition_is_saved_keeps_its_clips(here, monkeypatch):
    """The folder is looked at when it is locked, and not only when the work begins."""
    heard = audition(here / "take.wav", policy="SM", vocoder="original-phase", name="take")

    def after_another_run(*args):
        audition_many([here / "take.wav"], here / "out", RUN)
        return files(*args)

    files = saving.audition_files
    monkeypatch.setattr(saving, "audition_files", after_another_run)
    with pytest.raises(ParameterError, match="holds a run of specaug-listen audition, whose index would no longer"):
        heard.save(here / "out", overwrite=True)
    monkeypatch.undo()
    assert names_in(here / "out") == ["audition.json", "take"]
    assert json.loads((here / "out" / "take" / "draw-1.json").read_text())["seed"] == RUN.seed


@pytest.mark.parametrize(
    ("how", "message"),
    [({}, "out: the folder is not empty; choose another, or"), ({"resume": True}, "go on with differs: seed was 4")],
    ids=str,
)
def test_a_run_that_ends_between_the_look_and_the_lock_of_another_keeps_its_clips(here, monkeypatch, how, message):
    def before_another_run(*args, **others):
        output = look(*args, **others)
        with monkeypatch.context() as alone:
            alone.setattr(batch, "output_of_audition", look)
            audition_many([here / "take.wav"], here / "out", RUN)
        return output

    look = batch.output_of_audition
    monkeypatch.setattr(batch, "output_of_audition", before_another_run)
    with pytest.raises(ParameterError, match=message):
        audition_many([sound(here / "two.wav")], here / "out", replace(RUN, seed=9), **how)
    assert names_in(here / "out") == ["audition.json", "take"]
    assert json.loads((here / "out" / "audition.json").read_text())["configuration"]["seed"] == RUN.seed


def test_an_audition_never_takes_its_own_results(here):
    audition_many([here / "take.wav"], here, RUN, overwrite=True)
    ran = run("audition", ".", "-o", ".", "--overwrite", *QUICK)
    assert ran.code == 0
    assert (
        "note: left out of .: 9 files of specaug-listen's own results; to hear one, name it by its own path" in ran.err
    )
    assert [clip["name"] for clip in json.loads((here / "audition.json").read_text())["clips"]] == ["take"]
    assert "no audio file" in run("audition", "take-2", "-o", "other", *QUICK).err
    assert run("audition", "take-2/original.wav", "-o", "other", *QUICK).code == 0


def test_what_the_user_keeps_in_a_folder_of_results_is_heard(here):
    audition_many([here / "take.wav"], here / "all" / "out", RUN)
    sound(here / "all" / "out" / "take" / "mine.wav")
    assert run("audition", "all", "-o", "other", *QUICK).code == 0
    assert [clip["name"] for clip in json.loads((here / "other" / "audition.json").read_text())["clips"]] == ["mine"]


@pytest.mark.parametrize("kind", ["new", "here", "link"])
@pytest.mark.parametrize(
    "command", [("audition", "{clip}", *QUICK), ("sweep", "{clip}", "--vary", "T=5", *QUICK[:2]), ("replay", "{draw}")]
)
def test_an_empty_folder_is_written_into_however_it_is_named(written, tmp_path, monkeypatch, command, kind):
    out = tmp_path / "out"
    out.mkdir()
    (tmp_path / "link").symlink_to(out)
    monkeypatch.chdir(out if kind == "here" else tmp_path)
    clip, draw = sound(tmp_path / "take.wav"), written / "run" / "clip" / "draw-1.json"
    named = {"new": "out", "here": ".", "link": "link"}[kind]
    ran = run(*(part.format(clip=clip, draw=draw) for part in command), "-o", named)
    assert (ran.code, len(contents(out)) > 2) == (0, True), ran.err
    assert (tmp_path / "link").is_symlink()


def test_a_folder_of_one_kind_of_results_is_none_for_another(written, here):
    shutil.copytree(written / "sweep", here / "sheet")
    before = contents(here / "sheet")
    ran = run("audition", "take.wav", "-o", "sheet", "--overwrite", *QUICK)
    assert (ran.code, "holds what 'sweep' wrote; choose another -o" in ran.err) == (2, True)
    assert contents(here / "sheet") == before


# -- two at once ----------------------------------------------------------------------------------------


def test_a_second_run_into_the_same_folder_is_refused(written, here):
    (here / "out").mkdir()
    held = lock(here / "out", here / "out")
    for command in (
        ("audition", "take.wav", "-o", "out", *QUICK),
        ("sweep", "take.wav", "--vary", "T=5", "-o", "out", *QUICK[:2]),
        ("check", "--policy", "SM", "--draws", "20", "-o", "out"),
    ):
        ran = run(*command)
        assert ran.code in (1, 2)
        assert ran.err == "error: out: another run is writing into it; wait, or choose another -o\n"
    os.close(held)
    assert contents(here / "out") == {}


def report(folder, page):
    write_report(folder, page)


def test_pages_that_are_made_at_once_in_one_folder_all_come(written, tmp_path):
    pages = [tmp_path / f"{number}.html" for number in range(4)]
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=report, args=(written / "run", page)) for page in pages]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
    assert all(page.is_file() for page in pages)
    listed = [name for line in marker_lines(tmp_path) for name in line["owns"]]
    assert sorted(listed) == [page.name for page in pages]


# -- killed runs ----------------------------------------------------------------------------------------


class KilledError(BaseException):
    """Stands for a kill: nothing is written after it."""


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
    assert "[1/3] 'a' was done before, and is kept" in ran.out
    assert names_in(tmp_path / "out") == ["a", "audition.json", "b", "c"]


@pytest.mark.parametrize("gone", ["a/draw-1.wav", "a"])
def test_a_clip_whose_files_are_gone_or_whose_recording_changed_is_done_again(tmp_path, clips, monkeypatch, gone):
    out = tmp_path / "out"
    kill(clips, out, monkeypatch)
    path = out / gone
    path.unlink() if path.is_file() else shutil.rmtree(path)
    sound(clips[1], pitch=777)
    told = []
    audition_many(clips, out, RUN, resume=True, progress=lambda number, result: told.append(result))
    assert not any(isinstance(one, ClipEntry) for one in told)
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


def test_going_on_where_nothing_began_begins_and_where_all_is_done_keeps_all(tmp_path, clips):
    first = audition_many(clips, tmp_path / "out", RUN, resume=True)
    before = contents(tmp_path / "out")
    assert audition_many(clips, tmp_path / "out", RUN, resume=True) == first
    assert contents(tmp_path / "out") == before
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_bytes(MINE)
    with pytest.raises(ParameterError, match="the folder is not empty"):
        audition_many(clips, tmp_path / "mine", RUN, resume=True)


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


@pytest.mark.parametrize("what", ["a split page", "a clip"])
def test_what_is_killed_while_it_replaces_an_earlier_one_shows_nothing_of_both(written, tmp_path, monkeypatch, what):
    def until_killed(source, target):
        replace(source, target)
        if os.path.basename(target) == "draw-1.wav":
            raise KilledError

    if what == "a clip":
        heard = audition(written / "clip.wav", policy="SM", vocoder="original-phase", name="clip")
        write, shown = lambda **how: heard.save(tmp_path, **how), tmp_path / "clip" / "draw-1.json"
    else:
        shown = tmp_path / "page" / "index.html"
        write = lambda **how: write_report(written / "run", tmp_path / "page.html", split=True, **how)  # noqa: E731
    write()
    assert shown.is_file()
    replace = os.replace
    monkeypatch.setattr(os, "replace", until_killed)
    with pytest.raises(KilledError):
        write(overwrite=True)
    assert not shown.exists()


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


# -- of one run -----------------------------------------------------------------------------------------


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


def test_a_draw_of_another_clip_and_one_that_is_not_there_are_named(tmp_path, clips):
    out = tmp_path / "out"
    audition_many(clips, out, RUN)
    shutil.copy(out / "a" / "draw-1.json", out / "b" / "draw-1.json")
    with pytest.raises(PolicyError, match=r"b/draw-1\.json: is from another run than its index \(clip\)"):
        write_report(out)
    (out / "b" / "draw-1.json").unlink()
    with pytest.raises(PolicyError, match=r"b/draw-1\.json: is listed in the index, and is not there"):
        write_report(out)


def test_a_cell_of_another_sweep_is_named(written, tmp_path):
    sheet = tmp_path / "sheet"
    shutil.copytree(written / "sweep", sheet)
    path = next(sheet.rglob("draw-1.json"))
    path.write_text(json.dumps({**json.loads(path.read_text()), "seed": 77}))
    with pytest.raises(PolicyError, match="is from another run than its index"):
        write_page(sheet, overwrite=True)


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
        assert ran.code == 2
        assert len(ran.err.splitlines()) == 1
        assert len(ran.err) < 1000
    assert contents(tmp_path) == before


def test_each_command_that_writes_can_be_told_to_replace_and_no_other(here):
    root = typer.main.get_command(app.app)
    commands = [*root.commands.items(), *root.commands["policy"].commands.items()]
    options = {name: {option for one in command.params for option in one.opts} for name, command in commands}
    assert [name for name, own in options.items() if "--overwrite" in own] == [
        name for name, own in options.items() if "--out" in own
    ]
    assert sum("--overwrite" in own for own in options.values()) == 7
