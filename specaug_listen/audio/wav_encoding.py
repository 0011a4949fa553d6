"""Encodes 16-bit PCM WAV, in parts."""

from __future__ import annotations

import itertools
import math
import numbers
import struct
from collections.abc import Iterator, Sequence

import numpy as np

from .._arrays import kind_of
from ..errors import ParameterError
from .sound import Sound

__all__ = ["BITS_PER_SAMPLE", "FULL_SCALE", "PCM_CODING", "encode_wav", "wav_parts"]

# The only form of WAV files that is written, also for reading them back and converting them to FLAC.
BITS_PER_SAMPLE = 16
PCM_CODING = 1
# The scale of a sample of 1.0; the largest sample that can be written is one step below.
FULL_SCALE = 1 << (BITS_PER_SAMPLE - 1)
_BYTES_PER_SAMPLE = BITS_PER_SAMPLE // 8
_SAMPLES_AT_ONCE = 1 << 18


def encode_wav(audio: Sound, *, gain: float = 1.0) -> bytes:
    """Encode 16-bit PCM WAV with a gain, without normalisation.

    Raises
    ------
    ParameterError
        If a sample times ``gain`` does not fit 16 bits.

    Examples
    --------
    >>> from specaug_listen import Audio
    >>> len(encode_wav(Audio(np.zeros(100), 16000)))
    244
    """
    return b"".join(wav_parts([audio], gain=gain))


def wav_parts(sounds: Sequence[Sound], *, gain: float = 1.0) -> Iterator[bytes]:
    """Yield the result of `encode_wav` in parts; sounds of one length and rate become channels of one file.

    Raises
    ------
    ParameterError
        If a sample times ``gain`` does not fit 16 bits.
    """
    for sound in sounds:
        if not isinstance(sound, Sound):
            raise ParameterError(f"audio is {kind_of(sound)}: expected Audio; make one with load(path)")
    if isinstance(gain, bool) or not isinstance(gain, numbers.Real) or not (math.isfinite(gain) and gain >= 0):
        raise ParameterError(f"gain={gain!r:.80}: expected a finite factor >= 0")
    peak = max(sound.peak for sound in sounds)
    if peak * gain > 1.0:
        raise ParameterError(f"gain={gain}: a peak of {peak:.4g} would clip; use at most {1 / peak:.4g}")
    n_samples, rate = sounds[0].n_samples, sounds[0].sample_rate
    n_channels = sum(sound.n_channels for sound in sounds)
    frame_bytes = n_channels * _BYTES_PER_SAMPLE
    n_bytes = n_samples * frame_bytes
    header = struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        *(b"RIFF", 36 + n_bytes, b"WAVE", b"fmt ", 16, PCM_CODING, n_channels),
        *(rate, rate * frame_bytes, frame_bytes, BITS_PER_SAMPLE, b"data", n_bytes),
    )
    return itertools.chain([header], _pcm(sounds, gain, n_samples))


def _pcm(sounds: Sequence[Sound], gain: float, n_samples: int) -> Iterator[bytes]:
    for i in range(0, n_samples, _SAMPLES_AT_ONCE):
        samples = np.concatenate([sound.read(i, i + _SAMPLES_AT_ONCE) for sound in sounds])
        scaled = np.rint(samples.T.astype(np.float64) * gain * FULL_SCALE)
        yield np.ascontiguousarray(
            np.clip(scaled, -FULL_SCALE, FULL_SCALE - 1).astype(f"<i{_BYTES_PER_SAMPLE}")
        ).tobytes()
