"""How large one mel may be, seen from what a file says of it, before any of it is read."""

from __future__ import annotations

import math
from collections.abc import Sequence

from .errors import AudioError

__all__ = ["MOST_CELLS", "check_cells"]

# Two hours and a quarter of 80 bins at 100 frames per second; a mel is held several times while it becomes sound.
MOST_CELLS = 1 << 26
_MOST_BYTES_OF_CELL = 8
# Mels of sound shrink to a half. What shrinks more may be silence, which is of no account in a short file.
_MOST_SHRUNK, _FEW_CELLS = 50, 1 << 22


def check_cells(shape: Sequence[int], name: str, itemsize: int = 4, n_stored: int | None = None) -> None:
    """See that an array can be held.

    Parameters
    ----------
    shape : sequence of int
    name : str
        Its file's, in a message.
    itemsize : int
        Bytes of each cell.
    n_stored : int or None
        Bytes in the file, where it is compressed.

    Raises
    ------
    AudioError

    Examples
    --------
    >>> check_cells((-80, -10), "x.npy")
    Traceback (most recent call last):
    ...
    specaug_listen.errors.AudioError: x.npy: an array of shape (-80, -10): a size is below 0; the file is damaged
    """
    n_cells = math.prod(shape)
    sides = ", ".join(str(side) if abs(side) < 1 << 63 else "more than 2**63" for side in shape)
    said = f"{name}: an array of shape ({sides:.80})"
    if any(side < 0 for side in shape):
        raise AudioError(f"{said}: a size is below 0; the file is damaged")
    if n_cells > MOST_CELLS or n_cells * itemsize > MOST_CELLS * _MOST_BYTES_OF_CELL:
        raise AudioError(f"{said}: allowed are {MOST_CELLS} cells of {_MOST_BYTES_OF_CELL} bytes; save a part of it")
    if n_stored is not None and n_cells > _FEW_CELLS and n_cells * itemsize > n_stored * _MOST_SHRUNK:
        raise AudioError(
            f"{said} compressed into {n_stored} bytes: no mel of sound shrinks to less than a {_MOST_SHRUNK}th; save a "
            "part of it, or save it without compression"
        )
