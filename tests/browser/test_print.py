"""The page on paper: dark on white, nothing to press, nothing cut, every clip and version, and what was folded open."""

from __future__ import annotations

import re

import pytest
from webpages import STEADY, folder_of

from specaug_listen import write_report

# The width of a sheet of A4 between its margins, in pixels.
PAPER = 703
# What is visible and reaches beyond it; pictures cut what lies beyond their edges.
WIDER = f"""
  const seen = [...document.querySelectorAll("main *")];
  return seen.filter((one) => one.checkVisibility() && !one.closest("svg.mel, svg.warp"))
    .filter((one) => one.getBoundingClientRect().right > {PAPER} + 1).map((one) => one.outerHTML.slice(0, 120));
"""


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """A report of more clips than the screen shows cards."""
    names = [f"clip {number:02d}" for number in range(12)]
    return write_report(folder_of(tmp_path_factory.mktemp("many") / "out", names, STEADY, draws=1, seconds=0.4))


@pytest.fixture
def printed(opened):
    def on_paper(path, **options):
        page = opened(path, viewport={"width": PAPER, "height": 1000}, **options)
        page.run("window.dispatchEvent(new Event('beforeprint'))")
        page.page.emulate_media(media="print")
        page.settle()
        return page

    return on_paper


def test_paper_is_dark_on_white_without_anything_to_press_and_nothing_is_cut(printed, report, sheet):
    for path in (report, sheet):
        page = printed(path, color_scheme="dark")
        look = page.run(
            "const { color, backgroundColor } = getComputedStyle(document.body); return [color, backgroundColor]"
        )
        assert look == ["rgb(0, 0, 0)", "rgb(255, 255, 255)"]
        pressed = page.page.locator(
            "button:not(table.draws button):visible, input:visible, select:visible, audio:visible"
        )
        assert pressed.evaluate_all("(all) => all.map((one) => one.outerHTML.slice(0, 100))") == []
        if path == report:
            assert page.run(WIDER) == []
            # All charts of the verdict are in one row.
            charts = "[...document.querySelectorAll('.gauge')].map((one) => one.getBoundingClientRect())"
            lows, rights = zip(*page.run(f"return {charts}.map((box) => [box.bottom, box.right])"), strict=True)
            assert len(lows) >= 2
            assert max(lows) - min(lows) < 2
            assert list(rights) == sorted(rights)
        assert page.complaints == []


def test_all_versions_with_a_picture_all_columns_and_all_notes_are_on_paper(printed, report):
    page = printed(report)
    for picture in page.page.locator(".version:not(.has-borrowed-picture) svg.mel").all():
        assert picture.is_visible()
    # Without a picture, a version is only heard.
    assert not page.page.locator("li.version", has_text="original phase").first.is_visible()
    assert page.page.locator("table.draws thead th.more").first.is_visible()
    assert page.page.locator("table.draws thead").inner_text().startswith("clip")
    notes = page.page.locator(".end details")
    assert notes.count() >= 2
    assert all(one.get_attribute("open") is not None for one in notes.all())
    assert page.page.locator(".end pre").first.is_visible()
    page.run("window.dispatchEvent(new Event('afterprint'))")
    assert page.page.locator(".end details:not([open])").count() >= 1


def test_cards_of_all_clips_are_on_paper_also_those_that_the_screen_turns_to(printed, many):
    page = printed(many)
    cards = page.page.locator("section.clip")
    assert cards.count() == 12
    assert page.page.locator("section.clip[hidden]").count() == 2
    assert all(card.is_visible() for card in cards.all())
    assert all(picture.is_visible() for picture in page.page.locator("svg.mel").all())
    breaks = page.run(
        "return [...document.querySelectorAll('section.clip')].map((one) => getComputedStyle(one).breakBefore)"
    )
    assert breaks == ["auto", *["page"] * 11]


def test_chromium_prints_a_pdf_with_a_page_for_each_clip(many, tmp_path, monkeypatch, browser_path):
    monkeypatch.setenv("CHROMIUM", browser_path)
    page = write_report(many.parent, tmp_path / "a" / "page.html", pdf=True)
    data = page.with_suffix(".pdf").read_bytes()
    assert len(re.findall(rb"/Type /Page\b", data)) >= 12 + 2
    assert str(tmp_path).encode() not in data
