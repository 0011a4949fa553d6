"""Facts about clips, runs and draws as names and values, and an audition as plain text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from .._files import printable
from ..audio.channels import channel_words
from ..augment import Policy
from ..frameworks.frontend_choice import FrontendReason, reason_in_words
from ..frontends import MelFrontend
from ..metrics import SCORES
from .records import ClipRecord, Configuration, DrawRecord, vocoder_name

if TYPE_CHECKING:
    from .results import Audition

__all__ = [
    "as_text",
    "facts_of_clip",
    "facts_of_draw",
    "facts_of_run",
    "frontend_in_words",
    "why_no_score",
    "why_not_comparable",
]

Facts = tuple[tuple[str, str], ...]
# Score -> the part of it that is in empty bins, where a mask has no effect.
_EMPTY_PARTS = {score.part_of: score for score in SCORES.values() if score.part_of}


def as_text(audition: Audition) -> str:
    """Return one line for the clip, one for each draw, and one for each badge."""
    frontend = frontend_in_words(audition.frontend, audition.policy, audition.frontend_reason)
    setting = f"{audition.policy.name} on {frontend}, seed {audition.seed}"
    lines = [f"Audition of {audition.name!r} ({audition.duration_s:.2f} s): {setting}"]
    lines += [f"  ! {badge}" for badge in audition.badges]
    for draw in audition.draws:
        facts = ", ".join(f"{name} {value}" for name, value in facts_of_draw(audition.score_of(draw)))
        lines.append(f"  {draw.name}: {facts}")
        lines += [f"    ! {badge}" for badge in audition.badges_of(draw)]
    return "\n".join(lines)


def facts_of_clip(duration_s: float, clip: ClipRecord) -> Facts:
    """Describe a clip before the front-end."""
    if clip.mel is not None:
        source = f"a mel of {clip.mel.n_mels} bins and {clip.mel.n_frames} frames, without its audio"
        return (("length", f"{duration_s:.2f} s"), ("source", source))
    channels = channel_words(clip.channel, clip.n_channels)
    return (("length", f"{duration_s:.2f} s"), ("source", f"{clip.sample_rate} Hz, {channels}"))


def facts_of_run(run: Configuration) -> Facts:
    """Describe the configuration of a run."""
    facts = (
        ("policy", printable(run.policy.name)),
        ("framework", _rules_in_words(run.policy)),
        ("front-end", frontend_in_words(run.frontend, run.policy, run.frontend_reason)),
        ("vocoder", vocoder_name(run.vocoder)),
        ("seed", str(run.seed)),
    )
    return tuple(fact for fact in facts if fact[1])


def frontend_in_words(frontend: MelFrontend, policy: Policy, reason: FrontendReason | None) -> str:
    """Return the name of a front-end, with the reason for it if it was not named by the user."""
    why = "" if reason == "named" else reason_in_words(reason, policy)
    return printable(frontend.name) + (f" ({why})" if why else "")


def _rules_in_words(policy: Policy) -> str:
    """Describe the framework and the generator of a policy; empty for the paper's rules."""
    if policy.framework == "paper":
        return ""
    how: list[str] = [policy.framework]
    if policy.exact_rng:
        how.append("with its own generator")
    if policy.batch:
        length = f", padded to {policy.batch.n_frames} frames" if policy.batch.n_frames else ""
        how.append(f"in a batch of {policy.batch.size}{length}")
    return ", ".join(how)


def facts_of_draw(scores: Mapping[str, float | None]) -> Facts:
    """Return the scores of a draw that have a value, as text."""
    facts = []
    for score in SCORES.values():
        value = scores.get(score.key)
        if value is None or not score.is_fact:
            continue
        text = score.text(value)
        if score.key == "loudest_fill_vs_p95_db":
            text += " re P95"
        part = _EMPTY_PARTS.get(score.key)
        if part is not None and (empty := scores.get(part.key)) is not None:
            text += f" ({part.text(empty)} in empty bins)"
        facts.append((score.title, text))
    return tuple(facts)


def why_no_score(record: DrawRecord, key: str) -> str:
    """Say in a few words, for the cell of a table, why a draw has no value of a score."""
    if not SCORES[key].package:
        return "–"
    if key not in record.scores:
        return "not installed"
    return f"n/a: {why_not_comparable(record)}"


def why_not_comparable(record: DrawRecord) -> str:
    """Say in a few words why a draw has no value of a score that compares moment by moment."""
    draw = record.effective_draw
    if draw.warps:
        return "warped"
    return "cut" if draw.n_trimmed else "too short or silent"
