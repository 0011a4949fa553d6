"""The front-end, and the channel of a recording, that belong to a policy."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, TypeAlias

from ..audio.audio_in_memory import Audio
from ..audio.channels import OneChannel
from ..augment.parameters import split_name
from ..augment.policy import Policy
from ..errors import ParameterError, PolicyError, error_context
from ..frontends import WHISPER, MelFrontend, get_frontend
from .registry import ALL_POLICIES, FRAMEWORKS, spelling

__all__ = [
    "FrontendChoice",
    "FrontendReason",
    "choose_channel",
    "choose_frontend",
    "reason_in_words",
    "select_channel",
]

FrontendReason: TypeAlias = Literal["named", "policy", "recipe", "framework", "default"]


class FrontendChoice(NamedTuple):
    """A front-end, and the reason for choosing it.

    Parameters
    ----------
    frontend : MelFrontend
    reason : {"named", "policy", "recipe", "framework", "default"} or None
        It was named by the user; the policy's configuration has it; the policy is a published recipe that was trained
        with it; the policy's framework is used with it; or none of these, and it is Whisper's. None in records of an
        earlier version.
    """

    frontend: MelFrontend
    reason: FrontendReason | None = None


def choose_frontend(frontend: Any, policy: Policy) -> FrontendChoice:
    """Return the front-end of an audition, a sweep or a check: the one that is named, else the policy's own.

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
        If none is named, and the policy's configuration has an invalid front-end.

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
        raise ParameterError(f"policy={policy!r:.80}: expected a Policy; get_policy returns one for a name or a file")
    if frontend is not None:
        return FrontendChoice(get_frontend(frontend), "named")
    if policy.frontend_error:
        raise PolicyError(policy.frontend_error)
    if policy.frontend is not None:
        recipe = ALL_POLICIES.get(split_name(policy.name)[0])
        is_recipe = recipe is not None and recipe.frontend == policy.frontend and recipe.framework == policy.framework
        return FrontendChoice(policy.frontend, "recipe" if is_recipe else "policy")
    framework = FRAMEWORKS.get(policy.framework)
    if framework is not None and framework.frontends:
        return FrontendChoice(get_frontend(framework.frontends[0]), "framework")
    return FrontendChoice(WHISPER, "default")


def reason_in_words(reason: FrontendReason | None, policy: Policy | None = None) -> str:
    """Return the reason for a front-end as a clause, which may name the policy; empty if unknown.

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
    """Return the channel of a policy's recordings, counted from 1, and the line of its file that selects it.

    Examples
    --------
    >>> choose_channel(ALL_POLICIES["nemo-conformer"])
    ('mean', '')
    """
    if policy.channel is None:
        return "mean", ""
    counting = "" if policy.channel == "mean" else f" ({spelling(policy.framework)} counts from 0)"
    return policy.channel, policy.channel_key + counting


def select_channel(audio: Audio, channel: OneChannel | None, policy: Policy) -> Audio:
    """Return the channel of a clip that is named, else the policy's own, else the whole clip.

    Raises
    ------
    ParameterError
        If the clip has no such channel.
    """
    if channel is not None:
        return audio if channel == "mean" else audio.select(channel)
    own, line = choose_channel(policy)
    if own == "mean" or audio.choice is not None:
        return audio
    with error_context(f"{line}, or name another with channel="):
        return audio.select(own)
