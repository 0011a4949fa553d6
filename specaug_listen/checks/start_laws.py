"""`MaskPlaces`: where masks would lie if all places were alike, and how improbable it is that they lie as they do.

Frameworks draw starts by three laws. *Inside*: a mask of w of n places starts at one of the n - w + 1 places where it
fits (the paper, lingvo, torchaudio, lhotse, NeMo). *Below the widest*: it starts at one place of those where the widest
mask fits, whatever its own width is (ESPnet, NeMo's older code). *Anywhere*: it starts at any place, and is cut off at
the end (WeNet, SpeechBrain). What is drawn by any of them is well; a test speaks up only where none of them explains
what was seen, and each by itself with a probability of at most `PLACES`.

Runs of masked places are what is seen, and where masks touch, one run is several masks. What follows from that is
`MaskPlaces.crowding`.
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

from .false_alarms import PLACES

__all__ = ["MaskPlaces", "UnevenPlaces", "WidthSkew"]

Real = npt.NDArray[np.float64]
# Distance from the nearest law below which starts are taken for uneven by no matter how many draws.
_LEAST_DISTANCE = 0.1
# Ratios to what every law expects at which a place is masked far too rarely, and far too often.
_RARE_RATIO = 0.25
_FREQUENT_RATIO = 2.5
# Largest step [places] of a grid of starts that is looked for.
_LARGEST_STEP = 64
# Masks below which nothing is said of their starts, and of their widths.
_FEWEST_STARTS = 8
_FEWEST_WIDTHS = 60
# Runs for each draw above which widths are not judged.
_MOST_RUNS_PER_DRAW = 3
# Largest distance from the distribution of widths that are cut twice at which they count as such.
_LARGEST_SKEW_DISTANCE = 0.06
# Widest mask [places] of which nothing says how widths are spread: those of one random number fit as well.
_WIDEST_WITHOUT_SPREAD = 3
# Crowding up to which starts and widths of runs are those of masks: unions then move a distribution by less than 0.08,
# for two to ten masks of each law on 60 to 600 places, which stays below `_LEAST_DISTANCE`.
_MOST_CROWDED_RUNS = 0.75
# Crowding up to which each place is masked as often as the laws say, with `_expected`'s law of unions among them: by
# 0.69 to 2 times as often in the same trials.
_MOST_CROWDED_PLACES = 2.0


class UnevenPlaces(NamedTuple):
    """Places from ``first`` to ``last`` that are masked in ``share`` of the draws, where ``expected`` would be fair."""

    first: int
    last: int
    share: float
    expected: float


class WidthSkew(NamedTuple):
    """Widths as a product of two random numbers has them: half of ``n`` masks are narrower than ``median``."""

    n: int
    median: int
    widest: int


@dataclass(frozen=True)
class MaskPlaces:
    """Where masks lie along one axis.

    Parameters
    ----------
    n : int
        Places there are: bins or frames.
    draws : tuple of tuple of (int, int)
        Of each draw, start and width of each run of masked places.

    Examples
    --------
    >>> MaskPlaces(100, (((3, 4), (50, 20)), ())).widest
    20
    """

    n: int
    draws: tuple[tuple[tuple[int, int], ...], ...]

    @cached_property
    def runs(self) -> list[tuple[int, int]]:
        """Of all draws, those of at most half of the places: where wider ones start says little."""
        return [run for draw in self.draws for run in draw if 2 * run[1] <= self.n]

    @cached_property
    def widest(self) -> int:
        """Width of the widest run of at most half of the places."""
        return max((width for _, width in self.runs), default=0)

    @property
    def slack(self) -> int:
        """How many places at the end may be left out because of how a framework bounds its starts."""
        return math.ceil(1.5 * self.widest) + max(2, self.n // 32)

    @cached_property
    def crowding(self) -> float:
        """How many other masks of its draw a mask is expected to touch; what touches is seen as one run.

        Two runs of w places touch if the second starts at one of 2 w + 1 of the n - w places where it may. Runs that
        are unions are wider, and their number is the largest of any draw: this is too high rather than too low.
        """
        most = max((len(draw) for draw in self.draws), default=0)
        if most < 2:
            return 0.0
        width = float(np.mean([width for draw in self.draws for _, width in draw]))
        return (most - 1) * (2 * width + 1) / max(1.0, self.n - width)

    def unreached(self, *, at_end: bool) -> int | None:
        """Return how many places at one end no mask ever reached, where that is no accident; None else."""
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
        return free if log_probability < math.log(PLACES) else None

    def step(self) -> int | None:
        """Return the largest step on whose multiples (from any of them) all masks start; None where there is none."""
        starts = np.array([start for start, _ in self.runs])
        if len(starts) < _FEWEST_STARTS or len(np.unique(starts)) < 3:
            return None
        step = int(np.gcd.reduce(starts - starts[0]))
        step = min(step, _LARGEST_STEP) if step else 0
        if step < 2 or (1 - len(starts)) * math.log(step) > math.log(PLACES):
            return None
        return step

    def rare(self) -> UnevenPlaces | None:
        """Return the longest run of places that are masked far too rarely by every law."""
        if self.crowding > _MOST_CROWDED_PLACES:
            return None
        share, expected = self.shares, np.min(self._expected, axis=0)
        odd = (share <= _RARE_RATIO * expected) & (self._log_tail(share, expected) < self._log_limit)
        return self._longest(odd, share, expected)

    def often(self) -> UnevenPlaces | None:
        """Return the longest run of places that are masked far too often by every law."""
        if self.crowding > _MOST_CROWDED_PLACES:
            return None
        share, expected = self.shares, np.max(self._expected, axis=0)
        odd = (share >= _FREQUENT_RATIO * expected) & (self._log_tail(share, expected) < self._log_limit)
        return self._longest(odd, share, expected)

    def distance(self) -> float | None:
        """Return how far starts are from the law that explains them best, where that is no accident; None else.

        The largest difference of two cumulative distributions (Kolmogorov and Smirnov's), of one mask of each draw, as
        those of one draw keep apart; bounded by Dvoretzky, Kiefer and Wolfowitz's inequality with Massart's constant.
        """
        rng = np.random.default_rng(1933)
        picked = [draw[int(rng.integers(len(draw)))] for draw in self.draws if draw]
        picked = [run for run in picked if 2 * run[1] <= self.n]
        if len(picked) < _FEWEST_STARTS or self.crowding > _MOST_CROWDED_RUNS:
            return None
        distance = self._nearest_law(picked, rng)
        limit = math.sqrt(math.log(2 / PLACES) / (2 * len(picked)))
        return distance if distance > max(limit, _LEAST_DISTANCE) else None

    @property
    def may_be_uneven(self) -> bool:
        """Whether starts are far enough from all laws for more draws to tell."""
        if self.crowding > _MOST_CROWDED_RUNS:
            return False
        picked = [run for draw in self.draws for run in draw[:1] if 2 * run[1] <= self.n]
        return len(picked) >= _FEWEST_STARTS and self._nearest_law(picked, np.random.default_rng(0)) > _LEAST_DISTANCE

    def _nearest_law(self, picked: list[tuple[int, int]], rng: np.random.Generator) -> float:
        starts, widths = np.array(picked, dtype=np.float64).T
        starts = starts + rng.random(len(starts))
        laws = (self.n - widths + 1, np.full(len(widths), float(self._bound)), np.full(len(widths), float(self.n)))
        return min(_distance(np.minimum(starts / law, 1.0)) for law in laws)

    def skew(self) -> WidthSkew | None:
        """Describe widths that are spread as those of masks that are cut a second time; None where they are not."""
        # How far that many widths may be off by accident (Dvoretzky, Kiefer, Wolfowitz; Massart).
        accident = math.sqrt(math.log(2 / PLACES) / (2 * max(1, len(self._widths))))
        if not self.may_be_skewed or self._spread[0] < accident:
            return None
        return WidthSkew(len(self._widths), int(np.median(self._widths)), int(self._widths.max()))

    @property
    def may_be_skewed(self) -> bool:
        """Whether widths are spread like a product of two random numbers, be there enough of them to tell or not."""
        # Of many masks in one draw, runs are mostly unions.
        if self.crowding > _MOST_CROWDED_RUNS:
            return False
        if len(self._widths) < _FEWEST_WIDTHS or len(self._widths) > _MOST_RUNS_PER_DRAW * len(self.draws):
            return False
        if self._widths.max() <= _WIDEST_WITHOUT_SPREAD:
            return False
        fair, cut = self._spread
        return fair > _LEAST_DISTANCE and cut <= _LARGEST_SKEW_DISTANCE

    @cached_property
    def _widths(self) -> Real:
        return np.array([width for draw in self.draws for _, width in draw], dtype=np.float64)

    @cached_property
    def _spread(self) -> tuple[float, float]:
        """How far widths are from those of one random number, and from those of one that is drawn below another.

        Whatever the widest may be; widths of 0 are not seen.
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
        """Share of the draws in which each place is masked, shape (n,)."""
        counts = np.zeros(self.n + 1)
        for draw in self._narrow:
            for start, width in draw:
                counts[start] += 1
                counts[start + width] -= 1
        shares: Real = np.cumsum(counts)[: self.n] / max(1, len(self._narrow))
        return shares

    @cached_property
    def _narrow(self) -> list[tuple[tuple[int, int], ...]]:
        """Draws of which no run is wider than half of the places."""
        return [draw for draw in self.draws if all(2 * width <= self.n for _, width in draw)]

    @cached_property
    def _bound(self) -> int:
        """Where starts end if they do not follow the width: not more than the widest mask before the end."""
        last = max((start for start, _ in self.runs), default=0) + 1
        return int(np.clip(last, self.n - 1.5 * self.widest - 1, self.n))

    @cached_property
    def _expected(self) -> list[Real]:
        """Share of the draws in which each place would be masked by each law, shape (3 or 4, n).

        The fourth is of two masks that start below the widest and touch: of a run of w places, the last one is w / 2
        wide on average, so that the first starts as far before the end of all starts.
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
        return math.log(PLACES / self.n)

    def _log_tail(self, share: Real, expected: Real) -> Real:
        """Return the logarithm of a bound of the probability of such shares (Hoeffding 1963, theorem 1)."""
        p, q = np.clip(expected, 1e-12, 1 - 1e-12), np.clip(share, 1e-15, 1 - 1e-15)
        tail: Real = -len(self._narrow) * (q * np.log(q / p) + (1 - q) * np.log((1 - q) / (1 - p)))
        return tail

    def _longest(self, odd: npt.NDArray[np.bool_], share: Real, expected: Real) -> UnevenPlaces | None:
        # Of the outermost places, the test of ends knows more.
        n_outer = max(2, self.n // 50)
        odd = odd & (np.arange(self.n) >= n_outer) & (np.arange(self.n) < self.n - n_outer)
        if not odd.any():
            return None
        edges = np.flatnonzero(np.diff(np.concatenate([[0], odd.astype(np.int8), [0]])))
        first, stop = max(zip(edges[::2], edges[1::2], strict=True), key=lambda run: run[1] - run[0])
        return UnevenPlaces(
            int(first), int(stop) - 1, float(share[first:stop].mean()), float(expected[first:stop].mean())
        )


def _covered(n: int, width: int, n_starts: int) -> Real:
    """Return the probability of each place to be masked by a mask of this width that starts at one of ``n_starts``."""
    places = np.arange(n)
    n_hits = np.minimum(places, n_starts - 1) - np.maximum(places - width + 1, 0) + 1
    covered: Real = np.clip(n_hits, 0, None) / n_starts
    return covered


def _distance(values: Real) -> float:
    """Return the largest difference from a uniform distribution on [0, 1]."""
    ordered = np.sort(values)
    n = len(ordered)
    above = np.arange(1, n + 1) / n - ordered
    return float(max(above.max(), (1 / n - above).max()))
