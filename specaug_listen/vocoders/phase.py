"""Phases to start from: random, single-pass (SPSI), and the original clip's.

References
----------
.. [1] G. T. Beauregard, M. Harish, L. Wyse, "Single pass spectrogram inversion", DSP 2015.
.. [2] M. Dolson, "The phase vocoder: a tutorial", Computer Music Journal, 1986.
.. [3] J. Laroche, M. Dolson, "Improved phase vocoder time-scale modification of audio", IEEE TSAP 1999.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .._random import as_seed
from ..errors import ParameterError
from ..frontends import MelSpectrogram
from ..stft import Framing, stft

__all__ = ["original_spectrum", "random_phase", "spsi_phase", "unit"]

Real = npt.NDArray[np.float32]
Complex = npt.NDArray[np.complex64]


def unit(angles: npt.ArrayLike) -> Complex:
    """Complex numbers of magnitude 1 at these angles in radians."""
    angles = np.asarray(angles, dtype=np.float32)
    spectrum = np.empty(angles.shape, np.complex64)
    np.cos(angles, out=spectrum.real)
    np.sin(angles, out=spectrum.imag)
    return spectrum


def random_phase(shape: tuple[int, int], seed: int) -> Complex:
    """Uniform random phases, the same for the same seed."""
    return unit(np.random.default_rng(as_seed(seed)).random(shape, dtype=np.float32) * np.float32(2 * np.pi))


def spsi_phase(magnitude: Real, framing: Framing) -> Complex:
    """Phases that let every spectral peak run on at its own frequency.

    Parameters
    ----------
    magnitude : np.ndarray [shape=(n_frames, n_bins), non-negative]
    framing : Framing

    Returns
    -------
    np.ndarray [shape=(n_frames, n_bins), complex64]
        Of magnitude 1.

    Notes
    -----
    As in [1]_, a parabola through each peak gives its frequency, and the phase advances by it from frame to frame.
    Two things differ. Every bin belongs to the nearest peak and takes over the phase of that peak's bin in the frame
    before; and phases are kept as seen from the *middle* of the window, where all bins of one peak agree, and turned
    to the window's first sample at the end (a delay of ``win_length / 2``), which [1]_ approximates by alternating
    signs.
    """
    n_frames, n_bins = magnitude.shape
    owner, frequency = _peaks(magnitude)
    advance = np.take_along_axis(frequency, owner, axis=1) * np.float32(2 * np.pi * framing.hop_length / framing.n_fft)
    angles = np.empty((n_frames, n_bins))
    running = np.zeros(n_bins)
    for t in range(n_frames):
        running = running[owner[t]] + advance[t]
        angles[t] = running
    delay = np.arange(n_bins) * (np.pi * framing.win_length / framing.n_fft)
    return unit(np.remainder(angles - delay, 2 * np.pi))


def _peaks(magnitude: Real) -> tuple[npt.NDArray[np.intp], Real]:
    """For each bin, the bin of its peak; and at peaks, the frequency in bins by parabolic interpolation."""
    n_bins = magnitude.shape[1]
    below, at, above = magnitude[:, :-2], magnitude[:, 1:-1], magnitude[:, 2:]
    is_peak = np.zeros(magnitude.shape, bool)
    is_peak[:, 1:-1] = (at > below) & (at >= above)
    bend = below - 2 * at + above
    frequency = np.tile(np.arange(n_bins, dtype=np.float32), (len(magnitude), 1))
    shift = np.divide(below - above, 2 * bend, out=np.zeros_like(at), where=bend < 0)
    frequency[:, 1:-1] += np.clip(shift, -0.5, 0.5)
    bins = np.arange(n_bins)
    lower = np.maximum.accumulate(np.where(is_peak, bins, -n_bins), axis=1)
    upper = np.minimum.accumulate(np.where(is_peak, bins, 2 * n_bins)[:, ::-1], axis=1)[:, ::-1]
    owner = np.where(bins - lower <= upper - bins, lower, upper)
    # A frame without any peak: every bin is its own.
    return np.where((owner < 0) | (owner >= n_bins), bins, owner), frequency


def original_spectrum(mel: MelSpectrogram, *, emphasized: bool, n_extra: int = 0) -> Complex:
    """STFT of the clip that a mel was computed from, warped as the mel was.

    Parameters
    ----------
    mel : MelSpectrogram
    emphasized : bool
        With the front-end's pre-emphasis.
    n_extra : int >= 0
        Frames beyond the mel's last one.

    Returns
    -------
    np.ndarray [shape=(n_frames + n_extra, n_bins), complex64]

    Raises
    ------
    ParameterError
        When the mel does not know its clip.

    Notes
    -----
    Under a warp, magnitudes are read at fractional frames. The phases are those of the nearest frame, each spectral
    peak with its bins turned as a whole so that it runs on at its own frequency: the identity phase locking of [3]_.
    The distance between frames stays one hop, so nothing needs unwrapping.
    """
    if mel.audio is None:
        raise ParameterError(
            "the original phase is not known: this mel carries no audio; compute it with frontend(audio), or use "
            "another vocoder or init='random'"
        )
    signal, n_frames = mel.audio.samples[0], mel.n_frames + n_extra
    framing = mel.frontend.framing
    stretch = mel.frontend.stretch(signal, n_frames) if emphasized else framing.extend(signal, n_frames)
    spectrum = stft(stretch, framing)
    if mel.warp is None or np.array_equal(mel.warp, np.arange(mel.n_frames)):
        return spectrum
    beyond = mel.warp[-1] + np.arange(1, n_extra + 1)
    return _read_at(spectrum, np.concatenate([mel.warp, beyond]))


def _read_at(spectrum: Complex, source: npt.NDArray[np.float64]) -> Complex:
    last = len(spectrum) - 1
    source = np.clip(source, 0, last)
    before = np.minimum(source.astype(np.intp), max(last - 1, 0))
    after = np.minimum(before + 1, last)
    share = (source - before).astype(np.float32)[:, np.newaxis]
    magnitude = np.abs(spectrum)
    magnitude = magnitude[before] * (1 - share) + magnitude[after] * share
    advance = np.angle(spectrum[after] * np.conj(spectrum[before]))
    nearest = np.angle(spectrum[np.where(share[:, 0] < 0.5, before, after)])
    owner, _ = _peaks(magnitude)
    angles = np.empty_like(nearest)
    running = nearest[0]
    for u, peaks in enumerate(owner):
        if u:
            turn = running + advance[u - 1] - nearest[u]
            running = nearest[u] + turn[peaks]
        angles[u] = running
    read: Complex = magnitude * unit(np.remainder(angles, 2 * np.pi))
    return read
