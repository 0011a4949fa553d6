"""The values of a sweep: hostile texts are escaped, and what a chart names is named once."""

from __future__ import annotations

from parsedpage import Page

from specaug_listen.pages import Head, SweepSummary, page_parts
from specaug_listen.pages.sheet_values import (
    BarRow,
    ChartBar,
    ChartLine,
    ChartPoint,
    ChartTick,
    Heading,
    Panel,
    Sheet,
    SheetCell,
    YardstickLine,
)

HOSTILE = '"</script><img src=x onerror=alert(1)>{{ 7 * 7 }}'
POINT = ChartPoint(0.5, 40.0, 60.0, 20.0, HOSTILE)
LINES = Panel(
    HOSTILE, HOSTILE, HOSTILE, (ChartLine(HOSTILE, 0, (POINT, POINT)), ChartLine(HOSTILE, 1, (POINT,))),
    (ChartTick(0.5, HOSTILE),), (ChartTick(10.0, HOSTILE),), (YardstickLine(9.0, 12.0, HOSTILE, HOSTILE),), height=160,
)  # fmt: skip
BAR = ChartBar(0, "one", 0.0, 0.4, 0.4, 0.6, HOSTILE, HOSTILE)
BARS = Panel(
    HOSTILE, HOSTILE, HOSTILE,
    rows=(BarRow(Heading(HOSTILE, HOSTILE), (BAR,)), BarRow(Heading(HOSTILE), (BAR,), "recipe")),
)  # fmt: skip


def test_charts_and_lists_are_escaped_and_closed():
    summary = SweepSummary(
        HOSTILE, HOSTILE, (HOSTILE,), ((HOSTILE, HOSTILE),), ((HOSTILE, HOSTILE),), (LINES, BARS), HOSTILE,
        (HOSTILE,), ((HOSTILE,),),
    )  # fmt: skip
    page = Page(b"".join(page_parts(Head("t", sweep=summary), None, ())).decode())
    assert page.unbalanced == page.open == []
    assert not page.all("img")
    assert all("onerror" not in attributes and "style" not in attributes for _, attributes in page.tags)
    assert HOSTILE in "".join(page.words)
    (chart,) = [one for one in page.all("svg") if one.get("class") == "plot-area"]
    assert chart["aria-label"] == HOSTILE


def test_a_chart_of_one_line_names_none():
    assert LINES.names == ((0, HOSTILE), (1, HOSTILE))
    assert Panel("t", "a", "x", lines=LINES.lines[:1]).names == BARS.names == ()


def test_a_sheet_lists_all_versions_in_it():
    heads = (Heading("a"), Heading("b"))
    cells = ((SheetCell((2, 3)), SheetCell((4,))), (SheetCell((5,)), SheetCell((6, 7))))
    assert Sheet("s", "", heads, heads, cells).versions == (2, 3, 4, 5, 6, 7)


def test_heads_of_rows_are_wide_for_long_words_only():
    def is_wide(*names):
        return Sheet("s", "", (), tuple(map(Heading, names)), ()).has_long_heads

    assert is_wide("LD", "speechbrain")
    assert not is_wide("hf-whisper", "LD", "max_frames 10", "100")
