"""Short lines that warn the listener."""

from __future__ import annotations

import numpy as np

from ..audio import Audio
from ..augment import Draw

__all__ = ["clip_badges", "draw_badges"]

_FULL_SCALE = 32766 / 32768


def clip_badges(clip: Audio, gain: float) -> tuple[str, ...]:
    """What to know about a clip."""
    badges = []
    n_clipped = _count_clipped(clip)
    if clip.peak == 0:
        badges.append("silent: every sample is zero")
    elif float(np.ptp(clip.samples, axis=1).max()) <= 1e-6 * clip.peak:
        badges.append(f"constant: every sample is {float(clip.samples[0, 0]):.4g} (DC only)")
    elif n_clipped:
        badges.append(f"clipped: {n_clipped} samples at full scale")
    if gain < 1:
        badges.append(f"quieter by {-20 * np.log10(gain):.1f} dB, all renderings alike, so that none clips")
    return tuple(badges)


def _count_clipped(clip: Audio) -> int:
    """Samples at full scale, where there are three in a row; a float file that goes beyond is not clipped there."""
    if not _FULL_SCALE <= clip.peak <= 1.0:
        return 0
    full = np.abs(clip.samples) >= _FULL_SCALE
    in_a_row = full[:, :-2] & full[:, 1:-1] & full[:, 2:]
    return int(full.sum()) if in_a_row.any() else 0


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
