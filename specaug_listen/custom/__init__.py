"""Bring your own: any callable from mel to mel, or from waveform to waveform, as a transform of a policy."""

from .adapter import Adapter
from .audiomentations import DrawnTransform, WaveformTransform
from .load import load_callable
from .transform import CallableStep, CallableTransform
from .waveform import Waveform, WaveformDraw, get_waveform, read_waveform

__all__ = [
    "Adapter",
    "CallableStep",
    "CallableTransform",
    "DrawnTransform",
    "Waveform",
    "WaveformDraw",
    "WaveformTransform",
    "get_waveform",
    "load_callable",
    "read_waveform",
]
