"""Standard streams that the shell has closed, or that cannot be written to."""

from __future__ import annotations

import os
import sys

__all__ = ["discard", "open_closed"]

_NAMES = ("stdin", "stdout", "stderr")


def open_closed() -> None:
    """Open standard streams that are closed, upon nothing: else the next file that is opened takes their place.

    What is printed on standard output is asked for, so that printing there goes on being an error.
    """
    for number, name in enumerate(_NAMES):
        try:
            os.fstat(number)
        except OSError:
            discard(number, os.O_RDONLY if name == "stdout" else os.O_RDWR)
        if getattr(sys, name) is None:
            stream = open(number, "w" if number else "r", closefd=False)  # noqa: SIM115
            setattr(sys, name, stream)


def discard(number: int, flags: int = os.O_RDWR) -> None:
    """Let a standard stream lead nowhere from now on, with what waits in its buffers."""
    nowhere = os.open(os.devnull, flags)
    if nowhere == number:
        os.set_inheritable(number, True)
        return
    os.dup2(nowhere, number)
    os.close(nowhere)
