"""`CallResult`: what one call did, as the process that holds the callable saw it, and no verdict on it.

A callable may put its own functions in the place of those of numpy, or of anything else that its process holds. So what
it gave goes as it is to the process that checks, and is judged there (`specaug_listen.checks.pipelines.judge`).
"""

from __future__ import annotations

import warnings
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np

from .._imports import require
from ..custom.adapter import Adapter, CallArguments, as_array, hand_over_batch, mel_within
from ..custom.call import describe_error, device_of, generators_of, isolated, owner_module
from ..custom.layout import MelBatch, Values
from ..errors import ParameterError

__all__ = ["ArrayKind", "CallResult", "Caller", "EarlierCalls", "call_once"]

# Most cells of a result, as a multiple of those of the input: it is copied, and one that stands for far more cells than
# it holds would take all memory.
_MOST_TIMES_INPUT = 100
# A thread that a call left behind takes a moment, and buffers may take turns.
_CALLS_IN_MEMORY = 8
_INPUT, _RESULT = "what an earlier call was given", "the result of an earlier call"


class ArrayKind(NamedTuple):
    """Whose array something is, of which dtype, and on which device."""

    library: str
    dtype: str
    device: str


@dataclass(frozen=True)
class CallResult:
    """What a call did.

    Parameters
    ----------
    array : np.ndarray or None
        What came back; None where that was nothing to read.
    kinds : (Kind, Kind) or None
        Of the input and of what came back.
    rounded : np.ndarray or None
        The input in the dtype of what came back, where that is another one.
    changed_input : np.ndarray or None
        The input after the call, where that is not as it was.
    error : str or None
        In words.
    error_type : str
        Name of the type of an error that the callable raised; empty where it raised none.
    changes : dict
        Of what earlier calls were given and gave: id of a finding -> evidence.
    """

    array: Values | None = None
    kinds: tuple[ArrayKind, ArrayKind] | None = None
    rounded: Values | None = None
    changed_input: Values | None = None
    error: str | None = None
    error_type: str = ""
    changes: dict[str, str] = field(default_factory=dict)

    def copy(self) -> CallResult:
        """Take the array out of the callable's reach, as one is that comes from another process."""
        return self if self.array is None else replace(self, array=self.array.copy())


class _Remembered(NamedTuple):
    """An array or tensor, and the bytes that it held when its call had come back."""

    what: str
    array: Any
    bytes: bytes

    def is_changed(self) -> bool:
        return _bytes_of(self.array) != self.bytes


class EarlierCalls:
    """Inputs and results of the last calls, beside copies of them: does a later call change what others hold?"""

    def __init__(self) -> None:
        # Itself and not its identity, which is another one's once it is gone.
        self._function: Any = None
        self._calls: deque[list[_Remembered]] = deque()

    def add(self, function: Any, mels: Any, result: Any) -> None:
        """Remember what a call was given, and what it gave; None where there is nothing."""
        self._follow(function)
        arrays = [(what, array) for what, array in ((_INPUT, mels), (_RESULT, result)) if array is not None]
        self._calls.append([_Remembered(what, array, _bytes_of(array)) for what, array in arrays])

    def changes(self, function: Any) -> dict[str, str]:
        """Compare the call before, and one some calls ago that is then forgotten: id of a finding -> evidence."""
        self._follow(function)
        calls = [self._calls[-1]] if self._calls else []
        if len(self._calls) >= _CALLS_IN_MEMORY:
            calls.append(self._calls.popleft())
        changed = [array.what for call in calls for array in call if array.is_changed()]
        return {"result-overwritten": f"{changed[0]} holds other values after a later one"} if changed else {}

    def _follow(self, function: Any) -> None:
        """Forget what another callable was given."""
        if self._function is not function:
            self._function = function
            self._calls.clear()


def _bytes_of(array: Any) -> bytes:
    """Return the bytes of its values; none where it cannot be read any more."""
    try:
        return as_array(array).tobytes()
    except ParameterError:
        return b""


# Of the callable that was called last in this process.
_EARLIER_CALLS = EarlierCalls()


def call_once(function: Any, adapter: Adapter, batch: MelBatch, seed: int, training: bool) -> CallResult:
    """Call a callable once, in the process that holds it."""
    return Caller(function, adapter, _EARLIER_CALLS, is_apart=True)(batch, seed, training=training)


class Caller:
    """A callable that is called in this process.

    Parameters
    ----------
    function : callable
    adapter : Adapter
    memory : Memory
        Of earlier calls.
    is_apart : bool
        Whether this process holds nothing but the callable: then an interrupt is the callable's own.
    """

    def __init__(
        self, function: Callable[..., Any], adapter: Adapter, memory: EarlierCalls, *, is_apart: bool = False
    ) -> None:
        self.function, self.adapter, self._earlier_calls, self._is_apart = function, adapter, memory, is_apart
        self._module, self._generators = owner_module(function), generators_of(function)

    def __call__(self, batch: MelBatch, seed: int, *, training: bool = True) -> CallResult:
        """Call it once, on a copy, under a seed."""
        arguments = hand_over_batch(batch, self.adapter, device_of(self._module))
        before, kind = as_array(arguments.mels).copy(), _kind_of(arguments.mels)
        with isolated(self._module, self._generators, seed, training=training), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                result = self.function(*arguments.args, **arguments.kwargs)
            except BaseException as error:
                if isinstance(error, KeyboardInterrupt) and not self._is_apart:
                    raise
                changes = self._earlier_calls.changes(self.function)
                return CallResult(error=describe_error(error), error_type=type(error).__name__, changes=changes)
        return self._read(result, arguments, before, kind)

    def _read(self, result: Any, arguments: CallArguments, before: Values, kind: ArrayKind) -> CallResult:
        read = CallResult(
            changed_input=_if_changed(arguments.mels, before), changes=self._earlier_calls.changes(self.function)
        )
        try:
            mel = mel_within(result, self.adapter)
            read = replace(read, kinds=(kind, _kind_of(mel)))
            if kind.device != _kind_of(mel).device:
                return read
            array = _of_moderate_size(as_array(mel), before)
            rounded = _rounded(before, mel) if array.shape == before.shape and kind != _kind_of(mel) else None
            self._earlier_calls.add(self.function, arguments.mels, mel)
        except ParameterError as error:
            return replace(read, error=str(error))
        return replace(read, array=array, rounded=rounded)


def _of_moderate_size(array: Values, before: Values) -> Values:
    if array.size > _MOST_TIMES_INPUT * before.size:
        raise ParameterError(
            f"it gave {array.size:.3g} cells, of shape {array.shape!s:.80}, for the {before.size} of shape "
            f"{before.shape} that it was given; at most {_MOST_TIMES_INPUT} times as many are read: return that shape"
        )
    return array


def _kind_of(value: Any) -> ArrayKind:
    dtype, device = getattr(value, "dtype", type(value).__name__), getattr(value, "device", "cpu")
    return ArrayKind(type(value).__module__.split(".")[0], str(dtype), str(device))


def _if_changed(mels: Any, before: Values) -> Values | None:
    """Return the input where it is not as it was to the bit; no function of numpy is asked."""
    after = as_array(mels)
    is_same = after.shape == before.shape and after.dtype == before.dtype and after.tobytes() == before.tobytes()
    return None if is_same else after


def _rounded(before: Values, result: Any) -> Values | None:
    """Return the input in the dtype of what came back, where that is another one."""
    dtype = getattr(result, "dtype", None)
    if isinstance(dtype, np.dtype):
        with np.errstate(all="ignore"):
            return before.astype(dtype)
    if type(result).__module__.split(".")[0] == "torch":
        torch = require("torch", extra="torch", purpose="a callable that takes tensors")
        return as_array(torch.from_numpy(before.copy()).to(dtype))
    return None
