"""Front-ends: from audio to the mel spectrogram that a model sees, and back."""

from .files import get, read_frontend
from .mel import MelFrontend
from .presets import (
    ESPNET,
    FAIRSEQ,
    HIFIGAN,
    KALDI,
    LHOTSE,
    LIBROSA,
    LIBROSA_DB,
    LINGVO,
    NEMO,
    PRESETS,
    SPEECHBRAIN,
    TACOTRON2,
    TORCHAUDIO,
    VOCOS,
    WENET,
    WHISPER,
    WHISPER_128,
)
from .spectrogram import MelSpectrogram, Statistics
from .stream import AnyMel, MelStream, mel_stream
from .taps import Taps, linear_taps

__all__ = [
    "ESPNET",
    "FAIRSEQ",
    "HIFIGAN",
    "KALDI",
    "LHOTSE",
    "LIBROSA",
    "LIBROSA_DB",
    "LINGVO",
    "NEMO",
    "PRESETS",
    "SPEECHBRAIN",
    "TACOTRON2",
    "TORCHAUDIO",
    "VOCOS",
    "WENET",
    "WHISPER",
    "WHISPER_128",
    "AnyMel",
    "MelFrontend",
    "MelSpectrogram",
    "MelStream",
    "Statistics",
    "Taps",
    "get",
    "linear_taps",
    "mel_stream",
    "read_frontend",
]
