"""The iteration of `Joint`: from a signal to its STFT, to the target's mel, and back, with inertia.

Only signals are kept. The terms of the accelerated Griffin-Lim algorithm [1]_ are STFTs of real signals, and sums of
such are STFTs of the sums; a signal is a small part of the size of its spectrum, and no spectrum is ever stored: frames
are transformed, given their gains, transformed back and overlapped in blocks that fit a core's cache. What happens
between the transforms is compiled, in `specaug_listen.vocoders.loops`, which says how arrays lie here.

References
----------
.. [1] R. Nenov, D.-K. Nguyen, P. Balazs, R. I. Bot, "Accelerated Griffin-Lim algorithm: a fast and provably
   converging numerical method for phase retrieval", IEEE/ACM TASLP 2023, arXiv:2306.12504.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.fft

from .._compiled import Place
from ..stft import Framing
from .bands import Bands
from .loops import FRAMES_AT_ONCE, LOOPS

__all__ = ["Ends", "Iteration"]

Real = npt.NDArray[np.float32]
Complex = npt.NDArray[np.complex64]

# alpha and gamma of [1]_; beta is 1.
_INERTIA, _RELAXATION = np.float32(0.95), np.float32(1.25)
# Of one iteration's gains, in the unit of the energies.
_LARGEST_RATIO = 1e6
# A block's frames and their spectrum together stay within a core's second-level cache.
_FFT_POINTS_PER_BLOCK = 1 << 17
# Rows of so many frames leave no remainder for vector instructions.
_FRAMES_IN_STEP = 32


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
        self._n_block = max(1, _FFT_POINTS_PER_BLOCK // framing.n_fft // _FRAMES_IN_STEP) * _FRAMES_IN_STEP
        n_last = (len(target) - 1) % self._n_block + 1
        self._frames, self._last_frames = (
            Place(np.zeros((framing.n_fft, n), np.float32)) for n in (self._n_block, n_last)
        )
        self._window, self._gains = Place(framing.window_float32()), _Gains(target, bands, tiny)
        self._n_hops = len(target) - 1 + -(-framing.win_length // framing.hop_length)

    def run(self, stretch: Real, n_iter: int, ends: Ends) -> Real:
        """Iterate, from one signal to a better one.

        Parameters
        ----------
        stretch : np.ndarray [shape=(framing.padded_length(n_frames),)]
        n_iter : int >= 0
        ends : Ends
            Of the clip in the stretch.

        Returns
        -------
        np.ndarray [shape=(framing.padded_length(n_frames),)]
        """
        hop_length = self._framing.hop_length
        hops: Real = np.pad(stretch, (0, self._n_hops * hop_length - len(stretch))).reshape(-1, hop_length)
        ends = ends.in_hops(hop_length)
        if n_iter:
            ends.settle(hops.T)
        overlap = _Overlap(self._framing, self._n_frames, self._n_block, hops.T)
        signal = overlap.signal
        for iteration in range(1, n_iter + 1):
            for first, frames in self._projected(signal):
                overlap.add(frames, first, is_last=iteration == n_iter)
            if iteration < n_iter:
                ends.settle(signal)
        better: Real = signal.T.reshape(-1)[: len(stretch)]
        return better

    def _projected(self, signal: Real) -> Iterator[tuple[int, Real]]:
        """Blocks of projected frames; none that is still to be read reaches into what those before it change."""
        window_frames = LOOPS.native("window_frames")
        hops, n_hops, hop_length = Place(signal), signal.shape[1], len(signal)
        for first in range(0, self._n_frames, self._n_block):
            frames = self._frames if first + self._n_block <= self._n_frames else self._last_frames
            window_frames(
                hops, n_hops, first, self._window, len(self._window.array), hop_length, frames, frames.array.shape[1]
            )
            # Other backends of SciPy's may lay their results out in another way, which the loops do not take.
            spectrum = np.ascontiguousarray(scipy.fft.rfft(frames.array, axis=0), np.complex64)
            self._gains.apply(spectrum, first)
            projected = scipy.fft.irfft(spectrum, self._framing.n_fft, axis=0)
            yield first, np.ascontiguousarray(projected, np.float32)


class _Gains:
    """The gains that give spectra the target's mel."""

    def __init__(self, target: Real, bands: Bands, tiny: np.float32) -> None:
        reached = np.flatnonzero(bands.synthesis.any(axis=0))
        begins, band, bin_ = bands.by_bin()
        weights = bands.analysis[bin_, band], bands.synthesis[band, bin_]
        # (a + tiny) / (e + tiny + a / largest): one pass less than bounding the ratio afterwards.
        wanted, least = target + tiny, tiny + target * np.float32(1 / _LARGEST_RATIO)
        values = np.empty((target.shape[1], 2 * FRAMES_AT_ONCE), np.float32)
        # A clip's offset and the slowest rumble leak into the lowest band; with a gain below it, it would get a hum.
        self._of_bins = [bands.lowest, int(reached[-1]) + 1, Place(begins), Place(band), *map(Place, weights)]
        self._of_bands = [Place(np.ascontiguousarray(each.T)) for each in (wanted, least)] + [*target.T.shape]
        self._is_power, self._scratch = int(bands.power == 2), (Place(values), Place(values[0].copy()))

    def apply(self, spectrum: Complex, first: int) -> None:
        """Apply them to spectra of shape (n_bins, n), frame ``first`` and those after it, in place."""
        n_bins, n = spectrum.shape
        LOOPS.native("apply_gains")(
            spectrum.view(np.float32), n, n_bins, *self._of_bins, *self._of_bands, first, self._is_power, *self._scratch
        )


class _Overlap:
    """The least-squares overlap-add of one block of frames after the other, and inertia.

    In the middle of a signal the sum of the squared windows is the same in every hop, and is divided out by the window
    itself; at both ends the difference to it is put right.
    """

    def __init__(self, framing: Framing, n_frames: int, n_block: int, signal: Real) -> None:
        hop_length, n_hops = signal.shape
        n_overlap = -(-framing.win_length // hop_length)
        window = np.pad(framing.window_float32(), (0, n_overlap * hop_length - framing.win_length))
        squared = np.square(window).reshape(n_overlap, hop_length).sum(axis=0)
        squared = np.maximum(squared, np.float32(1e-3) * squared.max())
        window = (window / np.tile(squared, n_overlap))[: framing.win_length]
        # Of as many frames as it takes to have a middle.
        norm = framing.norm(min(n_frames, 2 * n_overlap))
        norm = np.pad(norm, (0, -len(norm) % hop_length), constant_values=1).reshape(-1, hop_length)
        repairs = (squared / norm).T
        n_head = min(n_overlap, n_hops)
        n_tail = min(n_overlap, n_hops - n_head)
        edges = np.ascontiguousarray(np.delete(repairs, np.s_[n_head : repairs.shape[1] - n_tail], axis=1))
        self._carried = np.zeros((hop_length, n_overlap - 1), np.float32)
        # The signal, t_{n-1} and (1 - gamma) d; see `loops.go_on`.
        self._signals = np.empty((3, *signal.shape), np.float32)
        self._signals[:] = signal
        self._signals[2] *= 1 - _RELAXATION
        total = np.empty(n_block + n_overlap, np.float32)
        of_frames = (Place(window), len(window), hop_length, Place(self._carried), n_overlap - 1)
        self._fixed = (*of_frames, Place(edges), n_head, n_tail, Place(self._signals), n_hops)
        self._total = Place(total)

    @property
    def signal(self) -> Real:
        """As it is now, shape (hop_length, n_hops)."""
        signal: Real = self._signals[0]
        return signal

    def add(self, frames: Real, first: int, is_last: bool) -> None:
        """Add a block; in the last iteration, without inertia."""
        if first == 0:
            self._carried[:] = 0
        relaxation = 1 if is_last else _RELAXATION
        add_frames, n = LOOPS.native("add_frames"), frames.shape[1]
        add_frames(frames, n, *self._fixed, first, _INERTIA, relaxation, self._total)


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
        n_until = n_before + n_clip
        self._beyond: Any = np.concatenate([np.arange(n_before), np.arange(n_until, n_until + n_after)])
        self._sources: Any = framing.pad_by(np.arange(n_before, n_until), n_before, n_after)[self._beyond]
        self._is_silent = framing.pad_mode == "constant"

    def in_hops(self, hop_length: int) -> Ends:
        """The same for stretches of shape (hop_length, n_hops), whose sample ``h * hop_length + p`` lies at [p, h]."""
        turned = copy(self)
        turned._beyond, turned._sources = (
            divmod(samples, hop_length)[::-1] for samples in (self._beyond, self._sources)
        )
        return turned

    def settle(self, stretch: Real) -> None:
        """Put it there, in place."""
        stretch[self._beyond] = 0 if self._is_silent else stretch[self._sources]
