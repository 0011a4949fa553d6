"""Calls of a pipeline: batches, padding, lengths, axes, and identifier words."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from pipelines import ADAPTER, MONO

from specaug_listen import frontends
from specaug_listen.checks.clips import speech_like
from specaug_listen.checks.pipelines import CallablePipeline, PolicyPipeline
from specaug_listen.custom.adapter import Adapter
from specaug_listen.custom.axes_order import MelBatch
from specaug_listen.frameworks.policies import get_policy


@pytest.fixture(scope="module")
def mel():
    return frontends.WHISPER(speech_like(0.5, 16000))


def of(function, mel, adapter=ADAPTER):
    return CallablePipeline("augment", function, adapter, mel)


@pytest.mark.parametrize(
    ("axes", "shape"),
    [
        ("batch, bins, frames", (2, 80, 9)),
        ("batch, frames, bins", (2, 9, 80)),
        ("frames, batch, bins", (9, 2, 80)),
        ("batch, channel, bins, frames", (2, 1, 80, 9)),
    ],
)
def test_a_batch_is_given_padded_with_its_lengths_and_taken_back(mel, axes, shape):
    seen = []

    def augment(mels, lengths):
        seen.append((mels.shape, lengths.tolist()))
        return mels + 1

    adapter = Adapter(axes=axes, container="numpy", lengths="frames")
    items = np.arange(400, dtype=np.float32).reshape(80, 5), np.ones((80, 9), np.float32)
    outcome = of(augment, mel, adapter)(MelBatch(items, pad_value=-7.0), 0)
    assert seen == [(shape, [5, 9])]
    assert np.array_equal(outcome.values[0][:, :5], items[0] + 1)
    assert np.array_equal(outcome.values[0][:, 5:], np.full((80, 4), -6.0))
    assert np.array_equal(outcome.values[1], items[1] + 1)


def test_ratios_are_shares_of_the_longest(mel):
    seen = []
    adapter = Adapter(axes="batch, bins, frames", container="numpy", lengths="ratio", lengths_argument="lens")
    items = np.zeros((80, 5), np.float32), np.zeros((80, 10), np.float32)
    of(lambda mels, *, lens: seen.append(lens) or mels, mel, adapter)(MelBatch(items), 0)
    assert seen[0].tolist() == [0.5, 1.0]


def test_a_dictionary_is_given_and_taken(mel):
    adapter = Adapter(axes="frames, bins", container="numpy", key="feat")
    outcome = of(lambda sample: {"feat": sample["feat"] * 2}, mel, adapter)(
        MelBatch((np.ones((80, 4), np.float32),)), 0
    )
    assert np.array_equal(outcome.values[0], np.full((80, 4), 2.0))


def test_the_scale_goes_there_and_back(mel):
    adapter = Adapter(axes="bins, frames", container="numpy", scale="db")
    subject = of(lambda x: x, mel, adapter)
    scaled = subject.scaled(mel)
    assert subject.zero_is_level
    assert scaled.min() < -40
    assert np.abs(subject.unscaled(scaled + 1, mel).db - mel.db - 1).max() < 0.01


def test_channels_are_repeated(mel):
    seen = []
    subject = of(lambda mels, lengths: seen.append(mels.shape) or mels, mel, MONO)
    subject(MelBatch((np.ones((80, 4), np.float32),), n_channels=2), 0)
    assert seen == [(1, 2, 80, 4)]


@pytest.mark.parametrize(
    ("augment", "what", "evidence"),
    [
        (lambda x, n: x.astype(np.float64), "dtype-changed", "given float32, it returned float64"),
        (lambda x, n: x[..., :-2], "length-changed", "9 frames became 7"),
        (lambda x, n: x.swapaxes(1, 2), "axes-swapped", r"given (1, 80, 9), it returned (1, 9, 80)"),
        (lambda x, n: x * np.nan, "not-finite", "720 of 720 cells are NaN or infinite"),
        (lambda x, n: np.negative(x, out=x).copy(), "input-modified", "holds other values"),
    ],
)
def test_what_is_odd_on_one_call_is_seen(mel, augment, what, evidence):
    outcome = of(augment, mel)(MelBatch((np.ones((80, 9), np.float32),)), 0)
    assert evidence in outcome.changes[what]


@pytest.mark.parametrize(
    ("augment", "error"),
    [
        (lambda x, n: None, "it returned None"),
        (lambda x, n: "mel", "expected the mel"),
        (lambda x, n: x[:, :40], r"given shape (1, 80, 9), it returned (1, 40, 9)"),
        (
            lambda x, n: np.broadcast_to(x[:, :, :1], (1, 80, 10**11)),
            "8e+12 cells, of shape (1, 80, 100000000000)",
        ),
        (lambda x, n: {}["x"], "KeyError: 'x'"),
        (lambda x, n: exit(3), "SystemExit: 3"),
    ],
)
def test_what_is_no_mel_is_an_error_in_words(mel, augment, error):
    outcome = of(augment, mel)(MelBatch((np.ones((80, 9), np.float32),)), 0)
    assert error in outcome.error


def test_a_batch_of_one_may_come_back_without_its_axis(mel):
    outcome = of(lambda x, n: x[0], mel)(MelBatch((np.ones((80, 9), np.float32),)), 0)
    assert outcome.values[0].shape == (80, 9)


class WithWarp:
    def __init__(self):
        self.time_warp_window, self.freq_warp, self.p = 5, 0, 0.5

    def __call__(self, mel):
        return mel


def test_words_are_names_of_what_is_set(mel):
    def masked(mel, time_warp=0, width=8):
        return mel

    assert of(WithWarp(), mel).identifier_words.split() == ["withwarp", "time_warp_window", "p"]
    assert of(masked, mel).identifier_words.split() == ["masked", "width"]
    assert of(functools.partial(masked, time_warp=40), mel).identifier_words.split() == ["masked", "time_warp", "width"]


def test_a_policy_is_drawn_in_its_batch(mel):
    subject = PolicyPipeline(get_policy("espnet-conformer"), mel)
    assert subject.takes_batches
    assert not PolicyPipeline(get_policy("LD"), mel).takes_batches
    given = MelBatch((np.array(mel.values), np.zeros((80, 200), np.float32)), pad_value=-3.0)
    outcome = subject(given, 4)
    assert outcome.values[0].shape == (80, 200)
    assert (outcome.values[0][:, mel.n_frames :] == -3.0).all()
    assert outcome.draws[0].batch.size == 2
    assert outcome.draws[0].batch.n_frames == 200
