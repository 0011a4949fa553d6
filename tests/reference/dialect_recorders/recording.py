"""What every recorder shares: catching the random calls of a library, reading masks, counting them.

A *step* is one thing that a transform drew, as a plain dictionary:

``{"call", "item", "axis", "start", "width"}``
    A mask over ``[start, start + width)`` of axis ``"time"`` or ``"frequency"``, as drawn: it may reach over either
    end of the axis, where the library cuts it. ``item`` is the place in the batch, or null for the whole batch.
    ``call`` counts the calls since the seeding. With ``"source"``: the frames come from ``[source, source +
    width)`` of the input (wenet's spec_sub).
``{"call", "item", "axis": "rectangle", "start": [bin, frame], "width": [n_bins, n_frames]}``
    A rectangle (NeMo's SpecCutout).
``{"call", "item", "axis": "time-warp", "centre", "destination"}``
    A warp that takes frame ``centre`` to ``destination`` (``"frequency-warp"``: bin).
``{"call", "item", "axis": "trim", "start", "width"}``
    Frames cut off at the end (wenet's spec_trim); width 0 when it does nothing.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

Step = dict[str, Any]
SOURCES = (
    (torch, "rand"),
    (torch, "randint"),
    (torch, "rand_like"),
    (np.random, "rand"),
    (np.random, "randint"),
    (np.random, "choice"),
    (random, "random"),
    (random, "randint"),
    (random, "sample"),
    (random, "choice"),
    (random, "shuffle"),
)
N_MASKS = 20_000
LARGEST = 20_000
"""Cells of an input (250 frames of 80 bins) up to which every axis gets `N_MASKS`."""
N_CALLS = 1_000
N_CALLS_OF_A_BATCH = 400
FEW_BINS = {"n_mels": 4}
FEW_FRAMES = {"n_frames": 50}
"""Shapes for transforms of the other axis alone: they cost less and change nothing."""
N_STRAYS = 3
"""A warp makes new values; among ten thousands of them a few may be equal to a mean."""


class Draws:
    """Catches what the random functions of torch, numpy and random return while it is entered.

    With ``forced``, the functions return these values in turn instead of drawing.
    """

    def __init__(self, forced: tuple[int, ...] = (), more: tuple[tuple[Any, str], ...] = ()):
        self.names: list[str] = []
        self.values: list[Any] = []
        self._forced = list(forced)
        self._sources = (*SOURCES, *more)
        self._kept: list[tuple[Any, str, Any]] = []
        self._inside = False

    def __enter__(self) -> Draws:
        for owner, name in self._sources:
            original = getattr(owner, name)
            self._kept.append((owner, name, original))
            setattr(owner, name, self._watched(owner, name, original))
        return self

    def __exit__(self, *_: object) -> None:
        for owner, name, original in self._kept:
            setattr(owner, name, original)

    def _watched(self, owner: Any, name: str, original: Callable[..., Any]) -> Callable[..., Any]:
        def watched(*args: Any, **kwargs: Any) -> Any:
            if self._inside:
                return original(*args, **kwargs)
            self._inside = True
            try:
                value = self._value(owner, original, args, kwargs)
            finally:
                self._inside = False
            self.names.append(f"{getattr(owner, '__name__', 'rng')}.{name}")
            self.values.append(value.numpy().copy() if hasattr(value, "numpy") else value)
            return value

        return watched

    def _value(self, owner: Any, original: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        if not self._forced:
            return original(*args, **kwargs)
        value = self._forced.pop(0)
        return torch.tensor([value]) if owner is torch else value


@dataclass(frozen=True)
class Case:
    """A transform of a library with its parameters, on one shape of input."""

    dialect: str
    transform: str
    parameters: dict[str, Any]
    run: Callable[[np.ndarray, np.ndarray | None], np.ndarray]
    """Runs the real code: (batch, n_mels, n_frames), lengths in frames or None → the same shape."""
    read: Callable[[Iterator[Any], tuple[int, int, int], np.ndarray | None], list[Step]]
    """Turns what was drawn, in its order, into steps."""
    seed: Callable[[int], Any]
    generator: str
    n_frames: int = 500
    n_mels: int = 80
    batch: int = 1
    lengths: tuple[int, ...] | None = None
    preset: str = ""
    restated: str = ""
    more: tuple[tuple[Any, str], ...] = field(default=(), repr=False)
    """Further sources of chance than those of `SOURCES`: (owner, name of the function)."""
    warped: bool = False
    """The input is warped first: masks show as cells that hold the fill, not as changed cells."""
    veiled: bool = False
    """The warp comes last and blurs the fill: masks cannot be read off the output, only off the draws."""

    def describe(self) -> dict[str, Any]:
        """What a reader of the recording needs to set up the same."""
        told = {
            "dialect": self.dialect,
            "transform": self.transform,
            "parameters": self.parameters,
            "n_mels": self.n_mels,
            "n_frames": self.n_frames,
            "batch": self.batch,
            "lengths": self.lengths and list(self.lengths),
        }
        return (
            told
            | ({"preset": self.preset} if self.preset else {})
            | ({"restated": self.restated} if self.restated else {})
        )

    def once(self, mels: np.ndarray, call: int = 0) -> tuple[np.ndarray, list[Step], list[str]]:
        """One call of the library: its output, what it drew, and by which functions."""
        lengths = None if self.lengths is None else np.array(self.lengths)
        with Draws(more=self.more) as draws:
            output = self.run(mels.copy(), lengths)
        left = iter(draws.values)
        steps = [{"call": call, **step} for step in self.read(left, mels.shape, lengths)]
        assert next(left, None) is None, (self, draws.names)
        return output, steps, draws.names


def mel(n_mels: int, n_frames: int, batch: int = 1, seed: int = 0) -> np.ndarray:
    """Cells that are all distinct, in [16, 20) or [24, 28), so that neither zero nor a mean of many is among them."""
    rng = np.random.default_rng(seed)
    size = batch * n_mels * n_frames
    assert size < 2**21, "float32 has no more values of its own in either range"
    cells = 16 + rng.permutation(size) * 2.0**-19 + rng.choice([0, 8], size)
    return cells.astype(np.float32).reshape(batch, n_mels, n_frames)


def lengths_down_to_half(n_frames: int, batch: int) -> tuple[int, ...]:
    """Lengths of a padded batch, evenly from the longest to half of it."""
    return tuple(int(v) for v in np.linspace(n_frames, n_frames // 2, batch))


def span(start: int, width: int, size: int) -> slice:
    return slice(max(0, min(start, size)), max(0, min(start + width, size)))


def items(step: Step, batch: int) -> range:
    return range(batch) if step["item"] is None else range(step["item"], step["item"] + 1)


def masked_cells(steps: list[Step], shape: tuple[int, int, int]) -> np.ndarray:
    """Which cells (batch, n_mels, n_frames) the steps say are masked."""
    batch, n_mels, n_frames = shape
    masked = np.zeros(shape, dtype=bool)
    for step in steps:
        for item in items(step, batch):
            if step["axis"] == "time":
                changes = step.get("source") != step["start"]
                masked[item, :, span(step["start"], step["width"], n_frames)] = changes
            elif step["axis"] == "frequency":
                masked[item, span(step["start"], step["width"], n_mels)] = True
            elif step["axis"] == "rectangle":
                (low, first), (high, last) = step["start"], step["width"]
                masked[item, span(low, high, n_mels), span(first, last, n_frames)] = True
    return masked


def checked(case: Case, output: np.ndarray, mels: np.ndarray, steps: list[Step]) -> np.ndarray:
    """Which cells the steps mask, after making sure that the output shows just these."""
    masked = masked_cells(steps, mels.shape)
    cut = max((step["width"] for step in steps if step["axis"] == "trim"), default=0)
    seen = masked[:, :, : mels.shape[2] - cut]
    assert output.shape == seen.shape, (case.describe(), output.shape)
    if case.veiled:
        return masked
    for item in range(case.batch):
        valid = slice(None if case.lengths is None or not case.warped else case.lengths[item])
        shown = _filled(output[item], seen[item]) if case.warped else output[item] != mels[item, :, : output.shape[2]]
        differ = (shown != seen[item])[:, valid]
        strays = N_STRAYS if case.warped else 0
        assert differ.sum() <= strays and not differ[seen[item][:, valid]].any(), (case.describe(), item, steps)  # noqa: PT018
    return masked


def _filled(output: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Cells that hold what the masked cells hold: one fill, or two where each axis has its own mean."""
    fills = np.unique(output[seen])
    assert len(fills) <= 2, fills
    return np.isin(output, fills)


# -- counting ----------------------------------------------------------------------------------------


def histogram(values: list[int], step: int = 1) -> dict[str, Any]:
    """How often each value (or each group of ``step`` values from ``first`` on) was seen."""
    seen = np.asarray(values, dtype=np.int64)
    if not seen.size:
        return {"first": 0, "step": step, "counts": [], "least": None, "greatest": None}
    first = int(seen.min()) if step == 1 else 0
    first = min(first, int(np.floor(seen.min() / step) * step))
    counts = np.bincount((seen - first) // step)
    return {
        "first": first,
        "step": step,
        "counts": counts.tolist(),
        "least": int(seen.min()),
        "greatest": int(seen.max()),
    }


def starts_by_width(starts: list[int], widths: list[int], size: int) -> dict[str, Any]:
    """Starts as a share of the room that the width leaves, in 20 groups, for four groups of widths."""
    start, width = np.asarray(starts), np.asarray(widths)
    edges = np.unique(np.quantile(width, [0, 0.25, 0.5, 0.75, 1]).astype(int))
    edges = np.append(edges[:-1], edges[-1] + 1) if len(edges) > 1 else np.array([edges[0], edges[0] + 1])
    counts = []
    for low, high in itertools.pairwise(edges):
        inside = (width >= low) & (width < high)
        share = start[inside] / np.maximum(1, size - width[inside] + 1)
        counts.append(np.bincount(np.clip((share * 20).astype(int), 0, 20), minlength=21).tolist())
    return {"width_edges": edges.tolist(), "counts": counts}


def coverage(covered: np.ndarray, axis: str) -> dict[str, Any]:
    """How many of the items had these places masked; ``covered`` is the sum over the items."""
    size = len(covered)
    told = {
        "first": covered[0],
        "second": covered[1],
        "middle": covered[size // 2],
        "last_but_one": covered[-2],
        "last": covered[-1],
    }
    places = np.arange(size) if axis == "frequency" else np.linspace(0, size - 1, 20).round().astype(int)
    return {name: int(n) for name, n in told.items()} | {
        "at": places.tolist(),
        "profile": [int(covered[p]) for p in places],
    }


class Tally:
    """Counts the masks of one axis over many items; a rectangle counts as its side along that axis."""

    def __init__(self, axis: str, size: int):
        self.axis, self.size = axis, size
        self.widths: list[int] = []
        self.inside: list[int] = []
        self.starts: list[int] = []
        self.drawn: list[int] = []
        self.effective: list[int] = []
        self.shares: list[float] = []
        self.covered = np.zeros(size, dtype=np.int64)

    def _along(self, step: Step) -> tuple[int, int]:
        if step["axis"] != "rectangle":
            return step["start"], step["width"]
        place = ("frequency", "time").index(self.axis)
        return step["start"][place], step["width"][place]

    def add(self, steps: list[Step], item: int) -> np.ndarray:
        """Count one item's masks; return which places they cover."""
        places = np.zeros(self.size, dtype=bool)
        axes = (self.axis,) if self.axis == "trim" else (self.axis, "rectangle")
        mine = [self._along(s) for s in steps if s["axis"] in axes and s["item"] in (None, item)]
        n_effective = 0
        for start, width in mine:
            within = span(start, width, self.size)
            places[within] = True
            self.widths.append(width)
            self.starts.append(start)
            self.inside.append(within.stop - within.start)
            n_effective += within.stop > within.start
        self.drawn.append(len(mine))
        self.effective.append(n_effective)
        self.shares.append(float(places.mean()))
        self.covered += places
        return places

    def told(self) -> dict[str, Any]:
        shares = np.array(self.shares)
        told: dict[str, Any] = {
            "axis": self.axis,
            "n_items": len(self.drawn),
            "n_masks": len(self.widths),
            "counts": histogram(self.effective),
            "drawn": histogram(self.drawn),
            "nothing": int((shares == 0).sum()),
            "share": {"mean": round(float(shares.mean()), 6), "std": round(float(shares.std()), 6)},
            "coverage": coverage(self.covered, self.axis),
        }
        if self.widths:
            told["widths"] = histogram(self.widths)
            told["starts"] = histogram(self.starts, 1 if self.axis == "frequency" else max(1, -(-self.size // 50)))
            told["starts_by_width"] = starts_by_width(self.starts, self.widths, self.size)
            if self.inside != self.widths:
                told["widths_inside"] = histogram(self.inside)
        return told


def statistics(case: Case, seed: int = 1) -> list[dict[str, Any]]:
    """Draw many masks and count them, after checking in every call that the output shows just these masks."""
    mels = mel(case.n_mels, case.n_frames, case.batch)
    case.seed(seed)
    tallies: dict[int | str, tuple[list[Tally], list[float]]] = {}
    n_masks = dict.fromkeys(("time", "frequency"), 0)
    n_calls = 0
    at_least = N_CALLS if case.batch == 1 else N_CALLS_OF_A_BATCH
    while _too_few(n_masks, mels) or n_calls < at_least:
        output, steps, _ = case.once(mels)
        masked = checked(case, output, mels, steps)
        for item in range(case.batch):
            group = "all" if case.lengths is None else item
            if group not in tallies and group not in ("all", 0, case.batch - 1):
                continue
            if group not in tallies:
                sizes = {"time": case.n_frames, "frequency": case.n_mels, "trim": case.n_frames}
                tallies[group] = [Tally(axis, size) for axis, size in sizes.items()], []
            for tally in tallies[group][0]:
                tally.add(steps, item)
            tallies[group][1].append(float(masked[item].mean()))
        n_calls += 1
        for step in steps:
            for axis in n_masks if step["axis"] in ("rectangle", "trim") else (step["axis"],):
                n_masks[axis] += len(items(step, case.batch))
    return [entry for group, tally in tallies.items() for entry in _entries(case, group, n_calls, *tally)]


def _too_few(n_masks: dict[str, int], mels: np.ndarray) -> bool:
    """Whether an axis still wants masks. Large inputs take long; there, the calls that are made anyway are enough."""
    seen = [n for n in n_masks.values() if n]
    return mels.size <= LARGEST and (not seen or min(seen) < N_MASKS)


def _entries(
    case: Case, group: int | str, n_calls: int, tallies: list[Tally], areas: list[float]
) -> Iterator[dict[str, Any]]:
    told = case.describe() | {"item": group, "n_calls": n_calls}
    if case.lengths is not None:
        told["length"] = case.lengths[int(group)]
    for tally in tallies:
        if tally.widths:
            yield told | tally.told()
    area = {"mean": round(float(np.mean(areas)), 6), "std": round(float(np.std(areas)), 6)}
    yield told | {"axis": "area", "n_items": len(areas), "share": area, "nothing": int(np.sum(np.array(areas) == 0))}


def replay(case: Case, seed: int, n_calls: int = 2) -> dict[str, Any]:
    """Seed once, call some times, and tell every step; the output is checked to show just these."""
    mels = mel(case.n_mels, case.n_frames, case.batch)
    case.seed(seed)
    told, names = [], []
    for call in range(n_calls):
        output, steps, functions = case.once(mels, call)
        checked(case, output, mels, steps)
        told += steps
        names += functions if call == 0 else []
    return case.describe() | {
        "generator": case.generator,
        "seed": seed,
        "n_calls": n_calls,
        "random": names,
        "steps": told,
    }
