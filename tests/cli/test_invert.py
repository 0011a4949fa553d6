"""The command `invert`: mels of another pipeline as sound."""

from __future__ import annotations

import numpy as np
import presets
import pytest
import soundfile
from commandline import names_in, run

from specaug_listen import Audio, audition, save
from specaug_listen.frontends import PRESETS, WHISPER

RNG = np.random.default_rng(0)


def clip(frontend, n_frames=50):
    """A sound that is just as long as its frames reach: a mel does not know of more."""
    n_samples = frontend.framing.n_samples(n_frames)
    t = np.arange(n_samples) / frontend.sample_rate
    tone = np.sin(2 * np.pi * 220 * t) + 0.5 * np.sin(2 * np.pi * 1100 * t)
    return Audio(
        0.2 * tone * (1 + np.sin(2 * np.pi * 5 * t)) + 0.01 * RNG.standard_normal(n_samples), frontend.sample_rate
    )


def sound_of(path):
    return soundfile.read(path, dtype="int16")


@pytest.mark.parametrize("name", presets.EACH_GEOMETRY)
def test_a_mel_on_disk_sounds_as_the_copy_synthesis_of_its_clip(tmp_path, name):
    frontend = PRESETS[name]
    heard = audition(clip(frontend), frontend=frontend)
    np.save(tmp_path / "mel.npy", heard.mel.values)
    options = []
    if heard.mel.statistics is not None:
        np.savez(tmp_path / "stats.npz", mean=heard.mel.statistics.mean, std=heard.mel.statistics.std)
        options = ["--stats", tmp_path / "stats.npz"]
    ran = run("invert", tmp_path / "mel.npy", "-o", tmp_path / "again.wav", "--frontend", name, *options)
    assert ran.code == 0, ran.err
    save(tmp_path / "copy.wav", heard.copy_synthesis)
    again, rate = sound_of(tmp_path / "again.wav")
    copy, its_rate = sound_of(tmp_path / "copy.wav")
    assert rate == its_rate
    assert np.array_equal(again, copy)


@pytest.fixture
def mel(tmp_path):
    values = WHISPER(clip(WHISPER)).values
    np.save(tmp_path / "mel.npy", values)
    return values


def test_the_line_says_what_was_made_of_what(tmp_path, mel):
    ran = run(
        "invert", tmp_path / "mel.npy", "-o", tmp_path / "x.wav", "--frontend", "whisper", "--vocoder", "griffinlim"
    )
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == f"{tmp_path}/x.wav: 0.50 s at 16000 Hz, from {tmp_path}/mel.npy (50 frames of 80 bins)\n"


def test_a_turned_mel_sounds_the_same_and_is_said(tmp_path, mel):
    np.save(tmp_path / "turned.npy", mel.T)
    for name in ("mel", "turned"):
        ran = run("invert", tmp_path / f"{name}.npy", "-o", tmp_path / f"{name}.wav", "--frontend", "whisper")
    assert "note: turned: turned: (frames, bins) became (bins, frames), 80 bins by 50 frames\n" in ran.err
    assert (tmp_path / "mel.wav").read_bytes() == (tmp_path / "turned.wav").read_bytes()


def test_there_is_no_default_front_end(tmp_path, mel):
    ran = run("invert", tmp_path / "mel.npy", "-o", tmp_path / "x.wav")
    assert ran.code == 2
    assert ran.err.startswith("error: --frontend is missing: a mel does not say which front-end made it")


def test_several_mels_go_into_a_folder_and_a_bad_one_stops_nothing(tmp_path, mel):
    np.savez(tmp_path / "more.npz", a=mel, b=mel[:70])
    ran = run("invert", tmp_path / "mel.npy", tmp_path / "more.npz", "-o", tmp_path / "out", "--frontend", "whisper")
    assert ran.code == 1
    assert names_in(tmp_path / "out") == ["a.wav", "mel.wav"]
    assert "more.npz:b: an array of shape (70, 50): front-end 'whisper' has 80 mel bins" in ran.err
    ran = run("invert", tmp_path / "mel.npy", tmp_path / "more.npz", "-o", tmp_path / "x.wav", "--frontend", "whisper")
    assert ran.code == 2
    assert "3 mels do not fit into one .wav file" in ran.err


def test_bad_usage_is_one_line_and_writes_nothing(subtests, tmp_path, mel):
    for options, words in [
        (["--vocoder", "original-phase"], "of a clip that came as a mel, the original's phase is not at hand"),
        (["--stats", "mean=1"], "expected mean=NUMBER,std=NUMBER"),
        (["--stats", "gone.npz"], "gone.npz: cannot be read"),
        (["--axes", "1,0"], "allowed is 'bins,frames' or 'frames,bins'"),
        (["--frontend", "wisper"], "did you mean 'whisper'?"),
        (["--frontend", "nemo"], "normalises each clip"),
    ]:
        with subtests.test(options=options, words=words):
            frontend = () if "--frontend" in options else ("--frontend", "whisper")
            ran = run("invert", tmp_path / "mel.npy", "-o", tmp_path / "x.wav", *frontend, *options)
            assert ran.code == 2
            assert words in ran.err
            assert len(ran.err.splitlines()) == 1
            assert not (tmp_path / "x.wav").exists()


def test_nothing_is_replaced_without_being_asked(tmp_path, mel):
    arguments = ("invert", tmp_path / "mel.npy", "-o", tmp_path / "x.wav", "--frontend", "whisper")
    assert run(*arguments).code == 0
    assert "exists; choose another, or replace it with --overwrite" in run(*arguments).err
    assert run(*arguments, "--overwrite").code == 0


def test_statistics_bring_the_level_back(tmp_path, mel):
    """Of a mel that was normalised over all: with its statistics it is the same sound, but for the last bits."""
    mean, std = float(mel.mean()), float(mel.std())
    np.save(tmp_path / "normalised.npy", (mel - mean) / std)
    run("invert", tmp_path / "mel.npy", "-o", tmp_path / "x.wav", "--frontend", "whisper")
    ran = run(
        "invert", tmp_path / "normalised.npy", "-o", tmp_path / "y.wav", "--frontend", "whisper",
        "--stats", f"mean={mean},std={std}",
    )  # fmt: skip
    assert (ran.code, ran.err) == (0, "")
    plain, again = (sound_of(tmp_path / f"{name}.wav")[0].astype(float) for name in "xy")
    assert np.sqrt(np.mean((plain - again) ** 2)) < 0.02 * np.sqrt(np.mean(plain**2))


def test_what_looks_normalised_is_said_with_statistics(tmp_path, mel):
    normalised = (mel - mel.mean(axis=1, keepdims=True)) / mel.std(axis=1, keepdims=True)
    np.save(tmp_path / "normalised.npy", normalised)
    ran = run("invert", tmp_path / "normalised.npy", "-o", tmp_path / "y.wav", "--frontend", "whisper")
    assert "note: normalised: implausible for front-end 'whisper': values from " in ran.err
    assert "they look normalised: with the statistics mean=" in ran.err


def test_a_part_of_a_mel_begins_where_it_is_asked_to(tmp_path):
    values = PRESETS["whisper"](clip(PRESETS["whisper"])).values
    np.save(tmp_path / "mel.npy", values)
    np.save(tmp_path / "part.npy", values[:, 20:50])
    how = ("--frontend", "whisper", "--vocoder", "griffinlim:n_iter=1")
    assert (
        run("invert", tmp_path / "mel.npy", "-o", tmp_path / "a.wav", *how, "--start", 0.2, "--duration", 0.3).code == 0
    )
    assert run("invert", tmp_path / "part.npy", "-o", tmp_path / "b.wav", *how).code == 0
    (part, _), (expected, _) = sound_of(tmp_path / "a.wav"), sound_of(tmp_path / "b.wav")
    n = min(len(part), len(expected))
    assert abs(len(part) - len(expected)) <= 160
    assert np.abs(part[:n] - expected[:n]).max() < 0.05 * np.abs(expected).max()


def test_a_batch_with_another_axis_first_is_refused_in_one_line(subtests, tmp_path):
    np.save(tmp_path / "batch.npy", np.zeros((80, 2, 100), np.float32))
    options = ("--frontend", "whisper", "-o", tmp_path / "out")
    for command in (("invert",), ("audition", "--policy", "LD")):
        with subtests.test(command=command[0]):
            ran = run(*command, tmp_path / "batch.npy", *options)
            assert ran.code == 1
            (line,) = ran.err.splitlines()
            assert "batch.npy: a batch of shape (80, 2, 100), that is 80 mels of shape (2, 100): front-end" in line
