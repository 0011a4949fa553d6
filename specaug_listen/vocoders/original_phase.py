"""`OriginalPhase`: the changes of the mel as gains on the STFT of the original, to hear the augmentation alone."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from pydantic import Field

from .._records import Seed, record
from .._threads import one_blas_thread
from ..audio.audio_in_memory import Audio
from ..frontends import MelFrontend, MelSpectrogram
from ..stft import Complex, Framing, Real, istft, stft
from .mel_bins import MelBins, audible_energy, check_mel_in_memory, mel_bins_of, sum_around
from .phase_vocoder import is_warped, onsets, original_spectrum

__all__ = ["OriginalPhase"]

Flags = npt.NDArray[np.bool_]

# Passes of analysing the rendering and correcting its changed cells; after three, the level is stable.
_N_REFINEMENTS = 3
# Bounds of one correction: of a filled cell upwards, of a warped cell in both directions.
_MAX_CORRECTION = np.float32(10.0)
_MAX_WARP_CORRECTION = np.float32(2.0)
# A mel computed by another FFT or framework differs in its last bits, which is no change.
_LEAST_CHANGE_DB = 0.01
# Cells to both sides over which the level of a fill is compared.
_N_BINS_AROUND = 2


@record
class OriginalPhase:
    """The original's STFT, phase included, under the gains by which the mel changed.

    Nothing is lost to an estimated phase or a coarse magnitude, so one hears the augmentation alone. Where a fill is
    louder than what it replaces by more than ``max_gain_db``, the original is raised by that much and noise of the
    missing level is added. FFT bins beyond the filters follow the nearest mel bin. The rendering is analysed and the
    changed cells are corrected, three times; cells that did not change stay the original's own STFT.

    Parameters
    ----------
    max_gain_db : float in [0, 120] [dB]
    seed : int in [0, 2**53)
        Of the noise.

    Raises
    ------
    ParameterError
        When a value is out of range; on use, when the mel does not know its audio.

    Examples
    --------
    >>> from specaug_listen import frontends
    >>> mel = frontends.WHISPER(Audio(np.sin(np.arange(16000) * 0.2), 16000))
    >>> bool(np.allclose(OriginalPhase()(mel).samples, mel.audio.samples, atol=1e-4))
    True
    """

    max_gain_db: Annotated[float, Field(ge=0, le=120)] = 20.0
    seed: Seed = 0
    kind: Literal["original-phase"] = "original-phase"
    about: ClassVar[str] = "The original's STFT, phase included, under the gains by which the mel changed."

    def __call__(self, mel: MelSpectrogram) -> Audio:
        """Render a mel spectrogram with its original phase; see `Joint`."""
        check_mel_in_memory(mel)
        frontend, framing = mel.frontend, mel.frontend.framing.with_lead_in
        # The tail of the clip, which the last frames of some front-ends hardly reach, must not change.
        n_extra = -(-framing.win_length // framing.hop_length) + 1
        spectrum = original_spectrum(mel, emphasized=False, n_extra=n_extra)
        with one_blas_thread():
            mel_bins = _mel_bins_before_preemphasis(frontend)
            cells = _cells(mel, spectrum, self.max_gain_db)
            if not cells.is_corrected.any() and not is_warped(mel):
                assert mel.audio is not None  # else original_spectrum() has raised an error
                return Audio(mel.audio.samples, frontend.sample_rate)
            if cells.is_corrected.any():
                spectrum = _refine(self._apply_change(spectrum, cells, mel_bins, framing), cells, mel_bins, mel)
        stretch = istft(spectrum, framing)
        return Audio(framing.crop(stretch, mel.n_samples), frontend.sample_rate)

    def _apply_change(self, spectrum: Complex, cells: _Cells, mel_bins: MelBins, framing: Framing) -> Complex:
        """Apply the gains of the change in one pass, and add noise where ``max_gain_db`` limits them."""
        largest = np.float32(10 ** (self.max_gain_db / 20))
        gain = mel_bins.gain(cells.after, cells.before)
        gain[~cells.is_filled] = 1.0
        missing = np.where(gain > largest, cells.after - cells.before * largest**mel_bins.power, 0)
        changed: Complex = spectrum * mel_bins.spread(np.minimum(gain, largest))
        if not missing.any():
            return changed
        rng = np.random.default_rng(self.seed)
        noise = stft(rng.standard_normal(framing.padded_length(len(missing)), dtype=np.float32), framing)
        noise *= mel_bins.gain(missing, mel_bins.energy(noise)) @ mel_bins.synthesis
        return changed + noise


class _Cells(NamedTuple):
    """The target of each cell, and how it may be corrected; all arrays are (n_frames, n_mels).

    Parameters
    ----------
    before, after : np.ndarray
        Energies of the mel bins, without and with the masks.
    is_filled : np.ndarray of bool
        Whether a mask changed the cell.
    least, largest : np.ndarray
        Bounds of one correction.
    is_corrected : np.ndarray of bool
        Whether the cell is corrected at all.
    """

    before: Real
    after: Real
    is_filled: Flags
    least: Real
    largest: Real
    is_corrected: Flags


def _cells(mel: MelSpectrogram, spectrum: Complex, max_gain_db: float) -> _Cells:
    plain = _mel_before(mel)
    is_filled = np.abs(plain.db - mel.db) > _LEAST_CHANGE_DB
    # How far below its floor a cell was is unknown, so such cells are raised only where noise was added.
    lowest = np.zeros(is_filled.shape, bool)
    if mel.frontend.log is not None:
        lowest = plain.values <= mel.frontend.floor_value(plain.cell_statistics.largest, plain.statistics) + np.float32(
            1e-5
        )
    largest = np.where(is_filled, _MAX_CORRECTION, _MAX_WARP_CORRECTION)
    is_gain = mel.energy <= plain.energy * 10 ** (max_gain_db / 20 * mel.frontend.power)
    largest[lowest & is_gain] = 1.0
    least = np.where(is_filled, np.float32(0), 1 / _MAX_WARP_CORRECTION)
    # A warped mel is interpolated between frames; following it would attenuate an onset.
    is_corrected = is_filled | ~_is_near_onset(mel, spectrum) if is_warped(mel) else is_filled
    n_lead = mel.frontend.framing.with_lead_in.n_lead_in
    beyond = (n_lead, len(spectrum) - n_lead - mel.n_frames), (0, 0)
    arrays = audible_energy(plain), audible_energy(mel), is_filled.T, least.T, largest.T
    # Frames beyond the mel's ends share the gain of its first and last, but have no target energy.
    before, after, is_filled, least, largest = (np.pad(a, beyond, mode="edge") for a in arrays)
    return _Cells(before, after, is_filled, least, largest, np.pad(is_corrected.T, beyond))


def _is_near_onset(mel: MelSpectrogram, spectrum: Complex) -> Flags:
    """Return for each frame whether its window contains an onset of the warped clip."""
    framing = mel.frontend.framing
    near = np.zeros(len(spectrum), bool)
    for onset in onsets(istft(spectrum, framing), framing.win_length):
        near[max(0, -(-(onset - framing.win_length) // framing.hop_length)) : onset // framing.hop_length + 1] = True
    n_lead = framing.with_lead_in.n_lead_in
    return near[n_lead : n_lead + mel.n_frames]


def _refine(spectrum: Complex, cells: _Cells, mel_bins: MelBins, mel: MelSpectrogram) -> Complex:
    """Correct the changed cells until the rendering's own STFT has their energies."""
    framing = mel.frontend.framing.with_lead_in
    norm = framing.norm(len(spectrum))
    unchanged = spectrum * (1 - mel_bins.spread(cells.is_corrected.astype(np.float32)))

    def analyse(spectrum: Complex) -> Complex:
        clip = framing.crop(istft(spectrum, framing, norm), mel.n_samples)
        return stft(framing.pad(clip, len(spectrum)), framing)

    for _ in range(_N_REFINEMENTS):
        spectrum = analyse(spectrum)
        gain = np.clip(mel_bins.gain(cells.after, mel_bins.energy(spectrum)), cells.least, cells.largest)
        spectrum = unchanged + spectrum * mel_bins.spread(np.where(cells.is_corrected, gain, 0))
    if not cells.is_filled.any():
        return spectrum
    level = _level(cells, mel_bins.energy(analyse(spectrum)), mel_bins.power, framing)
    raised: Complex = unchanged + (spectrum - unchanged) * mel_bins.spread(level)
    return raised


def _level(cells: _Cells, energy: Real, power: float, framing: Framing) -> Real:
    """Return the gain of filled cells that are too quiet as a group.

    Cells that differ from their neighbours by more than a window and a filter allow (a fill of noise) never reach their
    own energies, but the level around them can. Excess level leaks in from outside, and is kept.
    """
    n_frames = -(-framing.win_length // framing.hop_length)
    raisable = cells.is_filled & cells.is_corrected
    target, reached = (
        sum_around(np.where(raisable, e.astype(np.float64) ** (2 / power), 0), n_frames, _N_BINS_AROUND)
        for e in (cells.after, energy)
    )
    tiny = 1e-12 * target.max() + 1e-30
    level = np.sqrt((target + tiny) / (reached + tiny))
    return np.where(raisable, np.clip(level, 1, cells.largest), 1).astype(np.float32)


def _mel_bins_before_preemphasis(frontend: MelFrontend) -> MelBins:
    """Return the front-end's filterbank for spectra before its pre-emphasis."""
    mel_bins = mel_bins_of(frontend)
    if not frontend.preemphasis:
        return mel_bins
    turns = np.arange(len(mel_bins.analysis)) * (2j * np.pi / frontend.n_fft)
    response = np.abs(1 - frontend.preemphasis * np.exp(-turns)) ** mel_bins.power
    return mel_bins._replace(analysis=mel_bins.analysis * response.astype(np.float32)[:, np.newaxis])


def _mel_before(mel: MelSpectrogram) -> MelSpectrogram:
    """Return the mel before any mask, with the same warps."""
    assert mel.audio is not None  # else original_spectrum() has raised an error
    plain = mel.frontend(mel.audio)
    for taps in mel.warps:
        plain = plain.with_warp(taps)
    return plain
