"""What did this Mel -> Mel function do? Masks, fills, warps and lengths, recovered from before and after."""

from .change import Change, FillFound, FoundBins, FoundRectangle, FoundSpan, FoundWarp
from .compare import inspect_change

__all__ = [
    "Change",
    "FillFound",
    "FoundBins",
    "FoundRectangle",
    "FoundSpan",
    "FoundWarp",
    "inspect_change",
]
