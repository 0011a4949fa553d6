"""Small charts of one number each: a histogram over an axis, with marks of what it is compared with.

All positions are in units of the SVG's view box, which scales as a whole: what does not overlap in it never does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from .mark_labels import Kind, Mark, MarkLabel, place_labels, text_width

__all__ = ["Axis", "Gauge", "Level", "draw_gauge", "nice_end"]

WIDTH = 360.0
_LEFT, _RIGHT = 5.0, WIDTH - 5.0
_ROW, _LEADER, _PLOT, _FOOT = 12.0, 2.0, 18.0, 17.0
_SPACE, _MAX_LABEL = 8.0, 18


class Level(NamedTuple):
    """A value to be marked; ``kind`` and ``is_self`` as in `Mark`, ``about`` is the tooltip."""

    value: float
    name: str
    about: str
    kind: Kind = "recipe"
    is_self: bool = False


@dataclass(frozen=True)
class Axis:
    """An axis from ``low`` to ``high``.

    Parameters
    ----------
    caption : str
    low, high : float
    text : callable (float) -> str
        Formats a value with its unit.
    low_note : str
        What the lower end is, after its value.
    """

    caption: str
    low: float
    high: float
    text: Callable[[float], str]
    low_note: str = ""

    def x(self, value: float) -> float:
        """Return the position of a value; those beyond the ends are at the ends."""
        share = (value - self.low) / (self.high - self.low)
        return round(_LEFT + (_RIGHT - _LEFT) * min(1.0, max(0.0, share)), 2)


@dataclass(frozen=True)
class Gauge:
    """A chart.

    Parameters
    ----------
    about : str
        The same facts in words.
    bars : str
        Outline of the histogram, as an SVG path.
    labels : tuple of MarkLabel
        The marks, and their names above.
    x, value_x : float
        Of the pointer to the policy's own value, and of the middle of its text.
    value, value_about : str
        The policy's own value, and its tooltip.
    top, base, height : float
        Upper and lower end of the plot, and the height of the whole.
    ends : (str, str)
        Labels of both ends; empty where the value itself is there.
    caption : str
    width, low_x, high_x : float
    """

    about: str
    bars: str
    labels: tuple[MarkLabel, ...]
    x: float
    value_x: float
    value: str
    value_about: str
    top: float
    base: float
    height: float
    ends: tuple[str, str]
    caption: str
    width: float = WIDTH
    low_x: float = _LEFT
    high_x: float = _RIGHT


def draw_gauge(
    axis: Axis,
    value: float,
    shares: Sequence[float],
    levels: Sequence[Level],
    about: str,
    value_about: str,
) -> Gauge:
    """Lay a chart out.

    Parameters
    ----------
    axis : Axis
    value : float
        The policy's own.
    shares : sequence of float
        Of the draws, in bins of equal width from end to end.
    levels : sequence of Level
    about, value_about : str
        The chart in words, and the tooltip of the policy's own value.
    """
    marks = [Mark(axis.x(each.value), _short(each.name), each.about, each.kind, each.is_self) for each in levels]
    # Names may be beside the caption, too.
    labels, n_rows = place_labels(marks, WIDTH, _LEFT + text_width(axis.caption, is_bold=True) + _SPACE)
    top = _ROW * n_rows + _LEADER
    base = top + _PLOT
    x, text = axis.x(value), axis.text(value)
    half = text_width(text, is_bold=True) / 2
    value_x = min(max(x, _LEFT + half), _RIGHT - half)
    low, high = axis.text(axis.low), axis.text(axis.high)
    low_end = _end(low + axis.low_note, _LEFT, value_x, half) or _end(low, _LEFT, value_x, half)
    return Gauge(
        about, _bars(shares, base), labels, x, round(value_x, 2), text, value_about, top, base, base + _FOOT,
        (low_end, _end(high, _RIGHT, value_x, half)), axis.caption,
    )  # fmt: skip


def _end(text: str, edge: float, value_x: float, half: float) -> str:
    """Return the label of an end of the axis, unless the policy's own value is there."""
    return "" if abs(value_x - edge) < half + text_width(text) + _SPACE else text


def _short(label: str) -> str:
    return label if len(label) <= _MAX_LABEL else f"{label[: _MAX_LABEL - 1]}…"


def _bars(shares: Sequence[float], base: float) -> str:
    width, most = (_RIGHT - _LEFT) / len(shares), max(shares, default=0) or 1.0
    # Even a rare draw is visible.
    heights = [max(1.5, _PLOT * share / most) if share else 0.0 for share in shares]
    return "".join(
        f"M{_LEFT + i * width:.1f} {base:g}v{-height:.1f}h{width - 1:.1f}v{height:.1f}z"
        for i, height in enumerate(heights)
        if height
    )


def nice_end(value: float) -> float:
    """Return a round number that is not below a value, for the end of an axis.

    Examples
    --------
    >>> nice_end(1.17), nice_end(0.3), nice_end(24)
    (1.5, 0.5, 25.0)
    """
    steps = (base * 10**power for power in range(-1, 6) for base in (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 8.0))
    return next((float(f"{step:.6g}") for step in steps if step >= max(value, 0.5)), value)
