"""`MelStream`: a mel spectrogram that is too long to hold, read some frames at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from .._arrays import kind_of
from ..audio.long import Spool
from ..audio.sound import Sound
from ..errors import ParameterError
from ..stft import FRAMES_PER_BLOCK
from .energy import bin_energies
from .frontend import MelFrontend
from .interpolation import FrameInterpolation, linear_interpolation
from .mel import MelSpectrogram
from .statistics import Statistics
from .summary import Summary, percentiles_of_blocks, summary_of

__all__ = ["AnyMel", "MelStream", "check_mel", "mel_stream"]

Real = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class MelStream:
    """A mel spectrogram of any length; what both have means the same as in `MelSpectrogram`.

    Parameters
    ----------
    frontend : MelFrontend
    n_frames, n_samples : int > 0
    values_at : callable (int, int) -> np.ndarray [shape=(n_mels, end - begin), float32]
        Frames ``begin`` to ``end - 1``, in the front-end's own scale.
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
        """Frames ``begin`` to ``end - 1``, as far as there are some."""
        values = self.values_at(begin, min(end, self.n_frames))
        return MelSpectrogram(values, self.frontend, statistics=self.statistics)

    def parts(self, n_frames: int = FRAMES_PER_BLOCK) -> Iterator[MelSpectrogram]:
        """Iterate over all frames, some at a time."""
        return (self.part(i, i + n_frames) for i in range(0, self.n_frames, n_frames))

    @cached_property
    def summary(self) -> Summary:
        """Statistics over all cells."""
        return summary_of(lambda: (part.values for part in self.parts()))

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
        """The mel read at fractional frames; see `MelSpectrogram.with_warp`."""
        how = taps if isinstance(taps, FrameInterpolation) else linear_interpolation(taps, self.n_frames)
        return replace(self, values_at=lambda begin, end: how.read(self.values_at, begin, end))

    def first_frames(self, n_frames: int) -> MelStream:
        """The first frames; see `MelSpectrogram.first_frames`."""
        if n_frames >= self.n_frames:
            return self
        return replace(self, n_frames=n_frames, n_samples=self.frontend.framing.n_samples(n_frames))


AnyMel: TypeAlias = MelSpectrogram | MelStream


def check_mel(mel: object, what: str = "mel") -> None:
    """Refuse what is no mel spectrogram.

    Raises
    ------
    ParameterError
        For an array, say.
    """
    if not isinstance(mel, (MelSpectrogram, MelStream)):
        raise ParameterError(
            f"{what} is {kind_of(mel)}: expected MelSpectrogram; make one with frontend(audio), or of an array with "
            "frontend.mel(values)"
        )


def mel_stream(frontend: MelFrontend, sound: Sound, folder: Path) -> MelStream:
    """Mel spectrogram of a mono signal at the front-end's rate, its energies kept on disk.

    The values are those that ``frontend(audio)`` gives.

    Parameters
    ----------
    frontend : MelFrontend
    sound : Sound
    folder : Path
        Where to keep the energies, as long as the stream is in use.

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
    summary = summary_of(lambda: (compress(i, i + FRAMES_PER_BLOCK) for i in starts))
    statistics = Statistics.of(summary, frontend.normalize)

    def normalise(begin: int, end: int) -> Real:
        return statistics.normalise(compress(begin, end))

    return replace(plain, values_at=normalise, statistics=statistics)
