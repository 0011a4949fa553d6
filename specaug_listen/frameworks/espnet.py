"""ESPnet2's ``SpecAug`` [1]_: warp, frequency masks, time masks, before the normalisation that the model does.

References
----------
.. [1] ``espnet2/asr/specaug/specaug.py``, ``espnet2/layers/mask_along_axis.py``, ``espnet2/layers/time_warp.py``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

from ..augment.masks import Mask, Warp
from ..augment.policy import Policy
from ..errors import ParameterError
from ..frontends import ESPNET as FRONTEND
from .framework import Dialect

__all__ = ["ESPNET", "ESPNET_POLICIES", "espnet_mask", "espnet_policy", "width_range"]

Range = int | tuple[float, float]

ESPNET = Dialect(
    name="espnet",
    source="espnet2/layers/mask_along_axis.py, time_warp.py",
    frontends=("espnet",),
    generators={"warp": "torch", "mask": "torch"},
    recipes={"espnet": "espnet-conformer10", "espnet2": "espnet-conformer10"},
    oddities=(
        "the upper end of a width range is never drawn",
        "starts stay below the size less the widest mask of the whole batch, so the last bin and the "
        "last frame are never "
        "masked, and the larger the batch, the less the top is",
        "time masks count the frames of the padded batch and may lie in the padding",
        "a warp moves by -(W - 1) to W frames, and is skipped on clips of 2 W frames or fewer",
        "each half is resized by itself with half-pixel bicubic interpolation: it overshoots, and "
        "the halves do not meet",
        "masks are set before the model's normalisation: a zero is not the mean",
        "a mean fill is taken over the padded batch with what was masked before",
    ),
)


def espnet_policy(
    *,
    apply_time_warp: bool = True,
    time_warp_window: int = 5,
    time_warp_mode: str = "bicubic",
    apply_freq_mask: bool = True,
    freq_mask_width_range: Range = (0, 20),
    num_freq_mask: int = 2,
    apply_time_mask: bool = True,
    time_mask_width_range: Range | None = None,
    time_mask_width_ratio_range: float | tuple[float, float] | None = None,
    num_time_mask: int = 2,
    replace_with_zero: bool = True,
    name: str = "espnet",
) -> Policy:
    """The policy of ``SpecAug``'s own arguments, with its own defaults.

    Raises
    ------
    ParameterError
        Where ESPnet would raise: no mask and no warp, no range of time widths or two of them, a range that holds no
        width, masks or a warp that are switched on and number or move nothing; or for another interpolation than
        bicubic or bilinear.

    Examples
    --------
    >>> espnet_policy(time_mask_width_ratio_range=(0.0, 0.05), num_time_mask=10).transforms[2].count
    10
    """
    if not (apply_time_warp or apply_freq_mask or apply_time_mask):
        raise ParameterError("apply_time_warp, apply_freq_mask and apply_time_mask are all false: set one of them")
    _check_drawable("apply_time_warp", apply_time_warp, time_warp_window=time_warp_window)
    widths = {"freq_mask_width_range": freq_mask_width_range}
    _check_drawable("apply_freq_mask", apply_freq_mask, widths, num_freq_mask=num_freq_mask)
    ranges = {
        "time_mask_width_range": time_mask_width_range,
        "time_mask_width_ratio_range": time_mask_width_ratio_range,
    }
    if apply_time_mask and list(ranges.values()).count(None) != 1:
        shown = ", ".join(f"{key}={given}" for key, given in ranges.items())
        raise ParameterError(f"{shown}: exactly one of them is needed")
    _check_drawable("apply_time_mask", apply_time_mask, ranges, num_time_mask=num_time_mask)
    interpolations: dict[str, Any] = {"bicubic": "bicubic", "bilinear": "linear_halves"}
    if time_warp_mode not in interpolations:
        raise ParameterError(f"time_warp_mode={time_warp_mode!r:.80}: allowed is bicubic or bilinear")
    transforms: list[Any] = [Warp(time_warp_window, interpolations[time_warp_mode])] if apply_time_warp else []
    fill: Any = 0.0 if replace_with_zero else "mean"
    if apply_freq_mask:
        transforms.append(espnet_mask("frequency", num_freq_mask, width_range(freq_mask_width_range), fill))
    if apply_time_mask and time_mask_width_range is not None:
        transforms.append(espnet_mask("time", num_time_mask, width_range(time_mask_width_range), fill))
    elif apply_time_mask and time_mask_width_ratio_range is not None:
        transforms.append(espnet_mask("time", num_time_mask, _ratio_range(time_mask_width_ratio_range), fill))
    return Policy(tuple(transforms), name, dialect="espnet")


def espnet_mask(axis: Literal["time", "frequency"], count: int, widths: dict[str, Any], fill: Any) -> Mask:
    """``mask_along_axis``, from which SpeechBrain took its old masks.

    Examples
    --------
    >>> espnet_mask("frequency", 2, width_range(27), 0.0).max_width
    27
    """
    return Mask(
        axis,
        count,
        width_rule="exclusive",
        start_rule="below_widest",
        order="widths_first",
        over="padded",
        together=True,
        fill=fill,
        fill_over="current",
        **widths,
    )


def width_range(given: Range) -> dict[str, Any]:
    """A range of widths, of which one number is the upper end.

    Examples
    --------
    >>> width_range((5, 30))
    {'min_width': 5, 'max_width': 30}
    """
    low, high = _ends(given)
    return {"min_width": int(low), "max_width": int(high)}


def _check_drawable(
    switch: str, is_on: bool, ranges: Mapping[str, float | tuple[float, float] | None] | None = None, **numbers: int
) -> None:
    """Refuse what ESPnet raises with while a switch is on: numbers of 0, and ranges that hold no width."""
    if not is_on:
        return
    for key, number in numbers.items():
        if number < 1:
            raise ParameterError(f"{key}={number}: ESPnet raises with it; allowed is 1 or more, or {switch}: false")
    for key, given in (ranges or {}).items():
        low, high = (0, 1) if given is None else _ends(given)
        if high <= low:
            shown = list(given) if isinstance(given, tuple | list) else given
            raise ParameterError(
                f"{key}={shown}: ESPnet raises with it, as the upper end is never drawn; allowed is an upper end above "
                f"{low}, or {switch}: false"
            )


def _ratio_range(given: float | tuple[float, float]) -> dict[str, Any]:
    low, high = _ends(given)
    return {"min_ratio": float(low), "max_ratio": float(high), "ratio_rule": "replaces"}


def _ends(given: float | tuple[float, float]) -> tuple[float, float]:
    return (0, given) if isinstance(given, (int, float)) else (given[0], given[1])


# egs2/librispeech/asr1/conf/tuning: train_asr_conformer10_hop_length160.yaml, train_asr_e_branchformer.yaml;
# train_asr_conformer.yaml.
ESPNET_POLICIES = (
    replace(
        espnet_policy(
            freq_mask_width_range=(0, 27),
            time_mask_width_ratio_range=(0.0, 0.05),
            num_time_mask=10,
            name="espnet-conformer10",
        ),
        frontend=replace(FRONTEND, hop_length=160, name="espnet of espnet-conformer10"),
    ),
    espnet_policy(freq_mask_width_range=(0, 30), time_mask_width_range=(0, 40), name="espnet-conformer"),
)
