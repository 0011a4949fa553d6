"""What attacks of several kinds are made on."""

from __future__ import annotations

import pytest
from attack.received import make_run, make_sweep


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """A run and a sweep, to be copied before they are spoilt."""
    folder = tmp_path_factory.mktemp("sent")
    return {"run": make_run(folder), "sweep": make_sweep(folder)}
