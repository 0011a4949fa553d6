"""What is heard: the right version at the right level, at the same moment, without a click."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

from specaug_listen import write_report

RATE = 16000
FADE = round(0.008 * RATE)
NAMES = ("original", "copy-synthesis", "draw-1", "draw-1-original-phase", "draw-2", "draw-2-original-phase")


def wav(folder, name):
    samples, rate = soundfile.read(folder / "first" / f"{name}.wav", dtype="float32")
    assert rate == RATE
    return samples


def rendered(page, **options):
    """A row for each ear, as the page would play it."""
    rows = page.run("return (await p.render(a[0])).map((row) => Array.from(row))", {"rate": RATE, **options})
    return np.array(rows, dtype=np.float32)


def steepest(samples):
    return float(np.abs(np.diff(samples)).max())


def test_the_page_opens_from_the_disk_without_a_complaint_or_a_request(opened, report):
    page = opened(report)
    page.settle()
    assert page.complaints == []
    assert [url for url in page.requests if not url.startswith("data:")] == [report.as_uri()]


def test_no_context_is_made_before_a_gesture(opened, report):
    page = opened(report)
    assert page.run("return specaugListen.page.context === undefined")
    page.page.locator(".play").first.click()
    page.until("specaugListen.page.context?.state === 'running'")


def test_the_browsers_own_clock_moves_the_playhead(opened, report):
    page = opened(report, is_live=True)
    page.play()
    page.until("p.now > 0")  # also once the clip has ended


def test_playing_advances_the_clock_and_pausing_stops_it(opened, report):
    page = opened(report)
    page.play()
    assert page.state("now") == 0
    page.pass_time(0.51)  # of which the sound begins after 0.01
    assert page.state("now") == pytest.approx(0.5)
    page.until("p.timeText.textContent === '0:00.50 / 0:02.00'")
    page.page.keyboard.press("Escape")
    page.page.locator(".play").first.click()
    assert not page.state("isPlaying")
    page.pass_time(0.7)
    assert page.state("now") == pytest.approx(0.5)


@pytest.mark.parametrize("number", range(len(NAMES)))
def test_each_version_sounds_as_its_file(opened, report, folder, number):
    page = opened(report)
    assert page.state(f"versions[{number}].data.name").replace(", original phase", "-original-phase") == NAMES[number]
    wanted = wav(folder, NAMES[number])
    (heard,) = rendered(page, seconds=1.5, first=number)
    np.testing.assert_allclose(heard[FADE:], wanted[FADE : len(heard)], atol=1e-6)


def test_a_switch_keeps_the_playhead(opened, report):
    page = opened(report)
    page.play()
    page.pass_time(0.21)
    for i in range(12):
        page.run(f"p.select({i} % p.versions.length)")
        assert page.state("now") == pytest.approx(0.2 + 0.02 * i)
        page.pass_time(0.02)
    assert page.state("isPlaying")


@pytest.mark.parametrize(("before", "after"), [(0, 2), (2, 1), (4, 3)])
def test_a_switch_is_heard_at_once_and_without_a_click(opened, report, folder, before, after):
    page = opened(report)
    at = round(0.5 * RATE)
    (heard,) = rendered(page, seconds=1.0, first=before, switches=[[0.5, after]])
    old, new = wav(folder, NAMES[before])[: len(heard)], wav(folder, NAMES[after])[: len(heard)]
    np.testing.assert_allclose(heard[FADE:at], old[FADE:at], atol=1e-6)
    np.testing.assert_allclose(heard[at + FADE + 2 :], new[at + FADE + 2 :], atol=1e-5)
    around = slice(at - 4, at + FADE + 4)
    gap = np.abs(old[around] - new[around]).max() / FADE
    assert steepest(heard[around]) <= max(steepest(old[around]), steepest(new[around])) + gap + 1e-4
    assert np.abs(old[at + FADE :] - new[at + FADE :]).max() > 0.01


def test_switching_to_and_fro_faster_than_a_fade_makes_no_click(opened, report, folder):
    page = opened(report)
    switches = [[0.4 + 0.003 * i, i % 3] for i in range(40)]
    (heard,) = rendered(page, seconds=1.0, switches=switches)
    files = [wav(folder, NAMES[i])[: len(heard)] for i in range(3)]
    apart = max(np.abs(a - b).max() for a in files for b in files)
    assert steepest(heard) <= max(map(steepest, files)) + 2 * apart / FADE


def test_a_loop_repeats_its_selection_and_wraps_without_a_click(opened, report, folder):
    page = opened(report)
    (heard,) = rendered(page, seconds=1.9, offset=0.5, loop=[0.5, 0.9], first=1)
    n = round(0.4 * RATE)
    part = wav(folder, "copy-synthesis")[round(0.5 * RATE) :][:n]
    np.testing.assert_allclose(heard[n : 2 * n], heard[2 * n : 3 * n], atol=1e-6)
    np.testing.assert_allclose(heard[n + FADE : 2 * n - FADE], part[FADE:-FADE], atol=1e-6)
    assert np.abs(heard[[n, 2 * n - 1, 2 * n]]).max() < 1e-3
    assert steepest(heard) <= steepest(part) + np.abs(part).max() / FADE


def test_the_end_of_a_clip_fades_to_silence(opened, report, folder):
    page = opened(report)
    n = len(wav(folder, "original"))
    (heard,) = rendered(page, seconds=n / RATE + 0.2)
    assert np.abs(heard[n:]).max() == 0
    assert abs(heard[n - 1]) <= 1e-2 * np.abs(heard).max()


def test_one_ear_is_as_the_other(opened, report):
    left, right = rendered(opened(report), seconds=0.5, ears=2)
    np.testing.assert_array_equal(left, right)
    assert np.abs(left).max() > 0.01


def test_matched_loudness_is_applied_as_it_is_shown(opened, report, folder):
    page = opened(report)
    page.page.locator("#matched").click()
    for number, name in enumerate(NAMES):
        gain_db = page.state(f"versions[{number}].data.matched_db")
        (heard,) = rendered(page, seconds=1.5, first=number)
        wanted = wav(folder, name)[FADE : len(heard)]
        found_db = 20 * np.log10(np.linalg.norm(heard[FADE:]) / np.linalg.norm(wanted))
        assert abs(found_db - gain_db) < 0.05
        label = page.page.locator(".list option").nth(number).text_content()
        # What is as it was has no gain beside it.
        assert (f"{abs(gain_db):.1f} dB" in label) == (abs(gain_db) >= 0.05)


def test_the_clip_ends_and_can_be_played_again(opened, report):
    page = opened(report)
    page.run("p.seek(p.duration - 0.2); await p.play()")
    page.pass_time(0.15)
    page.settle()
    assert page.state("isPlaying")
    page.pass_time(0.1)
    page.until("!p.isPlaying")
    assert page.state("now") == page.state("duration")
    page.page.keyboard.press("Space")
    page.until("p.isPlaying")
    assert page.state("now") == 0


def test_another_clip_stops_the_first(opened, report):
    page = opened(report)
    page.play()
    page.play(1)
    assert not page.state("isPlaying")


def test_a_split_page_sounds_the_same_from_the_disk(opened, folder, tmp_path):
    path = write_report(folder, tmp_path / "split.html", split=True)
    assert path == tmp_path / "split" / "index.html"
    page = opened(path)
    (heard,) = rendered(page, seconds=1.0, first=2)
    np.testing.assert_allclose(heard[FADE:], wav(folder, "draw-1")[FADE : len(heard)], atol=1e-6)
    assert page.complaints == []
    assert all(url.startswith((path.parent.as_uri(), "data:")) for url in page.requests)
    assert page.run("return (await p.versions[2].cells()).values.some((value) => value > 100)")


def test_flac_sounds_as_wav_does(opened, folder, tmp_path):
    page = opened(write_report(folder, tmp_path / "flac.html", flac=True))
    (heard,) = rendered(page, seconds=1.0, first=2)
    wanted = wav(folder, "draw-1")[: len(heard)]
    error_db = 20 * np.log10(np.linalg.norm(heard[FADE:] - wanted[FADE:]) / np.linalg.norm(wanted[FADE:]))
    assert error_db < -30  # the browser resamples what it decodes itself
