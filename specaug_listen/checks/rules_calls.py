"""Findings of single calls: errors, values, shapes, modes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.special import bdtr

from ..custom.layout import MelBatch
from .clips import Clip
from .report import Finding
from .trials import Bench, Observation

__all__ = ["call_findings", "contract_findings", "mode_findings", "try_hard_cases"]

_TINY_FRAMES = (1, 2, 5)
_FEW = 6
# Probability that errors of any clips are taken for errors of short ones.
_FALSE_ALARM = 1e-4


def try_hard_cases(bench: Bench) -> None:
    """Call it with what training data hold now and then; what comes of it is noted on the bench."""
    seeds = bench.seeds(_FEW, 2)
    for n_frames in _TINY_FRAMES:
        probe = bench.probe(n_frames)
        for seed in seeds:
            bench.call(bench.batch(probe.values), seed, f"a clip of {n_frames} frames", kind="tiny")
    for clip in bench.clips:
        for seed in seeds[: max(0, 2 - len(bench.pairs_of(clip)))]:
            bench.call(bench.batch(bench.pipeline.scaled(clip.mel)), seed, str(clip))
    speech = bench.pipeline.scaled(bench.reference.mel)
    for value, what in ((float(speech.min()), "the clip's floor"), (0.0, "0")):
        for seed in seeds[:3]:
            flat = np.full_like(speech, value)
            bench.call(bench.batch(flat), seed, f"{bench.reference}, all cells at {what}", kind="all-masked")
    for n in (1, 2, 8) if bench.pipeline.takes_batches else ():
        if n >= bench.n_items:
            bench.call(MelBatch((speech,) * n), seeds[0], f"a batch of {n}", kind="batch")


def contract_findings(bench: Bench) -> list[Finding]:
    """Report errors, and what was seen on single calls."""
    return [*call_findings(bench), *_crashes(bench)]


def call_findings(bench: Bench) -> list[Finding]:
    """Report what was seen on single calls."""
    findings = []
    for what, first in bench.changes.items():
        times = f"; {first.times} of {bench.n_calls} calls" if bench.n_calls else ""
        findings.append(Finding.of(what, f"{first.evidence} ({first.clip}{times})", first.clip, first.seed))
    return findings


def _crashes(bench: Bench) -> list[Finding]:
    order = [str(clip) for clip in bench.clips]
    of_clips = {where: error for (kind, where), error in bench.errors.items() if kind == "clip"}
    if _is_at_random(bench, of_clips):
        return [_at_random(bench, of_clips)]
    findings = []
    fine = {str(clip) for clip in bench.clips if bench.trials_of(clip)} - of_clips.keys()
    by_id: dict[str, list[tuple[str, str, int]]] = {}
    alone = {error.evidence for (kind, _), error in bench.errors.items() if kind in ("tiny", "clip")}
    for (kind, where), error in bench.errors.items():
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
        # Of the clips, which were tried from short to long, the one nearest to those that work; tiny ones came later.
        longer = [case for case in cases if case[0] in order]
        where, evidence, seed = (longer or cases)[-1] if what == "crash-short-clip" else cases[0]
        more = "" if len(cases) == 1 else f", and {len(cases) - 1} more"
        findings.append(Finding.of(what, f"{where}{more}: {evidence}", where, seed, cases=len(cases)))
    return findings


def _is_at_random(bench: Bench, of_clips: dict[str, Observation]) -> bool:
    """Say whether some draws fail on the shortest clip, others do not, and longer clips fare little better."""
    shortest = str(bench.clips[0])
    if len(bench.clips) < 2 or shortest not in of_clips or not bench.trials_of(bench.clips[0]):
        return False
    middle = len(bench.clips) // 2
    short_failed, n_short = _failed_calls(bench, bench.clips[:middle])
    long_failed, n_long = _failed_calls(bench, bench.clips[middle:])
    # Of errors at random, long clips have their share, too; that they had a third of it or less must be no accident.
    are_rarer = bdtr(long_failed, n_long, short_failed / n_short / 3) < _FALSE_ALARM
    return long_failed > 0 and not are_rarer


def _failed_calls(bench: Bench, clips: Sequence[Clip]) -> tuple[int, int]:
    """Count the calls that failed on clips, and all of them."""
    keys = [("clip", str(clip)) for clip in clips]
    return sum(bench.errors[key].times for key in keys if key in bench.errors), sum(bench.calls[key] for key in keys)


def _at_random(bench: Bench, of_clips: dict[str, Observation]) -> Finding:
    """Report errors on the shortest clip as on the longest, of some draws only."""
    where, first = next(iter(of_clips.items()))
    n = sum(error.times for error in of_clips.values())
    line = f"{n} of {bench.n_calls} calls fail, on clips of all lengths: {first.evidence}"
    return Finding.of("crash-at-random", line, where, first.seed, failed=n, calls=bench.n_calls)


def mode_findings(bench: Bench) -> list[Finding]:
    """Report a module that augments in evaluation mode."""
    if not bench.pipeline.has_modes:
        return []
    probe = bench.probe(bench.reference.n_frames)
    seeds = bench.seeds(10, 3)
    where = str(bench.reference)
    changed = []
    for seed in seeds:
        trial = bench.read(bench.call(bench.batch(probe.values), seed, where, training=False), probe, seed)
        if trial is not None and trial.effect.is_changed:
            changed.append(seed)
    if not changed:
        return []
    line = f"in eval mode {len(changed)} of {len(seeds)} calls changed the mel"
    return [Finding.of("applied-in-eval", line, where, changed[0], calls=len(seeds), changed=len(changed))]
