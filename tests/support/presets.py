"""Names of front-ends for tests to go through: one of each geometry."""

from __future__ import annotations

__all__ = ["EACH_GEOMETRY"]

# How frames lie, how a window stands in its transform, and which scale the values are in: no two of these are alike,
# and every other preset differs from one of them only in numbers. The tests of front-ends go through all presets.
EACH_GEOMETRY = (
    "whisper",  # about the middle of the frames, 2.5 hops a window, a scale that is bounded from the loudest cell on
    "hifigan",  # padded by the same at both ends, 4 hops a window, magnitudes
    "kaldi",  # without padding, few bins, each frame prepared by itself
    "lhotse",  # mirrored at the ends, frames prepared by themselves
    "lingvo",  # a sample late, a window in a transform of more than twice its length
    "nemo",  # normalised, a window in the middle of its transform, a floor that is added
    "torchaudio",  # two hops a window, filters without a bin, no logarithm
)
