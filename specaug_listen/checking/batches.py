"""Findings of batches of several clips: items that come back in the place of others.

A batch is given once as it is, and once for each of its items with another clip in that item's place. What comes back
in the place of an item has to follow that item, whatever masks, warps, gains or noise are on it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from .bench import Bench
from .findings import Finding
from .probes import Probe
from .subjects import Given, Outcome

__all__ = ["exchange_findings", "item_shown", "mixed_batch"]

_DRAWS = 3
# Shares of the cells that are enough to compare, and that are the same whatever stands in an item's place.
_ENOUGH, _SAME = 0.05, 0.98


def exchange_findings(bench: Bench) -> list[Finding]:
    """Items of a batch that do not follow what was given in their place."""
    if not bench.subject.takes_batches:
        return []
    probes = _probes(bench)
    n_items, n, odd = len(probes), 0, list[tuple[int, int, str]]()
    frames = ", ".join(str(probe.n_frames) for probe in probes)
    where = f"a batch of {n_items} of {frames} frames"
    for seed in bench.seeds(_DRAWS, 8):
        cases = (None, *range(n_items))
        first, *others = (bench.call(mixed_batch(bench, at), seed, where, kind="batch") for at in cases)
        if first.draws or not all(one.values for one in (first, *others)):
            return []
        n += n_items
        odd += [(i, seed, told) for i, probe in enumerate(probes) if (told := _exchanged(first, others, i, probe))]
    if not odd:
        return []
    item, seed, told = odd[0]
    line = f"{len(odd)} of {n} items of batches came back without what was given in their place, {told}"
    numbers = {"items": n, "alike": len(odd), "item": item + 1}
    return [Finding.of("other-clip-returned", line, where, seed, **numbers)]


def mixed_batch(bench: Bench, clip_at: int | None) -> Given:
    """Probes, of which the first and the last are as long and no order by length is theirs; one may be the clip."""
    probes = [bench.given(probe.values).items[0] for probe in _probes(bench)]
    speech = bench.given(bench.subject.scaled(bench.reference.mel)).items[0]
    items = (speech[:, : one.shape[1]] if at == clip_at else one for at, one in enumerate(probes))
    return Given(tuple(items), pad_value=bench.pads[0])


def item_shown(finding: Finding) -> int | None:
    """Which item of a mixed batch shows a finding of `exchange_findings`; None for another finding."""
    is_of_batch = finding.id == "other-clip-returned" and "item" in finding.numbers
    return int(finding.numbers["item"]) - 1 if is_of_batch else None


def _probes(bench: Bench) -> list[Probe]:
    n = bench.reference.n_frames
    return [bench.probe(max(2, n // 2)), bench.probe(n), bench.probe(max(2, n // 2))]


def _exchanged(first: Outcome, others: Sequence[Outcome], item: int, probe: Probe) -> str:
    """Whose cells came back in the place of an item, where they are not its own; empty where they are."""
    values = first.values[item][:, : probe.n_frames]
    kept = ~(probe.read(values).masked_cells | probe.flat(values))
    if kept.mean() < _ENOUGH:
        return ""
    is_same = [_share_same(values, other.values[item], kept) > _SAME for other in others]
    if not is_same[item]:
        return ""
    followed = [f"{at + 1}" for at, same in enumerate(is_same) if not same]
    return f"e.g. item {followed[0]} in the place of item {item + 1}" if followed else f"e.g. item {item + 1}"


def _share_same(
    values: npt.NDArray[np.floating], other: npt.NDArray[np.floating], kept: npt.NDArray[np.bool_]
) -> float:
    return float((other[:, : values.shape[1]] == values)[kept].mean())
