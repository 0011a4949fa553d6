"""lingvo's ``SpectrumAugmenter`` [1]_, the paper authors' own: warp, time masks, frequency masks.

References
----------
.. [1] ``lingvo/core/spectrum_augmenter.py``.
"""

from __future__ import annotations

from typing import Any, Literal

from ..augment.masks import Mask, Warp
from ..augment.policy import Policy
from .framework import Dialect

__all__ = ["LINGVO", "LINGVO_POLICIES", "lingvo_policy"]

LINGVO = Dialect(
    name="lingvo",
    source="lingvo/core/spectrum_augmenter.py",
    oddities=(
        "the largest width is never drawn; every place is, the last bin and frame too",
        "time_mask_max_ratio cuts a width after it was drawn, to one frame at least: many masks are exactly as wide",
        "time_masks_per_frame is rounded up, where the paper rounds down",
        "a warp may begin anywhere in the clip; its map ends one frame beyond the last, so the last frames may fade",
        "time_warp_max_ratio bounds the warp and is 0 where it is not given: no warp then",
        "time masks come before frequency masks",
    ),
    frontends=("lingvo",),
    recipes={"lingvo": "lingvo"},
)


def lingvo_policy(
    *,
    freq_mask_max_bins: int = 15,
    freq_mask_count: int = 1,
    time_mask_max_frames: int = 50,
    time_mask_count: int = 1,
    time_mask_max_ratio: float = 1.0,
    time_masks_per_frame: float = 0.0,
    use_dynamic_time_mask_max_frames: bool = False,
    time_warp_bound: Literal["static", "dynamic"] = "static",
    time_warp_max_frames: int = 0,
    time_warp_max_ratio: float = 0.0,
    name: str = "lingvo",
) -> Policy:
    """The policy of ``SpectrumAugmenter``'s own parameters, with its own defaults.

    Examples
    --------
    >>> lingvo_policy(time_masks_per_frame=0.04, time_mask_count=20).transforms[1].count_rule
    'ceil'
    """
    rules: dict[str, Any] = {"width_rule": "scaled", "start_rule": "all"}
    size: dict[str, Any] = {"max_width": time_mask_max_frames, "max_ratio": time_mask_max_ratio, "ratio_rule": "clamps"}
    if use_dynamic_time_mask_max_frames:
        size = {"max_ratio": time_mask_max_ratio, "ratio_rule": "scales"}
    count: dict[str, Any] = {"count": time_mask_count}
    if time_masks_per_frame > 0:
        count = {"count_rule": "ceil", "count_ratio": time_masks_per_frame, "max_count": time_mask_count}
    is_dynamic = time_warp_bound == "dynamic"
    warp = Warp(
        1 if is_dynamic and time_warp_max_ratio else time_warp_max_frames,
        "hat",
        to_left=1,
        anywhere=True,
        max_ratio=time_warp_max_ratio,
        is_dynamic=is_dynamic,
    )
    time = Mask("time", **count, **size, **rules)
    frequency = Mask("frequency", freq_mask_count, max_width=freq_mask_max_bins, **rules)
    return Policy((warp, time, frequency), name, dialect="lingvo")


# The class's own defaults; praxis' Conformer, whose masks are lingvo's.
LINGVO_POLICIES = (
    lingvo_policy(),
    lingvo_policy(
        freq_mask_max_bins=27,
        freq_mask_count=2,
        time_mask_count=10,
        time_mask_max_ratio=0.05,
        use_dynamic_time_mask_max_frames=True,
        name="lingvo-conformer",
    ),
)
