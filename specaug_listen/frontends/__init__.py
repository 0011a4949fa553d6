"""Front-ends: from audio to the mel spectrogram that a model sees, and back."""

from .files import get, read_frontend
from .mel import MelFrontend
from .presets import HIFIGAN, LHOTSE, LIBROSA, LIBROSA_DB, NEMO, PRESETS, WHISPER, WHISPER_128
from .spectrogram import MelSpectrogram, Statistics

__all__ = [
    "HIFIGAN",
    "LHOTSE",
    "LIBROSA",
    "LIBROSA_DB",
    "NEMO",
    "PRESETS",
    "WHISPER",
    "WHISPER_128",
    "MelFrontend",
    "MelSpectrogram",
    "Statistics",
    "get",
    "read_frontend",
]
