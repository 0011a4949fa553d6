"""`Given`: a batch as it is given to what is checked, and `Layout`: how it lies in the array that a callable takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ..custom.adapter import Adapter

__all__ = ["Given", "Layout", "Values"]

Values = npt.NDArray[Any]
_EVERY = ("batch", "channel", "bands", "frames")


@dataclass(frozen=True)
class Given:
    """A batch as it is given.

    Parameters
    ----------
    items : tuple of np.ndarray [shape=(n_mels, n_frames)]
        In the scale of the subject.
    n_padded : int or None
        Frames of each with its padding; None is those of the longest.
    pad_value : float
    n_channels : int
    training : bool
        The mode of a module.
    """

    items: tuple[Values, ...]
    n_padded: int | None = None
    pad_value: float = 0.0
    n_channels: int = 1
    training: bool = True

    @property
    def padded(self) -> tuple[Values, ...]:
        """All items at one length."""
        n = self.n_padded or max(item.shape[1] for item in self.items)
        pads = (((0, 0), (0, n - item.shape[1])) for item in self.items)
        return tuple(
            np.pad(item, pad, constant_values=self.pad_value).astype(item.dtype)
            for item, pad in zip(self.items, pads, strict=True)
        )


class Layout(NamedTuple):
    """The order of axes that a callable wants.

    Parameters
    ----------
    names : tuple of str
        Of batch, channel, bands and frames those that it wants, as it wants them.
    """

    names: tuple[str, ...]

    @classmethod
    def of(cls, adapter: Adapter) -> Layout:
        """The one that an adapter asks for."""
        return cls(tuple((adapter.axes or "bands, frames").split(", ")))

    def shape(self, given: Given) -> tuple[int, ...]:
        """Of the array in which a batch is given."""
        n_frames = given.n_padded or max(item.shape[1] for item in given.items)
        sizes = self._sizes(given, n_frames)
        return tuple(sizes[i] for i in self._order[len(_EVERY) - len(self.names) :])

    def arranged(self, given: Given) -> Values:
        """The array in which a batch is given."""
        padded = np.stack(given.padded)[:, np.newaxis].repeat(given.n_channels, axis=1)
        return np.ascontiguousarray(padded.transpose(self._order).reshape(self.shape(given)))

    def items(self, array: Values, given: Given, n_frames: int) -> tuple[Values, ...]:
        """Each item of a batch as (n_mels, n_frames), of its first channel."""
        sizes = self._sizes(given, n_frames)
        whole = array.reshape([sizes[i] for i in self._order]).transpose(np.argsort(self._order))
        return tuple(whole[i, 0] for i in range(len(given.items)))

    @property
    def _order(self) -> list[int]:
        """Places of `_EVERY`: those of axes that are wanted, as wanted, behind those that are not."""
        wanted = [_EVERY.index(name) for name in self.names]
        return [i for i in range(len(_EVERY)) if i not in wanted] + wanted

    @staticmethod
    def _sizes(given: Given, n_frames: int) -> tuple[int, int, int, int]:
        return len(given.items), given.n_channels, given.items[0].shape[0], n_frames
