"""The arguments that each framework's SpecAugment takes, by which a configuration is known and checked."""

from __future__ import annotations

from collections.abc import Iterable

from ..._records import nearest
from .fields import (
    COUNT,
    FLAG,
    FRAMES_OR_SHARE,
    LEAST_ONE,
    NUMBER,
    SHARE,
    SHARES,
    TEXT,
    WARP,
    WIDTHS,
    Kinds,
    one_of,
    or_none,
)

__all__ = [
    "ARGUMENTS",
    "ESPNET",
    "FAIRSEQ",
    "HF",
    "LHOTSE",
    "LINGVO",
    "NEMO",
    "NEMO_PATCHES",
    "SPEECHBRAIN_DROP",
    "SPEECHBRAIN_LEGACY",
    "SPEECHBRAIN_WARP",
    "TORCHAUDIO",
    "WENET_AUG",
    "WENET_SUB",
    "WENET_TRIM",
    "owners",
    "unknown_key",
]

ESPNET: Kinds = {
    "apply_time_warp": FLAG,
    "time_warp_window": COUNT,
    "time_warp_mode": TEXT,
    "apply_freq_mask": FLAG,
    "freq_mask_width_range": WIDTHS,
    "num_freq_mask": COUNT,
    "apply_time_mask": FLAG,
    "time_mask_width_range": or_none(WIDTHS),
    "time_mask_width_ratio_range": or_none(SHARES),
    "num_time_mask": COUNT,
    "replace_with_zero": FLAG,
}
NEMO: Kinds = {
    "freq_masks": COUNT,
    "time_masks": COUNT,
    "freq_width": COUNT,
    "time_width": FRAMES_OR_SHARE,
    "rect_masks": COUNT,
    "rect_time": COUNT,
    "rect_freq": COUNT,
    "mask_value": NUMBER,
    "use_vectorized_spec_augment": FLAG,
    "use_numba_spec_augment": FLAG,
}
NEMO_PATCHES: Kinds = {"patch_size": LEAST_ONE, "mask_patches": NUMBER, "freq_masks": COUNT, "freq_width": COUNT}
SPEECHBRAIN_DROP: Kinds = {
    "drop_length_low": COUNT,
    "drop_length_high": COUNT,
    "drop_count_low": COUNT,
    "drop_count_high": COUNT,
    "replace": TEXT,
    "dim": LEAST_ONE,
}
SPEECHBRAIN_WARP: Kinds = {"warp_window": COUNT, "warp_mode": TEXT, "dim": LEAST_ONE}
SPEECHBRAIN_LEGACY: Kinds = {
    "time_warp": FLAG,
    "time_warp_window": COUNT,
    "time_warp_mode": TEXT,
    "freq_mask": FLAG,
    "freq_mask_width": WIDTHS,
    "n_freq_mask": COUNT,
    "time_mask": FLAG,
    "time_mask_width": WIDTHS,
    "n_time_mask": COUNT,
    "replace_with_zero": FLAG,
    "time_mask_ratio": SHARE,
}
WENET_AUG: Kinds = {"num_t_mask": COUNT, "num_f_mask": COUNT, "max_t": LEAST_ONE, "max_f": LEAST_ONE}
WENET_SUB: Kinds = {"num_t_sub": COUNT, "max_t": LEAST_ONE}
WENET_TRIM: Kinds = {"max_t": LEAST_ONE}
HF: Kinds = {
    "apply_spec_augment": FLAG,
    "mask_time_prob": SHARE,
    "mask_time_length": LEAST_ONE,
    "mask_time_min_masks": COUNT,
    "mask_feature_prob": SHARE,
    "mask_feature_length": LEAST_ONE,
    "mask_feature_min_masks": COUNT,
}
FAIRSEQ: Kinds = {
    "time_warp_W": COUNT,
    "freq_mask_N": COUNT,
    "freq_mask_F": COUNT,
    "time_mask_N": COUNT,
    "time_mask_T": COUNT,
    "time_mask_p": SHARE,
    "mask_value": or_none(NUMBER),
}
LHOTSE: Kinds = {
    "time_warp_factor": or_none(WARP),
    "num_feature_masks": COUNT,
    "features_mask_size": LEAST_ONE,
    "num_frame_masks": LEAST_ONE,
    "frames_mask_size": LEAST_ONE,
    "max_frames_mask_fraction": SHARE,
    "p": SHARE,
}
TORCHAUDIO: Kinds = {
    "n_time_masks": COUNT,
    "time_mask_param": COUNT,
    "n_freq_masks": COUNT,
    "freq_mask_param": COUNT,
    "iid_masks": FLAG,
    "p": SHARE,
    "zero_masking": FLAG,
}
LINGVO: Kinds = {
    "freq_mask_max_bins": COUNT,
    "freq_mask_count": COUNT,
    "time_mask_max_frames": COUNT,
    "time_mask_count": COUNT,
    "time_mask_max_ratio": SHARE,
    "time_masks_per_frame": SHARE,
    "use_dynamic_time_mask_max_frames": FLAG,
    "time_warp_max_frames": COUNT,
    "time_warp_max_ratio": SHARE,
    "time_warp_bound": one_of("static", "dynamic"),
}
# What a file of bare arguments is known by. The old SpeechBrain class and ESPnet share some names.
ARGUMENTS: dict[str, frozenset[str]] = {
    "espnet": frozenset(ESPNET),
    "nemo": frozenset(NEMO) | frozenset(NEMO_PATCHES),
    "speechbrain": frozenset(SPEECHBRAIN_DROP) | frozenset(SPEECHBRAIN_WARP),
    "speechbrain-legacy": frozenset(SPEECHBRAIN_LEGACY),
    "wenet": frozenset({"spec_aug", "spec_sub", "spec_trim", "spec_aug_conf", *WENET_AUG, *WENET_SUB}),
    "hf": frozenset(HF),
    "fairseq": frozenset({*FAIRSEQ, "time_wrap_W"}),
    "lhotse": frozenset(LHOTSE),
    "torchaudio": frozenset(TORCHAUDIO),
    "lingvo": frozenset(LINGVO),
}


def owners(keys: Iterable[str]) -> list[str]:
    """The dialects whose arguments these are, the one with most of them first.

    Examples
    --------
    >>> owners(["freq_masks", "freq_width", "mask_value"])
    ['nemo', 'fairseq']
    """
    given = set(keys)
    shared = {dialect: len(given & known) for dialect, known in ARGUMENTS.items()}
    return sorted((d for d, n in shared.items() if n), key=lambda d: -shared[d])


def unknown_key(key: str, where: str, known: Iterable[str], dialect: str) -> str:
    """The message about a key that the framework does not take; says whose it may be."""
    others = [other for other in owners([key]) if other != dialect]
    hint = f"; it looks like {others[0]}'s" if others else nearest(key, sorted(known))
    return f"unknown key {where + key!r:.80}{hint} (allowed: {', '.join(sorted(known))})"
