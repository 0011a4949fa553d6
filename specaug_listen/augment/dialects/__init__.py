"""The frameworks' dialects of SpecAugment: their rules as data, their policies, their arguments."""

from .dialect import Dialect
from .espnet import espnet_policy
from .fairseq import fairseq_policy
from .hf import hf_policy
from .lhotse import lhotse_policy
from .lingvo import lingvo_policy
from .nemo import nemo_patch_policy, nemo_policy
from .registry import ALL_POLICIES, DIALECTS, MAIN_RECIPES, draw_of_clip, exact_sources
from .speechbrain import speechbrain_drop, speechbrain_legacy_policy, speechbrain_warp
from .torchaudio import torchaudio_mask, torchaudio_policy
from .wenet import wenet_policy

__all__ = [
    "ALL_POLICIES",
    "DIALECTS",
    "MAIN_RECIPES",
    "Dialect",
    "draw_of_clip",
    "espnet_policy",
    "exact_sources",
    "fairseq_policy",
    "hf_policy",
    "lhotse_policy",
    "lingvo_policy",
    "nemo_patch_policy",
    "nemo_policy",
    "speechbrain_drop",
    "speechbrain_legacy_policy",
    "speechbrain_warp",
    "torchaudio_mask",
    "torchaudio_policy",
    "wenet_policy",
]
