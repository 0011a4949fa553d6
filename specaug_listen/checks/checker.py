"""`check`: call an augmentation pipeline many times on many clips, and report its faults."""

from __future__ import annotations

import functools
import importlib
import os
import pkgutil
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from .._defaults import DEFAULT_CHECK_DRAWS, DEFAULT_SEED, DEFAULT_SHARE, DEFAULT_TIMEOUT_S
from .._files import as_path
from .._rng import as_seed
from .._yaml import YAML_SUFFIXES
from ..audio.audio_in_memory import Audio
from ..augment import Policy
from ..augment.parameters import split_parameters
from ..custom.adapter import Adapter
from ..custom.guess import Evidence
from ..custom.load import absolute_spec, is_spec
from ..custom.transform import CallableTransform
from ..errors import ParameterError, nearest
from ..frameworks.frontend_choice import choose_frontend
from ..frameworks.policies import get_policy
from ..frameworks.read import Imported
from ..frontends import MelFrontend
from ..outputs.output import Output
from .clips import Clip, clips_of, reference_of, sounds_of, speech_clips
from .export import output_of_check, save_check
from .findings import FINDINGS, CheckReport, Finding, in_order
from .input_forms import InputForms, crash_of_few_bins, crash_of_one, find_form, forms_of, pipeline_with_axes_turned
from .isolated_process import MAX_TIMEOUT_S, CallableProcess, GaveUpError
from .pipelines import CallablePipeline, FailedCall, Pipeline, PolicyPipeline, Traits
from .rules_axes import are_wider_in_time
from .rules_calls import call_findings
from .rules_randomness import is_filter
from .session import FULL_EFFORT, Observation, Session
from .stages import Rule, Stage

__all__ = ["Check", "check"]

EFFORT = FULL_EFFORT


@dataclass(frozen=True, eq=False)
class Check:
    """The result of a check: its ``report``, which `save` writes with sounds and pictures of each finding."""

    report: CheckReport
    _session: Session = field(repr=False)

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
            If the folder contains files that must not be replaced.
        OutputError
            If the folder cannot be written.
        """
        return self.write_into(output_of_check(as_path(out), overwrite=overwrite))

    def write_into(self, output: Output) -> Path:
        """Write the same files as `save` into an existing `Output`."""
        return save_check(self.report, self._session, output)

    def __repr__(self) -> str:
        return f"Check({self.report.summary:.200})"

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
    draws: int = DEFAULT_CHECK_DRAWS,
    share: float = DEFAULT_SHARE,
    max_time_share: float | None = None,
    ignore: str | Sequence[str] = (),
    timeout_s: float = DEFAULT_TIMEOUT_S,
    rng: int | Any = DEFAULT_SEED,
) -> Check:
    """Find faults of an augmentation pipeline.

    Parameters
    ----------
    policy : callable, Policy, Imported, str or path-like
        Any Mel -> Mel callable or ``torch.nn.Module``, or its name, ``module:callable``; or a policy, its name or its
        file.
    frontend : MelFrontend, str, path-like or None
        None uses the policy's own; see `specaug_listen.frameworks.choose_frontend`.
    framework : str or None
        Framework of a configuration file; None guesses it from the file's keys.
    adapter : Adapter or None
        The form of mel that a callable expects; None guesses it, and adds a note to the report.
    parameters : sequence of str
        Changed parameters of the policy, each as ``KEY=VALUE``; see `specaug_listen.frameworks.resolve_policy`.
    clips : Audio, path of a file or folder, (name, Audio), a sequence of these, or None
        None generates speech-like sounds of 0.2 to 30 s.
    draws : int in [100, 100000]
        Upper bound of draws for one statistic.
    share : float in (0, 1]
        Masks over more than this share of a clip's frames are a finding, except on the longest clip.
    max_time_share : float in (0, 1] or None
        Declared largest share of a clip that one run of masked frames may cover; None if none was declared.
    ignore : str or sequence of str
        Ids of findings to leave out.
    timeout_s : float > 0 [s]
        Time limit of one call of a callable; a longer call is ended, and is a finding.
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
    limits = _Limits(draws, share, max_time_share, _known_findings(ignore))
    seed = as_seed(rng)
    # A callable given by name is imported only in the process that calls it.
    is_name = isinstance(policy, str) and framework is None and is_callable_name(split_parameters(policy)[0])
    if is_name and (parameters or not is_callable_name(str(policy))):
        raise ParameterError(f"policy {policy!s:.80}: a callable is checked as it is; leave out parameters (--set)")
    options: dict[str, Any] = {"framework": framework, "adapter": adapter, "parameters": parameters}
    pipeline = unimported_policy(str(policy), adapter) if is_name else get_policy(policy, **options)
    geometry, reason = choose_frontend(frontend, pipeline)
    geometry.filterbank()
    mels = speech_clips(geometry) if clips is None else clips_of(sounds_of(clips), geometry)
    if pipeline.callables:
        result = _check_apart(pipeline, mels, seed, limits, timeout_s)
    else:
        session = _session(PolicyPipeline(pipeline, reference_of(mels).mel), mels, seed, limits)
        result = _check_on(session, limits, [])
    return replace(result, report=replace(result.report, frontend_reason=reason))


def is_callable_name(text: str) -> bool:
    """Return whether a text names a callable rather than a policy file."""
    return is_spec(text) and not text.lower().endswith(YAML_SUFFIXES)


def unimported_policy(name: str, adapter: Adapter | None) -> Policy:
    """Make a policy of a callable that is given by name, without importing it."""
    call = absolute_spec(name)
    return Policy((CallableTransform(call, adapter or Adapter(), is_importable=True),), call[-100:])


class _Limits(NamedTuple):
    """The user's settings of a check."""

    draws: int
    share: float
    max_time_share: float | None
    ignored: set[str]


# --- a callable, in a separate process ---


def _check_apart(policy: Policy, clips: tuple[Clip, ...], seed: int, limits: _Limits, timeout_s: float) -> Check:
    """Check the callable of a policy, which must be its only transform, in a separate process."""
    step = policy.transforms[0]
    if len(policy.transforms) > 1 or not isinstance(step, CallableTransform):
        raise ParameterError(f"policy {policy.name!r}: callables are checked one at a time; give the callable alone")
    if step.function is None and not step.is_importable:
        raise ParameterError(f"policy {policy.name!r}: its callable is missing; give the callable itself")
    process = CallableProcess(step.call if step.function is None else step.function, timeout_s)
    with closing(process):
        result = _check_callable(step, process, clips, seed, limits)
    notes = (*result.report.notes, *([process.not_done] if process.not_done else []))
    return replace(result, report=replace(result.report, notes=notes))


def _check_callable(
    step: CallableTransform, process: CallableProcess, clips: tuple[Clip, ...], seed: int, limits: _Limits
) -> Check:
    reference = reference_of(clips)
    # For findings from before the callable's form is known.
    unknown = _session(
        CallablePipeline(step.call, process, step.adapter, reference.mel, Traits(False, "")), clips, seed, limits
    )
    are_axes_free, failures = step.adapter.axes is None, list[FailedCall]()
    try:
        forms = forms_of(step.call, process, step.adapter)
        if are_axes_free and (line := crash_of_few_bins(process, forms, clips, seed, failures)):
            return _report_few_bins(unknown, line, limits)
        pipeline, notes, is_guessed, of_form = find_form(step.call, process, forms, clips, seed, failures)
        line = crash_of_one(pipeline, forms, reference.mel, seed) if are_axes_free else None
    except GaveUpError as error:
        return _give_up(unknown, error, limits, [])
    session = replace(_session(pipeline, clips, seed, limits), early_failures=of_form)
    result = _check_on(session, limits, notes)
    if line:
        result = _with_finding(result, Finding.of("crash-2d", line, str(reference), seed), limits)
    if result.findings and are_axes_free and is_guessed and not process.is_hopeless():
        result = _check_in_other_order(result, pipeline, limits, forms)
    if line := _processes_in_words(process):
        result = _with_finding(result, Finding.of("process-forked", line, str(reference), seed), limits)
    return result


def _processes_in_words(process: CallableProcess) -> str:
    """Describe the processes that calls have started; empty if there are none."""
    n_left = process.n_left()
    forks = [f"forks that calls made: {process.n_forks}"] if process.n_forks else []
    return "; ".join([*forks, f"processes that calls started and that still run: {n_left}"] if n_left else forks)


def _check_in_other_order(result: Check, pipeline: CallablePipeline, limits: _Limits, forms: InputForms) -> Check:
    """Check a callable again with bins and frames exchanged, if their order was only guessed.

    If the other order has no findings, it is taken as the right one. Otherwise findings that depend on the order of
    axes mention the result of the other order.
    """
    session = result._session
    turned = pipeline_with_axes_turned(pipeline, session.reference.mel)
    # An error by chance says nothing about the order.
    if turned is None or forms.documented or (session.chance_errors and result.report.ids == ("crash-at-random",)):
        return result
    ids = ", ".join(result.report.ids)
    note = f"{turned.name} was given {turned.adapter} ({Evidence.TRIAL.value}); bins first, there would be: {ids}"
    try:
        again = _check_on(_session(turned, session.clips, session.seed, limits), limits, [note])
        if again.is_clean and are_wider_in_time(again._session):
            return again
        turned_ids: Sequence[str] = again.report.ids
        otherwise = ", ".join(what for what in turned_ids if FINDINGS[what].is_of_axes) or "it is not found"
    except (ParameterError, GaveUpError):  # it fails on every clip
        turned_ids, otherwise = (), "it fails"
    findings = []
    for finding in result.findings:
        if FINDINGS[finding.id].is_of_axes:
            other = "this is found as well" if finding.id in turned_ids else otherwise
            doubt = f"{finding.evidence} (bins were taken to come first; with frames first: {other})"
            finding = replace(finding, evidence=doubt)
        findings.append(finding)
    return replace(result, report=replace(result.report, findings=tuple(findings)))


# --- reports ---


def _session(pipeline: Pipeline, clips: tuple[Clip, ...], seed: int, limits: _Limits) -> Session:
    return Session(pipeline, clips, seed, limits.draws, EFFORT, limits.share, limits.max_time_share)


def _check_on(session: Session, limits: _Limits, notes: list[str]) -> Check:
    try:
        findings = _find(session, notes)
    except GaveUpError as error:
        return _give_up(session, error, limits, notes)
    return _report(session, findings, limits, notes)


def _report(session: Session, findings: Iterable[Finding], limits: _Limits, notes: Iterable[str]) -> Check:
    lengths = {clip.name: clip.n_frames for clip in session.clips}
    frontend = session.clips[0].mel.frontend.name
    relevant = in_order(finding for finding in findings if finding.id not in limits.ignored)
    report = CheckReport(
        session.pipeline.name, frontend, relevant, tuple(notes), lengths, session.n_calls, session.seed
    )
    return Check(report, session)


def _report_few_bins(session: Session, line: str, limits: _Limits) -> Check:
    """Report that mels of few bins fail, and suggest the other order of axes; nothing else can be checked."""
    note = (
        "it was called with bins before frames (guessed); if it wants frames first, declare an Adapter "
        "(--adapter axes=...)"
    )
    return _report(session, [Finding.of("crash-few-bins", line, str(session.reference), session.seed)], limits, [note])


def _give_up(session: Session, error: GaveUpError, limits: _Limits, notes: list[str]) -> Check:
    """Report the findings so far, when calls do not return any more."""
    for what, evidence in error.changes.items():
        session.changes.setdefault(what, Observation(evidence, str(session.reference), session.seed))
    return _report(
        session, call_findings(session), limits, [*notes, "calls do not return: nothing more could be checked"]
    )


def _with_finding(result: Check, finding: Finding, limits: _Limits) -> Check:
    if finding.id in limits.ignored:
        return result
    return replace(result, report=replace(result.report, findings=in_order([*result.findings, finding])))


def _find(session: Session, notes: list[str]) -> list[Finding]:
    """Run all rules, in a fixed order, so that the same seed gives the same findings."""
    crashes = session.find_working_batch()
    session.repeat_early_failures()
    findings = [Finding.of(what, line, str(session.reference), session.seed) for what, line in crashes.items()]
    are_masks_readable = True
    for stage, rules in groupby(all_rules(), key=lambda rule: rule.stage):
        if stage == Stage.MASKS:
            are_masks_readable = session.are_masks_readable
            notes += _notes_on(session, findings, are_masks_readable=are_masks_readable)
        if stage != Stage.MASKS or are_masks_readable:
            findings += [finding for rule in rules for finding in rule.find(session)]
    return findings


@functools.cache
def all_rules() -> tuple[Rule, ...]:
    """Collect the rules of all modules ``rules_*`` of this package, ordered by stage."""
    package = importlib.import_module(__name__.rpartition(".")[0])
    names = sorted(module.name for module in pkgutil.iter_modules(package.__path__) if module.name.startswith("rules_"))
    modules = (importlib.import_module(f"{package.__name__}.{name}") for name in names)
    return tuple(sorted((rule for module in modules for rule in module.RULES), key=lambda rule: rule.stage))


def _notes_on(session: Session, findings: Iterable[Finding], *, are_masks_readable: bool) -> list[str]:
    """List what cannot be checked, and why."""
    notes = []
    if is_filter(session):
        notes.append("it does the same to all cells in every draw, as a filter or a normalisation: nothing is random")
    if not are_masks_readable and all(finding.id != "axes-swapped" for finding in findings):
        notes.append("it changes all cells of a clip: masks and warps could not be checked")
    if not session.is_reproducible(session.reference):
        notes.append("seeds do not reproduce draws: whether fills depend on padding could not be checked")
    return notes


# --- options ---


def _check_numbers(draws: int, share: float, max_time_share: float | None, timeout_s: float) -> None:
    if isinstance(timeout_s, bool) or not (isinstance(timeout_s, (int, float)) and 0 < timeout_s <= MAX_TIMEOUT_S):
        raise ParameterError(
            f"timeout_s={timeout_s!r:.80}: expected seconds in (0, {MAX_TIMEOUT_S:g}] that one call may take"
        )
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
    unknown = [name for name in names if not isinstance(name, str) or name not in FINDINGS]
    if unknown:
        text = ", ".join(f"{name!r:.60}" for name in unknown)
        near = nearest(unknown[0], list(FINDINGS)) if len(unknown) == 1 and isinstance(unknown[0], str) else ""
        raise ParameterError(f"ignore={text:.200}: no such finding{near} (known: {', '.join(FINDINGS)})")
    return set(names)
