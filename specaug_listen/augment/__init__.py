"""SpecAugment: policies, the draws they give, and how a draw is applied to a mel spectrogram."""

from .adapter import Adapter
from .draw import Draw, FrequencyBand, TimeSpan, WarpPath
from .files import get_policy, read_policy
from .fill import FillLevel
from .foreign import Foreign, ForeignCall
from .loading import load_callable
from .policy import ADAPTIVE, LB, LD, NONE, POLICIES, SM, SS, Policy, foreign_policy
from .recipes import DrawnTransform, WaveformTransform
from .transforms import FrequencyMask, TimeMask, TimeWarp
from .waveform import Waveform, WaveformDraw, get_waveform, read_waveform

__all__ = [
    "ADAPTIVE",
    "LB",
    "LD",
    "NONE",
    "POLICIES",
    "SM",
    "SS",
    "Adapter",
    "Draw",
    "DrawnTransform",
    "FillLevel",
    "Foreign",
    "ForeignCall",
    "FrequencyBand",
    "FrequencyMask",
    "Policy",
    "TimeMask",
    "TimeSpan",
    "TimeWarp",
    "WarpPath",
    "Waveform",
    "WaveformDraw",
    "WaveformTransform",
    "foreign_policy",
    "get_policy",
    "get_waveform",
    "load_callable",
    "read_policy",
    "read_waveform",
]
