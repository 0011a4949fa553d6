"""Single-pass phases (SPSI): every spectral peak continues at its own frequency.

The result is independent of rounding: the bits of a frame do not depend on the blocks, and the decisions on where
peaks are have margins far above the last bits of any processor.

References
----------
.. [1] G. T. Beauregard, M. Harish, L. Wyse, "Single pass spectrogram inversion", DSP 2015.
.. [2] Z. Prusa, P. Balazs, P. L. Sondergaard, "A noniterative method for reconstruction of phase from STFT magnitude",
   IEEE/ACM TASLP 2017.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ..stft import Complex, Framing, Real
from .phase import phasors

__all__ = ["SinglePass", "nearest_peaks", "spsi_phase"]

# With a Gaussian window g(s) = exp(-pi s^2 / lambda), X(t, f) = integral x(t + s) g(s) exp(-2 pi i f s) ds has the
# phase relative to the middle of the window. Integration by parts over s, with d/dt x(t + s) = d/ds x(t + s), gives
#   dX/dt = integral x (2 pi s / lambda + 2 pi i f) g exp(..) ds = i / lambda * dX/df + 2 pi i f X,
# and, divided by X = |X| exp(i phi), real and imaginary parts apart [2]_:
#   dphi/df = -lambda d ln|X|/dt,        dphi/dt = 2 pi f + 1 / lambda * d ln|X|/df.
# A Hann window of length n is closest to the Gaussian with lambda = 0.25645 n^2 [2]_.
_GAUSSIAN = 0.25645
_SILENT = np.float32(1e-20)
# Smaller differences count as equal (0.002 dB), so that rounding, ten times smaller, makes no peak. With five times as
# much, sound with real but faint peaks was worse.
_TIE = np.float32(2e-4)


def spsi_phase(magnitude: Real, framing: Framing) -> Complex:
    """Return phases with which every spectral peak continues at its own frequency, as complex numbers of magnitude 1.

    ``magnitude`` has the shape (n_frames, n_bins).

    Notes
    -----
    As in [1]_, the phase of a peak advances by its frequency from frame to frame; every bin belongs to the nearest
    peak. Phases are relative to the *middle* of the window, where all bins of a steady peak agree, and converted to the
    window's first sample at the end (a delay of ``win_length / 2``), which [1]_ approximates by alternating signs.

    Two relations come from [2]_: the phase of a Gaussian window's STFT follows from the slopes of its log magnitude.
    Its slope over frequency gives the distance of a peak from its bin, and so its frequency. Its slope over time gives
    the phases of the bins around the peak relative to it: at an onset, the middle of the sound is later than that of
    the window, and the phase falls over frequency. Unlike [2]_, no heap of bins is processed, so whole blocks are
    computed at once.
    """
    return phasors(SinglePass(framing).next_phases(magnitude), np.ones(magnitude.shape, np.float32))


class SinglePass:
    """`spsi_phase` for successive blocks of frames."""

    def __init__(self, framing: Framing) -> None:
        self._framing = framing
        self._phase: npt.NDArray[np.float64] | None = None
        self._log: Real | None = None
        self._shift: Real | None = None

    def next_phases(self, magnitude: Real, following: Real | None = None) -> Real:
        """Return the phases of the next block in turns, float32 in [0, 1], shape (n_frames, n_bins).

        ``following`` is the frame after the block, shape (0 or 1, n_bins). The bits of a frame do not depend on the
        blocks.
        """
        framing, (n_frames, n_bins) = self._framing, magnitude.shape
        owner, log = nearest_peaks(magnitude), _log(magnitude)
        after = None if following is None or not len(following) else _log(following)
        lag = self._lag(log, after)
        # With p the peak that bin k belongs to, f its frequency in bins, and all phases in turns:
        #   phase_t(k) = phase_{t-1}(p) + f_t(p) hop_length / n_fft + lag_t(k) - lag_t(p)
        turn = self._frequency(log) * np.float32(framing.hop_length / framing.n_fft)
        turn -= lag
        phases = np.empty((n_frames, n_bins))
        previous = np.zeros(n_bins) if self._phase is None else self._phase
        for t, phase in enumerate(phases):
            (previous + turn[t]).take(owner[t], out=phase, mode="clip")
            phase += lag[t]
            previous = phase
        self._phase, self._log = previous.copy(), log[-1:]
        # Phases from the middle of the window to its first sample: a delay of half a window.
        phases -= np.arange(n_bins) * (framing.win_length / (2 * framing.n_fft))
        phases -= np.floor(phases)
        return phases.astype(np.float32)

    def _frequency(self, log: Real) -> Real:
        """Return the frequency, in bins, of the tone at each bin, as the mean of its frame and the previous one."""
        framing = self._framing
        # By the second equation above, with f = k / n_fft:
        #   f in bins = k + n_fft^2 / (2 pi lambda) * (ln|X(k + 1)| - ln|X(k - 1)|) / 2
        shift = np.zeros_like(log)
        shift[:, 1:-1] = log[:, 2:] - log[:, :-2]
        shift *= np.float32((framing.n_fft / framing.win_length) ** 2 / (4 * np.pi * _GAUSSIAN))
        before = np.concatenate([shift[:1] if self._shift is None else self._shift, shift[:-1]])
        self._shift = shift[-1:]
        mean: Real = np.arange(log.shape[1], dtype=np.float32) + (shift + before) / 2
        return mean

    def _lag(self, log: Real, after: Real | None) -> Real:
        """Return the phase of each bin relative to bin 0 [turns], from the slope of the magnitudes over time."""
        framing = self._framing
        # By the first equation above, from one bin to the next, with the slope as the mean of theirs:
        #   step in turns = -lambda / (2 pi n_fft) * (ln|X_{t + 1}| - ln|X_{t - 1}|) / (2 hop_length)
        before = log[:1] if self._log is None else self._log
        around = np.concatenate([before, log, log[-1:] if after is None else after])
        slope = around[2:] - around[:-2]
        # The slope at the ends of the recording is unknown.
        if self._log is None:
            slope[0] = 0
        if after is None:
            slope[-1] = 0
        slope *= np.float32(-_GAUSSIAN * framing.win_length**2 / (8 * np.pi * framing.hop_length * framing.n_fft))
        lag: Real = np.zeros_like(log)
        np.cumsum(slope[:, 1:] + slope[:, :-1], axis=1, out=lag[:, 1:])
        return lag


def _log(magnitude: Real) -> Real:
    """Return the logarithm, computed in double precision: the last bits in single precision depend on the processor."""
    log: Real = np.log(np.maximum(magnitude, _SILENT), dtype=np.float64).astype(np.float32)
    return log


def nearest_peaks(magnitude: Real) -> npt.NDArray[np.intp]:
    """Return the bin of the nearest peak for each bin.

    A peak is larger than the bin below it and no smaller than the one above it, by more than rounding; of bins that are
    equal up to rounding, the lowest is the peak.
    """
    n_frames, n_bins = magnitude.shape
    below, at, above = magnitude[:, :-2], magnitude[:, 1:-1], magnitude[:, 2:]
    is_peak = np.zeros(magnitude.shape, bool)
    np.logical_and(at > below * (1 + _TIE), at > above * (1 - _TIE), out=is_peak[:, 1:-1])
    peaks = np.flatnonzero(is_peak)
    frames, bins = np.divmod(peaks, n_bins)
    # The bins of a peak end halfway to the next peak of its frame, or at the end of the frame.
    half_way = (peaks[:-1] + peaks[1:]) // 2 + 1
    ends = np.append(np.where(frames[:-1] == frames[1:], half_way, frames[1:] * n_bins), n_frames * n_bins)
    owners = (
        np.repeat(bins, np.diff(ends, prepend=0)).reshape(-1, n_bins) if len(peaks) else np.empty_like(is_peak, int)
    )
    # In a frame without peaks, every bin is its own.
    owners[~is_peak.any(axis=1)] = np.arange(n_bins)
    return owners
