"""Rules by which frameworks draw widths, starts and counts of masks; a framework is a choice of rules by name.

A rule consumes random numbers in the framework's order, so with the framework's generator a draw is the framework's
own.
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
    """Everything that decides where the masks along one axis are.

    Parameters
    ----------
    n : int
        Masks in one example.
    narrowest : int
        Minimum width.
    widest : float
        Maximum width after all ratios, or the factor that a uniform number is multiplied by.
    limit : int
        Maximum width as configured, before the clip's length and ratios bound it.
    clamp : int or None
        Upper bound that is applied to a width after it was drawn.
    size : int
        Number of bins or frames.
    n_rows : int
        Examples of the batch that draw together; the first one is ours.
    n_of_longest : int
        Masks in an example as long as the batch; if it has any, starts are drawn even if our example has none.
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
    """Draw the number of masks in one example.

    Parameters
    ----------
    rule : str
        ``fixed``: ``count``. ``range``: uniform in {count, ..., most}. ``floor`` and ``ceil``: ``ratio`` of the size,
        rounded down or up, at most ``most``. ``total``: as many masks of ``width`` as cover ``ratio`` of the size, at
        most ``count`` (lhotse). ``patches``: as many masks of ``width`` as cover ``ratio`` of the size. For ``share``,
        see `draw_share`.
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
    """Draw the number of masks in an example of ``size``, and in one as long as the batch (HF).

    Both are ``ratio`` of their size over ``width``, plus the same uniform number, rounded down, and at least ``count``;
    but at most as many as fit side by side into the *longest*, and as there are start positions in the example. If the
    longest gets none, so does the example.
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
    """Draw widths and starts of the masks in one example.

    Parameters
    ----------
    width_rule : str
        ``inclusive``: uniform in {narrowest, ..., widest}. ``exclusive``: the same without the widest. ``scaled``: a
        uniform number times the widest, rounded down. ``fixed``: always the widest.
    start_rule : str
        ``all``: every start at which the mask is within the size.
        ``last_left_out``: every start but the last of these, so that the last bin or frame is never masked.
        ``last_left_out_scaled``: likewise, from a uniform number.
        ``last_left_out_sliced``: likewise, from a uniform number; if the mask is wider than the size, a start below 0
        counts from the end, as in a slice (lhotse).
        ``float_width``: below the size minus the width *before* rounding, from a uniform number (torchaudio).
        ``below_widest``: below the size minus the widest mask of the batch (ESPnet).
        ``below_limit``: from 0 to the size minus the configured maximum, which must fit (NeMo's legacy code).
        ``below_limit_or_1``: likewise, but 0 or 1 if no other start is left.
        ``under_limit``: below the size minus the configured maximum; if none remains, 0.
        ``anywhere``: any bin or frame; the mask is truncated at the end (WeNet, SpeechBrain).
        ``distinct``: like ``all``, all starts different (HF).
        ``grid``: multiples of the width, all different (NeMo's patches).
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
    n_starts = spans.size - (floats if rule == "float_width" else widths) + (rule == "all")
    return np.asarray(stream.uniform(widths.shape) * np.asarray(n_starts, np.float32), np.intp)


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
    """Return the part of a mask within the size; if a width exceeds the size, the start may be negative."""
    if is_sliced:
        begin, end, _ = slice(start, start + width).indices(size)
        return Span(begin, max(0, end - begin))
    begin, end = max(0, min(start, size)), max(0, min(start + width, size))
    return Span(begin, max(0, end - begin))
