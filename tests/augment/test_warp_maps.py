"""Interpolation in warps: fixed points, sums of weights, and results of upstream's code."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from specaug_listen.augment.warp_maps import warp_taps

KINDS = ("linear", "bicubic", "bicubic_corners", "linear_halves", "hat")
PIECES = ("bicubic", "bicubic_corners", "linear_halves")


def read(taps, values):
    return taps.read(lambda begin, end: values[:, begin:end], 0, len(taps.source))


@st.composite
def warps(draw, least=2):
    n_frames = draw(st.integers(least + 1, 60))
    center, moved = (draw(st.integers(1, n_frames - 1)) for _ in range(2))
    return center, moved, n_frames


@pytest.mark.parametrize("kind", KINDS)
@given(warp=warps())
def test_a_steady_sound_stays_what_it_is(kind, warp):
    center, moved, n_frames = warp
    steady = np.full((1, n_frames), 3.0, np.float32)
    warped = read(warp_taps(kind, center, moved, n_frames), steady)
    # lingvo's map ends one frame after the last one, where it is zero.
    inside = np.arange(n_frames) < moved if kind == "hat" else slice(None)
    assert_allclose(warped[:, inside], steady[:, inside], rtol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
@given(warp=warps())
def test_no_frame_is_read_beyond_the_ends_and_time_never_runs_backwards(kind, warp):
    center, moved, n_frames = warp
    taps = warp_taps(kind, center, moved, n_frames)
    assert taps.frames.min() >= 0
    assert taps.frames.max() < n_frames
    assert len(taps.source) == n_frames
    assert (np.diff(taps.source) >= -1e-6).all()
    assert (taps.source >= 0).all()
    assert (taps.source <= n_frames - 1).all()


@pytest.mark.parametrize("kind", KINDS)
@given(n_frames=st.integers(3, 50), share=st.floats(0.0, 1.0), seed=st.integers(0, 99))
def test_a_warp_that_goes_nowhere_changes_nothing(kind, n_frames, share, seed):
    center = 1 + int(share * (n_frames - 3))
    values = np.random.default_rng(seed).standard_normal((2, n_frames)).astype(np.float32)
    assert_allclose(read(warp_taps(kind, center, center, n_frames), values), values, atol=1e-5)


@pytest.mark.parametrize("kind", PIECES)
@given(warp=warps())
def test_what_lies_before_the_frame_is_read_from_what_lay_before_it(kind, warp):
    center, moved, n_frames = warp
    frames = warp_taps(kind, center, moved, n_frames).frames
    assert (frames[:moved] < center).all()
    assert (frames[moved:] >= center).all()


def test_halves_do_not_meet_where_pixels_are_cells():
    """The figures of the reference: 50 goes to 90 of 100 frames."""
    source = warp_taps("linear_halves", 50, 90, 100).source
    assert source[89] == pytest.approx(49.0, abs=0.3)
    assert source[90] == pytest.approx(52.0, abs=1e-6)


def test_corners_are_the_pieces_own_frames():
    source = warp_taps("bicubic_corners", 50, 90, 100).source
    assert_allclose(source[[0, 89, 90, 99]], [0, 49, 50, 99])


def test_the_end_of_lingvos_map_fades_into_nothing():
    """Weight 0.556 on the last frame: the figure of the reference for 50 to 10 of 100."""
    taps = warp_taps("hat", 50, 10, 100)
    steady = np.ones((1, 100), np.float32)
    assert read(taps, steady)[0, -1] == pytest.approx(5 / 9, abs=1e-3)
    assert_array_equal(read(taps, steady)[0, :50], 1)


def test_a_cubic_overshoots_at_a_step_and_a_line_does_not():
    step = np.repeat(np.array([[0.0, 1.0]], np.float32), 20, axis=1)
    assert read(warp_taps("bicubic", 30, 39, 40), step).max() > 1.02
    assert read(warp_taps("linear_halves", 30, 39, 40), step).max() <= 1


def test_any_part_of_the_frames_is_read_like_the_whole(rng):
    values = rng.standard_normal((3, 40)).astype(np.float32)
    for kind in KINDS:
        taps = warp_taps(kind, 13, 22, 40)
        whole = read(taps, values)
        parts = [taps.read(lambda a, b: values[:, a:b], i, i + 7) for i in range(0, 40, 7)]
        assert_array_equal(np.concatenate(parts, axis=1), whole)
