"""The verdict in words and charts, from strengths of known values."""

from __future__ import annotations

from dataclasses import replace

import pytest

from specaug_listen.augment import LD, Policy
from specaug_listen.pages.verdict_values import STRENGTH_COLUMNS, Term
from specaug_listen.reports.reference_policies import Yardstick
from specaug_listen.reports.strength import LengthRow, Loudness, Spread, Strength
from specaug_listen.reports.verdict_words import gap_axis_end, verdict_of


def strength(share, seconds, name="mine", fills_db=(), **changes):
    areas, gaps = Spread.of([share] * 20), Spread.of([seconds] * 20)
    loudness = Loudness(Spread.of(fills_db)) if fills_db else None
    rows = (LengthRow(5.0, areas, gaps),)
    return replace(Strength(name, rows, areas, areas, areas, gaps, loudness=loudness), **changes)


def yardstick(name, area, gap_s, policy=LD, is_published=True):
    return Yardstick(name, policy, strength(area, gap_s, name), f"{name} in full", is_published, not is_published)


MARKS = [yardstick("Whisper", 0.05, 0.1), yardstick("LD", 0.4, 0.7), yardstick("NeMo", 0.45, 0.3)]


def words_of(verdict):
    parts = (part for sentence in filter(None, (verdict.effects, *verdict.sentences)) for part in (*sentence, " "))
    text = "".join(part.text if isinstance(part, Term) else part for part in parts)
    return f"{verdict.head} {verdict.reason} {text}".replace("\N{NO-BREAK SPACE}", " ").strip()


def marks_of(gauge):
    return [mark for label in gauge.labels for mark in label.marks]


def judged(area, gap_s, marks=MARKS, **options):
    return words_of(verdict_of(strength(area, gap_s), marks, 2.0, **options))


@pytest.mark.parametrize(
    ("area", "gap_s", "expected"),
    [
        (0.2, 0.5, "In the range of published recipes: it masks more cells than Whisper (5%) and fewer than LD (40%)."),
        (0.46, 0.5, "In the range of published recipes: it masks about as many cells as NeMo (45%)."),
        (0.71, 0.5, "Stronger than all 3 published recipes: 71% of the cells against 45% with NeMo."),
        (
            *(0.71, 1.9),
            "Stronger than all 3 published recipes: 71% of the cells against 45% with NeMo, gaps of 1.9 s against 0.7 "
            "s with LD.",
        ),
        (0.4, 1.9, "As many cells as published recipes, but longer gaps: gaps of 1.9 s against 0.7 s with LD."),
        (0.01, 1.9, "Fewer cells than published recipes, but longer gaps: gaps of 1.9 s against 0.7 s with LD."),
        (0.01, 0.05, "Weaker than all 3 published recipes: 1% of the cells against 5% with Whisper."),
    ],
)
def test_a_policy_is_judged_by_its_cells_and_its_gaps(area, gap_s, expected):
    assert judged(area, gap_s).startswith(expected)


def test_a_policy_that_masks_nothing_says_only_that():
    assert judged(0.0, 0.0) == "It masks nothing."


def test_a_recipe_is_named_and_marked_as_the_policy_itself():
    verdict = verdict_of(strength(0.4, 0.7), MARKS, 2.0, own=MARKS[1])
    assert words_of(verdict).startswith(
        "In the range of published recipes: it is LD, one of the 3 from 5% (Whisper) to 45% (NeMo)"
    )
    marks = [*MARKS[:2], yardstick("SpeechBrain", 0.7, 0.7)]
    one_of_two = words_of(verdict_of(strength(0.4, 0.7), MARKS, 2.0, own=MARKS[1], run="A"))
    assert "it is LD, one of the 3. 40% of the cells" in one_of_two
    short = words_of(verdict_of(strength(0.69, 0.7), marks, 2.0, own=marks[2]))
    assert "it is SpeechBrain, one of the 3 from " in short
    assert "; of clips this short, it masks more than half." in short


def test_sentences_give_means_rare_values_and_words_lost():
    spread, gaps = Spread.of([0.1] * 37 + [0.9] * 2 + [0.95]), Spread.of([0.4] * 37 + [2.0] * 2 + [3.0])
    text = words_of(verdict_of(strength(0.3, 0.5, area=spread, gap_s=gaps), MARKS, 2.0))
    assert "On average 16% of the cells are masked, in 5% of draws over 90%." in text
    assert "The longest gap is 0.5 s on average (1.4 words), in 5% of draws over 2.0 s (5 words)." in text
    assert "No frame is masked as a whole." in judged(0.3, 0.0)
    rare = Spread.of([0.0] * 2 + [0.4] * 17 + [1.0])
    assert "10% of draws mask nothing, 5% of draws mask everything." in words_of(
        verdict_of(strength(0.3, 0.5, area=rare), MARKS, 2.0)
    )


def test_no_draw_is_said_to_exceed_what_none_exceeds():
    def text(*shares):
        spread, gaps = Spread.of(shares), Spread.of([4 * share for share in shares])
        return words_of(verdict_of(strength(0.3, 0.5, area=spread, gap_s=gaps), MARKS, 2.0)).partition(". ")[2]

    assert text(*[0.2] * 8, 1.0, 1.0) == (
        "On average 36% of the cells are masked, in 20% of draws all. "
        "The longest gap is 1.4 s on average (3.6 words), in 5% of draws 4.0 s (10 words)."
    )
    assert "are masked, in 5% of draws 20%. " in text(*[0.1] * 8, 0.2, 0.2)
    assert "are masked, in 5% of draws nearly all. " in text(*[0.1] * 8, 0.999, 0.999)
    assert "20% of the cells are masked in all draws. The longest gap is 0.8 s in all draws (2 words)." in text(
        0.2, 0.2
    )
    rare = text(*[0.0] * 39, 0.4)
    assert "On average 1% of the cells are masked, in fewer than 5% of draws any. " in rare
    assert "The longest gap is 0.04 s on average (0.1 words), in fewer than 5% of draws there is any. " in rare


def test_fills_are_compared_with_speech():
    def text(*fills_db):
        return words_of(verdict_of(strength(0.3, 0.5, fills_db=fills_db), MARKS, 2.0))

    assert "Masks are 13 dB louder than speech." in text(13.0, 13.2, 12.8)
    assert "Masks are about as loud as speech." in text(-2.0)
    assert "Masks are 20 dB quieter than speech (at most \N{MINUS SIGN}5 dB)." in text(-20, -20, -5)
    assert "Masks are nearly silent, 55 dB below speech." in text(-55)
    assert "Masks are" not in text()


def test_further_policies_are_compared_in_one_sentence_and_have_marks_of_their_own():
    others = [
        yardstick("old", 0.2, 0.5, is_published=False),
        yardstick("same", 0.4, 0.5, is_published=False),
        yardstick("none", 0.0, 0.0, is_published=False),
    ]
    verdict = verdict_of(strength(0.4, 0.5), [*MARKS, *others], 2.0)
    text = words_of(verdict)
    assert "It masks 2 times as many cells as old (20%) and about as many as same (40%). none masks nothing." in text
    assert {mark.name for mark in marks_of(verdict.gauges[0]) if mark.kind == "compare"} == {"old", "same", "none"}


def test_charts_say_the_same_in_words_and_levels_have_one_only_with_masks():
    verdict = verdict_of(strength(0.3, 0.5, fills_db=[13.0]), MARKS, 2.0, own=MARKS[1])
    area, gap, fill = verdict.gauges
    assert "this policy: 30% on average" in area.about
    assert "NeMo 45%" in area.about
    assert [mark.is_self for mark in marks_of(area)] == [False, True, False]
    assert marks_of(area)[1].about.startswith("this policy, LD in full: 40% on average")
    assert gap.value.replace("\N{NO-BREAK SPACE}", " ") == "0.5 s"
    assert [mark.name for mark in marks_of(fill)] == ["speech"]
    assert fill.ends[0] == "−60\N{NO-BREAK SPACE}dB (silence)"
    assert len(verdict_of(strength(0.3, 0.5), MARKS, 2.0).gauges) == 2


def test_the_table_has_a_row_for_each_length_and_each_policy():
    lengths = tuple(LengthRow(s, Spread.of([0.3] * 10), Spread.of([0.5] * 10)) for s in (2.0, 15.0))
    verdict = verdict_of(strength(0.3, 0.5, rows=lengths), MARKS, 2.0, name="A = x", warnings=["one"])
    assert [row.name.replace("\N{NO-BREAK SPACE}", " ") for row in verdict.rows] == [
        *("mine", "in clips of 2.0 s", "in clips of 15.0 s"),
        *("Whisper", "LD", "NeMo"),
    ]
    assert all(len(row.values) == len(STRENGTH_COLUMNS) for row in verdict.rows)
    assert (verdict.name, verdict.warnings, verdict.n_draws) == ("A = x", ("one",), "20 simulated draws")
    basis = "From 20 simulated draws for clips of 2.0 s to 15.0 s; each recipe on its own front-end"
    assert verdict.basis.replace("\N{NO-BREAK SPACE}", " ") == basis


def test_draws_at_hand_are_not_called_simulated():
    verdict = verdict_of(strength(0.3, 0.5, is_simulated=False, why_not="nobody knows"), MARKS, 2.0)
    assert verdict.basis == "From the 20 draws of this page; nobody knows"
    assert verdict.n_draws == "20 draws of this page"


def test_all_verdicts_of_a_page_have_one_axis_of_gaps():
    assert gap_axis_end([strength(0.3, 0.5), strength(0.3, 3.1)], MARKS) == 4.0
    assert gap_axis_end([strength(0.3, 0.1)], [yardstick("other", 0.1, 1.2, Policy(()))]) == 1.5
