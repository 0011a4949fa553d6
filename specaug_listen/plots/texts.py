"""The lines of text in a picture: what was drawn, and letters that no font here has."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

from .._imports import require
from ..augment import Draw, FrequencyBand, Rectangle, TimeSpan
from ..frontends import AnyMel

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["corner_label", "describe_draw", "line", "percent"]

_FONTS = ["DejaVu Sans"]
_FALLBACK_FONTS = (
    "Noto Sans",
    "Noto Sans CJK JP",
    "Noto Sans CJK SC",
    "Noto Sans Devanagari",
    "Noto Emoji",
    "WenQuanYi Zen Hei",
    "Droid Sans Fallback",
    "Arial Unicode MS",
    "Hiragino Sans",
    "Microsoft YaHei",
    "Malgun Gothic",
)


def describe_draw(draw: Draw, mel: AnyMel) -> str:
    """What was drawn, in one line: masked shares, warp, and level of the fills."""
    if not draw.applied:
        return "the policy left this clip alone (probability)"
    parts = [
        f"masked: {percent(draw.masked_time_ratio)} of time, {percent(draw.masked_frequency_ratio)} of frequency, "
        f"{percent(draw.masked_area_ratio)} of area"
    ]
    for path in draw.warps:
        seconds = float(mel.frontend.framing.center_s(path.center_frame, mel.frontend.sample_rate))
        moved_s = path.displacement_frames * mel.frontend.hop_length / mel.frontend.sample_rate
        where = ", in the padding," if path.center_frame >= draw.n_frames else ""
        parts.append(f"warp: {seconds:.2f} s{where} moves by {moved_s:+.2f} s")
    masks = [step for step in draw.steps if isinstance(step, FrequencyBand | TimeSpan | Rectangle)]
    levels = [step.fill_level.vs_p95_db for step in masks if step.fill_level]
    fills = {str(step.fill) for step in masks}
    if levels:
        low, high = min(levels), max(levels)
        span = f"{low:+.0f}" if round(low) == round(high) else f"{low:+.0f} to {high:+.0f}"
        parts.append(f"fill: {', '.join(sorted(fills))}, {span} dB re P95")
    if draw.copies:
        parts.append(f"copies: {len(draw.copies)}")
    if draw.n_trimmed:
        parts.append(f"cut: the last {draw.n_trimmed} frames")
    if any(notice.kind == "too-short-to-warp" for notice in draw.notices):
        parts.append("warp: none, the clip is too short")
    if draw.n_masks_in_padding:
        parts.append(f"time masks in the padding, beyond the clip: {draw.n_masks_in_padding}")
    return "   |   ".join(parts)


def percent(share: float) -> str:
    """A share in percent; of little, with a decimal more.

    Examples
    --------
    >>> percent(0.286), percent(0.0021), percent(0.0)
    ('29%', '0.2%', '0%')
    """
    return f"{share:.1%}" if 0 < share < 0.01 else f"{share:.0%}"


def corner_label(ax: Any, text: str) -> None:
    """A label in the upper left corner."""
    box = {"facecolor": "black", "alpha": 0.65, "edgecolor": "none", "boxstyle": "round,pad=0.25"}
    ax.text(0.008, 0.965, text, transform=ax.transAxes, color="white", va="top", bbox=box, fontsize=11, zorder=5)


def line(figure: Figure, y: float, text: str, room: float, *, align: str = "left", **font: Any) -> float:
    """Write one line, cut so that it takes at most ``room`` pixels, and say how many it takes."""
    x = 0.075 if align == "left" else 0.925
    text = _drawable(text)
    artist = figure.text(x, y, "", ha=align, family=_FONTS if text.isascii() else _families(), **font)
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]

    def width(n: int) -> float:
        artist.set_text(text if n >= len(text) else f"{text[:n].rstrip()}…")
        return float(artist.get_window_extent(renderer).width) if artist.get_text() else 0.0

    taken = width(len(text))
    if taken <= room:
        return taken
    fits, too_long = 0, len(text)
    while too_long - fits > 1:
        middle = (fits + too_long) // 2
        fits, too_long = (middle, too_long) if width(middle) <= room else (fits, middle)
    return width(fits)


@functools.lru_cache(maxsize=1)
def _families() -> list[str]:
    """Matplotlib's own font, and those that a machine may have for other scripts."""
    fonts = require("matplotlib.font_manager", purpose="pictures")
    here = {font.name for font in fonts.fontManager.ttflist}
    return _FONTS + [family for family in _FALLBACK_FONTS if family in here]


def _drawable(text: str) -> str:
    """The text with a replacement mark for what no font here can draw."""
    if text.isascii() and text.isprintable():
        return text
    fonts = require("matplotlib.font_manager", purpose="pictures")
    known = set()
    for family in _families():
        known |= set(fonts.get_font(fonts.findfont(family)).get_charmap())
    return "".join(c if ord(c) in known and c.isprintable() else "\ufffd" for c in text)
