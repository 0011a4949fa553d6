"""Keeping what code of others prints away from the results on standard output."""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
from collections.abc import Iterator

__all__ = ["quiet_stdout"]


@contextlib.contextmanager
def quiet_stdout() -> Iterator[None]:
    """Send standard output nowhere: of Python, of C code, of processes that are started, and of ``os.write(1, ...)``.

    Other threads of this process are quiet as well for as long as it lasts.

    Examples
    --------
    >>> with quiet_stdout():
    ...     print("never seen")
    """
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere), _descriptor_to(nowhere.fileno()):
        yield


@contextlib.contextmanager
def _descriptor_to(nowhere: int) -> Iterator[None]:
    """File descriptor 1, which all but Python's own `print` write to."""
    real = sys.__stdout__
    try:
        kept = os.dup(1)
    except OSError:  # Closed: nothing that is written there is seen.
        yield
        return
    try:
        _flush(real)
        os.dup2(nowhere, 1)
        yield
    finally:
        _flush(real)
        os.dup2(kept, 1)
        os.close(kept)


def _flush(stream: object) -> None:
    """What waits in the buffers of Python and of C goes where it was meant to go when it was written."""
    with contextlib.suppress(AttributeError, OSError, ValueError):
        stream.flush()  # type: ignore[attr-defined]
    with contextlib.suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).fflush(None)
