"""Implausible values, and the scales that would explain them."""

from __future__ import annotations

import functools
from dataclasses import replace

import numpy as np
import pytest

from specaug_listen import Audio, frontends
from specaug_listen.errors import ParameterError
from specaug_listen.frontends import PRESETS, MelSpectrogram
from specaug_listen.frontends.plausibility import implausible_notices, own_range, typical_statistics


@functools.lru_cache
def speech_like(rate, seconds=2.0):
    """A voice: gliding harmonics, four syllables per second with pauses, and quiet background noise."""
    rng = np.random.default_rng(3)
    t = np.arange(round(seconds * rate)) / rate
    pitch = 2 * np.pi * np.cumsum(120 + 20 * np.sin(2 * np.pi * 0.7 * t)) / rate
    voice = sum(np.sin(k * pitch) / k for k in range(1, 40) if 140 * k < rate / 2)
    hiss = np.diff(rng.standard_normal(len(t) + 1))
    syllables = np.clip(np.sin(2 * np.pi * 2 * t), 0, 1) ** 2
    return Audio(0.1 * voice * syllables + 0.02 * hiss * np.roll(syllables, rate // 4) + 2e-4 * hiss, rate)


PLAIN = {name: replace(frontend, normalize=None) for name, frontend in PRESETS.items()}
WITH_LOG = [name for name, frontend in PLAIN.items() if frontend.log]


@functools.lru_cache
def logs(name):
    frontend = PLAIN[name]
    values = frontend(speech_like(frontend.sample_rate)).values.astype(np.float64)
    base = {"ln": 1.0, "log10": np.log(10), "db": np.log(10) * frontend.power / 20}[frontend.log]
    return frontend, (values / frontend.scale - frontend.shift) * base


def noticed(values, frontend):
    return [notice.values for notice in implausible_notices(MelSpectrogram(values, frontend))]


def test_nothing_is_said_of_a_front_end_s_own_values(subtests):
    for name in sorted(PRESETS):
        with subtests.test(name=name):
            frontend = PRESETS[name]
            assert implausible_notices(frontend(speech_like(frontend.sample_rate))) == ()


def test_nothing_is_said_of_noise_tones_or_silence(subtests):
    for kind in ("noise", "silence", "tone", "half"):
        for name in sorted(PRESETS):
            with subtests.test(name=name, kind=kind):
                frontend = PLAIN[name]
                rng, n = np.random.default_rng(1), frontend.sample_rate
                sound = {
                    "noise": 0.05 * rng.standard_normal(n),
                    "silence": np.zeros(n),
                    "tone": 0.5 * np.sin(2 * np.pi * 440 * np.arange(n) / frontend.sample_rate),
                    "half": np.where(np.arange(n) < n // 2, 0, 0.1 * rng.standard_normal(n)),
                }[kind]
                assert implausible_notices(frontend(Audio(sound, frontend.sample_rate))) == ()


@pytest.mark.parametrize("value", [-100.0, -1e30, 40.0])
def test_a_mel_that_is_one_value_all_over_has_the_level_of_a_sound_or_is_told(value):
    (found,) = noticed(np.full((80, 50), value, np.float32), PRESETS["whisper"])
    assert found["low"] == found["high"] == pytest.approx(value)
    assert not found["scales"]
    assert found["spread_db"] == 0


def test_decibels_are_told(subtests):
    for name in [name for name in WITH_LOG if PLAIN[name].log != "db" and PLAIN[name].n_mels > 40]:
        with subtests.test(name=name):
            frontend, ln = logs(name)
            (found,) = noticed(ln * 20 / frontend.power / np.log(10), frontend)
            assert any("dB" in scale for scale in found["scales"])


def test_log10_in_place_of_natural_logarithms_is_told(subtests):
    for name in ("espnet", "lhotse", "nemo", "hifigan", "tacotron2"):
        with subtests.test(name=name):
            frontend, ln = logs(name)
            (found,) = noticed(ln / np.log(10), frontend)
            assert any(scale.startswith("log10") for scale in found["scales"])


def test_natural_logarithms_in_place_of_others_are_told(subtests):
    for name in ("whisper", "whisper-128", "librosa-db"):
        with subtests.test(name=name):
            frontend, ln = logs(name)
            (found,) = noticed(ln, frontend)
            assert "natural logarithms of powers" in found["scales"]


def test_powers_without_a_logarithm_are_told(subtests):
    for name in WITH_LOG:
        with subtests.test(name=name):
            frontend, ln = logs(name)
            (found,) = noticed(np.exp(ln), frontend)
            assert found["linear"]


def test_a_mel_that_was_normalised_is_told_with_statistics_that_make_it_plausible(subtests):
    for name in WITH_LOG:
        with subtests.test(name=name):
            frontend, ln = logs(name)
            values = (ln - ln.mean(axis=1, keepdims=True)) / ln.std(axis=1, keepdims=True)
            (found,) = noticed(values, frontend)
            assert found["normalised"]
            mended = frontends.mels_from_array(
                values, frontends.mel_format(frontend, (found["statistics"]["mean"], found["statistics"]["std"]))
            )
            low, high = own_range(frontend)
            raw = mended[0].values * mended[0].statistics.std + mended[0].statistics.mean
            assert low - 0.3 * (high - low) < raw.min() < raw.max() < high + 0.1 * (high - low)


def test_samples_of_16_bits_are_told(subtests):
    for name in ("espnet", "lhotse", "whisper"):
        with subtests.test(name=name):
            frontend, ln = logs(name)
            values = ln + 2 * np.log(32768)
            own = values if frontend.log == "ln" else (values / np.log(10) + frontend.shift) * frontend.scale
            (found,) = noticed(own, frontend)
            assert found["scales"] == [] or all("16-bit" in scale for scale in found["scales"])


def test_statistics_of_a_mel_that_was_not_normalised_are_told():
    frontend, ln = logs("lhotse")
    mel = frontends.mels_from_array(ln, frontends.mel_format(frontend, (-4.3, 9.1)))[0]
    (notice,) = mel.notices
    assert notice.values["plain_fits"]
    assert "without the statistics they would be plausible" in notice.text


def test_the_sentence_has_the_numbers():
    frontend, ln = logs("whisper")
    values = (ln - ln.mean(axis=1, keepdims=True)) / ln.std(axis=1, keepdims=True)
    (notice,) = implausible_notices(MelSpectrogram(values, frontend))
    assert "implausible for front-end 'whisper': values from -" in notice.text
    assert "where its own lie in [-1.5, 1.6" in notice.text
    assert "they look normalised: with the statistics mean=" in notice.text


def test_an_energy_that_no_sound_has_is_refused_with_what_it_looks_like():
    frontend, ln = logs("whisper")
    with pytest.raises(ParameterError, match=r"implausible.*no logarithm was taken; no sound has such levels"):
        frontend.mel(1000 * np.exp(ln))


def test_typical_statistics_are_those_of_speech():
    """The long-term spectrum falls from 500 Hz on; means lie between floor and full scale."""
    for name in WITH_LOG:
        typical = typical_statistics(PLAIN[name])
        low, high = own_range(PLAIN[name])
        assert all(low <= mean <= high for mean in typical.mean)
    whisper = typical_statistics(PLAIN["whisper"]).mean
    assert whisper[10] > whisper[60]
