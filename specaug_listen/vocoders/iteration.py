"""The iteration of `Joint`: from a signal to its STFT, to the target's mel, and back, with inertia.

Only signals are kept. The terms of the accelerated Griffin-Lim algorithm [1]_ are STFTs of real signals, and sums of
such are STFTs of the sums; a signal is a small part of the size of its spectrum, and no spectrum is ever stored: frames
are transformed, given their gains, transformed back and overlapped in blocks that fit a core's cache.

NumPy's inner loops are to run over much contiguous memory: frames are rows, ``(n, n_fft)``, where they are cut out of a
signal and added to it, and columns, ``(n_bins, n)``, where FFT bins and mel bins are multiplied. Every number follows
from additions, multiplications, divisions and roots in one order, each rounded by itself (a matrix product of a BLAS
has no such order, that of a sparse matrix has). So a frame comes out in the same bits whatever frames it is computed
with, and on any processor.

References
----------
.. [1] R. Nenov, D.-K. Nguyen, P. Balazs, R. I. Bot, "Accelerated Griffin-Lim algorithm: a fast and provably
   converging numerical method for phase retrieval", IEEE/ACM TASLP 2023, arXiv:2306.12504.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.fft

from ..stft import Framing
from .mel_bins import MelBins

__all__ = ["Ends", "Iteration"]

Real = npt.NDArray[np.float32]
Complex = npt.NDArray[np.complex64]

# alpha and gamma of [1]_; beta is 1.
_INERTIA, _RELAXATION = np.float32(0.95), np.float32(1.25)
# Of one iteration's gains, in the unit of the energies.
_LARGEST_RATIO = 1e6
# At most: so few that most of a block stays within a core's second-level cache, so many that NumPy's calls hardly
# count. Blocks of one signal are as long as each other, since a short one at the end takes longer than its share.
_FFT_POINTS_PER_BLOCK = 7 << 15
# Rows of so many frames leave no remainder for vector instructions.
_FRAMES_IN_STEP = 32
# A row of windows of so many points stays within a core's first-level cache.
_POINTS_PER_ROW = 1 << 13


class Iteration:
    """Alternate between the STFTs of real signals and the spectra that have a target's mel.

    Parameters
    ----------
    target : np.ndarray [shape=(n_frames, n_mels), non-negative]
        Energies of the mel's bins.
    bands : MelBins
    framing : Framing
    tiny : np.float32
        See `specaug_listen.vocoders.mel_bins.tiny`.
    """

    def __init__(self, target: Real, bands: MelBins, framing: Framing, tiny: np.float32) -> None:
        self._framing, self._n_frames = framing, len(target)
        n_blocks = -(-len(target) * framing.n_fft // _FFT_POINTS_PER_BLOCK)
        n_block = -(-len(target) // n_blocks)
        self._n_block = n_block + -n_block % _FRAMES_IN_STEP
        self._window = _Window(framing.window_float32(), framing.n_fft)
        self._gains = _Gains(target, bands, tiny, self._n_block)

    def run(self, padded: Real, n_iter: int, ends: Ends) -> Real:
        """Iterate, from one signal to a better one.

        Parameters
        ----------
        padded : np.ndarray [shape=(framing.padded_length(n_frames),)]
        n_iter : int >= 0
        ends : Ends
            Where the clip lies in it.

        Returns
        -------
        np.ndarray [shape=(framing.padded_length(n_frames),)]
        """
        signal = padded.copy()
        if n_iter:
            ends.restore(signal)
        overlap = _Synthesis(self._framing, self._n_frames, signal)
        # No frame that is still to be cut out reaches into what the blocks before it change.
        views = self._framing.frames(overlap.signal)[: self._n_frames]
        for iteration in range(1, n_iter + 1):
            for first in range(0, self._n_frames, self._n_block):
                overlap.add(self._project(views, first), first, is_last=iteration == n_iter)
            if iteration < n_iter:
                ends.restore(overlap.signal)
        return overlap.signal[: len(padded)]

    def _project(self, views: Real, first: int) -> Real:
        """Give a block of a signal's frames the target's mel, as far as one iteration can.

        Buffers are not kept but taken anew and let go at once: each then lies where the last one of its size lay, which
        is still in the cache.
        """
        views, win_length = views[first : first + self._n_block], self._framing.win_length
        frames = np.empty((len(views), self._framing.n_fft), np.float32)
        frames[:, :win_length], frames[:, win_length:] = views, 0
        self._window.apply(frames)
        # The transforms turn frames to columns and back, which costs them nothing. Other backends of SciPy's may lay
        # their results out in another way.
        spectrum = np.ascontiguousarray(scipy.fft.rfft(frames.T, axis=0), np.complex64)
        del frames
        self._gains.apply(spectrum, first // self._n_block)
        return np.ascontiguousarray(scipy.fft.irfft(spectrum.T, self._framing.n_fft, axis=1), np.float32)


class _Window:
    """A window over the beginnings of frames; what is behind it becomes silent.

    NumPy takes about as long to begin a row as to multiply some hundred numbers, and a window is one row. Here it is
    repeated, so that as many frames in a row are one.
    """

    def __init__(self, window: Real, n_fft: int) -> None:
        n_repeats = max(1, _POINTS_PER_ROW // n_fft)
        self._repeated = np.tile(np.pad(window, (0, n_fft - len(window))), (n_repeats, 1))

    def apply(self, frames: Real) -> None:
        """Multiply frames, shape (n, n_fft) and contiguous, by the window, in place."""
        n_rest = len(frames) % len(self._repeated)
        rows, rest = frames[: len(frames) - n_rest].reshape(-1, self._repeated.size), frames[len(frames) - n_rest :]
        rows *= self._repeated.reshape(-1)
        rest *= self._repeated[:n_rest]


class _Gains:
    """The gains that give spectra Z the mel of a target M.

    Mel bin m has the energy ``E_m = sum_k B_mk |Z_k|^p`` under the filterbank B (p is 1 or 2, as the front-end sums
    magnitudes or powers). If no other filter reached its FFT bins, the gain ``g_m = (M_m / E_m)^(1/p)`` would give it
    ``M_m``. Filters overlap, so FFT bin k gets the mean of the gains of its mel bins, weighted by their filters:
    ``g_k = sum_m B_mk g_m / sum_m B_mk``. What is missing after that is left to the next iteration.

    For ``M_m / E_m`` stands ``(M_m + tiny) / (E_m + tiny + M_m / largest)``: 1 where both are silent, and never above
    ``largest``, without a pass over the array to bound it.

    Below the lowest filter, spectra are left as they are: a clip's offset and the slowest rumble leak into it, and with
    a gain below it, they would be a hum. Above the highest one, they become silent.
    """

    def __init__(self, target: Real, bands: MelBins, tiny: np.float32, n_block: int) -> None:
        # Block by block, since what lies in one piece is one row for NumPy.
        blocks = [np.ascontiguousarray(target[i : i + n_block].T) for i in range(0, len(target), n_block)]
        self._targets = [block + tiny for block in blocks]
        self._least = [tiny + block * np.float32(1 / _LARGEST_RATIO) for block in blocks]
        self._reached, self._is_power = slice(bands.lowest, bands.highest + 1), bands.power == 2
        weights = bands.sparse()
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
    """The least-squares overlap-add of one block of frames after the other, and inertia.

    The signal whose STFT is nearest to frames x_t is (Griffin and Lim, 1984), with the window w and the hop H, ::

        y[n] = sum_t w[n - tH] x_t[n - tH] / sum_t w[n - tH]^2

    In the middle of a signal the sum below is the same in every hop, and is divided out by the window itself,
    ``w[i] / sum_j w[i % H + jH]^2``; in the first and last frames, beside which windows are missing, the quotient of
    this sum and the true one puts it right.

    With y from the frames of ``c_{n-1}``, an iteration of [1]_ is, for spectra there and for signals here, ::

        t_n = gamma y + (1 - gamma) d_{n-1}
        c_n = t_n + alpha (t_n - t_{n-1})
        d_n = t_n + (t_n - t_{n-1})

    So frames are added to ``(1 - gamma) d_{n-1}``, their window times gamma, and become t_n in its place.
    """

    def __init__(self, framing: Framing, n_frames: int, signal: Real) -> None:
        window, hop_length = framing.window_float32(), framing.hop_length
        self._n_overlap = -(-len(window) // hop_length)
        pieces = np.pad(window, (0, -len(window) % hop_length)).reshape(self._n_overlap, hop_length)
        squared: Real = np.square(pieces).sum(axis=0)
        squared = np.maximum(squared, np.float32(1e-3) * squared.max())
        self._window = _Window(_RELAXATION * window / np.resize(squared, len(window)), framing.n_fft)
        # Of as many frames as it takes to have a middle.
        norm = framing.norm(min(n_frames, 2 * self._n_overlap))
        repairs = framing.frames(np.resize(squared, len(norm)) / norm)
        self._head, self._tail = repairs[: self._n_overlap], repairs[self._n_overlap :]
        self._n_frames, self._win_length = n_frames, len(window)
        # c_n, in one piece and hop by hop; (1 - gamma) d_n, which becomes t_n; t_{n-1}.
        n_hops = n_frames - 1 + self._n_overlap
        self.signal = np.pad(signal, (0, n_hops * hop_length - len(signal)))
        self._hops = self.signal.reshape(n_hops, hop_length)
        self._sum, self._term = (1 - _RELAXATION) * self._hops, self._hops.copy()

    def add(self, frames: Real, first: int, is_last: bool) -> None:
        """Add frames, shape (n, n_fft), which are changed; in the last iteration, the signal becomes the sum itself."""
        n, end, hop_length = len(frames), first + len(frames), self._hops.shape[1]
        self._window.apply(frames)
        frames = frames[:, : self._win_length]
        begin_tail = self._n_frames - len(self._tail)
        head, tail = self._head[first:end], self._tail[max(0, first - begin_tail) : max(0, end - begin_tail)]
        frames[: len(head)] *= head
        frames[n - len(tail) :] *= tail
        if is_last and not first:
            self._sum[:] = 0
        # Each hop sums the oldest frame first, as it does where that is of the block before: blocks change no bit.
        for j in reversed(range(self._n_overlap)):
            piece = frames[:, j * hop_length : (j + 1) * hop_length]
            self._sum[first + j : end + j, : piece.shape[1]] += piece
        # Hops that the next block reaches, too, wait for it.
        here = slice(first, end if end < self._n_frames else None)
        if is_last:
            np.divide(self._sum[here], _RELAXATION, out=self._hops[here])
        else:
            self._go_on(self._sum[here], self._term[here], self._hops[here])
            if end == self._n_frames:
                self._sum, self._term = self._term, self._sum

    def _go_on(self, term: Real, last: Real, signal: Real) -> None:
        """From t_n, ``term``, and t_{n-1}, ``last``, to c_n and, in place of t_{n-1}, (1 - gamma) d_n."""
        step = np.subtract(term, last, out=last)
        np.multiply(step, _INERTIA, out=signal)
        signal += term
        step += term
        step *= 1 - _RELAXATION


class Ends:
    """The samples beyond the ends of a clip, which follow from the clip.

    An estimate that were free there would put whatever suits the first and the last frames, which then would not come
    out when the clip is analysed.

    Parameters
    ----------
    framing : Framing
    n_before, n_clip, n_after : int >= 0 [samples]
        In the padded signal: before the clip, of the clip, after it.
    """

    def __init__(self, framing: Framing, n_before: int, n_clip: int, n_after: int) -> None:
        n_until = n_before + n_clip
        self._beyond: Any = np.concatenate([np.arange(n_before), np.arange(n_until, n_until + n_after)])
        self._sources: Any = framing.pad_by(np.arange(n_before, n_until), n_before, n_after)[self._beyond]
        self._is_silent = framing.pad_mode == "constant"

    def restore(self, padded: Real) -> None:
        """Put these samples into a padded signal, in place."""
        padded[self._beyond] = 0 if self._is_silent else padded[self._sources]
