"""Effects of averaging the channels (cancellation, a dead channel), measured on the mean itself."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from .._notices import Notice

__all__ = ["MixMeter", "mix_notices"]

Real = npt.NDArray[np.float32]
Float = npt.NDArray[np.float64]
_FRAME_SAMPLES = 1024
# A channel so far below the loudest one adds nothing to the mean.
_DEAD_DB = 40.0
# Two uncorrelated channels lose 3 dB in the mean; a larger loss means that they cancel.
_CANCELLED_DB = 6.0
# Cancelled frequencies: so far below the channels, in such a share of the frequencies that carry sound.
_NOTCH_DB, _NOTCHED_SHARE, _CARRYING_DB = 10.0, 0.1, 40.0
# Separate channels: each is so far above the other in such a share of the moments with sound.
_APART_DB, _APART_SHARE, _UNCORRELATED_BELOW = 15.0, 0.1, 0.3


class MixMeter:
    """Levels of channels and of their mean, from blocks of any size."""

    def __init__(self, n_channels: int) -> None:
        self._n_channels, self._rest = n_channels, np.zeros((n_channels, 0), np.float32)
        self._n, self._sums, self._products = 0, np.zeros(n_channels), np.zeros((n_channels, n_channels))
        self._powers: list[Float] = []
        self._spectra = np.zeros((2, _FRAME_SAMPLES // 2 + 1))
        self._window = np.hanning(_FRAME_SAMPLES + 1)[:-1]

    def add(self, block: Real) -> None:
        """Add samples, shape (n_channels, n)."""
        samples = np.concatenate([self._rest, block], axis=1)
        n_frames = samples.shape[1] // _FRAME_SAMPLES
        self._rest = samples[:, n_frames * _FRAME_SAMPLES :]
        for i in range(n_frames):
            self._add_frame(samples[:, i * _FRAME_SAMPLES : (i + 1) * _FRAME_SAMPLES].astype(np.float64))

    def _add_frame(self, frame: Float) -> None:
        self._n += frame.shape[1]
        self._sums += frame.sum(axis=1)
        self._products += frame @ frame.T
        self._powers.append(frame.var(axis=1))
        if frame.shape[1] == _FRAME_SAMPLES:
            spectra = np.fft.rfft((frame - frame.mean(axis=1, keepdims=True)) * self._window)
            self._spectra[0] += np.square(np.abs(spectra)).mean(axis=0)
            self._spectra[1] += np.square(np.abs(spectra.mean(axis=0)))

    def notices(self) -> tuple[Notice, ...]:
        """Return remarks about the mean; call it once, after the last block."""
        if self._rest.shape[1]:
            self._add_frame(self._rest.astype(np.float64))
            self._rest = self._rest[:, :0]
        if self._n_channels < 2 or not self._n:
            return ()
        covariance = self._products / self._n - np.outer(self._sums, self._sums) / self._n**2
        powers = np.maximum(np.diag(covariance), 0.0)
        if powers.max() < 1e-12:
            return ()
        mix = max(float(covariance.mean()), 0.0)
        dead = np.flatnonzero(powers < powers.max() * 10 ** (-_DEAD_DB / 10))
        if len(dead):
            return (self._dead(powers, mix, dead),)
        if mix < powers.mean() * 10 ** (-_CANCELLED_DB / 10):
            return (Notice("cancelling-mix", {"drop_db": _drop_db(float(powers.max()), mix), **self._better(powers)}),)
        return self._comb() or self._apart(covariance)

    def _dead(self, powers: Float, mix: float, dead: npt.NDArray[np.intp]) -> Notice:
        loudest = int(np.argmax(powers))
        below_db = _drop_db(float(powers.max()), float(powers[dead].max()))
        values: dict[str, Any] = {"channels": [int(c) + 1 for c in dead], "n_channels": self._n_channels}
        drop_db = _drop_db(float(powers.max()), mix)
        return Notice("dead-channel", values | {"below_db": below_db, "drop_db": drop_db, "better": loudest + 1})

    def _better(self, powers: Float) -> dict[str, int]:
        return {"better": int(np.argmax(powers)) + 1}

    def _comb(self) -> tuple[Notice, ...]:
        channels, mix = self._spectra[:, 1:]
        carrying = channels > channels.max(initial=0.0) * 10 ** (-_CARRYING_DB / 10)
        if not carrying.any():
            return ()
        notched = carrying & (mix < channels * 10 ** (-_NOTCH_DB / 10))
        share = float(notched.sum() / carrying.sum())
        if share < _NOTCHED_SHARE:
            return ()
        return (Notice("notched-mix", {"share": round(share, 3), "drop_db": _NOTCH_DB}),)

    def _apart(self, covariance: Float) -> tuple[Notice, ...]:
        if self._n_channels != 2:
            return ()
        correlation = float(covariance[0, 1] / np.sqrt(covariance[0, 0] * covariance[1, 1]))
        powers = np.array(self._powers)
        active = powers.max(axis=1) > powers.max() * 1e-4
        factor = 10 ** (_APART_DB / 10)
        alone = [float((powers[active, c] > factor * powers[active, 1 - c]).mean()) for c in (0, 1)]
        if abs(correlation) > _UNCORRELATED_BELOW or min(alone) < _APART_SHARE:
            return ()
        values = {"correlation": round(correlation, 2) + 0.0, "alone": [round(share, 3) for share in alone]}
        return (Notice("separate-channels", values),)


def _drop_db(reference: float, power: float) -> float | None:
    """Return how far a power is below a reference; None for silence."""
    return round(10 * float(np.log10(reference / power)), 1) if power > reference * 1e-12 else None


def mix_notices(blocks: Iterable[Real], n_channels: int) -> tuple[Notice, ...]:
    """Return remarks about the mean of channels, from blocks of shape (n_channels, n).

    Examples
    --------
    >>> tone = np.sin(np.arange(8000, dtype=np.float32))
    >>> [notice.kind for notice in mix_notices([np.stack([tone, -tone])], 2)]
    ['cancelling-mix']
    >>> mix_notices([np.stack([tone, tone])], 2)
    ()
    """
    meter = MixMeter(n_channels)
    for block in blocks:
        meter.add(block)
    return meter.notices()
