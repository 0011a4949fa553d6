"""Rules for how much masks cover: more than declared, most of a short clip, or more than published recipes cover."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..augment.coverage import Shares, expected_shares
from ..errors import ParameterError
from ..frameworks import ALL_POLICIES
from .clips import Clip
from .findings import Finding
from .probes import Effect, widest_run
from .session import Session
from .stages import Rule, Stage

__all__ = ["RULES", "YARDSTICKS", "cap_findings", "published_shares", "share_findings", "strength_findings"]

# Published recipes of supervised training; those that are strongest at most lengths come first.
YARDSTICKS = (
    "speechbrain-conformer", "LD", "adaptive", "nemo-conformer", "espnet-conformer10", "lingvo-conformer", "SS",
    "espnet-conformer", "icefall-cr-ctc", "icefall", "wenet", "hf-whisper", "LB", "SM",
)  # fmt: skip
# Number of draws of each recipe at each length.
_YARDSTICK_DRAWS = 50
# Number of draws of the pipeline once its mean exceeds all recipes.
_DRAWS = 60
# Margin below the observed mean, in standard deviations of the mean (a probability of about 3e-7).
_MEAN_STANDARD_DEVIATIONS = 5.0
# The pipeline is stronger than a recipe if its share is larger by more than this factor, and by more than this
# difference. Both cover the uncertainty of the recipe's own mean, and a little more.
_BEYOND_FACTOR = 1.15
_BEYOND_SHARE = 0.02
# Shortest clip [frames] for the comparison.
_SHORTEST_CLIP_FRAMES = 10
_MEASURES: dict[str, tuple[Callable[[Effect], float], Callable[[Shares], float]]] = {
    "frames": (lambda effect: effect.time_share, lambda shares: shares.time),
    "bins": (lambda effect: float(effect.masked_bins.mean()), lambda shares: shares.frequency),
    "cells": (lambda effect: effect.area_share, lambda shares: shares.area),
}


def strength_findings(session: Session) -> list[Finding]:
    """Report masks that cover more than any published recipe does, on clips of each length."""
    over: list[tuple[Clip, str, float, float, str]] = []
    for clip in session.clips:
        if clip.n_frames < _SHORTEST_CLIP_FRAMES:
            continue
        for what in _MEASURES:
            beyond = _beyond(session, clip, what)
            if beyond is not None:
                over.append((clip, what, *beyond))
    if not over:
        return []
    clip, what, share, most, name = max(over, key=lambda case: case[2] / max(case[3], 0.01))
    clips = list(dict.fromkeys(str(case[0]) for case in over))
    line = (
        f"masks cover {share:.0%} of the {what} of {clip} on average; the strongest published recipe of supervised "
        f"training, {name}, covers {most:.0%} there"
    )
    if len(clips) > 1:
        line += f"; stronger than published on {', '.join(clips)}"
    numbers = {"share": round(share, 4), "published": round(most, 4)}
    return [Finding.of("stronger-than-published", line, str(clip), session.trials_of(clip)[0].seed, **numbers)]


def _beyond(session: Session, clip: Clip, what: str) -> tuple[float, float, str] | None:
    """Return the covered share, and the strongest recipe's share and name; None unless the former is clearly larger."""
    measure, published = _MEASURES[what]
    shares = np.array([measure(trial.effect) for trial in session.trials_of(clip)])
    strongest = ("", 0.0)
    if not len(shares) or not shares.any():
        return None
    for name in YARDSTICKS:
        yardstick = published_shares(name, clip.mel.n_mels, clip.n_frames)
        if yardstick is None:
            continue
        if shares.mean() <= _limit(published(yardstick)):
            return None
        strongest = max(strongest, (name, published(yardstick)), key=lambda recipe: recipe[1])
    shares = np.array([measure(trial.effect) for trial in session.more_trials_of(clip, _DRAWS)])
    least = float(shares.mean() - _MEAN_STANDARD_DEVIATIONS * shares.std() / math.sqrt(len(shares)))
    return (float(shares.mean()), strongest[1], strongest[0]) if least > _limit(strongest[1]) else None


def _limit(share: float) -> float:
    return _BEYOND_FACTOR * share + _BEYOND_SHARE


@functools.lru_cache(maxsize=1024)
def published_shares(name: str, n_mels: int, n_frames: int) -> Shares | None:
    """Return the mean coverage of a recipe, by the rules of its framework, on clips of a size; None if it cannot draw.

    Examples
    --------
    >>> published_shares("LB", 80, 1000).frequency < published_shares("LD", 80, 1000).frequency
    True
    """
    try:
        return expected_shares(ALL_POLICIES[name], n_mels, n_frames, n_draws=_YARDSTICK_DRAWS)
    except ParameterError:
        return None


def cap_findings(session: Session) -> list[Finding]:
    """Report masks wider than ``max_time_share``, or than a policy's own cap."""
    max_time_share = session.max_time_share
    for clip in reversed(session.clips):
        for trial in session.trials_of(clip):
            widest = widest_run(trial.effect.masked_frames)
            if max_time_share is not None and widest > max_time_share * clip.n_frames:
                line = (
                    f"a mask of {widest} of {clip.n_frames} frames, {widest / clip.n_frames:.0%} instead of the "
                    f"declared {max_time_share:.0%}"
                )
                return [Finding.of("cap-exceeded", line, str(clip), trial.seed, widest=widest)]
    return _declared_findings(session)


def _declared_findings(session: Session) -> list[Finding]:
    """Report masks wider than a policy's own share, as a minimum width makes them on very short clips.

    Only for policies of one time mask.
    """
    policy = session.pipeline.policy
    masks = [t for t in (policy.transforms if policy else ()) if _is_time_mask(t)]
    share = getattr(masks[0], "max_ratio", None) if len(masks) == 1 else None
    if share is None or share >= 1:
        return []
    for clip in reversed(session.clips):
        for trial in session.trials_of(clip):
            outcome = session.pipeline(session.batch(session.probe(clip.n_frames).values), trial.seed)
            steps = [step for draw in outcome.draws[:1] for step in draw.steps if step.kind == "time_mask"]
            widest = max((step.n_frames for step in steps), default=0)
            if widest > share * clip.n_frames + 1e-9:
                line = f"a mask of {widest} of {clip.n_frames} frames, but the policy declares {share:.0%}"
                return [Finding.of("cap-exceeded", line, str(clip), trial.seed, widest=widest)]
    return []


def _is_time_mask(transform: Any) -> bool:
    return transform.kind == "time_mask" or getattr(transform, "axis", None) == "time"


def share_findings(session: Session) -> list[Finding]:
    """Report the longest clip (but the longest of all) of which some draws mask more than the allowed share."""
    share = session.share
    for clip in reversed(session.clips[:-1]):
        trials = session.trials_of(clip)
        over = [trial for trial in trials if trial.effect.time_share > share]
        if over:
            most = max(over, key=lambda trial: trial.effect.time_share)
            line = (
                f"{len(over)} of {len(trials)} draws mask more than {share:.0%} of {clip}, up to "
                f"{most.effect.time_share:.0%}"
            )
            numbers = {"draws": len(trials), "over": len(over), "most": round(most.effect.time_share, 4)}
            return [Finding.of("short-clip-mostly-masked", line, str(clip), most.seed, **numbers)]
    return []


RULES = (
    Rule(Stage.MASKS, cap_findings),
    Rule(Stage.MASKS, share_findings),
    Rule(Stage.MASKS, strength_findings),
)
