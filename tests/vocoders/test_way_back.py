"""The way back for every front-end: in its place, in its length, through whatever FFT is chosen."""

from __future__ import annotations

import importlib

import numpy as np
import pytest
import scipy.fft
from numpy.testing import assert_allclose

from specaug_listen import Audio
from specaug_listen.vocoders import GriffinLim, Joint, OriginalPhase

# With the clip's own phase, nothing stands in the way of a click but an error in the geometry.
KNOWN_PHASE = {
    "magnitude and original phase": GriffinLim(init="original", n_iter=0),
    "griffinlim from the original phase": GriffinLim(init="original", n_iter=8),
    "original-phase": OriginalPhase(),
}


def clicks_far_apart(frontend, n_clicks=40, seed=1):
    """Clicks anywhere between frames, so far from each other that no window holds two."""
    rng, length = np.random.default_rng(seed), frontend.framing.win_length
    places = 2 * length + np.cumsum(rng.integers(3 * length, 4 * length, n_clicks))
    samples = np.zeros(places[-1] + 3 * length + 7, np.float32)
    samples[places] = 0.9 * rng.choice([-1, 1], n_clicks)
    return Audio(samples, frontend.sample_rate), places


def lag_of(audio, other):
    """By how many samples ``audio`` comes later: the peak of the cross-correlation."""
    size = 2 * other.n_samples
    spectra = (np.fft.rfft(sound.samples[0].astype(float), size) for sound in (audio, other))
    ours, theirs = spectra
    peak = int(np.argmax(np.fft.irfft(ours * np.conj(theirs), size)))
    return peak if peak < size // 2 else peak - size


def test_clicks_come_back_to_the_sample_where_the_phase_is_known(every_frontend, subtests):
    for vocoder in KNOWN_PHASE:
        with subtests.test(vocoder=vocoder):
            clip, _ = clicks_far_apart(every_frontend)
            mel = every_frontend(clip)
            audio = KNOWN_PHASE[vocoder](mel)
            assert audio.n_samples == clip.n_samples
            assert lag_of(audio, clip) == 0


def test_clicks_come_back_in_the_middle_of_where_they_may_be_where_it_is_not(every_frontend):
    """Any one click may lie anywhere within what the mel tells of it; the mean over many must not be off."""
    clip, places = clicks_far_apart(every_frontend)
    heard = Joint()(every_frontend(clip))
    assert heard.n_samples == clip.n_samples
    reach = int(1.4 * every_frontend.framing.win_length)
    energies = np.array([np.square(heard.samples[0, p - reach : p + reach + 1], dtype=float) for p in places])
    late = energies @ np.arange(-reach, reach + 1) / energies.sum(axis=1)
    assert abs(late.mean()) < 0.05 * every_frontend.hop_length


class NumpysFFT:
    """A backend as `scipy.fft.set_backend` takes it, which counts."""

    __ua_domain__ = "numpy.scipy.fft"
    calls = 0

    @classmethod
    def __ua_function__(cls, method, arguments, named):
        cls.calls += 1
        result = getattr(np.fft, method.__name__)(*arguments, **{k: v for k, v in named.items() if v is not None})
        return result.astype(np.complex64 if np.iscomplexobj(result) else np.float32)


def test_an_fft_backend_does_all_transforms_and_changes_nothing_but_the_last_bits(speechlike, every_frontend, subtests):
    for vocoder in [Joint(n_iter=8), GriffinLim(n_iter=8), OriginalPhase()]:
        with subtests.test(vocoder=vocoder):
            mel = every_frontend(speechlike)
            plain = vocoder(mel).samples
            NumpysFFT.calls = 0
            with scipy.fft.set_backend(NumpysFFT, only=True):
                changed = vocoder(mel).samples
            assert NumpysFFT.calls >= 2
            assert_allclose(changed, plain, atol=2e-3 * np.abs(plain).max())


def test_the_backends_that_there_are_work_unchanged(speechlike, every_frontend, subtests):
    for module in ["pyfftw.interfaces.scipy_fft", "mkl_fft.interfaces.scipy_fft"]:
        with subtests.test(module=module):
            try:
                backend = importlib.import_module(module)
            except ImportError:
                pytest.skip(f"{module.partition('.')[0]} is not installed")
            mel = every_frontend(speechlike)
            plain = Joint(n_iter=8)(mel).samples
            with scipy.fft.set_backend(backend, only=True):
                changed = Joint(n_iter=8)(mel).samples
            assert changed.dtype == np.float32
            assert_allclose(changed, plain, atol=2e-3 * np.abs(plain).max())
