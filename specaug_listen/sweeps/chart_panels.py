"""The charts of a sweep: quantities over the first parameter, with a line or bar for each value of the second."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from .._files import printable
from ..augment.parameters import LETTERS
from ..pages.sheet_values import (
    BarRow,
    ChartBar,
    ChartLine,
    ChartPoint,
    ChartTick,
    Heading,
    Panel,
    YardstickLine,
)
from .advice import are_numbers, measure_text
from .axes import Axis, value_text
from .cell_draws import key_in_words, short_key
from .chart_groups import Choice, Group, Row, rows_of
from .place_strengths import MEASURES, Measure, PlaceStrengths, changes_along
from .records import typed_values

__all__ = ["caption_of", "panels_of", "spread_labels"]

_HEIGHT_PX, _TOP_PX, _LABEL_PX = 140, 8, 14
# The shortest distance between labels below a narrow chart, as a share of its width, for each character.
_SHARE_OF_CHARACTER, _SHARE_OF_SPACE = 0.035, 0.03
_MIN_RATIO_OF_LOGARITHM = 50.0
_RING = " ◯"
_SWEPT = "also in this sweep, with a ring"


def panels_of(strengths: PlaceStrengths) -> tuple[Panel, ...]:
    """Return a chart for each quantity that the values change; those of the masks if they change none."""
    numbers = range(len(strengths.axes))
    keys = [key for key, each in MEASURES.items() if any(changes_along(strengths, each, n) for n in numbers)]
    masked = [key for key in ("area", "gap") if key in keys]
    if masked:
        # The change of the mel follows from the masks and their level.
        keys = ["area", "gap", *(key for key in keys if key == "fill")]
    elif not keys:
        keys = ["area", "gap"]
    return tuple(_panel(strengths, MEASURES[key]) for key in keys)


def caption_of(strengths: PlaceStrengths, panels: Sequence[Panel]) -> str:
    """Say how to read the charts."""
    n_draws = min(place.strength.n_draws for place in strengths.places)
    is_simulated = all(place.strength.is_simulated for place in strengths.places)
    lengths = sorted({f"{length:.1f} s" for length in strengths.lengths_s}, key=lambda text: float(text[:-2]))
    clips = lengths[0] if len(lengths) == 1 else f"{lengths[0]} to {lengths[-1]}"
    titles = [panel.title for panel in panels]
    lines = []
    if MEASURES["area"].title in titles:
        source = f"{n_draws} simulated draws for clips of {clips}" if is_simulated else "the draws of this page"
        lines.append(f"Masks: the average of {source}; thin lines reach P95, which 5% of draws exceed.")
        ring = f";{_RING} also in this sweep" if any(p.same_as for p in strengths.places) else ""
        lines.append(f"Published recipes: their average, on their own front-ends{ring}.")
    if {MEASURES["fill"].title, MEASURES["change"].title} & set(titles):
        lines.append(
            f"{'Level and change' if len(lines) == 0 else 'Level'}: the average of the draws of this page; thin "
            "lines, where these differ, are their range. 0 dB, where bars begin, is the speech (95th percentile cell)."
        )
    lines += dict.fromkeys(panel.note for panel in panels if panel.note)
    return " ".join(lines)


# --- the axes ---


@dataclass(frozen=True)
class _Scale:
    """An axis from ``low`` to ``high``, with ticks."""

    low: float
    high: float
    ticks: tuple[float, ...]

    @classmethod
    def around(cls, values: Sequence[float]) -> _Scale:
        """Return the axis with round ends that holds 0 and all values."""
        low, high = min([0.0, *values]), max([0.0, *values])
        step = _nice_step((high - low) or 1.0)
        first, last = math.floor(low / step + 1e-9), max(1, math.ceil(high / step - 1e-9))
        return cls(first * step, last * step, tuple(round(i * step, 9) for i in range(first, last + 1)))

    def share(self, value: float) -> float:
        """Return the place of a value, as a share."""
        return (value - self.low) / (self.high - self.low)

    def y(self, value: float) -> float:
        """Return the distance of a value from the top of a chart, in pixels."""
        return round(_TOP_PX + (1 - self.share(value)) * (_HEIGHT_PX - _TOP_PX), 1)


def _nice_step(span: float) -> float:
    power = 10.0 ** math.floor(math.log10(span / 4))
    return next(factor * power for factor in (1, 2, 2.5, 5, 10) if span / (factor * power) <= 5)


def _panel(strengths: PlaceStrengths, measure: Measure) -> Panel:
    choice = Choice.of(strengths, measure)
    rows = rows_of(strengths, measure, choice)
    levels = _levels(strengths, measure)
    ends = [end for row in rows for group in row.groups for end in (group.low, group.mean, group.high)]
    scale = _Scale.around([*ends, *(level.value for level in levels)])
    axis = strengths.axes[choice.along]
    about = _in_words(measure, axis, rows, levels)
    draw = _lines if are_numbers(axis) and len(axis.values) > 1 else _bars
    panel = draw(measure, axis, rows, levels, scale, about)
    return replace(panel, note=choice.note(strengths.axes), alike=choice.alike(strengths.axes))


class _Level(NamedTuple):
    """What a sweep is compared with; ``is_swept`` if it is one of the combinations."""

    value: float
    name: str
    about: str
    is_published: bool
    is_swept: bool


def _levels(strengths: PlaceStrengths, measure: Measure) -> list[_Level]:
    """Return what the sweep is compared with, by its means."""
    if measure.of_strength is None:
        return []
    names_of_swept = {name for place in strengths.places for name in place.same_as}
    return [
        _Level(
            measure.of_strength(each.strength).mean,
            printable(each.name),
            printable(each.about),
            each.is_published,
            each.name in names_of_swept,
        )
        for each in strengths.yardsticks
    ]


def _in_words(measure: Measure, axis: Axis, rows: Sequence[Row], levels: Sequence[_Level]) -> str:
    lines = [
        f"{row.name + ': ' if row.name else ''}"
        + ", ".join(f"{value_text(group.value)} {measure_text(measure, group.mean)}" for group in row.groups)
        for row in rows
    ]
    recipes = ", ".join(f"{level.name} {measure_text(measure, level.value)}" for level in levels)
    about = f"{measure.title} over {axis.key}: {'; '.join(lines)}"
    return printable(f"{about}. Compared with {recipes}." if recipes else f"{about}.")


def _text_of(measure: Measure, axis: Axis, row: Row, group: Group) -> str:
    if measure.of_strength is None:
        more = f"from {measure_text(measure, group.low)} to {measure_text(measure, group.high)}"
    else:
        more = f"in 5% of draws over {measure_text(measure, group.high)}"
    where = ", ".join(filter(None, [f"{short_key(axis.key)} {value_text(group.value)}", row.name]))
    same = f"; this is {' and '.join(group.same_as)}" if group.same_as else ""
    return printable(f"{where}: {measure_text(measure, group.mean)}, {more}{same}")


# --- lines ---


def _lines(
    measure: Measure, axis: Axis, rows: Sequence[Row], levels: Sequence[_Level], scale: _Scale, about: str
) -> Panel:
    values = sorted(float(value or 0) for value in axis.values)
    is_logarithmic = values[0] > 0 and values[-1] / values[0] >= _MIN_RATIO_OF_LOGARITHM
    places = {value: _place_of(value, values, is_logarithmic) for value in values}
    lines = tuple(
        ChartLine(
            row.name,
            number,
            tuple(
                ChartPoint(
                    places[float(group.value or 0)],
                    scale.y(group.mean),
                    scale.y(group.low),
                    scale.y(group.high),
                    _text_of(measure, axis, row, group),
                    bool(group.same_as),
                )
                for group in sorted(row.groups, key=lambda group: float(group.value or 0))
            ),
        )
        for number, row in enumerate(rows)
    )
    return Panel(
        measure.title, about, _axis_name(axis) + (", logarithmic" if is_logarithmic else ""), lines,
        _x_ticks(values, places), tuple(ChartTick(scale.y(tick), _tick_text(measure, tick)) for tick in scale.ticks),
        _yardsticks(measure, levels, scale), height=_HEIGHT_PX,
    )  # fmt: skip


def _axis_name(axis: Axis) -> str:
    return printable(key_in_words(axis.key) if axis.key in LETTERS else short_key(axis.key))


def _place_of(value: float, values: Sequence[float], is_logarithmic: bool) -> float:
    """Return the place of a value; the first and the last one are not at the very ends."""
    low, high, at = (math.log(each) if is_logarithmic else each for each in (values[0], values[-1], value))
    return round(0.04 + 0.92 * (at - low) / ((high - low) or 1.0), 4)


def _x_ticks(values: Sequence[float], places: dict[float, float]) -> tuple[ChartTick, ...]:
    """Return a tick for each value; labels that would touch the one before are left out, but not the last."""
    texts = {value: f"{value:g}" for value in values}

    def reach(text: str) -> float:
        return len(text) * _SHARE_OF_CHARACTER / 2 + _SHARE_OF_SPACE / 2

    last = values[-1]
    ends_at, labelled = -1.0, {last}
    for value in values[:-1]:
        begin, end = places[value] - reach(texts[value]), places[value] + reach(texts[value])
        if begin >= ends_at and end <= places[last] - reach(texts[last]):
            labelled.add(value)
            ends_at = end
    return tuple(ChartTick(places[value], texts[value] if value in labelled else "") for value in values)


def _tick_text(measure: Measure, value: float) -> str:
    if measure.unit == "%":
        return f"{100 * value:g}%"
    if measure.key == "fill" and value == 0:
        return "speech"
    return f"{value:g} {measure.unit}".replace("-", "−")


def _yardsticks(measure: Measure, levels: Sequence[_Level], scale: _Scale) -> tuple[YardstickLine, ...]:
    ordered = sorted(levels, key=lambda level: -level.value)
    lines_px = [scale.y(level.value) for level in ordered]
    labels_px = spread_labels(lines_px, _LABEL_PX, _TOP_PX, _HEIGHT_PX)
    return tuple(
        YardstickLine(
            y,
            label_y,
            f"{level.name} {measure_text(measure, level.value)}" + (_RING if level.is_swept else ""),
            level.about + (f"; {_SWEPT}" if level.is_swept else ""),
            level.is_published,
        )
        for level, y, label_y in zip(ordered, lines_px, labels_px, strict=True)
    )


def spread_labels(places: Sequence[float], distance: float, low: float, high: float) -> list[float]:
    """Move labels apart, in their order, as little as possible, and within bounds if there is room.

    Examples
    --------
    >>> spread_labels([10, 12, 50], 15, 0, 100)
    [3.5, 18.5, 50.0]
    """
    # Blocks of labels that touch: the sum of their places without the distances before each, and how many they are.
    blocks: list[list[float]] = []
    for number, place in enumerate(places):
        blocks.append([place - distance * number, 1])
        while len(blocks) > 1 and blocks[-2][0] / blocks[-2][1] > blocks[-1][0] / blocks[-1][1]:
            total, count = blocks.pop()
            blocks[-1] = [blocks[-1][0] + total, blocks[-1][1] + count]
    ends = low, high - distance * (len(places) - 1)
    starts = [max(ends[0], min(ends[1], total / count)) for total, count in blocks for _ in range(int(count))]
    return [round(start + distance * number, 2) for number, start in enumerate(starts)]


# --- bars ---


def _bars(
    measure: Measure, axis: Axis, rows: Sequence[Row], levels: Sequence[_Level], scale: _Scale, about: str
) -> Panel:
    categories = []
    for value in axis.values:
        bars = tuple(
            _bar(measure, scale, number, row.name, group, _text_of(measure, axis, row, group))
            for number, row in enumerate(rows)
            for group in row.groups
            if typed_values([group.value]) == typed_values([value])
        )
        text = printable(value_text(value))
        groups = [group for row in rows for group in row.groups if typed_values([group.value]) == typed_values([value])]
        same = dict.fromkeys(name for group in groups for name in group.same_as)
        # Only what the value is not called already.
        others = [f" = {name}" for name in same if name.casefold() != text.casefold()]
        label = f"{text}{''.join(others)}{_RING if same else ''}"
        whole = f"{text}: the recipe {' and '.join(same)}" if same else text
        categories.append(BarRow(Heading(label, whole), bars))
    recipes = (
        BarRow(
            Heading(level.name, level.about),
            (
                _bar(
                    measure, scale, 0, level.name, Group(level.name, level.value, level.value, level.value), level.about
                ),
            ),
            "recipe" if level.is_published else "compare",
        )
        for level in sorted(levels, key=lambda level: -level.value)
        if not level.is_swept
    )
    return Panel(
        measure.title,
        about,
        _axis_name(axis),
        rows=(*categories, *recipes),
        zero=round(scale.share(0.0), 4),
    )


def _bar(measure: Measure, scale: _Scale, number: int, name: str, group: Group, about: str) -> ChartBar:
    begin, end = sorted((scale.share(0.0), scale.share(group.mean)))
    low, high = scale.share(group.low), scale.share(group.high)
    return ChartBar(number, name, begin, end, low, high, measure_text(measure, group.mean), about)
