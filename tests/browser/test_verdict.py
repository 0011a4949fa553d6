"""The verdict above the clips: nothing overlaps or is cut at any width, and the first screen has a Play button."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from webpages import STEADY, folder_of

from specaug_listen import Policy, write_report
from specaug_listen.augment import TimeMask
from specaug_listen.frameworks.registry import ALL_POLICIES
from specaug_listen.frontends import get_frontend

# Boxes of all texts of each chart, with what they say, and of the chart itself.
_BOXES = """
const words = (e) => [...e.childNodes].filter((node) => node.nodeName !== "title").map((node) => node.textContent);
const box = (e) => { const b = e.getBoundingClientRect(); return [b.left, b.top, b.right, b.bottom]; };
return [...document.querySelectorAll("svg.gauge")].map((svg) => ({
  chart: box(svg),
  texts: [...svg.querySelectorAll("text")].map((text) => [words(text).join(""), ...box(text)]),
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
    names = ", ".join(text for text, *_ in charts[0]["texts"])
    assert {"LD", "ESPnet", "NeMo", "icefall", "SpeechBrain", "Whisper", "wenet"} <= set(names.split(", "))


@pytest.mark.parametrize(("width", "height", "most"), [(1280, 800, 230), (360, 740, 480)])
def test_the_first_screen_has_title_verdict_charts_and_play(opened, report, width, height, most):
    one = opened(report, viewport={"width": width, "height": height})
    tops = one.run(
        "return Object.fromEntries([['title', 'h1'], ['verdict', '.verdict h2'], ['charts', '.gauges'], "
        "['play', '.play'], ['versions', '.stepper']].map(([name, which]) => "
        "[name, document.querySelector(which).getBoundingClientRect().bottom]))"
    )
    assert {name: bottom for name, bottom in tops.items() if bottom > height} == {}
    assert one.run("return document.querySelector('.verdict').getBoundingClientRect().height") <= most


def test_a_loud_run_and_two_runs_have_play_and_versions_on_the_first_screen_of_a_phone(opened, two_runs, tmp_path):
    loud = folder_of(
        tmp_path / "loud",
        ["a"],
        ALL_POLICIES["espnet-conformer10"],
        draws=3,
        frontend=get_frontend("espnet"),
        seconds=3.0,
    )
    for path, n_folds in ((write_report(loud), 0), (two_runs, 2)):
        one = opened(path, viewport={"width": 360, "height": 740})
        # Of the loud run, matched loudness is offered above Play, so looping is further down.
        more = ", .loop, .blind, .sides:not([hidden])" if n_folds else ", .loud .match"
        which = f"#clip-1 :is(.play, .version-bar .stepper{more})"
        bottoms = one.run(
            f"return [...document.querySelectorAll('.differences, .verdict h2, {which}')]"
            ".map((e) => [e.className || e.tagName, e.getBoundingClientRect().bottom])"
        )
        assert [name for name, bottom in bottoms if bottom > 740] == []
        assert {"play", "stepper", "loop" if n_folds else "match"} <= {name for name, _ in bottoms}
        # What is folded opens in place, and is there on paper.
        folds = one.page.locator("details.of-run")
        assert folds.count() == n_folds
        for fold in folds.all():
            assert not fold.locator("svg.gauge").first.is_visible()
            fold.locator("summary").click()
            assert fold.locator("svg.gauge").first.is_visible()
        one.page.set_viewport_size({"width": 1280, "height": 800})
        one.settle()
        assert one.page.locator("svg.gauge").last.is_visible()
        assert not one.page.locator(".of-run summary").locator("visible=true").count()


def test_the_end_is_closed_and_links_at_the_top_open_it(opened, page_with_all):
    one = opened(page_with_all, viewport={"width": 360, "height": 740})
    headings = (
        "return [...document.querySelectorAll('.end details')].map((e) => [e.querySelector('h2').textContent, e.open])"
    )
    assert dict(one.run(headings)) == dict.fromkeys(
        ("Reproduce", "Warnings", "Skipped files", "Framework behaviour you would not guess"), False
    )
    for name, link in (("Skipped files", "1 file skipped"), ("Warnings", re.compile(r"^\d warnings$"))):
        one.page.get_by_text(link, exact=True).click()
        one.settle()
        assert dict(one.run(headings))[name]
    one.page.locator("summary", has_text="All numbers").click()
    assert one.run("return document.documentElement.scrollWidth <= window.innerWidth")
    assert one.complaints == []


@pytest.fixture(scope="module")
def two_runs(tmp_path_factory):
    out = tmp_path_factory.mktemp("runs")
    weak = Policy([TimeMask(max_frames=20, count=1)], "weak")
    names = ["first", "a_name_of_a_clip_that_is_longer_than_its_place"]
    runs = [folder_of(out / run, names, policy, draws=3) for run, policy in (("a", weak), ("b", STEADY))]
    return write_report(runs, out / "both.html")


# Contrast of a colour with the ground, from how the browser resolves both.
_CONTRAST = """
const light = (text) => {
  const parts = text.match(/[\\d.]+/g).slice(0, 3).map((part) => part / 255);
  const [r, g, b] = parts.map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;
};
const ground = light(getComputedStyle(document.body).backgroundColor);
return [...document.querySelectorAll(".verdict h2 .run")].map((one) => getComputedStyle(one).color)
  .map((colour) => [colour, Math.max(light(colour), ground) / Math.min(light(colour), ground)]);
"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_two_runs_are_compared_in_words_and_colours_on_the_first_screen(opened, two_runs, scheme):
    one = opened(two_runs, viewport={"width": 1280, "height": 800}, color_scheme=scheme)
    assert one.page.locator("#differences").inner_text().startswith("B is stronger than A: it masks ")
    top = one.run("return document.querySelector('.differences').getBoundingClientRect().top")
    bottoms = one.run(
        "return ['.verdict:has(+ .hint)', '.play']"
        ".map((which) => document.querySelector(which).getBoundingClientRect().bottom)"
    )
    assert bottoms[0] - top <= 420
    assert bottoms[1] <= 800
    (a, of_a), (b, of_b) = one.run(_CONTRAST)
    assert a != b
    assert min(of_a, of_b) >= 4.5
    bars = one.run("return [...document.querySelectorAll('.verdict .shares')].map((bar) => getComputedStyle(bar).fill)")
    assert bars == [a] * 3 + [b] * 3 or bars == [a] * 2 + [b] * 2
    one.page.locator("summary", has_text="All numbers").click()
    assert one.page.locator("table.runs tbody tr").all_inner_texts()[1].startswith("B ")
    assert one.complaints == []


@pytest.fixture(scope="module")
def loud_runs(tmp_path_factory):
    """Three runs on one clip, whose masks are so loud that all sounds are turned down."""
    out = tmp_path_factory.mktemp("loud")
    policies = [Policy([TimeMask(count=n, max_frames=60, fill=2.0)], f"loud{n}") for n in (1, 2, 3)]
    return [folder_of(out / policy.name, ["one"], policy, draws=1) for policy in policies]


def test_of_up_to_three_loud_runs_play_is_on_the_first_screen(opened, loud_runs, tmp_path):
    for n in (2, 3):
        one = opened(write_report(loud_runs[:n], tmp_path / f"{n}.html"), viewport={"width": 1280, "height": 800})
        bottoms = [one.page.locator(which).first.bounding_box() for which in (".play", ".loud .match", "svg.mel")]
        assert [box["y"] + box["height"] <= 800 for box in bottoms[:2]] == [True, n == 2]
        assert n == 3 or bottoms[2]["y"] < 800
        # Numbers are in the charts and in a table; of two, what each policy does is said.
        sentences = one.page.locator(".verdict .sentences:visible").all_inner_texts()
        assert (
            sentences
            == [
                "loud1: 1 time mask of up to 0.6\N{NO-BREAK SPACE}s.",
                "loud2: 2 time masks of up to 0.6\N{NO-BREAK SPACE}s.",
            ][: 2 * (n == 2)]
        )
        assert not one.page.locator("table.runs").is_visible()
        one.page.locator("summary", has_text="All numbers").click()
        assert one.page.locator("table.runs tbody tr").count() == n


def test_on_a_narrow_screen_matched_loudness_is_offered_above_play(opened, loud_runs):
    one = opened(write_report(loud_runs[0]), viewport={"width": 360, "height": 740})
    offer, play = (one.page.locator(which).first.bounding_box() for which in (".loud .match", ".play"))
    assert offer["y"] + offer["height"] <= play["y"]
    assert play["y"] + play["height"] <= 740
    assert offer["height"] >= 44
    assert one.page.locator(".loud p").inner_text().startswith("Turned down ")
    assert one.page.locator("#clip-1 h2").bounding_box()["y"] < offer["y"]
    one.page.locator(".loud .match").click()
    one.until("p.isPlaying && p.page.matched")
    assert not one.page.locator(".loud").is_visible()


@pytest.mark.parametrize("width", [360, 1280])
def test_draws_of_two_runs_are_told_apart_in_charts_lists_and_rows(opened, two_runs, width):
    one = opened(two_runs, viewport={"width": width, "height": 800})
    section = one.page.locator("section.draws")
    section.scroll_into_view_if_needed()
    assert "the 12 draws of this page (A 6, B 6); the vertical line is the median." in section.inner_text()
    charts = section.locator(".histogram")
    for i in range(charts.count()):
        assert charts.nth(i).locator("[data-run] .run").all_inner_texts() == ["A", "B"]
        low, high = (charts.nth(i).locator(".ends span").nth(j).bounding_box() for j in (0, 1))
        assert low["x"] + low["width"] + 5 < high["x"]
    assert section.locator(".means thead th").all_inner_texts() == ["score", "A", "B", "B \N{MINUS SIGN} A"]
    scores = one.run("const box = document.querySelector('.compared .wide'); return [box.scrollWidth, box.clientWidth]")
    assert scores[0] <= scores[1]
    lines = one.run(
        """return [...document.querySelectorAll(".ranking li")].map((li) => [li.getBoundingClientRect().height,
        li.scrollWidth - li.clientWidth, li.querySelector("a").title])"""
    )
    assert max(height for height, *_ in lines) <= (60 if width == 360 else 32)
    assert max(over for _, over, _ in lines) <= 0
    assert any("longer_than_its_place, B: draw-" in title for *_, title in lines)
    bars = one.run(
        """return [...document.querySelectorAll("table.draws tbody tr")].map((row) => [row.dataset.run,
        row.querySelector("a.go").innerText.slice(0, 8), getComputedStyle(row.querySelector(".run")).color])"""
    )
    assert {(run, text) for run, text, _ in bars} == {("A", "A: draw-"), ("B", "B: draw-")}
    assert len({colour for *_, colour in bars}) == 2
    assert one.run("return document.documentElement.scrollWidth <= window.innerWidth")
