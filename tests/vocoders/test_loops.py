"""The loops of the iteration: compiled, they do what they do as Python, and that is what NumPy's whole arrays say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from specaug_listen.vocoders import loops
from specaug_listen.vocoders.loops import LOOPS


def flat(arguments):
    """As the Python functions see the memory."""
    return [each.reshape(-1) if isinstance(each, np.ndarray) else each for each in arguments]


def both(name, *arguments):
    """Arguments after the compiled loop and after the Python one."""
    compiled, python = ([np.copy(a) if isinstance(a, np.ndarray) else a for a in arguments] for _ in range(2))
    LOOPS.native(name)(*compiled)
    getattr(loops, name)(*flat(python))
    return compiled, python


@given(win_length=st.integers(1, 9), hop_length=st.integers(1, 9), n=st.integers(1, 40), first=st.integers(0, 3))
@settings(max_examples=25)
def test_frames_are_windowed_pieces_of_the_signal(win_length, hop_length, n, first):
    hop_length = min(hop_length, win_length)
    rng = np.random.default_rng(win_length)
    n_hops = first + n - 1 + -(-win_length // hop_length)
    signal = rng.standard_normal((hop_length, n_hops), dtype=np.float32)
    window = rng.random(win_length, dtype=np.float32)
    frames = np.full((win_length + 2, n), 7, np.float32)
    compiled, python = both("window_frames", signal, n_hops, first, window, win_length, hop_length, frames, n)
    assert_array_equal(compiled[6], python[6])
    stretch = signal.T.reshape(-1)
    for t in range(n):
        begin = (first + t) * hop_length
        assert_allclose(compiled[6][:win_length, t], stretch[begin : begin + win_length] * window, rtol=1e-6)
    assert_array_equal(compiled[6][win_length:], 7)


@pytest.mark.parametrize("is_power", [0, 1])
@pytest.mark.parametrize("n", [1, 5, 128, 129, 300])
@pytest.mark.parametrize("n_filters", [1, 2, 3])
def test_gains_give_spectra_the_wanted_energies(rng, is_power, n, n_filters):
    """Over bins of none, one, two and three filters, some below and some above all of them."""
    n_bins, n_mels, lowest, highest = 12, 4, 2, 10
    analysis = np.zeros((n_bins, n_mels), np.float32)
    for k in range(lowest, highest):
        m = (k - lowest) * n_mels // (highest - lowest)
        analysis[k, max(0, m + 1 - n_filters) : m + 1] = rng.random(dtype=np.float32) + 0.1
    analysis[5] = 0
    synthesis = analysis / np.maximum(analysis.sum(axis=1, keepdims=True), 1e-9)
    bins, bands = np.nonzero(analysis)
    begins = np.searchsorted(bins, np.arange(n_bins + 1))
    spectrum = rng.standard_normal((n_bins, 2 * n), dtype=np.float32).view(np.complex64)
    wanted, least = rng.random((2, n_mels, n + 3), dtype=np.float32) + 0.01
    tables = (begins, bands, analysis[bins, bands], synthesis[bins, bands])
    scratch = np.empty((n_mels, 2 * loops.FRAMES_AT_ONCE), np.float32), np.empty(2 * loops.FRAMES_AT_ONCE, np.float32)
    arguments = (n, n_bins, lowest, highest, *tables, wanted, least, n_mels, n + 3, 3, is_power, *scratch)
    compiled, python = both("apply_gains", spectrum.view(np.float32), *arguments)
    energy = analysis.T @ np.abs(spectrum) ** (1 + is_power)
    gain = (wanted[:, 3:] / (energy + least[:, 3:])) ** (1 / (1 + is_power))
    expected = spectrum * (synthesis @ gain)
    expected[:lowest] = spectrum[:lowest]
    assert_allclose(compiled[0].view(np.complex64), expected, rtol=2e-5, atol=1e-6)
    assert_allclose(compiled[0], python[0], rtol=2e-5, atol=1e-6)


@pytest.mark.parametrize("is_power", [0, 1])
@pytest.mark.parametrize("n", [1, 7, 256, 259])
def test_sharpening_is_richardson_and_lucys(rng, is_power, n):
    n_bins, n_mels, least = 9, 3, np.float32(1e-30)
    analysis = np.zeros((n_bins, n_mels), np.float32)
    analysis[1:3, 0], analysis[3:5, :2], analysis[5, :], analysis[7, 1] = 0.5, 0.25, 0.2, 1
    synthesis, shares = (
        analysis / (analysis.sum(axis=0) + 1e-9),
        analysis / (analysis.sum(axis=1, keepdims=True) + 1e-9),
    )
    per_band = 1 / analysis.sum(axis=0)
    bins, bands = np.nonzero(analysis)
    begins = np.searchsorted(bins, np.arange(n_bins + 1))
    weights = (analysis[bins, bands], synthesis[bins, bands], shares[bins, bands])
    target = rng.random((n_mels, n), dtype=np.float32) + 0.01
    width = 2 * loops.FRAMES_AT_ONCE
    work = np.full((n_bins, n), 7, np.float32), np.empty((n_mels, width), np.float32), np.empty(width, np.float32)
    sizes = (n, n_bins, n_mels)
    compiled, python = both("sharpen", target, *sizes, begins, bands, *weights, per_band, 2, least, is_power, *work)
    expected = synthesis.astype(np.float64) @ (target * per_band[:, np.newaxis])
    for _ in range(2):
        expected *= shares @ (target / (analysis.T @ expected))
    assert_allclose(compiled[13], np.sqrt(expected) if is_power else expected, rtol=1e-5)
    assert_array_equal(compiled[13], python[13])


def test_phases_in_turns_are_points_on_circles(rng):
    turns = np.concatenate([np.arange(0, 9) / 8, rng.random(1000)]).astype(np.float32)
    magnitudes = np.concatenate([np.ones(9), rng.random(1000) * 100]).astype(np.float32)
    compiled, python = both("put_turned", turns, magnitudes, np.empty(2 * len(turns), np.float32), len(turns))
    expected = magnitudes * np.exp(2j * np.pi * turns.astype(np.float64))
    assert_allclose(compiled[2].view(np.complex64), expected, rtol=0, atol=2e-7 * magnitudes.max())
    assert_allclose(np.abs(compiled[2].view(np.complex64)), magnitudes, rtol=3e-7)
    assert_array_equal(compiled[2], python[2])


@given(
    win_length=st.integers(2, 12),
    hop_length=st.integers(1, 12),
    n=st.integers(1, 30),
    relaxation=st.sampled_from([1.0, 1.25]),
    is_end=st.booleans(),
    seed=st.integers(0, 99),
)
@settings(max_examples=40)
def test_overlapping_goes_on_with_inertia(win_length, hop_length, n, relaxation, is_end, seed):
    hop_length = min(hop_length, win_length)
    rng = np.random.default_rng(seed)
    first, n_carried = 2, -(-win_length // hop_length) - 1
    n_hops = first + n + n_carried + (0 if is_end else 3)
    frames, window = rng.random((win_length, n), np.float32), rng.random(win_length, np.float32)
    n_head, n_tail = min(3, n_hops), min(4, max(0, n_hops - 3))
    carried, edges = (rng.random((hop_length, k), np.float32) for k in (n_carried, n_head + n_tail))
    signals = rng.random((3, hop_length, n_hops), np.float32)
    arguments = (frames, n, window, win_length, hop_length, carried, n_carried, edges, n_head, n_tail)
    work = np.empty(n + n_carried, np.float32)
    inertia, gamma = np.float32(0.95), np.float32(relaxation)
    compiled, python = both("add_frames", *arguments, signals, n_hops, first, inertia, gamma, work)
    total = np.zeros((n + n_carried) * hop_length + win_length)
    for t in range(n):
        total[t * hop_length : t * hop_length + win_length] += frames[:, t] * window
    total = total[: (n + n_carried) * hop_length].reshape(-1, hop_length).T.copy()
    total[:, :n_carried] += carried
    to_carry = total[:, n:].copy()
    total = total if is_end else total[:, :n]
    done = slice(first, first + total.shape[1])
    factors = np.ones((hop_length, n_hops))
    factors[:, :n_head] *= edges[:, :n_head]
    factors[:, n_hops - n_tail :] *= edges[:, n_head:]
    total = total * factors[:, done]
    expected = signals.astype(np.float64)
    if relaxation == 1:
        expected[0][:, done] = total
    else:
        now = 1.25 * total + expected[2][:, done]
        step = now - expected[1][:, done]
        expected[0][:, done], expected[1][:, done], expected[2][:, done] = now + 0.95 * step, now, -0.25 * (now + step)
    assert_allclose(compiled[10], expected, rtol=1e-4, atol=1e-4)
    assert_allclose(compiled[10], python[10], rtol=1e-4, atol=1e-4)
    assert_allclose(compiled[5], to_carry, rtol=1e-5)
