"""The tests of front-ends themselves go through all of them."""

from __future__ import annotations

import pytest

from specaug_listen.frontends import PRESETS, MelFrontend


@pytest.fixture(params=PRESETS.values(), ids=PRESETS.keys())
def every_frontend(request: pytest.FixtureRequest) -> MelFrontend:
    return request.param
