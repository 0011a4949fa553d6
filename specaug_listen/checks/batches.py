"""Findings of batches of several clips: items in the places of others, or of whom others hear; items that are left out.

A batch is given once as it is, and once for each of its items with another clip in that item's place. What comes back
in the place of an item has to follow that item, whatever masks, warps, gains or noise are on it, and no single other
one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import bdtr

from .pipelines import Given, Outcome
from .probes import Probe
from .report import Finding
from .trials import Bench

__all__ = ["batch_shown", "exchange_findings", "left_out_findings"]

_DRAWS, _MORE_DRAWS = 3, 16
# Shares of the cells that are enough to compare, and that are the same whatever stands in an item's place.
_ENOUGH, _SAME = 0.05, 0.98
# Of batches in which an item follows one other: the share in which it must.
_MOSTLY = 0.75
_N_ITEMS, _N_EQUAL = 8, 4
# Batches in which each item should be changed: how many at least, and at most; and what is far more rarely.
_FEWEST, _MOST, _RARE = 8, 32, 0.25
# Chance that an item is taken for one that is left out.
_FALSE_ALARM = 1e-5


class _Drawn(NamedTuple):
    """A batch of probes under a seed: as it is, and with the clip in the place of each item."""

    seed: int
    probes: list[Probe]
    first: Outcome
    others: list[Outcome]


def exchange_findings(bench: Bench) -> list[Finding]:
    """Items of a batch that do not follow what was given in their place, or that follow one other item."""
    for is_equal in (False, True) if bench.subject.takes_batches else ():
        drawn = _draw_batches(bench, bench.seeds(_DRAWS, 8), is_equal=is_equal)
        if found := _out_of_place(drawn) or _following(bench, drawn, is_equal=is_equal):
            return found
    return []


def left_out_findings(bench: Bench) -> list[Finding]:
    """Items of a batch that are never changed, or far more rarely than the others, by their places alone."""
    if not bench.subject.takes_batches:
        return []
    probe, where = _probes(bench, is_equal=True)[0], f"a batch of {_N_ITEMS}"
    given = Given(tuple(bench.given(probe.values).items[:1]) * _N_ITEMS)
    counts, n, seeds = np.zeros(_N_ITEMS, int), 0, bench.seeds(_MOST, 9)
    for n, seed in enumerate(seeds, start=1):
        outcome = bench.call(given, seed, where, kind="batch")
        if outcome.draws or not outcome.values:
            return []
        counts += [bool((one != probe.values).any()) for one in outcome.values]
        rare = counts <= _RARE * counts.max()
        if n >= _FEWEST and (not rare.any() or _is_no_chance(counts, n, rare)):
            break
    if not rare.any() or not _is_no_chance(counts, n, rare):
        return []
    items = ", ".join(str(i + 1) for i in np.flatnonzero(rare))
    times = "none" if not counts[rare].any() else f"{counts[rare].max()} at most"
    line = (
        f"of {n} batches of {_N_ITEMS} items of one length, {times} changed item {items}, where the others are changed "
        f"in {counts[~rare].mean() / n:.0%}"
    )
    numbers = {"batches": n, "item": int(np.flatnonzero(rare)[0]) + 1, "left_out": int(rare.sum())}
    return [Finding.of("items-left-out", line, where, seeds[0], **numbers)]


def batch_shown(bench: Bench, finding: Finding) -> tuple[Given, int] | None:
    """The batch that shows a finding of this module, with the clip in the place of one item; None for another one."""
    if finding.id not in ("other-clip-returned", "items-left-out") or "item" not in finding.numbers:
        return None
    place = int(finding.numbers["item"]) - 1
    if finding.id == "other-clip-returned":
        return _batch(bench, place, is_equal=bool(finding.numbers["equal"])), place
    probe = _probes(bench, is_equal=True)[0]
    speech = bench.given(bench.subject.scaled(bench.reference.mel)).items[0][:, : probe.n_frames]
    return Given((speech,) * _N_ITEMS), place


def _is_no_chance(counts: npt.NDArray[np.int_], n: int, rare: npt.NDArray[np.bool_]) -> bool:
    """Whether items would hardly ever be changed so rarely, were they changed as often as the others are."""
    others = counts[~rare]
    if not others.size or not others.any():
        return False
    share = (others.sum() + 1) / (n * others.size + 2)
    return bool(_N_ITEMS * bdtr(counts[rare].max(), n, share) < _FALSE_ALARM)


def _probes(bench: Bench, *, is_equal: bool) -> list[Probe]:
    """Those of a batch; of two lengths, the first and the last are alike, and no order by length is theirs."""
    n = bench.reference.n_frames
    short = bench.probe(max(2, n // 2))
    return [short] * _N_EQUAL if is_equal else [short, bench.probe(n), short]


def _batch(bench: Bench, clip_at: int | None, *, is_equal: bool) -> Given:
    """Probes, one of which may be the clip."""
    probes = [bench.given(probe.values).items[0] for probe in _probes(bench, is_equal=is_equal)]
    speech = bench.given(bench.subject.scaled(bench.reference.mel)).items[0]
    items = (speech[:, : one.shape[1]] if at == clip_at else one for at, one in enumerate(probes))
    return Given(tuple(items), pad_value=bench.pads[0])


def _draw_batches(bench: Bench, seeds: Sequence[int], *, is_equal: bool) -> list[_Drawn]:
    """Of each seed; nothing where a call fails, or where a policy says what it draws."""
    probes, drawn = _probes(bench, is_equal=is_equal), list[_Drawn]()
    where = _where(probes)
    batches = [_batch(bench, at, is_equal=is_equal) for at in (None, *range(len(probes)))]
    for seed in seeds:
        first, *others = (bench.call(batch, seed, where, kind="batch") for batch in batches)
        if first.error is not None:
            _try_alone(bench, probes[0], seed)
        if first.draws or not all(one.values for one in (first, *others)):
            return []
        drawn.append(_Drawn(seed, probes, first, others))
    return drawn


def _try_alone(bench: Bench, probe: Probe, seed: int) -> None:
    """Call it on one clip of a length on which a batch failed: what fails there, too, is no fault of batches."""
    bench.call(bench.given(probe.values), seed, f"a clip of {probe.n_frames} frames", kind="tiny")


def _where(probes: Sequence[Probe]) -> str:
    return f"a batch of {len(probes)} of {', '.join(str(probe.n_frames) for probe in probes)} frames"


def _out_of_place(drawn: Sequence[_Drawn]) -> list[Finding]:
    """Items that do not follow what was given in their place."""
    odd = [(i, one, told) for one in drawn for i in range(len(one.probes)) if (told := _exchanged(one, i))]
    if not odd:
        return []
    item, first, told = odd[0]
    n = sum(len(one.probes) for one in drawn)
    line = f"{len(odd)} of {n} items of batches came back without what was given in their place, {told}"
    return [_returned(first, line, item, items=n, alike=len(odd))]


def _returned(drawn: _Drawn, line: str, item: int, **numbers: float) -> Finding:
    """An item that is, or holds, another one."""
    is_equal = len({probe.n_frames for probe in drawn.probes}) == 1
    numbers |= {"item": item + 1, "equal": int(is_equal)}
    return Finding.of("other-clip-returned", line, _where(drawn.probes), drawn.seed, **numbers)


def _exchanged(drawn: _Drawn, item: int) -> str:
    """Whose cells came back in the place of an item, where they are not its own; empty where they are."""
    probe = drawn.probes[item]
    values = drawn.first.values[item][:, : probe.n_frames]
    kept = ~(probe.read(values).masked_cells | probe.flat(values))
    if kept.mean() < _ENOUGH:
        return ""
    is_same = [_share_same(values, other.values[item], kept) > _SAME for other in drawn.others]
    if not is_same[item]:
        return ""
    followed = [f"{at + 1}" for at, same in enumerate(is_same) if not same]
    return f"e.g. item {followed[0]} in the place of item {item + 1}" if followed else f"e.g. item {item + 1}"


def _share_same(
    values: npt.NDArray[np.floating], other: npt.NDArray[np.floating], kept: npt.NDArray[np.bool_]
) -> float:
    return float((other[:, : values.shape[1]] == values)[kept].mean())


def _following(bench: Bench, drawn: list[_Drawn], *, is_equal: bool) -> list[Finding]:
    """Cells of items that are those of one item of the batch, always the same one; mixes follow many."""
    followed = {at for one in drawn for at, _ in _followed(one)}
    if len(followed) != 1:
        return []
    drawn = [*drawn, *_draw_batches(bench, bench.seeds(_MORE_DRAWS, 10), is_equal=is_equal)]
    pairs = [(one, pairs) for one in drawn if (pairs := _followed(one))]
    if {at for _, pair in pairs for at, _ in pair} != followed or len(pairs) < _MOSTLY * (_DRAWS + _MORE_DRAWS):
        return []
    (at,), (first, ((_, item), *_)) = followed, pairs[0]
    told = f"in {len(pairs)} of {len(drawn)} batches"
    if not _is_flat(first, at, item):
        line = f"cells of other items are those of item {at + 1}, {told}"
        return [_returned(first, line, item, batches=len(drawn), alike=len(pairs))]
    line = f"fills of other items follow what item {at + 1} is, {told}"
    return [
        Finding.of("padding-in-fill", line, _where(first.probes), first.seed, batches=len(drawn), differing=len(pairs))
    ]


def _followed(drawn: _Drawn) -> list[tuple[int, int]]:
    """Items with which others change, and those that do."""
    n = len(drawn.probes)
    return [(at, i) for at in range(n) for i in range(n) if i != at and _changed(drawn, at, i).any()]


def _changed(drawn: _Drawn, at: int, item: int) -> npt.NDArray[np.bool_]:
    """Cells of one item that are others where another clip stands in the place of another item."""
    n = drawn.probes[item].n_frames
    changed: npt.NDArray[np.bool_] = drawn.others[at].values[item][:, :n] != drawn.first.values[item][:, :n]
    return changed


def _is_flat(drawn: _Drawn, at: int, item: int) -> bool:
    """Whether what is another is a level, and no sound."""
    probe = drawn.probes[item]
    values = drawn.others[at].values[item][:, : probe.n_frames]
    return bool(probe.flat(values)[_changed(drawn, at, item)].mean() > 0.5)
