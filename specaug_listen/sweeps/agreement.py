"""Draws and the index of a sweep belong together: each draw is of the cell that lists it."""

from __future__ import annotations

from dataclasses import replace

from ..auditions import DrawRecord
from ..auditions.integrity import check_of_run
from ..errors import PolicyError
from .axes import differing_key
from .records import CellEntry, SweepRecord

__all__ = ["check_of_cell"]


def check_of_cell(draw: DrawRecord, path: str, sweep: SweepRecord, cell: CellEntry) -> None:
    """See that the record of a draw that a sweep lists is of that sweep, and of that cell.

    Parameters
    ----------
    draw : DrawRecord
    path : str
        What a message calls it.
    sweep : SweepRecord
    cell : CellEntry

    Raises
    ------
    PolicyError
        One line that names the file, and what differs.
    """
    check_of_run(draw, path, sweep.clip, sweep.configuration, versions=sweep.versions, is_varied=True)
    run_of_draw = replace(sweep.configuration, policy=draw.policy, frontend=draw.frontend, vocoder=draw.vocoder)
    key = differing_key(run_of_draw, dict(zip((axis.key for axis in sweep.axes), cell.values, strict=True)))
    if key is None and cell.frontend not in ("", draw.frontend.name):
        key = "frontend"
    if key is not None:
        raise PolicyError(
            f"{path}: is from another cell than the index says ({key:.80} differs); take the folders as the sweep "
            "wrote them, or run the sweep again"
        )
