"""The advice of a sweep: where it is too strong, what is, and compared with what; also if that is nowhere."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from .._files import printable
from ..metrics import SCORES
from ..reports.reference_policies import Yardstick
from ..reports.strength import Loudness
from ..reports.strength_texts import list_in_words
from .axes import Axis, value_text
from .cell_draws import short_key
from .place_strengths import MEASURES, Measure, Place, PlaceStrengths, are_above_recipes, changes_along, means_of
from .records import typed_values

__all__ = ["Advice", "advice_on", "are_numbers", "measure_text"]

_MAX_NAMED = 4
# Beside the speech, it does not matter how far below a level is.
_SILENCE_DB = -60.0


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
    """Return the advice on all combinations of a sweep: first where, then what, then compared with what."""
    numbers = range(len(strengths.axes))
    axes = [n for n in numbers if any(changes_along(strengths, MEASURES[key], n) for key in ("area", "gap"))]
    both = _Comparison(strengths, MEASURES["area"]), _Comparison(strengths, MEASURES["gap"])
    too_strong = [any(flags) for flags in zip(*(each.above for each in both), strict=True)]
    places = _Combinations(strengths, too_strong)
    loud = _LoudMasks.of(strengths, "louder")
    audible = [each.sentence for each in (loud, _LoudMasks.of(strengths, "equal")) if each]
    if any(too_strong):
        head, reason = f"Too strong {places.where}?", _excess(both, places)
    else:
        is_weak = all(both[0].below)
        head = f"Too strong? {loud.head if loud else 'Nowhere'}"
        head += ", rather too weak." if is_weak and not loud else "."
        reason = (_weakness if is_weak else _absence)(*both)
    if loud and not any(too_strong):
        del audible[0]  # the head says it
    reason = " ".join([reason, *(sentence[0].upper() + sentence[1:] for sentence in audible)])
    sentences = [*places.exceptions, *(_effect_of(strengths, n) for n in numbers if n not in axes)]
    return Advice(printable(head), printable(reason), tuple(map(printable, sentences)))


_WORDS = {
    "area": ("more cells are masked than by any published recipe", "cells masked"),
    "gap": ("gaps are longer than in any published recipe", "longest gaps"),
}


_MASKED = " of the cells are masked on average"


def _excess(comparisons: Sequence[_Comparison], places: _Combinations) -> str:
    """Say by what, and where, recipes are exceeded, and where they are not."""
    lines = []
    is_alike = all(each.above == places.flags for each in comparisons if any(each.above))
    # The wider statement comes first. Where they differ, each says where it holds.
    for each in sorted(comparisons, key=lambda each: -sum(each.above)):
        if any(each.above):
            where = "" if is_alike else f"{each.places.where}, "
            amount = each.amount(each.above)
            lines.append(f"{where}{_WORDS[each.measure.key][0]}: {amount} on average, against {each.most}.")
    if not all(places.flags):
        below = comparisons[0].below
        is_below = any(low and not high for low, high in zip(below, places.flags, strict=True))
        lines.append(f"{places.elsewhere}, {'nothing exceeds' if is_below else 'all stays within'} their range.")
    for each in comparisons:
        if not any(each.above):
            its = "their range" if all(places.flags) else "it"
            stay = "stay below" if all(each.below) else "stay within" if not any(each.below) else "do not exceed"
            what = _WORDS[each.measure.key][1]
            lines.append(f"{what} {stay} {its} everywhere: {each.highest_and_most()}.")
    return " ".join(line[0].upper() + line[1:] for line in lines)


def _absence(area: _Comparison, gap: _Comparison) -> str:
    return (
        f"Every {area.one} masks about as much as the strongest published recipe, or less: "
        f"{area.highest_and_most(_MASKED)}; gaps are {gap.highest_and_most()}."
    )


def _weakness(area: _Comparison, gap: _Comparison) -> str:
    return (
        f"Every {area.one} masks less than any published recipe: {area.highest(_MASKED)}, against {area.least}; gaps "
        f"are {gap.highest()}, against {gap.least}."
    )


@dataclass(frozen=True)
class _LoudMasks:
    """Where masks are louder than the speech, or as loud, and how loud they are."""

    kind: str
    where: str
    level: str

    @classmethod
    def of(cls, strengths: PlaceStrengths, kind: str) -> _LoudMasks | None:
        """Return those of a kind as `Loudness` tells them; None if there are none."""
        fill = MEASURES["fill"]
        spreads = ((place, fill.spread(place)) for place in strengths.places)
        loud = [place for place, spread in spreads if spread is not None and Loudness(spread).kind == kind]
        if not loud:
            return None
        level = " to ".join(dict.fromkeys(measure_text(fill, end(map(fill.mean, loud))) for end in (min, max)))
        axes = [n for n in range(len(strengths.axes)) if changes_along(strengths, fill, n)]
        if len(loud) == len(strengths.places):
            return cls(kind, "everywhere", level)
        if len(axes) != 1:
            return cls(kind, f"in {len(loud)} of {len(strengths.places)} combinations", level)
        axis, values = strengths.axes[axes[0]], {place.values[axes[0]] for place in loud}
        names = [value_text(value) for value in axis.values if value in values]
        return cls(kind, f"with {short_key(axis.key)} {_join(names)}", level)

    @property
    def head(self) -> str:
        """Where nothing else is too strong."""
        where = "" if self.where == "everywhere" else f"{self.where}, "
        return f"Only in level: {where}masks are {self.level.replace('+', '')} louder than speech"

    @property
    def sentence(self) -> str:
        """All of it, beginning with a small letter."""
        how = "louder than" if self.kind == "louder" else "about as loud as"
        return f"{self.where}, the masks are {how} the speech: {self.level}."


class _Combinations:
    """Some of the combinations of a sweep, in words; ``flags`` tells for each whether it is one of them."""

    def __init__(self, strengths: PlaceStrengths, flags: Sequence[bool]) -> None:
        self._strengths, self.flags = strengths, list(flags)
        self._axes = [n for n in range(len(strengths.axes)) if self._depends_on(n)]

    def _depends_on(self, axis: int) -> bool:
        groups: dict[Hashable, set[bool]] = {}
        for place, flag in zip(self._strengths.places, self.flags, strict=True):
            others = typed_values(place.values[:axis] + place.values[axis + 1 :])
            groups.setdefault(others, set()).add(flag)
        return any(len(flags) > 1 for flags in groups.values())

    def _those(self, flag: bool) -> list[Place]:
        return [place for place, each in zip(self._strengths.places, self.flags, strict=True) if each == flag]

    @property
    def where(self) -> str:
        """These combinations."""
        if all(self.flags):
            one = _one(self._strengths)
            return f"with every {one}" if len(self.flags) > 1 else f"with this {one}"
        if len(self._axes) == 1:
            axis = self._strengths.axes[self._axes[0]]
            return _values_in_words(axis, {place.values[self._axes[0]] for place in self._those(True)})
        names = self._names(True)
        return (
            f"with {names[0]}"
            if len(names) == 1
            else f"in {len(names)} of {len(names) + len(self._names(False))} combinations"
        )

    @property
    def elsewhere(self) -> str:
        """The other combinations, if there are any."""
        if len(self._axes) > 1:
            n = len(self._names(False))
            return f"in the other {n} combinations" if n > 1 else f"with {self._names(False)[0]}"
        axis, values = (
            self._strengths.axes[self._axes[0]],
            {place.values[self._axes[0]] for place in self._those(False)},
        )
        if are_numbers(axis) and len(values) > 1:
            ordered = sorted(axis.values, key=lambda value: float(value or 0))
            if set(ordered[: len(values)]) == values:
                return f"up to {axis.key} = {value_text(ordered[len(values) - 1])}"
        return _values_in_words(axis, values)

    @property
    def exceptions(self) -> list[str]:
        """A sentence that names these combinations, if they are few and `where` only counts them."""
        names = self._names(True)
        is_counted = len(self._axes) > 1 and len(names) > 1
        return [f"These are {'; '.join(names)}."] if is_counted and len(names) <= _MAX_NAMED else []

    def _names(self, flag: bool) -> list[str]:
        return list(dict.fromkeys(_name(self._strengths, place, self._axes) for place in self._those(flag)))


class _Comparison:
    """All combinations compared with the published recipes in one measure."""

    def __init__(self, strengths: PlaceStrengths, measure: Measure) -> None:
        self.measure, self._strengths = measure, strengths
        self.recipes = sorted(strengths.published, key=self.mean_of)
        least = self.mean_of(self.recipes[0])
        self.above = list(are_above_recipes(strengths, measure))
        self._means = means_of(strengths, measure)
        self.below = [mean < least - measure.tolerance for mean in self._means]
        self.places = _Combinations(strengths, self.above)

    def mean_of(self, recipe: Yardstick) -> float:
        """Return the mean of a recipe."""
        return 0.0 if self.measure.of_strength is None else self.measure.of_strength(recipe.strength).mean

    def _level(self, recipe: Yardstick, place: str) -> str:
        return f"{measure_text(self.measure, self.mean_of(recipe))} with {recipe.name} ({place})"

    @property
    def most(self) -> str:
        """The recipe with the largest mean."""
        return self._level(self.recipes[-1], "the longest" if self.measure.key == "gap" else "the most")

    @property
    def least(self) -> str:
        """The recipe with the smallest mean."""
        return self._level(self.recipes[0], "the shortest" if self.measure.key == "gap" else "the fewest")

    def amount(self, flags: Sequence[bool]) -> str:
        """Return the range of the means of some combinations."""
        values = [mean for mean, flag in zip(self._means, flags, strict=True) if flag]
        low, high = (measure_text(self.measure, value) for value in (min(values), max(values)))
        return low if low == high else f"{low} to {high}"

    @property
    def _place_of_most(self) -> Place:
        return self._strengths.places[self._means.index(max(self._means))]

    def highest(self, what: str = "", recipe: str = "", role: str = "") -> str:
        """Return the largest mean, of what, and its combination unless all are alike; also that it is a recipe."""
        text = measure_text(self.measure, max(self._means))
        axes = [n for n in range(len(self._strengths.axes)) if changes_along(self._strengths, self.measure, n)]
        if not axes:
            return f"{text}{what}" + (f", as with {recipe}, {role}" if recipe else "")
        name = _name(self._strengths, self._place_of_most, axes)
        if recipe:
            # "policy speechbrain" says already that it is SpeechBrain.
            name += f", {role}" if recipe.casefold() in name.casefold() else f", which is {recipe}, {role}"
        return f"at most {text}{what} ({name})"

    def highest_and_most(self, what: str = "") -> str:
        """Return the largest mean, and that of the recipe with the largest, unless both are one policy."""
        most = self.recipes[-1].name
        if most not in self._place_of_most.same_as:
            return f"{self.highest(what)}, against {self.most}"
        does = "has the longest" if self.measure.key == "gap" else "masks the most"
        return self.highest(what, most, f"the recipe that {does}")

    @property
    def one(self) -> str:
        """One combination, in words."""
        return _one(self._strengths)


def _one(strengths: PlaceStrengths) -> str:
    if len(strengths.axes) > 1:
        return "combination"
    return strengths.axes[0].key if strengths.axes[0].key in ("policy", "framework", "vocoder") else "value"


def _name(strengths: PlaceStrengths, place: Place, axes: Sequence[int]) -> str:
    """Name a combination by its values of some axes."""
    return " and ".join(f"{short_key(strengths.axes[n].key)} {value_text(place.values[n])}" for n in axes)


def _values_in_words(axis: Axis, values: AbstractSet[object]) -> str:
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
    return list_in_words(names)


def _effect_of(strengths: PlaceStrengths, number: int) -> str:
    """Describe what an axis changes that does not change what is masked."""
    axis = strengths.axes[number]
    if len(axis.values) == 1:
        return f"{axis.key} has one value only."
    for key, what in (("fill", "the masks, beside the speech, are at"), ("change", "the mel changes by")):
        if changes_along(strengths, MEASURES[key], number):
            ends = _ends(strengths, MEASURES[key], number)
            return f"With every {axis.key}, as much is masked; {what} {ends}"
    if axis.key.partition(".")[0] == "vocoder":
        return f"With every {axis.key}, masks and mel are the same; only how the mel is made audible differs."
    return f"With every {axis.key}, all that is measured here is the same."


def _ends(strengths: PlaceStrengths, measure: Measure, number: int) -> str:
    """Return the least and the most of a measure over the values of an axis."""
    means = []
    for value in strengths.axes[number].values:
        places = [place for place in strengths.places if place.values[number] == value and measure.spread(place)]
        if places:
            means.append((sum(map(measure.mean, places)) / len(places), value_text(value)))
    (low, low_name), (high, high_name) = min(means), max(means)
    return f"{measure_text(measure, low)} ({low_name}) to {measure_text(measure, high)} ({high_name})."
