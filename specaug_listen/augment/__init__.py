"""SpecAugment: policies, the draws they give, and how a draw is applied to a mel spectrogram."""

from .draw import Draw, FrequencySpan, TimeSpan, WarpPath
from .fills import FillLevel
from .masks import Copy, Cutout, Mask, TrimTail, Warp
from .paper import FrequencyMask, TimeMask, TimeWarp
from .policy import Policy, callable_policy
from .presets import ADAPTIVE, LB, LD, NONE, POLICIES, SM, SS
from .steps import Batch, Copied, Rectangle, Trimmed

__all__ = [
    "ADAPTIVE",
    "LB",
    "LD",
    "NONE",
    "POLICIES",
    "SM",
    "SS",
    "Batch",
    "Copied",
    "Copy",
    "Cutout",
    "Draw",
    "FillLevel",
    "FrequencyMask",
    "FrequencySpan",
    "Mask",
    "Policy",
    "Rectangle",
    "TimeMask",
    "TimeSpan",
    "TimeWarp",
    "TrimTail",
    "Trimmed",
    "Warp",
    "WarpPath",
    "callable_policy",
]
