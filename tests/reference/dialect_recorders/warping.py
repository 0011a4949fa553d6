"""Recording of warps: how they are drawn, and what they do to the cells."""

from __future__ import annotations

from typing import Any

import numpy as np

from .recording import Case, Draws, histogram, mel

N_WARPS = 20_000
CENTRES_AND_DESTINATIONS = ((5, 1), (5, 10), (30, 25), (100, 100), (100, 96), (100, 105), (194, 190), (194, 199))
"""For a window of 5 on 200 frames: both ends of both ranges, both signs, none."""
FAR = ((81, 1), (81, 161), (100, 20), (100, 180), (119, 39), (119, 199), (90, 97), (110, 86))
"""For a window of 80 on 200 frames."""


def warp_input(n_mels: int = 4, n_frames: int = 200) -> np.ndarray:
    """A log-mel-like input for warps: smooth in one bin, a ramp, an impulse every 7 frames, noise."""
    rng = np.random.default_rng(4)
    frames = np.arange(n_frames)
    rows = [np.sin(frames / 9) - 5, frames / n_frames * 6 - 8, np.where(frames % 7 == 0, 0.0, -10.0)]
    rows += [rng.normal(-5, 2, n_frames) for _ in range(n_mels - 3)]
    return np.array(rows[:n_mels], dtype=np.float32)


def statistics(case: Case, seed: int = 1, n_warps: int = N_WARPS) -> dict[str, Any]:
    """Draw many warps and count centres and displacements (destination less centre)."""
    mels = mel(case.n_mels, case.n_frames, case.batch)
    case.seed(seed)
    centres: list[int] = []
    displacements: list[int] = []
    n_calls = n_same = 0
    while len(centres) < n_warps:
        output, steps, _ = case.once(mels)
        centres += [step["centre"] for step in steps]
        displacements += [step["destination"] - step["centre"] for step in steps]
        n_same += np.array_equal(output, mels)
        n_calls += 1
        if n_calls == 200 and not centres:
            break
    told = case.describe() | {"axis": "time-warp", "n_calls": n_calls, "n_warps": len(centres), "nothing": int(n_same)}
    if centres:
        told["centres"] = histogram(centres, max(1, case.n_frames // 50))
        told["displacements"] = histogram(displacements)
    return told


def forced(
    case: Case, values: tuple[int, ...], told: dict[str, Any], mels: np.ndarray
) -> tuple[dict[str, Any], np.ndarray]:
    """The output of a warp whose random functions return ``values``, and the entry that describes it."""
    lengths = None if case.lengths is None else np.array(case.lengths)
    with Draws(forced=values, more=case.more) as draws:
        output = case.run(mels[None].copy(), lengths)[0]
    assert len(draws.values) == len(values), (case, draws.names)
    return case.describe() | told, np.ascontiguousarray(output)
