"""--channel chooses a channel of a recording, --wav-channels the layout of written files; each refers to the other."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from commandline import run

from specaug_listen.auditions import read_index
from specaug_listen.sweeps.records import read_sweep

FAST = ("--vocoder", "original-phase", "--no-report")
NEMO = (
    "model: {spec_augment: {_target_: x.SpectrogramAugmentation, time_masks: 2}, preprocessor: {features: 80}, "
    "train_ds: {channel_selector: 1}}"
)


@pytest.fixture
def call(tmp_path, speechlike, monkeypatch):
    monkeypatch.chdir(tmp_path)
    voice = speechlike.samples[0, :8000]
    sf.write("call.wav", np.stack([voice, voice[::-1]], axis=1), 16000)
    return "call.wav"


def test_each_is_counted_told_and_written(call):
    ran = run("audition", call, "-o", "out", "--channel", "each", *FAST)
    assert ran.code == 0, ran.err
    assert "[2/2] Audition of 'call.ch2'" in ran.out
    assert [clip.folder for clip in read_index("out").clips] == ["call.ch1", "call.ch2"]


def test_a_configurations_own_channel_is_heard_and_said_unless_another_is_asked_for(call, tmp_path):
    (tmp_path / "nemo.yaml").write_text(NEMO)
    ran = run("audition", call, "-o", "out", "--policy", "nemo.yaml", *FAST)
    line = "note: channel 2 of each recording, as model.train_ds.channel_selector: 1 (NeMo counts from 0) says; choose"
    assert line in ran.err
    assert read_index("out").configuration.channel == read_index("out").clips[0].audio.channel == 2
    ran = run("audition", call, "-o", "out2", "--policy", "nemo.yaml", "--channel", "left", *FAST)
    assert "channel_selector: 1 (nemo" not in ran.err
    assert read_index("out2").configuration.channel == "left"


def test_a_sweep_takes_one_channel(call):
    ran = run("sweep", call, "-o", "out", "--vary", "fill=mean", "--channel", "2", "--vocoder", "original-phase")
    assert ran.code == 0, ran.err
    record = read_sweep("out")
    assert (record.clip.name, record.clip.audio.channel, record.configuration.channel) == ("call.ch2", 2, 2)
    assert "--channel 2" in Path("out/sweep.html").read_text("utf-8")
    ran = run("sweep", call, "-o", "out2", "--vary", "fill=mean", "--channel", "each")
    assert (ran.code, "makes several clips, and this takes one" in ran.err) == (2, True)


@pytest.mark.parametrize("option", ["--channels", "--wav-channels"])
def test_the_layout_of_written_files_has_a_name_that_cannot_be_confused_and_keeps_its_old_one(call, option):
    assert run("audition", call, "-o", "out", option, "before-after", *FAST).code == 0
    assert read_index("out").configuration.channels == "before-after"
    ran = run("audition", call, "-o", "out2", option, "left", *FAST)
    assert ran.code == 2
    assert "--wav-channels left: allowed is a layout of written WAV files: mono, duplicate, before-after" in ran.err
    assert "to choose a channel of a recording, use --channel" in ran.err


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("0", "channel 0: channels count from 1, so the first is 1"),
        ("mono", "--channel mono: allowed is a channel of a recording"),
        ("average", "channel 'average': allowed is mean, left, right, each, or a number counted from 1"),
    ],
)
def test_what_is_no_channel_is_bad_usage(call, value, why):
    ran = run("audition", call, "-o", "out", "--channel", value)
    assert (ran.code, ran.err.startswith(f"error: {why}")) == (2, True), ran.err
    assert len(ran.err.splitlines()) == 1


def test_a_channel_that_the_recording_does_not_have_is_a_failure_of_that_clip(call):
    ran = run("audition", call, "-o", "out", "--channel", "3")
    assert (ran.code, ran.err) == (
        1,
        "error: call.wav: channel 3: the clip has 2: allowed is 1 to 2; channels count from 1\n",
    )


def test_help_says_which_option_is_which():
    text = " ".join(run("audition", "--help").out.replace("│", " ").split())
    assert "1 is the first channel" in text
    assert "--wav-channels" in text
