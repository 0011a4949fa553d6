"""lhotse (which icefall uses): SpecAugment, from the installed package."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from lhotse.dataset.signal_transforms import SpecAugment

from . import warping
from .recording import Case, Step, lengths_down_to_half

PACKAGES = ("lhotse",)
DEFAULTS = {
    "time_warp_factor": 80,
    "num_feature_masks": 2,
    "features_mask_size": 27,
    "num_frame_masks": 10,
    "frames_mask_size": 100,
    "max_frames_mask_fraction": 0.15,
    "p": 0.9,
}
GENERATOR = "random.seed(seed); numpy.random.seed(seed); torch.manual_seed(seed)"


def seed_all(seed: int) -> None:
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002  what the library draws from
    torch.manual_seed(seed)


def _read_warp(left: Iterator[Any], factor: int | None, n_frames: int, item: int) -> list[Step]:
    if not factor or n_frames - factor <= factor + 1:
        return []
    return [{"item": item, "axis": "time-warp", "centre": int(next(left)), "destination": int(next(left))}]


def _read_masks(left: Iterator[Any], axis: str, item: int, size: int) -> list[Step]:
    widths = torch.from_numpy(next(left))
    starts = (torch.from_numpy(next(left)) * (size - widths)).long()
    return [
        {"item": item, "axis": axis, "start": int(s), "width": int(w)}
        for s, w in zip(starts[0], widths[0], strict=True)
    ]


def _read_row(left: Iterator[Any], size: tuple[int, int, int], item: int) -> list[Step]:
    return _read_masks(left, "frequency", item, size[1]) + _read_masks(left, "time", item, size[2])


def spec_augment(preset: str = "", shape: dict[str, Any] | None = None, segments: bool = True, **changed: Any) -> Case:
    """With lengths (and ``segments``), they are handed over as one supervision segment for each item, from frame 0."""
    told = DEFAULTS | changed
    built = SpecAugment(**told)

    def run(mels: np.ndarray, lengths: np.ndarray | None) -> np.ndarray:
        frames_first = torch.from_numpy(mels).transpose(1, 2).contiguous()
        rows = None
        if lengths is not None and segments:
            rows = torch.tensor([[item, 0, int(n)] for item, n in enumerate(lengths)], dtype=torch.int32)
        return built(frames_first, rows).transpose(1, 2).numpy()

    def read(left: Iterator[Any], size: tuple[int, int, int], lengths: np.ndarray | None) -> list[Step]:
        factor, p = told["time_warp_factor"], told["p"]
        steps: list[Step] = []
        supervised = lengths is not None and segments
        for item, n_frames in enumerate(lengths) if supervised else ():
            steps += _read_warp(left, factor, int(n_frames), item) if next(left) <= p else []
        for item in range(size[0]):
            if next(left) > p:
                continue
            steps += [] if supervised else _read_warp(left, factor, size[2], item)
            steps += _read_row(left, size, item)
        return steps

    moves = bool(told["time_warp_factor"])
    return Case(
        "lhotse", "SpecAugment", told, run, read, seed_all, GENERATOR, preset=preset, warped=moves, **(shape or {})
    )


STILL = {"time_warp_factor": None}
CR_CTC = {"num_frame_masks": 25, "max_frames_mask_fraction": 0.375}
TINY = {"features_mask_size": 5, "frames_mask_size": 5, "p": 0.5}


def cases() -> list[Case]:
    padded = {"n_frames": 500, "batch": 8, "lengths": lengths_down_to_half(500, 8)}
    long = [{"n_frames": n} for n in (200, 500, 1500)]
    return [
        *(spec_augment("lhotse.default", s, **STILL) for s in [*long, {"n_frames": 3000}, padded]),
        spec_augment("lhotse.default", {"n_frames": 40}, **STILL),
        *(spec_augment("icefall.cr_ctc", s, **STILL, **CR_CTC) for s in long),
        spec_augment("icefall.swbd", {"n_frames": 1500}, **STILL, frames_mask_size=50),
        *(spec_augment("icefall.tiny_transducer", s, **STILL, **TINY) for s in long),
    ]


def replayed() -> list[Case]:
    padded = {"n_frames": 500, "batch": 3, "lengths": (500, 400, 150)}
    return [
        spec_augment("lhotse.default", {"n_frames": 150}),
        spec_augment("lhotse.default", {"n_frames": 500}),
        spec_augment("lhotse.default", {"n_frames": 1500}),
        spec_augment("lhotse.default", {"n_frames": 500, "batch": 3}),
        spec_augment("lhotse.default", padded),
        spec_augment("icefall.cr_ctc", {"n_frames": 500}, **CR_CTC),
        spec_augment("icefall.tiny_transducer", {"n_frames": 500, "batch": 3}, **TINY),
    ]


def filled() -> dict[str, Case]:
    small = {
        "time_warp_factor": 10,
        "features_mask_size": 7,
        "frames_mask_size": 20,
        "max_frames_mask_fraction": 0.4,
        "p": 1.0,
    }
    shape = {"n_mels": 20, "n_frames": 60}
    padded = shape | {"batch": 3, "lengths": (60, 45, 30)}
    return {
        "mean, whole": spec_augment("", shape, **small),
        "mean, no warp": spec_augment("", shape, **(small | STILL)),
        "mean with padding": spec_augment("", padded, segments=False, **(small | STILL)),
        "segments, whole, with padding": spec_augment("", padded, **small),
    }


def _warp(n_frames: int, factor: int = 80, n_mels: int = 4) -> Case:
    """The first pass over supervised segments: warp without masks."""
    built = SpecAugment(**(DEFAULTS | {"time_warp_factor": factor, "p": 1.0}))

    def run(mels: np.ndarray, _: Any) -> np.ndarray:
        rows = [built._forward_single(torch.from_numpy(row.T.copy()), warp=True, mask=False).numpy().T for row in mels]
        return np.stack(rows)

    def read(left: Iterator[Any], size: tuple[int, int, int], _: Any) -> list[Step]:
        next(left)
        return _read_warp(left, factor, size[2], 0)

    told = {"time_warp_factor": factor, "p": 1.0}
    return Case(
        "lhotse", "SpecAugment", told, run, read, seed_all, GENERATOR, n_mels=n_mels, n_frames=n_frames, warped=True
    )


def warp_cases() -> list[Case]:
    return [_warp(n, f, 2) for n, f in ((200, 80), (500, 80), (161, 80), (162, 80), (163, 80), (200, 5))]


def warps() -> Iterator[tuple[dict[str, Any], np.ndarray]]:
    for factor, places in ((5, ((6, 1), (6, 11), *warping.CENTRES_AND_DESTINATIONS[2:])), (80, warping.FAR)):
        for centre, destination in places:
            told = {"centre": centre, "destination": destination}
            values = (0, centre, destination)
            yield warping.forced(_warp(200, factor), values, told, warping.warp_input())
    yield warping.forced(_warp(161), (0,), {"centre": None, "destination": None}, warping.warp_input(4, 161))


def refused() -> list[Case]:
    sure = {**STILL, "p": 1.0}
    return [
        *(spec_augment("", {"n_frames": n}, **sure) for n in (1, 6)),
        spec_augment("", {"n_frames": 200}, **sure, max_frames_mask_fraction=0.0),
        spec_augment("", {"n_frames": 200}, **sure, num_frame_masks=0),
        spec_augment("", {"n_frames": 60}, **STILL | {"p": 1.0, "num_frame_masks": 25, "frames_mask_size": 1}),
    ]
