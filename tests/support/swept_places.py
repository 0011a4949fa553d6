"""Combinations of a sweep with invented strengths, to test what is said and drawn of them."""

from __future__ import annotations

import itertools

from specaug_listen.augment import LD
from specaug_listen.reports.reference_policies import Yardstick
from specaug_listen.reports.strength import LengthRow, Spread, Strength
from specaug_listen.sweeps import read_axes
from specaug_listen.sweeps.place_strengths import Place, PlaceStrengths

__all__ = ["strength", "strengths"]


def strength(area: float, gap_s: float = 0.5, name: str = "p") -> Strength:
    """One whose draws are 10% below and above the mean."""
    masked, gap = (Spread((0.9 * value, 1.1 * value)) for value in (area, gap_s))
    return Strength(name, (LengthRow(2.0, masked, gap),), masked, masked, masked, gap)


def strengths(vary, of, recipes=(("weak", 0.2, 0.4), ("strong", 0.5, 1.0))) -> PlaceStrengths:
    """Combinations; ``of`` maps values to (area, gap, level, change), of which all but the first may be left out."""
    axes = read_axes(vary)
    places = []
    for values in itertools.product(*(axis.values for axis in axes)):
        area, gap_s, fill_db, change_db = (*of(*values), *(0.5, None, 5.0)[len(of(*values)) - 1 :])
        fill = None if fill_db is None else Spread((fill_db - 1.0, fill_db + 1.0))
        places.append(Place(values, strength(area, gap_s), fill, Spread((change_db,))))
    yardsticks = tuple(
        Yardstick(name, LD, strength(area, gap_s), f"{name}: of a test") for name, area, gap_s in recipes
    )
    return PlaceStrengths(axes, tuple(places), yardsticks, (2.0,))
