"""NeMo: SpecAugment (vectorised, legacy, numba), SpecCutout and MaskedPatchAugmentation.

Single files of the installed package are run: importing NeMo by name would import its training stack. The parts
that they take from the rest of NeMo (types, checks of types, logging) are replaced by stand-ins that do nothing.
The kernel of the numba variant needs CUDA; its class is run as it is, with the launch of the kernel replaced by
`run_kernel`, a restatement. Under numba's simulator both can be compared::

    NUMBA_ENABLE_CUDASIM=1 python -m dialect_recorders.of_nemo
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import logging
import random
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

from .recording import FEW_BINS, Case, Step, lengths_down_to_half

PACKAGES = ("nemo_toolkit", "numba")
ASR = "nemo/collections/asr/"
FILES = {
    "masks": ASR + "parts/submodules/spectr_augment.py",
    "modules": ASR + "modules/audio_preprocessing.py",
    "kernel": ASR + "parts/numba/spec_augment/spec_aug_numba.py",
}
RESTATED = "the CUDA kernel, in numpy; what it is given is drawn by the real class"


class _Anything:
    """Stands for a type that is only mentioned."""

    def __init__(self, *_: Any, **__: Any):
        pass


def _stand_ins() -> dict[str, dict[str, Any]]:
    names = ["LengthsType", "NeuralType", "SpectrogramType", "AudioSignal", "MelSpectrogramType", "MFCCSpectrogramType"]
    classes = {
        "Typing": object,
        "typecheck": lambda: lambda f: f,
        "NeuralModule": torch.nn.Module,
        "Exportable": object,
    }
    return {
        "nemo.core": {},
        "nemo.core.classes": classes,
        "nemo.core.neural_types": dict.fromkeys(names, _Anything),
        "nemo.core.utils": {},
        "nemo.core.utils.optional_libs": {"NUMBA_CUDA_AVAILABLE": False},
        "nemo.utils": {"logging": logging.getLogger("nemo"), "logging_mode": None},
        "nemo.collections": {},
        "nemo.collections.asr": {},
        "nemo.collections.asr.parts": {},
        "nemo.collections.asr.parts.preprocessing": {},
        "nemo.collections.asr.parts.preprocessing.features": {"FilterbankFeatures": None},
        "nemo.collections.asr.parts.submodules": {},
        "nemo.collections.audio": {},
        "nemo.collections.audio.parts": {},
        "nemo.collections.audio.parts.utils": {},
        "nemo.collections.audio.parts.utils.transforms": {"MFCC": None},
    }


def path_of(file: str) -> Path:
    return Path(str(importlib.metadata.distribution("nemo_toolkit").locate_file(FILES[file])))


def _load(file: str, name: str) -> types.ModuleType:
    spec = importlib.util.spec_from_file_location(name, path_of(file))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


for _name, _attributes in _stand_ins().items():
    sys.modules[_name] = types.ModuleType(_name)
    sys.modules[_name].__dict__.update(_attributes)
masks = _load("masks", "nemo.collections.asr.parts.submodules.spectr_augment")
modules = _load("modules", "nemo_audio_preprocessing")
kernel = _load("kernel", "nemo_spec_aug_numba")


def run_kernel(x: torch.Tensor, x_len: torch.Tensor, mask_value: float, **drawn: Any) -> torch.Tensor:
    """What the CUDA kernel does with starts and widths: every mask filled in place, time masks up to the length."""
    for item in range(len(x)):
        for start, width in zip(drawn["freq_starts"][item], drawn["freq_lengths"][item], strict=True):
            x[item, start : start + width] = mask_value
        for start, width in zip(drawn["time_starts"][item], drawn["time_lengths"][item], strict=True):
            x[item, :, start : min(start + width, x_len[item])] = mask_value
    return x


kernel.launch_spec_augment_kernel = run_kernel


def _lengths(mels: np.ndarray, lengths: np.ndarray | None) -> torch.Tensor:
    return torch.from_numpy(lengths) if lengths is not None else torch.full((len(mels),), mels.shape[2])


def _mask(item: int, axis: str, start: Any, width: Any) -> Step:
    return {"item": item, "axis": axis, "start": int(start), "width": int(width)}


def _read_axis(left: Iterator[Any], axis: str, widest: Any, room: torch.Tensor) -> list[Step]:
    """`SpecAugment._apply_masks`: float32 widths of all items, then starts of all items."""
    widths = (torch.from_numpy(next(left)) * widest).long()
    starts = (torch.from_numpy(next(left)) * (room - widths)).long()
    return [_mask(i, axis, s, w) for i in range(len(widths)) for s, w in zip(starts[i], widths[i], strict=True)]


def _read_vectorised(
    left: Iterator[Any], size: tuple[int, int, int], lengths: torch.Tensor, told: dict[str, Any]
) -> list[Step]:
    widest = told.get("time_width", 10)
    if isinstance(widest, float):
        widest = torch.clamp(widest * lengths, max=size[2]).unsqueeze(1)
    steps = _read_axis(left, "time", widest, lengths.unsqueeze(1))
    return steps + _read_axis(left, "frequency", told.get("freq_width", 10), torch.full((size[0], 1), size[1]))


def _read_legacy(left: Iterator[Any], lengths: torch.Tensor, told: dict[str, Any]) -> list[Step]:
    steps = []
    for item in range(len(lengths)):
        for axis, count in (("frequency", "freq_masks"), ("time", "time_masks")):
            for _ in range(told.get(count, 0)):
                start, width = next(left), next(left)
                steps.append(_mask(item, axis, start, width))
    return steps


def spec_augment(variant: str, preset: str = "", shape: dict[str, Any] | None = None, **parameters: Any) -> Case:
    """SpecAugment, ``vectorised`` or ``legacy``."""
    legacy = variant == "legacy"
    rng = random.Random()
    built = masks.SpecAugment(**parameters, rng=rng, use_vectorized_code=not legacy)

    def run(mels: np.ndarray, lengths: np.ndarray | None) -> np.ndarray:
        return built(input_spec=torch.from_numpy(mels), length=_lengths(mels, lengths)).numpy()

    def read(left: Iterator[Any], size: tuple[int, int, int], lengths: np.ndarray | None) -> list[Step]:
        valid = _lengths(np.empty(size), lengths)
        return _read_legacy(left, valid, parameters) if legacy else _read_vectorised(left, size, valid, parameters)

    return Case(
        "nemo",
        f"SpecAugment ({variant})",
        parameters,
        run,
        read,
        rng.seed if legacy else torch.manual_seed,
        "random.Random(seed), given as rng" if legacy else "torch.manual_seed(seed)",
        preset=preset,
        more=((rng, "randint"),) if legacy else (),
        **(shape or {}),
    )


def _read_numba(
    left: Iterator[Any], size: tuple[int, int, int], lengths: torch.Tensor, told: dict[str, Any]
) -> list[Step]:
    steps = []
    if told.get("freq_masks", 0):
        starts, widths = next(left), next(left)
        steps += [
            _mask(i, "frequency", s, w) for i in range(size[0]) for s, w in zip(starts[i], widths[i], strict=True)
        ]
    for item in range(size[0]) if told.get("time_masks", 0) else ():
        starts, widths = next(left)[0], next(left)[0]
        inside = [int(max(0, min(w, lengths[item] - s))) for s, w in zip(starts, widths, strict=True)]
        steps += [_mask(item, "time", s, w) for s, w in zip(starts, inside, strict=True)]
    return steps


def numba(preset: str = "", shape: dict[str, Any] | None = None, **parameters: Any) -> Case:
    """SpecAugmentNumba: the real class, its kernel restated."""
    built = kernel.SpecAugmentNumba(**parameters)

    def run(mels: np.ndarray, lengths: np.ndarray | None) -> np.ndarray:
        return built(input_spec=torch.from_numpy(mels), length=_lengths(mels, lengths)).numpy()

    def read(left: Iterator[Any], size: tuple[int, int, int], lengths: np.ndarray | None) -> list[Step]:
        return _read_numba(left, size, _lengths(np.empty(size), lengths), parameters)

    seed = "torch.manual_seed(seed)"
    return Case(
        "nemo",
        "SpecAugmentNumba",
        parameters,
        run,
        read,
        torch.manual_seed,
        seed,
        preset=preset,
        restated=RESTATED,
        **(shape or {}),
    )


def cutout(preset: str = "", shape: dict[str, Any] | None = None, **parameters: Any) -> Case:
    rng = random.Random()
    built = masks.SpecCutout(**parameters, rng=rng)

    def run(mels: np.ndarray, _: Any) -> np.ndarray:
        return built(input_spec=torch.from_numpy(mels)).numpy()

    def read(left: Iterator[Any], size: tuple[int, int, int], _: Any) -> list[Step]:
        steps = []
        for item in range(size[0]):
            for _ in range(parameters["rect_masks"]):
                low, first, high, last = (next(left) for _ in range(4))
                steps.append({"item": item, "axis": "rectangle", "start": [low, first], "width": [high, last]})
        return steps

    seed = "random.Random(seed), given as rng"
    return Case(
        "nemo",
        "SpecCutout",
        parameters,
        run,
        read,
        rng.seed,
        seed,
        preset=preset,
        more=((rng, "randint"),),
        **(shape or {}),
    )


def _seed_both(seed: int) -> None:
    random.seed(seed)
    torch.manual_seed(seed)


def masked_patch(preset: str = "", shape: dict[str, Any] | None = None, **parameters: Any) -> Case:
    built = modules.MaskedPatchAugmentation(**parameters)
    size_of = parameters.get("patch_size", 48)

    def run(mels: np.ndarray, lengths: np.ndarray | None) -> np.ndarray:
        return built(torch.from_numpy(mels), _lengths(mels, lengths)).numpy()

    def read(left: Iterator[Any], size: tuple[int, int, int], lengths: np.ndarray | None) -> list[Step]:
        steps = [_mask(i, "time", p * size_of, size_of) for i in range(size[0]) for p in next(left)]
        if parameters.get("freq_masks", 0):
            told = {"time_width": 0, "freq_width": parameters["freq_width"]}
            steps += _read_vectorised(left, size, _lengths(np.empty(size), lengths), told)
        return steps

    seed = "random.seed(seed); torch.manual_seed(seed)"
    return Case(
        "nemo", "MaskedPatchAugmentation", parameters, run, read, _seed_both, seed, preset=preset, **(shape or {})
    )


CONFORMER = {"freq_masks": 2, "time_masks": 10, "freq_width": 27, "time_width": 0.05}
IN_FRAMES = {"freq_masks": 2, "time_masks": 2, "freq_width": 27, "time_width": 70}
QUARTZNET = {"rect_masks": 5, "rect_freq": 50, "rect_time": 120}
SSL = {"freq_masks": 3, "freq_width": 20, "patch_size": 48, "mask_patches": 0.5}


def _shapes() -> list[dict[str, Any]]:
    padded = {"n_frames": 500, "batch": 8, "lengths": lengths_down_to_half(500, 8)}
    return [*({"n_frames": n} for n in (200, 500, 1500)), padded]


def cases() -> list[Case]:
    short = {"n_frames": 60}
    return [
        *(spec_augment(v, "nemo.conformer", s, **CONFORMER) for v in ("vectorised", "legacy") for s in _shapes()),
        *(numba("nemo.conformer", s, **CONFORMER) for s in _shapes()),
        *(spec_augment(v, "", {"n_frames": n}, **IN_FRAMES) for v in ("vectorised", "legacy") for n in (200, 500)),
        numba("", {"n_frames": 200}, **IN_FRAMES),
        *(spec_augment(v, "", short, **IN_FRAMES) for v in ("vectorised", "legacy")),
        numba("", short, **IN_FRAMES),
        spec_augment("vectorised", "", {}, **{**IN_FRAMES, "freq_width": 100}),
        *(cutout("nemo.quartznet", {"n_mels": 64, "n_frames": n}, **QUARTZNET) for n in (200, 500, 1500)),
        cutout("", {"n_frames": 500}, rect_masks=1, rect_time=5, rect_freq=20),
        *(masked_patch("nemo.ssl", s, **SSL) for s in _shapes()),
        masked_patch("", {**FEW_BINS, "n_frames": 1500}),
        masked_patch("", {**FEW_BINS, "n_frames": 200}),
    ]


def replayed() -> list[Case]:
    padded = {"n_frames": 500, "batch": 3, "lengths": (500, 400, 250)}
    return [
        spec_augment("vectorised", "", {"n_frames": 60}, **IN_FRAMES),
        *(
            spec_augment(v, "nemo.conformer", s, **CONFORMER)
            for v in ("vectorised", "legacy")
            for s in ({"n_frames": 500}, padded)
        ),
        *(spec_augment(v, "", {"n_frames": 200}, **IN_FRAMES) for v in ("vectorised", "legacy")),
        numba("nemo.conformer", padded, **CONFORMER),
        cutout("nemo.quartznet", {"n_mels": 64, "n_frames": 500, "batch": 2}, **QUARTZNET),
        masked_patch("nemo.ssl", padded, **SSL),
        masked_patch("", {"n_frames": 1500}),
    ]


def refused() -> list[Case]:
    wide = {**IN_FRAMES, "freq_width": 100}
    return [
        spec_augment("legacy", "", {"n_frames": 200}, **wide),
        numba("", {"n_frames": 200}, **wide),
        cutout("nemo.quartznet", {"n_mels": 64, "n_frames": 119}, **QUARTZNET),
        cutout("nemo.quartznet", {"n_mels": 49, "n_frames": 200}, **QUARTZNET),
    ]


def filled() -> dict[str, Case]:
    small = {"freq_masks": 2, "time_masks": 2, "freq_width": 7, "time_width": 0.3}
    shape = {"n_mels": 20, "n_frames": 60}
    return {
        "vectorised": spec_augment("vectorised", "", shape, **small),
        "legacy, other value": spec_augment("legacy", "", shape, **small, mask_value=-3.5),
        "cutout": cutout("", shape, rect_masks=3, rect_time=20, rect_freq=7),
        "patches": masked_patch("", shape, patch_size=12, mask_patches=2.0),
    }


def compare_kernel(seed: int = 0) -> None:
    """Run the real kernel in the simulator, and the restatement, over the same masks."""
    torch.manual_seed(seed)
    mels = torch.rand(3, 12, 20) + 1
    lengths = torch.tensor([20, 15, 9])
    bounds = {"freq_starts": 8, "freq_lengths": 5, "time_starts": 15, "time_lengths": 7}
    drawn = {name: torch.randint(0, bound, (3, 2)) for name, bound in bounds.items()}
    real = mels.numpy().copy()
    ordered = (drawn[name].numpy() for name in bounds)
    kernel.spec_augment_kernel[(12, 20), 3](real, lengths.numpy(), *ordered, 0.0)
    assert (real == 0).any()
    assert np.array_equal(real, run_kernel(mels.clone(), lengths, 0.0, **drawn).numpy())
    print("the restated kernel does what the real one does")


if __name__ == "__main__":
    compare_kernel()
