"""The advice of a sweep: from which value on it is too strong, and why; or else what the values change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .._files import printable
from ..metrics import SCORES
from ..reports.reference_policies import Yardstick
from .axes import Axis, value_text
from .cell_draws import short_key
from .place_strengths import MEASURES, Measure, Place, PlaceStrengths, changes_along

__all__ = ["Advice", "advice_on", "are_numbers", "measure_text"]

_MAX_NAMED = 4
# Beside the speech, it does not matter how far below a level is.
_SILENCE_DB = -60.0
_EQUALLY_LOUD_DB = 3.0


@dataclass(frozen=True)
class Advice:
    """What a sweep shows: in a few words, the reason, and further sentences."""

    head: str
    reason: str
    sentences: tuple[str, ...] = ()


def measure_text(measure: Measure, value: float) -> str:
    """Return a value of a measure with its unit.

    Examples
    --------
    >>> measure_text(MEASURES["area"], 0.43), measure_text(MEASURES["gap"], 1.42), measure_text(MEASURES["fill"], -3)
    ('43%', '1.4 s', '−3 dB')
    """
    if measure.unit == "%":
        return SCORES["masked_area_ratio"].text(value)
    if measure.unit == "s":
        return f"{value:.{2 if 0 < value < 0.1 else 1}f} s"
    if measure.key == "fill" and value < _SILENCE_DB:
        return f"≤ {_SILENCE_DB:.0f} dB".replace("-", "−")
    sign = "+" if measure.key == "fill" and round(value) > 0 else ""
    return f"{sign}{round(value)} dB".replace("-", "−")


def are_numbers(axis: Axis) -> bool:
    """Whether all values of an axis are numbers, so that they have an order."""
    return all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in axis.values)


def advice_on(strengths: PlaceStrengths) -> Advice:
    """Return the advice on all combinations of a sweep."""
    numbers = range(len(strengths.axes))
    axes = [n for n in numbers if any(changes_along(strengths, MEASURES[key], n) for key in ("area", "gap"))]
    area, gap = (_Comparison(strengths, MEASURES[key]) for key in ("area", "gap"))
    head, reason = _verdict(area, gap) if axes else _same(area)
    sentences = [
        *_exceptions(area),
        *(_gaps(area, gap) if axes else []),
        *_strongest_within(area),
        *(_effect_of(strengths, n) for n in numbers if n not in axes),
        *_loud(strengths),
    ]
    return Advice(printable(head), printable(reason), tuple(map(printable, sentences)))


def _verdict(area: _Comparison, gap: _Comparison) -> tuple[str, str]:
    """Return the advice and its reason where the values change what is masked."""
    if area.above:
        reason = f"{area.amount(area.above)} of the cells are masked on average, and by the strongest, {area.most}."
        return f"Stronger than all published recipes {area.where}:", reason
    if gap.above:
        reason = f"{gap.amount(gap.above)} on average, and in the recipe with the longest, {gap.most}."
        return f"Longer gaps than in all published recipes {gap.where}:", reason
    amount = f"{area.amount(area.places)} of the cells are masked on average, and by the"
    if len(area.below) == len(area.places):
        return f"Each {area.one} is weaker than all published recipes:", f"{amount} weakest, {area.least}."
    return f"No {area.one} is stronger than published recipes:", f"{amount} recipes {area.of_recipes}."


def _same(area: _Comparison) -> tuple[str, str]:
    """Return the advice and its reason where the values do not change how much is masked."""
    relation = "more than in" if area.above else "less than in" if area.below else "as much as in"
    every = f"with every {area.one}" if len(area.places) > 1 else "with this value"
    head = f"The same amount is masked {every}, {relation} published recipes:"
    return head, f"{area.amount(area.places)} of the cells on average, and by the recipes {area.of_recipes}."


def _loud(strengths: PlaceStrengths) -> list[str]:
    """Name the values whose masks are louder than the speech."""
    fill = MEASURES["fill"]
    loud = [place for place in strengths.places if fill.spread(place) and fill.mean(place) > _EQUALLY_LOUD_DB]
    if not loud:
        return []
    if len(loud) == len(strengths.places):
        return ["The masks are louder than the speech in all cells."]
    axes = [n for n in range(len(strengths.axes)) if changes_along(strengths, fill, n)]
    if len(axes) != 1:
        return [f"In {len(loud)} of {len(strengths.places)} combinations, the masks are louder than the speech."]
    axis, values = strengths.axes[axes[0]], {place.values[axes[0]] for place in loud}
    names = [value_text(value) for value in axis.values if value in values]
    return [f"With {short_key(axis.key)} {_join(names)}, the masks are louder than the speech."]


class _Comparison:
    """All combinations compared with the published recipes in one measure."""

    def __init__(self, strengths: PlaceStrengths, measure: Measure) -> None:
        self.measure, self._strengths = measure, strengths
        self._axes = [n for n in range(len(strengths.axes)) if changes_along(strengths, measure, n)]
        self.recipes = sorted(strengths.published, key=self.mean_of)
        low, high = (self.mean_of(recipe) for recipe in (self.recipes[0], self.recipes[-1]))
        self.places = places = strengths.places
        self.above = [place for place in places if measure.mean(place) > high + measure.tolerance]
        self.below = [place for place in places if measure.mean(place) < low - measure.tolerance]
        self.not_above = [place for place in places if place not in self.above]

    def mean_of(self, recipe: Yardstick) -> float:
        """Return the mean of a recipe."""
        return 0.0 if self.measure.of_strength is None else self.measure.of_strength(recipe.strength).mean

    def level(self, recipe: Yardstick) -> str:
        """Return the name of a recipe with its mean."""
        return f"{recipe.name} ({measure_text(self.measure, self.mean_of(recipe))})"

    @property
    def most(self) -> str:
        """The recipe with the largest mean."""
        return self.level(self.recipes[-1])

    @property
    def least(self) -> str:
        """The recipe with the smallest mean."""
        return self.level(self.recipes[0])

    @property
    def of_recipes(self) -> str:
        """The range of the recipes' means, with the names of the least and the most."""
        low, high = self.recipes[0], self.recipes[-1]
        texts = [measure_text(self.measure, self.mean_of(recipe)) for recipe in (low, high)]
        return f"{texts[0]} ({low.name}) to {texts[1]} ({high.name})"

    def amount(self, places: Sequence[Place]) -> str:
        """Return the range of the means of combinations."""
        values = [self.measure.mean(place) for place in places]
        low, high = (measure_text(self.measure, value) for value in (min(values), max(values)))
        return low if low == high else f"{low} to {high}"

    @property
    def one(self) -> str:
        """One combination, in words."""
        return "value" if len(self._strengths.axes) == 1 else "combination"

    @property
    def where(self) -> str:
        """The combinations above all recipes, in words."""
        if len(self.above) == len(self.places):
            return f"with every {self.one}" if len(self.places) > 1 else f"with this {self.one}"
        if len(self._axes) == 1:
            (number,) = self._axes
            return _values_in_words(self._strengths.axes[number], {place.values[number] for place in self.above})
        names = self.names(self.above)
        return (
            f"with {names[0]}" if len(names) == 1 else f"in {len(names)} of {len(self.names(self.places))} combinations"
        )

    @property
    def exceptions(self) -> list[str]:
        """The combinations above all recipes, if `where` does not name them."""
        names = self.names(self.above)
        return names if len(self._axes) > 1 and 1 < len(self.above) < len(self.places) and len(names) > 1 else []

    def names(self, places: Sequence[Place]) -> list[str]:
        """Name combinations by the values that matter, each once."""
        return list(dict.fromkeys(map(self.name, places)))

    def name(self, place: Place) -> str:
        """Name a combination by the values that matter."""
        axes = self._strengths.axes
        return " and ".join(f"{short_key(axes[n].key)} {value_text(place.values[n])}" for n in self._axes)


def _values_in_words(axis: Axis, values: set[object]) -> str:
    """Name some values of an axis: as all from one on, or by a list."""
    if are_numbers(axis):
        ordered = sorted(axis.values, key=lambda value: float(value or 0))
        top = ordered[len(ordered) - len(values) :]
        if set(top) == values:
            return (
                f"from {axis.key} = {value_text(top[0])} on"
                if len(top) > 1
                else f"at {axis.key} = {value_text(top[0])}"
            )
    names = [value_text(value) for value in axis.values if value in values]
    return f"with {axis.key} {_join(names)}"


def _join(names: Sequence[str]) -> str:
    if len(names) > _MAX_NAMED:
        names = [*names[:_MAX_NAMED], f"{len(names) - _MAX_NAMED} more"]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _exceptions(area: _Comparison) -> list[str]:
    """Name the combinations above all recipes, if they are few."""
    return [f"These are {'; '.join(area.exceptions)}."] if 0 < len(area.exceptions) <= _MAX_NAMED else []


def _gaps(area: _Comparison, gap: _Comparison) -> list[str]:
    if not area.above or not gap.above:
        return []
    return [
        f"Gaps are longer than in all recipes {gap.where}: {gap.amount(gap.above)} on average, and in the one with the "
        f"longest, {gap.most}."
    ]


def _strongest_within(area: _Comparison) -> list[str]:
    """Compare the strongest combination that does not exceed the recipes with the nearest of them."""
    if not area.above or not area.not_above:
        return []
    place = max(area.not_above, key=area.measure.mean)
    mean = area.measure.mean(place)
    near = min(area.recipes, key=lambda recipe: abs(area.mean_of(recipe) - mean))
    amount = f"With {area.name(place)}, {measure_text(area.measure, mean)} are masked"
    if abs(area.mean_of(near) - mean) <= area.measure.tolerance:
        return [f"{amount}, about as many as by {near.name}."]
    relation = "fewer" if mean < area.mean_of(near) else "more"
    return [f"{amount}, {relation} than by {area.level(near)}."]


def _effect_of(strengths: PlaceStrengths, number: int) -> str:
    """Describe what an axis changes that does not change what is masked."""
    axis = strengths.axes[number]
    if len(axis.values) == 1:
        return f"{axis.key} has one value only."
    for key, what in (("fill", "how loud the masks are beside the speech"), ("change", "the change of the mel")):
        if changes_along(strengths, MEASURES[key], number):
            ends = _ends(strengths, MEASURES[key], number)
            return f"Varying {axis.key} does not change how much is masked, but {what}: {ends}"
    if axis.key.partition(".")[0] == "vocoder":
        return f"Varying {axis.key} changes neither the masks nor the mel, only how it is made audible."
    return f"Varying {axis.key} changes nothing that is measured here."


def _ends(strengths: PlaceStrengths, measure: Measure, number: int) -> str:
    """Return the least and the most of a measure over the values of an axis."""
    means = []
    for value in strengths.axes[number].values:
        places = [place for place in strengths.places if place.values[number] == value and measure.spread(place)]
        if places:
            means.append((sum(map(measure.mean, places)) / len(places), value_text(value)))
    (low, low_name), (high, high_name) = min(means), max(means)
    return f"{measure_text(measure, low)} ({low_name}) to {measure_text(measure, high)} ({high_name})."
