"""Clips and front-ends of absurd sizes, and two runs at once."""

from __future__ import annotations

import os
import struct

import numpy as np
import pytest
import soundfile as sf
from commandline import names_in, run

from specaug_listen import Audio, MelFrontend, SpecAugListenWarning, load, save
from specaug_listen.errors import AudioError, ParameterError
from specaug_listen.frontends import WHISPER
from specaug_listen.outputs.locks import lock


@pytest.fixture
def clips(tmp_path, tone):
    folder = tmp_path / "clips"
    folder.mkdir()
    for name in ("a", "c"):
        save(folder / f"{name}.wav", Audio(tone.samples[:, :9600], 16000))
    return folder


def test_a_rate_in_the_header_that_is_absurd_is_refused_and_the_other_clips_are_done(tmp_path, clips):
    raw = bytearray((clips / "a.wav").read_bytes())
    raw[24:28] = struct.pack("<I", 1)
    (clips / "b.wav").write_bytes(raw * 1)
    save(clips / "long.wav", Audio(np.zeros(50_000), 16000))
    raw = bytearray((clips / "long.wav").read_bytes())
    raw[24:28] = struct.pack("<I", 1)
    (clips / "long.wav").write_bytes(raw)
    ran = run("audition", clips / "a.wav", clips / "long.wav", clips / "c.wav", "-o", tmp_path / "out", "--no-report")
    assert ran.code == 1
    assert ran.err.count("\n") == 1
    assert "long.wav: a sample rate of 1 Hz; allowed are 100 to 10000000 Hz" in ran.err
    assert names_in(tmp_path / "out") == ["a", "audition.json", "c"]


def test_a_clip_too_large_for_the_memory_is_refused_by_name_and_the_others_are_done(tmp_path, clips, monkeypatch):
    import specaug_listen.auditions.batch

    def greedy(path, **span):
        if str(path).endswith("a.wav"):
            raise MemoryError
        return load(path, **span)

    monkeypatch.setattr(specaug_listen.auditions.batch, "load", greedy)
    ran = run("audition", clips, "-o", tmp_path / "out", "--no-report")
    assert ran.code == 1
    assert ran.err.endswith("a.wav: not enough memory for this clip; take a part of it with --duration\n")
    assert names_in(tmp_path / "out") == ["audition.json", "c"]


def test_a_wav_whose_header_was_never_completed_is_told_from_an_empty_one(tmp_path, clips):
    raw = bytearray((clips / "a.wav").read_bytes())
    raw[40:44] = struct.pack("<I", 0)
    (tmp_path / "zero.wav").write_bytes(raw)
    (tmp_path / "empty.wav").write_bytes(raw[:44])
    with pytest.warns(SpecAugListenWarning, match="header"):
        clip = load(tmp_path / "zero.wav")
    assert np.array_equal(clip.samples, load(clips / "a.wav").samples)
    assert len(clip.notices) == 1
    with pytest.raises(AudioError, match="no samples"):
        load(tmp_path / "empty.wav")


def test_a_filterbank_too_large_for_any_use_is_refused_before_it_is_made():
    with pytest.raises(ParameterError, match="n_mels=4096: allowed is at most 32 with n_fft=1048576"):
        MelFrontend(name="huge", sample_rate=768000, n_fft=1 << 20, hop_length=160, n_mels=4096)


def test_a_float_file_too_loud_for_single_precision_is_refused_with_the_fix(tmp_path, speechlike, every_frontend):
    sf.write(tmp_path / "loud.wav", speechlike.samples[0] * np.float32(1e35), 16000, subtype="FLOAT")
    with pytest.raises(AudioError, match=r"too loud: a peak of \d.*; scale the clip to \[-1, 1\]"):
        every_frontend(load(tmp_path / "loud.wav"))


def test_a_folder_that_another_run_writes_into_is_refused(tmp_path, clips):
    out = tmp_path / "out"
    out.mkdir()
    other = lock(out, out)
    ran = run("audition", clips, "-o", out)
    os.close(other)
    assert ran.code == 1
    assert ran.err == f"error: {out}: another run is writing into it; wait, or choose another -o\n"
    assert os.listdir(out) == []


def test_an_interrupted_run_leaves_no_page_of_the_run_before_it(tmp_path, clips, monkeypatch):
    assert run("audition", clips, "-o", tmp_path / "out").code == 0
    import specaug_listen.auditions.batch

    def interrupted(path, **span):
        if str(path).endswith("c.wav"):
            raise KeyboardInterrupt
        return load(path, **span)

    monkeypatch.setattr(specaug_listen.auditions.batch, "load", interrupted)
    ran = run("audition", clips, "-o", tmp_path / "out", "--overwrite", "--policy", "SM")
    assert ran.code == 130
    assert "report.html" not in os.listdir(tmp_path / "out")


def test_many_masks_read_the_clips_levels_once(speechlike, monkeypatch):
    from specaug_listen.augment import Policy, TimeMask

    calls = []
    percentile = np.percentile
    monkeypatch.setattr(np, "percentile", lambda *args: calls.append(args) or percentile(*args))
    draw = Policy([TimeMask(count=50, max_frames=3)]).draw(WHISPER(speechlike), rng=0)
    assert len(draw.steps) == 50
    assert len(calls) == 1
