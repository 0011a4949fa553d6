"""`check`: call a pipeline many times on many clips, and say what is wrong with it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from .._random import as_seed
from .._record import nearest
from ..audio import Audio
from ..augment import Adapter, Imported, Policy, choose_frontend, choose_policy
from ..augment.guessing import GUESSED
from ..errors import ParameterError
from ..frontends import MelFrontend
from .bench import Bench
from .calls import chance_findings, contract_findings, is_filter, mode_findings, try_hard_cases
from .fills import fill_findings
from .findings import FINDINGS, CheckReport, Finding
from .forms import is_guessed, subject_of, turned_subject
from .masks import are_wider_in_time, axes_findings, cap_findings, end_findings, is_readable, share_findings
from .padding import padding_findings
from .signals import Clip, clips_of, made_clips, reference_of, sounds_of
from .subjects import CallableSubject, PolicySubject, Subject
from .warps import warp_findings
from .witnesses import save_check

__all__ = ["Check", "check"]

# What follows from a finding, and would only say it again.
_SILENCED = {
    "axes-swapped": (
        "end-bins-unmasked", "end-frames-unmasked", "short-clip-mostly-masked", "masks-in-padding", "padding-in-fill",
        "warp-one-sided", "warp-ineffective", "warp-skipped", "cap-exceeded",
    ),
    "same-draw-every-time": ("end-bins-unmasked", "end-frames-unmasked", "same-draw-in-batch", "warp-one-sided"),
    "nothing-applied": ("warp-ineffective",),
}  # fmt: skip
_OTHER_SHAPES = {"length-changed", "axes-swapped", "device-changed"}


@dataclass(frozen=True, eq=False)
class Check:
    """What was checked, and what was found.

    Parameters
    ----------
    report : CheckReport
    """

    report: CheckReport
    _bench: Bench = field(repr=False)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Errors and warnings."""
        return self.report.findings

    @property
    def is_clean(self) -> bool:
        """Whether there is no finding."""
        return self.report.is_clean

    def save(self, out: str | os.PathLike[str]) -> Path:
        """Write ``check.json``, and for each finding a folder with sound before and after and a picture.

        Raises
        ------
        OutputError
            When the folder cannot be written.
        """
        return save_check(self.report, self._bench, Path(out))

    def __str__(self) -> str:
        return str(self.report)


def check(
    policy: Policy | Imported | str | os.PathLike[str] | Callable[..., Any],
    *,
    frontend: MelFrontend | str | os.PathLike[str] | None = None,
    framework: str | None = None,
    adapter: Adapter | None = None,
    clips: Audio | str | os.PathLike[str] | Sequence[Audio | str | os.PathLike[str] | tuple[str, Audio]] | None = None,
    draws: int = 1000,
    share: float = 0.5,
    max_time_share: float | None = None,
    ignore: str | Sequence[str] = (),
    rng: int | Any = 0,
) -> Check:
    """Look for faults in an augmentation pipeline.

    Parameters
    ----------
    policy : callable, Policy, Imported, str or path-like
        Any Mel -> Mel callable or ``torch.nn.Module``, or its name, ``module:callable``; or a policy, its name or its
        file.
    frontend : MelFrontend, str, path-like or None
        None takes the policy's own; see `specaug_listen.augment.choose_frontend`.
    framework : str or None
        Whose configuration a file is; None guesses from its keys.
    adapter : Adapter or None
        How a callable wants the mel; None guesses, and says what.
    clips : Audio, path of a file or folder, (name, Audio), a sequence of these, or None
        None takes speech-like sound of 0.2 to 30 s.
    draws : int in [100, 100000]
        How many at most are spent on whether the ends are ever masked.
    share : float in (0, 1]
        More than this share of a clip's frames in masks is a finding, but for the longest clip.
    max_time_share : float in (0, 1] or None
        Largest share of a clip that one run of masked frames may cover, where that was promised.
    ignore : str or sequence of str
        Findings to leave out.
    rng : int, numpy.random.Generator or None

    Returns
    -------
    Check

    Raises
    ------
    ParameterError
        For a value out of range, an unknown name, no clip, or a callable that fails on every clip.
    AudioError
        When a clip cannot be read, or is shorter than a window of the front-end.

    Examples
    --------
    >>> from specaug_listen.checking import check
    >>> def loud(mel):
    ...     mel = mel.copy()
    ...     mel[:, 10:19] = 9.0
    ...     return mel
    >>> [finding.id for finding in check(loud, frontend="lhotse", draws=100).findings]
    ['same-draw-every-time', 'fill-loud']
    """
    _check_numbers(draws, share, max_time_share)
    ignored = _known_findings(ignore)
    seed = as_seed(rng)
    chosen = choose_policy(policy, framework=framework, adapter=adapter)
    geometry, reason = choose_frontend(frontend, chosen)
    geometry.filterbank()
    heard = made_clips(geometry) if clips is None else clips_of(sounds_of(clips), geometry)
    limits = _Limits(draws, share, max_time_share, ignored)
    subject, how = _subject(chosen, heard, seed)
    own = None if isinstance(subject, CallableSubject) else chosen
    made = _checked(subject, own, heard, seed, limits, [] if how is None else [how])
    is_free = chosen.foreign and chosen.foreign[0].adapter.axes is None and is_guessed(how)
    if made.findings and is_free and isinstance(subject, CallableSubject):
        made = _in_other_order(made, subject, heard, seed, limits) or made
    return replace(made, report=replace(made.report, frontend_reason=reason))


class _Limits(NamedTuple):
    """What was asked for, beside the pipeline and the clips."""

    draws: int
    share: float
    max_time_share: float | None
    ignored: set[str]


def _checked(
    subject: Subject, own: Policy | None, heard: tuple[Clip, ...], seed: int, limits: _Limits, notes: list[str]
) -> Check:
    bench = Bench(subject, heard, seed, limits.draws)
    found = _found(bench, own, limits.share, limits.max_time_share, notes)
    kept = _in_order([finding for finding in found if finding.id not in limits.ignored])
    lengths = {clip.name: clip.n_frames for clip in heard}
    frontend = heard[0].mel.frontend.name
    return Check(CheckReport(subject.name, frontend, kept, tuple(notes), lengths, bench.n_calls, seed), bench)


def _in_other_order(
    made: Check, subject: CallableSubject, heard: tuple[Clip, ...], seed: int, limits: _Limits
) -> Check | None:
    """The same callable with its axes turned, where nothing said which come first and all is well in that order."""
    other = turned_subject(subject, reference_of(heard).mel)
    if other is None:
        return None
    names = ", ".join(finding.id for finding in made.findings)
    note = f"{other.name} was given {other.adapter} ({GUESSED}); bands first, there would be: {names}"
    try:
        again = _checked(other, None, heard, seed, limits, [note])
    except ParameterError:  # it fails on every clip
        return None
    return again if again.is_clean and are_wider_in_time(again._bench) else None


def _subject(policy: Policy, clips: Sequence[Clip], seed: int) -> tuple[Subject, str | None]:
    """A policy that is one callable of others as that callable, and how it is called."""
    if not policy.foreign:
        return PolicySubject(policy, reference_of(clips).mel), None
    theirs = policy.transforms[0]
    if len(policy.transforms) > 1 or theirs.kind != "foreign" or theirs.function is None:
        raise ParameterError(f"policy {policy.name!r}: callables are checked by themselves; give the callable alone")
    return subject_of(theirs.call, theirs.function, theirs.adapter, clips, seed)


def _found(
    bench: Bench, policy: Policy | None, share: float, max_time_share: float | None, notes: list[str]
) -> list[Finding]:
    found = [Finding.of(what, line, str(bench.reference), bench.seed) for what, line in bench.settle().items()]
    trials = bench.all_trials
    if trials and not bench.changes.keys() & _OTHER_SHAPES and not any(trial.seen.is_changed for trial in trials):
        line = f"none of {len(trials)} draws changed a cell"
        found.append(Finding.of("nothing-applied", line, str(bench.reference), trials[0].seed, draws=len(trials)))
    alike, is_reproducible = chance_findings(bench)
    found += [*alike, *mode_findings(bench)]
    if is_filter(bench):
        notes.append("it does the same to all cells in every draw, as a filter or a normalisation: nothing is random")
    axes = axes_findings(bench)
    found += axes
    if is_readable(bench):
        found += end_findings(bench)
        found += cap_findings(bench, max_time_share, policy)
        found += share_findings(bench, share)
        found += padding_findings(bench, is_reproducible=is_reproducible)
        found += fill_findings(bench, is_reproducible=is_reproducible)
        found += warp_findings(bench, policy)
    elif not axes:
        notes.append("it changes all cells of a clip: what concerns masks and warps could not be checked")
    if not is_reproducible:
        notes.append("no seed brings a draw back: whether padding counts in fills could not be checked")
    try_hard_cases(bench)
    return [*found, *contract_findings(bench)]


def _in_order(found: list[Finding]) -> tuple[Finding, ...]:
    """Each kind once, in the order of `FINDINGS`, without those that only follow from another."""
    by_id: dict[str, Finding] = {}
    for finding in found:
        by_id.setdefault(finding.id, finding)
    silenced = {what for finding in by_id for what in _SILENCED.get(finding, ())}
    return tuple(by_id[what] for what in FINDINGS if what in by_id and what not in silenced)


def _check_numbers(draws: int, share: float, max_time_share: float | None) -> None:
    if not isinstance(draws, int) or isinstance(draws, bool) or not 100 <= draws <= 100_000:
        raise ParameterError(f"draws={draws!r:.80}: expected an integer in [100, 100000]")
    for name, value in (("share", share), ("max_time_share", 1.0 if max_time_share is None else max_time_share)):
        if isinstance(value, bool) or not (isinstance(value, (int, float)) and 0 < value <= 1):
            raise ParameterError(f"{name}={value!r:.80}: expected a number in (0, 1], a share of the clip's frames")


def _known_findings(ignore: str | Sequence[str]) -> set[str]:
    names = [ignore] if isinstance(ignore, str) else ignore
    if not isinstance(names, Iterable) or isinstance(names, (bytes, bytearray)):
        raise ParameterError(f"ignore={ignore!r:.80}: expected a finding's name, or a list of them")
    names = list(names)
    odd = [name for name in names if not isinstance(name, str) or name not in FINDINGS]
    if odd:
        told = ", ".join(f"{name!r:.60}" for name in odd)
        near = nearest(odd[0], list(FINDINGS)) if len(odd) == 1 and isinstance(odd[0], str) else ""
        raise ParameterError(f"ignore={told:.200}: no such finding{near} (known: {', '.join(FINDINGS)})")
    return set(names)
