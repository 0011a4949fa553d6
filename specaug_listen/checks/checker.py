"""`check`: call a pipeline many times on many clips, and say what is wrong with it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from .._files import as_path
from .._rng import as_seed
from ..audio.signal import Audio
from ..augment import Policy
from ..custom.adapter import Adapter
from ..custom.guess import GUESSED
from ..custom.load import absolute_spec, is_spec
from ..custom.transform import Foreign
from ..errors import ParameterError, nearest
from ..frameworks.choice import choose_frontend
from ..frameworks.policies import choose_policy
from ..frameworks.read import Imported
from ..frontends import MelFrontend
from ..outputs.output import Output
from .batches import exchange_findings, left_out_findings
from .call_forms import Known, crash_of_few_bins, crash_of_one, known_of, subject_of, turned_subject
from .clips import Clip, clips_of, made_clips, reference_of, sounds_of
from .export import output_of_check, save_check
from .pipelines import CallableSubject, PolicySubject, Subject
from .process import Apart, GaveUpError
from .report import FINDINGS, OF_AXES, CheckReport, Finding, in_order
from .rules_calls import call_findings, contract_findings, mode_findings, try_hard_cases
from .rules_chance import chance_findings, is_filter, late_findings, other_clip_findings
from .rules_fills import fill_findings
from .rules_masks import are_wider_in_time, axes_findings, cap_findings, end_findings, is_readable, share_findings
from .rules_padding import padding_findings
from .rules_places import place_findings
from .rules_strength import strength_findings
from .rules_warps import order_findings, warp_findings
from .traits import Traits
from .trials import Bench, Noticed

__all__ = ["Check", "check"]

MOST_S = 1e6
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

    def save(self, out: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
        """Write ``check.json``, and for each finding a folder with sound before and after and a picture.

        Parameters
        ----------
        out : str or path-like
            A new or empty folder, unless ``overwrite``.
        overwrite : bool
            Replace the results of an earlier check; other files stay.

        Raises
        ------
        ParameterError
            When something stands in the way that is not to be replaced.
        OutputError
            When the folder cannot be written.
        """
        return self.put(output_of_check(as_path(out), overwrite=overwrite))

    def put(self, output: Output) -> Path:
        """Write the same into an output that is at hand."""
        return save_check(self.report, self._bench, output)

    def __repr__(self) -> str:
        return f"Check({str(self).splitlines()[-1]:.200})"

    def __str__(self) -> str:
        return str(self.report)


def check(
    policy: Policy | Imported | str | os.PathLike[str] | Callable[..., Any],
    *,
    frontend: MelFrontend | str | os.PathLike[str] | None = None,
    framework: str | None = None,
    adapter: Adapter | None = None,
    parameters: Sequence[str] = (),
    clips: Audio | str | os.PathLike[str] | Sequence[Audio | str | os.PathLike[str] | tuple[str, Audio]] | None = None,
    draws: int = 1000,
    share: float = 0.5,
    max_time_share: float | None = None,
    ignore: str | Sequence[str] = (),
    timeout_s: float = 60.0,
    rng: int | Any = 0,
) -> Check:
    """Look for faults in an augmentation pipeline.

    Parameters
    ----------
    policy : callable, Policy, Imported, str or path-like
        Any Mel -> Mel callable or ``torch.nn.Module``, or its name, ``module:callable``; or a policy, its name or its
        file.
    frontend : MelFrontend, str, path-like or None
        None takes the policy's own; see `specaug_listen.frameworks.choose_frontend`.
    framework : str or None
        Whose configuration a file is; None guesses from its keys.
    adapter : Adapter or None
        How a callable wants the mel; None guesses, and says what.
    parameters : sequence of str
        Of the policy, each as ``KEY=VALUE``; see `specaug_listen.frameworks.named_policy`.
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
    timeout_s : float > 0 [s]
        How long one call of a callable may take; one that takes longer is ended, and a finding.
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
    >>> from specaug_listen.checks import check
    >>> def loud(mel):
    ...     mel = mel.copy()
    ...     mel[:, 10:19] = 9.0
    ...     return mel
    >>> [finding.id for finding in check(loud, frontend="lhotse", draws=100).findings]
    ['same-draw-every-time', 'fill-loud']
    """
    _check_numbers(draws, share, max_time_share, timeout_s)
    ignored = _known_findings(ignore)
    seed = as_seed(rng)
    # What a name stands for is imported where it is called.
    is_named = isinstance(policy, str) and framework is None and not parameters and is_callable_name(policy)
    how: dict[str, Any] = {"framework": framework, "adapter": adapter, "parameters": parameters}
    chosen = foreign_name(str(policy), adapter) if is_named else choose_policy(policy, **how)
    geometry, reason = choose_frontend(frontend, chosen)
    geometry.filterbank()
    heard = made_clips(geometry) if clips is None else clips_of(sounds_of(clips), geometry)
    limits = _Limits(draws, share, max_time_share, ignored)
    if chosen.foreign:
        made = _checked_apart(chosen, heard, seed, limits, timeout_s)
    else:
        made = _checked(PolicySubject(chosen, reference_of(heard).mel), chosen, heard, seed, limits, [])
    return replace(made, report=replace(made.report, frontend_reason=reason))


def _checked_apart(chosen: Policy, heard: tuple[Clip, ...], seed: int, limits: _Limits, timeout_s: float) -> Check:
    """A policy that is one callable of others: that callable, in a process of its own."""
    theirs = chosen.transforms[0]
    if len(chosen.transforms) > 1 or theirs.kind != "foreign":
        raise ParameterError(f"policy {chosen.name!r}: callables are checked by themselves; give the callable alone")
    if theirs.function is None and not theirs.is_importable:
        raise ParameterError(f"policy {chosen.name!r}: its callable is not at hand; give the callable")
    apart = Apart(theirs.call if theirs.function is None else theirs.function, timeout_s)
    with closing(apart):
        made = _called_apart(theirs, apart, heard, seed, limits)
    said = (*made.report.notes, apart.not_done) if apart.not_done else made.report.notes
    return replace(made, report=replace(made.report, notes=said))


def _called_apart(theirs: Foreign, apart: Apart, heard: tuple[Clip, ...], seed: int, limits: _Limits) -> Check:
    """All that is called in the process of its own."""
    nothing = CallableSubject(theirs.call, apart, theirs.adapter, reference_of(heard).mel, Traits(False, ""))
    try:
        known = known_of(theirs.call, apart, theirs.adapter)
        is_free = theirs.adapter.axes is None
        if is_free and (line := crash_of_few_bins(apart, known, heard, seed)):
            return _only(Bench(nothing, heard, seed, limits.draws), "crash-few-bins", line, limits)
        subject, said, is_guessed = subject_of(theirs.call, apart, known, heard, seed)
        line = crash_of_one(subject, known, reference_of(heard).mel, seed) if is_free else None
    except GaveUpError as error:
        return _given_up(Bench(nothing, heard, seed, limits.draws), error, limits, [])
    made = _checked(subject, None, heard, seed, limits, said)
    if line:
        made = _with(made, Finding.of("crash-2d", line, str(reference_of(heard)), seed), limits)
    is_free = theirs.adapter.axes is None and is_guessed and not apart.is_hopeless()
    if made.findings and is_free:
        made = _in_both_orders(made, subject, heard, seed, limits, known)
    line = _of_processes(apart)
    return _with(made, Finding.of("process-forked", line, str(reference_of(heard)), seed), limits) if line else made


def _of_processes(apart: Apart) -> str:
    """Which processes calls have started, as evidence; empty where there were none."""
    left = apart.n_left()
    told = [f"forks that calls made: {apart.n_forks}"] if apart.n_forks else []
    return "; ".join([*told, f"processes that calls started and that still run: {left}"] if left else told)


def _with(made: Check, finding: Finding, limits: _Limits) -> Check:
    """The same with one more finding."""
    if finding.id in limits.ignored:
        return made
    findings = in_order([*made.findings, finding])
    return Check(replace(made.report, findings=findings), made._bench)


def _only(bench: Bench, what: str, line: str, limits: _Limits) -> Check:
    """One finding that leaves nothing else to check; the other order of axes may be meant, and that is said."""
    note = (
        "it was called with bands before frames (guessed); if it wants frames first, declare an Adapter "
        "(--adapter axes=...)"
    )
    lengths = {clip.name: clip.n_frames for clip in bench.clips}
    frontend = bench.clips[0].mel.frontend.name
    found = [Finding.of(what, line, str(bench.reference), bench.seed)] if what not in limits.ignored else []
    report = CheckReport(bench.subject.name, frontend, tuple(found), (note,), lengths, bench.n_calls, bench.seed)
    return Check(report, bench)


def _given_up(bench: Bench, error: GaveUpError, limits: _Limits, notes: list[str]) -> Check:
    """What was found until calls did not come back any more."""
    for what, evidence in error.args[0].items():
        bench.changes.setdefault(what, Noticed(evidence, str(bench.reference), bench.seed))
    kept = in_order([finding for finding in call_findings(bench) if finding.id not in limits.ignored])
    notes = [*notes, "calls do not come back: nothing more could be checked"]
    lengths = {clip.name: clip.n_frames for clip in bench.clips}
    frontend = bench.clips[0].mel.frontend.name
    report = CheckReport(bench.subject.name, frontend, kept, tuple(notes), lengths, bench.n_calls, bench.seed)
    return Check(report, bench)


def is_callable_name(text: str) -> bool:
    """Whether a text names a callable, and no file of a policy."""
    return is_spec(text) and not text.lower().endswith((".yaml", ".yml", ".json"))


def foreign_name(name: str, adapter: Adapter | None) -> Policy:
    """A policy of the callable of this name, which is not imported."""
    call = absolute_spec(name)
    return Policy((Foreign(call, adapter or Adapter(), is_importable=True),), call[-100:])


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
    try:
        found = _found(bench, own, limits.share, limits.max_time_share, notes)
    except GaveUpError as error:
        return _given_up(bench, error, limits, notes)
    kept = in_order([finding for finding in found if finding.id not in limits.ignored])
    lengths = {clip.name: clip.n_frames for clip in heard}
    frontend = heard[0].mel.frontend.name
    return Check(CheckReport(subject.name, frontend, kept, tuple(notes), lengths, bench.n_calls, seed), bench)


def _in_both_orders(
    made: Check, subject: CallableSubject, heard: tuple[Clip, ...], seed: int, limits: _Limits, known: Known
) -> Check:
    """The callable with its axes turned, too, where nothing said which come first.

    Where all is well in the other order, that is taken for the right one. Else what depends on the order says what the
    other one would show.
    """
    other = turned_subject(subject, reference_of(heard).mel)
    if other is None or known.written:
        return made
    names = ", ".join(finding.id for finding in made.findings)
    note = f"{other.name} was given {other.adapter} ({GUESSED}); bands first, there would be: {names}"
    try:
        again = _checked(other, None, heard, seed, limits, [note])
        if again.is_clean and are_wider_in_time(again._bench):
            return again
        found = set(again.report.ids)
        names = ", ".join(what for what in again.report.ids if what in OF_AXES)
    except (ParameterError, GaveUpError):  # it fails on every clip
        found, names = set(), "it fails"
    told = []
    for finding in made.findings:
        if finding.id in OF_AXES:
            turned = "this is found as well" if finding.id in found else names or "it is not found"
            doubt = f"{finding.evidence} (bands were taken to come first; with frames first: {turned})"
            finding = replace(finding, evidence=doubt)
        told.append(finding)
    return Check(replace(made.report, findings=tuple(told)), made._bench)


def _found(
    bench: Bench, policy: Policy | None, share: float, max_time_share: float | None, notes: list[str]
) -> list[Finding]:
    found = [Finding.of(what, line, str(bench.reference), bench.seed) for what, line in bench.settle().items()]
    trials = bench.all_trials
    if trials and not bench.changes.keys() & _OTHER_SHAPES and not any(trial.seen.is_changed for trial in trials):
        line = f"none of {len(trials)} draws changed a cell"
        found.append(Finding.of("nothing-applied", line, str(bench.reference), trials[0].seed, draws=len(trials)))
    found += [*chance_findings(bench), *other_clip_findings(bench), *exchange_findings(bench), *mode_findings(bench)]
    found += [*left_out_findings(bench), *order_findings(bench)]
    is_reproducible = bench.brings_back(bench.reference)
    if is_filter(bench):
        notes.append("it does the same to all cells in every draw, as a filter or a normalisation: nothing is random")
    axes = axes_findings(bench)
    found += axes
    if is_readable(bench):
        found += place_findings(bench)
        found += end_findings(bench)
        found += strength_findings(bench)
        found += cap_findings(bench, max_time_share, policy)
        found += share_findings(bench, share)
        found += padding_findings(bench, is_reproducible=is_reproducible)
        found += fill_findings(bench)
        found += warp_findings(bench, policy)
    elif not axes:
        notes.append("it changes all cells of a clip: what concerns masks and warps could not be checked")
    if not is_reproducible:
        notes.append("no seed brings a draw back: whether padding counts in fills could not be checked")
    try_hard_cases(bench)
    return [*found, *late_findings(bench), *contract_findings(bench)]


def _check_numbers(draws: int, share: float, max_time_share: float | None, timeout_s: float) -> None:
    if isinstance(timeout_s, bool) or not (isinstance(timeout_s, (int, float)) and 0 < timeout_s <= MOST_S):
        raise ParameterError(f"timeout_s={timeout_s!r:.80}: expected seconds in (0, {MOST_S:g}] that one call may take")
    if not isinstance(draws, int) or isinstance(draws, bool) or not 100 <= draws <= 100_000:
        raise ParameterError(f"draws={draws!r:.80}: allowed is a whole number from 100 to 100000")
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
