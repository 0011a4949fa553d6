"""Loudness after BS.1770, and gains that make sounds equally loud without clipping."""

from __future__ import annotations

import numpy as np
import pyloudnorm
import pytest
from hypothesis import given
from hypothesis import strategies as st

from specaug_listen import Audio
from specaug_listen.audio import loudness
from specaug_listen.audio.loudness import loudness_lufs, matching_gains_db


def tone(seconds=2.0, amplitude=1.0, rate=48000):
    return Audio(amplitude * np.sin(2 * np.pi * 997 * np.arange(int(seconds * rate)) / rate), rate)


def test_a_tone_of_997_hz_has_the_standards_loudness(subtests):
    for amplitude in (1.0, 0.1):
        for rate in (16000, 22050, 24000, 48000):
            with subtests.test(rate=rate, amplitude=amplitude):
                assert loudness_lufs(tone(2.0, amplitude, rate)) == pytest.approx(
                    -3.01 + 20 * np.log10(amplitude), abs=0.1
                )


def pyloudnorms(sound):
    meter = pyloudnorm.Meter(sound.sample_rate, block_size=min(0.4, sound.n_samples / sound.sample_rate))
    with np.errstate(all="ignore"):
        return meter.integrated_loudness(sound.samples.T.astype(np.float64))


def signals(rate):
    """Of one block and many, with pauses, steps, fades and offsets, of all channels that have a weight."""
    rng = np.random.default_rng(rate)
    n = 3 * rate
    noise = rng.standard_normal((5, n)) * 0.1
    gate = np.repeat(10.0 ** rng.integers(-4, 0, 30), n // 30)
    chirp = np.sin(np.cumsum(np.linspace(0.001, 3, n)))
    return [
        *(noise[:k, : rate // 10 + 7] + 0.2 for k in (1, 2)),
        *(noise[:k, : len(gate)] * gate for k in (1, 2, 5)),
        chirp * 0.9,
        np.concatenate([np.zeros(rate), chirp[: int(0.43 * rate)], np.zeros(rate)]),
        np.ones(n) * 0.5,
        noise[0] * 10 ** (np.linspace(0, -30, n) / 20),  # with a block at every distance from the gates
    ]


def test_loudness_is_pyloudnorms(speechlike, subtests):
    for rate in (4000, 8000, 11025, 16000, 22050, 44100, 48000, 96000):
        for number, sound in enumerate([speechlike.resample(rate), *(Audio(s, rate) for s in signals(rate))]):
            with subtests.test(rate=rate, number=number):
                assert loudness_lufs(sound) == pytest.approx(pyloudnorms(sound), abs=1e-6)


def test_a_sound_measures_the_same_in_whatever_parts(speechlike, monkeypatch, subtests):
    whole = loudness_lufs(speechlike)
    for steps in (1, 2, 7, 1000):
        monkeypatch.setattr(loudness, "_STEPS_AT_ONCE", steps)
        with subtests.test(steps=steps):
            assert loudness_lufs(speechlike) == pytest.approx(whole, abs=1e-9)


def test_a_rate_that_the_filters_do_not_fit_has_no_loudness():
    assert loudness_lufs(tone(2.0, 1.0, 3000)) is None


def test_a_short_sound_is_one_block(subtests):
    for seconds in (0.01, 0.1, 0.39, 0.4, 0.41):
        with subtests.test(seconds=seconds):
            assert loudness_lufs(tone(seconds)) == pytest.approx(-3.0, abs=1.2)


def test_a_gain_changes_the_loudness_by_itself(speechlike):
    louder = Audio(speechlike.samples * 2, 16000)
    assert loudness_lufs(louder) - loudness_lufs(speechlike) == pytest.approx(6.02, abs=0.01)


def test_what_has_no_loudness_has_none(subtests):
    for samples in [np.zeros(16000), np.full(16000, 1e-6), np.zeros(3), [0.5]]:
        with subtests.test(samples=samples):
            assert loudness_lufs(Audio(np.asarray(samples), 16000)) is None


def test_pauses_do_not_count(speechlike):
    padded = Audio(np.concatenate([speechlike.samples[0], np.zeros(48000)]), 16000)
    assert loudness_lufs(padded) == pytest.approx(loudness_lufs(speechlike), abs=1.0)


@given(st.lists(st.tuples(st.one_of(st.none(), st.floats(-60, 0)), st.floats(0, 1)), min_size=1, max_size=6))
def test_matched_sounds_are_equally_loud_and_none_clips(sounds):
    loudness, peaks = zip(*sounds, strict=True)
    gains = matching_gains_db(loudness, peaks)
    assert [gain is None for gain in gains] == [level is None for level in loudness]
    after = [level + gain for level, gain in zip(loudness, gains, strict=True) if gain is not None]
    assert max(after, default=0) - min(after, default=0) <= 0.02
    for gain, peak in zip(gains, peaks, strict=True):
        if gain is not None and peak > 1e-9:
            assert peak * 10 ** (gain / 20) <= 1.001
