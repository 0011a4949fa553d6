"""The scores that follow from the steps of a draw alone, without its mel or sound."""

from __future__ import annotations

from dataclasses import replace

from ..augment import Draw
from ..frontends import MelFrontend
from ..inspection import Change

__all__ = ["MASK_SCORES", "SCORES_OF_STEPS", "draw_with_change", "scores_of_steps"]

# A page shows 0 if one of these is missing.
MASK_SCORES = ("masked_time_ratio", "masked_frequency_ratio", "masked_area_ratio", "longest_gap_ms")
SCORES_OF_STEPS = (*MASK_SCORES, "warp_displacement_ms", "loudest_fill_vs_p95_db")


def draw_with_change(draw: Draw, change: Change | None) -> Draw:
    """Return a draw as it is shown and scored: for a callable, with the steps found in its output."""
    if change is None:
        return draw
    return replace(change.as_draw(draw.policy), warnings=draw.warnings, notices=draw.notices, applied=draw.applied)


def scores_of_steps(draw: Draw, frontend: MelFrontend) -> dict[str, float]:
    """Return the scores that follow from the steps of a draw; the cost does not depend on its length."""
    hop_ms = 1000 * frontend.hop_length / frontend.sample_rate
    scores = {
        "masked_time_ratio": draw.masked_time_ratio,
        "masked_frequency_ratio": draw.masked_frequency_ratio,
        "masked_area_ratio": draw.masked_area_ratio,
        "longest_gap_ms": draw.longest_gap_frames * hop_ms,
    }
    if draw.warps:
        scores["warp_displacement_ms"] = sum(warp.displacement_frames for warp in draw.warps) * hop_ms
    if draw.loudest_fill_db is not None:
        scores["loudest_fill_vs_p95_db"] = draw.loudest_fill_db
    return scores
