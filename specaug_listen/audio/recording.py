"""`Recording`: a clip that is too long for memory, kept on disk at the rate in use.

`Spool` keeps rows of float32 on disk, written once and read in parts.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import TracebackType

import numpy as np
import numpy.typing as npt

from .._files import io_errors, printable
from .._imports import require
from .._notices import Notice
from .._rng import fingerprint_head, fingerprint_words
from ..errors import OutputError
from .audio_in_memory import AudioSource
from .channels import Choice, OneChannel, as_one_channel, channel_at
from .excerpt import Excerpt
from .mix_faults import MixMeter
from .reading import open_excerpt, warn_about
from .sound import Levels, Sound, check_length, measure_levels

__all__ = ["Recording", "Spool", "SpooledAudio", "open_recording"]

Real = npt.NDArray[np.float32]
_SAMPLES_AT_ONCE = 1 << 18


class Spool:
    """float32 rows in a file, which is open only while it is written or read.

    Parameters
    ----------
    path : Path
        The file, which is replaced.
    n_columns : int > 0

    Raises
    ------
    OutputError
        If the file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder, Spool(Path(folder) / "rows", 2) as spool:
    ...     spool.append(np.array([[1, 2], [3, 4]], np.float32))
    ...     len(spool), spool.read(1, 2)
    (2, array([[3., 4.]], dtype=float32))
    """

    def __init__(self, path: Path, n_columns: int) -> None:
        self._path, self._n_columns, self._n_rows = path, n_columns, 0
        with io_errors(path):
            path.write_bytes(b"")

    def __len__(self) -> int:
        return self._n_rows

    def __enter__(self) -> Spool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def append(self, rows: Real) -> None:
        """Append rows.

        Raises
        ------
        OutputError
        """
        # Not with numpy's tofile(), which is silent if its last bytes do not fit on the disk.
        with io_errors(self._path), open(self._path, "ab") as file:
            file.write(np.ascontiguousarray(rows, dtype=np.float32).data)
        self._n_rows += len(rows)

    def read(self, begin: int, end: int) -> Real:
        """Return rows `begin` to `end - 1`, fewer at the end, shape (n, n_columns)."""
        n_rows = max(0, min(end, self._n_rows) - begin)
        try:
            with open(self._path, "rb", buffering=0) as file:
                file.seek(begin * self._n_columns * 4)
                return np.fromfile(file, np.float32, n_rows * self._n_columns).reshape(n_rows, self._n_columns)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise OutputError(
                f"{printable(self._path)}: cannot be read back ({reason}); run it again, in another -o"
            ) from None

    def close(self) -> None:
        """Remove the file."""
        self._path.unlink(missing_ok=True)


class SpooledAudio(Sound):
    """A mono signal in the file `path`, until `close`; it is used like `Audio`."""

    def __init__(self, path: Path, sample_rate: int) -> None:
        self.sample_rate = sample_rate
        self._spool = Spool(path, 1)

    def append(self, samples: Real) -> None:
        """Append samples, shape (n,), before anything is read."""
        self._spool.append(samples[:, np.newaxis])

    def read(self, begin: int, end: int) -> Real:
        """Return samples `begin` to `end - 1`, fewer at the end, shape (1, n)."""
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
        return measure_levels(self.read(i, i + _SAMPLES_AT_ONCE) for i in starts)


@dataclass(frozen=True, eq=False)
class Recording:
    """A clip of any length.

    Parameters
    ----------
    sample_rate : int > 0 [Hz]
        Of the file.
    n_channels, n_samples : int > 0
        As in `Audio`: one channel if one was selected.
    levels : Levels
    fingerprint : tuple of int
        As `Audio.fingerprint`.
    source : AudioSource
    mono : SpooledAudio
        The mean of the channels, or the selected one, at the rate in use.
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
    """Read a recording, and keep the mean of its channels, or one of them, on disk at `sample_rate`.

    The samples are those of `load` with `Audio.to_mono` and `Audio.resample`. For the mean, the file is read once for
    each channel.

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
        If ``folder`` cannot be written.

    Warns
    -----
    SpecAugListenWarning
        As `load`.
    """
    one_channel = as_one_channel(channel)
    with open_excerpt(path, start_s, duration_s, strict=strict) as excerpt:
        rate, n_present = excerpt.sample_rate, excerpt.n_channels
        at, choice = channel_at(one_channel, n_present), None
        if at is not None and n_present > 1:
            choice = Choice(one_channel, n_present)
        n_channels = 1 if choice else n_present
        excerpt.check_length(sample_rate)
        check_length(excerpt.n_samples, rate, sample_rate)
        mono = SpooledAudio(folder / "original.f32", sample_rate)
        digest = hashlib.sha256(fingerprint_head((n_channels, excerpt.n_samples), rate))
        meter = MixMeter(n_channels)
        levels = measure_levels(_meter_blocks(_resample(excerpt, rate, mono, digest, at), meter))
        for other in range(1, n_channels):
            for block in excerpt.blocks(_SAMPLES_AT_ONCE):
                digest.update(np.ascontiguousarray(block[:, other], dtype="<f4").tobytes())
        source = AudioSource(os.path.abspath(path), excerpt.sha256, start_s, duration_s, excerpt.decoder)
        words, notices = fingerprint_words(digest.digest()), excerpt.notices
        recording = Recording(
            rate, n_channels, excerpt.n_samples, levels, words, source, mono, notices, choice, meter.notices()
        )
    warn_about(notices, path, stacklevel=3)
    return recording


def _meter_blocks(blocks: Iterator[Real], meter: MixMeter) -> Iterator[Real]:
    for block in blocks:
        with np.errstate(invalid="ignore", over="ignore"):  # infinite samples are refused at the end
            if len(block) > 1:
                meter.add(block)
        yield block


def _resample(
    excerpt: Excerpt, rate: int, mono: SpooledAudio, digest: hashlib._Hash, at: int | None = None
) -> Iterator[Real]:
    """Yield the file's blocks, resample their mean into `mono`, and hash the first channel.

    If a channel is selected by its index `at`, the blocks hold no other.
    """
    stream = None
    if rate != mono.sample_rate:
        soxr = require("soxr", purpose="resampling")
        stream = soxr.ResampleStream(rate, mono.sample_rate, 1, dtype="float32", quality="HQ")
    n_left = excerpt.n_samples
    for block in excerpt.blocks(_SAMPLES_AT_ONCE):
        block = block if at is None else block[:, at : at + 1]
        n_left -= len(block)
        digest.update(np.ascontiguousarray(block[:, 0], dtype="<f4").tobytes())
        with np.errstate(invalid="ignore"):  # infinite samples are refused at the end
            mean = block[:, 0] if block.shape[1] == 1 else block.mean(axis=1, dtype=np.float64).astype(np.float32)
        mono.append(mean if stream is None else stream.resample_chunk(mean, last=n_left == 0))
        yield block.T
