"""Files that may be replaced in a user's folder: listed, unchanged, not through a link, and no inputs."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from commandline import contents, names_in
from quick_runs import KilledError
from results import wrote

from specaug_listen.errors import OutputError, ParameterError
from specaug_listen.outputs import marker as _marker
from specaug_listen.outputs import output as _ownership
from specaug_listen.outputs.marker import marker_lines
from specaug_listen.outputs.output import Output


def test_what_is_published_is_listed_before_it_is_there_and_the_folder_holds_nothing_else(tmp_path):
    wrote(tmp_path / "deep" / "out", {"clip/a.wav": b"1", "page.html": b"2"})
    assert contents(tmp_path / "deep" / "out") == {"clip/a.wav": b"1", "page.html": b"2"}
    (line,) = marker_lines(tmp_path / "deep" / "out")
    assert sorted(line["owns"]) == ["clip/a.wav", "page.html"]
    assert line["command"] == "audition"


def test_files_are_replaced_one_by_one_and_what_is_not_listed_stays(tmp_path):
    wrote(tmp_path, {"clip/a.wav": b"old", "clip/b.wav": b"old"})
    (tmp_path / "clip" / "notes.txt").write_bytes(b"mine")
    output = wrote(tmp_path, {"clip/a.wav": b"new"})
    output.remove(output.own_files.by("audition"))
    assert contents(tmp_path) == {"clip/a.wav": b"new", "clip/notes.txt": b"mine"}


def test_folders_that_become_empty_go_and_those_of_the_user_stay(tmp_path):
    wrote(tmp_path, {"one/a.wav": b"1", "two/deep/b.wav": b"2"})
    (tmp_path / "two" / "mine.txt").write_bytes(b"mine")
    output = Output(tmp_path, "audition", overwrite=True)
    output.remove(list(output.own_files))
    assert contents(tmp_path) == {"two/mine.txt": b"mine"}
    assert names_in(tmp_path) == ["two"]
    assert tmp_path.is_dir()


@pytest.mark.parametrize("change", ["edited", "a link", "a folder", "unlisted", "below a link"])
def test_what_is_not_as_it_was_written_is_neither_replaced_nor_removed(tmp_path, change):
    name = "clip/a.wav"
    wrote(tmp_path / "out", {name: b"old"})
    path, elsewhere = tmp_path / "out" / name, tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "a.wav").write_bytes(b"old")
    if change == "edited":
        path.write_bytes(b"mine")
    elif change == "unlisted":
        name, path = "clip/b.wav", path.with_name("b.wav")
        path.write_bytes(b"old")
    else:
        path.unlink()
        if change == "a link":
            path.symlink_to(elsewhere / "a.wav")
        elif change == "a folder":
            path.mkdir()
        else:
            path.parent.rmdir()
            path.parent.symlink_to(elsewhere)
    before = contents(tmp_path)
    with pytest.raises(ParameterError, match=r"exists and was (not written by|changed since).*move it, or"):
        wrote(tmp_path / "out", {name: b"new"})
    output = Output(tmp_path / "out", "audition", overwrite=True)
    output.remove([name, "clip/a.wav"] if change != "unlisted" else [name])
    assert contents(tmp_path) == before


@pytest.mark.parametrize("link", [None, os.symlink, os.link], ids=["itself", "by a link", "by a hard link"])
def test_what_is_read_is_neither_replaced_nor_removed(tmp_path, link):
    wrote(tmp_path / "out", {"clip/a.wav": b"take"})
    path = tmp_path / "out" / "clip" / "a.wav"
    if link is not None:
        link(path, tmp_path / "take.wav")
        path = tmp_path / "take.wav"
    output = Output(tmp_path / "out", "audition", overwrite=True, inputs=[path])
    for names, also in ((["clip/a.wav"], ()), ((), output.own_files.by("audition"))):
        with pytest.raises(ParameterError, match=r"out: clip/a\.wav in it is an input, and would be"):
            output.check(names, also=also)
    output.remove(["clip/a.wav"])
    assert path.read_bytes() == b"take"


def test_nothing_is_removed_unless_results_are_to_be_replaced(tmp_path):
    wrote(tmp_path, {"a": b"1"})
    output = Output(tmp_path, "audition")
    output.remove(["a"])
    output.begin([{"run": 1}], instead_of=["a"])
    assert contents(tmp_path) == {"a": b"1"}


def test_what_shows_other_files_goes_before_any_of_them_is_replaced_and_comes_last(tmp_path, monkeypatch):
    names, last = ["a.json", "page/audio/1.wav", "page/index.html", "z/1.wav"], ["page/index.html", "a.json"]
    wrote(tmp_path, dict.fromkeys(names, b"old"))
    replace, placed = os.replace, []

    def until_killed(source, target):
        replace(source, target)
        placed.append(os.path.relpath(target, tmp_path))
        if len(placed) == n_until:
            raise KilledError

    monkeypatch.setattr(os, "replace", until_killed)
    monkeypatch.setattr(_ownership, "rename_to_new", until_killed)
    for n_until in (1, 2, 3, 4):
        placed.clear()
        with pytest.raises(KilledError):
            wrote(tmp_path, dict.fromkeys(names, b"%d" % n_until), last=last)
        assert placed == ["page/audio/1.wav", "z/1.wav", "page/index.html", "a.json"][:n_until]
        assert set(contents(tmp_path)) == {"page/audio/1.wav", "z/1.wav", *placed}


@pytest.mark.parametrize("overwrite", [False, True], ids=["", "overwrite"])
@pytest.mark.parametrize("name", ["x.wav", "clip/x.wav"])
def test_a_file_of_the_users_that_comes_after_the_check_is_kept(tmp_path, monkeypatch, name, overwrite):
    add = Output.add

    def and_then_the_user(self, line):
        add(self, line)
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"mine")

    monkeypatch.setattr(Output, "add", and_then_the_user)
    with pytest.raises(ParameterError, match=r"x\.wav: exists and was changed since, so it is not replaced"):
        wrote(tmp_path, {name: b"ours"}, overwrite=overwrite)
    assert contents(tmp_path) == {name: b"mine"}


def test_a_file_of_the_users_that_comes_at_the_last_moment_is_kept(tmp_path, monkeypatch):
    link = os.link

    def late(source, target, **how):
        target.write_bytes(b"mine")
        link(source, target, **how)

    monkeypatch.setattr(os, "link", late)
    with pytest.raises(OutputError, match=r"x\.wav: cannot be written \(File exists\); choose another -o"):
        wrote(tmp_path, {"x.wav": b"ours"})
    assert contents(tmp_path) == {"x.wav": b"mine"}


def test_where_a_file_can_have_one_name_only_results_are_written_all_the_same(tmp_path, monkeypatch):
    def refuse(*args, **how):
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", refuse)
    wrote(tmp_path, {"x.wav": b"ours"})
    assert contents(tmp_path) == {"x.wav": b"ours"}


@pytest.mark.parametrize("step", ["replace", "remove"])
def test_an_edit_that_keeps_size_and_time_is_seen_though_the_file_was_looked_at_before(tmp_path, step):
    wrote(tmp_path, {"x.wav": b"12345678"})
    output, path = Output(tmp_path, "audition", overwrite=True), tmp_path / "x.wav"
    with output.alone():
        output.check(["x.wav"])
        before = path.stat()
        while path.stat().st_ctime_ns == before.st_ctime_ns:  # until the clock of the file system has gone on
            path.write_bytes(b"edited!!")
            os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        if step == "remove":
            output.remove(["x.wav"])
        else:
            with pytest.raises(ParameterError, match="was changed since"):
                output.write({"x.wav": b"new"})
    assert path.read_bytes() == b"edited!!"


def test_a_file_that_is_changed_while_it_is_looked_at_is_not_removed(tmp_path, monkeypatch):
    wrote(tmp_path, {"x.wav": b"12345678"})
    output, hashed = Output(tmp_path, "audition", overwrite=True), _marker._hash

    def and_then_the_user(path):
        found = hashed(path)
        path.write_bytes(b"mine")
        return found

    monkeypatch.setattr(_marker, "_hash", and_then_the_user)
    output.remove(["x.wav"])
    assert contents(tmp_path) == {"x.wav": b"mine"}


@pytest.mark.parametrize("kind", ["new", "empty", "here", "link", "link to a run"])
def test_a_folder_that_is_free_is_written_into_however_it_is_named(tmp_path, monkeypatch, kind):
    monkeypatch.chdir(tmp_path)
    real = tmp_path if kind == "here" else tmp_path / "out"
    if kind != "new" and kind != "here":
        real.mkdir()
    if kind == "link to a run":
        wrote(real, {"a": b"old"})
    named = tmp_path / "link" if "link" in kind else real
    if "link" in kind:
        named.symlink_to(real)
    wrote(Path() if kind == "here" else named, {"a": b"1"})
    assert contents(real) == {"a": b"1"}


def test_folders_that_an_interrupted_removal_left_empty_are_not_in_the_way(tmp_path):
    (tmp_path / "report" / "audio").mkdir(parents=True)
    output = Output(tmp_path, "report", overwrite=True)
    assert not output.is_taken("report")
    (tmp_path / "report" / "audio" / "gone").symlink_to("nowhere")
    assert output.is_taken("report")


@pytest.mark.parametrize("kind", ["file", "dangling", "loop"])
def test_what_is_no_folder_is_refused_before_anything(tmp_path, kind):
    out = tmp_path / "out"
    if kind == "file":
        out.write_bytes(b"mine")
    else:
        out.symlink_to(out if kind == "loop" else tmp_path / "nothing")
    with pytest.raises(ParameterError, match=r"out: is (a file|a broken link); choose a folder"):
        Output(out, "audition")
    assert os.path.lexists(out)
    assert not (tmp_path / "nothing").exists()


def test_a_folder_without_the_right_to_write_is_told_before_anything(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(OutputError, match=r"out: cannot be written \(Permission denied\)"):
        Output(tmp_path / "out", "audition")


def test_a_folder_that_was_made_for_nothing_goes_and_another_stays(tmp_path):
    (tmp_path / "kept").mkdir()
    for out in (tmp_path / "a" / "b", tmp_path / "kept"):
        with (output := Output(out, "audition")).alone(), output.scratch() as scratch:
            (scratch / "x").write_bytes(b"1")
    assert names_in(tmp_path) == ["kept"]
