"""A sweep as a folder: all of it or nothing, and nothing of the user's in its place."""

from __future__ import annotations

import csv
import os
import shlex

import pytest
from cheap_audition import FAST, STEADY
from commandline import contents

from specaug_listen import save, sweep
from specaug_listen.errors import OutputError, ParameterError
from specaug_listen.sweeps.records import read_sweep
from specaug_listen.sweeps.results import cell_name


def test_a_folder_holds_the_page_the_chart_the_scores_and_every_cell(made, tmp_path):
    page = made.save(tmp_path / "deep" / "out")
    assert page == tmp_path / "deep" / "out" / "sweep.html"
    files = contents(page.parent)
    draws = {f"draw-{n}.{suffix}" for n in (1, 2) for suffix in ("wav", "json", "mel.png")}
    folders = {name.rpartition("/")[0] for name in files} - {""}
    assert len(folders) == 8 + 1
    assert {name.rpartition("/")[2] for name in files if name.startswith("01-")} == draws
    assert {"sweep.html", "sweep.json", "sweep.png", "scores.csv"} <= set(files)
    rows = list(csv.DictReader(files["scores.csv"].decode().splitlines()))
    assert len(rows) == 16
    assert rows[0]["time_mask.max_frames"] == "5"
    assert float(rows[0]["masked_time_ratio"]) == made.rows[0]["masked_time_ratio"]
    record = read_sweep(page.parent)
    assert [cell.values for cell in record.cells] == [tuple(cell.values.values()) for cell in made.cells]
    assert not [path for path in os.listdir(page.parent.parent) if path.endswith(".partial")]


def test_a_sweep_is_replaced_only_when_asked_and_nothing_else_ever_is(made, tmp_path):
    made.save(tmp_path / "out")
    before = contents(tmp_path / "out")
    with pytest.raises(ParameterError, match="the folder is not empty; choose another, or replace its results with"):
        made.save(tmp_path / "out")
    assert contents(tmp_path / "out") == before
    made.save(tmp_path / "out", overwrite=True)
    assert contents(tmp_path / "out") == before
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    made.save(tmp_path / "mine", overwrite=True)
    assert contents(tmp_path / "mine") == {**before, "thesis.txt": b"years of work"}
    with pytest.raises(ParameterError, match="is a file"):
        made.save(tmp_path / "mine" / "thesis.txt", overwrite=True)


def test_a_sweep_that_is_killed_while_it_replaces_another_has_no_page_and_no_index(speechlike, tmp_path, monkeypatch):
    def until_killed(source, target):
        replace(source, target)
        if os.path.basename(target) == "draw-1.wav":
            raise KeyboardInterrupt

    made = sweep(speechlike, vary={"fill": ["mean", "floor"]}, policy=STEADY, vocoder=FAST)
    made.save(tmp_path)
    replace = os.replace
    monkeypatch.setattr(os, "replace", until_killed)
    with pytest.raises(KeyboardInterrupt):
        made.save(tmp_path, overwrite=True)
    assert not {"sweep.html", "sweep.json"} & set(os.listdir(tmp_path))


def test_a_sweep_that_cannot_be_written_leaves_nothing_half(made, tmp_path, monkeypatch):
    def refused(*args, **kwargs):
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr("specaug_listen.sweeps.results.chart_png", refused)
    with pytest.raises(OutputError, match="No space left"):
        made.save(tmp_path / "out")
    assert os.listdir(tmp_path) == []


def test_names_of_folders_need_no_quotes_and_are_distinct(speechlike, tmp_path):
    clips = [save(tmp_path / name, speechlike.part(0, 0.2)) or tmp_path / name for name in ("a b.wav", "é=ü,.wav")]
    vary = {"fill": [-4.5, "mean"], "vocoder": ["griffinlim:n_iter=1", "original-phase"]}
    made = sweep(clips, vary=vary, policy=STEADY, rng=0)
    page = made.save(tmp_path / "out")
    folders = sorted({path.parent.name for path in page.parent.rglob("draw-1.wav")})
    assert folders[:2] == [
        "01-a-b-fill-minus4.5-vocoder-griffinlim-n_iter-1", "02-a-b-fill-minus4.5-vocoder-original-phase",
    ]  # fmt: skip
    assert len(folders) == 8
    names = [path.name for path in page.parent.iterdir() if path.is_dir()]
    assert all(shlex.quote(name) == name and len(name) <= 80 for name in names)
    record = read_sweep(page.parent)
    assert [cell.clip for cell in record.cells] == [0] * 4 + [1] * 4
    assert [len({cell.reference for cell in record.cells_of(number)}) for number in (0, 1)] == [2, 2]
    assert len({cell.reference for cell in record.cells}) == 4


def test_the_name_of_a_cell_is_bounded():
    name = cell_name("001", "clip " * 30, {"policy": "/home/me/configs/" + "x" * 300 + ".yaml", "fill": None})
    assert len(name) == 80
    assert "home" not in name
    assert cell_name("01", "", {"time_mask.max_frames": None, "fill": True}) == "01-max_frames-none-fill-True"
