"""Transforms in words: how many masks, how wide, where and with what they are filled."""

from __future__ import annotations

from dataclasses import replace

from specaug_listen.augment import FrequencyMask, Mask, TimeMask, TimeWarp
from specaug_listen.augment.describe import in_words, prefix_of, subject


def test_a_mask_is_described_by_its_rules(subtests):
    mask = Mask("time", 2, max_width=40, width_rule="exclusive", start_rule="all", fill=0.0)
    expected = "time masks: 2; 0 to 39 frames (40 is never drawn); start anywhere that the mask fits; "
    filled = "filled with 0 in the scale of the features"
    assert in_words(mask) == expected + filled
    for changes, words in [
        ({"width_rule": "inclusive"}, "; 0 to 40 frames; "),
        ({"width_rule": "fixed"}, "; 40 frames; "),
        ({"max_count": 5, "count_rule": "range"}, ": 2 to 5; "),
        ({"max_ratio": 0.25}, "(40 is never drawn), at most 0.25 of the clip; "),
        ({"max_ratio": 0.25, "over": "padded"}, ", at most 0.25 of the padded batch; "),
        ({"max_ratio": 0.25, "ratio_rule": "clamps"}, ", then clamped to 0.25 of the clip; "),
        ({"start_rule": "last_left_out"}, "; start anywhere but the last position; "),
    ]:
        with subtests.test(changes=changes):
            assert words in in_words(replace(mask, **changes))


def test_a_transform_of_the_paper_has_the_words_of_its_rule_and_an_idle_one_has_none():
    transforms = (TimeMask(), FrequencyMask(), TimeWarp(80))
    assert [prefix_of(transform) for transform in transforms] == ["time_mask", "frequency_mask", "time_warp"]
    assert [subject(transform) for transform in transforms] == ["time masks", "frequency masks", "time warp"]
    assert in_words(TimeWarp(80)).startswith("time warp: a frame moves by -80 to 80 frames; ")
    assert [in_words(idle) for idle in (TimeWarp(0), TimeMask(count=0))] == ["time warp: none", "time masks: none"]
