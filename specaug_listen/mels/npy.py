"""NumPy arrays, whose headers are checked before anything is loaded."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .._arrays import check_cells
from ..errors import AudioError

__all__ = ["NO_PICKLES", "read_header", "read_npy"]

_MAGIC = b"\x93NUMPY"
NO_PICKLES = "pickles are never loaded, as they can run code"


def read_header(file: Any, name: str, n_stored: int | None = None) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Read shape and type from the header of an array, without loading it.

    ``n_stored`` is its compressed size in bytes, if it is compressed. Raises an AudioError, which names the file
    ``name``, for other files, for Python objects, and for an array that is too large for memory.
    """
    try:
        version = np.lib.format.read_magic(file)
        reader = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, dtype = reader(file)
    except Exception:
        raise AudioError.of_file(name, f"not a NumPy array; {NO_PICKLES}; write one with np.save(path, mel)") from None
    if dtype.hasobject:
        raise AudioError.of_file(name, f"an array of Python objects; {NO_PICKLES}; write it as float32")
    check_cells(shape, name, dtype.itemsize, n_stored)
    return shape, dtype


def read_npy(file: Any, name: str) -> npt.NDArray[Any]:
    """Read an array; raises as `read_header`, and if the file is truncated or has trailing bytes."""
    shape, _ = read_header(file, name)
    file.seek(0)
    try:
        array: npt.NDArray[Any] = np.load(file, allow_pickle=False)
    except (ValueError, EOFError):
        raise AudioError.of_file(
            name, f"cannot be read: the array of shape {shape} is truncated; write it again"
        ) from None
    if rest := file.read(len(_MAGIC)):
        trailing = "another array follows" if rest == _MAGIC else "trailing bytes follow"
        raise AudioError.of_file(
            name,
            f"{trailing} the array of shape {array.shape}, and would be ignored; write each array to its own file, "
            "or several by name: np.savez(path, a=mel, b=other)",
        )
    return array
