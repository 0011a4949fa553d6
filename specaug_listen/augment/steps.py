"""The steps of a draw: what each transform decided, as data.

Steps that were drawn together (``is_first`` marks the first one) take means, or copy frames, from the mel as it was
before the first of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
from pydantic import Field

from .._notices import Notice
from .._records import record, record_key
from ..custom.transform import CallableStep
from ..errors import ParameterError
from ..frontends import FrameInterpolation
from .fills import Fill, FillLevel, Region
from .warp_maps import Interpolation, warp_taps

__all__ = [
    "MAX_COUNT",
    "MAX_STEPS",
    "Batch",
    "Count",
    "FillOver",
    "FrameCopy",
    "FrequencySpan",
    "Ratio",
    "Rectangle",
    "Step",
    "StepsAndNotices",
    "TailCut",
    "TimeSpan",
    "WarpPath",
    "check_counts",
    "check_n_steps",
    "least_and_most_in_padding",
    "n_in_padding",
    "over_frames",
    "reaches",
    "within_clip",
]

# Limit of a draw whose number of masks depends on the clip's length: one mask per 20 frames makes 18000 in an hour.
MAX_STEPS = 20_000
# Limit of a policy with a fixed number of masks. Nobody trains with more; drawing so many takes some seconds.
_MAX_MASKS = 2000
# Ranges of the transforms' parameters.
MAX_COUNT = 10_000
Count = Annotated[int, Field(ge=0, le=MAX_COUNT, description=f"an integer from 0 to {MAX_COUNT}")]
Ratio = Annotated[float, Field(ge=0, le=1)]
Index = Annotated[int, Field(ge=0)]
Frames = Annotated[int, Field(gt=0, le=10_000_000)]
FillOver: TypeAlias = Literal["clean", "unwarped", "current"]
NoiseSeed = Annotated[Index | None, record_key("noise_seed", "seed")]


@record
class Batch:
    """The padded batch that contains a clip as its first example.

    Parameters
    ----------
    size : int > 0
        Number of examples that draw together.
    n_frames : int > 0 [frames] or None
        Length of the padded examples; None is the clip's own length.
    pad_value : float
        Value in the padding, in the front-end's own scale.

    Raises
    ------
    ParameterError
        When a value is out of range.

    Examples
    --------
    >>> Batch(32, n_frames=1500).padded(200)
    1500
    """

    size: Annotated[int, Field(gt=0, le=4096)] = 1
    n_frames: Frames | None = None
    pad_value: Annotated[float, Field(allow_inf_nan=False)] = 0.0

    def padded(self, n_frames: int) -> int:
        """Return the padded length of a clip of ``n_frames``.

        Raises
        ------
        ParameterError
            When the clip is longer than the batch.
        """
        if self.n_frames is None:
            return n_frames
        if self.n_frames < n_frames:
            raise ParameterError(
                f"batch.n_frames={self.n_frames}: the clip has {n_frames} frames; allowed is that or more"
            )
        return self.n_frames


@record
class FrequencySpan:
    """A frequency mask: bins ``start_bin`` to ``start_bin + n_bins - 1``, over all frames.

    The parameters of `TimeSpan` and `Rectangle` have the same meaning.

    Parameters
    ----------
    start_bin, n_bins : int >= 0 [mel bins]
    fill : float or str
        A constant, or a name in `specaug_listen.augment.fills.FILLS`.
    noise_seed : int >= 0 or None
        Seed of the fill if it is noise; ``seed`` in records.
    fill_level : FillLevel or None
        Loudness of the fill relative to the clip.
    over : {"clean", "unwarped", "current"}
        Cells that a mean is taken over; see `specaug_listen.augment.Mask`.
    is_first : bool
        Whether it is the first mask that its transform drew; all masks of that transform share one "current" mel, the
        one before the first mask.
    """

    start_bin: Index
    n_bins: Index
    fill: Fill = "mean"
    noise_seed: NoiseSeed = None
    fill_level: FillLevel | None = None
    over: FillOver = "clean"
    is_first: bool = False
    kind: Literal["frequency_mask"] = "frequency_mask"

    @property
    def region(self) -> Region:
        """Bins and frames that are filled."""
        return slice(self.start_bin, self.start_bin + self.n_bins), slice(None)


@record
class TimeSpan:
    """A time mask: frames ``start_frame`` to ``start_frame + n_frames - 1``, over all bins."""

    start_frame: Index
    n_frames: Index
    fill: Fill = "mean"
    noise_seed: NoiseSeed = None
    fill_level: FillLevel | None = None
    over: FillOver = "clean"
    is_first: bool = False
    kind: Literal["time_mask"] = "time_mask"

    def within(self, n_frames: int) -> TimeSpan:
        """Return the part of the mask within the clip, if it was drawn over a padded batch."""
        start = min(self.start_frame, n_frames)
        return replace(self, start_frame=start, n_frames=min(self.n_frames, n_frames - start))

    @property
    def region(self) -> Region:
        """Bins and frames that are filled."""
        return slice(None), slice(self.start_frame, self.start_frame + self.n_frames)


@record
class Rectangle:
    """A rectangular mask: ``n_bins`` bins and ``n_frames`` frames from the start position on."""

    start_bin: Index
    n_bins: Index
    start_frame: Index
    n_frames: Index
    fill: Fill = 0.0
    noise_seed: NoiseSeed = None
    fill_level: FillLevel | None = None
    over: FillOver = "clean"
    is_first: bool = False
    kind: Literal["rectangle"] = "rectangle"

    @property
    def region(self) -> Region:
        """Bins and frames that are filled."""
        return (
            slice(self.start_bin, self.start_bin + self.n_bins),
            slice(self.start_frame, self.start_frame + self.n_frames),
        )


@record
class FrameCopy:
    """A copy: the region is replaced by the frames from ``source_frame`` on; the last frame is followed by the first.

    Parameters
    ----------
    start_frame, n_frames : int >= 0 [frames]
    source_frame : int >= 0 [frames]
    start_bin : int >= 0 [mel bins]
    n_bins : int >= 0 or None
        None is all bins from ``start_bin`` on.
    is_first : bool
        Whether it is the first copy that its transform drew.
    over_frames : int > 0 or None [frames]
        Number of frames to copy from, including the padding of the batch; None is the clip's.
    """

    start_frame: Index
    n_frames: Index
    source_frame: Index
    start_bin: Index = 0
    n_bins: Index | None = None
    is_first: bool = False
    over_frames: Frames | None = None
    kind: Literal["copy"] = "copy"

    @property
    def region(self) -> Region:
        """Bins and frames that are replaced."""
        end = None if self.n_bins is None else self.start_bin + self.n_bins
        return slice(self.start_bin, end), slice(self.start_frame, self.start_frame + self.n_frames)


@record
class TailCut:
    """The last ``n_frames`` frames are cut off."""

    n_frames: Index
    kind: Literal["trim"] = "trim"


@record
class WarpPath:
    """A time warp: frame ``center_frame`` moves by ``displacement_frames``.

    Parameters
    ----------
    center_frame : int [frames]
    displacement_frames : int [frames]
    interpolation : str
        See `specaug_listen.augment.warp_maps.warp_taps`; with ``linear``, both ends of the clip stay.
    over_frames : int > 0 or None [frames]
        Number of warped frames, including the padding of the batch; None is the clip's.

    References
    ----------
    Park et al., "SpecAugment", Interspeech 2019, section 2; the piecewise-linear map as in Park et al.,
    "SpecAugment on large scale datasets", ICASSP 2020.
    """

    center_frame: Index
    displacement_frames: int
    interpolation: Interpolation = "linear"
    over_frames: Frames | None = None
    kind: Literal["time_warp"] = "time_warp"

    def moved(self, frames: npt.ArrayLike, n_frames: int) -> npt.NDArray[np.float64]:
        """Return the (fractional) positions that frames move to.

        This is the inverse of `source_frames`, but for the gap between two pieces.
        """
        last = (self.over_frames or n_frames) - 1
        target = self.center_frame + self.displacement_frames
        if self.interpolation not in ("linear", "hat"):
            # Pieces are resized between the outer edges of their cells.
            knots = [-0.5, self.center_frame - 0.5, last + 0.5], [-0.5, target - 0.5, last + 0.5]
            return np.interp(np.asarray(frames, dtype=np.float64), *knots)
        # The outer edges of the first and the last frame are half a frame beyond both ends.
        knots = [-0.5, 0, self.center_frame, last, last + 0.5], [-0.5, 0, target, last, last + 0.5]
        return np.interp(np.asarray(frames, dtype=np.float64), *knots)

    def taps(self, n_frames: int) -> FrameInterpolation:
        """Return the frames and weights that each warped frame is interpolated from, including warped padding."""
        n_frames = self.over_frames or n_frames
        return warp_taps(self.interpolation, self.center_frame, self.center_frame + self.displacement_frames, n_frames)

    def clip_taps(self, n_frames: int) -> FrameInterpolation:
        """Return the taps of the clip alone; frames that come from the padding are read at the clip's last frame."""
        return self.taps(n_frames).within(n_frames)

    def source_frames(self, n_frames: int) -> npt.NDArray[np.float64]:
        """Return the (fractional) frame that each warped frame is read from, shape (n_frames,)."""
        return self.clip_taps(n_frames).source


Step: TypeAlias = Annotated[
    FrequencySpan | TimeSpan | Rectangle | FrameCopy | TailCut | WarpPath | CallableStep, Field(discriminator="kind")
]
# The steps that one transform draws, and notices about parameters that had no or only partial effect.
StepsAndNotices: TypeAlias = tuple[list[Step], list[Notice]]


def over_frames(step: Step) -> int | None:
    """Return how many frames a step moves, if these include padding; None for all other steps."""
    return step.over_frames if isinstance(step, FrameCopy | WarpPath) else None


def check_n_steps(n: int) -> None:
    """Raise a ParameterError if a draw would have too many steps."""
    if n > MAX_STEPS:
        raise ParameterError(
            f"{n} masks in one draw: allowed are {MAX_STEPS}; take a part of the clip, or fewer masks for each frame"
        )


def check_counts(transforms: Sequence[Any]) -> None:
    """Raise a ParameterError if transforms request too many masks in one draw, whatever the clip.

    Each mask is drawn, measured, applied, outlined and recorded. Masks whose number depends on the clip's length are
    counted when they are drawn (`check_n_steps`).

    Examples
    --------
    >>> from specaug_listen.augment import FrequencyMask, TimeMask
    >>> check_counts([TimeMask(count=1000), FrequencyMask(count=1000)])
    """
    counts = [getattr(transform, "fixed_count", None) or 0 for transform in transforms]
    if sum(counts) > _MAX_MASKS:
        most = max(counts)
        raise ParameterError(
            f"transforms ask for {sum(counts)} masks in one draw, {most} of them in one "
            f"{transforms[counts.index(most)].kind}: allowed are {_MAX_MASKS} in all transforms together; lower their "
            "count"
        )


def n_in_padding(steps: Sequence[Step], n_frames: int) -> int:
    """Count the time masks, or copies in place of masks, that start after a clip of ``n_frames``."""
    spans = (step for step in steps if isinstance(step, TimeSpan | FrameCopy))
    return sum(span.n_frames > 0 and span.start_frame >= n_frames for span in spans)


def least_and_most_in_padding(steps: Sequence[Step], n_frames: int, n_padding: int) -> tuple[int, int]:
    """Return bounds of `n_in_padding` before `within_clip`, which leaves masks in the padding empty."""
    least = n_in_padding(steps, n_frames)
    if n_padding == 0 or any(over_frames(step) for step in steps):
        return least, least
    return least, least + sum(isinstance(step, TimeSpan) and step.n_frames == 0 for step in steps)


def within_clip(steps: Sequence[Step], n_frames: int) -> tuple[tuple[Step, ...], int]:
    """Return the steps limited to the clip, unless a step moves frames of the padding; and `n_in_padding`."""
    n = n_in_padding(steps, n_frames)
    if any(over_frames(step) for step in steps):
        return tuple(steps), n
    return tuple(step.within(n_frames) if isinstance(step, TimeSpan) else step for step in steps), n


def reaches(step: Step, n_mels: int, n_frames: int, padded: int) -> list[tuple[int, int, str]]:
    """Return for each axis the end of a step, its upper bound, and the unit; ``padded`` is the length of the batch."""
    n_frames = padded if isinstance(step, TimeSpan) else over_frames(step) or n_frames
    if isinstance(step, FrequencySpan):
        return [(step.start_bin + step.n_bins, n_mels, "bins")]
    if isinstance(step, Rectangle):
        bins = step.start_bin + step.n_bins, n_mels, "bins"
        return [bins, (step.start_frame + step.n_frames, n_frames, "frames")]
    if isinstance(step, FrameCopy):
        bins = step.start_bin + (step.n_bins or 0), n_mels, "bins"
        return [
            bins,
            (step.start_frame + step.n_frames, n_frames, "frames"),
            (step.source_frame + 1, n_frames, "frames"),
        ]
    if isinstance(step, TailCut):
        return [(step.n_frames + 1, n_frames, "frames")]
    if isinstance(step, CallableStep):
        return []
    if isinstance(step, TimeSpan):
        return [(step.start_frame + step.n_frames, n_frames, "frames")]
    moved, last = step.center_frame + step.displacement_frames, n_frames - (step.interpolation == "linear")
    inside = 0 < step.center_frame < last and 0 < moved < last
    return [(0 if inside else n_frames, n_frames - 1, "frames")]
