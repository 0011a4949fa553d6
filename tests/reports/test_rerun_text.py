"""The command and the Python on a page make the same files again."""

from __future__ import annotations

import shlex
from dataclasses import replace

import numpy as np
import pytest
from commandline import contents, run

from specaug_listen import Audio, audition, augment, frameworks, load, save, sweep
from specaug_listen.auditions import Configuration
from specaug_listen.auditions.batch import audition_many
from specaug_listen.auditions.records import vocoder_record
from specaug_listen.auditions.save import configuration_of
from specaug_listen.augment import Policy, TimeMask
from specaug_listen.custom.audiomentations import WaveformTransform
from specaug_listen.custom.waveform import Waveform
from specaug_listen.frontends import NEMO, WHISPER, MelFrontend
from specaug_listen.reports.rerun_text import describe_run, rerun_code, rerun_code_of_sweep
from specaug_listen.vocoders import GriffinLim, OriginalPhase

FAST = GriffinLim(n_iter=1)
PADDED = replace(frameworks.get_policy("espnet-conformer"), name="padded", batch=augment.Batch(4, 400, -15.0))
OWN = Policy([TimeMask(max_frames=9, fill="floor")], "mine")
RUNS = {
    "named": Configuration(WHISPER, augment.LB, OriginalPhase(), 2, 5),
    "own policy": Configuration(WHISPER, OWN, FAST, 1, 0),
    "framework": Configuration(NEMO, frameworks.get_policy("nemo-conformer"), FAST, 1, 3),
    "batch": Configuration(WHISPER, PADDED, FAST, 1, 3),
    "own front-end": Configuration(MelFrontend("mine", 16000, 512, 200, 40), augment.LB, FAST, 1, 0),
    "part": Configuration(WHISPER, augment.LB, FAST, 1, 0, "before-after", 0.12345678, 0.5432101),
    "waveform": Configuration(
        WHISPER, augment.NONE, FAST, 1, 0, waveform=Waveform((WaveformTransform("Gain", {"p": 1.0}),))
    ),
    "channel": Configuration(WHISPER, augment.LB, FAST, 1, 0, channel="right"),
    "each": Configuration(WHISPER, augment.LB, FAST, 1, 0, channel="each"),
    "original_phase": Configuration(WHISPER, augment.LB, FAST, 1, 0, original_phase=True),
}  # fmt: skip


@pytest.fixture
def made(tmp_path, speechlike, monkeypatch):
    """A run and what makes it again, with the files that it names at hand; the sounds and mels of both."""
    monkeypatch.chdir(tmp_path)

    def make(name, clip):
        samples = speechlike.samples[0]
        is_mono = RUNS[name].channel == "mean"
        save(tmp_path / clip, speechlike if is_mono else Audio(np.stack([samples, samples[::-1]]), 16000))
        audition_many([tmp_path / clip], tmp_path / "first", RUNS[name])
        rerun = rerun_code(RUNS[name], [str(tmp_path / clip)])
        for file, text in rerun.files:
            (tmp_path / file).write_text(text, "utf-8")
        return rerun

    return make


def heard(folder):
    return {name: data for name, data in contents(folder).items() if name.endswith((".wav", ".mel.png"))}


@pytest.mark.parametrize("name", RUNS)
def test_the_command_makes_the_same_files(made, tmp_path, name):
    program, *arguments = shlex.split(made(name, "it's a clip.wav").command)
    assert program == "specaug-listen"
    ran = run(*arguments, "--no-report")
    assert ran.code == 0, ran.err
    assert heard(tmp_path / "first") == heard(tmp_path / "OUT") != {}


@pytest.mark.parametrize("name", sorted(set(RUNS) - {"waveform"}))
def test_the_python_makes_the_same_files(made, tmp_path, name):
    exec(compile(made(name, "clip.wav").python, "rerun", "exec"), {})
    assert heard(tmp_path / "first") == heard(tmp_path / "OUT") != {}
    assert (tmp_path / "OUT" / "report.html").stat().st_size > 1000


def test_a_vocoder_of_ones_own_has_no_command():
    own = Configuration(WHISPER, augment.LB, vocoder_record(lambda mel: mel.audio), 1, 0)
    rerun = rerun_code(own, [None])
    assert rerun.command.startswith("# the command line has no way to")
    compile(rerun.python, "rerun", "exec")


def test_the_command_of_a_sweep_is_read_as_the_sweep():
    rerun = rerun_code_of_sweep(
        RUNS["own policy"], ["a b.wav"], [("time_mask.max_frames", (1, None)), ("fill", ("mean",))]
    )
    arguments = shlex.split(rerun.command)
    assert arguments[:3] == ["specaug-listen", "sweep", "a b.wav"]
    assert arguments[3:7] == ["--vary", "time_mask.max_frames=1,null", "--vary", "fill=mean"]
    compile(rerun.python, "rerun", "exec")


def test_the_rerun_of_a_sweep_names_all_of_its_clips():
    rerun = rerun_code_of_sweep(RUNS["own policy"], ["a b.wav", "c.wav"], [("fill", ("mean",))])
    assert shlex.split(rerun.command)[2:4] == ["a b.wav", "c.wav"]
    assert "clip = [\n    sl.load('a b.wav'),\n    sl.load('c.wav'),\n]" in rerun.python
    compile(rerun.python, "rerun", "exec")


def test_words_name_the_rules_the_front_end_and_the_versions():
    lines = describe_run(RUNS["batch"], {"numpy": "2.0"})
    assert lines[0] == "policy padded, by the rules of ESPnet"
    assert lines[1] == "each clip drawn as one of a batch of 4 padded to 400 frames"
    assert any("front-end whisper: 80 slaney bins at 16000 Hz" in line for line in lines)
    assert lines[-1] == "numpy 2.0"


def test_an_audition_at_hand_has_the_configuration_that_it_was_made_with(speechlike):
    heard = audition(Audio(speechlike.samples, 16000), policy=OWN, vocoder=FAST, draws=2, rng=4, original_phase=True)
    assert configuration_of(heard) == Configuration(
        WHISPER, OWN, FAST, 2, 4, original_phase=True, frontend_reason="default"
    )


def test_the_rerun_of_a_sweep_takes_the_same_part_of_the_clip(tmp_path, speechlike):
    save(tmp_path / "clip.wav", speechlike)
    part = load(tmp_path / "clip.wav", start_s=0.25, duration_s=0.5)
    made = sweep(part, vary={"fill": ["mean"]}, policy=OWN, vocoder=FAST, rng=0)
    rerun = rerun_code_of_sweep(made.run, ["clip.wav"], [("fill", ("mean",))])
    assert "--start 0.25 --duration 0.5" in rerun.command
    assert "sl.load('clip.wav', start_s=0.25, duration_s=0.5)" in rerun.python


def test_a_strict_run_is_made_again_strictly(tmp_path, speechlike):
    save(tmp_path / "clip.wav", speechlike)
    heard = audition(load(tmp_path / "clip.wav"), policy="SM", vocoder="original-phase", rng=0)
    run = replace(configuration_of(heard), strict=True)
    made = rerun_code(run, ["clip.wav"])
    assert " --strict" in made.command
    assert "sl.load(path, strict=True)" in made.python
