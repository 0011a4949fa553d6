"""`Outline`: what policies of all dialects have in common, for the way from one to another."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from ..augment.describe import in_words
from ..augment.masks import Mask, Warp
from ..augment.paper import FrequencyMask, TimeMask, TimeWarp
from ..augment.policy import Policy

__all__ = ["Masks", "Outline", "outlined"]

_FRAMES = 1000
_MELS = 80


@dataclass(frozen=True)
class Masks:
    """Masks along one axis, whoever draws them.

    Parameters
    ----------
    count, most : int
        The least and the largest number.
    narrowest, widest : int or None
        Widths that are drawn, both ends included; ``widest`` is None where a share alone decides.
    low_share, share : float
        Bounds of a width as a share of the axis; 1 where there is none.
    is_open : bool
        Whether the width that a share alone gives is never drawn itself.
    budget : float or None
        Share that all masks have together.
    per_frame : float or None
        Masks per frame.
    coverage : float or None
        Share that the masks would cover if none overlapped.
    fill : float or str
    """

    count: int
    most: int
    narrowest: int
    widest: int | None
    low_share: float = 0.0
    share: float = 1.0
    budget: float | None = None
    per_frame: float | None = None
    coverage: float | None = None
    fill: Any = "mean"
    is_open: bool = False

    def number(self) -> int:
        """How many there are in a clip of 1000 frames."""
        if self.per_frame is not None:
            return min(self.most, int(self.per_frame * _FRAMES + 1e-9))
        if self.coverage is not None:
            return max(self.count, round(self.coverage * _FRAMES / max(1, self.width())))
        if self.budget is not None and self.widest is not None:
            return min(self.most, math.ceil(self.budget * _FRAMES / max(1, self.widest + 1)))
        return self.most

    def width(self) -> int:
        """The widest in a clip of 1000 frames."""
        bound = int(self.share * _FRAMES + 1e-9)
        if self.is_open and self.widest is None:
            bound = max(0, bound - 1)
        if self.budget is not None and self.widest is not None:
            number = max(1, min(self.most, math.ceil(self.budget * _FRAMES / max(1, self.widest + 1))))
            bound = max(0, min(self.widest, int(self.budget * _FRAMES // number) - 1))
        return bound if self.widest is None else min(self.widest, bound)

    @property
    def is_share_alone(self) -> bool:
        """Whether widths follow from the length of the clip only."""
        return self.widest is None


@dataclass(frozen=True)
class Outline:
    """The masks, warp and chance of a policy; ``others`` are what else it does, ``left_out`` further masks."""

    name: str
    dialect: str
    probability: float
    warp_frames: int
    frequency: Masks | None
    time: Masks | None
    order: tuple[str, ...]
    others: tuple[Any, ...]
    left_out: tuple[str, ...]
    n_applied: tuple[int, int] | None = None
    dynamic_warp: float | None = None
    is_shuffled: bool = False


def outlined(policy: Policy) -> Outline:
    """The outline of a policy; of several masks along one axis, only the first are in it.

    Examples
    --------
    >>> from specaug_listen.augment import LB
    >>> outlined(LB).frequency.widest
    27
    """
    masks: dict[str, Masks] = {}
    warp, others, left, order = 0, [], [], []
    dynamic: float | None = None
    for transform in policy.transforms:
        if isinstance(transform, TimeWarp | Warp):
            is_off = transform.max_frames == 0 or getattr(transform, "max_ratio", None) == 0
            if isinstance(transform, Warp) and transform.is_dynamic and not is_off:
                dynamic = transform.max_ratio
            width = transform.max_frames if dynamic is None else int(dynamic * _FRAMES)
            warp = warp or (0 if is_off else width)
            order.append("warp")
            continue
        if not isinstance(transform, FrequencyMask | TimeMask | Mask):
            others.append(transform)
            continue
        axis = _axis(transform)
        if axis in masks:
            left.append(in_words(transform))
        else:
            masks[axis] = _masks(transform)
            order.append(axis)
    return Outline(
        policy.name, policy.dialect, policy.probability, warp, masks.get("frequency"), masks.get("time"),
        tuple(order), tuple(others), tuple(left), policy.n_applied, dynamic, policy.is_shuffled,
    )  # fmt: skip


def _axis(mask: FrequencyMask | TimeMask | Mask) -> str:
    if isinstance(mask, Mask):
        return mask.axis
    return "frequency" if isinstance(mask, FrequencyMask) else "time"


def _masks(mask: FrequencyMask | TimeMask | Mask) -> Masks:
    if isinstance(mask, FrequencyMask):
        return Masks(mask.count, mask.count, 0, mask.max_bins, fill=mask.fill)
    if isinstance(mask, TimeMask):
        most = mask.max_count if mask.count_ratio is not None and mask.max_count is not None else mask.count
        return Masks(
            mask.count, most, 0, mask.max_frames, share=mask.max_ratio, per_frame=mask.count_ratio, fill=mask.fill
        )
    return _of_framework(mask)


def _of_framework(mask: Mask) -> Masks:
    widest = mask.max_width
    if widest is not None and mask.width_rule in ("exclusive", "scaled"):
        widest = max(mask.min_width, widest - 1)
    if mask.max_ratio is not None and mask.ratio_rule in ("replaces", "scales", "at_least_one"):
        widest = None
    narrowest = mask.max_width or 0 if mask.width_rule == "fixed" else mask.min_width
    most = mask.count if mask.max_count is None else mask.max_count
    is_total = mask.ratio_rule == "total"
    # Of an axis of 1000 frames, or of as many bands as most front-ends have.
    size = 1.0 if mask.axis == "time" else _MELS / _FRAMES
    return Masks(
        mask.count,
        most,
        narrowest,
        widest,
        mask.min_ratio if widest is None else 0.0,
        1.0 if mask.max_ratio is None or is_total else mask.max_ratio,
        mask.max_ratio if is_total else None,
        mask.count_ratio if mask.count_rule in ("floor", "ceil") else None,
        mask.count_ratio * size if mask.count_ratio is not None and mask.count_rule in ("share", "patches") else None,
        mask.fill,
        mask.width_rule in ("exclusive", "scaled"),
    )
