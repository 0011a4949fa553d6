"""`MelSpectrogram`: values, and everything needed to interpret them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from .._arrays import kind_of
from .._notices import Notice
from ..audio.audio_in_memory import Audio
from ..errors import ParameterError
from .cell_statistics import CellStatistics, statistics_of_values
from .interpolation import FrameInterpolation, linear_interpolation
from .statistics import GlobalStatistics, Statistics

if TYPE_CHECKING:
    from .frontend import MelFrontend

__all__ = ["MelSpectrogram"]

Real = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class MelSpectrogram:
    """A mel spectrogram with its front-end.

    Parameters
    ----------
    values : np.ndarray [shape=(n_mels, n_frames)]
        In the front-end's own scale; stored as a read-only float32 copy.
    frontend : MelFrontend
    audio : Audio or None
        The mono clip it was computed from, at the front-end's rate; needed for renderings with the original phase.
    statistics : Statistics or None
        Statistics that the front-end removed, if it normalises.
    warp : np.ndarray [shape=(n_frames,)] or None
        For each frame, the (fractional) frame of ``audio`` that it was warped from.
    warps : tuple of FrameInterpolation
        The interpolations of all warps, in order.
    notices : tuple of Notice
        Remarks about a mel from another pipeline.

    Raises
    ------
    ParameterError
        For complex, NaN or infinite values, a shape that does not fit the front-end, or a negative value if the
        front-end's scale has none.

    Examples
    --------
    >>> from specaug_listen.frontends import WHISPER
    >>> mel = WHISPER(Audio(np.zeros(16000), 16000))
    >>> mel.n_frames, round(mel.duration_s, 2)
    (100, 1.0)
    """

    values: Real = field(repr=False)
    frontend: MelFrontend
    audio: Audio | None = None
    statistics: Statistics | None = field(default=None, repr=False)
    warp: npt.NDArray[np.float64] | None = field(default=None, repr=False)
    warps: tuple[FrameInterpolation, ...] = field(default=(), repr=False)
    notices: tuple[Notice, ...] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        _check_types(self.frontend, self.audio, self.statistics)
        object.__setattr__(self, "values", _check_values(self.values, self.frontend))
        if self.statistics is None and isinstance(self.frontend.normalize, GlobalStatistics):
            object.__setattr__(self, "statistics", _statistics_of(self.values, self.frontend.normalize))
        if self.audio is not None:
            _check_audio(self.audio, self.frontend, self.n_frames)
        _check_statistics(self.statistics, self.frontend)
        if self.frontend.log is None:
            self.energy  # noqa: B018 - raises for a negative value

    def __repr__(self) -> str:
        clip = "" if self.audio is not None else ", without its clip"
        return (
            f"MelSpectrogram({self.n_mels} bins x {self.n_frames} frames, {self.duration_s:.2f} s, front-end "
            f"{self.frontend.name!r:.60}{clip})"
        )

    @property
    def n_mels(self) -> int:
        """Number of mel bins."""
        return int(self.values.shape[0])

    @property
    def n_frames(self) -> int:
        """Number of frames."""
        return int(self.values.shape[1])

    @property
    def n_samples(self) -> int:
        """Samples of the clip at the front-end's rate; without a clip, the fewest that give this number of frames."""
        return self.audio.n_samples if self.audio else self.frontend.framing.n_samples(self.n_frames)

    @property
    def duration_s(self) -> float:
        """Length of the clip in seconds."""
        return self.n_samples / self.frontend.sample_rate

    @cached_property
    def times_s(self) -> npt.NDArray[np.float64]:
        """Time at the centre of each frame in seconds, shape (n_frames,)."""
        return self.frontend.framing.center_s(np.arange(self.n_frames), self.frontend.sample_rate)

    @cached_property
    def energy(self) -> Real:
        """``B · |STFT|^power`` with all scaling undone, shape (n_mels, n_frames)."""
        return self.frontend.energy(self.values, self.statistics)

    @cached_property
    def power(self) -> Real:
        """Power of every cell, whatever the front-end's scale, shape (n_mels, n_frames)."""
        return self.energy if self.frontend.power == 2 else self.energy**2

    @cached_property
    def db(self) -> Real:
        """Power of every cell in dB, at least -200, shape (n_mels, n_frames)."""
        db: Real = 10 * np.log10(np.maximum(self.power, np.float32(1e-20)))
        return db

    @cached_property
    def percentiles_db(self) -> tuple[float, float]:
        """The 95th percentile and the median of all cells in dB."""
        p95, median = np.percentile(self.db, [95, 50])
        return float(p95), float(median)

    @cached_property
    def range_db(self) -> tuple[float, float]:
        """Lowest and highest cell in dB."""
        return float(self.db.min()), float(self.db.max())

    @cached_property
    def cell_statistics(self) -> CellStatistics:
        """Statistics over all cells."""
        return statistics_of_values(self.values)

    def values_at(self, begin: int, end: int) -> Real:
        """Return the values of frames ``begin`` to ``end - 1``, shape (n_mels, end - begin)."""
        return self.values[:, begin:end]

    def part(self, begin: int, end: int) -> MelSpectrogram:
        """Return frames ``begin`` to ``end - 1``, as far as they exist; the audio is kept only with all frames."""
        if begin <= 0 and end >= self.n_frames:
            return self
        return MelSpectrogram(self.values[:, begin:end], self.frontend, statistics=self.statistics)

    def parts(self, n_frames: int | None = None) -> Iterator[MelSpectrogram]:
        """Iterate over parts of ``n_frames`` frames; None gives all frames at once."""
        size = n_frames or self.n_frames
        return (self.part(i, i + size) for i in range(0, self.n_frames, size))

    def with_warp(self, taps: FrameInterpolation | npt.NDArray[np.float64]) -> MelSpectrogram:
        """Return the mel read at fractional frames, which it records.

        Parameters
        ----------
        taps : FrameInterpolation or np.ndarray [shape=(n_frames,)], in [0, n_frames - 1] [frames]
            An array is interpolated linearly between neighbouring frames.
        """
        taps = taps if isinstance(taps, FrameInterpolation) else linear_interpolation(taps, self.n_frames)
        earlier = np.arange(self.n_frames, dtype=np.float64) if self.warp is None else self.warp
        warp = np.interp(taps.source, np.arange(self.n_frames), earlier)
        values = taps.read(self.values_at, 0, len(taps.source))
        return replace(self, values=values, warp=warp, warps=(*self.warps, taps))

    def first_frames(self, n_frames: int) -> MelSpectrogram:
        """Return the first frames, with the corresponding part of the clip."""
        if n_frames >= self.n_frames:
            return self
        n_samples = self.frontend.framing.n_samples(n_frames)
        audio = self.audio and Audio(self.audio.samples[:, :n_samples], self.audio.sample_rate)
        warps = tuple(taps.first(n_frames) for taps in self.warps)
        return replace(
            self,
            values=self.values[:, :n_frames],
            audio=audio,
            warp=None if self.warp is None else self.warp[:n_frames],
            warps=warps,
        )

    def with_values(self, values: Real, *, warp: npt.NDArray[np.float64] | None = None) -> MelSpectrogram:
        """Return the mel with new values, and a new warp if it is not None."""
        if warp is None:
            return replace(self, values=values)
        return replace(self, values=values, warp=warp, warps=(linear_interpolation(warp, self.n_frames),))


def _statistics_of(values: Real, normalize: GlobalStatistics) -> Statistics:
    """Return global statistics with the maximum of one clip, which follows from its normalised values."""
    statistics = normalize.for_mel(len(values), None)
    with np.errstate(over="ignore"):
        return replace(statistics, largest=float((values * statistics.std + statistics.mean).max()))


def _check_types(frontend: object, audio: object, statistics: object) -> None:
    if not (hasattr(frontend, "framing") and hasattr(frontend, "n_mels")):
        raise ParameterError(
            f"frontend is {kind_of(frontend)}: expected a MelFrontend, e.g. get_frontend(name); or make the mel with "
            "get_frontend(name).mel(values)"
        )
    if not isinstance(audio, Audio | None):
        raise ParameterError(f"audio is {kind_of(audio)}: expected the Audio that the mel was computed from, or None")
    if not isinstance(statistics, Statistics | None):
        raise ParameterError(f"statistics are {kind_of(statistics)}: expected Statistics, or None")


def _check_values(values: npt.ArrayLike, frontend: MelFrontend) -> Real:
    try:
        array = np.asarray(values)
    except ValueError:
        raise ParameterError("values are ragged: expected as many frames in each of n_mels bins") from None
    if np.iscomplexobj(array):
        raise ParameterError("complex values: expected a real mel spectrogram; pass filterbank @ abs(stft)**power")
    if array.ndim != 2 or array.shape[0] != frontend.n_mels or array.shape[1] == 0:
        is_turned = array.ndim == 2 and array.shape[1] == frontend.n_mels
        raise ParameterError(
            f"values of shape {array.shape}: expected (n_mels, n_frames) with n_mels={frontend.n_mels} of front-end "
            f"{frontend.name!r} and at least one frame" + ("; pass values.T" if is_turned else "")
        )
    if not np.issubdtype(array.dtype, np.number):
        raise ParameterError(f"values of dtype {array.dtype}: expected real numbers")
    with np.errstate(over="ignore"):
        copy = np.array(array, dtype=np.float32, order="C")
    if not np.isfinite(copy).all():
        raise ParameterError(
            f"{int((~np.isfinite(copy)).sum())} cells are NaN or infinite; expected finite values in the scale of "
            f"front-end {frontend.name!r}; use its floor for cells without energy"
        )
    copy.flags.writeable = False
    return copy


def _check_audio(audio: Audio, frontend: MelFrontend, n_frames: int) -> None:
    expected = frontend.framing.n_frames(audio.n_samples)
    if audio.sample_rate != frontend.sample_rate or audio.n_channels != 1 or n_frames != expected:
        raise ParameterError(
            f"audio of {audio.n_channels} channels, {audio.sample_rate} Hz and {expected} frames does not belong to a "
            f"mel of {n_frames} frames at {frontend.sample_rate} Hz; pass the clip it was computed from, mono and "
            "resampled"
        )


def _check_statistics(statistics: Statistics | None, frontend: MelFrontend) -> None:
    if statistics is None:
        if frontend.normalize:
            raise ParameterError(
                f"front-end {frontend.name!r} normalises each clip: pass statistics=Statistics(mean, std), compute the "
                "mel with the front-end, or let frontend.mel(values, statistics=...) make one of it"
            )
        return
    shapes = np.shape(statistics.mean), np.shape(statistics.std)
    if not frontend.normalize or shapes != ((frontend.n_mels, 1),) * 2:
        raise ParameterError(
            f"statistics of shapes {shapes[0]} and {shapes[1]}: expected ({frontend.n_mels}, 1) twice for a front-end "
            f"that normalises, and none for others (normalize={frontend.normalize!r})"
        )
