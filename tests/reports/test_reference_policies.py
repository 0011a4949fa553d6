"""The recipes that a policy is compared with."""

from __future__ import annotations

import pytest

from specaug_listen.augment import LD, Cutout, Mask, Policy
from specaug_listen.errors import ParameterError
from specaug_listen.frameworks import ALL_POLICIES
from specaug_listen.frontends import WHISPER
from specaug_listen.reports.reference_policies import standing_in, yardsticks
from specaug_listen.reports.strength import strength_of

FIXED = Policy([Mask("time", 1, max_width=50, width_rule="fixed", start_rule="all")], "fixed")


def test_recipes_are_the_published_ones_on_their_own_front_ends_and_further_policies_come_last():
    marks = yardsticks([5.0], [FIXED])
    assert [mark.is_published for mark in marks] == [True] * 6 + [False]
    assert marks[-1].name == "fixed"
    assert marks[0].strength == strength_of(LD, WHISPER, [5.0])
    # The table of docs/frameworks.md.
    expected = {"LD": 0.43, "ESPnet": 0.45, "NeMo": 0.45, "icefall": 0.9 * 0.35, "SpeechBrain": 0.58, "Whisper": 0.05}
    assert {mark.name: mark.strength.area.mean for mark in marks[:-1]} == pytest.approx(expected, abs=0.03)
    assert "espnet-conformer10" in marks[1].about
    assert [mark.name for mark in marks if mark.is_named] == ["fixed"]
    assert marks[1].policy is ALL_POLICIES["espnet-conformer10"]


def test_a_published_recipe_that_the_user_names_is_there_once():
    marks = yardsticks([5.0], [ALL_POLICIES["nemo-conformer"], FIXED])
    assert [(mark.name, mark.is_published) for mark in marks if mark.is_named] == [("NeMo", True), ("fixed", False)]
    assert len(marks) == 7


def test_a_value_stands_below_within_or_above_others():
    assert [standing_in(value, [0.1, 0.4], 0.02) for value in (0.07, 0.08, 0.42, 0.43)] == [
        *("below", "within"),
        *("within", "above"),
    ]


def test_a_policy_that_no_mel_of_its_front_end_can_hold_is_refused():
    with pytest.raises(ParameterError, match="masks up to 100 bins, and whisper has 80"):
        yardsticks([5.0], [Policy((Cutout(max_bins=100),), "wide")])
