"""Energies of mel bins, ``B · |STFT|^power``, computed block by block."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import scipy.fft

from .._threads import one_blas_thread
from ..audio.sound import Sound
from ..errors import AudioError
from ..stft import FRAMES_PER_BLOCK, get_window, preemphasize

if TYPE_CHECKING:
    from .frontend import MelFrontend

__all__ = ["bin_energies", "largest_energy"]

Real = npt.NDArray[np.float32]
_MAX_POWER = 1e30


def largest_energy(frontend: MelFrontend) -> float:
    """Return an upper bound of ``B · |STFT|^power`` such that its power does not overflow single precision either."""
    return float((_MAX_POWER / max(1.0, frontend.input_scale) ** 2) ** (frontend.power / 2))


def bin_energies(frontend: MelFrontend, sound: Sound) -> Iterator[Real]:
    """Compute the energies of mel bins of a mono signal at the front-end's rate, block by block.

    Computed in double precision up to here, as in librosa, so that quiet cells are accurate.

    Yields
    ------
    np.ndarray [shape=(n, n_mels), float32]
        Energies of the next frames.

    Raises
    ------
    AudioError
        When the clip is shorter than a window, or too loud.
    """
    framing, bank = frontend.framing, frontend.filterbank().T
    padded = _PaddedClip(frontend, sound)
    largest = largest_energy(frontend)
    epsilon = frontend.magnitude_epsilon / frontend.input_scale**2
    window, hop_length = get_window(framing.window, framing.win_length), framing.hop_length
    for begin in range(0, padded.n_frames, FRAMES_PER_BLOCK):
        end = min(begin + FRAMES_PER_BLOCK, padded.n_frames)
        part = padded.read(begin * hop_length, (end - 1) * hop_length + framing.win_length)
        frames = _condition(framing.frames(part).astype(np.float64), frontend)
        with one_blas_thread():
            spectrum = scipy.fft.rfft(frames * window, framing.n_fft)
            power = spectrum.real**2 + spectrum.imag**2 + epsilon
            energies = (np.sqrt(power) if frontend.power == 1 else power) @ bank
        if not energies.max() <= largest:
            raise AudioError(
                f"too loud: a peak of {np.abs(part).max():.4g} gives energies above {largest:g}; scale the clip "
                "to [-1, 1]"
            )
        yield energies.astype(np.float32)


def _condition(frames: npt.NDArray[np.float64], frontend: MelFrontend) -> npt.NDArray[np.float64]:
    if frontend.remove_dc_offset:
        frames -= frames.mean(axis=1, keepdims=True)
    if frontend.preemphasis_per_frame:
        frames -= frontend.preemphasis * np.concatenate([frames[:, :1], frames[:, :-1]], axis=1)
    return frames


class _PaddedClip:
    """A clip with padding at both ends and pre-emphasis, read in parts."""

    def __init__(self, frontend: MelFrontend, sound: Sound) -> None:
        framing, self._sound = frontend.framing, sound
        self._preemphasis = 0.0 if frontend.preemphasis_per_frame else frontend.preemphasis
        self.n_frames = framing.check_n_frames(sound.n_samples)
        self._n_before, self._n_clip = framing.offset, sound.n_samples
        n_after = max(0, framing.padded_length(self.n_frames) - self._n_before - self._n_clip)
        # The padding at an end is made from the samples near it; in a short clip, from all of them.
        n_head = max(0, self._n_before)
        first, last = self._clip(0, n_head + 1), self._clip(max(0, self._n_clip - n_after - 1), self._n_clip)
        self._head = framing.pad_by(first, n_head, 0)[:n_head]
        self._tail = framing.pad_by(last, 0, n_after)[len(last) :]

    def read(self, begin: int, end: int) -> Real:
        """Return samples ``begin`` to ``end - 1`` of the padded clip."""
        clip_end = self._n_before + self._n_clip
        parts: list[Real] = [
            self._head[begin:end],
            self._clip(max(0, begin - self._n_before), max(0, min(end, clip_end) - self._n_before)),
            self._tail[max(0, begin - clip_end) : max(0, end - clip_end)],
        ]
        samples: Real = np.concatenate(parts)
        return samples

    def _clip(self, begin: int, end: int) -> Real:
        n_before = min(begin, 1) if self._preemphasis else 0
        clip: Real = self._sound.read(begin - n_before, end)[0]
        return preemphasize(clip, self._preemphasis)[n_before:] if self._preemphasis else clip
