"""The iteration of `Joint`: from a signal to its STFT, to the target's mel, and back, with inertia.

Only signals are stored. The terms of the accelerated Griffin-Lim algorithm [1]_ are STFTs of real signals, and sums of
such are STFTs of the sums; a signal is much smaller than its spectrum, so no spectrum is stored: frames are
transformed, multiplied by their gains, transformed back and overlapped in blocks that fit a core's cache.

NumPy's inner loops need long contiguous memory: frames are rows, ``(n, n_fft)``, where they are cut out of a signal
and added to it, and columns, ``(n_bins, n)``, where FFT bins and mel bins are multiplied. All numbers are computed by
additions, multiplications, divisions and roots in a fixed order, each rounded by itself (a BLAS matrix product has no
fixed order, a sparse one has). So the bits of a frame depend neither on the frames it is computed with nor on the
processor.

References
----------
.. [1] R. Nenov, D.-K. Nguyen, P. Balazs, R. I. Bot, "Accelerated Griffin-Lim algorithm: a fast and provably
   converging numerical method for phase retrieval", IEEE/ACM TASLP 2023, arXiv:2306.12504.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.fft

from ..stft import Complex, Framing, Real
from .mel_bins import MelBins

__all__ = ["Ends", "Iteration"]

# alpha and gamma of [1]_; beta is 1.
_INERTIA, _RELAXATION = np.float32(0.95), np.float32(1.25)
# Upper bound of the gains of one iteration, in the unit of the energies.
_MAX_RATIO = 1e6
# Upper bound: small enough for a block to stay in the processor's cache, large enough to make the overhead of the calls
# of NumPy and SciPy negligible. Half as much takes 1 to 3 % longer, a quarter 5 to 10 %; twice as much is no faster.
# Blocks of a signal have equal lengths, since a short last one would be slow.
_FFT_POINTS_PER_BLOCK = 7 << 16
# Multiples of this many frames leave no remainder for vector instructions.
_FRAMES_IN_STEP = 32
# A row of windows with this many points stays in a core's first-level cache.
_POINTS_PER_ROW = 1 << 13


class Iteration:
    """Alternate between the STFTs of real signals and the spectra that have a target's mel.

    ``target`` (n_frames, n_mels) are the energies of the mel; ``tiny`` is that of
    `specaug_listen.vocoders.mel_bins.tiny`.
    """

    def __init__(self, target: Real, mel_bins: MelBins, framing: Framing, tiny: np.float32) -> None:
        self._framing, self._n_frames = framing, len(target)
        n_blocks = -(-len(target) * framing.n_fft // _FFT_POINTS_PER_BLOCK)
        n_block = -(-len(target) // n_blocks)
        self._n_block = n_block + -n_block % _FRAMES_IN_STEP
        self._window = _Window(framing.window_float32(), framing.n_fft)
        self._gains = _Gains(target, mel_bins, tiny, self._n_block)

    def run(self, padded: Real, n_iter: int, ends: Ends) -> Real:
        """Iterate from one signal to a better one, both of length ``framing.padded_length(n_frames)``.

        ``ends`` are the samples around the clip.
        """
        signal = padded.copy()
        if n_iter:
            ends.restore(signal)
        overlap = _Synthesis(self._framing, self._n_frames, signal)
        # The frames of later blocks do not overlap the hops that earlier blocks have changed.
        views = self._framing.frames(overlap.signal)[: self._n_frames]
        for iteration in range(1, n_iter + 1):
            for first in range(0, self._n_frames, self._n_block):
                overlap.add(self._project(views, first), first, is_last=iteration == n_iter)
            if iteration < n_iter:
                ends.restore(overlap.signal)
        return overlap.signal[: len(padded)]

    def _project(self, views: Real, first: int) -> Real:
        """Give a block of a signal's frames the target's mel, as far as one iteration can.

        Buffers are allocated anew and released at once, so the allocator returns memory that is still in the cache.
        """
        views, win_length = views[first : first + self._n_block], self._framing.win_length
        frames = np.empty((len(views), self._framing.n_fft), np.float32)
        frames[:, :win_length], frames[:, win_length:] = views, 0
        self._window.apply(frames)
        # The transforms transpose frames to columns and back at no cost. Other SciPy backends may use other layouts.
        spectrum = np.ascontiguousarray(scipy.fft.rfft(frames.T, axis=0), np.complex64)
        del frames
        self._gains.apply(spectrum, first // self._n_block)
        return np.ascontiguousarray(scipy.fft.irfft(spectrum.T, self._framing.n_fft, axis=1), np.float32)


class _Window:
    """A window over the beginnings of frames; the rest of each frame becomes silent.

    For NumPy, starting a row takes as long as multiplying some hundred numbers, and a window is one row. Repeating the
    window makes one row of several frames.
    """

    def __init__(self, window: Real, n_fft: int) -> None:
        n_repeats = max(1, _POINTS_PER_ROW // n_fft)
        self._repeated = np.tile(np.pad(window, (0, n_fft - len(window))), (n_repeats, 1))

    def apply(self, frames: Real) -> None:
        """Multiply frames, shape (n, n_fft) and contiguous, by the window, in place."""
        n_trailing = len(frames) % len(self._repeated)
        n_whole = len(frames) - n_trailing
        rows, trailing = frames[:n_whole].reshape(-1, self._repeated.size), frames[n_whole:]
        rows *= self._repeated.reshape(-1)
        trailing *= self._repeated[:n_trailing]


class _Gains:
    """The gains that give spectra Z the mel of a target M.

    Mel bin m has the energy ``E_m = sum_k B_mk |Z_k|^p`` under the filterbank B (p is 1 or 2 if the front-end sums
    magnitudes or powers). If no other filter reached its FFT bins, the gain ``g_m = (M_m / E_m)^(1/p)`` would give it
    ``M_m``. Filters overlap, so FFT bin k gets the mean of the gains of its mel bins, weighted by their filters:
    ``g_k = sum_m B_mk g_m / sum_m B_mk``. The next iteration corrects the remaining error.

    ``M_m / E_m`` is computed as ``(M_m + tiny) / (E_m + tiny + M_m / largest)``: 1 if both are silent, and never above
    ``largest``, without a pass over the array to bound it.

    Below the lowest filter, spectra are unchanged: the clip's DC offset and slow rumble leak into the filter, and with
    a gain below it, they would be a hum. Above the highest filter, spectra become silent.
    """

    def __init__(self, target: Real, mel_bins: MelBins, tiny: np.float32, n_block: int) -> None:
        # Block by block, since NumPy treats contiguous memory as one row.
        blocks = [np.ascontiguousarray(target[i : i + n_block].T) for i in range(0, len(target), n_block)]
        self._targets = [block + tiny for block in blocks]
        self._least = [tiny + block * np.float32(1 / _MAX_RATIO) for block in blocks]
        self._reached, self._is_power = slice(mel_bins.lowest, mel_bins.highest + 1), mel_bins.power == 2
        weights = mel_bins.sparse()
        self._analysis, self._synthesis = weights.analysis[:, self._reached], weights.synthesis[self._reached]

    def apply(self, spectrum: Complex, block: int) -> None:
        """Multiply the spectra of a block's frames, shape (n_bins, n), by their gains, in place."""
        reached = spectrum[self._reached]
        energy = np.square(reached.real)
        energy += np.square(reached.imag)
        if not self._is_power:
            np.sqrt(energy, out=energy)
        gains = self._analysis @ energy
        del energy  # see `Iteration._project`
        gains += self._least[block]
        np.divide(self._targets[block], gains, out=gains)
        if self._is_power:
            np.sqrt(gains, out=gains)
        reached *= self._synthesis @ gains
        spectrum[self._reached.stop :] = 0


class _Synthesis:
    """Least-squares overlap-add, block by block, and inertia.

    The signal whose STFT is nearest to frames x_t is (Griffin and Lim, 1984), with the window w and the hop H, ::

        y[n] = sum_t w[n - tH] x_t[n - tH] / sum_t w[n - tH]^2

    In the middle of a signal, the denominator is the same in every hop, so the window itself is divided by it, ``w[i] /
    sum_j w[i % H + jH]^2``; the first and last frames, where windows are missing, are corrected by the quotient of this
    sum and the true one.

    With y from the frames of ``c_{n-1}``, an iteration of [1]_ is, for spectra there and for signals here, ::

        t_n = gamma y + (1 - gamma) d_{n-1}
        c_n = t_n + alpha (t_n - t_{n-1})
        d_n = t_n + (t_n - t_{n-1})

    So frames are added to ``(1 - gamma) d_{n-1}``, with the window times gamma, which turns it into t_n.
    """

    def __init__(self, framing: Framing, n_frames: int, signal: Real) -> None:
        window, hop_length = framing.window_float32(), framing.hop_length
        self._n_overlap = -(-len(window) // hop_length)
        pieces = np.pad(window, (0, -len(window) % hop_length)).reshape(self._n_overlap, hop_length)
        squared: Real = np.square(pieces).sum(axis=0)
        squared = np.maximum(squared, np.float32(1e-3) * squared.max())
        self._window = _Window(_RELAXATION * window / np.resize(squared, len(window)), framing.n_fft)
        # With enough frames to have a middle.
        norm = framing.norm(min(n_frames, 2 * self._n_overlap))
        repairs = framing.frames(np.resize(squared, len(norm)) / norm)
        self._head, self._tail = repairs[: self._n_overlap], repairs[self._n_overlap :]
        self._n_frames, self._win_length = n_frames, len(window)
        # c_n, as one signal and as rows of a hop; (1 - gamma) d_n, which becomes t_n; t_{n-1}.
        n_hops = n_frames - 1 + self._n_overlap
        self.signal = np.pad(signal, (0, n_hops * hop_length - len(signal)))
        self._hops = self.signal.reshape(n_hops, hop_length)
        self._sum, self._term = (1 - _RELAXATION) * self._hops, self._hops.copy()

    def add(self, frames: Real, first: int, is_last: bool) -> None:
        """Add frames, shape (n, n_fft), which are overwritten; at the last iteration, the signal is the sum itself."""
        n, end, hop_length = len(frames), first + len(frames), self._hops.shape[1]
        self._window.apply(frames)
        frames = frames[:, : self._win_length]
        begin_tail = self._n_frames - len(self._tail)
        head, tail = self._head[first:end], self._tail[max(0, first - begin_tail) : max(0, end - begin_tail)]
        frames[: len(head)] *= head
        frames[n - len(tail) :] *= tail
        if is_last and not first:
            self._sum[:] = 0
        # Each hop sums the oldest frame first, as across blocks, so the block length does not change a bit.
        for j in reversed(range(self._n_overlap)):
            piece = frames[:, j * hop_length : (j + 1) * hop_length]
            self._sum[first + j : end + j, : piece.shape[1]] += piece
        # Hops that the next block reaches, too, are not complete yet.
        complete = slice(first, end if end < self._n_frames else None)
        if is_last:
            np.divide(self._sum[complete], _RELAXATION, out=self._hops[complete])
        else:
            self._accelerate(self._sum[complete], self._term[complete], self._hops[complete])
            if end == self._n_frames:
                self._sum, self._term = self._term, self._sum

    def _accelerate(self, term: Real, last: Real, signal: Real) -> None:
        """Compute c_n (``signal``) and (1 - gamma) d_n (in ``last``) from t_n (``term``) and t_{n-1} (``last``)."""
        step = np.subtract(term, last, out=last)
        np.multiply(step, _INERTIA, out=signal)
        signal += term
        step += term
        step *= 1 - _RELAXATION


class Ends:
    """The samples beyond the ends of a clip, which are extrapolated from the clip.

    If they were free, an estimate would choose values that suit the first and last frames, but are lost when the clip
    is analysed. ``n_before``, ``n_clip`` and ``n_after`` are lengths in the padded signal: before, of and after the
    clip.
    """

    def __init__(self, framing: Framing, n_before: int, n_clip: int, n_after: int) -> None:
        n_until = n_before + n_clip
        self._beyond: Any = np.concatenate([np.arange(n_before), np.arange(n_until, n_until + n_after)])
        self._sources: Any = framing.pad_by(np.arange(n_before, n_until), n_before, n_after)[self._beyond]
        self._is_silent = framing.pad_mode == "constant"

    def restore(self, padded: Real) -> None:
        """Overwrite these samples in a padded signal."""
        padded[self._beyond] = 0 if self._is_silent else padded[self._sources]
