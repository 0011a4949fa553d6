"""The part of a page above and below its clips: title, verdicts, warnings, and how to make it again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from .._files import printable
from ..auditions.records import Configuration, clip_path
from ..auditions.summaries import facts_of_run
from ..augment import Policy
from ..augment.effects import effects_in_words
from ..errors import ParameterError
from ..frameworks.registry import FRAMEWORKS
from ..pages.page_values import Facts, Head, RerunCode
from ..pages.path_hiding import short_paths
from ..pages.verdict_values import RunDifferences, Verdict
from .draw_warnings import MAX_IN_VERDICT, warnings_of_draws
from .page_runs import PageRun, clips_in_words, name_of_run, run_label
from .page_writing import PageOptions
from .reference_policies import yardsticks
from .rerun_text import describe_run, rerun_code
from .run_differences import ComparedRun, differences_of
from .strength import N_DRAWS, Strength, clip_lengths, strength_of, strength_of_scores
from .verdict_words import gap_axis_end, verdict_of

__all__ = ["notes_on", "page_head"]

# Simulated draws of a run at least, and of all runs together at most.
_MIN_DRAWS, _MAX_DRAWS = 100, 2400


def page_head(runs: Sequence[PageRun], form: PageOptions) -> Head:
    """Return the part of the page above and below the clips.

    Parameters
    ----------
    runs : sequence of PageRun
    form : PageOptions
    """
    with_clips = [(i, run) for i, run in enumerate(runs) if run.clips]
    names = {i: _title_of(i, run, len(runs)) for i, run in with_clips}
    strengths = {i: _strength(run, _lengths_s(runs, form), len(with_clips)) for i, run in with_clips}
    warnings = {i: _warnings(run, strengths[i]) for i, run in with_clips}
    return Head(
        printable(form.title) or _title(runs),
        _facts(runs),
        (*(notice.text for run in runs for notice in run.notices), *filter(None, [clips_in_words(runs)])),
        tuple((names[i], describe_run(run.clips[0].configuration, run.versions)) for i, run in with_clips),
        notes_on(run.clips[0].configuration.policy for run in runs if run.clips),
        tuple(failure.error for run in runs for failure in run.failures),
        tuple(_rerun_code(run, names[i], paths=form.paths) for i, run in with_clips),
        has_original=any(clip.files.size("original.wav") is not None for run in runs for clip in run.clips),
        note=form.paragraphs,
        verdicts=_verdicts(with_clips, names, strengths, warnings, form, _lengths_s(runs, form)),
        run_differences=_differences(with_clips, strengths),
        warnings=tuple(
            f"{run_label(i)}: {line}" if len(runs) > 1 else line for i, lines in warnings.items() for line in lines
        ),
    )


def _title(runs: Sequence[PageRun]) -> str:
    if len(runs) > 1:
        return "SpecAugment audition: " + " | ".join(f"{run_label(i)} = {run.name}" for i, run in enumerate(runs))
    if not runs or not runs[0].clips:
        return "SpecAugment audition"
    return f"SpecAugment audition: {printable(name_of_run(runs[0].clips[0].configuration))}"


def notes_on(policies: Iterable[Policy]) -> tuple[str, ...]:
    """Return what the configurations of policies leave open, and the behaviour of their frameworks."""
    policies = list(policies)
    frameworks = [name for name in dict.fromkeys(policy.framework for policy in policies) if name in FRAMEWORKS]
    left_open = dict.fromkeys(line for policy in policies for line in policy.notes)
    oddities = (
        f"{name}: {line}" if len(frameworks) > 1 else line for name in frameworks for line in FRAMEWORKS[name].oddities
    )
    return (*left_open, *oddities)


# --- verdicts ---


def _lengths_s(runs: Sequence[PageRun], form: PageOptions) -> tuple[float, ...]:
    """Return the lengths for all verdicts, which have to be comparable: those of the clips of all runs."""
    return clip_lengths((clip.entry.duration_s for run in runs for clip in run.clips), form.lengths_s)


def _strength(run: PageRun, lengths_s: Sequence[float], n_runs: int) -> Strength | None:
    """Return the strength of a run's policy; that of its draws, if the policy cannot be simulated."""
    configuration = run.clips[0].configuration
    draws = [(clip.entry.duration_s, record.scores) for clip in run.clips for record in clip.draws]
    levels_db = (scores.get("loudest_fill_vs_p95_db") for _, scores in draws)
    fills_db = [level for level in levels_db if level is not None]
    try:
        # Many runs share the time.
        n_draws = min(N_DRAWS, max(_MIN_DRAWS, _MAX_DRAWS // n_runs))
        return strength_of(configuration.policy, configuration.frontend, lengths_s, fills_db=fills_db, n_draws=n_draws)
    except ParameterError:
        if not draws:
            return None
        why = "a callable has no known distribution"
        refused = "its framework raises at some of the lengths"
        return strength_of_scores(configuration.policy.name, draws, why if configuration.policy.callables else refused)


def _warnings(run: PageRun, strength: Strength | None) -> tuple[str, ...]:
    draws = [record for clip in run.clips for record in clip.draws]
    return warnings_of_draws(run.clips[0].configuration, draws, strength)


def _verdicts(
    runs: Sequence[tuple[int, PageRun]],
    names: Mapping[int, str],
    strengths: Mapping[int, Strength | None],
    warnings: Mapping[int, Sequence[str]],
    form: PageOptions,
    lengths_s: Sequence[float],
) -> tuple[Verdict, ...]:
    """Return the verdict of each run, all with the same axes."""
    known_strengths = [strength for strength in strengths.values() if strength is not None]
    if not known_strengths:
        return ()
    marks = yardsticks(lengths_s, form.compare)
    end_s = gap_axis_end(known_strengths, marks)
    verdicts = []
    for i, run in runs:
        strength, policy = strengths[i], run.clips[0].configuration.policy
        own = next((mark for mark in marks if mark.is_published and mark.policy == policy), None)
        if strength is not None:
            # Of several runs, the end of the page lists them: the first clip has to remain on the first screen.
            lines = () if names[i] else warnings[i][:MAX_IN_VERDICT]
            effects = _effects(run.clips[0].configuration)
            label = run_label(i) if names[i] else ""
            verdicts.append(
                verdict_of(strength, marks, end_s, own=own, effects=effects, warnings=lines, name=names[i], run=label)
            )
    return tuple(verdicts)


def _differences(
    runs: Sequence[tuple[int, PageRun]], strengths: Mapping[int, Strength | None]
) -> RunDifferences | None:
    runs_with_strength = []
    for i, run in runs:
        strength = strengths[i]
        if strength is not None:
            runs_with_strength.append(ComparedRun(run_label(i), run.clips[0].configuration, strength))
    return differences_of(runs_with_strength)


def _effects(run: Configuration) -> str:
    """Describe what the policy of a run does, with its probability."""
    policy, hop_s = run.policy, run.frontend.hop_length / run.frontend.sample_rate
    words = effects_in_words(policy.transforms, run.frontend.n_mels, hop_s)
    return f"with a probability of {policy.probability:g}, {words}" if words and policy.probability < 1 else words


# --- the end of the page ---


def _title_of(i: int, run: PageRun, n_runs: int) -> str:
    """Return the name of a run; empty for the only one."""
    return f"{run_label(i)} = {run.name}" if n_runs > 1 else ""


def _rerun_code(run: PageRun, name: str, *, paths: bool) -> RerunCode:
    is_mel = all(clip.entry.audio.mel is not None for clip in run.clips)
    files = [path for clip in run.clips if (path := clip_path(clip.entry.audio)) is not None]
    shown_paths = list(dict.fromkeys(files if paths else short_paths(files)))
    return rerun_code(run.clips[0].configuration, shown_paths, name, is_mel=is_mel)


def _facts(runs: Sequence[PageRun]) -> Facts:
    if len(runs) != 1 or not runs[0].clips:
        return (("runs", str(len(runs))),)
    run, first = runs[0], runs[0].clips[0].configuration
    return (
        *facts_of_run(first),
        ("clips", str(len(run.clips))),
        ("draws of each", str(first.draws)),
        ("specaug-listen", run.versions.get("specaug-listen", "unknown")),
    )
