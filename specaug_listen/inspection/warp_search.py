"""Search for the time warp between two mels: a frame that moved while both ends stayed."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..augment.warp_maps import Interpolation, warp_taps
from ..frontends import FrameInterpolation, MelSpectrogram, linear_interpolation
from .change import Reading

__all__ = ["Knee", "find_reading", "find_warp", "read_linear", "read_warped", "source_frames"]

Real = npt.NDArray[np.float32]
Frames = npt.NDArray[np.float64]
Knees = npt.NDArray[np.intp]
# These limit the time and memory of the search: a coarse comparison uses about 20 bins, any comparison 400 frames.
_BINS_OF_GRID, _FRAMES_COMPARED, _CELLS_AT_ONCE = 20, 400, 1 << 21
# The number of knees from which hill climbing starts, and the largest displacement of the coarse grid in frames.
_STARTS, _MAX_DISPLACEMENT_FRAMES = 5, 120
# The last search tries all knees within 3 frames of the best one.
_FRAMES_AROUND = range(-3, 4)
# Near the best knee, the cost of a cell is capped at this share of the standard deviation.
_CLOSE = 0.1
# An interpolation counts if its best knee predicts this share of the cells more than its median knee does. With the
# second share, no other interpolation is tried.
_PLAIN, _CERTAIN = 0.01, 0.1
# Share of the standard deviation within which a framework's cell counts as predicted.
_NEARLY = 1e-4
_RANGE_DB = 80.0
# The kinds of interpolation that are distinguished, by their names in a `Change`.
_READINGS: dict[Reading, Interpolation] = {
    "linear": "linear",
    "bicubic": "bicubic",
    "bicubic, corners aligned": "bicubic_corners",
    "linear in two pieces": "linear_halves",
}


class Knee(NamedTuple):
    """The moved frame: ``source`` in the mel before, ``target`` in the mel after."""

    target: int
    source: int


def source_frames(knee: Knee | None, n_before: int, n_after: int) -> Frames:
    """Return the frame before that each frame after is read from, shape (n_after,); without a knee, a straight line."""
    targets, sources = [0, n_after - 1], [0, n_before - 1]
    if knee is not None:
        targets.insert(1, knee.target)
        sources.insert(1, knee.source)
    return np.interp(np.arange(n_after), targets, sources)


def read_linear(values: Real, source: Frames) -> Real:
    """Read a mel at fractional frames by linear interpolation, shape (n_mels, n)."""
    return _read(values, linear_interpolation(source, values.shape[1]))


def read_warped(values: Real, knee: Knee, reading: Reading) -> Real:
    """Warp a mel with a framework's kind of interpolation."""
    return _read(values, warp_taps(_READINGS[reading], knee.source, knee.target, values.shape[1]))


def _read(values: Real, frames: FrameInterpolation) -> Real:
    return frames.read(lambda begin, end: values[:, begin:end], 0, len(frames.source))


def find_warp(before: MelSpectrogram, after: MelSpectrogram) -> Knee | None:
    """Find the knee of the two-piece map that explains most; None if the clip is too short or too flat.

    A coarse search of all knees is followed by hill climbing from the best ones. Costs are capped per cell, so masks,
    which no knee explains, count the same for all.
    """
    n = after.n_frames
    a, b = _levels(before), _levels(after)
    usable = _is_lively(a) & _is_lively(b)
    if n < 5 or usable.sum() < 1 or before.n_frames != n:
        return None
    a, b = a[usable], b[usable]
    spread = float(a.std()) or 1.0
    few = slice(None, None, max(1, len(a) // _BINS_OF_GRID))
    starts = _best(a[few], b[few], _grid(n), spread, _STARTS)
    rough = _best(a, b, _climb(a, b, starts, max(2, n // 60), spread), spread, 1)
    # Nearby frames with the same displacement explain nearly as much, so search along that line more closely.
    close = _best(a[few], b[few], _line(Knee(*rough[0]), n), _CLOSE * spread, _STARTS)
    best = _best(a, b, _climb(a, b, close, 2, _CLOSE * spread), _CLOSE * spread, 1)[0]
    return Knee(*(int(k) for k in best))


def _levels(mel: MelSpectrogram) -> Real:
    """Return values in which loud cells do not dominate."""
    if mel.frontend.log is not None:
        return mel.values
    return np.maximum(mel.db, mel.range_db[1] - _RANGE_DB)


def _is_lively(values: Real) -> npt.NDArray[np.bool_]:
    """Return which bins are not constant most of the time."""
    ordered = np.sort(values, axis=1)
    n = values.shape[1]
    lively: npt.NDArray[np.bool_] = ordered[:, n - 1 - n // 20] > ordered[:, n // 20]
    return lively


def _grid(n: int) -> Knees:
    """List knees over the whole clip, coarsely in position and more finely in displacement, which matters more."""
    farthest = max(4, min(n // 2, _MAX_DISPLACEMENT_FRAMES))
    sources = np.arange(1, n - 1, max(2, n // 60))
    moves = np.arange(-farthest, farthest + 1, 2 if n < 300 else 3)
    targets, sources = np.broadcast_arrays(sources + moves[:, None], sources)
    inside = (targets >= 1) & (targets <= n - 2)
    return np.stack([targets[inside], sources[inside]], axis=1)


def _line(knee: Knee, n: int) -> Knees:
    """List knees at all frames with about the displacement of this one."""
    sources = np.arange(1, n - 1, max(1, n // 300))
    moved = knee.target - knee.source
    pairs = np.array([(source + moved + i, source) for i in _FRAMES_AROUND for source in sources])
    return pairs[(pairs[:, 0] >= 1) & (pairs[:, 0] <= n - 2)]


def _best(before: Real, after: Real, knees: Knees, cap: float, n_best: int) -> Knees:
    """Return the knees with the lowest costs; the cost of a cell is at most ``cap``."""
    size = max(1, _CELLS_AT_ONCE // min(after.size, len(after) * _FRAMES_COMPARED))
    costs = [_costs(before, after, knees[i : i + size], cap) for i in range(0, len(knees), size)]
    return knees[np.argsort(np.concatenate(costs), kind="stable")[:n_best]]


def _costs(before: Real, after: Real, knees: Knees, cap: float) -> Frames:
    n = after.shape[1]
    some = slice(None, None, -(-n // _FRAMES_COMPARED))
    sources = np.stack([source_frames(Knee(int(t), int(s)), n, n)[some] for t, s in knees])
    predicted = read_linear(before, sources.ravel()).reshape(len(before), *sources.shape)
    distance = np.minimum(np.abs(predicted - after[:, None, some]), np.float32(cap))
    return np.asarray(distance.mean(axis=(0, 2), dtype=np.float64))


def _climb(before: Real, after: Real, knees: Knees, first_step: int, cap: float) -> Knees:
    """Return the ends of hill climbing from each of these knees."""
    n, ends = after.shape[1], set()
    for knee in knees:
        step = first_step
        while step:
            moves = np.array([(i, j) for i in (0, -step, step) for j in (0, -step, step)])
            best = _best(before, after, np.clip(knee + moves, 1, n - 2), cap, 1)[0]
            if np.array_equal(best, knee):
                step //= 2
            else:
                knee = best
        ends.add((int(knee[0]), int(knee[1])))
    return np.array(sorted(ends))


def find_reading(before: MelSpectrogram, after: MelSpectrogram, knee: Knee) -> tuple[Knee, Reading | None]:
    """Find the nearby knee and the interpolation that predict most cells.

    The interpolation is None if none predicts more cells than the others.
    """
    few = slice(None, None, max(1, before.n_mels // _BINS_OF_GRID))
    a, b = before.values[few], after.values[few]
    knees = _knees_around(knee, before.n_frames)
    best: tuple[float, Knee, Reading] | None = None
    for reading in _READINGS:
        # Our own warp is reproduced bit by bit; frameworks sum in another order.
        limit = 0.0 if reading == "linear" else _NEARLY * float(before.values.std())
        shares = [float((np.abs(read_warped(a, near, reading) - b) <= limit).mean()) for near in knees]
        top = int(np.argmax(shares))
        if shares[top] > float(np.median(shares)) + _PLAIN and (best is None or shares[top] > best[0] + _PLAIN):
            best = shares[top], knees[top], reading
        if reading == "linear" and shares[top] > float(np.median(shares)) + _CERTAIN:
            break
    return (knee, None) if best is None else best[1:]


def _knees_around(knee: Knee, n: int) -> list[Knee]:
    near = np.array([(knee.target + i, knee.source + j) for i in _FRAMES_AROUND for j in _FRAMES_AROUND])
    knees = np.concatenate([[knee], np.clip(near, 1, n - 2), _line(knee, n)])
    return list(dict.fromkeys(Knee(int(t), int(s)) for t, s in knees))
