"""What an audition holds: gain, scores, badges, words."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from cheap_audition import MASKS, heard

from specaug_listen import Audio, Policy, audition, frontends
from specaug_listen.augment import TimeMask


def half_where_masked(mel) -> Audio:
    """The clip at half its level where the mel is not the clip's own."""
    untouched = np.array_equal(mel.values, mel.frontend(mel.audio).values)
    return mel.audio if untouched else replace(mel.audio, samples=mel.audio.samples / 2)


@pytest.mark.parametrize("loud_one", ["original", "copy-synthesis", "draw"])
def test_one_gain_keeps_the_loudest_rendering_from_clipping(tone, loud_one):
    factor = 4.0 if loud_one != "original" else 0.1

    def vocoder(mel):
        untouched = np.array_equal(mel.values, frontends.WHISPER(mel.audio).values)
        is_loud = untouched == (loud_one == "copy-synthesis")
        return replace(mel.audio, samples=mel.audio.samples * np.float32(factor if is_loud else 0.5))

    clip = Audio(tone.samples * np.float32(4.0 if loud_one == "original" else 1.0), 16000)
    result = heard(clip, vocoder=vocoder, policy=MASKS)
    peaks = [result.original.peak, result.copy_synthesis.peak, *(d.audio.peak for d in result.draws)]
    assert max(peaks) == pytest.approx(2.0, rel=1e-3)
    assert 0.999 < result.gain * max(peaks) <= 32767 / 32768 + 1e-9
    assert any(badge.startswith("turned down 6.0 dB") for badge in result.badges)


def test_nothing_is_made_louder_and_nothing_is_said_where_nothing_clips(tone):
    result = heard(Audio(tone.samples / 100, 16000))
    assert result.gain == 1.0
    assert [notice.kind for notice in result.notices] == ["empty-bins"]  # a tone fills few
    assert result.badges == (result.notices[0].text,)


def test_scores_are_what_a_hand_computes_from_the_draw_and_the_renderings(speechlike):
    result = heard(speechlike, vocoder=half_where_masked, draws=4)
    assert [row["draw"] for row in result.scores] == [1, 2, 3, 4]
    for row, drawn in zip(result.scores, result.draws, strict=True):
        bins, frames, shifts = set(), set(), []
        for step in drawn.draw.steps:
            if step.kind == "frequency_mask":
                bins |= set(range(step.start_bin, step.start_bin + step.n_bins))
            elif step.kind == "time_mask":
                frames |= set(range(step.start_frame, step.start_frame + step.n_frames))
            else:
                shifts.append(step.displacement_frames)
        covered = {(b, f) for b in range(80) for f in range(120) if b in bins or f in frames}
        runs = "".join("x" if f in frames else " " for f in range(120)).split()
        warped = replace(drawn.draw, steps=drawn.draw.warps).apply(result.mel)
        floor_db = warped.db.max() - 80
        change = np.maximum(drawn.mel.db, floor_db) - np.maximum(warped.db, floor_db)
        fills = [step.fill_level.vs_p95_db for step in drawn.draw.steps if getattr(step, "fill_level", None)]
        assert row["masked_frequency_ratio"] == pytest.approx(len(bins) / 80, abs=1e-4)
        assert row["masked_time_ratio"] == pytest.approx(len(frames) / 120, abs=1e-4)
        assert row["masked_area_ratio"] == pytest.approx(len(covered) / 9600, abs=1e-4)
        assert row["longest_gap_ms"] == pytest.approx(10 * max(map(len, runs), default=0))
        assert row["warp_displacement_ms"] == pytest.approx(10 * sum(shifts))
        assert row["log_mel_rmse_db"] == pytest.approx(np.sqrt(np.mean(change**2)), abs=2e-3)
        assert row["level_change_db"] == pytest.approx(-6.0206, abs=1e-3)
        assert row["peak_change_db"] == pytest.approx(-6.0206, abs=1e-3)
        assert row["loudest_fill_vs_p95_db"] == pytest.approx(max(fills), abs=1e-4)


def test_a_policy_that_does_nothing_scores_no_change(speechlike):
    (row,) = audition(speechlike, policy="none", rng=0).scores
    assert "loudest_fill_vs_p95_db" not in row
    assert {value for key, value in row.items() if key not in ("draw", "stoi", "pesq")} == {0.0}


def test_a_draw_left_alone_by_its_probability_is_badged(tone):
    result = heard(tone, policy=Policy([TimeMask()], "never", probability=0.0))
    assert any("not applied" in badge for badge in result.badges_of(result.draws[0]))
    np.testing.assert_array_equal(result.draws[0].mel.values, result.mel.values)


def test_clipped_and_constant_clips_are_badged():
    seconds = np.arange(16000) / 16000
    clipped = heard(Audio(np.clip(3 * np.sin(2 * np.pi * 220 * seconds), -1, 1), 16000))
    assert any(badge.startswith("clipped: ") and "samples at full scale" in badge for badge in clipped.badges)
    constant = heard(Audio(np.full(16000, 0.25), 16000))
    assert "constant: every sample is 0.25 (DC only)" in constant.badges
    two_constants = heard(Audio(np.stack([np.full(16000, 0.1), np.full(16000, 0.2)]), 16000))
    assert any("constant" in badge for badge in two_constants.badges)


def test_in_a_notebook_an_audition_is_its_players_and_pictures(speechlike):
    html = heard(speechlike, draws=2, name="<b>speech</b>")._repr_html_()
    assert html.count("<audio") == html.count("<image") == 4
    assert "&amp;lt;b&amp;gt;speech&amp;lt;/b&amp;gt;" in html  # a frame escapes the page, which has escaped the name
    assert "<b>" not in html
