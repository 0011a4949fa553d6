"""SpecAugment: policies, the draws they give, and how a draw is applied to a mel spectrogram."""

from .draw import Draw, FrequencyBand, TimeSpan, WarpPath
from .files import get_policy, import_policy, read_policy
from .fill import FillLevel
from .importers import Imported
from .policy import ADAPTIVE, LB, LD, NONE, POLICIES, SM, SS, Policy
from .transforms import FrequencyMask, TimeMask, TimeWarp

__all__ = [
    "ADAPTIVE",
    "LB",
    "LD",
    "NONE",
    "POLICIES",
    "SM",
    "SS",
    "Draw",
    "FillLevel",
    "FrequencyBand",
    "FrequencyMask",
    "Imported",
    "Policy",
    "TimeMask",
    "TimeSpan",
    "TimeWarp",
    "WarpPath",
    "get_policy",
    "import_policy",
    "read_policy",
]
