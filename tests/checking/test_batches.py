"""An item of a batch that comes back in another one's place is found, and nothing that only mixes or masks items is."""

from __future__ import annotations

import numpy as np
import pytest
from pipelines import ADAPTER, FAULTS, Reference

from specaug_listen import frontends
from specaug_listen.checking import check
from specaug_listen.checking.batches import exchange_findings
from specaug_listen.checking.bench import Bench
from specaug_listen.checking.signals import made_clips
from specaug_listen.checking.subjects import CallableSubject


@pytest.fixture(scope="module")
def clips():
    return made_clips(frontends.WHISPER)[:3]


def found(function, clips, seed=0):
    subject = CallableSubject("theirs", function, ADAPTER, clips[0].mel)
    return exchange_findings(Bench(subject, clips, seed, 100))


def order_of(name, lengths):
    n = len(lengths)
    return {
        "reversed": np.arange(n)[::-1],
        "rolled": np.roll(np.arange(n), 1),
        "shuffled": np.random.permutation(n),  # noqa: NPY002
        "longest first": np.argsort(-lengths, kind="stable"),
        "shortest first": np.argsort(lengths, kind="stable"),
        "by length": np.array([list(lengths).index(length) for length in lengths]),
    }[name]


ORDERS = ("reversed", "rolled", "shuffled", "longest first", "shortest first", "by length")


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("when", ["before", "after"])
def test_an_item_in_the_place_of_another_is_found(order, when, clips):
    def theirs(mels, lengths):
        places = order_of(order, lengths)
        if when == "before":
            return Reference()(mels[places], lengths[places])
        return Reference()(mels, lengths)[places]

    (finding,) = found(theirs, clips)
    assert finding.id == "other-clip-returned"
    assert "items of batches came back without what was given in their place" in finding.evidence
    assert finding.numbers["alike"] > 0


def with_gain_and_noise(mels, lengths):
    return Reference()(mels, lengths) + np.random.normal(0.1, 0.001, mels.shape).astype(mels.dtype)  # noqa: NPY002


def of_noise(mels, lengths):
    after = Reference()(mels, lengths)
    after[:, :, : int(0.9 * min(lengths))] = np.random.normal(size=1)  # noqa: NPY002
    return after


def hidden_by_noise(mels, lengths):
    return np.random.default_rng(3).normal(size=mels.shape).astype(mels.dtype) * 0.1 + mels.mean(axis=2, keepdims=True)


def mixed(mels, lengths):
    return (0.7 * mels + 0.3 * mels[::-1]).astype(mels.dtype)


def cut_from_others(mels, lengths):
    after = mels.copy()
    after[:, :, 10:30] = mels[::-1, :, 10:30]
    return after


@pytest.mark.parametrize(
    "theirs",
    [Reference(), with_gain_and_noise, of_noise, hidden_by_noise, mixed, cut_from_others, lambda mels, lengths: mels],
)
@pytest.mark.parametrize("seed", range(3))
def test_what_follows_its_own_item_is_none(theirs, seed, clips):
    assert found(theirs, clips, seed) == []


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_other_faults_are_none(fault, clips):
    made, expected, more = FAULTS[fault]
    if "adapter" not in more and expected != "other-clip-returned":
        assert found(made(), clips) == []


def test_the_report_and_its_picture_show_the_item_that_came_back(tmp_path):
    def theirs(mels, lengths):
        return Reference()(mels, lengths)[::-1]

    result = check(theirs, adapter=ADAPTER, draws=100)
    assert "other-clip-returned" in result.report.ids
    result.save(tmp_path)
    assert (tmp_path / "other-clip-returned" / "after.wav").is_file()
