"""Replacing a region of a mel or mel stream: masks, copies, and padding after the clip."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt

from ..frontends import AnyMel, MelSpectrogram, MelStream
from .fills import Padding, Region, fill_values
from .steps import FrameCopy, FrequencySpan, Rectangle, TimeSpan, WarpPath

__all__ = [
    "Masking",
    "with_copy",
    "with_fill",
    "with_padding",
    "without_padding",
]

Real: TypeAlias = npt.NDArray[np.float32]
Mel = TypeVar("Mel", MelSpectrogram, MelStream)
Masking: TypeAlias = FrequencySpan | TimeSpan | Rectangle


def with_fill(mel: Mel, reference: AnyMel, step: Masking, padding: Padding) -> Mel:
    """Return the mel with a mask whose fill is computed from ``reference``."""
    bins, _ = step.region

    def fill(begin: int, end: int) -> Real:
        return fill_values(step.fill, reference, (bins, slice(begin, end)), step.noise_seed, padding)

    return _changed(mel, step.region, fill)


def with_copy(mel: Mel, source: AnyMel, step: FrameCopy, n_frames: int) -> Mel:
    """Return the mel with frames copied from ``source``; after its last frame, copying continues at the first."""
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
    """A change of frames ``first`` to ``stop - 1`` in some bins; ``new(begin, end)`` gives values of such frames."""

    bins: slice
    first: int
    stop: int
    new: Callable[[int, int], Real]

    def put_into(self, values: Real, at: int) -> None:
        """Write the new values into ``values``, which begin at frame ``at``."""
        begin, end = max(self.first, at), min(self.stop, at + values.shape[1])
        if begin < end:
            values[self.bins, begin - at : end - at] = self.new(begin, end)


@dataclass(frozen=True)
class _Changes:
    """Reads frames of a stream, and applies changes to them, one after the other.

    The changes are a list, as a function around a function for each of a thousand masks would exceed Python's stack.
    """

    values_at: Callable[[int, int], Real]
    changes: tuple[_Change, ...]

    def __call__(self, begin: int, end: int) -> Real:
        values: Real = self.values_at(begin, end).copy()
        for change in self.changes:
            change.put_into(values, begin)
        return values

    def with_one(self, change: _Change) -> _Changes:
        """Return these changes and one more."""
        return _Changes(self.values_at, (*self.changes, change))


def _changed(mel: Mel, region: Region, new: Callable[[int, int], Real]) -> Mel:
    """Return a copy of the mel with new values in a region."""
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


def with_padding(mel: AnyMel, padding: Padding) -> MelStream:
    """Return the mel followed by padding, as a stream, so that long padding takes no memory."""
    n_frames, n_mels = mel.n_frames, mel.n_mels
    n_samples = mel.n_samples if isinstance(mel, MelStream) else 1

    def values_at(begin: int, end: int) -> Real:
        inside = mel.values_at(min(begin, n_frames), min(end, n_frames))
        n_beyond = max(0, end - max(begin, n_frames))
        return np.concatenate([inside, np.full((n_mels, n_beyond), padding.value, np.float32)], axis=1)

    return MelStream(mel.frontend, n_frames + padding.n_frames, n_samples, values_at, mel.statistics)


def without_padding(padded: MelStream, mel: Mel, warps: Iterable[WarpPath]) -> Mel:
    """Return the clip without padding after the steps.

    ``padded`` is the result of the steps, ``mel`` the clip before them, and ``warps`` the time warps among them, which
    the result remembers.
    """
    if isinstance(mel, MelStream):
        return replace(mel, values_at=padded.values_at)
    moved = mel
    for path in warps:
        moved = moved.with_warp(path.clip_taps(mel.n_frames))
    return moved.with_values(padded.values_at(0, mel.n_frames))
