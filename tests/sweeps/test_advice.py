"""The advice names where it becomes too strong, and why."""

from __future__ import annotations

import pytest
from swept_places import strengths

from specaug_listen.sweeps.advice import advice_on, measure_text
from specaug_listen.sweeps.place_strengths import MEASURES

WIDTHS = {"T": [10, 40, 100, 200]}
AREAS = {10: 0.1, 40: 0.45, 100: 0.6, 200: 0.7}


def test_a_number_from_which_on_it_is_too_strong_is_named_with_its_reason():
    advice = advice_on(strengths(WIDTHS, lambda width: (AREAS[width],)))
    assert advice.head == "Stronger than all published recipes from T = 100 on:"
    assert advice.reason == "60% to 70% of the cells are masked on average, and by the strongest, strong (50%)."
    assert advice.sentences == ("With T 40, 45% are masked, fewer than by strong (50%).",)


def test_the_order_of_the_values_does_not_matter():
    advice = advice_on(strengths({"T": [200, 10, 100, 40]}, lambda width: (AREAS[width],)))
    assert advice.head == "Stronger than all published recipes from T = 100 on:"


def test_values_that_are_not_the_largest_are_listed():
    areas = {10: 0.6, 40: 0.3, 100: 0.3, 200: 0.7}
    assert advice_on(strengths(WIDTHS, lambda width: (areas[width],))).head == (
        "Stronger than all published recipes with T 10 and 200:"
    )
    names = {"policy": ["LD", "LB", "SM", "SS"]}
    found = advice_on(strengths(names, lambda name: (0.6 if name in ("LB", "SS") else 0.3,)))
    assert found.head == "Stronger than all published recipes with policy LB and SS:"


@pytest.mark.parametrize(
    ("areas", "head"),
    [
        ([0.6, 0.7], "Stronger than all published recipes with every value:"),
        ([0.3, 0.7], "Stronger than all published recipes at T = 40:"),
        ([0.3, 0.4], "No value is stronger than published recipes:"),
        ([0.1, 0.4], "No value is stronger than published recipes:"),
        ([0.05, 0.1], "Each value is weaker than all published recipes:"),
        ([0.3, 0.3], "The same amount is masked with every value, as much as in published recipes:"),
        ([0.6, 0.6], "The same amount is masked with every value, more than in published recipes:"),
        # Differences within the tolerance are none.
        ([0.51, 0.515], "The same amount is masked with every value, as much as in published recipes:"),
    ],
)
def test_each_standing_has_its_words(areas, head):
    advice = advice_on(strengths({"T": [10, 40]}, lambda width: (areas[width == 40],)))
    assert advice.head == head
    assert advice.reason.endswith(".")


def test_of_several_parameters_the_combinations_that_matter_are_named():
    def of(width, bins, fill):
        return (0.6 if width == 40 and bins == 27 else 0.1 + width / 200, 0.5, -20.0 if fill == "mean" else -70.0)

    advice = advice_on(strengths({"T": [10, 40], "F": [8, 27], "fill": ["mean", "floor"]}, of))
    assert advice.head == "Stronger than all published recipes with T 40 and F 27:"
    assert advice.sentences[-1] == (
        "Varying fill does not change how much is masked, but how loud the masks are beside the speech: ≤ −60 dB "
        "(floor) to −20 dB (mean)."
    )
    many = advice_on(strengths({"T": [10, 40], "F": [8, 27]}, lambda *values: (0.3 if values == (10, 8) else 0.7,)))
    assert many.head == "Stronger than all published recipes in 3 of 4 combinations:"
    assert many.sentences[0] == "These are T 10 and F 27; T 40 and F 8; T 40 and F 27."


def test_gaps_alone_may_be_too_long():
    advice = advice_on(strengths(WIDTHS, lambda width: (0.3 + width / 2000, width / 100)))
    assert advice.head == "Longer gaps than in all published recipes at T = 200:"
    assert advice.reason == "2.0 s on average, and in the recipe with the longest, strong (1.0 s)."


def test_what_changes_no_mask_says_what_it_changes():
    vocoders = {"vocoder": ["joint", "griffinlim"]}
    assert advice_on(strengths(vocoders, lambda _: (0.3,))).sentences == (
        "Varying vocoder changes neither the masks nor the mel, only how it is made audible.",
    )
    fills = {"fill": ["mean", 3.0, 5.0]}
    levels = {"mean": -20.0, 3.0: 12.0, 5.0: 20.0}
    assert advice_on(strengths(fills, lambda fill: (0.3, 0.5, levels[fill]))).sentences == (
        "Varying fill does not change how much is masked, but how loud the masks are beside the speech: −20 dB (mean) "
        "to +20 dB (5).",
        "With fill 3 and 5, the masks are louder than the speech.",
    )
    frontends = {"frontend": ["whisper", "nemo"]}
    changes = {"whisper": 5.0, "nemo": 8.0}
    (sentence,) = advice_on(strengths(frontends, lambda name: (0.3, 0.5, None, changes[name]))).sentences
    assert sentence.endswith("but the change of the mel: 5 dB (whisper) to 8 dB (nemo).")


def test_values_have_units():
    assert measure_text(MEASURES["gap"], 0.05) == "0.05 s"
    assert measure_text(MEASURES["fill"], -0.2) == "0 dB"
    assert measure_text(MEASURES["fill"], 4) == "+4 dB"
    assert measure_text(MEASURES["fill"], -90) == "≤ −60 dB"
    assert measure_text(MEASURES["change"], 4) == "4 dB"
