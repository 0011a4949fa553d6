"""The clips of a check: synthetic speech-like sound, or the user's own recordings."""

from __future__ import annotations

import functools
import math
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from .._files import printable
from ..audio.audio_in_memory import Audio, load
from ..audio.conversion import as_audio, is_audio_input
from ..audio.file_search import find_audio
from ..errors import AudioError, ParameterError
from ..frontends import MelFrontend, MelSpectrogram

__all__ = ["LENGTHS_S", "MAX_CLIP_S", "Clip", "clips_of", "reference_of", "sounds_of", "speech_clips", "speech_like"]

LENGTHS_S = (0.2, 0.5, 2.0, 5.0, 15.0, 30.0)
MAX_CLIP_S = 60.0
_MAX_CLIPS = 12
_REFERENCE_FRAMES = 200
_EXPECTED = "an Audio, the path of a file or folder, or (name, Audio)"
_SYLLABLE_S = 0.24
_PERIOD_S = 28 * _SYLLABLE_S


@dataclass(frozen=True)
class Clip:
    """A named mel on which a pipeline is checked."""

    name: str
    mel: MelSpectrogram

    @property
    def n_frames(self) -> int:
        """Number of frames of the mel."""
        return self.mel.n_frames

    def __str__(self) -> str:
        return f"{self.name} ({self.n_frames} frames)"


def speech_like(duration_s: float, sample_rate: int) -> Audio:
    """Synthesise voiced syllables with formants and a falling pitch, hisses between them, pauses, and faint noise.

    The samples are the same on every call, and repeat after 28 syllables.

    Parameters
    ----------
    duration_s : float > 0 [s]
    sample_rate : int > 0 [Hz]

    Examples
    --------
    >>> speech_like(0.5, 16000).n_samples
    8000
    """
    wanted = max(1, round(duration_s * sample_rate))
    return Audio(np.resize(_syllables(sample_rate), wanted), sample_rate)


@functools.lru_cache(maxsize=4)
def _syllables(sample_rate: int) -> npt.NDArray[np.float32]:
    """Return the samples of 28 syllables."""
    rng = np.random.default_rng(1904)
    n = max(1, round(_PERIOD_S * sample_rate))
    seconds = np.arange(n) / sample_rate
    pitch_hz = 190 - 60 * (seconds % 1.68) / 1.68 + 5 * np.sin(2 * np.pi * 5 * seconds)
    phase = 2 * np.pi * np.cumsum(pitch_hz) / sample_rate
    formants_hz = np.array([[700, 1200, 2600], [300, 2200, 3000], [450, 800, 2500], [500, 1700, 2500]])
    syllable = (seconds / _SYLLABLE_S).astype(int)
    voice = np.zeros(n)
    for harmonic in range(1, 31):
        hz = harmonic * pitch_hz
        gain = np.zeros(n)
        for which in range(3):
            gain += np.exp(-(((hz - formants_hz[syllable % 4, which]) / 150) ** 2)) / (1 + which)
        voice += np.where(hz < sample_rate / 2, (gain + 0.02) * np.sin(harmonic * phase), 0.0)
    within = (seconds / _SYLLABLE_S) % 1
    envelope = np.where(syllable % 7 == 6, 0.0, np.sin(np.pi * np.clip(within / 0.7, 0, 1)) ** 0.5)
    noise = np.diff(rng.standard_normal(n + 1))
    hiss = np.where((within > 0.72) & (syllable % 7 != 6), 0.02, 0.0) * noise
    signal: npt.NDArray[np.float32] = (0.1 * envelope * voice + hiss + 2e-4 * rng.standard_normal(n)).astype(np.float32)
    signal.flags.writeable = False
    return signal


def speech_clips(frontend: MelFrontend) -> tuple[Clip, ...]:
    """Synthesise a clip of each length of `LENGTHS_S`, each the beginning of the longest."""
    whole = frontend(speech_like(LENGTHS_S[-1], frontend.sample_rate))
    frames_per_s = frontend.sample_rate / frontend.hop_length
    return tuple(Clip(f"{s:g} s", whole.part(0, max(2, round(s * frames_per_s)))) for s in LENGTHS_S)


def sounds_of(clips: Any) -> list[tuple[str, Audio]]:
    """List names and sounds of clips: an `Audio`, a path, a (name, `Audio`), or several of these.

    Raises a `ParameterError` for anything else or no clips, and an `AudioError` if a file cannot be read.
    """
    several = [clips] if is_audio_input(clips) or _is_pair(clips) else clips
    if not isinstance(several, Iterable) or isinstance(several, (bytes, bytearray, Mapping, np.ndarray)):
        raise ParameterError(f"clips={_short(clips)}: expected {_EXPECTED}, or a sequence of them")
    sounds = [sound for i, clip in enumerate(several) for sound in _sounds_of_one(clip, i)]
    if not sounds:
        raise ParameterError("clips holds no audio; give some, or clips=None for synthetic clips")
    return sounds


def _sounds_of_one(clip: Any, i: int) -> list[tuple[str, Audio]]:
    if _is_pair(clip):
        return [(clip[0], as_audio(clip[1], what=f"clips[{i}]"))]
    if not isinstance(clip, (str, os.PathLike)):
        if not is_audio_input(clip):
            raise ParameterError(f"clips[{i}]={_short(clip)}: expected {_EXPECTED}")
        return [(f"clip {i + 1}", as_audio(clip, what=f"clips[{i}]"))]
    files, problems, _ = find_audio([clip])
    if problems:
        raise AudioError(f"clips[{i}]: {problems[0]}")
    return [(printable(file.name), load(file, duration_s=MAX_CLIP_S)) for file in files]


def _short(clip: Any) -> str:
    return " ".join(repr(clip).split())[:80]


def _is_pair(clip: Any) -> bool:
    is_pair = isinstance(clip, tuple) and len(clip) == 2 and isinstance(clip[0], str)
    return is_pair and not isinstance(clip[1], (str, os.PathLike)) and is_audio_input(clip[1])


def clips_of(audios: Sequence[tuple[str, Audio]], frontend: MelFrontend) -> tuple[Clip, ...]:
    """Return the user's clips, shortest first: a selection of lengths if there are many, and the first minute of each.

    Raises an `AudioError` if one is shorter than a window of the front-end.
    """
    ordered = sorted(audios, key=lambda pair: pair[1].n_samples / pair[1].sample_rate)
    few = [ordered[i] for i in np.unique(np.linspace(0, len(ordered) - 1, _MAX_CLIPS).round().astype(int))]
    names = [name for name, _ in few]
    # Files of the same name in two folders are two clips.
    unique = [f"{name} ({names[:i].count(name) + 1})" if name in names[:i] else name for i, name in enumerate(names)]
    return tuple(Clip(name, frontend(_beginning(audio))) for name, (_, audio) in zip(unique, few, strict=True))


def reference_of(clips: Sequence[Clip]) -> Clip:
    """Return the clip nearest to 200 frames, on which most tests run."""
    return min(clips, key=lambda clip: abs(math.log(clip.n_frames / _REFERENCE_FRAMES)))


def _beginning(audio: Audio) -> Audio:
    n = round(MAX_CLIP_S * audio.sample_rate)
    return audio if audio.n_samples <= n else Audio(audio.samples[:, :n], audio.sample_rate)
