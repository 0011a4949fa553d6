"""`Recording`: a clip that is too long to hold in memory, read from its file and kept on disk at the rate in use."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from .._imports import require
from .._notices import Notice
from .._rng import fingerprint_start, fingerprint_words
from .channels import Choice, OneChannel, as_one_channel, channel_at
from .mixing import MixMeter
from .reading import Span, opened, warn_of
from .signal import AudioSource, check_length
from .sound import Levels, Sound, measured_levels
from .spool import Spool

__all__ = ["Recording", "SpooledAudio", "open_recording"]

Real = npt.NDArray[np.float32]
_SAMPLES_AT_ONCE = 1 << 18


class SpooledAudio(Sound):
    """A mono signal on disk, with what the pipeline asks of an `Audio`.

    Parameters
    ----------
    path : Path
        Of the file that holds it until `close`.
    sample_rate : int > 0 [Hz]
    """

    def __init__(self, path: Path, sample_rate: int) -> None:
        self.sample_rate = sample_rate
        self._spool = Spool(path, 1)

    def append(self, samples: Real) -> None:
        """Write samples, shape (n,), behind those that are there; the last word before anything is read."""
        self._spool.append(samples[:, np.newaxis])

    def read(self, begin: int, end: int) -> Real:
        """Samples ``begin`` to ``end - 1``, shape (1, n)."""
        return self._spool.read(begin, end).reshape(1, -1)

    def close(self) -> None:
        """Remove the file."""
        self._spool.close()

    @property
    def n_channels(self) -> int:
        """One."""
        return 1

    @property
    def n_samples(self) -> int:
        """Number of samples."""
        return len(self._spool)

    @cached_property
    def levels(self) -> Levels:
        """Peak, RMS and clipping."""
        starts = range(0, self.n_samples, _SAMPLES_AT_ONCE)
        return measured_levels(self.read(i, i + _SAMPLES_AT_ONCE) for i in starts)


@dataclass(frozen=True, eq=False)
class Recording:
    """A clip of any length.

    Parameters
    ----------
    sample_rate : int > 0 [Hz]
        Of the file.
    n_channels, n_samples : int > 0
        As `Audio` has them, which has one channel where one was chosen.
    levels : Levels
    fingerprint : tuple of int
        As `Audio.fingerprint`.
    source : AudioSource
    mono : SpooledAudio
        Its channels' mean, or the one that was chosen, at the rate in use.
    notices : tuple of Notice
        As `Audio.notices`.
    choice : Choice or None
        As `Audio.choice`.
    mix_notices : tuple of Notice
        As `Audio.mix_notices`.
    """

    sample_rate: int
    n_channels: int
    n_samples: int
    levels: Levels
    fingerprint: tuple[int, ...] = field(repr=False)
    source: AudioSource
    mono: SpooledAudio = field(repr=False)
    notices: tuple[Notice, ...] = ()
    choice: Choice | None = None
    mix_notices: tuple[Notice, ...] = ()


def open_recording(
    path: str | os.PathLike[str],
    sample_rate: int,
    folder: Path,
    *,
    start_s: float = 0.0,
    duration_s: float | None = None,
    channel: OneChannel = "mean",
    strict: bool = False,
) -> Recording:
    """Read a recording, and keep the mean of its channels, or one of them, on disk at ``sample_rate``.

    The samples are those that `load` gives, with `Audio.to_mono` and `Audio.resample`. For their mean, the file is
    read once for each channel.

    Parameters
    ----------
    path : str or path-like
    sample_rate : int > 0 [Hz]
    folder : Path
        Where to keep the samples.
    start_s, duration_s : float [s]
        As in `load`.
    channel : {"mean", "left", "right"} or int >= 1
        As in `load`.
    strict : bool
        As in `load`.

    Raises
    ------
    AudioError
        As `load`.
    OutputError
        When ``folder`` cannot be written.

    Warns
    -----
    SpecAugListenWarning
        As `load`.
    """
    chosen = as_one_channel(channel)
    with opened(path, start_s, duration_s, strict=strict) as span:
        rate, n_present = span.sample_rate, span.n_channels
        at, choice = channel_at(chosen, n_present), None
        if at is not None and n_present > 1:
            choice = Choice(chosen, n_present)
        n_channels = 1 if choice else n_present
        check_length(span.n_samples, rate, sample_rate)
        mono = SpooledAudio(folder / "original.f32", sample_rate)
        digest = hashlib.sha256(fingerprint_start((n_channels, span.n_samples), rate))
        meter = MixMeter(n_channels)
        levels = measured_levels(_metered(_resampled(span, rate, mono, digest, at), meter))
        for other in range(1, n_channels):
            for block in span.blocks(_SAMPLES_AT_ONCE):
                digest.update(np.ascontiguousarray(block[:, other], dtype="<f4").tobytes())
        source = AudioSource(os.path.abspath(path), span.sha256, start_s, duration_s, span.decoder)
        words, notices = fingerprint_words(digest.digest()), span.notices
        recording = Recording(
            rate, n_channels, span.n_samples, levels, words, source, mono, notices, choice, meter.notices()
        )
    warn_of(notices, path, stacklevel=3)
    return recording


def _metered(blocks: Iterator[Real], meter: MixMeter) -> Iterator[Real]:
    for block in blocks:
        with np.errstate(invalid="ignore", over="ignore"):  # what is not finite is refused at the end
            if len(block) > 1:
                meter.add(block)
        yield block


def _resampled(
    span: Span, rate: int, mono: SpooledAudio, digest: hashlib._Hash, at: int | None = None
) -> Iterator[Real]:
    """The file's blocks; on the way, their mean is resampled into ``mono`` and the first channel hashed.

    Where a channel is chosen, ``at`` which it stands, there is no other.
    """
    stream = None
    if rate != mono.sample_rate:
        soxr = require("soxr", purpose="resampling")
        stream = soxr.ResampleStream(rate, mono.sample_rate, 1, dtype="float32", quality="HQ")
    n_left = span.n_samples
    for block in span.blocks(_SAMPLES_AT_ONCE):
        block = block if at is None else block[:, at : at + 1]
        n_left -= len(block)
        digest.update(np.ascontiguousarray(block[:, 0], dtype="<f4").tobytes())
        with np.errstate(invalid="ignore"):  # infinities are refused with all that is wrong, at the end
            mean = block[:, 0] if block.shape[1] == 1 else block.mean(axis=1, dtype=np.float64).astype(np.float32)
        mono.append(mean if stream is None else stream.resample_chunk(mean, last=n_left == 0))
        yield block.T
