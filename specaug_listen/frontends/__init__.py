"""Front-ends: from audio to the mel spectrogram that a model sees, and back."""

from .by_name import get_frontend, read_frontend
from .from_array import PER_UTTERANCE, MelFormat, mel_format, mels_from_array, parse_axes
from .frontend import MelFrontend
from .interpolation import FrameInterpolation, linear_interpolation
from .mel import MelSpectrogram
from .mel_streams import AnyMel, MelStream, check_mel, mel_stream
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
    "FrameInterpolation",
    "GlobalStatistics",
    "MelFormat",
    "MelFrontend",
    "MelSpectrogram",
    "MelStream",
    "Statistics",
    "check_mel",
    "get_frontend",
    "linear_interpolation",
    "mel_format",
    "mel_stream",
    "mels_from_array",
    "parse_axes",
    "read_frontend",
    "read_statistics",
    "statistics_of_text",
]
