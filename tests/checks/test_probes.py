"""A probe shows masks and moves, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pipelines import moved

from specaug_listen import frontends
from specaug_listen._arrays import runs
from specaug_listen.augment import Draw, FrequencySpan, TimeSpan, WarpPath
from specaug_listen.checks.clips import speech_like
from specaug_listen.checks.probes import Probe
from specaug_listen.frontends import MelSpectrogram

SHAPES = st.tuples(st.sampled_from([40, 64, 80, 128]), st.integers(20, 400))


@st.composite
def masked(draw):
    n_mels, n_frames = draw(SHAPES)
    bands, spans = np.zeros(n_mels, bool), np.zeros(n_frames, bool)
    for flags, most in ((bands, n_mels // 3), (spans, n_frames // 3)):
        for _ in range(draw(st.integers(0, 2))):
            width = draw(st.integers(0, most))
            start = draw(st.integers(0, len(flags) - width))
            flags[start : start + width] = True
    return Probe(n_mels, n_frames, -1.0, 1.5), bands, spans


# In the shortest mels, a fill may by chance be what frames nearby memory; so always the same examples.
@settings(derandomize=True)
@given(masked(), st.sampled_from(["mean", "zero", "min", "noise", "band_mean", "frame_mean"]), st.integers(0, 99))
def test_masks_are_read_off_whatever_they_hold(case, fill, seed):
    probe, bands, spans = case
    after = probe.values.copy()
    fills = {
        "mean": after.mean(), "zero": 0.0, "min": after.min(),
        "noise": np.random.default_rng(seed).uniform(-1, 1.5, after.shape),
        "band_mean": after.mean(axis=1, keepdims=True), "frame_mean": after.mean(axis=0, keepdims=True),
    }  # fmt: skip
    cells = bands[:, np.newaxis] | spans
    after[cells] = np.broadcast_to(fills[fill], after.shape)[cells]
    seen = probe.read(after)
    assert np.array_equal(seen.masked_frames, spans)
    assert np.array_equal(seen.masked_bins, bands)
    assert seen.moved == 0
    assert not seen.is_resampled


@given(st.integers(60, 800), st.floats(0.2, 0.8), st.floats(-0.12, 0.12), st.booleans())
def test_a_warp_is_read_off_beside_masks(n_frames, where, share, is_masked):
    probe = Probe(80, n_frames, -2.0, 1.0)
    displacement = round(share * n_frames)
    after = moved(probe.values, round(where * n_frames), displacement)
    if is_masked:
        after[20:41] = 0.0
    seen = probe.read(after)
    assert seen.moved == pytest.approx(displacement, abs=0.6)
    assert seen.masked_bins.sum() == (21 if is_masked else 0)
    assert not seen.masked_frames.any()


@pytest.mark.parametrize("interpolation", ["linear", "bicubic", "bicubic_corners", "linear_halves"])
def test_warps_of_all_frameworks_are_read_off(interpolation):
    probe = Probe(80, 300, -1.0, 1.5)
    mel = MelSpectrogram(probe.values, frontends.WHISPER)
    steps = WarpPath(140, 35, interpolation), FrequencySpan(70, 10, 0.0), TimeSpan(250, 20, 0.0)
    seen = probe.read(Draw(80, 300, steps).apply(mel).values)
    assert seen.moved == pytest.approx(35, abs=1.5)
    assert runs(seen.masked_bins) == [(70, 10)]
    assert runs(seen.masked_frames) == [(250, 20)]


def test_nothing_is_nothing():
    probe = Probe(80, 100, 0.0, 1.0)
    assert not probe.read(probe.values).is_changed


def test_reading_between_frames_is_no_move():
    probe = Probe(80, 100, 0.0, 1.0)
    after = np.concatenate([(probe.values[:, :-1] + probe.values[:, 1:]) / 2, probe.values[:, -1:]], axis=1)
    seen = probe.read(after)
    assert seen.is_resampled
    assert seen.moved == 0


def test_copied_frames_are_no_warp():
    probe = Probe(80, 200, 0.0, 1.0)
    after = probe.values.copy()
    after[:, 50:130] = probe.values[:, 10:90]
    seen = probe.read(after)
    assert seen.moved == 0
    assert not seen.masked_frames.any()


def test_a_mel_that_is_masked_all_over_says_so():
    probe = Probe(80, 100, 0.0, 1.0)
    seen = probe.read(np.full_like(probe.values, 0.4))
    assert seen.is_all_masked
    assert seen.time_share == 1.0


def test_masks_in_padding_are_counted_and_what_was_moved_there_is_not():
    probe = Probe(80, 50, -1.0, 1.0)
    padding = np.full((80, 150), -1.6)
    assert not probe.masked_padding(padding, -1.6).any()
    masked_padding = padding.copy()
    masked_padding[:, 40:52] = 0.0
    assert runs(probe.masked_padding(masked_padding, -1.6)) == [(40, 12)]
    moved_there = padding.copy()
    moved_there[:, :30] = probe.values[:, 20:]
    assert not probe.masked_padding(moved_there, -1.6).any()
    banded = padding.copy()
    banded[5:20] = 0.0
    assert not probe.masked_padding(banded, -1.6).any()
    assert probe.masked_padding(padding[:, :0], -1.6).shape == (0,)


def test_cells_alike_are_flat():
    probe = Probe(40, 30, 0.0, 1.0)
    after = probe.values.copy()
    after[3:5] = 0.5
    flat = probe.flat(after)
    assert flat[3:5].all()
    assert flat.sum() == 60


def test_made_speech_is_the_same_at_any_length_and_loud_enough():
    long, short = speech_like(3.0, 16000), speech_like(1.0, 16000)
    assert np.array_equal(long.samples[:, :16000], short.samples)
    assert 0.1 < np.abs(long.samples).max() < 1.0
