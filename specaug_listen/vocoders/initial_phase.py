"""The starting point of `Joint`: a magnitude with approximately the energies of the mel, and phases for it."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse

from ..frontends import MelFrontend
from ..stft import Complex, Real
from .fill_areas import flat_areas, nearly_equal
from .mel_bins import Energies, mel_bins_of
from .phase import phasors
from .single_pass import SinglePass

__all__ = ["Start", "first_random_bin", "lower_skirts", "sharp_magnitude"]

# In longer windows, the pitch of a voice changes within a frame, and single-pass phases of its higher harmonics reduce
# intelligibility.
_LONG_WINDOW_S, _TONAL_HZ = 0.064, 1500.0
_FRAMES_AT_ONCE = 512
# Frames for each stream of random phases.
_FRAMES_PER_STREAM = 256
# More steps change little.
_SHARPENINGS = 5
_LEAST_ENERGY = np.float32(1e-30)
# FFT bins halfway between two mel bins count as inside, in spite of rounding.
_HALF = np.float32(0.501)
# See `lower_skirts`.
_BASS_HZ, _SKIRT, _SKIRT_GAIN = 100.0, 0.5, 0.8


class Start:
    """The spectra that an iteration starts from, read sequentially.

    From FFT bin ``first_random`` (see `first_random_bin`) on, phases are random; in flat areas, those of all bins are.
    """

    def __init__(self, energies: Energies, first_random: int, seed: int) -> None:
        self._energies, self._first_random = energies, first_random
        self._mel_bins = mel_bins_of(energies.mel.frontend)
        self._seed = seed
        self._single_pass = SinglePass(energies.mel.frontend.framing)
        self._first, self._pending = 0, np.empty((0, len(self._mel_bins.analysis)), np.complex64)

    def frames(self, first: int, last: int) -> Complex:
        """Return frames ``first`` to ``last - 1``; neither may decrease from one call to the next.

        They are computed in blocks that begin at multiples of 512 frames, so their bits do not depend on the requested
        ranges.
        """
        n_done = self._first + len(self._pending)
        blocks = [self._pending]
        while n_done < last:
            blocks.append(self._next(n_done, min(n_done + _FRAMES_AT_ONCE, self._energies.n_frames)))
            n_done += len(blocks[-1])
        self._first, self._pending = first, np.concatenate(blocks)[first - self._first :]
        return self._pending[: last - first]

    def _next(self, begin: int, end: int) -> Complex:
        # With one frame more, which the last phases depend on.
        magnitude = sharp_magnitude(self._energies.read(begin, end + 1), self._energies.mel.frontend)
        n_frames, first = end - begin, self._first_random
        flat = flat_areas(self._energies, begin, end) if first else np.zeros((0, 0), bool)
        turns = np.empty((n_frames, magnitude.shape[1]), np.float32)
        if first < turns.shape[1] or flat.any():
            turns[:] = self._random_turns(begin, end)
        if first:
            single_pass = self._single_pass.next_phases(magnitude[:n_frames, :first], magnitude[n_frames:, :first])
            where = flat @ self._mel_bins.synthesis[:, :first] <= _HALF if flat.any() else True
            np.copyto(turns[:, :first], single_pass, where=where)
        return phasors(turns, magnitude[:n_frames])

    def _random_turns(self, begin: int, end: int) -> Real:
        """Draw random phases in turns; those of a frame do not depend on ``begin``."""
        blocks, n_bins = range(begin // _FRAMES_PER_STREAM, -(-end // _FRAMES_PER_STREAM)), len(self._mel_bins.analysis)
        shape = _FRAMES_PER_STREAM, n_bins
        phases = [np.random.default_rng((self._seed, i)).random(shape, dtype=np.float32) for i in blocks]
        first = begin - blocks.start * _FRAMES_PER_STREAM
        return np.concatenate(phases)[first : first + end - begin]


def first_random_bin(frontend: MelFrontend, start: str) -> int:
    """Return the first FFT bin whose phases are random, for ``start`` "auto", "spsi" or "random"."""
    if start == "random":
        return 0
    is_long = frontend.framing.win_length / frontend.sample_rate >= _LONG_WINDOW_S
    n_bins = frontend.n_fft // 2 + 1
    return (
        min(n_bins, int(_TONAL_HZ * frontend.n_fft / frontend.sample_rate)) if start == "auto" and is_long else n_bins
    )


def sharp_magnitude(target: Real, frontend: MelFrontend) -> Real:
    """Return a magnitude (n_frames, n_bins) with approximately the energies ``target`` (n_frames, n_mels) of a mel.

    The energy of a mel bin is first spread over the FFT bins of its filter, so peaks are as wide as filters.
    Multiplicative steps (Richardson-Lucy) then make the peaks narrower. Phases that are derived from narrower peaks are
    better. Just below the lowest filter, the magnitude is that of its first bin; further below, 0.
    """
    mel_bins, filters = mel_bins_of(frontend), _filters(frontend)
    # With M the target, d the density over the FFT bins and B the filterbank, a step is
    #   d_k <- d_k * sum_m (B_mk / sum_m B_mk) * M_m / (B d)_m:
    # where the mel of d is below M, the step raises d in proportion to what each filter has of the bin. No d becomes
    # negative, and each step moves the mel of d nearer to M.
    goal = np.ascontiguousarray(target.T)
    density: Real = filters.synthesis @ (filters.per_filter[:, np.newaxis] * goal)
    for _ in range(_SHARPENINGS):
        density *= filters.shares @ ((goal + _LEAST_ENERGY) / (filters.analysis @ density + _LEAST_ENERGY))
    if mel_bins.power == 2:
        np.sqrt(density, out=density)
    density = np.ascontiguousarray(density.T)
    density[:, : mel_bins.lowest] = density[:, mel_bins.lowest : mel_bins.lowest + 1]
    # The magnitude below the lowest filter is in no mel bin, so nothing corrects it, and a de-emphasis would amplify it
    # to a hum. It is kept only over the FFT bins that the main lobe of the window covers.
    smear = -(-frontend.n_fft // frontend.framing.win_length)
    density[:, : max(0, mel_bins.lowest - smear)] = 0
    return density


class _Filters(NamedTuple):
    """A filterbank as sparse matrices.

    `analysis` and `synthesis` are those of `SparseMelBins`. `shares` has each filter's share of the weights of an FFT
    bin, `per_filter` 1 / the sum of each filter.
    """

    analysis: Any
    synthesis: Any
    shares: Any
    per_filter: Real


@lru_cache(maxsize=8)
def _filters(frontend: MelFrontend) -> _Filters:
    mel_bins = mel_bins_of(frontend)
    shares = mel_bins.analysis / np.maximum(mel_bins.analysis.sum(axis=1, keepdims=True), np.float32(1e-20))
    per_filter = 1 / np.maximum(mel_bins.analysis.sum(axis=0), np.float32(1e-20))
    return _Filters(*mel_bins.sparse(), scipy.sparse.csr_array(shares), per_filter)


def lower_skirts(target: Real, frontend: MelFrontend) -> Real:
    """Lower the cells below 100 Hz that are probably leakage of a higher component.

    The bass of most voices is empty, but the lower skirt of the first harmonic leaks into its cells. Rendered as sound,
    it is a rumble; with a slightly lower target, the iterations leave such a cell to leakage. A skirt is a cell that is
    followed by a louder one within the main lobe of the window. Real bass has its own peak, and a cell that equals the
    one before or after it is a fill, which is kept.

    ``target`` has the shape (n_frames, n_mels).
    """
    center_hz, width = frontend.center_hz(), 4 * frontend.sample_rate / frontend.framing.win_length
    density = target * _filters(frontend).per_filter
    result: Real = target.copy()
    for m in np.flatnonzero(center_hz < _BASS_HZ):
        above = density[:, m : np.searchsorted(center_hz, center_hz[m] + width, "right")].max(axis=1)
        skirt = density[:, m] < np.float32(_SKIRT ** (frontend.power / 2)) * above
        is_equal = nearly_equal(target[1:, m], target[:-1, m])
        skirt[1:] &= ~is_equal
        skirt[:-1] &= ~is_equal
        result[skirt, m] *= np.float32(_SKIRT_GAIN**frontend.power)
    return result
