"""From what was typed to a run: the policy, its front-end, the vocoder, the channel, each by name, file or callable."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from .console import complain
from .options import adapter_of, channel_of, layout_of

if TYPE_CHECKING:
    from ..auditions import Configuration
    from ..augment import Policy
    from ..frameworks.choice import FrontendChoice

__all__ = ["resolve_run"]


def resolve_run(
    policy: str,
    frontend: str | None,
    vocoder: str,
    *,
    draws: int,
    seed: int,
    start: float,
    duration: float | None,
    strict: bool,
    channel: str | None,
    framework: str | None = None,
    parameters: Sequence[str] | None = None,
    adapter: Sequence[str] | None = None,
    batch: str | None = None,
    exact_rng: bool = False,
    waveform: Path | None = None,
    layout: str = "mono",
    original_phase: bool = False,
    choose_frontend: Callable[[str | None, Policy], FrontendChoice] | None = None,
) -> Configuration:
    """The run that a command was asked for; prints what the policy's file leaves open, and which channel it asks for.

    Parameters
    ----------
    policy, frontend, vocoder, framework, parameters, adapter, batch, channel, layout
        As they were typed.
    choose_frontend : callable or None
        Takes the front-end as it was typed, and the policy; None is the rule of `audition`, which prints what it chose.

    Raises
    ------
    SpecAugListenError
        For an unknown name, a file that cannot be read, or values that do not go together.
    """
    from .. import custom, vocoders
    from ..auditions import Configuration
    from ..frameworks.choice import choose_policy

    choose = _choose_frontend if choose_frontend is None else choose_frontend
    rules = choose_policy(
        policy, framework=framework, adapter=adapter_of(adapter), parameters=parameters or (), batch=batch,
        exact_rng=exact_rng,
    )  # fmt: skip
    for note in rules.notes:
        complain(note, "note")
    selection, reason = channel_of(channel, rules)
    if reason:
        complain(reason, "note")
    choice = choose(frontend, rules)
    stage = None if waveform is None else custom.read_waveform(waveform)
    choice.frontend.filterbank()
    rendering = vocoders.get(vocoder)
    if isinstance(rendering, vocoders.Neural):
        rendering.check(choice.frontend)
    return Configuration(
        choice.frontend, rules, rendering, draws, seed, layout_of(layout), start, duration, stage, original_phase,
        choice.reason, strict, selection,
    )  # fmt: skip


def _choose_frontend(frontend: str | None, policy: Policy) -> FrontendChoice:
    """The front-end of `audition`; says which it is, and why, where nobody named it."""
    from ..frameworks.choice import choose_frontend, reason_in_words

    choice = choose_frontend(frontend, policy)
    if choice.reason not in ("named", "default"):
        reason = reason_in_words(choice.reason, policy)
        complain(f"front-end {choice.frontend.name}, as {reason}; choose another with --frontend", "note")
    return choice
