"""Numbers of strengths as people read them, and lists of them."""

from __future__ import annotations

from collections.abc import Sequence

from ..metrics import SCORES

__all__ = ["level_text", "list_in_words", "percent_text", "seconds_text", "times_text"]


def percent_text(share: float) -> str:
    """Format a share of the cells.

    Examples
    --------
    >>> percent_text(0.362)
    '36%'
    """
    return SCORES["masked_area_ratio"].text(share)


def seconds_text(value: float) -> str:
    r"""Format a length in seconds, below 0.1 s with two decimals.

    Examples
    --------
    >>> seconds_text(0.71), seconds_text(0.03), seconds_text(0)
    ('0.7\xa0s', '0.03\xa0s', '0\xa0s')
    """
    return f"{value:.{2 if value < 0.1 else 1}f}\N{NO-BREAK SPACE}s" if value else "0\N{NO-BREAK SPACE}s"


def level_text(level_db: float) -> str:
    r"""Format a level relative to speech.

    Examples
    --------
    >>> level_text(-29.3), level_text(12.6)
    ('−29\xa0dB', '+13\xa0dB')
    """
    return f"{level_db:+.0f}\N{NO-BREAK SPACE}dB".replace("-", "−")


def list_in_words(parts: Sequence[str]) -> str:
    """Join parts of a sentence, of which there is at least one.

    Examples
    --------
    >>> list_in_words(["a"]), list_in_words(["a", "b", "c"])
    ('a', 'a, b and c')
    """
    return f"{', '.join(parts[:-1])} and {parts[-1]}" if len(parts) > 1 else parts[0]


def times_text(ratio: float, what: str = " cells") -> str:
    """Say how many cells are masked for each that another policy masks; " as" and its name follow.

    Examples
    --------
    >>> times_text(1.24), times_text(1.02)
    ('1.2 times as many cells', 'about as many cells')
    """
    return f"about as many{what}" if 0.95 < ratio < 1.05 else f"{ratio:.2g} times as many{what}"
