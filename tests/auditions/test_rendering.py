"""What a vocoder must give."""

from __future__ import annotations

import numpy as np
import pytest
from cheap_audition import heard

from specaug_listen import Audio, frontends
from specaug_listen.auditions import render
from specaug_listen.errors import ParameterError


def test_any_callable_from_mel_to_audio_is_a_vocoder(tone):
    result = heard(tone, vocoder=lambda mel: Audio(np.zeros(mel.n_samples), mel.frontend.sample_rate))
    assert result.draws[0].audio.peak == result.copy_synthesis.peak == 0.0


@pytest.mark.parametrize(
    ("wrong", "got"),
    [
        (lambda mel: mel.audio.samples, "<class 'numpy.ndarray'>"),
        (lambda mel: None, "<class 'NoneType'>"),
        (lambda mel: Audio(np.zeros(mel.n_samples - 1), 16000), "15999 samples at 16000 Hz"),
        (lambda mel: Audio(np.zeros(mel.n_samples), 8000), "16000 samples at 8000 Hz"),
    ],
    ids=["array", "none", "short", "rate"],
)
def test_what_a_vocoder_gives_is_checked(tone, wrong, got):
    with pytest.raises(ParameterError, match=f"the vocoder gave {got}: expected Audio of 16000 samples at 16000 Hz"):
        heard(tone, vocoder=wrong)


def test_a_vocoder_that_gives_two_channels_is_refused(tone):
    mel = frontends.WHISPER(tone)
    with pytest.raises(ParameterError, match=r"the vocoder gave .*channel"):
        render(mel, lambda mel: Audio(np.zeros((2, mel.n_samples)), 16000))
