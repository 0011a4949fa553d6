"""Expected masked shares: those of a Monte Carlo over the frameworks' own rules, in the table of docs/frameworks.md."""

from __future__ import annotations

from dataclasses import replace

import pytest

from specaug_listen.augment import Batch, Cutout, FrequencyMask, Mask, Policy, TimeMask, TimeWarp
from specaug_listen.augment.coverage import enough_draws, expected_shares, simulate_coverage
from specaug_listen.errors import ParameterError
from specaug_listen.frameworks import ALL_POLICIES, hf_policy
from specaug_listen.frameworks.summary import show_policy

# Time, frequency and area of clips of 2, 5, 10 and 15 s at 100 frames per second and 80 bands; two decimals of a Monte
# Carlo of 4000 draws, written apart from this package.
TABLE = {
    "LB": [(0.24, 0.16, 0.37), (0.10, 0.17, 0.25), (0.05, 0.16, 0.20), (0.03, 0.16, 0.19)],
    "LD": [(0.42, 0.30, 0.59), (0.19, 0.30, 0.43), (0.10, 0.30, 0.36), (0.07, 0.30, 0.34)],
    "SM": [(0.18, 0.17, 0.32), (0.13, 0.17, 0.28), (0.07, 0.17, 0.22), (0.05, 0.17, 0.21)],
    "SS": [(0.18, 0.29, 0.42), (0.13, 0.29, 0.39), (0.07, 0.30, 0.34), (0.05, 0.30, 0.33)],
    "adaptive": [(0.13, 0.30, 0.39), (0.32, 0.29, 0.52), (0.33, 0.29, 0.52), (0.33, 0.30, 0.53)],
    "espnet-conformer10": [(0.20, 0.29, 0.44), (0.22, 0.30, 0.45), (0.22, 0.30, 0.45), (0.22, 0.29, 0.45)],
    "nemo-conformer": [(0.20, 0.30, 0.44), (0.22, 0.30, 0.45), (0.22, 0.29, 0.45), (0.22, 0.30, 0.45)],
    "icefall": [(0.07, 0.30, 0.35), (0.07, 0.30, 0.35), (0.07, 0.29, 0.35), (0.07, 0.30, 0.35)],
    "icefall-cr-ctc": [(0.19, 0.30, 0.43), (0.18, 0.30, 0.42), (0.17, 0.29, 0.42), (0.17, 0.29, 0.42)],
    "wenet": [(0.22, 0.13, 0.32), (0.10, 0.13, 0.21), (0.05, 0.13, 0.17), (0.03, 0.13, 0.16)],
    "speechbrain-conformer": [(0.32, 0.51, 0.67), (0.15, 0.51, 0.58), (0.08, 0.51, 0.55), (0.05, 0.51, 0.53)],
    "hf-whisper": [(0.10, 0, 0.10), (0.05, 0, 0.05), (0.05, 0, 0.05), (0.05, 0, 0.05)],
}
# Half a unit of the last decimal, and four deviations of the mean of 1000 draws of the more scattered ones (0.16).
TOLERANCE = 0.005 + 4 * 0.16 / 1000**0.5


@pytest.mark.parametrize("name", TABLE)
def test_shares_are_those_of_the_table(name):
    for n_frames, expected in zip((200, 500, 1000, 1500), TABLE[name], strict=True):
        shares = expected_shares(ALL_POLICIES[name], 80, n_frames)
        assert (shares.time, shares.frequency, shares.area) == pytest.approx(expected, abs=TOLERANCE), n_frames


def test_whispers_masks_without_an_attention_mask_are_spread_over_30_s():
    policy = hf_policy(apply_spec_augment=True, attention_mask=False)
    shares = expected_shares(policy, 80, 200, batch=Batch(n_frames=3000))
    assert shares.time == pytest.approx(0.05, abs=0.01)
    assert shares.time_p95 == pytest.approx(0.14, abs=0.03)


def test_a_mask_of_known_widths_covers_their_mean():
    fixed = Policy([Mask("time", 1, max_width=30, width_rule="fixed", start_rule="all")])
    shares = expected_shares(fixed, 80, 300, n_draws=50)
    assert (shares.time, shares.time_p95, shares.frequency, shares.area) == pytest.approx((0.1, 0.1, 0, 0.1))
    uniform = Policy([FrequencyMask(count=1, max_bins=40)])
    assert expected_shares(uniform, 80, 100, n_draws=4000).frequency == pytest.approx(20 / 80, abs=0.01)


def test_area_is_that_of_the_union_within_each_draw():
    both = Policy([FrequencyMask(count=1, max_bins=80), TimeMask(count=1, max_frames=100)])
    shares = expected_shares(both, 80, 100, n_draws=4000)
    assert shares.area == pytest.approx(1 - (1 - shares.frequency) * (1 - shares.time), abs=0.02)
    assert shares.area > max(shares.frequency, shares.time) + 0.1


def test_rectangles_count_in_the_area_alone():
    shares = expected_shares(Policy([Cutout(1, 20, 50)]), 80, 100, n_draws=4000)
    assert (shares.time, shares.frequency) == (0, 0)
    assert shares.area == pytest.approx(10 * 25 / 8000, abs=0.003)


def test_a_warp_masks_nothing():
    assert expected_shares(Policy([TimeWarp(5)]), 80, 300, n_draws=10).area == 0


def test_transforms_that_are_applied_now_and_then_count_so():
    mask = Mask("time", 1, max_width=30, width_rule="fixed", start_rule="all")
    half = Policy([mask], n_applied=(0, 1))
    assert expected_shares(half, 80, 300, n_draws=2000).time == pytest.approx(0.05, abs=0.005)
    assert expected_shares(Policy([mask], min_mels=81), 80, 300, n_draws=5).time == 0


def test_transforms_that_are_picked_anew_count_as_often_as_they_are_picked():
    """One of two, at random: each half of the time; counted from the first one, the second never runs."""
    fixed = {"width_rule": "fixed", "start_rule": "all"}
    masks = [Mask("time", 1, max_width=30, **fixed), Mask("frequency", 1, max_width=40, **fixed)]
    picked = expected_shares(Policy(masks, n_applied=(1, 1), is_shuffled=True), 80, 300, n_draws=4000)
    assert (picked.time, picked.frequency) == pytest.approx((0.05, 0.25), abs=0.01)
    first = expected_shares(Policy(masks, n_applied=(1, 1)), 80, 300, n_draws=50)
    assert (first.time, first.frequency) == pytest.approx((0.1, 0))


def test_a_share_of_a_padded_batch_counts_what_the_clip_keeps():
    policy = ALL_POLICIES["speechbrain-conformer"]
    alone = expected_shares(policy, 80, 300, n_draws=400)
    padded = expected_shares(policy, 80, 300, n_draws=400, batch=Batch(n_frames=3000))
    assert alone.time == pytest.approx(0.23, abs=0.02)
    # Four masks of 19.5 frames on average, over ten times as many frames.
    assert padded.time == pytest.approx(4 * 19.5 / 3000, abs=0.01)
    assert padded.frequency == pytest.approx(alone.frequency, abs=0.02)


def test_the_policys_own_batch_counts():
    mask = Mask("time", 1, max_width=30, width_rule="fixed", start_rule="all", over="padded")
    padded = Policy([mask], batch=Batch(n_frames=3000))
    assert expected_shares(padded, 80, 300, n_draws=2000).time == pytest.approx(0.01, abs=0.004)


def test_the_same_seed_gives_the_same_shares():
    a, b, c = (expected_shares(ALL_POLICIES["LD"], 80, 300, n_draws=20, rng=seed) for seed in (1, 1, 2))
    assert a == b != c


def test_no_more_draws_are_made_than_asked_for_and_fewer_of_thousands_of_masks():
    many = Policy([FrequencyMask(count=1000, max_bins=2), TimeMask(count=1000, max_frames=2)])
    assert (enough_draws(ALL_POLICIES["LB"], 3), enough_draws(many, 1000), enough_draws(many, 3)) == (3, 25, 3)
    assert show_policy(many).n_draws == 25


def test_each_draw_has_its_shares_and_its_longest_gap():
    fixed = {"width_rule": "fixed", "start_rule": "all"}
    policy = Policy([Mask("time", 1, max_width=30, **fixed), Mask("frequency", 1, max_width=20, **fixed)])
    coverage = simulate_coverage(policy, 80, 300, n_draws=7)
    assert coverage.longest_gap_frames.tolist() == [30] * 7
    assert (coverage.time[3], coverage.frequency[3], coverage.area[3]) == pytest.approx((0.1, 0.25, 0.325))


def test_a_probability_leaves_draws_without_masks_and_the_others_as_they_were():
    fixed = Policy([TimeMask(count=2, max_frames=40)])
    always, half = (
        simulate_coverage(policy, 80, 300, n_draws=1000).area for policy in (fixed, replace(fixed, probability=0.5))
    )
    assert (half[half > 0] == always[half > 0]).all()
    assert (half == 0).mean() == pytest.approx(0.5, abs=0.06)
    certain = simulate_coverage(replace(fixed, probability=0.5), 80, 300, n_draws=1000, is_certain=True)
    assert (certain.area == always).all()


def test_the_number_of_steps_is_bounded_and_the_draws_are_the_first_ones():
    policy = Policy([TimeMask(count=5, max_frames=40)])
    few, all_draws = (simulate_coverage(policy, 80, 300, n_draws=100, max_steps=n).area for n in (100, None))
    assert (len(few), len(all_draws)) == (21, 100)
    assert (few == all_draws[:21]).all()
    assert len(simulate_coverage(policy, 80, 300, n_draws=100, max_steps=1).area) == 10


@pytest.mark.parametrize("sizes", [(0, 100, 1), (80, 0, 1), (80, 100, 0)])
def test_sizes_below_one_are_refused(sizes):
    n_mels, n_frames, n_draws = sizes
    with pytest.raises(ParameterError, match="allowed is 1 or more of each"):
        expected_shares(ALL_POLICIES["LB"], n_mels, n_frames, n_draws=n_draws)


def test_a_callable_is_refused():
    from specaug_listen.augment import callable_policy

    with pytest.raises(ParameterError, match="is a callable, whose coverage can only be measured on a clip"):
        expected_shares(callable_policy("numpy:flipud"), 80, 100, n_draws=1)
