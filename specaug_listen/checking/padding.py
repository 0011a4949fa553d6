"""Findings of padded batches: masks that lie in the padding, and padding in what masks are filled with."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from .._flags import runs
from ..augment import Draw, Rectangle, TimeSpan
from .bench import Bench, seen
from .findings import Finding
from .probes import Probe, Seen
from .subjects import Given

__all__ = ["padding_findings", "shortened", "shown_in_padding"]

_DRAWS = 40


@dataclass
class _Tally:
    """Seeds of draws with masks in the padding, and of fills that follow it, with how far."""

    where: str
    n: int = 0
    in_padding: list[int] = field(default_factory=list)
    in_fill: list[tuple[int, float]] = field(default_factory=list)


def padding_findings(bench: Bench, *, is_reproducible: bool) -> list[Finding]:
    """A short clip beside a long one, twice under each seed, with two values in the padding."""
    if not bench.subject.takes_batches:
        return []
    short, long = _probes(bench)
    tally = _Tally(f"{short.n_frames} frames in a batch of {long.n_frames}")
    for seed in bench.seeds(_DRAWS, 7):
        both = [_drawn(bench, short, long, pad_value, seed, tally.where) for pad_value in bench.pads]
        if any(one is None for one in both):
            continue
        (first, low), (second, high) = [one for one in both if one is not None]
        tally.n += 1
        if first.n_in_padding or second.n_in_padding:
            tally.in_padding.append(seed)
        masked = first.masked_bins[:, np.newaxis] | first.masked_frames
        # Without padding that a warp has moved into the clip.
        masked = masked & short.flat(low) & (low != np.float32(bench.pads[0])) & (high != np.float32(bench.pads[1]))
        differences = np.abs(low - high)[masked]
        if is_reproducible and masked.any() and (differences > 1e-5 * (bench.range[1] - bench.range[0])).mean() > 0.5:
            tally.in_fill.append((seed, float(differences.max())))
    return _told(bench, tally)


def shortened(n_frames: int) -> int:
    """Frames of a clip that is padded to so many."""
    return max(2, n_frames // 4)


def shown_in_padding(bench: Bench, seed: int) -> Draw:
    """Masks of one draw on the short clip and on its padding, as far as they can be seen."""
    short, long = _probes(bench)
    nothing, pad_value = Draw(short.n_mels, long.n_frames), bench.pads[0]
    items = tuple(bench.given(probe.values).items[0] for probe in (short, long))
    outcome = bench.call(Given(items, pad_value=pad_value), seed, "a picture", kind="picture")
    if not outcome.values:
        return nothing
    one = seen(outcome, short, pad_value)
    clip, padding = np.split(outcome.values[0], [short.n_frames], axis=1)
    frames = np.concatenate([one.masked_frames, short.masked_padding(padding, pad_value, *short.disturbance(clip))])
    boxes = [Rectangle(start, n, 0, short.n_frames) for start, n in runs(one.masked_bins)]
    spans = [TimeSpan(start, n) for start, n in runs(frames)]
    lines = outcome.draws[0].warnings if outcome.draws else ()
    return Draw(short.n_mels, long.n_frames, (*boxes, *spans), warnings=lines)


def _probes(bench: Bench) -> tuple[Probe, Probe]:
    n_long = bench.reference.n_frames
    return bench.probe(shortened(n_long)), bench.probe(n_long)


def _drawn(
    bench: Bench, short: Probe, long: Probe, pad_value: float, seed: int, where: str
) -> tuple[Seen, np.ndarray] | None:
    items = tuple(bench.given(probe.values).items[0] for probe in (short, long))
    outcome = bench.call(Given(items, pad_value=pad_value), seed, f"a batch of 2, {where}", kind="batch")
    if not outcome.values:
        return None
    return seen(outcome, short, pad_value), outcome.values[0][:, : short.n_frames].astype(np.float64)


def _told(bench: Bench, tally: _Tally) -> list[Finding]:
    found = []
    if tally.in_padding:
        n = len(tally.in_padding)
        line = f"{n} of {tally.n} draws mask frames of the padding ({tally.where})"
        numbers = {"draws": tally.n, "masked": n}
        found.append(Finding.of("masks-in-padding", line, tally.where, tally.in_padding[0], **numbers))
    if tally.in_fill:
        low, high = bench.pads
        farthest = max(distance for _, distance in tally.in_fill)
        line = f"with {high:.3g} in place of {low:.3g} in the padding, fills differ by {farthest:.3g} ({tally.where})"
        numbers = {"draws": tally.n, "differing": len(tally.in_fill)}
        found.append(Finding.of("padding-in-fill", line, tally.where, tally.in_fill[0][0], **numbers))
    return found
