"""Policies by name or from a YAML file."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from .._files import printable
from .._records import from_plain, nearest, to_plain
from .._yaml import by_name, mapping_of
from ..augment.parameters import read_assignments, split_parameters
from ..augment.policy import Policy, foreign_policy
from ..custom.adapter import Adapter
from ..custom.load import is_spec
from ..errors import ParameterError, PolicyError, error_context
from ..frontends import files as frontends
from .reading import (
    READERS,
    Imported,
    can_be_read,
    content_of,
    framework_of,
    import_foreign,
    refuse_stranger,
    said_below,
)
from .registry import ALL_POLICIES, DIALECTS, MAIN_RECIPES

__all__ = [
    "check_dialect",
    "get_policy",
    "import_policy",
    "is_policy_name",
    "policy_of",
    "read_policy",
    "recipe_behind",
]

_KINDS = ("frequency_mask", "time_mask", "time_warp", "mask", "cutout", "copy", "trim_tail", "warp")
_OWN = (
    *("dialect", "name", "probability", "transforms", "batch", "exact_rng", "min_mels", "n_applied"),
    *("is_shuffled", "warp_probability", "notes", "frontend"),
)


def get_policy(
    name: str | os.PathLike[str] | Policy | Imported | Callable[..., Any], *, adapter: Adapter | None = None
) -> Policy:
    """The policy of a name (in upper or lower case), of a YAML file's path, or of a callable of one's own.

    Parameters
    ----------
    name : str, path-like, Policy, Imported or callable
        A framework's name is its main recipe. Parameters may follow a name or a path, as in ``LD,F=27,T=40``; see
        `Policy.with_parameters`. ``module:callable`` and ``path/to/file.py:callable`` name a Mel -> Mel callable; see
        `foreign_policy`.
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
    >>> get_policy("LD,F=27,T=40,p=0.2").transforms[2].max_frames
    40
    """
    if isinstance(name, str) and not os.path.exists(name):
        base, parameters = split_parameters(name)
        if parameters:
            return get_policy(base, adapter=adapter).with_parameters(parameters)
    is_named = isinstance(name, str) and is_spec(name) and not name.lower().endswith((".yaml", ".yml", ".json"))
    if is_named or (callable(name) and not isinstance(name, Policy)):
        return foreign_policy(name, adapter=adapter)  # type: ignore[arg-type]
    if isinstance(name, Imported):
        name = _of_import(name)
    if adapter is not None:
        raise ParameterError(f"an adapter is for a callable, and the policy is {name!s:.80}; leave the adapter out")
    if isinstance(name, str) and name.lower() in MAIN_RECIPES:
        return _main_recipe(name)
    is_named = isinstance(name, str) and name.lower() in {known.lower() for known in ALL_POLICIES}
    if isinstance(name, str) and not is_named:
        if os.path.exists(name) or os.sep in name:
            return read_policy(name)
        _check_assignments(name)
    known = ALL_POLICIES | {framework: ALL_POLICIES[recipe] for framework, recipe in MAIN_RECIPES.items()}
    return by_name(name, Policy, known, "policy", read_policy)


def _main_recipe(name: str) -> Policy:
    """The policy that a framework's name stands for, which says so."""
    policy = ALL_POLICIES[MAIN_RECIPES[name.lower()]]
    source = next(one for one in DIALECTS.values() if name.lower() in one.recipes).name
    others = [other for other, one in ALL_POLICIES.items() if one.dialect == source and other != policy.name]
    more = f"; others of {source}: {', '.join(others)}" if others else ""
    which = "the recipe of this name" if policy.name == name.lower() else f"the recipe {policy.name}"
    line = f"policy {name.lower()}: {which}{more}"
    return replace(policy, notes=(*policy.notes, line))


def _check_assignments(name: str) -> None:
    """Say what is wrong with parameters that stand alone, or are not written as ``KEY=VALUE``."""
    if re.fullmatch(r"[A-Za-z_.]+=[^,:/]*(,.*)?", name):
        raise ParameterError(f"policy {name!r:.80}: a parameter without a policy; write LD,{name:.60}")
    base, comma, rest = name.partition(",")
    if comma and (is_policy_name(base) or base.lower().endswith((".yaml", ".yml", ".json"))):
        read_assignments(rest.split(","), f"policy {name:.60}")


def is_policy_name(text: str) -> bool:
    """Whether a text, in upper or lower case, is the name of a policy or of a framework.

    Examples
    --------
    >>> is_policy_name("ld"), is_policy_name("nemo"), is_policy_name("ld.yaml")
    (True, True, False)
    """
    return text.lower() in MAIN_RECIPES or text.lower() in {known.lower() for known in ALL_POLICIES}


def recipe_behind(policy: Policy) -> Policy | None:
    """The known policy that one is, but for parameters that its name says; None for another.

    Examples
    --------
    >>> recipe_behind(get_policy("espnet,F=8")).name
    'espnet-conformer10'
    """
    try:
        base, parameters = split_parameters(policy.name)
        known = ALL_POLICIES.get(base)
        made = known.with_parameters(parameters) if known is not None and parameters else known
    except ParameterError:
        return None
    return known if made == policy else None


def _of_import(found: Imported) -> Policy:
    """The policy, which knows what the configuration says of its front-end."""
    policy = found.policy
    error = found.why_no_frontend or policy.frontend_error
    return replace(policy, frontend=found.frontend or policy.frontend, frontend_error=error)


def read_policy(path: str | os.PathLike[str], dialect: str | None = None) -> Policy:
    """Read a policy from YAML of our own, or from a framework's configuration; see `import_policy`.

    It draws exactly as the framework does, and its ``frontend`` is the configuration's own. What was filled in, has no
    effect or is not heard stands in its ``notes``.

    Raises
    ------
    PolicyError
        One line that names the file, the key, the value and what is allowed.

    Examples
    --------
    ::

        name: mine
        frontend: whisper-128
        probability: 0.9
        transforms:
          - time_warp: {max_frames: 40}
          - frequency_mask: {count: 2, max_bins: 27, fill: mean}
          - time_mask: {count: 2, max_frames: 70, max_ratio: 0.2, fill: floor}
    """
    return import_policy(path, dialect).policy


def import_policy(path: str | os.PathLike[str], dialect: str | None = None) -> Imported:
    """Read what a configuration says about augmentation: the policy, the front-end, and what it leaves open.

    Nothing in the file is executed: no tag, no import, no constructor.

    Parameters
    ----------
    path : str or path-like
        Our own YAML; the training configuration of ESPnet, NeMo, SpeechBrain, WeNet or fairseq; a Whisper model's
        folder or ``config.json``; constructor arguments of lhotse's, torchaudio's or lingvo's SpecAugment in YAML or
        JSON.
    dialect : str or None
        The framework: ``espnet``, ``nemo``, ``speechbrain``, ``wenet``, ``hf``, ``fairseq``, ``lhotse``,
        ``torchaudio``, ``lingvo``; ``paper`` for our own. None guesses from the keys.

    Returns
    -------
    Imported

    Raises
    ------
    ParameterError
        For an unknown dialect.
    PolicyError
        One line that names the file, the key, the value and what is allowed.
    """
    check_dialect(dialect)
    content = content_of(path)
    data = content.data
    with error_context(printable(path), PolicyError):
        if dialect not in (None, "paper"):
            refuse_stranger(data, dialect)
        guessed = dialect or framework_of(data)
    if guessed is not None and guessed != "paper":
        return import_foreign(data, guessed, path, content.notes)
    if dialect is None and _is_nobodys(data):
        raise PolicyError(
            f"{printable(path)}: holds no key of a framework's SpecAugment, nor of a policy of our own"
            f"{_merged(data) or said_below(data, can_be_read)} (tried: {', '.join(sorted(READERS))}; allowed of our "
            f"own: {', '.join(_OWN)})"
        )
    policy = policy_of(mapping_of(content.text, path, "policy"), path)
    return Imported(policy, policy.frontend, policy.dialect)


def check_dialect(dialect: str | None) -> None:
    """Raise a ParameterError for the name of a framework that is not read."""
    allowed = ["paper", *READERS]
    if dialect is not None and dialect not in allowed:
        close = nearest(str(dialect), allowed)
        raise ParameterError(f"unknown dialect {dialect!r:.80}{close} (allowed: {', '.join(sorted(allowed))})")


def _merged(data: dict[str, Any]) -> str:
    """Where hydra takes the rest from other files, as the tail of a message; empty where it does not."""
    if not isinstance(data.get("defaults"), list):
        return ""
    return (
        "; its `defaults` are merged by hydra from other files, which are not read: give what the training script "
        "prints with --cfg job"
    )


def _is_nobodys(data: dict[str, Any]) -> bool:
    """Whether a file is not even a policy of our own with a key misspelt."""
    others = [key for key in data if key not in _OWN]
    is_ours = "transforms" in data or (
        len(others) == 1 and bool(nearest(others[0], ["transforms"])) and isinstance(data[others[0]], list)
    )
    return any(key not in _OWN for key in data) and not is_ours


def policy_of(data: dict[str, Any], path: str | os.PathLike[str]) -> Policy:
    """The policy of what our own YAML at ``path`` holds; errors as in `read_policy`."""
    name = printable(path)
    data = {"name": Path(name).stem, **data}
    with error_context(name, PolicyError):
        if isinstance(data.get("transforms"), list):
            data["transforms"] = [_tagged(entry, i) for i, entry in enumerate(data["transforms"])]
        if isinstance(data.get("frontend"), str):
            data["frontend"] = to_plain(frontends.get_frontend(data["frontend"]))
        elif isinstance(data.get("frontend"), dict):
            data["frontend"] = to_plain(frontends.frontend_from_mapping(data["frontend"], path))
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
