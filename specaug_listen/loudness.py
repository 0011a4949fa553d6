"""How loud a sound is to a listener (ITU-R BS.1770), and the gains that make several equally loud."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence

import numpy as np

from ._optional import require
from ._sound import Sound

__all__ = ["loudness_lufs", "matching_gains_db"]

# BS.1770 gates blocks of 0.4 s; a shorter sound is one block.
_BLOCK_S = 0.4
_LEAST_SAMPLES = 16
# Gates leave nothing of what is quieter; no gain would make it heard.
_QUIETEST_LUFS = -70.0


def loudness_lufs(sound: Sound) -> float | None:
    """Integrated loudness; of a sound shorter than 0.4 s that of its one block.

    Parameters
    ----------
    sound : Audio or SpooledAudio

    Returns
    -------
    float [LUFS] or None
        None for silence, and for what lies below the gate of -70 LUFS.

    References
    ----------
    ITU-R BS.1770-4, as in pyloudnorm.

    Examples
    --------
    >>> from specaug_listen import Audio
    >>> tone = Audio(np.sin(2 * np.pi * 997 * np.arange(48000) / 48000), 48000)
    >>> abs(loudness_lufs(tone) - -3.01) < 0.1
    True
    >>> loudness_lufs(Audio(np.zeros(48000), 48000)) is None
    True
    """
    if sound.n_samples < _LEAST_SAMPLES or sound.peak == 0:
        return None
    meter = require("pyloudnorm", purpose="matching loudness").Meter(
        sound.sample_rate, block_size=min(_BLOCK_S, sound.duration_s)
    )
    samples = sound.read(0, sound.n_samples).T
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        found = float(meter.integrated_loudness(np.asarray(samples, dtype=np.float64)))
    return found if math.isfinite(found) and found > _QUIETEST_LUFS else None


def matching_gains_db(loudness: Sequence[float | None], peaks: Sequence[float]) -> list[float | None]:
    """Gains after which all sounds are as loud as the first one that has a loudness, or as loud as none clips.

    Parameters
    ----------
    loudness : sequence of float [LUFS] or None
    peaks : sequence of float >= 0
        Largest absolute sample of each.

    Returns
    -------
    list of float [dB] or None
        None where there is no loudness.

    Examples
    --------
    >>> matching_gains_db([-20.0, -26.0, None], [0.5, 0.5, 0.0])
    [0.0, 6.0, None]
    >>> matching_gains_db([-20.0, -26.0], [0.5, 1.0])
    [-6.0, 0.0]
    """
    known = [level for level in loudness if level is not None]
    if not known:
        return [None for _ in loudness]
    gains = [None if level is None else known[0] - level for level in loudness]
    highest = max(
        gain + 20 * math.log10(max(peak, 1e-10)) for gain, peak in zip(gains, peaks, strict=True) if gain is not None
    )
    return [None if gain is None else round(gain - max(0.0, highest), 2) for gain in gains]
