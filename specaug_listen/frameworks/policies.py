"""Which policy is meant by a name, a file, a callable or an object.

All doors to a policy, here, in `specaug_listen.frameworks.read` and in `specaug_listen.frameworks.own_policies`:

====================  =====================================================  =========================
function              takes                                                  returns
====================  =====================================================  =========================
`choose_policy`       whatever names a policy, parameters, batch, generator  the `Policy` of a run
`get_policy`          whatever names a policy                                the `Policy`
`resolve_policy`      whatever names a policy, parameters                    an `Imported`
`read_policy`         a file, ours or a framework's                          the `Policy`
`import_policy`       a file, ours or a framework's                          an `Imported`
`import_data`         what stands in a framework's file                      an `Imported`
`own_policy`          what stands in a file of ours                          the `Policy`
====================  =====================================================  =========================

An `Imported` is a policy with its front-end and with what its file leaves open. "Whatever names a policy" is a
`PolicySource`: a name, a file's path, a callable or its ``module:callable``, or an object. `get_policy` and
`read_policy` are `resolve_policy` and `import_policy` for users, who want the policy alone.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

from .._yaml import YAML_SUFFIXES, preset_or_file
from ..augment.parameters import Value, read_assignments, split_parameters
from ..augment.policy import Policy, callable_policy
from ..augment.steps import Batch
from ..custom.adapter import Adapter
from ..custom.load import is_spec
from ..errors import ParameterError, error_context
from .read import Imported, check_framework, import_policy, read_policy
from .registry import ALL_POLICIES, FRAMEWORKS, MAIN_RECIPES, exact_streams

__all__ = [
    "PolicySource",
    "choose_policy",
    "get_policy",
    "is_policy_name",
    "recipe_behind",
    "resolve_policy",
    "with_batch_and_generator",
]

PolicySource: TypeAlias = "str | os.PathLike[str] | Policy | Imported | Callable[..., Any]"
_BATCH = re.compile(r"(\d{1,9})(?:x(\d{1,9})(?:@([+-]?\d{1,9}(?:\.\d{1,9})?))?)?")


def get_policy(name: PolicySource, *, adapter: Adapter | None = None) -> Policy:
    """Return the policy of a name (in upper or lower case), of a file, or of a callable of one's own.

    Parameters
    ----------
    name : str, path-like, Policy, Imported or callable
        A framework's name is its main recipe. Parameters may follow a name or a path, as in ``LD,F=27,T=40``; see
        `Policy.with_parameters`. ``module:callable`` and ``path/to/file.py:callable`` name a Mel -> Mel callable; see
        `callable_policy`.
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
    return resolve_policy(name, adapter=adapter).policy


def choose_policy(
    policy: PolicySource,
    *,
    framework: str | None = None,
    adapter: Adapter | None = None,
    batch: Batch | str | None = None,
    exact_rng: bool = False,
    parameters: Sequence[str] = (),
) -> Policy:
    """Return the policy that is meant, in its batch and with its generator.

    Parameters
    ----------
    policy : Policy, Imported, str, path-like or callable
    framework : str or None
        Whose configuration a file is; None guesses from its keys.
    adapter : Adapter or None
        How a callable wants the mel.
    batch : Batch, str or None
        See `with_batch_and_generator`.
    exact_rng : bool
    parameters : sequence of str
        See `resolve_policy`.

    Raises
    ------
    ParameterError, PolicyError
        As `get_policy`, `import_policy` and `with_batch_and_generator`.

    Examples
    --------
    >>> choose_policy("lhotse", batch="32x1500@-23.03").batch.size
    32
    """
    if not isinstance(exact_rng, bool):
        raise ParameterError(f"exact_rng={exact_rng!r:.80}: expected True or False")
    return with_batch_and_generator(resolve_policy(policy, framework, adapter, parameters).policy, batch, exact_rng)


def resolve_policy(
    source: PolicySource,
    framework: str | None = None,
    adapter: Adapter | None = None,
    parameters: Sequence[str] = (),
) -> Imported:
    """Return the policy that is meant, with what its file left open.

    Parameters
    ----------
    source : Policy, Imported, str, path-like or callable
        Parameters may follow a name or a file, as in ``LD,F=27`` and ``train.yaml,time_mask.max_frames=40``.
    framework : str or None
    adapter : Adapter or None
    parameters : sequence of str
        More of them, each as ``KEY=VALUE``; where both say one, this counts.

    Raises
    ------
    ParameterError
        For an unknown name or framework, a framework where there is no file, a parameter that the policy does not have,
        or a value out of range.
    PolicyError
        For a file that cannot be read.
    """
    assignments: dict[str, Value] = {}
    if isinstance(source, (str, os.PathLike)) and not os.path.exists(source):
        base, assignments = split_parameters(os.fspath(source))
        source = base if assignments else source
    imported = _without_parameters(source, framework, adapter)
    changes = {**assignments, **read_assignments(parameters)}
    if not changes:
        return imported
    policy = imported.policy.with_parameters(changes)
    return replace(imported, policy=policy, notes=imported.notes + policy.notes[len(imported.policy.notes) :])


def _without_parameters(source: PolicySource, framework: str | None, adapter: Adapter | None) -> Imported:
    """Return what `resolve_policy` does, before any parameter of the policy is changed."""
    check_framework(framework)
    if _is_file(source):
        _check_no_adapter(source, adapter)
        return import_policy(source, framework)  # type: ignore[arg-type]
    if framework is not None:
        raise ParameterError(
            f"framework {framework!r:.80} is for a file, and the policy is {source!s:.80}; leave it out"
        )
    if isinstance(source, Imported):
        _check_no_adapter(source, adapter)
        policy = source.policy
        error = source.why_no_frontend or policy.frontend_error
        frontend = source.frontend or policy.frontend
        return replace(source, policy=replace(policy, frontend=frontend, frontend_error=error))
    policy = _policy_without_file(source, adapter)
    return Imported(policy, policy.frontend, policy.framework, notes=policy.notes, frontend_error=policy.frontend_error)


def _is_file(source: PolicySource) -> bool:
    if not isinstance(source, (str, os.PathLike)) or (isinstance(source, str) and is_policy_name(source)):
        return False
    return str(source).lower().endswith(YAML_SUFFIXES) or os.path.exists(source)


def _policy_without_file(
    source: str | os.PathLike[str] | Policy | Callable[..., Any], adapter: Adapter | None
) -> Policy:
    """Return the policy of a callable, of its name, of a policy's name, or of a policy itself."""
    if (isinstance(source, str) and is_spec(source)) or (callable(source) and not isinstance(source, Policy)):
        return callable_policy(source, adapter=adapter)
    _check_no_adapter(source, adapter)
    if isinstance(source, str) and source.lower() in MAIN_RECIPES:
        return _main_recipe(source.lower())
    if isinstance(source, str) and not is_policy_name(source):
        if os.sep in source:
            return read_policy(source)
        _check_assignments(source)
    policies = ALL_POLICIES | {framework: ALL_POLICIES[recipe] for framework, recipe in MAIN_RECIPES.items()}
    return preset_or_file(source, Policy, policies, "policy", read_policy)


def _check_no_adapter(source: PolicySource, adapter: Adapter | None) -> None:
    if adapter is not None:
        raise ParameterError(f"an adapter is for a callable, and the policy is {source!s:.80}; leave the adapter out")


def _main_recipe(name: str) -> Policy:
    """Return the policy that a framework's name stands for, which says so."""
    policy = ALL_POLICIES[MAIN_RECIPES[name]]
    framework = next(each for each in FRAMEWORKS.values() if name in each.main_recipes)
    others = ", ".join(recipe.name for recipe in framework.recipes if recipe.name != policy.name)
    which = "the recipe of this name" if policy.name == name else f"the recipe {policy.name}"
    line = f"policy {name}: {which}" + (f"; others of {framework.name}: {others}" if others else "")
    return replace(policy, notes=(*policy.notes, line))


def _check_assignments(name: str) -> None:
    """Say what is wrong with parameters that stand alone, or are not written as ``KEY=VALUE``."""
    if re.fullmatch(r"[A-Za-z_.]+=[^,:/]*(,.*)?", name):
        raise ParameterError(f"policy {name!r:.80}: a parameter without a policy; write LD,{name:.60}")
    base, comma, rest = name.partition(",")
    if comma and (is_policy_name(base) or base.lower().endswith(YAML_SUFFIXES)):
        read_assignments(rest.split(","), f"policy {name:.60}")


def is_policy_name(text: str) -> bool:
    """Whether a text, in upper or lower case, is the name of a policy or of a framework.

    Examples
    --------
    >>> is_policy_name("ld"), is_policy_name("nemo"), is_policy_name("ld.yaml")
    (True, True, False)
    """
    return text.lower() in MAIN_RECIPES or text.lower() in {name.lower() for name in ALL_POLICIES}


def recipe_behind(policy: Policy) -> Policy | None:
    """Return the known policy of which another is one, but for parameters that its name says; None where there is none.

    Examples
    --------
    >>> recipe_behind(get_policy("espnet,F=8")).name
    'espnet-conformer10'
    """
    try:
        base, parameters = split_parameters(policy.name)
        recipe = ALL_POLICIES.get(base)
        changed = recipe.with_parameters(parameters) if recipe is not None and parameters else recipe
    except ParameterError:
        return None
    return recipe if changed == policy else None


def with_batch_and_generator(policy: Policy, batch: Batch | str | None, exact_rng: bool) -> Policy:
    """Return a policy in a padded batch, and with its framework's generator.

    Parameters
    ----------
    policy : Policy
    batch : Batch, str or None
        ``N``, ``NxFRAMES`` or ``NxFRAMES@PAD``: examples, frames of each with its padding, value of the padding.
    exact_rng : bool

    Raises
    ------
    ParameterError
        For another text, or a policy whose draws cannot be made with a framework's generator.

    Examples
    --------
    >>> with_batch_and_generator(get_policy("lhotse"), "32x1500@-23.03", False).batch
    Batch(size=32, n_frames=1500, pad_value=-23.03)
    """
    if batch is not None:
        policy = replace(policy, batch=batch if isinstance(batch, Batch) else _read_batch(batch))
    if exact_rng:
        exact_streams(policy, 0)
        policy = replace(policy, exact_rng=True)
    return policy


def _read_batch(text: Any) -> Batch:
    match = _BATCH.fullmatch(text.strip()) if isinstance(text, str) else None
    if match is None:
        raise ParameterError(f"--batch {text!r:.60}: allowed is N, NxFRAMES or NxFRAMES@PAD, e.g. 32x1500@-15.9")
    size, n_frames, pad = match.groups()
    with error_context("--batch"):
        return Batch(int(size), None if n_frames is None else int(n_frames), float(pad or 0))
