"""Arrays of whatever library as arrays of numpy; a tensor's library is never imported, as who has one has loaded it."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import numpy.typing as npt

from .errors import ParameterError

__all__ = ["kind_of", "on_cpu", "real_array"]


def on_cpu(value: Any) -> Any:
    """A torch tensor as an array of numpy, wherever it lies and whatever it remembers; anything else as it is.

    Examples
    --------
    >>> on_cpu([1.0])
    [1.0]
    """
    torch: Any = sys.modules.get("torch")
    if torch is None or not isinstance(value, torch.Tensor):
        return value
    value = value.detach()
    value = value.to_dense() if value.layout != torch.strided else value
    value = value.to(torch.float32) if value.dtype is torch.bfloat16 else value
    return value.cpu().resolve_conj().resolve_neg().numpy()


def kind_of(value: Any) -> str:
    """What a value is, in a few words.

    Examples
    --------
    >>> kind_of([1, 2]), kind_of(np.zeros((2, 3)))
    ('list of 2', 'numpy.ndarray of shape (2, 3) and dtype float64')
    """
    kind = type(value)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    if hasattr(value, "shape") and hasattr(value, "dtype"):
        return f"{name} of shape {tuple(value.shape)} and dtype {value.dtype}"
    return f"{name} of {len(value)}" if isinstance(value, (tuple, list, dict)) else name


def real_array(value: Any, what: str) -> npt.NDArray[Any]:
    """A tensor, or whatever numpy understands, as an array of floating-point numbers.

    Parameters
    ----------
    value : array-like or torch.Tensor
    what : str
        What it should be, as a message calls it, e.g. "a mel".

    Raises
    ------
    ParameterError
        For what is ragged, a masked array, complex, integers, texts or objects.

    Examples
    --------
    >>> real_array([[0.5, 1.0]], "a mel").shape
    (1, 2)
    """
    if isinstance(value, np.ma.MaskedArray):
        raise ParameterError("a masked array, whose mask would be lost: fill it first, .filled(value)")
    if isinstance(value, (str, bytes, dict)) or value is None:
        raise ParameterError(f"{kind_of(value)}: expected {what} as an array or tensor of floating-point numbers")
    try:
        array = np.asarray(on_cpu(value))
    except Exception as error:
        raise ParameterError(
            f"{kind_of(value)}: expected {what} as an array of floating-point numbers ({error!s:.80})"
        ) from None
    if array.dtype.kind == "c":
        raise ParameterError(
            f"complex values ({array.dtype}): expected {what} of real numbers; pass filterbank @ abs(stft)**power"
        )
    if array.dtype.kind in "iub":
        raise ParameterError(
            f"values of dtype {array.dtype}: expected {what} of floating-point numbers; a picture or quantised codes "
            "are no mel, and where they are, turn them back into its scale first"
        )
    if array.dtype.kind != "f":
        raise ParameterError(f"values of dtype {array.dtype!s:.40}: expected {what} of floating-point numbers")
    return array
