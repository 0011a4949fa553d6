"""Badges of clips and draws, which warn the listener."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .._notices import Notice
from ..audio.sound import Levels
from ..augment import Draw
from ..custom.waveform import WaveformDraw

__all__ = ["LONG_S", "MAX_BADGES", "clip_badges", "draw_badges", "gain_badge"]

# Longer recordings are processed in parts, unless something needs them as a whole.
LONG_S = 60.0
# Less is not heard, and would be shown as 0.0 dB.
_LEAST_DOWN_DB = 0.05
# Limits of a record.
MAX_BADGES, _MAX_BADGE_LENGTH = 1000, 2000


def clip_badges(
    levels: Levels | None, gain: float, held_s: float = 0.0, notices: Sequence[Notice] = ()
) -> tuple[str, ...]:
    """Return the badges of a clip: notices about it, its levels, and ``held_s``, the length held in memory at once."""
    badges = [notice.text for notice in notices]
    if levels is None:
        pass  # a mel without audio
    elif levels.peak == 0:
        badges.append("silent: every sample is zero")
    elif levels.spread <= 1e-6 * levels.peak:
        badges.append(f"constant: every sample is {levels.first:.4g} (DC only)")
    elif levels.n_clipped:
        badges.append(f"clipped: {levels.n_clipped} samples at full scale")
    if (of_gain := gain_badge(gain)) is not None:
        badges.append(of_gain)
    if held_s > LONG_S:
        badges.append(f"held in memory: all {held_s:.0f} s at once, as callables and waveform stages need it")
    return _within_limits(badges)


def gain_badge(gain: float) -> str | None:
    """Return the badge of a gain common to all renderings; None if it changes nothing that is heard."""
    down_db = -20 * np.log10(gain)
    return (
        f"turned down {down_db:.1f} dB to avoid clipping, all renderings alike" if down_db >= _LEAST_DOWN_DB else None
    )


def draw_badges(draw: Draw, waveform: WaveformDraw | None = None) -> tuple[str, ...]:
    """Return the badges of a draw."""
    badges = list(draw.warnings)
    if waveform is not None:
        applied = [transform.name for transform in waveform.steps if transform.parameters.get("should_apply")]
        badges.append(f"waveform {waveform.name}: {', '.join(applied) or 'nothing'} applied before the mel")
        if not waveform.is_repeatable:
            badges.append(f"waveform {waveform.name} cannot be made again from its names and parameters")
    if not draw.applied:
        badges.append("not applied: the policy's probability left the clip alone")
    if draw.masked_area_ratio == 1:
        badges.append("everything is masked")
    loudest = draw.loudest_fill_db
    if loudest is not None and loudest > 0:
        badges.append(f"loud fill: {loudest:+.1f} dB relative to the clip's 95th percentile cell")
    return _within_limits(badges)


def _within_limits(badges: Sequence[str]) -> tuple[str, ...]:
    """Limit the number and length of badges to what a record allows; the last one counts the omitted ones."""
    n_more = len(badges) - MAX_BADGES + 1
    if n_more > 1:
        badges = [*badges[: MAX_BADGES - 1], f"and {n_more} more"]
    return tuple(
        badge if len(badge) <= _MAX_BADGE_LENGTH else f"{badge[: _MAX_BADGE_LENGTH - 3]}..." for badge in badges
    )
