"""The pieces of the iteration: what lies beyond a clip's ends, and overlapping in rows and blocks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from specaug_listen.stft import Framing
from specaug_listen.vocoders import iteration
from specaug_listen.vocoders.bands import bands_of, rendered_energy, tiny
from specaug_listen.vocoders.iteration import Ends, Iteration

MODES = {"reflect": "reflect", "constant": "constant", "mirror": "symmetric"}


@pytest.mark.parametrize(("n_before", "n_after"), [(0, 0), (5, 0), (0, 5), (5, 7), (19, 19)])
@pytest.mark.parametrize("pad_mode", MODES)
def test_beyond_the_ends_lies_what_padding_puts_there(rng, pad_mode, n_before, n_after):
    framing = Framing(16, 4, 16, "hann", "center", pad_mode)
    stretch = rng.standard_normal(n_before + 20 + n_after, dtype=np.float32)
    clip = stretch[n_before : n_before + 20].copy()
    Ends(framing, n_before, 20, n_after).settle(stretch)
    assert_array_equal(stretch, np.pad(clip, (n_before, n_after), mode=MODES[pad_mode]))
    Ends(framing, n_before, 20, n_after).settle(stretch)
    assert_array_equal(stretch[n_before : n_before + 20], clip)


@pytest.mark.parametrize("pad_mode", MODES)
def test_samples_that_no_clip_reaches_are_left(rng, pad_mode):
    framing = Framing(16, 4, 16, "hann", "center", pad_mode)
    stretch = rng.standard_normal(40, dtype=np.float32)
    before = stretch.copy()
    Ends(framing, 3, 20, 5).settle(stretch)
    assert_array_equal(stretch[28:], before[28:])


@pytest.mark.parametrize("pad_mode", MODES)
def test_the_ends_are_the_same_whichever_way_samples_lie(rng, pad_mode):
    ends = Ends(Framing(16, 4, 16, "hann", "center", pad_mode), 3, 20, 5)
    stretch = rng.standard_normal(28, dtype=np.float32)
    hops = np.ascontiguousarray(stretch.reshape(7, 4).T)
    ends.in_hops(4).settle(hops)
    ends.settle(stretch)
    assert_array_equal(hops.T.reshape(-1), stretch)


def naive_overlap(frames: np.ndarray, framing: Framing) -> np.ndarray:
    """Windowed frames added up one by one, over the sum of the squared windows."""
    window = framing.window_float32().astype(np.float64)
    total, norm = (np.zeros(framing.padded_length(len(frames))) for _ in range(2))
    for t, frame in enumerate(frames.astype(np.float64)):
        here = slice(t * framing.hop_length, t * framing.hop_length + framing.win_length)
        total[here] += frame[: framing.win_length] * window
        norm[here] += window**2
    return total / np.maximum(norm, 1e-3 * norm.max())


@given(
    win_length=st.integers(3, 24),
    more=st.integers(0, 9),
    hop_share=st.floats(0, 1),
    window=st.sampled_from(("hann", "hann_symmetric", "hamming", "povey")),
    n_frames=st.integers(1, 60),
    n_block=st.integers(1, 61),
)
@example(win_length=16, more=0, hop_share=1.0, window="hann", n_frames=9, n_block=4)
@example(win_length=16, more=3, hop_share=0.0, window="hann", n_frames=40, n_block=40)
@example(win_length=16, more=3, hop_share=0.0, window="hann", n_frames=40, n_block=7)
@example(win_length=15, more=2, hop_share=0.3, window="povey", n_frames=1, n_block=1)
@example(win_length=24, more=0, hop_share=0.1, window="hamming", n_frames=5, n_block=2)
def test_frames_of_any_hop_in_any_blocks_add_up_to_the_naive_sum(
    win_length, more, hop_share, window, n_frames, n_block
):
    hop_length = 1 + round(hop_share * (win_length - 1))
    framing = Framing(win_length + more, hop_length, win_length, window, "center", "reflect")
    frames = np.random.default_rng(n_frames).standard_normal((n_frames, framing.n_fft), dtype=np.float32)
    before = np.ones((hop_length, n_frames - 1 + -(-win_length // hop_length)), np.float32)
    overlap = iteration._Overlap(framing, n_frames, n_block, before)
    for first in range(0, n_frames, n_block):
        overlap.add(np.ascontiguousarray(frames[first : first + n_block].T), first, is_last=True)
    expected = naive_overlap(frames, framing)
    joined = overlap.signal.T.reshape(-1)
    assert_allclose(joined[: len(expected)], expected, atol=1e-4 * np.abs(expected).max())
    assert_array_equal(joined[len(expected) :], 0)


def test_no_iteration_gives_the_signal_back_and_none_touches_it(speechlike, every_frontend):
    mel = every_frontend(speechlike)
    target, framing = rendered_energy(mel), every_frontend.framing
    run = Iteration(target, bands_of(every_frontend), framing, tiny(float(target.max()))).run
    start = np.random.default_rng(0).standard_normal(framing.padded_length(len(target)), dtype=np.float32)
    before, ends = start.copy(), Ends(framing, 0, len(start), 0)
    assert_array_equal(run(start, 0, ends), start)
    assert not np.array_equal(run(start, 1, ends), start)
    assert_array_equal(start, before)
