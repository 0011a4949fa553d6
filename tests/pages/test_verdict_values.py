"""The verdict as the page shows it."""

from __future__ import annotations

from parsedpage import Page

from specaug_listen.pages.gauges import Axis, Level, draw_gauge
from specaug_listen.pages.html import page_parts
from specaug_listen.pages.page_values import Head
from specaug_listen.pages.verdict_values import STRENGTH_COLUMNS, StrengthRow, Term, Verdict

AXIS = Axis("cells masked", 0.0, 1.0, lambda value: f"{value:.0%}")


def html_of(**changes):
    level = Level(0.4, "LD", "<LD> & its source", is_self=True)
    gauge = draw_gauge(AXIS, 0.43, (0.5, 0.5), [level], "43% in words", "43%")
    values = {
        "head": "As strong as <published> recipes:",
        "reason": "it is one of them.",
        "sentences": (("On average 43% of the ", Term("cells", "a cell is a <bin> of a frame"), "."),),
        "gauges": (gauge,),
        "basis": "From 600 simulated draws",
        "rows": (StrengthRow("LD", ("43%", "59%", "0.7 s", "1.2 s", "0%"), "about LD"),),
        **changes,
    }
    warnings = ("one", "second line", "three", "four")
    head = Head("Title", verdicts=(Verdict(**values),), warnings=warnings, note=("first", "second"), failures=("x",))
    return b"".join(page_parts(head, None, [])).decode()


def test_a_verdict_is_shown_with_its_charts_its_table_and_its_terms():
    html = html_of(warnings=("one",))
    page = Page(html)
    assert page.unbalanced == page.open == []
    words = " ".join(" ".join(page.words).split())
    for needed in (
        "As strong as <published> recipes:",
        "it is one of them.",
        "LD 43% 59% 0.7 s 1.2 s 0%",
        *(part for title in STRENGTH_COLUMNS for part in title.split(",")),
    ):
        assert needed in words
    assert next(one["title"] for one in page.all("abbr")) == "a cell is a <bin> of a frame"
    (chart,) = page.all("svg")
    assert (chart["role"], chart["aria-label"]) == ("img", "43% in words")
    assert "<title>&lt;LD&gt; &amp; its source</title>" in html
    assert "style=" not in html.split("<main>")[1].split("<script")[0]


def test_warnings_and_skipped_files_are_counted_above_and_listed_at_the_end():
    page = Page(html_of(warnings=("one",)))
    links = {one["href"] for one in page.all("a") if one.get("href", "").startswith("#")}
    assert {"#warnings", "#skipped-files"} <= links
    words = " ".join(" ".join(page.words).split())
    assert "4 warnings" in words
    assert "1 file skipped" in words
    assert words.count("second line") == 1
