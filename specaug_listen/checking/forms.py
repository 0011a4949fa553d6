"""In which form a callable is checked where nobody declared one: the first in which anything like a mel comes back.

Other than an audition, which needs a mel of the same size, a check has to call what is broken, too: a result that is
turned, cut, or not finite is what it looks for, and so is an error that only some batches or lengths raise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby, product
from typing import Any

from .._random import MAX_SEED
from ..augment import Adapter
from ..augment.calling import must_take_tensors, owner_module
from ..augment.guessing import GUESSED, adapter_for, candidates, not_square, settled_adapter
from ..errors import naming
from ..frontends import MelSpectrogram
from .signals import Clip, reference_of
from .subjects import CallableSubject, Given, Outcome

__all__ = ["is_guessed", "subject_of", "turned_subject"]

_FAILED, _CONVERTED, _WHOLE = 0, 1, 2
# Items and channels.
_SIZES = ((1, 1), (2, 1), (1, 2))


def subject_of(
    name: str, function: Callable[..., Any], declared: Adapter, clips: Sequence[Clip], seed: int
) -> tuple[CallableSubject, str | None]:
    """A callable in the form in which it is checked, and how that was found out.

    Raises
    ------
    ParameterError
        When it fails in every form.
    """
    mel = reference_of(clips).mel
    with naming(name):
        settled = settled_adapter(function, declared)
        found = settled or _first_that_gives(function, declared, clips, seed)
        # What fails in every form fails as an audition does, and says why.
        adapter, how = found or adapter_for(function, declared, not_square(mel), seed)
        must_take_tensors(owner_module(function), adapter)
    said = None if how is None else f"{name} was given {adapter} ({how})"
    return CallableSubject(name, function, adapter, mel), said


def is_guessed(how: str | None) -> bool:
    """Whether a form was found by trying alone."""
    return how is not None and how.endswith(f"({GUESSED})")


def turned_subject(subject: CallableSubject, mel: MelSpectrogram) -> CallableSubject | None:
    """The same callable with bands and frames in the other order; None where it has them last first already."""
    axes = subject.adapter.axes or ""
    if "bands, frames" not in axes:
        return None
    adapter = replace(subject.adapter, axes=axes.replace("bands, frames", "frames, bands"))
    return CallableSubject(subject.name, subject.function, adapter, mel)


def _first_that_gives(
    function: Callable[..., Any], declared: Adapter, clips: Sequence[Clip], seed: int
) -> tuple[Adapter, str] | None:
    forms = [
        (axes, [CallableSubject("", function, one, clips[0].mel) for one in group])
        for axes, group in groupby(candidates(function, declared), key=lambda adapter: adapter.axes or "")
    ]
    # A module takes batches, and may fail on those of one; a function that fails on them may want none at all.
    sizes = (_SIZES,) if owner_module(function) is not None else tuple((size,) for size in _SIZES)
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
