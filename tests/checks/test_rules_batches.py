"""Items of a batch that are exchanged, depend on another item, or are left out, are found; mixing is no fault."""

from __future__ import annotations

import re

import numpy as np
import pytest
from checked import quick_check
from pipelines import ADAPTER, FAULTS, Reference

from specaug_listen import frontends
from specaug_listen.checks import speech_like
from specaug_listen.checks.clips import speech_clips
from specaug_listen.checks.pipelines import CallablePipeline
from specaug_listen.checks.rules_batches import exchange_findings, left_out_findings
from specaug_listen.checks.session import Session

R = np.random


@pytest.fixture(scope="module")
def clips():
    return speech_clips(frontends.WHISPER)[:3]


def findings_of(function, clips, seed=0, rule=exchange_findings):
    subject = CallablePipeline("augment", function, ADAPTER, clips[0].mel)
    return rule(Session(subject, clips, seed, 100))


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
def test_an_item_in_the_place_of_another_is_found(order, clips):
    def before(mels, lengths):
        places = order_of(order, lengths)
        return Reference()(mels[places], lengths[places])

    def after(mels, lengths):
        return Reference()(mels, lengths)[order_of(order, lengths)]

    for augment in (before, after):
        (finding,) = findings_of(augment, clips)
        assert finding.id == "other-clip-returned"
        assert "items of batches do not depend on their own input" in finding.evidence
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
    "augment",
    [Reference(), with_gain_and_noise, of_noise, hidden_by_noise, mixed, cut_from_others, lambda mels, lengths: mels],
)
def test_what_follows_its_own_item_is_none(augment, clips):
    assert [findings_of(augment, clips, seed) for seed in range(3)] == [[], [], []]


@pytest.mark.parametrize("order", ["reversed", "rolled", "shuffled"])
def test_an_order_of_items_of_one_length_is_found(order, clips):
    def augment(mels, lengths):
        after = Reference()(mels, lengths)
        return after[order_of(order, lengths)] if len(set(lengths)) == 1 else after

    (finding,) = findings_of(augment, clips)
    assert (finding.id, finding.numbers["equal"]) == ("other-clip-returned", 1)
    assert "a batch of 4 of 100, 100, 100, 100 frames" in finding.clip


def of_donor(donor, level):
    """A callable that fills masks with the sound, or the level, of the item that a function picks."""

    def augment(mels, lengths):
        after, i = mels.copy(), donor(len(mels))
        for item, n in zip(after, lengths, strict=True):
            width = R.randint(1, min(lengths) // 3)
            start = R.randint(0, min(n, lengths[i]) - width + 1)
            cells = mels[i][:, start : start + width]
            item[:, start : start + width] = mels[i][:, : lengths[i]].mean() if level else cells
        return after

    return augment


@pytest.mark.parametrize("donor", [lambda n: 0, lambda n: n - 1, lambda n: 1], ids=["first", "last", "second"])
@pytest.mark.parametrize(("level", "expected"), [(True, "padding-in-fill"), (False, "other-clip-returned")])
def test_fills_of_one_item_in_all_others_are_found(donor, level, expected, clips):
    (finding,) = findings_of(of_donor(donor, level), clips)
    assert finding.id == expected
    assert re.search(r"of other items .* item \d", finding.evidence)


@pytest.mark.parametrize("level", [True, False])
def test_fills_of_any_item_are_none(level, clips):
    assert [findings_of(of_donor(R.randint, level), clips, seed) for seed in range(3)] == [[], [], []]


def every(items, rate=1.0):
    """A callable that masks those items of a batch alone that a function picks, so often."""

    def augment(mels, lengths):
        after, masked = mels.copy(), Reference()(mels, lengths)
        for i in items(len(mels)):
            if R.random() < rate:
                after[i] = masked[i]
        return after

    return augment


def rarely(n):
    return range(n) if R.random() < 0.05 else range(n - 1)


LEFT_OUT = {
    "first alone": (lambda n: range(1), 2, 7),
    "last never": (lambda n: range(n - 1), 8, 1),
    "second half never": (lambda n: range((n + 1) // 2), 5, 4),
    "every other one": (lambda n: range(0, n, 2), 2, 4),
    "last rarely": (rarely, 8, 1),
}


@pytest.mark.parametrize("name", LEFT_OUT)
def test_items_that_are_left_out_are_found(name, clips):
    items, first, n = LEFT_OUT[name]
    for seed in range(2):
        (finding,) = findings_of(every(items), clips, seed, left_out_findings)
        assert finding.id == "items-left-out"
        assert (finding.numbers["item"], finding.numbers["left_out"]) == (first, n)


def test_items_that_are_left_out_are_found_where_not_every_draw_masks(clips):
    (finding,) = findings_of(every(lambda n: range(n - 1), 0.5), clips, 0, left_out_findings)
    assert finding.numbers["item"] == 8


@pytest.mark.parametrize(
    "items",
    [
        range,
        lambda n: [R.randint(n)],
        lambda n: R.permutation(n)[: n // 2],
        lambda n: range(n) if R.rand() < 0.3 else (),
    ],
    ids=["all", "one of them", "half of them", "all or none"],
)
def test_items_that_are_left_out_at_random_are_none(items, clips):
    for rate in (1.0, 0.5, 0.1, 0.02, 0.0):
        for seed in range(3):
            assert findings_of(every(items, rate), clips, seed, left_out_findings) == []


def test_other_faults_are_none(clips):
    for fault, (make, expected, options) in FAULTS.items():
        if "adapter" not in options and expected != "other-clip-returned":
            assert findings_of(make(), clips) == [], fault
            assert findings_of(make(), clips, 0, left_out_findings) == [], fault


def test_the_report_and_its_picture_show_the_item_that_came_back(tmp_path):
    def augment(mels, lengths):
        return Reference()(mels, lengths)[::-1]

    result = quick_check(augment, adapter=ADAPTER)
    assert "other-clip-returned" in result.report.ids
    result.save(tmp_path)
    assert (tmp_path / "other-clip-returned" / "after.wav").is_file()


def test_the_report_shows_an_item_that_was_left_out(tmp_path):
    result = quick_check(every(lambda n: range(1)), adapter=ADAPTER, clips=speech_like(2.0, 16000))
    assert result.report.ids == ("items-left-out",)
    result.save(tmp_path)
    assert (tmp_path / "items-left-out" / "after.wav").is_file()
