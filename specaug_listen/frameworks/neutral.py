"""`NeutralPolicy`: what policies of all frameworks have in common, for the way from one to another.

A framework's ``write`` turns it into a configuration. What follows from the length of a clip, and cannot be written so,
is taken at 1000 frames, and at as many bins as most front-ends have.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..augment.describe import in_words
from ..augment.framework_masks import Mask
from ..augment.framework_transforms import Warp
from ..augment.paper_transforms import PaperTransform
from ..augment.policy import Policy

__all__ = ["UNBOUNDED", "NeutralMasks", "NeutralPolicy", "neutral_policy", "to_yaml"]

N_FRAMES, N_BINS = 1000, 80
# No mask is wider than this; where only a share bounds widths, it stands for none.
UNBOUNDED = 10_000


@dataclass(frozen=True)
class NeutralMasks:
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

    @property
    def number(self) -> int:
        """How many there are in a clip of 1000 frames."""
        if self.per_frame is not None:
            return min(self.most, int(self.per_frame * N_FRAMES + 1e-9))
        if self.coverage is not None:
            return max(self.count, round(self.coverage * N_FRAMES / max(1, self.width)))
        return self.most if self.budget is None or self.widest is None else self._number_in_budget

    @property
    def _number_in_budget(self) -> int:
        return min(self.most, math.ceil((self.budget or 0) * N_FRAMES / max(1, (self.widest or 0) + 1)))

    @property
    def width(self) -> int:
        """The widest in a clip of 1000 frames."""
        bound = int(self.share * N_FRAMES + 1e-9)
        if self.is_open and self.widest is None:
            bound = max(0, bound - 1)
        if self.budget is not None and self.widest is not None:
            number = max(1, self._number_in_budget)
            bound = max(0, min(self.widest, int(self.budget * N_FRAMES // number) - 1))
        return bound if self.widest is None else min(self.widest, bound)

    @property
    def n_bins(self) -> int:
        """The widest mask of frequency in bins."""
        return int(self.share * N_BINS) if self.widest is None else self.widest

    @property
    def end(self) -> int:
        """The end of the widths, for frameworks that never draw it itself."""
        widest = self.width if self.widest is None or self.budget is not None else self.widest
        return min(UNBOUNDED, widest + 1)

    @property
    def range(self) -> list[int]:
        """The least width, and the end of the widths, which is above it."""
        return [min(self.narrowest, self.end - 1), self.end]

    @property
    def is_share_alone(self) -> bool:
        """Whether widths follow from the length of the clip only."""
        return self.widest is None

    @property
    def constant_fill(self) -> float | None:
        """The number that is filled in; None where it follows from the mel."""
        return float(self.fill) if isinstance(self.fill, int | float) else None


_NO_MASKS = NeutralMasks(0, 0, 0, 0)


@dataclass(frozen=True)
class NeutralPolicy:
    """The masks, the warp and the probability of a policy.

    Parameters
    ----------
    name, framework : str
    probability : float
    warp_frames : int
        0 where there is no warp.
    frequency, time : NeutralMasks
        Of several along one axis the first; none of them where there are none.
    order : tuple of str
        ``warp``, ``frequency`` and ``time``, as they are applied.
    others : tuple
        Transforms of other kinds.
    left_out : tuple of str
        Further masks, in words.
    n_applied : (int, int) or None
    dynamic_warp : float or None
        The share of the clip by which a warp moves, where it does not move by frames.
    is_shuffled : bool
    """

    name: str
    framework: str
    probability: float
    warp_frames: int
    frequency: NeutralMasks
    time: NeutralMasks
    order: tuple[str, ...]
    others: tuple[Any, ...]
    left_out: tuple[str, ...]
    n_applied: tuple[int, int] | None = None
    dynamic_warp: float | None = None
    is_shuffled: bool = False

    @property
    def is_filled_with_zero(self) -> bool:
        """Whether the masks, those of frequency first, are filled with 0."""
        masks = self.time if self.frequency is _NO_MASKS else self.frequency
        return masks.constant_fill == 0.0


def neutral_policy(policy: Policy) -> NeutralPolicy:
    """Return what a policy has in common with those of other frameworks.

    Examples
    --------
    >>> from specaug_listen.augment import LB
    >>> neutral_policy(LB).frequency.widest
    27
    """
    masks: dict[str, NeutralMasks] = {}
    warp_frames, dynamic = 0, None
    order, others, left_out = [], [], []
    for own in policy.transforms:
        transform = own.rule if isinstance(own, PaperTransform) else own
        if isinstance(transform, Warp):
            order.append("warp")
            is_off = transform.max_frames == 0 or transform.max_ratio == 0
            if transform.is_dynamic and not is_off:
                dynamic = transform.max_ratio
            width = transform.max_frames if dynamic is None else int(dynamic * N_FRAMES)
            warp_frames = warp_frames or (0 if is_off else width)
        elif isinstance(transform, Mask) and transform.axis in masks:
            left_out.append(in_words(own))
        elif isinstance(transform, Mask):
            masks[transform.axis] = _neutral_masks(transform)
            order.append(transform.axis)
        else:
            others.append(transform)
    frequency, time = masks.get("frequency", _NO_MASKS), masks.get("time", _NO_MASKS)
    return NeutralPolicy(
        policy.name, policy.framework, policy.probability, warp_frames, frequency, time, tuple(order), tuple(others),
        tuple(left_out), policy.n_applied, dynamic, policy.is_shuffled,
    )  # fmt: skip


def _neutral_masks(mask: Mask) -> NeutralMasks:
    widest = mask.max_width
    if widest is not None and mask.width_rule in ("exclusive", "scaled"):
        widest = max(mask.min_width, widest - 1)
    if mask.max_ratio is not None and mask.ratio_rule in ("replaces", "scales", "at_least_one"):
        widest = None
    is_total = mask.ratio_rule == "total"
    # Shares of an axis in frames of 1000, whichever axis it is.
    size = 1.0 if mask.axis == "time" else N_BINS / N_FRAMES
    is_covering = mask.count_ratio is not None and mask.count_rule in ("share", "patches")
    return NeutralMasks(
        mask.count,
        mask.count if mask.max_count is None else mask.max_count,
        mask.max_width or 0 if mask.width_rule == "fixed" else mask.min_width,
        widest,
        mask.min_ratio if widest is None else 0.0,
        1.0 if mask.max_ratio is None or is_total else mask.max_ratio,
        mask.max_ratio if is_total else None,
        mask.count_ratio if mask.count_rule in ("floor", "ceil") else None,
        (mask.count_ratio or 0.0) * size if is_covering else None,
        mask.fill,
        mask.width_rule in ("exclusive", "scaled"),
    )


def to_yaml(data: Mapping[str, Any]) -> str:
    """Return a configuration as YAML text."""
    from .._yaml_loader import dump  # only who writes needs it, and it takes 20 ms to import

    return dump(data)
