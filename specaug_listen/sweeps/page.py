"""The page of a sweep: advice, charts over the parameters, and tables whose cells play on click."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from .._files import printable
from .._notices import Notice
from ..auditions.badges import gain_badge
from ..auditions.clip_files import FolderFiles, InlineAssets
from ..auditions.folder_checks import Edits, embedded, notice_of_unlisted, with_badges
from ..auditions.page_clips import (
    COPY_NOTE,
    ORIGINAL_NOTE,
    ClipOfRun,
    colours_of,
    draw_version,
    loud_words,
    loudness_matched,
    sound_version,
)
from ..auditions.records import path_of, vocoder_name
from ..auditions.summaries import facts_of_clip
from ..outputs.locks import reading
from ..pages import Clip, ClipVersion, Head, Heading, Sheet, SheetCell, page_parts
from ..plots import encode_png, new_figure, plot_sweep
from ..reports.page_writing import PageOptions, PageTarget, WrittenPage, page_path, publish_page, write_page_into
from ..reports.rerun_text import is_on_own_frontends
from .advice import are_numbers
from .axes import Axis
from .cell_draws import CellDraws, head_of, read_cells
from .cell_tables import facts_of_draw_in_cell, sheets_of
from .head import page_head
from .place_strengths import PlaceStrengths, strengths_of
from .records import SweepRecord, read_sweep

__all__ = ["chart_png", "write_page", "write_sweep_page_into"]

AssetsOf = Mapping[str, InlineAssets]

# Characters of a legend that fit into the chart's width.
_CHARACTERS, _MAX_LEGEND_ROWS = 130, 5


def write_page(
    folder: Path,
    path: str | os.PathLike[str] | None = None,
    form: PageOptions | None = None,
    *,
    overwrite: bool = False,
) -> WrittenPage:
    """Write the page of a sweep from its folder; nothing is rendered again.

    Parameters
    ----------
    folder : Path
        That `Sweep.save` wrote.
    path : str, path-like or None
        Of the page; None is ``sweep.html`` in the folder.
    form : PageOptions or None
        As for `specaug_listen.write_report`.
    overwrite : bool
        Replace an earlier page.

    Raises
    ------
    ParameterError
        For a path that is not a page's.
    PolicyError
        When a record in the folder is missing or cannot be read.
    ResultError
        When a sound or picture in the folder is missing, damaged, or does not fit its record.
    OutputError
        When the page cannot be written, or another run is writing into the folder.
    """
    target = folder / "sweep.html" if path is None else page_path(path)
    with reading([folder], target.parent):
        record = read_sweep(folder)
        files, _ = _contents(record, folder, target.parent)
        edits: list[Notice] = []

        def parts_in(place: PageTarget) -> Iterator[bytes]:
            edits[:] = _edits(record, folder)  # a page that is too large for one file is begun again
            first = with_badges(record.clip, edits)
            return _contents(replace(record, clip=first), folder, target.parent)[1](place)

        page = publish_page(target, files, PageOptions() if form is None else form, parts_in, overwrite=overwrite)
        beside = notice_of_unlisted(folder, {cell.folder: cell.draws for cell in record.cells})
        return replace(page, notices=(*beside, *edits))


def write_sweep_page_into(folder: Path, form: PageOptions) -> WrittenPage:
    """Write the page of a sweep into its folder while that is still hidden."""
    files, parts_in = _contents(read_sweep(folder), folder, folder)
    return write_page_into(folder / "sweep.html", files, form, parts_in)


def _edits(record: SweepRecord, folder: Path) -> tuple[Notice, ...]:
    """Return notices of files that were modified or removed since they were written."""
    draws_of = {cell.reference: () for cell in record.cells} | {cell.folder: cell.draws for cell in record.cells}
    names = [name for of_cell, draws in draws_of.items() for name in embedded(folder, of_cell, draws)]
    edits = Edits(folder)
    missing = (notice for of_cell, draws in draws_of.items() for notice in edits.missing(of_cell, draws))
    return (*edits.notices(["sweep.json", *names]), *missing)


def _contents(
    record: SweepRecord, folder: Path, page: Path
) -> tuple[list[FolderFiles], Callable[[PageTarget], Iterator[bytes]]]:
    """Return the files in a page of a sweep, and a function that yields its parts; ``page`` is the page's folder."""
    folders = dict.fromkeys(name for cell in record.cells for name in (cell.reference, cell.folder))
    files = {name: FolderFiles(folder, name, page) for name in folders}

    @functools.cache  # the page may be begun again in another form
    def sweep_and_head(form: PageOptions) -> tuple[_SweepRead, Head]:
        cells = read_cells(record, folder)
        strengths = strengths_of(record, cells, form.compare, form.lengths_s)
        return _SweepRead(record, cells, strengths), page_head(record, cells, strengths, form)

    def parts_in(place: PageTarget) -> Iterator[bytes]:
        sweep, head = sweep_and_head(replace(place.form, split=False, flac=None))
        assets_of = {
            name: place.assets(files_of_cell, f"{number}") for number, (name, files_of_cell) in enumerate(files.items())
        }
        clips = (place.with_player_bundle(_clip(sweep, number, assets_of)) for number in range(len(record.clips)))
        paths = None if place.form.paths else [path_of(clip.audio) or "" for clip in record.clips]
        return page_parts(head, None, clips, is_split=place.folder is not None, private_paths=paths)

    return list(files.values()), parts_in


def chart_png(rows: Sequence[Mapping[str, Any]], axes: Sequence[Axis]) -> bytes:
    """Plot masked shares and the change of the mel over the first parameter, with a line or bar for each of the second.

    The plot is a file for papers and slides; the page has charts of its own.
    """
    figure = new_figure((11.0, 3.8), dpi=160)
    by = axes[1].key if len(axes) > 1 else None
    measures = ("masked_time_ratio", "masked_frequency_ratio", "log_mel_rmse_db")
    for place, y in enumerate(measures, 1):
        ax = plot_sweep(rows, figure.add_subplot(1, len(measures), place), along=axes[0].key, y=y, by=by)
        if by:
            lines, _ = ax.get_legend_handles_labels()
            ax.legend_ = None
    n_rows = 0
    if by:
        labels = [f"{head_of(axes[1], value):.60}" for value in axes[1].values]
        n_columns = max(1, min(len(labels), _CHARACTERS // (max(map(len, labels)) + 6)))
        n_rows = min(_MAX_LEGEND_ROWS, -(-len(labels) // n_columns))
        n_entries = n_rows * n_columns
        figure.legend(
            lines[:n_entries], labels[:n_entries], loc="upper center", ncols=n_columns, frameon=False, fontsize="small"
        )
    # Names of categories are long.
    bottom = 0.16 if are_numbers(axes[0]) else 0.32
    figure.subplots_adjust(left=0.07, right=0.985, bottom=bottom, top=0.95 - 0.065 * n_rows, wspace=0.28)
    return encode_png(figure)


class _SweepRead(NamedTuple):
    """A sweep as it was read, and its strengths."""

    record: SweepRecord
    cells: tuple[CellDraws, ...]
    strengths: PlaceStrengths


def _clip(sweep: _SweepRead, number: int, assets_of: AssetsOf) -> Clip:
    """Return a clip, by its index."""
    record = sweep.record
    cells = [cell for cell in sweep.cells if cell.entry.clip == number]
    references: dict[str, _Reference] = {}
    for cell in cells:
        if cell.entry.reference not in references:
            reference_id = f"{number + 1}-{len(references) + 1}"
            references[cell.entry.reference] = _reference(record, cell, assets_of, reference_id)
    references = dict(zip(references, _with_own_names([*references.values()]), strict=True))
    versions = [version for reference in references.values() for version in reference.versions]
    originals = {name: 2 * i for i, name in enumerate(references)}
    places: dict[int, tuple[int, ...]] = {}
    for cell in cells:
        versions_of_cell = _versions(record, cell, assets_of, originals[cell.entry.reference])
        places[cell.number] = tuple(range(len(versions), len(versions) + len(versions_of_cell)))
        versions += versions_of_cell
    entry, loud = record.clips[number], loud_words([_clip_of_cell(record, c, assets_of[c.entry.folder]) for c in cells])
    loud_badges = tuple(badge for badge in entry.badges if loud[0] and badge == gain_badge(entry.gain))
    badges = tuple(badge for badge in entry.badges if badge not in loud_badges)
    return Clip(
        f"clip-{number + 1}", entry.name, entry.duration_s, tuple(loudness_matched(versions)),
        facts_of_clip(entry.duration_s, entry.audio), badges,
        sheets=sheets_of(sweep.strengths, cells, places, number, entry.duration_s),
        references=_more_references([*references.values()], number), colours=colours_of(versions),
        loud_words=loud, loud_badges=loud_badges,
    )  # fmt: skip


class _Reference(NamedTuple):
    """An original and its copy-synthesis, and the names of their front-end and vocoder."""

    versions: tuple[ClipVersion, ClipVersion]
    frontend: str
    vocoder: str


def _kinds(references: Sequence[_Reference]) -> list[str]:
    """Tell references apart by what differs between them: the mel, the vocoder or both; nothing for a single one."""
    n_frontends, n_vocoders = (len({one.frontend for one in references}), len({one.vocoder for one in references}))
    return [
        ", ".join([f"{one.frontend} mel"] * (n_frontends > 1) + [one.vocoder] * (n_vocoders > 1)) for one in references
    ]


def _with_own_names(references: Sequence[_Reference]) -> list[_Reference]:
    """Return references with what differs between them in their names; the first original is the one that is heard."""
    own = []
    for number, (one, kind) in enumerate(zip(references, _kinds(references), strict=True)):
        original, copy = one.versions
        versions = (
            replace(original, name=f"original ({kind})" if number else original.name),
            replace(copy, name=f"copy-synthesis ({kind})" if kind else copy.name),
        )
        own.append(one._replace(versions=versions))
    return own


def _clip_of_cell(record: SweepRecord, cell: CellDraws, assets: InlineAssets) -> ClipOfRun:
    return ClipOfRun(record.clips[cell.entry.clip], cell.draws, assets, cell.draws[0].frontend)


def _reference(record: SweepRecord, cell: CellDraws, assets_of: AssetsOf, reference_id: str) -> _Reference:
    clip = _clip_of_cell(record, cell, assets_of[cell.entry.reference])
    original = sound_version(clip, "original", ORIGINAL_NOTE, f"original-{reference_id}", "original")
    copy = sound_version(clip, "copy-synthesis", COPY_NOTE, f"copy-{reference_id}", "copy-synthesis")
    return _Reference((original, copy), clip.frontend.name, vocoder_name(clip.draws[0].vocoder))


def _more_references(references: Sequence[_Reference], clip: int) -> Sheet | None:
    """Return all originals and copy-syntheses except the first, as a table."""
    more = range(1, len(references))
    cells = (tuple(SheetCell((2 * i,)) for i in more), tuple(SheetCell((2 * i + 1,)) for i in more))
    kinds = tuple(Heading(kind) for kind in _kinds(references)[1:])
    rows = Heading("original"), Heading("copy-synthesis")
    n, s = len(kinds), "" if len(kinds) == 1 else "s"
    if len({reference.frontend for reference in references}) == 1:
        summary = f"{n} more copy-synthes{'es' if s else 'is'}, through the other vocoder{s}"
    else:
        summary = f"{n} more original{s}, on the other front-end{s}"
    return Sheet(f"references-{clip + 1}", "", kinds, rows, cells, summary=summary) if kinds else None


def _versions(record: SweepRecord, cell: CellDraws, assets_of: AssetsOf, reference: int) -> list[ClipVersion]:
    """Return the draws of a cell."""
    clip = _clip_of_cell(record, cell, assets_of[cell.entry.folder])
    label = ", ".join(head_of(axis, cell.values[axis.key]) for axis in record.axes)
    if is_on_own_frontends(record.configuration, cell.values):
        label += f" on {printable(cell.entry.frontend)}"
    versions = []
    for draw in clip.draws:
        version = draw_version(clip, draw, f"{cell.id}-")
        name = f"{label}, draw {draw.number}" if len(clip.draws) > 1 else label
        facts = facts_of_draw_in_cell(draw.scores) if len(clip.draws) > 1 else ()
        versions.append(replace(version, name=name, facts=facts, compared_with=reference))
    return versions
