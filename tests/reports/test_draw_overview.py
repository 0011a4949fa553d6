"""Histograms and rankings of draws: every draw is in one bar, edges are round, and the ends are the right ones."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from specaug_listen.metrics import SCORES
from specaug_listen.pages.table_values import Column, Row
from specaug_listen.reports.draw_overview import histograms_of, rankings_of


def histogram(key, values):
    (one,) = histograms_of([Column(SCORES[key], True, 0.0, 1.0)], rows(values))
    return one


def rows(values):
    return [Row("clip", f"draw-{i}", f"v-{i}", ((value, ""),)) for i, value in enumerate(values)]


@given(st.lists(st.floats(-1e4, 1e4), min_size=1, max_size=60))
def test_every_draw_is_in_one_of_at_most_17_bars_of_equal_width(values):
    one = histogram("warp_displacement_ms", values)
    assert sum(int(re.search(r": (\d+) draw", bar.text)[1]) for bar in one.bars) == len(values)
    assert max(bar.height for bar in one.bars) == 1
    assert 1 / one.bars[0].width <= 17.001
    assert 0 <= one.median <= 1


def test_edges_are_round_and_have_their_unit():
    one = histogram("masked_area_ratio", np.linspace(0.053, 0.498, 90))
    assert (one.low_text, one.high_text) == ("5%", "50%")
    assert one.bars[0].text == "5 to 10%: 10 draws"
    assert one.median_text == "28%"
    assert one.median == pytest.approx((27.55 - 5) / 45)


def test_equal_values_are_one_bar_and_draws_without_a_value_are_not_counted():
    one = histogram("longest_gap_ms", [120.0, 120.0, None])
    assert [bar.text for bar in one.bars] == ["120 to 121 ms: 2 draws"]
    assert one.median == 0


def test_people_read_a_minus_sign():
    one = histogram("loudest_fill_vs_p95_db", [-47.0, -45.0])
    assert one.low_text == "−47.0 dB"
    assert "−" in one.bars[0].text
    assert one.median_text == "−46.0 dB"


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
