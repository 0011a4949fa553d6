"""Mels from other pipelines: order of axes, batch, types, statistics."""

from __future__ import annotations

import numpy as np
import pytest

from specaug_listen import Audio, SpecAugListenWarning, frontends, get_frontend
from specaug_listen.errors import ParameterError
from specaug_listen.frontends import PRESETS, WHISPER, GlobalStatistics, Statistics

RNG = np.random.default_rng(0)


def clip(frontend, n_frames=60):
    n_samples = frontend.framing.n_samples(n_frames)
    t = np.arange(n_samples) / frontend.sample_rate
    sound = 0.3 * np.sin(2 * np.pi * 200 * t) * (1 + np.sin(2 * np.pi * 4 * t)) + 0.01 * RNG.standard_normal(n_samples)
    return Audio(sound, frontend.sample_rate)


WHISPER_MEL = WHISPER(clip(WHISPER))


def test_an_array_becomes_a_mel_without_audio():
    mel = WHISPER.mel(WHISPER_MEL.values)
    assert mel.audio is None
    assert mel.frontend == WHISPER
    assert np.array_equal(mel.values, WHISPER_MEL.values)
    assert mel.notices == ()


@pytest.mark.parametrize("frontend", ["whisper", WHISPER])
def test_a_front_end_goes_by_its_name(frontend):
    assert get_frontend(frontend).mel(WHISPER_MEL.values).frontend == WHISPER


def test_frames_first_is_turned_where_it_is_sure_and_said():
    with pytest.warns(SpecAugListenWarning, match=r"turned: .* 80 bins by 60 frames"):
        mel = WHISPER.mel(WHISPER_MEL.values.T)
    assert np.array_equal(mel.values, WHISPER_MEL.values)
    assert [notice.kind for notice in mel.notices] == ["axes_turned"]


def test_what_was_asked_for_is_not_said():
    mel = WHISPER.mel(WHISPER_MEL.values.T, axes="frames, bins")
    assert np.array_equal(mel.values, WHISPER_MEL.values)
    assert mel.notices == ()


def test_a_square_is_asked_about_and_never_guessed():
    square = WHISPER(clip(WHISPER, 80)).values
    with pytest.raises(ParameterError, match=r"\(80, 80\): bins and frames are ambiguous.*--axes bins,frames"):
        WHISPER.mel(square)
    assert np.array_equal(WHISPER.mel(square, axes="frames,bins").values, square.T)
    assert np.array_equal(WHISPER.mel(square, axes="bins,frames").values, square)


def test_another_shape_is_refused_in_words(subtests):
    for shape, words in [
        ((128, 60), r"shape \(128, 60\): front-end 'whisper' has 80 mel bins; .*whisper-128.* have 128"),
        ((77, 60), r"no preset has 77 or 60; describe your"),
        ((80,), r"an array of 1 axes, shape \(80,\): expected 2"),
        ((2, 1, 80, 60), r"an array of 4 axes, shape \(2, 1, 80, 60\).*select a channel"),
        ((80, 0), r"an empty array, shape \(80, 0\)"),
        ((2, 80, 60), r"a batch of 2 mels: expected one, e.g. values\[0\]"),
    ]:
        with subtests.test(shape=shape, words=words), pytest.raises(ParameterError, match=words):
            WHISPER.mel(np.full(shape, -1.0, np.float32))


def test_the_other_order_than_asked_for_is_refused():
    with pytest.raises(ParameterError, match=r"shape \(60, 80\) with axes bins,frames"):
        WHISPER.mel(WHISPER_MEL.values.T, axes="bins,frames")


@pytest.mark.parametrize("axes", ["bins", "frames,bins,channel", "1,0", ""])
def test_other_words_for_axes_are_refused(axes):
    with pytest.raises(ParameterError, match="allowed is 'bins,frames' or 'frames,bins'"):
        WHISPER.mel(WHISPER_MEL.values, axes=axes)


def test_a_batch_of_one_is_one_mel():
    assert np.array_equal(WHISPER.mel(WHISPER_MEL.values[np.newaxis]).values, WHISPER_MEL.values)


def test_what_is_no_mel_is_refused_in_words(subtests):
    for values, words in [
        (WHISPER_MEL.values.astype(complex), "complex values"),
        (WHISPER_MEL.values.astype(np.int16), "values of dtype int16"),
        (WHISPER_MEL.values > 0, "values of dtype bool"),
        (WHISPER_MEL.values.astype(object), "values of dtype object"),
        (np.where(WHISPER_MEL.values > 1, np.nan, WHISPER_MEL.values), "cells are NaN or infinite"),
        (np.ma.masked_array(WHISPER_MEL.values), "a masked array"),
        ("mel.npy", "str: expected a mel"),
        ([[1.0, 2.0], [1.0]], "expected a mel as an array"),
        (None, "NoneType: expected a mel"),
    ]:
        with subtests.test(values=values, words=words), pytest.raises(ParameterError, match=words):
            WHISPER.mel(values)


@pytest.mark.parametrize("dtype", [np.float16, np.float64, np.dtype(">f4")])
def test_other_floating_point_types_are_taken(dtype):
    mel = WHISPER.mel(WHISPER_MEL.values.astype(dtype))
    assert mel.values.dtype == np.float32
    assert np.allclose(mel.values, WHISPER_MEL.values, atol=2e-3)


def test_tensors_are_taken_with_gradients_and_in_bfloat16():
    torch = pytest.importorskip("torch")
    tensor = torch.from_numpy(WHISPER_MEL.values.copy())
    assert np.array_equal(WHISPER.mel(tensor.clone().requires_grad_()).values, WHISPER_MEL.values)
    assert np.allclose(WHISPER.mel(tensor.to(torch.bfloat16)[None]).values, WHISPER_MEL.values, atol=2e-2)


# --- statistics ---


def test_global_statistics_go_into_the_front_end_and_are_undone():
    """AST subtracts the mean and divides by twice the standard deviation."""
    plain = frontends.LHOTSE(clip(frontends.LHOTSE))
    normalised = (plain.values + 4.2677393) / (2 * 4.5689974)
    mel = frontends.LHOTSE.mel(normalised, statistics=(-4.2677393, 2 * 4.5689974))
    assert mel.frontend.normalize == GlobalStatistics(-4.2677393, 2 * 4.5689974)
    assert np.allclose(mel.energy, plain.energy, rtol=1e-4)
    assert mel.statistics.largest == pytest.approx(float(plain.values.max()), abs=1e-4)


def test_statistics_of_each_bin_are_undone_bin_by_bin():
    plain = frontends.LHOTSE(clip(frontends.LHOTSE))
    mean, std = plain.values.mean(axis=1), plain.values.std(axis=1) + 0.5
    normalised = (plain.values - mean[:, None]) / std[:, None]
    mel = frontends.LHOTSE.mel(normalised, statistics={"mean": mean, "std": std.tolist()})
    assert np.allclose(mel.energy, plain.energy, rtol=1e-3)


def test_a_front_end_that_normalises_alike_gives_what_it_undoes():
    frontend = frontends.get_frontend("lhotse")
    normalising = type(frontend)(**{**vars(frontend), "normalize": GlobalStatistics(-4.0, 2.0)})
    plain, mel = frontend(clip(frontend)), normalising(clip(frontend))
    assert np.allclose(mel.values.mean(), (plain.values.mean() + 4) / 2, atol=0.02)
    again = normalising.mel(mel.values)
    assert np.array_equal(again.energy, mel.energy)
    assert again.statistics.largest == pytest.approx(mel.statistics.largest, abs=1e-5)


@pytest.mark.parametrize("name", ["nemo", "fairseq", "speechbrain"])
def test_without_a_clip_s_statistics_its_mel_cannot_be_heard(name):
    frontend = PRESETS[name]
    mel = frontend(clip(frontend))
    with pytest.raises(ParameterError, match=r"normalises each clip .*--stats FILE.*'per-utterance'"):
        frontend.mel(mel.values)
    again = frontend.mel(mel.values, statistics=mel.statistics)
    assert np.array_equal(again.energy, mel.energy)
    assert again.frontend == frontend


def test_per_utterance_takes_those_of_speech_and_says_so():
    mel = frontends.NEMO(clip(frontends.NEMO))
    with pytest.warns(SpecAugListenWarning, match="level and tilt are typical speech's, not the clip's"):
        again = frontends.NEMO.mel(mel.values, statistics="per-utterance")
    low, high = frontends.NEMO.floor_value(0).min(), 7.4
    raw = again.values * again.statistics.std + again.statistics.mean
    assert low - 20 < raw.min() < raw.max() < high + 5


def test_statistics_of_typical_speech_need_a_logarithm():
    with pytest.raises(ParameterError, match="'librosa' takes no logarithm"):
        frontends.LIBROSA.mel(np.zeros((128, 30), np.float32), statistics="per-utterance")


def test_other_statistics_are_refused(subtests):
    for statistics, words in [
        ((0.0, 0.0), "std"),
        ((0.0, -1.0), "std"),
        ((float("nan"), 1.0), "mean"),
        ((np.zeros(40), 1.0), "mean of 40 numbers: expected one, or 80"),
        ((0.0, 1.0, 2.0), r"tuple of 3: expected \(mean, std\)"),
        ({"mean": 0.0}, "dict of 1: expected"),
        ("global", "statistics='global': expected"),
        (3.0, "float: expected"),
    ]:
        with subtests.test(statistics=statistics, words=words), pytest.raises(ParameterError, match=words):
            WHISPER.mel(WHISPER_MEL.values, statistics=statistics)


def test_largest_is_that_of_the_clip_before_it_was_normalised():
    mel = frontends.SPEECHBRAIN(clip(frontends.SPEECHBRAIN))
    given = Statistics(mel.statistics.mean, mel.statistics.std)
    again = frontends.SPEECHBRAIN.mel(mel.values, statistics=given)
    assert again.statistics.largest == pytest.approx(mel.statistics.largest, abs=1e-3)
