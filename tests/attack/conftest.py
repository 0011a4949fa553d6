"""What attacks of several kinds are made on."""

from __future__ import annotations

import pytest
from received import copied, make_run, make_sweep


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """A run and a sweep, to be copied before they are spoilt."""
    folder = tmp_path_factory.mktemp("sent")
    return {"run": make_run(folder), "sweep": make_sweep(folder)}


@pytest.fixture
def run(made, tmp_path):
    return copied(made["run"], tmp_path)


@pytest.fixture
def sheet(made, tmp_path):
    return copied(made["sweep"], tmp_path)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A run and a sweep in one folder, with what the commands of a module leave there."""
    folder = tmp_path_factory.mktemp("written")
    make_run(folder)
    make_sweep(folder)
    return folder
