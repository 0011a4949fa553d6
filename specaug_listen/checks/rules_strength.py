"""Findings of strength: shares of the frames, bins and cells that masks cover, against what published recipes cover."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable

import numpy as np

from ..augment.coverage import Shares, expected_shares
from ..errors import ParameterError
from ..frameworks import ALL_POLICIES
from .clips import Clip
from .findings import Finding
from .probes import Effect
from .rules import Rule, Stage
from .trials import Session

__all__ = ["RULES", "YARDSTICKS", "published_shares", "strength_findings"]

# Recipes of supervised training, as the papers and the frameworks publish them; the strongest of most lengths first.
YARDSTICKS = (
    "speechbrain-conformer", "LD", "adaptive", "nemo-conformer", "espnet-conformer10", "lingvo-conformer", "SS",
    "espnet-conformer", "icefall-cr-ctc", "icefall", "wenet", "hf-whisper", "LB", "SM",
)  # fmt: skip
# Draws of each recipe on each length.
_YARDSTICK_DRAWS = 50
# Draws of the pipeline where its mean is beyond all recipes.
_DRAWS = 60
# Standard deviations of the mean by which it may be off by accident (a probability of about 3e-7).
_MEAN_DEVIATIONS = 5.0
# A mean share is beyond a recipe's from this factor and this share more: what drawing the recipe itself may leave
# uncertain, and a little more.
_BEYOND_FACTOR = 1.15
_BEYOND_SHARE = 0.02
# Shortest clip [frames] that is compared.
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
    """Return the share that is covered, and that and the name of the strongest recipe; None where that covers more."""
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
    least = float(shares.mean() - _MEAN_DEVIATIONS * shares.std() / math.sqrt(len(shares)))
    return (float(shares.mean()), strongest[1], strongest[0]) if least > _limit(strongest[1]) else None


def _limit(share: float) -> float:
    return _BEYOND_FACTOR * share + _BEYOND_SHARE


@functools.lru_cache(maxsize=1024)
def published_shares(name: str, n_mels: int, n_frames: int) -> Shares | None:
    """Return what a recipe covers of a clip of this size, by the rules of its framework; None where it cannot be drawn.

    Examples
    --------
    >>> published_shares("LB", 80, 1000).frequency < published_shares("LD", 80, 1000).frequency
    True
    """
    try:
        return expected_shares(ALL_POLICIES[name], n_mels, n_frames, n_draws=_YARDSTICK_DRAWS)
    except ParameterError:
        return None


RULES = (Rule(Stage.MASKS, strength_findings),)
