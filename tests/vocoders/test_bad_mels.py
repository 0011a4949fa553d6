"""Mels that no vocoder was made for: finite sound of the right length, or one clear error."""

from __future__ import annotations

import re
import warnings
from dataclasses import replace

import numpy as np
import pytest

from specaug_listen import Audio
from specaug_listen.errors import ParameterError
from specaug_listen.frontends import HIFIGAN, PRESETS, WHISPER, MelFrontend, MelSpectrogram, Statistics
from specaug_listen.vocoders import GriffinLim, Joint, Librosa, OriginalPhase
from specaug_listen.vocoders.neural import NeuralModule
from specaug_listen.vocoders.neural_contract import MelContract

VOCODERS = {
    "joint": Joint(n_iter=4),
    "griffinlim": GriffinLim(n_iter=2),
    "librosa": Librosa(n_iter=2),
    "original-phase": OriginalPhase(),
}
FROM_MEL = ("joint", "griffinlim", "librosa")
ODD = {
    "one band": {"n_mels": 1},
    "no overlap": {"hop_length": 400, "n_mels": 20},
    "a hop of one sample": {"n_fft": 64, "hop_length": 1, "n_mels": 8},
    "bands far from both ends": {"n_mels": 10, "fmin_hz": 3000.0, "fmax_hz": 3700.0},
    "hop that is no part of the window": {"hop_length": 277, "n_mels": 20},
    "magnitudes": {"power": 1.0, "n_mels": 20},
}


def odd_frontend(name):
    return MelFrontend(
        **{"name": name, "sample_rate": 16000, "n_fft": 400, "hop_length": 160, "n_mels": 20, **ODD[name]}
    )


def finite_and_whole(audio, mel):
    return audio.n_samples == mel.n_samples and np.isfinite(audio.samples).all()


def mel_of_frames(frontend, n_frames):
    values = np.abs(np.random.default_rng(n_frames).standard_normal((frontend.n_mels, n_frames)))
    bands = np.ones((frontend.n_mels, 1), np.float32)
    return MelSpectrogram(values, frontend, statistics=Statistics(-8 * bands, bands) if frontend.normalize else None)


def test_a_few_frames_without_a_clip_render(every_frontend, subtests):
    for n_frames in [1, 2, 3]:
        mel = mel_of_frames(every_frontend, n_frames)
        for vocoder in FROM_MEL if n_frames == 1 else ("joint", "griffinlim"):
            with subtests.test(n_frames=n_frames, vocoder=vocoder), warnings.catch_warnings():
                warnings.simplefilter("error")
                assert finite_and_whole(VOCODERS[vocoder](mel), mel)


def test_the_shortest_clip_renders(every_frontend, subtests):
    for more in [0, 1]:
        for vocoder in VOCODERS:
            with subtests.test(more=more, vocoder=vocoder):
                n_samples = every_frontend.first_sample + every_frontend.framing.win_length + more
                noise = np.random.default_rng(0).standard_normal(n_samples) / 10
                mel = every_frontend(Audio(noise, every_frontend.sample_rate))
                audio = VOCODERS[vocoder](mel)
                assert finite_and_whole(audio, mel)
                assert audio.peak < 100 * mel.audio.peak


def test_an_odd_front_end_renders_without_an_explosion(subtests):
    for name in ODD:
        for vocoder in VOCODERS:
            with subtests.test(name=name, vocoder=vocoder):
                mel = odd_frontend(name)(Audio(np.random.default_rng(0).standard_normal(4000) / 10, 16000))
                audio = VOCODERS[vocoder](mel)
                assert finite_and_whole(audio, mel)
                # librosa's own divides by the tail of a window that nothing overlaps.
                assert vocoder == "librosa" or audio.rms_db < mel.audio.rms_db + 20


def test_what_is_no_mel_is_refused(subtests):
    for value in [np.zeros((80, 10), np.float32), None, "mel", Audio(np.zeros(400), 16000)]:
        for vocoder in VOCODERS:
            with subtests.test(value=value, vocoder=vocoder):
                expected = f"mel is {type(value).__name__}: expected MelSpectrogram; make one with frontend(audio)"
                with pytest.raises(ParameterError, match=re.escape(expected)):
                    VOCODERS[vocoder](value)


def test_a_neural_vocoder_refuses_what_is_no_mel():
    module = NeuralModule(lambda features: features, MelContract(HIFIGAN))
    with pytest.raises(ParameterError, match="mel is ndarray: expected MelSpectrogram"):
        module(np.zeros((80, 10), np.float32))


def test_an_absurd_number_of_iterations_is_refused(subtests):
    for kind in [Joint, GriffinLim, Librosa]:
        for n_iter in [-1, 10_001, 10**12, 2.5, True, "8", np.nan]:
            with (
                subtests.test(kind=kind, n_iter=n_iter),
                pytest.raises(
                    ParameterError, match=re.escape(f"n_iter={n_iter!r}: should be ") + "(a valid|.* equal to)"
                ),
            ):
                kind(n_iter=n_iter)


def test_no_iteration_renders_the_start(speechlike, every_frontend, subtests):
    for vocoder in [Joint(n_iter=0), GriffinLim(n_iter=0), Librosa(n_iter=0)]:
        with subtests.test(vocoder=vocoder):
            mel = every_frontend(speechlike)
            assert finite_and_whole(vocoder(mel), mel)


def test_values_that_stand_for_no_energy_are_refused(subtests):
    refusal = "stands for an energy above 1e\\+30 in front-end 'whisper'"
    for vocoder in FROM_MEL:
        for level in [30.0, 1e5, 3e38]:
            with subtests.test(vocoder=vocoder, level=level), pytest.raises(ParameterError, match=refusal):
                VOCODERS[vocoder](MelSpectrogram(np.full((80, 10), level), WHISPER))


def test_values_far_below_any_floor_are_silence(subtests):
    for vocoder in FROM_MEL:
        with subtests.test(vocoder=vocoder):
            mel = MelSpectrogram(np.full((80, 10), -1e5), WHISPER)
            assert VOCODERS[vocoder](mel).peak == 0


def test_a_very_long_mel_is_worked_through_in_parts(monkeypatch):
    mel = mel_of_frames(PRESETS["whisper"], 9_000)
    taken = []
    part = MelSpectrogram.part
    monkeypatch.setattr(
        MelSpectrogram, "part", lambda self, a, b: taken.append(min(b, self.n_frames) - a) or part(self, a, b)
    )
    assert finite_and_whole(Joint(n_iter=1)(mel), mel)
    assert sum(taken) >= 2 * 9_000
    assert max(taken) < 5000


def test_windows_that_hardly_overlap_do_not_let_the_iteration_diverge(subtests):
    """For a third of all lengths of a clip, it once did: by many powers of ten."""
    for hop_length in [240, 300, 350, 400]:
        for window in ["hann", "povey"]:
            with subtests.test(hop_length=hop_length, window=window):
                frontend = replace(odd_frontend("one band"), n_mels=40, hop_length=hop_length, window=window)
                noise = np.random.default_rng(0).standard_normal(4000 + hop_length) / 10
                for n_samples in range(4000, 4000 + hop_length, 41):
                    mel = frontend(Audio(noise[:n_samples], 16000))
                    for quality in ("default", "best"):
                        assert Joint(quality=quality)(mel).peak < 10 * mel.audio.peak


def test_magnitudes_whose_power_would_overflow_are_refused(subtests):
    refusal = "stands for an energy above 1e\\+15 in front-end 'hifigan'"
    for value in [34.6, 45.0, 60.0]:
        with subtests.test(value=value), pytest.raises(ParameterError, match=refusal):
            Joint(n_iter=1)(MelSpectrogram(np.full((80, 10), value), HIFIGAN))


def test_magnitudes_just_below_render_without_a_warning():
    mel = MelSpectrogram(np.full((80, 10), 34.5), HIFIGAN)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert finite_and_whole(Joint(n_iter=1)(mel), mel)


def test_ragged_values_are_refused():
    with pytest.raises(ParameterError, match="values are ragged: expected as many frames in each of n_mels bins"):
        MelSpectrogram([[1.0], [1.0, 2.0]], WHISPER)


def test_the_seed_of_a_module_is_checked(subtests):
    for seed in [-1, 2**60, 1.5, "a"]:
        with subtests.test(seed=seed), pytest.raises(ParameterError, match="expected an integer in"):
            NeuralModule(lambda features: features, MelContract(HIFIGAN), seed=seed)
