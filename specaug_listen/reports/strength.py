"""How strong a policy is over its whole distribution.

The draws of a page are few, so a policy is drawn many times more, without sound, for the lengths of the clips.
"""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import numpy as np

from ..augment import Policy
from ..augment.coverage import Coverage, enough_draws, simulate_coverage
from ..frontends import MelFrontend

__all__ = [
    "N_DRAWS",
    "WORDS_PER_S",
    "LengthRow",
    "Loudness",
    "Spread",
    "Strength",
    "clip_lengths",
    "strength_of",
    "strength_of_scores",
]

# English is spoken at about 150 words per minute.
WORDS_PER_S = 150 / 60
# Draws over all lengths together: 0.1 s for a policy and all recipes of a page.
N_DRAWS = 200
# Bound of the cost where the number of masks grows with the clip.
_MAX_STEPS = 15_000
_MAX_LENGTHS, _LEAST_DRAWS_PER_LENGTH = 12, 10
_EQUALLY_LOUD_DB, _SILENCE_DB = 3.0, -40.0

Scores: TypeAlias = Mapping[str, float | None]


@dataclass(frozen=True)
class Spread:
    """The values of one quantity over many draws.

    Parameters
    ----------
    values : tuple of float
        Sorted, and at least one.

    Examples
    --------
    >>> spread = Spread((0.0, 0.1, 0.2, 0.5))
    >>> round(spread.mean, 3), round(spread.median, 3), spread.share_above(0.1), spread.histogram((0, 0.2, 0.6))
    (0.2, 0.15, 0.5, (0.5, 0.5))
    """

    values: tuple[float, ...] = field(repr=False)

    @classmethod
    def of(cls, values: Iterable[float]) -> Spread:
        """Sort values."""
        return cls(tuple(sorted(float(value) for value in values)))

    @functools.cached_property
    def mean(self) -> float:
        """The mean."""
        return math.fsum(self.values) / len(self.values)

    @property
    def median(self) -> float:
        """The median."""
        return self.quantile(0.5)

    @property
    def p95(self) -> float:
        """The 95th percentile: one draw in 20 exceeds it."""
        return self.quantile(0.95)

    def quantile(self, share: float) -> float:
        """Return the value that this share of the draws does not exceed."""
        return float(np.quantile(self.values, share))

    def share_above(self, value: float) -> float:
        """Return the share of draws above a value."""
        return sum(each > value for each in self.values) / len(self.values)

    def histogram(self, edges: Sequence[float]) -> tuple[float, ...]:
        """Return the share of draws in each bin; values beyond the outer edges count in the outer bins."""
        limited = np.clip(self.values, edges[0], edges[-1])
        counts, _ = np.histogram(limited, bins=np.asarray(edges, dtype=float))
        return tuple(float(count) / len(self.values) for count in counts)


@dataclass(frozen=True)
class LengthRow:
    """The strength of a policy for clips of one length.

    Parameters
    ----------
    duration_s : float [s]
    area : Spread
        Masked share of the cells.
    gap_s : Spread [s]
        Longest run of masked frames.
    """

    duration_s: float
    area: Spread
    gap_s: Spread


@dataclass(frozen=True)
class Loudness:
    """How loud the fills of the draws at hand are.

    Parameters
    ----------
    levels_db : Spread [dB]
        The loudest fill of each draw, relative to the 95th percentile cell of its clip, which is as loud as speech.
    """

    levels_db: Spread

    @property
    def kind(self) -> Literal["louder", "equal", "quieter", "silence"]:
        """The median in one word: within 3 dB of speech is equal, 40 dB below it is silence."""
        level_db = self.levels_db.median
        if abs(level_db) <= _EQUALLY_LOUD_DB:
            return "equal"
        return "louder" if level_db > 0 else "silence" if level_db <= _SILENCE_DB else "quieter"


@dataclass(frozen=True)
class Strength:
    """How much a policy masks, over many draws for clips of several lengths.

    Parameters
    ----------
    name : str
        Of the policy.
    rows : tuple of LengthRow
        One for each length, the shortest first.
    area, time, frequency : Spread
        Masked shares of cells, frames and bins, over all lengths.
    gap_s : Spread [s]
        Longest run of masked frames, over all lengths.
    is_simulated : bool
        Whether the draws are simulated; otherwise they are those at hand.
    why_not : str
        Why the draws are not simulated.
    loudness : Loudness or None
        Of the draws at hand; None without masks.
    """

    name: str
    rows: tuple[LengthRow, ...]
    area: Spread
    time: Spread
    frequency: Spread
    gap_s: Spread
    is_simulated: bool = True
    loudness: Loudness | None = None
    why_not: str = ""

    @property
    def n_draws(self) -> int:
        """Number of draws over all lengths; those of a length that occurs several times count once."""
        if not self.is_simulated:
            return len(self.area.values)
        return min(len(row.area.values) for row in self.rows) * len(self.rows)

    @property
    def unmasked_share(self) -> float:
        """Share of the draws that mask nothing."""
        return 1 - self.area.share_above(0)

    @property
    def whole_share(self) -> float:
        """Share of the draws that mask everything."""
        return self.area.share_above(1 - 1e-9)

    @property
    def over_half_share(self) -> float:
        """Share of the draws that mask more than half of the cells."""
        return self.area.share_above(0.5)

    @property
    def gap_words(self) -> float:
        """Mean number of words in the longest gap, at 150 words per minute."""
        return self.gap_s.mean * WORDS_PER_S


def clip_lengths(durations_s: Iterable[float], more_s: Iterable[float] = ()) -> tuple[float, ...]:
    """Return lengths that represent those of clips, with the further ones, sorted.

    A length occurs as often as it counts. More than 12 clips are represented by 12 quantiles.

    Examples
    --------
    >>> clip_lengths([2.0, 3.5, 2.0], [10])
    (2.0, 2.0, 3.5, 10.0)
    >>> len(clip_lengths(range(1, 301)))
    12
    """
    return tuple(sorted((*_represent([float(s) for s in durations_s], _MAX_LENGTHS), *(float(s) for s in more_s))))


def _represent(lengths_s: Sequence[float], most: int) -> list[float]:
    if len(lengths_s) <= most:
        return [round(s, 2) for s in lengths_s]
    quantiles = np.quantile(lengths_s, (np.arange(most) + 0.5) / most)
    return [round(float(s), 2) for s in quantiles]


def strength_of(
    policy: Policy,
    frontend: MelFrontend,
    lengths_s: Sequence[float],
    *,
    fills_db: Iterable[float] = (),
    n_draws: int = N_DRAWS,
    seed: int = 0,
) -> Strength:
    """Simulate a policy for clips of several lengths; the same arguments give the same result.

    Parameters
    ----------
    policy : Policy
        With its own ``batch``, if it has one.
    frontend : MelFrontend
    lengths_s : sequence of float > 0 [s]
        At least one; see `clip_lengths`.
    fills_db : iterable of float [dB]
        The loudest fill of each draw at hand, relative to its clip's 95th percentile cell.
    n_draws : int > 0
        Over all lengths; fewer are made if they have many masks.
    seed : int

    Raises
    ------
    ParameterError
        For a policy with callables, whose distribution is unknown; see `strength_of_scores`. For a mel on which the
        framework raises.

    Examples
    --------
    >>> from specaug_listen.augment import LD
    >>> from specaug_listen.frontends import WHISPER
    >>> strength = strength_of(LD, WHISPER, [5.0])
    >>> 0.4 < strength.area.mean < 0.46
    True
    """
    # A policy of thousands of masks gets few draws, so few lengths.
    n_enough = enough_draws(policy, n_draws)
    lengths_s = tuple(sorted(_represent(sorted(lengths_s), max(1, n_enough // _LEAST_DRAWS_PER_LENGTH))))
    distinct = dict.fromkeys(lengths_s)
    per_length = max(_LEAST_DRAWS_PER_LENGTH, n_enough // len(distinct))
    hop_s = frontend.hop_length / frontend.sample_rate
    # Neither its name nor its fills change where a policy masks.
    nameless = dataclasses.replace(policy, name="policy", transforms=tuple(map(_without_fill, policy.transforms)))
    coverages = {
        length: _simulate(
            nameless, frontend.n_mels, max(1, round(length / hop_s)), per_length, _MAX_STEPS // len(distinct), seed
        )
        for length in distinct
    }
    rows = tuple(
        LengthRow(length, Spread.of(coverage.area), Spread.of(coverage.longest_gap_frames * hop_s))
        for length, coverage in coverages.items()
    )
    # Each length counts alike, also if long clips of many masks got fewer draws.
    n_least = min(len(coverage.area) for coverage in coverages.values())
    pool = [coverages[length] for length in lengths_s]
    return Strength(
        policy.name,
        rows,
        Spread.of(value for coverage in pool for value in coverage.area[:n_least]),
        Spread.of(value for coverage in pool for value in coverage.time[:n_least]),
        Spread.of(value for coverage in pool for value in coverage.frequency[:n_least]),
        Spread.of(value * hop_s for coverage in pool for value in coverage.longest_gap_frames[:n_least]),
        loudness=_loudness(fills_db),
    )


def _without_fill(transform: Any) -> Any:
    is_fill = getattr(transform, "fill", "swap") != "swap"
    return dataclasses.replace(transform, fill="mean") if is_fill else transform


@functools.lru_cache(maxsize=256)
def _simulate(policy: Policy, n_mels: int, n_frames: int, n_draws: int, max_steps: int, seed: int) -> Coverage:
    return simulate_coverage(policy, n_mels, n_frames, n_draws=n_draws, max_steps=max_steps, rng=seed)


def _loudness(fills_db: Iterable[float]) -> Loudness | None:
    levels_db = Spread.of(fills_db)
    return Loudness(levels_db) if levels_db.values else None


def strength_of_scores(
    name: str, draws: Iterable[tuple[float, Scores]], why: str = "a callable has no known distribution"
) -> Strength:
    """Return the strength of the draws at hand, for a policy whose distribution is unknown.

    Parameters
    ----------
    name : str
        Of the policy.
    draws : iterable of (float, mapping)
        Length of the clip in seconds, and the scores of the draw; at least one.
    why : str
        Why the policy is not simulated.

    Examples
    --------
    >>> scores = {"masked_area_ratio": 0.25, "longest_gap_ms": 400.0}
    >>> strength = strength_of_scores("mine", [(2.0, scores), (2.0, {})])
    >>> strength.area.mean, strength.gap_s.mean, strength.unmasked_share
    (0.125, 0.2, 0.5)
    """
    pairs = [(round(length, 2), scores) for length, scores in draws]

    def spread(key: str, length: float | None = None, scale: float = 1.0) -> Spread:
        return Spread.of((s.get(key) or 0.0) * scale for each, s in pairs if length in (None, each))

    rows = tuple(
        LengthRow(length, spread("masked_area_ratio", length), spread("longest_gap_ms", length, 1e-3))
        for length in sorted({length for length, _ in pairs})
    )
    levels_db = (s.get("loudest_fill_vs_p95_db") for _, s in pairs)
    return Strength(
        name,
        rows,
        spread("masked_area_ratio"),
        spread("masked_time_ratio"),
        spread("masked_frequency_ratio"),
        spread("longest_gap_ms", scale=1e-3),
        is_simulated=False,
        why_not=why,
        loudness=_loudness(level for level in levels_db if level is not None),
    )
