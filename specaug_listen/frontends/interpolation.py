"""`FrameInterpolation`: each frame of a warped mel as a weighted sum of frames."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = ["FrameInterpolation", "linear_interpolation"]

Real = npt.NDArray[np.float32]


class FrameInterpolation(NamedTuple):
    """An interpolation along time.

    Parameters
    ----------
    source : np.ndarray [shape=(n,), float64] [frames]
        Position from which each frame is read.
    frames : np.ndarray [shape=(n, n_taps), int]
        The frames around it that are summed.
    weights : np.ndarray [shape=(n, n_taps), float32]
    """

    source: npt.NDArray[np.float64]
    frames: npt.NDArray[np.intp]
    weights: Real

    def first(self, n: int) -> FrameInterpolation:
        """Return the interpolation of the first ``n`` frames."""
        return FrameInterpolation(self.source[:n], self.frames[:n], self.weights[:n])

    def within(self, n: int) -> FrameInterpolation:
        """Return the interpolation of the first ``n`` frames in a mel of ``n`` frames.

        Positions after its end move to its last frame.
        """
        first = self.first(n)
        return first._replace(source=np.minimum(first.source, n - 1), frames=np.minimum(first.frames, n - 1))

    def extend(self, n: int) -> FrameInterpolation:
        """Add unchanged frames, up to ``n`` in all."""
        more = np.arange(len(self.source), n)
        frames = np.repeat(more[:, np.newaxis], self.frames.shape[1], axis=1)
        weights = np.zeros(frames.shape, np.float32)
        weights[:, 0] = 1
        return FrameInterpolation(
            np.concatenate([self.source, more]),
            np.concatenate([self.frames, frames]),
            np.concatenate([self.weights, weights]),
        )

    def read(self, values_at: Callable[[int, int], Real], begin: int, end: int) -> Real:
        """Return frames ``begin`` to ``end - 1`` of the result, shape (n_mels, end - begin).

        Parameters
        ----------
        values_at : callable (int, int) -> np.ndarray [shape=(n_mels, end - begin)]
            Returns frames of the original mel.
        """
        frames, weights = self.frames[begin:end], self.weights[begin:end]
        first = int(frames.min(initial=len(self.source)))
        values = values_at(first, int(frames.max(initial=first)) + 1)
        total = values[:, frames[:, 0] - first] * weights[:, 0]
        for i in range(1, frames.shape[1]):
            total += values[:, frames[:, i] - first] * weights[:, i]
        return total


def linear_interpolation(source: npt.NDArray[np.float64], n_frames: int) -> FrameInterpolation:
    """Interpolate linearly between neighbouring frames.

    Parameters
    ----------
    source : np.ndarray [shape=(n,)], in [0, n_frames - 1] [frames]
    n_frames : int > 0
        Number of frames of the original mel.

    Examples
    --------
    >>> taps = linear_interpolation(np.array([0.25, 2.0]), 3)
    >>> taps.read(lambda begin, end: np.array([[0.0, 8, 4]], np.float32)[:, begin:end], 0, 2)
    array([[2., 4.]], dtype=float32)
    """
    before = np.clip(source.astype(np.intp), 0, max(n_frames - 2, 0))
    share = (source - before).astype(np.float32)
    return FrameInterpolation(
        source, np.stack([before, np.minimum(before + 1, n_frames - 1)], 1), np.stack([1 - share, share], 1)
    )
