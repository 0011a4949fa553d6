"""Auditions of mels that come without their audio: nothing pretends to be an original."""

from __future__ import annotations

import json

import numpy as np
import pytest
from commandline import run

from specaug_listen import Audio, audition, get_frontend, replay, write_report
from specaug_listen.auditions import read_index, read_record
from specaug_listen.errors import AudioError, ParameterError
from specaug_listen.frontends import LHOTSE, NEMO, WHISPER, GlobalStatistics

RNG = np.random.default_rng(5)


def clip(frontend, n_frames=90):
    n_samples = frontend.framing.n_samples(n_frames)
    t = np.arange(n_samples) / frontend.sample_rate
    tone = np.sin(2 * np.pi * 220 * t) + 0.5 * np.sin(2 * np.pi * 1100 * t)
    return Audio(
        0.2 * tone * (1 + np.sin(2 * np.pi * 5 * t)) + 0.01 * RNG.standard_normal(n_samples), frontend.sample_rate
    )


SOUND = clip(WHISPER)
MEL = WHISPER(SOUND)


def test_a_mel_is_heard_against_its_copy_synthesis():
    heard = audition(WHISPER.mel(MEL.values), policy="SM", draws=2)
    of_sound = audition(SOUND, frontend="whisper", policy="SM")
    assert heard.original is None
    assert np.array_equal(heard.copy_synthesis.samples, of_sound.copy_synthesis.samples)
    assert heard.duration_s == of_sound.duration_s
    assert heard.frontend == WHISPER
    assert len(heard.scores) == 2
    assert all(np.isfinite(row["level_change_db"]) for row in heard.scores)


@pytest.mark.parametrize("turned", [False, True])
def test_an_array_needs_a_front_end_and_is_the_same(turned):
    array = MEL.values.T if turned else MEL.values
    with pytest.warns(match="turned") if turned else __import__("contextlib").nullcontext():
        heard = audition(array, frontend="whisper", policy="SM", rng=3)
    again = audition(WHISPER.mel(MEL.values), policy="SM", rng=3)
    assert heard.draws[0].draw == again.draws[0].draw
    with pytest.raises(ParameterError, match="a mel does not say which front-end made it"):
        audition(array, policy="SM")


def test_tensors_are_taken():
    torch = pytest.importorskip("torch")
    heard = audition(torch.from_numpy(MEL.values.copy())[None].requires_grad_(), frontend="whisper", policy="none")
    assert np.array_equal(heard.mel.values, MEL.values)


def test_a_mel_with_its_recording_is_the_recording():
    heard = audition(MEL, policy="SM", rng=1)
    of_sound = audition(SOUND, frontend="whisper", policy="SM", rng=1)
    assert heard.draws[0].draw == of_sound.draws[0].draw
    assert np.array_equal(heard.original.samples, SOUND.samples)


def test_a_mel_that_is_not_what_its_recording_gives_keeps_its_own_values():
    changed = MEL.with_values(np.maximum(MEL.values, 0.2))
    heard = audition(changed, policy="none", original_phase=True)
    assert np.array_equal(heard.mel.values, changed.values)
    assert heard.original is not None


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"vocoder": "original-phase"}, "vocoder 'original-phase': .*the original's phase is not at hand"),
        ({"original_phase": True}, r"--original-phase \(original_phase=True\): .*not at hand"),
        ({"frontend": "lhotse"}, "frontend='lhotse': the mel is one of 'whisper'"),
    ],
)
def test_what_needs_the_sound_is_refused(how, words):
    with pytest.raises(ParameterError, match=words):
        audition(WHISPER.mel(MEL.values), **how)


def test_a_waveform_stage_is_refused():
    audiomentations = pytest.importorskip("audiomentations")
    with pytest.raises(ParameterError, match="works on the recording, before its mel is taken"):
        audition(WHISPER.mel(MEL.values), waveform=audiomentations.Gain(p=1.0))


def test_other_things_are_refused():
    with pytest.raises(ParameterError, match="audio"):
        audition([1.0, 2.0])


def test_callables_of_others_take_it():
    heard = audition(WHISPER.mel(MEL.values), policy=lambda mel: np.where(np.arange(len(mel))[:, None] < 5, 0, mel))
    assert heard.scores[0]["masked_frequency_ratio"] == pytest.approx(5 / 80, abs=1e-4)


def test_it_is_saved_shown_and_written_without_an_original(tmp_path):
    heard = audition(WHISPER.mel(MEL.values), policy="SM", name="mine")
    folder = heard.save(tmp_path)
    names = {path.name for path in folder.iterdir()}
    assert {"copy-synthesis.wav", "given.mel.png", "copy-synthesis.mel.png", "draw-1.wav", "draw-1.json"} <= names
    assert not any("original" in name for name in names)
    html = heard._repr_html_()
    assert "the recording" not in html.split("&lt;script")[0].split("<script")[0]
    assert "there is no original" in html
    assert "a mel of 80 bins and 90 frames, without its audio" in html.replace("\N{NO-BREAK SPACE}", " ")
    assert "the mel as it was given" in html
    page = write_report([heard], tmp_path / "page.html").read_text("utf-8")
    assert "There is no original: the clips came as mels, without their audio." in page
    assert "the recording" not in page.split("<script")[0]
    assert "the mel as it was given" in page


def test_in_memory_it_is_replayed_with_the_mel_and_no_other(tmp_path):
    mel = WHISPER.mel(MEL.values)
    folder = audition(mel, policy="SM", name="mine").save(tmp_path)
    again = replay(folder / "draw-1.json", audio=mel)
    assert again.original is None
    with pytest.raises(AudioError, match=r"made in memory and has no file; pass it as audio="):
        replay(folder / "draw-1.json")
    with pytest.raises(AudioError, match=r"its values differ"):
        replay(folder / "draw-1.json", audio=WHISPER.mel(MEL.values * 0.9))


# --- the command line ---


@pytest.fixture
def files(tmp_path):
    np.save(tmp_path / "one.npy", MEL.values)
    np.savez(tmp_path / "two.npz", a=MEL.values.T, b=MEL.values[:, :70])
    return tmp_path


def test_files_of_mels_are_auditioned_and_replayed(files):
    ran = run("audition", files / "one.npy", files / "two.npz", "-o", files / "out", "--frontend", "whisper")
    assert ran.code == 0, ran.err
    index = read_index(files / "out")
    assert [entry.name for entry in index.clips] == ["one", "a", "b"]
    assert [(entry.audio.mel.key, entry.audio.mel.n_frames) for entry in index.clips] == [
        (None, 90),
        ("a", 90),
        ("b", 70),
    ]
    assert [notice.kind for notice in index.clips[1].audio.notices] == ["axes_turned"]
    for name in ("one", "a", "b"):
        draw = files / "out" / name / "draw-1.json"
        assert run("replay", draw, "-o", files / f"{name}.wav").code == 0
        assert (files / f"{name}.wav").read_bytes() == (files / "out" / name / "draw-1.wav").read_bytes()
    page = (files / "out" / "report.html").read_text("utf-8")
    assert "two.npz:a" in page


def test_a_replay_refuses_a_file_that_has_changed(files):
    run("audition", files / "one.npy", "-o", files / "out", "--frontend", "whisper")
    np.save(files / "one.npy", MEL.values + np.float32(0.01))
    ran = run("replay", files / "out" / "one" / "draw-1.json", "-o", files / "x.wav")
    assert ran.code == 1
    assert "the clip is not the one that the draw was made for (its values differ)" in ran.err


def test_statistics_are_in_the_records(files):
    np.save(files / "n.npy", (LHOTSE(clip(LHOTSE)).values + 4.27) / 9.14)
    arguments = (
        "audition",
        files / "n.npy",
        "-o",
        files / "out",
        "--frontend",
        "lhotse",
        "--stats",
        "mean=-4.27,std=9.14",
    )
    assert run(*arguments).code == 0
    record = read_record(files / "out" / "n" / "draw-1.json")
    assert record.frontend.normalize == GlobalStatistics(-4.27, 9.14)
    assert read_index(files / "out").configuration.statistics == GlobalStatistics(-4.27, 9.14)
    assert run("report", files / "out", "--overwrite").code == 0
    assert run("replay", files / "out" / "n" / "draw-1.json", "-o", files / "x.wav").code == 0
    assert (files / "x.wav").read_bytes() == (files / "out" / "n" / "draw-1.wav").read_bytes()


def test_a_clip_s_own_statistics_are_kept_for_the_replay(files):
    mel = NEMO(clip(NEMO))
    np.save(files / "n.npy", mel.values)
    np.savez(files / "s.npz", mean=mel.statistics.mean, std=mel.statistics.std)
    ran = run("audition", files / "n.npy", "-o", files / "out", "--frontend", "nemo", "--stats", files / "s.npz")
    assert ran.code == 0, ran.err
    (files / "s.npz").unlink()
    assert run("replay", files / "out" / "n" / "draw-1.json", "-o", files / "x.wav").code == 0
    assert (files / "x.wav").read_bytes() == (files / "out" / "n" / "draw-1.wav").read_bytes()


def test_a_policy_s_configuration_may_bring_the_front_end_and_a_framework_alone_may_not(files):
    ran = run("audition", files / "one.npy", "-o", files / "out")
    assert ran.code == 2
    assert ran.err.startswith("error: --frontend is missing: 'one.npy' does not say which front-end made it")
    ran = run("audition", files / "one.npy", "-o", files / "out", "--policy", "wenet-whisper")
    assert "front-end whisper-128, as " in ran.err
    assert "front-end 'whisper-128' has 128 mel bins" in ran.err


def test_a_folder_of_mels_is_taken_and_one_of_recordings_keeps_its_meaning(files):
    ran = run("audition", files, "-o", files / "out", "--frontend", "whisper")
    assert ran.code == 0
    assert len(read_index(files / "out").clips) == 3


@pytest.mark.parametrize("option", [("--stats", "mean=0,std=1"), ("--axes", "bins,frames")])
def test_words_about_mels_are_refused_without_one(tmp_path, option):
    __import__("specaug_listen").save(tmp_path / "x.wav", SOUND)
    ran = run("audition", tmp_path / "x.wav", "-o", tmp_path / "out", *option)
    assert ran.code == 2
    assert "--stats and --axes are about mels, and no file of mels is given" in ran.err


def test_a_record_of_an_older_version_has_no_mel(files):
    run("audition", files / "one.npy", "-o", files / "out", "--frontend", "whisper")
    path = files / "out" / "one" / "draw-1.json"
    data = json.loads(path.read_text())
    del data["audio"]["mel"]
    path.write_text(json.dumps(data))
    assert read_record(path).audio.mel is None


def test_a_mel_by_the_name_of_its_front_end_is_heard_like_any_mel():
    heard = audition(get_frontend("whisper").mel(MEL.values), policy="none")
    assert heard.scores[0]["masked_area_ratio"] == 0
