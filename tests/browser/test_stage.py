"""The stage: what is heard is seen, nothing moves when it changes, time is zoomed; ten cards, two runs, loud clips."""

from __future__ import annotations

from dataclasses import replace

import pytest
from webpages import STEADY, folder_of

from specaug_listen import write_report
from specaug_listen.augment import Policy, TimeMask
from specaug_listen.frontends import WHISPER

# The most that the strip of the verdict, the title and the controls take above the first clip.
ABOVE = {1280: 330, 360: 440}


@pytest.fixture(scope="module")
def both(folder, tmp_path_factory):
    """Two runs of the same clips; the second has one draw."""
    other = folder_of(tmp_path_factory.mktemp("other") / "out", ["first", "second"], STEADY, draws=1)
    return write_report([folder, other], tmp_path_factory.mktemp("both") / "both.html")


def box_of(page, selector):
    return page.run("return document.querySelector(a[0]).getBoundingClientRect().toJSON()", selector)


def cards_of(page):
    return page.page.locator("section.clip:visible h2")


def shown(page):
    return page.run(
        """return p.versions.filter(({ element }) => getComputedStyle(element).visibility === "visible")
        .map(({ data }) => data.name)"""
    )


def hear(page, number):
    page.run(f"p.select({number})")


def test_one_version_is_seen_and_nothing_moves_when_another_is_heard(opened, report):
    page = opened(report)
    names = page.run("return p.versions.map(({ data }) => data.name)")
    places = set()
    for number, name in enumerate(names):
        hear(page, number)
        assert shown(page) == [name]
        picture = page.run(f"return p.versions[{number}].mel.getBoundingClientRect().toJSON()")
        table, play = box_of(page, "table.draws"), box_of(page, ".play")
        places.add((picture["top"], picture["bottom"], table["top"], play["top"]))
    assert len(places) == 1  # warped or not, with masks or not
    twin, draw = (
        page.run(f"return p.versions[p.versions.findIndex(({{ data }}) => data.name === '{name}')].own")
        for name in ("draw-1, original phase", "draw-1")
    )
    assert twin == draw  # the same draw, so its picture
    page.page.keyboard.press("v")
    assert shown(page) == names
    page.page.keyboard.press("v")
    assert len(shown(page)) == 1


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (360, 740)])
def test_play_and_versions_are_on_the_first_screen(opened, report, width, height):
    page = opened(report, viewport={"width": width, "height": height}, has_touch=width < 700)
    top = box_of(page, "section.clip")["top"]
    if width > 700:
        assert box_of(page, "#clip-1 .is-shown svg.mel")["bottom"] - top <= height - ABOVE[width]
        assert not page.page.locator("#clip-1 .stepper").is_visible() or page.state("slots.length") > 6
    else:
        # However few the versions are, they are one list with arrows, beside Play; the time is in the next row.
        for part in (".play", ".stepper", ".time"):
            assert 0 < box_of(page, f"#clip-1 {part}")["bottom"] - top <= height - ABOVE[width]
        assert not page.page.locator("#clip-1 .choices").is_visible()
        assert box_of(page, "#clip-1 .stepper")["top"] == box_of(page, "#clip-1 .play")["top"]
        facts = box_of(page, "#clip-1 .clip-head dl.facts")
        assert facts["top"] > box_of(page, "#clip-1 .is-shown svg.mel")["bottom"]
    assert page.run("return document.scrollingElement.scrollWidth") <= width
    small = page.run(
        """return [...document.querySelectorAll('.controls button, .transport :is(button, select, input)')]
        .map((one) => [one.className || one.id, one.getBoundingClientRect()])
        .filter(([, box]) => box.height > 0 && (box.height < 44 || box.width < 44)).map(([name]) => name)"""
    )
    assert width > 700 or small == []


def test_many_versions_are_a_list_with_arrows_and_all_keys_reach_them(opened, report):
    page = opened(report)
    assert page.page.locator("#clip-1 .choices button").all_inner_texts() == ["1 original", "2 copy-synthesis"]
    options = page.page.locator("#clip-1 .list option").all_text_contents()
    assert options[2:4] == ["3 draw-1", "4 draw-1, original phase"]
    heard = []
    for _ in options:
        heard.append(page.state("selected"))
        page.page.keyboard.press(".")
    assert heard == [2, 3, 4, 5, 6, 7, 0, 1]  # from the first draw on, and round
    assert page.state("selected") == 2
    page.page.keyboard.press("1")
    page.page.locator("#clip-1 .previous").click()
    assert page.state("selected") == 7
    page.page.locator("#clip-1 .list").select_option("4")
    assert shown(page) == ["draw-2"]
    page.page.keyboard.press("Escape")
    page.page.locator("#clip-1 .list").evaluate("(one) => one.blur()")
    page.page.keyboard.press(",")
    assert page.page.locator("#clip-1 .list").input_value() == "3"


def test_time_is_zoomed_around_the_pointer_and_everything_follows(opened, report):
    page = opened(report)
    hear(page, 2)
    picture = page.run("return p.versions[2].mel.getBoundingClientRect().toJSON()")
    x, y = picture["left"] + 0.25 * picture["width"], picture["top"] + 30
    page.page.mouse.move(x, y)
    page.page.mouse.wheel(0, 60)  # without ctrl, it is the page's
    assert page.run("return p.view.isWhole")
    page.page.mouse.wheel(0, -60)
    page.page.wait_for_timeout(100)
    wheel = """const at = { bubbles: true, cancelable: true, clientX: a[0], clientY: a[1], ...a[2] };
        p.versions[2].mel.dispatchEvent(new WheelEvent("wheel", at))"""
    picture = page.run("return p.versions[2].mel.getBoundingClientRect().toJSON()")
    y = picture["top"] + 30
    page.run(wheel, x, y, {"deltaY": -200, "ctrlKey": True})
    begin, end = page.state("view.begin"), page.state("view.end")
    assert end - begin == pytest.approx(2 / 2.718, abs=0.01)
    assert begin + 0.25 * (end - begin) == pytest.approx(0.5, abs=0.01)
    mask, seen = page.run(
        """const one = p.versions[2].data.masks.find(({ text }) => text.startsWith("time"));
        const i = p.versions[2].data.masks.indexOf(one), rects = p.versions[2].element.querySelectorAll(".masks rect");
        return [one.begin_s, rects[i].getBoundingClientRect().left];"""
    )
    assert seen == pytest.approx(picture["left"] + (mask - begin) / (end - begin) * picture["width"], abs=1)
    labels = page.run(
        "return [...p.versions[2].plot.axis.querySelectorAll('text')].map((one) => parseFloat(one.textContent))"
    )
    assert len(labels) > 3
    assert begin <= labels[0] < labels[-1] <= end
    page.page.mouse.click(picture["left"] + 0.5 * picture["width"], y)
    assert page.state("now") == pytest.approx((begin + end) / 2, abs=0.01)
    page.run(wheel, x, y, {"deltaY": 100, "shiftKey": True})
    moved = page.state("view.begin")
    assert moved > begin
    axis = page.run("return p.versions[2].plot.axis.getBoundingClientRect().toJSON()")
    page.page.mouse.move(axis["left"] + 300, axis["top"] + 8)
    page.page.mouse.down()
    page.page.mouse.move(axis["left"] + 360, axis["top"] + 8, steps=3)
    page.page.mouse.up()
    assert page.state("view.begin") < moved
    page.page.keyboard.press("0")
    assert page.run("return p.view.isWhole")
    page.run("p.seek(0)")
    page.page.mouse.move(5, 5)
    for _ in range(4):
        page.page.keyboard.press("+")
    page.play()
    page.pass_time(1.5)  # the playhead is kept in view
    page.until("p.view.begin < p.now && p.now < p.view.end && p.view.begin > 1")
    page.page.locator("#clip-1 .whole").click()
    assert page.run("return p.view.isWhole")
    assert page.complaints == []


def test_a_waveform_is_drawn_above_the_picture(opened, report):
    page = opened(report)
    page.page.keyboard.press("w")
    dark = """const { canvas } = p.versions[2].wave, { width, height } = canvas;
        const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
        return data.filter((value, i) => i % 4 === 3 && value > 0).length / (width * height);"""
    page.until("p.versions[2].wave?.canvas.width > 600")
    assert 0.02 < page.run(dark) < 0.9
    assert page.page.locator("#clip-1 .is-shown .wave canvas").is_visible()
    page.run("p.seek(0.5)")
    head, picture = (box_of(page, f"#clip-1 .is-shown {one}") for one in (".wave-head", "svg.mel .head"))
    assert head["left"] + 1 == pytest.approx(picture["left"], abs=1)
    page.run("p.view.zoom(4, 2)")
    assert box_of(page, "#clip-1 .is-shown .wave-head")["width"] == 0  # out of view
    page.page.keyboard.press("w")
    assert not page.page.locator(".wave canvas").first.is_visible()


def test_the_sound_of_a_version_is_saved_as_its_file(opened, report, folder):
    page = opened(report)
    hear(page, 2)
    with page.page.expect_download() as download:
        page.page.locator("#clip-1 .is-shown a.save").click()
    assert download.value.suggested_filename == "first draw-1.wav"
    assert download.value.path().read_bytes() == (folder / "first" / "draw-1.wav").read_bytes()


def test_ten_cards_are_shown_and_all_are_found(opened, tmp_path):
    names = [f"clip {i:02d}" for i in range(1, 14)]
    page = opened(write_report(folder_of(tmp_path / "many", names, draws=1, seconds=0.4)))
    cards = cards_of(page)
    assert cards.all_inner_texts() == names[:10]
    assert page.run("return specaugListen.page.players.length") == 10
    assert page.page.locator("section.clip").count() == 10  # the others are text until they are shown
    assert page.page.locator(".pager .which").first.inner_text() == "Clips 1–10 of 13"
    page.page.locator(".pager .on").last.click()
    assert cards.all_inner_texts() == names[10:]
    assert page.run("return specaugListen.page.players.length") == 13
    assert page.page.locator("noscript").count() == 0
    page.page.locator("#find-clip").fill("05")
    assert cards.all_inner_texts() == names[4:5]
    page.page.keyboard.press("3")  # is typed
    assert page.page.locator("#find-clip").input_value() == "053"
    assert page.page.locator(".pager .which").first.inner_text() == "No clip has this name"
    page.page.locator("a.go[href='#clip-12-draw-1']").click()
    assert names[11] in cards.all_inner_texts()
    assert (
        page.run("return specaugListen.page.active.versions[specaugListen.page.active.selected].data.id")
        == "clip-12-draw-1"
    )
    page.run("location.hash = '#clip-2'")
    page.until("!document.getElementById('clip-2').hidden")
    assert page.complaints == []
    path = tmp_path / "many" / "report.html"
    page = opened(path, java_script_enabled=False)
    assert cards_of(page).all_inner_texts() == names
    page = opened(path)
    page.page.locator("table.draws a.go[href='#clip-12-draw-1']").click()
    assert cards_of(page).all_inner_texts() == names[10:]
    assert page.page.locator("noscript").count() == 0
    page = opened(path)
    with page.page.expect_download() as download:
        page.page.locator("table.draws a.sound[href='#clip-12-draw-1']").click()
    assert download.value.path().read_bytes() == (tmp_path / "many" / names[11] / "draw-1.wav").read_bytes()
    assert page.page.locator("noscript").count() == 2


def test_two_runs_are_seen_side_by_side_at_one_playhead(opened, both):
    page = opened(both)
    assert shown(page) == ["A: draw-1", "B: draw-1"]
    page.page.keyboard.press("1")
    assert shown(page) == ["original"]
    page.page.keyboard.press("3")
    a, b = (page.run(f"return p.slots[2].versions[{i}].mel.getBoundingClientRect().toJSON()") for i in (0, 1))
    assert a["top"] == b["top"]
    assert a["right"] < b["left"]
    assert page.page.locator("#clip-1 .heard-mark:visible").count() == 1
    page.page.keyboard.press("x")
    assert page.run("return p.versions[p.selected].data.name") == "B: draw-1"
    page.run("p.seek(0.5)")
    assert set(page.run("return p.slots[2].versions.map(({ plot }) => plot.head.getAttribute('x1'))")) == {"25%"}
    table = page.page.locator("#clip-1 .compared[data-slot=draw-1]")
    assert table.is_visible()
    heads = table.locator("thead th").all_inner_texts()
    of_runs = ["A", "B", "B − A"]
    assert heads == ["draw-1", "mean of all draws (A: 3, B: 1)", "score", *of_runs, *of_runs]
    _, *numbers = table.locator("tbody tr").first.locator("th, td").all_inner_texts()
    before, after, difference, mean, only_one, mean_difference = (int(one.replace("−", "-")) for one in numbers)
    assert difference == after - before
    assert only_one == after
    assert mean_difference == only_one - mean
    mark = page.page.locator("#clip-1 .heard-mark:visible")
    assert mark.inner_text() == "selected"
    page.play()
    assert mark.inner_text() == "playing"
    page.until(
        """p.comparisons.find(({ slot }) => slot.name === "draw-1").plot.image.getAttribute("href")
        ?.startsWith("data:image/png")"""
    )
    page.page.keyboard.press("5")  # of run A alone
    assert shown(page) == ["A: draw-2"]
    assert not table.is_visible()
    page.page.keyboard.press("x")
    assert page.page.locator("#clip-1 .told").inner_text() == "Run B has no draw-2"
    page.page.set_viewport_size({"width": 800, "height": 900})
    page.page.keyboard.press("3")
    a, b = (page.run(f"return p.slots[2].versions[{i}].mel.getBoundingClientRect().toJSON()") for i in (0, 1))
    assert a["bottom"] < b["top"]
    assert page.complaints == []


def test_runs_of_other_front_ends_are_not_subtracted_and_say_why(opened, folder, tmp_path):
    other = folder_of(tmp_path / "other", ["first", "second"], STEADY, draws=1, frontend=replace(WHISPER, name="other"))
    page = opened(write_report([other, folder], tmp_path / "both.html"))
    page.page.keyboard.press("1")
    assert shown(page) == ["A: original", "B: original"]
    page.page.keyboard.press("3")
    why = page.page.locator("#clip-1 .compared[data-slot=draw-1] .why-not")
    assert "A on other, B on whisper" in why.inner_text()
    assert not page.page.locator("#clip-1 .subtracted:visible").count()
    assert page.complaints == []


def test_matched_loudness_is_offered_before_a_clip_that_was_turned_down_is_played(opened, tmp_path):
    policy = Policy([TimeMask(count=2, max_frames=60, fill=2.0)], "loud")
    page = opened(write_report(folder_of(tmp_path / "loud", ["one", "two"], policy, draws=1)))
    line = page.page.locator(".loud").first
    assert line.locator("p").inner_text().startswith("Turned down ")
    badge = page.page.locator("#clip-1 .loud-badges")
    assert not badge.is_visible()  # it says the same
    line.locator(".match").click()
    page.until("p.isPlaying")
    assert page.page.locator("#matched").get_attribute("aria-pressed") == "true"
    assert not page.page.locator(".loud:visible").count()
    page.page.reload()
    page.page.locator(".loud .keep").last.click()
    assert not page.page.locator(".loud:visible").count()
    assert page.page.locator("#matched").get_attribute("aria-pressed") == "false"
    assert "dB to avoid clipping" in badge.inner_text()
