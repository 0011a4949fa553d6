"""fairseq's ``SpecAugmentTransform`` of speech-to-text [1]_: warp, frequency masks, time masks, after CMVN.

References
----------
.. [1] ``fairseq/data/audio/feature_transforms/specaugment.py``.
"""

from __future__ import annotations

from typing import Any

from ..augment.masks import Mask, Warp
from ..augment.policy import Policy
from .framework import Dialect

__all__ = ["FAIRSEQ", "FAIRSEQ_POLICIES", "fairseq_policy"]

FAIRSEQ = Dialect(
    name="fairseq",
    source="fairseq/data/audio/feature_transforms/specaugment.py",
    oddities=(
        "time_mask_p is 0 where a configuration does not say: no time is masked then",
        "the key that its own tool writes, time_wrap_W, is not the one that is read, time_warp_W: there is no warp",
        "the largest width is never drawn, and the last bin and frame are never masked",
        "a mean fill is taken before the warp",
        "a mel of fewer bands than freq_mask_F is returned untouched",
        "the halves of a warp are resized linearly by OpenCV (half-pixel) and do not meet; it moves by less than W",
    ),
    frontends=("fairseq",),
    generators={"warp": "numpy", "mask": "numpy"},
    recipes={"fairseq": "fairseq-ld"},
)


def fairseq_policy(
    *,
    time_warp_W: int = 0,
    freq_mask_N: int = 0,
    freq_mask_F: int = 0,
    time_mask_N: int = 0,
    time_mask_T: int = 0,
    time_mask_p: float = 0.0,
    mask_value: float | None = None,
    name: str = "fairseq",
) -> Policy:
    """The policy of ``SpecAugmentTransform``'s own arguments, with its own defaults.

    Examples
    --------
    >>> fairseq_policy(time_mask_N=1, time_mask_T=100, time_mask_p=1.0).transforms[2].max_width
    100
    """
    rules: dict[str, Any] = {
        "width_rule": "exclusive",
        "start_rule": "last_left_out",
        "fill": "mean" if mask_value is None else float(mask_value),
        "fill_over": "unwarped",
    }
    warp = Warp(time_warp_W, "linear_halves", to_right=0)
    frequency = Mask("frequency", freq_mask_N, max_width=freq_mask_F, **rules)
    time = Mask("time", time_mask_N, max_width=time_mask_T, max_ratio=time_mask_p, ratio_rule="bounds", **rules)
    return Policy((warp, frequency, time), name, dialect="fairseq", min_mels=freq_mask_F)


# examples/speech_to_text/data_utils.py: the papers' policies, always without a warp.
FAIRSEQ_POLICIES = tuple(
    fairseq_policy(
        freq_mask_N=n, freq_mask_F=f, time_mask_N=n_time, time_mask_T=t, time_mask_p=p, name=f"fairseq-{name}"
    )
    for name, n, f, n_time, t, p in (
        ("lb", 1, 27, 1, 100, 1.0),
        ("ld", 2, 27, 2, 100, 1.0),
        ("sm", 2, 15, 2, 70, 0.2),
        ("ss", 2, 27, 2, 70, 0.2),
    )
)
