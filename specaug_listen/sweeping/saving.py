"""Writing a sweep: a folder for each cell, the page, the chart and a table of all scores."""

from __future__ import annotations

import csv
import io
import os
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from .._files import Contents, beside, folder_name, make_folder, printable, saying_what_failed, write_whole
from .._record import to_json
from ..errors import ParameterError
from ..frontends import MelFrontend
from ..pipeline.publishing import Form, Published
from ..pipeline.records import ClipEntry, CustomVocoder, describe_clip, to_bytes, versions, vocoder_record
from ..pipeline.saving import audition_files, draw_record, top_db_of
from ..vocoders.names import AnyVocoder
from .records import CellEntry, SweepRecord, is_sweep
from .running import Cell, Sweep
from .showing import chart_png, write_page

__all__ = ["check_free", "save_sweep"]


def save_sweep(sweep: Sweep, out: Path, *, overwrite: bool = False, form: Form | None = None) -> Published:
    """Write a sweep so that its folder appears whole; see `Sweep.save`."""
    check_free(out, overwrite=overwrite)
    make_folder(out.parent)
    partial = beside(out)
    with saying_what_failed(out):
        try:
            partial.mkdir()
            record = _write_cells(sweep, partial)
            write_whole(partial / "sweep.json", (to_json(record) + "\n").encode())
            write_whole(partial / "scores.csv", _table(sweep).encode())
            write_whole(partial / "sweep.png", chart_png(sweep.rows, sweep.axes))
            page = write_page(partial, form=form)
            if is_sweep(out):
                shutil.rmtree(out)
            elif out.exists():
                out.rmdir()
            os.replace(partial, out)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    return replace(page, path=out / page.path.relative_to(partial))


def check_free(out: Path, *, overwrite: bool) -> None:
    """See that a sweep can go to a folder, before any work is done.

    Raises
    ------
    ParameterError
        When it is a file, or holds something that ``overwrite`` does not replace: only a sweep is replaced.
    """
    name = printable(out)
    if os.path.lexists(out) and not out.is_dir():
        raise ParameterError(f"-o {name}: is a file; choose a folder that is new or empty")
    if not out.is_dir() or not any(out.iterdir()):
        return
    if not is_sweep(out):
        raise ParameterError(f"-o {name}: the folder holds something else than a sweep; choose another")
    if not overwrite:
        raise ParameterError(f"-o {name}: holds a sweep; choose another, or replace it with --overwrite")


def _write_cells(sweep: Sweep, out: Path) -> SweepRecord:
    taken = {"sweep.html", "sweep.json", "sweep.png", "scores.csv", "sweep"}
    references: dict[tuple[MelFrontend, AnyVocoder | CustomVocoder], str] = {}
    entries = []
    top_db = max(top_db_of(cell.heard) for cell in sweep.cells)
    for cell in sweep.cells:
        key = cell.heard.frontend, vocoder_record(cell.heard.vocoder)
        files = audition_files(cell.heard, figures=False, top_db=top_db)
        both = {name: data for name, data in files.items() if name.startswith(("original.", "copy-synthesis."))}
        if key not in references:
            references[key] = folder_name(f"reference-{len(references) + 1}.wav", taken)
            _write(out / references[key], both)
        own = {name: data for name, data in files.items() if name not in both}
        own |= {f"{one.name}.json": to_bytes(draw_record(cell.heard, one, "mono")) for one in cell.heard.draws}
        folder = folder_name(f"{_label(cell)}.wav", taken)
        _write(out / folder, own)
        draws = tuple(one.name for one in cell.heard.draws)
        values = tuple(cell.values.values())
        on = cell.heard.frontend.name, cell.heard.frontend_reason
        entries.append(CellEntry(values, folder, references[key], draws, *on))
    first = sweep.cells[0].heard
    duration_s = round(first.duration_s, 4)
    clip = ClipEntry(
        sweep.name, entries[0].reference, describe_clip(first.clip), duration_s, first.gain, first.badges, ()
    )
    return SweepRecord(sweep.run, sweep.axes, clip, tuple(entries), versions())


def _label(cell: Cell) -> str:
    return ", ".join(f"{key}={value}" for key, value in cell.values.items())


def _write(folder: Path, files: Mapping[str, Contents]) -> None:
    folder.mkdir()
    for name, data in files.items():
        write_whole(folder / name, data)


def _table(sweep: Sweep) -> str:
    names = list(dict.fromkeys(key for row in sweep.rows for key in row))
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(sweep.rows)
    return text.getvalue()
