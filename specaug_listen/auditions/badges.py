"""Short lines that warn the listener."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .._notices import Notice
from ..audio.sound import Levels
from ..augment import Draw
from ..custom.waveform import WaveformDraw
from .step_scores import masked_area_ratio

__all__ = ["LONG_S", "MOST_BADGES", "clip_badges", "draw_badges"]

# Longer recordings are worked through in parts, where nothing needs all of them at once.
LONG_S = 60.0
# What a record holds of a clip, or of a draw.
MOST_BADGES, _LONGEST_BADGE = 1000, 2000


def clip_badges(
    levels: Levels | None, gain: float, held_s: float = 0.0, notices: Sequence[Notice] = ()
) -> tuple[str, ...]:
    """What to know about a clip: what its reader noticed, its levels, and how much was needed at once."""
    badges = [notice.text for notice in notices]
    if levels is None:
        pass  # a mel, whose sound is not at hand
    elif levels.peak == 0:
        badges.append("silent: every sample is zero")
    elif levels.spread <= 1e-6 * levels.peak:
        badges.append(f"constant: every sample is {levels.first:.4g} (DC only)")
    elif levels.n_clipped:
        badges.append(f"clipped: {levels.n_clipped} samples at full scale")
    if gain < 1:
        badges.append(f"quieter by {-20 * np.log10(gain):.1f} dB, all renderings alike, so that none clips")
    if held_s > LONG_S:
        badges.append(f"held in memory: all {held_s:.0f} s at once, as callables and waveform stages need it")
    return _bounded(badges)


def draw_badges(draw: Draw, waveform: WaveformDraw | None = None) -> tuple[str, ...]:
    """What to know about a draw."""
    badges = list(draw.warnings)
    if waveform is not None:
        applied = [one.name for one in waveform.drawn if one.parameters.get("should_apply")]
        badges.append(f"waveform {waveform.name}: {', '.join(applied) or 'nothing'} applied before the mel")
        if not waveform.is_repeatable:
            badges.append(f"waveform {waveform.name} cannot be made again from its names and parameters")
    if not draw.applied:
        badges.append("not applied: the policy's probability left the clip alone")
    if masked_area_ratio(draw) == 1:
        badges.append("everything is masked")
    loudest = draw.loudest_fill_db
    if loudest is not None and loudest > 0:
        badges.append(f"loud fill: {loudest:+.1f} dB relative to the clip's 95th percentile cell")
    return _bounded(badges)


def _bounded(badges: Sequence[str]) -> tuple[str, ...]:
    """So many lines, of such a length, as a record holds; where there are more, the last one counts them."""
    n_more = len(badges) - MOST_BADGES + 1
    if n_more > 1:
        badges = [*badges[: MOST_BADGES - 1], f"and {n_more} more"]
    return tuple(one if len(one) <= _LONGEST_BADGE else f"{one[: _LONGEST_BADGE - 3]}..." for one in badges)
