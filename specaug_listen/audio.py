"""Audio: samples and their rate; reading, writing, resampling, level.

Shapes are ``(n_channels, n_samples)``, float32, nominally in [-1, 1].
"""

from __future__ import annotations

import hashlib
import os
import stat
import struct
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ._clips import AUDIO_SUFFIXES, find_audio
from ._containers import promised_and_present
from ._files import printable, write_whole
from ._optional import require
from ._random import fingerprint
from .errors import AudioError, ParameterError

__all__ = [
    "AUDIO_SUFFIXES",
    "Audio",
    "AudioSource",
    "common_gain",
    "encode_wav",
    "find_audio",
    "load",
    "save",
]

MAX_CHANNELS = 8
# About nine hours at 16 kHz.
_MOST_SAMPLES = 1 << 29
# One 16-bit step below full scale, so that rounding can never wrap.
_CEILING = 32767 / 32768


@dataclass(frozen=True)
class AudioSource:
    """Where a signal was read from, so that it can be read again.

    Parameters
    ----------
    path : str
        Absolute path of the file.
    sha256 : str
        Hash of the whole file's bytes.
    start_s : float >= 0 [s]
        Where reading began.
    duration_s : float > 0 [s] or None
        How much was asked for; None is all.
    """

    path: str
    sha256: str
    start_s: float = 0.0
    duration_s: float | None = None


@dataclass(frozen=True, eq=False)
class Audio:
    """A signal: samples, their rate, and where they came from.

    Parameters
    ----------
    samples : np.ndarray [shape=(n_channels, n_samples) or (n_samples,)]
        Kept as a read-only float32 copy of shape (n_channels, n_samples).
    sample_rate : int > 0 [Hz]
    source : AudioSource or None

    Raises
    ------
    AudioError
        For no samples, NaN or infinite samples, more than 8 channels.
    ParameterError
        For a sample rate that is not a positive integer, or samples that are not real numbers.

    Examples
    --------
    >>> Audio(np.zeros(8000), 16000).duration_s
    0.5
    """

    samples: npt.NDArray[np.float32] = field(repr=False)
    sample_rate: int
    source: AudioSource | None = None

    def __post_init__(self) -> None:
        _check_rate(self.sample_rate)
        object.__setattr__(self, "sample_rate", int(self.sample_rate))
        object.__setattr__(self, "samples", _checked_samples(self.samples))

    @property
    def n_channels(self) -> int:
        """Number of channels."""
        return int(self.samples.shape[0])

    @property
    def n_samples(self) -> int:
        """Number of samples in each channel."""
        return int(self.samples.shape[1])

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.n_samples / self.sample_rate

    @cached_property
    def fingerprint(self) -> tuple[int, ...]:
        """Four 32-bit words that name the signal by its content."""
        return fingerprint(self.samples, self.sample_rate)

    @cached_property
    def peak(self) -> float:
        """Largest absolute sample."""
        return float(np.max(np.abs(self.samples)))

    @cached_property
    def rms_db(self) -> float:
        """Level in dB relative to a full-scale square wave; -inf for silence."""
        power = float(np.mean(np.square(self.samples, dtype=np.float64)))
        return 10 * float(np.log10(power)) if power > 0 else float("-inf")

    def to_mono(self) -> Audio:
        """The mean of the channels, as one channel."""
        if self.n_channels == 1:
            return self
        return replace(self, samples=self.samples.mean(axis=0, dtype=np.float64, keepdims=True))

    def resample(self, sample_rate: int) -> Audio:
        """The same signal at another rate (soxr, HQ).

        Examples
        --------
        >>> Audio(np.zeros(44100), 44100).resample(16000).n_samples
        16000
        """
        if sample_rate == self.sample_rate:
            return self
        _check_rate(sample_rate)
        n_samples = self.n_samples * sample_rate / self.sample_rate
        if n_samples > _MOST_SAMPLES:
            raise AudioError(
                f"{self.n_samples} samples at {self.sample_rate} Hz would be {n_samples:.3g} at {sample_rate} Hz; "
                f"allowed are {_MOST_SAMPLES}; take a part of the clip, or mend its header's rate"
            )
        soxr = require("soxr", purpose="resampling")
        resampled = soxr.resample(self.samples.T, self.sample_rate, sample_rate, quality="HQ").T
        if resampled.shape[1] == 0:
            raise AudioError(
                f"{self.n_samples} samples at {self.sample_rate} Hz leave nothing at {sample_rate} Hz; "
                "use a longer clip"
            )
        return replace(self, samples=resampled, sample_rate=sample_rate)


def load(path: str | os.PathLike[str], *, start_s: float = 0.0, duration_s: float | None = None) -> Audio:
    """Read an audio file at its own rate and with its own channels.

    Parameters
    ----------
    path : str or path-like
        WAV, FLAC, OGG, MP3 or AIFF; 8 to 32-bit or float; at most 8 channels.
    start_s : float >= 0 [s]
        Where to begin.
    duration_s : float > 0 [s] or None
        How much to read; None reads to the end.

    Returns
    -------
    Audio

    Raises
    ------
    AudioError
        When the file is missing, unreadable, truncated, empty, or holds NaN or infinite samples.
    ParameterError
        When ``start_s`` or ``duration_s`` are out of range.
    """
    _check_span(start_s, duration_s)
    name = printable(path)
    sha256 = _hash(path, name)
    sf = require("soundfile", purpose="reading audio")
    try:
        with sf.SoundFile(os.fsencode(os.path.abspath(path))) as file:
            samples = _read_span(file, path, start_s, duration_s)
            rate = file.samplerate
        _check_whole(path)
        source = AudioSource(os.path.abspath(path), sha256, start_s, duration_s)
        return Audio(samples.T, rate, source)
    except (AudioError, ParameterError) as error:
        raise AudioError(f"{name}: {error}") from None
    except (sf.LibsndfileError, RuntimeError, TypeError) as error:
        reason = str(getattr(error, "error_string", error)).strip().rstrip(".")
        raise AudioError(
            f"{name}: not readable as audio ({reason}); allowed are whole WAV, FLAC, OGG, MP3 and AIFF files"
        ) from None


def save(path: str | os.PathLike[str], audio: Audio, *, gain: float = 1.0) -> None:
    """Write 16-bit PCM WAV, whole or not at all.

    Raises
    ------
    ParameterError
        When a sample times ``gain`` does not fit 16 bits.
    OutputError
        When the file cannot be written.
    """
    write_whole(Path(path), encode_wav(audio, gain=gain))


def encode_wav(audio: Audio, *, gain: float = 1.0) -> bytes:
    """Encode 16-bit PCM WAV; ``gain`` is applied as it is, nothing is normalised.

    Raises
    ------
    ParameterError
        When a sample times ``gain`` does not fit 16 bits.

    Examples
    --------
    >>> len(encode_wav(Audio(np.zeros(100), 16000)))
    244
    """
    if not (np.isfinite(gain) and gain >= 0):
        raise ParameterError(f"gain={gain}: expected a finite factor >= 0")
    if audio.peak * gain > 1.0:
        raise ParameterError(f"gain={gain}: a peak of {audio.peak:.4g} would clip; use at most {1 / audio.peak:.4g}")
    scaled = np.rint(audio.samples.T.astype(np.float64) * gain * 32768)
    pcm = np.ascontiguousarray(np.clip(scaled, -32768, 32767).astype("<i2"))
    n_channels, rate = audio.n_channels, audio.sample_rate
    header = struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        *(b"RIFF", 36 + pcm.nbytes, b"WAVE", b"fmt ", 16, 1, n_channels),
        *(rate, rate * n_channels * 2, n_channels * 2, 16, b"data", pcm.nbytes),
    )
    return header + pcm.tobytes()


def common_gain(audios: Iterable[Audio]) -> float:
    """The one gain with which none of the signals clips; 1.0 when none does.

    Examples
    --------
    >>> round(common_gain([Audio(np.full(4, 2.0), 8000), Audio(np.zeros(4), 8000)]), 3)
    0.5
    """
    loudest = max((audio.peak for audio in audios), default=0.0)
    return _CEILING / loudest if loudest > _CEILING else 1.0


def _check_rate(rate: Any) -> None:
    if not isinstance(rate, (int, np.integer)) or isinstance(rate, bool) or rate <= 0:
        raise ParameterError(f"sample_rate={rate!r}: expected an integer > 0 [Hz]")


def _checked_samples(samples: Any) -> npt.NDArray[np.float32]:
    array = np.asarray(samples)
    if array.ndim == 1:
        array = array[np.newaxis]
    if array.ndim != 2 or not np.issubdtype(array.dtype, np.floating):
        raise ParameterError(
            f"samples of shape {array.shape} and dtype {array.dtype}: expected floating-point numbers in [-1, 1] "
            "of shape (n_channels, n_samples); divide integers by their full scale, e.g. 32768"
        )
    if array.shape[1] == 0:
        raise AudioError("no samples; use a clip that holds sound")
    if not 1 <= array.shape[0] <= MAX_CHANNELS:
        raise AudioError(
            f"{array.shape[0]} channels; allowed are 1 to {MAX_CHANNELS}, as (n_channels, n_samples); "
            "select or mix channels first"
        )
    with np.errstate(over="ignore"):
        kept = np.array(array, dtype=np.float32, order="C")
    bad = ~np.isfinite(kept)
    if bad.any():
        first = int(np.argmax(bad.any(axis=0)))
        raise AudioError(
            f"{int(bad.sum())} samples are NaN or infinite, the first at sample {first}; allowed are finite "
            "samples; repair or cut the clip"
        )
    kept.flags.writeable = False
    return kept


def _check_span(start_s: float, duration_s: float | None) -> None:
    if not (np.isfinite(start_s) and start_s >= 0):
        raise ParameterError(f"start={start_s!r}: expected seconds >= 0")
    if duration_s is not None and not (np.isfinite(duration_s) and duration_s > 0):
        raise ParameterError(f"duration={duration_s!r}: expected seconds > 0, or nothing for all")


def _hash(path: str | os.PathLike[str], name: str) -> str:
    digest = hashlib.sha256()
    try:
        if not stat.S_ISREG(mode := os.stat(path).st_mode) and not stat.S_ISDIR(mode):
            raise AudioError(f"{name}: is a device or a pipe; give a file")
        with open(path, "rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
            if file.tell() == 0:
                raise AudioError(f"{name}: the file is empty (0 bytes)")
    except FileNotFoundError:
        raise AudioError(f"{name}: no such file") from None
    except IsADirectoryError:
        raise AudioError(f"{name}: is a folder; load() takes one file") from None
    except OSError as error:
        raise AudioError(f"{name}: cannot be read ({error.strerror}); check its permissions") from None
    except ValueError as error:
        raise AudioError(f"{name}: no path of a file ({error})") from None
    return digest.hexdigest()


def _read_span(
    file: Any, path: str | os.PathLike[str], start_s: float, duration_s: float | None
) -> npt.NDArray[np.float32]:
    if file.channels > MAX_CHANNELS:
        raise AudioError(f"{file.channels} channels; allowed are 1 to {MAX_CHANNELS}; select or mix channels first")
    if file.frames == 0:
        sizes = promised_and_present(path)
        follows = f" (its header says 0 bytes, {sizes[1]} follow: write it again)" if sizes and sizes[1] else ""
        raise AudioError(f"the file holds no samples{follows}")
    if start_s * file.samplerate >= file.frames:
        raise AudioError(f"start={start_s} s lies behind the end; the clip lasts {file.frames / file.samplerate:.3f} s")
    start = min(round(start_s * file.samplerate), file.frames - 1)
    wanted = file.frames - start
    if duration_s is not None:
        wanted = max(1, round(min(wanted, duration_s * file.samplerate)))
    if start:
        file.seek(start)
    samples: npt.NDArray[np.float32] = file.read(wanted, dtype="float32", always_2d=True)
    if len(samples) < wanted:
        raise AudioError(f"truncated: {wanted} samples are promised, {len(samples)} are there; copy the file again")
    return samples


def _check_whole(path: str | os.PathLike[str]) -> None:
    sizes = promised_and_present(path)
    if sizes is not None and sizes[1] < sizes[0]:
        raise AudioError(
            f"truncated: its header promises {sizes[0]} bytes of sound, {sizes[1]} are there; copy the file again"
        )
