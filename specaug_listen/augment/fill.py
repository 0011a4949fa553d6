"""What is written into a mask, and how loud that is.

Statistics are those of the clip as it stands before the first mask (after any warp), so the fill of one mask
does not depend on another.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
from pydantic import Field

from .._record import record
from ..frontends import MelSpectrogram, Statistics

__all__ = ["Fill", "FillLevel", "Region", "fill_level", "fill_values"]

Fill: TypeAlias = (
    Annotated[float, Field(allow_inf_nan=False)] | Literal["mean", "band_mean", "frame_mean", "min", "floor", "noise"]
)
Region: TypeAlias = tuple[slice, slice]


@record
class FillLevel:
    """How loud the filled cells are, relative to the clip's own cells.

    Parameters
    ----------
    vs_p95_db : float [dB]
        Against the 95th percentile of all cells: about 0 is as loud as the speech's peaks.
    vs_median_db : float [dB]
        Against the median cell.
    """

    vs_p95_db: float
    vs_median_db: float


def fill_values(fill: Fill, clean: MelSpectrogram, region: Region, seed: int | None) -> npt.NDArray[np.float32]:
    """Values for a region, ready to be broadcast over it, in the front-end's own scale.

    Parameters
    ----------
    fill : float or {"mean", "band_mean", "frame_mean", "min", "floor", "noise"}
        A constant; the mean over the utterance, over each band's frames, or over each frame's bands; the
        clip's least value; the front-end's floor; or Gaussian noise with the utterance's mean and deviation,
        never below the floor.
    clean : MelSpectrogram
        Without masks.
    region : (slice, slice)
    seed : int or None
        Of the noise.
    """
    return np.asarray(_values(fill, clean, region, seed), dtype=np.float32)


def _values(fill: Fill, clean: MelSpectrogram, region: Region, seed: int | None) -> Any:
    values = clean.values
    if fill == "mean":
        return values.mean(dtype=np.float64)
    if fill == "band_mean":
        return values[region[0]].mean(axis=1, keepdims=True, dtype=np.float64)
    if fill == "frame_mean":
        return values[:, region[1]].mean(axis=0, keepdims=True, dtype=np.float64)
    if fill == "min":
        return values.min()
    if not isinstance(fill, str):
        return fill
    floor = clean.frontend.floor_value(values, clean.statistics)[region[0]]
    if fill == "floor":
        return floor
    noise = np.random.default_rng(seed).standard_normal(values[region].shape) * values.std(dtype=np.float64)
    return np.maximum(noise + values.mean(dtype=np.float64), floor)


def fill_level(fill: npt.NDArray[np.float32], clean: MelSpectrogram, region: Region) -> FillLevel | None:
    """The level of a fill in a region; None where the region is empty, or the clip is silent and has no level.

    Raises
    ------
    ParameterError
        When the fill does not exist in the front-end's scale.
    """
    shape = clean.values[region].shape
    if 0 in shape:
        return None
    statistics = clean.statistics
    if statistics is not None:
        statistics = Statistics(statistics.mean[region[0]], statistics.std[region[0]])
    energy = clean.frontend.energy(np.broadcast_to(fill, shape), statistics)
    power = energy if clean.frontend.power == 2 else energy**2
    p95, median = clean.percentiles_db
    if p95 == median == clean.db.min():
        return None
    level = 10 * np.log10(max(float(power.mean(dtype=np.float64)), 1e-20))
    return FillLevel(round(float(level - p95), 2), round(float(level - median), 2))
