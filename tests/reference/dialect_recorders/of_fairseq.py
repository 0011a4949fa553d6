"""fairseq: SpecAugmentTransform, out of its file in the source package (with OpenCV, which it warps with)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from . import singles, warping
from .recording import Case, Step

PACKAGES = ("opencv-python-headless",)


def _seed(seed: int) -> None:
    np.random.seed(seed)  # noqa: NPY002  what the library draws from


def transform(preset: str = "", shape: dict[str, Any] | None = None, **config: Any) -> Case:
    built = singles.fairseq().SpecAugmentTransform.from_config_dict(config)

    def run(mels: np.ndarray, _: Any) -> np.ndarray:
        (mel,) = mels
        return np.ascontiguousarray(built(np.ascontiguousarray(mel.T)).T[None])

    def read(left: Iterator[Any], size: tuple[int, int, int], _: Any) -> list[Step]:
        _, n_mels, n_frames = size
        steps: list[Step] = []
        if n_mels < config.get("freq_mask_F", 0):
            return []
        if 0 < 2 * config.get("time_warp_W", 0) < n_frames:
            centre, displacement = next(left), next(left)
            steps.append({"item": 0, "axis": "time-warp", "centre": centre, "destination": centre + displacement})
        widest = min(config.get("time_mask_T", 0), math.floor(n_frames * config.get("time_mask_p", 0.0)))
        axes = ["frequency"] * config.get("freq_mask_N", 0) + ["time"] * (
            config.get("time_mask_N", 0) if widest >= 1 else 0
        )
        return steps + [{"item": 0, "axis": axis, "width": int(next(left)), "start": int(next(left))} for axis in axes]

    warped = config.get("time_warp_W", 0) > 0
    name = "SpecAugmentTransform"
    return Case(
        "fairseq",
        name,
        config,
        run,
        read,
        _seed,
        "numpy.random.seed(seed)",
        preset=preset,
        warped=warped,
        **(shape or {}),
    )


def _preset(name: str, freq: tuple[int, int], time: tuple[int, int, float], **shape: Any) -> Case:
    config = dict(
        zip(("freq_mask_N", "freq_mask_F", "time_mask_N", "time_mask_T", "time_mask_p"), (*freq, *time), strict=True)
    )
    return transform(f"fairseq.{name}", shape, time_warp_W=0, **config)


PRESETS = {
    "lb": ((1, 27), (1, 100, 1.0)),
    "ld": ((2, 27), (2, 100, 1.0)),
    "sm": ((2, 15), (2, 70, 0.2)),
    "ss": ((2, 27), (2, 70, 0.2)),
}
LD = {"freq_mask_N": 2, "freq_mask_F": 27, "time_mask_N": 2, "time_mask_T": 100, "time_mask_p": 1.0}


def cases() -> list[Case]:
    short = _preset("ld", *PRESETS["ld"], n_frames=60)
    return [short] + [_preset(name, *values, n_frames=n) for name, values in PRESETS.items() for n in (200, 500, 1500)]


def _warp(window: int, **shape: Any) -> Case:
    return transform("", shape, time_warp_W=window)


def warp_cases() -> list[Case]:
    shapes = [(80, 200), (80, 500), (80, 160), (80, 161), (5, 200), (1, 200)]
    return [_warp(window, n_mels=2, n_frames=n) for window, n in shapes]


def replayed() -> list[Case]:
    few = {**LD, "freq_mask_F": 90}
    return [
        _preset("ld", *PRESETS["ld"]),
        transform("", {}, time_warp_W=80, **LD),
        transform("", {"n_frames": 160}, time_warp_W=80, **LD),
        transform("", {}, **few),
        transform("", {"n_frames": 200}, **{**LD, "time_mask_p": 0.004}),
    ]


def filled() -> dict[str, Case]:
    small = {"freq_mask_N": 2, "freq_mask_F": 7, "time_mask_N": 2, "time_mask_T": 20, "time_mask_p": 0.5}
    shape = {"n_mels": 20, "n_frames": 60}
    return {
        "mean, whole": transform("", shape, time_warp_W=10, **small),
        "zero": transform("", shape, mask_value=0.0, **small),
    }


def warps() -> Iterator[tuple[dict[str, Any], np.ndarray]]:
    for window, places in ((5, warping.CENTRES_AND_DESTINATIONS[:-1]), (80, warping.FAR)):
        for centre, destination in places:
            told = {"centre": centre, "destination": destination}
            case = _warp(window, n_mels=4, n_frames=200)
            yield warping.forced(case, (centre, destination - centre), told, warping.warp_input())
    yield warping.forced(
        _warp(80, n_mels=4, n_frames=160), (), {"centre": None, "destination": None}, warping.warp_input(4, 160)
    )


def refused() -> list[Case]:
    return [
        transform("", {"n_frames": 60}, **{**LD, "time_mask_p": 1.5}),
        transform("", {"n_frames": 0}, **LD),
    ]
