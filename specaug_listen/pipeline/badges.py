"""Short lines that warn the listener."""

from __future__ import annotations

import numpy as np

from .._sound import Levels
from ..augment import Draw

__all__ = ["clip_badges", "draw_badges"]


def clip_badges(levels: Levels, gain: float) -> tuple[str, ...]:
    """What to know about a clip of these levels."""
    badges = []
    if levels.peak == 0:
        badges.append("silent: every sample is zero")
    elif levels.spread <= 1e-6 * levels.peak:
        badges.append(f"constant: every sample is {levels.first:.4g} (DC only)")
    elif levels.n_clipped:
        badges.append(f"clipped: {levels.n_clipped} samples at full scale")
    if gain < 1:
        badges.append(f"quieter by {-20 * np.log10(gain):.1f} dB, all renderings alike, so that none clips")
    return tuple(badges)


def draw_badges(draw: Draw) -> tuple[str, ...]:
    """What to know about a draw."""
    badges = list(draw.warnings)
    if not draw.applied:
        badges.append("not applied: the policy's probability left the clip alone")
    if draw.masked_area_ratio == 1:
        badges.append("everything is masked")
    loudest = draw.loudest_fill_db
    if loudest is not None and loudest > 0:
        badges.append(f"loud fill: {loudest:+.1f} dB relative to the clip's 95th percentile cell")
    return tuple(badges)
