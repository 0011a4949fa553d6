"""Vocoders: anything that turns a mel spectrogram into audio."""

from .griffinlim import GriffinLim, Librosa
from .joint import Joint
from .neural import Neural, NeuralModule, read_neural
from .neural_contract import MelContract, read_contract
from .original_phase import OriginalPhase
from .registry import VOCODERS, Vocoder, get_vocoder, to_spec

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
    "get_vocoder",
    "read_contract",
    "read_neural",
    "to_spec",
]
