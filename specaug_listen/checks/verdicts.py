"""What is wrong with what one call did, judged in the process that checks, which code of others does not reach."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ..augment import Draw
from ..custom.adapter import Adapter
from .answers import Kind, Returned
from .inputs import Given, Layout, Values

__all__ = ["Outcome", "judged"]


@dataclass(frozen=True)
class Outcome:
    """What came of a batch.

    Parameters
    ----------
    values : tuple of np.ndarray [shape=(n_mels, n_frames)]
        Each item with its padding; empty where nothing usable came.
    error : str or None
        In words, where it raised one or gave no mel.
    changes : dict
        Id of a finding -> evidence, of what can be seen on one call.
    draws : tuple of Draw
        Of a policy.
    odd : np.ndarray [shape=(n_mels, any)] or None
        The first item, where its length changed.
    """

    values: tuple[Values, ...] = ()
    error: str | None = None
    changes: dict[str, str] = field(default_factory=dict)
    draws: tuple[Draw, ...] = ()
    odd: Values | None = None

    @property
    def digest(self) -> int:
        """The same for the same values of the first item."""
        return hash(self.values[0].tobytes()) if self.values else 0


def judged(returned: Returned, given: Given, adapter: Adapter) -> Outcome:
    """What came of a call."""
    layout, changes = Layout.of(adapter), dict(returned.changes)
    if returned.given is not None and not _is_same(returned.given, layout.arranged(given)):
        changes["input-modified"] = "what was given holds other values after the call"
    changes |= _other_kind(*returned.kinds) if returned.kinds else {}
    if returned.error is not None or returned.array is None:
        return Outcome(error=returned.error, changes=changes)
    array, wanted = returned.array, layout.shape(given)
    if returned.rounded is not None:
        # Cells that were only rounded to another dtype are as they were given.
        array = np.where(array == returned.rounded, layout.arranged(given), array)
    if array.ndim != len(wanted) and _without_ones(array.shape) == _without_ones(wanted):
        array = array.reshape(wanted)
    if array.shape != wanted:
        return _of_other_shape(array, layout, given, changes)
    if n := _n_not_finite(array):
        changes["not-finite"] = f"{n} of {array.size} cells are NaN or infinite"
    return Outcome(layout.items(array, given, wanted[layout.names.index("frames")]), changes=changes)


def _n_not_finite(array: Values) -> int:
    """How many cells are no numbers; by operators, which nobody puts another in the place of, as with `numpy.isnan`."""
    with np.errstate(invalid="ignore"):
        return int((array - array != 0).sum())


def _is_same(one: Values, other: Values) -> bool:
    return one.shape == other.shape and bool((one == other).all())


def _of_other_shape(array: Values, layout: Layout, given: Given, changes: dict[str, str]) -> Outcome:
    wanted = layout.shape(given)
    bands, frames = (layout.names.index(name) for name in ("bands", "frames"))
    swapped = list(wanted)
    swapped[bands], swapped[frames] = swapped[frames], swapped[bands]
    if array.shape == tuple(swapped):
        return Outcome(changes=changes | {"axes-swapped": f"given {wanted}, it gave {array.shape}"})
    kept = [i for i in range(len(wanted)) if i != frames]
    if array.ndim == len(wanted) and all(array.shape[i] == wanted[i] for i in kept):
        line = f"{wanted[frames]} frames became {array.shape[frames]}"
        odd = layout.items(array, given, array.shape[frames])[0]
        return Outcome(changes=changes | {"length-changed": line}, odd=odd)
    return Outcome(error=f"given shape {wanted}, it gave {array.shape}", changes=changes)


def _without_ones(shape: tuple[int, ...]) -> list[int]:
    return [n for n in shape if n != 1]


def _other_kind(given: Kind, result: Kind) -> dict[str, str]:
    """How the library, the dtype and the device of two arrays or tensors differ."""
    before, after = given.dtype, result.dtype
    changes = {}
    if given.library != result.library:
        before, after = f"{given.library} {before}", f"{result.library} {after}"
    if before != after:
        changes["dtype-changed"] = f"given {before}, it gave {after}"
    if given.device != result.device:
        changes["device-changed"] = f"given on {given.device}, it gave on {result.device}"
    return changes
