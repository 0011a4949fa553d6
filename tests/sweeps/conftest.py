"""A sweep of four cells."""

from __future__ import annotations

import pytest
from cheap_audition import FAST, STEADY

from specaug_listen import sweep


@pytest.fixture
def made(speechlike):
    vary = {"time_mask.max_frames": [5, 30], "frequency_mask.max_bins": [4, 20], "fill": ["mean", "floor"]}
    return sweep(speechlike, vary=vary, policy=STEADY, vocoder=FAST, draws=2, rng=0)
