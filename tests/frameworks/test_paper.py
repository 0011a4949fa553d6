"""Policies of our own, in a file."""

from __future__ import annotations

from specaug_listen import augment


def test_our_own_file_may_hold_the_frameworks_transforms(imported):
    text = """
dialect: wenet
transforms:
  - mask: {axis: time, count: 2, min_width: 1, max_width: 50, width_rule: inclusive, start_rule: anywhere}
  - cutout: {count: 1}
  - copy: {max_frames: 30}
  - trim_tail
  - warp: {max_frames: 5}
"""
    found = imported(text)
    assert [t.kind for t in found.policy.transforms] == ["mask", "cutout", "copy", "trim_tail", "warp"]
    assert (found.policy.framework, found.frontend) == ("wenet", None)


def test_our_own_file_may_be_told(imported):
    assert imported("transforms: [time_mask]", framework="paper").policy.transforms == (augment.TimeMask(),)
