"""Rendering: from a mel to sound with any vocoder, whose result is checked."""

from __future__ import annotations

from typing import Any

from .. import vocoders
from ..audio.audio_in_memory import Audio
from ..audio.sound import Sound
from ..augment import Policy
from ..custom.waveform import Waveform
from ..errors import ParameterError
from ..frontends import MelSpectrogram
from ..vocoders import Vocoder

__all__ = ["first_samples", "needs_whole_clip", "render", "vocoder_for"]


def first_samples(sound: Sound, n_samples: int) -> Sound:
    """Return as much of a sound as a draw with a trimmed tail has."""
    if n_samples >= sound.n_samples:
        return sound
    return Audio(sound.read(0, n_samples), sound.sample_rate)


def needs_whole_clip(policy: Policy, waveform: Waveform | None) -> bool:
    """Whether a run calls the user's code, which cannot process a clip in parts."""
    return bool(policy.callables) or waveform is not None


def render(mel: MelSpectrogram, vocoder: Vocoder) -> Audio:
    """Call a vocoder, and check its result.

    Raises
    ------
    ParameterError
        If it is not mono `Audio` of the mel's rate and length.
    """
    audio: Any = vocoder(mel)
    rate, n_samples = mel.frontend.sample_rate, mel.n_samples
    got = repr(type(audio))
    if isinstance(audio, Audio):
        if (audio.n_channels, audio.sample_rate, audio.n_samples) == (1, rate, n_samples):
            return audio
        got = f"{audio.n_samples} samples at {audio.sample_rate} Hz"
        got += f" in {audio.n_channels} channels" if audio.n_channels > 1 else ""
    raise ParameterError(f"the vocoder gave {got}: expected Audio of {n_samples} samples at {rate} Hz, mono")


def vocoder_for(vocoder: Vocoder | str) -> Vocoder:
    """Return the vocoder of a name, or the callable itself; raise a ParameterError for anything else."""
    if isinstance(vocoder, str):
        return vocoders.get_vocoder(vocoder)
    if not callable(vocoder):
        raise ParameterError(f"vocoder={vocoder!r:.80}: expected a name or a callable from MelSpectrogram to Audio")
    return vocoder
