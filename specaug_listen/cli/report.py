"""The command `report`: write the page of one or several folders of results."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .._defaults import DEFAULT_BUDGET_MB
from .console import complain, tell_of_page
from .options import (
    BudgetOption,
    CompareOption,
    FlacOption,
    LengthsOption,
    NoteOption,
    OpenOption,
    OverwriteOption,
    PathsOption,
    PdfOption,
    TitleOption,
    page_options,
)

__all__ = ["run_report"]


FoldersArgument = Annotated[
    list[Path],
    typer.Argument(
        help="Folder that 'audition' or 'sweep' wrote; several of 'audition' are compared on one page.",
        metavar="OUT...",
        readable=False,
    ),
]
OutOption = Annotated[
    Path | None,
    typer.Option(
        "-o", "--out", help="File for the page (default: the page of the first OUT).", metavar="PAGE", readable=False
    ),
]


def run_report(
    folders: FoldersArgument,
    out: OutOption = None,
    split: Annotated[
        bool, typer.Option("--split", help="Write a folder with audio/ and img/ instead of one file.")
    ] = False,
    budget: BudgetOption = DEFAULT_BUDGET_MB,
    flac: FlacOption = None,
    pdf: PdfOption = False,
    paths_shown: PathsOption = False,
    title: TitleOption = "",
    note: NoteOption = "",
    compare: CompareOption = None,
    lengths: LengthsOption = None,
    open_it: OpenOption = False,
    overwrite: OverwriteOption = False,
) -> None:
    """Write the page of a run again, or one page of several runs, without rendering anything."""
    from .._files import printable
    from ..errors import ParameterError
    from ..outputs.locks import reading
    from ..reports.report import publish_report
    from ..sweeps.page import write_page
    from ..sweeps.records import is_sweep

    form = page_options(budget, flac, paths_shown, pdf, title, note, compare, lengths, split=split)
    # The lock makes sure that no run is writing while the folders are inspected.
    with reading(folders, folders[0] if out is None else out.parent):
        sweeps = [folder for folder in folders if is_sweep(folder)]
        if sweeps and len(folders) > 1:
            raise ParameterError(f"{printable(sweeps[0])}: holds a sweep, which has a page of its own; give it alone")
        if sweeps:
            page = write_page(sweeps[0], out, form, overwrite=overwrite)
        else:
            page = publish_report(folders, out, form, overwrite=overwrite)
    for notice in page.notices:
        complain(notice.text, "note")
    tell_of_page(page, open_it=open_it)
