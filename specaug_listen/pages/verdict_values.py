"""The values of the verdict above the clips."""

from __future__ import annotations

from dataclasses import dataclass

from .gauges import Gauge

__all__ = ["STRENGTH_COLUMNS", "StrengthRow", "Term", "Verdict", "Words"]

# Headings of the table of strengths, in the order of the values of its rows.
STRENGTH_COLUMNS = (
    *("cells masked, mean", "over, in 5% of draws", "longest gap, mean", "over, in 5% of draws"),
    "draws without masks",
)


@dataclass(frozen=True)
class Term:
    """A word with an explanation, which is its tooltip."""

    text: str
    about: str


Words = tuple[str | Term, ...]


@dataclass(frozen=True)
class StrengthRow:
    """A row of the table of strengths: a name with its tooltip, and its values; a part is of the row before."""

    name: str
    values: tuple[str, ...]
    about: str = ""
    is_part: bool = False


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
    name : str
        Of the run, if there are several.
    """

    head: str
    reason: str
    sentences: tuple[Words, ...]
    gauges: tuple[Gauge, ...]
    basis: str
    rows: tuple[StrengthRow, ...]
    warnings: tuple[str, ...] = ()
    name: str = ""
