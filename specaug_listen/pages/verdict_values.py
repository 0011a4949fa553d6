"""The values of the verdict above the clips."""

from __future__ import annotations

from dataclasses import dataclass

from .gauges import Gauge

__all__ = ["RUN_COLUMNS", "STRENGTH_COLUMNS", "RunDifferences", "StrengthRow", "Term", "Verdict", "Words"]

# Headings of the table of strengths, in the order of the values of its rows.
STRENGTH_COLUMNS = (
    *("cells masked, mean", "5% of draws reach", "longest gap, mean", "5% of draws reach"),
    "draws without masks",
)
# The same of the table of runs.
RUN_COLUMNS = ("cells masked, mean", "longest gap, mean", "level of masks", "time warp", "front-end", "vocoder")


@dataclass(frozen=True)
class Term:
    """A word with an explanation, which is its tooltip."""

    text: str
    about: str


Words = tuple[str | Term, ...]


@dataclass(frozen=True)
class StrengthRow:
    """A row of a table of strengths.

    Parameters
    ----------
    name, about : str
        With its tooltip.
    values : tuple of str
    is_part : bool
        Whether it is a part of the row before.
    run : str
        Label of the run, in the table of runs.
    """

    name: str
    values: tuple[str, ...]
    about: str = ""
    is_part: bool = False
    run: str = ""


@dataclass(frozen=True)
class RunDifferences:
    """How the runs of a page differ in strength.

    Parameters
    ----------
    head : str
        Which run is the strongest.
    reason : str
        By how much, and what else differs.
    rows : tuple of StrengthRow
        One for each run, with values in the order of `RUN_COLUMNS`.
    """

    head: str
    reason: str
    rows: tuple[StrengthRow, ...]


@dataclass(frozen=True)
class Verdict:
    """How strong a run's policy is.

    Parameters
    ----------
    head : str
        In a few words.
    reason : str
        A clause with the numbers that decide.
    sentences : tuple of Words
    gauges : tuple of Gauge
    basis : str
        Where the numbers are from.
    rows : tuple of StrengthRow
        All numbers.
    warnings : tuple of str
        What matters most; all warnings are at the end of the page.
    name, run : str
        Of the run, and its label, if there are several.
    n_draws : str
        Number and kind of the draws that the bars show.
    is_simulated : bool
        Whether these draws are others than those of the page.
    effects : Words
        What the policy does; empty if that cannot be said.
    """

    head: str
    reason: str
    sentences: tuple[Words, ...]
    gauges: tuple[Gauge, ...]
    basis: str
    rows: tuple[StrengthRow, ...]
    warnings: tuple[str, ...] = ()
    name: str = ""
    run: str = ""
    n_draws: str = ""
    is_simulated: bool = True
    effects: Words = ()
