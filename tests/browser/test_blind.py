"""The blind test: nothing gives the versions away, letters are shuffled, answers are counted, results are copied."""

from __future__ import annotations

import math

import pytest
from webpages import folder_of

from specaug_listen import write_report

NAMES = "p.versions.map((version) => version.data.name)"


def guess(page, is_right):
    """Answer, and return the letter of X."""
    places = page.state("blind.places")
    letters = [letter for letter in places if letter != "X"]
    right = next(letter for letter in letters if places[letter] == places["X"])
    answer = right if is_right else next(letter for letter in letters if letter != right)
    page.page.locator(f"#clip-1 .guesses button[data-letter={answer}]").click()
    return right


def test_names_pictures_and_levels_are_hidden_while_two_versions_are_told_apart(opened, report):
    page = opened(report)
    page.page.keyboard.press("3")
    page.page.keyboard.press("b")
    assert page.page.locator(".blind-panel .setup").first.is_visible()
    checked = page.run(
        "return p.blind.boxes.filter((one) => one.checked).map((one) => p.versions[one.value].data.name)"
    )
    assert checked == ["copy-synthesis", "draw-1"]
    assert page.page.locator(".match-levels").first.is_checked()
    page.page.locator(".start").first.click()
    hidden = page.page.locator("#clip-1 :is(.versions, .version h3, svg.mel, .version-bar, .save, .scale, .probe)")
    assert hidden.count() > 10
    assert not any(one.is_visible() for one in hidden.all())
    shown = page.page.locator("#clip-1").inner_text()
    assert not any(name in shown for name in page.run(f"return {NAMES}"))
    levels, matched = page.state("levels"), page.state("versions.map(({ data }) => 10 ** (data.matched_db / 20))")
    assert levels == pytest.approx(matched)
    for key in "32.,":  # no other version by its place
        page.page.keyboard.press(key)
        assert page.state("selected") == page.state("blind.places.A")
    page.page.locator("#clip-1 .letters button", has_text="X").click()
    page.until("p.isPlaying")
    assert page.state("selected") == page.state("blind.places.X")
    page.page.keyboard.press("b")
    assert page.state("selected") == page.state("blind.places.B")
    assert page.state("blind.stage") == "trial"
    page.page.locator("#clip-1 .end-test").click()
    assert page.state("levels") == pytest.approx([1] * 8)
    page.page.locator("#clip-1 .close").click()
    assert page.page.locator("#clip-1 .versions").is_visible()
    assert page.complaints == []


def test_answers_are_told_counted_and_copied(opened, report):
    page = opened(report, permissions=["clipboard-read", "clipboard-write"])
    page.page.keyboard.press("b")
    page.page.locator(".start").first.click()
    score = page.page.locator("#clip-1 .score")
    seen, right = set(), []
    for trial in range(8):
        seen.add(tuple(page.state("blind.places").values()))
        x = guess(page, is_right=trial != 3)
        right.append(x)
        assert ("Wrong" if trial == 3 else "Right") + f": X was {x}." in score.inner_text()
        page.page.keyboard.press("Shift+A")  # answered already
        page.page.locator("#clip-1 .next-trial").click()
    assert len(seen) > 1
    assert {"A", "B"} == set(right)
    assert score.inner_text() == "7 of 8 right; guessing gives that or better in 3.5% of tests."
    page.page.locator("#clip-1 .end-test").click()
    page.page.locator("#clip-1 .copy-results").click()
    page.until("document.querySelector('#status').textContent === 'Results copied'")
    lines = page.run("return navigator.clipboard.readText()").splitlines()
    assert lines[:5] == [
        f"Blind test (ABX): {page.page.title()}",
        "Clip: first",
        "Versions: copy-synthesis, draw-1",
        "Levels: loudness matched (BS.1770)",
        "Told: after each trial",
    ]
    assert len(lines) == 5 + 8 + 1
    assert sum(line.endswith(", right") for line in lines) == 7
    assert lines[5 + 3].endswith(", wrong")
    assert lines[-1] == score.inner_text()


def test_three_versions_are_told_at_the_end_if_so_chosen_and_by_keys(opened, report):
    page = opened(report)
    page.page.keyboard.press("b")
    page.run("p.blind.boxes[0].click()")
    assert page.run("return p.blind.boxes.filter((one) => one.disabled).length") == 5  # three at most
    page.page.locator(".tell").first.select_option("end")
    page.page.locator(".start").first.click()
    places = page.state("blind.places")
    orders = set()
    for _ in range(20):
        orders.add(tuple(page.state("blind.places").values()))
        page.page.locator("#clip-1 .again").click()
    assert len(orders) > 4
    assert sorted(places[letter] for letter in "ABC") == [0, 1, 2]
    page.page.keyboard.press("Shift+C")
    assert page.page.locator("#clip-1 .score").inner_text() == "Answer 1 is noted."
    page.page.locator("#clip-1 .end-test").click()
    right, n = (int(word) for word in page.page.locator("#clip-1 .score").inner_text().split()[:3:2])
    assert n == 1
    assert right in (0, 1)


# Buttons that are nearer than 5 px to another one.
_NEAR = """
const boxes = [...document.querySelectorAll("#clip-1 .blind-panel button")].filter((one) => one.checkVisibility())
  .map((one) => [one.textContent, one.getBoundingClientRect()]);
const isNear = (a, b) => Math.max(a.left, b.left) < Math.min(a.right, b.right) + 5 &&
  Math.max(a.top, b.top) < Math.min(a.bottom, b.bottom) + 5;
const near = boxes.flatMap(([, a], i) => boxes.slice(0, i).filter(([, b]) => isNear(a, b)));
return [boxes.length, near.map(([name]) => name)];
"""


def test_buttons_of_the_test_stand_apart_on_a_narrow_screen(opened, report):
    page = opened(report, viewport={"width": 360, "height": 740})
    page.run("p.blind.open()")
    found = [page.run(_NEAR)]
    page.page.locator(".start").first.click()
    found.append(page.run(_NEAR))
    page.page.locator("#clip-1 .end-test").click()
    found.append(page.run(_NEAR))
    assert found == [[2, []], [8, []], [3, []]]


def test_the_chance_of_a_score_is_that_of_the_binomial_distribution(browser, report, opened):
    page = opened(report)
    for choices in (2, 3):
        for n in (1, 8, 20):
            found = page.run(
                f"return Array.from({{ length: {n} + 1 }}, (_, k) => specaugListen.chanceOf(k, {n}, {choices}))"
            )
            weights = [math.comb(n, k) * (choices - 1) ** (n - k) / choices**n for k in range(n + 1)]
            assert found == pytest.approx([math.fsum(weights[k:]) for k in range(n + 1)], abs=1e-9)


def test_a_link_of_the_table_ends_the_blind_test(opened, report):
    page = opened(report)
    page.page.keyboard.press("b")
    page.page.locator(".start").first.click()
    page.page.locator("a.go").first.click()
    assert page.state("blind.stage") == "ended"
    assert page.page.locator("#clip-1 .versions").is_visible()


def test_one_version_has_nothing_to_be_told_from(opened, tmp_path):
    page = opened(write_report(folder_of(tmp_path / "one", ["one"], draws=1, seconds=0.4)))
    page.run("p.versions.length = 1")
    page.page.keyboard.press("b")
    assert page.state("blind.stage") == "off"
    assert "one version only" in page.page.locator(".told").first.inner_text()
