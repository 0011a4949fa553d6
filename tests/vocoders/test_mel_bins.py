"""From mel bins to FFT bins and back without solving anything."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import presets
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from streams import as_stream

from specaug_listen.frontends import HIFIGAN, PRESETS, TORCHAUDIO, WHISPER
from specaug_listen.vocoders import VOCODERS
from specaug_listen.vocoders.mel_bins import Energies, mel_bins_of


def noise_spectrum(frontend, rng, n_frames=7):
    shape = n_frames, frontend.n_fft // 2 + 1
    return (rng.standard_normal(shape) + 1j * rng.standard_normal(shape)).astype(np.complex64)


def test_each_bin_shares_itself_out_completely_or_not_at_all(subtests):
    for name in presets.EACH_GEOMETRY:
        frontend = PRESETS[name]
        with subtests.test(frontend=name):
            columns = mel_bins_of(frontend).synthesis.sum(axis=0)
            reached = frontend.filterbank().any(axis=0)
            assert_allclose(columns[reached], 1, atol=1e-6)
            assert not columns[~reached].any()


def test_energy_is_the_filterbank_on_the_magnitude_to_the_power(rng, subtests):
    for name in presets.EACH_GEOMETRY:
        frontend = PRESETS[name]
        with subtests.test(frontend=name):
            spectrum = noise_spectrum(frontend, rng)
            expected = np.abs(spectrum) ** frontend.power @ frontend.filterbank().T
            assert_allclose(mel_bins_of(frontend).energy(spectrum), expected, rtol=1e-4)


def test_one_gain_in_all_mel_bins_is_that_gain_in_all_fft_bins(rng, subtests):
    for name in presets.EACH_GEOMETRY:
        frontend = PRESETS[name]
        with subtests.test(frontend=name):
            mel_bins, spectrum = mel_bins_of(frontend), noise_spectrum(frontend, rng)
            energy = mel_bins.energy(spectrum)
            gain = mel_bins.gain(energy * 3.0**frontend.power, energy)
            assert_allclose(gain[:, mel_bins.audible], 3, rtol=1e-4)
            assert_allclose(mel_bins.spread(gain), 3, rtol=1e-4)
            assert_allclose(mel_bins.energy(spectrum * mel_bins.spread(gain)), energy * 3.0**mel_bins.power, rtol=1e-3)


def test_the_gain_is_finite_where_there_is_nothing(subtests):
    for frontend in [WHISPER, HIFIGAN]:
        with subtests.test(frontend=frontend):
            target = np.array([[0.0, 0.0, 1.0, 1.0]], np.float32)
            energy = np.array([[0.0, 1.0, 0.0, 1.0]], np.float32)
            mel_bins = mel_bins_of(frontend)
            gain = mel_bins.gain(target, energy)[0]
            assert gain[0] == pytest.approx(1.0)
            assert gain[1] < 1e-5
            assert gain[2] == pytest.approx(10.0 ** (12 / mel_bins.power), rel=1e-4)
            assert gain[3] == pytest.approx(1.0)


def test_silence_as_target_and_as_energy_gives_no_infinities(subtests):
    for name in presets.EACH_GEOMETRY:
        frontend = PRESETS[name]
        with subtests.test(frontend=name):
            silent = np.zeros((2, frontend.n_mels), np.float32)
            assert np.isfinite(mel_bins_of(frontend).gain(silent, silent)).all()


def test_bins_beyond_the_filters_follow_the_nearest_band():
    """Lhotse's filters end at 7600 Hz and begin at 20 Hz; a gain there must not stop short."""
    mel_bins = mel_bins_of(PRESETS["lhotse"])
    gain = np.ones((1, 80), np.float32)
    gain[0, 0], gain[0, -1] = 5.0, 0.25
    bins = mel_bins.spread(gain)[0]
    reached = np.flatnonzero(mel_bins.synthesis.any(axis=0))
    assert reached[0] > 0
    assert reached[-1] < len(bins) - 1
    assert (bins[: reached[0]] == 5.0).all()
    assert (bins[reached[-1] + 1 :] == 0.25).all()


def test_front_ends_that_share_a_name_do_not_share_their_mel_bins():
    narrow = replace(WHISPER, fmax_hz=4000.0)
    assert mel_bins_of(narrow).analysis[200].max() == 0
    assert mel_bins_of(WHISPER).analysis[199].max() > 0


def test_sparse_matrices_hold_the_same_weights_and_no_zeros(subtests):
    for name in presets.EACH_GEOMETRY:
        frontend = PRESETS[name]
        with subtests.test(frontend=name):
            mel_bins = mel_bins_of(frontend)
            for sparse, dense in zip(mel_bins.sparse(), (mel_bins.analysis.T, mel_bins.synthesis.T), strict=True):
                assert_array_equal(sparse.toarray(), dense)
                assert sparse.nnz == np.count_nonzero(dense)
                assert sparse.dtype == np.float32


def test_energies_of_a_stream_are_those_of_the_mel_with_the_frames_beyond_its_end(speechlike, subtests):
    for name in presets.EACH_GEOMETRY:
        frontend = PRESETS[name]
        with subtests.test(frontend=name):
            for cut in [0, 0.3, 0.5, 0.7]:
                with subtests.test(cut=cut):
                    clip = speechlike.resample(frontend.sample_rate)
                    n_samples = clip.n_samples - round(cut * frontend.hop_length)
                    mel = frontend(replace(clip, samples=clip.samples[:, :n_samples]))
                    whole, stream = Energies.of(mel), Energies.of(as_stream(mel))
                    assert stream[1:3] == whole[1:3]
                    n, last = whole.n_frames, mel.n_frames - 1
                    expected = whole.read(0, n)
                    for begin, end in (
                        (0, n),
                        (0, 1),
                        (3, 40),
                        (last, n),
                        (last - 5, last + 1),
                        (n - 1, n),
                        (last - 1, n),
                    ):
                        assert_array_equal(stream.read(begin, end), expected[begin:end])


# -- filters that hold no bin --------------------------------------------------------------------------


def test_what_is_written_into_an_empty_filter_is_not_heard(speechlike, subtests):
    for vocoder in VOCODERS.values():
        with subtests.test(vocoder=vocoder):
            mel = TORCHAUDIO(speechlike)
            values = mel.values.copy()
            values[[0, 3, 6, 13]] = mel.values.max()
            # original-phase gives an unchanged clip back as it is, and any other through its STFT.
            assert_allclose(vocoder(mel.with_values(values)).samples, vocoder(mel).samples, atol=1e-6)


def test_bins_beyond_the_filters_follow_the_nearest_one_that_holds_a_bin():
    mel_bins = mel_bins_of(TORCHAUDIO)
    assert np.flatnonzero(~mel_bins.audible).tolist() == [0, 3, 6, 13]
    gain = np.arange(128, dtype=np.float32)[np.newaxis]
    assert mel_bins.spread(gain)[0, 0] == 1.0
    assert mel_bins.spread(gain)[0, -1] == 127.0
