"""The policies of the papers."""

from __future__ import annotations

import numpy as np
import pytest

from specaug_listen.augment import (
    ADAPTIVE,
    LB,
    LD,
    NONE,
    POLICIES,
    SM,
    SS,
    Draw,
    Policy,
)


@pytest.mark.parametrize(
    ("policy", "w", "f", "m_f", "t", "p", "m_t"),
    [
        (LB, 80, 27, 1, 100, 1.0, 1),
        (LD, 80, 27, 2, 100, 1.0, 2),
        (SM, 40, 15, 2, 70, 0.2, 2),
        (SS, 40, 27, 2, 70, 0.2, 2),
    ],
    ids=lambda value: value.name if isinstance(value, Policy) else "",
)
def test_the_policies_are_table_1_of_the_paper(policy, w, f, m_f, t, p, m_t):
    warp, bands, spans = policy.transforms
    assert warp.max_frames == w
    assert (bands.max_bins, bands.count) == (f, m_f)
    assert (spans.max_frames, spans.max_ratio, spans.count) == (t, p, m_t)
    assert spans.count_ratio is None
    assert (bands.fill, spans.fill) == ("mean", "mean")
    assert policy.probability == 1.0


def test_the_adaptive_policy_is_that_of_the_second_paper():
    _, bands, spans = ADAPTIVE.transforms
    assert (bands.max_bins, bands.count) == (27, 2)
    assert (spans.max_frames, spans.max_ratio, spans.count_ratio, spans.max_count) == (None, 0.04, 0.04, 20)


def test_every_policy_is_known_by_its_own_name():
    assert {name: policy.name for name, policy in POLICIES.items()} == {name: name for name in POLICIES}
    assert list(POLICIES) == ["none", "LB", "LD", "SM", "SS", "adaptive"]
    assert NONE.transforms == ()


# Shares of frames, bins and cells that a policy covers: 80 bins; 2, 5, 10 and 15 s at 100 frames/s. The figures
# were made independently of this package, with widths in {0, ..., F - 1}; ours go up to F, which is half a bin
# more for each mask: 0.6 % of 80 bins for one mask, 1.1 % for two. Two decimals round by 0.5 % more.
EXPECTED = {
    "LB": [(0.24, 0.16, 0.37), (0.10, 0.17, 0.25), (0.05, 0.16, 0.20), (0.03, 0.16, 0.19)],
    "LD": [(0.42, 0.30, 0.59), (0.19, 0.30, 0.43), (0.10, 0.30, 0.36), (0.07, 0.30, 0.34)],
    "SM": [(0.18, 0.17, 0.32), (0.13, 0.17, 0.28), (0.07, 0.17, 0.22), (0.05, 0.17, 0.21)],
    "SS": [(0.18, 0.29, 0.42), (0.13, 0.29, 0.39), (0.07, 0.30, 0.34), (0.05, 0.30, 0.33)],
    "adaptive": [(0.13, 0.30, 0.39), (0.32, 0.29, 0.52), (0.33, 0.29, 0.52), (0.33, 0.30, 0.53)],
}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_policy_covers_as_much_as_the_literature_says(subtests, name, rng):
    for length in range(4):
        with subtests.test(length=length):
            n_frames = (200, 500, 1000, 1500)[length]
            shares = []
            for _ in range(800):
                steps = [
                    step for transform in POLICIES[name].transforms for step in transform.draw(80, n_frames, rng)[0]
                ]
                draw = Draw(80, n_frames, tuple(steps))
                shares.append((draw.masked_time_ratio, draw.masked_frequency_ratio, draw.masked_area_ratio))
            # Four standard errors of 800 draws, beside the convention and the rounding above.
            tolerance = 0.016 + 4 * np.std(shares, axis=0) / np.sqrt(len(shares))
            difference = np.abs(np.mean(shares, axis=0) - EXPECTED[name][length])
            assert (difference < tolerance).all(), (difference, tolerance)
