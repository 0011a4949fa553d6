"""Interpolation between frames in a time warp, as each framework does it.

Either the two pieces, before the moved frame and from it on, are resized separately, or one map covers both.
`torch.nn.functional.interpolate` and ``cv2.resize`` treat frames as cells of width 1 (*half-pixel*): each piece begins
and ends half a frame inside its outer edges, and repeats its outer frames beyond them. With corners aligned, the first
and last frame of each piece stay unchanged.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from ..frontends import FrameInterpolation, linear_interpolation

__all__ = ["Interpolation", "warp_taps"]

Places: TypeAlias = npt.NDArray[np.float64]
Interpolation: TypeAlias = Literal["linear", "bicubic", "bicubic_corners", "linear_halves", "hat"]

# Parameter of the cubic convolution kernel in PyTorch and OpenCV; in Keys' paper it is -0.5.
_CUBIC = -0.75


def warp_taps(interpolation: Interpolation, center: int, moved: int, n_frames: int) -> FrameInterpolation:
    """Return the frames and weights that each frame of a warp is interpolated from.

    Parameters
    ----------
    interpolation : str
        ``linear``: one piecewise-linear map with fixed ends [1]_. ``bicubic``: two pieces, half-pixel, cubic
        (``F.interpolate(align_corners=False)``: ESPnet, lhotse). ``bicubic_corners``: two pieces with aligned corners
        (SpeechBrain). ``linear_halves``: two pieces, half-pixel, linear (``cv2.resize``: fairseq). ``hat``: lingvo's
        map, which ends one frame after the last one and is zero there.
    center, moved : int in [1, n_frames - 1] [frames]
        The frame that is moved, and its new position.
    n_frames : int

    Examples
    --------
    >>> warp_taps("linear", 2, 4, 7).source.tolist()
    [0.0, 0.5, 1.0, 1.5, 2.0, 4.0, 6.0]

    References
    ----------
    .. [1] D. S. Park et al., "SpecAugment on Large Scale Datasets", ICASSP 2020, arXiv:1912.05533.
    """
    if interpolation == "linear":
        return linear_interpolation(
            np.interp(np.arange(n_frames), [0, moved, n_frames - 1], [0, center, n_frames - 1]), n_frames
        )
    if interpolation == "hat":
        return _hat(center, moved, n_frames)
    places = {"bicubic": _half_pixel, "bicubic_corners": _corners, "linear_halves": _half_pixel_of_opencv}[
        interpolation
    ]
    read = _linear if interpolation == "linear_halves" else _cubic
    before = read(places(center, moved), center)
    after = read(places(n_frames - center, n_frames - moved), n_frames - center)
    return FrameInterpolation(
        np.concatenate([before.source, after.source + center]),
        np.concatenate([before.frames, after.frames + center]),
        np.concatenate([before.weights, after.weights]),
    )


def _half_pixel(n_before: int, n_after: int) -> Places:
    # Rounds as PyTorch does: the ratio to single precision, then the place, once, like a fused multiply-add.
    scale = np.float64(np.float32(n_before) / np.float32(n_after))
    places = (scale * (np.arange(n_after) + 0.5) - 0.5).astype(np.float32)
    return np.asarray(places, np.float64)


def _half_pixel_of_opencv(n_before: int, n_after: int) -> Places:
    # OpenCV divides once more, and rounds at the end.
    places = ((np.arange(n_after) + 0.5) * (1 / (n_after / n_before)) - 0.5).astype(np.float32)
    return np.asarray(places, np.float64)


def _corners(n_before: int, n_after: int) -> Places:
    scale = np.float32(n_before - 1) / np.float32(n_after - 1) if n_after > 1 else np.float32(0)
    return np.asarray(scale * np.arange(n_after, dtype=np.float32), np.float64)


def _cubic(places: Places, n_frames: int) -> FrameInterpolation:
    """Interpolate by cubic convolution over four frames; the outer frames are repeated beyond the ends."""
    first = np.floor(places).astype(np.intp)
    share = (places - first).astype(np.float32)
    distances = np.stack([share + 1, share, 1 - share, 2 - share], axis=1)
    near = ((_CUBIC + 2) * distances - (_CUBIC + 3)) * distances**2 + 1
    far = ((distances - 5) * distances + 8) * distances * _CUBIC - 4 * _CUBIC
    weights = np.where(distances <= 1, near, far).astype(np.float32)
    frames = np.clip(first[:, np.newaxis] + np.arange(-1, 3), 0, n_frames - 1)
    return FrameInterpolation(np.clip(places, 0, n_frames - 1), frames, weights)


def _linear(places: Places, n_frames: int) -> FrameInterpolation:
    return linear_interpolation(np.clip(places, 0, n_frames - 1), n_frames)


def _hat(center: int, moved: int, n_frames: int) -> FrameInterpolation:
    """Return the map of lingvo's ``_TimeWarp``: from 0 to one frame after the last one, which is zero."""
    places = np.interp(np.arange(n_frames), [0, moved, n_frames], [0, center, n_frames])
    before = np.floor(places).astype(np.intp)
    share = (places - before).astype(np.float32)
    weights = np.stack([1 - share, np.where(before + 1 < n_frames, share, 0)], axis=1).astype(np.float32)
    frames = np.minimum(np.stack([before, before + 1], axis=1), n_frames - 1)
    return FrameInterpolation(np.minimum(places, n_frames - 1), frames, weights)
