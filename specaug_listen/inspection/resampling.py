"""How frameworks read a mel between its frames when they warp it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["READINGS", "Knee", "Reading", "read_at", "source_of"]

Real = npt.NDArray[np.float32]
Source = npt.NDArray[np.float64]
Reading: TypeAlias = Literal["linear", "bicubic", "bicubic, corners aligned", "linear in two pieces"]
# The cubic convolution of torch's and of OpenCV's bicubic interpolation.
_A = -0.75


class Knee(NamedTuple):
    """Frame ``source`` of the mel before is frame ``target`` of the mel after."""

    target: int
    source: int


def source_of(knee: Knee | None, n_before: int, n_after: int) -> Source:
    """For each frame after, the frame before that it is read from; None is a straight line."""
    known = [0, n_after - 1], [0, n_before - 1]
    if knee is not None:
        known = [0, knee.target, n_after - 1], [0, knee.source, n_before - 1]
    return np.interp(np.arange(n_after), *known)


def read_at(values: Real, source: Source) -> Real:
    """Values at fractional frames, linear between neighbours, as `MelSpectrogram.at_frames`."""
    before = np.clip(source.astype(np.intp), 0, max(values.shape[1] - 2, 0))
    after = np.minimum(before + 1, values.shape[1] - 1)
    share = (source - before).astype(np.float32)
    return values[:, before] * (1 - share) + values[:, after] * share


def _linear(values: Real, knee: Knee) -> Real:
    return read_at(values, source_of(knee, values.shape[1], values.shape[1]))


def _bicubic(values: Real, knee: Knee) -> Real:
    """ESPnet and lhotse: ``interpolate(mode="bicubic", align_corners=False)`` of each piece by itself."""
    return _pieces(values, knee, lambda piece, n: _cubic_at(piece, _half_pixels(piece.shape[1], n)))


def _bicubic_corners(values: Real, knee: Knee) -> Real:
    """SpeechBrain: the same with ``align_corners=True``."""
    return _pieces(values, knee, lambda piece, n: _cubic_at(piece, np.linspace(0, piece.shape[1] - 1, n)))


def _linear_pieces(values: Real, knee: Knee) -> Real:
    """fairseq: ``cv2.resize(interpolation=INTER_LINEAR)`` of each piece by itself."""
    return _pieces(
        values, knee, lambda piece, n: read_at(piece, np.clip(_half_pixels(piece.shape[1], n), 0, piece.shape[1] - 1))
    )


READINGS: dict[Reading, Callable[[Real, Knee], Real]] = {
    "linear": _linear,
    "bicubic": _bicubic,
    "bicubic, corners aligned": _bicubic_corners,
    "linear in two pieces": _linear_pieces,
}


def _pieces(values: Real, knee: Knee, resize: Callable[[Real, int], Real]) -> Real:
    n = values.shape[1]
    left, right = values[:, : knee.source], values[:, knee.source :]
    return np.concatenate([resize(left, knee.target), resize(right, n - knee.target)], axis=1)


def _half_pixels(n_before: int, n_after: int) -> Source:
    return (np.arange(n_after) + 0.5) * n_before / n_after - 0.5


def _cubic_at(values: Real, source: Source) -> Real:
    """Cubic convolution over four frames; beyond the ends, the last frame stands again."""
    before = np.floor(source).astype(np.intp)
    share = source - before
    total = np.zeros((len(values), len(source)))
    for offset in (-1, 0, 1, 2):
        at = np.clip(before + offset, 0, values.shape[1] - 1)
        total += values[:, at] * _weight(np.abs(share - offset))
    return total.astype(np.float32)


def _weight(x: Source) -> Source:
    near = ((_A + 2) * x - (_A + 3)) * x * x + 1
    far = ((_A * x - 5 * _A) * x + 8 * _A) * x - 4 * _A
    return np.where(x <= 1, near, np.where(x < 2, far, 0.0))
