"""What is meant where a policy is named: the policy itself, and the front-end that goes with it."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Literal, NamedTuple, TypeAlias

from ..audio.channels import OneChannel
from ..audio.signal import Audio
from ..augment.parameters import Value, read_assignments, split_parameters
from ..augment.policy import Policy
from ..augment.steps import Batch
from ..custom.adapter import Adapter
from ..errors import ParameterError, PolicyError, error_context
from ..frontends import WHISPER, MelFrontend, get_frontend
from .policies import get_policy, is_policy_name
from .read import Imported, check_framework, import_policy
from .registry import ALL_POLICIES, FRAMEWORKS, exact_sources

__all__ = [
    "FrontendChoice",
    "FrontendReason",
    "choose_channel",
    "choose_frontend",
    "choose_policy",
    "named_policy",
    "reason_in_words",
    "select_channel",
    "with_context",
]

_BATCH = re.compile(r"(\d{1,9})(?:x(\d{1,9})(?:@([+-]?\d{1,9}(?:\.\d{1,9})?))?)?")

FrontendReason: TypeAlias = Literal["named", "policy", "recipe", "framework", "default"]


class FrontendChoice(NamedTuple):
    """A front-end, and why it is this one.

    Parameters
    ----------
    frontend : MelFrontend
    reason : {"named", "policy", "recipe", "framework", "default"} or None
        It was asked for by name; the policy's configuration has it; the policy is a published recipe that is trained
        with it; the policy's framework is used with it; or nothing speaks for any, and it is Whisper's. None where a
        record of an earlier version does not say.
    """

    frontend: MelFrontend
    reason: FrontendReason | None = None


def choose_frontend(frontend: Any, policy: Policy) -> FrontendChoice:
    """The front-end of an audition, a sweep or a check: the one that is named, else the policy's own.

    Parameters
    ----------
    frontend : MelFrontend, str, path-like, FrontendChoice or None
        None takes that of the policy's configuration or recipe, else that of its framework, else Whisper's.
    policy : Policy

    Returns
    -------
    FrontendChoice

    Raises
    ------
    ParameterError
        For an unknown name.
    PolicyError
        When the policy's configuration describes a front-end that cannot be, and none is named.

    Examples
    --------
    >>> choose_frontend(None, ALL_POLICIES["nemo-conformer"]).frontend.name
    'nemo'
    >>> choose_frontend("kaldi", ALL_POLICIES["nemo-conformer"]).reason
    'named'
    """
    if isinstance(frontend, FrontendChoice):
        return frontend
    if not isinstance(policy, Policy):
        raise ParameterError(f"policy={policy!r:.80}: expected a Policy; choose_policy makes one of a name or a file")
    if frontend is not None:
        return FrontendChoice(get_frontend(frontend), "named")
    if policy.frontend_error:
        raise PolicyError(policy.frontend_error)
    if policy.frontend is not None:
        recipe = ALL_POLICIES.get(policy.name.partition(",")[0])
        is_recipe = recipe is not None and recipe.frontend == policy.frontend and recipe.framework == policy.framework
        return FrontendChoice(policy.frontend, "recipe" if is_recipe else "policy")
    framework = FRAMEWORKS.get(policy.framework)
    if framework is not None and framework.frontends:
        return FrontendChoice(get_frontend(framework.frontends[0]), "framework")
    return FrontendChoice(WHISPER, "default")


def reason_in_words(reason: FrontendReason | None, policy: Policy | None = None) -> str:
    """Why a front-end was chosen, as a clause that may name the policy; empty where no record says.

    Examples
    --------
    >>> reason_in_words("framework", ALL_POLICIES["nemo-conformer"])
    'nemo is used with it'
    """
    if reason is None:
        return ""
    words: dict[FrontendReason, str] = {
        "named": "it was asked for",
        "policy": "the policy's file names it, or its framework's own",
        "recipe": f"{policy.name if policy else 'its recipe'} is trained with it",
        "framework": f"{policy.framework if policy else 'its framework'} is used with it",
        "default": "it is the default",
    }
    return words[reason]


def choose_channel(policy: Policy) -> tuple[OneChannel, str]:
    """Which channel of a recording goes with a policy, counted from 1, and which line of its file says so.

    Examples
    --------
    >>> choose_channel(ALL_POLICIES["nemo-conformer"])
    ('mean', '')
    """
    if policy.channel is None:
        return "mean", ""
    counted = "" if policy.channel == "mean" else f" ({policy.framework} counts from 0)"
    return policy.channel, f"{policy.channel_key}{counted} says"


def select_channel(audio: Audio, channel: OneChannel | None, policy: Policy) -> Audio:
    """What is heard of a clip: the channel that is named, else the policy's own; of none or the mean, all of it.

    Raises
    ------
    ParameterError
        When the clip has no such channel.
    """
    if channel is not None:
        return audio if channel == "mean" else audio.select(channel)
    own, why = choose_channel(policy)
    if own == "mean" or audio.choice is not None:
        return audio
    with error_context(f"{why.removesuffix(' says')}, or name another with channel="):
        return audio.select(own)


def choose_policy(
    policy: Policy | Imported | str | os.PathLike[str] | Callable[..., Any],
    *,
    framework: str | None = None,
    adapter: Adapter | None = None,
    batch: Batch | str | None = None,
    exact_rng: bool = False,
    parameters: Sequence[str] = (),
) -> Policy:
    """The policy that is meant by a name, a file, a callable or an object, in its batch and with its generator.

    Parameters
    ----------
    policy : Policy, Imported, str, path-like or callable
    framework : str or None
        Whose configuration a file is; None guesses from its keys.
    adapter : Adapter or None
        How a callable wants the mel.
    batch : Batch, str or None
        See `with_context`.
    exact_rng : bool
    parameters : sequence of str
        See `named_policy`.

    Raises
    ------
    ParameterError, PolicyError
        As `get_policy`, `import_policy` and `with_context`.

    Examples
    --------
    >>> choose_policy("lhotse", batch="32x1500@-23.03").batch.size
    32
    """
    if not isinstance(exact_rng, bool):
        raise ParameterError(f"exact_rng={exact_rng!r:.80}: expected True or False")
    return with_context(named_policy(policy, framework, adapter, parameters).policy, batch, exact_rng)


def named_policy(
    source: Policy | Imported | str | os.PathLike[str] | Callable[..., Any],
    framework: str | None = None,
    adapter: Adapter | None = None,
    parameters: Sequence[str] = (),
) -> Imported:
    """A policy with what its file left open, of a name, a callable or its name, a file, or an object.

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
    behind: dict[str, Value] = {}
    if isinstance(source, (str, os.PathLike)) and not os.path.exists(source):
        base, behind = split_parameters(os.fspath(source))
        source = base if behind else source
    found = _named_policy(source, framework, adapter)
    changes = {**behind, **read_assignments(parameters)}
    if not changes:
        return found
    policy = found.policy.with_parameters(changes)
    return replace(found, policy=policy, notes=found.notes + policy.notes[len(found.policy.notes) :])


def _named_policy(
    source: Policy | Imported | str | os.PathLike[str] | Callable[..., Any],
    framework: str | None,
    adapter: Adapter | None,
) -> Imported:
    if isinstance(source, Imported) and framework is None and adapter is None:
        return replace(source, policy=get_policy(source))
    is_text = isinstance(source, (str, os.PathLike))
    is_name = isinstance(source, str) and is_policy_name(source)
    is_file = is_text and (str(source).lower().endswith((".yaml", ".yml", ".json")) or os.path.exists(source))  # type: ignore[arg-type]
    check_framework(framework)
    if framework is not None and (is_name or not is_file):
        raise ParameterError(
            f"framework {framework!r:.80} is for a file, and the policy is {source!s:.80}; leave it out"
        )
    if adapter is None and is_file and not is_name:
        return import_policy(source, framework)  # type: ignore[arg-type]
    policy = get_policy(source, adapter=adapter)
    return Imported(policy, policy.frontend, policy.framework, notes=policy.notes, frontend_error=policy.frontend_error)


def with_context(policy: Policy, batch: Batch | str | None, exact_rng: bool) -> Policy:
    """A policy in a padded batch, and with its framework's generator.

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
    >>> with_context(get_policy("lhotse"), "32x1500@-23.03", False).batch
    Batch(size=32, n_frames=1500, pad_value=-23.03)
    """
    if batch is not None:
        policy = replace(policy, batch=_batch(batch))
    if exact_rng:
        exact_sources(policy, 0)
        policy = replace(policy, exact_rng=True)
    return policy


def _batch(batch: Any) -> Batch:
    if isinstance(batch, Batch):
        return batch
    found = _BATCH.fullmatch(batch.strip()) if isinstance(batch, str) else None
    if found is None:
        raise ParameterError(f"--batch {batch!r:.60}: allowed is N, NxFRAMES or NxFRAMES@PAD, e.g. 32x1500@-15.9")
    size, n_frames, pad = found.groups()
    with error_context("--batch"):
        return Batch(int(size), None if n_frames is None else int(n_frames), float(pad or 0))
