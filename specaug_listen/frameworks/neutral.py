"""`NeutralPolicy`: the common form of policies, for conversion between frameworks.

A framework's ``write`` turns it into a configuration. Values that depend on the length of a clip, and cannot be written
so, are computed for 1000 frames and 80 bins, which most front-ends have.
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
# Wider than any mask: stands for no bound where only a share bounds widths.
UNBOUNDED = 10_000


@dataclass(frozen=True)
class NeutralMasks:
    """Masks along one axis, for any framework.

    Parameters
    ----------
    count, most : int
        Minimum and maximum count.
    narrowest, widest : int or None
        Minimum and maximum width, both included; ``widest`` is None if only a share bounds it.
    low_share, share : float
        Minimum and maximum width as a share of the axis; ``share`` is 1 without a bound.
    is_open : bool
        Whether the maximum that follows from the share is excluded.
    budget : float or None
        Share of the axis for all masks together.
    per_frame : float or None
        Masks per frame.
    coverage : float or None
        Share that the masks would cover without overlap.
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
        """The count for a clip of 1000 frames."""
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
        """The maximum width for a clip of 1000 frames."""
        bound = int(self.share * N_FRAMES + 1e-9)
        if self.is_open and self.widest is None:
            bound = max(0, bound - 1)
        if self.budget is not None and self.widest is not None:
            number = max(1, self._number_in_budget)
            bound = max(0, min(self.widest, int(self.budget * N_FRAMES // number) - 1))
        return bound if self.widest is None else min(self.widest, bound)

    @property
    def n_bins(self) -> int:
        """The maximum width of a frequency mask, in bins."""
        return int(self.share * N_BINS) if self.widest is None else self.widest

    @property
    def end(self) -> int:
        """Upper bound of the widths (exclusive)."""
        widest = self.width if self.widest is None or self.budget is not None else self.widest
        return min(UNBOUNDED, widest + 1)

    @property
    def range(self) -> list[int]:
        """Minimum width and upper bound (exclusive), which is larger."""
        return [min(self.narrowest, self.end - 1), self.end]

    @property
    def is_share_alone(self) -> bool:
        """Whether widths are bounded only by a share of the clip."""
        return self.widest is None

    @property
    def constant_fill(self) -> float | None:
        """The fill value; None if it depends on the mel."""
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
        0 without a warp.
    frequency, time : NeutralMasks
        The first ones along each axis; `_NO_MASKS` if there are none.
    order : tuple of str
        ``warp``, ``frequency`` and ``time``, in the order of application.
    others : tuple
        Transforms of other kinds.
    left_out : tuple of str
        Further masks along the same axis, in words.
    n_applied : (int, int) or None
    dynamic_warp : float or None
        The largest displacement as a share of the clip, if it is not a number of frames.
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
        """Whether the fill is 0, that of frequency masks if there are any."""
        masks = self.time if self.frequency is _NO_MASKS else self.frequency
        return masks.constant_fill == 0.0


def neutral_policy(policy: Policy) -> NeutralPolicy:
    """Return the common form of a policy.

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
    # `number` is computed for 1000 frames, so shares of the bins are converted to that size.
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
    from .._yaml_loader import dump  # takes 20 ms to import, and only writing needs it

    return dump(data)
