"""`Draw`: what one draw of a policy decided, as data; applying it is exact, with no randomness in it."""

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
    """What one draw of a policy decided for a mel of one size.

    Parameters
    ----------
    n_mels, n_frames : int > 0
        Size of the mel it was drawn for.
    steps : tuple of FrequencySpan, TimeSpan, Rectangle, FrameCopy, TailCut, WarpPath and CallableStep
        In the order in which they are applied.
    policy : str
        Name of the policy.
    applied : bool
        False where the policy's ``probability`` decided to leave the clip alone.
    warnings : tuple of str
        What did not happen as the parameters suggest, in words; in a record, those of the version that wrote it.
    batch : Batch or None
        The padded batch that the clip was drawn in; its padding counts in means that are taken over it.
    n_masks_in_padding : int >= 0
        Time masks that lie beyond the clip, in the padding of its batch.
    notices : tuple of Notice
        The same as ``warnings``, as data; none in a record of an earlier version.

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
    batch: Batch | None = None
    n_masks_in_padding: Annotated[int, Field(ge=0)] = 0
    notices: Annotated[tuple[Notice, ...], Field(strict=False)] = ()

    def __repr__(self) -> str:
        kinds = [step.kind for step in self.steps]
        counted = ", ".join(f"{kinds.count(kind)} x {kind}" for kind in dict.fromkeys(kinds))
        what = counted or ("nothing drawn" if self.applied else "not applied")
        n_warnings = f", {len(self.warnings)} warnings" if self.warnings else ""
        return f"Draw({self.policy!r:.60}, {self.n_mels} bins x {self.n_frames} frames: {what}{n_warnings})"

    def __post_init__(self) -> None:
        """Check that every step lies within the mel, or its batch."""
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
                    f"{step.kind} stands with a warp or copies over the padded batch, whose frames it does not know; "
                    "draw one or the other, or without batch.n_frames"
                )

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
            When the mel has another size than the draw was made for, or a callable cannot be called again.
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
        """Whether steps move frames between the clip and the padding behind it."""
        return self.padding.n_frames > 0 and any(over_frames(step) for step in self.steps)

    @property
    def padding(self) -> Padding:
        """Frames of the batch beyond the clip, and what stands in them."""
        batch = self.batch
        return Padding(batch.padded(self.n_frames) - self.n_frames, batch.pad_value) if batch else Padding()

    def to_json(self) -> str:
        """Write the draw as a JSON text."""
        return to_json(self)

    @classmethod
    def from_json(cls, text: str | bytes) -> Draw:
        """Read `to_json`.

        Raises
        ------
        PolicyError
            One line that names the key, the value and what is allowed.
        """
        with error_context("draw", PolicyError):
            return from_json(cls, text)

    @property
    def calls(self) -> tuple[CallableStep, ...]:
        """The calls of users' callables among the steps."""
        return tuple(step for step in self.steps if isinstance(step, CallableStep))

    def with_callable(self, function: Callable[..., Any] | str) -> Draw:
        """Return the draw with its callable at hand, where it was read from JSON.

        Parameters
        ----------
        function : callable or str
            The one that the draw was made with, or its name, which is imported.

        Raises
        ------
        ParameterError
            When the draw calls none, or more than one.
        """
        if len({step.call for step in self.calls}) != 1:
            names = ", ".join(step.call for step in self.calls) or "nothing"
            raise ParameterError(f"the draw calls {names:.200}: a callable can be handed over where it calls one")
        bound = self.calls[0].with_function(function).function
        steps = (dataclasses.replace(s, function=bound) if isinstance(s, CallableStep) else s for s in self.steps)
        return dataclasses.replace(self, steps=tuple(steps))

    @property
    def time_spans(self) -> list[tuple[float, float]]:
        """Where each time mask begins and ends, in frames of the augmented mel; a later warp has moved it.

        Frame t reaches from t - 0.5 to t + 0.5.
        """
        masks = ((i, step) for i, step in enumerate(self.steps) if isinstance(step, TimeSpan) and step.n_frames)
        spans = (self._ends[i] for i, _ in masks)
        return [(begin, end) for begin, end in spans if begin < end]

    @property
    def rectangles(self) -> list[tuple[tuple[int, int], tuple[float, float]]]:
        """Bins and frames of each rectangle, from the first to behind the last; frames as in `time_spans`."""
        boxes = ((i, step) for i, step in enumerate(self.steps) if isinstance(step, Rectangle))
        return [
            ((step.start_bin, step.start_bin + step.n_bins), self._ends[i])
            for i, step in boxes
            if step.n_bins and step.n_frames
        ]

    @property
    def copies(self) -> list[tuple[tuple[int, int], tuple[float, float]]]:
        """Bins and frames of each copy; as `rectangles`."""
        steps = ((i, step) for i, step in enumerate(self.steps) if isinstance(step, FrameCopy) and step.n_frames)
        copies = ((s.region[0].indices(self.n_mels)[:2], self._ends[i]) for i, s in steps)
        return [(bins, (begin, end)) for bins, (begin, end) in copies if begin < end]

    @property
    def n_trimmed(self) -> int:
        """Frames cut off at the end."""
        return sum(step.n_frames for step in self.steps if isinstance(step, TailCut))

    @cached_property
    def _ends(self) -> list[tuple[float, float]]:
        """Where each step begins and ends after the warps behind it, as far as that is within the clip."""
        starts = [getattr(step, "start_frame", 0) for step in self.steps]
        widths = [getattr(step, "n_frames", 0) for step in self.steps]
        ends = np.array([(start, start + n) for start, n in zip(starts, widths, strict=True)]).reshape(-1, 2) - 0.5
        for place, step in enumerate(self.steps):
            if isinstance(step, WarpPath):
                ends[:place] = step.moved(ends[:place], self.n_frames)
        return [(begin, end) for begin, end in np.minimum(ends, self.n_frames - 0.5).tolist()]

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
        """Runs of frames that time masks cover, from the first frame to behind the last; no two touch."""
        spans = ((max(0, math.floor(begin) + 1), math.ceil(end)) for begin, end in self.time_spans)
        merged: list[tuple[int, int]] = []
        for start, stop in sorted(span for span in spans if span[0] < span[1]):
            if merged and start <= merged[-1][1]:
                merged[-1] = merged[-1][0], max(stop, merged[-1][1])
            else:
                merged.append((start, stop))
        return merged

    @property
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
        """Return the shares of all bins and of all cells that masks cover in the bins from ``first_bin`` on.

        Parts of `masked_frequency_ratio` and `masked_area_ratio`, e.g. those that lie above all that a clip holds.

        Examples
        --------
        >>> draw = Draw(80, 100, (FrequencySpan(70, 10), TimeSpan(0, 50)))
        >>> draw.masked_from_bin(60)
        (0.125, 0.1875)
        """
        bins = self.masked_bins[first_bin:]
        boxes = [(0, self.n_mels, start, stop) for start, stop in self._masked_spans]
        boxes += [(*bins_of_box, math.ceil(begin), math.ceil(end)) for bins_of_box, (begin, end) in self.rectangles]
        # Cells are counted from one edge of a mask to the next, so that the cost does not depend on the clip's length.
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
    """Return the draw with the level of every fill, relative to the clip, written into its steps."""
    state = _first_state(draw, mel)
    # Masks are put in only where a later step looks at what they filled.
    is_masked = any(isinstance(step, CallableStep) or getattr(step, "over", "") == "current" for step in draw.steps)
    steps: list[Step] = []
    for step in draw.steps:
        state = state.at(step)
        if isinstance(step, FrequencySpan | TimeSpan | Rectangle):
            level = fill_level(
                step.fill, state.reference(step), step.region, step.seed, state.padding, n_frames=mel.n_frames
            )
            step = dataclasses.replace(step, fill_level=level)
        steps.append(step)
        if is_masked or isinstance(step, WarpPath | TailCut):
            state = state.after(step)
    return dataclasses.replace(draw, steps=tuple(steps))


@dataclasses.dataclass(frozen=True)
class _State:
    """A mel on its way through the steps.

    ``unwarped`` is as it came, ``clean`` without masks, ``current`` with all of them; ``before`` as it was before the
    first of those steps that were drawn together. Of a clip of ``n_frames``; where steps move frames of the padding,
    the mels have it behind them.
    """

    unwarped: Any
    clean: Any
    current: Any
    before: Any
    padding: Padding
    n_frames: int

    def at(self, step: Step) -> _State:
        """Return the state in which a step begins."""
        is_first = not isinstance(step, WarpPath | TailCut | CallableStep) and step.is_first
        return dataclasses.replace(self, before=self.current) if is_first else self

    def reference(self, step: Masking) -> AnyMel:
        """Return the mel over which a mean of the step's fill is taken."""
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
        """Return the state with a change of every mel on its way; before the first mask they are one."""
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
