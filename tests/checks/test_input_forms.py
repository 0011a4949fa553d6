"""Callables without a declared adapter: faults are findings, and no reason to refuse a callable."""

from __future__ import annotations

import random
import re

import numpy as np
import pytest
from checked import notes_of, quick_check
from pipelines import Reference

from specaug_listen.checks.session import FULL_EFFORT
from specaug_listen.custom.adapter import Adapter
from specaug_listen.errors import ParameterError


def one(mel):
    """Clean."""
    return Reference()(mel[np.newaxis], [mel.shape[1]])[0]


def turned(mel):
    return one(mel).T


def turned_batch(mels):
    n, _, n_frames = mels.shape
    return Reference()(mels, [n_frames] * n).swapaxes(1, 2)


def cut(mel):
    return one(mel)[:, :-3]


def first_frames(mel):
    return one(mel)[:, :100]


def cut_frames_first(mel):
    return one(mel.T).T[:-3]


def not_finite(mel):
    after = one(mel)
    after[3] = np.nan
    return after


def fails_alone(mels):
    if mels.ndim != 3 or len(mels) == 1:
        raise ValueError("not enough values to unpack")
    return Reference()(mels, [mels.shape[2]] * len(mels))


def fails_on_mono(mels):
    n, n_channels, _, n_frames = mels.shape
    if n_channels == 1:
        raise ValueError("axes don't match array")
    return Reference()(mels[:, 0], [n_frames] * n)[:, np.newaxis].repeat(n_channels, axis=1)


def fails_below_400_frames(mel):
    after = mel.copy()
    start = np.random.randint(0, mel.shape[1] - 400)  # noqa: NPY002
    after[:, start : start + 40] = mel.mean()
    return after


@pytest.mark.parametrize(
    ("function", "what", "evidence"),
    [
        (turned, "axes-swapped", "given (80, 200), it returned (200, 80)"),
        (turned_batch, "axes-swapped", "given (1, 80, 200), it returned (1, 200, 80)"),
        (cut, "length-changed", "200 frames became 197"),
        (first_frames, "length-changed", "200 frames became 100"),
        (cut_frames_first, "length-changed", "200 frames became 197"),
        (not_finite, "not-finite", "200 of 16000 cells are NaN or infinite"),
        (
            fails_alone,
            "crash-batch",
            "a batch of one fails (ValueError: not enough values to unpack (test_input_forms.py, line",
        ),
        (
            fails_on_mono,
            "crash-mono",
            "one channel fails (ValueError: axes don't match array (test_input_forms.py, line",
        ),
        (fails_below_400_frames, "crash-short-clip", "2 s (200 frames), and 4 more: ValueError: "),
    ],
)
def test_what_is_broken_is_found_without_an_adapter(function, what, evidence):
    findings = {finding.id: finding for finding in quick_check(function).findings}
    assert what in findings
    assert findings[what].evidence.startswith(evidence)
    # Nobody gave lengths to those that take batches.
    assert findings.keys() - {what} <= {"masks-in-padding", "padding-in-fill", "crash-all-masked", "warp-into-padding"}


def test_what_fails_now_and_then_is_found_as_that():
    def fails_at_random(mel):
        if np.random.random() < 0.3:  # noqa: NPY002
            raise RuntimeError("unlucky")
        return one(mel)

    (finding,) = quick_check(fails_at_random).findings
    assert finding.id == "crash-at-random"
    assert finding.evidence.endswith("calls fail, on clips of all lengths: RuntimeError: unlucky " + place(finding))
    assert 0.2 < finding.numbers["failed"] / finding.numbers["calls"] < 0.4


def place(finding):
    return finding.evidence[finding.evidence.index("(test_input_forms.py, line") :]


def test_what_gives_none_now_and_then_is_found_as_that():
    (finding,) = quick_check(lambda mel: None if np.random.random() < 0.4 else one(mel)).findings  # noqa: NPY002
    assert finding.id == "crash-at-random"


def test_errors_on_shorter_clips_are_not_by_chance():
    def fails_often_on_short(mel):
        if np.random.random() < 20 / mel.shape[1]:  # noqa: NPY002
            raise RuntimeError("short")
        return one(mel)

    assert "crash-short-clip" in quick_check(fails_often_on_short, clips=None, effort=FULL_EFFORT).report.ids


def test_a_function_that_turns_arrays_into_tensors_or_lists_is_taken_as_it_is():
    (finding,) = quick_check(lambda mel: one(mel).astype(np.float32).tolist()).findings
    assert finding.id == "dtype-changed"


def test_axes_of_one_entry_and_tuples_are_no_fault():
    wraps = lambda mel: mel[np.newaxis], lambda mel: mel[..., np.newaxis], lambda mel: (mel, 3)
    assert quick_check(lambda mel: wraps[np.random.randint(3)](one(mel))).findings == ()  # noqa: NPY002


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda mel: {}["feat"], r": it raised KeyError: 'feat' \(test_input_forms.py, line \d+\), in whatever way"),
        (lambda mel: None, r": it returned None: a callable must return the mel, even if it changes it in place$"),
        (lambda mel: "mel", r": it returned a str of 3: expected the mel, an array or tensor of real numbers$"),
        (
            lambda mel: np.zeros(3),
            r": it returned shape \(3,\) .*; \d+ ways of calling it were tried: declare",
        ),
        (lambda mel: (yield mel), r": it returned a generator: return the mel in place of yielding it$"),
    ],
)
def test_what_no_adapter_can_mend_is_one_plain_line(function, message):
    with pytest.raises(ParameterError, match=message) as raised:
        quick_check(function)
    assert "\n" not in str(raised.value)


def test_an_async_function_is_refused_and_leaves_no_warning(recwarn):
    async def waits(mel):
        return mel

    with pytest.raises(ParameterError, match="it returned a coroutine: wrap the async function in one that runs it"):
        quick_check(waits)
    assert not [warning for warning in recwarn if "never awaited" in str(warning.message)]


def test_of_an_error_the_first_line_is_told_and_where_it_was_raised():
    def fails(mel):
        raise ValueError("the first line\nand the second")

    with pytest.raises(
        ParameterError, match=r"ValueError: the first line \(test_input_forms.py, line \d+\), in"
    ) as raised:
        quick_check(fails)
    assert "second" not in str(raised.value)


def test_an_error_without_a_text_of_its_own_is_told_by_its_type():
    class Mute(Exception):
        def __str__(self):
            raise RuntimeError

    def fails(mel):
        raise Mute

    with pytest.raises(ParameterError, match=r"it raised Mute \(test_input_forms.py"):
        quick_check(fails)


def test_what_is_declared_is_kept():
    declared = Adapter(axes="frames, bins", container="numpy")
    result = quick_check(lambda mel: one(mel.T).T, adapter=declared)
    assert result.findings == ()
    assert notes_of(result) == ()


def test_a_declared_order_of_axes_is_not_guessed_away():
    (finding,) = quick_check(lambda mel: one(mel.T), adapter=Adapter(axes="frames, bins")).findings
    assert finding.id == "axes-swapped"
    assert finding.evidence.startswith("given (200, 80), it returned (80, 200)")


CHANCE = np.random.default_rng(5)


def frames_first(mel):
    made, n_frames = mel.copy(), len(mel)
    width = int(CHANCE.integers(0, 28))
    start = int(CHANCE.integers(0, mel.shape[1] - width + 1))
    made[:, start : start + width] = mel.mean()
    width = int(CHANCE.integers(0, min(40, n_frames // 5) + 1))
    start = int(CHANCE.integers(0, n_frames - width + 1))
    made[start : start + width] = mel.mean()
    return made


def test_a_clean_function_whose_order_nothing_says_is_clean_in_either():
    result = quick_check(frames_first, draws=400)
    assert result.findings == ()
    assert re.search(
        r"was given \(frames, bins\).*; bins first, there would be: .*crash-short-clip", result.report.notes[0]
    )
    assert quick_check(lambda mel: frames_first(mel.T).T, draws=400).findings == ()


def test_an_order_that_is_declared_is_kept():
    result = quick_check(frames_first, adapter=Adapter(axes="bins, frames"), draws=400)
    assert "crash-short-clip" in {finding.id for finding in result.findings}


def test_a_masked_array_is_refused():
    with pytest.raises(ParameterError, match=r"it returned a masked array, whose mask would be lost: fill it"):
        quick_check(lambda mel: np.ma.masked_less(mel, 0))


def within_lengths(mels, lengths=None):
    """mels: (batch, bins, frames); clean where lengths are given."""
    return Reference()(mels, [mels.shape[2]] * len(mels) if lengths is None else lengths)


def not_finite_with_lengths(mels, lengths=None):
    """mels: (batch, bins, frames)."""
    return within_lengths(mels) if lengths is None else within_lengths(mels, lengths) * np.nan


def fails_with_lengths(mels, lengths=None):
    """mels: (batch, bins, frames)."""
    if lengths is not None:
        raise TypeError("lengths are not supported")
    return within_lengths(mels)


def test_lengths_that_need_not_be_given_are_given():
    assert quick_check(within_lengths).report.ids == ()
    assert quick_check(not_finite_with_lengths).report.ids == ("not-finite",)


@pytest.mark.parametrize(
    ("function", "adapter"),
    [(fails_with_lengths, None), (within_lengths, Adapter(axes="batch, bins, frames", container="numpy"))],
)
def test_lengths_that_were_not_given_are_named(function, adapter):
    notes = quick_check(function, adapter=adapter).report.notes
    assert any(f"{function.__name__} takes lengths, too, and was called without" in note for note in notes)


def fails_at(numbers, how):
    """Make a pipeline that fails in the calls of these numbers only."""
    count = iter(range(1, 10**6))

    def augment(mel):
        if next(count) in numbers:
            raise how
        return time_mask_of(mel)

    return augment


def time_mask_of(mel):
    mel = mel.copy()
    width = random.randrange(min(20, mel.shape[-1]) // 2 + 1)
    start = random.randrange(mel.shape[-1] - width + 1)
    mel[..., start : start + width] = mel.mean()
    return mel


def test_a_call_that_fails_by_chance_is_found_and_leads_to_no_other_form(subtests):
    for numbers, how in [
        ({1}, RuntimeError("warming up")),
        ({1, 2, 3}, SystemExit(0)),
        (range(1, 20), RuntimeError("warming up")),
        ({12}, RuntimeError("warming up")),
        ({150}, RuntimeError("warming up")),
    ]:
        with subtests.test(numbers=numbers, how=how):
            report = quick_check(fails_at(numbers, how)).report
            assert report.ids == ("crash-at-random",)
            assert "and not when the same call was repeated: " in report.findings[0].evidence
            assert "was given (bins, frames)" in report.notes[0]


def test_an_error_of_some_draws_is_not_about_the_length():
    def rare(mel):
        if random.random() < 0.03:
            raise ValueError("rare")
        return time_mask_of(mel)

    assert quick_check(rare, clips=None).report.ids == ("crash-at-random",)
