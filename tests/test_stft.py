"""Windows, framing, STFT and inverse, each against a definition written another way."""

from __future__ import annotations

import librosa
import numpy as np
import pytest
import scipy.signal
from hypothesis import given
from hypothesis import strategies as st

from specaug_listen.errors import AudioError
from specaug_listen.stft import (
    WINDOWS,
    Framing,
    deemphasize,
    get_window,
    istft,
    overlap_add,
    preemphasize,
    stft,
)

WHISPER = Framing(400, 160, 400, "hann", "center", "reflect", drop_last_frame=True)
NEMO = Framing(512, 160, 400, "hann_symmetric", "center", "constant", drop_last_frame=True)
LHOTSE = Framing(512, 160, 400, "povey", "kaldi", "mirror")
HIFIGAN = Framing(1024, 256, 1024, "hann", "same", "reflect")
KALDI = Framing(512, 160, 400, "povey", "snip", "mirror")
LINGVO = Framing(1024, 160, 400, "hann", "snip", "constant", first_sample=1)
LIBROSA = Framing(2048, 512, 2048, "hann", "center", "constant")
ODD = Framing(401, 100, 301, "hamming", "center", "reflect")
EVERY = pytest.mark.parametrize(
    "framing",
    [WHISPER, NEMO, LHOTSE, HIFIGAN, LIBROSA, ODD, KALDI, KALDI.with_lead_in, LINGVO, LINGVO.with_lead_in],
    ids=["whisper", "nemo", "lhotse", "hifigan", "librosa", "odd", "kaldi", "kaldi led", "lingvo", "lingvo led"],
)


def noise(n: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(n).astype(np.float32)


@st.composite
def framings(draw: st.DrawFn) -> Framing:
    n_fft = draw(st.integers(2, 96))
    win_length = draw(st.integers(2, n_fft))
    hop_length = draw(st.integers(1, win_length))
    window, padding = draw(st.sampled_from(WINDOWS)), draw(st.sampled_from(["center", "same", "kaldi", "snip"]))
    pad_mode = draw(st.sampled_from(["reflect", "constant", "mirror"]))
    # Kaldi has no dropped frame, and `n_samples` does not count it there.
    drop_last_frame = padding != "kaldi" and draw(st.booleans())
    first_sample = draw(st.integers(0, 3)) if padding == "snip" else 0
    return Framing(n_fft, hop_length, win_length, window, padding, pad_mode, drop_last_frame, first_sample)


# -- windows -------------------------------------------------------------------------------------------


def test_a_window_follows_its_definition(subtests):
    for name, definition in [
        ("hann", lambda n: scipy.signal.get_window("hann", n, fftbins=True)),
        ("hann_symmetric", lambda n: scipy.signal.get_window("hann", n, fftbins=False)),
        ("hamming", lambda n: scipy.signal.get_window("hamming", n, fftbins=True)),
        ("hamming_symmetric", lambda n: scipy.signal.get_window("hamming", n, fftbins=False)),
        # feat/feature-window.cc: pow(0.5 - 0.5 * cos(2 pi i / (n - 1)), 0.85); max() for cos() > 1 by rounding
        ("povey", lambda n: np.maximum(0, 0.5 - 0.5 * np.cos(2 * np.pi / (n - 1) * np.arange(n))) ** 0.85),
    ]:
        for length in (2, 3, 400, 401, 1024):
            with subtests.test(name=name, length=length):
                np.testing.assert_allclose(get_window(name, length), definition(length), atol=1e-12)


def test_a_window_is_shared_and_so_cannot_be_changed(subtests):
    for name in WINDOWS:
        with subtests.test(name=name):
            with pytest.raises(ValueError, match="read-only"):
                get_window(name, 16)[0] = 1.0
            assert get_window(name, 16).dtype == np.float64


# -- framing -------------------------------------------------------------------------------------------


LENGTHS = (2048, 2049, 5119, 5120, 5121, 5200, 16000, 22050)


def test_centred_frames_are_counted_as_librosa_counts_them(subtests):
    for n_samples in LENGTHS:
        with subtests.test(n_samples=n_samples):
            for framing in (LIBROSA, ODD, WHISPER):
                spectrum = librosa.stft(
                    noise(n_samples),
                    n_fft=framing.n_fft,
                    hop_length=framing.hop_length,
                    win_length=framing.win_length,
                )
                assert framing.n_frames(n_samples) == spectrum.shape[1] - framing.drop_last_frame


def test_same_padding_gives_as_many_frames_as_whole_hops(subtests):
    for n_samples in LENGTHS:
        with subtests.test(n_samples=n_samples):
            assert HIFIGAN.n_frames(n_samples) == n_samples // 256


def test_kaldi_rounds_half_a_hop_up(subtests):
    for n_samples in LENGTHS:
        with subtests.test(n_samples=n_samples):
            assert LHOTSE.n_frames(n_samples) == (n_samples + 80) // 160


def test_snipped_frames_are_those_that_lie_in_the_clip(subtests):
    for n_samples in LENGTHS:
        with subtests.test(n_samples=n_samples):
            assert KALDI.n_frames(n_samples) == len(range(0, n_samples - 400 + 1, 160))
            assert LINGVO.n_frames(n_samples) == len(range(1, n_samples - 400 + 1, 160))


@given(framings(), st.integers(1, 50))
def test_the_shortest_clip_for_a_number_of_frames_is_the_shortest(framing, n_frames):
    n_samples = framing.n_samples(n_frames)
    assert n_samples >= 1
    if n_samples == 1:  # the bound: no clip is shorter, whatever frames it has
        assert framing.n_frames(1) >= n_frames
        return
    assert framing.n_frames(n_samples) == n_frames
    assert framing.n_frames(n_samples - 1) < n_frames


@given(framings(), st.integers(0, 300))
def test_a_longer_clip_never_has_fewer_frames(framing, n_samples):
    assert 0 <= framing.n_frames(n_samples) <= framing.n_frames(n_samples + 1)


@pytest.mark.parametrize(
    ("framing", "first_s"),
    [
        *[(WHISPER, 0.0), (NEMO, 0.0), (LIBROSA, 0.0), (LHOTSE, 80 / 16000), (HIFIGAN, 128 / 16000)],
        *[
            (KALDI, 200 / 16000),
            (LINGVO, 201 / 16000),
            (KALDI.with_lead_in, 40 / 16000),
            (LINGVO.with_lead_in, 41 / 16000),
        ],
    ],
    ids=["whisper", "nemo", "librosa", "lhotse", "hifigan", "kaldi", "lingvo", "kaldi led", "lingvo led"],
)
def test_a_click_is_loudest_in_the_frame_whose_centre_it_is_at(framing, first_s):
    np.testing.assert_allclose(framing.center_s([0, 1], 16000), [first_s, first_s + framing.hop_length / 16000])
    click = np.zeros(16000, np.float32)
    click[round(framing.center_s(7, 16000) * 16000)] = 1.0
    energy = np.square(np.abs(stft(framing.pad(click), framing))).sum(axis=1)
    assert np.argmax(energy) == 7


# -- extending and cropping ----------------------------------------------------------------------------


PAD_MODES = {"reflect": "reflect", "constant": "constant", "mirror": "symmetric"}  # and what NumPy calls them
EXTENSIONS = [(*modes, n_samples) for modes in PAD_MODES.items() for n_samples in (512, 1599, 1600, 1601)]


def test_extending_centred(subtests):
    for pad_mode, numpy_mode, n_samples in EXTENSIONS:
        with subtests.test(pad_mode=pad_mode, n_samples=n_samples):
            framing = Framing(512, 160, 512, "hann", "center", pad_mode)
            signal = noise(n_samples)
            padded = np.pad(signal, 256, mode=numpy_mode)
            expected = padded[: (framing.n_frames(n_samples) - 1) * 160 + 512]
            np.testing.assert_array_equal(framing.pad(signal), expected)


def test_extending_centred_with_a_window_shorter_than_the_fft(subtests):
    for pad_mode, numpy_mode, n_samples in EXTENSIONS:
        with subtests.test(pad_mode=pad_mode, n_samples=n_samples):
            framing = Framing(512, 160, 400, "hann", "center", pad_mode)
            signal = noise(n_samples)
            # The frame's 512 samples with the window's 400 in their middle, so 56 at each side are never heard.
            padded = np.pad(signal, 256, mode=numpy_mode)[56:]
            expected = padded[: (framing.n_frames(n_samples) - 1) * 160 + 400]
            np.testing.assert_array_equal(framing.pad(signal), expected)


def test_extending_same(subtests):
    for pad_mode, numpy_mode, n_samples in EXTENSIONS:
        with subtests.test(pad_mode=pad_mode, n_samples=n_samples):
            framing = Framing(512, 128, 512, "hann", "same", pad_mode)
            signal = noise(n_samples)
            expected = np.pad(signal, 192, mode=numpy_mode)[: (framing.n_frames(n_samples) - 1) * 128 + 512]
            np.testing.assert_array_equal(framing.pad(signal), expected)


def test_extending_kaldi(subtests):
    for pad_mode, numpy_mode, n_samples in EXTENSIONS:
        with subtests.test(pad_mode=pad_mode, n_samples=n_samples):
            framing = Framing(512, 160, 400, "povey", "kaldi", pad_mode)
            signal = noise(n_samples)
            n_frames = (n_samples + 80) // 160
            padded = np.pad(signal, 400, mode=numpy_mode)
            # feat/feature-window.cc, FirstSampleOfFrame: t * 160 + 80 - 200
            first, last = 400 - 120, 400 - 120 + (n_frames - 1) * 160 + 400
            np.testing.assert_array_equal(framing.pad(signal), padded[first:last])


def test_extending_snip(subtests):
    for pad_mode, numpy_mode, n_samples in EXTENSIONS:
        with subtests.test(pad_mode=pad_mode, n_samples=n_samples):
            signal = noise(n_samples)
            for first in (0, 1):
                framing = Framing(512, 160, 400, "povey", "snip", pad_mode, first_sample=first)
                n_frames = framing.n_frames(n_samples)
                expected = signal[first : first + (n_frames - 1) * 160 + 400]
                np.testing.assert_array_equal(framing.pad(signal), expected)
                # The frames of a rendering begin one hop earlier, in what is put beyond the clip.
                padded = np.pad(signal, 160, mode=numpy_mode)[first : first + n_frames * 160 + 400]
                np.testing.assert_array_equal(framing.with_lead_in.pad(signal), padded)


@given(framings())
def test_the_first_frame_of_a_rendering_is_centred_near_the_beginning(framing):
    assert framing.with_lead_in.with_lead_in == framing.with_lead_in
    if framing.padding != "snip":
        assert framing.with_lead_in is framing
        return
    assert framing.with_lead_in.center_s(0, 1) <= 0.6 * framing.hop_length + 1e-9
    np.testing.assert_allclose(framing.with_lead_in.center_s(framing.with_lead_in.n_lead_in, 1), framing.center_s(0, 1))


def test_a_clip_of_one_window_is_enough_and_one_sample_less_is_refused():
    assert WHISPER.pad(noise(400)).shape == (WHISPER.padded_length(2),)
    with pytest.raises(AudioError, match=r"^399 samples are less than one window of the front-end \(400 samples"):
        WHISPER.pad(noise(399))
    assert LINGVO.pad(noise(401)).shape == (400,)
    with pytest.raises(AudioError, match=r"^400 samples are less than one window of the front-end \(401 samples"):
        LINGVO.pad(noise(400))


@EVERY
def test_cropping_undoes_extending(framing):
    signal = noise(5003)
    stretch = framing.pad(signal)
    cropped = framing.crop(stretch, 5003)
    reached, begin = min(5003, len(stretch) - framing.offset), max(0, -framing.offset)
    np.testing.assert_array_equal(cropped[begin:reached], signal[begin:reached])
    assert not cropped[:begin].any()
    assert not cropped[reached:].any()
    assert len(cropped) == 5003
    assert 5003 - reached < framing.hop_length + framing.win_length


def test_more_frames_than_the_clip_has_can_be_asked_for():
    signal = noise(1600)
    longer = WHISPER.pad(signal, WHISPER.n_frames(1600) + 3)
    shorter = WHISPER.pad(signal)
    assert len(longer) == len(shorter) + 3 * 160
    np.testing.assert_array_equal(longer[: len(shorter)], shorter)


# -- STFT ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("window", "n_fft", "win_length", "hop_length"),
    [("hann", 512, 512, 128), ("hann", 512, 400, 160), ("hamming", 401, 301, 100), ("hann", 400, 400, 400)],
)
def test_the_magnitudes_are_librosas(subtests, window, n_fft, win_length, hop_length):
    for pad_mode, librosa_mode in [("reflect", "reflect"), ("constant", "constant"), ("mirror", "symmetric")]:
        with subtests.test(pad_mode=pad_mode):
            framing = Framing(n_fft, hop_length, win_length, window, "center", pad_mode)
            signal = noise(4001)
            expected = librosa.stft(
                signal,
                n_fft=n_fft,
                hop_length=hop_length,
                win_length=win_length,
                window=window,
                pad_mode=librosa_mode,
            )
            got = stft(framing.pad(signal), framing)
            assert got.dtype == np.complex64
            np.testing.assert_allclose(np.abs(got), np.abs(expected).T, atol=2e-5)
            if win_length == n_fft:
                np.testing.assert_allclose(got, expected.T, atol=2e-5)


@EVERY
def test_the_inverse_gives_back_what_the_frames_reach(framing):
    signal = noise(8000)
    stretch = framing.pad(signal)
    back = framing.crop(istft(stft(stretch, framing), framing), 8000)
    inside = slice(framing.win_length, 8000 - framing.win_length)
    np.testing.assert_allclose(back[inside], signal[inside], atol=1e-5)


def test_the_inverse_is_right_to_the_very_ends_where_windows_overlap_there():
    signal = noise(5120)
    framing = Framing(512, 128, 512, "hann", "center", "reflect")
    back = framing.crop(istft(stft(framing.pad(signal), framing), framing), 5120)
    np.testing.assert_allclose(back, signal, atol=1e-5)


def test_the_inverse_is_the_least_squares_one():
    # Griffin and Lim 1984, eq. 6: of a spectrum that no signal has, the nearest signal's residual is
    # orthogonal to every signal's spectrum.
    framing = Framing(16, 4, 16, "hamming", "center", "constant")
    generator = np.random.default_rng(1)
    spectrum = (generator.standard_normal((9, 9)) + 1j * generator.standard_normal((9, 9))).astype(np.complex64)
    spectrum[:, [0, -1]] = spectrum[:, [0, -1]].real
    full = np.array([1.0] + [2.0] * 7 + [1.0])
    residual = spectrum - stft(istft(spectrum, framing), framing)
    other = stft(noise(framing.padded_length(9)), framing)
    product = np.sum(full * (residual * other.conj()).real)
    assert abs(product) < 1e-4 * np.sqrt(np.sum(np.abs(residual) ** 2) * np.sum(np.abs(other) ** 2))
    assert np.sum(np.abs(residual) ** 2) > 1.0


def test_many_frames_are_transformed_like_few():
    framing = Framing(8, 2, 8, "hann", "center", "constant")
    stretch = framing.pad(noise(2 * 9000))
    spectrum = stft(stretch, framing)
    assert len(spectrum) > 2 * 4096  # more than two blocks
    for t in (0, 4095, 4096, 8191, 8192, len(spectrum) - 1):
        frame = stretch[2 * t : 2 * t + 8] * get_window("hann", 8)
        np.testing.assert_allclose(spectrum[t], np.fft.rfft(frame), atol=1e-5)


@given(st.integers(1, 12), st.integers(1, 40), st.integers(1, 40), st.integers(0, 100))
def test_overlap_add_is_a_sum_at_every_hop(n_frames, length, hop_length, seed):
    hop_length = min(hop_length, length)
    frames = noise(n_frames * length, seed).reshape(n_frames, length)
    expected = np.zeros((n_frames - 1) * hop_length + length)
    for t, frame in enumerate(frames):
        expected[t * hop_length : t * hop_length + length] += frame
    np.testing.assert_allclose(overlap_add(frames, hop_length), expected, atol=1e-4)


# -- pre-emphasis --------------------------------------------------------------------------------------


def test_preemphasis_and_its_inverse_are_the_filters_of_scipy(subtests):
    for coefficient in (0.0, 0.01, 0.5, 0.97, 0.999):
        with subtests.test(coefficient=coefficient):
            signal = noise(3000)
            emphasized = preemphasize(signal, coefficient)
            np.testing.assert_allclose(emphasized, scipy.signal.lfilter([1, -coefficient], [1], signal), atol=1e-6)
            expected = scipy.signal.lfilter([1], [1, -coefficient], signal.astype(np.float64))
            np.testing.assert_allclose(deemphasize(signal, coefficient), expected, rtol=1e-5, atol=1e-5)


@given(st.just(0.0) | st.floats(1e-6, 0.99), st.integers(1, 2000), st.integers(0, 100))
def test_deemphasis_takes_preemphasis_back(coefficient, n_samples, seed):
    signal = noise(n_samples, seed)
    back = deemphasize(preemphasize(signal, coefficient), coefficient)
    # A rounding error of float32 is carried on and sums up to 1 / (1 - coefficient).
    np.testing.assert_allclose(back, signal, atol=1e-6 / (1 - coefficient))
    assert back.dtype == np.float32


@pytest.mark.parametrize("filtered", [preemphasize, deemphasize])
@pytest.mark.parametrize("coefficient", [0.0, 0.97])
def test_the_filters_leave_their_input_as_it_was(filtered, coefficient):
    signal = noise(600)
    before = signal.copy()
    result = filtered(signal, coefficient)
    result[:] = 0
    np.testing.assert_array_equal(signal, before)
