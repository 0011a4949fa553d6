"""What a chart of a sweep shows: the axes that matter, and means over the others."""

from __future__ import annotations

from dataclasses import replace

import pytest
from swept_places import strengths

from specaug_listen.sweeps.chart_groups import Choice, rows_of
from specaug_listen.sweeps.place_strengths import MEASURES

AREA = MEASURES["area"]
VARY = {"fill": ["mean", "floor"], "policy": ["LD", "LB"], "T": [10, 40], "F": [8, 27, 30, 40]}


def of(fill, policy, width, bins):
    return (width / 200 + bins / 400 + (0.1 if policy == "LB" else 0.0), 0.5, -20.0 if fill == "mean" else -300.0)


def test_numbers_are_chosen_before_categories_and_what_makes_no_difference_is_named():
    made = strengths(VARY, of)
    choice = Choice.of(made, AREA)
    assert (choice.along, choice.by, choice.others) == (2, 3, (1,))
    assert choice.note(made.axes) == "Averages over policy."
    assert choice.alike(made.axes) == ("fill mean and fill floor alike",)
    assert Choice.of(made, MEASURES["gap"]).alike(made.axes)[-1] == "all values of F alike"


def test_groups_are_means_and_know_the_recipes_among_them():
    made = strengths(VARY, of)
    places = tuple(replace(p, same_as=("LD",)) if p.values[1:] == ("LD", 40, 27) else p for p in made.places)
    made = replace(made, places=places)
    rows = rows_of(made, AREA, Choice.of(made, AREA))
    assert [row.name for row in rows] == ["F 8", "F 27", "F 30", "F 40"]
    assert [group.mean for group in rows[0].groups] == pytest.approx([0.05 + 0.02 + 0.05, 0.2 + 0.02 + 0.05])
    assert [[group.same_as for group in row.groups] for row in rows[:2]] == [[(), ()], [(), ("LD",)]]
    (level,) = rows_of(made, MEASURES["fill"], Choice.of(made, MEASURES["fill"]))
    assert [(group.value, group.mean) for group in level.groups] == [("mean", -20.0), ("floor", -80.0)]


def test_lines_of_many_values_include_the_weakest_and_the_strongest_in_every_quantity():
    names = ["LD", "LB", "SM", "SS", "espnet", "nemo", "icefall", "whisper", "lhotse"]
    areas = dict(zip(names, (5, 3, 4, 2, 1, 6, 9, 7, 8), strict=True))
    made = strengths(
        {"T": [10, 40], "policy": names},
        lambda width, name: (
            areas[name] / 20 + width / 400,
            2.0 if name == "LB" else 0.5,
            9.0 if name == "SS" else -20.0,
        ),
    )
    for key in ("area", "gap", "fill"):
        rows = rows_of(made, MEASURES[key], Choice(0, 1, ()))
        assert len(rows) == 6
        assert {"policy espnet", "policy icefall", "policy LB", "policy SS"} <= {row.name for row in rows}
    note = "6 of the 9 values of policy, the weakest and the strongest among them."
    assert Choice(0, 1, ()).note(made.axes) == note
