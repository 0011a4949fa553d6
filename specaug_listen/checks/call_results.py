"""`CallResult`: the raw result of one call, recorded in the process that holds the callable.

A callable may replace functions of numpy, or any other in its process. So its result goes unexamined to the checking
process, which examines it (`specaug_listen.checks.pipelines.judge`).
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
from ..custom.axes_order import MelBatch, Values
from ..custom.call import describe_error, device_of, generators_of, isolated, owner_module
from ..errors import ParameterError

__all__ = ["ArrayKind", "CallResult", "Caller", "EarlierCalls", "call_once"]

# Largest result, as a multiple of the input: it is copied, and a broadcast view of far more cells than it stores would
# exhaust memory.
_MAX_SIZE_FACTOR = 100
# Number of earlier calls to compare: a thread may write late, and a callable may alternate between several buffers.
_CALLS_IN_MEMORY = 8
_INPUT, _RESULT = "the input of an earlier call", "the result of an earlier call"


class ArrayKind(NamedTuple):
    """Library, dtype and device of an array or tensor."""

    library: str
    dtype: str
    device: str


@dataclass(frozen=True)
class CallResult:
    """The raw result of one call.

    Parameters
    ----------
    array : np.ndarray or None
        The returned values; None if they cannot be read.
    kinds : (ArrayKind, ArrayKind) or None
        Of the input and of the returned value.
    rounded : np.ndarray or None
        The input, converted to the dtype of the returned value if that differs.
    changed_input : np.ndarray or None
        The input after the call, if the call modified it.
    error : str or None
    error_type : str
        Name of the exception's type; empty if the callable raised none.
    changes : dict
        Evidence by finding id, about arrays of earlier calls.
    """

    array: Values | None = None
    kinds: tuple[ArrayKind, ArrayKind] | None = None
    rounded: Values | None = None
    changed_input: Values | None = None
    error: str | None = None
    error_type: str = ""
    changes: dict[str, str] = field(default_factory=dict)

    def copy(self) -> CallResult:
        """Copy the array, so that the callable cannot modify it later."""
        return self if self.array is None else replace(self, array=self.array.copy())


class _Remembered(NamedTuple):
    """An array or tensor, and its bytes right after its call."""

    what: str
    array: Any
    bytes: bytes

    def is_changed(self) -> bool:
        return _bytes_of(self.array) != self.bytes


class EarlierCalls:
    """Inputs and results of the last calls, with copies, to detect later calls that overwrite them."""

    def __init__(self) -> None:
        # The object, not its `id`, which may be reused.
        self._function: Any = None
        self._calls: deque[list[_Remembered]] = deque()

    def add(self, function: Any, mels: Any, result: Any) -> None:
        """Remember the input and the result of a call; None is ignored."""
        self._follow(function)
        arrays = [(what, array) for what, array in ((_INPUT, mels), (_RESULT, result)) if array is not None]
        self._calls.append([_Remembered(what, array, _bytes_of(array)) for what, array in arrays])

    def changes(self, function: Any) -> dict[str, str]:
        """Compare the last and the oldest remembered call with their copies; return evidence by finding id."""
        self._follow(function)
        calls = [self._calls[-1]] if self._calls else []
        if len(self._calls) >= _CALLS_IN_MEMORY:
            calls.append(self._calls.popleft())
        changed = [array.what for call in calls for array in call if array.is_changed()]
        return {"result-overwritten": f"{changed[0]} holds other values after a later one"} if changed else {}

    def _follow(self, function: Any) -> None:
        """Forget the calls of another callable."""
        if self._function is not function:
            self._function = function
            self._calls.clear()


def _bytes_of(array: Any) -> bytes:
    """Return the bytes of an array's values; empty if they cannot be read any more."""
    try:
        return as_array(array).tobytes()
    except ParameterError:
        return b""


# For the callable that was called last in this process.
_EARLIER_CALLS = EarlierCalls()


def call_once(function: Any, adapter: Adapter, batch: MelBatch, seed: int, training: bool) -> CallResult:
    """Call a callable once, in the process that holds it."""
    return Caller(function, adapter, _EARLIER_CALLS, is_apart=True)(batch, seed, training=training)


class Caller:
    """Calls a callable in this process.

    ``is_apart`` says that this process exists for the callable alone, so a `KeyboardInterrupt` is the callable's own.
    """

    def __init__(
        self, function: Callable[..., Any], adapter: Adapter, earlier_calls: EarlierCalls, *, is_apart: bool = False
    ) -> None:
        self.function, self.adapter, self._earlier_calls, self._is_apart = function, adapter, earlier_calls, is_apart
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
    if array.size > _MAX_SIZE_FACTOR * before.size:
        raise ParameterError(
            f"it returned {array.size:.3g} cells, of shape {array.shape!s:.80}, for {before.size} cells, of shape "
            f"{before.shape} of the input; allowed are {_MAX_SIZE_FACTOR} times as many: return the input's shape"
        )
    return array


def _kind_of(value: Any) -> ArrayKind:
    dtype, device = getattr(value, "dtype", type(value).__name__), getattr(value, "device", "cpu")
    return ArrayKind(type(value).__module__.split(".")[0], str(dtype), str(device))


def _if_changed(mels: Any, before: Values) -> Values | None:
    """Return the input after a call if it is not the same bit for bit; None if it is.

    Only methods are used, because the callable may have replaced numpy's functions.
    """
    after = as_array(mels)
    is_same = after.shape == before.shape and after.dtype == before.dtype and after.tobytes() == before.tobytes()
    return None if is_same else after


def _rounded(before: Values, result: Any) -> Values | None:
    """Return the input converted to the dtype of an array or tensor; None for other results."""
    dtype = getattr(result, "dtype", None)
    if isinstance(dtype, np.dtype):
        with np.errstate(all="ignore"):
            return before.astype(dtype)
    if type(result).__module__.split(".")[0] == "torch":
        torch = require("torch", extra="torch", purpose="a callable that takes tensors")
        return as_array(torch.from_numpy(before.copy()).to(dtype))
    return None
