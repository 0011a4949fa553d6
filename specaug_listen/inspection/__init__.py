"""Analysis of any Mel -> Mel function: masks, fills, warps and lengths, recovered from the mels before and after."""

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
