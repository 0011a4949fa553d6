"""A mel with the padding of its batch behind it, and the clip out of it again.

What moves frames from the padding into the clip, or the other way, is worked out over both.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from ..frontends import AnyMel, MelSpectrogram, MelStream
from .fills import Padding
from .steps import WarpPath

__all__ = ["with_padding", "without_padding"]

Real = npt.NDArray[np.float32]
Mel = TypeVar("Mel", MelSpectrogram, MelStream)


def with_padding(mel: AnyMel, padding: Padding) -> MelStream:
    """The mel, and after its last frame the padding; read some frames at a time, so that long padding costs nothing."""
    n_frames, n_mels = mel.n_frames, mel.n_mels
    n_samples = mel.n_samples if isinstance(mel, MelStream) else 1

    def values_at(begin: int, end: int) -> Real:
        inside = mel.values_at(min(begin, n_frames), min(end, n_frames))
        n_beyond = max(0, end - max(begin, n_frames))
        return np.concatenate([inside, np.full((n_mels, n_beyond), padding.value, np.float32)], axis=1)

    return MelStream(mel.frontend, n_frames + padding.n_frames, n_samples, values_at, mel.statistics)


def without_padding(padded: MelStream, mel: Mel, warps: Iterable[WarpPath]) -> Mel:
    """What became of the clip.

    Parameters
    ----------
    padded : MelStream
    mel : MelSpectrogram or MelStream
        The clip as it came.
    warps : iterable of WarpPath
        That led from one to the other.
    """
    if isinstance(mel, MelStream):
        return replace(mel, values_at=padded.values_at)
    moved = mel
    for path in warps:
        moved = moved.with_warp(path.clip_taps(mel.n_frames))
    return moved.with_values(padded.values_at(0, mel.n_frames))
