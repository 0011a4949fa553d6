"""Mel scales and triangular filters: slaney, htk, Kaldi and SpeechBrain.

Every filterbank is ``(n_mels, n_fft // 2 + 1)`` float32.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

__all__ = ["MEL_SCALES", "hz_to_mel", "mel_filterbank", "mel_to_hz"]

MEL_SCALES = ("slaney", "htk", "kaldi", "speechbrain")

Float = npt.NDArray[np.float64]

# Slaney's Auditory Toolbox: linear below 1 kHz, then 27 steps for each factor of 6.4.
_HZ_PER_MEL = 200.0 / 3
_BREAK_HZ = 1000.0
_BREAK_MEL = _BREAK_HZ / _HZ_PER_MEL
_LOG_STEP = np.log(6.4) / 27


def hz_to_mel(hz: npt.ArrayLike, scale: str) -> Float:
    """Convert frequencies in Hz to a mel scale.

    ``htk`` and ``speechbrain`` are 2595 log10(1 + f / 700); ``kaldi`` is 1127 ln(1 + f / 700), the same curve to 5
    digits.

    Examples
    --------
    >>> hz_to_mel([1000.0, 6400.0], "slaney")
    array([15., 42.])
    """
    f = np.asarray(hz, dtype=np.float64)
    if scale in ("htk", "speechbrain"):
        return 2595.0 * np.log10(1.0 + f / 700.0)
    if scale == "kaldi":
        return 1127.0 * np.log(1.0 + f / 700.0)
    above = _BREAK_MEL + np.log(np.maximum(f, _BREAK_HZ) / _BREAK_HZ) / _LOG_STEP
    return np.where(f < _BREAK_HZ, f / _HZ_PER_MEL, above)


def mel_to_hz(mel: npt.ArrayLike, scale: str) -> Float:
    """Convert a mel scale to Hz, the inverse of `hz_to_mel`.

    Examples
    --------
    >>> mel_to_hz([15.0, 42.0], "slaney")
    array([1000., 6400.])
    """
    m = np.asarray(mel, dtype=np.float64)
    if scale in ("htk", "speechbrain"):
        return 700.0 * (10.0 ** (m / 2595.0) - 1.0)
    if scale == "kaldi":
        return 700.0 * (np.exp(m / 1127.0) - 1.0)
    above = _BREAK_HZ * np.exp((np.maximum(m, _BREAK_MEL) - _BREAK_MEL) * _LOG_STEP)
    return np.where(m < _BREAK_MEL, m * _HZ_PER_MEL, above)


@lru_cache(maxsize=32)
def mel_filterbank(
    sample_rate: int,
    n_fft: int,
    n_mels: int,
    fmin_hz: float,
    fmax_hz: float,
    scale: str,
    norm: str | None,
) -> npt.NDArray[np.float32]:
    """Compute triangular mel filters, shape (n_mels, n_fft // 2 + 1), read-only.

    Parameters
    ----------
    sample_rate : int > 0 [Hz]
    n_fft : int > 0
    n_mels : int > 0
    fmin_hz, fmax_hz : float [Hz]
        Lower end of the first triangle, and upper end of the last one.
    scale : {"slaney", "htk", "kaldi", "speechbrain"}
        ``slaney`` and ``htk``: triangles that are linear in Hz (librosa, torchaudio).
        ``kaldi``: triangles that are linear in mel, and no weight at the Nyquist bin (the same matrix as TensorFlow's,
        which lingvo uses).
        ``speechbrain``: triangles in Hz that are symmetric: as wide to the right as to the left.
    norm : {"slaney"} or None
        ``slaney`` divides each triangle by half its width in Hz, so that all have the same area.

    References
    ----------
    librosa ``filters.mel``; Kaldi ``feat/mel-computations.cc``, as in
    ``torchaudio.compliance.kaldi.get_mel_banks``; SpeechBrain ``processing/features.py``, ``Filterbank``;
    TensorFlow ``tf.signal.linear_to_mel_weight_matrix``.

    Examples
    --------
    >>> mel_filterbank(16000, 400, 80, 0.0, 8000.0, "slaney", "slaney").shape
    (80, 201)
    """
    edges_mel: Float = np.linspace(hz_to_mel(fmin_hz, scale), hz_to_mel(fmax_hz, scale), n_mels + 2, dtype=np.float64)
    bins_hz: Float = np.arange(n_fft // 2 + 1, dtype=np.float64) * (sample_rate / n_fft)
    if scale == "kaldi":
        edges, at = edges_mel, hz_to_mel(bins_hz, scale)
    else:
        edges, at = mel_to_hz(edges_mel, scale), bins_hz
    rising = (at - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    falling = (edges[2:, None] - at) / (edges[2:] - edges[1:-1])[:, None]
    if scale == "speechbrain":
        falling = 2.0 - rising
    weights: Float = np.maximum(0.0, np.minimum(rising, falling))
    if scale == "kaldi" and n_fft % 2 == 0:
        weights[:, -1] = 0.0
    if norm == "slaney":
        hz = mel_to_hz(edges_mel, scale)
        width_hz = 2.0 * (hz[1:-1] - hz[:-2]) if scale == "speechbrain" else hz[2:] - hz[:-2]
        weights *= (2.0 / width_hz)[:, None]
    bank: npt.NDArray[np.float32] = weights.astype(np.float32)
    bank.flags.writeable = False
    return bank
