"""Undoing a front-end's scaling, its floor, NeMo's statistics, and `MelSpectrogram` as a value."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import mels

from specaug_listen import Audio, MelSpectrogram, frontends
from specaug_listen.errors import AudioError, ParameterError
from specaug_listen.frontends import (
    HIFIGAN,
    LHOTSE,
    LIBROSA,
    LIBROSA_DB,
    NEMO,
    SPEECHBRAIN,
    WHISPER,
    MelFrontend,
    Statistics,
)

# Energy of the least cell that a front-end can tell from silence, before its dynamic range.
FLOOR = {
    "whisper": 1e-10,
    "whisper-128": 1e-10,
    "lhotse": 2.0**-23,
    "nemo": 0.0,
    "hifigan": 1e-5,
    "librosa": 0.0,
    "librosa-db": 1e-10,
    "espnet": 1e-10,
    "speechbrain": 1e-10,
    "kaldi": 2.0**-23,
    "wenet": 2.0**-23 / 32768**2,
    "fairseq": 2.0**-23 / 32768**2,
    "torchaudio": 0.0,
    "tacotron2": 1e-5,
    "vocos": 1e-7,
    "lingvo": 1 / 32768,
}
RANGE = {"whisper": 1e-8, "whisper-128": 1e-8, "librosa-db": 1e-8, "speechbrain": 1e-8}  # in energy, below the maximum


@st.composite
def energies(draw: st.DrawFn) -> tuple[MelFrontend, np.ndarray]:
    frontend = draw(st.sampled_from(list(frontends.PRESETS.values())))
    lowest = draw(st.floats(-12, 5))
    highest = draw(st.floats(lowest, 6))
    generator = np.random.default_rng(draw(st.integers(0, 1000)))
    shape = (frontend.n_mels, draw(st.integers(1, 4)))
    return frontend, (10 ** generator.uniform(lowest, highest, shape)).astype(np.float32)


@given(energies())
def test_the_inverse_of_the_scaling_is_exact_above_the_floor(case):
    frontend, energy = case
    expected = np.maximum(energy, FLOOR[frontend.name])
    if frontend.name in RANGE:
        expected = np.maximum(expected, expected.max() * RANGE[frontend.name])
    back = frontend.energy(frontend.compress(energy))
    # NeMo adds its floor: near it, the rounding error of the sum remains.
    np.testing.assert_allclose(back, expected, rtol=1e-5, atol=1e-12)


@given(mels())
def test_the_floor_is_below_every_cell_and_stands_for_no_more_than_the_floors_energy(mel):
    lowest = mel.frontend.floor_value(mel.cell_statistics.largest, mel.statistics)
    assert lowest.shape == (mel.n_mels, 1)
    # Rounding is relative to the values before NeMo divided by the standard deviation, 1e-5 in a clip of silence.
    unit = 1.0 if mel.statistics is None else mel.statistics.std
    assert ((mel.values - lowest) * unit >= -1e-5 * np.abs(lowest * unit).max() - 1e-5).all()
    silent = np.broadcast_to(lowest, mel.values.shape)
    bound = max(FLOOR[mel.frontend.name], mel.energy.max() * RANGE.get(mel.frontend.name, 0.0))
    assert mel.frontend.energy(silent, mel.statistics).max() <= bound * (1 + 1e-3) + 1e-9


def test_silence_is_at_the_floor(subtests):
    for frontend, value in [
        (WHISPER, (-10 + 4) / 4),
        (LHOTSE, -23 * np.log(2)),
        (HIFIGAN, np.log(1e-5)),
        (LIBROSA, 0.0),
        (LIBROSA_DB, -100.0),
    ]:
        with subtests.test(frontend=frontend, value=value):
            mel = replace(frontend, magnitude_epsilon=0.0)(Audio(np.zeros(4000), frontend.sample_rate))
            np.testing.assert_allclose(mel.values, np.full(mel.values.shape, value), atol=1e-5)
            np.testing.assert_allclose(
                frontend.floor_value(mel.cell_statistics.largest), np.full((mel.n_mels, 1), value), atol=1e-5
            )


def test_a_pause_is_at_the_floor_of_the_clip(speechlike):
    mel = WHISPER(speechlike)
    pause = mel.values[:, (mel.times_s > 0.42) & (mel.times_s < 0.53)]
    assert mel.values.max() - 2.0 > -1.5
    np.testing.assert_allclose(pause, np.full(pause.shape, mel.values.max() - 2.0), atol=1e-6)
    np.testing.assert_allclose(
        WHISPER.floor_value(mel.cell_statistics.largest), np.full((80, 1), mel.values.max() - 2.0), atol=1e-6
    )


# -- NeMo ----------------------------------------------------------------------------------------------


def test_nemos_statistics_are_kept_and_taken_back(speechlike):
    normalised, plain = NEMO(speechlike), replace(NEMO, normalize=None)(speechlike)
    np.testing.assert_allclose(normalised.values.mean(axis=1), 0, atol=1e-5)
    np.testing.assert_allclose(normalised.values.std(axis=1, ddof=1), 1, rtol=1e-4)
    statistics = normalised.statistics
    assert statistics.mean.shape == statistics.std.shape == (80, 1)
    np.testing.assert_allclose(statistics.mean[:, 0], plain.values.mean(axis=1), rtol=1e-5)
    np.testing.assert_allclose(statistics.std[:, 0], plain.values.std(axis=1, ddof=1) + 1e-5, rtol=1e-4)
    np.testing.assert_allclose(normalised.energy, plain.energy, rtol=1e-4, atol=1e-9)
    np.testing.assert_allclose(
        NEMO.floor_value(normalised.cell_statistics.largest, statistics),
        (np.log(2.0**-24) - statistics.mean) / statistics.std,
        rtol=1e-5,
    )


def test_a_clip_of_one_frame_has_no_deviation_and_is_still_finite(rng):
    frontend = replace(NEMO, hop_length=400)
    audio = Audio(0.1 * rng.standard_normal(500), 16000)
    mel = frontend(audio)
    assert mel.n_frames == 1
    np.testing.assert_allclose(mel.values, np.zeros((80, 1)), atol=0.2)  # a rounding error, divided by 1e-5
    np.testing.assert_allclose(mel.statistics.std, np.full((80, 1), 1e-5), rtol=1e-6)
    np.testing.assert_allclose(mel.energy, replace(frontend, normalize=None)(audio).energy, rtol=1e-5)


def test_only_a_front_end_that_normalises_keeps_statistics(subtests, speechlike):
    for frontend in frontends.PRESETS.values():
        with subtests.test(frontend=frontend.name):
            assert (frontend(speechlike).statistics is None) is (frontend.normalize is None)


# -- other normalisations, and samples as integers -----------------------------------------------------


def test_a_dynamic_range_is_known_after_a_normalisation(speechlike):
    """SpeechBrain's floor is 80 dB below the loudest cell, wherever normalisation has moved it."""
    mel, plain = SPEECHBRAIN(speechlike), replace(SPEECHBRAIN, normalize=None)(speechlike)
    assert mel.statistics.largest == plain.values.max()
    floor = SPEECHBRAIN.floor_value(mel.cell_statistics.largest, mel.statistics)
    pause = mel.values[:, (mel.times_s > 0.42) & (mel.times_s < 0.53)]
    np.testing.assert_allclose(pause, np.broadcast_to(floor, pause.shape), atol=1e-4)
    np.testing.assert_allclose(SPEECHBRAIN.energy(floor, mel.statistics), plain.energy.max() / 1e8, rtol=1e-3)


@given(st.sampled_from(list(frontends.PRESETS.values())), st.floats(0.01, 65536.0), st.integers(0, 1000))
def test_energies_are_those_of_samples_within_one_whatever_the_input_scale(frontend, scale, seed):
    scaled = replace(frontend, input_scale=scale, magnitude_epsilon=0.0, dynamic_range=None, normalize=None)
    audio = Audio(0.1 * np.random.default_rng(seed).standard_normal(3000), frontend.sample_rate)
    floor = frontend.floor * (frontend.floor_mode == "clamp") / scale**frontend.power
    expected = np.maximum(
        replace(scaled, input_scale=1.0, log=None, floor=0.0, shift=0.0, scale=1.0)(audio).energy, floor
    )
    slack = 1e-6 * frontend.floor / scale**frontend.power + 1e-30
    np.testing.assert_allclose(scaled(audio).energy, expected, rtol=1e-4, atol=slack)


def test_scaling_the_samples_and_scaling_them_by_the_front_end_are_the_same(speechlike):
    kaldi_80 = replace(frontends.KALDI, n_mels=80)
    by_hand = kaldi_80(Audio(32768 * speechlike.samples, 16000))
    np.testing.assert_allclose(frontends.WENET(speechlike).values, by_hand.values, atol=1e-5)


def test_samples_as_integers_leave_less_room_for_what_is_too_loud():
    mel = MelSpectrogram(np.full((80, 3), 70.0), frontends.WENET)
    message = r"a cell of 70 stands for an energy above 9\.31323e\+20 in front-end 'wenet'"
    with pytest.raises(ParameterError, match=message):
        mel.energy  # noqa: B018
    with pytest.raises(AudioError, match=r"too loud: a peak of 1e\+15 gives energies above 9\.31323e\+20"):
        frontends.WENET(Audio(np.where(np.arange(4000) == 900, 1e15, 0.0), 16000))


# -- a mel as a value ----------------------------------------------------------------------------------


def test_values_are_kept_as_a_read_only_copy():
    values = np.zeros((80, 3))
    mel = MelSpectrogram(values, WHISPER)
    values[:] = 1.0
    assert not mel.values.any()
    assert mel.values.dtype == np.float32
    with pytest.raises(ValueError, match="read-only"):
        mel.values[0, 0] = 1.0


def test_values_that_are_no_mel_are_refused_where_they_enter(subtests):
    for values, frontend, message in [
        (np.zeros((80, 3), complex), WHISPER, "complex values: expected a real mel spectrogram"),
        (
            np.full((80, 3), np.nan),
            WHISPER,
            "240 cells are NaN or infinite; expected finite values in the scale of",
        ),
        (np.where(np.eye(80, 3), -np.inf, 0.0), WHISPER, "3 cells are NaN or infinite"),
        (np.zeros(80), WHISPER, "values of shape (80,): expected (n_mels, n_frames) with n_mels=80"),
        (np.zeros((1, 80, 3)), WHISPER, "values of shape (1, 80, 3): expected (n_mels, n_frames)"),
        (np.zeros((80, 0)), WHISPER, "and at least one frame"),
        (np.zeros((128, 3)), WHISPER, "values of shape (128, 3): expected (n_mels, n_frames) with n_mels=80"),
        (np.full((80, 3), "loud"), WHISPER, "expected real numbers"),
        (
            np.full((128, 3), -40.0),
            LIBROSA,
            "a cell of -40 is not a power (front-end 'librosa' takes no log",
        ),
        (
            np.zeros((80, 3)),
            NEMO,
            "pass statistics=Statistics(mean, std), compute the mel with the front-end, or let frontend.mel(",
        ),
    ]:
        with (
            subtests.test(values=values, frontend=frontend, message=message),
            pytest.raises(ParameterError, match=re.escape(message)),
        ):
            MelSpectrogram(values, frontend)


def test_a_cell_too_loud_for_any_signal_is_refused_when_its_energy_is_asked_for():
    mel = MelSpectrogram(np.full((80, 3), 90.0), WHISPER)
    with pytest.raises(ParameterError, match="a cell of 90 stands for an energy above 1e\\+30 in front-end 'whisper'"):
        mel.energy  # noqa: B018


def test_a_turned_mel_is_refused_with_the_fix_and_the_fix_works():
    values = np.zeros((100, 80))
    with pytest.raises(ParameterError, match=r"values of shape \(100, 80\): .*; pass values\.T$"):
        MelSpectrogram(values, WHISPER)
    assert MelSpectrogram(values.T, WHISPER).n_frames == 100
    with pytest.raises(ParameterError, match=r"at least one frame$"):
        MelSpectrogram(np.zeros((100, 90)), WHISPER)


@pytest.mark.parametrize(
    ("audio", "message"),
    [
        (
            Audio(np.zeros(1600), 8000),
            r"audio of 1 channels, 8000 Hz and 10 frames does not belong to a mel of 10",
        ),
        (Audio(np.zeros((2, 1600)), 16000), r"audio of 2 channels, 16000 Hz and 10 frames does not belong"),
        (
            Audio(np.zeros(1760), 16000),
            r"audio of 1 channels, 16000 Hz and 11 frames does not belong to a mel of 10",
        ),
    ],
    ids=["rate", "stereo", "length"],
)
def test_audio_of_another_clip_is_refused(audio, message):
    assert MelSpectrogram(np.zeros((80, 10)), WHISPER, audio=Audio(np.zeros(1600), 16000)).n_samples == 1600
    with pytest.raises(ParameterError, match=message):
        MelSpectrogram(np.zeros((80, 10)), WHISPER, audio=audio)


def test_without_audio_the_shortest_clip_is_assumed():
    mel = MelSpectrogram(np.zeros((80, 10)), WHISPER)
    assert (mel.n_samples, mel.duration_s) == (1600, 0.1)
    assert WHISPER.framing.n_frames(1600) == 10


def test_power_and_db_mean_the_same_in_every_front_end(subtests, tone):
    for frontend in frontends.PRESETS.values():
        with subtests.test(frontend=frontend.name):
            mel = frontend(tone)
            loud = mel.db > mel.db.max() - 40
            np.testing.assert_allclose(mel.db[loud], 10 * np.log10(mel.power[loud]), rtol=1e-4)
            np.testing.assert_allclose(mel.power, mel.energy ** (2 / frontend.power), rtol=1e-6)
            assert mel.db.min() >= -200


def test_db_stops_at_minus_200():
    assert MelSpectrogram(np.zeros((128, 2)), LIBROSA).db.tolist() == [[-200.0, -200.0]] * 128


@given(mels(max_frames=12), st.integers(0, 1000))
def test_values_between_frames_lie_on_a_line(mel, seed):
    last = mel.n_frames - 1
    np.testing.assert_array_equal(mel.with_warp(np.arange(mel.n_frames, dtype=float)).values, mel.values)
    source = np.sort(np.random.default_rng(seed).uniform(0, last, mel.n_frames))
    for row, values in zip(mel.with_warp(source).values, mel.values, strict=True):
        expected = np.interp(source, np.arange(mel.n_frames), values)
        np.testing.assert_allclose(row, expected, rtol=1e-4, atol=1e-4 * np.abs(values).max() + 1e-30)


def test_other_values_keep_the_clip_the_front_end_and_the_statistics(speechlike):
    mel = NEMO(speechlike)
    other = mel.with_values(np.zeros_like(mel.values))
    assert (other.frontend, other.audio, other.statistics, other.warp) == (
        NEMO,
        mel.audio,
        mel.statistics,
        None,
    )
    assert not other.values.any()
    assert mel.values.any()
    warp = np.arange(mel.n_frames, dtype=float)
    assert other.with_values(mel.values, warp=warp).with_values(mel.values).warp is warp


def test_statistics_that_are_given_are_used():
    statistics = Statistics(np.full((80, 1), -3.0, np.float32), np.full((80, 1), 2.0, np.float32))
    mel = MelSpectrogram(np.ones((80, 2)), NEMO, statistics=statistics)
    np.testing.assert_allclose(mel.energy, np.full((80, 2), np.exp(-1) - 2.0**-24), rtol=1e-5)
