"""A signal that tests of files share."""

from __future__ import annotations

import numpy as np
import pytest

RATE = 16000


@pytest.fixture(scope="session")
def sweep() -> np.ndarray:
    seconds = np.arange(RATE) / RATE
    return 0.4 * np.sin(2 * np.pi * (200 + 400 * seconds) * seconds)
