"""SpeechBrain: SpectrogramDrop, Warping and Augmenter of the installed package, SpecAugment of an older wheel.

The older SpecAugment was removed in 2024; its file is read from the wheel of 0.5.16 (see `make_dialects.py`), alone.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from speechbrain.augment.augmenter import Augmenter
from speechbrain.augment.freq_domain import SpectrogramDrop, Warping

from . import of_espnet, singles, warping
from .recording import FEW_BINS, FEW_FRAMES, Case, Step

PACKAGES = ("speechbrain",)
REPLACE = ("zeros", "mean", "rand", "cutcat", "swap", "random_selection")


def seed_both(seed: int) -> None:
    random.seed(seed)
    torch.manual_seed(seed)


TORCH = "torch.manual_seed(seed)"
BOTH = "random.seed(seed); torch.manual_seed(seed)"


def _frames_first(module: Any, mels: np.ndarray) -> np.ndarray:
    frames_first = torch.from_numpy(mels).transpose(1, 2).contiguous()
    return module(frames_first).transpose(1, 2).numpy()


def _read_drop(left: Iterator[Any], told: dict[str, Any]) -> list[Step]:
    if next(left).item() == 0:
        return []
    steps = of_espnet.read_masks(left, "frequency" if told.get("dim") == 2 else "time")
    replace = told.get("replace", "zeros")
    if replace == "random_selection":
        replace = next(left)
        steps = [step | {"replace": replace} for step in steps]
    if replace == "rand":
        next(left)
    if replace == "swap":
        shift = next(left).item()
        steps = [step | {"shift": shift} for step in steps]
    return steps


def drop(preset: str = "", shape: dict[str, Any] | None = None, **parameters: Any) -> Case:
    def run(mels: np.ndarray, _: Any) -> np.ndarray:
        return _frames_first(SpectrogramDrop(**parameters), mels)

    def read(left: Iterator[Any], size: tuple[int, int, int], _: Any) -> list[Step]:
        return _read_drop(left, parameters)

    name = "SpectrogramDrop"
    return Case("speechbrain", name, parameters, run, read, seed_both, BOTH, preset=preset, **(shape or {}))


def warp(preset: str = "", shape: dict[str, Any] | None = None, **parameters: Any) -> Case:
    def run(mels: np.ndarray, _: Any) -> np.ndarray:
        return _frames_first(Warping(**parameters), mels)

    def read(left: Iterator[Any], size: tuple[int, int, int], _: Any) -> list[Step]:
        length = size[1] if parameters.get("dim") == 2 else size[2]
        axis = "frequency-warp" if parameters.get("dim") == 2 else "time-warp"
        return [s | {"axis": axis} for s in of_espnet.read_warp(left, parameters.get("warp_window", 5), length, None)]

    seed = torch.manual_seed
    return Case(
        "speechbrain", "Warping", parameters, run, read, seed, TORCH, preset=preset, warped=True, **(shape or {})
    )


def augmenter(preset: str, parts: list[Case], shape: dict[str, Any], **parameters: Any) -> Case:
    """Augmenter over some of the above."""
    classes = {"SpectrogramDrop": SpectrogramDrop, "Warping": Warping}
    built = Augmenter(augmentations=[classes[p.transform](**p.parameters) for p in parts], **parameters)

    def run(mels: np.ndarray, lengths: np.ndarray | None) -> np.ndarray:
        relative = torch.ones(len(mels)) if lengths is None else torch.from_numpy(lengths / mels.shape[2]).float()
        output, _ = built(torch.from_numpy(mels).transpose(1, 2).contiguous(), relative)
        return output.transpose(1, 2).numpy()

    def read(left: Iterator[Any], size: tuple[int, int, int], lengths: np.ndarray | None) -> list[Step]:
        if next(left) > parameters.get("augment_prob", 1.0):
            return []
        n_applied = next(left).item()
        return [step for part in parts[:n_applied] for step in part.read(left, size, lengths)]

    told = {**parameters, "augmentations": [{"class": p.transform, **p.parameters} for p in parts]}
    flags = {"warped": any(part.warped for part in parts), "veiled": any(part.warped for part in parts[1:])}
    return Case("speechbrain", "Augmenter", told, run, read, seed_both, BOTH, preset=preset, **flags, **shape)


def legacy(preset: str = "", shape: dict[str, Any] | None = None, **parameters: Any) -> Case:
    built = singles.speechbrain_legacy().SpecAugment(**parameters)
    moves = parameters.get("time_warp", True)

    def run(mels: np.ndarray, _: Any) -> np.ndarray:
        return _frames_first(built, mels)

    def read(left: Iterator[Any], size: tuple[int, int, int], _: Any) -> list[Step]:
        window = parameters.get("time_warp_window", 5)
        steps = of_espnet.read_warp(left, window, size[2], None) if moves else []
        for name, axis in (("freq_mask", "frequency"), ("time_mask", "time")):
            if parameters.get(name, True):
                steps += of_espnet.read_masks(left, axis)
        return steps

    name = "SpecAugment (legacy)"
    return Case(
        "speechbrain",
        name,
        parameters,
        run,
        read,
        torch.manual_seed,
        TORCH,
        preset=preset,
        warped=moves,
        **(shape or {}),
    )


TIME_DROP = {
    "drop_length_low": 15,
    "drop_length_high": 25,
    "drop_count_low": 4,
    "drop_count_high": 4,
    "replace": "mean",
}
FREQ_DROP = {**TIME_DROP, "drop_length_low": 10, "drop_length_high": 20, "dim": 2}
ALL_THREE = {"min_augmentations": 3, "max_augmentations": 3, "augment_prob": 1.0}
CONFORMER = "speechbrain.librispeech_conformer"
STILL = {"time_warp": False}


def conformer(parts: str = "tfw", shape: dict[str, Any] | None = None, **parameters: Any) -> Case:
    """The recipe: time drop, frequency drop, warp, in this order."""
    known = {"t": drop(**TIME_DROP), "f": drop(**FREQ_DROP), "w": warp()}
    return augmenter(CONFORMER, [known[p] for p in parts], shape or {}, **(ALL_THREE | parameters))


def cases() -> list[Case]:
    two = {"min_augmentations": 2, "max_augmentations": 2}
    batch = {"n_frames": 500, "batch": 8}
    return [
        *(drop(CONFORMER, {**FEW_BINS, "n_frames": n}, **TIME_DROP) for n in (200, 500, 1500)),
        drop(CONFORMER, batch | FEW_BINS, **TIME_DROP),
        drop(CONFORMER, FEW_FRAMES, **FREQ_DROP),
        drop(CONFORMER, batch | FEW_FRAMES, **FREQ_DROP),
        drop("", FEW_BINS),
        drop("", batch | FEW_BINS),
        drop("", FEW_FRAMES, dim=2),
        drop("", FEW_FRAMES, drop_count_low=0, drop_count_high=2, dim=2),
        *(conformer("tf", {"n_frames": n}, **two) for n in (200, 500, 1500)),
        conformer("tf", {"n_frames": 500}, min_augmentations=0, max_augmentations=2, augment_prob=0.7),
        *(legacy("", {"n_frames": n}, **STILL) for n in (200, 500, 1500)),
        legacy("", {"n_frames": 500, "batch": 32}, **STILL),
        legacy("", {"n_frames": 500}, **STILL, time_mask_ratio=0.1),
        drop(CONFORMER, {**FEW_BINS, "n_frames": 20}, **TIME_DROP),
        legacy("", {"n_frames": 60}, **STILL),
    ]


def warp_cases() -> list[Case]:
    shapes = [(5, 200), (5, 10), (5, 11), (80, 200)]
    return [warp("", {"n_mels": 2, "n_frames": n}, warp_window=window) for window, n in shapes]


def replayed() -> list[Case]:
    batch = {"n_frames": 200, "batch": 3}
    return [
        *(drop("", batch, replace=r, **t) for r in ("zeros", "mean", "rand", "swap") for t in ({}, {"dim": 2})),
        drop(CONFORMER, {"n_frames": 500}, **TIME_DROP),
        drop(CONFORMER, {"n_frames": 500}, **FREQ_DROP),
        conformer(),
        conformer(shape=batch),
        conformer("wft", {}, min_augmentations=1, augment_prob=0.8),
        legacy(),
        legacy("", batch, replace_with_zero=False),
    ]


def filled() -> dict[str, Case]:
    shape = {"n_mels": 20, "n_frames": 60}
    batch = shape | {"batch": 3}
    # What is behind the clip is moved into it, and the other way.
    padded = shape | {"lengths": (35,)}
    both = {"min_augmentations": 2, "max_augmentations": 2}
    small = {"drop_length_low": 3, "drop_length_high": 9, "drop_count_low": 2, "drop_count_high": 3}
    return {
        **{
            f"{r}, {'frequency' if d == 2 else 'time'}": drop("", batch, replace=r, dim=d, **small)
            for r in REPLACE
            for d in (1, 2)
        },
        "cutcat, single": drop("", shape, replace="cutcat", **small),
        "mean, single": drop("", shape, replace="mean", **small),
        "recipe, whole": conformer(shape=shape),
        "recipe, whole, batch": conformer(shape=batch),
        "legacy, whole, mean": legacy(
            "", shape, freq_mask_width=(0, 7), time_mask_width=(0, 20), replace_with_zero=False
        ),
        "frequency warp": warp("", shape, dim=2, warp_window=3),
        "padded, warp": warp("", padded),
        "padded, warp of 20": warp("", padded, warp_window=20),
        "padded, recipe": conformer(shape=padded),
        "padded, swap": augmenter("", [drop("", {}, replace="swap", dim=d, **small) for d in (1, 2)], padded, **both),
        "padded, legacy": legacy("", padded, freq_mask_width=(0, 7), time_mask_width=(0, 20)),
    }


def warps() -> Iterator[tuple[dict[str, Any], np.ndarray]]:
    for window, places in ((5, warping.CENTRES_AND_DESTINATIONS), (80, warping.FAR[:4])):
        for centre, destination in places:
            case = warp("", {"n_mels": 4, "n_frames": 200}, warp_window=window)
            told = {"centre": centre, "destination": destination}
            yield warping.forced(case, (centre, destination - 1), told, warping.warp_input())
    none = {"centre": None, "destination": None}
    yield warping.forced(warp("", {"n_mels": 4, "n_frames": 10}), (), none, warping.warp_input(4, 10))


def refused() -> list[Case]:
    one = {"drop_count_low": 1, "drop_count_high": 1}
    return [
        drop("", {}, drop_length_low=5, drop_length_high=5, **one),
        drop("", {"n_frames": 1}, replace="swap", **one),
        legacy("", {"n_frames": 9}, **STILL, time_mask_ratio=0.1),
    ]
