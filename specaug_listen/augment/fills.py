"""The values that masks write, and how loud they are.

Statistics are taken from the clip before its first mask (after any warp), so the fill of one mask does not depend on
the others.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple, TypeAlias

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

Region: TypeAlias = tuple[slice, slice]
# Noise is drawn in blocks of this many frames, each from its own stream, so any part of a long mask can be drawn alone.
_NOISE_FRAMES = 256


@record
class FillLevel:
    """Loudness of the filled cells relative to the clip's own cells.

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
    """Tell whether nearly all cells of a clip are as low as its front-end goes, so that the clip has no level."""
    p95, median = clip.percentiles_db
    return p95 == median == clip.range_db[0]


class Padding(NamedTuple):
    """Frames of a batch after the clip's end, and the value in them."""

    n_frames: int = 0
    value: float = 0.0

    def mean(self, mel: AnyMel) -> float:
        """Return the mean over the clip and its padding."""
        n = mel.n_frames + self.n_frames
        return float((mel.cell_statistics.mean * mel.n_frames + self.value * self.n_frames) / n)


NO_PADDING = Padding()


class _Cells(NamedTuple):
    """Cells to fill: a region of a mel without masks, the seed of noise, and the padding after the mel."""

    clean: AnyMel
    region: Region
    seed: int | None
    padding: Padding

    @property
    def span(self) -> tuple[int, int]:
        """First frame, and end frame (exclusive)."""
        begin, end, _ = self.region[1].indices(self.clean.n_frames)
        return begin, end

    @property
    def mean(self) -> Any:
        """Mean of the clip, including its padding if there is any."""
        return self.padding.mean(self.clean) if self.padding.n_frames else self.clean.cell_statistics.mean

    @property
    def frame_mean(self) -> Any:
        """Mean of each frame over all bins."""
        return self.clean.part(*self.span).values.mean(axis=0, keepdims=True, dtype=np.float64)

    @property
    def floor(self) -> npt.NDArray[Any]:
        """Lowest value that the front-end can produce in each bin."""
        return self.clean.frontend.floor_value(self.clean.cell_statistics.largest, self.clean.statistics)[
            self.region[0]
        ]

    def noise(self, kind: Literal["standard_normal", "random"]) -> npt.NDArray[np.float64]:
        """Return white noise: Gaussian with standard deviation 1, or uniform in [0, 1)."""
        n_bins = len(range(*self.region[0].indices(self.clean.n_mels)))
        return _noise(n_bins, *self.span, self.seed, kind)

    @property
    def noise_like_clip(self) -> Any:
        """Gaussian noise with the clip's mean and standard deviation, never below the floor."""
        cells = self.clean.cell_statistics
        return np.maximum(self.noise("standard_normal") * cells.std + cells.mean, self.floor)

    @property
    def noise_within_clip(self) -> Any:
        """Uniform noise between the clip's lowest and highest value."""
        cells = self.clean.cell_statistics
        return self.noise("random") * (cells.largest - cells.least) + cells.least


class NamedFill(NamedTuple):
    """A fill with a name.

    Parameters
    ----------
    words : str
        Description; ``{clip}`` is replaced by the name of what statistics are taken from.
    values : callable
        Returns the values for a `_Cells` in the front-end's own scale, ready to be broadcast over the region.
    is_noise : bool
        Whether it is drawn, from its own seed.
    """

    words: str
    values: Callable[[_Cells], Any]
    is_noise: bool = False


# To add a fill, add a row here and one in docs/policies.md.
FILLS: dict[str, NamedFill] = {
    "mean": NamedFill("the mean of {clip}", lambda cells: cells.mean),
    "band_mean": NamedFill("each bin's mean", lambda cells: cells.clean.cell_statistics.bin_mean[cells.region[0]]),
    "frame_mean": NamedFill("each frame's mean", lambda cells: cells.frame_mean),
    "min": NamedFill("the clip's least value", lambda cells: cells.clean.cell_statistics.least),
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
if TYPE_CHECKING:
    FillName: TypeAlias = str
else:
    FillName = Literal[tuple(FILLS)]
Fill: TypeAlias = Annotated[float, Field(allow_inf_nan=False)] | FillName


def is_noise(fill: float | str) -> bool:
    """Tell whether a fill is drawn, from its own seed.

    Examples
    --------
    >>> is_noise("noise"), is_noise("mean"), is_noise(0.0)
    (True, False, False)
    """
    return isinstance(fill, str) and fill in FILLS and FILLS[fill].is_noise


def fill_values(
    fill: Fill, clean: AnyMel, region: Region, seed: int | None, padding: Padding = NO_PADDING
) -> npt.NDArray[np.float32]:
    """Return the values that fill a region, in the front-end's own scale, ready to be broadcast over it.

    A part of a mask gets the same values as the whole mask would have there. ``clean`` is the mel without masks;
    ``padding`` is included in ``mean``. Noise without a seed would differ each time, so it raises a ParameterError.
    """
    cells = _Cells(clean, region, seed, padding)
    return np.asarray(FILLS[fill].values(cells) if isinstance(fill, str) else fill, dtype=np.float32)


def _noise(
    n_bins: int, begin: int, end: int, seed: int | None, kind: Literal["standard_normal", "random"]
) -> npt.NDArray[np.float64]:
    """Draw white noise for frames ``begin`` to ``end - 1``; a frame's noise does not depend on ``begin``."""
    if seed is None:
        raise ParameterError("seed=None: a noise fill needs a seed, an integer of 0 or more; draw the step again")
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
    """Measure the loudness of a fill; None if the region is empty or the clip is silent.

    If the mel has padding, ``n_frames`` is the length of the clip. Raises a ParameterError if the front-end's scale has
    no such value.
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
