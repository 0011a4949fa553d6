"""`SweepRecord`: the contents of ``sweep.json``, and a check that draws belong to it."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from .._files import as_path
from .._records import read_record_file, record
from .._version import __version__
from ..auditions import Configuration, DrawRecord
from ..auditions.folder_checks import check_of_run
from ..auditions.record_checks import check_draws, check_once
from ..auditions.records import ClipEntry, DrawName, PlainName, Versions
from ..errors import ParameterError, PolicyError
from ..frameworks.frontend_choice import FrontendReason
from .axes import Axis, Value, differing_part

__all__ = ["CellEntry", "SweepRecord", "check_of_cell", "is_sweep", "read_sweep", "typed_values"]

_MAX_BYTES = 1 << 26


@record
class CellEntry:
    """One cell: its values in the order of the axes, its folder, and the folder of its original and copy-synthesis.

    ``frontend`` is the name of its front-end, ``frontend_reason`` the reason for it; see
    `specaug_listen.frameworks.FrontendChoice`. ``clip`` is the index of its clip in `SweepRecord.clips`.
    """

    values: Annotated[tuple[Value, ...], Field(strict=False)]
    folder: PlainName
    reference: PlainName
    draws: Annotated[tuple[DrawName, ...], Field(strict=False, min_length=1, max_length=1000)]
    frontend: str = ""
    frontend_reason: FrontendReason | None = None
    clip: Annotated[int, Field(ge=0)] = 0


@record
class SweepRecord:
    """The contents of ``sweep.json``; sweeps of several clips have ``more_clips``, too."""

    configuration: Configuration
    axes: Annotated[tuple[Axis, ...], Field(strict=False, min_length=1)]
    clip: ClipEntry
    cells: Annotated[tuple[CellEntry, ...], Field(strict=False, min_length=1, max_length=1000)]
    versions: Versions
    more_clips: Annotated[tuple[ClipEntry, ...], Field(strict=False, max_length=999)] = ()
    format: Literal["specaug-listen sweep 1"] = "specaug-listen sweep 1"

    @property
    def clips(self) -> tuple[ClipEntry, ...]:
        """All clips."""
        return (self.clip, *self.more_clips)

    def cells_of(self, clip: int) -> tuple[CellEntry, ...]:
        """Return the cells of a clip, by its index."""
        return tuple(cell for cell in self.cells if cell.clip == clip)

    def __post_init__(self) -> None:
        """Check that there is exactly one cell, with its own folder, for each clip and combination of values."""
        check_once("axes.key", (axis.key for axis in self.axes))
        check_once("clips.name", (clip.name for clip in self.clips))
        check_once("clips.folder", (clip.folder for clip in self.clips))
        check_once("cells.folder", (cell.folder for cell in self.cells))
        values_of_axes = [{_of_type(value) for value in axis.values} for axis in self.axes]
        values_so_far: set[tuple[Any, ...]] = set()
        clips_of_references: dict[str, int] = {}
        for i, cell in enumerate(self.cells):
            self._check_cell(i, cell, values_of_axes)
            values = (cell.clip, *typed_values(cell.values))
            if values in values_so_far:
                raise ParameterError(f"cells[{i}].values={cell.values!r:.80}: repeated; allowed is each cell once")
            values_so_far.add(values)
            if clips_of_references.setdefault(cell.reference.casefold(), cell.clip) != cell.clip:
                raise ParameterError(
                    f"cells[{i}].reference={cell.reference!r:.80}: is that of another clip, too; allowed is one clip"
                )
        n_cells = len(self.clips) * math.prod(map(len, values_of_axes))
        if len(values_so_far) != n_cells:
            of_clips = " and clip" if self.more_clips else ""
            raise ParameterError(
                f"{len(values_so_far)} cells: allowed is one for each combination of the axes' values{of_clips}, "
                f"{n_cells}"
            )

    def _check_cell(self, i: int, cell: CellEntry, values_of_axes: list[set[tuple[bool, Value]]]) -> None:
        """Raise a ParameterError unless a cell has the draws of the run, a clip, and a value of each axis."""
        check_once(f"cells[{i}].draws", cell.draws)
        check_draws(f"cells[{i}]", cell.draws, self.configuration.draws)
        if cell.clip >= len(self.clips):
            raise ParameterError(
                f"cells[{i}].clip={cell.clip}: allowed is the index of a clip, below {len(self.clips)}"
            )
        values = typed_values(cell.values)
        if len(values) != len(values_of_axes) or not all(
            value in axis for value, axis in zip(values, values_of_axes, strict=True)
        ):
            keys = ", ".join(axis.key for axis in self.axes)
            raise ParameterError(
                f"cells[{i}].values={cell.values!r:.80}: allowed is one value per axis, in order ({keys:.200})"
            )


def typed_values(values: Iterable[Value]) -> tuple[tuple[bool, Value], ...]:
    """Return values as a key, which distinguishes 1 from true, as axes do."""
    return tuple(map(_of_type, values))


def _of_type(value: Value) -> tuple[bool, Value]:
    """Return a key that differs for 1 and true, which Python treats as equal; an axis may have both."""
    return isinstance(value, bool), value


def is_sweep(folder: str | os.PathLike[str]) -> bool:
    """Whether a folder holds a sweep."""
    return (Path(folder) / "sweep.json").is_file()


def read_sweep(folder: str | os.PathLike[str]) -> SweepRecord:
    """Read ``sweep.json``.

    Raises a PolicyError if it cannot be read; the message names the file, the key, the value and what is allowed.
    """
    path = as_path(folder) / "sweep.json"
    expected = "the index of a sweep's folder"
    return read_record_file(SweepRecord, path, expected, _MAX_BYTES, inside=folder)


def check_of_cell(draw: DrawRecord, path: str, sweep: SweepRecord, cell: CellEntry) -> None:
    """Raise a PolicyError if the record of a draw (``path`` in messages) belongs to another sweep or another cell."""
    check_of_run(draw, path, sweep.clips[cell.clip], sweep.configuration, versions=sweep.versions, is_varied=True)
    run, values = sweep.configuration, dict(zip((axis.key for axis in sweep.axes), cell.values, strict=True))
    run_of_draw = replace(run, policy=draw.policy, frontend=draw.frontend, vocoder=draw.vocoder)
    is_same_version = sweep.versions.get("specaug-listen") == __version__
    part = differing_part(run, values, run_of_draw, is_same_version=is_same_version)
    if part is None and cell.frontend not in ("", draw.frontend.name):
        part = "front-end"
    if part is not None:
        raise PolicyError(
            f"{path}: belongs to another cell than the index says ({part:.80} differs); restore the folders as the "
            "sweep wrote them, or run the sweep again"
        )
