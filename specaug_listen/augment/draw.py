"""`Draw`: what one throw of a policy decided, as data; applying it is exact and free of chance."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Annotated, Any, Literal, TypeAlias, TypeVar

import numpy as np
import numpy.typing as npt
from pydantic import Field

from .._record import from_json, record, to_json
from ..errors import ParameterError, PolicyError, naming
from ..frontends import AnyMel, MelSpectrogram, MelStream
from .fill import Fill, FillLevel, Region, fill_level, fill_values
from .foreign import ForeignCall

__all__ = ["Draw", "FrequencyBand", "Step", "TimeSpan", "WarpPath", "measured"]

Index = Annotated[int, Field(ge=0)]
Real = npt.NDArray[np.float32]
Mel = TypeVar("Mel", MelSpectrogram, MelStream)


@record
class FrequencyBand:
    """One drawn frequency mask: bins ``start_bin`` to ``start_bin + n_bins - 1``, over all frames."""

    start_bin: Index
    n_bins: Index
    fill: Fill = "mean"
    seed: Index | None = None
    fill_level: FillLevel | None = None
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
    kind: Literal["time_mask"] = "time_mask"

    @property
    def region(self) -> Region:
        """Bins and frames that are filled."""
        return slice(None), slice(self.start_frame, self.start_frame + self.n_frames)


@record
class WarpPath:
    """One drawn time warp: frame ``center_frame`` moves by ``displacement_frames``, both ends stay.

    References
    ----------
    Park et al., "SpecAugment", Interspeech 2019, section 2; the piecewise-linear map as in Park et al.,
    "SpecAugment on large scale datasets", ICASSP 2020.
    """

    center_frame: Index
    displacement_frames: int
    kind: Literal["time_warp"] = "time_warp"

    def moved(self, frames: npt.ArrayLike, n_frames: int) -> npt.NDArray[np.float64]:
        """Where (fractional) frames go; the inverse of `source_frames`."""
        last = n_frames - 1
        target = self.center_frame + self.displacement_frames
        # Half a frame beyond both ends, where the outer edges of the first and the last frame are.
        knots = [-0.5, 0, self.center_frame, last, last + 0.5], [-0.5, 0, target, last, last + 0.5]
        return np.interp(np.asarray(frames, dtype=np.float64), *knots)

    def source_frames(self, n_frames: int) -> npt.NDArray[np.float64]:
        """For each warped frame, the (fractional) frame it is read from, shape (n_frames,)."""
        last = n_frames - 1
        moved = self.center_frame + self.displacement_frames
        knots = [0, moved, last], [0, self.center_frame, last]
        return np.interp(np.arange(n_frames), *knots)


Step: TypeAlias = Annotated[FrequencyBand | TimeSpan | WarpPath | ForeignCall, Field(discriminator="kind")]


@record
class Draw:
    """What one throw of a policy decided for a mel of one size.

    Parameters
    ----------
    n_mels, n_frames : int > 0
        Size of the mel it was drawn for.
    steps : tuple of FrequencyBand, TimeSpan, WarpPath and ForeignCall
        In the order in which they are applied.
    policy : str
        Name of the policy.
    applied : bool
        False where the policy's ``probability`` decided to leave the clip alone.
    warnings : tuple of str
        What did not happen as the parameters suggest.

    Raises
    ------
    ParameterError
        When a step lies outside of the mel.

    Examples
    --------
    >>> draw = Draw(80, 100, (TimeSpan(10, 20),))
    >>> draw.masked_time_ratio
    0.2
    >>> Draw.from_json(draw.to_json()) == draw
    True
    """

    n_mels: Annotated[int, Field(gt=0)]
    n_frames: Annotated[int, Field(gt=0)]
    steps: Annotated[tuple[Step, ...], Field(strict=False)] = ()
    policy: str = ""
    applied: bool = True
    warnings: Annotated[tuple[str, ...], Field(strict=False)] = ()

    def __post_init__(self) -> None:
        """Check that every step lies within the mel."""
        for step in self.steps:
            if isinstance(step, ForeignCall):
                continue
            if isinstance(step, FrequencyBand):
                end, size, unit = step.start_bin + step.n_bins, self.n_mels, "bins"
            elif isinstance(step, TimeSpan):
                end, size, unit = step.start_frame + step.n_frames, self.n_frames, "frames"
            else:
                moved = step.center_frame + step.displacement_frames
                inside = 0 < step.center_frame < self.n_frames - 1 and 0 < moved < self.n_frames - 1
                end, size, unit = (0 if inside else self.n_frames), self.n_frames - 1, "frames"
            if end > size:
                raise ParameterError(f"{step.kind} reaches beyond the {size} {unit} of the mel: {step}")

    def apply(self, mel: Mel) -> Mel:
        """Warp and mask; the same mel and draw give the same bits.

        Parameters
        ----------
        mel : MelSpectrogram or MelStream

        Returns
        -------
        MelSpectrogram or MelStream
            Of the same kind.

        Raises
        ------
        ParameterError
            When the mel has another size than the draw was made for, or a callable of others cannot be called again.
        """
        if (mel.n_mels, mel.n_frames) != (self.n_mels, self.n_frames):
            raise ParameterError(
                f"the draw was made for {self.n_mels} bands x {self.n_frames} frames, the mel has {mel.n_mels} x "
                f"{mel.n_frames}; draw again for this clip and front-end"
            )
        masked = clean = mel
        for step in self.steps:
            if isinstance(step, WarpPath):
                source = step.source_frames(self.n_frames)
                clean, masked = clean.warped(source), masked.warped(source)
            elif isinstance(step, ForeignCall):
                clean = masked = step.apply(masked)  # type: ignore[assignment]
            else:
                masked = _filled(masked, clean, step)
        return masked

    def to_json(self) -> str:
        """The draw as a JSON text."""
        return to_json(self)

    @classmethod
    def from_json(cls, text: str | bytes) -> Draw:
        """Read `to_json`.

        Raises
        ------
        PolicyError
            One line that names the key, the value and what is allowed.
        """
        with naming("draw", PolicyError):
            return from_json(cls, text)

    @property
    def foreign(self) -> tuple[ForeignCall, ...]:
        """The calls of callables of others among the steps."""
        return tuple(step for step in self.steps if isinstance(step, ForeignCall))

    def with_callable(self, function: Callable[..., Any] | str) -> Draw:
        """The same draw with the callable of others at hand, where it was read from JSON.

        Parameters
        ----------
        function : callable or str
            The one that the draw was made with, or its name, which is imported.

        Raises
        ------
        ParameterError
            When the draw calls none, or more than one.
        """
        if len({step.call for step in self.foreign}) != 1:
            calls = ", ".join(step.call for step in self.foreign) or "nothing"
            raise ParameterError(f"the draw calls {calls:.200}: a callable can be handed over where it calls one")
        bound = self.foreign[0].with_function(function).function
        steps = (dataclasses.replace(s, function=bound) if isinstance(s, ForeignCall) else s for s in self.steps)
        return dataclasses.replace(self, steps=tuple(steps))

    @property
    def time_spans(self) -> list[tuple[float, float]]:
        """Where each time mask begins and ends, in frames of the augmented mel; a later warp has moved it.

        Frame t reaches from t - 0.5 to t + 0.5.
        """
        spans = []
        for position, step in enumerate(self.steps):
            if isinstance(step, TimeSpan) and step.n_frames:
                ends = np.array([step.start_frame, step.start_frame + step.n_frames]) - 0.5
                for later in self.steps[position + 1 :]:
                    if isinstance(later, WarpPath):
                        ends = later.moved(ends, self.n_frames)
                spans.append((float(ends[0]), float(ends[1])))
        return spans

    @property
    def masked_bins(self) -> npt.NDArray[np.bool_]:
        """Which bins a frequency mask covers, shape (n_mels,)."""
        covered = np.zeros(self.n_mels, dtype=bool)
        for step in self.steps:
            if isinstance(step, FrequencyBand):
                covered[step.region[0]] = True
        return covered

    @property
    def masked_frames(self) -> npt.NDArray[np.bool_]:
        """Which frames a time mask covers, shape (n_frames,)."""
        covered = np.zeros(self.n_frames, dtype=bool)
        frames = np.arange(self.n_frames)
        for begin, end in self.time_spans:
            covered |= (begin < frames) & (frames < end)
        return covered

    @property
    def masked_frequency_ratio(self) -> float:
        """Share of the bins that frequency masks cover."""
        return float(self.masked_bins.mean())

    @property
    def masked_time_ratio(self) -> float:
        """Share of the frames that time masks cover."""
        return float(self.masked_frames.mean())

    @property
    def masked_area_ratio(self) -> float:
        """Share of the cells that any mask covers."""
        return 1 - (1 - self.masked_frequency_ratio) * (1 - self.masked_time_ratio)

    @property
    def longest_gap_frames(self) -> int:
        """Length of the longest run of masked frames."""
        edges = np.flatnonzero(np.diff(np.concatenate([[0], self.masked_frames.astype(int), [0]])))
        return int((edges[1::2] - edges[::2]).max(initial=0))

    @property
    def loudest_fill_db(self) -> float | None:
        """Level of the loudest fill in dB relative to the clip's 95th percentile cell; None without masks."""
        levels = [step.fill_level for step in self.steps if isinstance(step, (FrequencyBand, TimeSpan))]
        return max((level.vs_p95_db for level in levels if level), default=None)

    @property
    def warps(self) -> tuple[WarpPath, ...]:
        """The time warps among the steps."""
        return tuple(step for step in self.steps if isinstance(step, WarpPath))


def measured(draw: Draw, mel: AnyMel) -> Draw:
    """The same draw with the level of every fill, relative to the clip, written into its steps."""
    clean = mel
    steps: list[Step] = []
    for position, step in enumerate(draw.steps):
        if isinstance(step, WarpPath):
            clean = clean.warped(step.source_frames(clean.n_frames))
        elif isinstance(step, ForeignCall):
            clean = dataclasses.replace(draw, steps=draw.steps[: position + 1]).apply(mel)  # type: ignore[type-var]
        else:
            step = dataclasses.replace(step, fill_level=fill_level(step.fill, clean, step.region, step.seed))
        steps.append(step)
    return dataclasses.replace(draw, steps=tuple(steps))


def _filled(mel: Mel, clean: Mel, step: FrequencyBand | TimeSpan) -> Mel:
    if isinstance(mel, MelStream):
        return dataclasses.replace(mel, values_at=lambda a, b: _filled_values(mel.values_at(a, b), a, clean, step))
    return mel.with_values(_filled_values(mel.values, 0, clean, step))


def _filled_values(values: Real, first: int, clean: AnyMel, step: FrequencyBand | TimeSpan) -> Real:
    """A copy with what lies in the mask filled, where ``values`` begins at frame ``first``."""
    bins, frames = step.region
    begin, end, _ = frames.indices(clean.n_frames)
    begin, end = max(begin, first), min(end, first + values.shape[1])
    values = values.copy()
    if begin < end:
        values[bins, begin - first : end - first] = fill_values(step.fill, clean, (bins, slice(begin, end)), step.seed)
    return values
