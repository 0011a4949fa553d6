"""lhotse's ``SpecAugment`` [1]_, which icefall trains with: warp, frequency masks, time masks, not normalised.

References
----------
.. [1] ``lhotse/dataset/signal_transforms.py``.
"""

from __future__ import annotations

from typing import Any

from ..masks import Mask, Warp
from ..policy import Policy
from .dialect import Dialect

__all__ = ["LHOTSE", "LHOTSE_POLICIES", "lhotse_policy"]

LHOTSE = Dialect(
    name="lhotse",
    source="lhotse/dataset/signal_transforms.py",
    oddities=(
        "max_frames_mask_fraction is a budget for all time masks together: with the defaults, clips "
        "of up to 666 frames get "
        "one time mask",
        "the largest width is never drawn, and the last bin and frame are never masked",
        "masks and their mean are taken over the padded row, whose padding is ln 1e-10",
        "a warp is skipped on clips of 2 W + 1 frames or fewer, and its halves do not meet (half-pixel bicubic)",
        "nothing at all is done with a chance of 1 - p",
        "where the budget leaves no frame (fewer than 7 frames with the defaults), lhotse raises; "
        "here, no time is masked",
    ),
    frontends=("lhotse",),
    generators={"coin": "python", "warp": "numpy", "mask": "torch"},
)


def lhotse_policy(
    *,
    time_warp_factor: int | None = 80,
    num_feature_masks: int = 2,
    features_mask_size: int = 27,
    num_frame_masks: int = 10,
    frames_mask_size: int = 100,
    max_frames_mask_fraction: float = 0.15,
    p: float = 0.9,
    name: str = "lhotse",
) -> Policy:
    """The policy of ``SpecAugment``'s own arguments, with its own defaults.

    Examples
    --------
    >>> lhotse_policy().probability
    0.9
    """
    rules: dict[str, Any] = {
        "width_rule": "exclusive",
        "start_rule": "last_left_out_scaled",
        "order": "widths_first",
        "fill": "mean",
    }
    warp = Warp(time_warp_factor or 0, "bicubic", after_first=1, to_left=1, to_right=1, shortest=2)
    frequency = Mask("frequency", num_feature_masks, max_width=features_mask_size, **rules)
    budget: dict[str, Any] = {"max_ratio": max_frames_mask_fraction, "ratio_rule": "total", "count_rule": "total"}
    time = Mask("time", num_frame_masks, max_width=frames_mask_size, over="padded", **budget, **rules)
    return Policy((warp, frequency, time), name, p, dialect="lhotse")


# icefall: egs/librispeech/ASR/tdnn_lstm_ctc/asr_datamodule.py; zipformer/train.py with --use-cr-ctc;
# egs/swbd/ASR/conformer_ctc; egs/librispeech/ASR/tiny_transducer_ctc.
LHOTSE_POLICIES = (
    lhotse_policy(),
    lhotse_policy(name="icefall"),
    lhotse_policy(num_frame_masks=25, max_frames_mask_fraction=0.375, name="icefall-cr-ctc"),
    lhotse_policy(frames_mask_size=50, name="icefall-swbd"),
    lhotse_policy(features_mask_size=5, frames_mask_size=5, p=0.5, name="icefall-tiny"),
)
