"""`Draw`: one draw of a policy, as data; applying it is deterministic."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Callable
from functools import cached_property
from typing import Annotated, Any, TypeVar

import numpy as np
import numpy.typing as npt
from pydantic import Field

from .._notices import Notice
from .._records import from_json, record, to_json
from ..custom.transform import CallableStep
from ..errors import ParameterError, PolicyError, error_context
from ..frontends import AnyMel, MelSpectrogram, MelStream, check_mel
from .fills import Padding, fill_level
from .regions import Masking, with_copy, with_fill, with_padding, without_padding
from .steps import Batch, FrameCopy, FrequencySpan, Rectangle, Step, TailCut, TimeSpan, WarpPath, over_frames, reaches

__all__ = ["Draw", "FrequencySpan", "Step", "TimeSpan", "WarpPath", "with_fill_levels"]

Mel = TypeVar("Mel", MelSpectrogram, MelStream)


@record
class Draw:
    """The random decisions of one draw of a policy, for a mel of one size.

    Parameters
    ----------
    n_mels, n_frames : int > 0
        Size of the mel it was drawn for.
    steps : tuple of FrequencySpan, TimeSpan, Rectangle, FrameCopy, TailCut, WarpPath and CallableStep
        In the order in which they are applied.
    policy : str
        Name of the policy.
    applied : bool
        False if the policy's ``probability`` decided to leave the clip unchanged.
    warnings : tuple of str
        Texts about parameters without effect; in a record, as the version that wrote it worded them.
    batch : Batch or None
        The padded batch of the draw; means that are taken over the batch include its padding.
    n_masks_in_padding : int >= 0
        Number of time masks after the clip's end, in the padding of its batch.
    notices : tuple of Notice
        The same as ``warnings``, as data; empty in a record of an earlier version.

    Raises
    ------
    ParameterError
        When a step exceeds the mel.

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
    batch: Batch | None = None
    n_masks_in_padding: Annotated[int, Field(ge=0)] = 0
    notices: Annotated[tuple[Notice, ...], Field(strict=False)] = ()

    def __repr__(self) -> str:
        kinds = [step.kind for step in self.steps]
        counts = ", ".join(f"{kinds.count(kind)} x {kind}" for kind in dict.fromkeys(kinds))
        contents = counts or ("nothing drawn" if self.applied else "not applied")
        n_warnings = f", {len(self.warnings)} warnings" if self.warnings else ""
        return f"Draw({self.policy!r:.60}, {self.n_mels} bins x {self.n_frames} frames: {contents}{n_warnings})"

    def __post_init__(self) -> None:
        """Check that every step is within the mel or its batch."""
        padded, is_over_padding = self.n_frames + self.padding.n_frames, self.is_over_padding
        for step in self.steps:
            for end, size, unit in reaches(step, self.n_mels, self.n_frames, padded):
                if end > size:
                    raise ParameterError(f"{step.kind} reaches beyond the {size} {unit} of the mel: {step}")
            over = over_frames(step)
            if over not in (None, padded):
                raise ParameterError(f"{step.kind}.over_frames={over}: allowed is {padded}, the frames of the batch")
            if is_over_padding and isinstance(step, TailCut | CallableStep):
                raise ParameterError(
                    f"{step.kind} cannot be combined with a warp or copies over the padded batch; draw them "
                    "separately, or without batch.n_frames"
                )

    def apply(self, mel: Mel) -> Mel:
        """Warp and mask; the same mel and draw give the same bits.

        Parameters
        ----------
        mel : MelSpectrogram or MelStream

        Returns
        -------
        MelSpectrogram or MelStream
            Of the same type.

        Raises
        ------
        ParameterError
            When the size of the mel differs from the draw's, or a callable cannot be called again.
        """
        check_mel(mel)
        if (mel.n_mels, mel.n_frames) != (self.n_mels, self.n_frames):
            raise ParameterError(
                f"the draw was made for {self.n_mels} bins x {self.n_frames} frames, the mel has {mel.n_mels} x "
                f"{mel.n_frames}; draw again for this clip and front-end"
            )
        state = _first_state(self, mel)
        for step in self.steps:
            state = state.at(step).after(step)
        augmented: Mel = state.current
        return without_padding(state.current, mel, self.warps) if self.is_over_padding else augmented

    @property
    def is_over_padding(self) -> bool:
        """Whether steps move frames between the clip and the padding after it."""
        return self.padding.n_frames > 0 and any(over_frames(step) for step in self.steps)

    @property
    def padding(self) -> Padding:
        """Frames of the batch after the clip, and the value in them."""
        batch = self.batch
        return Padding(batch.padded(self.n_frames) - self.n_frames, batch.pad_value) if batch else Padding()

    def to_json(self) -> str:
        """Return the draw as a JSON text."""
        return to_json(self)

    @classmethod
    def from_json(cls, text: str | bytes) -> Draw:
        """Read a draw from JSON.

        Raises
        ------
        PolicyError
            One line with the key, the value, and what is allowed.
        """
        with error_context("draw", PolicyError):
            return from_json(cls, text)

    @property
    def calls(self) -> tuple[CallableStep, ...]:
        """The calls of users' callables among the steps."""
        return tuple(step for step in self.steps if isinstance(step, CallableStep))

    def with_callable(self, function: Callable[..., Any] | str) -> Draw:
        """Return the draw with its callable attached, after it was read from JSON.

        Parameters
        ----------
        function : callable or str
            The callable of the draw, or its name, which is imported.

        Raises
        ------
        ParameterError
            When the draw calls none, or more than one.
        """
        if len({step.call for step in self.calls}) != 1:
            names = ", ".join(step.call for step in self.calls) or "nothing"
            raise ParameterError(f"the draw calls {names:.200}: expected a draw that calls exactly one callable")
        bound = self.calls[0].with_function(function).function
        steps = (dataclasses.replace(s, function=bound) if isinstance(s, CallableStep) else s for s in self.steps)
        return dataclasses.replace(self, steps=tuple(steps))

    @property
    def time_spans(self) -> list[tuple[float, float]]:
        """Begin and end of each time mask, in frames of the augmented mel, where later warps have moved it.

        Frame t extends from t - 0.5 to t + 0.5.
        """
        masks = ((i, step) for i, step in enumerate(self.steps) if isinstance(step, TimeSpan) and step.n_frames)
        spans = (self._ends[i] for i, _ in masks)
        return [(begin, end) for begin, end in spans if begin < end]

    @property
    def rectangles(self) -> list[tuple[tuple[int, int], tuple[float, float]]]:
        """Bins and frames of each rectangle, as (begin, end), end exclusive; frames as in `time_spans`."""
        boxes = ((i, step) for i, step in enumerate(self.steps) if isinstance(step, Rectangle))
        return [
            ((step.start_bin, step.start_bin + step.n_bins), self._ends[i])
            for i, step in boxes
            if step.n_bins and step.n_frames
        ]

    @property
    def copies(self) -> list[tuple[tuple[int, int], tuple[float, float]]]:
        """Bins and frames of each copy, as in `rectangles`."""
        steps = ((i, step) for i, step in enumerate(self.steps) if isinstance(step, FrameCopy) and step.n_frames)
        copies = ((s.region[0].indices(self.n_mels)[:2], self._ends[i]) for i, s in steps)
        return [(bins, (begin, end)) for bins, (begin, end) in copies if begin < end]

    @property
    def n_trimmed(self) -> int:
        """Number of frames cut off at the end."""
        return sum(step.n_frames for step in self.steps if isinstance(step, TailCut))

    @cached_property
    def _ends(self) -> list[tuple[float, float]]:
        """Begin and end of each step after all later warps, limited to the clip."""
        starts = [getattr(step, "start_frame", 0) for step in self.steps]
        widths = [getattr(step, "n_frames", 0) for step in self.steps]
        last = self.n_frames - 0.5
        if not self.warps:
            # Many draws are simulated, and most of them need no arrays here.
            return [(min(s - 0.5, last), min(s + n - 0.5, last)) for s, n in zip(starts, widths, strict=True)]
        ends = np.array([(start, start + n) for start, n in zip(starts, widths, strict=True)]).reshape(-1, 2) - 0.5
        for place, step in enumerate(self.steps):
            if isinstance(step, WarpPath):
                ends[:place] = step.moved(ends[:place], self.n_frames)
        return [(begin, end) for begin, end in np.minimum(ends, last).tolist()]

    @property
    def masked_bins(self) -> npt.NDArray[np.bool_]:
        """Which bins a frequency mask covers, shape (n_mels,)."""
        covered = np.zeros(self.n_mels, dtype=bool)
        for step in self.steps:
            if isinstance(step, FrequencySpan):
                covered[step.region[0]] = True
        return covered

    @property
    def masked_frames(self) -> npt.NDArray[np.bool_]:
        """Which frames a time mask covers, shape (n_frames,)."""
        covered = np.zeros(self.n_frames, dtype=bool)
        for start, stop in self._masked_spans:
            covered[start:stop] = True
        return covered

    @cached_property
    def _masked_spans(self) -> list[tuple[int, int]]:
        """Runs of frames that time masks cover, as (first, end), end exclusive; no two of them touch."""
        spans = ((max(0, math.floor(begin) + 1), math.ceil(end)) for begin, end in self.time_spans)
        merged: list[tuple[int, int]] = []
        for start, stop in sorted(span for span in spans if span[0] < span[1]):
            if merged and start <= merged[-1][1]:
                merged[-1] = merged[-1][0], max(stop, merged[-1][1])
            else:
                merged.append((start, stop))
        return merged

    @cached_property
    def masked_frequency_ratio(self) -> float:
        """Share of the bins that frequency masks cover."""
        return float(self.masked_bins.mean())

    @property
    def masked_time_ratio(self) -> float:
        """Share of the frames that time masks cover."""
        return sum(stop - start for start, stop in self._masked_spans) / self.n_frames

    @property
    def masked_area_ratio(self) -> float:
        """Share of the cells that any mask covers."""
        if not self.rectangles:
            return 1 - (1 - self.masked_frequency_ratio) * (1 - self.masked_time_ratio)
        return self.masked_from_bin(0)[1]

    def masked_from_bin(self, first_bin: int) -> tuple[float, float]:
        """Return the shares of all bins and of all cells that are masked in bins from ``first_bin`` on.

        These are parts of `masked_frequency_ratio` and `masked_area_ratio`, e.g. in empty bins above a clip's content.

        Examples
        --------
        >>> draw = Draw(80, 100, (FrequencySpan(70, 10), TimeSpan(0, 50)))
        >>> draw.masked_from_bin(60)
        (0.125, 0.1875)
        """
        bins = self.masked_bins[first_bin:]
        boxes = [(0, self.n_mels, start, stop) for start, stop in self._masked_spans]
        boxes += [(*bins_of_box, math.ceil(begin), math.ceil(end)) for bins_of_box, (begin, end) in self.rectangles]
        # Cells are counted between the edges of masks, so the cost does not depend on the clip's length.
        changes: dict[int, list[tuple[slice, int]]] = {0: [], self.n_frames: []}
        for first, stop, begin, end in boxes:
            rows = slice(max(0, first - first_bin), max(0, stop - first_bin))
            changes.setdefault(max(0, begin), []).append((rows, 1))
            changes.setdefault(max(0, end), []).append((rows, -1))
        n_masks_on, n_cells = bins.astype(np.int64), 0
        for here, following in itertools.pairwise(sorted(changes)):
            for rows, more in changes[here]:
                n_masks_on[rows] += more
            n_cells += int(np.count_nonzero(n_masks_on)) * (following - here)
        return float(bins.sum()) / self.n_mels, n_cells / (self.n_mels * self.n_frames)

    @property
    def longest_gap_frames(self) -> int:
        """Length of the longest run of masked frames."""
        return max((stop - start for start, stop in self._masked_spans), default=0)

    @property
    def loudest_fill_db(self) -> float | None:
        """Level of the loudest fill in dB relative to the clip's 95th percentile cell; None without masks."""
        levels = [step.fill_level for step in self.steps if isinstance(step, Masking)]
        return max((level.vs_p95_db for level in levels if level), default=None)

    @property
    def warps(self) -> tuple[WarpPath, ...]:
        """The time warps among the steps."""
        return tuple(step for step in self.steps if isinstance(step, WarpPath))


def with_fill_levels(draw: Draw, mel: AnyMel) -> Draw:
    """Return the draw with the loudness of each fill added to its steps."""
    state = _first_state(draw, mel)
    # Masks are applied only if a later step reads the filled cells.
    is_masked = any(isinstance(step, CallableStep) or getattr(step, "over", "") == "current" for step in draw.steps)
    steps: list[Step] = []
    for step in draw.steps:
        state = state.at(step)
        if isinstance(step, FrequencySpan | TimeSpan | Rectangle):
            level = fill_level(
                step.fill, state.reference(step), step.region, step.noise_seed, state.padding, n_frames=mel.n_frames
            )
            step = dataclasses.replace(step, fill_level=level)
        steps.append(step)
        if is_masked or isinstance(step, WarpPath | TailCut):
            state = state.after(step)
    return dataclasses.replace(draw, steps=tuple(steps))


@dataclasses.dataclass(frozen=True)
class _State:
    """A mel between two steps.

    ``unwarped`` is the original mel, ``clean`` has no masks, ``current`` has all of them, and ``before`` is the mel
    before the first of the steps that were drawn together. ``n_frames`` is the clip's length; if steps move frames of
    the padding, the mels include it.
    """

    unwarped: Any
    clean: Any
    current: Any
    before: Any
    padding: Padding
    n_frames: int

    def at(self, step: Step) -> _State:
        """Return the state in which a step starts."""
        is_first = not isinstance(step, WarpPath | TailCut | CallableStep) and step.is_first
        return dataclasses.replace(self, before=self.current) if is_first else self

    def reference(self, step: Masking) -> AnyMel:
        """Return the mel over which the mean of a step's fill is taken."""
        mels: dict[str, AnyMel] = {"clean": self.clean, "unwarped": self.unwarped, "current": self.before}
        return mels[step.over]

    def after(self, step: Step) -> _State:
        """Return the state after a step."""
        if isinstance(step, WarpPath):
            taps = step.taps(self.n_frames)
            taps = taps.extend(self.clean.n_frames) if len(taps.source) < self.clean.n_frames else taps
            return self._with_each(lambda mel: mel.with_warp(taps))
        if isinstance(step, TailCut):
            n = self.clean.n_frames - step.n_frames
            return dataclasses.replace(self._with_each(lambda mel: mel.first_frames(n)), n_frames=n)
        if isinstance(step, CallableStep):
            mel = step.apply(self.current)
            return dataclasses.replace(self, clean=mel, current=mel, before=mel, n_frames=mel.n_frames)
        if isinstance(step, FrameCopy):
            return dataclasses.replace(self, current=with_copy(self.current, self.before, step, self.n_frames))
        return dataclasses.replace(self, current=with_fill(self.current, self.reference(step), step, self.padding))

    def _with_each(self, change: Callable[[Any], Any]) -> _State:
        """Return the state with ``change`` applied to each of its mels, once if they are the same object."""
        changed: dict[int, Any] = {}
        for mel in (self.clean, self.current, self.before):
            if id(mel) not in changed:
                changed[id(mel)] = change(mel)
        clean, current, before = (changed[id(mel)] for mel in (self.clean, self.current, self.before))
        return dataclasses.replace(self, clean=clean, current=current, before=before)


def _first_state(draw: Draw, mel: AnyMel) -> _State:
    """Return the state before the first step."""
    if not draw.is_over_padding:
        return _State(mel, mel, mel, mel, draw.padding, mel.n_frames)
    padded = with_padding(mel, draw.padding)
    return _State(padded, padded, padded, padded, Padding(), mel.n_frames)
