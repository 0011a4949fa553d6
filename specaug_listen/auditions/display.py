"""An audition as it is shown: in a notebook, in a report, as plain text."""

from __future__ import annotations

import base64
import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._files import printable
from .._imports import require
from ..audio.channels import channel_words
from ..audio.signal import encode_wav
from ..augment import Policy
from ..frameworks.choice import FrontendReason, reason_in_words
from ..frontends import MelFrontend
from ..metrics import SCORES
from ..plots import encode_png
from ..vocoders.registry import AnyVocoder
from .records import ClipRecord, CustomVocoder, describe_clip, vocoder_name, vocoder_record

if TYPE_CHECKING:
    from .results import Audition

__all__ = [
    "ClipView",
    "DrawView",
    "as_html",
    "as_text",
    "clip_html",
    "facts_of_clip",
    "facts_of_draw",
    "facts_of_run",
    "frontend_in_words",
]

Facts = tuple[tuple[str, str], ...]
# The scores of a draw that people read first, in their order, and of two of them the parts that mask nothing.
_FACTS = (
    *("masked_time_ratio", "masked_frequency_ratio", "masked_area_ratio", "longest_gap_ms", "warp_displacement_ms"),
    *("loudest_fill_vs_p95_db", "log_mel_rmse_db", "level_change_db"),
)
_EMPTY_PARTS = {
    "masked_frequency_ratio": "masked_frequency_empty_ratio",
    "masked_area_ratio": "masked_area_empty_ratio",
}


@dataclass(frozen=True)
class DrawView:
    """One draw as it is shown.

    Parameters
    ----------
    name : str
    wav : bytes or str
        The whole file, or the address of one that is too long for a page.
    png : bytes
        The whole file.
    facts : sequence of (str, str)
        Name and value, unit included.
    badges : sequence of str
    """

    name: str
    wav: bytes | str
    png: bytes
    facts: tuple[tuple[str, str], ...] = ()
    badges: tuple[str, ...] = ()


@dataclass(frozen=True)
class ClipView:
    """One clip as it is shown: original, copy-synthesis, draws; parameters as in `DrawView`."""

    name: str
    original: bytes | str | None
    copy_synthesis: bytes | str
    draws: tuple[DrawView, ...]
    facts: tuple[tuple[str, str], ...] = ()
    badges: tuple[str, ...] = ()


def clip_html(clip: ClipView) -> str:
    """One clip as a fragment that carries its own style: for a notebook.

    Examples
    --------
    >>> "&lt;b&gt;" in clip_html(ClipView("<b>", b"", b"", ()))
    True
    """
    return str(_environment().get_template("notebook.html.j2").render(clip=clip))


def _data_uri(data: bytes | str, media_type: str) -> str:
    if isinstance(data, str):
        return data
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"


@functools.lru_cache(maxsize=1)
def _environment() -> Any:
    jinja2 = require("jinja2", purpose="reports")
    loader = jinja2.FileSystemLoader(Path(__file__).parents[1] / "reports" / "templates")
    environment = jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["data_uri"] = _data_uri
    return environment


def as_html(audition: Audition) -> str:
    """Players and pictures, as one fragment."""
    return clip_html(_view(audition))


def as_text(audition: Audition) -> str:
    """One line for the clip, one for each draw, one for each badge."""
    frontend = frontend_in_words(audition.frontend, audition.policy, audition.frontend_reason)
    what = f"{audition.policy.name} on {frontend}, seed {audition.seed}"
    lines = [f"Audition of {audition.name!r} ({audition.duration_s:.2f} s): {what}"]
    lines += [f"  ! {badge}" for badge in audition.badges]
    for drawn in audition.draws:
        facts = ", ".join(f"{name} {value}" for name, value in facts_of_draw(audition.score_of(drawn)))
        lines.append(f"  {drawn.name}: {facts}")
        lines += [f"    ! {badge}" for badge in audition.badges_of(drawn)]
    return "\n".join(lines)


def _view(audition: Audition) -> ClipView:
    """All of an audition that a notebook shows."""
    draws = tuple(
        DrawView(
            drawn.name,
            encode_wav(drawn.audio, gain=audition.gain),
            encode_png(audition.plot(drawn)),
            facts_of_draw(audition.score_of(drawn)),
            audition.badges_of(drawn),
        )
        for drawn in audition.draws
    )
    clip = facts_of_clip(audition.duration_s, describe_clip(audition.clip))
    rendered_by, reason = vocoder_record(audition.vocoder), audition.frontend_reason
    run = facts_of_run(audition.frontend, audition.policy, rendered_by, audition.seed, reason)
    return ClipView(
        audition.name,
        None if audition.original is None else encode_wav(audition.original, gain=audition.gain),
        encode_wav(audition.copy_synthesis, gain=audition.gain),
        draws,
        clip + run,
        audition.badges,
    )


def facts_of_clip(duration_s: float, clip: ClipRecord) -> Facts:
    """What a clip was before the front-end took it."""
    if clip.mel is not None:
        source = f"a mel of {clip.mel.n_mels} bins and {clip.mel.n_frames} frames, without its audio"
        return (("length", f"{duration_s:.2f} s"), ("source", source))
    channels = channel_words(clip.channel, clip.n_channels)
    return (("length", f"{duration_s:.2f} s"), ("source", f"{clip.sample_rate} Hz, {channels}"))


def facts_of_run(
    frontend: MelFrontend,
    policy: Policy,
    vocoder: AnyVocoder | CustomVocoder,
    seed: int,
    reason: FrontendReason | None = None,
) -> Facts:
    """What was done to a clip."""
    rendered_by = ("vocoder", vocoder_name(vocoder))
    chosen = ("front-end", frontend_in_words(frontend, policy, reason))
    return (*facts_of_policy(policy), chosen, rendered_by, ("seed", str(seed)))


def frontend_in_words(frontend: MelFrontend, policy: Policy, reason: FrontendReason | None) -> str:
    """A front-end's name, and why it is this one where it was not asked for."""
    why = "" if reason == "named" else reason_in_words(reason, policy)
    return printable(frontend.name) + (f" ({why})" if why else "")


def facts_of_policy(policy: Policy) -> Facts:
    """Its name, and by which framework's rules it draws."""
    if policy.dialect == "paper":
        return (("policy", printable(policy.name)),)
    how: list[str] = [policy.dialect]
    if policy.exact_rng:
        how.append("with its own generator")
    if policy.batch:
        length = f", padded to {policy.batch.n_frames} frames" if policy.batch.n_frames else ""
        how.append(f"in a batch of {policy.batch.size}{length}")
    return ("policy", printable(policy.name)), ("dialect", ", ".join(how))


def facts_of_draw(scores: Mapping[str, float | None]) -> Facts:
    """The scores of a draw as people read them, those of the steps first; a warp and a fill only where there is one."""
    facts = []
    for key in _FACTS:
        value = scores.get(key)
        if value is None and key in ("warp_displacement_ms", "loudest_fill_vs_p95_db"):
            continue
        text = SCORES[key].text(value or 0.0)
        if key == "loudest_fill_vs_p95_db":
            text += " re P95"
        # How much of it masks nothing, where the clip has empty bins.
        empty = scores.get(_EMPTY_PARTS.get(key, ""))
        facts.append(
            (SCORES[key].title, text if empty is None else f"{text} ({SCORES[key].text(empty)} in empty bins)")
        )
    return tuple(facts)
