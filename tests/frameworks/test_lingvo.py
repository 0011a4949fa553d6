"""What decides in lingvo's configurations, and what only seems to."""

from __future__ import annotations

from specaug_listen import frameworks


def test_lingvos_dynamic_warp_is_a_share(imported):
    found = imported("time_warp_bound: dynamic\ntime_warp_max_ratio: 0.1")
    assert (
        found.policy.transforms
        == frameworks.lingvo_policy(time_warp_bound="dynamic", time_warp_max_ratio=0.1).transforms
    )
