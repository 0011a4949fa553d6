"""`Audio`, a clip in memory: samples and their rate; loading, saving, resampling, level.

Shapes are ``(n_channels, n_samples)``, float32, nominally in [-1, 1].
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from .._arrays import kind_of, on_cpu
from .._files import as_path, printable, write_whole
from .._imports import require
from .._notices import Notice
from .._rng import fingerprint
from ..errors import AudioError, ParameterError
from .channels import Choice, OneChannel, as_one_channel, channel_at
from .excerpt import Excerpt, check_excerpt
from .file_search import AUDIO_SUFFIXES, find_audio
from .mix_faults import mix_notices
from .reading import MAX_CHANNELS, open_excerpt, warn_about
from .sound import Levels, Sound, after_end, check_length, check_rate, measure_levels, not_finite
from .wav_encoding import FULL_SCALE, encode_wav, wav_parts

__all__ = [
    "AUDIO_SUFFIXES",
    "Audio",
    "AudioSource",
    "common_gain",
    "encode_wav",
    "find_audio",
    "load",
    "save",
    "wav_parts",
]

_WAV_SUFFIXES = (".wav", ".wave", ".bwf", ".wavex")
_SAMPLES_AT_ONCE = 1 << 18
# One step of a WAV file below full scale, so that rounding cannot overflow.
_MAX_PEAK = (FULL_SCALE - 1) / FULL_SCALE


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
        The requested duration; None is all.
    decoder : str or None
        The library that decoded it, with its version.
    """

    path: str
    sha256: str
    start_s: float = 0.0
    duration_s: float | None = None
    decoder: str | None = None


@dataclass(frozen=True, eq=False)
class Audio(Sound):
    """A signal: samples, their rate, and where they came from.

    Parameters
    ----------
    samples : np.ndarray [shape=(n_channels, n_samples) or (n_samples,)]
        Kept as a read-only float32 copy of shape (n_channels, n_samples).
    sample_rate : int in [1, 10000000] [Hz]
    source : AudioSource or None
    notices : tuple of Notice
        Remarks about the file and the samples, which become the clip's badges.
    choice : Choice or None
        Which of several channels it is; None if none was selected.

    Raises
    ------
    AudioError
        For no samples, NaN or infinite samples, more than 8 channels.
    ParameterError
        For a sample rate that is out of range or no integer, or samples that are not real numbers.

    Examples
    --------
    >>> Audio(np.zeros(8000), 16000).duration_s
    0.5
    """

    samples: npt.NDArray[np.float32] = field(repr=False)
    sample_rate: int
    source: AudioSource | None = None
    notices: tuple[Notice, ...] = ()
    choice: Choice | None = None

    def __post_init__(self) -> None:
        check_rate(self.sample_rate)
        object.__setattr__(self, "sample_rate", int(self.sample_rate))
        object.__setattr__(self, "samples", _check_samples(self.samples))

    @property
    def n_channels(self) -> int:
        """Number of channels."""
        return int(self.samples.shape[0])

    @property
    def n_samples(self) -> int:
        """Number of samples in each channel."""
        return int(self.samples.shape[1])

    @cached_property
    def fingerprint(self) -> tuple[int, ...]:
        """Four 32-bit words that identify the signal by its content."""
        return fingerprint(self.samples, self.sample_rate)

    @cached_property
    def mix_notices(self) -> tuple[Notice, ...]:
        """Remarks about the mean of its channels: that they cancel, or that one of them is dead or separate."""
        return mix_notices([self.samples], self.n_channels) if self.n_channels > 1 else ()

    @cached_property
    def levels(self) -> Levels:
        """Peak, RMS and clipping."""
        return measure_levels([self.samples])

    def read(self, begin: int, end: int) -> npt.NDArray[np.float32]:
        """Return samples `begin` to `end - 1`, fewer at the end, shape (n_channels, n)."""
        return self.samples[:, begin:end]

    def part(self, start_s: float = 0.0, duration_s: float | None = None) -> Audio:
        """Return a part of the clip, whose source says where it is in the file.

        Parameters
        ----------
        start_s : float >= 0 [s]
        duration_s : float > 0 [s] or None
            None is the rest.

        Raises
        ------
        ParameterError
            If they are out of range.
        AudioError
            If the clip ends before `start_s`.

        Examples
        --------
        >>> Audio(np.zeros(8000), 16000).part(0.1, 0.2).duration_s
        0.2
        """
        check_excerpt(start_s, duration_s)
        rate = self.sample_rate
        begin = round(start_s * rate)
        if begin >= self.n_samples:
            raise after_end(start_s, self.duration_s)
        n = self.n_samples - begin if duration_s is None else max(1, round(duration_s * rate))
        samples, source = self.samples[:, begin : begin + n], self.source
        if source is not None:
            first = round(source.start_s * rate) + begin
            source = replace(source, start_s=first / rate, duration_s=samples.shape[1] / rate)
        return replace(self, samples=samples, source=source)

    def save(self, path: str | os.PathLike[str], *, gain: float = 1.0) -> None:
        """Write 16-bit PCM WAV atomically; see `save`.

        Raises
        ------
        ParameterError
            If a sample times ``gain`` does not fit 16 bits.
        OutputError
            If the file cannot be written.
        """
        save(path, self, gain=gain)

    def __repr__(self) -> str:
        channels = "mono" if self.n_channels == 1 else f"{self.n_channels} channels"
        file = f", from {os.path.basename(self.source.path)!r:.60}" if self.source else ""
        notices = f", {len(self.notices)} notices" if len(self.notices) > 1 else ", 1 notice" if self.notices else ""
        return f"Audio({self.duration_s:.2f} s, {channels}, {self.sample_rate} Hz{file}{notices})"

    def to_mono(self) -> Audio:
        """Return the mean of the channels, as one channel."""
        if self.n_channels == 1:
            return self
        return replace(self, samples=self.samples.mean(axis=0, dtype=np.float64, keepdims=True))

    def select(self, channel: OneChannel) -> Audio:
        """Return one of the channels, or their mean.

        Parameters
        ----------
        channel : {"mean", "left", "right"} or int >= 1
            Counted from 1. The ``mean`` of all gets the same masks as the whole clip for the same seed.

        Raises
        ------
        ParameterError
            If there is no such channel; mono, or a clip that already is one channel, has only the first.

        Examples
        --------
        >>> stereo = Audio(np.array([[0.5, 0.5], [0.0, 0.0]]), 8000)
        >>> stereo.select("left").peak, stereo.select(2).peak, stereo.select("mean").peak
        (0.5, 0.0, 0.25)
        """
        one_channel = as_one_channel(channel)
        at = channel_at(one_channel, self.n_channels)
        if self.n_channels == 1:
            return self
        if at is not None:
            return replace(self, samples=self.samples[at], choice=Choice(one_channel, self.n_channels))
        notices = (*self.notices, *self.mix_notices)
        mean = replace(self.to_mono(), notices=notices, choice=Choice(one_channel, self.n_channels))
        mean.__dict__["fingerprint"] = self.fingerprint  # clips that are derived from it compute their own
        return mean

    def resample(self, sample_rate: int) -> Audio:
        """Return the clip at another rate (soxr, HQ).

        Examples
        --------
        >>> Audio(np.zeros(44100), 44100).resample(16000).n_samples
        16000
        """
        if sample_rate == self.sample_rate:
            return self
        check_rate(sample_rate)
        check_length(self.n_samples, self.sample_rate, sample_rate)
        soxr = require("soxr", purpose="resampling")
        resampled = soxr.resample(self.samples.T, self.sample_rate, sample_rate, quality="HQ").T
        if resampled.shape[1] == 0:
            raise AudioError(
                f"{self.n_samples} samples at {self.sample_rate} Hz leave nothing at {sample_rate} Hz; "
                "use a longer clip"
            )
        return replace(self, samples=resampled, sample_rate=sample_rate)


def load(
    path: str | os.PathLike[str],
    *,
    start_s: float = 0.0,
    duration_s: float | None = None,
    channel: OneChannel | None = None,
    strict: bool = False,
) -> Audio:
    """Read an audio file at its own rate and with its own channels, or one of them.

    Parameters
    ----------
    path : str or path-like
        WAV, FLAC, Ogg, MP3, AIFF or another format of libsndfile, and with the extra ``[av]`` of FFmpeg; at most 8
        channels.
    start_s : float >= 0 [s]
        Where to begin.
    duration_s : float > 0 [s] or None
        How much to read; None reads to the end.
    channel : {"mean", "left", "right"}, int >= 1 or None
        Which channel, counted from 1; None keeps all, whose mean is played.
    strict : bool
        Refuse a file whose header and content disagree: one that is truncated, longer than its header says, or damaged.

    Returns
    -------
    Audio
        With `Audio.notices` about the file.

    Raises
    ------
    AudioError
        If the file is missing, unreadable, empty, or holds NaN or infinite samples.
    ParameterError
        If ``start_s`` or ``duration_s`` are out of range, or ``channel`` is invalid.

    Warns
    -----
    SpecAugListenWarning
        If the file's header and content disagree.
    """
    path = as_path(path)
    one_channel = None if channel is None else as_one_channel(channel)
    with open_excerpt(path, start_s, duration_s, strict=strict) as excerpt:
        samples, rate = _all_samples(excerpt), excerpt.sample_rate
        source = AudioSource(os.path.abspath(path), excerpt.sha256, start_s, duration_s, excerpt.decoder)
        n_channels, notices = samples.shape[1], excerpt.notices
        at = None if one_channel is None else channel_at(one_channel, n_channels)
        if one_channel is not None and at is not None and n_channels > 1:
            clip = Audio(samples[:, at], rate, source, notices, choice=Choice(one_channel, n_channels))
        else:
            clip = Audio(samples.T, rate, source, notices)
            clip = clip if one_channel is None else clip.select(one_channel)
    warn_about(notices, path, stacklevel=3)
    return clip


def _all_samples(excerpt: Excerpt) -> npt.NDArray[np.float32]:
    if excerpt.n_exact is not None:
        check_length(excerpt.n_exact, excerpt.sample_rate, excerpt.sample_rate)
        return next(excerpt.blocks(excerpt.n_exact))
    blocks, n_samples = [], 0
    for block in excerpt.blocks(_SAMPLES_AT_ONCE):
        n_samples += len(block)
        check_length(n_samples, excerpt.sample_rate, excerpt.sample_rate)
        blocks.append(block)
    return np.concatenate(blocks)


def save(path: str | os.PathLike[str], audio: Audio, *, gain: float = 1.0) -> None:
    """Write 16-bit PCM WAV atomically; as with ``soundfile.write``, an existing file is replaced.

    Raises
    ------
    ParameterError
        If a sample times ``gain`` does not fit 16 bits, or the file name has the extension of another format.
    OutputError
        If the file cannot be written.
    """
    path = as_path(path)
    if path.suffix.lower() in AUDIO_SUFFIXES and path.suffix.lower() not in _WAV_SUFFIXES:
        raise ParameterError(f"{printable(path)}: WAV is what is written; name the file {path.stem:.80}.wav")
    write_whole(path, encode_wav(audio, gain=gain))


def common_gain(audios: Iterable[Sound]) -> float:
    """Return one gain with which none of the signals clips; 1.0 if none does.

    Examples
    --------
    >>> round(common_gain([Audio(np.full(4, 2.0), 8000), Audio(np.zeros(4), 8000)]), 3)
    0.5
    """
    loudest = max((audio.peak for audio in audios), default=0.0)
    return _MAX_PEAK / loudest if loudest > _MAX_PEAK else 1.0


def _check_samples(samples: Any) -> npt.NDArray[np.float32]:
    try:
        array = np.asarray(on_cpu(samples))
    except Exception:  # other objects can fail in any way
        raise ParameterError(f"samples are {kind_of(samples)}: expected an array of floating-point numbers") from None
    if array.ndim == 1:
        array = array[np.newaxis]
    if array.ndim != 2 or not np.issubdtype(array.dtype, np.floating):
        raise ParameterError(
            f"samples of shape {array.shape} and dtype {array.dtype!s:.40}: expected floating-point numbers in [-1, 1] "
            "of shape (n_channels, n_samples); divide integers by their full scale, e.g. 32768"
        )
    if array.shape[1] == 0:
        raise AudioError("no samples; use a clip that holds sound")
    if not 1 <= array.shape[0] <= MAX_CHANNELS:
        raise AudioError(
            f"{array.shape[0]} channels; allowed are 1 to {MAX_CHANNELS}, as (n_channels, n_samples); "
            "select or mix channels first"
            + ("; or turn them: samples.T" if 1 <= array.shape[1] <= MAX_CHANNELS else "")
        )
    with np.errstate(over="ignore"):
        values = np.array(array, dtype=np.float32, order="C")
    bad = ~np.isfinite(values)
    if bad.any():
        raise not_finite(int(bad.sum()), int(np.argmax(bad.any(axis=0))))
    values.flags.writeable = False
    return values
