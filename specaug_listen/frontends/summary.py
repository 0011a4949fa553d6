"""Statistics over all cells of a mel, gathered block after block."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..stft import FRAMES_PER_BLOCK

__all__ = ["Summary", "percentiles_of_blocks", "summary_of", "summary_of_values"]

Real = npt.NDArray[np.float32]
Blocks = Callable[[], Iterable[Real]]


class Summary(NamedTuple):
    """What fills and normalisations need to know of a mel, in its front-end's own scale.

    Parameters
    ----------
    n_frames : int
    least, largest : float
        Over all cells.
    bin_mean : np.ndarray [shape=(n_mels, 1), float64]
    bin_squares : np.ndarray [shape=(n_mels, 1), float64]
        Sum of the squared distances of a bin's cells from its mean.
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


def summary_of(blocks: Blocks) -> Summary:
    """Gather a `Summary` in two passes over blocks of shape (n_mels, n).

    Examples
    --------
    >>> summary = summary_of(lambda: [np.array([[1.0, 3.0], [5.0, 7.0]], np.float32)])
    >>> summary.mean, round(summary.std, 3), summary.largest
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
    return Summary(n_frames, least, largest, mean, squares)


def summary_of_values(values: Real) -> Summary:
    """Summarise an array in the blocks in which a stream is read, so that not even the last bits differ."""
    starts = range(0, values.shape[1], FRAMES_PER_BLOCK)
    return summary_of(lambda: (values[:, i : i + FRAMES_PER_BLOCK] for i in starts))


def percentiles_of_blocks(blocks: Blocks, ranks_percent: Sequence[float]) -> list[float]:
    """Compute `numpy.percentile` over all cells without holding them, exactly: by counting them twice.

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
    return [_between(values[int(r)], values[min(int(r) + 1, last)], r - int(r)) for r in ranks]


def _between(low: float, high: float, share: float) -> float:
    return low + (high - low) * share


def _keys(block: Real) -> npt.NDArray[np.int64]:
    """Integers in the order of the numbers: the bits of a float32, with those of negative ones turned around."""
    bits = np.ascontiguousarray(block, dtype=np.float32).reshape(-1).view(np.uint32)
    return np.where(bits >> 31, ~bits, bits | np.uint32(1 << 31)).astype(np.int64)


def _value(key: int) -> float:
    bits = key ^ (1 << 31) if key >> 31 else ~key & 0xFFFFFFFF
    return float(np.uint32(bits).view(np.float32))
