"""Files as libsndfile opens them, read from their beginning to their end, with what it prints caught."""

from __future__ import annotations

import functools
from typing import Any

from .._imports import require
from .._stdout import catch_c_output
from .containers import View

__all__ = ["close_file", "open_file"]

# libsndfile converts so many numbers of all channels at once; of 24 bits in a PAF it loses its place between two such
# parts where they are no whole samples of all channels, as of three.
_NUMBERS_AT_ONCE = 2048


def open_file(source: Any, **how: Any) -> Any:
    """Open a file as ``soundfile.SoundFile`` does."""
    with catch_c_output():
        return _forward()(source, **how)


def close_file(file: Any, view: View | None) -> None:
    """Close a file, and the view that it is read from."""
    with catch_c_output():
        file.close()
    if view is not None:
        view.close()


@functools.cache
def _forward() -> Any:
    """The class of soundfile, which else seeks before and behind whatever it reads."""
    sf = require("soundfile", purpose="reading audio")

    class Forward(sf.SoundFile):  # type: ignore[misc, name-defined]
        def seekable(self) -> bool:
            return False

        def read(self, *, out: Any) -> Any:
            if (self.format, self.subtype) != ("PAF", "PCM_24"):
                return super().read(out=out)
            done, step = 0, max(1, _NUMBERS_AT_ONCE // self.channels)
            while n := len(super().read(out=out[done : done + step])):
                done += n
            return out[:done]

    return Forward
