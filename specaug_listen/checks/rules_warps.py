"""Rules for time warps, and for reordered frames and bins."""

from __future__ import annotations

import numpy as np

from .findings import Finding
from .rules_randomness import example_clip, list_clips
from .session import Session
from .significance import WARPS_SIGNIFICANCE, may_be_chance
from .stages import Rule, Stage

__all__ = ["RULES", "order_findings", "warp_findings"]

# Fewest reordered draws that are a finding, because a single one may be misread.
_FEWEST_REORDERED_DRAWS = 2


def order_findings(session: Session) -> list[Finding]:
    """Report frames or bins that are reversed or shuffled."""
    for what in ("frames", "bins"):
        cases = [(c, t) for c in session.clips for t in session.trials_of(c) if t.effect.out_of_order == what]
        if len(cases) < _FEWEST_REORDERED_DRAWS:
            continue
        clips = [clip for clip in session.clips if any(clip is its_clip for its_clip, _ in cases)]
        clip, n = example_clip(session, clips), len(session.all_trials)
        seed = next(trial.seed for its_clip, trial in cases if its_clip is clip)
        line = f"{len(cases)} of {n} draws reverse or shuffle {what}, on {list_clips(clips)}"
        return [Finding.of("order-changed", line, str(clip), seed, draws=n, odd=len(cases))]
    return []


def warp_findings(session: Session) -> list[Finding]:
    """Report warps that go to one side only, that move nothing, or that skip short clips."""
    moves = {str(clip): np.array([t.effect.moved for t in session.trials_of(clip)]) for clip in session.clips}
    every = np.concatenate([*moves.values(), np.zeros(0)])
    if not (every != 0).any():
        return _ineffective(session)
    return [*_one_sided(session, every), *_skipped(session, moves)]


def _ineffective(session: Session) -> list[Finding]:
    """Report a warp that interpolates, or that names declare, but that moves no frame."""
    trials = session.all_trials
    resampled = [trial for trial in trials if trial.effect.is_resampled]
    if len(resampled) > len(trials) / 2:
        line = (
            f"{len(resampled)} of {len(trials)} draws interpolate between frames, and none moves a frame by a whole one"
        )
        return [Finding.of("warp-ineffective", line, str(session.reference), resampled[0].seed)]
    words = [word for word in session.pipeline.identifier_words.split() if "warp" in word]
    policy = session.pipeline.policy
    declared = [t.kind for t in (policy.transforms if policy else ()) if t.kind in ("warp", "time_warp")]
    widths = [t.max_frames for t in (policy.transforms if policy else ()) if t.kind in ("warp", "time_warp")]
    if trials and (words or (declared and max(widths))):
        line = f"{(words or declared)[0]} is declared, and no frame moved in {len(trials)} draws"
        return [Finding.of("warp-ineffective", line, str(session.clips[-1]), trials[0].seed, draws=len(trials))]
    return []


def _one_sided(session: Session, moves: np.ndarray) -> list[Finding]:
    moves = moves[moves != 0]
    later, n = int((moves > 0).sum()), len(moves)
    # All of n fair coins land on one side with a probability of 2 * 2^-n.
    if 0 < later < n or 2 * 0.5**n >= WARPS_SIGNIFICANCE:
        return []
    side = "later" if later else "earlier"
    clip = next(c for c in reversed(session.clips) if any(t.effect.moved for t in session.trials_of(c)))
    seed = next(t.seed for t in session.trials_of(clip) if t.effect.moved)
    line = (
        f"all {n} warps move their frame {side}; if both sides were equally likely, the probability is {2 * 0.5**n:.0e}"
    )
    return [Finding.of("warp-one-sided", line, str(clip), seed, warps=n)]


def _skipped(session: Session, moves: dict[str, np.ndarray]) -> list[Finding]:
    """Report the longest clip that is never warped although longer clips are."""
    warped = [i for i, clip in enumerate(session.clips) if (moves[str(clip)] != 0).any()]
    for clip in reversed(session.clips[: warped[0]]):
        n = len(moves[str(clip)])
        longer = np.concatenate([moves[str(session.clips[i])] for i in warped])
        share = float((longer != 0).mean())
        if n and may_be_chance(n, share, WARPS_SIGNIFICANCE):
            continue
        first = session.clips[warped[0]]
        line = f"none of {n} draws warps {clip}, and {share:.0%} of those of longer clips ({first} and above) do"
        seed = session.trials_of(clip)[0].seed if n else 0
        return [Finding.of("warp-skipped", line, str(clip), seed, draws=n)] if n else []
    return []


RULES = (
    Rule(Stage.AXES, order_findings),
    Rule(Stage.MASKS, warp_findings),
)
