"""Terms of the field that a page explains, each in one sentence: a tooltip wherever the term stands.

Each has an entry in docs/glossary.md, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ..metrics import SCORES

__all__ = ["TERMS", "Explanation", "about_of", "marked_terms", "with_minus"]

# A hyphen that stands for a minus: before a number, and not within a name.
_MINUS = re.compile(r"(?<![^\s(±])-(?=[\d.])")


class Explanation(NamedTuple):
    """What a term means.

    Parameters
    ----------
    about : str
        The tooltip.
    entry : str
        The term's entry in the glossary.
    is_rare : bool
        Whether it is explained in every text; common words are explained where a page first needs them.
    """

    about: str
    entry: str
    is_rare: bool = True


_P95 = "the clip's 95th percentile cell: one cell in 20 is louder, so it stands for the level of speech"
TERMS: dict[str, Explanation] = {
    "re P95": Explanation(f"Relative to {_P95}", "P95"),
    "95th percentile cell": Explanation("One cell in 20 is louder, so it stands for the level of speech", "P95"),
    "empty bins": Explanation("Bins above all that the clip holds, where a mask has no effect", "empty"),
    "copy-synthesis": Explanation(
        "The clip's mel, not augmented, through the same vocoder: what differs from it is the augmentation alone",
        "copy-synthesis",
    ),
    "STOI": Explanation("Short-time objective intelligibility, from 0 to 1", "STOI"),
    "PESQ": Explanation("Perceptual evaluation of speech quality, from 1.0 to 4.6", "PESQ"),
    "cells": Explanation("A cell is one mel bin in one frame", "cell", is_rare=False),
    "draws": Explanation("A draw is one random choice of masks, as for one example in training", "draw", is_rare=False),
    "longest gap": Explanation("The longest run of frames that time masks cover in every bin", "gap", is_rare=False),
    "speech": Explanation(f"The level of {_P95}", "P95", is_rare=False),
    "policy": Explanation("What masks and warps are drawn", "policy", is_rare=False),
    "framework": Explanation("The toolkit whose rules the policy follows", "framework", is_rare=False),
    "front-end": Explanation(
        "How audio becomes a mel: sample rate, window, filters, logarithm", "front-end", is_rare=False
    ),
    "vocoder": Explanation("What turns a mel into sound", "vocoder", is_rare=False),
    "seed": Explanation("The number that all random choices follow from", "randomness", is_rare=False),
}


def _pattern(terms: Iterable[str]) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, terms))})(?![\w-]|\.\w)")


_ANY, _RARE = _pattern(TERMS), _pattern(term for term, one in TERMS.items() if one.is_rare)
_ABOUT_SCORES = {score.title: score.about for score in SCORES.values()}


def about_of(name: str) -> str:
    """Return the tooltip of a term or of the title of a score; empty if it has none.

    Examples
    --------
    >>> about_of("cells"), about_of("length")
    ('A cell is one mel bin in one frame', '')
    """
    return TERMS[name].about if name in TERMS else _ABOUT_SCORES.get(name, "")


def marked_terms(text: str, *, is_first: bool = False) -> Iterator[tuple[str, str]]:
    """Split a text into parts, each with its tooltip, which is empty unless the part is a term.

    Parameters
    ----------
    text : str
    is_first : bool
        Whether it is the text that explains common words, too, each of them once.

    Examples
    --------
    >>> [part for part, about in marked_terms("+3 dB re P95") if about]
    ['re P95']
    """
    end, before = 0, set[str]()
    for match in (_ANY if is_first else _RARE).finditer(text):
        if match[0] in before and not TERMS[match[0]].is_rare:
            continue
        before.add(match[0])
        if match.start() > end:
            yield text[end : match.start()], ""
        yield match[0], TERMS[match[0]].about
        end = match.end()
    if end < len(text):
        yield text[end:], ""


def with_minus(text: str) -> str:
    """Write negative numbers as people do.

    Examples
    --------
    >>> with_minus("draw-1: -3.0 dB (-5%)")
    'draw-1: −3.0 dB (−5%)'
    """
    return _MINUS.sub("\N{MINUS SIGN}", text)
