"""Scores of several runs side by side: which versions are compared, how numbers differ, and what says why not."""

from __future__ import annotations

from types import SimpleNamespace

from specaug_listen.auditions.comparisons import comparisons_of
from specaug_listen.frontends import NEMO, WHISPER
from specaug_listen.vocoders import GriffinLim


def run(label, draws, frontend=WHISPER, n_iter=4):
    records = [
        SimpleNamespace(
            number=i,
            scores=scores,
            vocoder=GriffinLim(n_iter=n_iter),
            effective_draw=SimpleNamespace(warps=["warp_displacement_ms" in scores], n_trimmed=0),
        )
        for i, scores in draws.items()
    ]
    return SimpleNamespace(label=label, draws=records, frontend=frontend)


A = run(
    "A", {1: {"masked_time_ratio": 0.374, "warp_displacement_ms": -20.0, "stoi": None}, 2: {"masked_time_ratio": 0.1}}
)
B = run("B", {1: {"masked_time_ratio": 0.256, "warp_displacement_ms": 310.0, "stoi": 0.9}})


def test_draws_that_several_runs_have_are_compared_by_the_numbers_as_shown():
    (compared,) = comparisons_of([A, B])
    assert (compared.slot, compared.runs, compared.why_no_picture) == ("draw-1", ("A", "B"), "")
    assert [(one.title, one.values, one.difference) for one in compared.scores] == [
        ("time masked (%)", ("37", "26"), "−11"),  # 37.4 and 25.6 would differ by 12
        ("warp (ms)", ("−20", "+310"), "+330"),
        ("STOI", ("n/a: warped", "0.900"), "–"),
    ]
    assert comparisons_of([A]) == ()


def test_equal_numbers_differ_by_nothing_and_three_runs_have_no_difference():
    (_, same) = comparisons_of([A, run("B", {2: {"masked_time_ratio": 0.1}}, n_iter=5)])
    of_time, of_warp = same.scores
    assert (of_time.values, of_time.difference) == (("10", "10"), "0")
    assert (of_warp.values, of_warp.means) == (("–", "–"), ("20 (1 of 2)", "–"))
    (three,) = comparisons_of([A, B, run("C", {1: {"masked_time_ratio": 0.5}})])
    assert three.runs == ("A", "B", "C")
    assert three.scores[0].values == ("37", "26", "50")
    assert {score.difference for score in three.scores} == {""}


def test_other_vocoders_are_compared_by_their_copy_synthesis_and_other_front_ends_say_why_not():
    assert [one.slot for one in comparisons_of([A, run("B", {9: {}}, n_iter=5)])] == ["copy-synthesis"]
    copy, draw = comparisons_of([A, run("B", {1: {"masked_time_ratio": 0.1}}, NEMO)])
    assert (copy.slot, draw.slot) == ("copy-synthesis", "draw-1")
    assert "A on whisper, B on nemo" in draw.why_no_picture


def test_means_are_of_all_draws_of_a_run_and_those_of_warps_of_their_sizes():
    of_a = {"masked_time_ratio": 0.10, "warp_displacement_ms": -300.0, "stoi": None}
    a = run("A", {1: of_a, 2: {"masked_time_ratio": 0.30, "warp_displacement_ms": 100.0, "stoi": None}})
    b = run("B", {1: {"masked_time_ratio": 0.50, "stoi": 0.8}, 2: {"masked_time_ratio": 0.52, "stoi": 0.6}})
    first, second = comparisons_of([a, b])
    assert first.means_of == second.means_of == "mean of 2 draws"
    assert [(one.title, one.means, one.mean_difference) for one in first.scores] == [
        ("time masked (%)", ("20", "51"), "+31"),
        ("warp (ms)", ("200", "–"), "–"),
        ("STOI", ("n/a: warped", "0.700"), "–"),
    ]
    assert [one.means for one in first.scores] == [one.means for one in second.scores]
    (fewer,) = comparisons_of([a, run("B", {1: {"masked_time_ratio": 0.5}})])
    assert fewer.means_of == "mean of all draws (A: 2, B: 1)"
    (single,) = comparisons_of([run("A", {1: of_a}), run("B", {1: of_a})])
    assert single.means_of == ""


def test_the_numbers_of_a_row_have_the_same_decimals():
    _, draw = comparisons_of(
        [run("A", {1: {"masked_time_ratio": 0.17}}), run("B", {1: {"masked_time_ratio": 0.006}}, n_iter=5)]
    )
    (row,) = draw.scores
    assert (row.values, row.difference) == (("17.0", "0.6"), "−16.4")
    assert (row.means, row.mean_difference) == (row.values, row.difference)
