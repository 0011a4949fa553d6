"""The distribution of what a policy masks, against analytic truths, and the recipes that it is compared with."""

from __future__ import annotations

import dataclasses

import pytest

from specaug_listen.augment import LD, FrequencyMask, Mask, Policy, TimeMask, callable_policy
from specaug_listen.errors import ParameterError
from specaug_listen.frontends import WHISPER
from specaug_listen.reports.strength import (
    Loudness,
    Spread,
    clip_lengths,
    strength_of,
    strength_of_scores,
)

FIXED = Policy([Mask("time", 1, max_width=50, width_rule="fixed", start_rule="all")], "fixed")


def test_a_mask_of_one_width_has_that_gap_and_share_at_every_length():
    strength = strength_of(FIXED, WHISPER, [1.0, 2.0, 2.0])
    assert [(row.duration_s, row.area.mean, row.area.p95, row.gap_s.median) for row in strength.rows] == [
        (1.0, pytest.approx(0.5), pytest.approx(0.5), pytest.approx(0.5)),
        (2.0, pytest.approx(0.25), pytest.approx(0.25), pytest.approx(0.5)),
    ]
    # Twice as many clips are 2 s long.
    assert strength.area.mean == pytest.approx((0.5 + 2 * 0.25) / 3)
    assert (strength.gap_words, strength.frequency.mean) == (pytest.approx(0.5 * 2.5), 0)
    assert (strength.unmasked_share, strength.over_half_share, strength.whole_share) == (0, 0, 0)
    assert strength.is_simulated
    assert strength.loudness is None


def test_draws_that_the_policy_does_not_apply_mask_nothing():
    sometimes = dataclasses.replace(FIXED, probability=0.8)
    strength = strength_of(sometimes, WHISPER, [1.0], n_draws=4000)
    assert strength.unmasked_share == pytest.approx(0.2, abs=0.03)
    assert strength.area.mean == pytest.approx(0.4, abs=0.02)
    always = strength_of(dataclasses.replace(FIXED, probability=0.0), WHISPER, [1.0])
    assert always.unmasked_share == 1


def test_a_policy_that_masks_everything_says_so():
    whole = Policy([Mask("time", 1, max_width=500, width_rule="fixed", start_rule="all")], "whole")
    strength = strength_of(whole, WHISPER, [3.0])
    assert (strength.whole_share, strength.over_half_share, strength.gap_s.mean) == (1, 1, pytest.approx(3.0))


def test_the_same_arguments_give_the_same_strength_and_the_policys_batch_counts():
    assert strength_of(LD, WHISPER, [2.0]) == strength_of(LD, WHISPER, [2.0]) != strength_of(LD, WHISPER, [3.0])
    mask = Mask("time", 1, max_width=30, width_rule="fixed", start_rule="all", over="padded")
    alone = strength_of(Policy([mask]), WHISPER, [3.0])
    from specaug_listen.augment import Batch

    padded = strength_of(Policy([mask], batch=Batch(n_frames=3000)), WHISPER, [3.0])
    assert alone.time.mean == pytest.approx(0.1)
    assert padded.time.mean < 0.03


def test_a_policys_name_and_fills_do_not_change_its_strength():
    swap = Policy([Mask("frequency", 1, max_width=20, fill="swap")], "swap")
    for policy in (Policy([TimeMask(), FrequencyMask()], "one"), Policy([Mask("time", 2, max_width=30)], "two"), swap):
        expected = strength_of(policy, WHISPER, [3.0], n_draws=20)
        fills = ["floor", 3.0] if policy is not swap else ["swap"]
        for fill in fills:
            others = [dataclasses.replace(transform, fill=fill) for transform in policy.transforms]
            same = strength_of(Policy(others, "other"), WHISPER, [3.0], n_draws=20)
            assert (same.name, same.area.values) == ("other", expected.area.values)


def test_a_policy_of_thousands_of_masks_gets_few_draws_and_lengths():
    many = Policy([FrequencyMask(count=1000, max_bins=2), TimeMask(count=1000, max_frames=2)])
    strength = strength_of(many, WHISPER, [1.0, 2.0, 3.0, 4.0])
    assert strength.n_draws == 20
    assert len(strength.rows) == 2


def test_lengths_count_alike_though_long_clips_of_many_masks_get_fewer_draws():
    per_frame = Mask("time", count_rule="floor", count_ratio=0.5, max_width=2, width_rule="fixed")
    strength = strength_of(Policy([per_frame]), WHISPER, [1.0, 100.0])
    short, long = strength.rows
    assert len(long.area.values) < len(short.area.values)
    assert strength.n_draws == 2 * len(long.area.values)


def test_a_callable_has_no_distribution_and_its_draws_at_hand_count():
    with pytest.raises(ParameterError, match="is a callable"):
        strength_of(callable_policy("numpy:flipud"), WHISPER, [2.0])
    scores = {"masked_area_ratio": 0.5, "masked_time_ratio": 0.5, "longest_gap_ms": 800.0}
    loud = {**scores, "masked_area_ratio": 1.0, "loudest_fill_vs_p95_db": 13.0}
    strength = strength_of_scores("mine", [(2.0, {}), (3.0, scores), (3.0, loud)])
    assert [(row.duration_s, row.area.mean) for row in strength.rows] == [(2.0, 0.0), (3.0, 0.75)]
    assert (strength.area.mean, strength.gap_s.median, strength.whole_share) == (0.5, 0.8, pytest.approx(1 / 3))
    assert not strength.is_simulated
    assert strength.loudness == Loudness(Spread((13.0,)))


def test_the_level_of_fills_is_named_by_its_median():
    kinds = {13: "louder", 3: "equal", -3: "equal", -3.1: "quieter", -40: "silence"}
    assert {level: Loudness(Spread.of([level, level - 1, level + 1])).kind for level in kinds} == kinds


def test_lengths_are_those_of_the_clips_or_their_quantiles_and_those_asked_for():
    assert clip_lengths([3.0, 1.004, 3.0]) == (1.0, 3.0, 3.0)
    many = clip_lengths([float(i) for i in range(1, 101)], [0.5])
    assert (many[0], len(many)) == (0.5, 13)
    assert many[1] == pytest.approx(5.1, abs=0.1)


def test_bins_of_a_histogram_hold_all_draws():
    spread = Spread.of([0.5, 0.0, 3.0, 0.1])
    assert spread.histogram([0, 0.2, 0.4, 0.6]) == (0.5, 0.0, 0.5)
    assert (spread.median, spread.share_above(0.5)) == (pytest.approx(0.3), 0.25)
