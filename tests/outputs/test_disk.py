"""Files are flushed to disk before they are renamed."""

from __future__ import annotations

import os
from pathlib import Path

from results import wrote

from specaug_listen.outputs import output as _ownership
from specaug_listen.outputs.marker import MARKER


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
