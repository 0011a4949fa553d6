"""The notebook's view under the style of its hosts: no text lies on another, and the player plays."""

from __future__ import annotations

import pytest
from webpages import STEADY, speech

from specaug_listen import audition
from specaug_listen.vocoders import GriffinLim

# What JupyterLab 4 and nbconvert's page say about the elements of an output, as far as it moves them.
LAB = """
.jp-OutputArea-output dl, .jp-OutputArea-output dt, .jp-OutputArea-output dd { display: block; padding: 0; margin: 0; }
.jp-OutputArea-output dl { width: 100%; overflow: hidden; }
.jp-OutputArea-output dt { font-weight: bold; float: left; width: 20%; }
.jp-OutputArea-output dd { float: left; width: 80%; }
.jp-RenderedHTMLCommon { font-family: sans-serif; font-size: 14px; line-height: 1.6; padding-right: 20px; }
.jp-RenderedHTMLCommon h2, .jp-RenderedHTMLCommon h3 { line-height: 1; margin: 1.2em 0 .8em; }
.jp-RenderedHTMLCommon ul:not(.list-inline) { padding-left: 2em; }
.jp-RenderedHTMLCommon ul { list-style: disc; margin-bottom: 1em; }
.jp-RenderedHTMLCommon td, .jp-RenderedHTMLCommon th { text-align: right; padding: .5em; max-width: none; }
.jp-RenderedHTMLCommon p { text-align: left; margin: 0 0 1em; }
.jp-RenderedHTMLCommon img { max-width: 100%; height: auto; }
"""
# The classic page of nbconvert rests on Bootstrap 3.
CLASSIC = """
* { box-sizing: border-box; }
dl { margin-top: 0; margin-bottom: 18px; }
dt, dd { line-height: 1.43; } dt { font-weight: bold; } dd { margin-left: 0; }
.rendered_html ul { list-style: disc; margin: 0 2em; padding-left: 0; } .rendered_html * + ul { margin-top: 1em; }
.rendered_html img { max-width: 100%; height: auto; display: block; margin-left: auto; margin-right: auto; }
"""
# Boxes of lines of text, each with its text; only elements that hold text of their own.
TEXTS = """root => [...root.querySelectorAll('*')].filter(
  one => one.tagName !== 'STYLE' && one.checkVisibility({visibilityProperty: true})
).flatMap(one => {
  const own = [...one.childNodes].filter(node => node.nodeType === 3 && node.data.trim());
  return own.flatMap(node => {
    const range = document.createRange(); range.selectNodeContents(node);
    return [...range.getClientRects()].filter(r => r.width > 1)
      .map(r => ({text: node.data.trim(), left: r.left, right: r.right, top: r.top, bottom: r.bottom}));
  });
})"""


@pytest.fixture(scope="module")
def view():
    heard = audition(speech(), policy=STEADY, vocoder=GriffinLim(n_iter=1), draws=2, rng=0, name="a clip")
    return heard._repr_html_()


def overlapping(boxes, least=1.5):
    """Pairs of texts whose boxes share more than a rounding error in both directions."""
    return [
        (a["text"], b["text"])
        for i, a in enumerate(boxes)
        for b in boxes[i + 1 :]
        if a["text"] != b["text"]
        and min(a["right"], b["right"]) - max(a["left"], b["left"]) > least
        and min(a["bottom"], b["bottom"]) - max(a["top"], b["top"]) > 4 * least
    ]


@pytest.mark.parametrize("width", [360, 700, 1200])
@pytest.mark.parametrize("style", [LAB, CLASSIC, ""], ids=["lab", "classic", "none"])
def test_no_text_of_the_notebooks_view_lies_on_another(browser, view, style, width):
    page = browser.new_page(viewport={"width": width, "height": 900})
    page.set_content(
        f"<!doctype html><style>{style}</style><div class='jp-OutputArea-output jp-RenderedHTMLCommon rendered_html'>"
        f"{view}</div>"
    )
    (frame,) = page.main_frame.child_frames
    frame.wait_for_selector(".has-player .transport")
    frame.eval_on_selector(".choices button:last-child", "(one) => one.click()")
    boxes = frame.eval_on_selector("main", TEXTS)
    n_pixels_too_wide = frame.evaluate("document.documentElement.scrollWidth - innerWidth")
    page.close()
    texts = {box["text"] for box in boxes}
    assert {"length", "seed", "draw-2", "time masked"} <= texts
    assert overlapping(boxes) == []
    assert n_pixels_too_wide <= 1  # what is wider by itself, as a table of masks, scrolls by itself


def test_the_measure_finds_texts_that_lie_on_each_other(browser):
    page = browser.new_page()
    page.set_content(
        f"<style>{LAB}</style><div class='sal jp-OutputArea-output'><dl style='display:flex;gap:2em'>"
        "<div style='display:flex'><dt style='white-space:nowrap'>length of it</dt><dd>1.20 s</dd></div></dl></div>"
    )
    assert overlapping(page.eval_on_selector(".sal", TEXTS)) == [("length of it", "1.20 s")]
    page.close()


def test_the_player_in_the_frame_plays(browser, view):
    page = browser.new_page(viewport={"width": 1000, "height": 900})
    complaints = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.set_content(f"<!doctype html>{view}")
    (frame,) = page.main_frame.child_frames
    frame.click(".play")
    frame.wait_for_function("document.querySelector('.play').textContent === 'Pause'")
    page.close()
    assert complaints == []
