"""What many draws have in common: histograms and means of their scores, the strongest and the mildest of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import fmean, median

from .._notices import plural
from ..metrics import SCORES, Score
from ..pages.page_values import ComparedScore
from ..pages.table_values import Bar, Column, Histogram, HistogramRow, Ranking, Row

__all__ = ["histograms_of", "means_of", "rankings_of"]

_MAX_BARS = 16
_N_RANKED = 3
_MISSING = "–"
_RANKED_BY = ("masked_area_ratio", "log_mel_rmse_db")


def histograms_of(columns: Sequence[Column], rows: Sequence[Row]) -> tuple[Histogram, ...]:
    """Return a histogram of each column, with a row for each run; edges of bars are round numbers in its unit."""
    return tuple(_histogram(column.score, _values_of_runs(rows, i)) for i, column in enumerate(columns))


def _values_of_runs(rows: Sequence[Row], i: int) -> dict[str, list[float]]:
    """Return the values of a column by run, in the order of the labels."""
    runs = sorted({row.run for row in rows}, key=lambda run: (len(run), run))
    return {run: [value for row in rows if row.run == run and (value := row.values[i][0]) is not None] for run in runs}


def _histogram(score: Score, values_of_runs: Mapping[str, Sequence[float]]) -> Histogram:
    scaled = [value * score.scale for values in values_of_runs.values() for value in values]
    step = _round_step(max(scaled) - min(scaled), smallest=10.0**-score.digits)
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    places = {run: [_place(value * score.scale, step) for value in values] for run, values in values_of_runs.items()}
    every_place = [place for of_run in places.values() for place in of_run]
    first, n_bars = min(every_place), max(every_place) - min(every_place) + 1
    counts = {run: [of_run.count(first + i) for i in range(n_bars)] for run, of_run in places.items()}
    most = max(map(max, counts.values()))

    def label(i: int) -> str:
        return _for_people(f"{(first + i) * step:.{digits}f}")

    def bar(i: int, count: int, run: str) -> Bar:
        unit = f"{'' if score.unit in ('', '%') else ' '}{score.unit}"
        of_run = f" of {run}" if run else ""
        text = f"{label(i)} to {label(i + 1)}{unit}: {plural(count, 'draw')}{of_run}"
        return Bar(i / n_bars, 1 / n_bars, count / most, text)

    def row(run: str) -> HistogramRow:
        if not places[run]:
            return HistogramRow((), 0.0, "", 0, run)
        middle = median(values_of_runs[run])
        return HistogramRow(
            tuple(bar(i, count, run) for i, count in enumerate(counts[run]) if count),
            min(1.0, max(0.0, (middle * score.scale / step - first) / n_bars)),
            _for_people(score.number(middle)),
            len(places[run]),
            run,
        )

    return Histogram(score, tuple(map(row, values_of_runs)), label(0), label(n_bars))


def _place(value: float, step: float) -> int:
    # Rounding must not put 0.3 / 0.1 below 3.
    return math.floor(value / step + 1e-9)


def _for_people(number: str) -> str:
    return number.replace("-", "−")


def _round_step(span: float, smallest: float) -> float:
    """Return the smallest of 1, 2 and 5 times a power of ten that divides a span into few enough bars."""
    at_least = max(span / (_MAX_BARS - 1), smallest)
    power = 10.0 ** math.floor(math.log10(at_least))
    return next(base * power for base in (1, 2, 5, 10) if base * power >= at_least * (1 - 1e-9))


def rankings_of(columns: Sequence[Column], rows: Sequence[Row]) -> tuple[Ranking, ...]:
    """Return the strongest and the mildest draws by masked cells and by the change of the mel, where there is any."""
    rankings = []
    for i, column in enumerate(columns):
        if column.score.key not in _RANKED_BY or len({row.values[i][0] for row in rows}) == 1:
            continue
        ordered = sorted(
            (row for row in rows if row.values[i][0] is not None), key=lambda row: -(row.values[i][0] or 0)
        )
        for title, some in (("Strongest", ordered[:_N_RANKED]), ("Mildest", ordered[::-1][:_N_RANKED])):
            texts = tuple((row, _for_people(column.score.text(row.values[i][0] or 0.0))) for row in some)
            rankings.append(Ranking(title, column.score.title, texts))
    return tuple(rankings)


def means_of(columns: Sequence[Column], rows: Sequence[Row]) -> tuple[ComparedScore, ...]:
    """Return the mean of each column over the draws of each run, for two runs with the second minus the first.

    Draws warp to either side, so of warps it is the mean of their sizes. In the order of `SCORES`, as below the clips.
    Empty for a single run.
    """
    if len({row.run for row in rows}) < 2:
        return ()
    means = []
    for i, column in sorted(enumerate(columns), key=lambda pair: list(SCORES).index(pair[1].score.key)):
        score = column.score
        is_of_sizes = score.key == "warp_displacement_ms"
        of_runs = _values_of_runs(rows, i)
        averages = [
            fmean(map(abs, values) if is_of_sizes else values) if values else None for values in of_runs.values()
        ]
        decimals = score.decimals(average for average in averages if average is not None)
        texts = [
            _why_none(rows, run, i)
            if average is None
            else _mean_text(score, average, decimals, is_of_sizes=is_of_sizes)
            for run, average in zip(of_runs, averages, strict=True)
        ]
        title = f"{score.title} ({score.unit})" if score.unit else score.title
        means.append(ComparedScore(title, score.about, tuple(texts), _difference(score, averages)))
    return tuple(means)


def _mean_text(score: Score, mean: float, decimals: int, *, is_of_sizes: bool) -> str:
    number = score.number(mean, decimals)
    return number.lstrip("+") if is_of_sizes else _for_people(number)


def _why_none(rows: Sequence[Row], run: str, i: int) -> str:
    """Return what all cells of a column say instead of a value."""
    texts = {row.values[i][1] for row in rows if row.run == run}
    return texts.pop() if len(texts) == 1 else _MISSING


def _difference(score: Score, means: Sequence[float | None]) -> str:
    if len(means) != 2:
        return ""
    before, after = means
    return _MISSING if before is None or after is None else _for_people(score.difference(before, after))
