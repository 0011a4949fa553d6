"""Policies by name, file, callable or object.

`get_policy` returns the policy of any source, `resolve_policy` an `Imported`: the policy with its front-end and with
what its file leaves open. For files alone, `specaug_listen.frameworks.read` has `read_policy` and `import_policy`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, TypeAlias

from .._preset_lookup import preset_or_file
from .._yaml import YAML_SUFFIXES
from ..augment.parameters import Value, read_assignments, split_name, split_parameters
from ..augment.policy import Policy, callable_policy
from ..augment.steps import Batch
from ..custom.adapter import Adapter
from ..custom.load import is_spec
from ..errors import ParameterError, PolicyError, error_context, nearest
from .read import Imported, check_framework, import_policy, read_policy
from .registry import ALL_POLICIES, FRAMEWORKS, MAIN_RECIPES, exact_streams, spelling

__all__ = ["PolicySource", "get_policy", "is_policy_name", "recipe_behind", "resolve_policy"]

PolicySource: TypeAlias = "str | os.PathLike[str] | Policy | Imported | Callable[..., Any]"
_BATCH = re.compile(r"(\d{1,9})(?:x(\d{1,9})(?:@([+-]?\d{1,9}(?:\.\d{1,9})?))?)?")


def get_policy(
    name: PolicySource,
    *,
    framework: str | None = None,
    adapter: Adapter | None = None,
    parameters: Sequence[str] = (),
    batch: Batch | str | None = None,
    exact_rng: bool = False,
) -> Policy:
    """Return the policy of a name, a file or a callable.

    Parameters
    ----------
    name : str, path-like, Policy, Imported or callable
        A name is case-insensitive; that of a framework stands for its main recipe. ``module:callable`` and
        ``path/to/file.py:callable`` name a Mel -> Mel callable; see `callable_policy`. Parameters may follow a name or
        a path, as in ``LD,F=27,T=40``; see `Policy.with_parameters`.
    framework : str or None
        The framework that a file belongs to; None guesses from its keys.
    adapter : Adapter or None
        How a callable expects the mel.
    parameters : sequence of str
        Further parameters, each as ``KEY=VALUE``; they override those in ``name``.
    batch : Batch, str or None
        The padded batch around the clip, or its text: ``N``, ``NxFRAMES`` or ``NxFRAMES@PAD`` for the number of
        examples, the padded length and the value of the padding.
    exact_rng : bool
        Draw with the framework's own generator.

    Raises
    ------
    ParameterError
        For an unknown name (the nearest one is suggested), a callable that cannot be imported, a parameter that the
        policy does not have, an argument that does not fit this kind of source, or ``exact_rng`` with a framework whose
        draws cannot be replayed.
    PolicyError
        For a file that cannot be read.

    Examples
    --------
    >>> get_policy("ld").name
    'LD'
    >>> get_policy("LD,F=27,T=40,p=0.2").transforms[2].max_frames
    40
    >>> get_policy("lhotse", batch="32x1500@-23.03").batch
    Batch(size=32, n_frames=1500, pad_value=-23.03)
    """
    if not isinstance(exact_rng, bool):
        raise ParameterError(f"exact_rng={exact_rng!r:.80}: expected True or False")
    policy = resolve_policy(name, framework, adapter, parameters).policy
    if batch is not None:
        policy = replace(policy, batch=batch if isinstance(batch, Batch) else _read_batch(batch))
    if exact_rng:
        exact_streams(policy, 0)  # raises if the draws cannot be replayed
        policy = replace(policy, exact_rng=True)
    return policy


def resolve_policy(
    source: PolicySource,
    framework: str | None = None,
    adapter: Adapter | None = None,
    parameters: Sequence[str] = (),
) -> Imported:
    """Return the policy of a name, a file or a callable, with what its file leaves open; see `get_policy`.

    Parameters
    ----------
    source : str, path-like, Policy, Imported or callable
    framework : str or None
    adapter : Adapter or None
    parameters : sequence of str

    Raises
    ------
    ParameterError, PolicyError
        As `get_policy`.
    """
    assignments: dict[str, Value] = {}
    if isinstance(source, (str, os.PathLike)) and not os.path.exists(source):
        base, assignments = split_parameters(os.fspath(source))
        source = base if assignments else source
    imported = _without_parameters(source, framework, adapter)
    more = read_assignments(parameters)
    changes = {**assignments, **more}
    if not changes:
        return imported
    policy = imported.policy.with_parameters(changes)
    replaced = (
        f"{key}={value} of the policy's name is replaced: {key}={more[key]}"
        for key, value in assignments.items()
        if key in more and more[key] != value
    )
    policy = replace(policy, notes=(*policy.notes, *replaced))
    return replace(imported, policy=policy, notes=imported.notes + policy.notes[len(imported.policy.notes) :])


def _without_parameters(source: PolicySource, framework: str | None, adapter: Adapter | None) -> Imported:
    """Return what `resolve_policy` returns, before parameters of the policy are changed."""
    check_framework(framework)
    is_call = _is_callable(source)
    is_file = _is_file(source) or (framework is not None and not is_call and _is_path(source))
    if adapter is not None and (is_file or not is_call):
        raise ParameterError(f"an adapter is for callables, and the policy is {source!s:.80}; leave the adapter out")
    if is_file:
        try:
            return import_policy(source, framework)  # type: ignore[arg-type]
        except PolicyError as refusal:
            if not refusal.is_missing or not isinstance(source, str) or _has_folder_or_suffix(source):
                raise
            raise _missing_name(source, refusal) from None
    if framework is not None:
        raise ParameterError(
            f"framework={framework!r:.80} is for files, and the policy is {source!s:.80}; leave it out"
        )
    if isinstance(source, Imported):
        policy = source.policy
        error = source.why_no_frontend or policy.frontend_error
        frontend = source.frontend or policy.frontend
        return replace(source, policy=replace(policy, frontend=frontend, frontend_error=error))
    policy = callable_policy(source, adapter=adapter) if is_call else _policy_of_name(source)  # type: ignore[arg-type]
    return Imported(policy, policy.frontend, policy.framework, notes=policy.notes, frontend_error=policy.frontend_error)


def _is_file(source: PolicySource) -> bool:
    if not isinstance(source, (str, os.PathLike)) or (isinstance(source, str) and is_policy_name(source)):
        return False
    return str(source).lower().endswith(YAML_SUFFIXES) or os.path.exists(source)


def _is_path(source: PolicySource) -> bool:
    """Whether a source can only be a path, perhaps of a missing file: the name of no policy."""
    return isinstance(source, os.PathLike) or (isinstance(source, str) and not is_policy_name(source))


def _missing_name(text: str, error: PolicyError) -> PolicyError:
    """Return the error for a missing file that may be meant as the name of a policy, with the most similar one."""
    near = nearest(text, sorted(ALL_POLICIES))
    message = f"{error}{near[:-1]}, a name, which takes no framework?" if near else str(error)
    return PolicyError.unreadable(message, FileNotFoundError())


def _has_folder_or_suffix(text: str) -> bool:
    return os.path.basename(text) != text or bool(os.path.splitext(text)[1])


def _is_callable(source: PolicySource) -> bool:
    if isinstance(source, str):
        return is_spec(source)
    return callable(source) and not isinstance(source, Policy)


def _policy_of_name(source: str | os.PathLike[str] | Policy) -> Policy:
    """Return the policy of a name, or a policy as it is."""
    if isinstance(source, str) and source.lower() in MAIN_RECIPES:
        return _main_recipe(source.lower())
    if isinstance(source, str) and not is_policy_name(source):
        if os.sep in source:
            return read_policy(source)
        _check_assignments(source)
    names = ALL_POLICIES | {framework: ALL_POLICIES[recipe] for framework, recipe in MAIN_RECIPES.items()}
    return preset_or_file(source, Policy, names, "policy", read_policy)


def _main_recipe(name: str) -> Policy:
    """Return the recipe that a framework's name stands for, with a note."""
    policy = ALL_POLICIES[MAIN_RECIPES[name]]
    framework = next(each for each in FRAMEWORKS.values() if name in each.main_recipes)
    others = ", ".join(recipe.name for recipe in framework.recipes if recipe.name != policy.name)
    which = "the recipe of this name" if policy.name == name else f"the recipe {policy.name}"
    line = f"policy {name}: {which}" + (f"; others of {spelling(framework.name)}: {others}" if others else "")
    return replace(policy, notes=(*policy.notes, line))


def _check_assignments(name: str) -> None:
    """Raise for parameters without a policy, or not written as ``KEY=VALUE``."""
    if re.fullmatch(r"[A-Za-z_.]+=[^,:/]*(,.*)?", name):
        raise ParameterError(f"policy {name!r:.80}: a parameter without a policy; write LD,{name:.60}")
    base, comma, rest = name.partition(",")
    if comma and (is_policy_name(base) or base.lower().endswith(YAML_SUFFIXES)):
        read_assignments(rest.split(","), f"policy {name:.60}")


def is_policy_name(text: str) -> bool:
    """Whether a text is the name of a policy or framework, in any case.

    Examples
    --------
    >>> is_policy_name("ld"), is_policy_name("nemo"), is_policy_name("ld.yaml")
    (True, True, False)
    """
    return text.lower() in MAIN_RECIPES or text.lower() in {name.lower() for name in ALL_POLICIES}


def recipe_behind(policy: Policy) -> Policy | None:
    """Return the known policy that equals this one, apart from parameters in its name; None if there is none.

    Examples
    --------
    >>> recipe_behind(get_policy("espnet,F=8")).name
    'espnet-conformer10'
    """
    base, parameters = split_name(policy.name)
    recipe = ALL_POLICIES.get(base)
    try:
        changed = recipe.with_parameters(parameters) if recipe is not None and parameters else recipe
    except ParameterError:
        return None
    return recipe if changed == policy else None


def _read_batch(text: Any) -> Batch:
    match = _BATCH.fullmatch(text.strip()) if isinstance(text, str) else None
    if match is None:
        raise ParameterError(f"--batch {text!r:.60}: allowed is N, NxFRAMES or NxFRAMES@PAD, e.g. 32x1500@-15.9")
    size, n_frames, pad = match.groups()
    with error_context("--batch"):
        return Batch(int(size), None if n_frames is None else int(n_frames), float(pad or 0))
