"""Findings of what masks are filled with, on the clips themselves."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .._flags import runs
from ..errors import ParameterError
from ..frontends import MelSpectrogram
from .bench import Bench, Trial
from .findings import Finding

__all__ = ["fill_findings"]

_DRAWS = 10
# A mean over cells may come out a little above the percentile by rounding alone.
_MARGIN_DB = 0.5


def fill_findings(bench: Bench, *, is_reproducible: bool) -> list[Finding]:
    """Fills above the clip's 95th percentile, and zeros where 0 is a level.

    A probe says where the masks of a seed lie, the clip under the same seed what is in them. Where a seed brings no
    draw back, both are read off the probe.
    """
    clip = bench.reference
    values = bench.subject.scaled(clip.mel)
    loud: list[tuple[float, int]] = []
    zero: list[int] = []
    trials = [t for t in bench.trials_of(clip) if t.seen.is_changed and not t.seen.is_all_masked][:_DRAWS]
    for trial in trials:
        given = values if is_reproducible else bench.probe(clip.n_frames).values
        outcome = bench.call(bench.given(given), trial.seed, str(clip))
        for cells in _regions(trial) if outcome.values else []:
            filled = outcome.values[0][cells]
            if not np.isfinite(filled).all():
                continue
            level = _level_db(bench, outcome.values[0], cells, clip.mel)
            if level is not None and level > _MARGIN_DB:
                loud.append((level, trial.seed))
            if bench.subject.zero_is_level and (filled == 0).all() and float(values.min()) < 0:
                zero.append(trial.seed)
    return _told(bench, loud, zero, len(trials))


def _told(bench: Bench, loud: list[tuple[float, int]], zero: list[int], n: int) -> list[Finding]:
    found, where = [], str(bench.reference)
    if loud:
        level, seed = max(loud)
        n_loud = len({s for _, s in loud})
        line = f"in {n_loud} of {n} draws a fill is louder than the clip's 95th percentile, by up to {level:.1f} dB"
        found.append(Finding.of("fill-loud", line, where, seed, draws=n, loud=n_loud, most_db=round(level, 2)))
    if zero:
        low, high = np.percentile(bench.subject.scaled(bench.reference.mel), [0, 95])
        line = f"masks hold 0, and the clip reaches from {low:.3g} to {high:.3g} (95th percentile) in this scale"
        found.append(Finding.of("zero-fill-in-log", line, where, zero[0], lowest=float(low), p95=float(high)))
    return found


def _regions(trial: Trial) -> list[npt.NDArray[np.bool_]]:
    """Cells of each mask that no other holds, each shape (n_mels, n_frames)."""
    bins, frames = trial.seen.masked_bins[:, np.newaxis], trial.seen.masked_frames[np.newaxis]
    regions = []
    for flags, other in ((bins, frames), (frames, bins)):
        along = np.arange(flags.size).reshape(flags.shape)
        for start, n in runs(flags.ravel()):
            cells: npt.NDArray[np.bool_] = (along >= start) & (along < start + n) & ~other
            if cells.any():
                regions.append(cells)
    return regions


def _level_db(
    bench: Bench, values: npt.NDArray[np.float64], cells: npt.NDArray[np.bool_], mel: MelSpectrogram
) -> float | None:
    """Level of a fill relative to the clip's 95th percentile; None where the clip has no level."""
    p95, median = mel.percentiles_db
    if p95 == median == mel.range_db[0]:
        return None
    whole = bench.subject.scaled(mel)
    whole[cells] = values[cells]
    try:
        power = bench.subject.unscaled(whole, mel).power[cells]
    except ParameterError:
        return None
    return float(10 * np.log10(max(float(power.mean(dtype=np.float64)), 1e-20)) - p95)
