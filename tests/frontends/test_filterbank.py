"""Mel scales and filters: librosa's for slaney and htk, Kaldi's by the definition of its triangles."""

from __future__ import annotations

import librosa
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from specaug_listen.frontends.filterbank import MEL_SCALES, hz_to_mel, mel_filterbank, mel_to_hz

KALDI = (16000, 512, 80, 20.0, 7600.0, "kaldi", None)


@given(st.sampled_from(MEL_SCALES), st.lists(st.floats(0.0, 384_000.0), min_size=1, max_size=8))
def test_mel_to_hz_takes_hz_to_mel_back(scale, hz):
    np.testing.assert_allclose(mel_to_hz(hz_to_mel(hz, scale), scale), hz, rtol=1e-9, atol=1e-9)


@given(st.sampled_from(MEL_SCALES), st.floats(0.0, 96_000.0), st.floats(1e-3, 1000.0))
def test_a_higher_frequency_has_a_higher_mel(scale, hz, step):
    assert hz_to_mel(hz + step, scale) > hz_to_mel(hz, scale)


@pytest.mark.parametrize(("scale", "htk"), [("slaney", False), ("htk", True)])
def test_the_scales_are_librosas(scale, htk):
    hz = np.array([0.0, 1.0, 66.7, 999.99, 1000.0, 1000.01, 4000.0, 22050.0])
    np.testing.assert_allclose(hz_to_mel(hz, scale), librosa.hz_to_mel(hz, htk=htk), rtol=1e-12)


def test_the_kaldi_scale_is_1127_ln():
    assert hz_to_mel(700.0, "kaldi") == pytest.approx(1127 * np.log(2), rel=1e-12)
    hz = np.linspace(0, 8000, 50)
    np.testing.assert_allclose(hz_to_mel(hz, "kaldi"), hz_to_mel(hz, "htk"), rtol=2e-5)


@pytest.mark.filterwarnings("ignore:Empty filters:UserWarning")  # htk with 128 bands; the filters are compared
def test_slaney_and_htk_filters_are_librosas(subtests):
    for rate, n_fft, n_mels, fmin_hz, fmax_hz in [
        (16000, 400, 80, 0.0, 8000.0),
        (16000, 400, 128, 0.0, 8000.0),
        (22050, 2048, 128, 0.0, 11025.0),
        (22050, 1024, 80, 0.0, 8000.0),
        (44100, 2048, 64, 50.0, 14000.0),
        (8000, 255, 20, 100.0, 3800.0),
        (16000, 512, 1, 300.0, 3400.0),
    ]:
        with subtests.test(rate=rate, n_fft=n_fft, n_mels=n_mels, fmin_hz=fmin_hz, fmax_hz=fmax_hz):
            for scale, htk in [("slaney", False), ("htk", True)]:
                for norm in ("slaney", None):
                    with subtests.test(norm=norm, scale=scale):
                        expected = librosa.filters.mel(
                            sr=rate, n_fft=n_fft, n_mels=n_mels, fmin=fmin_hz, fmax=fmax_hz, htk=htk, norm=norm
                        )
                        bank = mel_filterbank(rate, n_fft, n_mels, fmin_hz, fmax_hz, scale, norm)
                        assert (bank.shape, bank.dtype) == ((n_mels, n_fft // 2 + 1), np.float32)
                        np.testing.assert_allclose(bank, expected, rtol=1e-5, atol=1e-6 * expected.max())


def test_slaney_norm_gives_every_filter_the_same_area():
    bank = mel_filterbank(16000, 16384, 40, 0.0, 8000.0, "slaney", "slaney")
    np.testing.assert_allclose(bank.sum(axis=1) * 16000 / 16384, 1.0, rtol=1e-3)


# -- Kaldi ---------------------------------------------------------------------------------------------


def test_kaldi_filters_are_straight_over_mel():
    bank = mel_filterbank(*KALDI)
    mel_of_bin = 1127 * np.log(1 + np.arange(257) * (16000 / 512) / 700)
    low, high = 1127 * np.log(1 + np.array([20.0, 7600.0]) / 700)
    step = (high - low) / 81
    for band in (0, 1, 40, 79):
        center = low + (band + 1) * step
        expected = np.maximum(0, 1 - np.abs(mel_of_bin - center) / step)  # feat/mel-computations.cc
        np.testing.assert_allclose(bank[band], expected, atol=1e-6)


def test_kaldi_filters_share_each_bin_between_the_first_and_the_last_centre():
    bank = mel_filterbank(*KALDI)
    hz = np.arange(257) * (16000 / 512)
    low, high = hz_to_mel([20.0, 7600.0], "kaldi")
    first, last = mel_to_hz(np.linspace(low, high, 82)[[1, -2]], "kaldi")
    between = (hz >= first) & (hz <= last)
    assert between.sum() > 200
    np.testing.assert_allclose(bank.sum(axis=0)[between], 1.0, atol=1e-5)
    assert (bank.sum(axis=0)[hz < first] < 1).all()
    assert not bank[:, (hz <= 20.0) | (hz >= 7600.0)].any()


@pytest.mark.parametrize(("n_fft", "heard"), [(512, False), (511, True)])
def test_kaldi_gives_the_nyquist_bin_no_weight_where_there_is_one(n_fft, heard):
    # A range that ends above half the rate would reach the last bin: only the rule keeps it silent.
    bank = mel_filterbank(16000, n_fft, 20, 20.0, 8200.0, "kaldi", None)
    assert bool(bank[:, -1].any()) is heard
    assert bank[:, -2].any()


def test_tensorflows_filters_are_kaldis():
    """``linear_to_mel_weight_matrix``: lines over mel from each edge, and nothing in the first bin."""
    bank = mel_filterbank(16000, 1024, 80, 125.0, 7600.0, "kaldi", None)
    mel_of_bin = 1127 * np.log1p(np.arange(1, 513) * (16000 / 1024) / 700)
    edges = np.linspace(1127 * np.log1p(125 / 700), 1127 * np.log1p(7600 / 700), 82)
    lower, center, upper = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    slopes = np.minimum((mel_of_bin - lower) / (center - lower), (upper - mel_of_bin) / (upper - center))
    np.testing.assert_allclose(bank[:, 1:], np.maximum(0, slopes), atol=2e-6)
    assert not bank[:, 0].any()


# -- SpeechBrain ---------------------------------------------------------------------------------------


def test_speechbrains_triangles_are_as_wide_to_the_right_as_to_the_left():
    bank = mel_filterbank(16000, 16000, 40, 0.0, 8000.0, "speechbrain", None)  # a bin for each Hz
    hz = mel_to_hz(np.linspace(0, hz_to_mel(8000.0, "htk"), 42), "htk")
    for band in (0, 7, 39):
        center, left = hz[band + 1], hz[band + 1] - hz[band]
        expected = np.maximum(0, 1 - np.abs(np.arange(8001) - center) / left)
        np.testing.assert_allclose(bank[band], expected, atol=1e-6)
        assert center + left < hz[band + 2]


def test_slaney_norm_gives_speechbrains_filters_one_area_too():
    bank = mel_filterbank(16000, 16384, 40, 0.0, 8000.0, "speechbrain", "slaney")
    # The last one's right side ends before half the rate.
    np.testing.assert_allclose(bank.sum(axis=1) * 16000 / 16384, 1.0, rtol=1e-3)


# -- what holds for all --------------------------------------------------------------------------------


@given(
    st.sampled_from(MEL_SCALES),
    st.sampled_from(["slaney", None]),
    st.integers(1, 60),
    st.integers(2, 600),
    st.floats(0.0, 0.4),
    st.floats(0.05, 0.1),
)
def test_filters_are_never_negative_and_stand_in_order(scale, norm, n_mels, n_fft, low, width):
    bank = mel_filterbank(16000, n_fft, n_mels, low * 16000, (low + width) * 16000, scale, norm)
    assert (bank >= 0).all()
    peaks = np.argmax(bank, axis=1)[bank.any(axis=1)]
    assert (np.diff(peaks) >= 0).all()


def test_a_filterbank_is_shared_and_so_cannot_be_changed():
    with pytest.raises(ValueError, match="read-only"):
        mel_filterbank(*KALDI)[0, 0] = 1.0
