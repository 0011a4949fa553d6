"""Folders of runs that others have sent: a page takes in what lies in the folder and is what its name says."""

from __future__ import annotations

import io
import os
import struct
import zlib
from dataclasses import replace

import numpy as np
import pytest
import soundfile as sf
from PIL import Image, PngImagePlugin
from received import CELL

from specaug_listen import Audio, audition, write_report
from specaug_listen._files import open_inside
from specaug_listen.auditions.records import AuditionRecord, to_bytes, versions
from specaug_listen.auditions.save import clip_entry, configuration_of
from specaug_listen.errors import PolicyError, ResultError
from specaug_listen.reports.page_writing import PageOptions
from specaug_listen.reports.report import publish_report
from specaug_listen.sweeps.page import write_page
from specaug_listen.vocoders import GriffinLim

SECRET = b"RIFF of a neighbour, which is nobody's business"


def refused(call, *files):
    with pytest.raises((PolicyError, ResultError)) as caught:
        call()
    message = str(caught.value)
    assert "\n" not in message
    assert any(name in message for name in files), message
    return message


def link(path, target):
    path.unlink()
    path.symlink_to(target)


RUN_FILES = ("original.wav", "copy-synthesis.wav", "draw-1.wav", "original.mel.png", "draw-1.mel.png", "draw-1.json")


@pytest.mark.parametrize("form", [{}, {"split": True}, {"flac": True}], ids=["one file", "split", "flac"])
def test_a_folder_as_it_was_written_gives_its_page(run, tmp_path, form):
    assert write_report(run, tmp_path / "page.html", **form).is_file()


@pytest.mark.parametrize("name", RUN_FILES)
def test_a_link_that_leads_out_is_refused(subtests, run, tmp_path, name):
    file, outside = run / "clip" / name, tmp_path / f"outside-{name}"
    outside.write_bytes(file.read_bytes())  # whole and right, and of somebody else
    for how in ("absolute", "relative"):
        with subtests.test(how=how):
            link(file, outside if how == "absolute" else f"../../outside-{name}")
            assert "is a link to a file outside of its folder" in refused(lambda: write_report(run), name)
            assert not (run / "report.html").is_file() or b"outside" not in (run / "report.html").read_bytes()


@pytest.mark.parametrize("name", ["audition.json", "clip"])
def test_an_index_and_a_clips_folder_may_not_lead_out_either(run, tmp_path, name):
    (run / name).rename(tmp_path / "elsewhere")
    (run / name).symlink_to(tmp_path / "elsewhere")
    assert "outside of its folder" in refused(lambda: write_report(run), name)


def test_a_folder_that_is_named_by_a_link_is_read(run, tmp_path):
    (tmp_path / "named").symlink_to(run)
    assert write_report(tmp_path / "named", tmp_path / "page.html").is_file()


@pytest.mark.parametrize("name", ["draw-1.wav", "original.mel.png", "draw-1.json"])
def test_a_hard_link_is_refused_with_the_way_out(run, tmp_path, name):
    os.link(run / "clip" / name, tmp_path / "first name")
    assert "is a hard link, and may be a file of another folder; copy" in refused(lambda: write_report(run), name)


@pytest.mark.parametrize("name", ["sweep.json", f"{CELL}/draw-1.wav", f"{CELL}/draw-1.json"])
def test_a_sweep_may_not_lead_out(sheet, tmp_path, name):
    (sheet / name).rename(tmp_path / "elsewhere")
    (sheet / name).symlink_to(tmp_path / "elsewhere")
    assert "outside of its folder" in refused(lambda: write_page(sheet, overwrite=True), name)


def test_a_file_that_becomes_a_link_while_it_is_opened_is_refused(run, tmp_path, monkeypatch):
    file = run / "clip" / "draw-1.wav"
    (tmp_path / "secret").write_bytes(SECRET)
    real = os.path.realpath
    told = []

    def swap(path, **how):
        place = real(path, **how)
        if str(path) == str(file) and not told:
            told.append(place)
            link(file, tmp_path / "secret")
        return place

    monkeypatch.setattr("specaug_listen._files.os.path.realpath", swap)
    with pytest.raises(OSError, match="became another file"):
        open_inside(run, file)


# -- what files are -------------------------------------------------------------------------------------


def png(width, height, *, mode="P", text=None):
    buffer = io.BytesIO()
    info = PngImagePlugin.PngInfo()
    for key, value in (text or {}).items():
        info.add_text(key, value)
    Image.new(mode, (width, height)).save(buffer, "png", pnginfo=info)
    return buffer.getvalue()


def chunk(name, body):
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def sound(n=9600, *, rate=16000, kind="WAV", subtype="PCM_16", channels=1):
    buffer = io.BytesIO()
    sf.write(buffer, np.zeros((n, channels)), rate, format=kind, subtype=subtype)
    return buffer.getvalue()


HEAD = b"\x89PNG\r\n\x1a\n"
HUGE = HEAD + chunk(b"IHDR", struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)) + chunk(b"IEND", b"")
PICTURES = {
    "HTML": b"<!doctype html><script>alert(1)</script>",
    "SVG": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    "GIF": b"GIF89a" + bytes(100),
    "JPEG": b"\xff\xd8\xff\xe0" + bytes(100),
    "empty": b"",
    "a head alone": HEAD,
    "no pixels": HEAD + chunk(b"IHDR", struct.pack(">IIBBBBB", 0, 80, 8, 0, 0, 0, 0)) + chunk(b"IEND", b""),
    "too many pixels": HUGE,
    "cut": png(100, 80)[:-20],
    "followed by more": png(100, 80) + b"<script>",
    "damaged": png(100, 80).replace(b"IDAT", b"IDAX", 1),
}
CELLS = {"specaug-listen": '{"low_db": -80, "high_db": 0, "extent_s": [0, 1]}'}
MELS = PICTURES | {
    "no cells": png(100, 80),
    "colours": png(100, 80, mode="RGB", text=CELLS),
    "another mel": png(100, 40, text=CELLS),
    "nan": png(100, 80, text={"specaug-listen": '{"low_db": NaN, "high_db": 0, "extent_s": [0, 1]}'}),
    "no range": png(100, 80, text={"specaug-listen": '{"low_db": 0, "high_db": 0, "extent_s": [0, 1]}'}),
    "no numbers": png(100, 80, text={"specaug-listen": '{"low_db": [], "high_db": {}, "extent_s": 3}'}),
    "deep": png(100, 80, text={"specaug-listen": "[" * 100_000}),
}
SOUNDS = {
    "HTML": PICTURES["HTML"],
    "empty": b"",
    "RIFF of another kind": b"RIFF\x04\0\0\0AVI LIST",
    "FLAC": sound(kind="FLAC"),
    "Ogg": sound(kind="OGG", subtype="VORBIS"),
    "AIFF": sound(kind="AIFF"),
    "compressed": sound(subtype="IMA_ADPCM"),
    "cut": sound()[:3000],
    "followed by more": sound() + b"<script>alert(1)</script>",
    "another length in its header": b"RIFF\xff\xff\xff\x7f" + sound()[8:],
    "two forms": b"RIFF" + struct.pack("<I", len(sound()) + 16) + sound()[8:36] + sound()[12:],
    "no form": b"RIFF\x04\x00\x00\x00WAVE",
    "no rate": sound()[:24] + bytes(4) + sound()[28:],
    "no channels": sound()[:22] + bytes(2) + sound()[24:],
    "too many channels": sound(channels=9),
}


def test_a_picture_of_a_mel_that_is_none_is_refused(subtests, run):
    for name, data in MELS.items():
        with subtests.test(name=name):
            (run / "clip" / "draw-1.mel.png").write_bytes(data)
            refused(lambda: write_report(run), "draw-1.mel.png")


def test_a_figure_that_is_none_is_refused(subtests, run):
    (run / "clip" / "draw-1.mel.png").unlink()  # as an early version wrote it
    for name, data in PICTURES.items():
        with subtests.test(name=name):
            (run / "clip" / "draw-1.png").write_bytes(data)
            refused(lambda: write_report(run), "draw-1.png")


@pytest.mark.parametrize("limit", [None, 10], ids=["embedded", "linked"])
def test_a_sound_that_is_no_wav_is_refused(subtests, run, limit, monkeypatch):
    if limit:
        monkeypatch.setattr("specaug_listen.auditions.clip_files._MAX_EMBEDDED_BYTES", limit)
    for name, data in SOUNDS.items():
        with subtests.test(name=name):
            (run / "clip" / "draw-1.wav").write_bytes(data)
            refused(lambda: write_report(run), "draw-1.wav")


CONTRADICTIONS = {
    "another rate": (sound(rate=44_100), "44100 Hz: allowed is the front-end's rate, 16000 Hz"),
    "the lowest rate": (sound(rate=1), "1 Hz: allowed is"),
    "the highest rate": (sound(rate=768_000), "768000 Hz: allowed is"),
    "cut short": (sound(100), "100 samples, 0.01 s: allowed is the length of its record, 60 frames or 0.60 s"),
    "no samples": (sound(0), "0 samples"),
    "three times as long": (sound(3 * 9600), "28800 samples, 1.80 s"),
    "another clip": (sound(9600 + 480), "10080 samples"),
    "stereo": (sound(channels=2), r"2 channels: allowed are 1, as its run wrote them \(mono\)"),
    "floats": (sound(subtype="FLOAT"), "coding 3 of 32 bits"),
    "24 bits": (sound(subtype="PCM_24"), "coding 1 of 24 bits"),
    "8 bits": (sound(subtype="PCM_U8"), "coding 1 of 8 bits"),
}


@pytest.mark.parametrize(("data", "said"), CONTRADICTIONS.values(), ids=CONTRADICTIONS)
def test_a_sound_that_is_not_what_its_record_says_is_refused(subtests, run, data, said):
    for name in ("original.wav", "copy-synthesis.wav", "draw-1.wav", "draw-1-original-phase.wav"):
        with subtests.test(name=name):
            file = run / "clip" / name
            whole = file.read_bytes() if file.is_file() else None
            file.write_bytes(data)
            with pytest.raises(ResultError, match=rf"clip/{name}: .*{said}[^\n]*; take the file as the run wrote it"):
                write_report(run)
            assert not (run / "report.html").exists()
            if whole is not None:
                file.write_bytes(whole)


def test_a_sound_of_a_sweep_is_what_its_record_says(sheet):
    (sheet / CELL / "draw-1.wav").write_bytes(sound(rate=8000))
    assert "8000 Hz: allowed is" in refused(lambda: write_page(sheet, overwrite=True), f"{CELL}/draw-1.wav")


@pytest.mark.parametrize("channels", ["duplicate", "before-after"])
def test_sounds_for_both_ears_are_those_of_their_record(tmp_path, channels):
    t = np.arange(9600) / 16_000
    heard = audition(
        Audio(0.3 * np.sin(2000 * t), 16_000), policy="LD", vocoder=GriffinLim(n_iter=1), original_phase=True
    )
    index = AuditionRecord(
        replace(configuration_of(heard), channels=channels), (clip_entry(heard, "clip"),), (), versions()
    )
    heard.save(tmp_path, channels=channels)
    (tmp_path / "audition.json").write_bytes(to_bytes(index))
    assert write_report(tmp_path).is_file()
    (tmp_path / "clip" / "original.wav").write_bytes(sound())
    assert "1 channels: allowed are 2" in refused(lambda: write_report(tmp_path, overwrite=True), "original.wav")


def test_a_picture_of_wrong_sums_is_called_damaged(run):
    file = run / "clip" / "draw-1.mel.png"
    data = file.read_bytes()
    at = data.index(b"IDAT") + 10
    file.write_bytes(data[:at] + bytes([data[at] ^ 255]) + data[at + 1 :])
    assert "(the PNG file is damaged)" in refused(lambda: write_report(run), "draw-1.mel.png")


def test_draws_that_no_index_lists_are_told(run, sheet):
    (run / "clip" / "draw-2.json").write_bytes(b"")
    [notice] = publish_report(run).notices
    assert "1 draw that the index does not list, left out (clip/draw-2)" in notice.text
    for number in (2, 3, 4, 5):
        (sheet / CELL / f"draw-{number}.json").write_bytes(b"")
    [notice] = write_page(sheet, overwrite=True).notices
    assert "4 draws that the index does not list" in notice.text
    assert notice.text.endswith("/draw-4, ...)")


@pytest.mark.parametrize("name", ["private", "clip", "."])
def test_a_folder_that_cannot_be_listed_does_not_keep_a_page_from_being_written(run, tmp_path, monkeypatch, name):
    (run / "private").mkdir()
    listdir = os.listdir

    def refuse(path="."):
        if os.path.realpath(path) == os.path.realpath(run / name):
            raise PermissionError(13, "Permission denied")
        return listdir(path)

    monkeypatch.setattr("os.listdir", refuse)
    page = publish_report(run, tmp_path / "page.html")
    assert (page.path.is_file(), page.notices) == (True, ())


def test_a_picture_of_too_many_bytes_is_refused(run):
    with open(run / "clip" / "draw-1.mel.png", "r+b") as file:
        file.truncate((1 << 25) + 1)
    assert "allowed are 33554432" in refused(lambda: write_report(run), "draw-1.mel.png")


@pytest.mark.parametrize("name", ["draw-1.wav", "draw-1.mel.png", "draw-1.json"])
@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir], ids=["pipe", "folder"])
def test_what_is_no_file_is_refused_and_not_waited_for(run, name, make):
    (run / "clip" / name).unlink()
    make(run / "clip" / name)
    refused(lambda: write_report(run), name)


def test_links_that_lead_nowhere_beside_the_files_do_not_count(run):
    for name in ("x.wav", "x.mel.png"):
        (run / "clip" / name).symlink_to("/nowhere/at/all")
    assert write_report(run).is_file()


def test_the_list_of_a_split_page_is_no_pipe(run):
    (run / "report").mkdir()
    os.mkfifo(run / "report" / "files.json")
    assert write_report(run).is_file()
    assert (run / "report").is_dir()


def test_a_record_of_another_draw_is_refused(run):
    record = run / "clip" / "draw-1.json"
    record.write_text(record.read_text().replace('"number": 1', '"number": 2'))
    assert "number=2: allowed is that of its file's name, draw-1" in refused(lambda: write_report(run), "draw-1.json")


def test_a_sweep_split_takes_in_no_other_file(sheet, tmp_path):
    link(sheet / CELL / "draw-1.wav", "/etc/passwd")
    refused(lambda: write_page(sheet, tmp_path / "page.html", PageOptions(split=True)), "draw-1.wav")
    assert not list(tmp_path.glob("page*"))
