"""Say whether frames, or bins, come back in another order than they were given in.

A warp or a roll keeps the order of nearly all neighbours; what runs backwards, or was shuffled, does not.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["are_out_of_order", "original_bins"]

Real: TypeAlias = npt.NDArray[np.floating]
# Fewest places to judge.
_FEWEST_PLACES = 10
# Share of the places out of order above which that is a fault.
_OUT_OF_ORDER_SHARE = 0.25
# Share of a clip within which no step counts: what is read from rounded values is that uncertain.
_UNCERTAIN_SHARE = 0.01
# Frames in which bins are compared, and the share of these in which one must be another to the bit.
_FRAMES_COMPARED = 12
_LEAST_SHARE_ALIKE = 0.3


def are_out_of_order(origins: Real) -> bool:
    """Say whether many places hold what belongs behind what follows them.

    Parameters
    ----------
    origins : np.ndarray [shape=(any,)]
        Where from what each place holds comes.

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
    """Return which bin each bin was before, of those that can be told, with masks of time or without.

    Parameters
    ----------
    before, after : np.ndarray [shape=(n_mels, n_frames)]
    least : float
        Below which a difference is none.
    """
    frames = np.unique(np.linspace(0, before.shape[1] - 1, _FRAMES_COMPARED).astype(int))
    alike = np.abs(after[:, np.newaxis, frames] - before[np.newaxis, :, frames]) <= least
    shares = alike.mean(axis=2)
    origins: Real = shares.argmax(axis=1)[shares.max(axis=1) >= _LEAST_SHARE_ALIKE].astype(np.float64)
    return origins
