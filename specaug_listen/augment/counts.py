"""How many masks transforms ask for together: each is drawn, measured, applied, outlined and written down."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..errors import ParameterError
from .masks import Copy, Cutout, Mask
from .paper import FrequencyMask, TimeMask

__all__ = ["check_counts"]

# More than anybody trains with; a draw of so many takes some seconds.
_MOST = 2000


def check_counts(transforms: Sequence[Any]) -> None:
    """Refuse transforms that ask for more masks than a draw can be expected to have, whatever the clip.

    Masks whose number follows from the clip's length are counted when they are drawn
    (`specaug_listen.augment.steps.check_n_steps`).

    Raises
    ------
    ParameterError

    Examples
    --------
    >>> check_counts([TimeMask(count=1000), FrequencyMask(count=1000)])
    """
    n = sum(_n_whatever_the_clip(one) for one in transforms)
    if n > _MOST:
        counted = max(transforms, key=_n_whatever_the_clip)
        raise ParameterError(
            f"transforms ask for {n} masks in one draw, {_n_whatever_the_clip(counted)} of them in one {counted.kind}: "
            f"allowed are {_MOST} in all transforms together; lower their count"
        )


def _n_whatever_the_clip(transform: Any) -> int:
    if isinstance(transform, TimeMask):
        return 0 if transform.count_ratio is not None else transform.count
    if isinstance(transform, Mask):
        if transform.count_rule in ("floor", "ceil", "patches"):
            return 0
        is_range = transform.count_rule == "range" and transform.max_count is not None
        return max(transform.count, transform.max_count or 0) if is_range else transform.count
    return transform.count if isinstance(transform, FrequencyMask | Cutout | Copy) else 0
