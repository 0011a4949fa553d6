"""From what was typed to a run: the policy, its front-end, the vocoder, the channel, each by name, file or callable."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .console import complain
from .options import DEFAULT_POLICY, adapter_of, channel_of, wav_channels_of

if TYPE_CHECKING:
    from ..auditions import Configuration
    from ..augment import Policy
    from ..frameworks.frontend_choice import FrontendChoice
    from ..frontends import MelFrontend
    from ..vocoders.registry import AnyVocoder

__all__ = ["check_vocoder", "resolve_run"]


def resolve_run(
    policy: str | None,
    frontend: str | None,
    vocoder: str,
    channel: str | None,
    *,
    framework: str | None = None,
    parameters: Sequence[str] | None = None,
    adapter: Sequence[str] | None = None,
    batch: str | None = None,
    exact_rng: bool = False,
    waveform: Path | None = None,
    layout: str = "mono",
    choose_frontend: Callable[[str | None, Policy], FrontendChoice] | None = None,
    **settings: Any,
) -> Configuration:
    """The run that a command was asked for; prints what the policy's file leaves open, and which channel it asks for.

    Parameters
    ----------
    policy, frontend, vocoder, channel, framework, parameters, adapter, batch, layout
        As they were typed.
        A policy that was not named is `DEFAULT_POLICY`.
    choose_frontend : callable or None
        Takes the front-end as it was typed, and the policy; None is the rule of `audition`, which prints what it chose.
    **settings
        The other fields of the `Configuration`.

    Raises
    ------
    SpecAugListenError
        For an unknown name, a file that cannot be read, or values that do not go together.
    """
    from .. import custom, vocoders
    from ..auditions import Configuration
    from ..frameworks.policies import get_policy

    if policy is None:
        _check_policy_is_not_needed(framework, adapter, exact_rng=exact_rng)
        policy = DEFAULT_POLICY
    wanted = {"framework": framework, "adapter": adapter_of(adapter), "parameters": parameters or ()}
    rules = get_policy(policy, batch=batch, exact_rng=exact_rng, **wanted)  # type: ignore[arg-type]
    for note in rules.notes:
        complain(note, "note")
    settings["channel"], reason = channel_of(channel, rules)
    if reason:
        complain(reason, "note")
    choice = (choose_frontend or _choose_frontend)(frontend, rules)
    if waveform is not None:
        settings["waveform"] = custom.read_waveform(waveform)
    rendering = vocoders.get_vocoder(vocoder)
    # Who chooses the front-end otherwise may have more than one of them, and checks each where it is used.
    if choose_frontend is None:
        choice.frontend.filterbank()
        check_vocoder(rendering, choice.frontend)
    settings |= {"frontend_reason": choice.reason, "channels": wav_channels_of(layout)}
    return Configuration(choice.frontend, rules, rendering, **settings)


def _check_policy_is_not_needed(framework: str | None, adapter: Sequence[str] | None, *, exact_rng: bool) -> None:
    """Refuse options about a policy of another kind than the one that is taken where none is named.

    Raises
    ------
    ParameterError
        Which names the option, and not the policy that nobody named.
    """
    from ..errors import ParameterError

    options = {
        "--framework": (framework, "says whose configuration a file is"),
        "--adapter": (adapter, "says how a callable wants the mel"),
        "--exact-rng": (exact_rng, "draws with the generator of a policy's framework"),
    }
    for option, (value, meaning) in options.items():
        if value:
            raise ParameterError(f"{option} {meaning}, and --policy names none; give it, or leave {option} out")


def check_vocoder(vocoder: AnyVocoder, frontend: MelFrontend) -> None:
    """Refuse a neural vocoder that was made for another front-end, before any work.

    Raises
    ------
    SpecAugListenError
        With what differs.
    """
    from ..vocoders import Neural

    if isinstance(vocoder, Neural):
        vocoder.check(frontend)


def _choose_frontend(frontend: str | None, policy: Policy) -> FrontendChoice:
    """The front-end of `audition`; says which it is, and why, where nobody named it."""
    from ..frameworks.frontend_choice import choose_frontend, reason_in_words

    choice = choose_frontend(frontend, policy)
    if choice.reason not in ("named", "default"):
        reason = reason_in_words(choice.reason, policy)
        complain(f"front-end {choice.frontend.name}, as {reason}; choose another with --frontend", "note")
    return choice
