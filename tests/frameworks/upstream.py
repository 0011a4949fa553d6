"""What was recorded of the real libraries (see tests/reference), and our policies of the same parameters."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from specaug_listen.augment import Policy
from specaug_listen.frameworks import (
    espnet_policy,
    fairseq_policy,
    hf_policy,
    lhotse_policy,
    lingvo_policy,
    nemo_patch_policy,
    nemo_policy,
    speechbrain_drop,
    speechbrain_legacy_policy,
    speechbrain_warp,
    torchaudio_mask,
    torchaudio_policy,
    wenet_policy,
)

FOLDER = Path(__file__).parents[1] / "reference"
RECORDED = json.loads((FOLDER / "dialects.json").read_text())
ARRAYS = np.load(FOLDER / "dialects.npz")
Entry = dict[str, Any]


def policy_of(entry: Entry) -> Policy:
    """Ours, of a recorded transform and its parameters."""
    known = {key: value for key, value in entry["parameters"].items() if key != "max_w"}
    if entry["dialect"] == "lhotse":
        # With lengths, they were handed over as supervision segments.
        known["supervisions"] = bool(entry["lengths"])
    return MAKERS[entry["dialect"], entry["transform"]](known)


def _one(dialect: str, make: Callable[..., Any]) -> Callable[[Entry], Policy]:
    return lambda parameters: Policy((make(**parameters),), "recorded", framework=dialect)


def _torchaudio(axis: Any, key: str) -> Callable[[Entry], Policy]:
    return _one("torchaudio", lambda **p: torchaudio_mask(axis, p.pop(key), **p))


def _espnet(parameters: Entry) -> Policy:
    known = {key: tuple(v) if isinstance(v, list) else v for key, v in parameters.items()}
    if known.get("apply_time_mask", True) and not {"time_mask_width_range", "time_mask_width_ratio_range"} & set(known):
        known["apply_time_mask"] = False
    return espnet_policy(**known)


def _nemo(**fixed: Any) -> Callable[[Entry], Policy]:
    return lambda parameters: nemo_policy(**parameters, **fixed)


def _augmenter(parameters: Entry) -> Policy:
    made = []
    for one in parameters["augmentations"]:
        known = {key: value for key, value in one.items() if key != "class"}
        made.append(speechbrain_warp(**known) if one["class"] == "Warping" else speechbrain_drop(**known))
    n_applied = parameters["min_augmentations"], parameters["max_augmentations"]
    chance = parameters.get("augment_prob", 1.0)
    return Policy(tuple(made), "recorded", chance, framework="speechbrain", n_applied=n_applied)


MAKERS: dict[tuple[str, str], Callable[[Entry], Policy]] = {
    ("torchaudio", "FrequencyMasking"): _torchaudio("frequency", "freq_mask_param"),
    ("torchaudio", "TimeMasking"): _torchaudio("time", "time_mask_param"),
    ("torchaudio", "SpecAugment"): lambda p: torchaudio_policy(**p),
    ("espnet", "SpecAug"): _espnet,
    ("nemo", "SpecAugment (vectorised)"): _nemo(),
    ("nemo", "SpecAugment (legacy)"): _nemo(use_vectorized_spec_augment=False),
    ("nemo", "SpecAugmentNumba"): _nemo(use_numba_spec_augment=True),
    ("nemo", "SpecCutout"): _nemo(),
    ("nemo", "MaskedPatchAugmentation"): lambda p: nemo_patch_policy(**p),
    ("speechbrain", "SpectrogramDrop"): _one("speechbrain", speechbrain_drop),
    ("speechbrain", "Warping"): _one("speechbrain", speechbrain_warp),
    ("speechbrain", "Augmenter"): _augmenter,
    ("speechbrain", "SpecAugment (legacy)"): lambda p: speechbrain_legacy_policy(**p),
    ("lhotse", "SpecAugment"): lambda p: lhotse_policy(**p),
    ("wenet", "spec_aug"): lambda p: wenet_policy(**p),
    ("wenet", "spec_sub"): lambda p: wenet_policy(
        spec_aug=False, spec_sub=True, num_t_sub=p["num_t_sub"], sub_max_t=p["max_t"]
    ),
    ("wenet", "spec_trim"): lambda p: wenet_policy(spec_aug=False, spec_trim=True, trim_max_t=p["max_t"]),
    ("hf", "WhisperModel._mask_input_features"): lambda p: hf_policy(**p),
    ("fairseq", "SpecAugmentTransform"): lambda p: fairseq_policy(**p),
    ("lingvo", "SpectrumAugmenter"): lambda p: lingvo_policy(**p),
}
