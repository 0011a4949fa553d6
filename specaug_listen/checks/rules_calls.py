"""Rules for single calls: errors, values, shapes, evaluation mode."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np
from scipy.special import bdtr

from ..custom.axes_order import MelBatch
from .clips import Clip
from .findings import Finding
from .rules_randomness import example_clip, list_clips
from .session import Observation, Session
from .significance import CLIPS_SIGNIFICANCE, CRASHES_SIGNIFICANCE, may_be_chance
from .stages import Rule, Stage

__all__ = ["RULES", "call_findings", "contract_findings", "mode_findings", "try_hard_cases"]

# Findings after which results cannot be compared cell by cell.
_OTHER_SHAPES = {"length-changed", "axes-swapped", "device-changed"}
# Lengths [frames] of clips that are shorter than masks are wide.
_TINY_FRAMES = (1, 2, 5)
# Number of seeds for each of these lengths.
_HARD_CASE_SEEDS = 6


def effect_findings(session: Session) -> list[Finding]:
    """Report a pipeline that never changes a cell, or none of clips of some lengths."""
    trials = session.all_trials
    if not trials or session.changes.keys() & _OTHER_SHAPES:
        return []
    if any(trial.effect.is_changed for trial in trials):
        return _clips_left_out(session)
    line = f"none of {len(trials)} draws changed a cell"
    return [Finding.of("nothing-applied", line, str(session.reference), trials[0].seed, draws=len(trials))]


def _clips_left_out(session: Session) -> list[Finding]:
    """Report clips that no draw changes, though draws change clips of other lengths."""
    unchanged, others = (
        [clip for clip in session.clips if any(t.effect.is_changed for t in session.trials_of(clip)) == is_other]
        for is_other in (False, True)
    )
    effects = [trial.effect.is_changed for clip in others for trial in session.trials_of(clip)]
    n_changes, n_of_others = sum(effects), len(effects)
    # One draw more than there are, unchanged: a share of 1 that a few draws show is not certain.
    share = n_changes / (n_of_others + 1)
    n_draws = {str(clip): len(session.trials_of(clip)) for clip in unchanged}
    left_out = [clip for clip in unchanged if not may_be_chance(n_draws[str(clip)], share, CLIPS_SIGNIFICANCE)]
    if not left_out:
        return []
    clip, n = example_clip(session, left_out), sum(n_draws[str(each)] for each in left_out)
    of_others = f"{n_changes / n_of_others:.0%} of those on {list_clips(others)} do"
    line = f"none of {n} draws changes {list_clips(left_out)}, and {of_others}"
    return [Finding.of("clips-left-out", line, str(clip), session.trials_of(clip)[0].seed, draws=n)]


def try_hard_cases(session: Session) -> list[Finding]:
    """Call the pipeline on rare inputs of training data; `contract_findings` reports the results."""
    seeds = session.seeds(_HARD_CASE_SEEDS, 2)
    for n_frames in _TINY_FRAMES:
        probe = session.probe(n_frames)
        for seed in seeds:
            session.call(session.batch(probe.values), seed, f"a clip of {n_frames} frames", kind="tiny")
    for clip in session.clips:
        for seed in seeds[: max(0, 2 - len(session.pairs_of(clip)))]:
            session.call(session.batch(session.pipeline.scaled(clip.mel)), seed, str(clip))
    speech = session.pipeline.scaled(session.reference.mel)
    for value, what in ((float(speech.min()), "the clip's floor"), (0.0, "0")):
        for seed in seeds[:3]:
            flat = np.full_like(speech, value)
            session.call(session.batch(flat), seed, f"{session.reference}, all cells at {what}", kind="all-masked")
    for n in (1, 2, 8) if session.pipeline.takes_batches else ():
        if n >= session.n_items:
            session.call(MelBatch((speech,) * n), seeds[0], f"a batch of {n}", kind="batch")
    return []


def contract_findings(session: Session) -> list[Finding]:
    """Report errors, and `call_findings`."""
    return [*call_findings(session), *_crashes(session)]


def call_findings(session: Session) -> list[Finding]:
    """Report suspicious changes that single calls have shown."""
    findings = []
    for what, first in session.changes.items():
        times = f"; {first.times} of {session.n_calls} calls" if session.n_calls else ""
        findings.append(Finding.of(what, f"{first.evidence} ({first.clip}{times})", first.clip, first.seed))
    return findings


def _crashes(session: Session) -> list[Finding]:
    of_clips = {where: error for (kind, where), error in session.errors.items() if kind == "clip"}
    if _is_at_random(session, of_clips):
        return [_at_random(session, [*of_clips.values()])]
    errors, by_chance = _without_chance(session)
    of_draws = {key: error for key, error in errors.items() if _is_of_draw(session, *key, error)}
    lasting = {key: error for key, error in errors.items() if key not in of_draws}
    chance = [*by_chance, *of_draws.values()]
    return [*([_at_random(session, chance, by_chance)] if chance else []), *_crashes_by_size(session, lasting)]


def _is_of_draw(session: Session, kind: str, where: str, error: Observation) -> bool:
    """Whether an error comes with a draw, whatever the length of the clip."""
    is_some = kind in ("clip", "tiny") and where != str(session.clips[-1]) and error.times < session.calls[kind, where]
    return is_some and session.fails_on_longest(error)


Errors: TypeAlias = Mapping[tuple[str, str], Observation]


def _without_chance(session: Session) -> tuple[Errors, list[Observation]]:
    """Split the errors into those that come again with the same call, and those that do not.

    Where seeds do not reproduce draws, a repeated call is another draw, so only a single error counts as chance.
    """
    errors: dict[tuple[str, str], Observation] = {}
    by_chance = [*session.chance_errors]
    is_reproducible = session.is_reproducible(session.reference)
    for (kind, where), error in session.errors.items():
        if kind == "settling" and (error.batch is None or not session.has_size_of(error.batch)):
            continue  # a batch of one that fails where two do not is reported as such
        if (error.times == 1 or is_reproducible) and not session.fails_again(error):
            by_chance.append(error)
        elif kind != "settling":
            errors[kind, where] = error
        else:
            errors.setdefault(("clip", where), error)
    return errors, by_chance


def _crashes_by_size(session: Session, errors: Errors) -> list[Finding]:
    """Report errors that come with clips or batches of some sizes."""
    order = [str(clip) for clip in session.clips]
    findings = []
    fine = {str(clip) for clip in session.clips if session.trials_of(clip)} - {
        where for kind, where in errors if kind == "clip"
    }
    by_id: dict[str, list[tuple[str, str, int]]] = {}
    alone = {error.evidence for (kind, _), error in errors.items() if kind in ("tiny", "clip")}
    for (kind, where), error in errors.items():
        if kind == "batch" and error.evidence in alone:
            continue
        if kind == "tiny" or (kind == "clip" and fine & set(order[order.index(where) + 1 :])):
            what = "crash-short-clip"
        elif kind == "clip":
            what = "crash-long-clip"
        elif kind in ("all-masked", "batch"):
            what = f"crash-{kind}"
        else:
            continue
        by_id.setdefault(what, []).append((where, error.evidence, error.seed))
    for what, cases in by_id.items():
        # Name the longest that is too short; the tiny ones are not in the order.
        longer = sorted((case for case in cases if case[0] in order), key=lambda case: order.index(case[0]))
        where, evidence, seed = (longer or cases)[-1] if what == "crash-short-clip" else cases[0]
        more = "" if len(cases) == 1 else f", and {len(cases) - 1} more"
        findings.append(Finding.of(what, f"{where}{more}: {evidence}", where, seed, cases=len(cases)))
    return findings


def _is_at_random(session: Session, of_clips: dict[str, Observation]) -> bool:
    """Return whether draws fail at random, on long clips hardly less than on short ones."""
    shortest = str(session.clips[0])
    if len(session.clips) < 2 or shortest not in of_clips or not session.trials_of(session.clips[0]):
        return False
    middle = len(session.clips) // 2
    short_failed, n_short = _failed_calls(session, session.clips[:middle])
    long_failed, n_long = _failed_calls(session, session.clips[middle:])
    # Errors depend on the length if long clips fail significantly less than a third as often.
    are_rarer = bdtr(long_failed, n_long, short_failed / n_short / 3) < CRASHES_SIGNIFICANCE
    return long_failed > 0 and not are_rarer


def _failed_calls(session: Session, clips: Sequence[Clip]) -> tuple[int, int]:
    """Count the calls on these clips: those that failed, and all."""
    keys = [("clip", str(clip)) for clip in clips]
    return sum(session.errors[key].times for key in keys if key in session.errors), sum(
        session.calls[key] for key in keys
    )


def _at_random(session: Session, errors: Sequence[Observation], by_chance: Sequence[Observation] = ()) -> Finding:
    """Report errors of some draws on clips of all lengths, among them those that did not come again."""
    n, first = sum(error.times for error in errors), errors[0]
    how = ", and not when the same call was repeated" if by_chance else ", on clips of all lengths"
    line = f"{n} of {session.n_calls} calls fail{how}: {first.evidence}"
    return Finding.of("crash-at-random", line, first.clip, first.seed, failed=n, calls=session.n_calls)


def mode_findings(session: Session) -> list[Finding]:
    """Report a module that augments in evaluation mode."""
    if not session.pipeline.has_modes:
        return []
    probe = session.probe(session.reference.n_frames)
    seeds = session.seeds(10, 3)
    where = str(session.reference)
    changed = []
    for seed in seeds:
        trial = session.read(session.call(session.batch(probe.values), seed, where, training=False), probe, seed)
        if trial is not None and trial.effect.is_changed:
            changed.append(seed)
    if not changed:
        return []
    line = f"in eval mode {len(changed)} of {len(seeds)} calls changed the mel"
    return [Finding.of("applied-in-eval", line, where, changed[0], calls=len(seeds), changed=len(changed))]


RULES = (
    Rule(Stage.RANDOMNESS, effect_findings),
    Rule(Stage.BATCHES, mode_findings),
    Rule(Stage.HARD_CASES, try_hard_cases),
    Rule(Stage.CALLS, contract_findings),
)
