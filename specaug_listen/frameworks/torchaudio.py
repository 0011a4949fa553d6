"""torchaudio's ``SpecAugment``, ``TimeMasking`` and ``FrequencyMasking`` [1]_: no warp.

References
----------
.. [1] ``torchaudio/transforms/_transforms.py``, ``torchaudio/functional/functional.py``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

from ..augment.masks import Mask
from ..augment.policy import Policy
from ..frontends import TORCHAUDIO as FRONTEND
from .framework import Dialect

__all__ = ["TORCHAUDIO", "TORCHAUDIO_POLICIES", "torchaudio_mask", "torchaudio_policy"]

TORCHAUDIO = Dialect(
    name="torchaudio",
    source="torchaudio/functional/functional.py, transforms/_transforms.py",
    oddities=(
        "the largest width is never drawn, and the last bin and frame are never masked; starts lean "
        "a little to the left",
        "SpecAugment passes p to the frequency masks too, where it bounds widths by a share of the bins",
        "SpecAugment fills with the mean of the whole tensor: every example, every channel, all padding",
        "with iid_masks, channels of one clip get different masks",
        "time masks count padding; TimeStretch is no warp of SpecAugment's",
    ),
    frontends=("torchaudio",),
    generators={"mask": "torch"},
    recipes={"torchaudio": "torchaudio-conformer"},
)


def torchaudio_mask(
    axis: Literal["time", "frequency"],
    mask_param: int,
    *,
    n_masks: int = 1,
    p: float = 1.0,
    iid_masks: bool = False,
    mask_value: float | Literal["mean"] = 0.0,
) -> Mask:
    """``TimeMasking`` or ``FrequencyMasking``; of ``SpecAugment`` one axis.

    Examples
    --------
    >>> torchaudio_mask("time", 100, p=0.2).max_ratio
    0.2
    """
    bound: dict[str, Any] = {} if p == 1.0 else {"max_ratio": p, "ratio_rule": "bounds"}
    return Mask(
        axis,
        n_masks,
        max_width=mask_param,
        width_rule="scaled",
        start_rule="float_width",
        over="padded",
        together=iid_masks,
        fill=mask_value,
        **bound,
    )


def torchaudio_policy(
    *,
    n_time_masks: int,
    time_mask_param: int,
    n_freq_masks: int,
    freq_mask_param: int,
    iid_masks: bool = True,
    p: float = 1.0,
    zero_masking: bool = False,
    name: str = "torchaudio",
) -> Policy:
    """The policy of ``SpecAugment``'s own arguments, with its own defaults.

    Examples
    --------
    >>> torchaudio_policy(n_time_masks=2, time_mask_param=40, n_freq_masks=2, freq_mask_param=27).transforms[1].fill
    'mean'
    """
    shared: dict[str, Any] = {"p": p, "iid_masks": iid_masks, "mask_value": 0.0 if zero_masking else "mean"}
    time = torchaudio_mask("time", time_mask_param, n_masks=n_time_masks, **shared)
    frequency = torchaudio_mask("frequency", freq_mask_param, n_masks=n_freq_masks, **shared)
    return Policy((time, frequency), name, dialect="torchaudio")


# examples/asr/librispeech_conformer_rnnt/transforms.py: FrequencyMasking(27) twice, TimeMasking(100, p=0.2) twice.
TORCHAUDIO_POLICIES = (
    Policy(
        (torchaudio_mask("frequency", 27, n_masks=2), torchaudio_mask("time", 100, n_masks=2, p=0.2)),
        "torchaudio-conformer",
        dialect="torchaudio",
        frontend=replace(FRONTEND, n_fft=400, hop_length=160, n_mels=80, name="torchaudio of torchaudio-conformer"),
    ),
)
