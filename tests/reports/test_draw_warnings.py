"""Warnings about the draws of a run: counted, the most important first."""

from __future__ import annotations

from dataclasses import replace

from specaug_listen import Policy
from specaug_listen._notices import Notice
from specaug_listen.auditions import Configuration
from specaug_listen.auditions.clip_files import FolderFiles
from specaug_listen.auditions.folder_checks import read_draw
from specaug_listen.augment import FrequencySpan, Mask, TimeMask
from specaug_listen.frontends import WHISPER
from specaug_listen.reports.draw_warnings import level_warning, warnings_of_draws
from specaug_listen.reports.strength import strength_of_scores
from specaug_listen.vocoders import GriffinLim

RUN = Configuration(WHISPER, Policy([TimeMask(max_frames=20)], "<gap> & co"), GriffinLim(n_iter=1), draws=2, seed=4)
WARP = Notice("too-short-to-warp", {"max_frames": 80, "needed": 163, "n_frames": 75, "over": "clip"})


def draw_record(run_of_three, scores=None, **changes):
    record = read_draw(FolderFiles(run_of_three, "_script_alert(1)_script_", run_of_three), "draw-1")
    if scores is not None:
        object.__setattr__(record, "scores", scores)
    object.__setattr__(record, "draw", replace(record.draw, **changes))
    return record


def test_draws_without_masks_and_notices_are_counted(run_of_three):
    masked = draw_record(run_of_three)
    skipped = draw_record(run_of_three, steps=(), applied=False)
    empty = draw_record(run_of_three, steps=())
    warned = draw_record(run_of_three, notices=(WARP,))
    some = replace(RUN, policy=replace(RUN.policy, probability=0.9))
    assert warnings_of_draws(some, [masked, skipped, empty, warned]) == (
        "1 of 4 draws left the clip unchanged: the policy is applied with a probability of 0.9",
        "1 of 4 draws masked nothing",
        "the warp is never applied to clips below 1.63 s: 1 of 4 draws",
    )
    assert warnings_of_draws(RUN, [masked]) == warnings_of_draws(RUN, []) == ()


def test_notices_of_one_kind_are_one_line(run_of_three):
    texts = [Notice("in-padding", {"n_masks": n, "n_all": 3, "n_frames": 75}) for n in (1, 2)]
    draws = [draw_record(run_of_three, notices=(notice,)) for notice in (*texts, texts[1])]
    (line,) = warnings_of_draws(RUN, draws)
    assert line == "3 of 3 draws: for example, 1 of 3 time masks lie in the padding, beyond the clip's 75 frames"
    old = draw_record(run_of_three, warnings=("a text of an earlier version",))
    assert warnings_of_draws(RUN, [old, old]) == ("2 of 2 draws: a text of an earlier version",)


def test_a_constant_that_is_louder_than_speech_comes_first(run_of_three):
    zero = replace(RUN, policy=Policy([Mask("time", 1, max_width=20, fill=0.0)], "zero"))
    loud = strength_of_scores("zero", [(1.0, {"masked_area_ratio": 0.2, "loudest_fill_vs_p95_db": 12.6})])
    lines = warnings_of_draws(zero, [draw_record(run_of_three, steps=(), applied=False)], loud)
    assert lines[0] == (
        "masks are filled with 0, which is not silent in these features; --set fill=mean makes them quieter"
    )
    assert len(lines) == 2
    # That such masks make the draw louder, too, is not said again.
    assert warnings_of_draws(RUN, [draw_record(run_of_three, {"level_change_db": 14.0})], loud) == ()
    mean = replace(RUN, policy=Policy([TimeMask()], "mean"))
    assert warnings_of_draws(mean, [draw_record(run_of_three)], loud) == ()


def test_masks_over_everything_and_in_empty_bins_are_told(run_of_three):
    whole = draw_record(run_of_three, steps=(FrequencySpan(0, 80),))
    assert warnings_of_draws(RUN, [whole]) == ("1 of 1 draw masked everything",)
    narrow = draw_record(run_of_three, {"masked_area_ratio": 0.3, "masked_area_empty_ratio": 0.1})
    assert "10% of the cells are masked where the clips are empty anyway" in warnings_of_draws(RUN, [narrow])[0]


def test_levels_far_from_the_copy_synthesis_are_counted_and_told_of_each_draw(run_of_three):
    draws = [
        draw_record(run_of_three, {"level_change_db": change_db}) for change_db in (-11.9, -12.0, -21.6, 30.5, None)
    ]
    assert warnings_of_draws(RUN, draws) == (
        "2 of 5 draws are 12 to 22 dB quieter than the copy-synthesis",
        "1 of 5 draws is 30 dB louder than the copy-synthesis",
    )
    assert [level_warning(draw) for draw in draws] == [
        (),
        ("12 dB quieter than the copy-synthesis",),
        ("22 dB quieter than the copy-synthesis",),
        ("30 dB louder than the copy-synthesis",),
        (),
    ]
    assert level_warning(draw_record(run_of_three, {})) == ()
