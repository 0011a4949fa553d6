"""From a mel spectrogram to a linear magnitude: by pseudo-inverse, or by non-negative least squares."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from .._imports import require
from .._threads import one_blas_thread
from ..frontends import MelFrontend, MelSpectrogram
from .bands import rendered_energy

__all__ = ["nnls_magnitude", "pinv_magnitude"]

Real = npt.NDArray[np.float32]


def pinv_magnitude(mel: MelSpectrogram) -> Real:
    """Least-squares magnitude, negative parts cut off.

    Returns
    -------
    np.ndarray [shape=(n_frames, n_bins), float32, non-negative]
        With a frame or two more than the mel has; see `rendered_energy`.

    Raises
    ------
    ParameterError
        When the mel's values stand for no power.
    """
    with one_blas_thread():
        linear = np.maximum(rendered_energy(mel) @ _pseudo_inverse(mel.frontend), 0)
    return _root(linear, mel.frontend)


def nnls_magnitude(mel: MelSpectrogram) -> Real:
    """Magnitude by librosa's block-wise non-negative least squares; shapes and errors as `pinv_magnitude`."""
    librosa = require("librosa", purpose="non-negative least squares")
    with one_blas_thread():
        linear = librosa.util.nnls(mel.frontend.filterbank(), rendered_energy(mel).T)
    return _root(np.ascontiguousarray(linear.T, dtype=np.float32), mel.frontend)


@lru_cache(maxsize=8)
def _pseudo_inverse(frontend: MelFrontend) -> Real:
    return np.linalg.pinv(frontend.filterbank().T.astype(np.float64)).astype(np.float32)


def _root(linear: Real, frontend: MelFrontend) -> Real:
    return np.sqrt(linear) if frontend.power == 2 else linear
