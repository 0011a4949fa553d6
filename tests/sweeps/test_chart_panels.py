"""The charts of a sweep: lines for numbers, bars for categories, labels apart."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from swept_places import strengths

from specaug_listen.sweeps.chart_groups import MAX_LINES
from specaug_listen.sweeps.chart_panels import caption_of, panels_of, spread_labels


def test_numbers_are_lines_over_a_scale_with_the_recipes_as_levels():
    area, gap = panels_of(strengths({"T": [100, 10, 40]}, lambda width: (width / 200, width / 100)))
    assert (area.title, gap.title) == ("cells masked", "longest gap")
    (line,) = area.lines
    assert [point.x for point in line.points] == [0.04, pytest.approx(0.04 + 0.92 * 30 / 90, abs=1e-4), 0.96]
    assert [point.y for point in line.points] == sorted((point.y for point in line.points), reverse=True)
    assert all(point.high_y < point.y == point.low_y for point in line.points)
    assert [tick.text for tick in area.x_ticks] == ["10", "40", "100"]
    assert area.y_ticks[0].text == "0%"
    assert [mark.text for mark in area.yardsticks] == ["strong 50%", "weak 20%"]
    # Half of the cells are at the level of the recipe that masks half.
    assert line.points[-1].y == area.yardsticks[0].y
    assert line.points[-1].text == "T 100: 50%, in 5% of draws over 55%"


def test_categories_are_bars_and_the_recipes_rows_below():
    names = [f"espnet-conformer{n}" for n in range(8)]
    area, _ = panels_of(strengths({"policy": names}, lambda name: (0.1 + 0.05 * int(name[-1]),)))
    assert area.lines == ()
    assert [row.name.text for row in area.rows] == [*names, "strong", "weak"]
    assert [row.kind for row in area.rows] == ["value"] * 8 + ["recipe"] * 2
    assert all(row.bars[0].begin == area.zero == 0 for row in area.rows)
    ends = [row.bars[0].end for row in area.rows[:8]]
    assert ends == sorted(ends)


def test_a_parameter_that_changes_nothing_in_a_chart_makes_no_lines_of_it():
    def of(width, fill):
        return width / 200, 0.5, -30.0 if fill == "mean" else -50.0

    area, gap, level = panels_of(strengths({"T": [10, 40], "fill": ["mean", "floor"]}, of))
    assert len(area.lines) == len(gap.lines) == 1
    assert [row.name.text for row in level.rows] == ["mean", "floor"]
    assert level.rows[0].bars[0].begin < level.rows[0].bars[0].end == level.zero
    area, *_ = panels_of(strengths({"fill": ["mean", "floor"], "T": [10, 40]}, lambda fill, width: of(width, fill)))
    assert area.x_name == "T (widest time mask, frames)"
    # Values that make no difference are named once, so that nobody looks for their lines.
    assert area.alike == gap.alike == ("fill mean and fill floor alike",)
    assert level.alike == ("T 10 and T 40 alike",)


def test_a_second_number_of_many_values_has_lines_from_the_smallest_to_the_largest():
    bins = list(range(1, 10))
    made = strengths({"T": [10, 40], "F": bins, "mT": [1, 2]}, lambda width, n, count: (0.1 * n * count * width / 400,))
    area, *_ = panels_of(made)
    assert [name for _, name in area.names] == [f"F {n}" for n in (1, 3, 4, 6, 7, 9)]
    assert len(area.names) == MAX_LINES
    assert area.note == f"Averages over mT. {MAX_LINES} of the 9 values of F, the smallest and the largest among them."
    assert caption_of(made, panels_of(made)).endswith(area.note)


def test_values_of_many_sizes_are_on_a_logarithmic_axis_and_labels_leave_room():
    area, _ = panels_of(strengths({"T": [1, 10, 100, 1000]}, lambda width: (width / 2000,)))
    assert area.x_name == "T (widest time mask, frames), logarithmic"
    places = [tick.at for tick in area.x_ticks]
    assert [b - a for a, b in itertools.pairwise(places)] == pytest.approx([0.92 / 3] * 3, abs=1e-3)
    crowded, _ = panels_of(strengths({"T": list(range(1, 41))}, lambda width: (width / 100,)))
    labelled = [tick for tick in crowded.x_ticks if tick.text]
    assert (labelled[0].text, labelled[-1].text) == ("1", "40")
    # At the least width of a chart, 200 px, a character is 7 px wide.
    for one, other in itertools.pairwise(labelled):
        assert 200 * (other.at - one.at) > 7 * (len(one.text) + len(other.text)) / 2


def test_a_recipe_that_is_one_of_the_combinations_is_marked_where_it_is():
    def same(vary, values, name):
        made = strengths(vary, lambda value: (0.2 if value == vary[next(iter(vary))][0] else 0.5,))
        places = tuple(replace(p, same_as=(name,)) if p.values == values else p for p in made.places)
        return replace(made, places=places)

    made = same({"T": [10, 40]}, (40,), "strong")
    area, _ = panels_of(made)
    assert [point.is_yardstick for point in area.lines[0].points] == [False, True]
    assert [mark.text for mark in area.yardsticks] == ["strong 50% ◯", "weak 20%"]
    assert "◯ also in this sweep" in caption_of(made, panels_of(made))
    area, _ = panels_of(same({"policy": ["LB", "LD"]}, ("LD",), "strong"))
    assert [row.name.text for row in area.rows] == ["LB", "LD = strong ◯", "weak"]
    assert area.rows[1].name.about == "LD: the recipe strong"
    assert area.about.startswith("cells masked over policy: LB 20%, LD 50%.")


def test_what_the_values_do_not_change_has_no_chart():
    (level,) = panels_of(strengths({"fill": ["mean", "floor"]}, lambda f: (0.3, 0.5, -10.0 if f == "mean" else -50.0)))
    assert level.title == "level of the masks"
    area, gap = panels_of(strengths({"vocoder": ["joint", "griffinlim"]}, lambda _: (0.3,)))
    assert (area.title, gap.title) == ("cells masked", "longest gap")


def test_the_level_of_the_speech_is_named_on_the_axis():
    made = strengths({"fill": [-3.0, 1.0]}, lambda fill: (0.3, 0.5, 10 * fill))
    (level,) = panels_of(made)
    assert "speech" in [tick.text for tick in level.y_ticks]
    assert "0 dB, where bars begin, is the speech" in caption_of(made, [level])


def test_silence_has_no_bottom():
    (level,) = panels_of(strengths({"fill": ["mean", "floor"]}, lambda f: (0.3, 0.5, -10.0 if f == "mean" else -400.0)))
    assert level.rows[1].bars[0].begin == 0
    assert level.rows[1].bars[0].text == "≤ −60 dB"


@given(st.lists(st.floats(0, 100), max_size=7).map(sorted))
def test_labels_are_apart_in_order_and_within_bounds(places):
    labels = spread_labels(places, 15, 0, 100)
    assert labels == sorted(labels)
    assert all(b - a >= 15 - 0.02 for a, b in itertools.pairwise(labels))
    assert all(-0.01 <= label <= 100.01 for label in labels)
    if all(b - a >= 15 for a, b in itertools.pairwise(places)):
        assert labels == pytest.approx(places, abs=0.01)
