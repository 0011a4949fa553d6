"""Vocoders: anything that turns a mel spectrogram into audio."""

from .contract import MelContract, read_contract
from .griffinlim import GriffinLim, Librosa
from .joint import Joint
from .names import VOCODERS, Vocoder, get, spelled
from .neural import Neural, NeuralModule, read_neural
from .original_phase import OriginalPhase

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
