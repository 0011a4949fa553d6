"""Names of front-ends for tests to go through: one of each geometry, and the others for ``make test-all``."""

from __future__ import annotations

import pytest

from specaug_listen.frontends import PRESETS

__all__ = ["EACH_GEOMETRY", "NAMES"]

# How frames lie, how a window stands in its transform, and which scale the values are in: no two of these are alike,
# and every other preset differs from one of them only in numbers.
EACH_GEOMETRY = (
    "whisper",  # about the middle of the frames, 2.5 hops a window, a scale that is bounded from the loudest cell on
    "hifigan",  # padded by the same at both ends, 4 hops a window, magnitudes
    "kaldi",  # without padding, few bands, each frame prepared by itself
    "lhotse",  # mirrored at the ends, frames prepared by themselves
    "lingvo",  # a sample late, a window in a transform of more than twice its length
    "nemo",  # normalised, a window in the middle of its transform, a floor that is added
    "torchaudio",  # two hops a window, filters without a bin, no logarithm
)
NAMES = [pytest.param(name, marks=() if name in EACH_GEOMETRY else pytest.mark.slow, id=name) for name in PRESETS]
