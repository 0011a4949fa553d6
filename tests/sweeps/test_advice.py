"""The advice names where it becomes too strong, and why."""

from __future__ import annotations

from dataclasses import replace

import pytest
from swept_places import strengths

from specaug_listen.reports.strength import Loudness, Spread
from specaug_listen.sweeps.advice import advice_on, measure_text
from specaug_listen.sweeps.chart_groups import Choice, rows_of
from specaug_listen.sweeps.place_strengths import MEASURES

WIDTHS = {"T": [10, 40, 100, 200]}
FILLS = "mean", 3.0, 5.0
AREAS = {10: 0.1, 40: 0.45, 100: 0.6, 200: 0.7}


def head_and_reason(vary, of):
    advice = advice_on(strengths(vary, of))
    return advice.head, advice.reason


def test_a_number_from_which_on_it_is_too_strong_is_named_with_its_reason():
    expected = (
        "Too strong from T = 100 on?",
        "More cells are masked than by any published recipe: 60% to 70% on average, against 50% with strong (the most)."
        " Up to T = 40, nothing exceeds their range. Longest gaps stay within it everywhere: 0.5 s, against 1.0 s with "
        "strong (the longest).",
    )
    assert head_and_reason(WIDTHS, lambda width: (AREAS[width],)) == expected
    # The order of the values does not matter.
    assert head_and_reason({"T": [200, 10, 100, 40]}, lambda width: (AREAS[width],)) == expected


def test_values_that_are_not_the_largest_are_listed():
    areas = {10: 0.6, 40: 0.3, 100: 0.3, 200: 0.7}
    head, reason = head_and_reason(WIDTHS, lambda width: (areas[width],))
    assert head == "Too strong with T 10 and 200?"
    assert "With T 40 and 100, all stays within their range." in reason
    names = {"policy": ["LD", "LB", "SM", "SS"]}
    head, reason = head_and_reason(names, lambda name: (0.6 if name in ("LB", "SS") else 0.3,))
    assert head == "Too strong with policy LB and SS?"
    assert "With policy LD and SM, all stays within their range." in reason


@pytest.mark.parametrize(
    ("areas", "head", "begin"),
    [
        (
            [0.6, 0.7],
            "Too strong with every value?",
            "More cells are masked than by any published recipe: 60% to 70% on",
        ),
        ([0.3, 0.7], "Too strong at T = 40?", "More cells are masked than by any published recipe: 70% on average"),
        (
            [0.3, 0.4],
            "Too strong? Nowhere.",
            "Every value masks about as much as the strongest published recipe, or less: at most 40% of the cells are",
        ),
        (
            [0.1, 0.4],
            "Too strong? Nowhere.",
            "Every value masks about as much as the strongest published recipe, or less: at most 40% of the cells are",
        ),
        (
            [0.05, 0.1],
            "Too strong? Nowhere, rather too weak.",
            "Every value masks less than any published recipe: at most",
        ),
        (
            [0.3, 0.3],
            "Too strong? Nowhere.",
            "Every value masks about as much as the strongest published recipe, or less: 30% of the cells are",
        ),
        (
            [0.6, 0.6],
            "Too strong with every value?",
            "More cells are masked than by any published recipe: 60% on average",
        ),
        # Differences within the tolerance are none.
        (
            [0.51, 0.515],
            "Too strong? Nowhere.",
            "Every value masks about as much as the strongest published recipe, or less: 51% of the cells are masked",
        ),
    ],
)
def test_each_standing_has_its_words(areas, head, begin):
    found = head_and_reason({"T": [10, 40]}, lambda width: (areas[width == 40],))
    assert found[0] == head
    assert found[1].startswith(begin)
    assert found[1].endswith(".")


def test_of_several_parameters_the_combinations_that_matter_are_named():
    def of(width, bins, fill):
        return (0.6 if width == 40 and bins == 27 else 0.1 + width / 200, 0.5, -20.0 if fill == "mean" else -70.0)

    advice = advice_on(strengths({"T": [10, 40], "F": [8, 27], "fill": ["mean", "floor"]}, of))
    assert advice.head == "Too strong with T 40 and F 27?"
    assert "In the other 3 combinations, nothing exceeds their range." in advice.reason
    assert advice.sentences == (
        "With every fill, as much is masked; the masks, beside the speech, are at ≤ −60 dB (floor) to −20 dB (mean).",
    )
    many = advice_on(strengths({"T": [10, 40], "F": [8, 27]}, lambda *values: (0.3 if values == (10, 8) else 0.7,)))
    assert many.head == "Too strong in 3 of 4 combinations?"
    assert "With T 10 and F 8, all stays within their range." in many.reason
    assert many.sentences[0] == "These are T 10 and F 27; T 40 and F 8; T 40 and F 27."


def test_gaps_alone_may_be_too_long_and_both_may_be_at_places_of_their_own():
    head, reason = head_and_reason(WIDTHS, lambda width: (0.3 + width / 2000, width / 100))
    assert head == "Too strong at T = 200?"
    assert reason == (
        "Gaps are longer than in any published recipe: 2.0 s on average, against 1.0 s with strong (the longest). "
        "Up to T = 100, all stays within their range. Cells masked stay within it everywhere: at most 40% (T 200), "
        "against 50% with strong (the most)."
    )
    head, reason = head_and_reason(WIDTHS, lambda width: (AREAS[width], width / 100))
    assert head == "Too strong from T = 100 on?"
    assert reason.startswith("From T = 100 on, more cells are masked")
    assert "At T = 200, gaps are longer than in any published recipe: 2.0 s on average" in reason


def test_what_changes_no_mask_says_what_it_changes():
    vocoders = {"vocoder": ["joint", "griffinlim"]}
    assert advice_on(strengths(vocoders, lambda _: (0.3,))).sentences == (
        "With every vocoder, masks and mel are the same; only how the mel is made audible differs.",
    )
    fills = {"fill": ["mean", 3.0, 5.0]}
    levels = {"mean": -20.0, 3.0: 12.0, 5.0: 20.0}
    assert advice_on(strengths(fills, lambda fill: (0.3, 0.5, levels[fill]))).sentences == (
        "With every fill, as much is masked; the masks, beside the speech, are at −20 dB (mean) to +20 dB (5).",
    )
    frontends = {"frontend": ["whisper", "nemo"]}
    changes = {"whisper": 5.0, "nemo": 8.0}
    (sentence,) = advice_on(strengths(frontends, lambda name: (0.3, 0.5, None, changes[name]))).sentences
    assert sentence.endswith("as much is masked; the mel changes by 5 dB (whisper) to 8 dB (nemo).")


def test_masks_louder_than_the_speech_are_never_called_nowhere_too_strong():
    def advice(area, *levels):
        return advice_on(strengths({"fill": FILLS}, lambda fill: (area, 0.5, levels[FILLS.index(fill)])))

    found = advice(0.3, -20.0, 12.0, 20.0)
    assert found.head == "Too strong? Only in level: with fill 3 and 5, masks are 12 dB to 20 dB louder than speech."
    assert found.reason.startswith(
        "Every value masks about as much as the strongest published recipe, or less: 30% of the cells are masked on"
    )
    found = advice(0.1, -20.0, 12.0, -20.0)
    assert found.head == "Too strong? Only in level: with fill 3, masks are 12 dB louder than speech."
    assert found.reason.startswith("Every value masks less than any published recipe: 10%")
    found = advice(0.6, 6.0, 6.0, 6.0)
    assert found.head == "Too strong with every value?"
    assert found.reason.endswith(" Everywhere, the masks are louder than the speech: +6 dB.")


def test_masks_about_as_loud_as_the_speech_are_told_by_the_threshold_of_a_report():
    levels = {"mean": -20.0, 3.0: 2.0, 5.0: 3.1}
    found = advice_on(strengths({"fill": FILLS}, lambda fill: (0.3, 0.5, levels[fill])))
    assert found.head == "Too strong? Only in level: with fill 5, masks are 3 dB louder than speech."
    assert found.reason.endswith(" With fill 3, the masks are about as loud as the speech: +2 dB.")
    assert [Loudness(Spread.of([level])).kind for level in levels.values()] == ["quieter", "equal", "louder"]


def test_a_recipe_is_not_compared_with_itself():
    made = strengths({"policy": ["LD", "mine"]}, lambda name: (0.5 if name == "LD" else 0.3, 1.0))
    places = tuple(replace(place, same_as=("strong",)) for place in made.places)
    assert advice_on(replace(made, places=places)).reason == (
        "Every policy masks about as much as the strongest published recipe, or less: at most 50% of the cells are "
        "masked on average (policy LD, which is strong, the recipe that masks the most); "
        "gaps are 1.0 s, as with strong, the recipe that "
        "has the longest."
    )


def test_a_number_of_the_advice_is_that_of_the_charts():
    def of(policy, framework):
        return (0.36 + (0.01 if framework == "paper" else 0.0) - (0.1 if policy == "SM" else 0.0),)

    made = strengths({"policy": ["SS", "SM"], "framework": ["paper", "espnet"]}, of)
    (group, _) = rows_of(made, MEASURES["area"], Choice.of(made, MEASURES["area"]))[0].groups
    assert group.mean == pytest.approx(0.365)
    assert f"at most {measure_text(MEASURES['area'], group.mean)} of the cells" in advice_on(made).reason


def test_values_have_units():
    assert measure_text(MEASURES["gap"], 0.05) == "0.05 s"
    assert measure_text(MEASURES["fill"], -0.2) == "0 dB"
    assert measure_text(MEASURES["fill"], 4) == "+4 dB"
    assert measure_text(MEASURES["fill"], -90) == "≤ −60 dB"
    assert measure_text(MEASURES["change"], 4) == "4 dB"
