"""Upper end of a clip's spectrum: bins of a front-end above it are empty, whether they are masked or not."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..audio.sound import Sound
from .filterbank import hz_to_mel, mel_to_hz
from .frontend import MelFrontend

__all__ = ["EmptyBins", "content_edge_hz", "empty_bins"]

Float = npt.NDArray[np.float64]
_FRAME = 2048
_FRAMES_AT_ONCE = 128
# At an edge, everything above is at least this much lower than the range just beneath. Speech and music fall off less.
_CLIFF_DB = 30.0
_BENEATH_HZ, _GAP_HZ = 400.0, 100.0
# Levels below the loudest one by more than this are rounding.
_RANGE_DB = 140.0


class EmptyBins(NamedTuple):
    """Bins of a front-end in which a clip has no content.

    Parameters
    ----------
    first_bin : int
        The lowest of them; all above it are empty, too.
    n_bins : int
    above_hz : float [Hz]
        Upper end of the clip's content.
    is_certain : bool
        True if it follows from the clip's own sample rate, False if it is an estimate from its spectrum.
    """

    first_bin: int
    n_bins: int
    above_hz: float
    is_certain: bool


def empty_bins(frontend: MelFrontend, clip_rate: int, mono: Sound) -> EmptyBins | None:
    """Return the bins above the clip's content, or None if no bin is empty.

    ``clip_rate`` is the clip's sample rate in Hz before resampling; ``mono`` is the clip at the front-end's rate.
    """
    certain = _above(frontend, clip_rate / 2, True) if clip_rate < frontend.sample_rate else None
    top_hz = min(clip_rate, frontend.sample_rate) / 2
    edge_hz = content_edge_hz(mono, top_hz)
    estimated = None if edge_hz is None or edge_hz > 0.9 * top_hz else _above(frontend, edge_hz, False)
    return estimated or certain


def _above(frontend: MelFrontend, edge_hz: float, is_certain: bool) -> EmptyBins | None:
    low, high = hz_to_mel([frontend.fmin_hz, frontend.top_hz], frontend.mel_scale)
    begins_hz = mel_to_hz(np.linspace(low, high, frontend.n_mels + 2)[:-2], frontend.mel_scale)
    n_bins = int((begins_hz >= edge_hz * (1 - 1e-9)).sum())
    return EmptyBins(frontend.n_mels - n_bins, n_bins, edge_hz, is_certain) if n_bins else None


def content_edge_hz(sound: Sound, top_hz: float) -> float | None:
    """Estimate the frequency at which a sound's spectrum is cut off, up to ``top_hz``; None if it is not cut off.

    Everywhere above the edge, the mean spectrum is at least 30 dB lower than just beneath it.

    Examples
    --------
    >>> from specaug_listen import Audio
    >>> noise = np.random.default_rng(0).normal(0, 0.1, 16000)
    >>> content_edge_hz(Audio(noise, 16000), 8000.0) is None
    True
    >>> round(content_edge_hz(Audio(noise, 8000).resample(16000), 8000.0), -2)
    4000.0
    """
    powers = _mean_spectrum(sound)
    if powers.max(initial=0.0) <= 0:
        return None
    step_hz = sound.sample_rate / _FRAME
    n = int(top_hz / step_hz)
    levels_db = 10 * np.log10(np.maximum(powers[: n + 1], powers.max() * 10 ** (-_RANGE_DB / 10)))
    beneath, gap = max(1, round(_BENEATH_HZ / step_hz)), max(1, round(_GAP_HZ / step_hz))
    edges = np.arange(beneath + gap, n - gap)
    if not len(edges):
        return None
    # The maximum above each edge, against the mean just beneath it.
    above = np.maximum.accumulate(levels_db[::-1])[::-1][edges + gap]
    sums = np.concatenate([[0.0], np.cumsum(levels_db)])
    below = (sums[edges - gap] - sums[edges - gap - beneath]) / beneath
    drops = below - above
    best = int(np.argmax(drops))
    return float(edges[best] * step_hz) if drops[best] >= _CLIFF_DB else None


def _mean_spectrum(sound: Sound) -> Float:
    window = np.hanning(_FRAME + 1)[:-1]
    total = np.zeros(_FRAME // 2 + 1)
    size = _FRAME * _FRAMES_AT_ONCE
    for begin in range(0, sound.n_samples, size):
        samples = sound.read(begin, begin + size)[0]
        n_frames = len(samples) // _FRAME
        if not n_frames:
            continue
        frames = samples[: n_frames * _FRAME].reshape(n_frames, _FRAME).astype(np.float64)
        total += np.square(np.abs(np.fft.rfft(frames * window, axis=1))).sum(axis=0)
    return total
