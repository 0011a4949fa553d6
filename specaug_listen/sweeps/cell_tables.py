"""The tables of a sweep's cells: the first two parameters downwards and to the right, and a table for each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from .._files import printable
from ..metrics import SCORES
from ..pages.sheet_values import Heading, Sheet, SheetCell
from ..reports.strength import Spread
from .axes import Axis, Value, value_text
from .cell_draws import CellDraws, key_in_words, short_key, spread_of
from .place_strengths import MEASURES, PlaceStrengths, are_above_recipes, expected_for
from .records import typed_values

__all__ = ["facts_of_draw_in_cell", "sheets_of"]

# The scores of a cell with their titles, which are short because cells are small.
_FACTS = {"masked_area_ratio": "masked", "longest_gap_ms": "gap", "log_mel_rmse_db": "mel change"}
# The scores that are simulated, too.
_MEASURES = {"masked_area_ratio": "area", "longest_gap_ms": "gap"}
# What is told to be beyond every recipe: not the numbers of the draws at hand.
_BEYOND = {"masked_area_ratio": "average of masked cells", "longest_gap_ms": "average gap"}
_FACT_OF_LEVEL = ("loudest_fill_vs_p95_db", "level")
# The bar of a cell shows the first score that differs enough between cells: the smallest difference that counts.
_BARS = (("masked_area_ratio", 0.01), ("log_mel_rmse_db", 0.5))


class _Amounts(NamedTuple):
    """The lengths of the cells' bars, by the cells' numbers, and what they show."""

    lengths: dict[int, float]
    about: str
    key: str = ""


def sheets_of(
    strengths: PlaceStrengths,
    cells: Sequence[CellDraws],
    versions: Mapping[int, tuple[int, ...]],
    clip: int,
    duration_s: float,
) -> tuple[Sheet, ...]:
    """Return the tables of a clip.

    Parameters
    ----------
    strengths : PlaceStrengths
    cells : sequence of CellDraws
        Of the clip.
    versions : mapping from int to tuple of int
        For each cell's number, the indices of its draws among the versions of the clip.
    clip : int
        Index of the clip, for the ids.
    duration_s : float [s]
        Of the clip.
    """
    axes, by_values = strengths.axes, {typed_values(cell.entry.values): cell for cell in cells}
    amounts = _amounts(cells)
    keys = [*_FACTS.items(), *([_FACT_OF_LEVEL] if _differ(cells, _FACT_OF_LEVEL[0], 1.0) else [])]
    averages = [_averages(strengths, place, duration_s) for place in range(len(strengths.places))]
    # Of several lengths, those of all clips are compared, and the average of this one alone is not what is beyond.
    is_of_one_length = len(set(strengths.lengths_s)) == 1
    excesses = {key: are_above_recipes(strengths, MEASURES[measure]) for key, measure in _MEASURES.items()}

    def cell_at(*values: Value) -> SheetCell:
        cell = by_values[typed_values(values)]
        place = strengths.by_values[typed_values(values)]
        facts = tuple((title, text) for key, title in keys if (text := _fact(cell, key, averages[place])) is not None)
        beyond = tuple(
            _beyond(key, averages[place] if is_of_one_length else {}) for key, flags in excesses.items() if flags[place]
        )
        mark = averages[place].get(amounts.key)
        return SheetCell(versions[cell.number], facts, amounts.lengths.get(cell.number), mark, beyond)

    note = _note(strengths, amounts, len(cells[0].draws))
    rests = list({typed_values(cell.entry.values[2:]): cell.entry.values[2:] for cell in cells}.values())
    first, second = axes[0], axes[1] if len(axes) > 1 else None
    tables = []
    for number, rest in enumerate(rests):
        columns: tuple[tuple[Value, ...], ...] = ((),) if second is None else tuple((v,) for v in second.values)
        tables.append(
            Sheet(
                f"sheet-{clip + 1}-{number}",
                printable(", ".join(axis.label(value) for axis, value in zip(axes[2:], rest, strict=True))),
                () if second is None else _headings(second),
                _headings(first),
                tuple(tuple(cell_at(value, *column, *rest) for column in columns) for value in first.values),
                tuple(Heading(printable(short_key(axis.key)), printable(key_in_words(axis.key))) for axis in axes[:2]),
                note,
            )
        )
    return tuple(tables)


def _headings(axis: Axis) -> tuple[Heading, ...]:
    name = key_in_words(axis.key)
    return tuple(Heading(*map(printable, (value_text(value), f"{name}: {value_text(value)}"))) for value in axis.values)


def _averages(strengths: PlaceStrengths, place: int, duration_s: float) -> dict[str, float]:
    """Return what the policy of a combination gives on average, by the keys of scores."""
    means = {
        key: expected_for(strengths.places[place], MEASURES[measure], duration_s) for key, measure in _MEASURES.items()
    }
    return {key: mean * (1000 if key == "longest_gap_ms" else 1) for key, mean in means.items() if mean is not None}


def _fact(cell: CellDraws, key: str, averages: Mapping[str, float]) -> str | None:
    text = _range_text(key, spread_of([cell], key), len(cell.draws))
    return f"{text}, average {_average_text(key, averages)}" if text is not None and key in averages else text


def _average_text(key: str, averages: Mapping[str, float]) -> str | None:
    return _range_text(key, Spread.of([averages[key]]), 1)


def _beyond(key: str, averages: Mapping[str, float]) -> str:
    """Say that the average of a score is beyond every recipe, with the average unless there is none."""
    amount = f" ({_average_text(key, averages)})" if key in averages else ""
    return f"{_BEYOND[key]}{amount} beyond every recipe"


def _note(strengths: PlaceStrengths, amounts: _Amounts, n_draws: int) -> str:
    """Say what the bars and numbers of cells are, and why they are not those of the charts."""
    lines = [amounts.about] if amounts.about else []
    hand = (
        "the draw that you hear" if n_draws == 1 else f"the {n_draws} draws that you hear, averaged (lowest to highest)"
    )
    n_simulated = {place.strength.n_draws for place in strengths.places if place.strength.is_simulated}
    lines.append(f"Numbers: {hand}" + (";" if n_simulated else "."))
    if n_simulated:
        tick = " and the tick on the bar" if amounts.key in _MEASURES else ""
        lines.append(
            f"“average”{tick}: {min(n_simulated)} simulated draws, as in the charts, for a clip of this length. Few "
            "draws may be far from it."
        )
    return " ".join(lines)


def _range_text(key: str, spread: Spread | None, n_draws: int) -> str | None:
    """Return the mean of a score, with the range over draws if there are several; None without any."""
    if spread is None:
        return None
    if key == "longest_gap_ms":
        mean, low, high = (f"{value / 1000:.2f}" for value in (spread.mean, spread.values[0], spread.values[-1]))
        unit = " s"
    else:
        score = SCORES[key]
        mean, low, high = (score.number(value) for value in (spread.mean, spread.values[0], spread.values[-1]))
        unit = "%" if score.unit == "%" else " dB"
    text = f"{mean}{unit}" if n_draws == 1 or low == high else f"{mean}{unit} ({low} to {high})"
    return text.replace("-", "−")


def facts_of_draw_in_cell(scores: Mapping[str, float | None]) -> tuple[tuple[str, str], ...]:
    """Return the scores of one of the draws in a cell."""
    spreads = ((key, title, Spread.of([scores.get(key) or 0.0])) for key, title in _FACTS.items())
    return tuple((title, _range_text(key, spread, 1) or "") for key, title, spread in spreads)


def _means(cells: Sequence[CellDraws], key: str) -> dict[int, float]:
    spreads = {cell.number: spread_of([cell], key) for cell in cells}
    return {number: spread.mean for number, spread in spreads.items() if spread is not None}


def _differ(cells: Sequence[CellDraws], key: str, least: float) -> bool:
    means = _means(cells, key).values()
    return bool(means) and max(means) - min(means) >= least


def _amounts(cells: Sequence[CellDraws]) -> _Amounts:
    """Return the bars of the cells: what is masked, or if that is the same in all cells, the change of the mel."""
    for key, least in _BARS:
        if _differ(cells, key, least):
            means = _means(cells, key)
            end = 1.0 if key == "masked_area_ratio" else max(means.values())
            what = "cells masked" if key == "masked_area_ratio" else "change of the mel"
            lengths = {number: round(max(0.0, mean / end), 4) for number, mean in means.items()}
            return _Amounts(lengths, f"Bars: {what}, the whole width is {SCORES[key].text(end)}.", key)
    return _Amounts({}, "")
