"""lingvo: SpectrumAugmenter, out of its file in the wheel, on TensorFlow (CPU, eagerly).

Its draws come from TensorFlow's generator, so nothing of it is replayed. The batch is (batch, frames, bins,
channel) with paddings.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import tensorflow

from . import singles, warping
from .recording import Case, Step, lengths_down_to_half

PACKAGES = ("tensorflow_cpu",)
GENERATOR = "tensorflow.random.set_seed(seed)"
DEFAULTS = {
    "freq_mask_max_bins": 15,
    "freq_mask_count": 1,
    "use_dynamic_time_mask_max_frames": False,
    "time_mask_max_frames": 50,
    "time_mask_count": 1,
    "time_mask_max_ratio": 1.0,
    "time_masks_per_frame": 0.0,
    "time_warp_bound": "static",
    "time_warp_max_frames": 0,
    "time_warp_max_ratio": 0.0,
}


def _layer(**changed: Any) -> Any:
    augmenter = singles.lingvo().SpectrumAugmenter
    params = augmenter.Params()
    for name, value in changed.items():
        assert hasattr(params, name), name
        setattr(params, name, value)
    return augmenter(params)


def _read_masks(
    left: Iterator[Any], axis: str, valid: np.ndarray, told: tuple[float | None, float, int, float]
) -> list[Step]:
    """`_GetMask`: portions of all items, then starts of all items; masks beyond the number per frame are left out."""
    widest, max_ratio, count, per_frame = told
    bound = valid.astype(np.float32) * np.float32(max_ratio) if not widest else np.full(len(valid), widest, np.float32)
    widths = (bound[:, None] * next(left)).astype(np.int32)
    at_most = np.maximum((np.float32(max_ratio) * valid.astype(np.float32)).astype(np.int32), 1)
    widths = np.minimum(widths, at_most[:, None])
    starts = (next(left) * (valid[:, None] - widths + 1).astype(np.float32)).astype(np.int32)
    return [
        {"item": item, "axis": axis, "start": int(starts[item, i]), "width": int(widths[item, i])}
        for item in range(len(valid))
        for i in range(count)
        if not per_frame or np.float32(i) < np.float32(per_frame) * np.float32(valid[item])
    ]


def _read_warp(left: Iterator[Any], valid: np.ndarray, told: dict[str, Any]) -> list[Step]:
    at_most = (np.float32(told["time_warp_max_ratio"]) * valid.astype(np.float32)).astype(np.int32)
    shift = next(left)
    if told["time_warp_bound"] == "dynamic":
        shift = (shift * at_most.astype(np.float32)).astype(np.int32)
    shift = np.clip(shift, -at_most, at_most)
    centre = (next(left) * np.maximum(valid - 2, 0).astype(np.float32)).astype(np.int32) + 1
    return [
        {"item": i, "axis": "time-warp", "centre": int(c), "destination": int(np.clip(c + s, 1, valid[i] - 1))}
        for i, (c, s) in enumerate(zip(centre, shift, strict=True))
    ]


def augmenter(preset: str = "", shape: dict[str, Any] | None = None, **changed: Any) -> Case:
    told = DEFAULTS | changed
    built = _layer(**changed)
    static = told["time_warp_bound"] == "static" and told["time_warp_max_frames"] == 0
    warped = not static and told["time_warp_max_ratio"] > 0

    def run(mels: np.ndarray, lengths: np.ndarray | None) -> np.ndarray:
        valid = np.full(len(mels), mels.shape[2]) if lengths is None else lengths
        paddings = (np.arange(mels.shape[2]) >= valid[:, None]).astype(np.float32)
        inputs = tensorflow.constant(mels.transpose(0, 2, 1)[..., None])
        output, _ = built.FProp(None, inputs, tensorflow.constant(paddings))
        return output.numpy()[..., 0].transpose(0, 2, 1)

    def read(left: Iterator[Any], size: tuple[int, int, int], lengths: np.ndarray | None) -> list[Step]:
        valid = np.full(size[0], size[2]) if lengths is None else lengths
        steps = _read_warp(left, valid, told) if warped else []
        if told["time_mask_count"] and (told["time_mask_max_frames"] or told["use_dynamic_time_mask_max_frames"]):
            widest = None if told["use_dynamic_time_mask_max_frames"] else told["time_mask_max_frames"]
            time = widest, told["time_mask_max_ratio"], told["time_mask_count"], told["time_masks_per_frame"]
            steps += _read_masks(left, "time", valid, time)
        if told["freq_mask_count"] and told["freq_mask_max_bins"]:
            frequency = told["freq_mask_max_bins"], 1.0, told["freq_mask_count"], 0.0
            steps += _read_masks(left, "frequency", np.full(size[0], size[1]), frequency)
        return steps

    more = ((tensorflow.random, "uniform"),)
    seed = tensorflow.random.set_seed
    name = "SpectrumAugmenter"
    return Case(
        "lingvo", name, told, run, read, seed, GENERATOR, preset=preset, more=more, warped=warped, **(shape or {})
    )


LD = {"freq_mask_max_bins": 27, "freq_mask_count": 2, "time_mask_max_frames": 100, "time_mask_count": 2}
CONFORMER = {
    "freq_mask_max_bins": 27,
    "freq_mask_count": 2,
    "use_dynamic_time_mask_max_frames": True,
    "time_mask_count": 10,
    "time_mask_max_ratio": 0.05,
}
ADAPTIVE = {**CONFORMER, "time_mask_count": 20, "time_mask_max_ratio": 0.04, "time_masks_per_frame": 0.04}


def cases() -> list[Case]:
    """Batches of eight: one call of TensorFlow costs as much for eight items as for one."""
    shapes = [{"n_frames": n, "batch": 8} for n in (200, 500, 1500)]
    padded = {"n_frames": 500, "batch": 8, "lengths": lengths_down_to_half(500, 8)}
    return [
        *(augmenter("lingvo.class_defaults", s) for s in shapes),
        *(augmenter("paper LD", s, **LD) for s in shapes),
        *(augmenter("praxis conformer", s, **CONFORMER) for s in [*shapes, padded]),
        *(augmenter("adaptive", s, **ADAPTIVE) for s in [*shapes, padded]),
        augmenter("paper SS", shapes[0], **{**LD, "time_mask_max_frames": 70, "time_mask_max_ratio": 0.2}),
        augmenter("paper LD", {"n_frames": 60, "batch": 4}, **LD),
        augmenter("", padded, **{**LD, "time_mask_max_ratio": 0.1}),
    ]


def _warp(shape: dict[str, Any], **changed: Any) -> Case:
    return augmenter("", shape, freq_mask_count=0, time_mask_count=0, **changed)


def warp_cases() -> list[Case]:
    shape = {"n_mels": 2, "n_frames": 200, "batch": 8}
    return [
        _warp(shape, time_warp_max_frames=80, time_warp_max_ratio=1.0),
        _warp(shape, time_warp_max_frames=80, time_warp_max_ratio=0.1),
        _warp(shape, time_warp_bound="dynamic", time_warp_max_ratio=0.2),
        _warp({**shape, "batch": 1}, time_warp_max_frames=80),
    ]


def replayed() -> list[Case]:
    return []


def filled() -> dict[str, Case]:
    small = {"freq_mask_max_bins": 7, "freq_mask_count": 2, "time_mask_max_frames": 20, "time_mask_count": 2}
    moved = {"time_warp_max_frames": 10, "time_warp_max_ratio": 1.0}
    shape = {"n_mels": 20, "n_frames": 60}
    return {
        "zero, whole": augmenter("", shape, **small, **moved),
        "zero, whole, padded batch": augmenter("", shape | {"batch": 3, "lengths": (60, 45, 30)}, **small, **moved),
    }


PLACES = (
    (1, 1),
    (1, 81),
    (50, 10),
    (50, 90),
    (100, 100),
    (100, 20),
    (100, 180),
    (198, 118),
    (198, 199),
    (198, 250),
    (20, -30),
)


def _warped(mels: np.ndarray, length: int, centre: int, destination: int) -> np.ndarray:
    """The warp matrix for this origin and destination, built and applied by the real code."""
    layer = _layer()
    one = [tensorflow.constant([float(v)]) for v in (centre, destination, length)]
    matrix = layer._ConstructWarpMatrix(1, mels.shape[1], *one, tensorflow.float32)
    moved = layer.EinsumBxycBzxBzyc(tensorflow.constant(mels.T[None, :, :, None]), matrix)
    return np.ascontiguousarray(moved.numpy()[0, :, :, 0].T)


def warps() -> Iterator[tuple[dict[str, Any], np.ndarray]]:
    """Destinations outside [1, length − 1] are clamped by the code; beyond a length below the frames lies padding."""
    mels = warping.warp_input()
    for length, places in ((200, PLACES), (150, PLACES[2:7])):
        for centre, destination in places:
            if centre >= length:
                continue
            told = {
                "dialect": "lingvo",
                "transform": "SpectrumAugmenter._ConstructWarpMatrix",
                "n_mels": 4,
                "n_frames": 200,
            }
            told |= {"length": length, "centre": centre, "destination": destination, "parameters": {}}
            yield told, _warped(mels, length, centre, destination)


def refused() -> list[Case]:
    return []
