"""Front-ends: from audio to the mel spectrogram that a model sees, and back."""

from .arrays import PER_UTTERANCE, Prepared, checked_axes, mels_from_array, prepared
from .files import get, read_frontend
from .frontend import MelFrontend
from .interpolation import Taps, linear_taps
from .mel import MelSpectrogram
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
from .statistics import GlobalStatistics, Statistics
from .statistics_files import read_statistics, statistics_of_text
from .stream import AnyMel, MelStream, check_mel, mel_stream

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
    "PER_UTTERANCE",
    "PRESETS",
    "SPEECHBRAIN",
    "TACOTRON2",
    "TORCHAUDIO",
    "VOCOS",
    "WENET",
    "WHISPER",
    "WHISPER_128",
    "AnyMel",
    "GlobalStatistics",
    "MelFrontend",
    "MelSpectrogram",
    "MelStream",
    "Prepared",
    "Statistics",
    "Taps",
    "check_mel",
    "checked_axes",
    "get",
    "linear_taps",
    "mel_stream",
    "mels_from_array",
    "prepared",
    "read_frontend",
    "read_statistics",
    "statistics_of_text",
]
