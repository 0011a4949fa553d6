"""A mel of speech."""

from __future__ import annotations

import pytest

from specaug_listen import MelSpectrogram, frontends


@pytest.fixture(scope="module")
def mel(speechlike) -> MelSpectrogram:
    return frontends.WHISPER(speechlike)
