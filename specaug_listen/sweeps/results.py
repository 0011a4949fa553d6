"""`Sweep`: the rendered cells of a sweep, and writing them, with a page, a chart and a table of all scores."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from .._files import as_path, io_errors, write_files
from .._records import to_json
from ..auditions import Audition, Configuration
from ..auditions.records import ClipEntry, CustomVocoder, describe_clip, to_bytes, versions, vocoder_record
from ..auditions.save import audition_files, draw_record, top_db_of
from ..frameworks.frontend_choice import FrontendChoice
from ..frontends import MelFrontend
from ..outputs.output import Output
from ..outputs.result_names import DEFAULT_BUDGET_MB, check_page, folder_name, page_names
from ..reports.page_writing import PageOptions, WrittenPage
from ..reports.rerun_text import is_on_own_frontends
from ..vocoders.registry import AnyVocoder
from .axes import Axis, Value
from .page import chart_png, write_sweep_page_into
from .records import CellEntry, SweepRecord

__all__ = ["Cell", "Sweep", "output_of_sweep", "save_sweep"]

_OWN = ("sweep.html", "sweep.json", "sweep.png", "scores.csv")
_MAX_REPR_LENGTH = 200


@dataclass(frozen=True, eq=False)
class Cell:
    """One combination of values and its audition.

    Parameters
    ----------
    values : mapping from key to value
    audition : Audition
    """

    values: Mapping[str, Value]
    audition: Audition

    def __repr__(self) -> str:
        return f"Cell({', '.join(f'{key}={value}' for key, value in self.values.items()):.120}: {self.audition!r})"


@dataclass(frozen=True, eq=False)
class Sweep:
    """One clip under many settings.

    Parameters
    ----------
    axes : tuple of Axis
    cells : tuple of Cell
        In order of the values; the last axis varies fastest.
    run : Configuration
        All that is not varied.

    Examples
    --------
    >>> import numpy as np, specaug_listen as sl
    >>> tone = sl.Audio(np.sin(np.arange(16000) * 0.2) / 2, 16000)
    >>> sheet = sl.sweep(tone, vary={"time_mask.max_frames": [10, 40]}, policy="SM", rng=0)
    >>> [row["time_mask.max_frames"] for row in sheet.rows]
    [10, 40]
    """

    axes: tuple[Axis, ...]
    cells: tuple[Cell, ...] = field(repr=False)
    run: Configuration = field(repr=False)

    @property
    def name(self) -> str:
        """Name of the clip."""
        return self.cells[0].audition.name

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """One row per draw and cell: the values, the front-end if cells differ in it, and the scores."""
        return [
            {**cell.values, **({"frontend": cell.audition.frontend.name} if self.frontends else {}), **row}
            for cell in self.cells
            for row in cell.audition.scores
        ]

    @cached_property
    def frontends(self) -> tuple[tuple[Mapping[str, Value], FrontendChoice], ...]:
        """Values and front-ends of the policies or frameworks, if these are varied and each has its own front-end."""
        by_values: dict[tuple[Value, ...], tuple[Mapping[str, Value], FrontendChoice]] = {}
        keys = [axis.key for axis in self.axes if axis.key in ("policy", "framework")]
        if not is_on_own_frontends(self.run, keys):
            return ()
        for cell in self.cells:
            values = {key: cell.values[key] for key in keys}
            choice = FrontendChoice(cell.audition.frontend, cell.audition.frontend_reason)
            by_values.setdefault(tuple(values.values()), (values, choice))
        return tuple(by_values.values())

    def save(
        self,
        out: str | os.PathLike[str],
        *,
        overwrite: bool = False,
        budget_mb: float = DEFAULT_BUDGET_MB,
        flac: bool = False,
        paths: bool = False,
    ) -> Path:
        """Write sounds, mels and records of all cells, the page and the chart.

        Parameters
        ----------
        out : str or path-like
            A new or empty folder, unless ``overwrite``.
        overwrite : bool
            Replace an earlier sweep; other files stay.
        budget_mb : float > 0 [MB]
            A larger page becomes a folder.
        flac : bool
            Sounds of the page as FLAC.
        paths : bool
            Show whole paths in the page.

        Returns
        -------
        Path
            Of the page, ``sweep.html``.

        Raises
        ------
        ParameterError
            When something is in the way that must not be replaced.
        OutputError
            When it cannot be written.
        """
        form = PageOptions(budget_mb=budget_mb, flac=flac, paths=paths)
        source = self.cells[0].audition.clip.source
        output = output_of_sweep(as_path(out), overwrite=overwrite, inputs=[] if source is None else [source.path])
        return save_sweep(self, output, form=form).path

    def __repr__(self) -> str:
        return f"<{self}>" if len(str(self)) <= _MAX_REPR_LENGTH else f"<{str(self)[:_MAX_REPR_LENGTH]}...>"

    def __str__(self) -> str:
        keys = ", ".join(f"{axis.key} ({len(axis.values)})" for axis in self.axes)
        own = "; each on its policy's own front-end" if self.frontends else ""
        return f"Sweep of {self.name!r} over {keys}: {len(self.cells)} cells, {self.run.draws} of each{own}"


def output_of_sweep(out: Path, *, overwrite: bool = False, inputs: Iterable[str | os.PathLike[str]] = ()) -> Output:
    """Open the folder of a sweep, checked before any work.

    Raise a ParameterError if it is a file, holds something that must not be replaced, or holds results and
    ``overwrite`` is false.
    """
    output = Output(out, "sweep", overwrite=overwrite, inputs=inputs)
    output.check_folder()
    check_page(output, "sweep.html")
    output.check(_OWN, also=[*output.own_files.by("sweep"), *page_names(out / "sweep.html", output.own_files)])
    return output


def save_sweep(sweep: Sweep, output: Output, *, form: PageOptions | None = None) -> WrittenPage:
    """Write a sweep; see `Sweep.save`."""
    with output.alone(), output.scratch() as scratch:
        used_names = {"sweep", *_OWN} | {name.casefold() for name in os.listdir(output.folder) if output.is_taken(name)}
        with io_errors(output.out):
            record = _write_cells(sweep, scratch, used_names)
            files = {
                "sweep.json": (to_json(record) + "\n").encode(),
                "scores.csv": _table(sweep).encode(),
                "sweep.png": chart_png(sweep.rows, sweep.axes),
            }
            write_files(scratch, files)
            page = write_sweep_page_into(scratch, PageOptions() if form is None else form)
        earlier = [*output.own_files.by("sweep"), *page_names(scratch / "sweep.html", output.own_files)]
        output.publish(scratch, last=["sweep.html", "sweep/index.html", "sweep.json"])
        output.remove(earlier)
    return replace(page, path=output.out / page.path.relative_to(scratch))


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
