"""Arrays: tensors of any library as numpy arrays, the largest allowed mel, runs of true values.

No tensor library is imported: whoever has a tensor has loaded its library.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from .errors import AudioError, ParameterError

__all__ = ["MAX_CELLS", "check_cells", "check_total", "kind_of", "on_cpu", "real_array", "runs"]

# 80 bins at 100 frames per second for 2.25 hours; rendering holds several copies of a mel.
MAX_CELLS = 1 << 26
_MAX_CELL_BYTES = 8
# Compression halves mels of sound. Higher ratios may be silence, which is harmless in a short file.
_MAX_COMPRESSION, _FEW_CELLS = 50, 1 << 22


def on_cpu(value: Any) -> Any:
    """Return a torch tensor as a numpy array, from any device and detached; return anything else unchanged.

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
    value = value.dequantize() if value.is_quantized else value
    if value.dtype.is_floating_point and value.dtype not in (torch.float16, torch.float32, torch.float64):
        value = value.to(torch.float32)  # numpy has no bfloat16, nor floats of 8 bits
    return value.cpu().resolve_conj().resolve_neg().numpy()


def kind_of(value: Any) -> str:
    """Describe the type and size of a value in a few words.

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
    """Return a tensor or any array-like as a floating-point array; ``what`` names the expected thing, e.g. "a mel".

    Raises
    ------
    ParameterError
        For ragged or masked arrays, complex numbers, integers, texts or objects.

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
            "are not a mel: convert them to its scale first"
        )
    if array.dtype.kind != "f":
        raise ParameterError(f"values of dtype {array.dtype!s:.40}: expected {what} of floating-point numbers")
    return array


def check_cells(
    shape: Sequence[int], name: str, itemsize: int = 4, n_stored: int | None = None, what: str = "an array"
) -> None:
    """Raise an AudioError if an array would not fit in memory, from what its file ``name`` declares, before it is read.

    ``itemsize`` is in bytes per cell; ``n_stored`` is the size in the file in bytes if the array is compressed.
    ``what`` has this shape, for the message.

    Examples
    --------
    >>> check_cells((-80, -10), "x.npy")
    Traceback (most recent call last):
    ...
    specaug_listen.errors.AudioError: x.npy: an array of shape (-80, -10): a size is below 0; the file is damaged
    """
    n_cells = math.prod(shape)
    sides = ", ".join(str(side) if abs(side) < 1 << 63 else "more than 2**63" for side in shape)
    what = f"{what} of shape ({sides:.80})"
    if any(side < 0 for side in shape):
        raise AudioError.of_file(name, f"{what}: a size is below 0; the file is damaged")
    if n_cells > MAX_CELLS or n_cells * itemsize > MAX_CELLS * _MAX_CELL_BYTES:
        raise AudioError.of_file(
            name, f"{what}: allowed are {MAX_CELLS} cells of {_MAX_CELL_BYTES} bytes; save a part of it"
        )
    if n_stored is not None and n_cells > _FEW_CELLS and n_cells * itemsize > n_stored * _MAX_COMPRESSION:
        raise AudioError.of_file(
            name,
            f"{what} compressed into {n_stored} bytes: no mel of sound compresses below 1/{_MAX_COMPRESSION}; "
            "save a part of it, or save it without compression",
        )


def check_total(n_cells: int, n_bytes: int, n_stored: int, name: str) -> None:
    """Raise an AudioError if the arrays of a file are together too large for its size of ``n_stored`` bytes.

    Arrays can share their data (views of one tensor, members of an archive that overlap, lines of a list for one
    matrix), so that each of them is allowed, but not their sum.

    Examples
    --------
    >>> check_total(240_000_000, 960_000_000, 7500, "x.pt")
    Traceback (most recent call last):
    ...
    specaug_listen.errors.AudioError: x.pt: arrays of 240000000 cells in all, from 7500 bytes: ...
    """
    if n_cells > _FEW_CELLS and n_bytes > n_stored * _MAX_COMPRESSION:
        raise AudioError.of_file(
            name,
            f"arrays of {n_cells} cells in all, from {n_stored} bytes: no mels of sound compress below "
            f"1/{_MAX_COMPRESSION}; save each once, with its own data and without compression (.clone() of a tensor)",
        )


def runs(flags: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return start and length of each run of true values.

    Examples
    --------
    >>> runs(np.array([False, True, True, False, True]))
    [(1, 2), (4, 1)]
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[0], np.asarray(flags, np.int8), [0]])))
    return [(int(a), int(b - a)) for a, b in zip(edges[::2], edges[1::2], strict=True)]
