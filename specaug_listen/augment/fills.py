"""What is written into a mask, and how loud that is.

Statistics are those of the clip as it stands before the first mask (after any warp), so the fill of one mask
does not depend on another.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, Literal, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
from pydantic import Field

from .._records import record
from ..errors import ParameterError
from ..frontends import AnyMel
from ..stft import FRAMES_PER_BLOCK

__all__ = ["NOISE_FILLS", "Fill", "FillLevel", "Padding", "Region", "fill_level", "fill_values"]

Fill: TypeAlias = (
    Annotated[float, Field(allow_inf_nan=False)]
    | Literal["mean", "band_mean", "frame_mean", "min", "floor", "noise", "uniform", "unit_noise"]
)
Region: TypeAlias = tuple[slice, slice]
# Fills that are drawn, each from a seed of its own.
NOISE_FILLS = ("noise", "uniform", "unit_noise")
# Frames that one stream of noise serves, so that any part of a long mask can be drawn by itself.
_NOISE_FRAMES = 256


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


class Padding(NamedTuple):
    """Frames of a batch beyond the clip's end, and the value in them."""

    n_frames: int = 0
    value: float = 0.0

    def mean(self, mel: AnyMel) -> float:
        """Return the mean over a clip and its padding."""
        n = mel.n_frames + self.n_frames
        return float((mel.summary.mean * mel.n_frames + self.value * self.n_frames) / n)


NO_PADDING = Padding()


def fill_values(
    fill: Fill, clean: AnyMel, region: Region, seed: int | None, padding: Padding = NO_PADDING
) -> npt.NDArray[np.float32]:
    """Return values for a region, ready to be broadcast over it, in the front-end's own scale.

    Parameters
    ----------
    fill : float or {"mean", "band_mean", "frame_mean", "min", "floor", "noise", "uniform", "unit_noise"}
        A constant; the mean over the utterance, over each bin's frames, or over each frame's bins; the
        clip's least value; the front-end's floor; Gaussian noise with the utterance's mean and standard deviation,
        never below the floor; noise between the clip's least and its largest value (SpeechBrain's ``rand``); or
        Gaussian noise around 0 with a standard deviation of 1 (lingvo's ``gaussian_noise``), never below the floor.
    clean : MelSpectrogram or MelStream
        Without masks.
    region : (slice, slice)
        Bins and frames; a part of a mask is filled like the whole.
    seed : int or None
        Of the noise; None for the other fills.
    padding : Padding
        Counts in ``mean``.

    Raises
    ------
    ParameterError
        For noise without a seed, which would be another one each time.
    """
    return np.asarray(_values(fill, clean, region, seed, padding), dtype=np.float32)


def _values(fill: Fill, clean: AnyMel, region: Region, seed: int | None, padding: Padding) -> Any:
    if not isinstance(fill, str):
        return fill
    if fill == "mean":
        return padding.mean(clean) if padding.n_frames else clean.summary.mean
    summary, (bins, frames) = clean.summary, region
    if fill == "band_mean":
        return summary.bin_mean[bins]
    if fill == "min":
        return summary.least
    begin, end, _ = frames.indices(clean.n_frames)
    if fill == "frame_mean":
        return clean.part(begin, end).values.mean(axis=0, keepdims=True, dtype=np.float64)
    floor = clean.frontend.floor_value(summary.largest, clean.statistics)[bins]
    if fill == "floor":
        return floor
    if fill == "uniform":
        return _noise(len(floor), begin, end, seed, "random") * (summary.largest - summary.least) + summary.least
    noise = _noise(len(floor), begin, end, seed)
    return np.maximum(noise if fill == "unit_noise" else noise * summary.std + summary.mean, floor)


def _noise(
    n_bins: int, begin: int, end: int, seed: int | None, kind: Literal["standard_normal", "random"] = "standard_normal"
) -> npt.NDArray[np.float64]:
    """Draw white noise over frames ``begin`` to ``end - 1``: the same for a frame wherever one begins to read."""
    if seed is None:
        raise ParameterError("seed=None: a fill of noise needs a seed, an integer from 0 on; draw the step again")
    blocks = range(begin // _NOISE_FRAMES, -(-end // _NOISE_FRAMES))
    streams = [np.random.default_rng((seed, block)) for block in blocks]
    blocks_of_noise = [getattr(stream, kind)((_NOISE_FRAMES, n_bins)) for stream in streams]
    first = begin - blocks.start * _NOISE_FRAMES
    noise: npt.NDArray[np.float64] = np.concatenate(blocks_of_noise)[first : first + end - begin].T
    return noise


def fill_level(
    fill: Fill,
    clean: AnyMel,
    region: Region,
    seed: int | None,
    padding: Padding = NO_PADDING,
    *,
    n_frames: int | None = None,
) -> FillLevel | None:
    """Measure a fill in a region; None where the region is empty, or the clip is silent and has no level.

    Of a mel with padding behind it, ``n_frames`` are the clip's.

    Raises
    ------
    ParameterError
        When the fill does not exist in the front-end's scale.
    """
    bins, frames = region
    clip = clean if n_frames is None or n_frames >= clean.n_frames else clean.first_frames(n_frames)
    begin, end, _ = frames.indices(clip.n_frames)
    if begin >= end or not len(range(*bins.indices(clean.n_mels))):
        return None
    statistics = clean.statistics
    if statistics is not None:
        statistics = replace(statistics, mean=statistics.mean[bins], std=statistics.std[bins])
    total = 0.0
    for i in range(begin, end, FRAMES_PER_BLOCK):
        here = slice(i, min(i + FRAMES_PER_BLOCK, end))
        energy = clean.frontend.energy(fill_values(fill, clean, (bins, here), seed, padding), statistics)
        power = energy if clean.frontend.power == 2 else energy**2
        total += float(power.mean(dtype=np.float64)) * (here.stop - here.start)
    p95, median = clip.percentiles_db
    if p95 == median == clip.range_db[0]:
        return None
    level = 10 * np.log10(max(total / (end - begin), 1e-20))
    return FillLevel(round(float(level - p95), 2), round(float(level - median), 2))
