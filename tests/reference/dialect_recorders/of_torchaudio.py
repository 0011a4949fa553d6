"""torchaudio: TimeMasking, FrequencyMasking and SpecAugment, from the installed package without its compiled parts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
import torchaudio.transforms as transforms

from .recording import FEW_BINS, FEW_FRAMES, Case, Step

PACKAGES = ("torchaudio",)


def read_mask(left: Iterator[Any], axis: str, size: int, width: int, max_ratio: float, batch: int | None) -> list[Step]:
    """One mask for all (``batch`` is None) or one for each item, of what `mask_along_axis` drew."""
    widest = width if max_ratio == 1.0 else min(width, int(size * max_ratio))
    if widest < 1:
        return []
    value = np.float32(next(left)) * np.float32(widest)
    first = np.float32(next(left)) * (np.float32(size) - value)
    return [
        {"item": None if batch is None else i, "axis": axis, "start": int(s), "width": int(w)}
        for i, (w, s) in enumerate(zip(value.ravel(), first.ravel(), strict=True))
    ]


def _case(
    transform: str,
    module: Callable[..., Any],
    read: Callable[..., list[Step]],
    parameters: dict[str, Any],
    **shape: Any,
) -> Case:
    built = module(**parameters)

    def run(mels: np.ndarray, _: Any) -> np.ndarray:
        return built(torch.from_numpy(mels)).numpy()

    return Case("torchaudio", transform, parameters, run, read, torch.manual_seed, "torch.manual_seed(seed)", **shape)


def time_masking(time_mask_param: int, iid_masks: bool = False, p: float = 1.0, **shape: Any) -> Case:
    def read(left: Iterator[Any], size: tuple[int, int, int], _: Any) -> list[Step]:
        return read_mask(left, "time", size[2], time_mask_param, p, size[0] if iid_masks else None)

    parameters = {"time_mask_param": time_mask_param, "iid_masks": iid_masks, "p": p}
    return _case("TimeMasking", transforms.TimeMasking, read, parameters, **shape)


def frequency_masking(freq_mask_param: int, iid_masks: bool = False, **shape: Any) -> Case:
    def read(left: Iterator[Any], size: tuple[int, int, int], _: Any) -> list[Step]:
        return read_mask(left, "frequency", size[1], freq_mask_param, 1.0, size[0] if iid_masks else None)

    parameters = {"freq_mask_param": freq_mask_param, "iid_masks": iid_masks}
    return _case("FrequencyMasking", transforms.FrequencyMasking, read, parameters, **shape)


def spec_augment(
    iid_masks: bool = True,
    p: float = 1.0,
    zero_masking: bool = False,
    shape: dict[str, Any] | None = None,
    **counts: int,
) -> Case:
    def read(left: Iterator[Any], size: tuple[int, int, int], _: Any) -> list[Step]:
        batch = size[0] if iid_masks else None
        steps = []
        for axis, place, name in (("time", 2, "time"), ("frequency", 1, "freq")):
            for _ in range(counts[f"n_{name}_masks"]):
                steps += read_mask(left, axis, size[place], counts[f"{name}_mask_param"], p, batch)
        return steps

    parameters = {**counts, "iid_masks": iid_masks, "p": p, "zero_masking": zero_masking}
    return _case("SpecAugment", transforms.SpecAugment, read, parameters, **(shape or {}))


LD = {"n_time_masks": 2, "time_mask_param": 100, "n_freq_masks": 2, "freq_mask_param": 27}
TEN = {"n_time_masks": 10, "time_mask_param": 100, "n_freq_masks": 2, "freq_mask_param": 27}


def cases() -> list[Case]:
    return [
        frequency_masking(27, **FEW_FRAMES),
        frequency_masking(27, iid_masks=True, batch=8, **FEW_FRAMES),
        *(time_masking(100, n_frames=n, **FEW_BINS) for n in (200, 500, 1500)),
        time_masking(70, p=0.2, n_frames=200, **FEW_BINS),
        time_masking(70, iid_masks=True, p=0.2, n_frames=500, batch=8, **FEW_BINS),
        *(spec_augment(**LD, zero_masking=True, shape={"n_frames": n}) for n in (200, 500, 1500)),
        spec_augment(**TEN, p=0.05, shape={"n_frames": 500}),
        time_masking(100, n_frames=60, **FEW_BINS),
        frequency_masking(100, **FEW_FRAMES),
        spec_augment(**LD, p=0.2, shape={"n_frames": 500, "batch": 8}),
        spec_augment(**LD, p=0.2, iid_masks=False, shape={"n_frames": 500, "batch": 8}),
    ]


def replayed() -> list[Case]:
    return [
        time_masking(100, n_frames=60),
        frequency_masking(27),
        frequency_masking(27, iid_masks=True, batch=3),
        time_masking(100),
        time_masking(100, p=0.1, n_frames=200),
        time_masking(70, iid_masks=True, p=0.2, n_frames=200, batch=3),
        spec_augment(**LD, shape={"n_frames": 200}),
        spec_augment(**LD, p=0.2, shape={"n_frames": 500, "batch": 3}),
        spec_augment(**LD, p=0.2, iid_masks=False, shape={"n_frames": 500, "batch": 2}),
    ]


def filled() -> dict[str, Case]:
    small = {"n_time_masks": 2, "time_mask_param": 20, "n_freq_masks": 2, "freq_mask_param": 7}
    shape = {"n_mels": 20, "n_frames": 60}
    return {
        "zero": spec_augment(**small, zero_masking=True, shape=shape),
        "mean": spec_augment(**small, shape=shape),
        "mean of a batch": spec_augment(**small, p=0.2, shape=shape | {"batch": 3}),
        "mean, one mask for the batch": spec_augment(**small, iid_masks=False, shape=shape | {"batch": 3}),
        "frequency masking": frequency_masking(7, **shape),
        "time masking": time_masking(20, p=0.5, **shape),
    }


def refused() -> list[Case]:
    return []
