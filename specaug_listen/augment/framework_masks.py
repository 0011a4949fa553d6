"""`Mask`: masks along one axis, by the rules of a framework, as data."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from .._notices import Notice
from .._records import record
from ..errors import ParameterError
from .fills import Fill, is_noise
from .random_streams import RandomStream
from .rules import CountRule, Order, RatioRule, Span, Spans, StartRule, WidthRule, draw_count, draw_share, draw_spans
from .steps import (
    Batch,
    Count,
    FillOver,
    FrameCopy,
    FrequencySpan,
    Ratio,
    Step,
    StepsAndNotices,
    TimeSpan,
    check_n_steps,
    n_in_padding,
)

__all__ = ["Mask", "Transform", "noise_seed"]


class Transform:
    """What transforms of all kinds have in common."""

    if TYPE_CHECKING:
        kind: str

    @property
    def purpose(self) -> str:
        """The use of random numbers, by which a framework chooses its generator."""
        return self.kind


@record
class Mask(Transform):
    """Masks along one axis, drawn by a framework's rules.

    Parameters
    ----------
    axis : {"time", "frequency"}
    count : int >= 0
        Number of masks, interpreted by ``count_rule``; see `specaug_listen.augment.rules.draw_count`.
    count_rule : str
    max_count : int >= 0 or None
    count_ratio : float in [0, 1] or None
    min_width, max_width : int >= 0 [frames or mel bins]
        ``max_width`` may be None if ``max_ratio`` alone decides.
    width_rule, start_rule, order : str
        See `specaug_listen.augment.rules.draw_spans`.
    min_ratio : float in [0, 1]
    max_ratio : float in [0, 1] or None
        Shares of the axis, interpreted by ``ratio_rule``.
    ratio_rule : str
        What the share ``max_ratio`` of the axis limits. ``bounds``: the maximum width is at most the share.
        ``replaces``: the maximum width is the share. ``at_least_one``: the same, but 1 or more. ``scales``: the width
        is a uniform number times the share, which is not rounded. ``clamps``: a width is cut to the share after it was
        drawn. ``total``: the maximum width is at most the share divided by the number of masks.
    over : {"clip", "padded"}
        Frames that count: the clip's, or all of its padded batch.
    row_frames : int > 0 or None [frames]
        Length of the batch's rows if no batch is given, e.g. Whisper's 30 s. With the ``count_rule`` ``share``, there
        are at most as many masks as fit into it side by side.
    together : bool
        Whether the framework draws for all examples of a batch in one call, with one array of numbers per quantity.
    fill : float or str
        A constant or a name in `specaug_listen.augment.fills.FILLS`; or ``swap``: frames at a random distance.
    fill_over : {"clean", "unwarped", "current"}
        Cells that a mean is taken over: the clip before the first mask and after warps; before any warp; or as it is
        after earlier masks. In a padded batch, with its padding.

    Raises
    ------
    ParameterError
        When a value is out of range or two do not fit; when drawn, for masks wider than the mel if the framework raises
        then (``below_limit``).

    Examples
    --------
    >>> from specaug_listen.augment.random_streams import framework_stream
    >>> steps, notices = Mask("frequency", count=2, max_width=27).draw(80, 300, framework_stream("python", 0))
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
        """Check combinations of fields."""
        if self.max_width is None and self.max_ratio is None:
            raise ParameterError(f"{self.axis} mask: max_width and max_ratio are both missing; give one or both")
        if self.max_width is not None and self.min_width > self.max_width:
            raise ParameterError(f"min_width={self.min_width}: allowed is at most max_width={self.max_width}")
        if self.count_rule in ("floor", "ceil", "share") and self.count_ratio is None:
            raise ParameterError(f"count_rule={self.count_rule!r} needs count_ratio")

    @property
    def is_idle(self) -> bool:
        """Whether it has no effect on any clip."""
        return self.count_rule in ("fixed", "range") and self.fixed_count == 0

    @property
    def fixed_count(self) -> int | None:
        """Maximum number of masks; None if it depends on the clip's length."""
        if self.count_rule in ("floor", "ceil", "patches"):
            return None
        return max(self.count, self.max_count or 0) if self.count_rule == "range" else self.count

    @property
    def purpose(self) -> str:
        """The use of random numbers, by which a framework chooses its generator."""
        return "patch" if self.start_rule == "grid" else "mask"

    def draw(self, n_mels: int, n_frames: int, stream: RandomStream, batch: Batch | None = None) -> StepsAndNotices:
        """Draw the masks for a mel of this size, with notices about masks without effect or in the padding.

        Masks over the padded batch may extend beyond the clip.
        """
        batch = batch or Batch()
        padded = batch.padded(n_frames)
        size = n_mels if self.axis == "frequency" else padded if self.over == "padded" else n_frames
        spans, notices = self._spans(size, self._longest(size, batch), batch, stream)
        masks = draw_spans(self.width_rule, self.start_rule, self.order, spans, stream)
        is_own_noise = bool(masks) and self._draws_noise_of_batch and stream.is_of_framework
        if is_own_noise:
            stream.pass_over(batch.size * padded * n_mels)
        steps = self._swaps(masks, n_mels, n_frames, padded, stream) if self.fill == "swap" else []
        steps = steps or [self._step(span, i == 0, stream) for i, span in enumerate(masks)]
        if n_lost := n_in_padding(steps, n_frames):
            notices.append(self._notice("in-padding", n_masks=n_lost, n_all=len(masks), n_frames=n_frames))
        if is_own_noise:
            notices.append(self._notice("own-noise"))
        return steps, notices

    def _notice(self, kind: str, **values: Any) -> Notice:
        return Notice(kind, {"transform": self.kind, "axis": self.axis, **values})

    @property
    def _draws_noise_of_batch(self) -> bool:
        """Whether the framework draws noise for the whole batch after the masks (SpeechBrain's ``rand``)."""
        return self.fill == "uniform" and self.together and self.start_rule == "anywhere"

    def _step(self, span: Span, is_first: bool, stream: RandomStream) -> Step:
        fill: Fill = 0.0 if self.fill == "swap" else self.fill
        seed = noise_seed(fill, stream)
        if self.axis == "frequency":
            return FrequencySpan(span.start, span.width, fill, seed, over=self.fill_over, is_first=is_first)
        return TimeSpan(span.start, span.width, fill, seed, over=self.fill_over, is_first=is_first)

    def _swaps(self, masks: list[Span], n_mels: int, n_frames: int, padded: int, stream: RandomStream) -> list[Step]:
        """Return copies instead of masks, all from the same distance (SpeechBrain's ``swap``)."""
        if not masks or padded < 2:
            return []
        shift = int(stream.integers(1, padded, (1,))[0])
        over = padded if padded > n_frames else None
        steps: list[Step] = []
        for span in masks:
            bins = (span.start, span.width) if self.axis == "frequency" else (0, n_mels)
            start, n = (0, padded) if self.axis == "frequency" else span
            steps.append(FrameCopy(start, n, (start - shift) % padded, *bins, is_first=not steps, over_frames=over))
        return steps

    def _longest(self, size: int, batch: Batch) -> int:
        """Return the size of the batch's longest example along the axis."""
        return size if self.axis == "frequency" else max(size, batch.n_frames or self.row_frames or 0)

    def _spans(self, size: int, longest: int, batch: Batch, stream: RandomStream) -> tuple[Spans, list[Notice]]:
        """Return the parameters of widths and starts, and notices if there are no masks."""
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
            n, n_of_longest = draw_share(self.count, ratio or 0.0, size, longest, limit, stream)
        else:
            n = draw_count(self.count_rule, self.count, self.max_count, ratio, size, limit, stream)
        check_n_steps(max(n, n_of_longest))
        if self.ratio_rule == "total" and share is not None:
            widest = min(widest, share // n) if n else 0.0
        notices = self._notices_without_masks(n, narrowest, widest, size)
        n_rows = batch.size if self.together else 1
        return Spans(0 if notices else n, narrowest, widest, limit, clamp, size, n_rows, n_of_longest), notices

    def _notices_without_masks(self, n: int, narrowest: int, widest: float, size: int) -> list[Notice]:
        if n == 0:
            return self._notices_without_count(size)
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

    def _notices_without_count(self, size: int) -> list[Notice]:
        """Explain why a positive ratio gives not even one mask on an axis of this size."""
        ratio, width = self.count_ratio or 0.0, self.max_width or 0
        if self.count_rule in ("fixed", "range", "total") or not ratio:
            return []
        if self.count_rule == "share" and size < width:
            return [self._notice("no-room-for-one", size=size, width=width)]
        if self.count_rule == "share":
            return [self._notice("count-rounded-to-0", ratio=ratio, size=size, width=width)]
        return [self._notice("too-few-for-one", ratio=ratio, size=size)]


def noise_seed(fill: Fill, stream: RandomStream) -> int | None:
    """Draw the seed of a noise fill; None for other fills."""
    return stream.noise_seed() if is_noise(fill) else None
