"""What is seen and pressed: keys, pointer, blind mode, copying, sorting, sheets, and the page without a script."""

from __future__ import annotations

import re

import numpy as np
import pytest
from webpages import STEADY, folder_of, speech

from specaug_listen import audition, write_report
from specaug_listen.augment import Policy, TimeMask, TimeWarp
from specaug_listen.vocoders import GriffinLim

HOSTILE = [
    "<script>alert(1)<script>",
    'it\'s "so" & <b>on',
    "\u202egnp.evil\u202c \u0634\u0628\u0643\u0629",
    "long " * 48,
    "--- {{ 7 * 7 }} ${7 * 7}",
]


def mel_box(page, number=2):
    page.page.keyboard.press(str(number + 1))
    picture = page.page.locator("#clip-1 .version").nth(number).locator("svg.mel")
    picture.scroll_into_view_if_needed()
    return picture.bounding_box()


def test_number_keys_choose_versions_and_arrows_seek(opened, report):
    page = opened(report)
    for number in (3, 1, 2):
        page.page.keyboard.press(str(number))
        assert page.state("selected") == number - 1
    page.page.keyboard.press("9")
    assert page.state("selected") == 1
    page.page.keyboard.press("ArrowRight")
    page.page.keyboard.press("Shift+ArrowRight")
    assert page.state("now") == pytest.approx(1.1)
    page.page.keyboard.press("ArrowLeft")
    assert page.state("now") == pytest.approx(0.1)
    for _ in range(5):
        page.page.keyboard.press("ArrowRight")
    assert page.state("now") == page.state("duration")
    page.page.keyboard.press("Home")
    assert page.state("now") == 0


def test_keys_with_ctrl_are_the_browsers(opened, report):
    page = opened(report)
    page.page.keyboard.press("Control+b")
    assert page.state("blind.stage") == "off"


def test_the_seek_bar_seeks(opened, report):
    page = opened(report)
    bar = page.page.locator(".seek").first
    bar.fill("1.5")
    assert page.state("now") == pytest.approx(1.5)
    assert bar.get_attribute("aria-valuetext") == "1.50 seconds"


def test_a_click_on_a_picture_seeks_there_and_chooses_its_version(opened, report):
    page = opened(report)
    box = mel_box(page)
    page.page.mouse.click(box["x"] + 0.25 * box["width"], box["y"] + 20)
    assert page.state("now") == pytest.approx(0.25 * page.state("duration"), abs=0.01)
    assert page.state("selected") == 2
    head = page.page.locator("svg.mel .head").first.get_attribute("x1")
    assert float(head.rstrip("%")) == pytest.approx(25, abs=0.3)


def test_a_drag_over_a_picture_selects_a_loop_and_escape_gives_it_up(opened, report):
    page = opened(report)
    box = mel_box(page)
    page.page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 20)
    page.page.mouse.down()
    page.page.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + 30, steps=5)
    page.page.mouse.up()
    duration = page.state("duration")
    assert page.state("loop") == pytest.approx([0.2 * duration, 0.6 * duration], abs=0.01)
    assert page.page.locator(".loop").first.get_attribute("aria-pressed") == "true"
    page.page.keyboard.press("Space")
    page.until("p.isPlaying")
    page.pass_time(0.01 + 0.9 * duration)
    wrapped = 0.2 + (0.9 % (0.6 - 0.2))
    assert page.state("now") == pytest.approx(wrapped * duration, abs=0.03)
    page.page.keyboard.press("Escape")
    assert page.state("loop") is None
    assert not page.state("looping")
    page.page.keyboard.press("l")
    assert page.state("looping")


def test_the_pointer_is_told_time_frequency_level_and_mask(opened, report):
    page = opened(report)
    mask = page.state("versions[2].data.masks.find((one) => one.text.startsWith('frequency'))")
    box = mel_box(page)
    y = box["y"] + box["height"] * (1 - (mask["first_bin"] + mask["stop_bin"]) / 2 / 80)
    page.page.mouse.move(box["x"] + 0.5 * box["width"], y)
    page.until("p.probe.textContent.includes('dB')")
    probe = page.page.locator(".probe").first
    seconds, hz, level, *masks = probe.inner_text().split(" · ")
    assert float(seconds.split()[0]) == pytest.approx(1.0, abs=0.02)
    low, high = re.search(r"([\d.]+)–([\d.]+) Hz", mask["text"]).groups()
    assert float(low) - 1 <= float(hz.split()[0]) <= float(high) + 1
    assert level.endswith("dB")
    assert mask["text"] in masks


def test_levels_are_read_from_the_picture_as_they_were_drawn(opened, tmp_path):
    heard = audition(speech(), policy=STEADY, vocoder=GriffinLim(n_iter=1), rng=0)
    page = opened(write_report(heard, tmp_path / "levels.html"))
    found = page.run(
        """const { picture } = p.versions[0].data, cells = await p.versions[0].cells(), rows = [];
        for (let bin = 0; bin < picture.n_mels; bin++) rows.push(Array.from({ length: picture.n_columns },
          (_, column) => picture.low_db + (cells.at(column, bin) / 255) * (picture.high_db - picture.low_db)));
        return rows;"""
    )
    wanted = np.maximum(heard.mel.db - heard.mel.range_db[1], -80)
    np.testing.assert_allclose(found, wanted, atol=0.2)


def test_masks_can_be_hidden_and_the_difference_be_seen(opened, report):
    page = opened(report)
    page.page.keyboard.press("3")
    mask = page.page.locator(".masks rect").first
    assert mask.is_visible()
    page.page.keyboard.press("m")
    assert not mask.is_visible()
    image = page.page.locator("svg.mel image").nth(2)
    own = image.get_attribute("href")
    scale, of_difference = page.page.locator("#clip-1 .scale"), page.page.locator("#clip-1-draw-1 .scale-of-difference")
    assert (scale.is_visible(), of_difference.is_visible()) == (True, False)
    page.page.locator("button.difference").first.click()
    page.until("p.versions[2].image.getAttribute('href') !== p.versions[2].own")
    assert image.get_attribute("href").startswith("data:image/png")
    assert (scale.is_visible(), of_difference.is_visible()) == (False, True)
    assert of_difference.inner_text().split("\n") == ["quieter −40 dB", "+40 dB louder"]
    page.page.keyboard.press("4")  # another version has its own picture
    assert (scale.is_visible(), of_difference.is_visible()) == (True, False)
    page.page.keyboard.press("3")
    page.run("dispatchEvent(new Event('beforeprint'))")  # paper has one scale for all pictures
    assert image.get_attribute("href") == own
    page.run("dispatchEvent(new Event('afterprint'))")
    page.until("p.versions[2].image.getAttribute('href') !== p.versions[2].own")
    page.page.locator("button.difference").first.click()
    assert image.get_attribute("href") == own


def test_colours_of_a_difference_grow_evenly_from_white_and_rounding_has_none(opened, report):
    page = opened(report)
    colours = page.run(
        """const cells = (steps) => ({ width: steps.length, height: 1, values: Uint8Array.from(steps) });
        const url = specaugListen.differenceUrl(cells(Array(6).fill(100)), cells([100, 99, 101, 98, 20, 230]),
          0.3, 40, (column) => column);
        const image = Object.assign(new Image(), { src: url });
        const context = document.createElement("canvas").getContext("2d");
        await image.decode();
        context.drawImage(image, 0, 0);
        const { data } = context.getImageData(0, 0, 6, 1);
        return [0, 1, 2, 3, 4, 5].map((i) => [...data.slice(4 * i, 4 * i + 3)]);"""
    )
    alike, under, over, little, quieter, louder = colours
    assert alike == under == over == [247, 247, 247]  # 0.3 dB
    assert max(abs(one - white) for one, white in zip(little, alike, strict=True)) <= 5  # 0.6 dB of 40
    assert (quieter[2] > quieter[0], louder[0] > louder[2]) == (True, True)
    bar = page.run("return getComputedStyle(document.querySelector('.bar.of-difference')).backgroundImage")
    ends = page.run("return [-1, 0, 1].map(specaugListen.differenceColour)")
    assert bar.endswith(f"({', '.join(['to right', *(f'rgb({r}, {g}, {b})' for r, g, b in ends)])})")


def test_what_re_creates_the_run_can_be_copied(opened, report, folder):
    page = opened(report, permissions=["clipboard-read", "clipboard-write"])
    page.page.locator("details.recipe summary").click()
    for place, start in ((0, "specaug-listen audition"), (1, "import specaug_listen as sl")):
        page.page.locator("button.copy").nth(place).click()
        page.until(f"(await navigator.clipboard.readText()).startsWith('{start}')")
        copied = page.page.evaluate("navigator.clipboard.readText()")
        assert copied.startswith(start)
        assert copied == page.page.locator("details.recipe pre").nth(place).inner_text()


def test_help_names_the_keys(opened, report):
    page = opened(report)
    page.page.keyboard.press("?")
    assert page.page.locator("#help").is_visible()
    page.page.keyboard.press("1")
    assert page.state("selected") == page.state("data.first")
    page.page.keyboard.press("Escape")
    assert not page.page.locator("#help").is_visible()


def test_everything_that_answers_has_a_name_and_is_reached_by_the_keyboard(opened, report):
    page = opened(report)
    nameless = page.run(
        """return [...document.querySelectorAll("button, input, a, summary, audio")].filter((one) =>
          one.checkVisibility() && !(one.getAttribute("aria-label") || one.textContent.trim() || one.labels?.length))
          .map((one) => one.outerHTML)"""
    )
    assert nameless == []
    reached = set()
    page.page.keyboard.press("3")
    for _ in range(80):
        page.page.keyboard.press("Tab")
        reached.add(page.run("return document.activeElement.className || document.activeElement.id"))
    assert {"play", "loop", "blind", "seek", "matched", "masks", "keys", "go", "difference js"} <= reached
    outline = page.run(
        "document.querySelector('.play').focus(); return getComputedStyle(document.activeElement).outlineStyle"
    )
    assert outline == "solid"


@pytest.mark.parametrize("width", [360, 1280, 2560])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_reaches_beyond_the_window(opened, report, sheet, width, scheme):
    for path in (report, sheet):
        page = opened(path, viewport={"width": width, "height": 800}, color_scheme=scheme)
        assert page.run("return document.scrollingElement.scrollWidth") <= width
        assert page.complaints == []


def test_without_a_script_plain_players_and_pictures_remain(opened, report):
    page = opened(report, java_script_enabled=False).page
    players = page.locator("audio.plain").all()
    assert len(players) == 2 * (2 + 2 * 3)
    assert all(player.is_visible() and player.get_attribute("src").startswith("data:audio/wav") for player in players)
    assert all(picture.is_visible() for picture in page.locator("svg.mel").all())
    assert not any(button.is_visible() for button in page.locator("button.js, .controls").all())


def test_hostile_names_change_nothing(opened, tmp_path):
    policy = Policy([TimeMask(max_frames=20)], "</script><img src=x onerror=alert(3)>'\"")
    folder = folder_of(tmp_path / "out", [name.strip() for name in HOSTILE], policy, draws=1, seconds=0.6)
    page = opened(write_report(folder))
    assert page.complaints == []
    assert [url for url in page.requests if not url.startswith("data:")] == [(folder / "report.html").as_uri()]
    shown = sorted(" ".join(text.split()) for text in page.page.locator("section.clip h2").all_text_contents())
    # Controls that turn the direction of a line are shown as what they are.
    told = [name.replace("\u202e", r"\u202e").replace("\u202c", r"\u202c") for name in HOSTILE]
    assert shown == sorted(" ".join(name.split()) for name in told)
    assert policy.name in page.page.title()
    assert page.run("return document.images.length === 0 && document.querySelectorAll('b').length === 0")
    for player in range(len(HOSTILE)):
        page.run(f"await specaugListen.page.players[{player}].buffers()")


def test_a_cell_of_a_sheet_plays_on_click_with_the_common_player(opened, sheet):
    page = opened(sheet)
    cells = page.page.locator("[role=tabpanel]:not([hidden]) .cell")
    assert cells.count() == 4
    box = cells.nth(1).locator("svg.mel")
    box.scroll_into_view_if_needed()
    box.click()
    page.until("p.isPlaying")
    first = page.state("selected")
    before = page.state("now")
    cells.nth(2).locator("button.pick").click()
    assert page.state("isPlaying")
    assert page.state("selected") == first + 2  # the other fill stands between them
    assert page.state("now") == before
    assert cells.nth(2).locator("button.pick").get_attribute("aria-pressed") == "true"
    cells.nth(2).locator("button.pick").click()
    assert not page.state("isPlaying")


def test_tabs_hold_the_other_parameters(opened, sheet):
    page = opened(sheet)
    tabs = page.page.locator("[role=tab]")
    assert tabs.all_inner_texts() == ["fill = mean", "fill = floor"]
    assert page.page.locator("#sheet-1-0").is_visible()
    assert not page.page.locator("#sheet-1-1").is_visible()
    tabs.nth(0).focus()
    page.page.keyboard.press("ArrowRight")
    assert page.page.locator("#sheet-1-1").is_visible()
    assert tabs.nth(1).get_attribute("aria-selected") == "true"
    assert page.complaints == []


def test_few_clips_are_held_decoded_however_many_there_are(opened, tmp_path):
    names = [f"clip {i:02d}" for i in range(5)]
    page = opened(write_report(folder_of(tmp_path / "many", names, draws=1, seconds=0.5)))
    assert page.run("return specaugListen.page.players.filter((one) => one.decoded).length") == 0
    for number in range(len(names)):
        page.run(f"await specaugListen.page.players[{number}].buffers()")
    assert page.run("return specaugListen.page.players.filter((one) => one.decoded).length") == 3


def test_two_runs_of_one_clip_stand_side_by_side(opened, folder, tmp_path):
    other = folder_of(tmp_path / "other", ["first", "second"], STEADY, draws=1)
    page = opened(write_report([folder, other], tmp_path / "both.html"))
    assert page.page.locator("section.clip").count() == 2
    names = page.run("return p.versions.map((version) => version.data.name)")
    assert names[0] == "original"
    assert {"A: copy-synthesis", "A: draw-1", "B: copy-synthesis", "B: draw-1"} <= set(names)
    assert page.page.locator("table.draws tbody tr").count() == 2 * (3 + 1)
    assert page.complaints == []


def test_the_difference_of_a_warped_draw_is_to_the_original_under_the_same_warp(opened, tmp_path):
    policy = Policy([TimeWarp(40), TimeMask(max_frames=30, fill="floor")], "warp")
    heard = audition(speech(), policy=policy, vocoder=GriffinLim(n_iter=1), rng=1)
    (drawn,) = heard.draws
    assert abs(drawn.draw.warps[0].displacement_frames) > 10
    page = opened(write_report(heard, tmp_path / "warped.html"))
    shares = page.run(
        """const version = p.versions[2], url = await version.difference(), image = new Image();
        image.src = url;
        await image.decode();
        const canvas = document.createElement("canvas");
        [canvas.width, canvas.height] = [image.width, image.height];
        const context = canvas.getContext("2d");
        context.drawImage(image, 0, 0);
        const pixels = context.getImageData(0, 0, image.width, image.height).data, strong = [];
        for (let column = 0; column < image.width; column++) {
          let n = 0;
          for (let row = 0; row < image.height; row++) n += pixels[4 * (row * image.width + column) + 1] < 180;
          strong.push(n / image.height);
        }
        return strong;"""
    )
    masked = drawn.draw.masked_frames
    beside = ~np.convolve(masked, np.ones(5), mode="same").astype(bool)
    assert np.mean(np.array(shares)[beside]) < 0.05
    assert np.mean(np.array(shares)[masked]) > 0.3
