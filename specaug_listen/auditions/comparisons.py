"""The same versions of a clip in several runs: their scores side by side, and what the runs differ by."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .._files import printable
from ..metrics import SCORES, Score
from ..pages.page_values import ComparedScore, Comparison
from .records import DrawRecord
from .summaries import why_no_score

if TYPE_CHECKING:
    from .page_clips import ClipOfRun

__all__ = ["comparisons_of"]


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
    for number in sorted({draw.number for clip in clips for draw in clip.draws}):
        having = [clip for clip in clips if any(draw.number == number for draw in clip.draws)]
        if len(having) > 1:
            draws = [next(draw for draw in clip.draws if draw.number == number) for clip in having]
            rows = _rows(draws, [clip.draws for clip in having])
            runs = tuple(clip.label for clip in having)
            comparisons.append(Comparison(f"draw-{number}", runs, rows, why_not, _means_of(having)))
    return tuple(comparisons)


def _means_of(clips: Sequence[ClipOfRun]) -> str:
    """Say how many draws each run has; empty if none has several."""
    counts = [len(clip.draws) for clip in clips]
    if max(counts) < 2:
        return ""
    if len(set(counts)) == 1:
        return f"mean of {counts[0]} draws"
    return f"mean of all draws ({', '.join(f'{clip.label}: {len(clip.draws)}' for clip in clips)})"


def _rows(draws: Sequence[DrawRecord], all_draws: Sequence[Sequence[DrawRecord]]) -> tuple[ComparedScore, ...]:
    """Return a row for each score that any draw has: ``draws`` and ``all_draws`` are those of each run."""
    rows = []
    for score in SCORES.values():
        if all(draw.scores.get(score.key) is None for of_run in all_draws for draw in of_run):
            continue
        of_draw, means = [_Mean.of(score, [draw]) for draw in draws], [_Mean.of(score, of_run) for of_run in all_draws]
        decimals = score.decimals(one.value for one in (*of_draw, *means) if one.value is not None)
        title = f"{score.title} ({score.unit})" if score.unit else score.title
        values, mean_texts = (tuple(_signed(one.text(score, decimals)) for one in row) for row in (of_draw, means))
        difference, mean_difference = (_difference(score, row, decimals) for row in (of_draw, means))
        rows.append(ComparedScore(title, score.about, values, difference, mean_texts, mean_difference))
    return tuple(rows)


@dataclass(frozen=True)
class _Mean:
    """The mean of a score over draws, None if no draw has it, and what the cell of a table says of it.

    Parameters
    ----------
    value : float or None
    note : str
        Which draws have it unless all have; why none has.
    is_of_sizes : bool
        Whether it is the mean of absolute values.
    """

    value: float | None
    note: str = ""
    is_of_sizes: bool = False

    @classmethod
    def of(cls, score: Score, draws: Sequence[DrawRecord]) -> _Mean:
        values = [value for draw in draws if (value := draw.scores.get(score.key)) is not None]
        if not values:
            return cls(None, why_no_score(draws[0], score.key))
        # Draws warp to either side: the mean of both would be that of no draw.
        is_of_sizes = score.key == "warp_displacement_ms" and len(draws) > 1
        mean = math.fsum(map(abs, values) if is_of_sizes else values) / len(values)
        return cls(mean, "" if len(values) == len(draws) else f" ({len(values)} of {len(draws)})", is_of_sizes)

    def text(self, score: Score, decimals: int) -> str:
        if self.value is None:
            return self.note
        number = score.number(self.value, decimals)
        return (number.lstrip("+") if self.is_of_sizes else number) + self.note


def _difference(score: Score, means: Sequence[_Mean], decimals: int) -> str:
    """Return the second value minus the first; empty unless there are two."""
    if len(means) != 2:
        return ""
    before, after = (mean.value for mean in means)
    return "–" if before is None or after is None else _signed(score.difference(before, after, decimals))


def _signed(number: str) -> str:
    return number.replace("-", "−")


def _why_no_picture(clips: Sequence[ClipOfRun]) -> str:
    """Say why the pictures of the runs cannot be subtracted; empty if they can."""
    if len({clip.frontend for clip in clips}) == 1:
        return ""
    frontends = (f"{clip.label} on {printable(clip.frontend.name)}" for clip in clips)
    names = ", ".join(frontends)
    return f"The runs have different front-ends ({names}), so the cells of one cannot be subtracted from another's."
