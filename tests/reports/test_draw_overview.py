"""Histograms and rankings of draws: every draw is in one bar, edges are round, and the ends are the right ones."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from specaug_listen.metrics import SCORES
from specaug_listen.pages.table_values import Column, Row
from specaug_listen.reports.draw_overview import histograms_of, means_of, rankings_of


def histogram(key, values):
    (one,) = histograms_of([Column(SCORES[key], True, 0.0, 1.0)], rows(values))
    return one


def rows(values, run=""):
    return [Row("clip", f"draw-{i}", f"v-{i}", ((value, ""),), run=run) for i, value in enumerate(values)]


def alone(histogram):
    (row,) = histogram.rows
    return row


@given(st.lists(st.floats(-1e4, 1e4), min_size=1, max_size=60))
def test_every_draw_is_in_one_of_at_most_17_bars_of_equal_width(values):
    one = histogram("warp_displacement_ms", values)
    row = alone(one)
    assert sum(int(re.search(r": (\d+) draw", bar.text)[1]) for bar in row.bars) == row.n_draws == len(values)
    assert max(bar.height for bar in row.bars) == 1
    assert 1 / row.bars[0].width <= 17.001
    assert 0 <= row.median <= 1


def test_edges_are_round_and_bars_have_their_unit():
    one = histogram("masked_area_ratio", np.linspace(0.053, 0.498, 90))
    assert (one.low_text, one.high_text) == ("5", "50")
    row = alone(one)
    assert row.bars[0].text == "5 to 10%: 10 draws"
    assert row.median_text == "28"
    assert row.median == pytest.approx((27.55 - 5) / 45)


def test_equal_values_are_one_bar_and_draws_without_a_value_are_not_counted():
    row = alone(histogram("longest_gap_ms", [120.0, 120.0, None]))
    assert [bar.text for bar in row.bars] == ["120 to 121 ms: 2 draws"]
    assert (row.median, row.n_draws) == (0, 2)


def test_people_read_a_minus_sign():
    one = histogram("loudest_fill_vs_p95_db", [-47.0, -45.0])
    assert one.low_text == "−47.0"
    assert "−" in alone(one).bars[0].text
    assert alone(one).median_text == "−46.0"


def test_each_run_has_a_row_on_one_axis_and_in_one_scale():
    some = rows([0.1, 0.1, 0.3], "A") + rows([0.5], "B") + rows([None], "C")
    (one,) = histograms_of([Column(SCORES["masked_area_ratio"], True, 0.0, 1.0)], some)
    a, b, c = one.rows
    assert [(row.run, row.n_draws, row.median_text) for row in one.rows] == [
        ("A", 3, "10"),
        ("B", 1, "50"),
        ("C", 0, ""),
    ]
    assert a.bars[0].text == "10 to 15%: 2 draws of A"
    assert a.bars[0].height == 1
    assert b.bars[0].height == 0.5
    assert a.median < b.median
    assert a.bars[0].width == b.bars[0].width
    assert c.bars == ()


def test_means_of_two_runs_are_subtracted_as_they_are_shown():
    columns = [Column(SCORES[key], True, 0.0, 1.0) for key in ("masked_area_ratio", "stoi")]

    def row(run, share, stoi):
        return Row("c", "draw-1", "v", ((share, ""), (stoi, "n/a: warped" if stoi is None else "")), run=run)

    two = [row("A", 0.374, None), row("B", 0.2, 0.9), row("B", 0.312, 0.8)]
    assert [(one.title, one.values, one.difference) for one in means_of(columns, two)] == [
        ("cells masked (%)", ("37", "26"), "−11"),
        ("STOI", ("n/a: warped", "0.850"), "–"),
    ]
    three = means_of(columns, [*two, row("C", 0.5, 0.5)])
    assert [(one.values, one.difference) for one in three] == [
        (("37", "26", "50"), ""),
        (("n/a: warped", "0.850", "0.500"), ""),
    ]
    assert means_of(columns, two[1:]) == ()


def test_the_strongest_and_the_mildest_three_are_ranked_by_two_scores():
    columns = [Column(SCORES[key], True, 0.0, 1.0) for key in ("masked_area_ratio", "longest_gap_ms")]
    values = [(0.1, 5.0), (0.5, 1.0), (None, 2.0), (0.3, 3.0), (0.2, 4.0)]
    some = [Row("c", f"draw-{i}", f"v-{i}", tuple((v, "") for v in pair)) for i, pair in enumerate(values)]
    strongest, mildest = rankings_of(columns, some)
    assert [(row.draw, text) for row, text in strongest.rows] == [
        ("draw-1", "50%"),
        ("draw-3", "30%"),
        ("draw-4", "20%"),
    ]
    assert [row.draw for row, _ in mildest.rows] == ["draw-0", "draw-4", "draw-3"]
    assert rankings_of(columns, [some[0]] * 4) == ()


def test_warps_to_either_side_have_the_mean_of_their_sizes():
    column = Column(SCORES["warp_displacement_ms"], True, 0.0, 1.0)
    (one,) = means_of([column], rows([-300.0, 100.0], "A") + rows([50.0], "B"))
    assert (one.values, one.difference) == (("200", "50"), "−150")


def test_the_means_of_a_row_have_the_same_decimals():
    column = Column(SCORES["masked_area_ratio"], True, 0.0, 1.0)
    (one,) = means_of([column], rows([0.006], "A") + rows([0.17], "B"))
    assert (one.values, one.difference) == (("0.6", "17.0"), "+16.4")
