"""Tests of mask positions: no false alarms under the laws of starts, and findings for other distributions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from specaug_listen._arrays import runs
from specaug_listen.checks.mask_places import MaskPlaces

SEEDS = st.integers(0, 2**32 - 1)


def inside(rng, n, width, widest):
    return int(rng.integers(0, n - width + 1))


def below_the_widest(rng, n, width, widest):
    return int(rng.integers(0, n - widest))


def anywhere(rng, n, width, widest):
    return int(rng.integers(0, n))


def last_left_out(rng, n, width, widest):
    return int(rng.integers(0, n - width))


def masks_of(start, n=200, widest=30, masks=2, draws=400, seed=0):
    """Runs of draws with so many masks each, and starts of a law."""
    rng, runs_of_draws = np.random.default_rng(seed), []
    for _ in range(draws):
        flags = np.zeros(n, bool)
        for _ in range(masks):
            width = int(rng.integers(0, widest + 1))
            first = start(rng, n, width, widest)
            flags[first : first + width] = True
        runs_of_draws.append(tuple(runs(flags)))
    return MaskPlaces(n, tuple(runs_of_draws))


def alarms_of(masked):
    """Name the tests that find something odd in a set of draws."""
    return {
        name
        for name, value in (
            ("rare", masked.rare_region()),
            ("often", masked.frequent_region()),
            ("end", masked.free_places(at_end=True)),
            ("start", masked.free_places(at_end=False)),
            ("step", masked.step()),
            ("distance", masked.distance()),
            ("skew", masked.skew()),
        )
        if value is not None
    }


@given(
    st.sampled_from([inside, below_the_widest, anywhere, last_left_out]),
    st.integers(60, 600),
    st.integers(3, 30),
    st.integers(1, 10),
    st.integers(20, 400),
    SEEDS,
)
# Masks that cover much of few places are seen as unions, which start and end elsewhere than single masks do.
@example(below_the_widest, 60, 27, 3, 400, 2)
@example(below_the_widest, 60, 23, 3, 400, 0)
@example(below_the_widest, 80, 23, 4, 400, 0)
@example(below_the_widest, 120, 30, 4, 400, 1)
@example(anywhere, 60, 23, 4, 400, 1)
def test_what_frameworks_draw_is_never_told(start, n, widest, masks, draws, seed):
    assert alarms_of(masks_of(start, n, widest, masks, draws, seed)) == set()


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        (lambda rng, n, width, widest: width, "end"),
        (lambda rng, n, width, widest: n - width - int(rng.integers(0, 40)), "start"),
        (lambda rng, n, width, widest: 2 * int(rng.integers(0, (n - width) // 2 + 1)), "step"),
        (lambda rng, n, width, widest: int(np.clip(rng.normal(n / 2, n / 8), 0, n - width)), "rare"),
        (lambda rng, n, width, widest: int((n - width) * rng.beta(2, 1)), "distance"),
        (lambda rng, n, width, widest: int(rng.choice([90, inside(rng, n, width, widest)])), "often"),
    ],
)
def test_what_is_unfair_is_told(start, expected):
    for seed in range(3):
        assert expected in alarms_of(masks_of(start, masks=1, seed=seed))


def test_a_mask_that_is_cut_twice_is_skewed():
    rng = np.random.default_rng(0)
    widths = [int(rng.integers(0, int(rng.integers(0, 40)) + 1)) for _ in range(1000)]
    draws = tuple(((int(rng.integers(0, 200 - width)), width),) if width else () for width in widths)
    skew = MaskPlaces(200, draws).skew()
    assert skew is not None
    assert skew.widest >= 35
    assert skew.median <= 10


def test_masks_of_two_sizes_are_not_skewed():
    rng = np.random.default_rng(0)
    draws = tuple(((3, int(rng.integers(1, 11))), (60, int(rng.integers(1, 101)))) for _ in range(400))
    assert MaskPlaces(200, draws).skew() is None


@pytest.mark.parametrize(("least", "widest"), [(0, 1), (1, 1), (0, 2), (1, 3)])
def test_masks_of_a_few_widths_are_not_skewed(least, widest):
    rng = np.random.default_rng(0)
    widths = rng.integers(least, widest + 1, 1000)
    draws = tuple(((int(rng.integers(0, 80 - width)), int(width)),) if width else () for width in widths)
    assert MaskPlaces(80, draws).skew() is None


def test_an_end_is_reached_as_far_as_masks_go():
    masked = masks_of(lambda rng, n, width, widest: int(rng.integers(0, 100 - width)), n=400, masks=1)
    assert masked.free_places(at_end=True) in range(300, 304)
    assert masked.free_places(at_end=False) is None


def test_few_draws_say_nothing():
    assert alarms_of(masks_of(lambda rng, n, width, widest: width, draws=2)) == set()
    assert alarms_of(MaskPlaces(80, ())) == set()


def test_the_region_that_is_left_out_is_named():
    def around(rng, n, width, widest):
        return int(rng.choice([rng.integers(0, 60), rng.integers(120, n - width + 1)]))

    region = masks_of(around, widest=10, masks=1, draws=1000).rare_region()
    assert (region.first, region.last) == (pytest.approx(70, abs=6), 119)
    assert region.share < 0.01 < region.expected
