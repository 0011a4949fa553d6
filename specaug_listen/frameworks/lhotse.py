"""lhotse's ``SpecAugment`` [1]_, which icefall trains with: warp, frequency masks, time masks, not normalised.

References
----------
.. [1] ``lhotse/dataset/signal_transforms.py``.
"""

from __future__ import annotations

from typing import Any

from ..augment.masks import Mask, Warp
from ..augment.policy import Policy
from ..errors import ParameterError
from .framework import Dialect

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
        "with supervision segments, as lhotse's datasets and icefall pass them, the warp and the masks are each left "
        "out with a chance of 1 - p, and the warp is one of the clip without its padding; without segments, both are "
        "left out together, and the padding is warped too",
        "of a mask of features that is wider than there are bins, a start below 0 counts from the end, so that as few "
        "as one bin is masked, or all of them",
        "where the budget leaves no frame (fewer than 7 frames with the defaults), lhotse raises; "
        "here, no time is masked",
    ),
    frontends=("lhotse",),
    generators={"coin": "python", "warp": "numpy", "mask": "torch"},
    recipes={"lhotse": "lhotse", "icefall": "icefall"},
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
    supervisions: bool = False,
    name: str = "lhotse",
) -> Policy:
    """The policy of ``SpecAugment``'s own arguments, with its own defaults.

    Parameters
    ----------
    time_warp_factor : int or None [frames]
        None, or less than 1, for no warp.
    supervisions : bool
        Whether it is called with ``supervision_segments``: then the warp, which is that of the clip without its
        padding, and the masks are each applied with a chance of ``p``; else both or none, over the padded row.

    Raises
    ------
    ParameterError
        Where lhotse would raise: for a size, a number of time masks or a fraction of 0.

    Examples
    --------
    >>> lhotse_policy().probability
    0.9
    """
    _check_above_0(features_mask_size=features_mask_size, frames_mask_size=frames_mask_size)
    if p > 0:
        _check_above_0(num_frame_masks=num_frame_masks, max_frames_mask_fraction=max_frames_mask_fraction)
    rules: dict[str, Any] = {
        "width_rule": "exclusive",
        "start_rule": "last_left_out_scaled",
        "order": "widths_first",
        "fill": "mean",
    }
    over: Any = "clip" if supervisions else "padded"
    warp = Warp(max(0, time_warp_factor or 0), "bicubic", after_first=1, to_left=1, to_right=1, shortest=2, over=over)
    sliced: dict[str, Any] = {**rules, "start_rule": "last_left_out_sliced"}
    frequency = Mask("frequency", num_feature_masks, max_width=features_mask_size, **sliced)
    budget: dict[str, Any] = {"max_ratio": max_frames_mask_fraction, "ratio_rule": "total", "count_rule": "total"}
    time = Mask("time", num_frame_masks, max_width=frames_mask_size, over="padded", **budget, **rules)
    return Policy((warp, frequency, time), name, p, dialect="lhotse", warp_probability=p if supervisions else None)


def _check_above_0(**given: float) -> None:
    for name, value in given.items():
        if not value > 0:
            raise ParameterError(
                f"{name}={value}: allowed is more than 0; lhotse raises here, it always masks some time"
            )


# icefall: egs/librispeech/ASR/tdnn_lstm_ctc/asr_datamodule.py; zipformer/train.py with --use-cr-ctc;
# egs/swbd/ASR/conformer_ctc; egs/librispeech/ASR/tiny_transducer_ctc. All of them, and lhotse's own datasets, hand over
# the supervision segments; with CR-CTC, icefall warps by itself, with the same chance.
LHOTSE_POLICIES = (
    lhotse_policy(supervisions=True),
    lhotse_policy(supervisions=True, name="icefall"),
    lhotse_policy(num_frame_masks=25, max_frames_mask_fraction=0.375, supervisions=True, name="icefall-cr-ctc"),
    lhotse_policy(frames_mask_size=50, supervisions=True, name="icefall-swbd"),
    lhotse_policy(features_mask_size=5, frames_mask_size=5, p=0.5, supervisions=True, name="icefall-tiny"),
)
