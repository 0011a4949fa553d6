"""Folder names that no file name can break, and writing that leaves all or nothing."""

from __future__ import annotations

import errno
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from specaug_listen._files import (
    beside,
    folder_name,
    is_partial,
    make_folder,
    only_writer,
    printable,
    remove_partials,
    scratch,
    write_folder,
    write_whole,
)
from specaug_listen.errors import AudioError, OutputError

RESERVED = {"report.html", "audition.json"}
STALE = re.compile(r"draw-\d+\.(wav|png|json)")
FORBIDDEN = set('<>:"/\\|?*') | {chr(code) for code in range(32)} | {"\x7f"}

file_names = st.one_of(
    st.text(st.characters(exclude_characters="/\0"), min_size=1, max_size=90),
    st.sampled_from(
        ["a.wav", "A.wav", "a-2.wav", "a.flac", "report.html.wav", "Audition.JSON.wav", "x" * 251 + ".wav"]
    ),
    st.sampled_from(
        ["ß.wav", "SS.wav", "ss.wav", "CON.wav", "con.wav", "音" * 80 + ".wav", "...wav", " .wav", "-.wav"]
    ),
)


@given(st.lists(file_names, min_size=1, max_size=8))
@example(["a .wav"])
@example(["a ..wav"])
@example([". .wav"])
@example(["x" * 119 + " y.wav"])
@example(["x" * 119 + ".y.wav"])
def test_a_folder_name_is_one_safe_component_of_a_path_and_never_clashes(names):
    taken = set(RESERVED)
    folders = [folder_name(f"somewhere/{name}", taken) for name in names]
    for folder in folders:
        assert Path(folder).parts == (folder,)
        assert folder not in (".", "..")
        assert not FORBIDDEN & set(folder)
        assert folder[0] not in "-."
        assert folder[-1] not in " ."
        assert len(folder.encode()) <= 255 - len("..partial")
    folded = [folder.casefold() for folder in folders]
    assert len(set(folded)) == len(folded)
    assert not RESERVED & set(folded)


@settings(max_examples=20)
@given(st.lists(file_names, min_size=1, max_size=6))
def test_every_folder_name_can_be_made_on_this_disk(names):
    with tempfile.TemporaryDirectory() as root:
        taken: set[str] = set()
        for name in names:
            (Path(root) / folder_name(name, taken)).mkdir()
        assert len(os.listdir(root)) == len(names)


@pytest.mark.parametrize("device", ["con", "PRN", "Aux", "nul", "com1", "LPT9"])
def test_names_of_windows_devices_are_prefixed(device):
    assert folder_name(f"{device}.wav", set()) == f"_{device}"


def test_the_second_clip_of_a_name_gets_the_suffix_that_is_free():
    taken = {"speech-2"}
    assert [folder_name(f"{where}/speech.wav", taken) for where in "abc"] == ["speech", "speech-3", "speech-4"]


@pytest.mark.parametrize(
    "path", ["a\nb.wav", "a\tb", "\x1b[31mred", "bell\a", "latin-\udce9.wav", "\u202etxt.wav", "line\u2028.wav"]
)
def test_a_printable_path_is_one_line_without_control_characters(path):
    assert printable(path).isprintable()
    assert printable("plain ü 音.wav") == "plain ü 音.wav"


# -- writing a file -------------------------------------------------------------------------------------


def half_written(path: Path, data: bytes) -> int:
    with open(path, "wb") as file:
        file.write(data[: len(data) // 2])
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def refused(*args: object) -> None:
    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


@pytest.mark.parametrize(
    ("where", "failing", "reason"),
    [
        ("pathlib.Path.write_bytes", half_written, "No space left on device"),
        ("os.replace", refused, "Permission denied"),
    ],
    ids=["disk full", "rename refused"],
)
def test_a_file_that_cannot_be_written_leaves_the_old_one_and_nothing_beside(
    tmp_path, monkeypatch, where, failing, reason
):
    path = tmp_path / "audition.json"
    write_whole(path, b"old")
    monkeypatch.setattr(where, failing)
    with pytest.raises(OutputError, match=rf"audition\.json: cannot be written \({reason}\); free space, or"):
        write_whole(path, b"something new")
    monkeypatch.undo()
    assert os.listdir(tmp_path) == ["audition.json"]
    assert path.read_bytes() == b"old"


def test_an_interrupted_write_leaves_the_old_file_and_nothing_beside(tmp_path, monkeypatch):
    def interrupted(*args: object) -> None:
        raise KeyboardInterrupt

    path = tmp_path / "audition.json"
    write_whole(path, b"old")
    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_whole(path, b"new")
    assert os.listdir(tmp_path) == ["audition.json"]
    assert path.read_bytes() == b"old"


def test_a_folder_below_a_file_cannot_be_made_and_the_error_is_one_line(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match=r"file/below: cannot be written \(Not a directory\)") as caught:
        make_folder(tmp_path / "file" / "below")
    assert "\n" not in str(caught.value)


# -- writing a folder -----------------------------------------------------------------------------------


def names_in(folder: Path) -> list[str]:
    return sorted(os.listdir(folder))


def test_a_new_folder_holds_exactly_its_files(tmp_path):
    write_folder(tmp_path / "clip", {"a.wav": b"1", "draw-1.json": b"2"}, STALE)
    assert names_in(tmp_path) == ["clip"]
    assert {path.name: path.read_bytes() for path in (tmp_path / "clip").iterdir()} == {
        "a.wav": b"1",
        "draw-1.json": b"2",
    }


def test_an_old_folder_loses_its_stale_draws_and_nothing_of_the_users(tmp_path):
    folder = tmp_path / "clip"
    write_folder(folder, {"draw-1.wav": b"old", "draw-2.wav": b"old", "draw-2.png": b"old"}, STALE)
    mine = ("notes.txt", "draw-2.wav.bak", "my draw-2.wav", "draw-x.wav", "DRAW-2.wav")
    for name in mine:
        (folder / name).write_bytes(b"mine")
    write_folder(folder, {"draw-1.wav": b"new"}, STALE)
    assert names_in(folder) == sorted(["draw-1.wav", *mine])
    assert (folder / "draw-1.wav").read_bytes() == b"new"
    assert all((folder / name).read_bytes() == b"mine" for name in mine)
    assert names_in(tmp_path) == ["clip"]


@pytest.mark.parametrize("exists", [False, True])
def test_a_folder_that_does_not_fit_on_the_disk_leaves_what_was_there(tmp_path, monkeypatch, exists):
    folder = tmp_path / "clip"
    if exists:
        write_folder(folder, {"draw-1.wav": b"old", "draw-2.wav": b"old"}, STALE)
    monkeypatch.setattr(Path, "write_bytes", half_written)
    with pytest.raises(OutputError, match=r"clip: cannot be written \(No space left on device\)"):
        write_folder(folder, {"draw-1.wav": b"something new"}, STALE)
    monkeypatch.undo()
    assert names_in(tmp_path) == (["clip"] if exists else [])
    if exists:
        assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
            "draw-1.wav": b"old",
            "draw-2.wav": b"old",
        }


def test_what_a_run_that_was_killed_has_left_is_told_from_the_users_files_and_removed(tmp_path):
    left = beside(tmp_path / "clip")
    left.mkdir()
    (left / "draw-9.wav").write_bytes(b"half")
    beside(tmp_path / "report.html").write_bytes(b"half")
    for kept in ("clip", ".hidden", "mine.partial", ".clip.partial"):
        (tmp_path / kept).write_bytes(b"mine")
    remove_partials(tmp_path)
    assert names_in(tmp_path) == sorted(["clip", ".hidden", "mine.partial", ".clip.partial"])


# -- in parts -------------------------------------------------------------------------------------------


def in_parts(data: bytes, fails_with: BaseException | None = None) -> Iterator[bytes]:
    """Data as it is made, byte after byte; in the middle, something may go wrong."""
    for i in range(len(data)):
        if fails_with and i == len(data) // 2:
            raise fails_with
        yield data[i : i + 1]


def test_parts_are_written_in_their_order_and_taken_for_the_whole(tmp_path):
    write_whole(tmp_path / "long.wav", in_parts(b"a long sound"))
    write_whole(tmp_path / "empty.wav", iter(()))
    write_folder(tmp_path / "clip", {"a.wav": in_parts(b"first"), "b.png": b"second", "c.wav": [b"th", b"ird"]}, STALE)
    assert (tmp_path / "long.wav").read_bytes() == b"a long sound"
    assert (tmp_path / "empty.wav").read_bytes() == b""
    assert [path.read_bytes() for path in sorted((tmp_path / "clip").iterdir())] == [b"first", b"second", b"third"]
    assert names_in(tmp_path) == ["clip", "empty.wav", "long.wav"]


FAILURES = [
    (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), OutputError, r"cannot be written \(No space left on device\)"),
    (AudioError("the middle is bad"), AudioError, "^the middle is bad$"),
    (KeyboardInterrupt("now"), KeyboardInterrupt, "now"),
]


@pytest.mark.parametrize("exists", [False, True])
@pytest.mark.parametrize(("failure", "error", "message"), FAILURES, ids=["disk full", "bad", "interrupted"])
def test_parts_that_end_too_early_leave_what_was_there(tmp_path, exists, failure, error, message):
    if exists:
        write_whole(tmp_path / "long.wav", b"old")
        write_folder(tmp_path / "clip", {"draw-1.wav": b"old", "draw-2.wav": b"old"}, STALE)
    with pytest.raises(error, match=message):
        write_whole(tmp_path / "long.wav", in_parts(b"something new", failure))
    with pytest.raises(error, match=message):
        write_folder(tmp_path / "clip", {"draw-1.wav": b"new", "draw-3.wav": in_parts(b"new", failure)}, STALE)
    assert names_in(tmp_path) == (["clip", "long.wav"] if exists else [])
    if exists:
        assert (tmp_path / "long.wav").read_bytes() == b"old"
        assert names_in(tmp_path / "clip") == ["draw-1.wav", "draw-2.wav"]
        assert (tmp_path / "clip" / "draw-1.wav").read_bytes() == b"old"


# -- on the way -----------------------------------------------------------------------------------------


def test_scratch_lies_beside_and_is_gone_with_all_that_is_in_it(tmp_path):
    with scratch(tmp_path / "out" / "clip") as room:
        assert room.is_dir()
        assert room.parent == tmp_path / "out"
        (room / "samples").write_bytes(b"many")
        (room / "deep").mkdir()
        # Neither what the folder itself is written under, nor a clip's own.
        assert room not in (beside(tmp_path / "out" / "clip"), tmp_path / "out" / "clip")
        write_folder(tmp_path / "out" / "clip", {"a.wav": b"1"}, STALE)
    assert names_in(tmp_path / "out") == ["clip"]


@pytest.mark.parametrize("error", [AudioError("bad"), OSError(5, "bad"), KeyboardInterrupt("bad")], ids=repr)
def test_scratch_is_gone_after_an_error_too(tmp_path, error):
    def fail() -> None:
        with scratch(tmp_path / "clip") as room:
            (room / "samples").write_bytes(b"many")
            raise error

    with pytest.raises(type(error), match="bad"):
        fail()
    assert names_in(tmp_path) == []


def test_scratch_that_a_run_has_left_that_was_killed_is_removed_by_the_next(tmp_path):
    with scratch(tmp_path / "clip") as room:
        (room / "samples").write_bytes(b"many")
        assert is_partial(room.name)
        remove_partials(tmp_path)
        assert names_in(tmp_path) == []


def test_scratch_where_nothing_can_be_written_is_told(tmp_path):
    (tmp_path / "file").write_bytes(b"mine")
    room = scratch(tmp_path / "file" / "clip")
    with pytest.raises(OutputError, match=r"cannot be written \(Not a directory\)"):
        room.__enter__()


# -- names ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["clip", "n" * 255, "é" * 127, "two\nlines", "latin-\udce9"], ids=ascii)
def test_the_name_of_what_is_not_whole_yet_fits_any_name(tmp_path, name):
    partial = beside(tmp_path / name)
    partial.write_bytes(b"")
    assert is_partial(partial.name)
    assert beside(tmp_path / f"{name[:-1]}x") != partial


@pytest.mark.skipif(sys.platform == "win32", reason="folders cannot be locked there")
def test_a_folder_has_one_writer_at_a_time(tmp_path):
    first = only_writer(tmp_path)
    with pytest.raises(OutputError, match="another run is writing into it"):
        only_writer(tmp_path)
    os.close(first)
    os.close(only_writer(tmp_path))


def test_a_file_in_the_way_of_a_folder_is_kept_and_named(tmp_path):
    (tmp_path / "clip").write_bytes(b"mine")
    with pytest.raises(OutputError, match=r"clip: cannot be written \(Not a directory\)"):
        write_folder(tmp_path / "clip", {"draw-1.wav": b"new"}, STALE)
    assert (tmp_path / "clip").read_bytes() == b"mine"
    assert names_in(tmp_path) == ["clip"]


def test_where_folders_cannot_be_locked_a_run_goes_on_without(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "fcntl", None)
    opened = os.open
    monkeypatch.setattr(os, "open", lambda path, *more: opened(path, *more) if path == os.devnull else None)
    for descriptor in (only_writer(tmp_path), only_writer(tmp_path)):
        os.close(descriptor)
