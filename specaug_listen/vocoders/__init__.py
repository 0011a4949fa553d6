"""Vocoders: anything that turns a mel spectrogram into audio."""

from .griffinlim import GriffinLim, Librosa
from .joint import Joint
from .names import VOCODERS, Vocoder, get
from .original_phase import OriginalPhase

__all__ = ["VOCODERS", "GriffinLim", "Joint", "Librosa", "OriginalPhase", "Vocoder", "get"]
