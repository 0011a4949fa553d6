"""Vocoders: anything that turns a mel spectrogram into audio."""

from .griffinlim import GriffinLim, Librosa
from .joint import Joint
from .neural import Neural, NeuralModule, read_neural
from .neural_contract import MelContract, read_contract
from .original_phase import OriginalPhase
from .registry import VOCODERS, Vocoder, get, spelled

__all__ = [
    "VOCODERS",
    "GriffinLim",
    "Joint",
    "Librosa",
    "MelContract",
    "Neural",
    "NeuralModule",
    "OriginalPhase",
    "Vocoder",
    "get",
    "read_contract",
    "read_neural",
    "spelled",
]
