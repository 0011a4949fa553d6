"""Terms that stay on a page are explained where they stand, to mouse, keys and fingers; negative numbers read alike."""

from __future__ import annotations

import pytest
from webpages import STEADY, folder_of

from specaug_listen import Policy, write_report
from specaug_listen.augment import TimeMask, TimeWarp
from specaug_listen.metrics import SCORES
from specaug_listen.pages.terms import TERMS

# Terms in the visible words of each part of a page that nothing with a title, at or around them, explains there.
# Headings of columns and names of versions on buttons are theirs.
_UNEXPLAINED = """
const [terms, rare] = a, found = [];
const parts = document.querySelectorAll("header, section.clip, section.draws, details.recipe");
for (const part of parts) {
  if (!part.checkVisibility()) continue;
  const walker = document.createTreeWalker(part, NodeFilter.SHOW_TEXT), seen = new Map();
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    if (!element.checkVisibility({ visibilityProperty: true })) continue;
    if (element.closest("script, select, pre, .told, svg, .compared thead, h3, .ranking ol")) continue;
    for (const term of terms) {
      if (!new RegExp(`(^|[^\\w-])${term}($|[^\\w-])`).test(node.textContent)) continue;
      const isSaid = Boolean(element.closest("[title]:not([title=''])"));
      // A rare term is explained each time, a common word once.
      seen.set(term, rare.includes(term) ? (seen.get(term) ?? true) && isSaid : (seen.get(term) ?? false) || isSaid);
    }
  }
  for (const [term, isSaid] of seen) if (!isSaid) found.push(`${part.id || part.className || part.tagName}: ${term}`);
}
return found;
"""
# Numbers with a hyphen for a minus, in words, tooltips and hints.
_HYPHENS = """
const found = [], isNegative = (text) => /(^|[\\s(±])-[\\d.]/.test(text ?? "");
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
for (let node = walker.nextNode(); node; node = walker.nextNode())
  if (isNegative(node.textContent) && !node.parentElement.closest("script, style, pre")) found.push(node.textContent);
for (const one of document.querySelectorAll("[title], [placeholder], [aria-label]"))
  found.push(...["title", "placeholder", "aria-label"].map((name) => one.getAttribute(name)).filter(isNegative));
return found;
"""


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """A report of ten loud, warped draws, and a comparison of two runs."""
    out = tmp_path_factory.mktemp("terms")
    loud = Policy([TimeWarp(20), TimeMask(count=2, max_frames=40, fill=2.0), TimeMask(fill=-1.0)], "loud")
    runs = [folder_of(out / policy.name, ["one", "two"], policy, draws=5) for policy in (loud, STEADY)]
    return [write_report(runs[0]), write_report(runs, out / "both.html")]


def test_every_term_is_explained_in_every_part_of_a_page_and_numbers_have_a_minus(opened, pages, subtests):
    # A warp is an everyday word of the field elsewhere.
    scores = [score.title for score in SCORES.values() if score.title != "warp"]
    rare = [term for term, one in TERMS.items() if one.is_rare]
    for path in pages:
        page = opened(path)
        box = page.page.locator("#clip-1-draw-1 svg.mel, #clip-1-A-draw-1 svg.mel").first.bounding_box()
        page.run(
            "p.choose(2); window.told = []; new MutationObserver(() => told.push(p.probe.textContent))"
            ".observe(p.probe, { childList: true })"
        )
        for share in (0.2, 0.4, 0.6, 0.8):
            page.page.mouse.move(box["x"] + share * box["width"], box["y"] + 5)
            page.settle()
        page.until("told.some((text) => text.includes('re P95'))")
        assert not any("-" in text.replace("re P95", "") for text in page.run("return told"))
        page.page.mouse.move(1, 1)
        page.settle()
        page.run("document.getElementById('more-columns')?.click()")
        page.run("for (const one of document.querySelectorAll('details')) one.open = true")
        for place in range(page.run("return p.slots.length")):
            page.run(f"p.choose({place})")
            with subtests.test(path=path.name, place=place):
                assert page.run(_UNEXPLAINED, [*TERMS, *scores], rare) == []
        with subtests.test(path=path.name, what="minus"):
            assert page.run(_HYPHENS) == []


def test_keys_and_taps_reach_what_is_explained(opened, pages):
    page = opened(pages[0], viewport={"width": 360, "height": 740}, has_touch=True)
    tip = page.page.locator(".tip")
    assert not tip.is_visible()
    term = page.page.locator("#clip-1-draw-1 .facts abbr", has_text="loudest fill")
    term.tap()
    assert tip.inner_text() == "Against the clip's 95th percentile cell, which stands for the level of speech"
    box = tip.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 360
    page.page.keyboard.press("Escape")
    assert not tip.is_visible()
    page.page.keyboard.press("Tab")
    assert tip.is_visible()
    assert page.run("return document.activeElement.title") == tip.inner_text()
    page.page.locator("h1").tap()
    assert not tip.is_visible()
