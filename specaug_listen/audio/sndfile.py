"""libsndfile files that are read forwards, with the library's output caught."""

from __future__ import annotations

import functools
from typing import Any

from .._imports import require
from .._stdout import catch_c_output
from .containers import View

__all__ = ["close_file", "open_file"]

# libsndfile converts so many numbers at once. In a PAF of 24 bits, it loses its position between two such parts if they
# are not whole samples of all channels, as with three channels.
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
    """Return a subclass of `soundfile.SoundFile` that does not seek before and after each read."""
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
