"""NeMo's ``SpectrogramAugmentation`` and ``MaskedPatchAugmentation`` [1]_: no warp, after the normalisation.

References
----------
.. [1] ``nemo/collections/asr/parts/submodules/spectr_augment.py``,
   ``nemo/collections/asr/parts/numba/spec_augment/spec_aug_numba.py``,
   ``nemo/collections/asr/modules/audio_preprocessing.py``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..augment.framework_names import DialectName
from ..augment.masks import Cutout, Mask
from ..augment.policy import Policy
from ..errors import ParameterError
from ..frontends import NEMO as FRONTEND
from .framework import Dialect

__all__ = ["NEMO", "NEMO_LEGACY", "NEMO_NUMBA", "NEMO_POLICIES", "nemo_patch_policy", "nemo_policy"]

_SHARED = (
    "masks are set after the normalisation: with per_feature, a zero is the mean of the band",
    "rectangles (SpecCutout) come first, may lie in the padding, and raise where they do not fit",
)
NEMO = Dialect(
    name="nemo",
    source="nemo/collections/asr/parts/submodules/spectr_augment.py (vectorised)",
    oddities=(
        "the largest width is never drawn, and the last bin and frame are never masked",
        "an integer time_width is frames without any bound, a float is a share of the clip: 1 and 1.0 differ",
        "time masks come before frequency masks, and stay within the clip",
        *_SHARED,
    ),
    frontends=("nemo",),
    generators={"mask": "torch", "patch": "python", "cutout": "python"},
    recipes={"nemo": "nemo-conformer"},
)
NEMO_LEGACY = Dialect(
    name="nemo-legacy",
    source="nemo/collections/asr/parts/submodules/spectr_augment.py (use_vectorized_spec_augment: false)",
    oddities=(
        "starts stay below the size less the largest width that is configured: the top is hardly ever masked; a "
        "freq_width of more bands than there are raises",
        "frequency masks come before time masks; a float time_width is at least one frame",
        *_SHARED,
    ),
    frontends=("nemo",),
    generators={"mask": "python", "cutout": "python"},
)
NEMO_NUMBA = Dialect(
    name="nemo-numba",
    source="nemo/collections/asr/parts/numba/spec_augment/spec_aug_numba.py",
    oddities=(
        "runs on CUDA with lengths and at least 8 examples only; else the vectorised masks are used",
        "starts stay below the size less the largest width; masks are written in place; a freq_width of more bands "
        "than there are raises",
        *_SHARED,
    ),
    frontends=("nemo",),
)


def nemo_policy(
    *,
    freq_masks: int = 0,
    time_masks: int = 0,
    freq_width: int = 10,
    time_width: int | float = 10,
    rect_masks: int = 0,
    rect_time: int = 5,
    rect_freq: int = 20,
    mask_value: float = 0.0,
    use_vectorized_spec_augment: bool = True,
    use_numba_spec_augment: bool = False,
    name: str = "nemo",
) -> Policy:
    """The policy of ``SpectrogramAugmentation``'s own arguments, with its own defaults.

    Raises
    ------
    ParameterError
        Where NeMo would raise: a float ``time_width`` outside of [0, 1].

    Examples
    --------
    >>> nemo_policy(time_masks=10, time_width=0.05).transforms[0].max_ratio
    0.05
    """
    if isinstance(time_width, float) and not 0 <= time_width <= 1:
        raise ParameterError(f"time_width={time_width}: allowed is an integer of frames, or a float in [0, 1]")
    fill = float(mask_value)
    transforms: list[Any] = []
    dialect: DialectName
    if rect_masks:
        transforms.append(Cutout(rect_masks, rect_freq, rect_time))
    if use_vectorized_spec_augment and not use_numba_spec_augment:
        dialect, masks = "nemo", _vectorised(freq_masks, time_masks, freq_width, time_width, fill)
    else:
        dialect = "nemo-numba" if use_numba_spec_augment else "nemo-legacy"
        start_rule = "under_limit" if use_numba_spec_augment else "below_limit_or_1"
        widest = _time_width(time_width, "at_least_one")
        masks = _start_first(freq_masks, freq_width, time_masks, widest, start_rule=start_rule, fill=fill)
    return Policy(tuple(transforms + [mask for mask in masks if mask.count]), name, dialect=dialect)


def _vectorised(freq_masks: int, time_masks: int, freq_width: int, time_width: float, fill: float) -> list[Mask]:
    rules: dict[str, Any] = {
        "width_rule": "scaled",
        "start_rule": "last_left_out_scaled",
        "order": "widths_first",
        "together": True,
        "fill": fill,
    }
    widest = _time_width(time_width, "scales")
    return [Mask("time", time_masks, **widest, **rules), Mask("frequency", freq_masks, max_width=freq_width, **rules)]


def _start_first(freq_masks: int, freq_width: int, time_masks: int, widest: dict[str, Any], **time: Any) -> list[Mask]:
    """Of the legacy code and of the kernel, which differ in where masks of time may begin."""
    rules: dict[str, Any] = {"width_rule": "inclusive", "order": "start_first", "fill": time["fill"]}
    frequency = Mask("frequency", freq_masks, max_width=freq_width, start_rule="below_limit", **rules)
    return [frequency, Mask("time", time_masks, start_rule=time["start_rule"], **widest, **rules)]


def _time_width(time_width: float, rule: str) -> dict[str, Any]:
    if isinstance(time_width, float):
        return {"max_ratio": time_width, "ratio_rule": rule}
    return {"max_width": time_width}


def nemo_patch_policy(
    *,
    patch_size: int = 48,
    mask_patches: float = 10.0,
    freq_masks: int = 0,
    freq_width: int = 0,
    name: str = "nemo-patches",
) -> Policy:
    """The policy of ``MaskedPatchAugmentation``'s own arguments, with its own defaults.

    Raises
    ------
    ParameterError
        Where NeMo would raise: a negative number of patches.

    Examples
    --------
    >>> nemo_patch_policy().transforms[0].count
    10
    """
    if mask_patches < 0:
        raise ParameterError(f"mask_patches={mask_patches}: allowed is 0 or more")
    rules: dict[str, Any] = {"max_width": patch_size, "width_rule": "fixed", "start_rule": "grid"}
    if mask_patches >= 1:
        patches = Mask("time", int(mask_patches), **rules)
    else:
        patches = Mask("time", count_rule="patches", count_ratio=float(mask_patches), **rules)
    frequency = _vectorised(freq_masks, 0, freq_width, 0, 0.0)[1:] if freq_masks else []
    return Policy((patches, *frequency), name, dialect="nemo")


# examples/asr/conf: conformer, fastconformer, citrinet and canary; quartznet_15x5.yaml and jasper_10x5dr.yaml;
# ssl/conformer/conformer_ssl.yaml.
NEMO_POLICIES = (
    nemo_policy(freq_masks=2, time_masks=10, freq_width=27, time_width=0.05, name="nemo-conformer"),
    replace(
        nemo_policy(rect_masks=5, rect_freq=50, rect_time=120, name="nemo-quartznet"),
        frontend=replace(FRONTEND, n_mels=64, win_length=320, name="nemo of nemo-quartznet"),
    ),
    nemo_patch_policy(freq_masks=3, freq_width=20, mask_patches=0.5, name="nemo-ssl"),
)
