"""Masks in wrong places, or in some places only, are found by name; see also test_historical_bugs.py."""

from __future__ import annotations

import functools
import re

import numpy as np
import pytest
from checked import quick_check
from pipelines import ADAPTER

from specaug_listen.checks import check, rules_places
from specaug_listen.checks.mask_places import MaskPlaces
from specaug_listen.custom.adapter import Adapter

ALONE = Adapter(axes="bins, frames", container="numpy")
R = np.random


def one_mask(start, axis=1, widest=40):
    """A callable with one mask, and a start of n and the width."""

    def augment(mel):
        after, n = mel.copy(), mel.shape[axis]
        width = int(R.randint(0, min(widest, n // 5) + 1))
        first = int(np.clip(start(n, width), 0, n - width))
        after[(slice(first, first + width), slice(None))[:: -1 if axis else 1]] = mel.mean()
        return after

    return augment


CASES = {
    "masks-only-at-end": one_mask(lambda n, width: n - width - R.randint(0, 50)),
    "masks-stop-early": one_mask(lambda n, width: R.randint(0, min(n, 1000) - width + 1)),
    "frames-unevenly-masked": one_mask(lambda n, width: R.normal(n / 2, n / 8) - width / 2),
    "bins-unevenly-masked": one_mask(lambda n, width: R.randint(0, 40), axis=0, widest=10),
    "starts-on-grid": one_mask(lambda n, width: 2 * R.randint(0, (n - width) // 2 + 1)),
}


@functools.cache
def report_of(case):
    return check(CASES[case], adapter=ALONE).report


@pytest.mark.parametrize("expected", CASES)
def test_a_fault_of_places_is_found_by_name_and_alone(expected):
    assert report_of(expected).ids == (expected,)


def test_a_fair_mask_is_no_finding():
    assert check(one_mask(lambda n, width: R.randint(0, n - width + 1)), adapter=ALONE).report.ids == ()


def test_where_masks_stop_is_said_in_frames_and_seconds():
    (finding,) = report_of("masks-stop-early").findings
    assert 900 < finding.numbers["reached"] <= 1000
    assert " s) of 3000, and those of 5 s (500 frames) reach its end" in finding.evidence


def test_masks_that_follow_the_shortest_clip_are_found():
    def of_shortest(mels, lengths):
        after = mels.copy()
        for item, n in zip(after, lengths, strict=True):
            width = int(R.randint(0, min(lengths) // 5 + 1))
            first = int(R.randint(0, min(lengths) - width + 1))
            item[:, first : first + width] = item[:, :n].mean()
        return after

    assert check(of_shortest, adapter=ADAPTER).report.ids == ("masks-follow-shortest",)


def test_few_draws_that_come_again_and_again_are_found():
    fair = one_mask(lambda n, width: R.randint(0, n - width + 1))

    def of_four(mel):
        R.seed(R.randint(0, 4))
        return fair(mel)

    (finding,) = check(of_four, adapter=ALONE).findings
    assert finding.id == "same-draw-every-time"
    assert re.search(r"gave only \d results", finding.evidence)


def test_where_the_order_of_axes_was_guessed_the_other_one_is_said():
    # Nothing says which axis is which, and masks of the first are found in either order.
    found = check(one_mask(lambda n, width: R.randint(0, n // 3 + 1)), draws=100).report
    assert found.ids == ("masks-only-at-start",) or "frames-unevenly-masked" in found.ids
    assert all("bins were taken to come first; with frames first: " in f.evidence for f in found.findings)


def test_rectangles_above_each_other_are_counted_and_not_told_as_a_share_above_all():
    rng = np.random.default_rng(0)
    starts = [[20, 20, *rng.integers(0, 198, 6)] for _ in range(1000)]
    masked = MaskPlaces(200, tuple(tuple((int(start), 3) for start in draw) for draw in starts))
    line = rules_places._uneven_line(masked, rules_places._BOXES_IN_TIME)
    assert re.search(r"frames 20 to 22 of 200 are masked 2\.\d times a draw, in 1000 draws; uniform starts", line)


def test_lingvo_reaches_both_ends():
    ids = quick_check("lingvo-conformer", frontend="nemo", draws=700).report.ids
    assert not {"end-bins-unmasked", "end-frames-unmasked"} & set(ids)
