"""The page of a sweep: tables whose cells play on click, and a chart over the parameters."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from .._files import printable
from .._notices import Notice
from ..auditions.clip_files import FolderFiles, InlineAssets
from ..auditions.folder_checks import Edits, embedded, notice_of_unlisted, read_draw, with_badges
from ..auditions.page_clips import ClipOfRun, colours_of, draw_version, loudness_matched, sound_version
from ..auditions.records import DrawRecord, path_of, vocoder_name
from ..auditions.summaries import facts_of_clip, facts_of_run
from ..frameworks.frontend_choice import reason_in_words
from ..metrics import SCORES
from ..outputs.locks import reading
from ..pages import Clip, ClipVersion, File, Head, Sheet, page_parts, short_paths
from ..plots import encode_png, new_figure, plot_sweep
from ..reports.page_writing import PageOptions, PageTarget, WrittenPage, page_path, publish_page, write_page_into
from ..reports.rerun_text import describe_run, is_on_own_frontends, rerun_code_of_sweep
from .axes import Axis, value_text
from .records import CellEntry, SweepRecord, check_of_cell, read_sweep

__all__ = ["chart_png", "write_page", "write_sweep_page_into"]

AssetsOf = Mapping[str, InlineAssets]

# Short titles, because cells are small.
_FACTS_OF_CELL = {"masked_time_ratio": "time", "masked_frequency_ratio": "freq.", "log_mel_rmse_db": "change"}
# Characters of a legend that fit into the chart's width.
_CHARACTERS, _MAX_LEGEND_ROWS = 130, 5
# The colour of a cell's frame shows the first score that differs enough between cells: its key, its label, and the
# smallest difference that is shown.
_STRENGTHS = (("masked_area_ratio", "of the area masked", 0.01), ("log_mel_rmse_db", "change of the mel", 0.5))


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
    """Return notices of files that were modified since they were written."""
    references = {cell.reference: () for cell in record.cells}
    names = [
        name
        for of_cell, draws in (*references.items(), *((cell.folder, cell.draws) for cell in record.cells))
        for name in embedded(folder, of_cell, draws)
    ]
    return Edits(folder).notices(["sweep.json", "sweep.png", *dict.fromkeys(names)])


def _contents(
    record: SweepRecord, folder: Path, page: Path
) -> tuple[list[FolderFiles], Callable[[PageTarget], Iterator[bytes]]]:
    """Return the files in a page of a sweep, and a function that yields its parts; ``page`` is the page's folder."""
    folders = dict.fromkeys(name for cell in record.cells for name in (cell.reference, cell.folder))
    files = {name: FolderFiles(folder, name, page) for name in folders}

    def parts_in(place: PageTarget) -> Iterator[bytes]:
        assets_of = {
            name: place.assets(files_of_cell, f"{number}") for number, (name, files_of_cell) in enumerate(files.items())
        }
        clips = (
            place.with_player_bundle(_clip(record, number, folder, assets_of)) for number in range(len(record.clips))
        )
        paths = None if place.form.paths else [path_of(clip.audio) or "" for clip in record.clips]
        head = _head(record, place.form.paths)
        return page_parts(head, None, clips, is_split=place.folder is not None, private_paths=paths)

    return list(files.values()), parts_in


def chart_png(rows: Sequence[Mapping[str, Any]], axes: Sequence[Axis]) -> bytes:
    """Plot masked shares and the change of the mel over the first parameter, with a line per value of the second."""
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
        labels = [f"{_head_of(axes[1], value):.60}" for value in axes[1].values]
        n_columns = max(1, min(len(labels), _CHARACTERS // (max(map(len, labels)) + 6)))
        n_rows = min(_MAX_LEGEND_ROWS, -(-len(labels) // n_columns))
        n_entries = n_rows * n_columns
        figure.legend(
            lines[:n_entries], labels[:n_entries], loc="upper center", ncols=n_columns, frameon=False, fontsize="small"
        )
    figure.subplots_adjust(left=0.07, right=0.985, bottom=0.16, top=0.95 - 0.065 * n_rows, wspace=0.28)
    return encode_png(figure)


def _head(record: SweepRecord, paths: bool) -> Head:
    run = record.configuration
    keys = " × ".join(axis.key for axis in record.axes)
    varied_keys = {axis.key for axis in record.axes}
    is_own = is_on_own_frontends(run, varied_keys)
    facts = (
        *facts_of_run(run, varied_keys, "each policy's own" if is_own else ""),
        ("cells", str(len(record.cells))),
        ("draws of each", str(run.draws)),
    )
    varied = tuple(f"varied: {axis.key} = {', '.join(map(value_text, axis.values))}" for axis in record.axes)
    same = "each cell draws the same random numbers, so that only the parameter changes"
    own_frontends = tuple(dict.fromkeys(_own_frontend_words(record, cell) for cell in record.cells)) if is_own else ()
    words = (*varied, *own_frontends, same, "what is not varied:", *describe_run(run, record.versions, varied_keys))
    paths_of_clips = [path for path in (path_of(clip.audio) for clip in record.clips) if path is not None]
    shown_paths = paths_of_clips if paths else short_paths(paths_of_clips)
    rerun = rerun_code_of_sweep(run, shown_paths, [(axis.key, axis.values) for axis in record.axes])
    n_clips = len(record.clips)
    name = printable(record.clip.name) if n_clips == 1 else f"{n_clips} clips"
    return Head(f"Sweep of {name}: {keys}", facts, words=(("", words),), rerun_codes=(rerun,))


def _own_frontend_words(record: SweepRecord, cell: CellEntry) -> str:
    pairs = zip(record.axes, cell.values, strict=True)
    which = ", ".join(axis.label(value) for axis, value in pairs if axis.key in ("policy", "framework"))
    why = reason_in_words(cell.frontend_reason)
    return printable(f"{which}: heard on its own front-end, {cell.frontend}" + (f" ({why})" if why else ""))


def _clip(record: SweepRecord, number: int, folder: Path, assets_of: AssetsOf) -> Clip:
    """Return a clip, by its index; the first one with the chart."""
    cells = record.cells_of(number)
    references: dict[str, _Reference] = {}
    for cell in cells:
        if cell.reference not in references:
            reference_id = f"{number + 1}-{len(references) + 1}"
            references[cell.reference] = _reference(record, cell, folder, assets_of, reference_id)
    if len(references) > 1:
        references = {name: reference.with_kind() for name, reference in references.items()}
    versions = [version for reference in references.values() for version in reference.versions]
    originals = {name: 2 * i for i, name in enumerate(references)}
    places: dict[tuple[Any, ...], tuple[int, ...]] = {}
    for cell in cells:
        versions_of_cell = _cell(record, cell, folder, assets_of, originals[cell.reference])
        places[cell.values] = tuple(range(len(versions), len(versions) + len(versions_of_cell)))
        versions += versions_of_cell
    entry = record.clips[number]
    strengths = _strengths(record, cells, folder)
    versions = [replace(version, strength=strengths.shares.get(version.id)) for version in loudness_matched(versions)]
    chart = None
    if number == 0:
        chart = File(FolderFiles(folder, "", folder).read("sweep.png"), media_type="image/png")
    return Clip(
        f"clip-{number + 1}", entry.name, entry.duration_s, tuple(versions),
        facts_of_clip(entry.duration_s, entry.audio), entry.badges,
        sheets=_sheets(record, places, number), references=_more_references([*references.values()], number),
        chart=chart, colours=colours_of(versions), strength_ends=strengths.ends,
    )  # fmt: skip


class _Reference(NamedTuple):
    """An original and its copy-synthesis, and a description of their front-end and vocoder."""

    kind: str
    versions: tuple[ClipVersion, ClipVersion]
    frontend: str

    def with_kind(self) -> _Reference:
        """Return it with front-end and vocoder in the names of its versions."""
        original, copy = self.versions
        original = replace(original, name=f"original ({self.frontend})")
        return self._replace(versions=(original, replace(copy, name=f"copy-synthesis ({self.kind})")))


class _Strengths(NamedTuple):
    """Versions on a scale from the weakest (0) to the strongest (1): their positions, and the labels of both ends."""

    shares: dict[str, float]
    ends: tuple[str, str]


def _strengths(record: SweepRecord, cells: Sequence[CellEntry], folder: Path) -> _Strengths:
    scores = {
        f"{_id_of(record, cell)}-{name}": _draw(record, cell, name, folder).scores
        for cell in cells
        for name in cell.draws
    }
    for key, words, least in _STRENGTHS:  # noqa: B007
        values = {version: row.get(key) or 0.0 for version, row in scores.items()}
        low, high = min(values.values()), max(values.values())
        if high - low >= least:
            break
    shares = {version: (value - low) / max(high - low, least) for version, value in values.items()}
    texts = [SCORES[key].text(end) for end in (low, high)]
    return _Strengths(shares, ("all" if texts[0] == texts[1] else texts[0], f"{texts[1]} {words}"))


def _clip_of_cell(record: SweepRecord, cell: CellEntry, folder: Path, assets: InlineAssets) -> ClipOfRun:
    draws = tuple(_draw(record, cell, name, folder) for name in cell.draws)
    return ClipOfRun(record.clips[cell.clip], draws, assets, draws[0].frontend)


def _draw(record: SweepRecord, cell: CellEntry, name: str, folder: Path) -> DrawRecord:
    files = FolderFiles(folder, cell.folder, folder)
    draw = read_draw(files, name)
    check_of_cell(draw, files.path_text(f"{name}.json"), record, cell)
    return draw


def _id_of(record: SweepRecord, cell: CellEntry) -> str:
    return f"cell-{record.cells.index(cell)}"


def _reference(
    record: SweepRecord, cell: CellEntry, folder: Path, assets_of: AssetsOf, reference_id: str
) -> _Reference:
    clip = _clip_of_cell(record, cell, folder, assets_of[cell.reference])
    kind = f"{clip.frontend.name}, {vocoder_name(clip.draws[0].vocoder)}"
    note = "its mel, not augmented, through the same vocoder"
    original = sound_version(clip, "original", "the recording", f"original-{reference_id}", "original")
    copy = sound_version(clip, "copy-synthesis", note, f"copy-{reference_id}", "copy-synthesis")
    return _Reference(kind, (original, copy), clip.frontend.name)


def _more_references(references: Sequence[_Reference], clip: int) -> Sheet | None:
    """Return all originals and copy-syntheses except the first, as a table."""
    more = range(1, len(references))
    cells = tuple((2 * i,) for i in more), tuple((2 * i + 1,) for i in more)
    kinds = tuple(reference.kind for reference in references[1:])
    return Sheet(f"references-{clip + 1}", "", kinds, ("original", "copy-synthesis"), cells) if kinds else None


def _cell(record: SweepRecord, cell: CellEntry, folder: Path, assets_of: AssetsOf, reference: int) -> list[ClipVersion]:
    clip = _clip_of_cell(record, cell, folder, assets_of[cell.folder])
    label = ", ".join(
        f"{axis.key.rpartition('.')[2]} {value_text(v)}" for axis, v in zip(record.axes, cell.values, strict=True)
    )
    label += (
        f" on {printable(cell.frontend)}"
        if is_on_own_frontends(record.configuration, (axis.key for axis in record.axes))
        else ""
    )
    versions = []
    for draw in clip.draws:
        version = draw_version(clip, draw, f"{_id_of(record, cell)}-")
        name = f"{label}, draw {draw.number}" if len(clip.draws) > 1 else label
        facts = tuple((title, SCORES[key].text(draw.scores.get(key) or 0.0)) for key, title in _FACTS_OF_CELL.items())
        versions.append(replace(version, name=name, facts=facts, compared_with=reference))
    return versions


def _sheets(record: SweepRecord, places: Mapping[tuple[Any, ...], tuple[int, ...]], clip: int) -> tuple[Sheet, ...]:
    """Return a table of the first two parameters for each combination of the others."""
    axes = record.axes
    combinations = list(dict.fromkeys(values[2:] for values in places))
    columns = axes[1].values if len(axes) > 1 else (None,)
    return tuple(
        Sheet(
            f"sheet-{clip + 1}-{number}",
            ", ".join(axis.label(value) for axis, value in zip(axes[2:], rest, strict=True)),
            tuple(_head_of(axes[1], value) for value in columns) if len(axes) > 1 else ("",),
            tuple(_head_of(axes[0], value) for value in axes[0].values),
            tuple(tuple(places[_place(row, column, rest, len(axes))] for column in columns) for row in axes[0].values),
        )
        for number, rest in enumerate(combinations)
    )


def _head_of(axis: Axis, value: Any) -> str:
    """Return a value with the last part of its key; the whole key is above the table."""
    return f"{axis.key.rpartition('.')[2]} {value_text(value)}"


def _place(row: Any, column: Any, rest: tuple[Any, ...], n_axes: int) -> tuple[Any, ...]:
    return (row,) if n_axes == 1 else (row, column, *rest)
