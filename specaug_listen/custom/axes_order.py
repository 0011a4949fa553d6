"""`MelBatch`: the mels of one call, and `Layout`: the order of axes of the array that a callable takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ..errors import ParameterError

__all__ = ["Layout", "MelBatch", "Values"]

Values = npt.NDArray[Any]
_AXES = ("batch", "channel", "bins", "frames")


@dataclass(frozen=True)
class MelBatch:
    """The mels of one call.

    Parameters
    ----------
    items : tuple of np.ndarray [shape=(n_mels, n_frames)]
        In the scale and dtype that the callable expects.
    n_padded : int or None
        Padded length in frames; None is the length of the longest item.
    pad_value : float
    n_channels : int
        Number of copies of each item along the channel axis.
    """

    items: tuple[Values, ...]
    n_padded: int | None = None
    pad_value: float = 0.0
    n_channels: int = 1

    @property
    def n_frames(self) -> int:
        """Padded length in frames."""
        return self.n_padded or max(item.shape[1] for item in self.items)

    @property
    def padded(self) -> tuple[Values, ...]:
        """All items, padded to `n_frames`."""
        pads = (((0, 0), (0, self.n_frames - item.shape[1])) for item in self.items)
        return tuple(
            np.pad(item, pad, constant_values=self.pad_value).astype(item.dtype)
            for item, pad in zip(self.items, pads, strict=True)
        )

    def lengths(self, unit: str | None) -> Values:
        """Return the length of each item in frames, or as a share of the padded length ("ratio")."""
        frames = np.array([item.shape[1] for item in self.items])
        return (frames / self.n_frames).astype(np.float32) if unit == "ratio" else frames.astype(np.int64)


class Layout(NamedTuple):
    """The order of axes that a callable expects.

    Parameters
    ----------
    names : tuple of str
        "bins", "frames" and optionally "batch" and "channel".

    Examples
    --------
    >>> Layout.of("batch, frames, bins").shape(MelBatch((np.zeros((80, 5)), np.zeros((80, 9)))))
    (2, 9, 80)
    """

    names: tuple[str, ...]

    @classmethod
    def of(cls, axes: str | None) -> Layout:
        """Parse the names of axes (``bands`` is an alias of ``bins``); None is one mel, bins first.

        Raises a `ParameterError` for an unknown, missing or repeated name.
        """
        if axes is None:
            return cls(("bins", "frames"))
        names = tuple("bins" if name == "bands" else name for name in axes.replace(",", " ").split())
        if len(set(names)) < len(names) or not {"bins", "frames"} <= set(names) <= set(_AXES):
            raise ParameterError(
                f"axes={axes!r:.80}: allowed are bins and frames, and besides them batch and channel, each once, "
                "in the order that the callable wants, e.g. 'bins, frames' or 'batch, frames, bins'"
            )
        return cls(names)

    def __str__(self) -> str:
        return ", ".join(self.names)

    @property
    def is_turned(self) -> bool:
        """Whether frames come before bins."""
        return self.names.index("frames") < self.names.index("bins")

    @property
    def swapped(self) -> Layout:
        """The layout with bins and frames exchanged."""
        other = {"bins": "frames", "frames": "bins"}
        return Layout(tuple(other.get(name, name) for name in self.names))

    def shape(self, batch: MelBatch) -> tuple[int, ...]:
        """Return the shape of a batch in this layout."""
        sizes = self._sizes(batch, batch.n_frames)
        return tuple(sizes[i] for i in self._order[len(_AXES) - len(self.names) :])

    def arrange(self, batch: MelBatch) -> Values:
        """Copy a batch into a new array of this layout."""
        padded = np.stack(batch.padded)[:, np.newaxis].repeat(batch.n_channels, axis=1)
        return np.ascontiguousarray(padded.transpose(self._order).reshape(self.shape(batch)))

    def items(self, array: Values, batch: MelBatch, n_frames: int) -> tuple[Values, ...]:
        """Split a returned array into its items, each of shape (n_mels, n_frames), taken from the first channel."""
        sizes = self._sizes(batch, n_frames)
        whole = array.reshape([sizes[i] for i in self._order]).transpose(np.argsort(self._order))
        return tuple(whole[i, 0] for i in range(len(batch.items)))

    @property
    def _order(self) -> list[int]:
        """Permutation of `_AXES`: first those that this layout leaves out, then those of `names`."""
        wanted = [_AXES.index(name) for name in self.names]
        return [i for i in range(len(_AXES)) if i not in wanted] + wanted

    @staticmethod
    def _sizes(batch: MelBatch, n_frames: int) -> tuple[int, int, int, int]:
        return len(batch.items), batch.n_channels, batch.items[0].shape[0], n_frames
