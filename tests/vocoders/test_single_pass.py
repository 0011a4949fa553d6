"""Single-pass phases: peaks that run on."""

from __future__ import annotations

import numpy as np
import presets
from numpy.testing import assert_allclose

from specaug_listen.frontends import PRESETS, WHISPER
from specaug_listen.stft import istft, stft
from specaug_listen.vocoders.phase import random_phase
from specaug_listen.vocoders.single_pass import spsi_phase


def sine(hz, rate, seconds=1.0):
    return np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate).astype(np.float32)


def inconsistency_db(magnitude, phase, framing):
    """How far the magnitude of the signal is from the one asked for, away from the clip's ends."""
    got = np.abs(stft(istft(magnitude * phase, framing), framing))[6:-6]
    return 20 * np.log10(np.linalg.norm(got - magnitude[6:-6]) / np.linalg.norm(magnitude[6:-6]))


def test_single_pass_phases_give_a_sinusoid_back_at_once(subtests):
    for name in presets.EACH_GEOMETRY:
        frontend = PRESETS[name]
        with subtests.test(frontend=name):
            for hz in [440.0, 1000.0]:
                with subtests.test(hz=hz):
                    framing = frontend.framing
                    magnitude = np.abs(stft(framing.pad(sine(hz, frontend.sample_rate)), framing))
                    # Where the FFT is much longer than the window (lingvo), a peak's sides are further off.
                    limit = -25 if framing.n_fft < 2 * framing.win_length else -19
                    assert inconsistency_db(magnitude, spsi_phase(magnitude, framing), framing) < limit
                    assert inconsistency_db(magnitude, random_phase(magnitude.shape, 0), framing) > -10


def test_single_pass_phases_follow_two_tones_each_at_its_own_frequency():
    framing = WHISPER.framing
    both = sine(600, 16000) + 0.3 * sine(3000, 16000)
    magnitude = np.abs(stft(framing.pad(both), framing))
    assert inconsistency_db(magnitude, spsi_phase(magnitude, framing), framing) < -25


def test_a_frame_without_peaks_still_has_phases(subtests):
    for value in [0.0, 1.0]:
        with subtests.test(value=value):
            phase = spsi_phase(np.full((5, 201), value, np.float32), WHISPER.framing)
            assert_allclose(np.abs(phase), 1, atol=1e-6)
