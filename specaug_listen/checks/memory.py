"""`Held`: inputs and results of earlier calls, beside copies of them: does a later call change what others hold?"""

from __future__ import annotations

from collections import deque
from typing import Any, NamedTuple

from ..custom.adapter import as_array
from ..errors import ParameterError

__all__ = ["Held"]

# A thread that a call left behind takes a moment, and buffers may take turns.
_CALLS = 8
_GIVEN, _GAVE = "what an earlier call was given", "the result of an earlier call"


class _Array(NamedTuple):
    """An array or tensor, and the bytes that it held when its call had come back."""

    what: str
    array: Any
    copy: bytes

    def is_changed(self) -> bool:
        return _bytes_of(self.array) != self.copy


class Held:
    """The arrays of the last calls of one callable."""

    def __init__(self) -> None:
        # Itself and not its identity, which is another one's once it is gone.
        self._function: Any = None
        self._calls: deque[list[_Array]] = deque()

    def keep(self, function: Any, given: Any, result: Any) -> None:
        """Hold what a call was given, and what it gave; None where there is nothing."""
        self._follow(function)
        arrays = [(what, array) for what, array in ((_GIVEN, given), (_GAVE, result)) if array is not None]
        self._calls.append([_Array(what, array, _bytes_of(array)) for what, array in arrays])

    def changes(self, function: Any) -> dict[str, str]:
        """Compare the call before, and one some calls ago that is held no longer: id of a finding -> evidence."""
        self._follow(function)
        calls = [self._calls[-1]] if self._calls else []
        if len(self._calls) >= _CALLS:
            calls.append(self._calls.popleft())
        changed = [held.what for call in calls for held in call if held.is_changed()]
        return {"result-overwritten": f"{changed[0]} holds other values after a later one"} if changed else {}

    def _follow(self, function: Any) -> None:
        """Let go of what another callable was given."""
        if self._function is not function:
            self._function = function
            self._calls.clear()


def _bytes_of(array: Any) -> bytes:
    """Those of its values; empty where it cannot be read any more."""
    try:
        return as_array(array).tobytes()
    except ParameterError:
        return b""
