"""Faults on clips of some lengths only, or between calls, are found under any seed, without false alarms."""

from __future__ import annotations

import numpy as np
import pytest

from specaug_listen import frontends
from specaug_listen.checks import speech_like
from specaug_listen.checks.clips import Clip, reference_of
from specaug_listen.checks.pipelines import CallablePipeline
from specaug_listen.checks.rules_calls import call_findings
from specaug_listen.checks.rules_fills import fill_findings
from specaug_listen.checks.rules_randomness import late_findings, other_clip_findings, randomness_findings
from specaug_listen.checks.session import Session
from specaug_listen.custom.adapter import Adapter

ALONE = Adapter(axes="bins, frames", container="numpy")
LENGTHS_S = (0.3, 2.0, 6.0)
CLIPS = tuple(Clip(f"{seconds:g} s", frontends.WHISPER(speech_like(seconds, 16000))) for seconds in LENGTHS_S)
LONG = 400


def masked(mel, fill=None, rng=None):
    """A mask of frames and one of bins, of up to a fifth."""
    after, rng = mel.copy(), rng or np.random.default_rng(np.random.randint(2**31))  # noqa: NPY002
    fill = mel.mean() if fill is None else fill
    for cells in (after, after.T):
        width = int(rng.integers(1, len(cells) // 5 + 1))
        start = int(rng.integers(0, len(cells) - width + 1))
        cells[start : start + width] = fill
    return after


def is_long(mel):
    return mel.shape[1] > LONG


def cached():
    cache = {}
    return lambda mel: masked(cache.setdefault(mel.shape, mel.copy()))


def cached_with_its_own_fill():
    cache = {}
    return lambda mel: masked(cache.setdefault(mel.shape, mel.copy()), mel.mean())


def of_the_call_before():
    kept = {}

    def augment(mel):
        before, kept[mel.shape] = kept.get(mel.shape, mel), mel.copy()
        return masked(before)

    return augment


def buffered(n_buffers):
    def made():
        buffers, calls = {}, []

        def augment(mel):
            calls.append(1)
            buffer = buffers.setdefault((mel.shape, len(calls) % n_buffers), np.empty_like(mel))
            buffer[:] = masked(mel)
            return buffer

        return augment

    return made


def clears(what):
    def made():
        kept = []

        def augment(mel):
            for array in kept:
                array[:] = 0
            after = masked(mel)
            kept[:] = [mel if what == "given" else after]
            return after

        return augment

    return made


def stops_after(n_calls):
    def made():
        calls = []

        def augment(mel):
            calls.append(1)
            return masked(mel) if len(calls) <= n_calls else mel.copy()

        return augment

    return made


FAULTY = {
    "loud on long": (lambda: lambda mel: masked(mel, mel.max() if is_long(mel) else None), "fill-loud"),
    "loud on short": (lambda: lambda mel: masked(mel, mel.max() if mel.shape[1] < 50 else None), "fill-loud"),
    "louder than any sound": (lambda: lambda mel: masked(mel, 100.0), "fill-loud"),
    "zero on long": (lambda: lambda mel: masked(mel, 0.0 if is_long(mel) else None), "zero-fill-in-log"),
    "fixed on long": (
        lambda: lambda mel: masked(mel, rng=np.random.default_rng(3) if is_long(mel) else None),
        "same-draw-every-time",
    ),
    "unseeded on long": (
        lambda: lambda mel: masked(mel, rng=np.random.default_rng() if is_long(mel) else None),
        "not-reproducible",
    ),
    "cached": (cached, "other-clip-returned"),
    "cached, but for its fill": (cached_with_its_own_fill, "other-clip-returned"),
    "of the call before": (of_the_call_before, "other-clip-returned"),
    "one buffer": (buffered(1), "result-overwritten"),
    "two buffers": (buffered(2), "result-overwritten"),
    "given is cleared": (clears("given"), "result-overwritten"),
    "result is cleared": (clears("gave"), "result-overwritten"),
    "stops soon": (stops_after(100), "not-reproducible"),
    "stops late": (stops_after(168), "not-reproducible"),
}


def findings_of(function, seed=0):
    """What of a check is about lengths and memory, in its order."""
    session = Session(CallablePipeline("augment", function, ALONE, reference_of(CLIPS).mel), CLIPS, seed, 100)
    findings = [
        *randomness_findings(session),
        *other_clip_findings(session),
        *fill_findings(session),
        *late_findings(session),
    ]
    return {finding.id: finding for finding in [*findings, *call_findings(session)]}


@pytest.mark.parametrize("fault", FAULTY)
def test_a_fault_of_some_lengths_or_between_calls_is_found(fault):
    make, expected = FAULTY[fault]
    assert expected in findings_of(make(), 1)


@pytest.mark.slow
def test_a_fault_of_some_lengths_or_between_calls_is_found_under_another_seed():
    for make, expected in FAULTY.values():
        assert expected in findings_of(make(), 2**40)


def test_the_clips_on_which_it_was_found_are_named():
    finding = findings_of(FAULTY["loud on long"][0]())["fill-loud"]
    assert finding.evidence.endswith("on 6 s (600 frames)")
    assert finding.clip == "6 s (600 frames)"


def buffer_within_a_call():
    buffers = {}

    def augment(mel):
        buffer = buffers.setdefault(mel.shape, np.empty_like(mel))
        buffer[:] = masked(mel)
        return buffer.copy()

    return augment


def dropped(mel):
    """Most cells, one by one, at the floor, and the rest in other places."""
    order = np.random.permutation(mel.shape[1])  # noqa: NPY002
    return np.where(np.random.random(mel.shape) < 0.7, mel.min(), mel[:, order])  # noqa: NPY002


def whole_where_short(mel):
    return np.full_like(mel, mel.mean()) if mel.shape[1] < 50 else masked(mel)


def only_normalised_where_short(mel):
    mel = (mel - mel.mean()) / (mel.std() + np.float32(1e-6))
    return mel if mel.shape[1] < 50 else masked(mel)


IN_ORDER = {
    "masks": masked,
    "a buffer within a call": buffer_within_a_call(),
    "the input itself": lambda mel: mel if np.random.random() < 0.3 else masked(mel),  # noqa: NPY002
    "dropped cells": dropped,
    "zeros": np.zeros_like,
    "all of a short clip": whole_where_short,
    "normalised where short": only_normalised_where_short,
    "gain": lambda mel: masked(mel) + np.float32(0.02 * np.random.normal()),  # noqa: NPY002
    "noise": lambda mel: masked(mel) + np.random.normal(0, 0.005, mel.shape).astype(mel.dtype),  # noqa: NPY002
}


@pytest.mark.parametrize("name", IN_ORDER)
def test_what_only_looks_like_it_is_no_finding(name):
    assert findings_of(IN_ORDER[name]).keys() <= ({"same-draw-every-time"} if name == "zeros" else set())


def test_what_is_found_on_all_clips_is_shown_on_the_one_of_two_seconds():
    for function in (cached(), lambda mel: masked(mel, 0.0), lambda mel: masked(mel, mel.max())):
        assert {finding.clip for finding in findings_of(function).values()} == {"2 s (200 frames)"}
