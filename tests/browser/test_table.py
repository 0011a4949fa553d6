"""The table of all draws: worst first, filters, pages of rows, what is hidden at first, what can be saved, charts."""

from __future__ import annotations

import csv
import io
import re

import pytest
from webpages import STEADY, folder_of

from specaug_listen import write_report

SECTION = "section.draws"


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """A report of two clips and 2 x 28 draws, more than the document holds rows."""
    folder = folder_of(tmp_path_factory.mktemp("many") / "out", ["first", "=2, a"], STEADY, draws=28, seconds=0.5)
    return write_report(folder, flac=False, budget_mb=100)


def column(page, name):
    return page.run(
        f"""const table = document.querySelector("table.draws");
        const head = table.tHead.querySelector("th[data-name={name}]");
        return [...table.tBodies[0].rows].map((row) => row.cells[head.cellIndex].dataset.value);"""
    )


def press(page, name):
    head = page.page.locator(f"table.draws th[data-name={name}]")
    head.locator("button").click()
    return head.get_attribute("aria-sort")


def count(page):
    return page.page.locator("#row-count").inner_text()


def test_the_worst_come_first_and_a_second_click_turns(opened, report):
    page = opened(report)
    assert press(page, "masked_area_ratio") == "descending"
    areas = [float(value) for value in column(page, "masked_area_ratio")]
    assert areas == sorted(areas, reverse=True)
    assert press(page, "masked_area_ratio") == "ascending"
    assert [float(value) for value in column(page, "masked_area_ratio")] == areas[::-1]
    page.page.locator("#more-columns").click()
    # A warp goes either way: the furthest is the worst. What has no value comes last.
    page.run(
        """const [one] = specaugListen.page.table.rows, { cellIndex } = document.querySelector("[data-name^=warp]");
        one.cells[cellIndex].dataset.value = "";"""
    )
    assert press(page, "warp_displacement_ms") == "descending"
    warps = column(page, "warp_displacement_ms")
    assert warps[-1] == ""
    assert [abs(float(value)) for value in warps[:-1]] == sorted((abs(float(v)) for v in warps[:-1]), reverse=True)
    assert press(page, "warp_displacement_ms") == "ascending"
    assert column(page, "warp_displacement_ms")[-1] == ""
    assert press(page, "clip") == "ascending"
    assert page.page.locator("table.draws [aria-sort]").count() == 1
    # A fill is worst where it is loudest, not where it is furthest from speech.
    press(page, "loudest_fill_vs_p95_db")
    fills = [float(value) for value in column(page, "loudest_fill_vs_p95_db")]
    assert fills == sorted(fills, reverse=True)
    # A closer score is worst where it is low.
    page.run("document.querySelector('[data-name=log_mel_rmse_db]').dataset.worst = 'low'")
    assert press(page, "log_mel_rmse_db") == "ascending"
    assert page.complaints == []


def test_at_first_only_what_helps_to_decide_is_shown_and_it_fits_into_1280_pixels(opened, report):
    page = opened(report)
    heads = page.page.locator("table.draws thead th:visible")
    shown = [text.split("\n")[0].split(" (")[0] for text in heads.all_inner_texts()]
    main = ["cells masked", "longest gap", "loudest fill", "mel change"]
    assert shown == ["clip", "draw", *main, "warnings", "sound"]
    box = "document.querySelector('.draws-box')"
    assert page.run(f"return {box}.scrollWidth <= {box}.clientWidth")
    assert not page.page.locator(".scroll-hint").is_visible()
    page.page.locator("#more-columns").click()
    assert heads.count() == 8 + 7  # two of masks in empty bins: the clips are narrower than the front-end
    words = page.page.locator(SECTION).inner_text()
    # With or without the packages of both measures.
    assert re.search(r"Not in the table: STOI (and PESQ )?\(all draws are warped", words)
    assert page.page.locator("table.draws td.has-bar").count() == 6 * 11


def test_links_of_the_table_lead_to_the_version(opened, report):
    page = opened(report)
    press(page, "masked_area_ratio")
    link = page.page.locator("table.draws a.go").nth(2)
    target = link.get_attribute("href").removeprefix("#")
    link.click()
    player = page.run("return specaugListen.page.players.indexOf(specaugListen.page.active)")
    chosen = page.run(f"const one = specaugListen.page.players[{player}]; return one.versions[one.selected].data.id")
    assert chosen == target
    assert page.page.locator(f"[id='{target}']").is_visible()


def test_rows_are_filtered_by_words_and_by_range_and_counted(opened, many):
    page = opened(many)
    assert count(page) == "56 draws"
    page.page.locator("#filter-text").fill("FIRST draw-1")
    assert count(page) == "11 of 56 draws"  # 1, and 10 to 19
    assert page.page.locator("#status").inner_text() == "11 of 56 draws"
    page.page.locator("#filter-text").fill("")
    page.page.locator("#filter-column").select_option("longest_gap_ms")
    assert page.page.locator("#filter-unit").inner_text() == "ms"
    gaps = page.run("return specaugListen.page.table.rows.map((row) => Number(row.cells[3].dataset.value))")
    assert page.page.locator("#filter-low").get_attribute("placeholder") == f"{min(gaps):g}"
    page.page.locator("#filter-low").fill("100")
    page.page.locator("#filter-high").fill("200")
    wanted = sum(100 <= gap <= 200 for gap in gaps)
    assert 0 < wanted < 56
    assert count(page) == f"{wanted} of 56 draws"
    page.page.locator("#filter-column").select_option("masked_area_ratio")
    page.page.locator("#filter-high").fill("")
    page.page.locator("#filter-low").fill("30")  # percent, as the heading says
    areas = page.run("return specaugListen.page.table.rows.map((row) => Number(row.cells[2].dataset.value))")
    assert count(page) == f"{sum(area >= 0.3 for area in areas)} of 56 draws"
    page.page.locator("#filter-low").fill("101")
    assert count(page) == "0 of 56 draws"
    assert page.complaints == []


def test_at_most_50_rows_are_in_the_document_and_paper_has_all(opened, many):
    page = opened(many)
    rows = page.page.locator("table.draws tbody tr")
    assert rows.count() == 50
    assert page.page.locator("#row-range").inner_text() == "rows 1 to 50 of 56"
    assert page.page.locator("#rows-before").is_disabled()
    page.page.locator("#rows-after").click()
    assert rows.count() == 6
    assert page.page.locator("#row-range").inner_text() == "rows 51 to 56 of 56"
    page.run("window.dispatchEvent(new Event('beforeprint'))")
    assert rows.count() == 56
    page.run("window.dispatchEvent(new Event('afterprint'))")
    assert rows.count() == 50
    without_script = opened(many, java_script_enabled=False).page
    assert without_script.locator("table.draws tbody tr").count() == 56
    assert without_script.locator("table.draws thead th.more").first.is_visible()


def test_csv_has_all_rows_and_columns_in_full_and_sounds_can_be_saved(opened, many):
    page = opened(many, accept_downloads=True)
    page.page.locator("#filter-text").fill("first")
    with page.page.expect_download() as coming:
        page.page.locator("#save-csv").click()
    assert coming.value.suggested_filename == "draws.csv"
    rows = list(csv.DictReader(io.StringIO(coming.value.path().read_text("utf-8"))))
    assert len(rows) == 56
    assert {"clip", "draw", "warnings", "masked_area_ratio", "longest_gap_ms", "level_change_db"} <= set(rows[0])
    assert {row["clip"] for row in rows} == {"first", "=2, a"}
    assert any(len(row["masked_area_ratio"]) > 5 for row in rows)
    assert all("narrow" in row["warnings"] for row in rows)
    link = page.page.locator("a.sound").nth(3)
    with page.page.expect_download() as coming:
        link.click()
    row = page.page.locator("table.draws tbody tr").nth(3)
    draw = row.locator("a.go").inner_text()
    assert coming.value.suggested_filename == f"first {draw}.wav"
    assert coming.value.path().read_bytes() == (many.parent / "first" / f"{draw}.wav").read_bytes()
    assert [url for url in page.requests if not url.startswith(("data:", "blob:"))] == [many.as_uri()]


@pytest.mark.parametrize("width", [360, 768])
def test_heads_and_names_stay_and_what_is_cut_says_so(opened, many, width):
    page = opened(many, viewport={"width": width, "height": 740})
    box = page.page.locator(".draws-box")
    box.scroll_into_view_if_needed()
    page.page.locator("#more-columns").click()
    page.until("document.querySelector('.draws-frame').classList.contains('is-cut')")
    assert page.page.locator(".scroll-hint").is_visible()
    assert box.bounding_box()["height"] <= 0.8 * 740 + 1
    page.run("document.querySelector('.draws-box').scrollTo(200, 300)")
    page.settle()
    place, head = box.bounding_box(), page.page.locator("table.draws thead th").first.bounding_box()
    name = page.page.locator("table.draws tbody th").nth(20).bounding_box()
    assert (head["x"], head["y"]) == pytest.approx((place["x"], place["y"]), abs=1)
    assert name["x"] == pytest.approx(place["x"], abs=1)
    assert name["width"] < width / 2
    page.run("document.querySelector('.draws-box').scrollTo(9999, 0)")
    page.until("!document.querySelector('.draws-frame').classList.contains('is-cut')")
    assert page.run("return document.scrollingElement.scrollWidth") <= width
    small = page.run(
        f"""return [...document.querySelectorAll("{SECTION} button, {SECTION} a, {SECTION} input, {SECTION} select")]
        .filter((one) => one.checkVisibility()).map((one) => one.getBoundingClientRect().height)"""
    )
    assert width > 640 or min(small) >= 44


def test_many_draws_have_histograms_and_their_ends_are_linked(opened, many, report):
    assert opened(report).page.locator(".histogram, .ranking").count() == 0
    page = opened(many)
    assert page.page.locator(".histogram").count() == page.page.locator("table.draws thead th[data-unit]").count()
    texts = page.page.locator(".histogram").first.locator("title").all_text_contents()
    assert sum(int(text.split(": ")[1].split()[0]) for text in texts) == 56
    press(page, "masked_area_ratio")
    strongest = page.page.locator(".ranking").first.locator("a").first
    assert strongest.get_attribute("href") == page.page.locator("table.draws a.go").first.get_attribute("href")
    strongest.click()
    assert page.run("return specaugListen.page.active !== undefined")
    assert page.complaints == []
