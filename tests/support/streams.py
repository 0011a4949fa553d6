"""A mel at hand as one that is read in parts; `import streams` works from every room."""

from __future__ import annotations

import numpy as np

from specaug_listen import MelSpectrogram
from specaug_listen.frontends import MelStream

__all__ = ["as_stream", "in_parts"]


def as_stream(mel: MelSpectrogram) -> MelStream:
    """The same mel, of which only parts can be had."""
    return MelStream(mel.frontend, mel.n_frames, mel.n_samples, lambda a, b: mel.values[:, a:b], mel.statistics)


def in_parts(stream: MelStream, n_frames: int) -> np.ndarray:
    """All values, read so many frames at a time."""
    return np.concatenate([part.values for part in stream.parts(n_frames)], axis=1)
