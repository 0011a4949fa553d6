"""`MaskPlaces`: statistical tests of mask positions and widths against the laws by which frameworks draw them.

Frameworks draw starts by three laws. *Inside*: a mask of w of n places starts at one of the n - w + 1 places where it
fits (the paper, lingvo, torchaudio, lhotse, NeMo). *Below the widest*: it starts at one of the places where the widest
mask fits, whatever its own width (ESPnet, NeMo's older code). *Anywhere*: it starts at any place, and is truncated at
the end (WeNet, SpeechBrain). Each law is acceptable. A test fires only if none of them explains the data, and then with
a false-alarm probability of at most `PLACES_SIGNIFICANCE`.

Only runs of masked places are visible, and masks that touch merge into one run; `MaskPlaces.crowding` bounds the effect
of that.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .._arrays import runs
from .significance import PLACES_SIGNIFICANCE

__all__ = ["MaskPlaces", "UnevenPlaces", "WidthSkew"]

Real = npt.NDArray[np.float64]
# The effect size of starts: up to this distance, starts count as following a law, even if draws are many.
_LEAST_DISTANCE = 0.1
# A place is masked far too rarely, or far too often, if its share is at these ratios to the shares of all laws.
_RARE_RATIO = 0.25
_FREQUENT_RATIO = 2.5
# Largest step [places] of a grid of starts.
_MAX_STEP = 64
# Fewest masks for a test of starts, and of widths.
_FEWEST_STARTS = 8
_FEWEST_WIDTHS = 60
# Most runs per draw for a test of widths.
_MAX_RUNS_PER_DRAW = 3
# Largest distance from the distribution of twice-drawn widths at which widths count as drawn twice.
_MAX_SKEW_DISTANCE = 0.06
# Up to this width [places] of the widest mask, both distributions of widths fit.
_MAX_WIDTH_WITHOUT_SPREAD = 3
# Up to this crowding, runs stand for masks: merging moves a distribution by less than 0.08, for two to ten masks of
# each law on 60 to 600 places, which stays below `_LEAST_DISTANCE`.
_MAX_CROWDED_RUNS = 0.75
# Up to this crowding, each place is masked 0.69 to 2 times as often as the laws say (including that of merged runs in
# `_expected`), in the same simulations.
_MAX_CROWDED_PLACES = 2.0


class UnevenPlaces(NamedTuple):
    """Places ``first`` to ``last``, masked in ``share`` of the draws instead of in ``expected``."""

    first: int
    last: int
    share: float
    expected: float


class WidthSkew(NamedTuple):
    """Median and maximum of ``n`` widths that are distributed like a product of two random numbers."""

    n: int
    median: int
    widest: int


@dataclass(frozen=True)
class MaskPlaces:
    """Positions of the masks of many draws along one axis.

    Parameters
    ----------
    n : int
        Number of places: bins or frames.
    draws : tuple of tuple of (int, int)
        Start and width of each run of masked places, for each draw.

    Examples
    --------
    >>> MaskPlaces(100, (((3, 4), (50, 20)), ())).widest
    20
    """

    n: int
    draws: tuple[tuple[tuple[int, int], ...], ...]

    @cached_property
    def runs(self) -> list[tuple[int, int]]:
        """Runs over at most half of the places, of all draws; starts of wider ones say little."""
        return [run for draw in self.draws for run in draw if 2 * run[1] <= self.n]

    @cached_property
    def widest(self) -> int:
        """Width of the widest of `runs`."""
        return max((width for _, width in self.runs), default=0)

    @property
    def slack(self) -> int:
        """Number of places at an end that may stay unmasked because of how a framework bounds its starts."""
        return math.ceil(1.5 * self.widest) + max(2, self.n // 32)

    @cached_property
    def crowding(self) -> float:
        """Expected number of other masks of its draw that a mask touches, and so merges with into one run.

        Two runs of w places touch if the second starts at one of 2 w + 1 of the n - w places where it may. This is an
        upper estimate: merged runs are wider than masks, and their number is taken from the draw with the most.
        """
        most = max((len(draw) for draw in self.draws), default=0)
        if most < 2:
            return 0.0
        width = float(np.mean([width for draw in self.draws for _, width in draw]))
        return (most - 1) * (2 * width + 1) / max(1.0, self.n - width)

    def free_places(self, *, at_end: bool) -> int | None:
        """Return the number of places at one end that no mask reached; None if that may be a coincidence."""
        if not self.runs:
            return None
        if at_end:
            free = self.n - max(start + width for start, width in self.runs)
        else:
            free = min(start for start, _ in self.runs)
        if free <= self.slack or any(2 * width > self.n for draw in self.draws for _, width in draw):
            return None
        reach = self.n - free
        fewest = int(1.5 * self.widest)
        log_probability = 0.0
        for _, width in self.runs:
            fair = reach - width + 1
            log_probability += math.log(fair / max(fair, self.n - width + 1 - fewest))
        return free if log_probability < math.log(PLACES_SIGNIFICANCE) else None

    def step(self) -> int | None:
        """Return the step of the coarsest grid on which all masks start; None if they start on no grid."""
        starts = np.array([start for start, _ in self.runs])
        if len(starts) < _FEWEST_STARTS or len(np.unique(starts)) < 3:
            return None
        step = int(np.gcd.reduce(starts - starts[0]))
        step = min(step, _MAX_STEP) if step else 0
        if step < 2 or (1 - len(starts)) * math.log(step) > math.log(PLACES_SIGNIFICANCE):
            return None
        return step

    def rare_region(self) -> UnevenPlaces | None:
        """Return the longest region that is masked far too rarely for every law; None if there is none."""
        if self.crowding > _MAX_CROWDED_PLACES:
            return None
        share, expected = self.shares, np.min(self._expected, axis=0)
        is_rare = (share <= _RARE_RATIO * expected) & (self._log_tail(share, expected) < self._log_limit)
        return self._longest_region(is_rare, share, expected)

    def frequent_region(self) -> UnevenPlaces | None:
        """Return the longest region that is masked far too often for every law; None if there is none."""
        if self.crowding > _MAX_CROWDED_PLACES:
            return None
        share, expected = self.shares, np.max(self._expected, axis=0)
        is_frequent = (share >= _FREQUENT_RATIO * expected) & (self._log_tail(share, expected) < self._log_limit)
        return self._longest_region(is_frequent, share, expected)

    def distance(self) -> float | None:
        """Return the distance of starts from the law that fits best; None if it is small or may be a coincidence.

        The Kolmogorov-Smirnov distance of one mask per draw, because masks of one draw are not independent (they keep
        apart). The Dvoretzky-Kiefer-Wolfowitz inequality with Massart's constant bounds its distribution.
        """
        rng = np.random.default_rng(1933)
        picked = [draw[int(rng.integers(len(draw)))] for draw in self.draws if draw]
        picked = [run for run in picked if 2 * run[1] <= self.n]
        if len(picked) < _FEWEST_STARTS or self.crowding > _MAX_CROWDED_RUNS:
            return None
        distance = self._nearest_law(picked, rng)
        limit = math.sqrt(math.log(2 / PLACES_SIGNIFICANCE) / (2 * len(picked)))
        return distance if distance > max(limit, _LEAST_DISTANCE) else None

    @property
    def may_be_uneven(self) -> bool:
        """Whether starts are so far from all laws that more draws may make `distance` significant."""
        if self.crowding > _MAX_CROWDED_RUNS:
            return False
        picked = [run for draw in self.draws for run in draw[:1] if 2 * run[1] <= self.n]
        return len(picked) >= _FEWEST_STARTS and self._nearest_law(picked, np.random.default_rng(0)) > _LEAST_DISTANCE

    def _nearest_law(self, picked: list[tuple[int, int]], rng: np.random.Generator) -> float:
        starts, widths = np.array(picked, dtype=np.float64).T
        starts = starts + rng.random(len(starts))
        laws = (self.n - widths + 1, np.full(len(widths), float(self._bound)), np.full(len(widths), float(self.n)))
        return min(_distance(np.minimum(starts / law, 1.0)) for law in laws)

    def skew(self) -> WidthSkew | None:
        """Describe the widths if they are distributed as widths that are drawn twice; otherwise return None.

        The bound is that of `distance`.
        """
        limit = math.sqrt(math.log(2 / PLACES_SIGNIFICANCE) / (2 * max(1, len(self._widths))))
        if not self.may_be_skewed or self._spread[0] < limit:
            return None
        return WidthSkew(len(self._widths), int(np.median(self._widths)), int(self._widths.max()))

    @property
    def may_be_skewed(self) -> bool:
        """Whether widths are distributed like a product of two random numbers, significantly or not."""
        # With many masks per draw, most runs are merged ones.
        if self.crowding > _MAX_CROWDED_RUNS:
            return False
        if len(self._widths) < _FEWEST_WIDTHS or len(self._widths) > _MAX_RUNS_PER_DRAW * len(self.draws):
            return False
        if self._widths.max() <= _MAX_WIDTH_WITHOUT_SPREAD:
            return False
        fair, cut = self._spread
        return fair > _LEAST_DISTANCE and cut <= _MAX_SKEW_DISTANCE

    @cached_property
    def _widths(self) -> Real:
        return np.array([width for draw in self.draws for _, width in draw], dtype=np.float64)

    @cached_property
    def _spread(self) -> tuple[float, float]:
        """Distances of the widths from two laws: uniform up to a bound, and up to a bound that is itself uniform.

        Each is the smallest over plausible bounds. Widths of 0 cannot be seen, and are left out.
        """
        widest = int(self._widths.max())
        shares = np.cumsum(np.bincount(self._widths.astype(int), minlength=widest + 3)) / len(self._widths)
        fair, cut = 1.0, 1.0
        for limit in np.unique(np.linspace(max(4, widest / 2.2), widest + 1, 24).astype(int)):
            places = np.arange(1, widest + 3)
            fair = min(fair, float(np.abs(shares[1:] - np.minimum(places / limit, 1)).max()))
            # A width below t, where t is any of 1, ..., limit: 1/t of each, summed over all t above the width.
            below = np.array([np.sum(1 / np.arange(w + 1, limit + 1)) for w in places])
            cut = min(cut, float(np.abs(shares[1:] - np.cumsum(below) / below.sum()).max()))
        return fair, cut

    @cached_property
    def shares(self) -> Real:
        """Share of the draws (of `_narrow`) in which each place is masked, shape (n,)."""
        counts = np.zeros(self.n + 1)
        for draw in self._narrow:
            for start, width in draw:
                counts[start] += 1
                counts[start + width] -= 1
        shares: Real = np.cumsum(counts)[: self.n] / max(1, len(self._narrow))
        return shares

    @cached_property
    def _narrow(self) -> list[tuple[tuple[int, int], ...]]:
        """Draws without a run wider than half of the places."""
        return [draw for draw in self.draws if all(2 * width <= self.n for _, width in draw)]

    @cached_property
    def _bound(self) -> int:
        """Upper bound (exclusive) of starts under *below the widest*, estimated from the last start."""
        last = max((start for start, _ in self.runs), default=0) + 1
        return int(np.clip(last, self.n - 1.5 * self.widest - 1, self.n))

    @cached_property
    def _expected(self) -> list[Real]:
        """Expected share of the draws in which each place is masked, for each law of starts; shape (3 or 4, n).

        The fourth law is for two masks that touch and look like one, and that start *below the widest*. The second mask
        is half of their run of w places on average, and has to start in time, too: so the run starts w / 2 places
        before the last possible start, or earlier.
        """
        widths = Counter(width for draw in self._narrow for _, width in draw)
        laws: list[Callable[[int], int]] = [lambda w: self.n - w + 1, lambda w: self._bound, lambda w: self.n]
        if self.crowding:
            laws.append(lambda w: max(1, self._bound - w // 2))
        sums = [np.zeros(self.n) for _ in laws]
        for width, times in widths.items():
            for total, law in zip(sums, laws, strict=True):
                total += times * _covered(self.n, width, law(width))
        return [np.clip(total / max(1, len(self._narrow)), 0, 1) for total in sums]

    @property
    def _log_limit(self) -> float:
        return math.log(PLACES_SIGNIFICANCE / self.n)

    def _log_tail(self, share: Real, expected: Real) -> Real:
        """Return the logarithm of an upper bound of the probability of these shares (Hoeffding 1963, theorem 1)."""
        p, q = np.clip(expected, 1e-12, 1 - 1e-12), np.clip(share, 1e-15, 1 - 1e-15)
        tail: Real = -len(self._narrow) * (q * np.log(q / p) + (1 - q) * np.log((1 - q) / (1 - p)))
        return tail

    def _longest_region(self, flags: npt.NDArray[np.bool_], share: Real, expected: Real) -> UnevenPlaces | None:
        # The outermost places have a more sensitive test of their own (`end_findings`).
        n_outer = max(2, self.n // 50)
        flags = flags & (np.arange(self.n) >= n_outer) & (np.arange(self.n) < self.n - n_outer)
        if not flags.any():
            return None
        first, n = max(runs(flags), key=lambda run: run[1])
        region = slice(first, first + n)
        return UnevenPlaces(first, first + n - 1, float(share[region].mean()), float(expected[region].mean()))


def _covered(n: int, width: int, n_starts: int) -> Real:
    """Return the probability of each place to be in a mask with a uniform start in [0, ``n_starts``), shape (n,)."""
    places = np.arange(n)
    n_hits = np.minimum(places, n_starts - 1) - np.maximum(places - width + 1, 0) + 1
    covered: Real = np.clip(n_hits, 0, None) / n_starts
    return covered


def _distance(values: Real) -> float:
    """Return the Kolmogorov-Smirnov distance of values from the uniform distribution on [0, 1]."""
    ordered = np.sort(values)
    n = len(ordered)
    above = np.arange(1, n + 1) / n - ordered
    return float(max(above.max(), (1 / n - above).max()))
