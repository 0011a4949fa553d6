"""A sweep as a folder: all of it or nothing, and nothing of the user's in its place."""

from __future__ import annotations

import csv
import os

import pytest
from cheap_audition import FAST, STEADY
from commandline import contents

from specaug_listen import sweep
from specaug_listen.errors import OutputError, ParameterError
from specaug_listen.sweeps.records import read_sweep


def test_a_folder_holds_the_page_the_chart_the_scores_and_every_cell(made, tmp_path):
    page = made.save(tmp_path / "deep" / "out")
    assert page == tmp_path / "deep" / "out" / "sweep.html"
    files = contents(page.parent)
    draws = {f"draw-{n}.{suffix}" for n in (1, 2) for suffix in ("wav", "json", "mel.png")}
    folders = {name.rpartition("/")[0] for name in files} - {""}
    assert len(folders) == 8 + 1
    assert {name.rpartition("/")[2] for name in files if name.startswith("time_mask.max_frames=5, ")} == draws
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
