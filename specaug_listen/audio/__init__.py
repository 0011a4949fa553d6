"""Audio: signals, files of sound, long recordings, level and loudness."""

from .audio_in_memory import Audio, AudioSource, common_gain, load, save
from .file_search import AUDIO_SUFFIXES, find_audio
from .wav_encoding import encode_wav, wav_parts

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
