"""Audio: signals, files of sound, long recordings, level and loudness."""

from .finding import AUDIO_SUFFIXES, find_audio
from .signal import Audio, AudioSource, common_gain, load, save
from .wav import encode_wav, wav_parts

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
