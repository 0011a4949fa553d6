"""Differences in dB with their sign."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.figure import Figure

from specaug_listen import Draw, frontends, plot_difference
from specaug_listen.augment import FrequencySpan
from specaug_listen.errors import ParameterError


@pytest.fixture
def mel(speechlike):
    return frontends.WHISPER(speechlike)


def test_a_difference_is_after_minus_before_where_a_mask_was_set_and_zero_elsewhere(mel):
    after = Draw(80, mel.n_frames, (FrequencySpan(10, 20, fill="floor"),)).apply(mel)
    ax = plot_difference(mel, after, Figure().add_subplot())
    drawn = np.asarray(ax.images[-1].get_array())
    assert (np.delete(drawn, slice(10, 30), axis=0) == 0).all()
    assert (drawn[10:30] <= 0).all()
    expected = mel.range_db[1] - 80 - np.maximum(mel.db[10:30], mel.range_db[1] - 80)
    np.testing.assert_allclose(drawn[10:30], expected, atol=1e-3)
    assert ax.images[-1].norm.vmin == -ax.images[-1].norm.vmax == -40
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("Time (s)", "Frequency (Hz)")


def test_a_shorter_mel_is_compared_with_as_much_of_the_other(mel):
    ax = plot_difference(mel, mel.first_frames(40), Figure().add_subplot())
    assert ax.images[-1].get_array().shape == (80, 40)
    assert not np.asarray(ax.images[-1].get_array()).any()


def test_mels_of_other_bands_are_refused(mel, speechlike):
    with pytest.raises(ParameterError, match="mels of 80 and 128 bins"):
        plot_difference(mel, frontends.get_frontend("whisper-128")(speechlike), Figure().add_subplot())
