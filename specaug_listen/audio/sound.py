"""`Sound`, the base class of signals in memory and on disk, and their levels."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ..errors import AudioError, ParameterError, value_text

__all__ = [
    "MAX_RATE_HZ",
    "MIN_RATE_HZ",
    "Levels",
    "Sound",
    "after_end",
    "check_length",
    "check_rate",
    "measure_levels",
    "not_finite",
]

Real = npt.NDArray[np.float32]
# A sample from here on counts as clipped: one step below the full scale of 16 bits.
_CLIPPED_LEVEL = 32766 / 32768
# At 1 Hz, a few thousand samples would last for hours, and resampling to a usual rate would make them a large signal.
MIN_RATE_HZ = 100
# No recording of sound has a higher rate. From 1 GHz on, resampling takes seconds to hours.
MAX_RATE_HZ = 10_000_000
# About nine hours at 16 kHz.
_MAX_SAMPLES = 1 << 29


def check_rate(rate: Any) -> None:
    """Raise unless `rate` is a sample rate.

    Raises
    ------
    ParameterError
    """
    is_whole = isinstance(rate, (int, np.integer)) and not isinstance(rate, bool)
    if not is_whole or not 0 < rate <= MAX_RATE_HZ:
        raise ParameterError(
            f"sample_rate={value_text(rate)}: expected an integer from 1 to {MAX_RATE_HZ} [Hz]; give the rate that "
            "the samples were taken at"
        )


def check_length(n_samples: int, rate: int, wanted: int) -> None:
    """Raise if a clip would be absurdly long at the `wanted` rate, which usually means that its header is wrong.

    Raises
    ------
    AudioError
    """
    resampled = n_samples * wanted / rate
    if resampled > _MAX_SAMPLES:
        what = f"{n_samples} samples at {rate} Hz"
        if rate == wanted:
            last = f"{what} last {n_samples / rate / 3600:.3g} h: allowed are {_MAX_SAMPLES} samples; "
            raise AudioError(f"{last}take a part of the clip (--start, --duration), or mend its header")
        raise AudioError(
            f"{what} would be {resampled:.3g} at {wanted} Hz; allowed are {_MAX_SAMPLES}; take a part of the clip, or "
            "mend its header's rate"
        )


class Levels(NamedTuple):
    """Level statistics of a signal.

    Parameters
    ----------
    peak : float
        Largest absolute sample.
    rms_db : float [dB]
        Relative to a full-scale square wave; -inf for silence.
    spread : float
        Largest sample minus smallest, in the channel where this is largest.
    first : float
        The first sample.
    n_clipped : int
        Samples at full scale, if there are three in a row; 0 for a float file that exceeds full scale.
    """

    peak: float
    rms_db: float
    spread: float
    first: float
    n_clipped: int


def measure_levels(blocks: Iterable[Real]) -> Levels:
    """Measure the levels of a signal.

    Parameters
    ----------
    blocks : iterable of np.ndarray [shape=(n_channels, n)]
        At least one sample.

    Raises
    ------
    AudioError
        For NaN or infinite samples.

    Examples
    --------
    >>> measure_levels([np.ones((1, 4), np.float32)]).n_clipped
    4
    """
    highest, lowest, first = -np.inf, np.inf, None
    power, n_samples, n_full, n_bad, first_bad = 0.0, 0, 0, 0, 0
    in_a_row, before = False, None
    for block in blocks:
        bad = ~np.isfinite(block)
        if bad.any():
            first_bad = first_bad if n_bad else n_samples + int(np.argmax(bad.any(axis=0)))
            n_bad += int(bad.sum())
            block = np.where(bad, np.float32(0), block)
        first = float(block[0, 0]) if first is None else first
        highest, lowest = np.maximum(highest, block.max(axis=1)), np.minimum(lowest, block.min(axis=1))
        power += float(np.square(block, dtype=np.float64).sum())
        full = np.abs(block) >= _CLIPPED_LEVEL
        n_full += int(full.sum())
        row = full if before is None else np.concatenate([before, full], axis=1)
        if n_full:
            in_a_row |= bool((row[:, :-2] & row[:, 1:-1] & row[:, 2:]).any())
        before = row[:, -2:]
        n_samples += block.shape[1]
    if n_bad:
        raise not_finite(n_bad, first_bad)
    assert first is not None
    assert before is not None
    peak = float(np.max(np.maximum(np.abs(highest), np.abs(lowest))))
    mean_power = power / (n_samples * len(before))
    return Levels(
        peak=peak,
        rms_db=10 * float(np.log10(mean_power)) if mean_power > 0 else float("-inf"),
        spread=float(np.max(highest - lowest)),
        first=first,
        n_clipped=n_full if in_a_row and peak <= 1.0 else 0,
    )


def not_finite(n_bad: int, first: int) -> AudioError:
    """Return the error for NaN or infinite samples."""
    return AudioError(
        f"{n_bad} samples are NaN or infinite, the first at sample {first}; allowed are finite samples; repair or cut "
        "the clip"
    )


def after_end(start_s: float, length_s: float) -> AudioError:
    """Return the error for an excerpt that starts after the end of a clip."""
    return AudioError(f"start={start_s:g} s is after the end; the clip lasts {length_s:.3f} s")


class Sound(ABC):
    """A signal in memory or on disk, which is read in parts."""

    sample_rate: int

    @property
    @abstractmethod
    def n_channels(self) -> int:
        """Number of channels."""

    @property
    @abstractmethod
    def n_samples(self) -> int:
        """Number of samples in each channel."""

    @property
    @abstractmethod
    def levels(self) -> Levels:
        """Peak, RMS and clipping."""

    @abstractmethod
    def read(self, begin: int, end: int) -> Real:
        """Return samples `begin` to `end - 1`, fewer at the end, shape (n_channels, n)."""

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.n_samples / self.sample_rate

    @property
    def peak(self) -> float:
        """Largest absolute sample."""
        return self.levels.peak

    @property
    def rms_db(self) -> float:
        """Level in dB relative to a full-scale square wave; -inf for silence."""
        return self.levels.rms_db
