"""Small charts: bars that hold all draws, marks, and labels of the ends."""

from __future__ import annotations

import re

import pytest

from specaug_listen.pages.gauges import Axis, Level, draw_gauge, nice_end
from specaug_listen.pages.mark_labels import text_width

SHARE = Axis("cells masked", 0.0, 1.0, lambda value: f"{value:.0%}")


def test_a_chart_has_a_bar_for_each_bin_with_draws_and_a_mark_for_each_level():
    levels = [Level(0.4, "LD", "about LD"), Level(0.5, "mine", "about mine", "compare")]
    gauge = draw_gauge(SHARE, 0.43, (0.0, 0.5, 0.499, 0.001), levels, "all in words", "43 in words")
    heights = [float(h) for h in re.findall(r"v-([\d.]+)", gauge.bars)]
    assert heights == [18.0, 18.0, 1.5]
    recipe, own = gauge.labels
    # There is room beside the caption, so the plot begins below one row.
    assert (recipe.text, recipe.row, own.text, own.row) == ("LD", 0, "mine", 0)
    assert own.marks[0].x == pytest.approx(180)
    assert gauge.top == 14
    assert (gauge.value, gauge.ends) == ("43%", ("0%", "100%"))
    assert gauge.about == "all in words"


def test_the_value_of_the_policy_replaces_the_label_of_an_end():
    assert draw_gauge(SHARE, 0.0, (1.0,), [], "", "").ends == ("", "100%")
    full = draw_gauge(SHARE, 1.3, (1.0,), [], "", "")
    assert (full.ends, full.x) == (("0%", ""), 355)
    assert full.value_x + text_width(full.value) / 2 <= 355.01


def test_what_the_lower_end_is_is_said_where_there_is_room():
    axis = Axis("level", -60, 20, lambda value: f"{value:.0f} dB", " (silence)")
    ends = [draw_gauge(axis, value, (1.0,), [], "", "").ends[0] for value in (0.0, -35.0, -59.0)]
    assert ends == ["-60 dB (silence)", "-60 dB", ""]


def test_a_long_name_is_cut():
    gauge = draw_gauge(SHARE, 0.5, (1.0,), [Level(0.5, "x" * 40, "")], "", "")
    assert gauge.labels[0].text == "x" * 17 + "…"


def test_an_axis_ends_at_a_round_number_above_all_values():
    assert [nice_end(value) for value in (0.0, 0.7, 1.51, 7.0, 3599.0)] == [0.5, 0.8, 2.0, 8.0, 4000.0]
