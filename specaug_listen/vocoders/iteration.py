"""The iteration of `Joint`: from a signal to its STFT, to the target's mel, and back, with inertia.

Only signals are kept. The terms of the accelerated Griffin-Lim algorithm [1]_ are STFTs of real signals, and sums of
such are STFTs of the sums; a signal is a small part of the size of its spectrum, and no spectrum is ever stored: frames
are transformed, given their gains, transformed back and overlapped in blocks that fit a core's cache.

References
----------
.. [1] R. Nenov, D.-K. Nguyen, P. Balazs, R. I. Bot, "Accelerated Griffin-Lim algorithm: a fast and provably
   converging numerical method for phase retrieval", IEEE/ACM TASLP 2023, arXiv:2306.12504.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import scipy.fft

from ..stft import Framing
from .bands import Banded, Bands

__all__ = ["Ends", "Iteration"]

Real = npt.NDArray[np.float32]
Complex = npt.NDArray[np.complex64]

# alpha and gamma of [1]_; beta is 1.
_INERTIA, _RELAXATION = np.float32(0.95), np.float32(1.25)
# Of one iteration's gains, in the unit of the energies.
_LARGEST_RATIO = 1e6
# A block's frames and their spectrum together stay within a core's second-level cache; of sums over signals, which
# need more arrays at once, a part of a block.
_FFT_POINTS_PER_BLOCK = 1 << 17
_SAMPLES_AT_ONCE = 1 << 13


class Iteration:
    """Alternate between the STFTs of real signals and the spectra that have a target's mel.

    Parameters
    ----------
    target : np.ndarray [shape=(n_frames, n_mels), non-negative]
        Band energies.
    bands : Bands
    framing : Framing
    tiny : np.float32
        See `specaug_listen.vocoders.bands.tiny`.
    """

    def __init__(self, target: Real, bands: Bands, framing: Framing, tiny: np.float32) -> None:
        self._framing, self._n_frames = framing, len(target)
        self._n_block = max(16, _FFT_POINTS_PER_BLOCK // framing.n_fft)
        self._window = framing.window_float32()
        self._projection = _Projection(target, bands, framing.n_fft, tiny)
        self._overlap = _Synthesis(framing, len(target))

    def run(self, stretch: Real, n_iter: int, ends: Ends) -> Real:
        """Iterate, from one signal to a better one.

        Parameters
        ----------
        stretch : np.ndarray [shape=(framing.stretch_length(n_frames),)]
        n_iter : int >= 0
        ends : Ends
            Of the clip in the stretch.

        Returns
        -------
        np.ndarray [shape=(framing.stretch_length(n_frames),)]
        """
        signal: Real = stretch.copy()
        if n_iter:
            ends.settle(signal)
        inertia = _Inertia(signal)
        for iteration in range(1, n_iter + 1):
            is_last = iteration == n_iter
            for begin, part in self._projected(signal):
                (inertia.rest if is_last else inertia.carry)(begin, part)
            if not is_last:
                ends.settle(signal)
                inertia.turn()
        return signal

    def _projected(self, signal: Real) -> Iterator[tuple[int, Real]]:
        """Finished parts of the projected signal; no frame that is still to be read reaches into them."""
        frames, carried = self._framing.frames(signal), None
        windowed = np.empty((self._n_block, len(self._window)), np.float32)
        for i in range(0, self._n_frames, self._n_block):
            block = frames[i : i + self._n_block]
            projected = self._projection.of(np.multiply(block, self._window, out=windowed[: len(block)]), i)
            finished, carried = self._overlap.add(projected, i, carried)
            for j in range(0, len(finished), _SAMPLES_AT_ONCE):
                yield i * self._framing.hop_length + j, finished[j : j + _SAMPLES_AT_ONCE]


class Ends:
    """What lies beyond the ends of a clip, and follows from the clip.

    An estimate that were free there would put whatever suits the first and the last frames, which then would not come
    out when the clip is analysed.

    Parameters
    ----------
    framing : Framing
    n_before, n_clip, n_after : int >= 0 [samples]
        Of a stretch: before the clip, of the clip, after it.
    """

    def __init__(self, framing: Framing, n_before: int, n_clip: int, n_after: int) -> None:
        sources = framing.padded(np.arange(n_before, n_before + n_clip), n_before, n_after)
        self._head, self._tail = slice(0, n_before), slice(n_before + n_clip, n_before + n_clip + n_after)
        self._sources = sources[self._head], sources[self._tail]
        self._is_silent = framing.pad_mode == "constant"

    def settle(self, stretch: Real) -> None:
        """Put it there, in place."""
        for beyond, sources in zip((self._head, self._tail), self._sources, strict=True):
            stretch[beyond] = 0 if self._is_silent else stretch[sources]


class _Inertia:
    """The signal with inertia that the next iteration starts from, written over the one it came from.

    t_n = gamma y + (1 - gamma) d; c = t_n + alpha (t_n - t_{n-1}); d = t_n + (t_n - t_{n-1}).
    """

    def __init__(self, signal: Real) -> None:
        self._signal = signal
        # t_{n-1}, and t_{n-2} which t_n takes the place of; d follows from them.
        self._terms = signal.copy(), signal.copy()
        self._step = np.empty(_SAMPLES_AT_ONCE, np.float32)

    def carry(self, begin: int, relaxed: Real) -> None:
        """From gamma y to c."""
        here = slice(begin, begin + len(relaxed))
        (previous, term), step = (t[here] for t in self._terms), self._step[: len(relaxed)]
        term *= _RELAXATION - 1
        term += relaxed
        np.multiply(previous, 2 * (1 - _RELAXATION), out=step)
        term += step
        np.subtract(term, previous, out=step)
        step *= _INERTIA
        np.add(term, step, out=self._signal[here])

    def turn(self) -> None:
        """End an iteration: its term is the next one's previous."""
        self._terms = self._terms[::-1]

    def rest(self, begin: int, relaxed: Real) -> None:
        """From gamma y to y: the last word."""
        np.divide(relaxed, _RELAXATION, out=self._signal[begin : begin + len(relaxed)])


class _Projection:
    """Frames to frames, with the gains that give their spectra the target's mel."""

    def __init__(self, target: Real, bands: Bands, n_fft: int, tiny: np.float32) -> None:
        self._power, self._n_fft = bands.power, n_fft
        n_bins = bands.synthesis.shape[1]
        reached = int(np.flatnonzero(bands.synthesis.any(axis=0))[-1]) + 1
        # Bins above the last filter are zero after the gains. A few of them are not worth a copy.
        self._n_bins = reached if reached < 0.9 * n_bins else n_bins
        self._synthesis, self._lowest = Banded(bands.synthesis[:, : self._n_bins], 32), bands.lowest
        # Powers are summed over real and imaginary parts as they lie in memory, one after the other.
        repeats = 2 if bands.power == 2 else 1
        self._analysis = Banded(np.repeat(bands.analysis[: self._n_bins], repeats, axis=0), 16)
        # (a + tiny) / (e + tiny + a / largest): one pass less than bounding the ratio afterwards.
        self._wanted = target + tiny
        self._least = tiny + target * np.float32(1 / _LARGEST_RATIO)

    def of(self, frames: Real, first: int) -> Real:
        """Project windowed frames, ``first`` and those after it."""
        spectrum = scipy.fft.rfft(frames, self._n_fft)[:, : self._n_bins]
        if not spectrum.flags.c_contiguous:
            spectrum = spectrum.copy()
        gain = self._energy(spectrum)
        here = slice(first, first + len(frames))
        gain += self._least[here]
        np.divide(self._wanted[here], gain, out=gain)
        if self._power == 2:
            np.sqrt(gain, out=gain)
        per_bin = gain @ self._synthesis
        # A clip's offset and the slowest rumble leak into the lowest band; without them, it would get a hum.
        per_bin[:, : self._lowest] = 1
        spectrum *= per_bin
        projected: Real = scipy.fft.irfft(spectrum, self._n_fft)
        return projected

    def _energy(self, spectrum: Complex) -> Real:
        energy: Real = (np.abs(spectrum) if self._power == 1 else np.square(spectrum.view(np.float32))) @ self._analysis
        return energy


class _Synthesis:
    """gamma times the least-squares overlap-add, for one block of frames after the other.

    Sums are kept as rows of one hop; in the middle of a signal the sum of the squared windows is the same in every row,
    and is divided out by the window itself.
    """

    def __init__(self, framing: Framing, n_frames: int) -> None:
        self._hop_length, self._n_frames = framing.hop_length, n_frames
        self._n_rows = -(-framing.win_length // framing.hop_length)
        self._length = framing.stretch_length(n_frames)
        window = np.zeros(self._n_rows * framing.hop_length, np.float32)
        window[: framing.win_length] = framing.window_float32()
        squared = np.square(window).reshape(self._n_rows, -1).sum(axis=0)
        squared = np.maximum(squared, np.float32(1e-3) * squared.max())
        self._window = window.reshape(self._n_rows, -1) * (_RELAXATION / squared)
        reach = min(len(window), self._length)
        norm = framing.norm(n_frames)
        self._repairs = {
            begin: np.resize(np.roll(squared, -begin), reach) / norm[begin : begin + reach]
            for begin in (0, self._length - reach)
        }
        if self._length <= 2 * reach:
            self._repairs = {0: np.resize(squared, self._length) / norm}

    def add(self, frames: Real, first: int, carried: Real | None) -> tuple[Real, Real]:
        """Add a block to what the one before has carried over; gives what is finished, and what to carry on."""
        n_frames = len(frames)
        rows = self._rows(frames)
        if carried is not None:
            rows[: len(carried)] += carried
        finished = rows[:n_frames] if first + n_frames < self._n_frames else rows
        begin = first * self._hop_length
        signal = finished.reshape(-1)[: self._length - begin]
        for at, repair in self._repairs.items():
            low, high = max(at, begin), min(at + len(repair), begin + len(signal))
            if low < high:
                signal[low - begin : high - begin] *= repair[low - at : high - at]
        return signal, rows[n_frames:]

    def _rows(self, frames: Real) -> Real:
        """The block's own sum."""
        n_frames, n_rows, hop_length = len(frames), self._n_rows, self._hop_length
        rows = np.empty((n_frames + n_rows - 1, hop_length), np.float32)
        # Where a row has all its frames, one pass adds them up. (The last frame's rows would be read beyond its end.)
        n_whole = max(0, n_frames - n_rows)
        if n_whole:
            stride, item = frames.strides
            shape, strides = (n_whole, n_rows, hop_length), (stride, hop_length * item - stride, item)
            parts = np.lib.stride_tricks.as_strided(frames[n_rows - 1 :], shape, strides)
            np.einsum("tjh,jh->th", parts, self._window, out=rows[n_rows - 1 : n_frames - 1])
        rows[: n_rows - 1] = 0
        rows[n_rows - 1 + n_whole :] = 0
        for j, window in enumerate(self._window):
            part = frames[:, j * hop_length : (j + 1) * hop_length]
            width = part.shape[1]
            for begin, end in [(0, n_rows - 1 - j), (n_frames - 1 - j, n_frames)] if n_whole else [(0, n_frames)]:
                rows[begin + j : end + j, :width] += part[begin:end] * window[:width]
        return rows
