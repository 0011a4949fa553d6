"""How well a masked mel is met: which cells any signal could meet, and at which level the fills are heard.

A mel with masks is the mel of no signal. A window that stands half in a mask hears what is beside it, and a filter
hears the side lobes that the window gives to loud bands; so cells are measured apart by what they can hear:

- *within* a mask are cells whose window and filter share nothing with a cell beside it, and into which less leaks from
  there by side lobes than the fill asks for. There a level error is the vocoder's own.
- *beyond* are unmasked cells of which the same holds against all masked ones. They must be met as well as without any
  mask; else a mask rings on.

The level of a fill is the mean power over its cells, as a draw records it. Noise drawn for each cell by itself is met
by no signal cell by cell, but its mean power can be.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from specaug_listen.audio.audio_in_memory import Audio
from specaug_listen.augment import Draw, FrequencySpan, TimeSpan, WarpPath
from specaug_listen.frontends import MelFrontend, MelSpectrogram
from specaug_listen.stft import get_window

Flags = npt.NDArray[np.bool_]
Real = npt.NDArray[np.float64]
Mask = FrequencySpan | TimeSpan

RANGE_DB = 80.0
# Bins between which the side lobes of a window are looked for.
OVERSAMPLED = 8


class Met(NamedTuple):
    """How well one augmented mel was met, in dB; NaN where there is no such cell.

    Parameters
    ----------
    inside, within, outside, beyond : float
        RMSE over all masked cells, those within, all unmasked cells, those beyond.
    levels, levels_within : list of float
        Level of each mask over all its cells, and over those within, less the level that was asked for.
    """

    inside: float
    within: float
    outside: float
    beyond: float
    levels: list[float]
    levels_within: list[float]


def masks_of(draw: Draw) -> list[Mask]:
    """The masks that cover any cell."""
    sizes = {"frequency_mask": "n_bins", "time_mask": "n_frames"}
    return [step for step in draw.steps if not isinstance(step, WarpPath) and getattr(step, sizes[step.kind])]


def met(augmented: MelSpectrogram, rendered: MelSpectrogram, draw: Draw) -> Met | None:
    """Masked and unmasked cells apart; None where one of the two is empty."""
    inside = covered(augmented, masks_of(draw))
    if inside.all() or not inside.any():
        return None
    floor = audible(augmented)

    def level(cells: Flags) -> float:
        got, asked = (max(mel.power[cells].mean(dtype=np.float64), floor) for mel in (rendered, augmented))
        return float(10 * np.log10(got / asked))

    def rmse(cells: Flags) -> float:
        return rmse_db(augmented.power[cells], rendered.power[cells], floor)

    each = [(covered(augmented, [mask]), within(augmented, mask)) for mask in masks_of(draw)]
    return Met(
        rmse(inside),
        rmse(np.logical_or.reduce([inner for _, inner in each])),
        rmse(~inside),
        rmse(beyond(augmented, draw)),
        [level(cells) for cells, _ in each],
        [level(inner) for _, inner in each if inner.any()],
    )


def audible(mel: MelSpectrogram) -> float:
    """Power below which cells count as equally quiet."""
    return max(float(mel.power.max()) * 10 ** (-RANGE_DB / 10), 1e-30)


def rmse_db(before: npt.NDArray[Any], after: npt.NDArray[Any], floor: float) -> float:
    """Between powers; NaN between none."""
    difference = 10 * np.log10(np.maximum(before, floor, dtype=np.float64) / np.maximum(after, floor, dtype=np.float64))
    return float(np.sqrt(np.square(difference).mean())) if difference.size else np.nan


def covered(mel: MelSpectrogram, masks: list[Mask]) -> Flags:
    """Cells under any of the masks."""
    cells = np.zeros(mel.values.shape, bool)
    for mask in masks:
        cells[mask.region] = True
    return cells


def within(augmented: MelSpectrogram, mask: Mask) -> Flags:
    """Masked cells that hear their fill and nothing of what is beside the mask."""
    cells = covered(augmented, [mask])
    return cells & ~hears(augmented, ~cells, is_time=isinstance(mask, TimeSpan))


def beyond(augmented: MelSpectrogram, draw: Draw) -> Flags:
    """Unmasked cells that hear nothing of any mask."""
    heard = np.zeros(augmented.values.shape, bool)
    for mask in masks_of(draw):
        heard |= hears(augmented, covered(augmented, [mask]), is_time=isinstance(mask, TimeSpan))
    return ~heard


def hears(mel: MelSpectrogram, others: Flags, *, is_time: bool) -> Flags:
    """Cells that share samples, or bins, with others, or into which these leak more than the cell asks for."""
    if is_time:
        return spread(others, reach_frames(mel.frontend)) | padded(mel)
    near = touching(mel.frontend)[:, others.all(axis=1)].any(axis=1)
    leaked = leakage(mel.frontend) @ np.where(others, mel.energy, 0).astype(np.float64)
    heard: Flags = near[:, np.newaxis] | (leaked > mel.energy) | padded(mel)
    return heard


def padded(mel: MelSpectrogram) -> Flags:
    """Which frames reach over the clip's ends, shape (n_frames,)."""
    framing = mel.frontend.framing
    first = np.arange(mel.n_frames) * framing.hop_length - framing.offset
    beyond_ends: Flags = (first < 0) | (first + framing.win_length > mel.n_samples)
    return beyond_ends


def reach_frames(frontend: MelFrontend) -> int:
    """How many frames to either side share samples with a frame."""
    return -(-frontend.framing.win_length // frontend.hop_length) - 1


def spread(cells: Flags, n_frames: int) -> Flags:
    """These cells and those at most so many frames away."""
    wide = cells.copy()
    for shift in range(1, n_frames + 1):
        wide[:, shift:] |= cells[:, :-shift]
        wide[:, :-shift] |= cells[:, shift:]
    return wide


@lru_cache(maxsize=8)
def touching(frontend: MelFrontend) -> Flags:
    """Which filters share a bin once both are as wide as the window's main lobe makes them, shape (n_mels, n_mels)."""
    bank = frontend.filterbank() > 0
    for _ in range(round(2 * frontend.n_fft / frontend.framing.win_length)):
        bank[:, 1:] |= bank[:, :-1].copy()
        bank[:, :-1] |= bank[:, 1:].copy()
    shared: Flags = bank.astype(np.float32) @ bank.T.astype(np.float32) > 0
    return shared


@lru_cache(maxsize=8)
def leakage(frontend: MelFrontend) -> Real:
    """Energy that a stationary sound of energy 1 in one band puts into another, shape (n_mels, n_mels)."""
    window = get_window(frontend.framing.window, frontend.framing.win_length)
    lobes = np.abs(np.fft.fft(window, OVERSAMPLED * frontend.n_fft)) / window.sum()
    half = OVERSAMPLED // 2
    # Between bins the lobes are highest, and where a sound stands between bins is not known.
    shape = np.roll(lobes, half).reshape(frontend.n_fft, OVERSAMPLED).max(axis=1) ** frontend.power
    bank = frontend.filterbank().astype(np.float64)
    bins = np.arange(bank.shape[1])
    total = bank.sum(axis=0)
    share = np.divide(bank, total, out=np.zeros_like(bank), where=total > 0) / bank.sum(axis=1, keepdims=True)
    leaked: Real = bank @ shape[np.abs(bins[:, np.newaxis] - bins)] @ share.T
    return leaked


def cut(mel: MelSpectrogram, mask: Mask) -> Audio:
    """The clip without what a mask covers: what a floor could come to, had one the clip and not its mel alone.

    A band is cut out of one transform over the whole clip, as steeply as can be; of a time mask, every sample is
    silenced that a masked frame is the nearest one to.
    """
    assert mel.audio is not None
    frontend, signal = mel.frontend, mel.audio.samples[0].astype(np.float64)
    if isinstance(mask, TimeSpan):
        first, last = frontend.framing.center_s([mask.start_frame, mask.start_frame + mask.n_frames - 1], 1)
        half = frontend.hop_length / 2
        signal[max(0, round(first - half)) : round(last + half)] = 0
    else:
        used = np.flatnonzero(frontend.filterbank()[mask.region[0]].any(axis=0))
        spectrum = np.fft.rfft(signal)
        bins = np.arange(len(spectrum)) * (frontend.n_fft / len(signal))
        spectrum[(bins > used[0] - 1) & (bins < used[-1] + 1)] = 0
        signal = np.fft.irfft(spectrum, len(signal))
    return Audio(signal, frontend.sample_rate)


def single(draw: Draw, mask: Mask) -> Draw:
    """The draw with this mask alone."""
    return replace(draw, steps=(mask,))
