"""The papers' own rules [1]_ [2]_, which policies of our own follow, and the YAML format of these.

References
----------
.. [1] D. S. Park et al., "SpecAugment: A Simple Data Augmentation Method for Automatic Speech Recognition",
   Interspeech 2019, arXiv:1904.08779.
.. [2] D. S. Park et al., "SpecAugment on Large Scale Datasets", ICASSP 2020, arXiv:1912.05533.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .._files import printable
from .._records import from_plain, to_plain
from ..augment import POLICIES, Policy
from ..errors import ParameterError, PolicyError, error_context, nearest, unknown_name
from ..frontends import by_name as frontends
from .framework import Framework
from .neutral import NeutralMasks, NeutralPolicy, to_yaml

__all__ = ["OWN_KEYS", "PAPER", "is_nearly_own", "is_own", "own_policy"]

_KINDS = ("frequency_mask", "time_mask", "time_warp", "mask", "cutout", "copy", "trim_tail", "warp")
OWN_KEYS = (
    *("dialect", "name", "probability", "transforms", "batch", "exact_rng", "min_mels", "n_applied"),
    *("is_shuffled", "warp_probability", "notes", "frontend"),
)


def is_own(data: Mapping[str, Any]) -> bool:
    """Whether a file holds a policy of our own."""
    return isinstance(data.get("transforms"), list)


def is_nearly_own(data: Mapping[str, Any]) -> bool:
    """Whether a file has only keys of our own policies, or one more that may be a typo of ``transforms``."""
    others = [key for key in data if key not in (*OWN_KEYS, "framework")]
    if not others or "transforms" in data:
        return True
    return len(others) == 1 and bool(nearest(others[0], ["transforms"])) and isinstance(data[others[0]], list)


def own_policy(data: Mapping[str, Any], path: str | os.PathLike[str]) -> Policy:
    """Return the policy in our own YAML; raise a PolicyError with the file ``path``, the key and what is allowed."""
    file = printable(path)
    fields = {"name": Path(file).stem, **data}
    with error_context(file, PolicyError):
        if "framework" in fields:
            if "dialect" in fields:
                raise ParameterError("framework and dialect are two names of one key; give one of them")
            fields["dialect"] = fields.pop("framework")
        if isinstance(fields.get("transforms"), list):
            fields["transforms"] = [_with_kind(entry, i) for i, entry in enumerate(fields["transforms"])]
        if isinstance(fields.get("frontend"), str):
            fields["frontend"] = to_plain(frontends.get_frontend(fields["frontend"]))
        elif isinstance(fields.get("frontend"), dict):
            fields["frontend"] = to_plain(frontends.frontend_from_mapping(fields["frontend"], path))
        return from_plain(Policy, fields)


def _with_kind(entry: Any, position: int) -> Any:
    """Turn ``{time_mask: {...}}`` into ``{kind: time_mask, ...}``."""
    if isinstance(entry, str) and entry in _KINDS:
        return {"kind": entry}
    if not (isinstance(entry, dict) and len(entry) == 1):
        raise ParameterError(
            f"transforms[{position}]={entry!r:.80}: allowed is one mapping with one key of {', '.join(_KINDS)}, e.g. "
            "time_mask: {max_frames: 40}"
        )
    kind, fields = next(iter(entry.items()))
    if kind not in _KINDS:
        with error_context(f"transforms[{position}]"):
            raise unknown_name("transform", kind, _KINDS)
    fields = {} if fields is None else fields
    if not isinstance(fields, dict) or "kind" in fields:
        raise ParameterError(f"transforms[{position}].{kind}={fields!r:.80}: allowed is a mapping of its parameters")
    return {"kind": kind, **fields}


def _write(policy: NeutralPolicy) -> str:
    entries: list[dict[str, Any]] = []
    for kind in policy.order:
        if kind == "warp" and policy.warp_frames:
            entries.append({"time_warp": {"max_frames": policy.warp_frames}})
        elif kind == "frequency":
            masks = policy.frequency
            fields = {"count": masks.number, "max_bins": masks.n_bins, "fill": _fill(masks)}
            entries.append({"frequency_mask": fields})
        elif kind == "time":
            entries.append({"time_mask": _time_fields(policy.time)})
    return to_yaml({"name": policy.name, "probability": policy.probability, "transforms": entries})


def _time_fields(masks: NeutralMasks) -> dict[str, Any]:
    fields: dict[str, Any] = {"max_frames": masks.widest if masks.budget is None else masks.width}
    fields |= {"max_ratio": masks.share, "fill": _fill(masks)}
    if masks.per_frame is not None:
        return {**fields, "count_ratio": masks.per_frame, "max_count": masks.most}
    return {"count": masks.number, **fields}


def _fill(masks: NeutralMasks) -> Any:
    return {"uniform": "noise", "unit_noise": "noise", "swap": "mean"}.get(masks.fill, masks.fill)


PAPER = Framework(
    name="paper",
    spelling="the paper",
    source="Park et al. 2019 (arXiv:1904.08779) and 2020 (arXiv:1912.05533)",
    oddities=(
        "widths are uniform from 0 to the maximum, starts are integers in [0, size - width): only a mask over all bins "
        "or frames reaches the last one",
        "a warp keeps both ends of the clip, and is skipped if no frame is W away from both",
    ),
    write=_write,
    scale="the front-end's own",
    recipes=tuple(POLICIES.values()),
)
