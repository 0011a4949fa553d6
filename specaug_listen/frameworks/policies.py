"""Policies by name, from a file, or of a callable."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from .._yaml import by_name
from ..augment.parameters import read_assignments, split_parameters
from ..augment.policy import Policy, foreign_policy
from ..custom.adapter import Adapter
from ..custom.load import is_spec
from ..errors import ParameterError
from .read import Imported, read_policy
from .registry import ALL_POLICIES, FRAMEWORKS, MAIN_RECIPES

__all__ = ["get_policy", "is_policy_name", "recipe_behind"]


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
    source = next(one for one in FRAMEWORKS.values() if name.lower() in one.main_recipes).name
    others = [other for other, one in ALL_POLICIES.items() if one.framework == source and other != policy.name]
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
