"""The pieces of the iteration: what lies beyond a clip's ends, and overlapping in rows and blocks."""

from __future__ import annotations

import numpy as np
import presets
from hypothesis import example, given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from specaug_listen.frontends import PRESETS
from specaug_listen.stft import Framing, istft, stft
from specaug_listen.vocoders import iteration
from specaug_listen.vocoders.iteration import Ends, Iteration
from specaug_listen.vocoders.mel_bins import MelBins, energy_to_render, mel_bins_of, tiny

MODES = {"reflect": "reflect", "constant": "constant", "mirror": "symmetric"}


def test_beyond_the_ends_lies_what_padding_puts_there(rng, subtests):
    for pad_mode in MODES:
        for n_before, n_after in [(0, 0), (5, 0), (0, 5), (5, 7), (19, 19)]:
            with subtests.test(pad_mode=pad_mode, n_before=n_before, n_after=n_after):
                framing = Framing(16, 4, 16, "hann", "center", pad_mode)
                stretch = rng.standard_normal(n_before + 20 + n_after, dtype=np.float32)
                clip = stretch[n_before : n_before + 20].copy()
                Ends(framing, n_before, 20, n_after).restore(stretch)
                assert_array_equal(stretch, np.pad(clip, (n_before, n_after), mode=MODES[pad_mode]))
                Ends(framing, n_before, 20, n_after).restore(stretch)
                assert_array_equal(stretch[n_before : n_before + 20], clip)


def test_samples_that_no_clip_reaches_are_left(rng, subtests):
    for pad_mode in MODES:
        with subtests.test(pad_mode=pad_mode):
            framing = Framing(16, 4, 16, "hann", "center", pad_mode)
            stretch = rng.standard_normal(40, dtype=np.float32)
            before = stretch.copy()
            Ends(framing, 3, 20, 5).restore(stretch)
            assert_array_equal(stretch[28:], before[28:])


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
    before = np.ones(framing.padded_length(n_frames), np.float32)
    overlap, at_once = (iteration._Synthesis(framing, n_frames, before) for _ in range(2))
    for first in range(0, n_frames, n_block):
        overlap.add(frames[first : first + n_block].copy(), first, is_last=True)
    at_once.add(frames.copy(), 0, is_last=True)
    expected = naive_overlap(frames, framing)
    joined = overlap.signal
    assert_array_equal(joined, at_once.signal)
    assert_allclose(joined[: len(expected)], expected, atol=1e-4 * np.abs(expected).max())
    assert_array_equal(joined[len(expected) :], 0)


@given(
    win_length=st.integers(2, 12),
    hop_length=st.integers(1, 12),
    n_frames=st.integers(1, 30),
    n_block=st.integers(1, 31),
)
@example(win_length=4, hop_length=4, n_frames=9, n_block=2)
@example(win_length=12, hop_length=1, n_frames=3, n_block=1)
def test_overlapping_goes_on_with_inertia(win_length, hop_length, n_frames, n_block):
    """Three iterations, in the letters of the paper and over whole signals."""
    framing = Framing(win_length, min(hop_length, win_length), win_length, "hamming", "center", "reflect")
    rng = np.random.default_rng(n_frames)
    signal = rng.standard_normal(framing.padded_length(n_frames), dtype=np.float32)
    overlap = iteration._Synthesis(framing, n_frames, signal)
    t, d = signal, signal
    for _ in range(3):
        frames = rng.standard_normal((n_frames, win_length), dtype=np.float32)
        now = 1.25 * naive_overlap(frames, framing) - 0.25 * d
        c, d, t = now + 0.95 * (now - t), now + (now - t), now
        for first in range(0, n_frames, n_block):
            overlap.add(frames[first : first + n_block].copy(), first, is_last=False)
        assert_allclose(overlap.signal[: len(signal)], c, atol=1e-4 * np.abs(c).max())


def test_gains_give_spectra_the_wanted_energies(rng, subtests):
    """Over FFT bins of none, one, two and three filters, some below and some above all of them."""
    for n_filters in [1, 2, 3]:
        for power in [1, 2]:
            with subtests.test(n_filters=n_filters, power=power):
                n_bins, n_mels, lowest, highest, n_block, n = 12, 4, 2, 10, 10, 7
                analysis = np.zeros((n_bins, n_mels), np.float32)
                for k in range(lowest, highest):
                    m = (k - lowest) * n_mels // (highest - lowest)
                    analysis[k, max(0, m + 1 - n_filters) : m + 1] = rng.random(dtype=np.float32) + 0.1
                analysis[5] = 0
                synthesis = analysis / np.maximum(analysis.sum(axis=1, keepdims=True), 1e-9)
                mel_bins = MelBins(analysis, np.ascontiguousarray(synthesis.T), power)
                target = rng.random((n_block + n, n_mels), dtype=np.float32) + 0.01
                spectrum = rng.standard_normal((n_bins, 2 * n), dtype=np.float32).view(np.complex64)
                before = spectrum.copy()
                gains = iteration._Gains(target, mel_bins, np.float32(1e-20), n_block)
                gains.apply(spectrum, 1)
                energy = analysis.T @ np.abs(before) ** power
                expected = before * (synthesis @ (target[n_block:].T / energy) ** (1 / power))
                expected[:lowest] = before[:lowest]
                assert_allclose(spectrum, expected, rtol=2e-5, atol=1e-6)
                silent = np.zeros_like(spectrum)
                gains.apply(silent, 1)
                assert not silent.any()


def test_no_gain_is_larger_than_a_million_energies(rng):
    mel_bins = MelBins(np.ones((1, 1), np.float32), np.ones((1, 1), np.float32), 2)
    spectrum = np.full((1, 1), 1e-9, np.complex64)
    iteration._Gains(np.ones((1, 1), np.float32), mel_bins, np.float32(1e-30), 1).apply(spectrum, 0)
    assert_allclose(spectrum, 1e-6, rtol=1e-5)


def test_one_iteration_is_what_the_transforms_of_whole_signals_say(speechlike, subtests):
    """STFT, gains, inverse STFT: without inertia, by the functions for whole signals."""
    for name in ["whisper", "hifigan", "kaldi"]:
        with subtests.test(name=name):
            frontend = PRESETS[name]
            mel, framing, mel_bins = frontend(speechlike), frontend.framing, mel_bins_of(frontend)
            target = energy_to_render(mel)
            start = np.random.default_rng(0).standard_normal(framing.padded_length(len(target)), dtype=np.float32)
            spectrum = stft(start, framing)
            gain = mel_bins.gain(target, mel_bins.energy(spectrum)) @ mel_bins.synthesis
            gain[:, : mel_bins.lowest] = 1
            expected = istft(spectrum * gain, framing)
            better = Iteration(target, mel_bins, framing, tiny(float(target.max()))).run(
                start, 1, Ends(framing, 0, len(start), 0)
            )
            assert_allclose(better, expected, atol=2e-3 * np.abs(expected).max())


def test_no_iteration_gives_the_signal_back_and_none_touches_it(speechlike, subtests):
    for name in presets.EACH_GEOMETRY:
        frontend = PRESETS[name]
        with subtests.test(frontend=name):
            mel = frontend(speechlike)
            target, framing = energy_to_render(mel), frontend.framing
            run = Iteration(target, mel_bins_of(frontend), framing, tiny(float(target.max()))).run
            start = np.random.default_rng(0).standard_normal(framing.padded_length(len(target)), dtype=np.float32)
            before, ends = start.copy(), Ends(framing, 0, len(start), 0)
            assert_array_equal(run(start, 0, ends), start)
            assert not np.array_equal(run(start, 1, ends), start)
            assert_array_equal(start, before)
