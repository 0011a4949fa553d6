"""In which form a callable is checked where nobody declared one: the first in which anything like a mel comes back.

Other than an audition, which needs a mel of the same size, a check has to call what is broken, too: a result that is
turned, cut, or not finite is what it looks for, and so is an error that only some batches or lengths raise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby, product
from typing import Any, NamedTuple

import numpy as np

from .._rng import MAX_SEED
from ..custom.adapter import Adapter
from ..custom.call import must_take_tensors, owner_module
from ..custom.guess import (
    GUESSED,
    adapter_for,
    candidates,
    lengths_left_out,
    not_square,
    optional_lengths,
    settled_adapter,
    written_axes,
)
from ..errors import error_context
from ..frontends import MelSpectrogram
from .clips import Clip, reference_of
from .pipelines import CallableSubject, Given, Outcome
from .process import Apart, CallEndedError, GaveUpError
from .traits import Traits, traits_of

__all__ = ["Known", "crash_of_few_bins", "crash_of_one", "known_of", "subject_of", "turned_subject"]

_MORE_BINS = 4
_OF_AXES = ("IndexError", "AxisError")
_FAILED, _CONVERTED, _WHOLE = 0, 1, 2
# Items and channels.
_SIZES = ((1, 1), (2, 1), (1, 2))


def crash_of_few_bins(apart: Callable[..., Any] | Apart, known: Known, clips: Sequence[Clip], seed: int) -> str | None:
    """The error of the first order of axes, where it is raised for mels of this many bins, and not for more."""
    if not known.forms or known.written:
        return None
    clip = reference_of(clips)
    first = [form for form in known.forms if form.axes == known.forms[0].axes]
    for adapter in first:
        subject = CallableSubject("", apart, adapter, clips[0].mel, known.traits)
        values = subject.scaled(not_square(clip.mel))
        more = np.concatenate([values] * _MORE_BINS)
        errors = [subject(Given((values,)), now % MAX_SEED).error for now in range(seed, seed + 4)]
        if None in errors:
            return None
        if any(subject(Given((more,)), now % MAX_SEED).values for now in range(seed, seed + 4)):
            return f"mels of {len(values)} bins fail ({errors[0]}), of {len(more)} they do not"
    return None


def crash_of_one(subject: CallableSubject, known: Known, mel: MelSpectrogram, seed: int) -> str | None:
    """The error that a mel without a batch raises; None where it is taken, or where nobody would give one."""
    axes = subject.adapter.axes or ""
    is_for_batches = bool(known.written) and all("batch" in written for written in known.written)
    if (
        known.settled
        or is_for_batches
        or not axes.startswith("batch, ")
        or "channel" in axes
        or (subject.adapter.lengths not in (None, "none") and known.optional_lengths is None)
    ):
        return None
    adapter = replace(subject.adapter, axes=axes.removeprefix("batch, "), lengths="none", lengths_argument=None)
    alone = CallableSubject(subject.name, subject.function, adapter, mel, subject.traits)
    values = alone.scaled(not_square(mel))
    errors = [alone(Given((values,)), now % MAX_SEED).error for now in range(seed, seed + 4)]
    # An error of an axis that is not there; who takes a shape apart into three wants three.
    if not all(str(error).startswith(_OF_AXES) for error in errors):
        return None
    return f"a mel of shape {values.shape} without a batch fails ({errors[0]})"


def subject_of(
    name: str, function: Callable[..., Any] | Apart, known: Known, clips: Sequence[Clip], seed: int
) -> tuple[CallableSubject, list[str], bool]:
    """A callable in the form in which it is checked, notes on how that was found out, and whether by trying alone.

    Parameters
    ----------
    known : Known
        See `known_of`.

    Raises
    ------
    ParameterError
        When it fails in every form.
    """
    mel = reference_of(clips).mel
    with error_context(name):
        found = known.settled or _first_that_gives(function, known, clips, seed)
        # What fails in every form fails as an audition does, and says why.
        adapter, how = found or _run(function, adapter_for, known.declared, not_square(mel), seed)
        _run(function, _check_container, adapter)
    said = [] if how is None else [f"{name} was given {adapter} ({how})"]
    left_out = lengths_left_out(name, known.optional_lengths, known.declared, adapter)
    said += [notice.text for notice in left_out]
    return CallableSubject(name, function, adapter, mel, known.traits), said, how == GUESSED


class Known(NamedTuple):
    """What is known of a callable before it is called.

    Parameters
    ----------
    declared : Adapter
    settled : (Adapter, str) or None
        Its form, and how that is known, where it is.
    forms : tuple of Adapter
        Those to be tried else.
    written : tuple of str
        Orders of axes that its documentation names.
    traits : Traits
    optional_lengths : str or None
        The name under which it takes lengths that it does without.
    """

    declared: Adapter
    settled: tuple[Adapter, str | None] | None
    forms: tuple[Adapter, ...]
    written: tuple[str, ...]
    traits: Traits
    optional_lengths: str | None


def known_of(name: str, function: Callable[..., Any] | Apart, declared: Adapter) -> Known:
    """What is known of a callable before it is called.

    Raises
    ------
    ParameterError
        When it cannot be imported, or needs what nobody has.
    """
    with error_context(name):
        known: Known = _run(function, _known_here, declared)
    return known


def _known_here(function: Any, declared: Adapter) -> Known:
    settled = settled_adapter(function, declared)
    forms = () if settled else tuple(candidates(function, declared))
    written = tuple(written_axes(function))
    return Known(declared, settled, forms, written, traits_of(function), optional_lengths(function))


def _check_container(function: Any, adapter: Adapter) -> None:
    must_take_tensors(owner_module(function), adapter)


def _run(function: Callable[..., Any] | Apart, work: Callable[..., Any], *args: Any) -> Any:
    try:
        return function.run(work, *args) if isinstance(function, Apart) else work(function, *args)
    except CallEndedError as ended:
        raise GaveUpError({ended.what: f"a call {ended.evidence}"}) from None


def turned_subject(subject: CallableSubject, mel: MelSpectrogram) -> CallableSubject | None:
    """The same callable with bands and frames in the other order; None where it has them last first already."""
    axes = subject.adapter.axes or ""
    if "bands, frames" not in axes:
        return None
    adapter = replace(subject.adapter, axes=axes.replace("bands, frames", "frames, bands"))
    return CallableSubject(subject.name, subject.function, adapter, mel, subject.traits)


def _first_that_gives(
    function: Callable[..., Any] | Apart, known: Known, clips: Sequence[Clip], seed: int
) -> tuple[Adapter, str] | None:
    forms = [
        (axes, [CallableSubject("", function, one, clips[0].mel, known.traits) for one in group])
        for axes, group in groupby(known.forms, key=lambda adapter: adapter.axes or "")
    ]
    # A module takes batches, and may fail on those of one; a function that fails on them may want none at all.
    sizes = (_SIZES,) if known.traits.has_modes else tuple((size,) for size in _SIZES)
    for clip, now in _trials(clips, seed):
        mel = not_square(clip.mel)
        for chosen, (axes, subjects) in product(sizes, forms):
            for n_items, n_channels in chosen:
                if (n_items > 1 and "batch" not in axes) or (n_channels > 1 and "channel" not in axes):
                    continue
                grades = [
                    _grade(one(Given((one.scaled(mel),) * n_items, n_channels=n_channels), now)) for one in subjects
                ]
                if max(grades) > _FAILED:
                    return subjects[grades.index(max(grades))].adapter, GUESSED
    return None


def _trials(clips: Sequence[Clip], seed: int) -> Iterator[tuple[Clip, int]]:
    """Clips and seeds, the plainest first."""
    reference = reference_of(clips)
    yield from ((reference, now % MAX_SEED) for now in range(seed, seed + 4))
    yield from ((clip, seed) for clip in (clips[-1], clips[0]) if clip is not reference)


def _grade(outcome: Outcome) -> int:
    if outcome.error is not None:
        return _FAILED
    return _CONVERTED if "dtype-changed" in outcome.changes else _WHOLE
