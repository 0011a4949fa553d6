"""The table of draws as records give it: columns that have a value, the others in one sentence, and one row a draw."""

from __future__ import annotations

from dataclasses import replace

import pytest

from specaug_listen import Policy, audition
from specaug_listen.auditions.clip_files import InlineAssets
from specaug_listen.auditions.page_clips import ClipOfRun
from specaug_listen.auditions.save import clip_at_hand
from specaug_listen.augment import TimeMask, TimeWarp
from specaug_listen.metrics import SCORES
from specaug_listen.reports.draw_table import TABLE_COLUMNS, table_of_draws
from specaug_listen.vocoders import OriginalPhase


@pytest.fixture
def table_of(speechlike):
    def make(policy, draws=2, label="", **options):
        heard = audition(speechlike, policy=policy, vocoder=OriginalPhase(), draws=draws, rng=0)
        entry, records, files = clip_at_hand(heard, "clip")
        return table_of_draws(
            [("clip-1", [ClipOfRun(entry, records, InlineAssets(files), heard.frontend, label)])], **options
        )

    return make


def test_every_score_is_a_column_and_those_that_are_visible_at_first_lead():
    assert sorted(TABLE_COLUMNS) == sorted(SCORES)
    main = [key for key, score in SCORES.items() if score.is_main_column]
    assert [*TABLE_COLUMNS] == [*main, *(key for key in SCORES if key not in main)]


def test_a_draw_is_a_row_with_its_number_in_full_and_as_text(table_of):
    table = table_of(Policy([TimeMask(max_frames=30)], "masks"), label="A")
    assert [(row.draw, row.target) for row in table.rows] == [
        ("A: draw-1", "clip-1-A-draw-1"),
        ("A: draw-2", "clip-1-A-draw-2"),
    ]
    assert {row.run for row in table.rows} == {"A"}
    keys = [column.score.key for column in table.columns]
    value, text = table.rows[0].values[keys.index("masked_area_ratio")]
    assert text == SCORES["masked_area_ratio"].number(value)
    fill, text = table.rows[0].values[keys.index("loudest_fill_vs_p95_db")]
    assert text[0] == ("−" if fill < 0 else "+")


def test_bars_of_shares_end_at_the_whole_and_those_of_fills_begin_at_quiet(table_of):
    ends = {one.score.key: (one.low, one.high, one.base) for one in table_of("LD").columns}
    assert ends["masked_area_ratio"] == (0.0, 1.0, 0.0)
    assert ends["loudest_fill_vs_p95_db"][0] == ends["loudest_fill_vs_p95_db"][2] <= -80
    assert ends["longest_gap_ms"][0] == 0


def test_a_score_that_no_draw_has_is_no_column_but_a_part_of_one_sentence(table_of, monkeypatch):
    monkeypatch.setattr("specaug_listen.metrics.is_installed", lambda package: False)
    table = table_of(Policy([TimeMask(max_frames=9)], "masks"))
    assert {"stoi", "pesq", "warp_displacement_ms"}.isdisjoint(column.score.key for column in table.columns)
    assert "STOI and PESQ (pystoi and pesq were not installed)" in table.left_out
    assert "warp (no draw is warped)" in table.left_out
    warped = table_of(Policy([TimeWarp(20)], "warp"))
    assert "warp (" not in warped.left_out
    assert "loudest fill (no draw has a mask)" in warped.left_out


def test_charts_are_for_ten_draws_and_more(table_of):
    assert table_of("LD", draws=9).histograms == table_of("LD", draws=9).rankings == ()
    many = table_of("LD", draws=10, sound_format="FLAC")
    assert [one.score for one in many.histograms] == [column.score for column in many.columns]
    assert len(many.rankings) == 4
    assert many.sound_format == "FLAC"


def test_without_draws_there_is_no_table():
    assert table_of_draws([]) is None


def test_means_of_runs_are_below_the_only_clip_or_else_above_the_table_in_the_order_of_scores(speechlike):
    def table(n_clips):
        clips = []
        for i in range(n_clips):
            heard = audition(speechlike, policy=Policy([TimeMask(max_frames=30)], "masks"), vocoder=OriginalPhase())
            entry, records, files = clip_at_hand(heard, f"clip {i}")
            entry = replace(entry, name=f"clip {i}")
            runs = [ClipOfRun(entry, records, InlineAssets(files), heard.frontend, label) for label in "AB"]
            clips.append((f"clip-{i}", runs))
        return table_of_draws(clips)

    assert table(1).means == ()
    titles = [row.title.partition(" (")[0] for row in table(2).means]
    assert titles == [score.title for score in SCORES.values() if score.title in titles]
    assert len(titles) > 5


@pytest.mark.parametrize("n_warped", [1, 2])
def test_scores_that_no_draw_has_are_left_out_with_the_reasons_that_apply(speechlike, n_warped):
    heard = audition(speechlike, policy=Policy([TimeMask(max_frames=9)], "masks"), vocoder=OriginalPhase(), draws=2)
    warped = audition(speechlike, policy=Policy([TimeWarp(20)], "warp"), vocoder=OriginalPhase(), draws=2)
    entry, still, files = clip_at_hand(heard, "clip")
    moved = clip_at_hand(warped, "clip")[1]
    records = [*moved[:n_warped], *still[n_warped:]]
    records = [replace(one, scores=one.scores | {"stoi": None, "pesq": None}) for one in records]
    table = table_of_draws([("clip-1", [ClipOfRun(entry, records, InlineAssets(files), heard.frontend, "")])])
    reasons = "warped" if n_warped == 2 else "warped or too short or silent"
    assert f"STOI and PESQ (all draws are {reasons})" in table.left_out
