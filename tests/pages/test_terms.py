"""Terms that pages explain: each has a tooltip and an entry in the glossary."""

from __future__ import annotations

import re
from pathlib import Path

from specaug_listen.metrics import SCORES
from specaug_listen.pages.terms import TERMS, about_of, marked_terms, with_minus

GLOSSARY = Path(__file__).parents[2] / "docs" / "glossary.md"


def test_every_term_has_an_entry_in_the_glossary():
    entries = set(re.findall(r"^\| ([^|]+) \|", GLOSSARY.read_text("utf-8"), re.MULTILINE))
    assert {one.entry for one in TERMS.values()} - entries == set()


def test_every_score_has_a_tooltip():
    assert [score.title for score in SCORES.values() if not about_of(score.title)] == []


def test_rare_terms_are_marked_wherever_they_stand():
    text = "loud fill: +3.4 dB re P95, 95th percentile cell; 12% in empty bins of a draw"
    parts = list(marked_terms(text))
    assert "".join(part for part, _ in parts) == text
    assert [part for part, about in parts if about] == ["re P95", "95th percentile cell", "empty bins"]
    assert list(marked_terms("")) == []


def test_numbers_have_a_minus_and_names_keep_their_hyphens():
    assert with_minus("-3.0 dB, draw-1 of a-1.wav (-5%) -x") == "−3.0 dB, draw-1 of a-1.wav (−5%) -x"
