"""The verdict of a page: whether its policy is too strong, in words and three small charts."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .._files import printable
from .._notices import plural
from ..pages.gauges import Axis, Gauge, Level, draw_gauge, nice_end
from ..pages.terms import about_of
from ..pages.verdict_values import StrengthRow, Term, Verdict, Words
from .reference_policies import Yardstick, standing_in
from .strength import WORDS_PER_S, Spread, Strength
from .strength_texts import level_text, list_in_words, percent_text, seconds_text, times_text

__all__ = ["AREA_TOLERANCE", "GAP_TOLERANCE_S", "gap_axis_end", "verdict_of"]

# Differences that do not count: the uncertainty of the simulation, and a little more.
AREA_TOLERANCE, GAP_TOLERANCE_S = 0.02, 0.05
_N_BINS = 30
# The fill's axis, and how far the loudest draw exceeds the median before it is named.
_LOW_DB, _HIGH_DB, _UNLIKE_DB = -60.0, 20.0, 6.0
_CELLS, _DRAWS, _GAP, _SPEECH = (Term(name, about_of(name)) for name in ("cells", "draws", "longest gap", "speech"))


def verdict_of(
    strength: Strength,
    yardsticks: Sequence[Yardstick],
    gap_end_s: float,
    *,
    own: Yardstick | None = None,
    effects: str = "",
    warnings: Sequence[str] = (),
    name: str = "",
    run: str = "",
) -> Verdict:
    """Compare a policy with the published recipes and with the policies that the user named.

    Parameters
    ----------
    strength : Strength
    yardsticks : sequence of Yardstick
        With at least one published recipe.
    gap_end_s : float [s]
        End of the axis of gaps, the same for all verdicts of a page; see `gap_axis_end`.
    own : Yardstick or None
        The recipe that the policy is.
    effects : str
        What the policy does, in one sentence without the period.
    warnings : sequence of str
        The most important ones.
    name, run : str
        Of the run, and its label, if there are several.
    """
    published = [yardstick for yardstick in yardsticks if yardstick.is_published]
    others = [yardstick for yardstick in yardsticks if yardstick.is_named]
    head, reason = _judgement(strength, published, own, is_alone=not run)
    if strength.loudness is not None and strength.loudness.kind == "louder":
        # Strong in another way than by size, and nothing that a reader expects of a mask.
        head = f"{head[:-1]}, with masks louder than speech{head[-1]}"
    sentences = [*_sentences(strength), *_differences(strength, others)]
    gauges = [_area_gauge(strength, yardsticks, own), _gap_gauge(strength, yardsticks, own, gap_end_s)]
    gauges += [_fill_gauge(strength)] if strength.loudness is not None else []
    return Verdict(
        head, reason, tuple(sentences), tuple(gauges), _basis(strength), _rows(strength, yardsticks),
        tuple(warnings), name, run, _n_draws(strength), strength.is_simulated, _effect_words(strength.name, effects),
    )  # fmt: skip


def gap_axis_end(strengths: Sequence[Strength], yardsticks: Sequence[Yardstick]) -> float:
    """Return the end of the axis of gaps, in seconds, for all verdicts of a page."""
    rare = [strength.gap_s.quantile(0.99) for strength in strengths]
    return nice_end(max([*rare, *(yardstick.strength.gap_s.mean for yardstick in yardsticks)]))


# --- words ---


def _judgement(
    strength: Strength, published: Sequence[Yardstick], own: Yardstick | None, *, is_alone: bool = True
) -> tuple[str, str]:
    """Return the verdict and its reason, shorter if there are several runs."""
    area, gap = strength.area.mean, strength.gap_s.mean
    by_area = sorted(published, key=lambda yardstick: yardstick.strength.area.mean)
    most, longest = by_area[-1], max(published, key=lambda yardstick: yardstick.strength.gap_s.mean)
    of_area = standing_in(area, (each.strength.area.mean for each in published), AREA_TOLERANCE)
    of_gap = standing_in(gap, (each.strength.gap_s.mean for each in published), GAP_TOLERANCE_S)
    gaps = f"gaps of {seconds_text(gap)} against {_seconds_of(longest)} with {longest.name}"
    n = {5: "five", 6: "six"}.get(len(published), str(len(published)))
    if strength.area.values[-1] == 0:
        return "It masks nothing.", ""
    if own is not None and of_area == of_gap == "within":
        short = "; of clips this short, it masks more than half" if area > 0.5 else ""
        ends = f" from {_area_of(by_area[0])} ({by_area[0].name}) to {_area_of(most)} ({most.name})"
        return (
            "In the range of published recipes:",
            f"it is {own.name}, one of the {n}{ends if is_alone else ''}{short}.",
        )
    if of_area == "above":
        line = f"{percent_text(area)} of the cells against {_area_of(most)} with {most.name}"
        return f"Stronger than all {n} published recipes:", line + (f", {gaps}." if of_gap == "above" else ".")
    if of_gap == "above":
        amount = "As many cells as" if of_area == "within" else "Fewer cells than"
        return f"{amount} published recipes, but longer gaps:", f"{gaps}."
    if of_area == "below":
        line = f"{percent_text(area)} of the cells against {_area_of(by_area[0])} with {by_area[0].name}."
        return f"Weaker than all {n} published recipes:", line
    return "In the range of published recipes:", _between(area, by_area)


def _between(area: float, by_area: Sequence[Yardstick]) -> str:
    """Name the nearest recipes."""
    near = min(by_area, key=lambda yardstick: abs(yardstick.strength.area.mean - area))
    if abs(near.strength.area.mean - area) <= AREA_TOLERANCE:
        return f"it masks about as many cells as {near.name} ({_area_of(near)})."
    below = [yardstick for yardstick in by_area if yardstick.strength.area.mean <= area]
    above = [yardstick for yardstick in by_area if yardstick.strength.area.mean > area]
    return (
        f"it masks more cells than {below[-1].name} ({_area_of(below[-1])}) and fewer than {above[0].name} "
        f"({_area_of(above[0])})."
    )


def _effect_words(policy: str, effects: str) -> Words:
    return (Term(printable(policy), "The policy: what masks and warps are drawn."), f": {effects}.") if effects else ()


def _sentences(strength: Strength) -> list[Words]:
    if strength.area.values[-1] == 0:
        return []
    sentences = [_area_words(strength.area), _gap_words(strength.gap_s)]
    if strength.loudness is not None:
        sentences.append(_loudness_words(strength.loudness.levels_db, strength.loudness.kind))
    whole_share = 0.0 if strength.area.p95 == 1 else strength.whole_share  # said already
    rare = [
        f"{percent_text(share)} of draws {what}"
        for share, what in ((strength.unmasked_share, "mask nothing"), (whole_share, "mask everything"))
        if share >= 0.005
    ]
    return [*sentences, *([(f"{', '.join(rare)}.",)] if rare else [])]


def _area_words(area: Spread) -> Words:
    least, mean, p95, most = map(percent_text, (area.values[0], area.mean, area.p95, area.values[-1]))
    if least == most:
        return f"{mean} of the ", _CELLS, " are masked in all ", _DRAWS, "."
    begin = (f"On average {mean} of the ", _CELLS, " are masked, in ")
    if area.p95 == 0:
        return *begin, "fewer than 5% of ", _DRAWS, " any."
    if area.p95 == 1:
        return *begin, f"{percent_text(area.share_above(1 - 1e-9))} of ", _DRAWS, " all."
    # Nothing exceeds the largest value.
    rare = "nearly all" if p95 == "100%" else p95 if p95 == most else f"over {p95}"
    return *begin, "5% of ", _DRAWS, f" {rare}."


def _gap_words(gap: Spread) -> Words:
    least, mean, p95, most = map(seconds_text, (gap.values[0], gap.mean, gap.p95, gap.values[-1]))
    if gap.values[-1] == 0:
        return ("No frame is masked as a whole.",)
    if least == most:
        return "The ", _GAP, f" is {mean} in all draws (", _words(gap.mean), ")."
    begin = ("The ", _GAP, f" is {mean} on average (", _words(gap.mean), "), in ")
    if gap.p95 == 0:
        return *begin, "fewer than 5% of draws there is any."
    return *begin, f"5% of draws {p95 if p95 == most else f'over {p95}'} (", _words(gap.p95), ")."


def _loudness_words(levels_db: Spread, kind: str) -> Words:
    level = levels_db.median
    most = f" (at most {level_text(levels_db.values[-1])})" if levels_db.values[-1] > level + _UNLIKE_DB else ""
    if kind == "equal":
        return "Masks are about as loud as ", _SPEECH, f"{most}."
    if kind == "silence":
        return f"Masks are nearly silent, {abs(level):.0f}\N{NO-BREAK SPACE}dB below ", _SPEECH, f"{most}."
    return f"Masks are {abs(level):.0f}\N{NO-BREAK SPACE}dB {kind} than ", _SPEECH, f"{most}."


def _differences(strength: Strength, others: Sequence[Yardstick]) -> list[Words]:
    """Compare with the policies that the user named."""
    if not others:
        return []
    empty = [printable(other.name) for other in others if other.strength.area.mean == 0]
    full = [other for other in others if other.strength.area.mean > 0]
    ratios = [
        f"{times_text(strength.area.mean / other.strength.area.mean, ' cells' if other is full[0] else '')} as "
        f"{printable(other.name)} ({_area_of(other)})"
        for other in full
    ]
    line = [f"It masks {list_in_words(ratios)}."] if ratios else []
    return [(text,) for text in (*line, *(f"{name} masks nothing." for name in empty))]


def _n_draws(strength: Strength) -> str:
    kind = "simulated draw" if strength.is_simulated else "draw"
    return plural(strength.n_draws, kind) + ("" if strength.is_simulated else " of this page")


def _basis(strength: Strength) -> str:
    lengths = [row.duration_s for row in strength.rows]
    clips = f"clips of {seconds_text(lengths[0])}"
    clips += f" to {seconds_text(lengths[-1])}" if len(lengths) > 1 else ""
    if strength.is_simulated:
        return f"From {strength.n_draws} simulated draws for {clips}; each recipe on its own front-end"
    n = f"{strength.n_draws} draws" if strength.n_draws > 1 else "one draw"
    return f"From the {n} of this page; {strength.why_not}"


def _rows(strength: Strength, yardsticks: Sequence[Yardstick]) -> tuple[StrengthRow, ...]:
    def values(area: Spread, gap: Spread) -> tuple[str, ...]:
        nothing = percent_text(1 - area.share_above(0))
        return percent_text(area.mean), percent_text(area.p95), seconds_text(gap.mean), seconds_text(gap.p95), nothing

    own = [StrengthRow(printable(strength.name), values(strength.area, strength.gap_s), "the policy of this page")]
    if len(strength.rows) > 1:
        own += [
            StrengthRow(f"in clips of {seconds_text(r.duration_s)}", values(r.area, r.gap_s), is_part=True)
            for r in strength.rows
        ]
    return (
        *own,
        *(
            StrengthRow(printable(each.name), values(each.strength.area, each.strength.gap_s), printable(each.about))
            for each in yardsticks
        ),
    )


# --- charts ---


def _area_gauge(strength: Strength, yardsticks: Sequence[Yardstick], own: Yardstick | None) -> Gauge:
    axis = Axis("cells masked", 0.0, 1.0, percent_text)
    return _gauge(axis, strength.area, lambda each: each.area, yardsticks, own, "Share of the cells that is masked")


def _gap_gauge(strength: Strength, yardsticks: Sequence[Yardstick], own: Yardstick | None, end_s: float) -> Gauge:
    axis = Axis("longest gap", 0.0, end_s, seconds_text)
    return _gauge(axis, strength.gap_s, lambda each: each.gap_s, yardsticks, own, "Longest gap of a draw")


def _gauge(
    axis: Axis,
    spread: Spread,
    of: Callable[[Strength], Spread],
    yardsticks: Sequence[Yardstick],
    own: Yardstick | None,
    what: str,
) -> Gauge:
    """Return the chart of a spread, with the means of the yardsticks as marks."""
    levels = []
    for each in yardsticks:
        mean = of(each.strength).mean
        is_self = each is own
        line = f"{printable(each.about)}: {axis.text(mean)} on average"
        levels.append(
            Level(
                mean,
                printable(each.name),
                f"this policy, {line}" if is_self else line,
                "compare" if each.is_named else "recipe",
                is_self,
            )
        )
    value = f"this policy: {axis.text(spread.mean)} on average, in 5% of draws at least {axis.text(spread.p95)}"
    others = ", ".join(f"{level.name} {axis.text(level.value)}" for level in levels)
    about = f"{what}, {value}; {others}"
    edges = [axis.low + (axis.high - axis.low) * i / _N_BINS for i in range(_N_BINS + 1)]
    return draw_gauge(axis, spread.mean, spread.histogram(edges), levels, about, value)


def _fill_gauge(strength: Strength) -> Gauge:
    levels_db = strength.loudness.levels_db if strength.loudness else Spread((0.0,))
    end = max(_HIGH_DB, 10.0 * -(-levels_db.values[-1] // 10))
    axis = Axis("level of masks", _LOW_DB, end, level_text, " (silence)")
    marks = [Level(0.0, "speech", _SPEECH.about, "reference")]
    edges = [axis.low + (axis.high - axis.low) * i / _N_BINS for i in range(_N_BINS + 1)]
    value = f"this policy: {level_text(levels_db.median)} relative to speech, half of the draws at hand are louder"
    ends = f"from {level_text(levels_db.values[0])} to {level_text(levels_db.values[-1])}"
    about = f"Level of the loudest mask of a draw, {value}; {ends}"
    return draw_gauge(axis, levels_db.median, levels_db.histogram(edges), marks, about, value)


# --- numbers ---


def _area_of(yardstick: Yardstick) -> str:
    return percent_text(yardstick.strength.area.mean)


def _seconds_of(yardstick: Yardstick) -> str:
    return seconds_text(yardstick.strength.gap_s.mean)


def _words(seconds: float) -> Term:
    n = f"{seconds * WORDS_PER_S:.1f}".removesuffix(".0")
    return Term(
        f"{n}\N{NO-BREAK SPACE}{'word' if n == '1' else 'words'}", "English is spoken at about 150 words per minute."
    )
