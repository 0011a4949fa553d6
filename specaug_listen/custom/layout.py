"""`MelBatch`: mels that a callable is given at once, and `Layout`: how they lie in the array that it takes."""

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
    """Mels that a callable is given at once.

    Parameters
    ----------
    items : tuple of np.ndarray [shape=(n_mels, n_frames)]
        In the scale and dtype that the callable wants.
    n_padded : int or None
        Frames of each with its padding; None is those of the longest.
    pad_value : float
    n_channels : int
        Times that each is repeated along the axis of channels.
    """

    items: tuple[Values, ...]
    n_padded: int | None = None
    pad_value: float = 0.0
    n_channels: int = 1

    @property
    def n_frames(self) -> int:
        """Frames of each item with its padding."""
        return self.n_padded or max(item.shape[1] for item in self.items)

    @property
    def padded(self) -> tuple[Values, ...]:
        """All items at one length."""
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
    """The order of axes that a callable wants.

    Parameters
    ----------
    names : tuple of str
        Of batch, channel, bins and frames those that it wants, as it wants them.

    Examples
    --------
    >>> Layout.of("batch, frames, bins").shape(MelBatch((np.zeros((80, 5)), np.zeros((80, 9)))))
    (2, 9, 80)
    """

    names: tuple[str, ...]

    @classmethod
    def of(cls, axes: str | None) -> Layout:
        """Read the names of axes from a text, where bins may be called bands; None is one mel, bins first.

        Raises
        ------
        ParameterError
            When a name is unknown, is missing or stands there twice.
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
        """The layout in which bins and frames have changed places."""
        other = {"bins": "frames", "frames": "bins"}
        return Layout(tuple(other.get(name, name) for name in self.names))

    def shape(self, batch: MelBatch) -> tuple[int, ...]:
        """Return the shape of the array that a batch is given in."""
        sizes = self._sizes(batch, batch.n_frames)
        return tuple(sizes[i] for i in self._order[len(_AXES) - len(self.names) :])

    def arrange(self, batch: MelBatch) -> Values:
        """Return a new array that a batch is given in."""
        padded = np.stack(batch.padded)[:, np.newaxis].repeat(batch.n_channels, axis=1)
        return np.ascontiguousarray(padded.transpose(self._order).reshape(self.shape(batch)))

    def items(self, array: Values, batch: MelBatch, n_frames: int) -> tuple[Values, ...]:
        """Return each item of an array that came back as (n_mels, n_frames), of its first channel."""
        sizes = self._sizes(batch, n_frames)
        whole = array.reshape([sizes[i] for i in self._order]).transpose(np.argsort(self._order))
        return tuple(whole[i, 0] for i in range(len(batch.items)))

    @property
    def _order(self) -> list[int]:
        """Places in `_AXES`: those of axes that are wanted, as wanted, behind those that are not."""
        wanted = [_AXES.index(name) for name in self.names]
        return [i for i in range(len(_AXES)) if i not in wanted] + wanted

    @staticmethod
    def _sizes(batch: MelBatch, n_frames: int) -> tuple[int, int, int, int]:
        return len(batch.items), batch.n_channels, batch.items[0].shape[0], n_frames
