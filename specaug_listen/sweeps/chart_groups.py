"""The means that a chart of a sweep shows: along one axis, and for each value of another one that matters."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from .._files import printable
from .advice import are_numbers
from .axes import Axis, Value
from .cell_draws import head_of
from .place_strengths import MEASURES, Measure, Place, PlaceStrengths, changes_along
from .records import typed_values

__all__ = ["MAX_LINES", "Choice", "Group", "Row", "rows_of"]

# Lines of a chart; bars of a category.
MAX_LINES = 6
_MAX_ALIKE = 3
_MIN_LEVEL_DB = -80.0


@dataclass(frozen=True)
class Group:
    """A mean over the combinations of one value of the first parameter, and their range."""

    value: Value
    mean: float
    low: float
    high: float
    same_as: tuple[str, ...] = ()


@dataclass(frozen=True)
class Row:
    """The groups of one value of the second parameter, or of all."""

    name: str
    groups: tuple[Group, ...]


@dataclass(frozen=True)
class Choice:
    """The axes of a chart: the index of the one along it, and of the one with a line or bar for each value, if any."""

    along: int
    by: int | None
    others: tuple[int, ...]

    @classmethod
    def of(cls, strengths: PlaceStrengths, measure: Measure) -> Choice:
        """Return the axes that matter: numbers before categories, and many values before few."""
        axes = strengths.axes
        numbers = [n for n in range(len(axes)) if changes_along(strengths, measure, n)]
        numbers.sort(key=lambda n: (not are_numbers(axes[n]), 0 if are_numbers(axes[n]) else -len(axes[n].values), n))
        along, *rest = numbers or [0]
        return cls(along, rest[0] if rest else None, tuple(rest[1:]))

    def alike(self, axes: Sequence[Axis]) -> tuple[str, ...]:
        """Name the values of the parameters that make no difference."""
        rest = [axis for n, axis in enumerate(axes) if n not in (self.along, self.by, *self.others)]
        return tuple(_alike(axis) for axis in rest if len(axis.values) > 1)

    def note(self, axes: Sequence[Axis]) -> str:
        """Say what a chart leaves out."""
        keys = " and ".join(axes[n].key for n in self.others)
        lines = [f"Averages over {keys}."] if keys else []
        if self.by is not None and len(axes[self.by].values) > MAX_LINES:
            axis = axes[self.by]
            ends = "the smallest and the largest" if are_numbers(axis) else "the weakest and the strongest"
            lines.append(f"{MAX_LINES} of the {len(axis.values)} values of {axis.key}, {ends} among them.")
        return printable(" ".join(lines))


def _alike(axis: Axis) -> str:
    if len(axis.values) > _MAX_ALIKE:
        return printable(f"all values of {axis.key} alike")
    *names, last = [head_of(axis, value) for value in axis.values]
    return printable(f"{', '.join(names)} and {last} alike")


def rows_of(strengths: PlaceStrengths, measure: Measure, choice: Choice) -> list[Row]:
    """Return the rows of a chart."""
    if choice.by is None:
        return [Row("", _groups(strengths, choice.along, strengths.places, measure))]
    axis = strengths.axes[choice.by]
    by_value: dict[Hashable, list[Place]] = {}
    for place in strengths.places:
        by_value.setdefault(typed_values([place.values[choice.by]]), []).append(place)
    return [
        Row(
            printable(head_of(axis, value)),
            _groups(strengths, choice.along, by_value[typed_values([value])], measure),
        )
        for value in _values_with_lines(strengths, choice.by)
    ]


def _values_with_lines(strengths: PlaceStrengths, by: int) -> list[Value]:
    """Return the values of an axis that have a line: all, or some with both ends and the strongest in each quantity."""
    axis = strengths.axes[by]
    numbers = range(len(axis.values))
    if len(axis.values) <= MAX_LINES:
        return list(axis.values)
    ranks = [_ranked(strengths, measure, by) for measure in MEASURES.values() if changes_along(strengths, measure, by)]
    if are_numbers(axis):
        ranks.insert(0, sorted(numbers, key=lambda n: float(axis.values[n] or 0)))
    first = ranks[0]
    ends = [first[0], *(rank[-1] for rank in ranks)]
    evenly = [first[round(i * (len(first) - 1) / (MAX_LINES - 1))] for i in range(MAX_LINES)]
    indices = list(dict.fromkeys([*ends, *evenly, *numbers]))[:MAX_LINES]
    return [axis.values[n] for n in sorted(indices)]


def _ranked(strengths: PlaceStrengths, measure: Measure, axis: int) -> list[int]:
    """Return the indices of an axis's values, the one with the largest mean last."""
    means: dict[int, float] = {}
    for number, value in enumerate(strengths.axes[axis].values):
        places = [p for p in strengths.places if typed_values([p.values[axis]]) == typed_values([value])]
        spreads = [spread for spread in map(measure.spread, places) if spread is not None]
        if spreads:
            means[number] = sum(spread.mean for spread in spreads) / len(spreads)
    return sorted(means, key=lambda number: means[number])


def _groups(strengths: PlaceStrengths, along: int, places: Sequence[Place], measure: Measure) -> tuple[Group, ...]:
    by_value: dict[Hashable, list[Place]] = {}
    for place in places:
        if measure.spread(place) is not None:
            by_value.setdefault(typed_values([place.values[along]]), []).append(place)
    return tuple(
        _group(value, by_value[typed_values([value])], measure)
        for value in strengths.axes[along].values
        if typed_values([value]) in by_value
    )


def _group(value: Value, places: Sequence[Place], measure: Measure) -> Group:
    spreads = [spread for spread in map(measure.spread, places) if spread is not None]
    mean = sum(spread.mean for spread in spreads) / len(spreads)
    if measure.of_strength is None:
        ends = min(s.values[0] for s in spreads), max(s.values[-1] for s in spreads)
        # Silence has no bottom.
        mean, low, high = (max(_MIN_LEVEL_DB, level) for level in (mean, *ends))
        return Group(value, mean, low, high)
    same_as = dict.fromkeys(name for place in places for name in place.same_as)
    return Group(value, mean, mean, max(mean, sum(spread.p95 for spread in spreads) / len(spreads)), tuple(same_as))
