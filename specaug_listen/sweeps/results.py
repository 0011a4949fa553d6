"""`Sweep`: the rendered cells of a sweep, and writing them, with a page, a chart and a table of all scores."""

from __future__ import annotations

import csv
import io
import itertools
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

from .._defaults import DEFAULT_BUDGET_MB
from .._files import as_path, io_errors, write_files
from .._records import to_json
from ..auditions import Audition, Configuration
from ..auditions.records import ClipEntry, CustomVocoder, describe_clip, to_bytes, versions, vocoder_record
from ..auditions.save import audition_files, draw_record, top_db_of
from ..frameworks.frontend_choice import FrontendChoice
from ..frameworks.policies import PolicySource, get_policy
from ..frontends import MelFrontend
from ..outputs.output import Output
from ..outputs.result_names import check_page, folder_name, page_names
from ..reports.page_writing import PageOptions, WrittenPage
from ..reports.pdf import publish_pdf
from ..reports.rerun_text import is_on_own_frontends
from ..vocoders.registry import AnyVocoder
from .axes import Axis, Value, value_text
from .page import chart_png, write_sweep_page_into
from .records import CellEntry, SweepRecord

__all__ = ["Cell", "Sweep", "output_of_sweep", "save_sweep"]

_OWN = ("sweep.html", "sweep.json", "sweep.png", "scores.csv")
_MAX_REPR_LENGTH = 200
# Characters of a cell's folder.
_MAX_NAME_LENGTH = 80
_ReferenceKey: TypeAlias = tuple[MelFrontend, AnyVocoder | CustomVocoder]


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
    """One clip, or several, under many settings.

    Parameters
    ----------
    axes : tuple of Axis
    cells : tuple of Cell
        Clip by clip, in order of the values; the last axis varies fastest.
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
        """Name of the clip, or how many there are."""
        names = list(self.by_clip)
        return repr(names[0]) if len(names) == 1 else f"{len(names)} clips"

    @cached_property
    def by_clip(self) -> dict[str, tuple[Cell, ...]]:
        """The cells of each clip, by its name."""
        names = dict.fromkeys(cell.audition.name for cell in self.cells)
        return {name: tuple(cell for cell in self.cells if cell.audition.name == name) for name in names}

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """One row per draw and cell: the clip, the values, the front-end if cells differ in it, and the scores."""
        return [
            {
                "clip": cell.audition.name,
                **cell.values,
                **({"frontend": cell.audition.frontend.name} if self.frontends else {}),
                **row,
            }
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
        flac: bool | None = None,
        paths: bool = False,
        pdf: bool = False,
        title: str = "",
        note: str = "",
        compare: PolicySource | Sequence[PolicySource] = (),
        lengths_s: tuple[float, ...] | list[float] = (),
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
        flac : bool or None
            Sounds of the page as FLAC; None only if it then fits into one file, and with WAV does not.
        paths : bool
            Show whole paths in the page.
        pdf : bool
            Print the page as PDF, too.
        title, note, compare, lengths_s
            As for `specaug_listen.write_report`.

        Returns
        -------
        Path
            Of the page, ``sweep.html``.

        Raises
        ------
        ParameterError
            When something is in the way that must not be replaced; for an invalid title, note, policy or length.
        OutputError
            When it cannot be written.
        """
        sources = list(compare) if isinstance(compare, (list, tuple)) else [compare]
        policies = tuple(get_policy(source) for source in sources)  # type: ignore[arg-type]
        lengths = tuple(lengths_s) if isinstance(lengths_s, list) else lengths_s
        form = PageOptions(False, budget_mb, flac, paths, pdf, title, note, policies, lengths)
        files = [cells[0].audition.clip.source for cells in self.by_clip.values()]
        paths_of_clips = [file.path for file in files if file is not None]
        output = output_of_sweep(as_path(out), overwrite=overwrite, inputs=paths_of_clips)
        return save_sweep(self, output, form=form).path

    def __repr__(self) -> str:
        return f"<{self}>" if len(str(self)) <= _MAX_REPR_LENGTH else f"<{str(self)[:_MAX_REPR_LENGTH]}...>"

    def __str__(self) -> str:
        keys = ", ".join(f"{axis.key} ({len(axis.values)})" for axis in self.axes)
        own = "; each on its policy's own front-end" if self.frontends else ""
        return f"Sweep of {self.name} over {keys}: {len(self.cells)} cells, {self.run.draws} of each{own}"


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
        page = replace(page, path=output.out / page.path.relative_to(scratch))
        return replace(page, pdf=publish_pdf(output, page.path, "sweep.pdf")) if page.form.pdf else page


def _write_cells(sweep: Sweep, out: Path, used_names: set[str]) -> SweepRecord:
    entries: list[CellEntry] = []
    clips: list[ClipEntry] = []
    numbers = itertools.count(1)
    for number, (name, cells) in enumerate(sweep.by_clip.items()):
        # All mels of a clip are on one scale. Cells share the original's mel and the copy-synthesis.
        firsts = {_reference_key(cell): i for i, cell in reversed(list(enumerate(cells)))}
        top_db = max(top_db_of(cell.audition, references=i in firsts.values()) for i, cell in enumerate(cells))
        writer = _CellWriter(out, used_names, number, name if len(sweep.by_clip) > 1 else "", top_db)
        width = len(str(len(sweep.cells)))
        entries_of_clip = [writer.write(cell, f"{next(numbers):0{max(2, width)}}") for cell in cells]
        first = cells[0].audition
        duration_s = round(first.duration_s, 4)
        folder = entries_of_clip[0].reference
        clips.append(ClipEntry(name, folder, describe_clip(first.clip), duration_s, first.gain, first.badges, ()))
        entries += entries_of_clip
    return SweepRecord(sweep.run, sweep.axes, clips[0], tuple(entries), versions(), tuple(clips[1:]))


def _reference_key(cell: Cell) -> _ReferenceKey:
    """Return what determines the original's mel and the copy-synthesis of a clip."""
    return cell.audition.frontend, vocoder_record(cell.audition.vocoder)


class _CellWriter:
    """Writes the cells of a clip, each into its own folder; ``name`` is the clip's if there are several."""

    def __init__(self, out: Path, used_names: set[str], clip: int, name: str, top_db: float) -> None:
        self._out, self._used_names, self._clip, self._name, self._top_db = out, used_names, clip, name, top_db
        self._references: dict[_ReferenceKey, str] = {}

    def write(self, cell: Cell, number: str) -> CellEntry:
        key = _reference_key(cell)
        is_first = key not in self._references
        files = audition_files(cell.audition, figures=False, references=is_first, top_db=self._top_db)
        both = {name: data for name, data in files.items() if name.startswith(("original.", "copy-synthesis."))}
        if is_first:
            of_clip = f"-{plain_name(self._name)}" if self._name else ""
            name = f"reference{of_clip}-{len(self._references) + 1}"
            self._references[key] = folder_name(f"{name}.wav", self._used_names)
            write_files(self._out / self._references[key], both)
        files_of_cell = {name: data for name, data in files.items() if name not in both}
        files_of_cell |= {
            f"{draw.name}.json": to_bytes(draw_record(cell.audition, draw, "mono")) for draw in cell.audition.draws
        }
        folder = folder_name(f"{cell_name(number, self._name, cell.values)}.wav", self._used_names)
        write_files(self._out / folder, files_of_cell)
        draws = tuple(draw.name for draw in cell.audition.draws)
        on = cell.audition.frontend.name, cell.audition.frontend_reason
        return CellEntry(tuple(cell.values.values()), folder, self._references[key], draws, *on, self._clip)


def cell_name(number: str, clip: str, values: Mapping[str, Value]) -> str:
    """Return the name of a cell's folder, of letters, digits, dots and hyphens.

    Examples
    --------
    >>> cell_name("01", "", {"time_mask.max_frames": 10, "fill": -4.5, "policy": "mine/a b.yaml"})
    '01-max_frames-10-fill-minus4.5-policy-a-b.yaml'
    """
    parts = [number, clip]
    for key, value in values.items():
        is_negative = isinstance(value, (int, float)) and value < 0
        text = value_text(-value if is_negative else value).replace("\\", "/").rpartition("/")[2]  # type: ignore[operator]
        parts += [key.rpartition(".")[2], f"minus{text}" if is_negative else text]
    return "-".join(filter(None, map(plain_name, parts)))[:_MAX_NAME_LENGTH].rstrip("-.")


def plain_name(text: str) -> str:
    """Return a text of letters, digits, dots, hyphens and low lines alone, which no shell needs quoted."""
    return re.sub(r"[^A-Za-z0-9._]+", "-", text).strip("-.")


def _table(sweep: Sweep) -> str:
    names = list(dict.fromkeys(key for row in sweep.rows for key in row))
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(sweep.rows)
    return text.getvalue()
