"""Rule for the values that masks write, on the clips themselves."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from .._arrays import runs
from ..augment.fills import is_silent
from ..errors import ParameterError
from ..frontends import MelSpectrogram
from ..frontends.energy import largest_energy
from .clips import Clip
from .findings import Finding
from .rules_randomness import example_clip, list_clips
from .session import Session, Trial
from .stages import Rule, Stage

__all__ = ["RULES", "fill_findings"]

# Rounding alone may put a mean slightly above the percentile.
_MARGIN_DB = 0.5


def fill_findings(session: Session) -> list[Finding]:
    """Report fills above a clip's 95th percentile, and zeros in scales in which 0 is an arbitrary level.

    The probe shows where the masks of a seed are, and the clip under the same seed shows the fill. If seeds do not
    reproduce draws, both are read off the probe.
    """
    fills = [_fills_of(session, clip) for clip in session.clips]
    loud, zero = [fill for fill in fills if fill.loud], [fill for fill in fills if fill.zero]
    return ([_loud_finding(session, loud)] if loud else []) + ([_zero_finding(session, zero)] if zero else [])


def _loud_finding(session: Session, fills: list[_Fills]) -> Finding:
    n, n_loud = sum(fill.n for fill in fills), sum(len({seed for _, seed in fill.loud}) for fill in fills)
    level = max(level for fill in fills for level, _ in fill.loud)
    clip = example_clip(session, [fill.clip for fill in fills])
    _, seed = max(next(fill.loud for fill in fills if fill.clip is clip))
    line = (
        f"in {n_loud} of {n} draws a fill is louder than the clip's 95th percentile, by up to {level:.1f} dB, on "
        f"{list_clips([fill.clip for fill in fills])}"
    )
    return Finding.of("fill-loud", line, str(clip), seed, draws=n, loud=n_loud, most_db=round(level, 2))


def _zero_finding(session: Session, fills: list[_Fills]) -> Finding:
    clip = example_clip(session, [fill.clip for fill in fills])
    seed = next(fill.zero[0] for fill in fills if fill.clip is clip)
    low, high = np.percentile(session.pipeline.scaled(clip.mel), [0, 95])
    line = (
        f"masks hold 0, on {list_clips([fill.clip for fill in fills])}, and {clip} reaches from {low:.3g} to "
        f"{high:.3g} (95th percentile) in this scale"
    )
    return Finding.of("zero-fill-in-log", line, str(clip), seed, lowest=float(low), p95=float(high))


@dataclass
class _Fills:
    """Fills of one clip: the number of draws, levels and seeds of loud fills, and seeds of zeros."""

    clip: Clip
    n: int = 0
    loud: list[tuple[float, int]] = field(default_factory=list)
    zero: list[int] = field(default_factory=list)


def _fills_of(session: Session, clip: Clip) -> _Fills:
    fills, values = _Fills(clip), session.pipeline.scaled(clip.mel)
    is_level = session.pipeline.zero_is_level and float(values.min()) < 0
    for pair in session.pairs_of(clip):
        trial, outcome = pair.trial, pair.of_clip
        if not session.is_reproducible(clip):
            outcome = pair.again
            trial = session.read(outcome, session.probe(clip.n_frames), trial.seed) or trial
        if not trial.effect.is_changed or trial.effect.is_all_masked:
            continue
        fills.n += 1
        for cells in _regions(trial) if outcome.values else []:
            fill = outcome.values[0][cells]
            if not np.isfinite(fill).all():
                continue
            level = _level_db(session, outcome.values[0], cells, clip.mel)
            if level is not None and level > _MARGIN_DB:
                fills.loud.append((level, trial.seed))
            if is_level and (fill == 0).all():
                fills.zero.append(trial.seed)
    return fills


def _regions(trial: Trial) -> list[npt.NDArray[np.bool_]]:
    """List the cells of each mask that are in no mask of the other axis, each of shape (n_mels, n_frames)."""
    bins, frames = trial.effect.masked_bins[:, np.newaxis], trial.effect.masked_frames[np.newaxis]
    regions = []
    for flags, other in ((bins, frames), (frames, bins)):
        along = np.arange(flags.size).reshape(flags.shape)
        for start, n in runs(flags.ravel()):
            cells: npt.NDArray[np.bool_] = (along >= start) & (along < start + n) & ~other
            if cells.any():
                regions.append(cells)
    return regions


def _level_db(
    session: Session, values: npt.NDArray[np.float64], cells: npt.NDArray[np.bool_], mel: MelSpectrogram
) -> float | None:
    """Return the level of a fill relative to the clip's 95th percentile; None if the clip is silent.

    A fill beyond the energy of any sound counts as the loudest possible sound.
    """
    if is_silent(mel):
        return None
    p95, _ = mel.percentiles_db
    whole = session.pipeline.scaled(mel)
    whole[cells] = values[cells]
    try:
        power = session.pipeline.unscaled(whole, mel).power[cells]
    except ParameterError:
        if not whole[cells].max() > session.pipeline.scaled(mel).max():
            return None
        return float(10 * np.log10(largest_energy(mel.frontend)) * 2 / mel.frontend.power - p95)
    return float(10 * np.log10(max(float(power.mean(dtype=np.float64)), 1e-20)) - p95)


RULES = (Rule(Stage.MASKS, fill_findings),)
