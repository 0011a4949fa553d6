"""What the values of a framework's configuration may be."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from ...errors import ParameterError

__all__ = [
    "COUNT",
    "FLAG",
    "FRAMES_OR_SHARE",
    "LEAST_ONE",
    "LIST",
    "MAPPING",
    "NUMBER",
    "RATE",
    "SHARE",
    "SHARES",
    "TEXT",
    "WARP",
    "WIDTHS",
    "Kind",
    "Kinds",
    "one_of",
    "or_none",
]

_LARGEST = 10_000


class Kind(NamedTuple):
    """A sort of value.

    Parameters
    ----------
    allowed : str
        In words.
    fits : callable
        Whether a value is one.
    """

    allowed: str
    fits: Callable[[Any], bool]

    def checked(self, key: str, value: Any) -> Any:
        """The value, pairs as tuples.

        Raises
        ------
        ParameterError
            When it is none of this kind.

        Examples
        --------
        >>> COUNT.checked("num_t_mask", 2)
        2
        """
        if not self.fits(value):
            raise ParameterError(f"{key}={value!r:.80}: allowed is {self.allowed}")
        return tuple(value) if isinstance(value, list) else value


Kinds = Mapping[str, Kind]


def or_none(kind: Kind) -> Kind:
    """The same, or null."""
    return Kind(f"{kind.allowed}, or null", lambda value: value is None or kind.fits(value))


def one_of(*names: Any) -> Kind:
    """One of these texts."""
    return Kind(f"one of {', '.join(map(str, names))}", lambda value: isinstance(value, str) and value in names)


def _is_whole(value: Any, least: int = 0) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= _LARGEST


def _is_number(value: Any) -> bool:
    is_real = isinstance(value, int | float) and not isinstance(value, bool)
    return is_real and math.isfinite(value) and abs(value) <= 1e9


def _is_share(value: Any) -> bool:
    return _is_number(value) and 0 <= value <= 1


def _is_pair(value: Any, fits: Callable[[Any], bool]) -> bool:
    return isinstance(value, list | tuple) and len(value) == 2 and all(map(fits, value)) and value[0] <= value[1]


COUNT = Kind(f"an integer from 0 to {_LARGEST}", _is_whole)
WARP = Kind(f"an integer up to {_LARGEST}, below 1 for none", lambda value: _is_whole(value, -_LARGEST))
LEAST_ONE = Kind(f"an integer from 1 to {_LARGEST}", lambda value: _is_whole(value, 1))
FLAG = Kind("true or false", lambda value: isinstance(value, bool))
NUMBER = Kind("a number", _is_number)
SHARE = Kind("a number from 0 to 1", _is_share)
RATE = Kind(
    "a sample rate in Hz, an integer from 1 to 768000",
    lambda value: isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 768_000,
)
TEXT = Kind("a text", lambda value: isinstance(value, str))
LIST = Kind("a list", lambda value: isinstance(value, list))
MAPPING = Kind("a mapping", lambda value: isinstance(value, dict))
WIDTHS = Kind(
    f"an integer from 0 to {_LARGEST}, or a list of two, low and high",
    lambda value: _is_whole(value) or _is_pair(value, _is_whole),
)
SHARES = Kind(
    "a number from 0 to 1, or a list of two, low and high",
    lambda value: _is_share(value) or _is_pair(value, _is_share),
)
FRAMES_OR_SHARE = Kind(
    f"an integer of frames from 0 to {_LARGEST}, or a share as a number with a point, from 0.0 to 1.0",
    lambda value: _is_share(value) if isinstance(value, float) else _is_whole(value),
)
