"""How two runs, or more, differ in strength."""

from __future__ import annotations

from specaug_listen import Policy
from specaug_listen.auditions import Configuration
from specaug_listen.augment import TimeMask, TimeWarp
from specaug_listen.frameworks.policies import get_policy
from specaug_listen.frontends import NEMO, WHISPER
from specaug_listen.pages.verdict_values import RUN_COLUMNS
from specaug_listen.reports.run_differences import ComparedRun, differences_of
from specaug_listen.reports.strength import LengthRow, Loudness, Spread, Strength
from specaug_listen.vocoders import GriffinLim, Joint

MASKS = Policy([TimeMask(max_frames=20)], "masks")
WARPS = Policy([TimeWarp(40), TimeMask(max_frames=20)], "warps")
JOINT = Joint()


def run(label, share, gap_s, level_db=None, policy=MASKS, frontend=WHISPER, vocoder=JOINT):
    area, gaps = Spread.of([share] * 20), Spread.of([gap_s] * 20)
    loudness = None if level_db is None else Loudness(Spread.of([level_db]))
    strength = Strength(policy.name, (LengthRow(5.0, area, gaps),), area, area, area, gaps, loudness=loudness)
    return ComparedRun(label, Configuration(frontend, policy, vocoder, draws=2, seed=4), strength)


def words_of(*runs):
    differences = differences_of(runs)
    return f"{differences.head} {differences.reason}".replace("\N{NO-BREAK SPACE}", " ")


def test_the_stronger_of_two_runs_comes_first_with_all_that_differs():
    a, b = run("A", 0.36, 0.7, -29, WARPS), run("B", 0.45, 0.71, -22, frontend=NEMO)
    assert words_of(a, b) == (
        "B is stronger than A: it masks 45% of the cells on average, A 36%, with the same longest gap (0.7 s) "
        "and masks 7 dB louder. Only A warps time, by up to 0.4 s. B uses front-end nemo, A whisper."
    )
    assert words_of(run("A", 0.6, 1.5), run("B", 0.2, 0.5, vocoder=GriffinLim())) == (
        "A is stronger than B: it masks 60% of the cells on average, B 20%, with longer gaps (1.5 s against "
        "0.5 s). A uses vocoder joint, B griffinlim."
    )
    assert words_of(run("A", 0.4, 0.5), run("B", 0.4, 1.0, policy=WARPS)).endswith(
        "longer gaps (1.0 s against 0.5 s). Only B warps time, by up to 0.4 s."
    )


def test_what_is_not_stronger_in_all_respects_is_not_called_so():
    assert words_of(run("A", 0.4, 0.5, -20), run("B", 0.41, 0.5, -20)) == (
        "A and B are about equally strong: B masks 41% of the cells on average, A 40%, with the same longest gap "
        "(0.5 s) and equally loud masks."
    )
    mixed = words_of(run("A", 0.2, 1.5), run("B", 0.6, 0.5))
    assert mixed.startswith("B masks more than A, but with shorter gaps: it masks 60% of the cells on average, A 20%")
    assert "stronger" not in mixed
    other = words_of(run("A", 0.2, 0.5, vocoder=GriffinLim(n_iter=1)), run("B", 0.2, 0.5, vocoder=GriffinLim(n_iter=2)))
    assert other.endswith("B and A use vocoder griffinlim with different parameters.")


def test_runs_that_mask_nothing_are_told_so():
    assert (
        words_of(run("A", 0.0, 0.0), run("B", 0.0, 0.0)) == "A and B are about equally strong: neither masks anything."
    )
    assert words_of(run("A", 0.0, 0.0), run("B", 0.3, 0.5)) == (
        "B is stronger than A: it masks 30% of the cells, and A nothing."
    )


def test_the_warp_of_a_callable_is_unknown():
    differences = differences_of([run("A", 0.3, 0.5), run("B", 0.3, 0.5, policy=get_policy("numpy:flip"))])
    assert "warp" not in differences.reason
    assert [row.values[3] for row in differences.rows] == ["none", "unknown"]


def test_of_more_than_two_runs_the_strongest_is_named_and_each_is_a_row():
    a, b, c = run("A", 0.2, 0.5), run("B", 0.5, 0.5, -3, policy=WARPS), run("C", 0.3, 0.5)
    assert words_of(a, b, c) == "B is the strongest run: 50% of the cells against 20% with A."
    assert words_of(a, b, run("C", 0.49, 0.5)).startswith("B is among the strongest runs: 50% of the cells")
    assert words_of(a, a, a).startswith("All runs mask about as many cells: 20% on average.")
    rows = differences_of([a, b, c]).rows
    assert [(row.run, row.name) for row in rows] == [("A", "masks"), ("B", "warps"), ("C", "masks")]
    shown = tuple(text.replace("\N{NO-BREAK SPACE}", " ") for text in rows[1].values)
    assert shown == ("50%", "0.5 s", "\N{MINUS SIGN}3 dB", "up to 0.4 s", "whisper", "joint")
    assert rows[0].values[2] == "no masks"
    assert {len(row.values) for row in rows} == {len(RUN_COLUMNS)}


def test_one_run_is_not_compared():
    assert differences_of([run("A", 0.2, 0.5)]) is None
