"""The draws in the cells of a saved sweep, and the means of their scores."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..auditions.clip_files import FolderFiles
from ..auditions.folder_checks import read_draw
from ..auditions.records import DrawRecord
from ..augment.parameters import LETTERS
from ..reports.strength import Spread
from .axes import Axis, Value, value_text
from .records import CellEntry, SweepRecord, check_of_cell

__all__ = ["CellDraws", "head_of", "key_in_words", "read_cells", "scores_of", "short_key", "spread_of"]

# The mean of the draws, because the longest of a cell would grow with their number.
_TYPICAL = ("masked_time_ratio", "masked_frequency_ratio", "masked_area_ratio", "longest_gap_ms", "log_mel_rmse_db")


@dataclass(frozen=True)
class CellDraws:
    """A cell and the records of its draws.

    Parameters
    ----------
    number : int
        Its index in the sweep's record.
    entry : CellEntry
    values : mapping from key to value
    draws : tuple of DrawRecord
    """

    number: int
    entry: CellEntry
    values: Mapping[str, Value]
    draws: tuple[DrawRecord, ...] = field(repr=False)

    @property
    def id(self) -> str:
        """The beginning of the ids of its elements in the page."""
        return f"cell-{self.number}"


def read_cells(record: SweepRecord, folder: Path) -> tuple[CellDraws, ...]:
    """Read the records of all draws; raise a PolicyError for one that is missing, or of another sweep or cell."""
    keys = [axis.key for axis in record.axes]
    cells = []
    for number, entry in enumerate(record.cells):
        files = FolderFiles(folder, entry.folder, folder)
        draws = []
        for name in entry.draws:
            draw = read_draw(files, name)
            check_of_cell(draw, files.path_text(f"{name}.json"), record, entry)
            draws.append(draw)
        cells.append(CellDraws(number, entry, dict(zip(keys, entry.values, strict=True)), tuple(draws)))
    return tuple(cells)


def scores_of(cells: Iterable[CellDraws], key: str) -> list[float]:
    """Return a score of all draws in cells; draws without it count as 0 where that means "not changed"."""
    scores = [draw.scores.get(key) for cell in cells for draw in cell.draws]
    return [score or 0.0 for score in scores if score is not None or key in _TYPICAL]


def spread_of(cells: Iterable[CellDraws], key: str) -> Spread | None:
    """Return the spread of a score over all draws in cells; None if no draw has it."""
    scores = scores_of(cells, key)
    return Spread.of(scores) if scores else None


def short_key(key: str) -> str:
    """Return the last part of a key.

    Examples
    --------
    >>> short_key("time_mask.max_frames")
    'max_frames'
    """
    return key.rpartition(".")[2]


def key_in_words(key: str) -> str:
    """Return a key; one of the paper's letters with its meaning and unit.

    Examples
    --------
    >>> key_in_words("T"), key_in_words("time_mask.max_frames")
    ('T (widest time mask, frames)', 'time_mask.max_frames')
    """
    return f"{key} ({LETTERS[key]})" if key in LETTERS else key


def head_of(axis: Axis, value: Value, text: Callable[[Any], str] = value_text) -> str:
    """Return a value with the last part of its key; the whole key is above the table.

    Examples
    --------
    >>> head_of(Axis("time_mask.max_frames", (10,)), 10)
    'max_frames 10'
    """
    return f"{short_key(axis.key)} {text(value)}"
