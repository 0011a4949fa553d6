"""Nobody's file is destroyed, whatever is asked for."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
from dataclasses import replace

import numpy as np
import pytest
import typer
from commandline import contents, names_in, run
from quick_runs import QUICK, RUN, KilledError, sound

from specaug_listen import audition, write_report
from specaug_listen._files import note_reads, read_file
from specaug_listen.auditions import batch
from specaug_listen.auditions import save as saving
from specaug_listen.auditions.batch import audition_many
from specaug_listen.cli import app
from specaug_listen.errors import ParameterError, PolicyError
from specaug_listen.outputs.locks import lock
from specaug_listen.outputs.marker import MARKER, marker_lines
from specaug_listen.sweeps.page import write_page

pytestmark = pytest.mark.usefixtures("without_figures")

MINE = b"mine: years of work"


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
        assert "is an input, and would be replaced or removed; choose another -o" in ran.err
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
        assert (ran.code, "is a name that specaug-listen reserves" in ran.err) == (2, True), (command, ran)
        assert len(ran.err.splitlines()) == 1
        assert contents(here) == before
        assert not (here / "new").exists()
        assert not (here / name).exists()


@pytest.mark.parametrize("file", ["report/index.html", "report/notes.txt", "report"])
def test_a_page_in_either_form_is_in_nobodys_way_before_any_work(here, monkeypatch, file):
    monkeypatch.setattr("specaug_listen.auditions.batch.audition", lambda *a, **k: pytest.fail("worked"))
    monkeypatch.setattr("specaug_listen.sweeps.cell_rendering.audition", lambda *a, **k: pytest.fail("worked"))
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
    assert (ran.code, "mine.yaml in it is an input" in ran.err) == (2, True), ran.err
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
    with pytest.raises(ParameterError, match=r"take-2/original\.wav in it is an input, and would be replaced"):
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
    assert (ran.code, "contains results of 'sweep'; choose another -o" in ran.err) == (2, True)
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


# -- of one run -----------------------------------------------------------------------------------------


def test_a_cell_of_another_sweep_is_named(written, tmp_path):
    sheet = tmp_path / "sheet"
    shutil.copytree(written / "sweep", sheet)
    path = next(sheet.rglob("draw-1.json"))
    path.write_text(json.dumps({**json.loads(path.read_text()), "seed": 77}))
    with pytest.raises(PolicyError, match="is from another run than its index"):
        write_page(sheet, overwrite=True)


def test_each_command_that_writes_can_be_told_to_replace_and_no_other(here):
    root = typer.main.get_command(app.app)
    commands = [*root.commands.items(), *root.commands["policy"].commands.items()]
    options = {name: {option for one in command.params for option in one.opts} for name, command in commands}
    assert [name for name, own in options.items() if "--overwrite" in own] == [
        name for name, own in options.items() if "--out" in own
    ]
    assert sum("--overwrite" in own for own in options.values()) == 7
