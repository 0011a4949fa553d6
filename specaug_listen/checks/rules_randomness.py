"""Rules for randomness and state: draws that are all alike, not reproducible, or of another clip."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..custom.axes_order import MelBatch
from .clips import Clip
from .findings import Finding
from .session import Pair, Session, Trial
from .stages import Rule, Stage

__all__ = [
    "RULES",
    "example_clip",
    "is_filter",
    "late_findings",
    "list_clips",
    "other_clip_findings",
    "randomness_findings",
]

# At most so many distinct results of at least so many draws with a change are a fault.
_FEW_RESULTS = 6
_MANY_CHANGED_DRAWS = 30
# Number of clips that a message lists.
_MAX_NAMED_CLIPS = 3
# Smallest share of unmasked cells for a comparison of the results of two inputs,
_LEAST_SHARE_COMPARED = 0.05
# and the share of these above which the results count as the same.
_LEAST_SHARE_SAME = 0.9


def randomness_findings(session: Session) -> list[Finding]:
    """Report draws that are all alike, or not reproducible, on clips of any length."""
    findings = []
    differing = [clip for clip in session.clips if not session.is_reproducible(clip)]
    if differing:
        pairs = [pair for clip in differing for pair in session.pairs_of(clip)]
        n = sum(not pair.is_same for pair in pairs)
        line = f"{n} of {len(pairs)} seeds gave another result the second time, on {list_clips(differing)}"
        clip = example_clip(session, differing)
        seed = next(pair.trial.seed for pair in session.pairs_of(clip) if not pair.is_same)
        findings.append(Finding.of("not-reproducible", line, str(clip), seed, seeds=len(pairs), other=n))
    alike = [clip for clip in session.clips if _is_drawn_once(session, clip)]
    if alike:
        n = sum(len(session.trials_of(clip)) for clip in alike)
        n_changed = sum(len(_changed(session, clip)) for clip in alike)
        n_results = max(len({trial.digest for trial in _changed(session, clip)}) for clip in alike)
        results = "one and the same result" if n_results == 1 else f"only {n_results} results"
        which = f"{n} seeds" if n_changed == n else f"{n_changed} of {n} seeds changed a cell, and these"
        line = f"{which} gave {results}, on {list_clips(alike)}"
        clip = example_clip(session, alike)
        seed = _changed(session, clip)[0].seed
        findings.append(Finding.of("same-draw-every-time", line, str(clip), seed, seeds=n, changed=n_changed))
    elif session.pipeline.takes_batches and not differing and not is_filter(session):
        findings += _batch_findings(session)
    return findings


def example_clip(session: Session, clips: Sequence[Clip]) -> Clip:
    """Choose the clip to show a finding on: the reference clip (about 2 s) if it is among them, else the first."""
    return session.reference if any(clip is session.reference for clip in clips) else clips[0]


def list_clips(clips: Sequence[Clip]) -> str:
    """List the names of the first clips, and the number of the others, for a message."""
    names = [str(clip) for clip in clips]
    more = [f"{len(names) - _MAX_NAMED_CLIPS} more"] if len(names) > _MAX_NAMED_CLIPS else []
    *first, last = [*names[:_MAX_NAMED_CLIPS], *more]
    return f"{', '.join(first)} and {last}" if first else last


def _changed(session: Session, clip: Clip) -> list[Trial]:
    return [trial for trial in session.trials_of(clip) if trial.effect.is_changed]


def _is_drawn_once(session: Session, clip: Clip) -> bool:
    """Return whether all draws on a clip give one changed result, or on the reference clip only a few results."""
    trials, changed = session.trials_of(clip), _changed(session, clip)
    if len(trials) < 2 or not changed or is_filter(session, clip):
        return False
    n_results = len({trial.digest for trial in changed})
    has_one_result = n_results == 1 and len(changed) == len(trials)
    if clip is session.reference:
        # With 200 places or more, nearly all of so many draws should differ.
        return has_one_result or (len(changed) >= _MANY_CHANGED_DRAWS and n_results <= _FEW_RESULTS)
    # On a short clip, a mask may cover everything, and looks like a filter.
    is_short = clip.n_frames < session.reference.n_frames
    return has_one_result and not trials[0].effect.is_all_masked and not (is_short and trials[0].is_all_changed)


def is_filter(session: Session, clip: Clip | None = None) -> bool:
    """Return whether all draws change all cells in the same way, without masks and moves: that is no augmentation.

    The default clip is the reference clip.
    """
    trials = session.trials_of(clip or session.reference)
    if len(trials) < 2 or len({trial.digest for trial in trials}) > 1 or not trials[0].is_all_changed:
        return False
    return trials[0].effect.is_everywhere or _is_only_shifted(trials[0])


def _is_only_shifted(trial: Trial) -> bool:
    """Return whether a constant was added to all cells, and nothing else was done."""
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
    """Report equal results for a clip and a probe under one seed, which cannot both be right."""
    cases = [
        (clip, pair)
        for clip in session.clips
        for pair in session.pairs_of(clip)
        if _is_same_result(session, clip, pair)
    ]
    if not cases:
        return []
    clips = [clip for clip in session.clips if any(clip is its_clip for its_clip, _ in cases)]
    n = sum(len(session.pairs_of(clip)) for clip in clips)
    line = f"in {len(cases)} of {n} draws two inputs gave the same unmasked cells, on {list_clips(clips)}"
    clip = example_clip(session, clips)
    pair = next(pair for its_clip, pair in cases if its_clip is clip)
    return [Finding.of("other-clip-returned", line, str(clip), pair.trial.seed, draws=n, alike=len(cases))]


def _is_same_result(session: Session, clip: Clip, pair: Pair) -> bool:
    """Return whether clip and probe give the same cells, apart from masked and constant ones."""
    if not (pair.of_clip.values and pair.again.values):
        return False
    values = pair.again.values[0]
    same = pair.of_clip.values[0] == values
    if not same.any():
        return False
    unmasked = ~(pair.trial.effect.masked_cells | session.probe(clip.n_frames).flat(values))
    return bool(unmasked.mean() >= _LEAST_SHARE_COMPARED and same[unmasked].mean() > _LEAST_SHARE_SAME)


def late_findings(session: Session) -> list[Finding]:
    """Report a seed of the first draws that gives another result after all other calls."""
    pairs = session.pairs_of(session.reference)
    if not pairs or not pairs[0].is_same:
        return []
    trial, where, n = pairs[0].trial, str(session.reference), session.n_calls
    outcome = session.call(session.batch(session.probe(session.reference.n_frames).values), trial.seed, where)
    # An error is reported by another rule.
    if not outcome.values or outcome.digest == trial.digest:
        return []
    line = f"the same seed gave another result after {n} calls than at first, on {where}"
    return [Finding.of("not-reproducible", line, where, trial.seed, calls=n)]


RULES = (
    Rule(Stage.RANDOMNESS, randomness_findings),
    Rule(Stage.RANDOMNESS, other_clip_findings),
    Rule(Stage.REPETITION, late_findings),
)
