"""The frameworks: the rules of their SpecAugment, their policies, and reading and writing their configurations.

Each framework is one file of this package; the other files are shared.
"""

from .convert import Converted, convert_policy
from .espnet import espnet_policy
from .fairseq import fairseq_policy
from .framework import Framework
from .frontend_choice import (
    FrontendChoice,
    FrontendReason,
    choose_channel,
    choose_frontend,
    reason_in_words,
    select_channel,
)
from .hf import hf_policy
from .lhotse import lhotse_policy
from .lingvo import lingvo_policy
from .nemo import nemo_patch_policy, nemo_policy
from .policies import get_policy, resolve_policy
from .read import Imported, import_policy, read_policy
from .registry import ALL_POLICIES, FRAMEWORKS, MAIN_RECIPES, collect_frameworks, draw_of_clip, exact_streams
from .speechbrain import speechbrain_drop, speechbrain_legacy_policy, speechbrain_warp
from .summary import show_policy
from .torchaudio import torchaudio_mask, torchaudio_policy
from .wenet import wenet_policy

collect_frameworks()

__all__ = [
    "ALL_POLICIES",
    "FRAMEWORKS",
    "MAIN_RECIPES",
    "Converted",
    "Framework",
    "FrontendChoice",
    "FrontendReason",
    "Imported",
    "choose_channel",
    "choose_frontend",
    "convert_policy",
    "draw_of_clip",
    "espnet_policy",
    "exact_streams",
    "fairseq_policy",
    "get_policy",
    "hf_policy",
    "import_policy",
    "lhotse_policy",
    "lingvo_policy",
    "nemo_patch_policy",
    "nemo_policy",
    "read_policy",
    "reason_in_words",
    "resolve_policy",
    "select_channel",
    "show_policy",
    "speechbrain_drop",
    "speechbrain_legacy_policy",
    "speechbrain_warp",
    "torchaudio_mask",
    "torchaudio_policy",
    "wenet_policy",
]
