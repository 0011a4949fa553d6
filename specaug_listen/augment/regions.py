"""New values in a region of a mel, or of a stream: what masks fill, and what copies bring."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

from ..frontends import AnyMel, MelSpectrogram, MelStream
from .fills import Padding, Region, fill_values
from .steps import Copied, FrequencyBand, Rectangle, TimeSpan

__all__ = ["Masking", "with_copy", "with_fill"]

Real: TypeAlias = npt.NDArray[np.float32]
Mel = TypeVar("Mel", MelSpectrogram, MelStream)
Masking: TypeAlias = FrequencyBand | TimeSpan | Rectangle


def with_fill(mel: Mel, reference: AnyMel, step: Masking, padding: Padding) -> Mel:
    """A mel with a mask, whose fill is taken from ``reference``."""
    bins, _ = step.region

    def fill(begin: int, end: int) -> Real:
        return fill_values(step.fill, reference, (bins, slice(begin, end)), step.seed, padding)

    return _changed(mel, step.region, fill)


def with_copy(mel: Mel, source: AnyMel, step: Copied, n_frames: int) -> Mel:
    """A mel with frames that are copied from ``source``, whose frames behind the last are its first ones."""
    bins, shift = step.region[0], step.source_frame - step.start_frame
    n_frames = step.over_frames or n_frames

    def read(begin: int, end: int) -> Real:
        first = (begin + shift) % n_frames
        n_before_end = min(end - begin, n_frames - first)
        values = source.values_at(first, first + n_before_end)
        if n_before_end < end - begin:
            values = np.concatenate([values, source.values_at(0, end - begin - n_before_end)], axis=1)
        return values[bins]

    return _changed(mel, step.region, read)


@dataclass(frozen=True)
class _Change:
    """New values for frames ``first`` to ``stop - 1`` of some bins; ``new`` is asked for some of them at a time."""

    bins: slice
    first: int
    stop: int
    new: Callable[[int, int], Real]

    def put_into(self, values: Real, at: int) -> None:
        """Write them into values that begin at frame ``at``."""
        begin, end = max(self.first, at), min(self.stop, at + values.shape[1])
        if begin < end:
            values[self.bins, begin - at : end - at] = self.new(begin, end)


@dataclass(frozen=True)
class _Changes:
    """The frames of a stream with changes, one after another.

    They are a list and not nested, as Python's stack has no room for the thousand masks of a long recording.
    """

    values_at: Callable[[int, int], Real]
    changes: tuple[_Change, ...]

    def __call__(self, begin: int, end: int) -> Real:
        values: Real = self.values_at(begin, end).copy()
        for change in self.changes:
            change.put_into(values, begin)
        return values

    def with_one(self, change: _Change) -> _Changes:
        """These, and one more."""
        return _Changes(self.values_at, (*self.changes, change))


def _changed(mel: Mel, region: Region, new: Callable[[int, int], Real]) -> Mel:
    """A copy with new values in a region."""
    bins, frames = region
    first, stop, _ = frames.indices(mel.n_frames)
    change = _Change(bins, first, stop, new)
    if isinstance(mel, MelStream):
        read = mel.values_at
        changes = read.with_one(change) if isinstance(read, _Changes) else _Changes(read, (change,))
        return replace(mel, values_at=changes)
    values = mel.values.copy()
    change.put_into(values, 0)
    return mel.with_values(values)
