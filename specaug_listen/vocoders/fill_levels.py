"""Cells that a mask wrote into a mel, as far as the mel itself shows them, and the level at which they are to sound.

A mel does not say where it was masked, and need not: no sound has runs of equal cells, nor a cell that is far louder
than all four beside it, since windows overlap and filters share bins. Constant fills are full of the former, and noise
drawn for each cell by itself is full of the latter. In the mel of a sound neither is found, and nothing here changes
anything.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from ..frontends import MelFrontend
from ..stft import Framing, istft, stft
from .iteration import Ends
from .mel_bins import Energies, MelBins, mel_bins_of, sum_around, tiny

__all__ = ["flat_areas", "lone_areas", "nearly_equal", "restore_levels"]

Real = npt.NDArray[np.float32]
Flags = npt.NDArray[np.bool_]

# 7 dB: white noise, clicks, speech and music have hardly a cell that is louder than all its neighbours by as much.
_LONE_RATIO = np.float32(5.0)
# Cells more than 80 dB below the loudest one are not heard, and rounding may leave any of them alone.
_INAUDIBLE = np.float32(1e-8)
# A single one may be chance; noise has a dozen within as many cells.
_LEAST_LONE, _FRAMES_AROUND, _BINS_AROUND = 3, 4, 6
# Levels are those over a window's reach and as many bins to either side as a loud low one may leak into.
_BINS_OF_LEVEL = 3
_LARGEST_GAIN = np.float32(10.0)
# Two cells may be equal by chance.
_LEAST_EQUAL, _ROUNDING = 3, np.float32(1e-6)
# A sound that repeats itself exactly with every hop gives equal frames too: it has peaks, or nothing else is heard.
_LEAST_SMOOTH, _SMOOTH_DB, _LEAST_FLAT_SHARE = 8, 6.0, 0.9


def flat_areas(energies: Energies, begin: int, end: int) -> Flags:
    """Find the audible cells that lie in a patch without any structure of its own, over time or over the bins.

    Such a patch has no peaks whose phases could run on; from the filters' own shape it would get some, one for each
    mel bin, and would be heard as a chord.

    Parameters
    ----------
    energies : Energies
        Of the whole recording.
    begin, end : int
        Of the frames that are asked for.

    Returns
    -------
    np.ndarray [shape=(end - begin, n_mels), bool]
        Frames beyond the last one are like that one.
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
    alike = nearly_equal(values[:, 1:], values[:, :-1])
    over_time = _runs(alike & audible[:, 1:] & audible[:, :-1], _LEAST_EQUAL, axis=1)
    if over_time.any() and over_time.sum() < _LEAST_FLAT_SHARE * audible.sum():
        db = 20 / power * np.log10(np.maximum(energy, np.float32(1e-30)))
        smooth = np.abs(np.diff(db, axis=0)) < _SMOOTH_DB
        flat |= _runs(smooth & over_time[1:] & over_time[:-1], _LEAST_SMOOTH, axis=0)
    return flat


def nearly_equal(a: Real, b: Real) -> Flags:
    """Which values are equal but for rounding: a warp that reads between two cells of a fill leaves some in it.

    Examples
    --------
    >>> nearly_equal(np.float32([-3, 0, 1]), np.float32([-3.0000005, 0, 1.00001]))
    array([ True,  True, False])
    """
    equal: Flags = np.abs(a - b) <= _ROUNDING * np.maximum(np.abs(a), np.abs(b))
    return equal


@lru_cache(maxsize=8)
def _are_different(frontend: MelFrontend) -> Flags:
    """Which filters differ from the next one in what they make of a click, whose spectrum is flat."""
    total = frontend.filterbank().sum(axis=1)
    total = total[total > 0]
    different: Flags = np.abs(np.diff(total)) > np.float32(1e-4) * total[1:]
    return different


def restore_levels(padded: Real, target: Real, mel_bins: MelBins, framing: Framing, ends: Ends, loudest: float) -> Real:
    """Raise what came out too quiet where the target is full of cells that stand alone.

    Parameters
    ----------
    padded : np.ndarray [shape=(n,)]
        What was reconstructed.
    target : np.ndarray [shape=(n_frames, n_mels)]
        Energies of the mel bins that are wanted.
    mel_bins : MelBins
    framing : Framing
    ends : Ends
        Where the clip lies in it.
    loudest : float
        The largest energy of the whole recording.

    Returns
    -------
    np.ndarray [shape=(n,)]
        The very ``padded`` where no cell stands alone; else only what lies under such areas is changed.
    """
    wanted, most = _power(target, mel_bins), loudest ** (2 / mel_bins.power)
    audible_bins = mel_bins.audible
    areas = np.zeros(wanted.shape, bool)
    areas[:, audible_bins] = lone_areas(wanted[:, audible_bins], most)
    if not areas.any():
        return padded
    restored = padded.copy()
    ends.restore(restored)
    spectrum = stft(restored, framing)
    n_frames = -(-framing.win_length // framing.hop_length) - 1
    target_power, reached = (
        sum_around(np.where(areas, power, np.float32(0)), n_frames, _BINS_OF_LEVEL)
        for power in (wanted, _power(mel_bins.energy(spectrum), mel_bins))
    )
    least = tiny(most)
    # What is too loud leaks in from beside the area, and lowering it would take the area's own power away.
    gain = np.clip(np.sqrt((target_power + least) / (reached + least)), 1, _LARGEST_GAIN)
    gain = np.where(areas, gain, np.float32(1))
    spectrum *= (gain - 1) @ mel_bins.synthesis
    return padded + istft(spectrum, framing)


def lone_areas(power: Real, loudest: float) -> Flags:
    """Which cells lie in an area that no signal can have.

    Parameters
    ----------
    power : np.ndarray [shape=(n_frames, n_mels)]
    loudest : float
        Of the whole recording.

    Examples
    --------
    >>> noise = 100 ** np.random.default_rng(0).normal(size=(40, 20)).astype(np.float32)
    >>> bool(lone_areas(noise, 1e8).mean() > 0.9), bool(lone_areas(np.sort(noise, axis=0), 1e8).any())
    (True, False)
    """
    quiet = np.float32(loudest) * _INAUDIBLE
    # Beyond the edges there are no neighbours that could tell.
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


def _runs(alike: Flags, least: int, axis: int) -> Flags:
    """Cells in runs of at least so many, from which neighbours along an axis are alike."""
    pairs = np.moveaxis(alike, axis, 0)
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
