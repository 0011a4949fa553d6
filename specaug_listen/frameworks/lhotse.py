"""lhotse's ``SpecAugment`` [1]_, used by icefall: warp, frequency masks and time masks, without normalisation.

Reads its arguments, or its ``state_dict``.

References
----------
.. [1] ``lhotse/dataset/signal_transforms.py``.
"""

from __future__ import annotations

import json
from typing import Annotated, Any

from pydantic import Field

from ..augment.framework_masks import Mask
from ..augment.framework_transforms import Warp
from ..augment.policy import Policy
from ..errors import ParameterError
from .argument_types import Count, Displacement, LeastOne, NotAKey, PolicyName, Share, check_arguments
from .config import Config, Section
from .framework import Framework, PolicyAndFrontend
from .neutral import NeutralPolicy

__all__ = ["LHOTSE", "lhotse_policy"]

_N_BINS = 80
_MORE_THAN_0_RULE = "more than 0; lhotse raises here, it always masks some time"
_Size = Annotated[LeastOne, Field(description=_MORE_THAN_0_RULE)]


@check_arguments
def lhotse_policy(
    *,
    time_warp_factor: Displacement | None = 80,
    num_feature_masks: Count = 2,
    features_mask_size: _Size = 27,
    num_frame_masks: Count = 10,
    frames_mask_size: _Size = 100,
    max_frames_mask_fraction: Share = 0.15,
    p: Share = 0.9,
    supervisions: Annotated[bool, NotAKey] = False,
    name: PolicyName = "lhotse",
) -> Policy:
    """Make the policy of ``SpecAugment``'s own arguments, with its own defaults.

    Parameters
    ----------
    time_warp_factor : int or None [frames]
        None, or less than 1, for no warp.
    supervisions : bool
        Whether it is called with ``supervision_segments``. With them, the warp covers the clip without its padding, and
        warp and masks are each applied with probability ``p``; without them, all are applied or none, over the padded
        row.

    Raises
    ------
    ParameterError
        Where lhotse raises an error: for a size, a count of time masks or a fraction of 0.

    Examples
    --------
    >>> lhotse_policy().probability
    0.9
    """
    needed = {"num_frame_masks": num_frame_masks, "max_frames_mask_fraction": max_frames_mask_fraction}
    for key, value in needed.items():
        if p > 0 and not value > 0:
            raise ParameterError.of_field(key, value, f"allowed is {_MORE_THAN_0_RULE}")
    over: Any = "clip" if supervisions else "padded"
    warp = Warp(max(0, time_warp_factor or 0), "bicubic", after_first=1, to_left=1, to_right=1, shortest=2, over=over)
    frequency = Mask(
        "frequency", num_feature_masks, count_rule="fixed", max_width=features_mask_size, width_rule="exclusive",
        start_rule="last_left_out_sliced", order="widths_first", fill="mean",
    )  # fmt: skip
    time = Mask(
        "time", num_frame_masks, count_rule="total", max_width=frames_mask_size, width_rule="exclusive",
        max_ratio=max_frames_mask_fraction, ratio_rule="total", start_rule="last_left_out_scaled",
        order="widths_first", over="padded", fill="mean",
    )  # fmt: skip
    probability = float(p)
    return Policy(
        (warp, frequency, time),
        name,
        probability,
        framework="lhotse",
        warp_probability=probability if supervisions else None,
    )


def _detect(key: str, value: Any) -> bool:
    return key == "spec_augment" and isinstance(value, dict) and "features_mask_size" in value


def _read(config: Config) -> PolicyAndFrontend:
    section = config.arguments_section()
    arguments = section.arguments(lhotse_policy)
    policy = section.call(lhotse_policy, arguments, supervisions=True, name=config.name)
    factor = arguments["time_warp_factor"]
    if factor is None or factor < 1:
        section.note_key(
            "time_warp_factor", f"{'null' if factor is None else factor}: no warp, as for any value below 1"
        )
    section.note(
        "supervision segments are assumed to be passed, as lhotse's datasets and icefall do: warp and masks are each "
        "applied with probability p"
    )
    section.note("the file names no front-end; lhotse's Fbank is used, as in icefall")
    frontend = config.preset("lhotse")
    _note_swapped(section, arguments, _N_BINS if frontend is None else frontend.n_mels)
    return policy, frontend


def _note_swapped(section: Section, arguments: dict[str, Any], n_bins: int) -> None:
    """Note where the two sizes look swapped, as they once were in lhotse's documentation."""
    wide, long = arguments["features_mask_size"], arguments["frames_mask_size"]
    if wide > long and 2 * wide > n_bins:
        section.note_key(
            "features_mask_size",
            f"{wide}, frames_mask_size: {long}: these look swapped: one mask takes "
            f"up to {min(wide - 1, n_bins)} of {n_bins} bins, and up to {long - 1} frames; lhotse's documentation once "
            "had F and T the wrong way round (lhotse issue 461). Drawn as written; if they are swapped, write "
            f"features_mask_size: {long} and frames_mask_size: {wide}",
        )


def _write(policy: NeutralPolicy) -> str:
    frequency, time = policy.frequency, policy.time
    number = time.number
    size = time.widest + 1 if time.budget is not None and time.widest is not None else max(1, time.end)
    share = min(1.0, number * size / 1000) if number else 1.0
    arguments = {
        "time_warp_factor": policy.warp_frames or None,
        "num_feature_masks": frequency.number,
        "features_mask_size": frequency.end if frequency.number else 1,
        "num_frame_masks": max(1, time.most if time.budget is not None else number),
        # lhotse refuses 0; with a size of 1, every width is 0.
        "frames_mask_size": size if number else 1,
        "max_frames_mask_fraction": share if time.budget is None else time.budget,
        "p": policy.probability,
    }
    return json.dumps(arguments, indent=2) + "\n"


LHOTSE = Framework(
    name="lhotse",
    source="lhotse/dataset/signal_transforms.py",
    oddities=(
        "max_frames_mask_fraction is a budget for all time masks together: with the defaults, clips of up to 666 "
        "frames get one time mask",
        "the maximum width is never drawn, and the last bin and frame are never masked",
        "masks are drawn, and their mean is taken, over the padded row, whose padding is ln 1e-10",
        "a warp is skipped on clips of 2 W + 1 frames or fewer, and is discontinuous between its halves (half-pixel "
        "bicubic)",
        "with supervision segments, as passed by lhotse's datasets and icefall, the warp and the masks are each "
        "skipped with a probability of 1 - p, and the padding is not warped; without segments, both are skipped "
        "together, and the padding is warped, too",
        "if a feature mask is wider than the number of bins, its negative start counts from the end: it masks as few "
        "as one bin, or all of them",
        "if the budget is less than one frame (clips of fewer than 7 frames with the defaults), lhotse raises an "
        "error; here, no frames are masked",
    ),
    frontends=("lhotse",),
    generators={"coin": "python", "warp": "numpy", "mask": "torch"},
    policy_functions=(lhotse_policy,),
    read=_read,
    write=_write,
    file_suffix=".json",
    scale="ln of powers, not normalised",
    detect=_detect,
    main_recipes={"lhotse": "lhotse", "icefall": "icefall"},
    # icefall: egs/librispeech/ASR/tdnn_lstm_ctc/asr_datamodule.py; zipformer/train.py with --use-cr-ctc;
    # egs/swbd/ASR/conformer_ctc; egs/librispeech/ASR/tiny_transducer_ctc. All of them, and lhotse's own datasets, pass
    # supervision segments; with CR-CTC, icefall's own code warps, with the same probability.
    recipes=(
        lhotse_policy(supervisions=True),
        lhotse_policy(supervisions=True, name="icefall"),
        lhotse_policy(num_frame_masks=25, max_frames_mask_fraction=0.375, supervisions=True, name="icefall-cr-ctc"),
        lhotse_policy(frames_mask_size=50, supervisions=True, name="icefall-swbd"),
        lhotse_policy(features_mask_size=5, frames_mask_size=5, p=0.5, supervisions=True, name="icefall-tiny"),
    ),
)
