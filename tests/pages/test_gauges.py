"""Small charts: labels that never overlap, and bars that hold all draws."""

from __future__ import annotations

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from specaug_listen.pages.gauges import Axis, Label, Level, draw_gauge, nice_end, place_labels, text_width

NAMES = st.text(st.characters(codec="utf-8", categories=["L", "N"]), min_size=1, max_size=8)
LABELS = st.lists(st.builds(Label, st.floats(0, 360), NAMES), max_size=5)
SHARE = Axis("cells masked", 0.0, 1.0, lambda value: f"{value:.0%}")


@given(LABELS)
def test_labels_never_overlap_and_stay_within_the_chart(labels):
    centres = place_labels(labels)
    halves = [text_width(label.text) / 2 for label in labels]
    ends = sorted((x - half, x + half) for x, half in zip(centres, halves, strict=True))
    assert all(end <= begin for (_, end), (begin, _) in itertools.pairwise(ends))
    assert all(begin >= -0.01 and end <= 360.01 for begin, end in ends)


def test_labels_with_room_are_where_they_should_be_and_keep_their_order():
    assert place_labels([Label(300, "b"), Label(50, "a")]) == [300, 50]
    near = place_labels([Label(100, "x"), Label(100.5, "y"), Label(101, "z")])
    assert near == sorted(near)
    assert sum(near) / 3 == pytest.approx(100.5, abs=0.1)


def test_a_chart_has_a_bar_for_each_bin_with_draws_and_a_mark_for_each_level():
    levels = [Level(0.4, "LD", "about LD"), Level(0.5, "mine", "about mine", "compare")]
    gauge = draw_gauge(SHARE, 0.43, (0.0, 0.5, 0.499, 0.001), levels, "all in words", "43 in words")
    heights = [float(h) for h in re.findall(r"v-([\d.]+)", gauge.bars)]
    assert heights == [18.0, 18.0, 1.5]
    own, recipe = gauge.marks
    # Policies to compare with are in a row above the recipes.
    assert (own.label, own.row, recipe.label, recipe.row) == ("mine", 1, "LD", 2)
    assert own.x == pytest.approx(180)
    assert (gauge.value, gauge.ends) == ("43%", ("0%", "100%"))
    assert gauge.about == "all in words"


def test_the_value_of_the_policy_replaces_the_label_of_an_end():
    assert draw_gauge(SHARE, 0.0, (1.0,), [], "", "").ends == ("", "100%")
    full = draw_gauge(SHARE, 1.3, (1.0,), [], "", "")
    assert (full.ends, full.x) == (("0%", ""), 355)
    assert full.value_x + text_width(full.value) / 2 <= 355.01


def test_a_long_name_is_cut():
    gauge = draw_gauge(SHARE, 0.5, (1.0,), [Level(0.5, "x" * 40, "")], "", "")
    assert gauge.marks[0].label == "x" * 17 + "…"


def test_an_axis_ends_at_a_round_number_above_all_values():
    assert [nice_end(value) for value in (0.0, 0.7, 1.51, 7.0, 3599.0)] == [0.5, 0.8, 2.0, 8.0, 4000.0]
