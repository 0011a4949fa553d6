"""What is too long to hold is read, drawn and rendered in parts, and comes out in the same bytes."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import soundfile as sf
from commandline import contents, environment, names_in
from strategies import FILLS

import specaug_listen.vocoders.initial_phase as start_module
import specaug_listen.vocoders.joint as joint_module
from specaug_listen import Policy
from specaug_listen.audio.recording import SpooledAudio
from specaug_listen.auditions import Configuration
from specaug_listen.auditions.batch import audition_many
from specaug_listen.auditions.long import LongAudition, is_long
from specaug_listen.augment import FrequencyMask, TimeMask, TimeWarp
from specaug_listen.frontends import HIFIGAN, LHOTSE, LIBROSA, NEMO, WHISPER, MelStream
from specaug_listen.vocoders import GriffinLim, Joint

RATE = 22050
EVERY_FILL = (*FILLS, 0.25)
MASKS = (FrequencyMask(count=1, max_bins=20), TimeMask(count=2, max_frames=30, fill="noise"))
POLICIES = {
    "warp first": Policy((TimeWarp(20), *MASKS), "warp first"),
    "warp between": Policy((MASKS[1], TimeWarp(20), MASKS[0], TimeWarp(9), *MASKS), "warp between"),
    "too much": Policy((TimeWarp(200), FrequencyMask(max_bins=999), TimeMask(max_frames=9999)), "too much"),
    "never": Policy(MASKS, "never", probability=0.0),
    "nothing": Policy((), "nothing"),
}
RUN = Configuration(WHISPER, POLICIES["warp first"], Joint(n_iter=2), draws=1, seed=4)


@pytest.fixture(scope="module")
def recording(tmp_path_factory, speechlike):
    """Two channels of 1.7 s at another rate than any front-end but HiFi-GAN's and librosa's."""
    voice = speechlike.resample(RATE).samples[0]
    left = np.concatenate([voice, voice[::-1][:11000]])
    stereo = np.stack([left, 0.5 * np.roll(left, 3000)], axis=1)
    path = tmp_path_factory.mktemp("recordings") / "talk.wav"
    sf.write(path, stereo, RATE, subtype="FLOAT")
    return path


@pytest.fixture
def heard_both_ways(tmp_path, monkeypatch):
    """Files and words of one run in memory and one in parts."""

    def hear(path, run, prepare=lambda: None):
        ways = []
        for long_s, kind in ((600.0, "Audition"), (0.05, "LongAudition")):
            monkeypatch.setattr("specaug_listen.auditions.long.LONG_S", long_s)
            told = []
            audition_many([path], tmp_path / kind, run, progress=lambda number, result, t=told: t.append(result))
            assert [type(result).__name__ for result in told] == [kind]
            assert not [name for name in names_in(tmp_path / kind) if name.startswith(".")]
            ways.append((contents(tmp_path / kind), str(told[0])))
            prepare()
        return ways

    return hear


@pytest.fixture
def no_pictures(monkeypatch):
    """Drawing takes most of the time of a short clip, and is not what is asked here."""
    monkeypatch.setattr("specaug_listen.auditions.save.encode_png", lambda figure: b"")
    monkeypatch.setattr("specaug_listen.auditions.results.audition_figure", lambda *mels, **texts: None)


def assert_same_bytes(ways):
    (in_memory, words), (in_parts, long_words) = ways
    assert set(in_parts) == set(in_memory)
    assert [name for name in in_memory if in_parts[name] != in_memory[name]] == []
    assert long_words == words


# -- the same bytes -------------------------------------------------------------------------------------


def test_every_front_end_and_fill_gives_the_same_bytes(heard_both_ways, recording, every_frontend, no_pictures):
    masks = [TimeMask(max_frames=12, fill=fill) for fill in EVERY_FILL]
    masks += [FrequencyMask(max_bins=8, fill=fill) for fill in EVERY_FILL]
    policy = Policy((*masks[:7], TimeWarp(10), *masks[7:]), "every fill")
    assert_same_bytes(heard_both_ways(recording, replace(RUN, frontend=every_frontend, policy=policy)))


@pytest.mark.parametrize("name", POLICIES)
def test_every_policy_gives_the_same_bytes(heard_both_ways, recording, name):
    ways = heard_both_ways(recording, replace(RUN, policy=POLICIES[name], draws=2 if name == "warp between" else 1))
    assert_same_bytes(ways)
    badges = " ".join(json.loads(ways[1][0]["talk/draw-1.json"])["badges"])
    assert ("was clamped to" in badges) == (name == "too much")
    assert ("not applied" in badges) == (name == "never")


@pytest.mark.parametrize("channels", ["duplicate", "before-after"])
def test_every_layout_of_channels_gives_the_same_bytes(heard_both_ways, recording, channels, no_pictures):
    assert_same_bytes(heard_both_ways(recording, replace(RUN, channels=channels)))


@pytest.mark.parametrize(("start_s", "duration_s"), [(0.31, None), (0.0, 0.9), (0.7, 0.4)])
def test_every_span_gives_the_same_bytes(heard_both_ways, recording, start_s, duration_s, no_pictures):
    run = replace(RUN, frontend=LHOTSE, start_s=start_s, duration_s=duration_s)
    assert_same_bytes(heard_both_ways(recording, run))


def test_a_loud_recording_has_the_same_gain_and_badges(heard_both_ways, recording, tmp_path):
    loud = sf.read(recording, dtype="float32")[0]
    sf.write(tmp_path / "loud.flac", np.clip(20 * loud, -1, 1), RATE)
    ways = heard_both_ways(tmp_path / "loud.flac", RUN)
    assert_same_bytes(ways)
    written = json.loads(ways[1][0]["loud/draw-1.json"])
    assert written["gain"] < 0.9
    assert re.search(r"clipped: \d+ samples .* turned down", " ".join(written["clip_badges"]))


def test_silence_gives_the_same_bytes(heard_both_ways, tmp_path):
    sf.write(tmp_path / "silence.wav", np.zeros((20000, 2)), 16000)
    assert_same_bytes(heard_both_ways(tmp_path / "silence.wav", RUN))


def test_random_phases_give_the_same_bytes(heard_both_ways, recording, no_pictures):
    assert_same_bytes(heard_both_ways(recording, replace(RUN, vocoder=Joint(n_iter=1, start="random", seed=3))))


# -- in many parts --------------------------------------------------------------------------------------


@pytest.fixture
def tiny_parts(monkeypatch):
    """All that is done in parts is done in parts so small that there are many of them."""

    def prepare():
        for room in ("stft", "frontends.energy", "frontends.cell_statistics", "frontends.mel_streams"):
            monkeypatch.setattr(f"specaug_listen.{room}.FRAMES_PER_BLOCK", 23)
        monkeypatch.setattr("specaug_listen.augment.fills.FRAMES_PER_BLOCK", 19)
        monkeypatch.setattr(MelStream.parts, "__defaults__", (29,))
        monkeypatch.setattr(joint_module, "_FRAMES_PER_SEGMENT", 40)
        monkeypatch.setattr(start_module, "_FRAMES_AT_ONCE", 17)
        for room in ("audio.audio_in_memory", "audio.recording"):
            monkeypatch.setattr(f"specaug_listen.{room}._SAMPLES_AT_ONCE", 1234)
        monkeypatch.setattr("specaug_listen.plots.mels._COLUMNS_AT_ONCE", 9)

    return prepare


def pcm(data: bytes) -> np.ndarray:
    return sf.read(io.BytesIO(data), dtype="int16", always_2d=True)[0].astype(int)


@pytest.mark.parametrize("frontend", [WHISPER, NEMO, LHOTSE, HIFIGAN, LIBROSA], ids=lambda frontend: frontend.name)
def test_many_parts_give_the_same_draws_and_the_same_sound_to_the_last_bits(
    heard_both_ways, recording, tiny_parts, frontend, no_pictures
):
    run = replace(RUN, frontend=frontend, policy=POLICIES["warp between"], channels="before-after")
    (in_memory, _), (in_parts, _) = heard_both_ways(recording, run, tiny_parts)
    whole, parts = (json.loads(files["talk/draw-1.json"]) for files in (in_memory, in_parts))
    for key in ("audio", "draw", "badges", "clip_badges"):
        assert parts[key] == whole[key], key
    assert parts["scores"] == pytest.approx(whole["scores"], abs=2e-3)
    assert parts["gain"] == pytest.approx(whole["gain"], rel=1e-3)
    for name in ("original", "copy-synthesis", "draw-1"):
        expected, found = (pcm(files[f"talk/{name}.wav"]) for files in (in_memory, in_parts))
        assert np.abs(found - expected).max() <= max(1, 2e-4 * np.abs(expected).max()), name
    assert in_parts["talk/original.wav"] == in_memory["talk/original.wav"]


# -- when, and what is told on the way ------------------------------------------------------------------


def test_a_file_is_long_by_what_is_taken_of_it(recording, monkeypatch):
    assert not is_long(recording, None)
    monkeypatch.setattr("specaug_listen.auditions.long.LONG_S", 1.0)
    assert is_long(recording, None)
    assert is_long(str(recording), 1.1)
    assert not is_long(recording, 1.0)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
def test_what_cannot_be_read_is_not_long_and_a_pipe_is_not_waited_for(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr("specaug_listen.auditions.long.LONG_S", -1.0)
    monkeypatch.setattr("specaug_listen.auditions.long.lasts_longer", lambda path, s: asked.append(path))
    (tmp_path / "text.wav").write_bytes(b"no sound")
    os.mkfifo(tmp_path / "pipe.wav")
    for name in ("text.wav", "missing.wav", "pipe.wav", ".", "nul\0byte.wav"):
        assert not is_long(f"{tmp_path}/{name}", None)
    assert asked == [str(tmp_path / "text.wav")]


def test_what_a_vocoder_cannot_render_in_parts_is_held_in_memory(tmp_path, recording, monkeypatch, no_pictures):
    monkeypatch.setattr("specaug_listen.auditions.long.LONG_S", 0.05)
    told = []
    run = replace(RUN, vocoder=GriffinLim(n_iter=1))
    audition_many([recording], tmp_path / "out", run, progress=lambda number, result: told.append(result))
    assert not isinstance(told[0], LongAudition)


def test_each_step_is_told_with_the_share_that_is_done(tmp_path, recording, monkeypatch, no_pictures):
    monkeypatch.setattr("specaug_listen.auditions.long.LONG_S", 0.05)
    monkeypatch.setattr(joint_module, "_FRAMES_PER_SEGMENT", 40)
    told = []
    audition_many(
        [recording], tmp_path / "out", replace(RUN, draws=2), within=lambda what, share: told.append((what, share))
    )
    assert list(dict.fromkeys(what for what, _ in told)) == ["mel spectrogram", "copy-synthesis", "draw-1", "draw-2"]
    for step in ("copy-synthesis", "draw-1", "draw-2"):
        shares = [share for what, share in told if what == step]
        assert shares == sorted(shares)
        assert (shares[0], shares[-1]) == (0.0, 1.0)
        assert len(shares) == 1 + -(-170 // 40)


def test_a_recording_and_short_clips_are_auditioned_in_one_run(tmp_path, recording, tone, monkeypatch, no_pictures):
    short = tmp_path / "a tone.wav"
    sf.write(short, tone.samples[0, :8000], 16000)
    monkeypatch.setattr("specaug_listen.auditions.long.LONG_S", 1.0)
    told = []
    index = audition_many([recording, short], tmp_path / "out", RUN, progress=lambda n, result: told.append(result))
    assert [isinstance(result, LongAudition) for result in told] == [entry.name == "talk" for entry in index.clips]
    assert names_in(tmp_path / "out") == ["a tone", "audition.json", "talk"]


def test_a_recording_that_goes_while_it_is_read_is_told_and_the_next_clip_is_done(
    tmp_path, recording, tone, monkeypatch, no_pictures
):
    path = tmp_path / "a talk.wav"
    shutil.copy(recording, path)
    sf.write(tmp_path / "tone.wav", tone.samples[0, :8000], 16000)
    monkeypatch.setattr("specaug_listen.auditions.long.LONG_S", 1.0)
    append = SpooledAudio.append
    monkeypatch.setattr(SpooledAudio, "append", lambda *given: (path.unlink(missing_ok=True), append(*given)))
    index = audition_many([path, tmp_path / "tone.wav"], tmp_path / "out", RUN)
    assert [clip.name for clip in index.clips] == ["tone"]
    assert [failure.path for failure in index.failures] == [str(path)]
    assert "became another file while it was read" in index.failures[0].error


# -- memory ---------------------------------------------------------------------------------------------

MEMORY = """
import importlib, resource, sys
from pathlib import Path
import numpy as np, soundfile as sf
from specaug_listen import Policy
from specaug_listen.augment import FrequencyMask, TimeMask, TimeWarp
from specaug_listen.auditions.batch import audition_many
from specaug_listen.frontends import WHISPER, MelStream
from specaug_listen.auditions import Configuration, long
from specaug_listen.vocoders import Joint, joint

long.LONG_S = float(sys.argv[1])
# So that a short recording already fills whatever is worked through at once.
for room in ("stft", "frontends.energy", "frontends.cell_statistics", "frontends.mel_streams", "augment.fills"):
    importlib.import_module(f"specaug_listen.{room}").FRAMES_PER_BLOCK = 512
MelStream.parts.__defaults__ = (512,)
joint._FRAMES_PER_SEGMENT = 512
for room in ("audio.audio_in_memory", "audio.recording"):
    importlib.import_module(f"specaug_listen.{room}")._SAMPLES_AT_ONCE = 1 << 16
policy = Policy((TimeWarp(80), FrequencyMask(fill="noise"), TimeMask(max_frames=900, fill="noise")), "gaps")
run = Configuration(WHISPER, policy, Joint(n_iter=1), draws=1, seed=0)
second = 0.1 * np.random.default_rng(0).standard_normal(8000)
for name, n_seconds in (("short", 30), ("long", 300)):
    with sf.SoundFile(f"{name}.wav", "w", 8000, 1) as file:
        for _ in range(n_seconds):
            file.write(second)
    index = audition_many([f"{name}.wav"], Path(name), run)
    assert [clip.duration_s for clip in index.clips] == [n_seconds], index.failures
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(peak / (1 << (20 if sys.platform == "darwin" else 10)))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="has no resource usage")
def test_ten_times_the_length_takes_hardly_more_memory(tmp_path):
    command = [sys.executable, "-c", MEMORY, "5"]
    done = subprocess.run(command, cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    short_mb, long_mb = map(float, done.stdout.split())
    assert long_mb - short_mb < 40
