"""What many draws have in common: histograms of their scores, and the strongest and the mildest of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import median

from ..metrics import Score
from ..pages.table_values import Bar, Column, Histogram, Ranking, Row

__all__ = ["histograms_of", "rankings_of"]

_MAX_BARS = 16
_N_RANKED = 3
_RANKED_BY = ("masked_area_ratio", "log_mel_rmse_db")


def histograms_of(columns: Sequence[Column], rows: Sequence[Row]) -> tuple[Histogram, ...]:
    """Return a histogram of each column, with bars whose edges are round numbers in its unit."""
    return tuple(
        _histogram(column.score, [value for row in rows if (value := row.values[i][0]) is not None])
        for i, column in enumerate(columns)
    )


def _histogram(score: Score, values: Sequence[float]) -> Histogram:
    scaled = [value * score.scale for value in values]
    step = _round_step(max(scaled) - min(scaled), smallest=10.0**-score.digits)
    # Rounding must not put 0.3 / 0.1 below 3.
    places = [math.floor(value / step + 1e-9) for value in scaled]
    first, n_bars = min(places), max(places) - min(places) + 1
    counts = [places.count(first + i) for i in range(n_bars)]
    digits = max(0, -math.floor(math.log10(step) + 1e-9))

    def label(i: int) -> str:
        return f"{(first + i) * step:.{digits}f}".replace("-", "−")

    unit = f"{'' if score.unit in ('', '%') else ' '}{score.unit}"
    bars = tuple(
        Bar(
            i / n_bars, 1 / n_bars, count / max(counts),
            f"{label(i)} to {label(i + 1)}{unit}: {count} draw{'s' if count != 1 else ''}",
        )
        for i, count in enumerate(counts)
        if count
    )  # fmt: skip
    middle = median(values)
    return Histogram(
        score,
        bars,
        min(1.0, max(0.0, (middle * score.scale / step - first) / n_bars)),
        score.text(middle).replace("-", "−"),
        f"{label(0)}{unit}",
        f"{label(n_bars)}{unit}",
    )


def _round_step(span: float, smallest: float) -> float:
    """Return the smallest of 1, 2 and 5 times a power of ten that divides a span into few enough bars."""
    at_least = max(span / (_MAX_BARS - 1), smallest)
    power = 10.0 ** math.floor(math.log10(at_least))
    return next(base * power for base in (1, 2, 5, 10) if base * power >= at_least * (1 - 1e-9))


def rankings_of(columns: Sequence[Column], rows: Sequence[Row]) -> tuple[Ranking, ...]:
    """Return the strongest and the mildest draws by masked area and by the change of the mel, where there is any."""
    rankings = []
    for i, column in enumerate(columns):
        if column.score.key not in _RANKED_BY or len({row.values[i][0] for row in rows}) == 1:
            continue
        ordered = sorted(
            (row for row in rows if row.values[i][0] is not None), key=lambda row: -(row.values[i][0] or 0)
        )
        for title, some in (("Strongest", ordered[:_N_RANKED]), ("Mildest", ordered[::-1][:_N_RANKED])):
            texts = tuple((row, column.score.text(row.values[i][0] or 0.0).replace("-", "−")) for row in some)
            rankings.append(Ranking(title, column.score.title, texts))
    return tuple(rankings)
