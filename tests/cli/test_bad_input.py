"""Clips that cannot be auditioned, or barely: one clear line each, an exit code, and no incomplete files."""

from __future__ import annotations

import json
import os
import re
import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from commandline import Ran, contents, run

from specaug_listen import Audio, load, save

QUICK = ("--vocoder", "original-phase")
NOISE = np.random.default_rng(5).uniform(-0.1, 0.1, 16000)


def wav(data: bytes, *, rate: int = 16000, promised: int | None = None) -> bytes:
    size = len(data) if promised is None else promised
    fmt = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, rate, 2 * rate, 2, 16)
    return b"RIFF" + struct.pack("<I", 36 + size) + b"WAVE" + fmt + struct.pack("<4sI", b"data", size) + data


BAD = {
    "empty file": ("x.wav", lambda path: path.write_bytes(b""), r"the file is empty \(0 bytes\)"),
    "text": ("x.wav", lambda path: path.write_text("no sound\n" * 50), "not readable as audio"),
    "nothing left": ("x.wav", lambda path: path.write_bytes(wav(bytes(200))[:44]), "cut: 0 of 100 samples are there"),
    "half a header": (
        "x.wav",
        lambda path: path.write_bytes(wav(b"")[:30]),
        "is a WAV file whose beginning cannot be read",
    ),
    "zero frames": ("x.wav", lambda path: path.write_bytes(wav(b"")), "holds no samples"),
    "one sample": ("x.wav", lambda path: sf.write(path, NOISE[:1], 16000), r"1 samples? .*window .*longer clip"),
    "short": ("x.wav", lambda path: sf.write(path, NOISE[:399], 16000), r"399 samples .*window .*\(400 .*longer clip"),
    "short at 8 kHz": ("x.wav", lambda path: sf.write(path, NOISE[:100], 8000), "window .*longer clip"),
    "nothing after resampling": ("x.wav", lambda path: sf.write(path, NOISE[:1], 192000), "longer clip"),
    "nan": ("x.wav", lambda path: sf.write(path, np.append(NOISE, np.nan), 16000, "FLOAT"), "1 samples are NaN or inf"),
    "inf": ("x.wav", lambda path: sf.write(path, np.append(-np.inf, NOISE), 16000, "FLOAT"), "the first at sample 0"),
    "nine channels": (
        "x.wav",
        lambda path: sf.write(path, np.zeros((800, 9)), 16000),
        "9 channels; allowed are 1 to",
    ),
    "rate 0": (
        "x.wav",
        lambda path: path.write_bytes(wav(b"\1\0" * 800, rate=0)),
        "a WAV file whose header tells a sample rate of 0",
    ),
    "a fifo": ("x.wav", os.mkfifo, "is a pipe; save it to a file first"),
}
EVERY_BAD_FILE = pytest.mark.parametrize(("name", "make", "message"), BAD.values(), ids=BAD.keys())


def assert_one_line(ran: Ran, message: str) -> None:
    assert "Traceback" not in ran.err
    assert re.fullmatch(rf"error: [^\n]*(?:{message})[^\n]*\n", ran.err), ran.err


@pytest.fixture
def good(tmp_path, speechlike) -> Path:
    """A clip that nothing is wrong with, after the bad ones in the alphabet."""
    path = tmp_path / "in" / "zz good.wav"
    path.parent.mkdir()
    save(path, Audio(speechlike.samples[:, :9600], 16000))
    return path


@EVERY_BAD_FILE
def test_a_bad_clip_alone_is_one_line_that_names_it_and_leaves_nothing(tmp_path, name, make, message):
    make(tmp_path / name)
    ran = run("audition", tmp_path / name, "-o", tmp_path / "out", *QUICK)
    assert ran.code == 1
    assert_one_line(ran, rf"{re.escape(str(tmp_path / name))}: .*(?:{message})")
    assert ran.out == "0 clips auditioned, 1 refused\n"
    assert os.listdir(tmp_path) == [name]


@EVERY_BAD_FILE
def test_a_bad_clip_among_good_ones_is_told_and_skipped(tmp_path, good, name, make, message):
    make(good.with_name(name))
    ran = run("audition", good.parent, "-o", tmp_path / "out", *QUICK)
    assert ran.code == 1
    assert_one_line(ran, rf"{re.escape(name)}: .*(?:{message})")
    assert "1 clip auditioned" in ran.out
    names = {f"{name}.{kind}" for name in ("original", "copy-synthesis", "draw-1") for kind in ("wav", "mel.png")}
    names |= {"draw-1.png", "draw-1.json"}
    expected = {f"zz good/{piece}" for piece in names} | {"audition.json", "report.html"}
    assert set(contents(tmp_path / "out")) == expected
    index = json.loads((tmp_path / "out" / "audition.json").read_text())
    assert [clip["name"] for clip in index["clips"]] == ["zz good"]
    assert re.search(message, index["failures"][0]["error"])
    assert "Skipped files" in (tmp_path / "out" / "report.html").read_text()


def test_what_is_skipped_does_not_change_the_others(tmp_path, good):
    assert run("audition", good, "-o", tmp_path / "alone", *QUICK).code == 0
    good.with_name("a bad one.wav").write_bytes(b"")
    assert run("audition", good.parent, "-o", tmp_path / "beside", *QUICK).code == 1
    alone, beside = contents(tmp_path / "alone"), contents(tmp_path / "beside")
    assert {n: d for n, d in alone.items() if "/" in n} == {n: d for n, d in beside.items() if "/" in n}


def test_every_bad_clip_has_its_line(tmp_path):
    for number, (name, make, _) in enumerate(BAD.values()):
        make(tmp_path / f"{number} {name}")
    ran = run("audition", tmp_path, "-o", tmp_path / "out", *QUICK)
    assert ran.code == 1
    assert len(ran.err.splitlines()) == len(BAD)
    assert all(line.startswith(f"error: {tmp_path}") for line in ran.err.splitlines())
    assert not (tmp_path / "out").exists()


def test_a_missing_file_is_one_line_that_begins_with_error(subtests, tmp_path, monkeypatch):
    for argument in ("missing.wav", "missing folder", "warning.wav", "error/x.wav", "interrupted.wav"):
        with subtests.test(argument=argument):
            monkeypatch.chdir(tmp_path)
            ran = run("audition", argument, "-o", "out")
            assert ran.code == 2
            assert ran.err == f"error: {argument}: no such file or folder\n"
            assert os.listdir(tmp_path) == []


def test_a_missing_file_among_good_ones_is_told_and_the_others_are_done(tmp_path, good):
    ran = run("audition", tmp_path / "missing.wav", good, "-o", tmp_path / "out", *QUICK)
    assert ran.code == 1
    assert_one_line(ran, r"missing\.wav: no such file or folder")
    assert "zz good/draw-1.wav" in contents(tmp_path / "out")


def test_a_folder_without_audio_is_one_line_that_says_what_audio_is(tmp_path):
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "notes.txt").write_text("no sound")
    ran = run("audition", tmp_path / "notes", "-o", tmp_path / "out")
    assert ran.code == 2
    note, error = ran.err.splitlines()
    assert note == f"note: left out of {tmp_path}/notes: 1 file that is no sound (.txt 1)"
    assert re.fullmatch(r"error: .*/notes: the folder holds no audio file \(\.wav .* are allowed\)", error)
    assert not (tmp_path / "out").exists()


def test_a_name_with_two_spaces_is_told_as_it_is_and_once(tmp_path):
    (tmp_path / "two  spaces.wav").write_bytes(b"")
    ran = run("audition", tmp_path / "two  spaces.wav", "-o", tmp_path / "out")
    assert ran.err == f"error: {tmp_path}/two  spaces.wav: the file is empty (0 bytes)\n"


# -- clips that are done, with a badge ------------------------------------------------------------------

ODD = {
    "all zeros": (np.zeros(9600), "silent: every sample is zero"),
    "dc only": (np.full(9600, 0.25), r"constant: every sample is 0\.25 \(DC only\)"),
    "clipped": (np.clip(4 * np.sin(np.arange(9600) * 0.1), -1, 0.99997), r"clipped: \d+ samples at full scale"),
}


@pytest.mark.parametrize("frontend", ["whisper", "nemo", "librosa"])
@pytest.mark.parametrize(("samples", "badge"), ODD.values(), ids=ODD.keys())
def test_odd_clips_are_done_with_finite_output_and_a_badge(tmp_path, samples, badge, frontend):
    sf.write(tmp_path / "odd.wav", samples, 16000)
    ran = run("audition", tmp_path / "odd.wav", "-o", tmp_path / "out", "--frontend", frontend)
    assert (ran.code, ran.err) == (0, "")
    assert re.search(rf"  ! {badge}", ran.out)
    assert re.search(badge, (tmp_path / "out" / "report.html").read_text())
    text = (tmp_path / "out" / "odd" / "draw-1.json").read_text()
    assert not re.search(r"\b(NaN|Infinity)\b", text)
    assert re.search(badge, text)
    for name in ("original", "copy-synthesis", "draw-1"):
        assert np.isfinite(load(tmp_path / "out" / "odd" / f"{name}.wav").samples).all()


@pytest.mark.parametrize("vocoder", ["joint", "original-phase"])
@pytest.mark.parametrize("mask", ["time_mask: {max_frames: null", "frequency_mask: {max_bins: 80"])
@pytest.mark.parametrize("fill", ["mean", "floor", "noise"])
def test_masks_over_nearly_everything_give_finite_sound(tmp_path, good, vocoder, mask, fill):
    (tmp_path / "p.yaml").write_text(f"transforms: [{mask}, count: 9, fill: {fill}}}]")
    ran = run(
        "audition", good, "-o", tmp_path / "out", "--vocoder", vocoder, "--policy", tmp_path / "p.yaml", "--no-report"
    )
    assert (ran.code, ran.err) == (0, "")
    written = json.loads((tmp_path / "out" / "zz good" / "draw-1.json").read_text())
    assert written["scores"]["masked_area_ratio"] > 0.8
    assert all(np.isfinite(value) for value in written["scores"].values())
    assert np.isfinite(load(tmp_path / "out" / "zz good" / "draw-1.wav").samples).all()


@pytest.mark.parametrize("span", [("--start", "0.6"), ("--start", "99"), ("--duration", "0.001")], ids=" ".join)
def test_a_span_that_leaves_nothing_of_a_clip_is_told_with_its_name(tmp_path, good, span):
    ran = run("audition", good, "-o", tmp_path / "out", *span)
    assert ran.code == 1
    assert_one_line(ran, r"zz good\.wav: (start=.* is after the end; the clip lasts 0\.600 s|.*window)")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("option", "value"), [("--start", "-1"), ("--start", "nan"), ("--duration", "0"), ("--duration", "inf")]
)
def test_a_span_that_is_none_is_refused_once_and_not_for_each_clip(tmp_path, good, option, value):
    save(good.with_name("another.wav"), load(good))
    ran = run("audition", good.parent, "-o", tmp_path / "out", option, value)
    assert ran.code == 2
    assert_one_line(ran, rf"{option[2:]}\w*={value}")
    assert not (tmp_path / "out").exists()
