"""The frameworks: the rules of each as data, its policies, and the reading and writing of its configurations."""

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
from .convert import Converted, convert_policy
from .espnet import espnet_policy
from .fairseq import fairseq_policy
from .framework import Dialect
from .hf import hf_policy
from .lhotse import lhotse_policy
from .lingvo import lingvo_policy
from .nemo import nemo_patch_policy, nemo_policy
from .policies import get_policy, import_policy, read_policy
from .reading import Imported
from .registry import ALL_POLICIES, DIALECTS, MAIN_RECIPES, draw_of_clip, exact_sources
from .speechbrain import speechbrain_drop, speechbrain_legacy_policy, speechbrain_warp
from .summary import show_policy
from .torchaudio import torchaudio_mask, torchaudio_policy
from .wenet import wenet_policy

__all__ = [
    "ALL_POLICIES",
    "DIALECTS",
    "MAIN_RECIPES",
    "Converted",
    "Dialect",
    "FrontendChoice",
    "FrontendReason",
    "Imported",
    "choose_channel",
    "choose_frontend",
    "choose_policy",
    "convert_policy",
    "draw_of_clip",
    "espnet_policy",
    "exact_sources",
    "fairseq_policy",
    "get_policy",
    "hf_policy",
    "import_policy",
    "lhotse_policy",
    "lingvo_policy",
    "named_policy",
    "nemo_patch_policy",
    "nemo_policy",
    "read_policy",
    "reason_in_words",
    "select_channel",
    "show_policy",
    "speechbrain_drop",
    "speechbrain_legacy_policy",
    "speechbrain_warp",
    "torchaudio_mask",
    "torchaudio_policy",
    "wenet_policy",
]
