"""The same versions of a clip in several runs: their scores side by side, and what the runs differ by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from .._files import printable
from ..metrics import SCORES
from ..pages.page_values import ComparedScore, Comparison

if TYPE_CHECKING:
    from .page_clips import ClipOfRun

__all__ = ["comparisons_of"]

_MISSING = "–"


def comparisons_of(clips: Sequence[ClipOfRun]) -> tuple[Comparison, ...]:
    """Return a comparison for each version that several runs of a clip have and that differs by them.

    These are the draws, and the copy-synthesis unless it is the same in all runs. ``clips`` are the same clip in each
    run.
    """
    if len(clips) < 2:
        return ()
    labels = tuple(clip.label for clip in clips)
    why_not = _why_no_picture(clips)
    vocoders = [clip.draws[0].vocoder for clip in clips if clip.draws]
    is_same = not why_not and all(vocoder == vocoders[0] for vocoder in vocoders)
    comparisons = [] if is_same else [Comparison("copy-synthesis", labels, (), why_not)]
    scores_of_runs = [{draw.number: draw.scores for draw in clip.draws} for clip in clips]
    numbers = sorted({number for of_run in scores_of_runs for number in of_run})
    for number in numbers:
        runs = [i for i, of_run in enumerate(scores_of_runs) if number in of_run]
        if len(runs) > 1:
            rows = _rows([scores_of_runs[i][number] for i in runs])
            comparisons.append(Comparison(f"draw-{number}", tuple(labels[i] for i in runs), rows, why_not))
    return tuple(comparisons)


def _rows(scores_of_runs: Sequence[Mapping[str, float | None]]) -> tuple[ComparedScore, ...]:
    """Return a row for each score that a run has."""
    rows = []
    for score in SCORES.values():
        values = [scores.get(score.key) for scores in scores_of_runs]
        if any(value is not None for value in values):
            numbers = [_MISSING if value is None else score.number(value) for value in values]
            title = f"{score.title} ({score.unit})" if score.unit else score.title
            rows.append(ComparedScore(title, score.about, tuple(map(_signed, numbers)), _difference(numbers)))
    return tuple(rows)


def _difference(numbers: Sequence[str]) -> str:
    """Return the second number minus the first, as they are shown; empty unless there are two."""
    if len(numbers) != 2:
        return ""
    if _MISSING in numbers:
        return _MISSING
    before, after = map(Decimal, numbers)
    return _signed(f"{after - before:+}") if after != before else "0"


def _signed(number: str) -> str:
    return number.replace("-", "−")


def _why_no_picture(clips: Sequence[ClipOfRun]) -> str:
    """Say why the pictures of the runs cannot be subtracted; empty if they can."""
    if len({clip.frontend for clip in clips}) == 1:
        return ""
    frontends = (f"{clip.label} on {printable(clip.frontend.name)}" for clip in clips)
    return f"The runs have different front-ends ({', '.join(frontends)}), so their cells cannot be subtracted."
