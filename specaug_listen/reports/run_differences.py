"""How the runs of a page differ in strength: for two, one sentence; for more, which is the strongest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .._files import printable
from ..auditions.records import Configuration, vocoder_name
from ..augment.effects import warp_in_words
from ..pages.verdict_values import RunDifferences, StrengthRow
from .strength import Strength
from .strength_texts import level_text, list_in_words, percent_text, seconds_text
from .verdict_words import AREA_TOLERANCE, GAP_TOLERANCE_S

__all__ = ["ComparedRun", "differences_of"]

# Levels that are nearer than this are shown as equal.
_EQUAL_DB = 0.5


@dataclass(frozen=True)
class ComparedRun:
    """A run of a page with several: its label, its configuration, and the strength of its policy."""

    label: str
    configuration: Configuration
    strength: Strength

    @property
    def is_empty(self) -> bool:
        """Whether no draw masks anything."""
        return self.strength.area.values[-1] == 0

    @property
    def level_db(self) -> float | None:
        """The median level of masks, relative to speech; None without masks."""
        return None if self.strength.loudness is None else self.strength.loudness.levels_db.median

    @property
    def warp(self) -> str:
        """How far it warps time; empty if it does not."""
        frontend = self.configuration.frontend
        return warp_in_words(self.configuration.policy.transforms, frontend.hop_length / frontend.sample_rate)


def differences_of(runs: Sequence[ComparedRun]) -> RunDifferences | None:
    """Compare runs; None for fewer than two."""
    if len(runs) < 2:
        return None
    head, reason = _of_two(runs[0], runs[1]) if len(runs) == 2 else _of_many(runs)
    return RunDifferences(head, reason, tuple(map(_row, runs)))


def _row(run: ComparedRun) -> StrengthRow:
    configuration, level_db = run.configuration, run.level_db
    warp = "unknown" if configuration.policy.callables else run.warp or "none"
    values = (
        percent_text(run.strength.area.mean),
        seconds_text(run.strength.gap_s.mean),
        "no masks" if level_db is None else level_text(level_db),
        warp,
        printable(configuration.frontend.name),
        vocoder_name(configuration.vocoder),
    )
    return StrengthRow(printable(configuration.policy.name), values, run=run.label)


# --- many runs ---


def _of_many(runs: Sequence[ComparedRun]) -> tuple[str, str]:
    by_area = sorted(runs, key=lambda run: run.strength.area.mean)
    least, most = by_area[0], by_area[-1]
    areas = percent_text(most.strength.area.mean), percent_text(least.strength.area.mean)
    if most.strength.area.mean - by_area[-2].strength.area.mean <= AREA_TOLERANCE:
        if most.strength.area.mean - least.strength.area.mean <= AREA_TOLERANCE:
            return "All runs mask about as many cells:", f"{areas[0]} on average."
        return f"{most.label} is among the strongest runs:", f"{areas[0]} of the cells against {areas[1]}, the least."
    return f"{most.label} is the strongest run:", f"{areas[0]} of the cells against {areas[1]} with {least.label}."


# --- two runs ---


def _of_two(first: ComparedRun, second: ComparedRun) -> tuple[str, str]:
    """Return the head, and the reason with the stronger run as its subject, or the second of equals."""
    area = second.strength.area.mean - first.strength.area.mean
    gap_s = second.strength.gap_s.mean - first.strength.gap_s.mean
    is_area, is_gap = abs(area) > AREA_TOLERANCE, abs(gap_s) > GAP_TOLERANCE_S
    if not is_area and not is_gap:
        head = f"{first.label} and {second.label} are about equally strong:"
        return head, _reason(second, first, f"{second.label} masks")
    one, other = (second, first) if (area if is_area else gap_s) > 0 else (first, second)
    if is_area and is_gap and (area > 0) != (gap_s > 0):
        head = f"{one.label} masks more than {other.label}, but with shorter gaps:"
        return head, _reason(one, other, "it masks")
    if is_area:
        return f"{one.label} is stronger than {other.label}:", _reason(one, other, "it masks")
    return f"{one.label} has longer gaps than {other.label}:", _reason(one, other, "it masks")


def _reason(one: ComparedRun, other: ComparedRun, it_masks: str) -> str:
    area = percent_text(one.strength.area.mean)
    details: list[str] = []
    if one.is_empty:
        cells = "neither masks anything"
    elif other.is_empty:
        cells = f"{it_masks} {area} of the cells, and {other.label} nothing"
    else:
        cells = f"{it_masks} {area} of the cells on average, {other.label} {percent_text(other.strength.area.mean)}"
        details = [_gap_clause(one, other), *_level_clause(one, other)]
    with_details = f", with {list_in_words(details)}" if details else ""
    warp = "" if one.is_empty else _warp_sentence(one, other)
    return f"{cells}{with_details}.{warp}{_setting_sentence(one, other)}"


def _gap_clause(one: ComparedRun, other: ComparedRun) -> str:
    gap, other_gap = seconds_text(one.strength.gap_s.mean), seconds_text(other.strength.gap_s.mean)
    if gap == other_gap:
        return f"the same longest gap ({gap})"
    kind = "longer" if one.strength.gap_s.mean > other.strength.gap_s.mean else "shorter"
    return f"{kind} gaps ({gap} against {other_gap})"


def _level_clause(one: ComparedRun, other: ComparedRun) -> list[str]:
    if one.level_db is None or other.level_db is None:
        return []
    louder_db = one.level_db - other.level_db
    if abs(louder_db) < _EQUAL_DB:
        return ["equally loud masks"]
    return [f"masks {abs(louder_db):.0f}\N{NO-BREAK SPACE}dB {'louder' if louder_db > 0 else 'quieter'}"]


def _warp_sentence(one: ComparedRun, other: ComparedRun) -> str:
    """Compare the warps; nothing to say if they are equal, or if a callable may do anything."""
    if one.warp == other.warp or one.configuration.policy.callables or other.configuration.policy.callables:
        return ""
    if not one.warp or not other.warp:
        which = one if one.warp else other
        return f" Only {which.label} warps time, by {which.warp}."
    return f" {one.label} warps time by {one.warp}, {other.label} by {other.warp}."


def _setting_sentence(one: ComparedRun, other: ComparedRun) -> str:
    """Name what differs besides the policy."""
    of_one, of_other = one.configuration, other.configuration
    lines = []
    for what, is_same, name, other_name in (
        ("front-end", of_one.frontend == of_other.frontend, of_one.frontend.name, of_other.frontend.name),
        (
            *("vocoder", of_one.vocoder == of_other.vocoder),
            *(vocoder_name(of_one.vocoder), vocoder_name(of_other.vocoder)),
        ),
    ):
        if not is_same:
            pair = f"{one.label} uses {what} {printable(name)}, {other.label} {printable(other_name)}"
            same = f"{one.label} and {other.label} use {what} {printable(name)} with different parameters"
            lines.append(f" {pair if name != other_name else same}.")
    return "".join(lines)
