"""Findings of randomness and memory: draws all alike, that no seed brings back, or that are of another clip."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..custom.layout import MelBatch
from .clips import Clip
from .findings import Finding
from .rules import Rule, Stage
from .session import Pair, Session, Trial

__all__ = [
    "RULES",
    "is_filter",
    "late_findings",
    "named_clips",
    "other_clip_findings",
    "plainest",
    "randomness_findings",
]

# Draws with a change from which on a few results alone are a fault, and how many results are few.
_MANY_CHANGED_DRAWS = 30
_FEW_RESULTS = 6
# Clips that a sentence names, of more.
_MOST_CLIPS_NAMED = 3
# Smallest share of the cells that is enough to compare what came of two inputs.
_LEAST_SHARE_COMPARED = 0.05
# Share of these above which both came back with the same cells.
_LEAST_SHARE_SAME = 0.9


def randomness_findings(session: Session) -> list[Finding]:
    """Report draws that are all alike, or that no seed brings back, on clips of any length."""
    findings = []
    odd = [clip for clip in session.clips if not session.is_reproducible(clip)]
    if odd:
        pairs = [pair for clip in odd for pair in session.pairs_of(clip)]
        n = sum(not pair.is_same for pair in pairs)
        line = f"{n} of {len(pairs)} seeds gave another result the second time, on {named_clips(odd)}"
        clip = plainest(session, odd)
        seed = next(pair.trial.seed for pair in session.pairs_of(clip) if not pair.is_same)
        findings.append(Finding.of("not-reproducible", line, str(clip), seed, seeds=len(pairs), other=n))
    alike = [clip for clip in session.clips if _is_drawn_once(session, clip)]
    if alike:
        n = sum(len(session.trials_of(clip)) for clip in alike)
        n_changed = sum(len(_changed(session, clip)) for clip in alike)
        n_results = max(len({trial.digest for trial in _changed(session, clip)}) for clip in alike)
        results = "one and the same result" if n_results == 1 else f"{n_results} results alone"
        # Of those that left a clip as it was, nothing is said.
        which = f"{n} seeds" if n_changed == n else f"{n_changed} of {n} seeds changed a cell, and these"
        line = f"{which} gave {results}, on {named_clips(alike)}"
        clip = plainest(session, alike)
        seed = _changed(session, clip)[0].seed
        findings.append(Finding.of("same-draw-every-time", line, str(clip), seed, seeds=n, changed=n_changed))
    elif session.pipeline.takes_batches and not odd and not is_filter(session):
        findings += _batch_findings(session)
    return findings


def plainest(session: Session, clips: Sequence[Clip]) -> Clip:
    """Choose among clips that show the same: the one of about 2 s, which is heard and seen best, or the first."""
    return session.reference if any(clip is session.reference for clip in clips) else clips[0]


def named_clips(clips: Sequence[Clip]) -> str:
    """List names of clips for a sentence, some of many."""
    names = [str(clip) for clip in clips]
    more = [f"{len(names) - _MOST_CLIPS_NAMED} more"] if len(names) > _MOST_CLIPS_NAMED else []
    *first, last = [*names[:_MOST_CLIPS_NAMED], *more]
    return f"{', '.join(first)} and {last}" if first else last


def _changed(session: Session, clip: Clip) -> list[Trial]:
    return [trial for trial in session.trials_of(clip) if trial.effect.is_changed]


def _is_drawn_once(session: Session, clip: Clip) -> bool:
    """Say whether all draws on a clip change it and give one result; or, on about 200 frames, a few results alone."""
    trials, changed = session.trials_of(clip), _changed(session, clip)
    if len(trials) < 2 or not changed or is_filter(session, clip):
        return False
    n_results = len({trial.digest for trial in changed})
    has_one_result = n_results == 1 and len(changed) == len(trials)
    if clip is session.reference:
        # Of so many draws from 200 places or more, nearly all differ.
        return has_one_result or (len(changed) >= _MANY_CHANGED_DRAWS and n_results <= _FEW_RESULTS)
    # Masks may cover any short clip, and what else changes all of its cells cannot be told from a filter.
    is_short = clip.n_frames < session.reference.n_frames
    return has_one_result and not trials[0].effect.is_all_masked and not (is_short and trials[0].is_all_changed)


def is_filter(session: Session, clip: Clip | None = None) -> bool:
    """Say whether all cells change, always in the same way, and no mask or move can be read: no augmentation, then.

    Parameters
    ----------
    clip : Clip or None
        None is the one on which most is tried.
    """
    trials = session.trials_of(clip or session.reference)
    if len(trials) < 2 or len({trial.digest for trial in trials}) > 1 or not trials[0].is_all_changed:
        return False
    return trials[0].effect.is_everywhere or _is_as_it_was(trials[0])


def _is_as_it_was(trial: Trial) -> bool:
    """Say whether a probe is as it was, but for what was added to all cells alike."""
    effect = trial.effect
    return not (effect.masked_bins.any() or effect.masked_frames.any() or effect.moved or effect.is_resampled)


def _batch_findings(session: Session) -> list[Finding]:
    n, n_changed, probe = 8, 0, session.probe(session.reference.n_frames)
    dtype = session.pipeline.scaled(session.clips[0].mel).dtype
    seeds = session.seeds(12, 4)
    for seed in seeds:
        values = session.call(MelBatch((probe.values.astype(dtype),) * n), seed, f"a batch of {n}", kind="batch").values
        if not values or any(not np.array_equal(values[0], other) for other in values[1:]):
            return []
        n_changed += not np.array_equal(values[0], probe.values)
    if n_changed < 2:
        return []
    line = f"all {n} items of a batch got the same draw in {len(seeds)} of {len(seeds)} batches"
    return [Finding.of("same-draw-in-batch", line, str(session.reference), seeds[0], items=n, batches=len(seeds))]


def other_clip_findings(session: Session) -> list[Finding]:
    """Report a clip and a probe that come back with the same cells under one seed: not both can be their own."""
    odd = [
        (clip, pair) for clip in session.clips for pair in session.pairs_of(clip) if _is_of_another(session, clip, pair)
    ]
    if not odd:
        return []
    clips = [clip for clip in session.clips if any(clip is odd_clip for odd_clip, _ in odd)]
    n = sum(len(session.pairs_of(clip)) for clip in clips)
    line = f"in {len(odd)} of {n} draws two inputs came back with the same unmasked cells, on {named_clips(clips)}"
    clip = plainest(session, clips)
    pair = next(pair for odd_clip, pair in odd if odd_clip is clip)
    return [Finding.of("other-clip-returned", line, str(clip), pair.trial.seed, draws=n, alike=len(odd))]


def _is_of_another(session: Session, clip: Clip, pair: Pair) -> bool:
    """Say whether cells that are neither masked nor a constant are those of the probe's result under this seed."""
    if not (pair.of_clip.values and pair.again.values):
        return False
    values = pair.again.values[0]
    same = pair.of_clip.values[0] == values
    if not same.any():
        return False
    unmasked = ~(pair.trial.effect.masked_cells | session.probe(clip.n_frames).flat(values))
    return bool(unmasked.mean() >= _LEAST_SHARE_COMPARED and same[unmasked].mean() > _LEAST_SHARE_SAME)


def late_findings(session: Session) -> list[Finding]:
    """Report a seed of the first draws that gives another result when all else has been tried."""
    pairs = session.pairs_of(session.reference)
    if not pairs or not pairs[0].is_same:
        return []
    trial, where, n = pairs[0].trial, str(session.reference), session.n_calls
    outcome = session.call(session.batch(session.probe(session.reference.n_frames).values), trial.seed, where)
    # An error is a finding of its own.
    if not outcome.values or outcome.digest == trial.digest:
        return []
    line = f"the same seed gave another result after {n} calls than at first, on {where}"
    return [Finding.of("not-reproducible", line, where, trial.seed, calls=n)]


RULES = (
    Rule(Stage.RANDOMNESS, randomness_findings),
    Rule(Stage.RANDOMNESS, other_clip_findings),
    Rule(Stage.REPETITION, late_findings),
)
