"""The frameworks' transforms as data: masks along one axis, rectangles, copies and cut tails; warps are in `warps`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

from pydantic import Field

from .._notices import Notice
from .._records import record
from ..errors import ParameterError
from .fills import Fill, is_noise
from .generators import Source
from .rules import CountRule, Order, RatioRule, Span, Spans, StartRule, WidthRule, draw_count, draw_share, draw_spans
from .steps import (
    Batch,
    Count,
    FillOver,
    FrameCopy,
    FrequencySpan,
    Ratio,
    Rectangle,
    Step,
    StepsAndNotices,
    TailCut,
    TimeSpan,
    check_n_steps,
    n_in_padding,
)
from .warps import Warp

__all__ = ["Copy", "Cutout", "FixedCount", "FrameworkTransform", "Mask", "TrimTail", "Warp"]


@record
class Mask:
    """Masks along one axis, drawn by a framework's rules.

    Parameters
    ----------
    axis : {"time", "frequency"}
    count : int >= 0
        Number of masks, as ``count_rule`` reads it; see `specaug_listen.augment.rules.draw_count`.
    count_rule : str
    max_count : int >= 0 or None
    count_ratio : float in [0, 1] or None
    min_width, max_width : int >= 0 [frames or mel bins]
        ``max_width`` may be None where ``max_ratio`` decides alone.
    width_rule, start_rule, order : str
        See `specaug_listen.augment.rules.draw_spans`.
    min_ratio : float in [0, 1]
    max_ratio : float in [0, 1] or None
        Shares of the axis, as ``ratio_rule`` reads them.
    ratio_rule : str
        ``bounds`` the widest before it is drawn; ``replaces`` it; ``scales`` the uniform number, unrounded;
        ``at_least_one`` replaces it, but by no less than 1; ``clamps`` widths after they were drawn; ``total`` is
        shared by all masks.
    over : {"clip", "padded"}
        Whose frames are counted: the clip's, or those of its batch with padding.
    row_frames : int > 0 or None [frames]
        The length that a batch has where none is given, of which ``share`` counts how many fit side by side (HF:
        Whisper's 30 s).
    together : bool
        Whether the framework draws for all examples of a batch in one call, one array of numbers for each quantity.
    fill : float or str
        A constant or a name in `specaug_listen.augment.fills.FILLS`; or ``swap``: the frames that stand a drawn
        distance away.
    fill_over : {"clean", "unwarped", "current"}
        What a mean is taken over: the clip before the first mask and after warps; before any warp; or as it stands,
        with what was masked before. Of a padded batch, with its padding.

    Raises
    ------
    ParameterError
        When a value is out of range or two do not fit; when drawn, for masks wider than the mel where the framework
        raises (``below_limit``).

    Examples
    --------
    >>> from specaug_listen.augment.generators import framework_source
    >>> steps, notices = Mask("frequency", count=2, max_width=27).draw(80, 300, framework_source("python", 0))
    >>> len(steps)
    2
    """

    axis: Literal["time", "frequency"]
    count: Count = 1
    count_rule: CountRule = "fixed"
    max_count: Count | None = None
    count_ratio: Ratio | None = None
    min_width: Count = 0
    max_width: Count | None = None
    width_rule: WidthRule = "exclusive"
    min_ratio: Ratio = 0.0
    max_ratio: Ratio | None = None
    ratio_rule: RatioRule = "bounds"
    start_rule: StartRule = "last_left_out"
    order: Order = "mask_by_mask"
    over: Literal["clip", "padded"] = "clip"
    row_frames: Annotated[int, Field(gt=0, le=10_000_000)] | None = None
    together: bool = False
    fill: Fill | Literal["swap"] = 0.0
    fill_over: FillOver = "clean"
    kind: Literal["mask"] = "mask"

    def __post_init__(self) -> None:
        """Check what concerns two fields at once."""
        if self.max_width is None and self.max_ratio is None:
            raise ParameterError(f"{self.axis} mask: max_width and max_ratio are both missing; give at least one")
        if self.max_width is not None and self.min_width > self.max_width:
            raise ParameterError(f"min_width={self.min_width}: allowed is at most max_width={self.max_width}")
        if self.count_rule in ("floor", "ceil", "share") and self.count_ratio is None:
            raise ParameterError(f"count_rule={self.count_rule!r} needs count_ratio")

    @property
    def is_idle(self) -> bool:
        """Whether it never does anything, whatever the clip."""
        return self.count_rule in ("fixed", "range") and self.fixed_count == 0

    @property
    def fixed_count(self) -> int | None:
        """Most masks that it asks for whatever the clip; None where their number follows from the clip's length."""
        if self.count_rule in ("floor", "ceil", "patches"):
            return None
        return max(self.count, self.max_count or 0) if self.count_rule == "range" else self.count

    @property
    def purpose(self) -> str:
        """What a framework's generator is asked for."""
        return "patch" if self.start_rule == "grid" else "mask"

    def draw(self, n_mels: int, n_frames: int, source: Source, batch: Batch | None = None) -> StepsAndNotices:
        """Draw the masks for a mel of this size, and say what does nothing, or lies in the padding.

        Masks over the padded batch may reach beyond the clip's frames.
        """
        batch = batch or Batch()
        padded = batch.padded(n_frames)
        size = n_mels if self.axis == "frequency" else padded if self.over == "padded" else n_frames
        spans, notices = self._spans(size, self._longest(size, batch), batch, source)
        masks = draw_spans(self.width_rule, self.start_rule, self.order, spans, source)
        is_own_noise = bool(masks) and self._draws_noise_of_batch and source.is_of_framework
        if is_own_noise:
            source.pass_over(batch.size * padded * n_mels)
        steps = self._swaps(masks, n_mels, n_frames, padded, source) if self.fill == "swap" else []
        steps = steps or [self._step(span, i == 0, source) for i, span in enumerate(masks)]
        if n_lost := n_in_padding(steps, n_frames):
            notices.append(self._notice("in-padding", n_masks=n_lost, n_all=len(masks), n_frames=n_frames))
        if is_own_noise:
            notices.append(self._notice("own-noise"))
        return steps, notices

    def _notice(self, kind: str, **values: Any) -> Notice:
        return Notice(kind, {"transform": self.kind, "axis": self.axis, **values})

    @property
    def _draws_noise_of_batch(self) -> bool:
        """Whether the framework draws noise for the whole batch behind the masks (SpeechBrain's ``rand``)."""
        return self.fill == "uniform" and self.together and self.start_rule == "anywhere"

    def _step(self, span: Span, is_first: bool, source: Source) -> Step:
        fill: Fill = 0.0 if self.fill == "swap" else self.fill
        seed = _noise_seed(fill, source)
        if self.axis == "frequency":
            return FrequencySpan(span.start, span.width, fill, seed, over=self.fill_over, is_first=is_first)
        return TimeSpan(span.start, span.width, fill, seed, over=self.fill_over, is_first=is_first)

    def _swaps(self, masks: list[Span], n_mels: int, n_frames: int, padded: int, source: Source) -> list[Step]:
        """Return copies in place of the masks of one draw, all from the same distance (SpeechBrain's ``swap``)."""
        if not masks or padded < 2:
            return []
        shift = int(source.integers(1, padded, (1,))[0])
        over = padded if padded > n_frames else None
        steps: list[Step] = []
        for span in masks:
            bins = (span.start, span.width) if self.axis == "frequency" else (0, n_mels)
            start, n = (0, padded) if self.axis == "frequency" else span
            steps.append(FrameCopy(start, n, (start - shift) % padded, *bins, is_first=not steps, over_frames=over))
        return steps

    def _longest(self, size: int, batch: Batch) -> int:
        """Return the size of the longest example of the batch along the axis."""
        return size if self.axis == "frequency" else max(size, batch.n_frames or self.row_frames or 0)

    def _spans(self, size: int, longest: int, batch: Batch, source: Source) -> tuple[Spans, list[Notice]]:
        """Return what widths and starts are drawn from, and why there are none."""
        widest, limit = float(self.max_width or 0), self.max_width or 0
        share = None if self.max_ratio is None else self.max_ratio * size
        clamp, narrowest = None, self.min_width
        if share is not None:
            if self.ratio_rule in ("replaces", "at_least_one"):
                widest = float(max(math.floor(share), int(self.ratio_rule == "at_least_one")))
                narrowest, limit = math.floor(self.min_ratio * size), int(widest)
            elif self.ratio_rule == "scales":
                widest = min(share, float(size))
            elif self.ratio_rule == "clamps":
                clamp = max(int(share), 1)
            elif self.ratio_rule == "bounds":
                widest = min(widest, float(int(share))) if self.max_width is not None else float(int(share))
        ratio = self.max_ratio if self.count_rule == "total" else self.count_ratio
        n_of_longest = 0
        if self.count_rule == "share":
            n, n_of_longest = draw_share(self.count, ratio or 0.0, size, longest, limit, source)
        else:
            n = draw_count(self.count_rule, self.count, self.max_count, ratio, size, limit, source)
        check_n_steps(max(n, n_of_longest))
        if self.ratio_rule == "total" and share is not None:
            widest = min(widest, share // n) if n else 0.0
        why = self._why_nothing(n, narrowest, widest, size)
        n_rows = batch.size if self.together else 1
        return Spans(0 if why else n, narrowest, widest, limit, clamp, size, n_rows, n_of_longest), why

    def _why_nothing(self, n: int, narrowest: int, widest: float, size: int) -> list[Notice]:
        if n == 0:
            return self._why_none(size)
        if self.start_rule == "below_limit" and (self.max_width or 0) > size:
            unit = "bins" if self.axis == "frequency" else "frames"
            raise ParameterError(
                f"{self.axis} masks: max_width={self.max_width}: the mel has {size} {unit}, and NeMo raises here; "
                f"allowed is at most {size}, or its vectorised masks"
            )
        too_narrow = widest <= narrowest if self.width_rule == "exclusive" else widest < narrowest
        if too_narrow or (self.ratio_rule == "bounds" and self.max_ratio is not None and widest < 1):
            return [self._notice("no-width-to-draw", widest=widest, size=size)]
        return []

    def _why_none(self, size: int) -> list[Notice]:
        """Say why not one mask is drawn on an axis of this size, where that is not what was asked for."""
        ratio, width = self.count_ratio or 0.0, self.max_width or 0
        if self.count_rule in ("fixed", "range", "total") or not ratio:
            return []
        if self.count_rule == "share" and size < width:
            return [self._notice("no-room-for-one", size=size, width=width)]
        if self.count_rule == "share":
            return [self._notice("count-rounded-to-0", ratio=ratio, size=size, width=width)]
        return [self._notice("too-few-for-one", ratio=ratio, size=size)]


class FixedCount:
    """What is alike in transforms that ask for ``count`` of one kind whatever the clip."""

    if TYPE_CHECKING:
        count: int
        kind: str

    @property
    def is_idle(self) -> bool:
        """Whether it never does anything, whatever the clip."""
        return self.count == 0

    @property
    def fixed_count(self) -> int:
        """Most masks that it asks for whatever the clip."""
        return self.count

    @property
    def purpose(self) -> str:
        """What a framework's generator is asked for."""
        return self.kind


@record
class Cutout(FixedCount):
    """Rectangles: NeMo's ``SpecCutout`` [1]_.

    Start and size of both axes are uniform, sizes in {0, ..., ``max_bins``} and {0, ..., ``max_frames``}, starts so
    that the largest rectangle would fit. Frames of padding count.

    Parameters
    ----------
    count : int >= 0
    max_bins, max_frames : int >= 0
    fill : float or str

    Raises
    ------
    ParameterError
        When drawn, for rectangles of more bins than the mel has, as NeMo does for every clip. Of a clip with too few
        frames the draw says that nothing was done.

    References
    ----------
    .. [1] NVIDIA NeMo, ``nemo/collections/asr/parts/submodules/spectr_augment.py``.
    """

    count: Count = 5
    max_bins: Count = 20
    max_frames: Count = 5
    fill: Fill = 0.0
    kind: Literal["cutout"] = "cutout"

    def draw(self, n_mels: int, n_frames: int, source: Source, batch: Batch | None = None) -> StepsAndNotices:
        """Draw the rectangles for a mel of this size, or say why there are none."""
        padded = (batch or Batch()).padded(n_frames)
        if self.count and self.max_bins > n_mels:
            raise ParameterError(
                f"cutout: max_bins={self.max_bins}: the mel has {n_mels} bins, and NeMo raises here; allowed is at "
                f"most {n_mels}"
            )
        if self.max_frames > padded:  # where NeMo raises an error
            size = {"max_bins": self.max_bins, "max_frames": self.max_frames, "n_mels": n_mels, "n_frames": padded}
            return [], [Notice("cutout-too-large", {"transform": self.kind, **size})]
        steps: list[Step] = []
        for _ in range(self.count):
            highest = n_mels - self.max_bins, padded - self.max_frames, self.max_bins, self.max_frames
            start_bin, start, n_bins, n = (int(source.integers(0, high + 1, (1,))[0]) for high in highest)
            begin = min(start, n_frames)
            seed = _noise_seed(self.fill, source)
            steps.append(Rectangle(start_bin, n_bins, begin, min(n, n_frames - begin), self.fill, seed))
        return steps, []


@record
class Copy(FixedCount):
    """Runs of frames replaced by earlier ones: wenet's ``spec_sub`` [1]_.

    Start uniform over all frames, length uniform in {1, ..., ``max_frames``}, cut at the end; how far before it the
    frames come from is uniform over all there are. They are taken out of the mel as it was before the first copy.

    Parameters
    ----------
    count : int >= 0
    max_frames : int > 0

    References
    ----------
    .. [1] wenet, ``wenet/dataset/processor.py``.
    """

    count: Count = 3
    max_frames: Annotated[int, Field(gt=0, le=10_000)] = 20
    kind: Literal["copy"] = "copy"

    def draw(self, n_mels: int, n_frames: int, source: Source, batch: Batch | None = None) -> StepsAndNotices:
        """Draw the copies for a mel of this size."""
        steps: list[Step] = []
        for _ in range(self.count):
            start = int(source.integers(0, n_frames, (1,))[0])
            length = int(source.integers(1, self.max_frames + 1, (1,))[0])
            shift = int(source.integers(0, start + 1, (1,))[0])
            steps.append(FrameCopy(start, min(length, n_frames - start), start - shift, is_first=not steps))
        return steps, []


@record
class TrimTail:
    """The last frames cut off: wenet's ``spec_trim`` [1]_.

    1 to ``max_frames`` of them, where that is less than half the clip.

    Parameters
    ----------
    max_frames : int > 0

    References
    ----------
    .. [1] wenet, ``wenet/dataset/processor.py``.
    """

    max_frames: Annotated[int, Field(gt=0, le=10_000)] = 20
    kind: Literal["trim_tail"] = "trim_tail"

    @property
    def purpose(self) -> str:
        """What a framework's generator is asked for."""
        return self.kind

    def draw(self, n_mels: int, n_frames: int, source: Source, batch: Batch | None = None) -> StepsAndNotices:
        """Draw how many, or say why none."""
        length = int(source.integers(1, self.max_frames + 1, (1,))[0])
        if length < n_frames / 2:
            return [TailCut(length)], []
        values = {"transform": self.kind, "length": length, "n_frames": n_frames}
        return [], [Notice("half-the-clip", values)]


def _noise_seed(fill: Fill, source: Source) -> int | None:
    return source.noise_seed() if is_noise(fill) else None


FrameworkTransform: TypeAlias = Mask | Cutout | Copy | TrimTail | Warp
