"""`Returned`: what a call did, as the process that holds the callable saw it, and no verdict on it.

Code of others may put its own functions in the place of those of numpy, or of anything else that its process holds. So
what it gave goes as it is to the process that checks, and is judged there (`judging`).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from .._imports import require
from .._rng import seeded_randomness
from ..custom.adapter import Adapter, as_array, mel_within
from ..custom.call import device_of, generators_of, in_mode, in_words, owner_module, without_gradients
from ..errors import ParameterError
from .inputs import Given, Layout, Values
from .memory import Held

__all__ = ["Called", "Kind", "Returned", "call_once"]

# What comes back is copied: one that stands for far more cells than it holds would take all memory.
_MOST_TIMES = 100
# Of the callable that was called last in this process.
_HELD = Held()


class Kind(NamedTuple):
    """Whose array something is, of which dtype, and where it lies."""

    library: str
    dtype: str
    device: str


@dataclass(frozen=True)
class Returned:
    """What a call did.

    Parameters
    ----------
    array : np.ndarray or None
        What came back; None where that was nothing to read.
    kinds : (Kind, Kind) or None
        Of what was given, and of what came back.
    rounded : np.ndarray or None
        What was given in the dtype of what came back, where that is another one.
    given : np.ndarray or None
        What was given as it is after the call, where that is not as it was.
    error : str or None
        In words.
    changes : dict
        Of what earlier calls were given and gave: id of a finding -> evidence.
    """

    array: Values | None = None
    kinds: tuple[Kind, Kind] | None = None
    rounded: Values | None = None
    given: Values | None = None
    error: str | None = None
    changes: dict[str, str] = field(default_factory=dict)


def call_once(function: Any, adapter: Adapter, given: Given, seed: int) -> Returned:
    """One call of a callable, in the process that holds it."""
    return Called(function, adapter, _HELD, is_apart=True)(given, seed)


class Called:
    """A callable that is called in this process.

    Parameters
    ----------
    function : callable
    adapter : Adapter
    held : Held
        Of earlier calls.
    is_apart : bool
        Whether this process holds nothing but the callable: then an interrupt is the callable's own.
    """

    def __init__(self, function: Callable[..., Any], adapter: Adapter, held: Held, *, is_apart: bool = False) -> None:
        self.function, self.adapter, self._held, self._is_apart = function, adapter, held, is_apart
        self._module, self._generators = owner_module(function), generators_of(function)

    def __call__(self, given: Given, seed: int) -> Returned:
        """Call it once, on a copy, under a seed."""
        args, kwargs, tensor, before = self._arguments(given)
        kind = _kind_of(tensor)
        guards = seeded_randomness(seed, self._generators), in_mode(self._module, training=given.training)
        with guards[0], guards[1], without_gradients(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                result = self.function(*args, **kwargs)
            except BaseException as error:
                if isinstance(error, KeyboardInterrupt) and not self._is_apart:
                    raise
                return Returned(error=in_words(error), changes=self._held.changes(self.function))
        return self._returned(result, tensor, before, kind)

    def _returned(self, result: Any, tensor: Any, before: Values, kind: Kind) -> Returned:
        changes, array, rounded, kinds = self._held.changes(self.function), None, None, None
        given = _if_changed(tensor, before)
        try:
            mel = mel_within(result, self.adapter)
            kinds = kind, _kind_of(mel)
            if kinds[0].device == kinds[1].device:
                array = _of_moderate_size(as_array(mel), before)
                rounded = _rounded(before, mel) if array.shape == before.shape and kinds[0] != kinds[1] else None
                self._held.keep(self.function, tensor, mel)
        except ParameterError as error:
            return Returned(None, kinds, None, given, str(error), changes)
        return Returned(array, kinds, rounded, given, None, changes)

    def _arguments(self, given: Given) -> tuple[list[Any], dict[str, Any], Any, Values]:
        adapter = self.adapter
        array = Layout.of(adapter).arranged(given)
        ratios = adapter.lengths == "ratio"
        frames = np.array([item.shape[1] for item in given.items])
        n_padded = given.n_padded or max(frames)
        lengths: Any = (frames / n_padded).astype(np.float32) if ratios else frames.astype(np.int64)
        tensor: Any = array.copy()
        if adapter.container == "torch":
            torch = require("torch", extra="torch", purpose="a callable that takes tensors")
            device = device_of(self._module)
            tensor, lengths = torch.from_numpy(tensor).to(device), torch.from_numpy(lengths).to(device)
        args: list[Any] = []
        kwargs: dict[str, Any] = {}
        mel = tensor if adapter.key is None else {adapter.key: tensor}
        for value, name in ((mel, adapter.mel_argument), (lengths, adapter.lengths_argument)):
            if value is lengths and adapter.lengths not in ("frames", "ratio"):
                continue
            if name is None:
                args.append(value)
            else:
                kwargs[name] = value
        return args, kwargs, tensor, array


def _of_moderate_size(array: Values, before: Values) -> Values:
    if array.size > _MOST_TIMES * before.size:
        raise ParameterError(
            f"it gave {array.size:.3g} cells, of shape {array.shape!s:.80}, for the {before.size} of shape "
            f"{before.shape} that it was given; at most {_MOST_TIMES} times as many are read: return that shape"
        )
    return array


def _kind_of(value: Any) -> Kind:
    dtype, device = getattr(value, "dtype", type(value).__name__), getattr(value, "device", "cpu")
    return Kind(type(value).__module__.split(".")[0], str(dtype), str(device))


def _if_changed(tensor: Any, before: Values) -> Values | None:
    """What was given, where it is not as it was to the bit; no function of numpy is asked."""
    after = as_array(tensor)
    is_same = after.shape == before.shape and after.dtype == before.dtype and after.tobytes() == before.tobytes()
    return None if is_same else after


def _rounded(before: Values, result: Any) -> Values | None:
    """What was given in the dtype of what came back, where that is another one."""
    dtype = getattr(result, "dtype", None)
    if isinstance(dtype, np.dtype):
        with np.errstate(all="ignore"):
            return before.astype(dtype)
    if type(result).__module__.split(".")[0] == "torch":
        torch = require("torch", extra="torch", purpose="a callable that takes tensors")
        return as_array(torch.from_numpy(before.copy()).to(dtype))
    return None
