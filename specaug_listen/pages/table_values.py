"""The values of the section "All draws": the table, its columns and rows, and the charts above it."""

from __future__ import annotations

from dataclasses import dataclass

from ..metrics import Score
from .page_values import ComparedScore

__all__ = ["Bar", "Column", "Histogram", "HistogramRow", "Ranking", "Row", "Table"]


@dataclass(frozen=True)
class Column:
    """A score as a column of the table.

    Parameters
    ----------
    score : Score
    is_main : bool
        Whether it is visible at first, because it helps to decide; the others follow on demand.
    low, high : float
        Values at the ends of the space for the bars in its cells.
    base : float
        Value at which the bars begin.
    """

    score: Score
    is_main: bool
    low: float
    high: float
    base: float = 0.0

    @property
    def worst(self) -> str:
        """The worst values, which the first click puts first: ``high``, ``low``, or ``far`` from zero."""
        if self.base != 0:  # nothing is mild about a value that is merely near zero
            return "high"
        return {"stronger": "high", "closer": "low", "signed": "far"}[self.score.direction]


@dataclass(frozen=True)
class Row:
    """A row of the table of draws.

    Parameters
    ----------
    clip, draw : str
    target : str
        Id of the version.
    values : sequence of (float or None, str)
        Value and text of each column.
    badges : tuple of str
    run : str
        Label of its run, with which the name of the draw begins; empty if there is only one.
    """

    clip: str
    draw: str
    target: str
    values: tuple[tuple[float | None, str], ...]
    badges: tuple[str, ...] = ()
    run: str = ""


@dataclass(frozen=True)
class Bar:
    """A bar of a histogram: begin, width and height as shares of the chart, and a tooltip."""

    begin: float
    width: float
    height: float
    text: str


@dataclass(frozen=True)
class HistogramRow:
    """The draws of one run in a histogram.

    Parameters
    ----------
    bars : tuple of Bar
    median : float
        Its place, as a share of the width.
    median_text : str
        Without its unit.
    n_draws : int
        That have a value.
    run : str
        Label of the run, if there are several.
    """

    bars: tuple[Bar, ...]
    median: float
    median_text: str
    n_draws: int
    run: str = ""


@dataclass(frozen=True)
class Histogram:
    """How the values of a score are distributed over the draws of each run.

    Parameters
    ----------
    score : Score
    rows : tuple of HistogramRow
        One for each run, below each other on one axis; without bars if no draw has a value.
    low_text, high_text : str
        Labels of the ends, without their unit.
    """

    score: Score
    rows: tuple[HistogramRow, ...]
    low_text: str
    high_text: str


@dataclass(frozen=True)
class Ranking:
    """The strongest or the mildest draws by a score.

    Parameters
    ----------
    title : str
    by : str
        Title of the score.
    rows : tuple of (Row, str)
        Each with the text of its value.
    """

    title: str
    by: str
    rows: tuple[tuple[Row, str], ...]


@dataclass(frozen=True)
class Table:
    """The table of all draws.

    Parameters
    ----------
    columns : tuple of Column
    rows : tuple of Row
    left_out : str
        A sentence about scores that are no columns, because no draw has a value; or empty.
    sound_format : str
        Of the sounds that its links save: ``WAV`` or ``FLAC``.
    histograms : tuple of Histogram
    rankings : tuple of Ranking
    means : tuple of ComparedScore
        Over the draws of each run, if there are several.
    """

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    left_out: str = ""
    sound_format: str = "WAV"
    histograms: tuple[Histogram, ...] = ()
    rankings: tuple[Ranking, ...] = ()
    means: tuple[ComparedScore, ...] = ()

    @property
    def n_draws_of_runs(self) -> dict[str, int]:
        """The number of draws of each run, by its label; empty for a single run."""
        runs = [row.run for row in self.rows if row.run]
        return {run: runs.count(run) for run in sorted(dict.fromkeys(runs), key=lambda run: (len(run), run))}

    @property
    def has_warnings(self) -> bool:
        """Whether any draw has a warning."""
        return any(row.badges for row in self.rows)

    @property
    def has_more(self) -> bool:
        """Whether columns are hidden at first."""
        return not all(column.is_main for column in self.columns)
