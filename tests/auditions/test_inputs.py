"""What an audition takes, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest
from cheap_audition import heard

from specaug_listen import Audio
from specaug_listen.errors import AudioError, ParameterError


def test_a_wrong_argument_is_refused_in_one_line(subtests, tone):
    for wrong, message in [
        ({"frontend": "wisper"}, "unknown front-end 'wisper'; did you mean 'whisper'"),
        ({"policy": "LDD"}, "unknown policy 'LDD'; did you mean 'LD'"),
        ({"vocoder": "griffin-lim"}, "unknown vocoder 'griffin-lim'; did you mean 'griffinlim'"),
        ({"vocoder": 5}, "vocoder=5: expected a name or a callable from MelSpectrogram to Audio"),
        ({"frontend": 5}, "front.?end.*5"),
        ({"policy": 5}, "policy.*5"),
        ({"draws": 0}, r"draws=0: allowed is a whole number from 1 to 1000"),
        ({"draws": 1001}, r"draws=1001: allowed is a whole number from 1 to 1000"),
        ({"draws": 1.0}, r"draws=1\.0: allowed is a whole number"),
        ({"draws": True}, "draws=True: allowed is a whole number"),
        ({"rng": -1}, r"rng=-1: expected an integer in \[0, 2\*\*53\)"),
        ({"rng": "0"}, "rng='0': expected an integer"),
    ]:
        with subtests.test(wrong=wrong, message=message):
            with pytest.raises(ParameterError, match=message) as caught:
                heard(tone, **wrong)
            assert "\n" not in str(caught.value)


@pytest.mark.parametrize("clip", [np.zeros(16000), object(), None], ids=["array", "object", "none"])
def test_what_is_no_audio_is_refused_with_the_way_to_make_one(clip):
    with pytest.raises(ParameterError, match=r"audio is .*\(samples, sample_rate\)"):
        heard(clip)


def test_a_clip_shorter_than_a_window_is_refused():
    with pytest.raises(AudioError, match=r"100 samples are less than one window of the front-end .* use a longer clip"):
        heard(Audio(np.zeros(100), 16000))
