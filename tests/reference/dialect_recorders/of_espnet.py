"""ESPnet2: SpecAug and its parts, from the installed package."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from espnet2.asr.specaug.specaug import SpecAug

from . import warping
from .recording import FEW_FRAMES, Case, Step, lengths_down_to_half

PACKAGES = ("espnet",)


def read_masks(left: Iterator[Any], axis: str) -> list[Step]:
    """Widths of all items, then starts of all items."""
    widths, starts = next(left), next(left)
    return [
        {"item": item, "axis": axis, "start": int(s), "width": int(w)}
        for item in range(len(widths))
        for s, w in zip(starts[item].ravel(), widths[item].ravel(), strict=True)
    ]


def read_warp(left: Iterator[Any], window: int, n_frames: int, item: int | None) -> list[Step]:
    if n_frames - window <= window:
        return []
    centre, destination = next(left).item(), next(left).item() + 1
    return [{"item": item, "axis": "time-warp", "centre": centre, "destination": destination}]


def _read_warps(left: Iterator[Any], window: int, n_frames: int, lengths: np.ndarray | None) -> list[Step]:
    if lengths is None or len(set(lengths.tolist())) == 1:
        return read_warp(left, window, n_frames, None)
    return [step for item, n in enumerate(lengths) for step in read_warp(left, window, int(n), item)]


def spec_aug(preset: str = "", shape: dict[str, Any] | None = None, **parameters: Any) -> Case:
    built = SpecAug(**parameters)
    warp = parameters.get("apply_time_warp", True)

    def run(mels: np.ndarray, lengths: np.ndarray | None) -> np.ndarray:
        frames_first = torch.from_numpy(mels).transpose(1, 2).contiguous()
        output, _ = built(frames_first, None if lengths is None else torch.from_numpy(lengths))
        return output.transpose(1, 2).numpy()

    def read(left: Iterator[Any], size: tuple[int, int, int], lengths: np.ndarray | None) -> list[Step]:
        steps = _read_warps(left, parameters.get("time_warp_window", 5), size[2], lengths) if warp else []
        if parameters.get("apply_freq_mask", True):
            steps += read_masks(left, "frequency")
        if parameters.get("apply_time_mask", True):
            ratios = parameters.get("time_mask_width_ratio_range")
            if ratios is None or math.floor(size[2] * ratios[1]) > math.floor(size[2] * ratios[0]):
                steps += read_masks(left, "time")
        return steps

    seed = "torch.manual_seed(seed)"
    return Case(
        "espnet", "SpecAug", parameters, run, read, torch.manual_seed, seed, preset=preset, warped=warp, **(shape or {})
    )


CONFORMER10 = {
    "freq_mask_width_range": (0, 27),
    "num_freq_mask": 2,
    "time_mask_width_ratio_range": (0.0, 0.05),
    "num_time_mask": 10,
}
CONFORMER = {"freq_mask_width_range": (0, 30), "num_freq_mask": 2, "time_mask_width_range": (0, 40), "num_time_mask": 2}
STILL = {"apply_time_warp": False}


def cases() -> list[Case]:
    shapes = [{"n_frames": n} for n in (200, 500, 1500)] + [
        {"n_frames": 500, "batch": 8},
        {"n_frames": 500, "batch": 32},
    ]
    padded = {"n_frames": 500, "batch": 8, "lengths": lengths_down_to_half(500, 8)}
    return [
        *(spec_aug("espnet.librispeech_conformer10", s, **CONFORMER10, **STILL) for s in [*shapes, padded]),
        *(spec_aug("espnet.librispeech_conformer", s, **CONFORMER, **STILL) for s in shapes),
        spec_aug("espnet.librispeech_conformer", {"n_frames": 30}, **CONFORMER, **STILL),
        spec_aug("espnet.class_defaults", FEW_FRAMES, apply_time_mask=False, **STILL),
        spec_aug(
            "",
            {"n_frames": 500},
            **{**CONFORMER10, "freq_mask_width_range": (5, 27), "time_mask_width_ratio_range": (0.02, 0.05)},
            **STILL,
        ),
        spec_aug("", FEW_FRAMES, freq_mask_width_range=(0, 27), num_freq_mask=1, apply_time_mask=False, **STILL),
        spec_aug(
            "",
            {**FEW_FRAMES, "batch": 32},
            freq_mask_width_range=(0, 27),
            num_freq_mask=1,
            apply_time_mask=False,
            **STILL,
        ),
    ]


def _warp(window: int, **shape: Any) -> Case:
    return spec_aug("", shape, time_warp_window=window, apply_freq_mask=False, apply_time_mask=False)


def warp_cases() -> list[Case]:
    shapes = [(5, 200), (5, 500), (5, 10), (5, 11), (80, 200), (80, 500), (80, 160), (80, 161)]
    return [
        *(_warp(window, n_mels=2, n_frames=n) for window, n in shapes),
        _warp(5, n_mels=2, n_frames=200, batch=3, lengths=(200, 150, 100)),
    ]


def replayed() -> list[Case]:
    padded = {"n_frames": 200, "batch": 3, "lengths": (200, 150, 100)}
    return [
        spec_aug("espnet.librispeech_conformer10", {"n_frames": 500}, **CONFORMER10),
        spec_aug("espnet.librispeech_conformer10", padded, **CONFORMER10),
        spec_aug("espnet.librispeech_conformer", {"n_frames": 200, "batch": 2}, **CONFORMER),
        spec_aug("", {"n_frames": 150}, **CONFORMER10, time_warp_window=80),
        spec_aug("", {"n_frames": 15}, **CONFORMER10),
    ]


def filled() -> dict[str, Case]:
    small = {"freq_mask_width_range": (0, 7), "num_freq_mask": 2, "time_mask_width_range": (0, 20), "num_time_mask": 2}
    shape = {"n_mels": 20, "n_frames": 60}
    padded = {"n_mels": 20, "n_frames": 60, "batch": 3, "lengths": (60, 45, 30)}
    return {
        "zero, whole": spec_aug("", shape, **small),
        "mean, whole": spec_aug("", shape, **small, replace_with_zero=False),
        "mean after the frequency masks": spec_aug("", shape, **small, **STILL, replace_with_zero=False),
        "mean, whole, padded batch": spec_aug("", padded, **small, replace_with_zero=False),
        "warp, padded batch": spec_aug("", padded, apply_freq_mask=False, apply_time_mask=False),
    }


def warps() -> Iterator[tuple[dict[str, Any], np.ndarray]]:
    shape = {"n_mels": 4, "n_frames": 200}
    for window, places in ((5, warping.CENTRES_AND_DESTINATIONS), (80, warping.FAR)):
        for centre, destination in places:
            told = {"centre": centre, "destination": destination}
            yield warping.forced(_warp(window, **shape), (centre, destination - 1), told, warping.warp_input())
    for n_frames in (160, 10):
        none = {"centre": None, "destination": None}
        case = _warp(80 if n_frames == 160 else 5, n_mels=4, n_frames=n_frames)
        yield warping.forced(case, (), none, warping.warp_input(4, n_frames))


def refused() -> list[Case]:
    """None found: a width above the axis is cut, a bound below one becomes one."""
    return []
