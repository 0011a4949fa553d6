"""The same versions of a clip in several runs: their scores side by side, and what the runs differ by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .._files import printable
from ..metrics import SCORES, Score
from ..pages.page_values import ComparedScore, Comparison
from .records import DrawRecord
from .summaries import why_no_score

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
    draws_of_runs = [{draw.number: draw for draw in clip.draws} for clip in clips]
    numbers = sorted({number for of_run in draws_of_runs for number in of_run})
    for number in numbers:
        runs = [i for i, of_run in enumerate(draws_of_runs) if number in of_run]
        if len(runs) > 1:
            rows = _rows([draws_of_runs[i][number] for i in runs])
            comparisons.append(Comparison(f"draw-{number}", tuple(labels[i] for i in runs), rows, why_not))
    return tuple(comparisons)


def _rows(draws: Sequence[DrawRecord]) -> tuple[ComparedScore, ...]:
    """Return a row for each score that a draw has."""
    rows = []
    for score in SCORES.values():
        values = [draw.scores.get(score.key) for draw in draws]
        if any(value is not None for value in values):
            texts = [
                why_no_score(draw, score.key) if value is None else score.number(value)
                for draw, value in zip(draws, values, strict=True)
            ]
            title = f"{score.title} ({score.unit})" if score.unit else score.title
            rows.append(ComparedScore(title, score.about, tuple(map(_signed, texts)), _difference(score, values)))
    return tuple(rows)


def _difference(score: Score, values: Sequence[float | None]) -> str:
    """Return the second value minus the first; empty unless there are two."""
    if len(values) != 2:
        return ""
    before, after = values
    return _MISSING if before is None or after is None else _signed(score.difference(before, after))


def _signed(number: str) -> str:
    return number.replace("-", "−")


def _why_no_picture(clips: Sequence[ClipOfRun]) -> str:
    """Say why the pictures of the runs cannot be subtracted; empty if they can."""
    if len({clip.frontend for clip in clips}) == 1:
        return ""
    frontends = (f"{clip.label} on {printable(clip.frontend.name)}" for clip in clips)
    return f"The runs have different front-ends ({', '.join(frontends)}), so their cells cannot be subtracted."
