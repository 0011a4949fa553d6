"""What decides in lhotse's configurations, and what only seems to."""

from __future__ import annotations

import configs
import pytest
from configs import noted

from specaug_listen import frameworks


def test_lhotses_arguments_in_full_leave_nothing_to_fill_in(imported):
    assert imported(configs.LHOTSE, "x.json").defaults == ()


def test_lhotses_state_may_stand_below_a_key(imported):
    expected = frameworks.lhotse_policy(supervisions=True)
    assert imported(f'{{"state_dict": {configs.LHOTSE}}}', "x.json").policy.transforms == expected.transforms


@pytest.mark.parametrize("factor", ["-1", "0", "null", "-80"])
def test_lhotses_warp_is_off_below_1(imported, factor):
    found = imported(f"time_warp_factor: {factor}\nnum_feature_masks: 2\nfeatures_mask_size: 27")
    assert found.policy.transforms == frameworks.lhotse_policy(time_warp_factor=None, supervisions=True).transforms
    assert found.policy.transforms[0].max_frames == 0
    assert noted(found, f"time_warp_factor: {factor}: no warp")


def test_lhotses_sizes_that_look_exchanged_are_noted_and_drawn_as_they_stand(subtests, imported):
    for wide, long, is_noted in [(100, 27, True), (70, 27, True), (27, 100, False), (5, 5, False), (30, 27, False)]:
        with subtests.test(wide=wide, long=long, is_noted=is_noted):
            found = imported(f"features_mask_size: {wide}\nframes_mask_size: {long}")
            expected = frameworks.lhotse_policy(features_mask_size=wide, frames_mask_size=long, supervisions=True)
            assert found.policy.transforms == expected.transforms
            notes = noted(found, "these look swapped")
            assert bool(notes) == is_noted
            # What is advised is lhotse's own.
            if is_noted:
                assert f"write features_mask_size: {long} and frames_mask_size: {wide}" in notes[0]
