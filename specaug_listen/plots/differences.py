"""A plot of what an augmentation changed: one mel minus another."""

from __future__ import annotations

import numbers
from typing import TYPE_CHECKING

import numpy as np

from ..errors import ParameterError
from ..frontends import AnyMel, check_mel
from .mels import RANGE_DB, check_axes, columns, extent_s, reference_db, set_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["DIFFERENCE_DB", "plot_difference"]

# Difference with the full colour, here and on a page.
DIFFERENCE_DB = 40.0
# Blue is quieter, red is louder; safe for all common kinds of colour blindness.
_COLOUR_MAP = "RdBu_r"


def plot_difference(before: AnyMel, after: AnyMel, ax: Axes, *, range_db: float = DIFFERENCE_DB) -> Axes:
    """Plot how much louder or quieter each cell of ``after`` is than in ``before``.

    Cells are clipped as in `plot_mel`, 80 dB below the loudest cell of ``before``.

    Parameters
    ----------
    before, after : MelSpectrogram or MelStream
        Of one front-end; ``after`` may be shorter.
    ax : matplotlib Axes
    range_db : float [dB]
        Difference with the full colour.

    Returns
    -------
    matplotlib Axes
        ``ax``; its image is the last of ``ax.images``.

    Raises
    ------
    ParameterError
        If the numbers of bins differ.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from specaug_listen import Audio, augment, frontends
    >>> mel = frontends.WHISPER(Audio(np.sin(np.arange(16000) * 0.2), 16000))
    >>> draw = augment.LB.draw(mel, rng=0)
    >>> ax = plot_difference(mel, draw.apply(mel), Figure().add_subplot())
    >>> float(ax.images[-1].norm.vmax)
    40.0
    """
    check_mel(before, "before")
    check_mel(after, "after")
    check_axes(ax)
    if isinstance(range_db, bool) or not isinstance(range_db, numbers.Real):
        raise ParameterError(f"range_db={range_db!r:.80}: expected a number of dB")
    if before.n_mels != after.n_mels:
        raise ParameterError(f"mels of {before.n_mels} and {after.n_mels} bins: expected two of one front-end")
    floor_db = reference_db(before) - RANGE_DB
    old, new = (np.maximum(columns(mel), floor_db) for mel in (before.first_frames(after.n_frames), after))
    ax.imshow(
        new - old,
        origin="lower",
        aspect="auto",
        interpolation="nearest",
        cmap=_COLOUR_MAP,
        vmin=-range_db,
        vmax=range_db,
        extent=(*extent_s(after.frontend, after.n_frames), -0.5, after.n_mels - 0.5),
    )
    return set_axes(after, ax)
