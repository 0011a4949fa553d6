"""`Joint`: magnitude and phase estimated together, the default vocoder.

Instead of solving for a magnitude first and freezing its error into the phase, the iteration alternates between the
STFTs of real signals (inverse STFT, then STFT) and the spectra whose mel is the given one (a gain for each band,
spread over its bins). No system is solved.

References
----------
.. [1] Y. Masuyama, N. Ueno, N. Ono, "Signal reconstruction from mel-spectrogram based on bi-level consistency of
   full-band magnitude and phase", WASPAA 2023, arXiv:2307.12232.
.. [2] R. Nenov, D.-K. Nguyen, P. Balazs, R. I. Bot, "Accelerated Griffin-Lim algorithm: a fast and provably
   converging numerical method for phase retrieval", IEEE/ACM TASLP 2023, arXiv:2306.12504.
"""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
import scipy.fft
from pydantic import Field

from .._random import MAX_SEED
from .._record import record
from .._threads import one_blas_thread
from ..audio import Audio
from ..frontends import MelFrontend, MelSpectrogram
from ..stft import FRAMES_PER_BLOCK, Framing, istft
from .bands import Banded, Bands, bands_of, rendered_energy
from .phase import SinglePass, random_phase

__all__ = ["Joint"]

Real = npt.NDArray[np.float32]
Complex = npt.NDArray[np.complex64]

# Over longer windows a voice's pitch changes within one frame, and single-pass phases cost intelligibility.
_LONG_WINDOW_S = 0.064
# alpha, beta and gamma of the accelerated Griffin-Lim algorithm [2]_.
_INERTIA, _MEMORY, _RELAXATION = np.float32(0.95), np.float32(1.0), np.float32(1.25)
_ITERATIONS = {"draft": 4, "default": 32, "best": 200}
_LARGEST_GAIN = 1e3


@record
class Joint:
    """Magnitude and phase estimated together from the mel; the best sound in the least time.

    Parameters
    ----------
    quality : {"draft", "default", "best"}
        4, 32 or 200 iterations.
    n_iter : int in [0, 10000] or None
        Another number of iterations than that of ``quality``.
    start : {"auto", "spsi", "random"}
        Phase to start from. ``auto`` takes single-pass phases for windows shorter than 64 ms, and random ones for
        longer windows.
    seed : int in [0, 2**53)
        Of the random start.

    Raises
    ------
    ParameterError
        When a value is out of range.

    Examples
    --------
    >>> from specaug_listen import frontends
    >>> mel = frontends.WHISPER(Audio(np.sin(np.arange(16000) * 0.2), 16000))
    >>> Joint(n_iter=8)(mel).n_samples
    16000
    """

    quality: Literal["draft", "default", "best"] = "default"
    n_iter: Annotated[int, Field(ge=0, le=10_000)] | None = None
    start: Literal["auto", "spsi", "random"] = "auto"
    seed: Annotated[int, Field(ge=0, le=MAX_SEED)] = 0
    kind: Literal["joint"] = "joint"

    def __call__(self, mel: MelSpectrogram) -> Audio:
        """Reconstruct the waveform of a mel spectrogram.

        Parameters
        ----------
        mel : MelSpectrogram

        Returns
        -------
        Audio
            Mono, at the front-end's rate, of the clip's length.

        Raises
        ------
        ParameterError
            When the mel's values stand for no power.
        """
        frontend, target = mel.frontend, rendered_energy(mel)
        if target.max() == 0:
            return Audio(np.zeros(mel.n_samples, np.float32), frontend.sample_rate)
        with one_blas_thread():
            bands = bands_of(frontend)
            start = self._start(target, bands, frontend)
            n_iter = _ITERATIONS[self.quality] if self.n_iter is None else self.n_iter
            stretch = _iterate(start, target, bands, mel, n_iter)
        return Audio(frontend.unstretch(stretch, mel.n_samples), frontend.sample_rate)

    def _start(self, target: Real, bands: Bands, frontend: MelFrontend) -> Complex:
        """A smooth magnitude with the wanted band energies, and the phases of ``start``."""
        is_long = frontend.framing.win_length / frontend.sample_rate >= _LONG_WINDOW_S
        is_random = self.start == "random" or (self.start == "auto" and is_long)
        rng, single_pass = np.random.default_rng(self.seed), SinglePass(frontend.framing)
        spectrum = np.empty((len(target), len(bands.analysis)), np.complex64)
        for i in range(0, len(target), FRAMES_PER_BLOCK):
            magnitude = bands.magnitude(target[i : i + FRAMES_PER_BLOCK])
            phase = random_phase(magnitude.shape, rng) if is_random else single_pass.continued(magnitude)
            np.multiply(magnitude, phase, out=spectrum[i : i + FRAMES_PER_BLOCK])
        return spectrum


def _iterate(spectrum: Complex, target: Real, bands: Bands, mel: MelSpectrogram, n_iter: int) -> Real:
    """Alternate between the two sets, with the inertia of [2]_.

    t_n = (1 - gamma) d + gamma y; c = t_n + alpha (t_n - t_{n-1}); d = t_n + beta (t_n - t_{n-1}).

    The terms of [2]_ are STFTs of real signals, and sums of such are STFTs of the sums; so the inertia is kept in the
    time domain, where an array is a small part of the size, and costs next to nothing.
    """
    frontend, framing = mel.frontend, mel.frontend.framing
    norm, inertia = framing.norm(len(spectrum)), _Inertia()
    projection = _Projection(target, bands, framing)
    for _ in range(n_iter):
        stretch = frontend.settle(istft(spectrum, framing, norm), mel.n_samples)
        projection.into(spectrum, inertia.carry(stretch))
    return istft(spectrum, framing, norm)


class _Inertia:
    """The terms t and d of [2]_, kept from one iteration to the next and worked on in place."""

    def __init__(self) -> None:
        self._state: tuple[Real, Real] | None = None

    def carry(self, stretch: Real) -> Real:
        """From the iteration's signal y to c, the one with inertia."""
        if self._state is None:
            self._state = stretch.copy(), stretch.copy()
            return stretch
        previous, inertial = self._state
        relaxed = stretch * _RELAXATION
        inertial *= 1 - _RELAXATION
        relaxed += inertial
        step: Real = np.subtract(relaxed, previous, out=previous)
        np.multiply(step, _MEMORY, out=inertial)
        inertial += relaxed
        step *= _INERTIA
        step += relaxed
        self._state = relaxed, inertial
        return step


class _Projection:
    """The STFT of a signal, with the gains that give it the target's mel."""

    def __init__(self, target: Real, bands: Bands, framing: Framing) -> None:
        self._framing, self._bands, self._target = framing, bands, target
        self._window, self._tiny = framing.window_float32(), bands.tiny(target)
        self._synthesis = Banded(bands.synthesis, 32)
        # Powers are summed over real and imaginary parts as they lie in memory, one after the other.
        repeats = 2 if bands.power == 2 else 1
        self._analysis = Banded(np.repeat(bands.analysis, repeats, axis=0), 16)

    def into(self, spectrum: Complex, stretch: Real) -> None:
        """Write it into ``spectrum``."""
        frames = self._framing.frames(stretch)
        for i in range(0, len(frames), FRAMES_PER_BLOCK):
            block = slice(i, i + FRAMES_PER_BLOCK)
            part = scipy.fft.rfft(frames[block] * self._window, self._framing.n_fft)
            gain = self._bands.gain(self._target[block], self._energy(part), _LARGEST_GAIN, self._tiny)
            np.multiply(part, gain @ self._synthesis, out=spectrum[block])

    def _energy(self, part: Complex) -> Real:
        energy: Real = (np.abs(part) if self._bands.power == 1 else np.square(part.view(np.float32))) @ self._analysis
        return energy
