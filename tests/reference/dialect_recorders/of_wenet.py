"""wenet: spec_aug, spec_sub and spec_trim, out of its processor."""

from __future__ import annotations

import inspect
import random
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch

from . import singles
from .recording import FEW_BINS, Case, Step

PACKAGES = ()
GENERATOR = "random.seed(seed)"


def _run(function: Callable[..., Any], parameters: dict[str, Any]) -> Callable[[np.ndarray, Any], np.ndarray]:
    def run(mels: np.ndarray, _: Any) -> np.ndarray:
        (mel,) = mels
        sample = {"feat": torch.from_numpy(mel.T.copy())}
        return function(sample, **parameters)["feat"].numpy().T[None]

    return run


def _case(
    function: Callable[..., Any],
    read: Callable[..., list[Step]],
    preset: str,
    shape: dict[str, Any],
    given: dict[str, Any],
) -> Case:
    defaults = {n: p.default for n, p in inspect.signature(function).parameters.items() if n != "sample"}
    told = defaults | given
    return Case(
        "wenet", function.__name__, told, _run(function, told), read, random.seed, GENERATOR, preset=preset, **shape
    )


def spec_aug(
    preset: str = "", shape: dict[str, Any] | None = None, num_t_mask: int = 2, num_f_mask: int = 2, **given: Any
) -> Case:
    def read(left: Iterator[Any], size: tuple[int, int, int], _: Any) -> list[Step]:
        axes = ["time"] * num_t_mask + ["frequency"] * num_f_mask
        return [{"item": 0, "axis": axis, "start": next(left), "width": next(left)} for axis in axes]

    given = {"num_t_mask": num_t_mask, "num_f_mask": num_f_mask, **given}
    return _case(singles.wenet().spec_aug, read, preset, shape or {}, given)


def spec_sub(preset: str = "", shape: dict[str, Any] | None = None, num_t_sub: int = 3, **given: Any) -> Case:
    def read(left: Iterator[Any], size: tuple[int, int, int], _: Any) -> list[Step]:
        steps = []
        for _ in range(num_t_sub):
            start, width, back = next(left), next(left), next(left)
            steps.append({"item": 0, "axis": "time", "start": start, "width": width, "source": start - back})
        return steps

    return _case(singles.wenet().spec_sub, read, preset, shape or {}, {"num_t_sub": num_t_sub, **given})


def spec_trim(preset: str = "", shape: dict[str, Any] | None = None, **given: Any) -> Case:
    def read(left: Iterator[Any], size: tuple[int, int, int], _: Any) -> list[Step]:
        width = next(left)
        width = width if width < size[2] / 2 else 0
        return [{"item": 0, "axis": "trim", "start": size[2] - width, "width": width}]

    return _case(singles.wenet().spec_trim, read, preset, shape or {}, given)


CONFORMER = "wenet.aishell_conformer"
U2PP = "wenet.u2pp"


def cases() -> list[Case]:
    lengths = (200, 500, 1500)
    return [
        *(spec_aug(CONFORMER, {"n_frames": n}) for n in lengths),
        spec_aug(CONFORMER, {"n_frames": 20}),
        spec_aug("", {"n_frames": 200}, num_t_mask=1, num_f_mask=1, max_t=100, max_f=27),
        *(spec_sub(U2PP, {**FEW_BINS, "n_frames": n}, max_t=30) for n in lengths),
        spec_sub("", {**FEW_BINS, "n_frames": 500}),
        *(spec_trim("", {**FEW_BINS, "n_frames": n}) for n in (30, 200)),
        spec_trim(U2PP, {**FEW_BINS, "n_frames": 200}, max_t=50),
    ]


def replayed() -> list[Case]:
    return [
        spec_aug(CONFORMER),
        spec_aug("", {"n_frames": 40}, max_f=27),
        spec_sub(U2PP, max_t=30),
        spec_trim("", {"n_frames": 30}),
    ]


def filled() -> dict[str, Case]:
    shape = {"n_mels": 20, "n_frames": 60}
    return {
        "spec_aug": spec_aug("", shape, max_t=20, max_f=7),
        "spec_sub": spec_sub("", shape, max_t=20),
        "spec_trim": spec_trim("", shape),
        "spec_trim, too much": spec_trim("", shape, max_t=5000),
    }


def refused() -> list[Case]:
    return [spec_aug("", {}, max_t=0), spec_sub("", {}, max_t=0), spec_trim("", {}, max_t=0)]
