"""The steps of a draw: what was decided, as data.

Steps that were drawn together, and take a mean or copy frames, do so from the mel as it was before the first of them,
whose ``is_first`` is true.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
from pydantic import Field

from .._record import record
from ..errors import ParameterError
from ..frontends import Taps
from .fill import Fill, FillLevel, Region
from .foreign import ForeignCall
from .interpolation import Interpolation, warp_taps

__all__ = ["Batch", "Copied", "FillOver", "FrequencyBand", "Rectangle", "Step", "TimeSpan", "Trimmed", "WarpPath"]

Index = Annotated[int, Field(ge=0)]
FillOver: TypeAlias = Literal["clean", "unwarped", "current"]


@record
class Batch:
    """The padded batch that a clip sits in, as its first example.

    Parameters
    ----------
    size : int > 0
        Examples that draw together.
    n_frames : int > 0 [frames] or None
        Of every example with its padding; None is the clip's own length.
    pad_value : float
        In the front-end's own scale.

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
    n_frames: Annotated[int, Field(gt=0, le=10_000_000)] | None = None
    pad_value: Annotated[float, Field(allow_inf_nan=False)] = 0.0

    def padded(self, n_frames: int) -> int:
        """Frames of the batch for a clip of so many.

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
class FrequencyBand:
    """One drawn frequency mask: bins ``start_bin`` to ``start_bin + n_bins - 1``, over all frames."""

    start_bin: Index
    n_bins: Index
    fill: Fill = "mean"
    seed: Index | None = None
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
    """One drawn time mask: frames ``start_frame`` to ``start_frame + n_frames - 1``, over all bins."""

    start_frame: Index
    n_frames: Index
    fill: Fill = "mean"
    seed: Index | None = None
    fill_level: FillLevel | None = None
    over: FillOver = "clean"
    is_first: bool = False
    kind: Literal["time_mask"] = "time_mask"

    @property
    def region(self) -> Region:
        """Bins and frames that are filled."""
        return slice(None), slice(self.start_frame, self.start_frame + self.n_frames)


@record
class Rectangle:
    """One drawn rectangle: so many bins and frames from the start on."""

    start_bin: Index
    n_bins: Index
    start_frame: Index
    n_frames: Index
    fill: Fill = 0.0
    seed: Index | None = None
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
class Copied:
    """One drawn copy: the region becomes the frames from ``source_frame`` on; after the last one comes the first."""

    start_frame: Index
    n_frames: Index
    source_frame: Index
    start_bin: Index = 0
    n_bins: Index | None = None
    is_first: bool = False
    kind: Literal["copy"] = "copy"

    @property
    def region(self) -> Region:
        """Bins and frames that are replaced."""
        end = None if self.n_bins is None else self.start_bin + self.n_bins
        return slice(self.start_bin, end), slice(self.start_frame, self.start_frame + self.n_frames)


@record
class Trimmed:
    """The last ``n_frames`` frames cut off."""

    n_frames: Index
    kind: Literal["trim"] = "trim"


@record
class WarpPath:
    """One drawn time warp: frame ``center_frame`` moves by ``displacement_frames``.

    Parameters
    ----------
    center_frame : int [frames]
    displacement_frames : int [frames]
    interpolation : str
        See `specaug_listen.augment.interpolation.warp_taps`; with ``linear``, both ends of the clip stay.

    References
    ----------
    Park et al., "SpecAugment", Interspeech 2019, section 2; the piecewise-linear map as in Park et al.,
    "SpecAugment on large scale datasets", ICASSP 2020.
    """

    center_frame: Index
    displacement_frames: int
    interpolation: Interpolation = "linear"
    kind: Literal["time_warp"] = "time_warp"

    def moved(self, frames: npt.ArrayLike, n_frames: int) -> npt.NDArray[np.float64]:
        """Where (fractional) frames go; the inverse of `source_frames`, but for what two pieces leave out."""
        last = n_frames - 1
        target = self.center_frame + self.displacement_frames
        if self.interpolation not in ("linear", "hat"):
            # Edges of cells are what pieces are resized between.
            knots = [-0.5, self.center_frame - 0.5, last + 0.5], [-0.5, target - 0.5, last + 0.5]
            return np.interp(np.asarray(frames, dtype=np.float64), *knots)
        # Half a frame beyond both ends, where the outer edges of the first and the last frame are.
        knots = [-0.5, 0, self.center_frame, last, last + 0.5], [-0.5, 0, target, last, last + 0.5]
        return np.interp(np.asarray(frames, dtype=np.float64), *knots)

    def taps(self, n_frames: int) -> Taps:
        """What each warped frame is read from."""
        return warp_taps(self.interpolation, self.center_frame, self.center_frame + self.displacement_frames, n_frames)

    def source_frames(self, n_frames: int) -> npt.NDArray[np.float64]:
        """For each warped frame, the (fractional) frame it is read from, shape (n_frames,)."""
        return self.taps(n_frames).source


Step: TypeAlias = Annotated[
    FrequencyBand | TimeSpan | Rectangle | Copied | Trimmed | WarpPath | ForeignCall, Field(discriminator="kind")
]
