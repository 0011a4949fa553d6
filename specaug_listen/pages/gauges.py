"""Small charts of one number each: a histogram over an axis, with marks of what it is compared with.

All positions are in units of the SVG's view box, which scales as a whole: what does not overlap in it never does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

__all__ = [
    "Axis",
    "Gauge",
    "GaugeMark",
    "Kind",
    "Label",
    "Level",
    "draw_gauge",
    "nice_end",
    "place_labels",
    "text_width",
]

WIDTH = 360.0
_LEFT, _RIGHT = 5.0, WIDTH - 5.0
_ROW, _LEADER, _PLOT, _FOOT = 12.0, 7.0, 18.0, 17.0
# Space between labels, and widths of characters at the size of the labels, with some reserve for other fonts.
_SPACE = 8.0
_NARROW, _WIDE = set("iIjlftr.,:;|!'()[]- "), set("MWmw%@")
_MAX_LABEL = 18

Kind = Literal["recipe", "compare", "reference"]


class Label(NamedTuple):
    """A text, and the position that it should be at."""

    x: float
    text: str


class Level(NamedTuple):
    """A value to be marked; ``kind`` and ``is_self`` as in `GaugeMark`, ``about`` is the tooltip."""

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
    """

    caption: str
    low: float
    high: float
    text: Callable[[float], str]

    def x(self, value: float) -> float:
        """Return the position of a value; those beyond the ends are at the ends."""
        share = (value - self.low) / (self.high - self.low)
        return round(_LEFT + (_RIGHT - _LEFT) * min(1.0, max(0.0, share)), 2)


@dataclass(frozen=True)
class GaugeMark:
    """A line at a value, with its name above.

    Parameters
    ----------
    x, label_x : float
        Of the line, and of the middle of its label.
    row : int
        Of the label, from the top; row 0 is the caption's.
    label : str
    about : str
        Tooltip.
    kind : {"recipe", "compare", "reference"}
        A published recipe, a policy that the user named, or a fixed level.
    is_self : bool
        Whether it is the policy itself.
    """

    x: float
    label_x: float
    row: int
    label: str
    about: str
    kind: Kind = "recipe"
    is_self: bool = False


@dataclass(frozen=True)
class Gauge:
    """A chart.

    Parameters
    ----------
    about : str
        The same facts in words.
    bars : str
        Outline of the histogram, as an SVG path.
    marks : tuple of GaugeMark
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
    marks: tuple[GaugeMark, ...]
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
    # The row nearest to the plot is that of the recipes.
    rows = [[level for level in levels if (level.kind == "compare") == is_own] for is_own in (True, False)]
    rows = [row for row in rows if row]
    top = _ROW * (1 + max(1, len(rows))) + _LEADER
    base = top + _PLOT
    marks = tuple(mark for number, row in enumerate(rows, 1) for mark in _marks(axis, row, number))
    x, text = axis.x(value), axis.text(value)
    half = text_width(text) / 2
    value_x = min(max(x, _LEFT + half), _RIGHT - half)
    ends = tuple(_end(axis.text(end), edge, value_x, half) for end, edge in ((axis.low, _LEFT), (axis.high, _RIGHT)))
    return Gauge(
        about, _bars(shares, base), marks, x, round(value_x, 2), text, value_about, top, base, base + _FOOT,
        (ends[0], ends[1]), axis.caption,
    )  # fmt: skip


def _marks(axis: Axis, row: Sequence[Level], number: int) -> list[GaugeMark]:
    labels = [Label(axis.x(level.value), _short(level.name)) for level in row]
    return [
        GaugeMark(label.x, centre, number, label.text, level.about, level.kind, level.is_self)
        for label, centre, level in zip(labels, place_labels(labels), row, strict=True)
    ]


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


def place_labels(labels: Sequence[Label], low_x: float = 0.0, high_x: float = WIDTH) -> list[float]:
    """Return the middle of each label so that none overlap, each as near to its position as the others allow.

    Examples
    --------
    >>> place_labels([Label(20, "LD"), Label(340, "NeMo")])
    [20.0, 339.85]
    >>> near, next_one = place_labels([Label(100, "LD"), Label(101, "LD")])
    >>> next_one - near >= text_width("LD")
    True
    """
    order = sorted(range(len(labels)), key=lambda i: labels[i].x)
    # Each group of touching labels: its labels, its width, and the sum of where its lower edge should be.
    groups: list[tuple[list[int], float, float]] = []
    for i in order:
        width = text_width(labels[i].text) + _SPACE
        groups.append(([i], width, labels[i].x - width / 2))
        while len(groups) > 1 and _start(groups[-2], low_x, high_x) + groups[-2][1] > _start(groups[-1], low_x, high_x):
            after, before = groups.pop(), groups.pop()
            shifted = after[2] - len(after[0]) * before[1]
            groups.append((before[0] + after[0], before[1] + after[1], before[2] + shifted))
    centres = [0.0] * len(labels)
    for group in groups:
        at = _start(group, low_x, high_x)
        for i in group[0]:
            width = text_width(labels[i].text) + _SPACE
            centres[i] = round(at + width / 2, 2)
            at += width
    return centres


def _start(group: tuple[list[int], float, float], low_x: float, high_x: float) -> float:
    members, width, total = group
    return max(low_x, min(total / len(members), high_x - width))


def text_width(text: str) -> float:
    """Estimate the width of a label, rather too wide than too narrow."""
    return sum(4.4 if c in _NARROW else 10.5 if c in _WIDE else 8.0 if c.isupper() else 6.9 for c in text)


def nice_end(value: float) -> float:
    """Return a round number that is not below a value, for the end of an axis.

    Examples
    --------
    >>> nice_end(1.17), nice_end(0.3), nice_end(24)
    (1.5, 0.5, 25.0)
    """
    steps = (base * 10**power for power in range(-1, 6) for base in (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 8.0))
    return next((float(f"{step:.6g}") for step in steps if step >= max(value, 0.5)), value)
