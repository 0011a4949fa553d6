"""`MelStream`: a mel spectrogram too long for memory, read block by block."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from .._arrays import kind_of
from ..audio.recording import Spool
from ..audio.sound import Sound
from ..errors import ParameterError
from ..stft import FRAMES_PER_BLOCK
from .cell_statistics import CellStatistics, percentiles_of_blocks, statistics_of_blocks
from .energy import bin_energies
from .frontend import MelFrontend
from .interpolation import FrameInterpolation, linear_interpolation
from .mel import MelSpectrogram
from .statistics import Statistics

__all__ = ["AnyMel", "MelStream", "check_mel", "mel_in_memory", "mel_stream"]

Real = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class MelStream:
    """A mel spectrogram of any length; its members have the same meaning as in `MelSpectrogram`.

    Parameters
    ----------
    frontend : MelFrontend
    n_frames, n_samples : int > 0
    values_at : callable (int, int) -> np.ndarray [shape=(n_mels, end - begin), float32]
        Returns frames ``begin`` to ``end - 1``, in the front-end's own scale.
    statistics : Statistics or None
    """

    frontend: MelFrontend
    n_frames: int
    n_samples: int
    values_at: Callable[[int, int], Real] = field(repr=False)
    statistics: Statistics | None = field(default=None, repr=False)

    @property
    def n_mels(self) -> int:
        """Number of mel bins."""
        return self.frontend.n_mels

    @property
    def duration_s(self) -> float:
        """Length of the clip in seconds."""
        return self.n_samples / self.frontend.sample_rate

    @property
    def times_s(self) -> npt.NDArray[np.float64]:
        """Time at the centre of each frame in seconds, shape (n_frames,)."""
        return self.frontend.framing.center_s(np.arange(self.n_frames), self.frontend.sample_rate)

    def part(self, begin: int, end: int) -> MelSpectrogram:
        """Return frames ``begin`` to ``end - 1``, as far as they exist."""
        values = self.values_at(begin, min(end, self.n_frames))
        return MelSpectrogram(values, self.frontend, statistics=self.statistics)

    def parts(self, n_frames: int = FRAMES_PER_BLOCK) -> Iterator[MelSpectrogram]:
        """Iterate over parts of ``n_frames`` frames."""
        return (self.part(i, i + n_frames) for i in range(0, self.n_frames, n_frames))

    @cached_property
    def cell_statistics(self) -> CellStatistics:
        """Statistics over all cells."""
        return statistics_of_blocks(lambda: (part.values for part in self.parts()))

    @cached_property
    def percentiles_db(self) -> tuple[float, float]:
        """The 95th percentile and the median of all cells in dB."""
        p95, median = percentiles_of_blocks(lambda: (part.db for part in self.parts()), [95, 50])
        return p95, median

    @cached_property
    def range_db(self) -> tuple[float, float]:
        """Lowest and highest cell in dB."""
        ranges = [part.range_db for part in self.parts()]
        return min(low for low, _ in ranges), max(high for _, high in ranges)

    def with_warp(self, taps: FrameInterpolation | npt.NDArray[np.float64]) -> MelStream:
        """Return the mel read at fractional frames; see `MelSpectrogram.with_warp`."""
        warp = taps if isinstance(taps, FrameInterpolation) else linear_interpolation(taps, self.n_frames)
        return replace(self, values_at=lambda begin, end: warp.read(self.values_at, begin, end))

    def first_frames(self, n_frames: int) -> MelStream:
        """Return the first frames; see `MelSpectrogram.first_frames`."""
        if n_frames >= self.n_frames:
            return self
        return replace(self, n_frames=n_frames, n_samples=self.frontend.framing.n_samples(n_frames))


AnyMel: TypeAlias = MelSpectrogram | MelStream


def check_mel(mel: object, what: str = "mel") -> None:
    """Raise a ParameterError unless ``mel`` is a `MelSpectrogram` or `MelStream`."""
    if not isinstance(mel, (MelSpectrogram, MelStream)):
        raise ParameterError(
            f"{what} is {kind_of(mel)}: expected MelSpectrogram; make one with frontend(audio), or from an array with "
            "frontend.mel(values)"
        )


def mel_in_memory(mel: AnyMel) -> MelSpectrogram:
    """Return a mel that is held in memory; raise a ParameterError for one that is read in parts."""
    if isinstance(mel, MelStream):
        raise ParameterError(
            f"a mel of {mel.duration_s:.0f} s that is read in parts: expected one in memory, frontend(audio)"
        )
    return mel


def mel_stream(frontend: MelFrontend, sound: Sound, folder: Path) -> MelStream:
    """Compute the mel spectrogram of a mono signal at the front-end's rate, with its energies on disk.

    The values are the same as those of ``frontend(audio)``.

    Parameters
    ----------
    frontend : MelFrontend
    sound : Sound
    folder : Path
        Folder for the energies, which must exist as long as the stream is in use.

    Raises
    ------
    AudioError
        When the clip is shorter than a window, or too loud.
    OutputError
        When ``folder`` cannot be written.
    """
    spool = Spool(folder / "energies.f32", frontend.n_mels)
    loudest = 0.0
    for energies in bin_energies(frontend, sound):
        loudest = max(loudest, float(energies.max()))
        spool.append(energies)

    def compress(begin: int, end: int) -> Real:
        return frontend.compress(spool.read(begin, end).T, loudest)

    plain = MelStream(frontend, len(spool), sound.n_samples, compress)
    if not frontend.normalize:
        return plain
    starts = range(0, len(spool), FRAMES_PER_BLOCK)
    cells = statistics_of_blocks(lambda: (compress(i, i + FRAMES_PER_BLOCK) for i in starts))
    statistics = Statistics.of(cells, frontend.normalize)

    def normalise(begin: int, end: int) -> Real:
        return statistics.normalise(compress(begin, end))

    return replace(plain, values_at=normalise, statistics=statistics)
