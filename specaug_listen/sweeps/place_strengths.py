"""How strong each combination of a sweep's values is, over all of its clips, and what published recipes mask."""

from __future__ import annotations

import functools
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .._records import to_plain
from ..augment import Policy
from ..frontends import MelFrontend
from ..reports.reference_policies import Yardstick, yardsticks
from ..reports.strength import N_DRAWS, LengthRow, Spread, Strength, clip_lengths, strength_of, strength_of_scores
from .axes import Axis, Value
from .cell_draws import CellDraws, spread_of
from .records import SweepRecord, typed_values

__all__ = [
    "MEASURES",
    "Measure",
    "Place",
    "PlaceStrengths",
    "are_above_recipes",
    "changes_along",
    "expected_for",
    "means_of",
    "strengths_of",
]

# Simulated draws of all combinations together, which take about 3 s; each has at least a few. A recipe that is a
# combination has the numbers that it has as a yardstick, here and in a report, if there are as many draws.
_MAX_DRAWS, _MIN_DRAWS_OF_PLACE = 30_000, 60


@dataclass(frozen=True)
class Place:
    """A combination of values.

    Parameters
    ----------
    values : tuple
        In the order of the axes.
    strength : Strength
        For clips as long as all clips of the sweep.
    fill_db : Spread or None [dB]
        The loudest fill of each draw at hand, relative to the clip's speech.
    change_db : Spread [dB]
        Change of the mel in each draw at hand.
    same_as : tuple of str
        Names of what the sweep is compared with whose masks are the same.
    """

    values: tuple[Value, ...]
    strength: Strength = field(repr=False)
    fill_db: Spread | None = field(repr=False)
    change_db: Spread = field(repr=False)
    same_as: tuple[str, ...] = ()


@dataclass(frozen=True)
class PlaceStrengths:
    """All combinations of a sweep, and what they are compared with."""

    axes: tuple[Axis, ...]
    places: tuple[Place, ...]
    yardsticks: tuple[Yardstick, ...]
    lengths_s: tuple[float, ...]

    @property
    def published(self) -> tuple[Yardstick, ...]:
        """The published recipes."""
        return tuple(yardstick for yardstick in self.yardsticks if yardstick.is_published)

    @functools.cached_property
    def by_values(self) -> dict[Hashable, int]:
        """The index of each combination, by its values as `typed_values` gives them."""
        return {typed_values(place.values): number for number, place in enumerate(self.places)}


@dataclass(frozen=True)
class Measure:
    """A quantity of a combination.

    Parameters
    ----------
    key, title : str
    unit : {"%", "s", "dB"}
    tolerance : float
        Differences up to this one do not count.
    spread : callable (Place) -> Spread or None
    of_strength : callable (Strength or LengthRow) -> Spread, or None
        The same of a yardstick, or for clips of one length.
    """

    key: str
    title: str
    unit: str
    tolerance: float
    spread: Callable[[Place], Spread | None]
    of_strength: Callable[[Strength | LengthRow], Spread] | None = None

    def mean(self, place: Place) -> float:
        """Return the mean over draws; 0 without any."""
        spread = self.spread(place)
        return 0.0 if spread is None else spread.mean


MEASURES = {
    measure.key: measure
    for measure in (
        Measure("area", "cells masked", "%", 0.02, lambda p: p.strength.area, lambda strength: strength.area),
        Measure("gap", "longest gap", "s", 0.05, lambda p: p.strength.gap_s, lambda strength: strength.gap_s),
        Measure("fill", "level of the masks", "dB", 1.0, lambda p: p.fill_db),
        Measure("change", "change of the mel", "dB", 0.5, lambda p: p.change_db),
    )
}


def strengths_of(
    record: SweepRecord, cells: Sequence[CellDraws], compare: Iterable[Policy] = (), more_s: Iterable[float] = ()
) -> PlaceStrengths:
    """Simulate the policy of each combination, and the published recipes, for the lengths of a sweep's clips.

    Parameters
    ----------
    record : SweepRecord
    cells : sequence of CellDraws
        Of all clips.
    compare : iterable of Policy
        To compare with, beside the published recipes.
    more_s : iterable of float > 0 [s]
        Further lengths of clips.
    """
    lengths_s = clip_lengths((clip.duration_s for clip in record.clips), more_s)
    by_values: dict[Hashable, list[CellDraws]] = {}
    for cell in cells:
        by_values.setdefault(typed_values(cell.entry.values), []).append(cell)
    kinds = {(cells_there[0].draws[0].policy, cells_there[0].draws[0].frontend) for cells_there in by_values.values()}
    n_draws = max(_MIN_DRAWS_OF_PLACE, min(N_DRAWS, _MAX_DRAWS // len(kinds)))
    marks = yardsticks(lengths_s, compare)
    masks_of_marks = {mark.name: _masks(mark.policy) for mark in marks}
    places = tuple(
        _place(record, cells_there, lengths_s, n_draws, masks_of_marks) for cells_there in by_values.values()
    )
    return PlaceStrengths(record.axes, places, marks, lengths_s)


def _place(
    record: SweepRecord,
    cells: Sequence[CellDraws],
    lengths_s: Sequence[float],
    n_draws: int,
    masks_of_marks: Mapping[str, Any],
) -> Place:
    draw = cells[0].draws[0]
    change = spread_of(cells, "log_mel_rmse_db")
    return Place(
        cells[0].entry.values,
        _strength(record, draw.policy, draw.frontend, cells, lengths_s, n_draws),
        spread_of(cells, "loudest_fill_vs_p95_db"),
        Spread((0.0,)) if change is None else change,
        tuple(name for name, masks in masks_of_marks.items() if masks == _masks(draw.policy)),
    )


def _masks(policy: Policy) -> Any:
    """Return what determines which cells a policy masks."""
    transforms = (to_plain(transform) for transform in policy.transforms)
    masks = [{key: value for key, value in each.items() if not key.startswith("fill")} for each in transforms]
    return masks, policy.framework, policy.probability, policy.batch, policy.callables


def _strength(
    record: SweepRecord,
    policy: Policy,
    frontend: MelFrontend,
    cells: Sequence[CellDraws],
    lengths_s: Sequence[float],
    n_draws: int,
) -> Strength:
    if not policy.callables:
        return strength_of(policy, frontend, lengths_s, n_draws=n_draws)
    draws = ((record.clips[cell.entry.clip].duration_s, draw.scores) for cell in cells for draw in cell.draws)
    return strength_of_scores(policy.name, draws)


def changes_along(strengths: PlaceStrengths, measure: Measure, axis: int) -> bool:
    """Whether a quantity depends on an axis, given by its index, by more than the tolerance."""
    groups: dict[Hashable, list[float]] = {}
    for place in strengths.places:
        if measure.spread(place) is not None:
            others = typed_values(place.values[:axis] + place.values[axis + 1 :])
            groups.setdefault(others, []).append(measure.mean(place))
    return any(max(values) - min(values) > measure.tolerance for values in groups.values())


def means_of(strengths: PlaceStrengths, measure: Measure) -> tuple[float, ...]:
    """Return a quantity of each combination; those that differ only in axes on which it does not depend share a mean.

    Charts do not tell these apart, either.
    """
    axes = [n for n in range(len(strengths.axes)) if changes_along(strengths, measure, n)]
    keys = [typed_values(place.values[n] for n in axes) for place in strengths.places]
    groups: dict[Hashable, list[float]] = {}
    for key, place in zip(keys, strengths.places, strict=True):
        groups.setdefault(key, []).append(measure.mean(place))
    return tuple(sum(groups[key]) / len(groups[key]) for key in keys)


def are_above_recipes(strengths: PlaceStrengths, measure: Measure) -> tuple[bool, ...]:
    """Whether each combination is beyond all published recipes in a quantity, by more than the tolerance."""
    of_strength = measure.of_strength
    if of_strength is None:
        return (False,) * len(strengths.places)
    most = max(of_strength(recipe.strength).mean for recipe in strengths.published)
    return tuple(mean > most + measure.tolerance for mean in means_of(strengths, measure))


def expected_for(place: Place, measure: Measure, duration_s: float) -> float | None:
    """Return the mean over the simulated draws for a clip of this length; None if there are none."""
    if measure.of_strength is None or not place.strength.is_simulated:
        return None
    # Many clips are represented by some lengths.
    nearest = min(place.strength.rows, key=lambda row: abs(row.duration_s - duration_s), default=place.strength)
    return measure.of_strength(nearest).mean
