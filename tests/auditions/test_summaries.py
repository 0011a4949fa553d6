"""An audition in words."""

from __future__ import annotations

from types import SimpleNamespace

from cheap_audition import heard

from specaug_listen.auditions.summaries import facts_of_draw, why_no_score


def test_an_audition_reads_well_and_briefly(speechlike):
    result = heard(speechlike, draws=2, name="speech")
    first, *others = str(result).splitlines()
    assert first == "Audition of 'speech' (1.20 s): warp on whisper (it is the default), seed 7"
    assert [line.split(":")[0] for line in others if "draw-" in line] == ["  draw-1", "  draw-2"]
    assert f"time masked {result.scores[0]['masked_time_ratio']:.0%}" in others[0]
    assert len(repr(result)) < 3000
    assert "array(" not in repr(result)


def test_the_facts_of_a_draw_are_the_scores_that_it_has_with_their_parts_in_empty_bins():
    scores = {"loudest_fill_vs_p95_db": -3.0, "masked_area_empty_ratio": 0.1, "masked_area_ratio": 0.25, "pesq": 4.0}
    assert facts_of_draw(scores | {"warp_displacement_ms": None}) == (
        ("cells masked", "25% (10% in empty bins)"),
        ("loudest fill", "-3.0 dB re P95"),
    )


def test_a_score_without_a_value_says_why():
    def why(scores, key="stoi", *, warps=(), n_trimmed=0):
        draw = SimpleNamespace(warps=warps, n_trimmed=n_trimmed)
        return why_no_score(SimpleNamespace(scores=scores, effective_draw=draw), key)

    assert why({}) == "not installed"
    assert why({"stoi": None}, warps=["one"]) == "n/a: warped"
    assert why({"stoi": None}, n_trimmed=3) == "n/a: cut"
    assert why({"stoi": None}) == "n/a: too short or silent"
    assert why({}, "warp_displacement_ms") == "–"
