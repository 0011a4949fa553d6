"""SpecAugment: policies, the draws they give, and how a draw is applied to a mel spectrogram."""

from .dialects import DIALECTS, Dialect, exact_sources
from .draw import Draw, FrequencyBand, TimeSpan, WarpPath
from .files import get_policy, read_policy
from .fill import FillLevel
from .masks import Copy, Cutout, Mask, TrimTail, Warp
from .policy import ADAPTIVE, LB, LD, NONE, POLICIES, SM, SS, Policy
from .steps import Batch, Copied, Rectangle, Trimmed
from .transforms import FrequencyMask, TimeMask, TimeWarp

__all__ = [
    "ADAPTIVE",
    "DIALECTS",
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
    "Dialect",
    "Draw",
    "FillLevel",
    "FrequencyBand",
    "FrequencyMask",
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
    "exact_sources",
    "get_policy",
    "read_policy",
]
