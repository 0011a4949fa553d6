"""SpecAugment's three transforms [1]_, each as a rule from which steps are drawn.

All chance is in ``draw``; what it decides is data, and `specaug_listen.augment.Draw` applies it.

References
----------
.. [1] D. S. Park et al., "SpecAugment: A Simple Data Augmentation Method for Automatic Speech Recognition",
   Interspeech 2019, arXiv:1904.08779.
.. [2] D. S. Park et al., "SpecAugment on Large Scale Datasets", ICASSP 2020, arXiv:1912.05533.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

import numpy as np
from pydantic import Field

from .._records import record
from .._rng import MAX_SEED
from .fills import Fill
from .steps import FrequencyBand, Step, TimeSpan, WarpPath

__all__ = ["FrequencyMask", "PaperTransform", "TimeMask", "TimeWarp"]

Count = Annotated[int, Field(ge=0, le=10_000)]
Ratio = Annotated[float, Field(ge=0, le=1)]
Drawn: TypeAlias = tuple[list[Step], list[str]]


@record
class FrequencyMask:
    """Mask bands of neighbouring mel bins.

    The width f is uniform in {0, ..., ``max_bins``}, the start uniform in [0, n_mels - f), read as integers, as
    [1]_ writes it; so the last bin is reached only by a mask over all bins.

    Parameters
    ----------
    count : int >= 0
        Number of masks (m_F in [1]_).
    max_bins : int >= 0 [mel bins]
        Largest width (F). Clamped to the mel's bins, with a warning.
    fill : float or {"mean", "band_mean", "frame_mean", "min", "floor", "noise"}
        See `specaug_listen.augment.fills.fill_values`.

    Raises
    ------
    ParameterError
        When a value is out of range.

    Examples
    --------
    >>> steps, warnings = FrequencyMask(count=2).draw(80, 300, np.random.default_rng(0))
    >>> len(steps)
    2
    """

    count: Count = 1
    max_bins: Count = 27
    fill: Fill = "mean"
    kind: Literal["frequency_mask"] = "frequency_mask"

    def draw(self, n_mels: int, n_frames: int, rng: np.random.Generator) -> Drawn:
        """Draw the bands for a mel of this size, and say what was clamped."""
        warnings = []
        if self.count and self.max_bins > n_mels:
            warnings.append(f"frequency_mask.max_bins={self.max_bins} was clamped to the mel's {n_mels} bins")
        widest = min(self.max_bins, n_mels)
        steps: list[Step] = []
        for _ in range(self.count):
            start, width = _start_and_width(widest, n_mels, rng)
            steps.append(FrequencyBand(start, width, self.fill, _noise_seed(self.fill, rng)))
        return steps, warnings


@record
class TimeMask:
    """Mask runs of neighbouring frames.

    The width t is uniform in {0, ..., T'}, T' = min(``max_frames``, floor(``max_ratio`` · n_frames)), and the start
    uniform in [0, n_frames - t).

    Parameters
    ----------
    count : int >= 0
        Number of masks (m_T in [1]_).
    max_frames : int >= 0 [frames] or None
        Largest width (T). None leaves the bound to ``max_ratio``: the adaptive size of [2]_.
    max_ratio : float in [0, 1]
        Largest width as a share of the clip's frames (p in [1]_, p_S in [2]_).
    count_ratio : float in [0, 1] or None
        Number of masks as a share of the clip's frames (p_M in [2]_): min(``max_count``, floor(``count_ratio`` ·
        n_frames)) masks, in place of ``count``.
    max_count : int >= 0
        Bound for ``count_ratio``.
    fill : float or {"mean", "band_mean", "frame_mean", "min", "floor", "noise"}
        See `specaug_listen.augment.fills.fill_values`.

    Raises
    ------
    ParameterError
        When a value is out of range.

    Examples
    --------
    >>> steps, warnings = TimeMask(max_frames=100, max_ratio=0.2).draw(80, 100, np.random.default_rng(0))
    >>> steps[0].n_frames <= 20
    True
    """

    count: Count = 1
    max_frames: Count | None = 100
    max_ratio: Ratio = 1.0
    count_ratio: Ratio | None = None
    max_count: Count = 20
    fill: Fill = "mean"
    kind: Literal["time_mask"] = "time_mask"

    def draw(self, n_mels: int, n_frames: int, rng: np.random.Generator) -> Drawn:
        """Draw the runs for a mel of this size, and say what was clamped or does nothing."""
        count = self.count if self.count_ratio is None else min(self.max_count, _share(self.count_ratio, n_frames))
        bound = _share(self.max_ratio, n_frames)
        widest = bound if self.max_frames is None else min(self.max_frames, bound)
        steps: list[Step] = []
        for _ in range(count):
            start, width = _start_and_width(widest, n_frames, rng)
            steps.append(TimeSpan(start, width, self.fill, _noise_seed(self.fill, rng)))
        return steps, self._warnings(n_frames, count, bound)

    def _warnings(self, n_frames: int, count: int, bound: int) -> list[str]:
        if self.count_ratio and self.max_count and count == 0:
            return [
                f"time_mask did nothing: at count_ratio={self.count_ratio:g} masks per frame, {n_frames} frames are "
                "too few for one"
            ]
        if count and self.max_ratio and self.max_frames != 0 and bound == 0:
            return [f"time_mask did nothing: max_ratio={self.max_ratio:g} of {n_frames} frames is less than 1 frame"]
        if count and self.max_frames is not None and self.max_frames > n_frames == bound:
            return [f"time_mask.max_frames={self.max_frames} was clamped to the clip's {n_frames} frames"]
        return []


@record
class TimeWarp:
    """Stretch one part of the clip and squeeze the other: the piecewise-linear map with fixed ends of [1]_, [2]_.

    A frame in the open interval (W, n_frames - 1 - W) moves by a whole number of frames, uniform in {-W, ..., W};
    the first and the last frame stay. A clip of fewer than 2W + 3 frames has no such frame: nothing happens then, and
    the draw says so.

    Parameters
    ----------
    max_frames : int >= 0 [frames]
        Largest displacement (W).

    Raises
    ------
    ParameterError
        When ``max_frames`` is out of range.

    Examples
    --------
    >>> TimeWarp(max_frames=80).draw(80, 100, np.random.default_rng(0))[1]
    ['time_warp did nothing: max_frames=80 needs at least 163 frames, the clip has 100']
    """

    max_frames: Count = 80
    kind: Literal["time_warp"] = "time_warp"

    def draw(self, n_mels: int, n_frames: int, rng: np.random.Generator) -> Drawn:
        """Draw a warp for a mel of this size, or say why there is none."""
        w = self.max_frames
        if w == 0:
            return [], []
        needed = 2 * w + 3
        if n_frames < needed:
            return [], [
                f"time_warp did nothing: max_frames={w} needs at least {needed} frames, the clip has {n_frames}"
            ]
        center = int(rng.integers(w + 1, n_frames - 2 - w, endpoint=True))
        return [WarpPath(center, int(rng.integers(-w, w, endpoint=True)))], []


PaperTransform: TypeAlias = FrequencyMask | TimeMask | TimeWarp


def _share(ratio: float, n_frames: int) -> int:
    """Floor of the product, as if the ratio were the decimal number that was written (0.29 of 100 is 29)."""
    return int(ratio * n_frames + 1e-9)


def _start_and_width(widest: int, size: int, rng: np.random.Generator) -> tuple[int, int]:
    width = int(rng.integers(0, widest, endpoint=True))
    return int(rng.integers(0, max(1, size - width))), width


def _noise_seed(fill: Fill, rng: np.random.Generator) -> int | None:
    # Always taken from the stream, so that another fill leaves the masks where they are.
    seed = int(rng.integers(0, MAX_SEED, endpoint=True))
    return seed if fill == "noise" else None
