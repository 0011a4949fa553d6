"""Detect frames or bins that were reversed or shuffled; a warp or a roll keeps the order of nearly all neighbours."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["are_out_of_order", "original_bins"]

Real: TypeAlias = npt.NDArray[np.floating]
# Fewest places for a decision.
_FEWEST_PLACES = 10
# Share of the places out of order above which the order counts as changed.
_OUT_OF_ORDER_SHARE = 0.25
# Uncertainty of origins that are read from rounded values, as a share of the clip.
_UNCERTAIN_SHARE = 0.01
# Number of frames in which bins are compared, and the share of these in which two bins must be equal.
_FRAMES_COMPARED = 12
_LEAST_SHARE_ALIKE = 0.3


def are_out_of_order(origins: Real) -> bool:
    """Return whether many places hold content from later than that of their successors.

    Parameters
    ----------
    origins : np.ndarray [shape=(any,)]
        Original index of the content of each place.

    Examples
    --------
    >>> are_out_of_order(np.arange(200)[::-1]), are_out_of_order(np.roll(np.arange(200), 50))
    (True, False)
    """
    if len(origins) < _FEWEST_PLACES:
        return False
    apart = 1 + int(_UNCERTAIN_SHARE * len(origins))
    steps = origins[apart:] - origins[:-apart]
    return bool((steps < -0.5 * apart).mean() > _OUT_OF_ORDER_SHARE)


def original_bins(before: Real, after: Real, least: float) -> Real:
    """Return the original index of each identifiable bin; cells count as equal up to a difference of ``least``.

    Both mels have shape (n_mels, n_frames); time masks do not matter.
    """
    frames = np.unique(np.linspace(0, before.shape[1] - 1, _FRAMES_COMPARED).astype(int))
    alike = np.abs(after[:, np.newaxis, frames] - before[np.newaxis, :, frames]) <= least
    shares = alike.mean(axis=2)
    origins: Real = shares.argmax(axis=1)[shares.max(axis=1) >= _LEAST_SHARE_ALIKE].astype(np.float64)
    return origins
