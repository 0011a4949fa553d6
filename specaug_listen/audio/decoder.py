"""`Decoder`: one stream of sound, from beginning to end, in blocks; where it stops is recorded, not guessed."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .._notices import Notice

__all__ = ["BLOCK_SAMPLES", "Decoder", "Ending", "Real", "keep_alike"]

Real = npt.NDArray[np.float32]
BLOCK_SAMPLES = 1 << 16


class Ending(NamedTuple):
    """How decoding ended.

    Parameters
    ----------
    n_samples : int
        From the beginning of the stream.
    reason : str or None
        The decoder's error.
    ran_out : bool
        Whether the error is that the file ends.
    """

    n_samples: int
    reason: str | None = None
    ran_out: bool = False


class Decoder(ABC):
    """A decoder of one stream of a file.

    Attributes
    ----------
    sample_rate, n_channels : int
    n_exact : int or None
        The length, if it is certain before decoding.
    name : str
        Name and version of the library.
    ending : Ending or None
        How decoding ended; None before.
    """

    sample_rate: int
    n_channels: int
    n_exact: int | None
    name: str
    ending: Ending | None = None

    @property
    def error(self) -> str | None:
        """The error that decoding ended with; None before, and if there was none."""
        return self.ending.reason if self.ending is not None else None

    @property
    def form(self) -> tuple[int, int]:
        """Sample rate and number of channels."""
        return self.sample_rate, self.n_channels

    @abstractmethod
    def blocks(self, begin: int) -> Iterator[Real]:
        """Yield samples from `begin` to the end in blocks of shape (n, n_channels), then set `ending`."""

    @property
    @abstractmethod
    def n_likely(self) -> int | None:
        """The length by its header or frames before anything is decoded; None if unknown."""

    @abstractmethod
    def notices(self) -> list[Notice]:
        """Return what is known so far of disagreements between header and content."""


def keep_alike(decoders: Iterable[Decoder | None]) -> tuple[list[Decoder], list[Notice]]:
    """Keep decoders of the same rate and channels as the first one; a notice counts the others, and None (failures)."""
    alike: list[Decoder] = []
    n_others = 0
    for decoder in decoders:
        first = alike[0] if alike else decoder
        if decoder is None or first is None or decoder.form != first.form:
            n_others += 1
        else:
            alike.append(decoder)
    return alike, [Notice("other-streams", {"n_streams": n_others, "n_read": len(alike)})] if n_others else []
