"""Rules for padded batches: masks in the padding, padding in fills, warps across the end of a clip."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from .._arrays import runs
from ..augment import Draw, Rectangle, TimeSpan
from ..custom.axes_order import MelBatch
from .findings import Finding
from .mask_places import MaskPlaces
from .probes import Effect, Probe
from .session import Session, effect_of, masked_padding_frames
from .stages import Rule, Stage

__all__ = ["RULES", "draw_in_padding", "n_unpadded", "padding_findings"]


@dataclass
class _Tally:
    """The seeds of the draws that show each fault.

    ``in_fill`` also has how much a fill differed, and ``long_runs`` has the masks of the long clip instead of seeds.
    """

    where: str
    n: int = 0
    in_padding: list[int] = field(default_factory=list)
    in_fill: list[tuple[int, float]] = field(default_factory=list)
    across: list[int] = field(default_factory=list)
    long_runs: list[tuple[tuple[int, int], ...]] = field(default_factory=list)


def padding_findings(session: Session) -> list[Finding]:
    """Report faults that padding causes: a short clip is padded like a long one, for each seed with two pad values."""
    if not session.pipeline.takes_batches:
        return []
    short, long = _probes(session)
    is_reproducible = session.is_reproducible(session.reference)
    tally = _Tally(f"{short.n_frames} frames in a batch of {long.n_frames}")
    for seed in session.seeds(session.effort.n_padded, 7):
        both = [_padded_draw(session, short, long, pad_value, seed, tally.where) for pad_value in session.pads]
        draws = [draw for draw in both if draw is not None]
        if len(draws) < len(both):
            continue
        (first, low), (second, high) = ((draw.effect, draw.values) for draw in draws)
        tally.n += 1
        if is_reproducible and all(draw.is_across for draw in draws):
            tally.across.append(seed)
        tally.long_runs += [draw.long_runs for draw in draws]
        if first.n_in_padding or second.n_in_padding:
            tally.in_padding.append(seed)
        masked = first.masked_bins[:, np.newaxis] | first.masked_frames
        # A warp may have moved padding into the clip, which is no fill.
        masked = masked & short.flat(low) & (low != np.float32(session.pads[0])) & (high != np.float32(session.pads[1]))
        differences = np.abs(low - high)[masked]
        if (
            is_reproducible
            and masked.any()
            and (differences > 1e-5 * (session.range[1] - session.range[0])).mean() > 0.5
        ):
            tally.in_fill.append((seed, float(differences.max())))
    return [*_findings(session, tally), *_shortest(session, tally, short.n_frames, long.n_frames)]


def _shortest(session: Session, tally: _Tally, n_short: int, n_long: int) -> list[Finding]:
    """Report masks of the long clip that end where the short one does, but that go on without a short one."""
    masked = MaskPlaces(n_long, tuple(tally.long_runs))
    free = masked.free_places(at_end=True)
    if free is None or n_long - free > n_short + 1:
        return []
    alone = (tuple(runs(trial.effect.masked_frames)) for trial in session.trials_of(session.reference))
    if all(start + width <= n_short + 1 for draw in alone for start, width in draw):
        return []
    line = (
        f"beside a clip of {n_short} frames, none of {len(masked.runs)} time masks of one of {n_long} reaches beyond "
        f"frame {n_long - free}"
    )
    seed = session.seeds(session.effort.n_padded, 7)[0]
    return [Finding.of("masks-follow-shortest", line, tally.where, seed, masks=len(masked.runs))]


def n_unpadded(n_frames: int) -> int:
    """Return the length of the clip that is padded to ``n_frames``."""
    return max(2, n_frames // 4)


def draw_in_padding(session: Session, seed: int) -> Draw:
    """Return the visible masks of one draw on the short clip and its padding, to outline them in a picture."""
    short, long = _probes(session)
    nothing, pad_value = Draw(short.n_mels, long.n_frames), session.pads[0]
    items = tuple(session.batch(probe.values).items[0] for probe in (short, long))
    outcome = session.call(MelBatch(items, pad_value=pad_value), seed, "a picture", kind="picture")
    if not outcome.values:
        return nothing
    effect = effect_of(outcome, short, pad_value)
    frames = np.concatenate([effect.masked_frames, masked_padding_frames(outcome, short, pad_value)])
    boxes = [Rectangle(start, n, 0, short.n_frames) for start, n in runs(effect.masked_bins)]
    spans = [TimeSpan(start, n) for start, n in runs(frames)]
    n_lost = outcome.draws[0].n_masks_in_padding if outcome.draws else 0
    return Draw(short.n_mels, long.n_frames, (*boxes, *spans), n_masks_in_padding=n_lost)


def _probes(session: Session) -> tuple[Probe, Probe]:
    n_long = session.reference.n_frames
    return session.probe(n_unpadded(n_long)), session.probe(n_long)


class _PaddedDraw(NamedTuple):
    """One draw of a batch: effect on the short clip, its cells, a warp across its end, and masks of the long clip."""

    effect: Effect
    values: np.ndarray
    is_across: bool
    long_runs: tuple[tuple[int, int], ...]


def _padded_draw(
    session: Session, short: Probe, long: Probe, pad_value: float, seed: int, where: str
) -> _PaddedDraw | None:
    items = tuple(session.batch(probe.values).items[0] for probe in (short, long))
    outcome = session.call(MelBatch(items, pad_value=pad_value), seed, f"a batch of 2, {where}", kind="batch")
    if not outcome.values:
        return None
    values = outcome.values[0][:, : short.n_frames].astype(np.float64)
    if outcome.draws:
        flags = outcome.draws[1].masked_frames
        is_across = any((w.over_frames or 0) > short.n_frames and w.displacement_frames for w in outcome.draws[0].warps)
    else:
        flags = long.read(outcome.values[1]).masked_frames
        is_across = short.is_carried_over(outcome.values[0], pad_value)
    long_runs = () if flags.all() else tuple(runs(flags))
    return _PaddedDraw(effect_of(outcome, short, pad_value), values, is_across, long_runs)


def _findings(session: Session, tally: _Tally) -> list[Finding]:
    findings = []
    if tally.in_padding:
        n = len(tally.in_padding)
        line = f"{n} of {tally.n} draws mask frames of the padding ({tally.where})"
        numbers = {"draws": tally.n, "masked": n}
        findings.append(Finding.of("masks-in-padding", line, tally.where, tally.in_padding[0], **numbers))
    if len(tally.across) > 1:
        n = len(tally.across)
        line = (
            f"{n} of {tally.n} draws warp the clip and its padding as one ({tally.where}): speech leaves its own length"
        )
        numbers = {"draws": tally.n, "across": n}
        findings.append(Finding.of("warp-into-padding", line, tally.where, tally.across[0], **numbers))
    if tally.in_fill:
        low, high = session.pads
        farthest = max(distance for _, distance in tally.in_fill)
        line = f"with {high:.3g} in place of {low:.3g} in the padding, fills differ by {farthest:.3g} ({tally.where})"
        numbers = {"draws": tally.n, "differing": len(tally.in_fill)}
        findings.append(Finding.of("padding-in-fill", line, tally.where, tally.in_fill[0][0], **numbers))
    return findings


RULES = (Rule(Stage.MASKS, padding_findings),)
