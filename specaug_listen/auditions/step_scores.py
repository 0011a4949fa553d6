"""What follows from the steps of a draw alone: how much they mask, counted without a mel."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ..augment import Draw, Rectangle, TimeSpan, WarpPath
from ..errors import ParameterError
from ..frontends import MelFrontend
from ..inspection import Change
from ..metrics import SCORES

if TYPE_CHECKING:
    from .records import DrawRecord

__all__ = [
    "MASKED",
    "OF_STEPS",
    "check_scores_of_steps",
    "effective_draw",
    "masked_area_ratio",
    "scores_of_steps",
]

# A page shows 0 where one of them is missing.
MASKED = ("masked_time_ratio", "masked_frequency_ratio", "masked_area_ratio", "longest_gap_ms")
OF_STEPS = (*MASKED, "warp_displacement_ms", "loudest_fill_vs_p95_db")
_Span = tuple[int, int]


def effective_draw(draw: Draw, change: Change | None) -> Draw:
    """Return the draw as it is shown and scored: of callables, what was found that they did to the mel."""
    if change is None:
        return draw
    return replace(change.as_draw(draw.policy), warnings=draw.warnings, notices=draw.notices, applied=draw.applied)


def scores_of_steps(draw: Draw, frontend: MelFrontend) -> dict[str, float]:
    """The scores that follow from the steps of a draw, by their names; its cost does not depend on its length."""
    hop_ms = 1000 * frontend.hop_length / frontend.sample_rate
    spans = _masked_spans(draw)
    time, frequency = sum(stop - start for start, stop in spans) / draw.n_frames, draw.masked_frequency_ratio
    scores = {
        "masked_time_ratio": time,
        "masked_frequency_ratio": frequency,
        "masked_area_ratio": masked_area_ratio(draw),
        "longest_gap_ms": max((stop - start for start, stop in spans), default=0) * hop_ms,
    }
    if draw.warps:
        scores["warp_displacement_ms"] = sum(warp.displacement_frames for warp in draw.warps) * hop_ms
    if draw.loudest_fill_db is not None:
        scores["loudest_fill_vs_p95_db"] = draw.loudest_fill_db
    return scores


def masked_area_ratio(draw: Draw) -> float:
    """Share of the cells that any mask covers; its cost does not depend on the length of the draw."""
    spans = _masked_spans(draw)
    if draw.rectangles:
        return _area(draw, spans)
    time = sum(stop - start for start, stop in spans) / draw.n_frames
    return 1 - (1 - draw.masked_frequency_ratio) * (1 - time)


def _masked_spans(draw: Draw) -> list[_Span]:
    return _joined((math.floor(begin) + 1, math.ceil(end)) for begin, end in draw.time_spans)


def _joined(spans: Iterable[_Span]) -> list[_Span]:
    """Spans in order, without what they have in common; those that touch are one."""
    joined: list[_Span] = []
    for start, stop in sorted((max(0, start), stop) for start, stop in spans if start < stop):
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(stop, joined[-1][1])
        else:
            joined.append((start, stop))
    return joined


def _area(draw: Draw, spans: list[_Span]) -> float:
    """Share of the cells that masks cover, counted from one edge of a mask to the next."""
    boxes = [(0, draw.n_mels, start, stop) for start, stop in spans]
    boxes += [(*bins, math.ceil(begin), math.ceil(end)) for bins, (begin, end) in draw.rectangles]
    changes: dict[int, list[tuple[int, int, int]]] = {0: [], draw.n_frames: []}
    for first, stop, begin, end in boxes:
        changes.setdefault(max(0, begin), []).append((first, stop, 1))
        changes.setdefault(max(0, end), []).append((first, stop, -1))
    depth = draw.masked_bins.astype(np.int64)
    n_cells = 0
    for here, following in itertools.pairwise(sorted(changes)):
        for first, stop, more in changes[here]:
            depth[first:stop] += more
        n_cells += int(np.count_nonzero(depth)) * (following - here)
    return n_cells / (draw.n_mels * draw.n_frames)


def check_scores_of_steps(record: DrawRecord) -> None:
    """See that a record's scores, and whether anything was applied, are what its own steps say.

    Raises
    ------
    ParameterError
    """
    if record.draw.steps and not record.draw.applied:
        raise ParameterError(
            f"draw.applied=False beside {len(record.draw.steps)} steps: allowed is true, or no steps (draw.steps)"
        )
    draw, scores = record.effective_draw, record.scores
    expected = scores_of_steps(draw, record.frontend)
    n_loose = _n_loose_frames(draw)
    for key in OF_STEPS:
        said, follows = scores.get(key), expected.get(key)
        if said is None and (follows is None or key not in MASKED):
            continue
        allowed = SCORES[key].tolerance + (n_loose / draw.n_frames if SCORES[key].unit == "%" else 0.0)
        is_loose = n_loose > 0 and key == "longest_gap_ms"
        if said is None or follows is None or (abs(said - follows) > allowed and not is_loose):
            right = "null" if follows is None else f"{follows:.4f}"
            raise ParameterError(f"scores.{key}={said!r:.80}: allowed is what its steps give (draw.steps), {right}")
    for what in ("masked_frequency", "masked_area"):
        part, whole = scores.get(f"{what}_empty_ratio"), scores[f"{what}_ratio"] or 0.0
        if part is not None and part > whole + SCORES[f"{what}_ratio"].tolerance:
            raise ParameterError(
                f"scores.{what}_empty_ratio={part!r:.80}: allowed is a part of scores.{what}_ratio, {whole:.4f}"
            )


def _n_loose_frames(draw: Draw) -> int:
    """How many frames more or less may be masked on another processor: a warp moves ends of masks by rounding, too."""
    last = max((place for place, step in enumerate(draw.steps) if isinstance(step, WarpPath)), default=0)
    return 2 * sum(isinstance(step, (TimeSpan, Rectangle)) for step in draw.steps[:last])
