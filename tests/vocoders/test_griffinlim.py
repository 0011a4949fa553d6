"""Griffin-Lim in our own and in librosa's words."""

from __future__ import annotations

from dataclasses import replace

import librosa
import numpy as np
import presets
import pytest
from numpy.testing import assert_allclose

from specaug_listen import Audio
from specaug_listen._records import to_plain
from specaug_listen.errors import ParameterError
from specaug_listen.frontends import LIBROSA, PRESETS, WHISPER
from specaug_listen.metrics import log_mel_rmse_db
from specaug_listen.stft import istft, stft
from specaug_listen.vocoders import GriffinLim, Librosa
from specaug_listen.vocoders.griffinlim import _fast_griffin_lim, nnls_magnitude, pinv_magnitude
from specaug_listen.vocoders.mel_bins import energy_to_render
from specaug_listen.vocoders.phase import random_phase


def error_db(vocoder, mel):
    return log_mel_rmse_db(mel, mel.frontend(vocoder(mel)))


def relative_db(a, b):
    return 20 * np.log10(np.linalg.norm(a - b) / np.linalg.norm(b))


def test_without_iterations_the_first_phase_is_rendered(speechlike):
    mel = WHISPER(speechlike)
    magnitude = pinv_magnitude(mel)
    stretch = istft(magnitude * random_phase(magnitude.shape, 7), WHISPER.framing)
    expected = WHISPER.framing.crop(stretch, mel.n_samples)
    assert GriffinLim(n_iter=0, seed=7)(mel).samples[0].tobytes() == expected.tobytes()


def test_iterations_help(speechlike, subtests):
    for magnitude in ["pinv", "nnls"]:
        with subtests.test(magnitude=magnitude):
            mel = WHISPER(speechlike)
            errors = [error_db(GriffinLim(n_iter=n, magnitude=magnitude), mel) for n in (0, 4, 32)]
            assert errors == sorted(errors, reverse=True)
            assert errors[2] < 0.8 * errors[0]


def test_the_original_phase_beats_a_random_one(speechlike, subtests):
    """Pinned to the waveform, which is what a phase is for; a front-end's own magnitude errors stay."""
    for name in ["whisper", "lhotse", "nemo", "hifigan", "librosa"]:
        with subtests.test(name=name):
            mel = PRESETS[name](speechlike)
            original, random = (
                relative_db(GriffinLim(n_iter=0, init=init)(mel).samples, mel.audio.samples)
                for init in ("original", "random")
            )
            assert original < -4
            assert random > -1


@pytest.mark.parametrize("name", presets.EACH_GEOMETRY)
def test_a_given_phase_array_is_used_as_seen_from_the_windows_first_sample(name, speechlike, subtests):
    for name in presets.EACH_GEOMETRY:
        frontend = PRESETS[name]
        with subtests.test(frontend=name):
            frontend = PRESETS[name]
            mel = frontend(speechlike)
            spectrum = stft(frontend.pad(mel.audio.samples[0]), frontend.framing)[
                frontend.framing.with_lead_in.n_lead_in :
            ]
            given = GriffinLim(n_iter=0, init=np.angle(spectrum).T)(mel)
            named = GriffinLim(n_iter=0, init="original")(mel)
            # What is rendered before the first frame and after the last has a phase that no array can give.
            first = frontend.n_fft if frontend.framing.with_lead_in.n_lead_in else 0
            shared = slice(first, mel.n_samples - 2 * frontend.n_fft)
            # A de-emphasis carries what differed before it along, and less and less of it.
            atol = 1e-3 if first else 1e-5
            assert_allclose(given.samples[:, shared], named.samples[:, shared], atol=atol)


def test_another_array_is_refused_with_the_shape_that_fits(speechlike, subtests):
    for init in [
        np.zeros((120, 201)),
        np.zeros((201, 119)),
        np.zeros(201 * 120),
        np.ones((201, 120), complex),
        np.full((201, 120), np.nan),
    ]:
        with subtests.test(init=init):
            message = r"init is an array of shape .*: expected finite angles in radians of shape \(201, 120\)"
            with pytest.raises(ParameterError, match=message):
                GriffinLim(init=init)(WHISPER(speechlike))


def test_the_original_phase_needs_the_clip(speechlike):
    mel = replace(WHISPER(speechlike), audio=None)
    with pytest.raises(ParameterError, match=r"carries no audio.*init='random'"):
        GriffinLim(init="original")(mel)


def test_an_array_is_written_down_by_its_hash_so_that_none_replays_it_by_mistake():
    a, b = (to_plain(GriffinLim(init=np.full((201, 120), angle)))["init"] for angle in (0.0, 0.5))
    assert a.startswith("array (201, 120) sha256:")
    assert a != b


def test_an_unrefined_phase_ignores_the_iterations(speechlike):
    mel = WHISPER(speechlike)
    none, many, refined = (
        GriffinLim(n_iter=n, refine=refine)(mel).samples.tobytes() for n, refine in ((0, True), (30, False), (30, True))
    )
    assert none == many
    assert none != refined


def test_plain_griffin_lim_never_raises_the_inconsistency(speechlike, subtests):
    for name in ["whisper", "lhotse", "librosa", "hifigan"]:
        with subtests.test(name=name):
            frontend = PRESETS[name]
            magnitude = pinv_magnitude(frontend(speechlike))
            start = magnitude * random_phase(magnitude.shape, 0)
            stretches = [_fast_griffin_lim(start, magnitude, frontend.framing, n, momentum=0.0) for n in range(12)]
            distances = [np.linalg.norm(np.abs(stft(s, frontend.framing)) - magnitude) for s in stretches]
            assert distances[-1] < 0.8 * distances[0]
            assert np.diff(distances).max() < 1e-5 * distances[0]


def test_momentum_makes_it_faster(speechlike):
    mel = WHISPER(speechlike)
    assert error_db(GriffinLim(momentum=0.99), mel) < error_db(GriffinLim(momentum=0.0), mel)


@pytest.mark.parametrize("name", ["whisper", "hifigan", "kaldi", "torchaudio"])
def test_nnls_reprojects_at_least_as_well_as_the_cut_off_pseudo_inverse(name, speechlike):
    mel = PRESETS[name](speechlike)
    bank = mel.frontend.filterbank()
    energies = []
    for solve in (pinv_magnitude, nnls_magnitude):
        magnitude = solve(mel)
        assert magnitude.shape == (len(energy_to_render(mel)), mel.frontend.n_fft // 2 + 1)
        assert magnitude.dtype == np.float32
        assert (magnitude >= 0).all()
        energies.append(bank @ magnitude.T**mel.frontend.power)
    n_lead = mel.frontend.framing.with_lead_in.n_lead_in
    pinv, nnls = (relative_db(energy[:, n_lead:][:, : mel.n_frames], mel.energy) for energy in energies)
    assert nnls <= pinv + 0.1
    assert nnls < -25


def test_the_pseudo_inverse_is_exact_where_it_is_within_the_bounds():
    mel = LIBROSA(Audio(np.random.default_rng(0).standard_normal(22050), 22050))
    magnitude = pinv_magnitude(mel)
    unclipped = mel.energy.T @ np.linalg.pinv(LIBROSA.filterbank().T.astype(float))
    with np.errstate(divide="ignore"):
        bounds = (mel.energy.T[:, :, None] / LIBROSA.filterbank()).min(axis=1)
    assert_allclose(magnitude**2, np.clip(unclipped, 0, bounds), rtol=1e-3, atol=1e-5 * magnitude.max() ** 2)
    assert (unclipped > bounds).any()


def test_masked_bins_are_as_silent_in_the_magnitude_as_in_the_mel(speechlike, subtests):
    """Next to a mask the pseudo-inverse swings to many times the energy that a mel bin has in all."""
    for name in ["whisper", "nemo", "hifigan", "torchaudio"]:
        with subtests.test(frontend=name):
            mel = PRESETS[name](speechlike)
            values = mel.values.copy()
            values[10:20] = values.min()
            masked = replace(mel, values=values, audio=None)
            energy = masked.frontend.filterbank() @ pinv_magnitude(masked).T ** masked.frontend.power
            n_lead = masked.frontend.framing.with_lead_in.n_lead_in
            energy = energy[:, n_lead:][:, : masked.n_frames]
            # No FFT bin holds more than its mel bin, so all of them together at most as often as there are FFT bins.
            n_over = (masked.frontend.filterbank() > 0).sum(axis=1)
            assert (energy <= masked.energy * np.maximum(n_over, 1)[:, None] * 1.001).all()


def test_the_librosa_vocoder_is_librosas_own(speechlike, subtests):
    for vocoder, options in [
        (Librosa(), {"random_state": 0}),
        (Librosa(n_iter=3, momentum=0.5, seed=3), {"random_state": 3, "n_iter": 3, "momentum": 0.5}),
    ]:
        with subtests.test(vocoder=vocoder, options=options):
            mel = LIBROSA(speechlike)
            magnitude = librosa.feature.inverse.mel_to_stft(mel.values, sr=22050, n_fft=2048)
            expected = librosa.griffinlim(magnitude, hop_length=512, length=mel.n_samples, **options)
            # Momentum amplifies the last bits, which differ with the number of BLAS threads.
            assert_allclose(vocoder(mel).samples[0], expected, atol=1e-3)
            assert np.abs(expected).max() > 0.1


def test_the_global_generator_is_left_alone(speechlike):
    before = np.random.get_state()[1].copy()  # noqa: NPY002 - that it is not used is the point
    for vocoder in (GriffinLim(n_iter=1), Librosa(n_iter=1)):
        vocoder(WHISPER(speechlike))
    assert (np.random.get_state()[1] == before).all()  # noqa: NPY002
