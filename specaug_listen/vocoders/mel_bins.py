"""`MelBins`: from mel bins (one for each filter) to FFT bins and back, without solving for anything.

An FFT bin lies in at most two triangular filters, so a quantity r that is known for each mel bin m is carried to FFT
bin k with the column-normalised filters, ``g_k = sum_m B_mk r_m / sum_m B_mk``.

Everything here is frames first: ``(n_frames, n_mels)`` and ``(n_frames, n_bins)``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
import scipy.sparse

from ..errors import ParameterError
from ..frontends import AnyMel, MelFrontend, MelSpectrogram, MelStream
from ..stft import FRAMES_PER_BLOCK, Framing

__all__ = [
    "Energies",
    "MelBins",
    "audible_energy",
    "check_mel_in_memory",
    "energy_to_render",
    "mel_bins_of",
    "n_extra_frames",
    "sum_around",
    "tiny",
]

Real = npt.NDArray[np.float32]
Complex = npt.NDArray[np.complex64]
Float = TypeVar("Float", npt.NDArray[np.float32], npt.NDArray[np.float64])


class SparseMelBins(NamedTuple):
    """A filterbank as sparse matrices, whose products add the terms of a sum in their order, one by one."""

    analysis: Any  # (n_mels, n_bins)
    synthesis: Any  # (n_bins, n_mels)


class MelBins(NamedTuple):
    """A filterbank turned both ways.

    Parameters
    ----------
    analysis : np.ndarray [shape=(n_bins, n_mels)]
        FFT bins to energies of mel bins.
    synthesis : np.ndarray [shape=(n_mels, n_bins)]
        Values of mel bins to FFT bins; each column sums to 1, or to 0 where no filter reaches.
    power : float
        1 where the front-end sums magnitudes, 2 for powers.
    """

    analysis: Real
    synthesis: Real
    power: float

    def sparse(self) -> SparseMelBins:
        """Return both matrices without their zeros and transposed, to multiply spectra whose frames are columns."""
        return SparseMelBins(scipy.sparse.csr_array(self.analysis.T), scipy.sparse.csr_array(self.synthesis.T))

    def energy(self, spectrum: Complex) -> Real:
        """Compute the energy of each mel bin, ``B · |Z|^power``, shape (n_frames, n_mels)."""
        energy = np.square(spectrum.real)
        energy += np.square(spectrum.imag)
        if self.power == 1:
            np.sqrt(energy, out=energy)
        energies: Real = energy @ self.analysis
        return energies

    def gain(self, target: Real, energy: Real) -> Real:
        """Compute the amplitude gain of each mel bin that turns ``energy`` into ``target``."""
        least = tiny(float(target.max()))
        ratio: Real = (target + least) / (energy + least)
        if self.power == 2:
            np.sqrt(ratio, out=ratio)
        return ratio

    @property
    def lowest(self) -> int:
        """The first FFT bin that any filter reaches."""
        return int(np.argmax(self.synthesis.any(axis=0)))

    @property
    def highest(self) -> int:
        """The last FFT bin that any filter reaches."""
        return int(np.flatnonzero(self.synthesis.any(axis=0))[-1])

    def spread(self, gain: Real) -> Real:
        """Carry the gains of mel bins to all FFT bins; those beyond the filters follow the nearest mel bin."""
        bins: Real = gain @ self.synthesis
        audible = np.flatnonzero(self.audible)
        bins[:, : self.lowest] = gain[:, audible[:1]]
        bins[:, self.highest + 1 :] = gain[:, audible[-1:]]
        return bins

    @property
    def audible(self) -> npt.NDArray[np.bool_]:
        """Whether each filter holds an FFT bin, shape (n_mels,); whatever a mel says of the others, nothing sounds."""
        return np.asarray(self.synthesis.any(axis=1))


def tiny(loudest: float) -> np.float32:
    """Return what keeps a gain finite where there is no energy, far below all that can be heard beside ``loudest``."""
    least: np.float32 = np.float32(max(1e-12 * loudest, 1e-30))
    return least


class Energies(NamedTuple):
    """Energies of mel bins to render, read some frames at a time, so that a recording of any length can be.

    Parameters
    ----------
    mel : MelSpectrogram or MelStream
    n_frames : int
        To render: as many as the mel has, or a frame or two more at either end; see `energy_to_render`.
    loudest : float
        The largest of all.
    read : callable (int, int) -> np.ndarray [shape=(end - begin, n_mels), float32]
        Those from frame ``begin`` up to ``end``; 0 in mel bins whose filters hold no FFT bin.
    n_lead_in : int
        Which of the frames is the mel's first.
    """

    mel: AnyMel
    n_frames: int
    loudest: float
    read: Callable[[int, int], Real]
    n_lead_in: int = 0

    @classmethod
    def of(cls, mel: AnyMel) -> Energies:
        """Make the energies of a mel spectrogram readable.

        Raises
        ------
        ParameterError
            When it is none, or its values stand for no power; of a long one, when they are read.
        """
        if not isinstance(mel, MelStream):
            check_mel_in_memory(mel)
        if isinstance(mel, MelSpectrogram) and mel.n_frames <= FRAMES_PER_BLOCK:
            whole = audible_energy(mel)
            loudest = float(whole.max())
        else:
            whole = None
            loudest = max(float(audible_energy(part).max()) for part in mel.parts(FRAMES_PER_BLOCK))
        framing = mel.frontend.framing
        n_lead_in, n_extra = framing.with_lead_in.n_lead_in, n_extra_frames(framing, mel.n_frames, mel.n_samples)
        n_frames = n_lead_in + mel.n_frames + n_extra

        def read(begin: int, end: int) -> Real:
            frames = np.clip(np.arange(begin, min(end, n_frames)) - n_lead_in, 0, mel.n_frames - 1)
            if not len(frames):
                return np.empty((0, mel.n_mels), np.float32)
            first, stop = int(frames[0]), int(frames[-1]) + 1
            energy = audible_energy(mel.part(first, stop)) if whole is None else whole[first:stop]
            return energy if len(energy) == len(frames) else energy[frames - first]

        return cls(mel, n_frames, loudest, read, n_lead_in)


def audible_energy(mel: MelSpectrogram) -> Real:
    """Compute energies, shape (n_frames, n_mels): 0 where a mel bin's filter holds no FFT bin, as nothing sounds."""
    energy, audible = np.ascontiguousarray(mel.energy.T), mel_bins_of(mel.frontend).audible
    return energy if audible.all() else energy * audible.astype(np.float32)


def check_mel_in_memory(mel: MelSpectrogram) -> None:
    """Refuse a value that is no mel spectrogram, or one that is read in parts.

    Raises
    ------
    ParameterError
        For an array, say.
    """
    if not isinstance(mel, MelSpectrogram):
        raise ParameterError(
            f"mel is {type(mel).__name__}: expected MelSpectrogram; make one with frontend(audio) or "
            "MelSpectrogram(values, frontend)"
        )


def energy_to_render(mel: MelSpectrogram) -> Real:
    """Compute the energies to render, shape (n_frames, n_mels) or a frame or two more at either end.

    Where a clip goes on for more than 0.6 hops after the middle of its last frame (because the front-end drops one, or
    frames stand half a hop off), the last frame is rendered again there: else the last samples would
    be covered by a window's tail alone, where dividing by the norm clicks. Where a front-end snips the edges, the first
    frame is rendered once more before it for the same reason; see `specaug_listen.stft.Framing.with_lead_in`.

    Raises
    ------
    ParameterError
        When the mel's values stand for no power.
    """
    energies = Energies.of(mel)
    return energies.read(0, energies.n_frames)


def n_extra_frames(framing: Framing, n_frames: int, n_samples: int) -> int:
    """Count the frames that `energy_to_render` adds behind the mel's last one."""
    beyond = n_samples - framing.center_s(n_frames - 1, sample_rate=1)
    return max(0, int(np.ceil(beyond / framing.hop_length - 0.6)))


def sum_around(values: Float, n_frames: int, n_mel_bins: int) -> Float:
    """Sum each cell with its neighbours, up to a distance in frames and in mel bins.

    Parameters
    ----------
    values : np.ndarray [shape=(n_frames, n_mels)]
    n_frames, n_bands : int >= 0

    Examples
    --------
    >>> sum_around(np.eye(4), 1, 0)[1]
    array([1., 1., 1., 0.])
    """
    # Differences of a running sum would drown quiet cells in the rounding of loud ones.
    for axis, reach in enumerate((n_frames, n_mel_bins)):
        inner = np.moveaxis(values, axis, 0)
        total = inner.copy()
        for shift in range(1, min(reach, len(inner) - 1) + 1):
            total[shift:] += inner[:-shift]
            total[:-shift] += inner[shift:]
        values = np.moveaxis(total, 0, axis)
    return values


@lru_cache(maxsize=8)
def mel_bins_of(frontend: MelFrontend) -> MelBins:
    """Return the filterbank of a front-end, turned both ways."""
    bank = frontend.filterbank()
    total = bank.sum(axis=0)
    synthesis = np.divide(bank, total, out=np.zeros_like(bank), where=total > 0)
    return MelBins(np.ascontiguousarray(bank.T), synthesis, frontend.power)
