"""The page of a sweep: its sheet, its scale and its forms."""

from __future__ import annotations

import pytest
from cheap_audition import FAST, STEADY
from commandline import run
from parsedpage import Page

from specaug_listen import sweep
from specaug_listen.augment import Policy, TimeMask, TimeWarp
from specaug_listen.plots import read_cells
from specaug_listen.sweeps.page import write_page


def test_a_page_is_made_again_from_its_folder_without_rendering(made, tmp_path, monkeypatch):
    page = made.save(tmp_path / "out")
    first = page.read_bytes()
    page.unlink()
    monkeypatch.setattr("specaug_listen.vocoders.GriffinLim.__call__", lambda *a: pytest.fail("rendered again"))
    assert write_page(tmp_path / "out").path.read_bytes() == first
    assert run("report", tmp_path / "out", "--overwrite").out.startswith(f"{page} (")


def test_all_mels_of_a_sheet_are_on_one_scale(speechlike, tmp_path):
    vary = {"fill": ["floor", 3.0], "vocoder": ["griffinlim:n_iter=1", "original-phase"]}
    folder = sweep(speechlike, vary=vary, policy=STEADY, rng=0).save(tmp_path / "out").parent
    scales = {
        (one.low_db, one.high_db) for one in (read_cells(path.read_bytes()) for path in folder.rglob("*.mel.png"))
    }
    assert len(scales) == 1
    ((low, high),) = scales
    assert low == -80
    assert high > 0


def test_what_cells_are_compared_with_is_listed_once_and_the_others_are_cells(speechlike, tmp_path):
    vary = {"frontend": ["whisper", "hifigan"], "vocoder": ["griffinlim:n_iter=1", "original-phase"]}
    page = Page(sweep(speechlike, vary=vary, policy=STEADY, rng=0).save(tmp_path / "out").read_text("utf-8"))
    assert page.unbalanced == page.open == []
    assert len([one for one in page.all("li") if one.get("class") == "version"]) == 2
    assert len([one for one in page.all("div") if (one.get("class") or "").startswith("version cell")]) == 4 + 2 * 3


def test_copy_syntheses_are_named_by_what_differs_between_them(speechlike, tmp_path):
    vary = {"frontend": ["whisper", "hifigan"]}
    text = sweep(speechlike, vary=vary, policy=STEADY, vocoder=FAST, rng=0).save(tmp_path / "out").read_text("utf-8")
    assert "copy-synthesis (whisper mel)" in text
    assert "original (hifigan mel)" in text
    assert "original (whisper" not in text


def test_a_clip_that_is_turned_down_says_so_once(speechlike, tmp_path):
    loud = sweep(speechlike, vary={"fill": ["mean", 3.0]}, policy=STEADY, vocoder=FAST, rng=0)
    page = Page(loud.save(tmp_path / "out").read_text("utf-8"))
    classes = [one.get("class") for one in page.all("div")]
    # Of these two, a screen shows only the first, and paper the second.
    assert classes.count("loud") == classes.count("loud-badges") == 1


def test_the_page_of_a_sweep_takes_the_forms_of_a_report(made, tmp_path):
    made.save(tmp_path / "out")
    ran = run("report", tmp_path / "out", "-o", tmp_path / "x.html", "--split")
    assert (ran.code, ran.out) == (0, f"{tmp_path / 'x' / 'index.html'}\n")
    assert len(list((tmp_path / "x" / "audio").rglob("*.wav"))) == 16 + 2
    assert run("report", tmp_path / "out", "--flac", "--overwrite").code == 0
    assert "data:audio/flac" in (tmp_path / "out" / "sweep.html").read_text("utf-8")
    mixed = run("report", tmp_path / "out", tmp_path / "out", "-o", tmp_path / "y.html")
    assert mixed.code == 2
    assert "holds a sweep, which has a page of its own; give it alone" in mixed.err


def test_a_wider_mask_changes_more_whatever_the_warp(speechlike):
    policy = Policy([TimeWarp(20), TimeMask(count=2, fill="floor")], "warped")
    made = sweep(speechlike, vary={"time_mask.max_frames": [2, 10, 30]}, policy=policy, vocoder=FAST, rng=2)
    changes = [row["log_mel_rmse_db"] for row in made.rows]
    assert changes == sorted(changes)
    assert all(row["warp_displacement_ms"] == made.rows[0]["warp_displacement_ms"] for row in made.rows)
