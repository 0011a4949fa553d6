"""The page on paper: dark on white, nothing to press, nothing cut, every clip and version, and what was folded open."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from webpages import STEADY, folder_of, speech

from specaug_listen import sweep, write_report
from specaug_listen.vocoders import GriffinLim

# The width of a sheet of A4 between its margins, and the height of one of Letter, which is lower: in pixels.
PAPER, HEIGHT = 703, 963
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


@pytest.fixture(scope="module")
def comparison(folder, tmp_path_factory):
    out = tmp_path_factory.mktemp("compared")
    other = folder_of(out / "other", ["first", "second"], STEADY, draws=2)
    return write_report([folder, other], out / "both.html")


@pytest.fixture(scope="module")
def list_sheet(tmp_path_factory):
    """A sweep over one parameter, with many values."""
    vary = {"time_mask.max_frames": [5 * n for n in range(1, 27)]}
    made = sweep(speech(seconds=0.5), vary=vary, policy=STEADY, vocoder=GriffinLim(n_iter=1), rng=0)
    return made.save(tmp_path_factory.mktemp("list") / "out")


# Boxes of all elements that a selector finds.
BOXES = """
  const boxes = (selector) => [...document.querySelectorAll(selector)].filter((one) => one.checkVisibility())
    .map((one) => one.getBoundingClientRect().toJSON());
"""


def test_a_clip_of_five_pictures_fits_one_sheet_and_the_table_begins_below_its_head(printed, report):
    page = printed(report)
    boxes = page.run(f"{BOXES} return ['section.clip', 'svg.mel', '.version', '.clip-head', '.scale'].map(boxes)")
    clips, mels, versions, heads, scales = boxes
    assert len(clips) == 2
    assert len(mels) == 2 * 5
    assert all(clip["height"] < HEIGHT for clip in clips)
    assert all(mel["height"] > 75 for mel in mels)  # 2 cm
    # From the head to the scale, nothing lies over the other.
    parts = sorted([*versions, *heads, *scales], key=lambda box: box["top"])
    assert all(before["bottom"] <= after["top"] + 1 for before, after in pairwise(parts))
    head, rows, bars = page.run(f"{BOXES} return ['.draws thead', '.draws tbody tr', '.draws td.has-bar'].map(boxes)")
    assert head[0]["bottom"] <= min(row["top"] for row in rows) + 0.5
    # Below the number, a bar of three pixels at 1.8 em of 6.8 points.
    assert all(bar["height"] > 18 for bar in bars)


def test_pictures_of_two_runs_stand_side_by_side_with_their_difference_below(printed, comparison):
    page = printed(comparison)
    assert page.run(WIDER) == []
    places = page.run("""
      const place = (one) => one.getBoundingClientRect().toJSON();
      const name = (version) => version.querySelector("h3 bdi").textContent;
      return [...document.querySelectorAll("section.clip")].map((clip) => ({
        pictures: Object.fromEntries([...clip.querySelectorAll("li.version:not(.has-borrowed-picture)")]
          .map((one) => [name(one), place(one.querySelector("svg.mel"))])),
        differences: [...clip.querySelectorAll(".compared")].map((one) => [one.dataset.slot,
          place(one.querySelector(".subtracted svg.mel")), place(one.querySelector("table"))]),
      }));
    """)
    assert len(places) == 2
    for clip in places:
        names = ["original", *(f"{run}: {name}" for name in ("copy-synthesis", "draw-1", "draw-2") for run in "AB")]
        original, a, b, a_1, b_1, a_2, b_2 = (clip["pictures"][name] for name in names)
        for row in ((original, a, b), (a_1, b_1), (a_2, b_2)):
            assert all(abs(one["bottom"] - row[0]["bottom"]) < 1 for one in row)
            assert all(before["right"] < after["left"] for before, after in pairwise(row))
        of_draws = {slot: boxes for slot, *boxes in clip["differences"] if slot.startswith("draw")}
        picture, numbers = of_draws["draw-1"]
        for box in (picture, numbers):
            assert a_1["bottom"] < box["top"]
            assert box["bottom"] < a_2["top"]
        assert numbers["right"] < picture["left"]
        assert picture["left"] == pytest.approx(b_1["left"], abs=1)
    # All of them were drawn before paper was, also those that the screen has not shown.
    links = page.run("""
      const images = [...document.querySelectorAll(".compared .subtracted image")];
      return images.filter((one) => one.checkVisibility()).map((one) => one.getAttribute("href"));
    """)
    assert len(links) >= 2 * 2
    assert all(link.startswith("data:image/png;base64,") for link in links)
    assert page.complaints == []


def test_pictures_of_a_sweep_keep_their_axes_and_all_numbers_come_after_them(printed, list_sheet):
    page = printed(list_sheet)
    hz, pictures, cells = page.run(f"{BOXES} return ['.beside svg.hz', '.beside svg.mel', '.cell svg.mel'].map(boxes)")
    assert len(hz) == len(pictures) == 2
    for labels, picture in zip(hz, pictures, strict=True):
        assert labels["right"] == pytest.approx(picture["left"], abs=1)
        assert labels["top"] == pytest.approx(picture["top"], abs=1)
        assert labels["bottom"] == pytest.approx(picture["bottom"], abs=1)
        assert picture["left"] == pytest.approx(cells[0]["left"], abs=2)
        assert picture["right"] == pytest.approx(cells[0]["right"], abs=2)
    [numbers] = page.run(f"{BOXES} return boxes('.numbers')")
    assert numbers["top"] > cells[-1]["bottom"]
    # 26 rows in two columns, and no settings, which Reproduce has.
    assert numbers["height"] < HEIGHT / 2
    assert not page.page.locator(".settings").is_visible()
    assert page.run(WIDER) == []
    page.run("window.dispatchEvent(new Event('afterprint'))")
    assert page.page.locator(".sweep .folds details.numbers:not([open])").count() == 1


def test_chromium_prints_a_pdf_with_a_page_for_each_clip(many, tmp_path, monkeypatch, browser_path):
    monkeypatch.setenv("CHROMIUM", browser_path)
    page = write_report(many.parent, tmp_path / "a" / "page.html", pdf=True)
    data = page.with_suffix(".pdf").read_bytes()
    n_pages = len(re.findall(rb"/Type /Page\b", data))
    # The verdict, before the first clip or with it, and the draws with what is at the end.
    assert 12 + 1 <= n_pages <= 12 + 4
    assert str(tmp_path).encode() not in data
