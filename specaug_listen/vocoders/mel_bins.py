"""`MelBins`: from mel bins (one for each filter) to FFT bins and back, without solving a system.

An FFT bin is in at most two triangular filters, so a quantity r that is known for each mel bin m is carried to FFT bin
k with the column-normalised filters, ``g_k = sum_m B_mk r_m / sum_m B_mk``.

All arrays are frames first: ``(n_frames, n_mels)`` and ``(n_frames, n_bins)``.
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
from ..stft import FRAMES_PER_BLOCK, Complex, Framing, Real

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

Float = TypeVar("Float", npt.NDArray[np.float32], npt.NDArray[np.float64])


class SparseMelBins(NamedTuple):
    """A filterbank as sparse matrices, whose products add the terms of a sum in a fixed order."""

    analysis: Any  # (n_mels, n_bins)
    synthesis: Any  # (n_bins, n_mels)


class MelBins(NamedTuple):
    """A filterbank in both directions.

    Parameters
    ----------
    analysis : np.ndarray [shape=(n_bins, n_mels)]
        FFT bins to energies of mel bins.
    synthesis : np.ndarray [shape=(n_mels, n_bins)]
        Values of mel bins to FFT bins; each column sums to 1, or to 0 if no filter reaches the bin.
    power : float
        1 if the front-end sums magnitudes, 2 for powers.
    """

    analysis: Real
    synthesis: Real
    power: float

    def sparse(self) -> SparseMelBins:
        """Return both matrices as sparse and transposed, to multiply spectra whose frames are columns."""
        return SparseMelBins(scipy.sparse.csr_array(self.analysis.T), scipy.sparse.csr_array(self.synthesis.T))

    def energy(self, spectrum: Complex) -> Real:
        """Return the energy of each mel bin, ``B · |Z|^power``, shape (n_frames, n_mels)."""
        energy = np.square(spectrum.real)
        energy += np.square(spectrum.imag)
        if self.power == 1:
            np.sqrt(energy, out=energy)
        energies: Real = energy @ self.analysis
        return energies

    def gain(self, target: Real, energy: Real) -> Real:
        """Return the amplitude gain of each mel bin that turns ``energy`` into ``target``."""
        least = tiny(float(target.max()))
        ratio: Real = (target + least) / (energy + least)
        if self.power == 2:
            np.sqrt(ratio, out=ratio)
        return ratio

    @property
    def lowest(self) -> int:
        """The lowest FFT bin that a filter reaches."""
        return int(np.argmax(self.synthesis.any(axis=0)))

    @property
    def highest(self) -> int:
        """The highest FFT bin that a filter reaches."""
        return int(np.flatnonzero(self.synthesis.any(axis=0))[-1])

    def spread(self, gain: Real) -> Real:
        """Carry the gains of mel bins to all FFT bins; bins beyond the filters follow the nearest mel bin."""
        bins: Real = gain @ self.synthesis
        audible = np.flatnonzero(self.audible)
        bins[:, : self.lowest] = gain[:, audible[:1]]
        bins[:, self.highest + 1 :] = gain[:, audible[-1:]]
        return bins

    @property
    def audible(self) -> npt.NDArray[np.bool_]:
        """Whether each filter contains an FFT bin, shape (n_mels,); the other mel bins make no sound."""
        return np.asarray(self.synthesis.any(axis=1))


def tiny(loudest: float) -> np.float32:
    """Return a constant far below all that is audible beside ``loudest``, to keep gains finite without energy."""
    least: np.float32 = np.float32(max(1e-12 * loudest, 1e-30))
    return least


class Energies(NamedTuple):
    """Energies of the mel bins to render, read in ranges of frames, so the recording may have any length.

    Parameters
    ----------
    mel : MelSpectrogram or MelStream
    n_frames : int
        Frames to render: those of the mel, and one or two more at either end; see `energy_to_render`.
    loudest : float
        The largest energy.
    read : callable (int, int) -> np.ndarray [shape=(end - begin, n_mels), float32]
        Energies of frames ``begin`` to ``end - 1``; 0 in mel bins whose filters contain no FFT bin.
    n_lead_in : int
        Index of the mel's first frame.
    """

    mel: AnyMel
    n_frames: int
    loudest: float
    read: Callable[[int, int], Real]
    n_lead_in: int = 0

    @classmethod
    def of(cls, mel: AnyMel) -> Energies:
        """Return the energies of a mel; raise a ParameterError for another type, or values that do not represent power.

        For a long mel, the latter is raised on reading.
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
    """Return energies, shape (n_frames, n_mels), with 0 in mel bins whose filter contains no FFT bin."""
    energy, audible = np.ascontiguousarray(mel.energy.T), mel_bins_of(mel.frontend).audible
    return energy if audible.all() else energy * audible.astype(np.float32)


def check_mel_in_memory(mel: MelSpectrogram) -> None:
    """Raise a ParameterError unless ``mel`` is a `MelSpectrogram`, i.e. no array and no `MelStream`."""
    if not isinstance(mel, MelSpectrogram):
        raise ParameterError(
            f"mel is {type(mel).__name__}: expected MelSpectrogram; make one with frontend(audio) or "
            "MelSpectrogram(values, frontend)"
        )


def energy_to_render(mel: MelSpectrogram) -> Real:
    """Return the energies to render, shape (n_frames, n_mels), with up to two more frames at either end.

    If a clip continues for more than 0.6 hops after the centre of its last frame (because the front-end drops one, or
    frames are half a hop off), the last frame is repeated: otherwise only the tail of a window would cover the last
    samples, and dividing by the norm would click. If a front-end snips the edges, the first frame is repeated for the
    same reason; see `specaug_listen.stft.Framing.with_lead_in`.
    """
    energies = Energies.of(mel)
    return energies.read(0, energies.n_frames)


def n_extra_frames(framing: Framing, n_frames: int, n_samples: int) -> int:
    """Return the number of frames that `energy_to_render` appends to the mel."""
    beyond = n_samples - framing.center_s(n_frames - 1, sample_rate=1)
    return max(0, int(np.ceil(beyond / framing.hop_length - 0.6)))


def sum_around(values: Float, n_frames: int, n_mel_bins: int) -> Float:
    """Sum each cell (n_frames, n_mels) with its neighbours, up to a distance in frames and in mel bins.

    Examples
    --------
    >>> sum_around(np.eye(4), 1, 0)[1]
    array([1., 1., 1., 0.])
    """
    # Differences of a cumulative sum would lose quiet cells in the rounding errors of loud ones.
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
    """Return the filterbank of a front-end in both directions."""
    bank = frontend.filterbank()
    total = bank.sum(axis=0)
    synthesis = np.divide(bank, total, out=np.zeros_like(bank), where=total > 0)
    return MelBins(np.ascontiguousarray(bank.T), synthesis, frontend.power)
