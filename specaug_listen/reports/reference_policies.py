"""What a policy's strength is compared with: published recipes, and policies that the user names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from ..augment import Policy
from ..augment.coverage import least_mels
from ..errors import ParameterError, error_context
from ..frameworks.frontend_choice import choose_frontend
from ..frameworks.registry import ALL_POLICIES, FRAMEWORKS
from .strength import N_DRAWS, Strength, strength_of

__all__ = ["Standing", "Yardstick", "check_comparable", "standing_in", "yardsticks"]

# Recipes for supervised training, one of each framework, with the short names of their marks.
_RECIPES = {
    "LD": "LD",
    "espnet-conformer10": "ESPnet",
    "nemo-conformer": "NeMo",
    "icefall": "icefall",
    "speechbrain-conformer": "SpeechBrain",
    "hf-whisper": "Whisper",
}

Standing: TypeAlias = Literal["below", "within", "above"]


@dataclass(frozen=True)
class Yardstick:
    """A policy that another one is compared with.

    Parameters
    ----------
    name : str
        Short, for a mark.
    policy : Policy
    strength : Strength
    about : str
        Its full name, and where it is from.
    is_published : bool
        Whether it is a published recipe.
    is_named : bool
        Whether the user named it.
    """

    name: str
    policy: Policy = field(repr=False)
    strength: Strength
    about: str
    is_published: bool = True
    is_named: bool = False


def yardsticks(lengths_s: Sequence[float], compare: Iterable[Policy] = ()) -> tuple[Yardstick, ...]:
    """Simulate the published recipes, each on its own front-end, and the policies that the user compares with.

    A published recipe that the user names is there once.

    Parameters
    ----------
    lengths_s : sequence of float > 0 [s]
    compare : iterable of Policy
        They come last.

    Raises
    ------
    ParameterError
        When a policy to compare with has callables, or its framework raises on its front-end's mel.

    Examples
    --------
    >>> [yardstick.name for yardstick in yardsticks([2.0])]
    ['LD', 'ESPnet', 'NeMo', 'icefall', 'SpeechBrain', 'Whisper']
    """
    compared_with = list(compare)
    published = [
        Yardstick(short, policy, _own_strength(policy, lengths_s), _about(policy), is_named=policy in compared_with)
        for short, policy in ((short, ALL_POLICIES[name]) for name, short in _RECIPES.items())
    ]
    own = [
        Yardstick(policy.name, policy, _own_strength(policy, lengths_s), f"{policy.name}, to compare with", False, True)
        for policy in compared_with
        if all(policy != each.policy for each in published)
    ]
    return (*published, *own)


def check_comparable(policy: Policy) -> None:
    """Raise a ParameterError for a policy whose strength cannot be computed.

    Examples
    --------
    >>> check_comparable(ALL_POLICIES["LD"])
    """
    if not isinstance(policy, Policy):
        raise ParameterError(f"compare={policy!r:.80}: expected a Policy; get_policy returns one for a name or a file")
    with error_context("compare"):
        _own_strength(policy, [1.0], n_draws=1)


def _own_strength(policy: Policy, lengths_s: Sequence[float], n_draws: int = N_DRAWS) -> Strength:
    frontend = choose_frontend(None, policy).frontend
    if policy.frontend is None and frontend.n_mels < least_mels(policy):
        raise ParameterError(
            f"policy {policy.name!r:.80} masks up to {least_mels(policy)} bins, and {frontend.name} has "
            f"{frontend.n_mels}: it has no strength to compare with; choose another policy"
        )
    return strength_of(policy, frontend, lengths_s, n_draws=n_draws)


def _about(policy: Policy) -> str:
    return f"{policy.name}: {FRAMEWORKS[policy.framework].source}"


def standing_in(value: float, published: Iterable[float], tolerance: float) -> Standing:
    """Tell whether a value is below, within or above the range of others; ``tolerance`` widens the range.

    Examples
    --------
    >>> standing_in(0.46, [0.1, 0.45], tolerance=0.02), standing_in(0.5, [0.1, 0.45], tolerance=0.02)
    ('within', 'above')
    """
    values = list(published)
    if value > max(values) + tolerance:
        return "above"
    return "below" if value < min(values) - tolerance else "within"
