"""Writing a sweep: a folder for each cell, the page, the chart and a table of all scores."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from .._files import io_errors, write_files
from .._records import to_json
from ..auditions.records import ClipEntry, CustomVocoder, describe_clip, to_bytes, versions, vocoder_record
from ..auditions.save import audition_files, draw_record, top_db_of
from ..frontends import MelFrontend
from ..outputs.names import folder_name
from ..outputs.output import Output
from ..outputs.pages import check_page, page_names
from ..reports.page_writing import PageOptions, WrittenPage
from ..vocoders.registry import AnyVocoder
from .page import chart_png, write_sweep_page_into
from .records import CellEntry, SweepRecord

if TYPE_CHECKING:
    from .grid import Cell, Sweep

__all__ = ["output_of_sweep", "save_sweep"]

_OWN = ("sweep.html", "sweep.json", "sweep.png", "scores.csv")


def output_of_sweep(out: Path, *, overwrite: bool = False, inputs: Iterable[str | os.PathLike[str]] = ()) -> Output:
    """Open the folder of a sweep, checked before any work is done.

    Raises
    ------
    ParameterError
        When it is a file, holds something and ``overwrite`` was not asked for, or what is not to be replaced.
    """
    output = Output(out, "sweep", overwrite=overwrite, inputs=inputs)
    output.check_folder()
    check_page(output, "sweep.html")
    output.check(_OWN, also=[*output.own_files.by("sweep"), *page_names(out / "sweep.html", output.own_files)])
    return output


def save_sweep(sweep: Sweep, output: Output, *, form: PageOptions | None = None) -> WrittenPage:
    """Write a sweep; see `Sweep.save`."""
    with output.alone(), output.room() as room:
        used_names = {"sweep", *_OWN} | {
            name.casefold() for name in os.listdir(output.folder) if output.is_foreign(name)
        }
        with io_errors(output.out):
            record = _write_cells(sweep, room, used_names)
            files = {
                "sweep.json": (to_json(record) + "\n").encode(),
                "scores.csv": _table(sweep).encode(),
                "sweep.png": chart_png(sweep.rows, sweep.axes),
            }
            write_files(room, files)
            page = write_sweep_page_into(room, PageOptions() if form is None else form)
        earlier = [*output.own_files.by("sweep"), *page_names(room / "sweep.html", output.own_files)]
        output.publish(room, last=["sweep.html", "sweep/index.html", "sweep.json"])
        output.remove(earlier)
    return replace(page, path=output.out / page.path.relative_to(room))


def _write_cells(sweep: Sweep, out: Path, used_names: set[str]) -> SweepRecord:
    references: dict[tuple[MelFrontend, AnyVocoder | CustomVocoder], str] = {}
    entries = []
    top_db = max(top_db_of(cell.audition) for cell in sweep.cells)
    for cell in sweep.cells:
        key = cell.audition.frontend, vocoder_record(cell.audition.vocoder)
        files = audition_files(cell.audition, figures=False, top_db=top_db)
        both = {name: data for name, data in files.items() if name.startswith(("original.", "copy-synthesis."))}
        if key not in references:
            references[key] = folder_name(f"reference-{len(references) + 1}.wav", used_names)
            write_files(out / references[key], both)
        files_of_cell = {name: data for name, data in files.items() if name not in both}
        files_of_cell |= {
            f"{draw.name}.json": to_bytes(draw_record(cell.audition, draw, "mono")) for draw in cell.audition.draws
        }
        folder = folder_name(f"{_label(cell)}.wav", used_names)
        write_files(out / folder, files_of_cell)
        draws = tuple(draw.name for draw in cell.audition.draws)
        values = tuple(cell.values.values())
        on = cell.audition.frontend.name, cell.audition.frontend_reason
        entries.append(CellEntry(values, folder, references[key], draws, *on))
    first = sweep.cells[0].audition
    duration_s = round(first.duration_s, 4)
    clip = ClipEntry(
        sweep.name, entries[0].reference, describe_clip(first.clip), duration_s, first.gain, first.badges, ()
    )
    return SweepRecord(sweep.run, sweep.axes, clip, tuple(entries), versions())


def _label(cell: Cell) -> str:
    return ", ".join(f"{key}={value}" for key, value in cell.values.items())


def _table(sweep: Sweep) -> str:
    names = list(dict.fromkeys(key for row in sweep.rows for key in row))
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(sweep.rows)
    return text.getvalue()
