"""Rules for batches of several clips: items that are exchanged, depend on another item, or are left out.

A batch of probes is augmented once as it is, and once for each item with a clip in place of that item. The output item
must change with its own input, whatever masks, warps, gains or noise are applied, and not with one other item.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import bdtr

from ..custom.axes_order import MelBatch
from .findings import Finding
from .pipelines import Outcome
from .probes import Probe
from .session import Session
from .significance import ITEMS_SIGNIFICANCE
from .stages import Rule, Stage

__all__ = ["RULES", "batch_of_finding", "exchange_findings", "left_out_findings"]

# Number of batches with exchanged items.
_FIRST_EXCHANGES = 3
# Number of further batches if an item seems to depend on another one.
_MORE_EXCHANGES = 16
# Two results of an item are compared if they have this share of its cells in common.
_LEAST_SHARE_COMPARED = 0.05
# An item does not depend on the exchanged one if at least this share of the compared cells is equal.
_LEAST_SHARE_SAME = 0.98
# An item follows another one if it depends on it in at least this share of the batches.
_LEAST_SHARE_FOLLOWING = 0.75
# Number of items in a batch of the test for items that are left out.
_N_ITEMS = 8
# Number of items in a batch with exchanged items.
_N_EXCHANGED_ITEMS = 4
# Fewest and most batches in which the changes of each item are counted.
_FEWEST_BATCHES = 8
_MAX_BATCHES = 32
# An item counts as left out if it is changed at most this share as often as the one that is changed most.
_LEFT_OUT_RATE = 0.25


class _Exchange(NamedTuple):
    """Results of a batch of probes under a seed: as it is, and with the clip in place of each item."""

    seed: int
    probes: list[Probe]
    outcome: Outcome
    exchanged: list[Outcome]


def exchange_findings(session: Session) -> list[Finding]:
    """Report items of a batch that do not depend on their own input, or that depend on one other item."""
    for is_equal in (False, True) if session.pipeline.takes_batches else ():
        exchanges = _exchanges(session, session.seeds(_FIRST_EXCHANGES, 8), is_equal=is_equal)
        if findings := _out_of_place(exchanges) or _following(session, exchanges, is_equal=is_equal):
            return findings
    return []


def left_out_findings(session: Session) -> list[Finding]:
    """Report items of a batch that are changed far more rarely than the others, or never, due to their position."""
    if not session.pipeline.takes_batches:
        return []
    probe, where = _probes(session, is_equal=True)[0], f"a batch of {_N_ITEMS}"
    batch = MelBatch(session.batch(probe.values).items[:1] * _N_ITEMS)
    counts, n, seeds = np.zeros(_N_ITEMS, int), 0, session.seeds(_MAX_BATCHES, 9)
    for n, seed in enumerate(seeds, start=1):
        outcome = session.call(batch, seed, where, kind="batch")
        if outcome.draws or not outcome.values:
            return []
        counts += [bool((item != probe.values).any()) for item in outcome.values]
        rare = counts <= _LEFT_OUT_RATE * counts.max()
        if n >= _FEWEST_BATCHES and (not rare.any() or _is_significant(counts, n, rare)):
            break
    if not rare.any() or not _is_significant(counts, n, rare):
        return []
    items = ", ".join(str(i + 1) for i in np.flatnonzero(rare))
    times = "none" if not counts[rare].any() else f"{counts[rare].max()} at most"
    line = (
        f"of {n} batches of {_N_ITEMS} items of one length, {times} changed item {items}; the others were changed in "
        f"{counts[~rare].mean() / n:.0%}"
    )
    numbers = {"batches": n, "item": int(np.flatnonzero(rare)[0]) + 1, "left_out": int(rare.sum())}
    return [Finding.of("items-left-out", line, where, seeds[0], **numbers)]


def batch_of_finding(session: Session, finding: Finding) -> tuple[MelBatch, int] | None:
    """Return the batch that shows a finding of this module, and the clip's index in it; None for other findings."""
    if finding.id not in ("other-clip-returned", "items-left-out") or "item" not in finding.numbers:
        return None
    place = int(finding.numbers["item"]) - 1
    if finding.id == "other-clip-returned":
        return _batch(session, place, is_equal=bool(finding.numbers["equal"])), place
    probe = _probes(session, is_equal=True)[0]
    speech = session.batch(session.pipeline.scaled(session.reference.mel)).items[0][:, : probe.n_frames]
    return MelBatch((speech,) * _N_ITEMS), place


def _is_significant(counts: npt.NDArray[np.int_], n: int, rare: npt.NDArray[np.bool_]) -> bool:
    """Return whether items are changed significantly more rarely than the others, by a binomial test."""
    usual = counts[~rare]
    if not usual.size or not usual.any():
        return False
    share = (usual.sum() + 1) / (n * usual.size + 2)
    return bool(_N_ITEMS * bdtr(counts[rare].max(), n, share) < ITEMS_SIGNIFICANCE)


def _probes(session: Session, *, is_equal: bool) -> list[Probe]:
    """Return the probes of a batch: of equal lengths, or short, long, short, which is sorted neither way."""
    n = session.reference.n_frames
    short = session.probe(max(2, n // 2))
    return [short] * _N_EXCHANGED_ITEMS if is_equal else [short, session.probe(n), short]


def _batch(session: Session, clip_at: int | None, *, is_equal: bool) -> MelBatch:
    """Return a batch of probes, with the clip at index ``clip_at``."""
    probes = [session.batch(probe.values).items[0] for probe in _probes(session, is_equal=is_equal)]
    speech = session.batch(session.pipeline.scaled(session.reference.mel)).items[0]
    items = (speech[:, : probe.shape[1]] if at == clip_at else probe for at, probe in enumerate(probes))
    return MelBatch(tuple(items), pad_value=session.pads[0])


def _exchanges(session: Session, seeds: Sequence[int], *, is_equal: bool) -> list[_Exchange]:
    """Call a batch under each seed, and again with each of its items exchanged.

    The list is empty if a call fails, or if the pipeline is a policy, since a policy treats items separately.
    """
    probes, exchanges = _probes(session, is_equal=is_equal), list[_Exchange]()
    where = _where(probes)
    batches = [_batch(session, at, is_equal=is_equal) for at in (None, *range(len(probes)))]
    for seed in seeds:
        outcome, *exchanged = (session.call(batch, seed, where, kind="batch") for batch in batches)
        if outcome.error is not None:
            _try_alone(session, probes[0], seed)
        if outcome.draws or not all(each.values for each in (outcome, *exchanged)):
            return []
        exchanges.append(_Exchange(seed, probes, outcome, exchanged))
    return exchanges


def _try_alone(session: Session, probe: Probe, seed: int) -> None:
    """Call the pipeline on a single clip after a batch failed: an error there, too, is not a fault of batches."""
    session.call(session.batch(probe.values), seed, f"a clip of {probe.n_frames} frames", kind="tiny")


def _where(probes: Sequence[Probe]) -> str:
    return f"a batch of {len(probes)} of {', '.join(str(probe.n_frames) for probe in probes)} frames"


def _out_of_place(exchanges: Sequence[_Exchange]) -> list[Finding]:
    """Report items that do not depend on their own input."""
    cases = [
        (item, exchange, example)
        for exchange in exchanges
        for item in range(len(exchange.probes))
        if (example := _example(exchange, item))
    ]
    if not cases:
        return []
    item, first, example = cases[0]
    n = sum(len(exchange.probes) for exchange in exchanges)
    line = f"{len(cases)} of {n} items of batches do not depend on their own input, {example}"
    return [_other_returned(first, line, item, items=n, alike=len(cases))]


def _other_returned(exchange: _Exchange, line: str, item: int, **numbers: float) -> Finding:
    """Report an item that is replaced by another one, or contains parts of it."""
    is_equal = len({probe.n_frames for probe in exchange.probes}) == 1
    numbers |= {"item": item + 1, "equal": int(is_equal)}
    return Finding.of("other-clip-returned", line, _where(exchange.probes), exchange.seed, **numbers)


def _example(exchange: _Exchange, item: int) -> str:
    """Describe which input an output item depends on instead of its own; empty if it depends on its own."""
    probe = exchange.probes[item]
    values = exchange.outcome.values[item][:, : probe.n_frames]
    unmasked = ~(probe.read(values).masked_cells | probe.flat(values))
    if unmasked.mean() < _LEAST_SHARE_COMPARED:
        return ""
    is_same = [
        _share_same(values, outcome.values[item], unmasked) > _LEAST_SHARE_SAME for outcome in exchange.exchanged
    ]
    if not is_same[item]:
        return ""
    sources = [f"{at + 1}" for at, same in enumerate(is_same) if not same]
    return f"e.g. item {sources[0]} in the place of item {item + 1}" if sources else f"e.g. item {item + 1}"


def _share_same(
    values: npt.NDArray[np.floating], other: npt.NDArray[np.floating], cells: npt.NDArray[np.bool_]
) -> float:
    return float((other[:, : values.shape[1]] == values)[cells].mean())


def _following(session: Session, exchanges: list[_Exchange], *, is_equal: bool) -> list[Finding]:
    """Report items that depend on one other item, always the same; mixing augmentations depend on many."""
    sources = {at for exchange in exchanges for at, _ in _sources(exchange)}
    if len(sources) != 1:
        return []
    exchanges = [*exchanges, *_exchanges(session, session.seeds(_MORE_EXCHANGES, 10), is_equal=is_equal)]
    cases = [(exchange, pairs) for exchange in exchanges if (pairs := _sources(exchange))]
    if {at for _, pairs in cases for at, _ in pairs} != sources or len(cases) < _LEAST_SHARE_FOLLOWING * (
        _FIRST_EXCHANGES + _MORE_EXCHANGES
    ):
        return []
    (at,), (first, ((_, item), *_)) = sources, cases[0]
    share = f"in {len(cases)} of {len(exchanges)} batches"
    if not _is_flat(first, at, item):
        line = f"cells of other items are from item {at + 1}, {share}"
        return [_other_returned(first, line, item, batches=len(exchanges), alike=len(cases))]
    line = f"fills of other items depend on item {at + 1}, {share}"
    numbers = {"batches": len(exchanges), "differing": len(cases)}
    return [Finding.of("padding-in-fill", line, _where(first.probes), first.seed, **numbers)]


def _sources(exchange: _Exchange) -> list[tuple[int, int]]:
    """List pairs of an item, and another one whose output depends on it."""
    n = len(exchange.probes)
    return [(at, i) for at in range(n) for i in range(n) if i != at and _changed_cells(exchange, at, i).any()]


def _changed_cells(exchange: _Exchange, at: int, item: int) -> npt.NDArray[np.bool_]:
    """Return which cells of an output item change when the item ``at`` is exchanged."""
    n = exchange.probes[item].n_frames
    changed: npt.NDArray[np.bool_] = exchange.exchanged[at].values[item][:, :n] != exchange.outcome.values[item][:, :n]
    return changed


def _is_flat(exchange: _Exchange, at: int, item: int) -> bool:
    """Return whether the changed cells are constant, such as fills."""
    probe = exchange.probes[item]
    values = exchange.exchanged[at].values[item][:, : probe.n_frames]
    return bool(probe.flat(values)[_changed_cells(exchange, at, item)].mean() > 0.5)


RULES = (
    Rule(Stage.BATCHES, exchange_findings),
    Rule(Stage.BATCHES, left_out_findings),
)
