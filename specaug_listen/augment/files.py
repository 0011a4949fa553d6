"""Policies by name or from a YAML file."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .._files import printable
from .._record import from_plain, nearest
from .._yaml import by_name, read_mapping
from ..errors import ParameterError, PolicyError, naming
from .adapter import Adapter
from .dialects.registry import ALL_POLICIES
from .loading import is_spec
from .policy import Policy, foreign_policy

__all__ = ["get_policy", "read_policy"]

_KINDS = ("frequency_mask", "time_mask", "time_warp")


def get_policy(name: str | os.PathLike[str] | Policy | Callable[..., Any], *, adapter: Adapter | None = None) -> Policy:
    """The policy of a name (in upper or lower case), of a YAML file's path, or of a callable of one's own.

    Parameters
    ----------
    name : str, path-like, Policy or callable
        ``module:callable`` and ``path/to/file.py:callable`` name a Mel -> Mel callable; see `foreign_policy`.
    adapter : Adapter or None
        How a callable wants the mel.

    Raises
    ------
    ParameterError
        For an unknown name; the nearest known one is named. For a callable that cannot be had. For an adapter where
        there is no callable.
    PolicyError
        For a file that cannot be read.

    Examples
    --------
    >>> get_policy("ld").name
    'LD'
    """
    is_named = isinstance(name, str) and is_spec(name) and not name.lower().endswith((".yaml", ".yml", ".json"))
    if is_named or (callable(name) and not isinstance(name, Policy)):
        return foreign_policy(name, adapter=adapter)  # type: ignore[arg-type]
    if adapter is not None:
        raise ParameterError(f"an adapter is for a callable, and the policy is {name!s:.80}; leave the adapter out")
    return by_name(name, Policy, ALL_POLICIES, "policy", read_policy)


def read_policy(path: str | os.PathLike[str]) -> Policy:
    """Read a policy from YAML.

    Raises
    ------
    PolicyError
        One line that names the file, the key, the value and what is allowed.

    Examples
    --------
    ::

        name: mine
        probability: 0.9
        transforms:
          - time_warp: {max_frames: 40}
          - frequency_mask: {count: 2, max_bins: 27, fill: mean}
          - time_mask: {count: 2, max_frames: 70, max_ratio: 0.2, fill: floor}
    """
    name = printable(path)
    data = read_mapping(path, "policy")
    data.setdefault("name", Path(name).stem)
    with naming(name, PolicyError):
        if isinstance(data.get("transforms"), list):
            data["transforms"] = [_tagged(entry, i) for i, entry in enumerate(data["transforms"])]
        return from_plain(Policy, data)


def _tagged(entry: Any, position: int) -> Any:
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
        raise ParameterError(
            f"unknown key 'transforms[{position}].{kind}'{nearest(str(kind), list(_KINDS))} "
            f"(allowed: {', '.join(_KINDS)})"
        )
    fields = {} if fields is None else fields
    if not isinstance(fields, dict) or "kind" in fields:
        raise ParameterError(f"transforms[{position}].{kind}={fields!r:.80}: allowed is a mapping of its parameters")
    return {"kind": kind, **fields}
