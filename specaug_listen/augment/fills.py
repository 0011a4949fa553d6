"""What is written into a mask, and how loud that is.

Statistics are those of the clip as it stands before the first mask (after any warp), so the fill of one mask
does not depend on another.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any, Literal, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
from pydantic import Field

from .._records import record
from ..errors import ParameterError
from ..frontends import AnyMel
from ..stft import FRAMES_PER_BLOCK

__all__ = [
    "FILLS",
    "Fill",
    "FillLevel",
    "FillName",
    "Padding",
    "Region",
    "fill_level",
    "fill_values",
    "is_noise",
    "is_silent",
]

FillName: TypeAlias = Literal["mean", "band_mean", "frame_mean", "min", "floor", "noise", "uniform", "unit_noise"]
Fill: TypeAlias = Annotated[float, Field(allow_inf_nan=False)] | FillName
Region: TypeAlias = tuple[slice, slice]
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

    @classmethod
    def of(cls, mean_power: float, clip: AnyMel) -> FillLevel:
        """Compare the mean power of filled cells with a clip that is not silent."""
        p95, median = clip.percentiles_db
        level_db = float(10 * np.log10(max(mean_power, 1e-20)))
        return cls(round(level_db - p95, 2), round(level_db - median, 2))


def is_silent(clip: AnyMel) -> bool:
    """Say whether a clip has no level: nearly all of its cells are as low as its front-end goes."""
    p95, median = clip.percentiles_db
    return p95 == median == clip.range_db[0]


class Padding(NamedTuple):
    """Frames of a batch beyond the clip's end, and the value in them."""

    n_frames: int = 0
    value: float = 0.0

    def mean(self, mel: AnyMel) -> float:
        """Return the mean over a clip and its padding."""
        n = mel.n_frames + self.n_frames
        return float((mel.summary.mean * mel.n_frames + self.value * self.n_frames) / n)


NO_PADDING = Padding()


class _Cells(NamedTuple):
    """Cells to fill: a region of a mel without masks, the seed of their noise, and the padding behind the mel."""

    clean: AnyMel
    region: Region
    seed: int | None
    padding: Padding

    @property
    def span(self) -> tuple[int, int]:
        """The first frame, and the one behind the last."""
        begin, end, _ = self.region[1].indices(self.clean.n_frames)
        return begin, end

    @property
    def mean(self) -> Any:
        """The mean of the clip, and of its padding where that counts."""
        return self.padding.mean(self.clean) if self.padding.n_frames else self.clean.summary.mean

    @property
    def frame_mean(self) -> Any:
        """The mean of each frame over all bins."""
        return self.clean.part(*self.span).values.mean(axis=0, keepdims=True, dtype=np.float64)

    @property
    def floor(self) -> npt.NDArray[Any]:
        """The front-end's least value in each bin."""
        return self.clean.frontend.floor_value(self.clean.summary.largest, self.clean.statistics)[self.region[0]]

    def noise(self, kind: Literal["standard_normal", "random"]) -> npt.NDArray[np.float64]:
        """White noise, of standard deviation 1 or uniform from 0 to 1."""
        n_bins = len(range(*self.region[0].indices(self.clean.n_mels)))
        return _noise(n_bins, *self.span, self.seed, kind)

    @property
    def noise_like_clip(self) -> Any:
        """Gaussian noise with the clip's mean and standard deviation, never below the floor."""
        summary = self.clean.summary
        return np.maximum(self.noise("standard_normal") * summary.std + summary.mean, self.floor)

    @property
    def noise_within_clip(self) -> Any:
        """Noise between the clip's least and its largest value."""
        summary = self.clean.summary
        return self.noise("random") * (summary.largest - summary.least) + summary.least


class NamedFill(NamedTuple):
    """A fill that has a name.

    Parameters
    ----------
    words : str
        What is filled in; ``{clip}`` stands for what statistics are taken of.
    values : callable
        Return the values for some `_Cells`, in the front-end's own scale, ready to be broadcast over them.
    is_noise : bool
        Whether it is drawn, from a seed of its own.
    """

    words: str
    values: Callable[[_Cells], Any]
    is_noise: bool = False


# All that is known of each fill; a new one is a name in `FillName`, a row here and one in docs/policies.md.
FILLS: dict[FillName, NamedFill] = {
    "mean": NamedFill("the mean of {clip}", lambda cells: cells.mean),
    "band_mean": NamedFill("each bin's mean", lambda cells: cells.clean.summary.bin_mean[cells.region[0]]),
    "frame_mean": NamedFill("each frame's mean", lambda cells: cells.frame_mean),
    "min": NamedFill("the clip's least value", lambda cells: cells.clean.summary.least),
    "floor": NamedFill("the least value of the front-end", lambda cells: cells.floor),
    "noise": NamedFill(
        "Gaussian noise of the clip's mean and standard deviation", lambda cells: cells.noise_like_clip, is_noise=True
    ),
    # SpeechBrain's ``rand``.
    "uniform": NamedFill(
        "uniform noise between the clip's least and largest values",
        lambda cells: cells.noise_within_clip,
        is_noise=True,
    ),
    # lingvo's ``gaussian_noise``; never below the floor.
    "unit_noise": NamedFill(
        "Gaussian noise of standard deviation 1",
        lambda cells: np.maximum(cells.noise("standard_normal"), cells.floor),
        is_noise=True,
    ),
}


def is_noise(fill: float | str) -> bool:
    """Say whether a fill is drawn, from a seed of its own.

    Examples
    --------
    >>> is_noise("noise"), is_noise("mean"), is_noise(0.0)
    (True, False, False)
    """
    return isinstance(fill, str) and fill in FILLS and FILLS[fill].is_noise


def fill_values(
    fill: Fill, clean: AnyMel, region: Region, seed: int | None, padding: Padding = NO_PADDING
) -> npt.NDArray[np.float32]:
    """Return values for a region, ready to be broadcast over it, in the front-end's own scale.

    Parameters
    ----------
    fill : float or str
        A constant, or a name in `FILLS`.
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
    cells = _Cells(clean, region, seed, padding)
    return np.asarray(FILLS[fill].values(cells) if isinstance(fill, str) else fill, dtype=np.float32)


def _noise(
    n_bins: int, begin: int, end: int, seed: int | None, kind: Literal["standard_normal", "random"]
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
    return None if is_silent(clip) else FillLevel.of(total / (end - begin), clip)
