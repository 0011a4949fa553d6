"""Locks of folders: one writer at a time, until its process ends."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from commandline import contents, environment, names_in
from results import wrote

from specaug_listen.errors import OutputError
from specaug_listen.outputs.locks import lock, try_lock
from specaug_listen.outputs.output import Output


@pytest.mark.skipif(sys.platform == "win32", reason="folders cannot be locked there")
def test_a_folder_has_one_writer_at_a_time_and_pages_wait_for_their_turn(tmp_path, monkeypatch):
    first = lock(tmp_path, tmp_path)
    with (
        pytest.raises(OutputError, match="another run is writing into it; wait, or choose another -o"),
        Output(tmp_path, "audition").alone(),
    ):
        pass
    monkeypatch.setattr("specaug_listen.outputs.locks.time.sleep", lambda seconds: os.close(first))
    wrote(tmp_path, {"page.html": b"1"}, "report")
    assert contents(tmp_path) == {"page.html": b"1"}


@pytest.mark.skipif(sys.platform == "win32", reason="folders cannot be locked there")
def test_the_lock_of_a_folder_that_went_and_came_again_is_that_of_the_new_one(tmp_path, monkeypatch):
    """The run that made it ended without results, and a third one has begun, between opening and locking it."""
    import fcntl

    out, flock, held = tmp_path / "out", fcntl.flock, []

    def after_two_others(file, how):
        if not held:
            out.rmdir()
            out.mkdir()
            held.append(os.open(out, os.O_RDONLY))
            flock(held[0], how)
        flock(file, how)

    monkeypatch.setattr(fcntl, "flock", after_two_others)
    with pytest.raises(OutputError, match="another run is writing into it"), Output(out, "audition").alone():
        pass
    os.close(held[0])


@pytest.mark.skipif(sys.platform == "win32", reason="folders cannot be locked there")
def test_the_lock_of_a_folder_that_went_makes_it_again(tmp_path, monkeypatch):
    import fcntl

    out, flock, gone = tmp_path / "deep" / "out", fcntl.flock, []

    def after_another(file, how):
        if not gone:
            gone.append(out.rmdir())
            out.parent.rmdir()
        flock(file, how)

    monkeypatch.setattr(fcntl, "flock", after_another)
    with Output(out, "audition").alone():
        assert gone
        assert out.is_dir()
    assert names_in(tmp_path) == []


@pytest.mark.skipif(sys.platform == "win32", reason="folders cannot be locked there")
def test_a_folder_that_stayed_empty_does_not_go_while_another_run_has_it(tmp_path):
    out = tmp_path / "out"
    with Output(out, "audition").scratch() as scratch:
        other = lock(out, out)
        assert scratch.is_dir()
    assert out.is_dir()
    os.close(other)


def test_where_folders_cannot_be_locked_a_run_goes_on_without(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "fcntl", None)
    with Output(tmp_path, "audition").alone(), Output(tmp_path, "audition").alone():
        wrote(tmp_path, {"a": b"1"})
    assert contents(tmp_path) == {"a": b"1"}


def test_a_lock_ends_with_its_process(tmp_path):
    code = "import sys, os; from pathlib import Path; from specaug_listen.outputs.locks import lock; "
    code += "lock(Path(sys.argv[1]), Path(sys.argv[1])); os.kill(os.getpid(), 9)"
    subprocess.run([sys.executable, "-c", code, tmp_path], env=environment(), check=False)
    held = try_lock(tmp_path)
    assert held is not None
    os.close(held)
