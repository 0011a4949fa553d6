"""The verdict above the clips: nothing overlaps or is cut at any width, and the first screen has a Play button."""

from __future__ import annotations

from dataclasses import replace

import pytest
from webpages import STEADY, folder_of

from specaug_listen import write_report

# Boxes of all texts of each chart, with what they say, and of the chart itself.
_BOXES = """
const box = (e) => { const b = e.getBoundingClientRect(); return [b.left, b.top, b.right, b.bottom]; };
return [...document.querySelectorAll("svg.gauge")].map((svg) => ({
  chart: box(svg),
  texts: [...svg.querySelectorAll("text")].map((text) => [text.lastChild.textContent, ...box(text)]),
}));
"""


@pytest.fixture(scope="module")
def page_with_all(tmp_path_factory):
    """A page with a note, three policies to compare with, warnings and a skipped file."""
    out = tmp_path_factory.mktemp("verdict") / "out"
    source = out.with_name("out-clips")
    source.mkdir()
    (source / "broken.wav").write_bytes(b"no sound")
    run = folder_of(out, ["first", "second"], policy=replace(STEADY, probability=0.5))
    return write_report(run, title="Too strong?", note="A note.", compare=["LD,F=20,T=95", "wenet", "LD,F=48,mF=4"])


def overlaps(one, other):
    (_, left, top, right, bottom), (_, left_2, top_2, right_2, bottom_2) = one, other
    # Boxes of lines of text include some space above and below the letters.
    return min(right, right_2) - max(left, left_2) > 0.5 and min(bottom, bottom_2) - max(top, top_2) > 4


def test_labels_of_charts_never_overlap_and_are_never_cut(opened, page_with_all):
    one = opened(page_with_all)
    for width in (360, 768, 1280, 1920, 2560):
        one.page.set_viewport_size({"width": width, "height": 800})
        one.settle()
        charts = one.run(_BOXES)
        assert len(charts) == 3
        for chart in charts:
            texts, (left, _, right, _) = chart["texts"], chart["chart"]
            pairs = [(a[0], b[0]) for i, a in enumerate(texts) for b in texts[:i] if overlaps(a, b)]
            assert pairs == [], width
            assert [text for text, *box in texts if box[0] < left - 1 or box[2] > right + 1] == [], width
        assert one.run("return document.documentElement.scrollWidth <= window.innerWidth"), width
    names = [text for text, *_ in charts[0]["texts"]]
    assert {"LD", "ESPnet", "NeMo", "icefall", "SpeechBrain", "Whisper", "wenet"} <= set(names)


@pytest.mark.parametrize(("width", "height", "most"), [(1280, 800, 230), (360, 740, 440)])
def test_the_first_screen_has_title_verdict_charts_and_play(opened, report, width, height, most):
    one = opened(report, viewport={"width": width, "height": height})
    tops = one.run(
        "return Object.fromEntries([['title', 'h1'], ['verdict', '.verdict h2'], ['charts', '.gauges'], "
        "['play', '.play'], ['versions', '.choices button']].map(([name, which]) => "
        "[name, document.querySelector(which).getBoundingClientRect().bottom]))"
    )
    assert {name: bottom for name, bottom in tops.items() if bottom > height} == {}
    assert one.run("return document.querySelector('.verdict').getBoundingClientRect().height") <= most


def test_the_end_is_closed_and_links_at_the_top_open_it(opened, page_with_all):
    one = opened(page_with_all, viewport={"width": 360, "height": 740})
    headings = (
        "return [...document.querySelectorAll('.end details')].map((e) => [e.querySelector('h2').textContent, e.open])"
    )
    assert dict(one.run(headings)) == dict.fromkeys(
        ("Reproduce", "Warnings", "Skipped files", "Framework behaviour you would not guess"), False
    )
    for name, link in (("Skipped files", "1 file skipped"), ("Warnings", "2 warnings")):
        one.page.get_by_text(link, exact=True).click()
        one.settle()
        assert dict(one.run(headings))[name]
    one.page.locator("summary", has_text="All numbers").click()
    assert one.run("return document.documentElement.scrollWidth <= window.innerWidth")
    assert one.complaints == []
