"""Two commands at once in one folder: neither shows what the other is about to replace, and each has its own folder."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest
from commandline import contents, names_in, run

from specaug_listen import write_report
from specaug_listen.auditions import Audition
from specaug_listen.errors import OutputError
from specaug_listen.outputs.locks import InUse, lock
from specaug_listen.reports import report as report_module
from specaug_listen.sweeps import page

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="folders cannot be locked there")
QUICK = ("--vocoder", "original-phase")


@pytest.fixture(autouse=True)
def without_figures(monkeypatch):
    """Figures take most of the time of a run, and are files as others are."""
    monkeypatch.setattr(Audition, "plot", lambda self, draw: None)
    monkeypatch.setattr("specaug_listen.auditions.save.encode_png", lambda figure: b"a figure")


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    """Nobody waits for another one to end."""
    monkeypatch.setattr("specaug_listen.outputs.locks.PATIENCE_S", -1.0)


@pytest.fixture
def here(written, tmp_path, monkeypatch):
    shutil.copytree(written, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("folder", "arguments"),
    [
        ("run", ("run", "--overwrite")),
        ("run", ("run", "-o", "x.html")),
        ("run", ("run", "-o", "run/x.html")),
        ("run", ("other", "run", "-o", "x.html")),
        ("run", ("link", "-o", "x.html")),
        ("sweep", ("sweep", "--overwrite")),
        ("sweep", ("sweep", "-o", "x.html")),
    ],
    ids=str,
)
def test_no_page_is_made_of_a_folder_that_a_run_is_writing_into(here, folder, arguments):
    shutil.copytree(here / "run", here / "other")
    (here / "link").symlink_to("run")
    other_run = lock(here / folder, here / folder)
    before = contents(here)
    ran = run("report", *arguments)
    os.close(other_run)
    assert ran.code == 1
    assert ran.err == f"error: {'link' if 'link' in arguments else folder}: another run is writing into it; " \
        "wait until it has ended\n"  # fmt: skip
    assert contents(here) == before
    assert run("report", *arguments).code == 0


def test_a_page_by_call_is_refused_likewise(here):
    other_run = lock(here / "run", here / "run")
    for make in (lambda: write_report([here / "run"], "x.html"), lambda: page.write_page(here / "sweep", "x.html")):
        with pytest.raises(OutputError, match="another run is writing into it; wait until it has ended"):
            make()
        os.close(other_run)
        other_run = lock(here / "sweep", here / "sweep")
    os.close(other_run)
    assert not (here / "x.html").exists()


def test_a_page_waits_for_the_end_of_a_run_and_does_not_say_that_it_did_not_end(here, monkeypatch):
    index, elsewhere = here / "run" / "audition.json", here / "audition.json"
    index.rename(elsewhere)
    assert "did not end" in run("report", "run", "-o", "killed.html").err  # its lock went with its process
    other_run = lock(here / "run", here / "run")

    def until_it_ends(seconds):
        elsewhere.rename(index)
        os.close(other_run)

    monkeypatch.setattr("specaug_listen.outputs.locks.PATIENCE_S", 1e9)
    monkeypatch.setattr("specaug_listen.outputs.locks.time.sleep", until_it_ends)
    ran = run("report", "run", "--overwrite")
    assert (ran.code, ran.err) == (0, "")
    assert "did not end" not in (here / "run" / "report.html").read_text()


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("run", "--overwrite"), "another run is writing into it"),
        (("run", "-o", "run/x.html"), "another run is writing into it"),
        (("run", "-o", "x.html"), "a page of it is being made"),
        (("run", "-o", "run/clip/x.html"), "a page of it is being made"),
        (("run", "run", "-o", "x.html"), "a page of it is being made"),
        (("run", "link", "-o", "run/x.html"), "another run is writing into it"),
        (("sweep", "--overwrite"), "another run is writing into it"),
        (("sweep", "-o", "x.html"), "a page of it is being made"),
    ],
    ids=str,
)
def test_no_run_begins_in_a_folder_whose_page_is_being_made(here, monkeypatch, arguments, word):
    (here / "link").symlink_to("run")
    refused = []

    def with_a_run(module):
        publish = module.publish_page

        def publishing(*args, **how):
            with pytest.raises(InUse, match=f"{word}; wait, or choose another -o") as caught:
                lock(here / arguments[0], Path(arguments[0]))
            refused.append(str(caught.value))
            return publish(*args, **how)

        monkeypatch.setattr(module, "publish_page", publishing)

    with_a_run(page if arguments[0] == "sweep" else report_module)
    ran = run("report", *arguments)
    assert (ran.code, len(refused)) == (0, 1), ran.err
    os.close(lock(here / arguments[0], Path(arguments[0])))


def test_two_pages_of_one_folder_are_made_at_once_elsewhere(here, monkeypatch):
    publish = report_module.publish_page

    def publishing(*args, **how):
        monkeypatch.setattr(report_module, "publish_page", publish)
        import threading

        other = threading.Thread(target=lambda: write_report(here / "run", here / "other.html"))
        other.start()
        other.join()
        return publish(*args, **how)

    monkeypatch.setattr(report_module, "publish_page", publishing)
    write_report(here / "run", here / "one.html")
    assert (here / "one.html").is_file()
    assert (here / "other.html").is_file()


def test_a_run_keeps_its_folder_until_its_own_page_is_there(here, monkeypatch):
    publish, refused = report_module.publish_page, []

    def publishing(*args, **how):
        with pytest.raises(InUse, match="another run is writing into it"):
            lock(here / "new", here / "new")
        refused.append(True)
        return publish(*args, **how)

    monkeypatch.setattr(report_module, "publish_page", publishing)
    assert run("audition", "clip.wav", "-o", "new", *QUICK).code == 0
    assert refused == [True]
    assert (here / "new" / "report.html").is_file()


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("heard", ("audition", "clip.wav", *QUICK, "--no-report")),
        ("sheet", ("sweep", "clip.wav", "--vary", "T=5", *QUICK)),
        ("again", ("replay", "run/clip/draw-1.json")),
    ],
    ids=["audition", "sweep", "replay"],
)
def test_without_a_folder_one_that_another_run_has_just_taken_is_passed_over(here, name, command):
    others = [lock(here / taken, here / taken) for taken in (name, f"{name}-3")]
    (here / f"{name}-2").mkdir()
    (here / f"{name}-2" / "mine.txt").write_bytes(b"mine")
    ran = run(*command)
    for other in others:
        os.close(other)
    assert ran.code == 0, ran.err
    assert names_in(here / name) == names_in(here / f"{name}-3") == []
    assert names_in(here / f"{name}-2") == ["mine.txt"]
    assert names_in(here / f"{name}-4")


def test_a_folder_that_another_run_has_filled_meanwhile_is_passed_over(here, monkeypatch):
    import fcntl

    flock = fcntl.flock

    def after_another(file, how):
        (here / "again" / "draw-1.wav").write_bytes(b"of another run")
        monkeypatch.setattr(fcntl, "flock", flock)
        flock(file, how)

    monkeypatch.setattr(fcntl, "flock", after_another)
    assert run("replay", "run/clip/draw-1.json").code == 0
    assert names_in(here / "again") == ["draw-1.wav"]
    assert "draw-1.wav" in names_in(here / "again-2")


def test_a_command_without_results_leaves_no_folder_that_it_took(here):
    assert run("replay", "run/clip/draw-1.json", "--audio", "nothing.wav").code != 0
    assert run("audition", "run/clip/draw-1.json", *QUICK).code != 0
    assert not {"again", "heard"} & set(os.listdir(here))
