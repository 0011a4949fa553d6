"""A mel of speech."""

from __future__ import annotations

import pytest

from specaug_listen import frontends


@pytest.fixture
def mel(speechlike):
    return frontends.WHISPER(speechlike)
