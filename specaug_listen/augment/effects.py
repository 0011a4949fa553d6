"""What a policy does, in one sentence with sizes in bins and seconds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .._notices import plural
from .framework_masks import Mask
from .framework_transforms import Copy, Cutout, TrimTail, Warp
from .paper_transforms import PaperTransform

__all__ = ["effects_in_words", "warp_in_words"]


def effects_in_words(transforms: Sequence[Any], n_mels: int, hop_s: float) -> str:
    r"""Describe what transforms do to a clip, without the rules by which they draw; empty if they do nothing.

    Parameters
    ----------
    transforms : sequence of transforms
    n_mels : int > 0
        Bins of the mel.
    hop_s : float > 0 [s]
        From one frame to the next.

    Examples
    --------
    >>> from specaug_listen.augment import LB
    >>> effects_in_words(LB.transforms, 80, 0.01)
    'time warp by up to 0.8\xa0s; 1 frequency mask of up to 27 of 80 bins; 1 time mask of up to 1\xa0s'
    """
    return "; ".join(_effect(rule, n_mels, hop_s) for rule in _active_rules(transforms))


def warp_in_words(transforms: Sequence[Any], hop_s: float) -> str:
    r"""Say how far transforms warp time; empty if they do not. Parameters as for `effects_in_words`.

    Examples
    --------
    >>> from specaug_listen.augment import LB
    >>> warp_in_words(LB.transforms, 0.01)
    'up to 0.8\xa0s'
    """
    return "; ".join(_size_of_warp(rule, hop_s) for rule in _active_rules(transforms) if isinstance(rule, Warp))


def _active_rules(transforms: Sequence[Any]) -> list[Any]:
    rules = (t.rule if isinstance(t, PaperTransform) else t for t in transforms)
    return [rule for rule in rules if not getattr(rule, "is_idle", False)]


def _size_of_warp(warp: Warp, hop_s: float) -> str:
    if warp.is_dynamic:
        return f"up to {100 * (1.0 if warp.max_ratio is None else warp.max_ratio):g}% of the clip"
    return f"up to {_seconds(warp.max_frames, hop_s)}"


def _seconds(frames: float, hop_s: float) -> str:
    return f"{frames * hop_s:.2g}\N{NO-BREAK SPACE}s"


def _effect(rule: Any, n_mels: int, hop_s: float) -> str:
    def seconds(frames: float) -> str:
        return _seconds(frames, hop_s)

    if isinstance(rule, Mask):
        one = f"{rule.axis} mask"
        size = _size_of_mask(rule, n_mels, seconds)
        n = rule.fixed_count
        if rule.count_rule in ("share", "patches"):
            what = "bins" if rule.axis == "frequency" else "clip"
            return f"{one}s of {size} over {rule.count_ratio or 0:.0%} of the {what}"
        if n is None:
            return f"{one}s of {size}, more of them in longer clips" + (
                "" if rule.max_count is None else f" (at most {rule.max_count})"
            )
        is_most = rule.count_rule == "total" or (rule.count_rule == "range" and n != rule.count)
        return f"{'up to ' if is_most else ''}{plural(n, one)} of {size}"
    if isinstance(rule, Warp):
        return f"time warp by {_size_of_warp(rule, hop_s)}" if not rule.is_dynamic else "time warp"
    if isinstance(rule, Cutout):
        size = f"{rule.max_bins} of {n_mels} bins × {seconds(rule.max_frames)}"
        return f"{plural(rule.count, 'masked rectangle')} of up to {size}"
    if isinstance(rule, Copy):
        n = rule.count
        return f"{n} {'copy' if n == 1 else 'copies'} of earlier frames, up to {seconds(rule.max_frames)} long"
    if isinstance(rule, TrimTail):
        return f"up to {seconds(rule.max_frames)} cut off at the end"
    return f"your callable {getattr(rule, 'call', type(rule).__name__):.80}"


def _size_of_mask(mask: Mask, n_mels: int, seconds: Any) -> str:
    """Return the size of one mask, or of all where a budget is shared."""
    share = "" if mask.max_ratio is None else f"{100 * mask.max_ratio:g}% of the clip"
    if mask.axis == "frequency":
        share = share.replace("clip", "bins")
    by_share = mask.ratio_rule in ("replaces", "scales", "at_least_one") and bool(share)
    if by_share or mask.max_width is None:
        return f"up to {share}"
    widest = mask.max_width
    if mask.width_rule not in ("fixed", "inclusive"):
        widest = max(widest - 1, mask.min_width)  # the maximum itself is never drawn
    size = f"{min(widest, n_mels)} of {n_mels} bins" if mask.axis == "frequency" else seconds(widest)
    most = "" if mask.width_rule == "fixed" else "up to "
    together = f", together at most {share}" if mask.ratio_rule == "total" and share else ""
    bound = f" and {share}" if share and mask.max_ratio != 1 and not together else ""
    return f"{most}{size}{bound}{together}"
