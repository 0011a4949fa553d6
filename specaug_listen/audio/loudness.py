"""Loudness (ITU-R BS.1770), and the gains that make several sounds equally loud."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import scipy.fft

from .sound import Sound

__all__ = ["loudness_lufs", "matching_gains_db"]

Samples = npt.NDArray[np.float64]

# BS.1770 gates blocks of 0.4 s, a quarter of a block apart; a shorter sound is one block.
_BLOCK_S, _STEP_SHARE = 0.4, 0.25
_LEAST_SAMPLES = 16
# Blocks below the first gate do not count, nor those more than 10 dB quieter than the mean of the others.
_GATE_LUFS, _RELATIVE_GATE_LU = -70.0, -10.0
# So that a tone of 997 Hz at full scale in one channel has -3.01 LUFS.
_OFFSET_LU = -0.691
_SURROUND_GAIN = 1.41
# Corners of the K-weighting's two filters. The upper one has to be below half the rate.
_SHELF_HZ, _SHELF_DB, _HIGH_PASS_HZ = 1500.0, 4.0, 38.0
# The filters' impulse responses have decayed after this time: the slower one by a factor of e in 4 ms.
_RESPONSE_S = 0.25
# How many steps between edges of blocks, about 0.1 s each, are filtered at once, so that memory is constant.
_STEPS_AT_ONCE = 256


def loudness_lufs(sound: Sound) -> float | None:
    """Return the integrated loudness; for a sound shorter than 0.4 s, the loudness of its only block.

    Parameters
    ----------
    sound : Audio or SpooledAudio

    Returns
    -------
    float [LUFS] or None
        None for silence, below the gate of -70 LUFS, and for rates of 3000 Hz and less.

    References
    ----------
    ITU-R BS.1770-4, with filters and blocks as in pyloudnorm; results differ by less than 1e-6 LU.

    Examples
    --------
    >>> from specaug_listen import Audio
    >>> tone = Audio(np.sin(2 * np.pi * 997 * np.arange(48000) / 48000), 48000)
    >>> abs(loudness_lufs(tone) - -3.01) < 0.1
    True
    >>> loudness_lufs(Audio(np.zeros(48000), 48000)) is None
    True
    """
    if sound.n_samples < _LEAST_SAMPLES or sound.peak == 0 or sound.sample_rate <= 2 * _SHELF_HZ:
        return None
    powers = _block_powers(sound)
    levels = _lufs(powers)
    is_audible = levels >= _GATE_LUFS
    if not is_audible.any():
        return None
    relative_gate = _lufs(powers[is_audible].mean()) + _RELATIVE_GATE_LU
    loudness = float(_lufs(powers[(levels > relative_gate) & (levels > _GATE_LUFS)].mean()))
    return loudness if loudness > _GATE_LUFS else None


def _lufs(power: npt.ArrayLike) -> Samples:
    return _OFFSET_LU + 10 * np.log10(np.maximum(power, 1e-30))


def _block_powers(sound: Sound) -> Samples:
    """Mean square of each gating block after K-weighting, summed over the channels, shape (n_blocks,)."""
    rate, n_samples = sound.sample_rate, sound.n_samples
    block_s = min(_BLOCK_S, n_samples / rate)
    n_blocks = round((n_samples / rate - block_s) / (block_s * _STEP_SHARE)) + 1
    starts = np.arange(n_blocks) * _STEP_SHARE
    begins, ends = (np.minimum(block_s * at * rate, n_samples).astype(np.int64) for at in (starts, starts + 1))
    # Blocks overlap, so squares are summed between neighbouring edges first, and blocks are sums of those.
    edges = np.unique([begins, ends])
    energies = np.concatenate([*_energies(sound, edges), [0.0]])
    first_to_last = np.searchsorted(edges, np.stack([begins, ends], axis=1))
    return np.add.reduceat(energies, first_to_last.reshape(-1))[::2] / (block_s * rate)


def _energies(sound: Sound, edges: npt.NDArray[np.int64]) -> Iterator[Samples]:
    """Yield sums of squares between neighbouring edges after K-weighting, for some edges at a time.

    The recursive filters are applied as a product of spectra. Each part is preceded by as much sound as the impulse
    responses are long, which absorbs the wrap-around of the transform.
    """
    gains = np.ones(sound.n_channels)
    gains[3:5] = _SURROUND_GAIN
    n_before = math.ceil(_RESPONSE_S * sound.sample_rate)
    for i in range(0, len(edges) - 1, _STEPS_AT_ONCE):
        part = edges[i : i + _STEPS_AT_ONCE + 1]
        begin, end = int(part[0]), int(part[-1])
        samples = np.zeros((sound.n_channels, n_before + end - begin))
        part_of_sound = sound.read(max(0, begin - n_before), end)
        samples[:, samples.shape[1] - part_of_sound.shape[1] :] = part_of_sound
        n_fft = scipy.fft.next_fast_len(samples.shape[1], real=True)
        spectrum = scipy.fft.rfft(samples, n_fft) * _k_weighting(sound.sample_rate, n_fft)
        weighted = scipy.fft.irfft(spectrum, n_fft)[:, n_before : samples.shape[1]]
        yield np.add.reduceat(gains @ np.square(weighted), part[:-1] - begin)


def _k_weighting(rate: int, n_fft: int) -> npt.NDArray[np.complex128]:
    """Return the frequency response of the K-weighting at the FFT's bins: a high shelf times a high-pass.

    The shelf stands for the effect of the head, the high-pass for the ear, which hardly hears bass. Both are biquads of
    R. Bristow-Johnson's Audio EQ Cookbook. Its variables are ``w = 2 pi f / rate``, ``alpha = sin(w) / 2Q`` and
    ``A = 10^(dB / 40)``. Q is 1/sqrt(2) for the shelf and 1/2 for the high-pass.
    """
    a, w = 10 ** (_SHELF_DB / 40), 2 * math.pi * _SHELF_HZ / rate
    cos, root = math.cos(w), 2 * math.sqrt(a) * math.sin(w) / math.sqrt(2)
    shelf = (
        (a * (a + 1 + (a - 1) * cos + root), -2 * a * (a - 1 + (a + 1) * cos), a * (a + 1 + (a - 1) * cos - root)),
        (a + 1 - (a - 1) * cos + root, 2 * (a - 1 - (a + 1) * cos), a + 1 - (a - 1) * cos - root),
    )
    w = 2 * math.pi * _HIGH_PASS_HZ / rate
    cos, alpha = math.cos(w), math.sin(w)
    high_pass = ((1 + cos) / 2, -1 - cos, (1 + cos) / 2), (1 + alpha, -2 * cos, 1 - alpha)
    delay = np.exp(-2j * np.pi * np.arange(n_fft // 2 + 1) / n_fft)
    response = np.ones(len(delay), np.complex128)
    for numerator, denominator in (shelf, high_pass):
        # Coefficients of x[n], x[n - 1], x[n - 2] and of y[n], y[n - 1], y[n - 2].
        response *= np.polyval(numerator[::-1], delay) / np.polyval(denominator[::-1], delay)
    return response


def matching_gains_db(loudness: Sequence[float | None], peaks: Sequence[float]) -> list[float | None]:
    """Return gains that make all sounds as loud as the first one with a loudness, or less, so that none clips.

    Parameters
    ----------
    loudness : sequence of float [LUFS] or None
    peaks : sequence of float >= 0
        Largest absolute sample of each.

    Returns
    -------
    list of float [dB] or None
        None for sounds without a loudness.

    Examples
    --------
    >>> matching_gains_db([-20.0, -26.0, None], [0.5, 0.5, 0.0])
    [0.0, 6.0, None]
    >>> matching_gains_db([-20.0, -26.0], [0.5, 1.0])
    [-6.0, 0.0]
    """
    levels = [level for level in loudness if level is not None]
    if not levels:
        return [None for _ in loudness]
    gains = [None if level is None else levels[0] - level for level in loudness]
    highest = max(
        gain + 20 * math.log10(max(peak, 1e-10)) for gain, peak in zip(gains, peaks, strict=True) if gain is not None
    )
    return [None if gain is None else round(gain - max(0.0, highest), 2) for gain in gains]
