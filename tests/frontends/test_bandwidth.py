"""Empty bins above a clip's content: certain by its rate, estimated by its spectrum, and no false alarms."""

from __future__ import annotations

import numpy as np
import pytest

from specaug_listen import Audio, audition
from specaug_listen.augment import Draw, FrequencySpan, Rectangle, TimeSpan
from specaug_listen.frontends import KALDI, WHISPER
from specaug_listen.frontends.bandwidth import content_edge_hz, empty_bins
from specaug_listen.vocoders import OriginalPhase


@pytest.fixture
def noise(rng):
    return Audio(rng.normal(0, 0.05, 32000), 16000)


@pytest.mark.parametrize("frontend", [WHISPER, KALDI], ids=lambda one: one.name)
def test_a_clip_of_half_the_rate_leaves_the_filters_above_its_end_empty(noise, frontend):
    narrow = noise.resample(8000)
    found = empty_bins(frontend, 8000, narrow.resample(16000))
    bank, hz = frontend.filterbank(), np.arange(frontend.n_fft // 2 + 1) * 16000 / frontend.n_fft
    reaches_below = bank[:, hz < 4000].any(axis=1)
    assert (found.n_bins, found.above_hz, found.is_certain) == (int((~reaches_below).sum()), 4000.0, True)
    assert not reaches_below[found.first_bin :].any()


def test_what_was_made_wider_is_found_by_its_spectrum_as_an_estimate(noise):
    wide = noise.resample(8000).resample(16000)
    found = empty_bins(WHISPER, 16000, wide)
    assert not found.is_certain
    assert found.above_hz == pytest.approx(4000, rel=0.05)


def test_sound_that_falls_off_is_not_narrow(noise, speechlike):
    assert empty_bins(WHISPER, 16000, noise) is None
    spectrum = np.fft.rfft(noise.samples[0])
    hz = np.fft.rfftfreq(noise.n_samples, 1 / 16000)
    sloped = Audio(np.fft.irfft(spectrum * 10 ** (-hz / 2000)), 16000)  # 10 dB for each kHz
    assert content_edge_hz(sloped, 8000.0) is None
    assert content_edge_hz(Audio(np.zeros(16000), 16000), 8000.0) is None


def test_a_good_resampler_leaves_no_empty_bins(noise):
    wide = Audio(np.random.default_rng(0).normal(0, 0.05, 96000), 48000)
    assert empty_bins(WHISPER, 48000, wide.resample(16000)) is None


def test_masks_in_empty_bins_are_counted_apart():
    steps = (FrequencySpan(50, 20), TimeSpan(10, 20), Rectangle(70, 5, 0, 10))
    draw = Draw(80, 100, steps)
    cells = np.zeros((80, 100), bool)
    cells[50:70] = cells[:, 10:30] = cells[70:75, :10] = True
    for first in (0, 40, 60, 72, 80):
        assert draw.masked_from_bin(first) == (
            max(0, 70 - max(50, first)) / 80,
            pytest.approx(cells[first:].sum() / 8000),
        )
    assert draw.masked_from_bin(0) == (draw.masked_frequency_ratio, draw.masked_area_ratio)


def test_the_badge_the_scores_and_the_words_say_how_much(noise):
    heard = audition(noise.resample(8000), policy="LD", vocoder=OriginalPhase(), rng=0, frontend="whisper")
    (badge,) = [badge for badge in heard.badges if badge.startswith("narrow:")]
    assert badge.startswith(
        f"narrow: {heard.empty_bins.n_bins} of 80 bins are empty above 4.0 kHz, the limit of the clip's"
    )
    row = heard.scores[0]
    assert 0 < row["masked_area_empty_ratio"] <= row["masked_area_ratio"]
    assert "in empty bins)" in str(heard)
    wide = audition(noise, policy="LD", vocoder=OriginalPhase(), rng=0, frontend="whisper")
    assert "masked_area_empty_ratio" not in wide.scores[0]
