"""Masks and what they are filled with are recovered from before and after."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from recovery import FILLS, FRONTENDS, check_recovered

from specaug_listen import Draw, Policy, frontends
from specaug_listen.augment import FrequencyMask, TimeMask, TimeSpan
from specaug_listen.inspection import inspect_change


@pytest.fixture
def mel(speechlike):
    return frontends.WHISPER(speechlike)


@settings(max_examples=60, derandomize=True)
@given(frontend=st.sampled_from(FRONTENDS), fills=st.tuples(*[st.sampled_from(FILLS)] * 2), seed=st.integers(0, 2**32))
def test_masks_of_every_fill_are_recovered_to_the_bin_and_frame(speechlike, frontend, fills, seed):
    """Unions where masks overlap; bins first, or frames."""
    mel = frontends.PRESETS[frontend](speechlike)
    masks = FrequencyMask(count=2, max_bins=20, fill=fills[0]), TimeMask(count=2, max_frames=25, fill=fills[1])
    check_recovered(Policy(masks[:: 1 if seed % 2 else -1]).draw(mel, rng=seed), mel)


@pytest.mark.parametrize("fill", ["mean", "band_mean", "frame_mean", "min", "noise", 0.0, 0.5])
def test_the_kind_of_a_fill_is_told_and_how_loud_it_is(mel, fill):
    draw = Policy((FrequencyMask(max_bins=9, fill=fill), TimeMask(max_frames=9, fill=fill))).draw(mel, rng=11)
    change = inspect_change(mel, draw.apply(mel))
    # Where the clip reaches the floor, its least value is the floor.
    kinds = {0.0: {"zero"}, 0.5: {"constant"}, "min": {"min", "floor"}}.get(fill, {fill})
    (of_bins,), (span,) = change.bands, change.spans
    assert {of_bins.fill.kind, span.fill.kind} <= kinds
    for found, step in ((of_bins, draw.steps[0]), (span, draw.steps[1])):
        assert found.fill.level is not None
        # The level is over the cells that no other mask holds.
        assert found.fill.level.vs_p95_db == pytest.approx(step.fill_level.vs_p95_db, abs=1.5)
    if not isinstance(fill, str):
        assert (of_bins.fill.value, span.fill.value) == (fill, fill)


def test_a_least_value_above_the_floor_is_the_least_value(tone):
    mel = frontends.LHOTSE(tone)
    draw = Draw(80, 100, (TimeSpan(20, 10, "min"),))
    fill = inspect_change(mel, draw.apply(mel)).spans[0].fill
    assert fill.kind == ("min" if mel.values.min() > mel.frontend.floor_value(0.0).min() else "floor")


def test_frames_that_stand_elsewhere_are_called_copied(mel):
    values = mel.values.copy()
    values[:, 70:80] = mel.values[:, 10:20]
    (span,) = inspect_change(mel, mel.with_values(values)).spans
    assert (span.start_frame, span.n_frames, span.fill.kind) == (70, 10, "copied")


def test_rectangles_are_recovered(mel):
    values = mel.values.copy()
    values[10:30, 20:50] = 0
    values[60:70, 5:15] = 0.5
    change = inspect_change(mel, mel.with_values(values))
    boxes = {(b.start_bin, b.n_bins, b.start_frame, b.n_frames, b.fill.kind) for b in change.rectangles}
    assert boxes == {(10, 20, 20, 30, "zero"), (60, 10, 5, 10, "constant")}
    assert (change.bands, change.spans, change.unexplained_ratio) == ((), (), 0)


def test_everything_masked_is_one_span(mel):
    change = inspect_change(mel, mel.with_values(np.zeros_like(mel.values)))
    assert [(s.start_frame, s.n_frames, s.fill.kind) for s in change.spans] == [(0, 120, "zero")]
