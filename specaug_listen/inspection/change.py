"""`Change`: the differences that an inspection found between two mels, as data."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
from pydantic import Field

from .._records import from_json, record, to_json
from ..augment import Draw, FillLevel, FrequencySpan, Rectangle, TimeSpan, WarpPath
from ..augment.fills import FILLS, Fill, is_noise
from ..errors import PolicyError, error_context

__all__ = [
    "Change",
    "FillFound",
    "FoundBins",
    "FoundRectangle",
    "FoundSpan",
    "FoundWarp",
    "Kind",
    "LengthChange",
    "Reading",
]

Index = Annotated[int, Field(ge=0)]
Width = Annotated[int, Field(ge=1)]
Kind: TypeAlias = Literal["zero", "mean", "min", "floor", "constant", "band_mean", "frame_mean", "copied", "noise"]
Reading: TypeAlias = Literal["linear", "bicubic", "bicubic, corners aligned", "linear in two pieces"]
LengthChange: TypeAlias = Literal[
    "none", "cut at the end", "cut at the start", "longer at the end", "longer at the start", "stretched"
]


@record
class FillFound:
    """The fill of a mask.

    Parameters
    ----------
    kind : str
        With one value in all cells: ``zero``, the clip's ``mean``, its ``min``, the front-end's ``floor`` or another
        ``constant``. With one value per bin or frame: ``band_mean`` or ``frame_mean``. Frames from elsewhere in the
        clip are ``copied``, all else is ``noise``.
    value : float or None
        In the front-end's own scale, if there is a single value.
    level : FillLevel or None
        Its level relative to the clip.
    """

    kind: Kind
    value: float | None = None
    level: FillLevel | None = None


@record
class FoundBins:
    """A frequency mask: bins ``start_bin`` to ``start_bin + n_bins - 1``, over all frames."""

    start_bin: Index
    n_bins: Width
    fill: FillFound


@record
class FoundSpan:
    """A time mask: frames ``start_frame`` to ``start_frame + n_frames - 1``, over all bins."""

    start_frame: Index
    n_frames: Width
    fill: FillFound


@record
class FoundRectangle:
    """A mask over some bins of some frames."""

    start_bin: Index
    n_bins: Width
    start_frame: Index
    n_frames: Width
    fill: FillFound


@record
class FoundWarp:
    """A time warp: frame ``center_frame`` was moved by ``displacement_frames``, with both ends fixed.

    Parameters
    ----------
    center_frame, displacement_frames : int [frames]
    reading : str
        The interpolation between frames: ``linear``, as in this package; ``bicubic`` in two pieces (ESPnet, lhotse),
        with ``corners aligned`` (SpeechBrain); ``linear in two pieces`` (fairseq); or ``another``, with an estimated
        position.
    """

    center_frame: Index
    displacement_frames: int
    reading: Reading | Literal["another"] = "linear"

    def source_frames(self, n_frames: int) -> npt.NDArray[np.float64]:
        """Return the (fractional) frame before the warp that each frame was read from; non-decreasing."""
        return WarpPath(self.center_frame, self.displacement_frames).source_frames(n_frames)


@record
class Change:
    """The differences between two mels.

    Masks are those of the mel after, and merged if they overlap or touch.

    Parameters
    ----------
    n_mels, n_frames : int
        Of the mel after.
    n_frames_before : int
    bands, spans, rectangles : tuple of FoundBins, FoundSpan, FoundRectangle
        Frequency masks (called bands in records), time masks, and masks over some bins of some frames.
    warp : FoundWarp or None
    length : str
        How the length changed.
    changed_ratio : float in [0, 1]
        Share of the cells that differ.
    unexplained_ratio : float in [0, 1]
        Share of the cells that differ for another reason.

    Examples
    --------
    >>> from specaug_listen import Audio, augment, frontends, inspection
    >>> mel = frontends.WHISPER(Audio(np.random.default_rng(0).uniform(-0.1, 0.1, 32000), 16000))
    >>> draw = augment.Draw(80, 200, (augment.TimeSpan(50, 30, "mean"), augment.FrequencySpan(3, 9, "mean")))
    >>> print(inspection.inspect_change(mel, draw.apply(mel)))
    bins 3-11 masked (mean, -0.3 dB re median)
    frames 50-79 masked (mean, -0.3 dB re median)
    """

    n_mels: Width
    n_frames: Width
    n_frames_before: Width
    bands: Annotated[tuple[FoundBins, ...], Field(strict=False)] = ()
    spans: Annotated[tuple[FoundSpan, ...], Field(strict=False)] = ()
    rectangles: Annotated[tuple[FoundRectangle, ...], Field(strict=False)] = ()
    warp: FoundWarp | None = None
    length: LengthChange = "none"
    changed_ratio: float = 0.0
    unexplained_ratio: float = 0.0

    @property
    def is_nothing(self) -> bool:
        """Whether the two mels are the same."""
        return self.changed_ratio == 0 and self.length == "none"

    @property
    def masked_bins(self) -> npt.NDArray[np.bool_]:
        """Bins that are masked in all frames, shape (n_mels,)."""
        covered = np.zeros(self.n_mels, dtype=bool)
        for mask in self.bands:
            covered[mask.start_bin : mask.start_bin + mask.n_bins] = True
        return covered

    @property
    def masked_frames(self) -> npt.NDArray[np.bool_]:
        """Frames that are masked in all bins, shape (n_frames,)."""
        covered = np.zeros(self.n_frames, dtype=bool)
        for mask in self.spans:
            covered[mask.start_frame : mask.start_frame + mask.n_frames] = True
        return covered

    def as_draw(self, policy: str = "") -> Draw:
        """Return the warp and the masks as a draw, for plots and scores."""
        warps = [] if self.warp is None else [WarpPath(self.warp.center_frame, self.warp.displacement_frames)]
        of_bins = [FrequencySpan(b.start_bin, b.n_bins, _fill(b.fill), 0, b.fill.level) for b in self.bands]
        spans = [TimeSpan(s.start_frame, s.n_frames, _fill(s.fill), 0, s.fill.level) for s in self.spans]
        boxes = [
            Rectangle(r.start_bin, r.n_bins, r.start_frame, r.n_frames, _fill(r.fill), 0, r.fill.level)
            for r in self.rectangles
        ]
        return Draw(self.n_mels, self.n_frames, (*warps, *of_bins, *spans, *boxes), policy)

    def to_json(self) -> str:
        """Return the change as JSON."""
        return to_json(self)

    @classmethod
    def from_json(cls, text: str | bytes) -> Change:
        """Read `to_json`.

        Raises
        ------
        PolicyError
            One line with the key, the value and what is allowed.
        """
        with error_context("change", PolicyError):
            return from_json(cls, text)

    def __str__(self) -> str:
        if self.is_nothing:
            return "nothing changed"
        lines = []
        if self.length != "none":
            lines.append(f"{self.n_frames_before} frames became {self.n_frames} ({self.length})")
        if self.warp is not None:
            warp = self.warp
            lines.append(f"frame {warp.center_frame} moved by {warp.displacement_frames:+d} frames, {warp.reading}")
        for mask in self.bands:
            lines.append(f"{_range('bins', mask.start_bin, mask.n_bins)} masked ({_in_words(mask.fill)})")
        for span in self.spans:
            lines.append(f"{_range('frames', span.start_frame, span.n_frames)} masked ({_in_words(span.fill)})")
        for box in self.rectangles:
            bins = _range("bins", box.start_bin, box.n_bins)
            lines.append(f"{bins} masked in {_range('frames', box.start_frame, box.n_frames)} ({_in_words(box.fill)})")
        if self.unexplained_ratio:
            lines.append(f"{100 * self.unexplained_ratio:.2g} % of the cells changed for another reason")
        return "\n".join(lines)


def _range(unit: str, start: int, n: int) -> str:
    return f"{unit} {start}-{start + n - 1}"


def _in_words(fill: FillFound) -> str:
    value = f" {fill.value:.4g}" if fill.kind == "constant" and fill.value is not None else ""
    level = f", {fill.level.vs_median_db:+.1f} dB re median" if fill.level else ""
    return f"{fill.kind}{value}{level}"


def _fill(fill: FillFound) -> Fill:
    """Return the nearest fill of a policy."""
    if fill.kind in ("zero", "constant") and fill.value is not None:
        return fill.value
    return next((name for name in FILLS if name == fill.kind and not is_noise(name)), "noise")
