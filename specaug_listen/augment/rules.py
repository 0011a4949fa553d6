"""How the frameworks draw widths, starts and counts of masks: each rule a name, each framework a set of names.

A draw asks its stream for the numbers that the framework asks its own generator for, in the same order; so that with
that generator it is the framework's draw.
"""

from __future__ import annotations

import math
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from .random_streams import RandomStream

__all__ = [
    "CountRule",
    "Order",
    "RatioRule",
    "Span",
    "Spans",
    "StartRule",
    "WidthRule",
    "draw_count",
    "draw_share",
    "draw_spans",
]

Integers: TypeAlias = npt.NDArray[np.intp]
Numbers: TypeAlias = npt.NDArray[np.float32]

WidthRule = Literal["inclusive", "exclusive", "scaled", "fixed"]
RatioRule = Literal["bounds", "replaces", "scales", "at_least_one", "clamps", "total"]
StartRule = Literal[
    "all",
    "last_left_out",
    "last_left_out_scaled",
    "last_left_out_sliced",
    "float_width",
    "below_widest",
    "below_limit",
    "below_limit_or_1",
    "under_limit",
    "anywhere",
    "distinct",
    "grid",
]
CountRule = Literal["fixed", "range", "floor", "ceil", "total", "share", "patches"]
Order = Literal["mask_by_mask", "start_first", "widths_first"]


class Span(NamedTuple):
    """A mask along one axis."""

    start: int
    width: int


class Spans(NamedTuple):
    """All that decides where the masks along one axis lie.

    Parameters
    ----------
    n : int
        Masks in one example.
    narrowest : int
        The least width.
    widest : float
        The largest width after every ratio, or what a uniform number is multiplied by.
    limit : int
        The largest width that is configured, before the clip's length and ratios bound it.
    clamp : int or None
        What a width is cut to after it was drawn.
    size : int
        Bins or frames there are.
    n_rows : int
        Examples of the batch that draw together; the first one is ours.
    n_of_longest : int
        Masks in an example as long as the batch; where it gets some, starts are drawn even if our example gets none.
    """

    n: int
    narrowest: int
    widest: float
    limit: int
    clamp: int | None
    size: int
    n_rows: int
    n_of_longest: int = 0


def draw_count(
    rule: CountRule, count: int, most: int | None, ratio: float | None, size: int, width: int, stream: RandomStream
) -> int:
    """Draw how many masks one example gets.

    Parameters
    ----------
    rule : str
        ``fixed``: ``count``. ``range``: uniform in {count, ..., most}. ``floor`` and ``ceil``: ``ratio`` of the size,
        rounded so, at most ``most``. ``total``: as many masks of ``width`` as cover ``ratio`` of the size, at most
        ``count`` (lhotse). ``patches``: as many of ``width`` as cover ``ratio`` of the size. For ``share``, see
        `draw_share`.
    """
    if rule == "range":
        return int(stream.integers(count, (count if most is None else most) + 1, (1,))[0])
    if rule in ("floor", "ceil"):
        share = (ratio or 0.0) * size
        n = math.floor(share + 1e-9) if rule == "floor" else math.ceil(share - 1e-9)
        return n if most is None else min(n, most)
    if rule == "patches":
        return math.ceil(int((ratio or 0.0) * size) / width) if width else 0
    if rule == "total":
        return min(count, math.ceil((ratio or 0.0) * size / width)) if width else 0
    return count


def draw_share(count: int, ratio: float, size: int, longest: int, width: int, stream: RandomStream) -> tuple[int, int]:
    """Draw how many masks an example of ``size`` gets, and one as long as the batch (HF).

    ``ratio`` of the size over ``width``, and a uniform number that is the same for both, rounded down, at least
    ``count``; no more than fit side by side into the *longest*, and no more than there are places for in the example.
    An example gets none where the longest gets none.
    """
    rounding = float(stream.uniform((1,))[0])

    def n(of: int) -> int:
        number = max(int(ratio * of / width + rounding), count) if width else 0
        number = longest // width if number * width > longest else number
        return max(0, min(number, of - (width - 1)))

    return (n(size), n(longest)) if n(longest) else (0, 0)


def draw_spans(
    width_rule: WidthRule, start_rule: StartRule, order: Order, spans: Spans, stream: RandomStream
) -> list[Span]:
    """Draw widths and starts of one example's masks.

    Parameters
    ----------
    width_rule : str
        ``inclusive``: uniform in {narrowest, ..., widest}. ``exclusive``: the widest is left out. ``scaled``: a uniform
        number times the widest, rounded down. ``fixed``: the widest.
    start_rule : str
        ``all``: every place where the mask lies within the size. ``last_left_out``: but for the last of them, so that
        the last bin or frame is never masked; ``last_left_out_scaled`` is the same from a uniform number, and
        ``last_left_out_sliced`` too, but of a mask that is wider than the size, a start below 0 counts from the end, as
        in a slice (lhotse).
        ``float_width``: likewise, below the size less the width *before* it was rounded (torchaudio). ``below_widest``:
        below the size less the widest of the whole batch (ESPnet). ``below_limit``: from 0 to the size less the widest
        that is configured, which must fit (NeMo's legacy code; ``below_limit_or_1``: never just 0, whatever the size;
        ``under_limit``: not to the end).
        ``anywhere``: any bin or frame, the mask is cut off at the end (wenet, SpeechBrain). ``distinct``: as ``all``,
        but no two alike (HF). ``grid``: multiples of the width, no two alike (NeMo's patches).
    order : str
        ``mask_by_mask``: width, start, width, start. ``start_first``: start, width. ``widths_first``: all widths, then
        all starts.
    """
    if spans.size <= 0 or max(spans.n, spans.n_of_longest) <= 0:
        return []
    if start_rule in ("distinct", "grid"):
        return _without_repetition(start_rule, spans, stream)
    if spans.n <= 0:
        return []
    if order == "widths_first":
        shape = (spans.n_rows, spans.n)
        floats = _widths(width_rule, spans, stream, shape)
        widths = _whole_widths(floats, spans)
        starts = _starts(start_rule, spans, stream, floats, widths)
        pairs = list(zip(starts[0], widths[0], strict=True))
    else:
        pairs = [_start_and_width(width_rule, start_rule, order, spans, stream) for _ in range(spans.n)]
    is_sliced = start_rule == "last_left_out_sliced"
    return [_within_size(int(start), int(width), spans.size, is_sliced=is_sliced) for start, width in pairs]


def _start_and_width(
    width_rule: WidthRule, start_rule: StartRule, order: Order, spans: Spans, stream: RandomStream
) -> tuple[int, int]:
    rows = (spans.n_rows,)
    if order == "start_first":
        start = _starts(start_rule, spans, stream, np.zeros(rows, np.float32), np.zeros(rows, np.intp))
        return int(start[0]), int(_whole_widths(_widths(width_rule, spans, stream, rows), spans)[0])
    floats = _widths(width_rule, spans, stream, rows)
    widths = _whole_widths(floats, spans)
    return int(_starts(start_rule, spans, stream, floats, widths)[0]), int(widths[0])


def _widths(rule: WidthRule, spans: Spans, stream: RandomStream, shape: tuple[int, ...]) -> Numbers:
    if rule == "fixed":
        return np.full(shape, spans.widest, np.float32)
    if rule == "scaled":
        scaled: Numbers = stream.uniform(shape) * np.float32(spans.widest)
        return scaled
    end = int(spans.widest) + (rule == "inclusive")
    widths: Numbers = stream.integers(spans.narrowest, max(end, spans.narrowest + 1), shape).astype(np.float32)
    return widths


def _whole_widths(widths: Numbers, spans: Spans) -> Integers:
    whole = np.asarray(widths, np.intp)
    return whole if spans.clamp is None else np.minimum(whole, spans.clamp)


def _starts(rule: StartRule, spans: Spans, stream: RandomStream, floats: Numbers, widths: Integers) -> Integers:
    if rule == "anywhere":
        return stream.integers(0, max(1, spans.size), widths.shape)
    if rule == "below_widest":
        return stream.integers(0, max(1, spans.size - int(widths.max())), widths.shape)
    if rule == "under_limit":
        return stream.integers(0, max(1, spans.size - spans.limit), widths.shape)
    if rule in ("below_limit", "below_limit_or_1"):
        return stream.integers(0, max(int(rule != "below_limit"), spans.size - spans.limit) + 1, widths.shape)
    if rule == "last_left_out":
        starts = [stream.integers(0, max(1, spans.size - int(width)), (1,))[0] for width in widths.reshape(-1)]
        return np.array(starts, np.intp).reshape(widths.shape)
    room = spans.size - (floats if rule == "float_width" else widths) + (rule == "all")
    return np.asarray(stream.uniform(widths.shape) * np.asarray(room, np.float32), np.intp)


def _without_repetition(rule: StartRule, spans: Spans, stream: RandomStream) -> list[Span]:
    width = int(spans.widest)
    step, places = (1, spans.size - width + 1) if rule == "distinct" else (width, spans.size // max(width, 1))
    if width < 1 or places < 1:
        return []
    starts = stream.distinct(places, min(spans.n, places)) * step
    for _ in range(spans.n_rows - 1):
        stream.distinct(places, min(spans.n, places))
    return [Span(int(start), width) for start in starts]


def _within_size(start: int, width: int, size: int, *, is_sliced: bool) -> Span:
    """Return what of a mask lies within the size. Where a width is larger than that, a start may be negative."""
    if is_sliced:
        begin, end, _ = slice(start, start + width).indices(size)
        return Span(begin, max(0, end - begin))
    begin, end = max(0, min(start, size)), max(0, min(start + width, size))
    return Span(begin, max(0, end - begin))
