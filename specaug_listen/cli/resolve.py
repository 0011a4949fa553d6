"""From what was typed to a run: the policy, its front-end, the vocoder, the channel, each by name, file or callable."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .console import complain
from .options import adapter_of, channel_of, wav_channels_of

if TYPE_CHECKING:
    from ..auditions import Configuration
    from ..augment import Policy
    from ..frameworks.frontend_choice import FrontendChoice
    from ..frontends import MelFrontend
    from ..vocoders.registry import AnyVocoder

__all__ = ["resolve_run"]


def resolve_run(
    policy: str,
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
    choose_frontend : callable or None
        Takes the front-end as it was typed, and the policy; None is the rule of `audition`, which prints what it chose.
    **settings
        The other fields of the `Configuration`.

    Raises
    ------
    SpecAugListenError
        For an unknown name, a file that cannot be read, or values that do not go together.
    """
    from .. import custom
    from ..auditions import Configuration
    from ..frameworks.policies import choose_policy

    wanted = {"framework": framework, "adapter": adapter_of(adapter), "parameters": parameters or ()}
    rules = choose_policy(policy, batch=batch, exact_rng=exact_rng, **wanted)  # type: ignore[arg-type]
    for note in rules.notes:
        complain(note, "note")
    settings["channel"], reason = channel_of(channel, rules)
    if reason:
        complain(reason, "note")
    choice = (choose_frontend or _choose_frontend)(frontend, rules)
    if waveform is not None:
        settings["waveform"] = custom.read_waveform(waveform)
    choice.frontend.filterbank()
    rendering = _vocoder_for(vocoder, choice.frontend)
    settings |= {"frontend_reason": choice.reason, "channels": wav_channels_of(layout)}
    return Configuration(choice.frontend, rules, rendering, **settings)


def _vocoder_for(name: str, frontend: MelFrontend) -> AnyVocoder:
    """The vocoder of a name or file; a neural one has to be made for the front-end."""
    from .. import vocoders

    vocoder = vocoders.get_vocoder(name)
    if isinstance(vocoder, vocoders.Neural):
        vocoder.check(frontend)
    return vocoder


def _choose_frontend(frontend: str | None, policy: Policy) -> FrontendChoice:
    """The front-end of `audition`; says which it is, and why, where nobody named it."""
    from ..frameworks.frontend_choice import choose_frontend, reason_in_words

    choice = choose_frontend(frontend, policy)
    if choice.reason not in ("named", "default"):
        reason = reason_in_words(choice.reason, policy)
        complain(f"front-end {choice.frontend.name}, as {reason}; choose another with --frontend", "note")
    return choice
