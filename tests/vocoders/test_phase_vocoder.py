"""The original clip's own phases, warped as the mel was."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import presets
import pytest
from numpy.testing import assert_array_equal

from specaug_listen import Audio
from specaug_listen.augment import Draw, WarpPath
from specaug_listen.errors import ParameterError
from specaug_listen.frontends import PRESETS, WHISPER
from specaug_listen.stft import istft, stft
from specaug_listen.vocoders.phase_vocoder import is_warped, onsets, original_spectrum


def sine(hz, rate, seconds=1.0):
    return np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate).astype(np.float32)


def test_without_a_warp_the_original_spectrum_is_the_clips(speechlike, every_frontend, subtests):
    for emphasized in [True, False]:
        with subtests.test(emphasized=emphasized):
            mel = every_frontend(speechlike)
            signal, framing = mel.audio.samples[0], every_frontend.framing.with_lead_in
            stretch = every_frontend.pad(signal) if emphasized else framing.pad(signal)
            spectrum = original_spectrum(mel, emphasized=emphasized)
            assert_array_equal(spectrum, stft(stretch, framing))
            assert spectrum.shape == (framing.n_lead_in + mel.n_frames, every_frontend.n_fft // 2 + 1)


def test_pre_emphasis_makes_a_difference_where_there_is_one(speechlike):
    for frontend in PRESETS.values():
        mel = frontend(speechlike)
        a, b = (original_spectrum(mel, emphasized=flag) for flag in (True, False))
        assert np.array_equal(a, b) == (frontend.preemphasis == 0)


def test_frames_beyond_the_last_continue_the_clip(speechlike, subtests):
    for name in presets.EACH_GEOMETRY:
        frontend = PRESETS[name]
        with subtests.test(frontend=name):
            mel = frontend(speechlike)
            more = original_spectrum(mel, emphasized=False, n_extra=3)
            assert len(more) == frontend.framing.with_lead_in.n_lead_in + mel.n_frames + 3
            # What is put beyond the end depends on how far one looks, so the last frames are left out.
            without = original_spectrum(mel, emphasized=False)[:-8]
            assert_array_equal(more[: len(without)], without)


def test_a_warp_that_moves_nothing_changes_nothing(tone):
    mel = WHISPER(tone)
    still = Draw(80, mel.n_frames, (WarpPath(40, 0),)).apply(mel)
    assert still.warp is not None
    plain = original_spectrum(mel, emphasized=False)
    assert_array_equal(original_spectrum(still, emphasized=False), plain)


def test_under_a_warp_a_tone_keeps_its_pitch(subtests):
    for displacement in [-15, 15]:
        for name in ["whisper", "lhotse", "hifigan", "librosa"]:
            with subtests.test(displacement=displacement, name=name):
                frontend = PRESETS[name]
                rate = frontend.sample_rate
                mel = frontend(Audio(0.5 * sine(997, rate, 2.0), rate))
                warped = Draw(mel.n_mels, mel.n_frames, (WarpPath(mel.n_frames // 2, displacement),)).apply(mel)
                signal = frontend.framing.crop(
                    istft(original_spectrum(warped, emphasized=False), frontend.framing), 2 * rate
                )
                inner = signal[rate // 4 : -rate // 4]
                spectrum = np.abs(np.fft.rfft(inner * np.hanning(len(inner)), 1 << 18))
                assert np.argmax(spectrum) * rate / (1 << 18) == pytest.approx(997, abs=1.5)


def test_under_a_warp_an_onset_moves_with_its_frame(subtests):
    """A tone that starts at frame 50 is heard from frame 50 + displacement on."""
    for displacement in [-20, 20]:
        with subtests.test(displacement=displacement):
            signal = 0.5 * sine(700, 16000)
            signal[: 50 * 160] = 0
            mel = WHISPER(Audio(signal, 16000))
            warped = Draw(80, 100, (WarpPath(50, displacement),)).apply(mel)
            heard = WHISPER.framing.crop(istft(original_spectrum(warped, emphasized=False), WHISPER.framing), 16000)
            level = np.sqrt(np.convolve(heard**2, np.ones(160) / 160, "same"))
            onset = np.flatnonzero(level > 0.5 * np.median(level[-3000:]))[0]
            assert onset / 160 == pytest.approx(50 + displacement, abs=1.5)


def warped_clip(mel, center, displacement):
    warped = Draw(mel.n_mels, mel.n_frames, (WarpPath(center, displacement),)).apply(mel)
    framing = mel.frontend.framing
    return framing.crop(istft(original_spectrum(warped, emphasized=False), framing), mel.n_samples)


def test_a_warped_spectrum_is_that_of_a_signal(speechlike, every_frontend):
    """So nothing is lost to frames that contradict each other."""
    mel = every_frontend(speechlike)
    warped = Draw(mel.n_mels, mel.n_frames, (WarpPath(mel.n_frames // 2, 7),)).apply(mel)
    spectrum = original_spectrum(warped, emphasized=False)
    again = stft(istft(spectrum, every_frontend.framing), every_frontend.framing)
    assert np.linalg.norm((again - spectrum)[4:-4]) < 1e-5 * np.linalg.norm(spectrum)


def test_a_click_within_a_tone_stays_sharp_and_leaves_the_tone_as_it_is(subtests):
    for displacement in [-20, 20]:
        with subtests.test(displacement=displacement):
            signal = 0.2 * sine(700, 16000)
            signal[6000] += 0.9
            mel = WHISPER(Audio(signal, 16000))
            heard = warped_clip(mel, 50, displacement)
            at = np.interp(6000 / 160, [0, 50, 99], [0, 50 + displacement, 99]) * 160
            peak = int(np.argmax(np.abs(heard)))
            assert peak == pytest.approx(at, abs=1)
            assert abs(heard[peak]) > 0.65
            beside = np.concatenate([heard[peak - 300 : peak - 20], heard[peak + 20 : peak + 300]])
            assert np.abs(beside).max() < 0.3
            assert np.sqrt(2 * np.mean(beside**2)) == pytest.approx(0.2, rel=0.15)


def test_an_extreme_warp_stays_finite_and_bounded(rng, subtests):
    for center, displacement in [(2, 95), (97, -95), (50, 47), (50, -47)]:
        with subtests.test(center=center, displacement=displacement):
            signal = 0.1 * rng.standard_normal(16000)
            signal[::1777] += 0.8
            heard = warped_clip(WHISPER(Audio(signal, 16000)), center, displacement)
            assert np.isfinite(heard).all()
            assert np.abs(heard).max() < 2


def test_onsets_are_where_it_becomes_loud_and_nowhere_else(rng):
    signal = 1e-3 * rng.standard_normal(16000).astype(np.float32)
    assert len(onsets(signal, 400)) == 1  # its beginning
    signal[5003] = 0.5
    signal[9000:] += sine(300, 16000)[:7000]
    beginning, click, tone = onsets(signal, 400)
    assert beginning < 25
    assert click == 5003
    assert tone == pytest.approx(9020, abs=40)


def test_onsets_of_less_than_a_window(subtests):
    for n_samples in [0, 1, 24, 399]:
        with subtests.test(n_samples=n_samples):
            assert onsets(np.zeros(n_samples, np.float32), 400).shape == (0,)


def test_a_mel_is_warped_where_a_frame_has_moved(tone):
    mel = WHISPER(tone)
    still, moved = (Draw(80, 100, (WarpPath(50, by),)).apply(mel) for by in (0, 1))
    assert [is_warped(m) for m in (mel, still, moved)] == [False, False, True]


def test_a_mel_that_does_not_know_its_clip_is_refused(tone):
    with pytest.raises(ParameterError, match=r"this mel carries no audio; compute it with frontend\(audio\)"):
        original_spectrum(replace(WHISPER(tone), audio=None), emphasized=False)
