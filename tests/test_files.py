"""Folder names that no file name can break, and writing that leaves all or nothing."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from specaug_listen._files import as_path, make_folder, partial_name, printable, without_dots, write_files, write_whole
from specaug_listen.errors import AudioError, OutputError, ParameterError


def test_a_printable_path_is_one_line_without_control_characters(subtests):
    for path in ("a\nb.wav", "a\tb", "\x1b[31mred", "bell\a", "latin-\udce9.wav", "\u202etxt.wav", "line\u2028.wav"):
        with subtests.test(path=path):
            assert printable(path).isprintable()
            assert printable("plain ü 音.wav") == "plain ü 音.wav"


# -- writing a file -------------------------------------------------------------------------------------


def full(*args: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def refused(*args: object) -> None:
    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))


@pytest.mark.parametrize(
    ("where", "failing", "reason", "fix"),
    [
        ("os.replace", full, "No space left on device", "free space, or choose another -o"),
        ("os.replace", refused, "Permission denied", "choose another -o"),
    ],
    ids=["disk full", "rename refused"],
)
def test_a_file_that_cannot_be_written_leaves_the_old_one_and_nothing_beside(
    tmp_path, monkeypatch, where, failing, reason, fix
):
    path = tmp_path / "audition.json"
    write_whole(path, b"old")
    monkeypatch.setattr(where, failing)
    with pytest.raises(OutputError, match=rf"audition\.json: cannot be written \({reason}\); {fix}$"):
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


def test_nothing_of_the_users_is_written_over_or_through_on_the_way(tmp_path, monkeypatch):
    """A link or a file that waits under the name of what is not whole yet."""
    path, partial = tmp_path / "x.wav", tmp_path / ".x.wav-0.partial"
    monkeypatch.setattr("specaug_listen._files.partial_name", lambda path: partial)
    (tmp_path / "mine.txt").write_bytes(b"mine")
    partial.symlink_to(tmp_path / "mine.txt")
    with pytest.raises(OutputError, match=r"x\.wav: cannot be written \(File exists\)"):
        write_whole(path, b"new")
    assert partial.is_symlink()
    assert (tmp_path / "mine.txt").read_bytes() == b"mine"
    assert not os.path.lexists(path)


def test_a_folder_below_a_file_cannot_be_made_and_the_error_is_one_line(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(OutputError, match=r"file/below: cannot be written \(Not a directory\)") as caught:
        make_folder(tmp_path / "file" / "below")
    assert "\n" not in str(caught.value)


# -- in parts -------------------------------------------------------------------------------------------


def in_parts(data: bytes, fails_with: BaseException | None = None) -> Iterator[bytes]:
    """Data as it is made, byte after byte; in the middle, something may go wrong."""
    for i in range(len(data)):
        if fails_with and i == len(data) // 2:
            raise fails_with
        yield data[i : i + 1]


def test_parts_are_written_in_their_order_and_taken_for_the_whole(tmp_path):
    write_whole(tmp_path / "long.wav", in_parts(b"a long sound"))
    write_whole(tmp_path / "short.wav", b"")
    assert (tmp_path / "short.wav").read_bytes() == b""
    write_files(tmp_path / "clip", {"a.wav": in_parts(b"first"), "b.png": b"second", "c.wav": [b"th", b"ird"]})
    assert (tmp_path / "long.wav").read_bytes() == b"a long sound"
    assert [path.read_bytes() for path in sorted((tmp_path / "clip").iterdir())] == [b"first", b"second", b"third"]


FAILURES = [
    (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), OutputError, r"cannot be written \(No space left on device\)"),
    (AudioError("the middle is bad"), AudioError, "^the middle is bad$"),
    (KeyboardInterrupt("now"), KeyboardInterrupt, "now"),
]


@pytest.mark.parametrize(("failure", "error", "message"), FAILURES, ids=["disk full", "bad", "interrupted"])
def test_parts_that_end_too_early_leave_what_was_there(tmp_path, failure, error, message):
    write_whole(tmp_path / "long.wav", b"old")
    with pytest.raises(error, match=message):
        write_whole(tmp_path / "long.wav", in_parts(b"something new", failure))
    assert os.listdir(tmp_path) == ["long.wav"]
    assert (tmp_path / "long.wav").read_bytes() == b"old"


@pytest.mark.parametrize("name", ["clip", "n" * 255, "é" * 127, "two\nlines", "latin-\udce9"], ids=ascii)
def test_the_name_of_what_is_not_whole_yet_fits_any_name(tmp_path, name):
    partial = partial_name(tmp_path / name)
    partial.write_bytes(b"")
    assert partial.name[0] == "."
    assert partial_name(tmp_path / name) != partial  # nobody can foretell it, and no two writers share it


@pytest.mark.parametrize("name", ["a\0b", "\ud800.wav", "x" * 300, "x" * 300 + "/a.wav"])
def test_a_name_that_no_file_can_have_is_refused(name):
    with pytest.raises(ParameterError, match=r"path='.{1,80}: no file can have this name; give another"):
        as_path(name)


def test_a_place_without_dots_is_the_one_that_links_lead_to(tmp_path, monkeypatch):
    (tmp_path / "there" / "below").mkdir(parents=True)
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "link").symlink_to(tmp_path / "there" / "below")
    monkeypatch.chdir(tmp_path / "here")
    for text, expected in {
        "link/out": "link/out",
        "link/../out": "../there/out",
        "nowhere/../out": "out",
        "../out": "../out",
        f"{tmp_path}/nowhere/../out": f"{os.path.realpath(tmp_path)}/out",
    }.items():
        assert without_dots(Path(text)) == Path(expected)


def test_a_name_of_bytes_that_are_no_text_is_a_path():
    assert as_path(os.fsdecode(b"\xff.wav")) == Path(os.fsdecode(b"\xff.wav"))
