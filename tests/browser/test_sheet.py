"""The page of a sweep in a browser: measured, at many widths, light and dark."""

from __future__ import annotations

import itertools

import pytest
from webpages import STEADY, speech

from specaug_listen import sweep
from specaug_listen.vocoders import GriffinLim

POLICIES = (
    *("LD", "espnet-conformer10", "nemo-conformer", "icefall", "wenet-whisper", "hf-whisper"),
    *("speechbrain-conformer", "SS"),
)
# Pairs of elements that overlap by more than a pixel, and elements whose content is wider than they are.
MEASURE = """(holder, selector) => {
  const shown = [...holder.querySelectorAll(selector)].filter((one) => one.checkVisibility());
  const boxes = shown.map((one) => one.getBoundingClientRect());
  const span = (a, b, begin, end) => Math.min(a[end], b[end]) - Math.max(a[begin], b[begin]);
  const meet = (a, b) => span(a, b, "left", "right") > 1 && span(a, b, "top", "bottom") > 1;
  const pairs = [];
  boxes.forEach((a, i) => boxes.slice(i + 1).forEach((b, j) => {
    if (meet(a, b)) pairs.push([shown[i].textContent, shown[i + 1 + j].textContent]);
  }));
  const wide = shown.filter((one) => one.clientWidth && one.scrollWidth > one.clientWidth + 1);
  return { pairs, wide: wide.map((one) => one.textContent) };
}"""
LABELS = (
    *(".plot-area + .yardsticks text", ".x-axis text", ".y-axis text", ".chart-bars th, .chart-bars td", ".legend li"),
    *("table.sheet thead th", "table.sheet tbody th", ".fact-list dl > div", ".cell-box"),
)


@pytest.fixture(scope="module")
def policies(tmp_path_factory):
    made = sweep(speech(), vary={"policy": POLICIES, "fill": ["mean", "floor"]}, vocoder=GriffinLim(n_iter=1), rng=0)
    return made.save(tmp_path_factory.mktemp("policies") / "out")


@pytest.fixture(scope="module")
def numbers(tmp_path_factory):
    vary = {"time_mask.max_frames": [10, 40, 100, 200], "frequency_mask.max_bins": [8, 27]}
    clips = [speech(), speech(1)]
    made = sweep(clips, vary=vary, policy=STEADY, vocoder=GriffinLim(n_iter=1), draws=3, rng=0)
    return made.save(tmp_path_factory.mktemp("numbers") / "out")


@pytest.fixture(scope="module")
def long(tmp_path_factory):
    vary = {"time_mask.max_frames": list(range(5, 65, 5)), "frequency_mask.max_bins": [8, 27]}
    made = sweep(speech(), vary=vary, policy=STEADY, vocoder=GriffinLim(n_iter=1), rng=0)
    return made.save(tmp_path_factory.mktemp("long") / "out")


@pytest.mark.parametrize("name", ["policies", "numbers"])
def test_nothing_overlaps_or_is_cut_at_any_width(subtests, request, opened, name):
    page = opened(request.getfixturevalue(name)).page
    for width in (360, 768, 1280, 1920):
        page.set_viewport_size({"width": width, "height": 800})
        with subtests.test(width=width):
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            holders = page.query_selector_all("figure.panel, section.clip, .fact-lists")
            for holder, selector in itertools.product(holders, LABELS):
                found = holder.evaluate(MEASURE, selector)
                assert found["pairs"] == [], selector
                if " th" not in selector:  # heads are shortened, with a tooltip
                    assert found["wide"] == [], selector
            outside = page.evaluate(
                "[...document.querySelectorAll('.yardsticks text')].filter((one) => "
                "one.getBoundingClientRect().right > one.closest('figure').getBoundingClientRect().right + 1)"
                ".map((one) => one.textContent)"
            )
            assert outside == []


@pytest.mark.parametrize(
    ("name", "size"), [("numbers", (1280, 800)), ("policies", (1280, 800)), ("numbers", (360, 740))]
)
def test_advice_a_chart_and_the_play_button_are_on_the_first_screen(opened, request, name, size):
    page = opened(request.getfixturevalue(name), viewport={"width": size[0], "height": size[1]}).page
    for selector in (".advice", "figure.panel svg", ".play", *([".fact-list h2"] if size[0] > 640 else [])):
        box = page.locator(selector).first.bounding_box()
        assert box["y"] + min(40, box["height"]) < size[1], selector


def boxes(page, *selectors):
    return [page.locator(selector).first.bounding_box() for selector in selectors]


def test_a_short_table_is_seen_whole_and_its_heads_stay_below_the_player(opened, policies):
    page = opened(policies, viewport={"width": 1280, "height": 800}).page
    table, box, last = boxes(page, "#sheet-1-0 table", "#sheet-1-0 .sheet-box", "#sheet-1-0 tbody tr:last-child")
    assert box["height"] == pytest.approx(table["height"], abs=2)
    assert last["y"] + last["height"] < box["y"] + box["height"]
    assert not page.locator(".sheet-frame .rest:visible").count()
    page.evaluate("document.querySelector('#sheet-1-0 tbody tr:nth-child(5)').scrollIntoView({ block: 'center' })")
    bar, column = boxes(page, ".transport-place", "#sheet-1-0 thead th")
    assert column["y"] == pytest.approx(bar["y"] + bar["height"], abs=2)
    # Where columns have no room, they are scrolled, and the heads of the rows stay.
    page.set_viewport_size({"width": 500, "height": 800})
    page.evaluate("document.querySelector('#sheet-1-0 .sheet-box').scrollTo(60, 0)")
    box, row = boxes(page, "#sheet-1-0 .sheet-box", "#sheet-1-0 tbody tr:nth-child(5) th")
    assert row["x"] == pytest.approx(box["x"], abs=2)


def test_a_long_table_says_how_much_of_it_is_out_of_sight(opened, long):
    opened_page = opened(long, viewport={"width": 1280, "height": 800})
    page = opened_page.page
    rest, frame = page.locator(".sheet-frame .rest").first, page.locator(".sheet-frame").first
    assert rest.text_content().endswith(" more rows below: scroll")
    n_hidden = int(rest.text_content().split()[0])
    assert 6 <= n_hidden <= 10
    assert "goes-on-below" in frame.get_attribute("class")
    page.evaluate("document.querySelector('.sheet-box').scrollTo(0, 300)")
    opened_page.settle()
    box, column, axis = boxes(page, ".sheet-box", ".sheet thead th", ".sheet tfoot td")
    assert column["y"] == pytest.approx(box["y"], abs=2)
    assert axis["y"] + axis["height"] == pytest.approx(box["y"] + box["height"], abs=2)
    page.evaluate("document.querySelector('.sheet-box').scrollTo(0, 1e5)")
    opened_page.settle()
    assert rest.is_hidden()
    assert "goes-on-below" not in frame.get_attribute("class")
    page.set_viewport_size({"width": 360, "height": 740})
    page.evaluate("document.querySelector('.sheet-box').scrollTo(0, 0)")
    opened_page.settle()
    assert rest.text_content().endswith("rows below, 1 more column to the right: scroll")
    page.emulate_media(media="print")
    opened_page.settle()
    table, box = boxes(page, ".sheet", ".sheet-box")
    assert box["height"] == pytest.approx(table["height"], abs=2)
    assert rest.is_hidden()
    table, box = boxes(opened(long, java_script_enabled=False).page, ".sheet", ".sheet-box")
    assert box["height"] == pytest.approx(table["height"], abs=2)


@pytest.mark.parametrize("name", ["numbers", "long"])
def test_pictures_are_below_each_other_and_nothing_covers_them(opened, request, name):
    page = opened(request.getfixturevalue(name), viewport={"width": 1280, "height": 800}).page
    references = page.locator("section.clip").first.locator(".beside svg.mel").all()
    cells = page.locator(".sheet tbody tr").first.locator(".version.is-shown svg.mel").all()
    ticks = page.locator(".sheet tfoot").first.locator("svg.seconds").all()
    for above, cell, axis in zip(references, cells, ticks, strict=True):
        edges = [(box["x"], box["width"]) for box in (each.bounding_box() for each in (above, cell, axis))]
        assert edges[0] == pytest.approx(edges[1], abs=2)
        assert edges[1] == pytest.approx(edges[2], abs=2)
    touch = opened(request.getfixturevalue(name), viewport={"width": 360, "height": 740}, has_touch=True).page
    for one in (page, touch):
        mel, button, *facts = boxes(one, ".cell svg.mel", ".cell .pick", ".cell-facts dl", ".cell-facts .amount")
        assert button["y"] >= mel["y"] + mel["height"]
        assert all(box["x"] >= button["x"] + button["width"] or box["y"] >= button["y"] + 44 for box in facts)
    assert min(button["width"], button["height"]) >= 44


def test_charts_out_of_sight_are_counted_and_few_columns_have_room(opened, numbers, policies):
    opened_page = opened(policies, viewport={"width": 360, "height": 740})
    page, rest = opened_page.page, opened_page.page.locator(".panels-frame .rest")
    assert rest.text_content() == "2 more charts to the right: scroll"
    assert "goes-on-right" in page.locator(".panels-frame").get_attribute("class")
    page.evaluate("document.querySelector('.panels').scrollTo(1e5, 0)")
    opened_page.settle()
    assert rest.text_content() == "2 more charts to the left: scroll"
    assert "goes-on-right" not in page.locator(".panels-frame").get_attribute("class")
    page.set_viewport_size({"width": 768, "height": 900})
    opened_page.settle()
    assert rest.is_hidden()
    # Part of a column out of sight is told, too.
    page = opened(numbers, viewport={"width": 560, "height": 900}).page
    box, table = boxes(page, ".sheet-box", ".sheet")
    assert 4 < table["x"] + table["width"] - box["x"] - box["width"] < 100
    assert page.locator(".sheet-frame .rest").first.text_content() == "1 more column to the right: scroll"


def test_charts_beside_each_other_begin_at_one_height(opened, numbers):
    page = opened(numbers, viewport={"width": 1280, "height": 800}).page
    tops = [one.bounding_box()["y"] for one in page.locator("svg.plot-area").all()]
    assert len(tops) == 2
    assert tops[0] == pytest.approx(tops[1], abs=1)
    assert "max_bins 8 and max_bins 27 alike" in page.locator("figure.panel").nth(1).text_content()


def test_the_whole_page_is_dark_in_the_dark(opened, numbers, policies):
    script = """() => {
      const light = (text) => text.match(/[0-9.]+/g).slice(0, 3).reduce((sum, one) => sum + Number(one) / 765, 0);
      const style = (one) => getComputedStyle(one);
      const inks = [...document.querySelectorAll("svg text, .panel, .chart-bars td, .sheet th")].map((one) =>
        light(one.tagName === "text" ? style(one).fill : style(one).color));
      const grounds = [...document.querySelectorAll("main *")].map((one) => style(one).backgroundColor);
      const solid = grounds.filter((text) => text.startsWith("rgb(")).map(light);
      const ground = light(style(document.body).backgroundColor);
      return { ground, ink: Math.min(...inks), white: solid.filter((one) => one > 0.9).length };
    }"""
    for made in (numbers, policies):
        found = opened(made, color_scheme="dark").page.evaluate(script)
        assert found["ground"] < 0.15
        assert found["ink"] > 0.5
        assert found["white"] == 0


def test_draws_of_a_cell_are_shown_on_demand_and_by_keys(opened, numbers):
    opened_page = opened(numbers)
    page = opened_page.page
    box = page.locator(".cell-box").first
    assert box.locator(".version:visible").count() == 1
    assert box.locator(".which").text_content().startswith("draw 1 of 3: masked ")
    box.locator(".after").click()
    assert box.locator(".which").text_content().startswith("draw 2 of 3")
    # Nobody hears it yet; once heard, the next draw is heard, too.
    assert opened_page.state("selected") == 0
    box.locator(".pick:visible").click()
    opened_page.until("p.isPlaying")
    assert opened_page.run("return p.versions[p.selected].data.name").endswith("draw 2")
    page.keyboard.press(".")
    assert opened_page.run("return p.versions[p.selected].data.name").endswith("draw 3")
    opened_page.settle()
    assert box.locator(".which").text_content().startswith("draw 3 of 3")
    assert box.locator(".version:visible").get_attribute("class").split()[-1] in ("is-heard", "is-shown")
    page.keyboard.press(",")
    assert opened_page.run("return p.versions[p.selected].data.name").endswith("draw 2")
    assert opened_page.complaints == []


def test_every_clip_has_its_own_table_and_all_is_there_without_scripts(opened, numbers):
    page = opened(numbers, java_script_enabled=False).page
    assert page.locator("table.sheet").count() == 2
    assert page.locator(".cell-box .version:visible").count() == 2 * 8 * 3
    assert page.locator("figure.panel svg.plot-area:visible").count() == 2
    assert page.locator(".fact-lists:visible").count() == 1
