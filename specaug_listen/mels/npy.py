"""Arrays in numpy's own format: what their header says is looked at before anything is loaded."""

from __future__ import annotations

from typing import IO, Any

import numpy as np
import numpy.typing as npt

from .._arrays import check_cells
from ..errors import AudioError

__all__ = ["NO_PICKLES", "read_header", "read_npy"]

_MAGIC = b"\x93NUMPY"
NO_PICKLES = "pickles are never loaded, as they can run code"


def read_header(file: Any, name: str, n_stored: int | None = None) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Shape and type that the header of an array tells; nothing is loaded.

    Parameters
    ----------
    file : binary file
    name : str
        Its name in a message.
    n_stored : int or None
        Bytes that it takes, where it is compressed.

    Raises
    ------
    AudioError
        When it is none, one of Python objects, or one that is too large to be held.
    """
    try:
        version = np.lib.format.read_magic(file)
        reader = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
        shape, _, dtype = reader(file)
    except Exception:
        raise AudioError.of_file(name, f"no array of numpy; {NO_PICKLES}; write one with np.save(path, mel)") from None
    if dtype.hasobject:
        raise AudioError.of_file(name, f"an array of Python objects; {NO_PICKLES}; write it as float32")
    check_cells(shape, name, dtype.itemsize, n_stored)
    return shape, dtype


def read_npy(file: IO[bytes], name: str) -> npt.NDArray[Any]:
    """Read an array; errors as in `read_header`, and when it was cut, or something else follows it."""
    shape, _ = read_header(file, name)
    file.seek(0)
    try:
        array: npt.NDArray[Any] = np.load(file, allow_pickle=False)
    except (ValueError, EOFError):
        raise AudioError.of_file(
            name, f"cannot be read: not all of its array of shape {shape} is there; write it again"
        ) from None
    if rest := file.read(len(_MAGIC)):
        what = "another array follows" if rest == _MAGIC else "something else follows"
        raise AudioError.of_file(
            name,
            f"{what} the array of shape {array.shape}, and would be left out; write each array into a file of "
            "its own, or several by name: np.savez(path, a=mel, b=other)",
        )
    return array
