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
from pydantic import Field

from .._random import MAX_SEED
from .._record import record
from .._threads import one_blas_thread
from ..audio import Audio
from ..frontends import MelFrontend, MelSpectrogram
from ..stft import istft, stft
from .bands import Bands, bands_of, rendered_energy
from .phase import random_phase, spsi_phase

__all__ = ["Joint"]

Real = npt.NDArray[np.float32]
Complex = npt.NDArray[np.complex64]

# Over longer windows a voice's pitch changes within one frame, and single-pass phases cost intelligibility.
_LONG_WINDOW_S = 0.064
# alpha, beta and gamma of the accelerated Griffin-Lim algorithm [2]_.
_INERTIA, _MEMORY, _RELAXATION = np.float32(0.95), np.float32(1.0), np.float32(1.25)
_LARGEST_GAIN = 1e3


@record
class Joint:
    """Magnitude and phase estimated together from the mel; the best sound in the least time.

    Parameters
    ----------
    n_iter : int in [0, 10000]
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

    n_iter: Annotated[int, Field(ge=0, le=10_000)] = 32
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
            start = self._start(bands.magnitude(target), frontend)
            stretch = _iterate(start, target, bands, mel, self.n_iter)
        return Audio(frontend.unstretch(stretch, mel.n_samples), frontend.sample_rate)

    def _start(self, magnitude: Real, frontend: MelFrontend) -> Complex:
        is_long = frontend.framing.win_length / frontend.sample_rate >= _LONG_WINDOW_S
        if self.start == "random" or (self.start == "auto" and is_long):
            return magnitude * random_phase(magnitude.shape, self.seed)
        return magnitude * spsi_phase(magnitude, frontend.framing)


def _iterate(spectrum: Complex, target: Real, bands: Bands, mel: MelSpectrogram, n_iter: int) -> Real:
    """Alternate between the two sets, with the inertia of [2]_.

    t_n = (1 - gamma) d + gamma y; c = t_n + alpha (t_n - t_{n-1}); d = t_n + beta (t_n - t_{n-1}).

    The terms of [2]_ are STFTs of real signals, and sums of such are STFTs of the sums; so the inertia is kept in the
    time domain, where an array is a small part of the size, and costs next to nothing.
    """
    frontend, framing = mel.frontend, mel.frontend.framing
    norm = framing.norm(len(spectrum))
    previous = inertial = None
    for _ in range(n_iter):
        stretch = frontend.settle(istft(spectrum, framing, norm), mel.n_samples)
        if previous is None or inertial is None:
            previous = inertial = stretch
        else:
            relaxed = _RELAXATION * stretch + (1 - _RELAXATION) * inertial
            step = relaxed - previous
            stretch = relaxed + _INERTIA * step
            inertial = relaxed + _MEMORY * step
            previous = relaxed
        spectrum = stft(stretch, framing)
        spectrum *= bands.gain(target, bands.energy(spectrum), _LARGEST_GAIN) @ bands.synthesis
    return istft(spectrum, framing, norm)
