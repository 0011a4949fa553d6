"""Record how the real SpecAugment implementations draw and fill their masks, and how they warp.

The toolkit re-tells nine frameworks in numpy. This script runs the frameworks themselves and keeps what they did,
so that the tests can compare without installing any of them. It is *not* run by the tests. What is recorded of each
library stands in ``dialect_recorders/of_<library>.py``; ``dialect_recorders/recording.py`` says what a step is and
counts. In every single call, the masks that are recorded are checked against the output of the library: exactly the
cells that they cover have changed.

How to run it
-------------
Python 3.11, in a fresh virtual environment::

    pip install torch==2.13.0      # first, and a CPU build: nothing here needs a GPU
    pip install numpy==2.4.6 lhotse==1.33.0 transformers==5.23.0 opencv-python-headless==5.0.0.93
    pip install tensorflow-cpu==2.21.0 numba==0.68.1 urllib3 tqdm pyyaml typeguard humanfriendly scipy hyperpyyaml
    pip install --no-deps torchaudio==2.11.0 espnet==202511 speechbrain==1.1.2 nemo_toolkit==3.0.0

and delete the compiled parts of torchaudio (``find .../site-packages/torchaudio -name '*.so' -delete``): they are
built for another torch, and the transforms do not need them. Four files are taken alone, into a folder of your own::

    fairseq.py             of fairseq==0.12.2 (the source package): data/audio/feature_transforms/specaugment.py
    speechbrain_legacy.py  of speechbrain==0.5.16 (the wheel): speechbrain/lobes/augment.py
    lingvo.py              of lingvo==0.14.2 (the wheel): lingvo/core/spectrum_augmenter.py
    wenet.py               of github.com/wenet-e2e/wenet at the commit `WENET`: wenet/dataset/processor.py

    DIALECT_SOURCES=folder python make_dialects.py [--only of_espnet ...] [--output FOLDER]

It takes some twenty minutes of computing, and writes the same files again in the same environment.

What dialects.json holds
------------------------
``versions``
    Of the packages, and digests of the single files.
``statistics``
    One entry for each transform, shape and axis: ``dialect, transform, preset, parameters, n_mels, n_frames, batch,
    lengths`` (valid frames of the items of a padded batch, or null), ``axis`` (``time``, ``frequency``, ``trim``,
    ``area``, ``time-warp``), ``item`` (``all``, or the one place in a padded batch that is counted, with its
    ``length``), ``n_calls``, ``n_items``, ``n_masks`` and

    ``widths``, ``starts``
        Histograms over masks, as drawn (a mask may reach over the end); ``widths_inside`` after cutting, where that
        differs.
    ``starts_by_width``
        Starts divided by the room left (``size - width + 1``), in 20 groups and a 21st for 1 and above, for the
        groups of widths between ``width_edges``.
    ``counts``, ``drawn``
        Histograms over items: masks that cover something, masks that were drawn at all (a width of 0 included).
    ``coverage``
        How many of ``n_items`` had this place masked: ``first, second, middle, last_but_one, last``, and
        ``profile`` at the places ``at``.
    ``nothing``
        How many items had no place of the axis (``area``: no cell) masked. For warps: how many calls returned their
        input.
    ``share``
        Mean and standard deviation over items of the masked share of the axis, or of the cells (``area``).
    ``centres``, ``displacements``
        Of warps, over ``n_warps``; displacement is destination less centre.

    A histogram is ``{"first", "step", "counts", "least", "greatest"}``: counts[i] values lay in [first + i·step,
    first + (i+1)·step). Items of one call share what the library shares (a count, a bound): for those, ``n_calls``
    is the sample size. Rectangles are counted by their sides. Masks of spec_sub are counted even when they copy
    frames onto themselves.
``replays``
    ``generator`` (how ``seed`` was given), ``random`` (the random functions in the order of the first call), and
    ``steps`` of ``n_calls`` calls after one seeding. Inputs do not matter.
``fills``, ``warps``
    ``key`` of the output in dialects.npz, ``input`` the key of what went in, and the steps; of warps ``centre`` and
    ``destination`` (null: the input is too short and was returned).

``refusals``
    What may raise: the first ``error`` of ``n_calls`` calls (null: none), and how many of them raised.

``restated`` says what is not upstream's own code. What dialects.npz holds: float32 arrays (n_mels, n_frames), of
batches (batch, n_mels, n_frames), padded with ``PADDING`` after the lengths.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.metadata
import json
import platform
import types
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import torch
from dialect_recorders import recording, singles, warping

HERE = Path(__file__).parent
LIBRARIES = (
    "of_torchaudio",
    "of_espnet",
    "of_nemo",
    "of_speechbrain",
    "of_lhotse",
    "of_wenet",
    "of_hf",
    "of_fairseq",
    "of_lingvo",
)
PARTS = ("statistics", "replays", "fills", "warps", "refusals")
SEEDS = (0, 7)
WENET = "00a58c9e29378ccc58151d229138c48233ca1801"
PADDING = -23.0259
"""What fills a padded batch: the logarithm of 1e-10, as lhotse pads."""


def versions(libraries: list[types.ModuleType]) -> dict[str, str]:
    """Return what the recording was made with."""
    packages = {"numpy", "torch", *(package for library in libraries for package in library.PACKAGES)}
    found = {"python": platform.python_version(), "machine": platform.machine()}
    found |= {package: importlib.metadata.version(package) for package in sorted(packages)}
    return found | {"wenet commit": WENET} | singles.digests()


def fill_input(case: recording.Case) -> np.ndarray:
    """A log-mel-like input, padded after the lengths of the case."""
    rng = np.random.default_rng(20)
    mels = rng.normal(-6, 2.5, (case.batch, case.n_mels, case.n_frames)).astype(np.float32)
    for mel, length in zip(mels, case.lengths or (), strict=bool(case.lengths)):
        mel[:, length:] = PADDING
    return mels


def input_key(kind: str, shape: tuple[int, ...], lengths: tuple[int, ...] | None) -> str:
    return f"input/{kind}/{'x'.join(map(str, shape))}" + ("/" + "-".join(map(str, lengths)) if lengths else "")


def _squeezed(mels: np.ndarray) -> np.ndarray:
    return mels[0] if len(mels) == 1 else mels


def record_fills(library: types.ModuleType, arrays: dict[str, np.ndarray]) -> list[dict[str, Any]]:
    """Run each case on an input that is stored, for two seeds."""
    entries = []
    for name, case in library.filled().items():
        mels = fill_input(case)
        source = input_key("fill", _squeezed(mels).shape, case.lengths)
        arrays[source] = _squeezed(mels)
        for seed in SEEDS:
            case.seed(seed)
            output, steps, functions = case.once(mels)
            key = f"fill/{case.dialect}/{name}/{seed}"
            assert output.dtype == np.float32, key
            arrays[key] = np.ascontiguousarray(_squeezed(output))
            told = {
                "key": key,
                "input": source,
                "generator": case.generator,
                "seed": seed,
                "random": functions,
                "steps": steps,
            }
            entries.append(case.describe() | told)
    return entries


def record_warps(library: types.ModuleType, arrays: dict[str, np.ndarray]) -> list[dict[str, Any]]:
    """Run each forced warp on an input that is stored."""
    entries = []
    for number, (entry, output) in enumerate(library.warps() if hasattr(library, "warps") else ()):
        source = input_key("warp", output.shape, None)
        arrays[source] = warping.warp_input(*output.shape)
        key = f"warp/{entry['dialect']}/{number}"
        arrays[key] = output
        entries.append(entry | {"key": key, "input": source})
    return entries


def record_statistics(library: types.ModuleType) -> list[dict[str, Any]]:
    """Count masks and warps."""
    counted = [entry for case in library.cases() for entry in recording.statistics(case)]
    warped = [warping.statistics(case) for case in (library.warp_cases() if hasattr(library, "warp_cases") else ())]
    return counted + warped


def record_refusals(library: types.ModuleType) -> list[dict[str, Any]]:
    """Run what may raise, for twenty seeds; tell the first error, and for how many seeds there was one."""
    entries = []
    for case in library.refused():
        mels = np.ones((case.batch, case.n_mels, case.n_frames), np.float32)
        errors = [error for seed in range(20) if (error := _error(case, mels, seed))]
        entries.append(
            case.describe() | {"error": errors[0] if errors else None, "n_errors": len(errors), "n_calls": 20}
        )
    return entries


def _error(case: recording.Case, mels: np.ndarray, seed: int) -> str | None:
    case.seed(seed)
    try:
        case.run(mels.copy(), None)
    except Exception as error:  # whatever the library raises is what is wanted
        return f"{type(error).__name__}: {str(error).splitlines()[0]}"
    return None


def record(name: str) -> tuple[dict[str, list[dict[str, Any]]], dict[str, np.ndarray]]:
    """Everything of one library."""
    torch.set_num_threads(1)  # one order of summation, hence one result
    library = importlib.import_module(f"dialect_recorders.{name}")
    arrays: dict[str, np.ndarray] = {}
    told = {
        "replays": [recording.replay(case, seed) for case in library.replayed() for seed in SEEDS],
        "fills": record_fills(library, arrays),
        "warps": record_warps(library, arrays),
        "refusals": record_refusals(library),
        "statistics": record_statistics(library),
    }
    print(name, {part: len(entries) for part, entries in told.items()}, flush=True)
    return told, arrays


def plain(value: Any) -> Any:
    """Turn numpy's numbers into those of JSON."""
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{value!r} has no place in JSON")


def write(folder: Path, told: dict[str, Any], arrays: dict[str, np.ndarray]) -> None:
    """Write both files, one entry of the JSON on each line."""
    lines = ['{"versions": ' + json.dumps(told["versions"], sort_keys=True, default=plain)]
    for part in PARTS:
        entries = [json.dumps(entry, separators=(",", ":"), default=plain, ensure_ascii=False) for entry in told[part]]
        lines.append(f', "{part}": [\n' + ",\n".join(entries) + "\n]")
    (folder / "dialects.json").write_text("".join(lines) + "}\n", encoding="utf-8")
    np.savez_compressed(folder / "dialects.npz", **arrays)


def main() -> None:
    """Write dialects.json and dialects.npz."""
    parser = argparse.ArgumentParser(
        description="Record how the upstream SpecAugment implementations draw, fill and warp."
    )
    parser.add_argument("--output", type=Path, default=HERE, help="the folder to write to")
    parser.add_argument("--only", nargs="+", choices=LIBRARIES, default=LIBRARIES, help="record only these libraries")
    parser.add_argument("--jobs", type=int, default=2, help="libraries to record at the same time")
    given = parser.parse_args()
    told: dict[str, Any] = {part: [] for part in PARTS}
    arrays: dict[str, np.ndarray] = {}
    with ProcessPoolExecutor(given.jobs, get_context("spawn")) as workers:
        for parts, more in workers.map(record, given.only):
            arrays |= more
            for part, entries in parts.items():
                told[part] += entries
    told["versions"] = versions([importlib.import_module(f"dialect_recorders.{name}") for name in given.only])
    write(given.output, told, arrays)
    for file in ("dialects.json", "dialects.npz"):
        print(f"{file}: {(given.output / file).stat().st_size / 1024:.0f} KiB")


if __name__ == "__main__":
    main()
