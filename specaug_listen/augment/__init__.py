"""SpecAugment: policies, the draws they give, and how a draw is applied to a mel spectrogram."""

from .draw import Draw, FrequencySpan, TimeSpan, WarpPath
from .fills import FillLevel
from .framework_masks import Mask
from .framework_transforms import Copy, Cutout, TrimTail, Warp
from .paper_transforms import FrequencyMask, TimeMask, TimeWarp
from .policy import Policy, callable_policy
from .presets import ADAPTIVE, LB, LD, NONE, POLICIES, SM, SS
from .steps import Batch, FrameCopy, Rectangle, TailCut

__all__ = [
    "ADAPTIVE",
    "LB",
    "LD",
    "NONE",
    "POLICIES",
    "SM",
    "SS",
    "Batch",
    "Copy",
    "Cutout",
    "Draw",
    "FillLevel",
    "FrameCopy",
    "FrequencyMask",
    "FrequencySpan",
    "Mask",
    "Policy",
    "Rectangle",
    "TailCut",
    "TimeMask",
    "TimeSpan",
    "TimeWarp",
    "TrimTail",
    "Warp",
    "WarpPath",
    "callable_policy",
]
