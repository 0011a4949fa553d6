"""The values of a sweep on its page: what is varied, the charts over it, and the tables of cells."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = [
    "MAX_ROWS",
    "BarRow",
    "ChartBar",
    "ChartLine",
    "ChartPoint",
    "ChartTick",
    "Heading",
    "Panel",
    "Sheet",
    "SheetCell",
    "SweepSummary",
    "YardstickLine",
]

# A longer table is scrolled in a box of its own.
MAX_ROWS = 10
_LONG_WORD = 8


@dataclass(frozen=True)
class Heading:
    """The head of a row or column: its text, and the whole of it as a tooltip."""

    text: str
    about: str = ""


@dataclass(frozen=True)
class SheetCell:
    """A cell of a sheet.

    Parameters
    ----------
    versions : tuple of int
        Indices of its draws among the versions of its clip; the first one is shown.
    facts : tuple of (str, str)
        Means over its draws, with their range.
    amount, expected : float or None
        Length of its bar, and of the bar that its policy makes on average, in [0, 1].
    excesses : tuple of str
        What of it is beyond every published recipe.
    """

    versions: tuple[int, ...]
    facts: tuple[tuple[str, str], ...] = ()
    amount: float | None = None
    expected: float | None = None
    excesses: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sheet:
    """A table whose cells are versions.

    Parameters
    ----------
    id, name : str
        Of its tab; without a name there is no tab.
    columns, rows : tuple of Heading
    cells : tuple of tuple of SheetCell
        For each row and column.
    corner : tuple of Heading
        What varies downwards and to the right.
    note : str
        What bars and numbers of the cells are.
    summary : str
        Of a table that is folded away at first.
    """

    id: str
    name: str
    columns: tuple[Heading, ...]
    rows: tuple[Heading, ...]
    cells: tuple[tuple[SheetCell, ...], ...]
    corner: tuple[Heading, ...] = ()
    note: str = ""
    summary: str = ""

    @property
    def versions(self) -> tuple[int, ...]:
        """Indices of all versions in it."""
        return tuple(index for row in self.cells for cell in row for index in cell.versions)

    @property
    def has_long_heads(self) -> bool:
        """Whether a word in the heads of its rows needs more room than numbers."""
        return any(len(word) > _LONG_WORD for row in self.rows for word in re.split(r"[^\w]|_", row.text))

    @property
    def is_long(self) -> bool:
        """Whether it is scrolled in a box of its own."""
        return len(self.rows) > MAX_ROWS


@dataclass(frozen=True)
class ChartTick:
    """A tick of an axis: its place, and its label, which may be empty."""

    at: float
    text: str


@dataclass(frozen=True)
class ChartPoint:
    """A mean with its range.

    Parameters
    ----------
    x : float
        In [0, 1], from the left.
    y, low_y, high_y : float [px]
        Of the mean, and of the ends of the range.
    text : str
        Tooltip.
    is_yardstick : bool
        Whether it is one of the recipes that it is compared with.
    """

    x: float
    y: float
    low_y: float
    high_y: float
    text: str
    is_yardstick: bool = False


@dataclass(frozen=True)
class ChartLine:
    """A line through points; ``number`` chooses its colour, dashes and marker."""

    name: str
    number: int
    points: tuple[ChartPoint, ...]


@dataclass(frozen=True)
class YardstickLine:
    """The level of a published recipe.

    Parameters
    ----------
    y, label_y : float [px]
        Of the line, and of its label, which makes way for others.
    text, about : str
        Label and tooltip.
    is_published : bool
        Otherwise the user named the policy.
    """

    y: float
    label_y: float
    text: str
    about: str
    is_published: bool = True


@dataclass(frozen=True)
class ChartBar:
    """A bar with the range of its mean, all as shares of the axis."""

    number: int
    name: str
    begin: float
    end: float
    low: float
    high: float
    text: str
    about: str


@dataclass(frozen=True)
class BarRow:
    """A category and its bars, one for each line of the other charts.

    Parameters
    ----------
    name : Heading
    bars : tuple of ChartBar
    kind : {"value", "recipe", "compare"}
        One of the varied values, a published recipe, or a policy that the user named.
    """

    name: Heading
    bars: tuple[ChartBar, ...]
    kind: str = "value"


@dataclass(frozen=True)
class Panel:
    """A chart of one quantity over a parameter: lines for numbers, bars for categories.

    Parameters
    ----------
    title, about : str
        About: all of it in words.
    x_name : str
        The varied parameter.
    lines : tuple of ChartLine
    x_ticks, y_ticks : tuple of ChartTick
        Places in [0, 1] from the left, and in pixels from the top.
    yardsticks : tuple of YardstickLine
    rows : tuple of BarRow
        Instead of lines.
    zero : float
        Where the bars begin, as a share of the axis.
    height : int [px]
        Of the lines.
    note : str
        What it leaves out.
    alike : tuple of str
        Values of other parameters that make no difference in it.
    """

    title: str
    about: str
    x_name: str
    lines: tuple[ChartLine, ...] = ()
    x_ticks: tuple[ChartTick, ...] = ()
    y_ticks: tuple[ChartTick, ...] = ()
    yardsticks: tuple[YardstickLine, ...] = ()
    rows: tuple[BarRow, ...] = ()
    zero: float = 0.0
    height: int = 0
    note: str = ""
    alike: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[tuple[int, str], ...]:
        """Number and name of each line or kind of bar, if there are several."""
        bars = {bar.number: bar.name for row in self.rows if row.kind == "value" for bar in row.bars}
        names = {line.number: line.name for line in self.lines} or bars
        return tuple(sorted(names.items())) if len(names) > 1 else ()


@dataclass(frozen=True)
class SweepSummary:
    """The part of a sweep's page above its clips.

    Parameters
    ----------
    head, reason : str
        The advice in a few words, and its reason.
    sentences : tuple of str
    varied, fixed : tuple of (str, str)
        What is varied, and what is the same in all cells.
    panels : tuple of Panel
    caption : str
        How to read the panels.
    columns : tuple of str
    numbers : tuple of tuple of str
        A table of all numbers in the panels.
    """

    head: str
    reason: str
    sentences: tuple[str, ...]
    varied: tuple[tuple[str, str], ...]
    fixed: tuple[tuple[str, str], ...]
    panels: tuple[Panel, ...]
    caption: str
    columns: tuple[str, ...] = ()
    numbers: tuple[tuple[str, ...], ...] = ()
