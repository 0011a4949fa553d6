"""The folder for results: the one that is named, or the next that no other run uses."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from specaug_listen.cli.results_folders import results_folder


@pytest.fixture(autouse=True)
def room(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def folder_of(out=None, *, overwrite=False):
    with results_folder(out, "heard", "audition", overwrite=overwrite) as folder:
        return folder


def test_a_folder_that_is_named_is_taken_as_it_is():
    Path("mine").mkdir()
    Path("mine", "notes").touch()
    assert folder_of(Path("mine")) == Path("mine")


def test_the_next_folder_that_is_absent_or_empty_is_free(room):
    Path("heard").mkdir()
    assert folder_of() == Path("heard")
    Path("heard", "notes").touch()
    Path("heard-2").touch()
    Path("heard-3").symlink_to(room)
    assert folder_of() == Path("heard-4")
    assert folder_of(overwrite=True) == Path("heard")


def test_a_run_at_the_same_time_gets_the_next_folder():
    with results_folder(None, "heard", "audition", overwrite=False) as first, ThreadPoolExecutor() as pool:
        assert (first, pool.submit(folder_of).result()) == (Path("heard"), Path("heard-2"))
