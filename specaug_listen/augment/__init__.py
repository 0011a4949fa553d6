"""SpecAugment: policies, the draws they give, and how a draw is applied to a mel spectrogram."""

from .adapter import Adapter
from .choice import (
    FrontendChoice,
    FrontendReason,
    choose_channel,
    choose_frontend,
    choose_policy,
    named_policy,
    reason_in_words,
    select_channel,
)
from .dialects import ALL_POLICIES, DIALECTS, Dialect, draw_of_clip, exact_sources
from .draw import Draw, FrequencyBand, TimeSpan, WarpPath
from .files import get_policy, import_policy, read_policy
from .fill import FillLevel
from .foreign import Foreign, ForeignCall
from .importers import Imported
from .loading import load_callable
from .masks import Copy, Cutout, Mask, TrimTail, Warp
from .policy import ADAPTIVE, LB, LD, NONE, POLICIES, SM, SS, Policy, foreign_policy
from .recipes import DrawnTransform, WaveformTransform
from .steps import Batch, Copied, Rectangle, Trimmed
from .transforms import FrequencyMask, TimeMask, TimeWarp
from .waveform import Waveform, WaveformDraw, get_waveform, read_waveform

__all__ = [
    "ADAPTIVE",
    "ALL_POLICIES",
    "DIALECTS",
    "LB",
    "LD",
    "NONE",
    "POLICIES",
    "SM",
    "SS",
    "Adapter",
    "Batch",
    "Copied",
    "Copy",
    "Cutout",
    "Dialect",
    "Draw",
    "DrawnTransform",
    "FillLevel",
    "Foreign",
    "ForeignCall",
    "FrequencyBand",
    "FrequencyMask",
    "FrontendChoice",
    "FrontendReason",
    "Imported",
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
    "Waveform",
    "WaveformDraw",
    "WaveformTransform",
    "choose_channel",
    "choose_frontend",
    "choose_policy",
    "draw_of_clip",
    "exact_sources",
    "foreign_policy",
    "get_policy",
    "get_waveform",
    "import_policy",
    "load_callable",
    "named_policy",
    "read_policy",
    "read_waveform",
    "reason_in_words",
    "select_channel",
]
