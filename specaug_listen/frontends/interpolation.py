"""`Taps`: which frames a warped frame is read from, and with which weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = ["Taps", "linear_taps"]

Real = npt.NDArray[np.float32]


class Taps(NamedTuple):
    """An interpolation along time, whatever its kind.

    Parameters
    ----------
    source : np.ndarray [shape=(n,), float64] [frames]
        Where each frame is read.
    frames : np.ndarray [shape=(n, n_taps), int]
        The frames around it that are summed.
    weights : np.ndarray [shape=(n, n_taps), float32]
    """

    source: npt.NDArray[np.float64]
    frames: npt.NDArray[np.intp]
    weights: Real

    def first(self, n: int) -> Taps:
        """Of the first frames."""
        return Taps(self.source[:n], self.frames[:n], self.weights[:n])

    def within(self, n: int) -> Taps:
        """Of the first frames, where there are no others: what lies beyond them is read at the last one."""
        return Taps(np.minimum(self.source[:n], n - 1), np.minimum(self.frames[:n], n - 1), self.weights[:n])

    def extended(self, n: int) -> Taps:
        """Of ``n`` frames, of which those that follow stay as they are."""
        more = np.arange(len(self.source), n)
        frames = np.repeat(more[:, np.newaxis], self.frames.shape[1], axis=1)
        weights = np.zeros(frames.shape, np.float32)
        weights[:, 0] = 1
        return Taps(
            np.concatenate([self.source, more]),
            np.concatenate([self.frames, frames]),
            np.concatenate([self.weights, weights]),
        )

    def read(self, values_at: Callable[[int, int], Real], begin: int, end: int) -> Real:
        """Frames ``begin`` to ``end - 1`` of the result.

        Parameters
        ----------
        values_at : callable (int, int) -> np.ndarray [shape=(n_mels, end - begin)]
            Of what is read from.
        """
        frames, weights = self.frames[begin:end], self.weights[begin:end]
        first = int(frames.min(initial=len(self.source)))
        values = values_at(first, int(frames.max(initial=first)) + 1)
        total = values[:, frames[:, 0] - first] * weights[:, 0]
        for i in range(1, frames.shape[1]):
            total += values[:, frames[:, i] - first] * weights[:, i]
        return total


def linear_taps(source: npt.NDArray[np.float64], n_frames: int) -> Taps:
    """Read linearly between neighbouring frames.

    Parameters
    ----------
    source : np.ndarray [shape=(n,)], in [0, n_frames - 1] [frames]
    n_frames : int > 0
        Of what is read from.

    Examples
    --------
    >>> taps = linear_taps(np.array([0.25, 2.0]), 3)
    >>> taps.read(lambda begin, end: np.array([[0.0, 8, 4]], np.float32)[:, begin:end], 0, 2)
    array([[2., 4.]], dtype=float32)
    """
    before = np.clip(source.astype(np.intp), 0, max(n_frames - 2, 0))
    share = (source - before).astype(np.float32)
    return Taps(source, np.stack([before, np.minimum(before + 1, n_frames - 1)], 1), np.stack([1 - share, share], 1))
