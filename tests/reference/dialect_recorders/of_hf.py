"""transformers: WhisperModel._mask_input_features, and with it _compute_mask_indices, from the installed package."""

from __future__ import annotations

import types
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from transformers import WhisperConfig
from transformers.models.whisper.modeling_whisper import WhisperModel

from .recording import FEW_BINS, Case, Step

PACKAGES = ("transformers",)
NAMES = (
    "apply_spec_augment",
    "mask_time_prob",
    "mask_time_length",
    "mask_time_min_masks",
    "mask_feature_prob",
    "mask_feature_length",
    "mask_feature_min_masks",
)


def _seed(seed: int) -> None:
    np.random.seed(seed)  # noqa: NPY002  what the library draws from


def _read_axis(left: Iterator[Any], axis: str, size: int, told: dict[str, Any], batch: int) -> list[Step]:
    """The rounding of the call, then the starts of each item."""
    name = "feature" if axis == "frequency" else "time"
    width = told[f"mask_{name}_length"]
    rounding = float(next(left)[0])
    if _count(size, size, rounding, name, told) == 0:
        return []
    steps: list[Step] = []
    for item in range(batch):
        starts = [int(s) for s in next(left)]
        steps += [{"item": item, "axis": axis, "start": s, "width": width} for s in starts]
        if not starts:
            steps.append({"item": item, "axis": axis, "start": size - 1, "width": 1, "stand_in": True})
    return steps


def _count(size: int, length: int, rounding: float, name: str, told: dict[str, Any]) -> int:
    width = told[f"mask_{name}_length"]
    count = max(int(told[f"mask_{name}_prob"] * length / width + rounding), told[f"mask_{name}_min_masks"])
    count = size // width if count * width > size else count
    return min(count, max(length - (width - 1), 0))


def whisper(preset: str = "", shape: dict[str, Any] | None = None, **changed: Any) -> Case:
    """Lengths, if given, become the attention mask over the frames."""
    config = WhisperConfig(apply_spec_augment=True, **changed)
    told = {name: getattr(config, name) for name in NAMES}
    model = types.SimpleNamespace(config=config, training=True)

    def run(mels: np.ndarray, lengths: np.ndarray | None) -> np.ndarray:
        attention = None
        if lengths is not None:
            attention = torch.from_numpy((np.arange(mels.shape[2]) < lengths[:, None]).astype(np.int64))
        return WhisperModel._mask_input_features(model, torch.from_numpy(mels), attention).numpy()

    def read(left: Iterator[Any], size: tuple[int, int, int], lengths: np.ndarray | None) -> list[Step]:
        steps: list[Step] = []
        for axis, place, name in (("time", 2, "time"), ("frequency", 1, "feature")):
            if told[f"mask_{name}_prob"] > 0:
                steps += _read_axis(left, axis, size[place], told, size[0])
        return steps

    transform = "WhisperModel._mask_input_features"
    return Case("hf", transform, told, run, read, _seed, "numpy.random.seed(seed)", preset=preset, **(shape or {}))


FEATURES = {"mask_feature_prob": 0.1, "mask_feature_length": 10}


def cases() -> list[Case]:
    padded = [{**FEW_BINS, "n_frames": 3000, "batch": 1, "lengths": (n,)} for n in (200, 500, 1500)]
    return [
        *(whisper("hf.whisper_default", {**FEW_BINS, "n_frames": n}) for n in (200, 500, 1500, 3000)),
        *(whisper("hf.whisper_default", shape) for shape in padded),
        whisper(
            "hf.whisper_default",
            {**FEW_BINS, "n_frames": 1500, "batch": 8, "lengths": (1500, 1200, 1000, 800, 500, 400, 200, 100)},
        ),
        whisper("hf.whisper_default", {**FEW_BINS, "n_frames": 12}),
        whisper("", {"n_frames": 200}, **FEATURES),
        whisper("", {**FEW_BINS, "n_frames": 500}, mask_time_prob=0.3, mask_time_length=25, mask_time_min_masks=0),
        whisper("", {**FEW_BINS, "n_frames": 500}, mask_time_prob=0.01, mask_time_length=10, mask_time_min_masks=0),
        whisper("", {**FEW_BINS, "n_frames": 500, "batch": 8}, mask_time_prob=0.03, mask_time_min_masks=0),
    ]


def replayed() -> list[Case]:
    short = {"n_mels": 20, "n_frames": 3000}
    return [
        whisper("hf.whisper_default", {"n_frames": 3000}),
        whisper("hf.whisper_default", {"n_frames": 3000, "batch": 2, "lengths": (1500, 200)}),
        whisper("", {"n_frames": 500, "batch": 2}, **FEATURES),
        whisper("", {"n_frames": 500}, mask_time_prob=0.01, mask_time_min_masks=0),
        whisper("", {"n_frames": 100, "batch": 2, "lengths": (100, 5)}),
        # Clips of less than two masks, and the masks of features that are drawn after theirs.
        *(whisper("", short | {"lengths": (n,)}, **FEATURES) for n in (5, 9, 10, 12, 15, 19, 20)),
        *(whisper("", short | {"lengths": (n,)}, **FEATURES, mask_time_min_masks=0) for n in (12, 150)),
    ]


def filled() -> dict[str, Case]:
    shape = {"n_mels": 20, "n_frames": 60}
    return {
        "zero": whisper("", shape, mask_time_prob=0.4, mask_feature_prob=0.3, mask_feature_length=4),
        "attention mask": whisper("", shape | {"batch": 3, "lengths": (60, 45, 30)}, mask_time_prob=0.4),
    }


def refused() -> list[Case]:
    return [whisper("", {"n_frames": 9}), whisper("", {"n_mels": 9}, **FEATURES), whisper("", {}, mask_time_length=0)]
