"""Statistics over all cells of a mel, computed block by block."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..stft import FRAMES_PER_BLOCK

__all__ = ["CellStatistics", "percentiles_of_blocks", "statistics_of_blocks", "statistics_of_values"]

Real = npt.NDArray[np.float32]
Blocks = Callable[[], Iterable[Real]]


class CellStatistics(NamedTuple):
    """Statistics of a mel for fills and normalisation, in the front-end's own scale.

    Parameters
    ----------
    n_frames : int
    least, largest : float
        Over all cells.
    bin_mean : np.ndarray [shape=(n_mels, 1), float64]
    bin_squares : np.ndarray [shape=(n_mels, 1), float64]
        Sum over each bin's cells of the squared difference from the bin's mean.
    """

    n_frames: int
    least: float
    largest: float
    bin_mean: npt.NDArray[np.float64]
    bin_squares: npt.NDArray[np.float64]

    @property
    def mean(self) -> float:
        """Mean of all cells."""
        return float(self.bin_mean.mean())

    @property
    def std(self) -> float:
        """Standard deviation of all cells."""
        between = np.square(self.bin_mean - self.mean)
        return float(np.sqrt((self.bin_squares / self.n_frames + between).mean()))


def statistics_of_blocks(blocks: Blocks) -> CellStatistics:
    """Compute statistics in two passes over blocks of shape (n_mels, n).

    Examples
    --------
    >>> cells = statistics_of_blocks(lambda: [np.array([[1.0, 3.0], [5.0, 7.0]], np.float32)])
    >>> cells.mean, round(cells.std, 3), cells.largest
    (4.0, 2.236, 7.0)
    """
    n_frames, least, largest, total = 0, np.inf, -np.inf, np.zeros(0)
    for block in blocks():
        n_frames += block.shape[1]
        least, largest = min(least, float(block.min())), max(largest, float(block.max()))
        sums = block.sum(axis=1, keepdims=True, dtype=np.float64)
        total = total + sums if total.size else sums
    mean = total / n_frames
    squares = np.zeros_like(mean)
    for block in blocks():
        squares += np.square(block - mean).sum(axis=1, keepdims=True)
    return CellStatistics(n_frames, least, largest, mean, squares)


def statistics_of_values(values: Real) -> CellStatistics:
    """Compute the statistics of an array in the blocks of a stream, so that both give the same bits."""
    starts = range(0, values.shape[1], FRAMES_PER_BLOCK)
    return statistics_of_blocks(lambda: (values[:, i : i + FRAMES_PER_BLOCK] for i in starts))


def percentiles_of_blocks(blocks: Blocks, ranks_percent: Sequence[float]) -> list[float]:
    """Compute the same as `numpy.percentile` over all cells without holding them, by counting in two passes.

    Examples
    --------
    >>> percentiles_of_blocks(lambda: [np.arange(11, dtype=np.float32)], [50, 95])
    [5.0, 9.5]
    """
    coarse = np.zeros(1 << 16, np.int64)
    for block in blocks():
        coarse += np.bincount(_keys(block) >> 16, minlength=1 << 16)
    last = int(coarse.sum()) - 1
    ranks = [q / 100 * last for q in ranks_percent]
    whole = sorted({int(rank) for rank in ranks} | {min(int(rank) + 1, last) for rank in ranks})
    below = np.cumsum(coarse)
    buckets = np.searchsorted(below, whole, side="right")
    fine = {int(bucket): np.zeros(1 << 16, np.int64) for bucket in buckets}
    for block in blocks():
        keys = _keys(block)
        for bucket, counts in fine.items():
            counts += np.bincount(keys[keys >> 16 == bucket] & 0xFFFF, minlength=1 << 16)
    values = {}
    for rank, bucket in zip(whole, map(int, buckets), strict=True):
        inside = rank - (below[bucket] - coarse[bucket])
        low = int(np.searchsorted(np.cumsum(fine[bucket]), inside, side="right"))
        values[rank] = _value(bucket << 16 | low)
    neighbours = [(values[int(rank)], values[min(int(rank) + 1, last)], rank - int(rank)) for rank in ranks]
    return [low + (high - low) * share for low, high, share in neighbours]


def _keys(block: Real) -> npt.NDArray[np.int64]:
    """Map float32 values to integers of the same order: their bits, inverted if negative."""
    bits = np.ascontiguousarray(block, dtype=np.float32).reshape(-1).view(np.uint32)
    return np.where(bits >> 31, ~bits, bits | np.uint32(1 << 31)).astype(np.int64)


def _value(key: int) -> float:
    bits = key ^ (1 << 31) if key >> 31 else ~key & 0xFFFFFFFF
    return float(np.uint32(bits).view(np.float32))
