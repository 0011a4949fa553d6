"""The marker: files that it lists, files that it omits, and markers of others."""

from __future__ import annotations

import json
import os

import pytest
from commandline import contents, names_in
from results import wrote

from specaug_listen.errors import ParameterError
from specaug_listen.outputs.marker import MARKER, OwnFiles, WrittenFiles, marker_lines
from specaug_listen.outputs.output import Output


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
    with pytest.raises(
        ParameterError, match=r"is not a list of files by specaug-listen; remove it, or choose another -o"
    ):
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
    with pytest.raises(ParameterError, match="is not a list of files by specaug-listen"):
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


def test_results_are_told_by_the_markers_beside_and_above(tmp_path):
    wrote(tmp_path / "out", {"clip/original.wav": b"1", "x.wav": b"2"})
    (tmp_path / "out" / "clip" / "mine.wav").write_bytes(b"1")
    (tmp_path / "link").symlink_to(tmp_path / "out" / "clip")
    results = WrittenFiles()
    assert results.holds(str(tmp_path / "out" / "clip"), "original.wav")
    assert results.holds(str(tmp_path / "link"), "original.wav")
    assert results.holds(str(tmp_path / "out"), "x.wav")
    assert not results.holds(str(tmp_path / "out" / "clip"), "mine.wav")
    (tmp_path / "out" / "x.wav").write_bytes(b"a recording of the user's")
    assert not WrittenFiles().holds(str(tmp_path / "out"), "x.wav")


def test_the_marker_is_the_same_for_the_same_work(tmp_path):
    for name in "ab":
        wrote(tmp_path / name, {"clip/a.wav": b"1"})
    first, second = ((tmp_path / name / MARKER).read_bytes() for name in "ab")
    assert first == second
    assert json.loads(first.splitlines()[0]) == {"format": "specaug-listen output 1"}
