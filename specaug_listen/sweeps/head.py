"""The part of a sweep's page above and below its clips: advice, charts, what is varied, and how to repeat it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from .._files import printable
from ..auditions.records import path_of
from ..pages import Head, SweepSummary, short_paths
from ..reports.head import notes_on
from ..reports.page_writing import PageOptions
from ..reports.rerun_text import rerun_code_of_sweep
from .advice import advice_on, measure_text
from .axes import value_text
from .cell_draws import CellDraws, key_in_words, short_key
from .chart_panels import caption_of, panels_of
from .place_strengths import MEASURES, PlaceStrengths
from .records import SweepRecord
from .varied_parts import fixed_facts, frontend_lines, varied_facts

__all__ = ["page_head"]

# A longer table of numbers is in scores.csv alone.
_MAX_NUMBERS = 200


def page_head(record: SweepRecord, cells: Sequence[CellDraws], strengths: PlaceStrengths, form: PageOptions) -> Head:
    """Return the part of the page above and below the clips.

    Parameters
    ----------
    record : SweepRecord
    cells : sequence of CellDraws
        Of all clips.
    strengths : PlaceStrengths
    form : PageOptions
    """
    varied, fixed = varied_facts(record), fixed_facts(record, cells)
    advice, panels = advice_on(strengths), panels_of(strengths)
    columns, numbers = _numbers(strengths)
    summary = SweepSummary(
        advice.head, advice.reason, advice.sentences, varied, fixed, panels, caption_of(strengths, panels),
        columns, numbers,
    )  # fmt: skip
    lines = (
        *(f"varied: {name} = {text}" for name, text in varied),
        *frontend_lines(record),
        *(f"the same in all cells: {name}: {text}" for name, text in fixed),
        printable(", ".join(f"{name} {version}" for name, version in record.versions.items())),
    )
    paths = [path for path in (path_of(clip.audio) for clip in record.clips) if path is not None]
    shown_paths = paths if form.paths else short_paths(paths)
    rerun = rerun_code_of_sweep(record.configuration, shown_paths, [(axis.key, axis.values) for axis in record.axes])
    policies = {cell.draws[0].policy: None for cell in cells}
    return Head(
        printable(form.title) or _title(record), words=(("", lines),), rerun_codes=(rerun,), sweep=summary,
        note=form.paragraphs, notes=notes_on(policies), warnings=_warnings(cells),
    )  # fmt: skip


def _warnings(cells: Sequence[CellDraws]) -> tuple[str, ...]:
    """Return the badges of all draws, each with the number of draws that have it."""
    badges = Counter(badge for cell in cells for draw in cell.draws for badge in draw.badges)
    n_draws = sum(len(cell.draws) for cell in cells)
    return tuple(f"{badge} ({n} of {n_draws} draws)" for badge, n in badges.most_common(_MAX_NUMBERS))


def _title(record: SweepRecord) -> str:
    name = record.clip.name if not record.more_clips else f"{len(record.clips)} clips"
    return printable(f"Sweep of {name}: {' × '.join(key_in_words(axis.key) for axis in record.axes)}")


def _numbers(strengths: PlaceStrengths) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Return all numbers of the charts as a table, unless that is too long; then they are in scores.csv."""
    if len(strengths.places) > _MAX_NUMBERS:
        return (), ()
    columns = [short_key(axis.key) for axis in strengths.axes]
    for key in ("area", "gap"):
        columns += [MEASURES[key].title, "in 5% of draws over"]
    rows = []
    for place in strengths.places:
        cells = [value_text(value) for value in place.values]
        for key in ("area", "gap"):
            spread = MEASURES[key].spread(place)
            cells += (
                ["–", "–"] if spread is None else [measure_text(MEASURES[key], v) for v in (spread.mean, spread.p95)]
            )
        rows.append(tuple(map(printable, cells)))
    return tuple(map(printable, columns)), tuple(rows)
