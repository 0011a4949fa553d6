"""What is ours in a folder of the user's: listed, unchanged, reached through no link, and read by nobody."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from commandline import contents, environment, names_in

from specaug_listen.errors import OutputError, ParameterError
from specaug_listen.outputs import marker as _marker
from specaug_listen.outputs import output as _ownership
from specaug_listen.outputs.locks import lock, try_lock
from specaug_listen.outputs.marker import MARKER, OwnFiles, Results, marker_lines
from specaug_listen.outputs.output import Output
from specaug_listen.outputs.scratch import is_room


def wrote(folder, files, command="audition", *, last=(), overwrite=True, **how):
    """Write files as a run does."""
    output = Output(folder, command, overwrite=overwrite, **how)
    with output.room() as room:
        for name, data in files.items():
            (room / name).parent.mkdir(parents=True, exist_ok=True)
            (room / name).write_bytes(data)
        output.publish(room, last=last)
    return output


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


def test_names_of_a_marker_that_lead_elsewhere_or_are_none_are_left_out(subtests, tmp_path):
    for name in [
        *("../x", "/etc/passwd", "a/../../x", "", ".", "a//b", "./a", "a\\..\\x", MARKER, f"a/{MARKER}"),
        *("a\0b", "\0/x", "x/\0", "\ud800/x", "x/\ud800"),
    ]:
        with subtests.test(name=name):
            written = OwnFiles(tmp_path, [{"command": "audition", "owns": {name: "0", "good": "1"}}])
            assert list(written) == ["good"]
            assert not written.is_whole(name, "0")
            assert written.lines(beside=[{"owns": {name: "0"}}]) == []


def test_lines_of_a_marker_that_list_nothing_are_left_out(subtests, tmp_path):
    for more in [{}, {"command": "x"}, {"command": 3}]:
        for owns in [{}, {"a": 1}, 3, 0, None, [], ["a"], "a"]:
            with subtests.test(owns=owns, more=more):
                (tmp_path / "a").touch()
                line = {"owns": owns, **more}
                assert not list(OwnFiles(tmp_path, [line]))
                listed = OwnFiles(tmp_path, [{"command": "x", "owns": {"a": "0"}}])
                assert listed.lines(beside=[line]) == [{"command": "x", "owns": {"a": "0"}}]


def test_a_listed_file_that_cannot_be_opened_counts_as_changed(tmp_path, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied")

    written = wrote(tmp_path, {"a": b"1"}).own_files
    value = written.hash_of(tmp_path / "a")
    assert written.is_whole("a", value)
    monkeypatch.setattr(written, "hash_of", refuse)
    assert written.state("a") == "changed"
    assert not written.is_whole("a", value)


@pytest.mark.parametrize("content", [b"", b"mine", b"[]\n", b'{"format": "another"}\n', b"[" * 100_000])
def test_another_file_of_the_markers_name_is_refused_and_kept(tmp_path, content):
    (tmp_path / MARKER).write_bytes(content)
    with pytest.raises(ParameterError, match=r"is no list of files by specaug-listen; remove it, or choose another -o"):
        wrote(tmp_path, {"a": b"1"})
    assert (tmp_path / MARKER).read_bytes() == content
    assert names_in(tmp_path) == []


@pytest.mark.parametrize("kind", ["link", "dangling", "folder", "pipe"])
def test_a_marker_that_is_no_file_is_refused_at_once(tmp_path, kind):
    out = tmp_path / "out"
    wrote(tmp_path / "other", {"a": b"1"})
    out.mkdir()
    if kind == "folder":
        (out / MARKER).mkdir()
    elif kind == "pipe":
        os.mkfifo(out / MARKER)
    else:
        (out / MARKER).symlink_to(tmp_path / "other" / MARKER if kind == "link" else tmp_path / "nothing")
    with pytest.raises(ParameterError, match="is no list of files by specaug-listen"):
        wrote(out, {"a": b"1"})
    assert not (tmp_path / "nothing").exists()
    assert len(marker_lines(tmp_path / "other")) == 1


def test_a_marker_that_shares_its_file_with_a_copy_leaves_the_copy_alone(tmp_path):
    wrote(tmp_path / "a", {"x": b"1"})
    (tmp_path / "b").mkdir()
    os.link(tmp_path / "a" / MARKER, tmp_path / "b" / MARKER)
    wrote(tmp_path / "a", {"y": b"2"})
    assert list(OwnFiles(tmp_path / "b", marker_lines(tmp_path / "b"))) == ["x"]
    assert sorted(OwnFiles(tmp_path / "a", marker_lines(tmp_path / "a"))) == ["x", "y"]


def test_a_line_that_was_cut_short_by_a_kill_costs_that_line_alone(tmp_path):
    wrote(tmp_path, {"a": b"1"})
    with open(tmp_path / MARKER, "ab") as file:
        file.write(b'{"command": "audition", "owns": {"b": "0')
    wrote(tmp_path, {"c": b"3"})
    assert list(OwnFiles(tmp_path, marker_lines(tmp_path))) == ["a", "c"]


def test_a_run_that_was_killed_between_its_line_and_the_file_leaves_the_old_file_ours(tmp_path):
    wrote(tmp_path, {"a": b"old"})
    Output(tmp_path, "audition").add({"owns": {"a": "of what never came"}})
    wrote(tmp_path, {"a": b"new"})
    assert contents(tmp_path) == {"a": b"new"}


def test_a_marker_that_lists_much_time_and_again_is_tidied_and_keeps_the_last_journal(tmp_path, monkeypatch):
    wrote(tmp_path, {"gone": b"1"})
    output = Output(tmp_path, "audition")
    output.begin([{"run": 1}])
    output.add({"clip": 2})
    (tmp_path / "gone").unlink()
    monkeypatch.setattr("specaug_listen.outputs.output._LOOSE_BYTES", 0)
    for data in (b"1", b"2", b"3", b"4"):
        wrote(tmp_path, {"page.html": data}, "report")
    lines = marker_lines(tmp_path)
    assert [line for line in lines if "owns" not in line] == [
        {"command": "audition", "run": 1},
        {"command": "audition", "clip": 2},
    ]
    assert len(lines) < 6
    assert OwnFiles(tmp_path, lines).state("page.html") == "ours"
    assert "gone" not in OwnFiles(tmp_path, lines)


@pytest.mark.parametrize("link", [None, os.symlink, os.link], ids=["itself", "by a link", "by a hard link"])
def test_what_is_read_is_neither_replaced_nor_removed(tmp_path, link):
    wrote(tmp_path / "out", {"clip/a.wav": b"take"})
    path = tmp_path / "out" / "clip" / "a.wav"
    if link is not None:
        link(path, tmp_path / "take.wav")
        path = tmp_path / "take.wav"
    output = Output(tmp_path / "out", "audition", overwrite=True, inputs=[path])
    for names, also in ((["clip/a.wav"], ()), ((), output.own_files.by("audition"))):
        with pytest.raises(ParameterError, match=r"out: clip/a\.wav in it is read here, and would be"):
            output.check(names, also=also)
    output.remove(["clip/a.wav"])
    assert path.read_bytes() == b"take"


def test_nothing_is_removed_unless_results_are_to_be_replaced(tmp_path):
    wrote(tmp_path, {"a": b"1"})
    output = Output(tmp_path, "audition")
    output.remove(["a"])
    output.begin([{"run": 1}], instead_of=["a"])
    assert contents(tmp_path) == {"a": b"1"}


class KilledError(BaseException):
    """Stands for a kill: nothing is written after it."""


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


# -- between a look and what follows it -----------------------------------------------------------------


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


# -- the folder itself ----------------------------------------------------------------------------------


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


@pytest.mark.parametrize("kind", ["file", "dangling", "loop"])
def test_what_is_no_folder_is_refused_before_anything(tmp_path, kind):
    out = tmp_path / "out"
    if kind == "file":
        out.write_bytes(b"mine")
    else:
        out.symlink_to(out if kind == "loop" else tmp_path / "nothing")
    with pytest.raises(ParameterError, match=r"out: is (a file|a link that leads nowhere); choose a folder"):
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
        with (output := Output(out, "audition")).alone(), output.room() as room:
            (room / "x").write_bytes(b"1")
    assert names_in(tmp_path) == ["kept"]


# -- one at a time --------------------------------------------------------------------------------------


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
    with Output(out, "audition").room() as room:
        other = lock(out, out)
        assert room.is_dir()
    assert out.is_dir()
    os.close(other)


def test_where_folders_cannot_be_locked_a_run_goes_on_without(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "fcntl", None)
    with Output(tmp_path, "audition").alone(), Output(tmp_path, "audition").alone():
        wrote(tmp_path, {"a": b"1"})
    assert contents(tmp_path) == {"a": b"1"}


def left_room(folder):
    """A room as a killed run leaves it."""
    folder.mkdir(parents=True, exist_ok=True)
    code = "import sys, os; from pathlib import Path; from specaug_listen.outputs.scratch import new_room; "
    code += "new = new_room(Path(sys.argv[1])); new.__enter__(); os.kill(os.getpid(), 9)"
    subprocess.run([sys.executable, "-c", code, folder], env=environment(), check=False)
    (left,) = (path for path in folder.iterdir() if is_room(path))
    (left / "clip").mkdir()
    (left / "clip" / "half.wav").write_bytes(b"half")
    return left


def test_rooms_of_killed_runs_go_those_of_living_ones_and_what_is_the_users_stay(tmp_path):
    left = left_room(tmp_path)
    (tmp_path / ".specaug-listen-abcdefgh.partial").mkdir()  # killed before there was anything in it
    for name in (".hidden", "mine.partial", ".specaug-listen-notes"):
        (tmp_path / name).write_bytes(b"mine")
    (tmp_path / ".specaug-listen-linklink.partial").symlink_to(left)
    alive = Output(tmp_path, "report")
    with alive.room() as room:
        assert is_room(room)
        wrote(tmp_path, {"a": b"1"})
        assert room.is_dir()
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
        left = left_room(tmp_path / "elsewhere" if kind == "moved" else out)
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
    assert not is_room(mine)
    with pytest.raises(ParameterError, match="the folder is not empty"):
        Output(out, "audition").check_empty()
    wrote(out, {"a": b"1"})
    assert contents(out) == {**before, "a": b"1"}


def test_a_folder_that_holds_nothing_but_the_room_of_a_killed_run_is_empty(tmp_path):
    left_room(tmp_path)
    Output(tmp_path, "audition").check_empty()


def test_what_is_put_in_its_place_is_all_of_a_room_but_its_certificate(tmp_path):
    output = wrote(tmp_path / "out", {"a/b": b"1", "c": b"2"})
    assert sorted(output.own_files) == ["a/b", "c"]
    assert contents(tmp_path) == {"out/a/b": b"1", "out/c": b"2"}


def test_a_room_is_gone_with_all_that_is_in_it_after_an_error_too(tmp_path):
    def fail():
        with Output(tmp_path / "out", "audition").room() as room:
            (room / "samples").write_bytes(b"many")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert names_in(tmp_path) == []


def test_a_lock_ends_with_its_process(tmp_path):
    code = "import sys, os; from pathlib import Path; from specaug_listen.outputs.locks import lock; "
    code += "lock(Path(sys.argv[1]), Path(sys.argv[1])); os.kill(os.getpid(), 9)"
    subprocess.run([sys.executable, "-c", code, tmp_path], env=environment(), check=False)
    held = try_lock(tmp_path)
    assert held is not None
    os.close(held)


# -- on the disk ----------------------------------------------------------------------------------------


def test_the_list_and_the_index_are_on_the_disk_before_they_have_their_names(tmp_path, monkeypatch):
    steps, fsync, replace, rename_to_new = [], os.fsync, os.replace, _ownership.rename_to_new

    def noted(step, call):
        def then(*args):
            steps.append((step, os.stat(args[0]).st_ino))
            return call(*args)

        return then

    monkeypatch.setattr(os, "fsync", noted("on the disk", fsync))
    monkeypatch.setattr(os, "replace", noted("named", replace))
    monkeypatch.setattr(_ownership, "rename_to_new", noted("named", rename_to_new))
    folder = tmp_path.stat().st_ino
    for n_before in (0, 1):
        steps.clear()
        wrote(tmp_path, {"a.wav": b"1", "a.json": b"%d" % n_before}, last=["a.json"])
        index, marker = (tmp_path / "a.json").stat().st_ino, (tmp_path / MARKER).stat().st_ino
        for inode in (index,) if n_before else (index, marker):
            named = steps.index(("named", inode))
            assert ("on the disk", inode) in steps[:named]
            assert ("on the disk", folder) in steps[named:]
        assert steps.index(("on the disk", marker)) < steps.index(("named", index))


def test_files_are_on_the_disk_before_they_are_listed_and_have_their_names_before_the_index(tmp_path, monkeypatch):
    steps, fsync, replace, rename_to_new = [], os.fsync, os.replace, _ownership.rename_to_new

    def synced(descriptor):
        steps.append(("on the disk", os.fstat(descriptor).st_ino))
        fsync(descriptor)

    def moved(call):
        def then(source, target):
            steps.append(("named", os.stat(source).st_ino))
            call(source, target)

        return then

    wrote(tmp_path, {"clip/a.wav": b"1", "b.wav": b"1", "index.json": b"1"}, last=["index.json"])
    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", moved(replace))
    monkeypatch.setattr(_ownership, "rename_to_new", moved(rename_to_new))
    files = {"clip/a.wav": b"2", "clip/new.wav": b"2", "b.wav": b"2", "index.json": b"2"}
    wrote(tmp_path, files, overwrite=True, last=["index.json"])

    def inode(name):
        return (tmp_path / name).stat().st_ino

    listed = steps.index(("on the disk", inode(MARKER)))
    for name in files:
        assert ("on the disk", inode(name)) in steps[:listed], name
    index = steps.index(("named", inode("index.json")))
    for name in ("clip/a.wav", "clip/new.wav", "b.wav"):
        named = steps.index(("named", inode(name)))
        assert listed < named < index
        assert ("on the disk", inode(Path(name).parent)) in steps[named:index], name


# -- telling our files from the user's ------------------------------------------------------------------


def test_results_are_told_by_the_markers_beside_and_above(tmp_path):
    wrote(tmp_path / "out", {"clip/original.wav": b"1", "x.wav": b"2"})
    (tmp_path / "out" / "clip" / "mine.wav").write_bytes(b"1")
    (tmp_path / "link").symlink_to(tmp_path / "out" / "clip")
    results = Results()
    assert results.holds(str(tmp_path / "out" / "clip"), "original.wav")
    assert results.holds(str(tmp_path / "link"), "original.wav")
    assert results.holds(str(tmp_path / "out"), "x.wav")
    assert not results.holds(str(tmp_path / "out" / "clip"), "mine.wav")
    (tmp_path / "out" / "x.wav").write_bytes(b"a recording of the user's")
    assert not Results().holds(str(tmp_path / "out"), "x.wav")


def test_the_marker_is_the_same_for_the_same_work(tmp_path):
    for name in "ab":
        wrote(tmp_path / name, {"clip/a.wav": b"1"})
    first, second = ((tmp_path / name / MARKER).read_bytes() for name in "ab")
    assert first == second
    assert json.loads(first.splitlines()[0]) == {"format": "specaug-listen output 1"}
