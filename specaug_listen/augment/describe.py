"""Descriptions of transforms for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .fills import FILLS, Fill
from .framework_masks import Mask
from .framework_transforms import Copy, Cutout, TrimTail, Warp
from .paper_transforms import PaperTransform, TimeWarp

__all__ = ["SUBJECTS", "aspects", "in_words", "moves", "notes_on", "prefix_of", "subject"]

# Names of transforms by the prefix of their parameters.
SUBJECTS = {
    "time_mask": "time masks",
    "frequency_mask": "frequency masks",
    "time_warp": "time warp",
    "cutout": "rectangles",
    "copy": "copies of earlier frames",
    "trim_tail": "last frames cut off",
}
_STARTS = {
    "all": "anywhere that the mask fits",
    "last_left_out": "anywhere but the last position",
    "last_left_out_scaled": "anywhere but the last position",
    "last_left_out_sliced": "anywhere but the last position",
    "float_width": "anywhere but the last position, slightly more often to the left",
    "below_widest": "below the size minus the widest mask of the batch",
    "below_limit": "up to the size minus the maximum width",
    "below_limit_or_1": "up to the size minus the maximum width",
    "under_limit": "below the size minus the maximum width",
    "anywhere": "anywhere, truncated at the end",
    "distinct": "anywhere that the mask fits, all different",
    "grid": "at multiples of the width, all different",
}
_OVERS = {"clean": "the clip", "unwarped": "the clip before the warp", "current": "the clip with earlier masks"}
_MAPS = {
    "linear": "piecewise linear, ends fixed",
    "hat": "piecewise linear, ends fixed",
    "bicubic": "both parts resized separately (bicubic, half-pixel)",
    "bicubic_corners": "both parts resized separately (bicubic, corners kept)",
    "linear_halves": "both parts resized separately (linear, half-pixel)",
}


def in_words(transform: Any) -> str:
    """Describe a transform in one line.

    Examples
    --------
    >>> from specaug_listen.augment import FrequencyMask
    >>> in_words(FrequencyMask(count=2, max_bins=27, fill="mean"))
    'frequency masks: 2; 0 to 27 bins; start anywhere but the last position; filled with the mean of the clip'
    """
    is_idle = getattr(transform, "is_idle", False)
    return f"{subject(transform)}: {'none' if is_idle else '; '.join(aspects(transform).values())}"


def prefix_of(transform: Any) -> str:
    """Return the prefix of a transform's parameters, e.g. ``time_mask`` in ``time_mask.count``."""
    if isinstance(transform, Mask):
        return f"{transform.axis}_mask"
    return "time_warp" if isinstance(transform, Warp) else str(transform.kind)


def subject(transform: Any) -> str:
    """Return the name of a transform for people, e.g. ``time masks``."""
    return SUBJECTS.get(prefix_of(transform), type(transform).__name__)


def aspects(transform: Any) -> dict[str, str]:
    """Describe a transform by aspect: count, width, start, fill or others."""
    if isinstance(transform, PaperTransform):
        return aspects(transform.rule)
    if isinstance(transform, Mask):
        return {
            "count": _count(transform),
            "width": _width(transform),
            "start": f"start {_STARTS[transform.start_rule]}",
            "fill": f"filled with {_fill(transform)}",
        }
    if isinstance(transform, Warp):
        return _of_warp(transform)
    if isinstance(transform, Cutout):
        size = f"0 to {transform.max_bins} bins x 0 to {transform.max_frames} frames"
        return {"count": str(transform.count), "width": size, "fill": f"filled with {_value(transform.fill, '')}"}
    if isinstance(transform, Copy):
        return {
            "count": str(transform.count),
            "width": f"1 to {transform.max_frames} frames, from any earlier position",
        }
    if isinstance(transform, TrimTail):
        return {"width": f"1 to {transform.max_frames} frames, if that is less than half of the clip"}
    return {"what": repr(transform)[:100]}


def _count(mask: Mask) -> str:
    ratio = f"{mask.count_ratio:g}" if mask.count_ratio is not None else ""
    most = "" if mask.max_count is None else f", at most {mask.max_count}"
    what = "bins" if mask.axis == "frequency" else "clip" if mask.over == "clip" else "padded batch"
    return {
        "fixed": str(mask.count),
        "range": f"{mask.count} to {mask.max_count}" if mask.max_count != mask.count else str(mask.count),
        "floor": f"{ratio} per frame, rounded down{most}",
        "ceil": f"{ratio} per frame, rounded up{most}",
        "total": f"the fewest that can use up the budget, at most {mask.count}",
        "share": f"as many as cover {ratio} of the {what} without overlap, at least {mask.count}",
        "patches": f"as many as cover {ratio} of the {what}",
    }[mask.count_rule]


def _width(mask: Mask) -> str:
    unit = "bins" if mask.axis == "frequency" else "frames"
    what = "bins" if mask.axis == "frequency" else "clip" if mask.over == "clip" else "padded batch"
    is_idle = mask.max_ratio == 1 and mask.max_width is not None and mask.ratio_rule in ("bounds", "clamps")
    share = "" if mask.max_ratio is None or is_idle else f"{mask.max_ratio:g} of the {what}"
    bound = {
        "bounds": f"at most {share}",
        "replaces": f"{mask.min_ratio:g} to less than {share}",
        "scales": f"less than {share}",
        "at_least_one": f"0 to {share}, or to 1 frame",
        "clamps": f"then clamped to {share}",
        "total": f"all together at most {share}",
    }[mask.ratio_rule]
    replaced = mask.ratio_rule in ("replaces", "scales", "at_least_one") and bool(share)
    frames = "" if mask.max_width is None or replaced else _range(mask, unit)
    return ", ".join(filter(None, (frames, bound if share else "")))


def _range(mask: Mask, unit: str) -> str:
    widest = mask.max_width or 0
    if mask.width_rule == "fixed":
        return f"{widest} {unit}"
    if mask.width_rule == "inclusive":
        return f"{mask.min_width} to {widest} {unit}"
    return f"{mask.min_width} to {max(widest - 1, mask.min_width)} {unit} ({widest} is never drawn)"


def _fill(mask: Mask) -> str:
    if mask.fill == "swap":
        return "frames from a random distance"
    where = _OVERS[mask.fill_over]
    return _value(mask.fill, where if mask.over == "clip" else f"the padded batch ({where})")


def _value(fill: Fill, where: str) -> str:
    if isinstance(fill, int | float):
        return f"{fill:g} in the scale of the features"
    return FILLS[fill].words.format(clip=where or "the clip")


def moves(warp: TimeWarp | Warp) -> str:
    """Describe how far a warp may move a frame.

    Examples
    --------
    >>> moves(TimeWarp(80)), moves(TimeWarp(0))
    ('-80 to 80 frames', 'none')
    """
    warp = warp.rule if isinstance(warp, TimeWarp) else warp
    w = warp.max_frames
    if warp.is_idle:
        return "none"
    if warp.is_dynamic:
        return f"at most {warp.max_ratio or 1:g} of the clip"
    bound = "" if warp.max_ratio is None else f", at most {warp.max_ratio:g} of the clip"
    return f"{1 - w - warp.to_left} to {w - 1 + warp.to_right} frames{bound}"


def _of_warp(warp: Warp) -> dict[str, str]:
    if warp.is_idle:
        return {"moves": "none"}
    words = {"moves": f"a frame moves by {moves(warp)}"}
    if not warp.is_dynamic:
        whose = "batches, with their padding," if warp.over == "padded" else "clips"
        words["shortest"] = f"{whose} from {3 if warp.anywhere else 2 * warp.max_frames + warp.shortest} frames on"
    return {**words, "map": _MAPS[warp.interpolation]}


def notes_on(changes: Mapping[str, Any], transforms: Sequence[Any]) -> list[str]:
    """Explain parameters that were changed and mean something else in these transforms than in the paper."""
    masks = [transform for transform in transforms if isinstance(transform, Mask) and transform.axis == "time"]
    lines = []
    if "p" in changes and any(mask.ratio_rule == "total" for mask in masks):
        lines.append(
            f"p={changes['p']} bounds all time masks together here; the probability of being applied is 'probability'"
        )
    if changes.get("W") and any(isinstance(transform, Warp) and transform.max_ratio == 0 for transform in transforms):
        lines.append(f"W={changes['W']} has no effect: time_warp.max_ratio is 0, and bounds the warp")
    return lines
