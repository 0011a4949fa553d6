"""Find the areas of a mel that are fills of masks, and restore the level of noise in them.

A mel does not record its masks, but fills leave marks. A constant fill is a run of equal cells. Noise that is drawn for
each cell has cells that are far louder than their four neighbours. The mel of a sound has neither mark, because windows
overlap and filters share FFT bins, so it is rendered unchanged.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from ..frontends import MelFrontend
from ..stft import Framing, Real, istft, stft
from .iteration import Ends
from .mel_bins import Energies, MelBins, mel_bins_of, sum_around, tiny

__all__ = ["flat_areas", "lone_areas", "nearly_equal", "restore_levels"]

Flags = npt.NDArray[np.bool_]

# A lone cell exceeds all its neighbours by this ratio, 7 dB. White noise, clicks, speech and music have hardly any.
_LONE_RATIO = np.float32(5.0)
# Cells more than 80 dB below the loudest one are inaudible, and rounding may raise any of them above its neighbours.
_INAUDIBLE = np.float32(1e-8)
# A single lone cell may be a coincidence; noise has a dozen in an area of this size.
_LEAST_LONE, _FRAMES_AROUND, _BINS_AROUND = 3, 4, 6
# Levels are compared over the length of a window, and over this many bins to each side: a loud low bin leaks as far.
_BINS_OF_LEVEL = 3
_MAX_GAIN = np.float32(10.0)
# Two equal cells may be a coincidence.
_LEAST_EQUAL, _ROUNDING = 3, np.float32(1e-6)
# A sound that is exactly periodic in the hop has equal frames, too; it has peaks, or there is no other sound.
_LEAST_SMOOTH, _SMOOTH_DB, _LEAST_FLAT_SHARE = 8, 6.0, 0.9


def flat_areas(energies: Energies, begin: int, end: int) -> Flags:
    """Find the audible cells in flat areas, over time or over bins, in frames ``begin`` to ``end - 1``.

    Such an area has no peaks with phases to continue; the shapes of the filters would create one for each mel bin,
    audible as a chord. Returns shape (end - begin, n_mels); frames after the last one are like that one.
    """
    mel = energies.mel
    frames = np.clip(np.arange(begin, end) - energies.n_lead_in, 0, mel.n_frames - 1)
    first, last = max(0, int(frames[0]) - _LEAST_EQUAL), min(int(frames[-1]) + 1 + _LEAST_EQUAL, mel.n_frames)
    audible_bins = mel_bins_of(mel.frontend).audible
    is_flat: Flags = np.zeros((len(frames), mel.n_mels), bool)
    is_flat[:, audible_bins] = _flat(energies, mel.values_at(first, last), first, audible_bins).T[frames - first]
    return is_flat


def _flat(energies: Energies, values: Real, first: int, audible_bins: Flags) -> Flags:
    mel, power = energies.mel, energies.mel.frontend.power
    begin = first + energies.n_lead_in
    energy = energies.read(begin, begin + values.shape[1]).T[audible_bins]
    floor = mel.frontend.floor_value(mel.cell_statistics.largest, mel.statistics)[audible_bins]
    values = values[audible_bins]
    audible = values > floor + np.float32(1e-5)
    audible &= energy > np.float32((2 * _INAUDIBLE) ** (power / 2) * energies.loudest)
    over_bins = nearly_equal(values[1:], values[:-1])
    flat: Flags = audible & over_bins.all(axis=0)
    over_bins &= _are_different(mel.frontend)[:, np.newaxis]
    flat |= _runs(over_bins & audible[1:] & audible[:-1], _LEAST_EQUAL, axis=0)
    are_equal = nearly_equal(values[:, 1:], values[:, :-1])
    over_time = _runs(are_equal & audible[:, 1:] & audible[:, :-1], _LEAST_EQUAL, axis=1)
    if over_time.any() and over_time.sum() < _LEAST_FLAT_SHARE * audible.sum():
        db = 20 / power * np.log10(np.maximum(energy, np.float32(1e-30)))
        smooth = np.abs(np.diff(db, axis=0)) < _SMOOTH_DB
        flat |= _runs(smooth & over_time[1:] & over_time[:-1], _LEAST_SMOOTH, axis=0)
    return flat


def nearly_equal(a: Real, b: Real) -> Flags:
    """Whether values are equal up to rounding, which a warp that interpolates between two cells of a fill leaves.

    Examples
    --------
    >>> nearly_equal(np.float32([-3, 0, 1]), np.float32([-3.0000005, 0, 1.00001]))
    array([ True,  True, False])
    """
    equal: Flags = np.abs(a - b) <= _ROUNDING * np.maximum(np.abs(a), np.abs(b))
    return equal


@lru_cache(maxsize=8)
def _are_different(frontend: MelFrontend) -> Flags:
    """Whether each filter differs from the next one in its response to a click, whose spectrum is flat."""
    total = frontend.filterbank().sum(axis=1)
    total = total[total > 0]
    different: Flags = np.abs(np.diff(total)) > np.float32(1e-4) * total[1:]
    return different


def restore_levels(padded: Real, target: Real, mel_bins: MelBins, framing: Framing, ends: Ends, loudest: float) -> Real:
    """Raise the rendering where it is too quiet under areas of lone cells.

    ``padded`` is the rendering, ``target`` (n_frames, n_mels) the energies of the mel, ``loudest`` the largest energy
    of the whole recording. Returns ``padded`` itself if there are no such areas; otherwise only the sound under them
    changes.
    """
    target_power, loudest_power = _power(target, mel_bins), loudest ** (2 / mel_bins.power)
    audible_bins = mel_bins.audible
    areas = np.zeros(target_power.shape, bool)
    areas[:, audible_bins] = lone_areas(target_power[:, audible_bins], loudest_power)
    if not areas.any():
        return padded
    restored = padded.copy()
    ends.restore(restored)
    spectrum = stft(restored, framing)
    n_frames = -(-framing.win_length // framing.hop_length) - 1
    target_level, level = (
        sum_around(np.where(areas, power, np.float32(0)), n_frames, _BINS_OF_LEVEL)
        for power in (target_power, _power(mel_bins.energy(spectrum), mel_bins))
    )
    least = tiny(loudest_power)
    # Excess power leaks in from outside the area; lowering it would remove the area's own power.
    gain = np.clip(np.sqrt((target_level + least) / (level + least)), 1, _MAX_GAIN)
    gain = np.where(areas, gain, np.float32(1))
    spectrum *= (gain - 1) @ mel_bins.synthesis
    return padded + istft(spectrum, framing)


def lone_areas(power: Real, loudest: float) -> Flags:
    """Find the cells in areas with several lone cells, each far louder than its neighbours; no signal has such areas.

    ``power`` has the shape (n_frames, n_mels), ``loudest`` is the largest power of the whole recording.

    Examples
    --------
    >>> noise = 100 ** np.random.default_rng(0).normal(size=(40, 20)).astype(np.float32)
    >>> bool(lone_areas(noise, 1e8).mean() > 0.9), bool(lone_areas(np.sort(noise, axis=0), 1e8).any())
    (True, False)
    """
    quiet = np.float32(loudest) * _INAUDIBLE
    # Cells at the edges lack neighbours, so they are never lone.
    framed = np.pad(np.maximum(power, quiet), 1, constant_values=np.inf)
    beside = np.maximum(framed[:-2, 1:-1], framed[2:, 1:-1])
    for neighbour in (framed[1:-1, :-2], framed[1:-1, 2:]):
        np.maximum(beside, neighbour, out=beside)
    beside *= _LONE_RATIO
    lone: Flags = power > beside
    if not lone.any():
        return lone
    areas: Flags = sum_around(lone.astype(np.float32), _FRAMES_AROUND, _BINS_AROUND) >= _LEAST_LONE
    return areas


def _runs(are_equal: Flags, least: int, axis: int) -> Flags:
    """Mark cells in runs of at least ``least``, given which neighbours along an axis are equal."""
    pairs = np.moveaxis(are_equal, axis, 0)
    cells = np.zeros((len(pairs) + 1, *pairs.shape[1:]), bool)
    if len(cells) >= least and pairs.any():
        n_starts = len(cells) - least + 1
        starts = np.logical_and.reduce([pairs[i : i + n_starts] for i in range(least - 1)])
        for i in range(least):
            cells[i : i + n_starts] |= starts
    runs: Flags = np.moveaxis(cells, 0, axis)
    return runs


def _power(energy: Real, mel_bins: MelBins) -> Real:
    return energy if mel_bins.power == 2 else np.square(energy)
