"""Finding files: a folder stands for all audio below it, and what is left out is said."""

from __future__ import annotations

import os
import re
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from readings import RATE

from specaug_listen import Audio, load, save
from specaug_listen.audio.audio_in_memory import find_audio


@pytest.fixture
def folder(tmp_path) -> Path:
    for name in (
        "b.wav",
        "a.FLAC",
        "deep/er/c.mp3",
        "deep/z.aiff",
        "notes.txt",
        ".hidden.wav",
        "deep/._d.wav",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "nothing here").mkdir()
    return tmp_path


def test_a_folder_stands_for_all_audio_below_it_sorted(folder):
    files, problems, left_out = find_audio([folder])
    assert [str(file.relative_to(folder)) for file in files] == [
        "a.FLAC",
        "b.wav",
        "deep/er/c.mp3",
        "deep/z.aiff",
    ]
    assert problems == []
    assert [notice.text for notice in left_out] == [
        f"left out of {folder}: 1 file that is no sound (.txt 1), 2 hidden files"
    ]


def test_files_come_once_and_in_the_same_order_whatever_the_order_of_the_paths(folder):
    paths = [folder / "deep", folder / "b.wav", folder, folder / "deep" / ".." / "a.FLAC"]
    forward, backward = find_audio(paths)[0], find_audio(reversed(paths))[0]
    assert [os.path.abspath(file) for file in forward] == [os.path.abspath(file) for file in backward]
    assert len(forward) == 4


def test_links_to_a_file_are_left_out_with_a_notice(folder, monkeypatch):
    monkeypatch.chdir(folder)
    (folder / "hard.wav").hardlink_to("b.wav")
    (folder / "soft.wav").symlink_to("b.wav")
    for paths in (["b.wav", "./b.wav", folder / "b.wav", "hard.wav", "soft.wav"], ["."]):
        files, problems, left_out = find_audio(paths)
        assert [file.name for file in files if file.suffix == ".wav"] == ["b.wav"]
        assert not problems
        assert left_out[-1].text == "left out: hard.wav, the same file as b.wav; soft.wav, the same file as b.wav"
    assert find_audio(["hard.wav", "./hard.wav"])[2] == []
    for number in range(9):
        (folder / f"more-{number}.wav").symlink_to("b.wav")
    assert find_audio(["."])[2][-1].text.endswith(" and 8 more")


@pytest.mark.parametrize("name", ["notes.txt", ".hidden.wav"])
def test_a_file_that_is_named_is_taken_whatever_it_is_called(folder, name):
    assert find_audio([str(folder / name)]) == ([folder / name], [], [])


def test_each_path_without_audio_is_told_and_the_others_are_found(folder):
    files, problems, _ = find_audio([folder / "missing.wav", folder / "nothing here", folder / "b.wav"])
    assert files == [folder / "b.wav"]
    assert len(problems) == 2
    assert problems[0] == f"{folder / 'missing.wav'}: no such file or folder"
    assert re.search(r"nothing here: the folder holds no audio file \(\.wav .* are allowed\)$", problems[1])


def test_a_folder_that_cannot_be_listed_is_told(folder, monkeypatch):
    def refuse(path):
        raise PermissionError(13, os.strerror(13), str(path))

    monkeypatch.setattr(os, "scandir", refuse)
    assert find_audio([folder]) == ([], [f"{folder}: cannot be listed (Permission denied)"], [])


EVERY_CONTAINER = {
    "timit.WAV": ("NIST", "PCM_16"), "swbd.sph": ("NIST", "ULAW"), "a.caf": ("CAF", "PCM_16"), "a.au": ("AU", "PCM_16"),
    "a.snd": ("AU", "ULAW"), "a.W64": ("W64", "PCM_16"), "a.rf64": ("RF64", "PCM_16"), "a.opus": ("OGG", "OPUS"),
    "a.aifc": ("AIFF", "ULAW"), "a.voc": ("VOC", "PCM_16"), "a.paf": ("PAF", "PCM_16"), "a.sf": ("IRCAM", "PCM_16"),
    "a.iff": ("SVX", "PCM_16"), "a.htk": ("HTK", "PCM_16"), "a.mat": ("MAT5", "PCM_16"), "a.xi": ("XI", "DPCM_16"),
    "a.avr": ("AVR", "PCM_16"), "a.pvf": ("PVF", "PCM_16"), "a.sds": ("SDS", "PCM_16"), "a.wve": ("WVE", "ALAW"),
}  # fmt: skip


def test_a_folder_stands_for_every_ending_that_libsndfile_reads(tmp_path, sweep):
    for name, (container, subtype) in EVERY_CONTAINER.items():
        rate = 8000 if container == "WVE" else RATE
        sf.write(tmp_path / name, sweep, rate, format=container, subtype=subtype)
    found = find_audio([tmp_path])
    assert {file.name for file in found.files} == set(EVERY_CONTAINER)
    assert found[1:] == ([], [])
    for file in found.files:
        assert load(file).n_samples >= len(sweep)


@pytest.fixture
def without_ffmpeg(monkeypatch):
    monkeypatch.setattr("specaug_listen.audio.file_search.has_ffmpeg", lambda: False)


def test_what_is_left_out_of_a_folder_is_counted_by_its_ending(tmp_path, without_ffmpeg):
    for name in ("a.wav", "a.txt", "b.txt", "c.json", "README", ".hidden", "data.mat", "code.ts"):
        (tmp_path / name).write_bytes(b"no sound, but words")
    (tmp_path / "talk.m4a").write_bytes(b"\0\0\0\x20ftypM4A " + bytes(40))
    found = find_audio([tmp_path])
    assert [file.name for file in found.files] == ["a.wav"]
    (notice,) = found.left_out
    assert notice.values == {
        "folder": str(tmp_path), "endings": {".txt": 2, "without an ending": 1, ".ts": 1, ".json": 1, ".mat": 1},
        "n_hidden": 1, "of_ffmpeg": {".m4a": 1},
    }  # fmt: skip
    assert notice.text == (
        f"left out of {tmp_path}: 6 files that are no sound (.txt 2, without an ending 1, .json 1, .ts 1, .mat 1), "
        "1 hidden file, 1 that FFmpeg reads (.m4a 1): pip install 'specaug-listen[av]' decodes them"
    )


def test_many_endings_are_named_in_short(tmp_path):
    for i in range(11):
        (tmp_path / f"x.e{i:02}").touch()
    assert find_audio([tmp_path]).left_out[0].text.endswith(".e07 1 and 3 more endings)")


def test_a_folder_of_the_users_with_the_name_of_a_room_is_walked_as_any_other(tmp_path):
    mine = tmp_path / ".specaug-listen-abcdefgh.partial"
    mine.mkdir()
    save(mine / "a.wav", Audio(np.zeros(100), 16000))
    assert [file.name for file in find_audio([tmp_path])[0]] == ["a.wav"]
