"""Who is meant by a key, what is hidden and told, and what a page does with pictures that are missing or other."""

from __future__ import annotations

import shutil

import pytest
from webpages import STEADY, speech

from specaug_listen import sweep, write_report
from specaug_listen.vocoders import GriffinLim

SECOND = "specaugListen.page.players[1]"
FIRST_DRAW = "versions.findIndex((one) => one.data.name === 'draw-1')"


@pytest.fixture(scope="module")
def copied(folder, tmp_path_factory):
    """A report of the folder without some of its files."""

    def report_without(pattern, rename=None):
        other = shutil.copytree(folder, tmp_path_factory.mktemp("less") / "out")
        for path in list(other.rglob(pattern)):
            path.rename(path.with_name(rename(path.name))) if rename else path.unlink()
        return write_report(other, overwrite=True)

    return report_without


def click_picture(page, share, number=2):
    page.run(f"p.select({number})")
    picture = page.page.locator("#clip-1 .version").nth(number).locator("svg.mel")
    picture.scroll_into_view_if_needed()
    box = picture.bounding_box()
    page.page.mouse.click(box["x"] + share * box["width"], box["y"] + 20)


def told(page):
    return page.page.locator(".told").first


def is_in_window(page, locator):
    box = locator.bounding_box()
    return box is not None and box["y"] >= 0 and box["y"] + box["height"] <= page.page.viewport_size["height"]


# --- keys ---


def test_keys_go_to_the_clip_with_the_focus(opened, report):
    page = opened(report)
    page.run("p.seek(0.2)")
    page.page.locator(".seek").nth(1).focus()
    page.page.keyboard.press("ArrowRight")
    assert page.run(f"return {SECOND}.now") == pytest.approx(1)
    assert page.state("now") == pytest.approx(0.2)


def test_space_starts_and_stops_what_was_used_last_and_shows_it(opened, report):
    page = opened(report, viewport={"width": 1280, "height": 400})
    page.play()
    second = page.page.locator("section.clip").nth(1)
    second.evaluate("(one) => one.scrollIntoView()")
    page.page.keyboard.press("Space")
    page.until("!p.isPlaying")  # what sounds can be stopped from anywhere
    assert not is_in_window(page, page.page.locator(".play").first)
    page.page.keyboard.press("Space")
    page.until("p.isPlaying")
    page.settle()
    assert is_in_window(page, page.page.locator(".play").first)
    for button in ("#masks", ".next", ".loop"):  # whatever has the focus, one thing only is pressed
        before = page.run("return document.querySelector('#clip-1 .loop, #masks').ariaPressed + p.selected + p.looping")
        page.page.locator(button).first.focus()
        page.page.keyboard.press("Space")
        page.until("!p.isPlaying")
        page.page.keyboard.press("Space")
        page.until("p.isPlaying")
        after = page.run("return document.querySelector('#clip-1 .loop, #masks').ariaPressed + p.selected + p.looping")
        assert after == before
    page.page.keyboard.press("Space")
    page.until("!p.isPlaying")
    page.page.locator(".play").nth(1).focus()  # a button to play is itself
    page.page.keyboard.press("Space")
    page.until(f"{SECOND}.isPlaying")
    assert not page.state("isPlaying")


def test_keys_of_the_whole_page_stop_no_clip(opened, report):
    page = opened(report)
    page.play()
    page.page.locator(".seek").nth(1).focus()
    for key in "mg":
        page.page.keyboard.press(key)
    assert page.state("isPlaying")


# --- a loop is left ---


@pytest.mark.parametrize("way", ["click", "slider", "key"])
def test_a_seek_out_of_a_loop_ends_it(opened, report, way):
    page = opened(report)
    page.run("p.setLoop([0.2, 0.6])")
    page.play()
    if way == "click":
        click_picture(page, 0.6)
    elif way == "slider":
        page.page.locator(".seek").first.fill("1.2")
    else:
        page.page.keyboard.press("ArrowRight")
    assert page.state("loop") is None
    assert not page.state("looping")
    page.until("p.isPlaying && p.playedLoop === null && p.now > 1.1")
    assert page.page.locator(".loop").first.get_attribute("aria-pressed") == "false"


def test_a_seek_within_a_loop_keeps_it(opened, report):
    page = opened(report)
    page.run("p.setLoop([0.2, 1.6])")
    click_picture(page, 0.5)
    assert page.state("loop") == [0.2, 1.6]
    assert page.state("now") == pytest.approx(1.0, abs=0.02)


# --- what is told ---


def test_what_is_told_is_seen_where_the_reader_looks_and_read_aloud_once(opened, sheet):
    page = opened(sheet)
    assert not page.page.locator(".blind").is_visible()
    page.page.keyboard.press("b")
    assert page.state("blind.stage") == "off"
    assert "not for sheets" in told(page).inner_text()
    assert is_in_window(page, told(page))
    assert page.page.locator("[aria-live]").count() == 1
    assert page.page.locator("#status").inner_text() == told(page).inner_text()


def test_a_missing_parcel_is_told_and_not_thrown(opened, folder, tmp_path):
    path = write_report(folder, tmp_path / "split.html", split=True)
    for script in path.parent.rglob("*.js"):
        script.unlink()
    page = opened(path)
    page.page.keyboard.press("3")
    page.page.locator("svg.mel").nth(2).hover()
    page.until("document.querySelector('.told').textContent.includes('levels cannot be told')")
    assert "Hz" in page.page.locator(".probe").first.inner_text()
    page.page.locator("button.difference").first.click()
    page.until("document.querySelector('.told').textContent.includes('difference cannot be shown')")
    assert page.page.locator("button.difference").first.get_attribute("aria-pressed") == "false"
    page.page.locator(".play").first.click()
    page.until("document.querySelector('.told').textContent.includes('cannot be played')")
    assert not [line for line in page.complaints if "send the folder" in line]


def test_clocks_have_no_sixtieth_second(opened, report):
    page = opened(report)
    page.run("p.data.duration_s = 59.996; p.show()")
    assert page.page.locator(".time").first.inner_text() == "0:00.00 / 1:00.00"


# --- sheets ---


def test_the_cell_that_is_heard_is_named_whatever_tab_it_lies_under(opened, sheet):
    page = opened(sheet)
    chip = page.page.locator(".choices button").last
    assert not chip.is_visible()
    page.page.locator("[role=tabpanel]:not([hidden]) .cell svg.mel").nth(1).click()
    page.until("p.isPlaying")
    name = page.run("return p.versions[p.selected].data.name")
    assert chip.inner_text() == name
    assert chip.get_attribute("aria-pressed") == "true"
    page.page.keyboard.press("g")
    gain_db = page.run("return p.versions[p.selected].data.matched_db")
    assert chip.inner_text() == f"{name} {'−' if gain_db < 0 else '+'}{abs(gain_db):.1f} dB"
    page.page.locator("[role=tab]").nth(1).click()
    assert chip.inner_text().startswith(name)
    chip.click()
    assert page.page.locator("#sheet-1-0").is_visible()
    page.page.keyboard.press("1")
    assert page.state("selected") == 0
    assert not chip.is_visible()


def test_cells_name_their_values_and_their_draw(opened, tmp_path):
    made = sweep(
        speech(seconds=0.5),
        vary={"time_mask.max_frames": [10, 40]},
        policy=STEADY,
        vocoder=GriffinLim(n_iter=1),
        rng=0,
        draws=2,
    )
    page = opened(made.save(tmp_path / "out"))
    names = page.page.locator(".cell .name")
    wanted = [f"max_frames {frames}, draw {draw}" for frames in (10, 40) for draw in (1, 2)]
    assert names.all_text_contents() == wanted
    shown = page.page.locator(".cell:visible .pick")
    for _ in range(2):  # one draw of each cell, also after another version was chosen
        assert [one.get_attribute("aria-label") for one in shown.all()] == [f"Hear {name}" for name in wanted[::2]]
        page.page.keyboard.press("2")


# --- pictures ---


def test_without_a_picture_of_the_original_there_is_no_difference(opened, copied):
    page = opened(copied("original.mel.png"))
    assert page.page.locator("button.difference:enabled").count() == 0
    assert page.complaints == []


def test_a_difference_to_nothing_says_why_it_is_not_offered(opened, report):
    page = opened(report)
    page.run("p.versions[0].mel = null; p.versions[2].offerDifference()")
    button = page.page.locator("button.difference").first
    assert button.is_disabled()
    assert "no picture of the original" in button.get_attribute("title")


@pytest.mark.parametrize("change", ["n_mels = 40", "n_columns -= 7", "low_db += 5", "left_s += 1"])
def test_other_cells_give_no_difference(opened, report, change):
    page = opened(report)
    button = page.page.locator("button.difference").first
    assert button.is_enabled()
    page.run(f"p.versions[0].data.picture.{change}; p.versions[2].offerDifference()")
    assert button.is_disabled()
    assert button.get_attribute("title")


def test_a_draw_that_was_cut_has_its_difference(opened, report):
    page = opened(report)
    page.run(
        """const { picture } = p.versions[2].data, width = (picture.right_s - picture.left_s) / picture.n_columns;
        picture.n_columns -= 9; picture.right_s -= 9 * width; p.versions[2].offerDifference();"""
    )
    assert page.page.locator("button.difference").first.is_enabled()


def test_a_difference_that_fails_is_told_and_given_up(opened, report):
    page = opened(report)
    page.page.keyboard.press("3")
    page.run("p.versions[0].read = Promise.resolve({ width: 1, height: 1, values: [0] })")
    button = page.page.locator("button.difference").first
    button.click()
    page.until("document.querySelector('.told').textContent.includes('difference cannot be shown')")
    assert button.get_attribute("aria-pressed") == "false"
    assert page.run("return !p.versions[2].mel.classList.contains('is-difference')")
    assert page.complaints == []


def test_where_no_cells_are_is_not_drawn_as_silence(opened, report):
    page = opened(report)
    ground = "return getComputedStyle(document.querySelector('svg.mel')).backgroundImage"
    assert "gradient" in page.run(ground)
