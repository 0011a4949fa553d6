"""The three transforms of SpecAugment [1]_ with the papers' parameters; ``rule`` converts them to the frameworks' form.

Random numbers are drawn in the papers' order: width, start and noise seed of one mask after the other. A draw is data,
which `specaug_listen.augment.Draw` applies.

References
----------
.. [1] D. S. Park et al., "SpecAugment: A Simple Data Augmentation Method for Automatic Speech Recognition",
   Interspeech 2019, arXiv:1904.08779.
.. [2] D. S. Park et al., "SpecAugment on Large Scale Datasets", ICASSP 2020, arXiv:1912.05533.
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from .._notices import Notice
from .._records import record
from .._rng import MAX_SEED
from .fills import Fill, is_noise
from .framework_masks import Mask, Transform
from .framework_transforms import FixedCount, Warp
from .random_streams import RandomStream
from .steps import Batch, Count, FrequencySpan, Ratio, Step, StepsAndNotices, TimeSpan, WarpPath

__all__ = ["FrequencyMask", "PaperTransform", "TimeMask", "TimeWarp"]


@record
class FrequencyMask(FixedCount):
    """Masks over consecutive mel bins.

    The width f is uniform in {0, ..., ``max_bins``}, the start uniform over the integers in [0, n_mels - f), as in
    [1]_; so only a mask over all bins covers the last bin.

    Parameters
    ----------
    count : int >= 0
        Number of masks (m_F in [1]_).
    max_bins : int >= 0 [mel bins]
        Maximum width (F), clamped to the mel's bins with a warning.
    fill : float or str
        A constant, or a name in `specaug_listen.augment.fills.FILLS`.

    Raises
    ------
    ParameterError
        When a value is out of range.

    Examples
    --------
    >>> import numpy as np
    >>> from specaug_listen.augment.random_streams import OwnStream
    >>> steps, notices = FrequencyMask(count=2).draw(80, 300, OwnStream(np.random.default_rng(0)))
    >>> len(steps)
    2
    """

    count: Count = 1
    max_bins: Count = 27
    fill: Fill = "mean"
    kind: Literal["frequency_mask"] = "frequency_mask"

    @property
    def rule(self) -> Mask:
        """The same masks as a framework's `Mask`."""
        return Mask("frequency", self.count, max_width=self.max_bins, width_rule="inclusive", fill=self.fill)

    def draw(self, n_mels: int, n_frames: int, stream: RandomStream, batch: Batch | None = None) -> StepsAndNotices:
        """Draw the masks for a mel of this size, with a notice if the width was clamped."""
        is_clamped = self.count > 0 and self.max_bins > n_mels
        notices = [_clamped(self.kind, "frequency", "max_bins", self.max_bins, n_mels)] if is_clamped else []
        widest = min(self.max_bins, n_mels)
        steps: list[Step] = []
        for _ in range(self.count):
            start, width = _start_and_width(widest, n_mels, stream)
            steps.append(FrequencySpan(start, width, self.fill, _noise_seed(self.fill, stream)))
        return steps, notices


@record
class TimeMask(Transform):
    """Masks over consecutive frames.

    The width t is uniform in {0, ..., T'}, T' = min(``max_frames``, floor(``max_ratio`` · n_frames)), and the start
    uniform in [0, n_frames - t).

    Parameters
    ----------
    count : int >= 0
        Number of masks (m_T in [1]_).
    max_frames : int >= 0 [frames] or None
        Maximum width (T). With None only ``max_ratio`` bounds it: the adaptive size of [2]_.
    max_ratio : float in [0, 1]
        Maximum width as a share of the clip's frames (p in [1]_, p_S in [2]_).
    count_ratio : float in [0, 1] or None
        Number of masks as a share of the clip's frames (p_M in [2]_): min(``max_count``, floor(``count_ratio`` ·
        n_frames)) masks instead of ``count``.
    max_count : int >= 0
        Maximum number with ``count_ratio``.
    fill : float or str
        A constant, or a name in `specaug_listen.augment.fills.FILLS`.

    Raises
    ------
    ParameterError
        When a value is out of range.

    Examples
    --------
    >>> import numpy as np
    >>> from specaug_listen.augment.random_streams import OwnStream
    >>> steps, notices = TimeMask(max_ratio=0.2).draw(80, 100, OwnStream(np.random.default_rng(0)))
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

    @property
    def rule(self) -> Mask:
        """The same masks as a framework's `Mask`."""
        return Mask(
            "time",
            self.count,
            "fixed" if self.count_ratio is None else "floor",
            None if self.count_ratio is None else self.max_count,
            self.count_ratio,
            max_width=self.max_frames,
            width_rule="inclusive",
            max_ratio=self.max_ratio,
            fill=self.fill,
        )

    @property
    def is_idle(self) -> bool:
        """Whether it has no effect on any clip."""
        return self.fixed_count == 0

    @property
    def fixed_count(self) -> int | None:
        """Number of masks; None if it depends on the clip's length."""
        return self.count if self.count_ratio is None else None

    def draw(self, n_mels: int, n_frames: int, stream: RandomStream, batch: Batch | None = None) -> StepsAndNotices:
        """Draw the masks for a mel of this size, with notices about clamped widths and masks without effect."""
        count = self.count if self.count_ratio is None else min(self.max_count, _share(self.count_ratio, n_frames))
        bound = _share(self.max_ratio, n_frames)
        widest = bound if self.max_frames is None else min(self.max_frames, bound)
        steps: list[Step] = []
        for _ in range(count):
            start, width = _start_and_width(widest, n_frames, stream)
            steps.append(TimeSpan(start, width, self.fill, _noise_seed(self.fill, stream)))
        return steps, self._notices(n_frames, count, bound)

    def _notices(self, n_frames: int, count: int, bound: int) -> list[Notice]:
        values: dict[str, Any] = {"transform": self.kind, "n_frames": n_frames}
        if self.count_ratio and self.max_count and count == 0:
            return [Notice("count-below-one", {**values, "count_ratio": self.count_ratio})]
        if count and self.max_ratio and self.max_frames != 0 and bound == 0:
            return [Notice("width-below-one", {**values, "max_ratio": self.max_ratio})]
        if count and self.max_frames is not None and self.max_frames > n_frames == bound:
            return [_clamped(self.kind, "time", "max_frames", self.max_frames, n_frames)]
        return []


@record
class TimeWarp(Transform):
    """Stretch one part of the clip and compress the other: the piecewise-linear map with fixed ends of [1]_, [2]_.

    A frame in the open interval (W, n_frames - 1 - W) moves by a whole number of frames, uniform in {-W, ..., W};
    the first and the last frame stay. A clip of fewer than 2W + 3 frames has no such frame: it is not warped, and the
    draw has a notice.

    Parameters
    ----------
    max_frames : int >= 0 [frames]
        Maximum displacement (W).

    Raises
    ------
    ParameterError
        When ``max_frames`` is out of range.

    Examples
    --------
    >>> import numpy as np
    >>> from specaug_listen.augment.random_streams import OwnStream
    >>> TimeWarp(max_frames=80).draw(80, 100, OwnStream(np.random.default_rng(0)))[1][0].text
    'time_warp did nothing: max_frames=80 needs at least 163 frames, the clip has 100'
    """

    max_frames: Count = 80
    kind: Literal["time_warp"] = "time_warp"

    @property
    def rule(self) -> Warp:
        """The warp as a framework's `Warp`; that may also move one more frame, at the end."""
        return Warp(self.max_frames, "linear", after_first=1, to_left=1, shortest=3)

    @property
    def is_idle(self) -> bool:
        """Whether it has no effect on any clip."""
        return self.max_frames == 0

    def draw(self, n_mels: int, n_frames: int, stream: RandomStream, batch: Batch | None = None) -> StepsAndNotices:
        """Draw a warp for a mel of this size, or return a notice that explains why there is none."""
        w = self.max_frames
        if w == 0:
            return [], []
        needed = 2 * w + 3
        if n_frames < needed:
            values = {"transform": self.kind, "max_frames": w, "needed": needed, "n_frames": n_frames, "over": "clip"}
            return [], [Notice("too-short-to-warp", values)]
        center = int(stream.integers(w + 1, n_frames - 1 - w, (1,))[0])
        return [WarpPath(center, int(stream.integers(-w, w + 1, (1,))[0]))], []


PaperTransform: TypeAlias = FrequencyMask | TimeMask | TimeWarp


def _clamped(transform: str, axis: str, parameter: str, value: int, size: int) -> Notice:
    values = {"transform": transform, "axis": axis, "parameter": parameter, "value": value, "size": size}
    return Notice("clamped", values)


def _share(ratio: float, n_frames: int) -> int:
    """Return the floor of the product, treating the ratio as the decimal that was written (0.29 of 100 is 29)."""
    return int(ratio * n_frames + 1e-9)


def _start_and_width(widest: int, size: int, stream: RandomStream) -> tuple[int, int]:
    width = int(stream.integers(0, widest + 1, (1,))[0])
    return int(stream.integers(0, max(1, size - width), (1,))[0]), width


def _noise_seed(fill: Fill, stream: RandomStream) -> int | None:
    # Always drawn, so that the positions of masks do not depend on their fill.
    seed = int(stream.integers(0, MAX_SEED + 1, (1,))[0])
    return seed if is_noise(fill) else None
