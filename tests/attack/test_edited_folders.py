"""Folders in which somebody changed files since they were written: the page is made, and a line says so."""

from __future__ import annotations

import json
import os
import shutil

import pytest
from commandline import run as run_command
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from received import CELL

from specaug_listen.auditions.folder_checks import Edits
from specaug_listen.errors import ResultError
from specaug_listen.outputs.marker import MARKER
from specaug_listen.reports.report import publish_report
from specaug_listen.sweeps.page import write_page


def edit(path):
    """Another file of the same kind and size that contradicts nothing."""
    if path.suffix == ".wav":
        data = path.read_bytes()
        path.write_bytes(data[:44] + bytes(len(data) - 44))
    elif path.suffix == ".png":
        shutil.copy(path.with_name("original.mel.png"), path)
    else:
        data = json.loads(path.read_text())
        data["scores"]["level_change_db"] = 99.0
        path.write_text(json.dumps(data))


def texts(page):
    return [notice.text for notice in page.notices]


def test_of_folders_as_they_were_written_nothing_is_said(run, sheet):
    assert publish_report(run).notices == ()
    assert write_page(sheet, overwrite=True).notices == ()


def test_an_index_that_a_killed_run_never_wrote_was_not_changed(run):
    (run / "audition.json").unlink()
    marker = run / MARKER
    lines = [line for line in marker.read_text("utf-8").splitlines(keepends=True) if '"audition.json"' not in line]
    marker.write_text("".join(lines), "utf-8")
    (text,) = texts(publish_report(run))
    assert "the run did not end" in text


@pytest.mark.parametrize("form", [(), ("--split",), ("--flac",)], ids=["", "split", "flac"])
@pytest.mark.parametrize("name", ["draw-1.wav", "original.wav", "draw-1.mel.png", "draw-1.json", "draw-1.png"])
def test_a_file_of_a_clip_that_was_changed_is_told_on_the_terminal_and_on_the_page(run, name, form):
    edit(run / "clip" / name)
    ran = run_command("report", run, *form, "--overwrite")
    assert ran.code == 0
    assert ran.err == f"note: {run}/clip: changed: {name} is not as written\n"
    html = (run / ("report/index.html" if form == ("--split",) else "report.html")).read_text("utf-8")
    assert f"changed: {name} is not as written" in html
    assert str(run) not in html.split('<details class="recipe"')[0]


def test_several_files_of_a_clip_are_one_line_and_counted(run):
    for name in ("draw-1.wav", "draw-1.mel.png", "draw-1.json", "copy-synthesis.wav"):
        edit(run / "clip" / name)
    (line,) = texts(publish_report(run))
    assert line.endswith("/clip: changed: copy-synthesis.wav, draw-1.wav, draw-1.json, ... are not as written")


def test_a_file_that_was_removed_is_told_on_the_terminal_and_on_the_page(run, sheet):
    for name in ("draw-1.mel.png", "copy-synthesis.mel.png"):
        (run / "clip" / name).unlink()
    ran = run_command("report", run, "--overwrite")
    line = "missing: copy-synthesis.mel.png, draw-1.mel.png, which the run wrote"
    assert (ran.code, ran.err) == (0, f"note: {run}/clip: {line}\n")
    assert line in (run / "report.html").read_text("utf-8")
    (sheet / "reference-1" / "original.mel.png").unlink()  # a cell has no figure instead
    ran = run_command("report", sheet, "--overwrite")
    line = "missing: original.mel.png, which the run wrote"
    assert (ran.code, ran.err) == (0, f"note: {sheet}/reference-1: {line}\n")
    assert line in (sheet / "sweep.html").read_text("utf-8")


def test_a_picture_of_another_size_than_its_record_is_refused(run, subtests):
    for name, more in (
        ("draw-1.mel.png", (1, 0)),
        ("original.mel.png", (9, 0)),
        ("copy-synthesis.mel.png", (0, 3)),
    ):
        with subtests.test(name=name):
            path = run / "clip" / name
            before = path.read_bytes()
            with Image.open(path) as image:
                image.load()
                text = PngInfo()
                for key, value in image.text.items():
                    text.add_text(key, value)
                width, height = image.size
                image.crop((0, 0, width + more[0], height + more[1])).save(path, pnginfo=text)
            said = f"a picture of {height + more[1]} bins and {width + more[0]} columns, where its record has"
            with pytest.raises(ResultError, match=said):
                publish_report(run)
            path.write_bytes(before)


def test_an_index_that_was_changed_is_told(run, sheet):
    for file, page in ((run / "audition.json", publish_report), (sheet / "sweep.json", write_page)):
        file.write_bytes(file.read_bytes() + b"\n")
        (line,) = texts(page(file.parent, overwrite=True))
        assert line == f"{file.parent}: changed: {file.name} is not as written"


@pytest.mark.parametrize("name", [f"{CELL}/draw-1.wav", f"{CELL}/draw-1.json", "reference-1/original.wav"])
def test_a_file_of_a_sweep_that_was_changed_is_told(sheet, name):
    edit(sheet / name)
    ran = run_command("report", sheet, "--overwrite")
    assert (ran.code, ran.err) == (0, f"note: {sheet}: changed: {name} is not as written\n")
    assert f"changed: {name} is not as written" in (sheet / "sweep.html").read_text("utf-8")


def test_a_file_that_the_marker_of_a_run_lacks_counts_as_changed_and_without_one_nothing_is_said(run, sheet):
    for folder, page in ((run, publish_report), (sheet, write_page)):
        marker = folder / MARKER
        lines = [json.loads(line) for line in marker.read_text().splitlines()]
        for line in lines:
            line.get("owns", {}).pop("clip/draw-1.wav", None)
            line.get("owns", {}).pop(f"{CELL}/draw-1.wav", None)
        marker.write_text("".join(json.dumps(line) + "\n" for line in lines))
        (notice,) = page(folder, overwrite=True).notices
        assert notice.kind == "edited"
        assert notice.values["n_files"] == 1
        marker.unlink()
        (folder / ("sweep.html" if folder == sheet else "report.html")).unlink()
        edit(folder / (CELL if folder == sheet else "clip") / "draw-1.json")
        assert page(folder).notices == ()
        # The page has a list of its own now, which knows nothing of the run.
        assert page(folder, overwrite=True).notices == ()


@pytest.mark.parametrize("how", ["text", "link", "cut"])
def test_a_marker_that_is_none_is_told(run, tmp_path, how):
    marker = run / MARKER
    if how == "link":
        os.replace(marker, tmp_path / "elsewhere")
        marker.symlink_to(tmp_path / "elsewhere")
    else:
        marker.write_text("no marker" if how == "text" else "")
    edit(run / "clip" / "draw-1.wav")
    (notice,) = publish_report(run, tmp_path / "page.html").notices
    assert notice.text.startswith(f"{run}: {MARKER} is no list of files by specaug-listen, so nobody can tell what")


def test_a_link_within_the_folder_is_what_it_leads_to(run):
    file = run / "clip" / "draw-1.wav"
    file.rename(run / "sound")
    file.symlink_to("../sound")
    assert publish_report(run).notices == ()
    shutil.copy(run / "clip" / "original.wav", run / "sound")
    assert len(publish_report(run, overwrite=True).notices) == 1


def test_a_figure_that_no_page_shows_may_hold_anything_and_is_told(run):
    (run / "clip" / "draw-1.png").write_bytes(b"an annotated figure")
    assert texts(publish_report(run)) == [f"{run}/clip: changed: draw-1.png is not as written"]


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir], ids=["pipe", "folder"])
def test_what_is_no_file_is_left_to_whoever_reads_it(run, make):
    (run / "clip" / "draw-1.wav").unlink()
    make(run / "clip" / "draw-1.wav")
    assert Edits(run).notices(["clip/draw-1.wav"], "clip") == ()
