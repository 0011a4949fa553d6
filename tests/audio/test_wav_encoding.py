"""Encoding as 16-bit WAV: exact, with the gain as it is, and never clipped."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from readings import decoded

from specaug_listen import Audio
from specaug_listen.audio.audio_in_memory import encode_wav
from specaug_listen.errors import ParameterError


@given(st.lists(st.lists(st.integers(-32768, 32767), min_size=3, max_size=3), min_size=1, max_size=8))
def test_sixteen_bit_samples_come_back_exactly(channels):
    pcm = np.array(channels, np.int16)
    read, rate = decoded(encode_wav(Audio(pcm / 32768, 22050)))
    np.testing.assert_array_equal(read, pcm)
    assert rate == 22050


def test_the_gain_is_applied_as_it_is(subtests):
    for gain, expected in [(1.0, 8192), (0.5, 4096), (2.0, 16384), (0.0, 0), (4.0, 32767)]:
        with subtests.test(gain=gain, expected=expected):
            read, _ = decoded(encode_wav(Audio(np.full(4, 0.25), 8000), gain=gain))
            assert set(read[0].tolist()) == {expected}


@pytest.mark.parametrize(("peak", "gain", "most"), [(1.25, 1.0, "0.8"), (-0.5, 2.1, "2"), (1.0, 1.001, "1")])
def test_what_would_clip_is_refused_with_the_gain_that_would_not(peak, gain, most):
    audio = Audio(np.array([0.0, peak]), 8000)
    with pytest.raises(ParameterError, match=rf"would clip; use at most {re.escape(most)}$"):
        encode_wav(audio, gain=gain)
    encode_wav(audio, gain=float(most))
