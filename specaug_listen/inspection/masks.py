"""Masks among the cells that changed: whole bins, whole frames, and boxes among the rest."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..augment import FillLevel
from ..augment.fills import is_silent
from ..frontends import MelSpectrogram
from .change import FillFound, Kind

__all__ = ["Box", "Explanation", "PlainCells", "describe_fill", "explain", "find_boxes", "plain_values"]

Real = npt.NDArray[np.float32]
Cells = npt.NDArray[np.bool_]
# Share of a mask's cells that may keep their value by coincidence; two, if there are at least _MANY.
_UNCHANGED = 0.02
_MANY = 20
_LEAST_IN_BOX = 0.9
_LEAST_CELLS = 4
_LEAST_CHANGED = 0.4


class Box(NamedTuple):
    """Bins and frames of a rectangle."""

    start_bin: int
    n_bins: int
    start_frame: int
    n_frames: int

    @property
    def cells(self) -> tuple[slice, slice]:
        """Its indices in an array of cells."""
        return (
            slice(self.start_bin, self.start_bin + self.n_bins),
            slice(self.start_frame, self.start_frame + self.n_frames),
        )


class PlainCells(NamedTuple):
    """Cells that a frequency or a time mask may have left unchanged, and cells at the floor or the minimum."""

    in_bins: Cells
    in_frames: Cells
    low: Cells


class Explanation(NamedTuple):
    """The masks that contain the cells that changed.

    Parameters
    ----------
    bins : np.ndarray [shape=(n_mels,)]
    frames : np.ndarray [shape=(n_frames,)]
    boxes : list of Box
    rest : np.ndarray [shape=(n_mels, n_frames)]
        Changed cells outside of all masks.
    """

    bins: Cells
    frames: Cells
    boxes: list[Box]
    rest: Cells


def explain(changed: Cells, may_be: PlainCells) -> Explanation:
    """Find the bins, frames and boxes with the cells that changed, shape (n_mels, n_frames).

    ``may_be`` are cells that may be masked although they did not change.
    """
    in_bin, in_frame = changed | may_be.in_bins, changed | may_be.in_frames
    frames = _full(in_frame.T, changed.T, may_be.low.T)
    bins = _full(in_bin[:, ~frames], changed[:, ~frames], may_be.low[:, ~frames])
    # Masked bins are part of every frame, so frames are judged by the other bins.
    frames = _full(in_frame[~bins].T, changed[~bins].T, may_be.low[~bins].T)
    rest = changed & ~bins[:, None] & ~frames[None, :]
    boxes = find_boxes(rest, in_bin & in_frame, _LEAST_CELLS, _LEAST_IN_BOX) if rest.any() else []
    for box in boxes:
        rest[box.cells] = False
    return Explanation(bins, frames, boxes, rest)


def _full(held: Cells, changed: Cells, low: Cells) -> Cells:
    """Return which rows are masked, and not merely had low values before."""
    n = held.shape[1]
    if n == 0:
        return np.zeros(len(held), dtype=bool)
    forgiven = max(_UNCHANGED * n, 2 if n >= _MANY else 0)
    # In silence all cells are low already: a few changed cells are a mask only if they are low, too.
    is_mask = (changed.mean(axis=1) >= _LEAST_CHANGED) | ~(changed & ~low).any(axis=1)
    full: Cells = ((~held).sum(axis=1) <= forgiven) & changed.any(axis=1) & is_mask
    return full


def find_boxes(cells: Cells, held: Cells, least_cells: int, least_share: float) -> list[Box]:
    """List the bounding boxes of connected cells, shape (n_mels, n_frames).

    A box needs ``least_cells`` cells, and ``least_share`` of them in ``held``, which are ``cells`` and others that may
    be masked.
    """
    from scipy import ndimage

    labels, _ = ndimage.label(cells)
    boxes = []
    for bins, frames in ndimage.find_objects(labels):
        box = Box(bins.start, bins.stop - bins.start, frames.start, frames.stop - frames.start)
        if box.n_bins * box.n_frames >= least_cells and held[bins, frames].mean() >= least_share:
            boxes.append(box)
    return boxes


def plain_values(after: MelSpectrogram, before: MelSpectrogram, changed: Cells) -> PlainCells:
    """Find cells with values that are typical of fills: the floor, the minimum, and values of many changed cells."""
    floor = before.frontend.floor_value(before.cell_statistics.largest, before.statistics)
    low: Cells = (after.values == floor) | (after.values == np.float32(before.cell_statistics.least))
    values, counts = np.unique(after.values[changed], return_counts=True)
    frequent = values[counts >= max(4, min(after.n_mels, after.n_frames) // 4)]
    held = low | np.isin(after.values, frequent)
    # If a frame is constant, its mean is the same value, and filling it with the mean changes nothing.
    still_frames = np.ptp(before.values, axis=0, keepdims=True) == 0
    still_bins = np.ptp(before.values, axis=1, keepdims=True) == 0
    return PlainCells(held | still_frames, held | still_bins, low)


def describe_fill(cells: tuple[slice, slice], alone: Cells, before: MelSpectrogram, after: MelSpectrogram) -> FillFound:
    """Return the fill of a mask.

    ``cells`` are its indices, ``alone`` (shape (n_mels, n_frames)) cells in no other mask; if a mask has none, all of
    its cells are used. ``before`` is warped like ``after``.
    """
    region = after.values[cells]
    mine = alone[cells]
    if not mine.any():
        mine = np.ones_like(mine)
    level = _level(region[mine], mine, cells, before)
    values = region[mine]
    if float(np.ptp(values)) <= 1e-6 * max(1.0, float(np.abs(values).max())):
        return FillFound(_one_value(values, mine, cells, before), float(values[0]), level)
    own = np.where(mine, region, np.nan).astype(np.float64)
    floor = before.frontend.floor_value(before.cell_statistics.largest, before.statistics)[cells[0]]
    if np.array_equal(region[mine], np.broadcast_to(floor, region.shape)[mine]):
        return FillFound("floor", None, level)
    if _is_flat(own, axis=1):
        return FillFound("band_mean", None, level)
    if _is_flat(own, axis=0):
        return FillFound("frame_mean", None, level)
    is_span = region.shape[0] == before.n_mels
    return FillFound("copied" if is_span and _is_copied(region, mine, before) else "noise", None, level)


def _one_value(values: Real, mine: Cells, cells: tuple[slice, slice], before: MelSpectrogram) -> Kind:
    value, deviation = float(values[0]), float(before.cell_statistics.std) or 1.0
    floor = before.frontend.floor_value(before.cell_statistics.largest, before.statistics)[cells[0]]
    if abs(value - before.cell_statistics.mean) <= 1e-4 * deviation:
        return "mean"
    # If the clip reaches its floor, its minimum is the floor.
    if np.array_equal(values, np.broadcast_to(floor, mine.shape)[mine]):
        return "floor"
    if value == np.float32(before.cell_statistics.least):
        return "min"
    if value == 0:
        return "zero"
    if np.ptp(before.values[cells[0]].mean(axis=1)) == 0 or mine.shape[0] == 1:
        mean = float(before.values[cells[0]].mean(dtype=np.float64))
        if abs(value - mean) <= 1e-4 * deviation:
            return "band_mean"
    return "constant"


def _is_flat(values: npt.NDArray[np.float64], axis: int) -> bool:
    """Whether each line along an axis has one value; there must be lines of several cells."""
    counts = (~np.isnan(values)).sum(axis=axis)
    if counts.max() < 2:
        return False
    lines = values[counts > 0] if axis == 1 else values[:, counts > 0]
    width = np.nanmax(lines, axis=axis) - np.nanmin(lines, axis=axis)
    return bool((width <= 1e-5 * np.maximum(1.0, np.nanmax(np.abs(lines), axis=axis))).all())


def _is_copied(region: Real, mine: Cells, before: MelSpectrogram) -> bool:
    """Whether each frame of a region is a copy of a frame of the clip."""
    bins = mine.all(axis=1)
    if not bins.any():
        return False
    frames = {frame.tobytes() for frame in np.ascontiguousarray(before.values[bins].T)}
    return all(frame.tobytes() in frames for frame in np.ascontiguousarray(region[bins].T))


def _level(values: Real, mine: Cells, cells: tuple[slice, slice], before: MelSpectrogram) -> FillLevel | None:
    if is_silent(before):
        return None
    block = np.where(mine, 0.0, before.values[cells]).astype(np.float32)
    block[mine] = values
    whole = before.values.copy()
    whole[cells] = block
    power = before.with_values(whole).power[cells][mine]
    return FillLevel.of(float(power.mean(dtype=np.float64)), before)
