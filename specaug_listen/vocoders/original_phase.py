"""`OriginalPhase`: what did the augmentation change? Its gains on the original's own STFT."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field

from .._random import MAX_SEED
from .._record import record
from .._threads import one_blas_thread
from ..audio import Audio
from ..frontends import MelSpectrogram
from ..stft import istft, stft
from .bands import Bands, bands_of
from .phase import original_spectrum

__all__ = ["OriginalPhase"]

Real = npt.NDArray[np.float32]
Complex = npt.NDArray[np.complex64]


@record
class OriginalPhase:
    """The original's STFT, phase included, under the gains by which the mel changed.

    Nothing is lost to an estimated phase or a coarse magnitude, so one hears the augmentation alone. Where a fill is
    louder than what it replaces by more than ``max_gain_db``, the original is raised by that much and noise of the
    missing level is added. Bins beyond the filters follow the nearest band.

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
    seed: Annotated[int, Field(ge=0, le=MAX_SEED)] = 0
    kind: Literal["original-phase"] = "original-phase"

    def __call__(self, mel: MelSpectrogram) -> Audio:
        """Render a mel spectrogram with its original phase; see `Joint`."""
        frontend, framing = mel.frontend, mel.frontend.framing
        # The clip's tail, which the last frames of some front-ends hardly reach, is to come out as it went in.
        n_extra = -(-framing.win_length // framing.hop_length) + 1
        spectrum = original_spectrum(mel, emphasized=False, n_extra=n_extra)
        with one_blas_thread():
            spectrum = self._changed(spectrum, mel, bands_of(frontend))
        stretch = istft(spectrum, framing)
        return Audio(framing.crop(stretch, mel.n_samples), frontend.sample_rate)

    def _changed(self, spectrum: Complex, mel: MelSpectrogram, bands: Bands) -> Complex:
        before, after = _before(mel).energy.T, mel.energy.T
        largest = np.float32(10 ** (self.max_gain_db / 20))
        gain = bands.gain(after, before)
        gain[after == before] = 1.0
        missing = np.where(gain > largest, after - before * largest**bands.power, 0)
        gain = np.minimum(gain, largest)
        n_extra = len(spectrum) - len(gain)
        gain, missing = (np.pad(a, ((0, n_extra), (0, 0)), mode="edge") for a in (gain, missing))
        changed: Complex = spectrum * bands.everywhere(gain)
        return changed + self._noise(missing, mel, bands) if missing.any() else changed

    def _noise(self, target: Real, mel: MelSpectrogram, bands: Bands) -> Complex:
        """White noise, shaped to the band energies ``target``."""
        framing, frontend = mel.frontend.framing, mel.frontend
        rng = np.random.default_rng(self.seed)
        white = rng.standard_normal(framing.stretch_length(len(target)), dtype=np.float32)
        noise = stft(white, framing)
        shaped: Complex = noise * (bands.gain(target, bands.energy(noise)) @ bands.synthesis)
        if not frontend.preemphasis:
            return shaped
        bins = np.arange(shaped.shape[1]) * (2j * np.pi / frontend.n_fft)
        # The target is the energy behind the pre-emphasis filter; what is added here stands before it.
        response = np.abs(1 - frontend.preemphasis * np.exp(-bins))
        shaped = (shaped / response).astype(np.complex64)
        return shaped


def _before(mel: MelSpectrogram) -> MelSpectrogram:
    """The mel as it was before any mask, under the same warp."""
    assert mel.audio is not None  # original_spectrum has refused it
    plain = mel.frontend(mel.audio)
    if mel.warp is None:
        return plain
    return plain.with_values(plain.at_frames(mel.warp))
