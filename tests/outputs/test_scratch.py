"""Scratch folders: unfinished files, and the leftovers of killed runs."""

from __future__ import annotations

import subprocess
import sys

import pytest
from commandline import contents, environment, names_in
from results import wrote

from specaug_listen.errors import ParameterError
from specaug_listen.outputs.output import Output
from specaug_listen.outputs.scratch import is_scratch_folder


def orphan(folder):
    """A scratch folder as a killed run leaves it."""
    folder.mkdir(parents=True, exist_ok=True)
    code = "import sys, os; from pathlib import Path; from specaug_listen.outputs.scratch import scratch_folder; "
    code += "new = scratch_folder(Path(sys.argv[1])); new.__enter__(); os.kill(os.getpid(), 9)"
    subprocess.run([sys.executable, "-c", code, folder], env=environment(), check=False)
    (left,) = (path for path in folder.iterdir() if is_scratch_folder(path))
    (left / "clip").mkdir()
    (left / "clip" / "half.wav").write_bytes(b"half")
    return left


def test_rooms_of_killed_runs_go_those_of_living_ones_and_what_is_the_users_stay(tmp_path):
    left = orphan(tmp_path)
    (tmp_path / ".specaug-listen-abcdefgh.partial").mkdir()  # killed before there was anything in it
    for name in (".hidden", "mine.partial", ".specaug-listen-notes"):
        (tmp_path / name).write_bytes(b"mine")
    (tmp_path / ".specaug-listen-linklink.partial").symlink_to(left)
    alive = Output(tmp_path, "report")
    with alive.scratch() as scratch:
        assert is_scratch_folder(scratch)
        wrote(tmp_path, {"a": b"1"})
        assert scratch.is_dir()
    assert not left.exists()
    assert names_in(tmp_path) == [
        ".hidden", ".specaug-listen-linklink.partial", ".specaug-listen-notes", "a", "mine.partial",
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["by name", "by pattern", "copied", "moved", "renamed", "link to a certificate"])
def test_a_folder_of_the_users_with_the_name_of_a_room_stays_with_all_that_is_in_it(tmp_path, kind):
    name = "mywork" if kind == "by name" else "abcdefgh"
    out, mine = tmp_path / "out", tmp_path / "out" / f".specaug-listen-{name}.partial"
    mine.parent.mkdir()
    if kind.startswith("by"):
        mine.mkdir()
    else:
        left = orphan(tmp_path / "elsewhere" if kind == "moved" else out)
        if kind == "renamed":
            left.rename(mine)
        elif kind == "moved":
            left.rename(mine := out / left.name)
        else:
            (copy := tmp_path / "copy").mkdir()
            for path in left.iterdir():
                path.rename(copy / path.name)
            left.rmdir()
            copy.rename(mine := left)
            if kind == "link to a certificate":
                (certificate,) = (path for path in mine.iterdir() if path.is_file())
                certificate.rename(tmp_path / "certificate")
                certificate.symlink_to(tmp_path / "certificate")
    (mine / "sub").mkdir()
    (mine / "sub" / "notes.txt").write_bytes(b"mine")
    before = contents(out)
    assert not is_scratch_folder(mine)
    with pytest.raises(ParameterError, match="the folder is not empty"):
        Output(out, "audition").check_folder()
    wrote(out, {"a": b"1"})
    assert contents(out) == {**before, "a": b"1"}


def test_a_folder_that_holds_nothing_but_the_room_of_a_killed_run_is_empty(tmp_path):
    orphan(tmp_path)
    Output(tmp_path, "audition").check_folder()


def test_what_is_put_in_its_place_is_all_of_a_room_but_its_certificate(tmp_path):
    output = wrote(tmp_path / "out", {"a/b": b"1", "c": b"2"})
    assert sorted(output.own_files) == ["a/b", "c"]
    assert contents(tmp_path) == {"out/a/b": b"1", "out/c": b"2"}


def test_a_room_is_gone_with_all_that_is_in_it_after_an_error_too(tmp_path):
    def fail():
        with Output(tmp_path / "out", "audition").scratch() as scratch:
            (scratch / "samples").write_bytes(b"many")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert names_in(tmp_path) == []
