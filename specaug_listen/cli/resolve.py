"""Resolve the options of a run: policy, front-end, vocoder and channel, each by name, file or callable."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._defaults import DEFAULT_CHANNELS, DEFAULT_POLICY
from .console import complain
from .options import adapter_of, channel_of, wav_channels_of

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
    layout: str = DEFAULT_CHANNELS,
    choose_frontend: Callable[[str | None, Policy], FrontendChoice] | None = None,
    **settings: Any,
) -> Configuration:
    """Make the `Configuration` of a run from option values; print notes on the policy, front-end and channel.

    ``choose_frontend`` takes the value of ``--frontend`` and the policy; by default, that of `audition`, which prints
    its choice. ``settings`` are further fields of the `Configuration`. Raises a `SpecAugListenError` for an unknown
    name, an unreadable file, or values that do not go together.
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
    # A caller with its own choice may use several front-ends, and checks each itself.
    if choose_frontend is None:
        choice.frontend.filterbank()
        check_vocoder(rendering, choice.frontend)
    settings |= {"frontend_reason": choice.reason, "channels": wav_channels_of(layout)}
    return Configuration(choice.frontend, rules, rendering, **settings)


def _check_policy_is_not_needed(framework: str | None, adapter: Sequence[str] | None, *, exact_rng: bool) -> None:
    """Refuse options that need a policy of another kind than the default; the message does not name the default."""
    from ..errors import ParameterError

    options = {
        "--framework": (framework, "names the framework of a configuration file"),
        "--adapter": (adapter, "declares the form of mel that a callable expects"),
        "--exact-rng": (exact_rng, "draws with the generator of a policy's framework"),
    }
    for option, (value, meaning) in options.items():
        if value:
            raise ParameterError(f"{option} {meaning}, but --policy is missing; give it, or leave {option} out")


def check_vocoder(vocoder: AnyVocoder, frontend: MelFrontend) -> None:
    """Refuse a neural vocoder that was trained for another front-end; the error says what differs."""
    from ..vocoders import Neural

    if isinstance(vocoder, Neural):
        vocoder.check(frontend)


def _choose_frontend(frontend: str | None, policy: Policy) -> FrontendChoice:
    """Choose the front-end of an audition; print a note if it is neither named nor the default."""
    from ..frameworks.frontend_choice import choose_frontend, reason_in_words

    choice = choose_frontend(frontend, policy)
    if choice.reason not in ("named", "default"):
        reason = reason_in_words(choice.reason, policy)
        complain(f"front-end {choice.frontend.name}, as {reason}; choose another with --frontend", "note")
    return choice
