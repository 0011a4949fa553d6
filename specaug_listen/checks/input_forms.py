"""Find the form of input (an `Adapter`) in which to check a callable: the first that returns anything like a mel.

Unlike an audition, which needs a mel of the same size, a check must also call broken callables: transposed, truncated
or non-finite results are what it looks for, and so are errors that only some batches or lengths raise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby, product
from typing import Any, NamedTuple

import numpy as np

from .._rng import MAX_SEED
from ..custom.adapter import Adapter
from ..custom.axes_order import MelBatch
from ..custom.call import check_container, owner_module
from ..custom.guess import (
    Evidence,
    adapter_for,
    adapter_without_trial,
    candidates,
    documented_axes,
    lengths_left_out,
    optional_lengths,
    widen_square,
)
from ..errors import error_context
from ..frontends import MelSpectrogram
from .clips import Clip, reference_of
from .isolated_process import CallableProcess, CallEndedError, GaveUpError
from .pipelines import CallablePipeline, FailedCall, Outcome, Traits, traits_of

__all__ = [
    "FoundForm",
    "InputForms",
    "crash_of_few_bins",
    "crash_of_one",
    "find_form",
    "forms_of",
    "pipeline_with_axes_turned",
]

# If mels of few bins fail, this many times as many are tried.
_MORE_BINS_FACTOR = 4
# Number of seeds for a trial, because an error may occur in some draws only.
_N_SEEDS = 4
# Exceptions for a missing axis.
_AXIS_ERRORS = ("IndexError", "AxisError")
# How well a form works: it raises an error, or returns a mel of another dtype, or a mel.
_FAILED, _CONVERTED, _WHOLE = 0, 1, 2
# Findings of calls that did not return.
_ENDS = {"process-ended", "call-hangs"}
# Numbers of items and channels.
_SIZES = ((1, 1), (2, 1), (1, 2))


class InputForms(NamedTuple):
    """What is known about a callable's input before the first call.

    Parameters
    ----------
    declared : Adapter
    certain : (Adapter, Evidence or None) or None
        The form, if it is known without a trial, and how.
    candidates : tuple of Adapter
        The forms to try otherwise.
    documented : tuple of str
        Orders of axes that its documentation names.
    traits : Traits
    optional_lengths : str or None
        Name of its optional argument for lengths.
    """

    declared: Adapter
    certain: tuple[Adapter, Evidence | None] | None
    candidates: tuple[Adapter, ...]
    documented: tuple[str, ...]
    traits: Traits
    optional_lengths: str | None


class FoundForm(NamedTuple):
    """The form in which a callable is checked.

    Parameters
    ----------
    pipeline : CallablePipeline
    notes : list of str
    is_guessed : bool
        Whether it is only guessed.
    failures : tuple of FailedCall
        The trials in this form that failed.
    """

    pipeline: CallablePipeline
    notes: list[str]
    is_guessed: bool
    failures: tuple[FailedCall, ...]


def forms_of(name: str, function: Callable[..., Any] | CallableProcess, declared: Adapter) -> InputForms:
    """List the forms in which a callable may be called.

    Raises a `ParameterError` if it cannot be imported, or needs an argument that a check does not have.
    """
    with error_context(name):
        forms: InputForms = _run(function, _forms_here, declared)
    return forms


def _forms_here(function: Any, declared: Adapter) -> InputForms:
    certain = adapter_without_trial(function, declared)
    forms = () if certain else tuple(candidates(function, declared))
    documented = tuple(documented_axes(function))
    return InputForms(declared, certain, forms, documented, traits_of(function), optional_lengths(function))


def find_form(
    name: str,
    function: Callable[..., Any] | CallableProcess,
    forms: InputForms,
    clips: Sequence[Clip],
    seed: int,
    failures: list[FailedCall],
) -> FoundForm:
    """Find the form in which to check a callable; ``failures`` are earlier calls that failed.

    Raises a `ParameterError` if the callable fails in every form.
    """
    mel, failures = reference_of(clips).mel, [*failures]
    with error_context(name):
        form = forms.certain or _first_that_works(function, forms, clips, seed, failures)
        # If it fails in every form, `adapter_for` raises the error of an audition, which says why.
        adapter, how, *more = form or _run(function, adapter_for, forms.declared, widen_square(mel), seed)
        _run(function, _check_container, adapter)
    if any(more):
        failures.append(FailedCall(adapter, None, seed, str(reference_of(clips)), Outcome(error=more[0])))
    notes = [] if how is None else [f"{name} was given {adapter} ({how.value})"]
    notes += [notice.text for notice in lengths_left_out(name, forms.optional_lengths, forms.declared, adapter)]
    pipeline = CallablePipeline(name, function, adapter, mel, forms.traits)
    of_form = tuple(call for call in failures if call.adapter == adapter)
    return FoundForm(pipeline, notes, how is Evidence.TRIAL, of_form)


def pipeline_with_axes_turned(pipeline: CallablePipeline, mel: MelSpectrogram) -> CallablePipeline | None:
    """Return the pipeline with bins and frames exchanged; None if frames come first already."""
    layout = pipeline.adapter.layout
    if layout.is_turned:
        return None
    return pipeline.with_adapter(replace(pipeline.adapter, axes=str(layout.swapped)), mel)


def crash_of_few_bins(
    function: Callable[..., Any] | CallableProcess,
    forms: InputForms,
    clips: Sequence[Clip],
    seed: int,
    failures: list[FailedCall],
) -> str | None:
    """Describe an error that mels of this many bins raise, in the first order of axes, and mels of more bins do not.

    Adds the calls that failed to ``failures``.
    """
    if not forms.candidates or forms.documented:
        return None
    mel = widen_square(reference_of(clips).mel)
    for adapter in (form for form in forms.candidates if form.axes == forms.candidates[0].axes):
        pipeline = CallablePipeline("", function, adapter, clips[0].mel, forms.traits)
        values = pipeline.scaled(mel)
        outcomes = [*_outcomes(pipeline, values, seed)]
        where, batch, errors = str(reference_of(clips)), MelBatch((values,)), [outcome.error for outcome in outcomes]
        failures += [
            FailedCall(adapter, batch, (seed + i) % MAX_SEED, where, outcome)
            for i, outcome in enumerate(outcomes)
            if _has_failed(outcome)
        ]
        if None in errors:
            return None
        more = np.concatenate([values] * _MORE_BINS_FACTOR)
        if any(outcome.values for outcome in _outcomes(pipeline, more, seed)):
            if None in [outcome.error for outcome in _outcomes(pipeline, values, seed)]:  # it failed in its first calls
                return None
            return f"mels of {len(values)} bins fail ({errors[0]}), of {len(more)} they do not"
    return None


def crash_of_one(pipeline: CallablePipeline, forms: InputForms, mel: MelSpectrogram, seed: int) -> str | None:
    """Describe the error for a mel without a batch axis; None if it works, or if only batches make sense."""
    axes = pipeline.adapter.layout.names
    is_for_batches = bool(forms.documented) and all("batch" in order for order in forms.documented)
    if (
        forms.certain
        or is_for_batches
        or axes[0] != "batch"
        or "channel" in axes
        or (pipeline.adapter.lengths not in (None, "none") and forms.optional_lengths is None)
    ):
        return None
    adapter = replace(pipeline.adapter, axes=", ".join(axes[1:]), lengths="none", lengths_argument=None)
    alone = pipeline.with_adapter(adapter, mel)
    values = alone.scaled(widen_square(mel))
    outcomes = list(_outcomes(alone, values, seed))
    # Only errors about a missing axis count; code that unpacks a shape into three values wants a batch.
    if not all(outcome.error_type in _AXIS_ERRORS for outcome in outcomes):
        return None
    return f"a mel of shape {values.shape} without a batch fails ({outcomes[0].error})"


def _outcomes(pipeline: CallablePipeline, values: np.ndarray, seed: int) -> Iterator[Outcome]:
    """Call a pipeline on one mel under several seeds."""
    return (pipeline(MelBatch((values,)), now % MAX_SEED) for now in range(seed, seed + _N_SEEDS))


def _check_container(function: Any, adapter: Adapter) -> None:
    check_container(owner_module(function), adapter)


def _run(function: Callable[..., Any] | CallableProcess, work: Callable[..., Any], *args: Any) -> Any:
    try:
        return function.run(work, *args) if isinstance(function, CallableProcess) else work(function, *args)
    except CallEndedError as ended:
        raise GaveUpError({ended.what: f"a call {ended.evidence}"}) from None


def _first_that_works(
    function: Callable[..., Any] | CallableProcess,
    forms: InputForms,
    clips: Sequence[Clip],
    seed: int,
    failures: list[FailedCall],
) -> tuple[Adapter, Evidence] | None:
    """Return the first form that works, and how it is known; add the calls that failed to ``failures``."""
    by_axes = [
        (layout.names, [CallablePipeline("", function, adapter, clips[0].mel, forms.traits) for adapter in group])
        for layout, group in groupby(forms.candidates, key=lambda adapter: adapter.layout)
    ]
    # A module wants batches, and may fail on a batch of one; a function that fails on that may want no batch axis.
    rounds = (_SIZES,) if forms.traits.has_modes else tuple((size,) for size in _SIZES)
    for clip, now in _trials(clips, seed):
        mel, n_before = widen_square(clip.mel), len(failures)
        for sizes, (axes, pipelines) in product(rounds, by_axes):
            for n_items, n_channels in sizes:
                if (n_items > 1 and "batch" not in axes) or (n_channels > 1 and "channel" not in axes):
                    continue
                batches = [MelBatch((each.scaled(mel),) * n_items, n_channels=n_channels) for each in pipelines]
                outcomes = [each(batch, now) for each, batch in zip(pipelines, batches, strict=True)]
                failures += [
                    FailedCall(each.adapter, batch, now, str(clip), outcome)
                    for each, batch, outcome in zip(pipelines, batches, outcomes, strict=True)
                    if _has_failed(outcome)
                ]
                grades = [_grade(outcome) for outcome in outcomes]
                if max(grades) > _FAILED:
                    works = pipelines[grades.index(max(grades))]
                    return _not_by_chance(works, failures[n_before:], max(grades), mel), Evidence.TRIAL
    return None


def _not_by_chance(works: CallablePipeline, failures: Sequence[FailedCall], grade: int, mel: MelSpectrogram) -> Adapter:
    """Return the form that would have been found if no call had failed by chance, or as one of the first."""
    for adapter, batch, seed, _, outcome in failures:
        if outcome.error is None or batch is None or adapter == works.adapter:
            continue
        is_other_order = adapter.layout != works.adapter.layout
        if _grade(works.with_adapter(adapter, mel)(batch, seed)) > (_FAILED if is_other_order else grade - 1):
            return adapter
    return works.adapter


def _trials(clips: Sequence[Clip], seed: int) -> Iterator[tuple[Clip, int]]:
    """Yield clips and seeds, the most ordinary ones first."""
    reference = reference_of(clips)
    yield from ((reference, now % MAX_SEED) for now in range(seed, seed + _N_SEEDS))
    yield from ((clip, seed) for clip in (clips[-1], clips[0]) if clip is not reference)


def _has_failed(outcome: Outcome) -> bool:
    return outcome.error is not None or not _ENDS.isdisjoint(outcome.changes)


def _grade(outcome: Outcome) -> int:
    if outcome.error is not None:
        return _FAILED
    return _CONVERTED if "dtype-changed" in outcome.changes else _WHOLE
