"""The table of all draws, from their records."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..auditions.page_clips import ClipOfRun
from ..auditions.records import DrawRecord
from ..auditions.summaries import why_no_score, why_not_comparable
from ..metrics import SCORES, Score
from ..pages.table_values import Column, Row, Table
from .draw_overview import histograms_of, means_of, rankings_of
from .draw_warnings import level_warning

__all__ = ["TABLE_COLUMNS", "table_of_draws"]

# The columns after clip, draw and warnings, which pages/templates/parts/table.html.j2 writes.
TABLE_COLUMNS = tuple(sorted(SCORES, key=lambda key: not SCORES[key].is_main_column))
# Begin of the bars of fills: the range of a picture.
_QUIET_DB = -80.0
# With fewer draws, the table itself shows what charts would.
_MIN_DRAWS_OF_CHARTS = 10


def table_of_draws(clips: Iterable[tuple[str, Sequence[ClipOfRun]]], *, sound_format: str = "WAV") -> Table | None:
    """Return the table of all draws; None if there are none.

    Parameters
    ----------
    clips : iterable of (str, sequence of ClipOfRun)
        The id of each clip's element in the page, and the clip in every run.
    sound_format : str
        ``WAV`` or ``FLAC``.
    """
    pairs = [(clip, draw, _prefix(clip_id, clip)) for clip_id, runs in clips for clip in runs for draw in clip.draws]
    if not pairs:
        return None
    records = [draw for _, draw, _ in pairs]
    with_value = [SCORES[key] for key in TABLE_COLUMNS if any(draw.scores.get(key) is not None for draw in records)]
    columns = tuple(_column(score, records) for score in with_value)
    rows = tuple(_row(clip, draw, prefix, with_value) for clip, draw, prefix in pairs)
    has_charts = len(rows) >= _MIN_DRAWS_OF_CHARTS
    return Table(
        columns,
        rows,
        _left_out(records, [score.key for score in with_value], has_warnings=any(row.badges for row in rows)),
        sound_format,
        histograms_of(columns, rows) if has_charts else (),
        rankings_of(columns, rows) if has_charts else (),
        # The scores of a single clip are below its pictures, with their means.
        means_of(columns, rows) if len({row.clip for row in rows}) > 1 else (),
    )


def _prefix(clip_id: str, clip: ClipOfRun) -> str:
    return f"{clip_id}-{clip.label}-" if clip.label else f"{clip_id}-"


def _column(score: Score, records: Sequence[DrawRecord]) -> Column:
    values = [value for draw in records if (value := draw.scores.get(score.key)) is not None]
    if score.key == "loudest_fill_vs_p95_db":  # 0 dB is as loud as speech, so zero is no beginning
        return Column(score, True, min(_QUIET_DB, *values), max(0.0, *values), base=min(_QUIET_DB, *values))
    # Shares have the whole as their end, so that bars of two columns or pages can be compared.
    low, high = min(0.0, *values), 1.0 if score.unit == "%" else max(0.0, *values)
    return Column(score, score.is_main_column, low, high)


def _row(clip: ClipOfRun, draw: DrawRecord, prefix: str, scores: Sequence[Score]) -> Row:
    name = f"draw-{draw.number}"
    values = tuple(_value(draw, score) for score in scores)
    badges = (*clip.entry.badges, *draw.badges, *level_warning(draw))
    return Row(clip.entry.name, clip.title_of(name), f"{prefix}{name}", values, badges, clip.label)


def _value(draw: DrawRecord, score: Score) -> tuple[float | None, str]:
    value = draw.scores.get(score.key)
    if value is None:
        return None, why_no_score(draw, score.key)
    return value, score.number(value).replace("-", "−")


def _left_out(records: Sequence[DrawRecord], keys: Sequence[str], *, has_warnings: bool) -> str:
    """Return a sentence about the scores that no draw has; empty if there are none."""
    reasons: dict[str, list[str]] = {}
    for key in TABLE_COLUMNS:
        if key not in keys and SCORES[key].absence:
            reasons.setdefault(_why_in_none(records, key), []).append(SCORES[key].title)
    if not has_warnings:
        reasons.setdefault("no draw has any", []).append("warnings")
    whole = ", ".join(f"{' and '.join(titles)} ({reason})" for reason, titles in reasons.items())
    return f"Not in the table: {whole}." if whole else ""


def _why_in_none(records: Sequence[DrawRecord], key: str) -> str:
    if not SCORES[key].package:
        return SCORES[key].absence
    absent = [
        score.package
        for score in SCORES.values()
        if score.package and all(score.key not in draw.scores for draw in records)
    ]
    if any(key in draw.scores for draw in records):
        reasons = dict.fromkeys(why_not_comparable(draw) for draw in records if key in draw.scores)
        return f"all draws are {' or '.join(reasons)}"
    return f"{' and '.join(absent)} {'were' if len(absent) > 1 else 'was'} not installed"
