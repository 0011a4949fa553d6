"""A written draw made again: the same bytes, of the right clip, or a clear refusal."""

from __future__ import annotations

import json
import re
import shutil

import numpy as np
import pytest
from commandline import run

from specaug_listen import Audio, Policy, audition, load, replay, save
from specaug_listen.auditions import changed_versions, differences, draw_files, read_record
from specaug_listen.auditions.badges import draw_badges
from specaug_listen.augment import Draw, FrequencyMask, TimeMask, TimeWarp
from specaug_listen.errors import AudioError, ParameterError, PolicyError
from specaug_listen.vocoders import GriffinLim

POLICY = Policy([TimeWarp(6), FrequencyMask(max_bins=20, fill="noise"), TimeMask(max_frames=15)], "all three")
COMBINATIONS = [
    *((vocoder, frontend) for vocoder in ("joint", "griffinlim") for frontend in ("whisper", "nemo", "hifigan")),
    *(("original-phase", frontend) for frontend in ("whisper", "lhotse", "librosa-db")),
    ("joint", "librosa"),
    ("librosa", "whisper"),
]


@pytest.fixture(scope="module")
def clip_path(tmp_path_factory, speechlike):
    """Stereo at another rate than the front-ends', so that the whole way in is walked again."""
    path = tmp_path_factory.mktemp("clips") / "speech.wav"
    save(path, Audio(np.stack([speechlike.samples[0], -0.5 * speechlike.samples[0]]), 16000).resample(24000))
    return path


@pytest.mark.parametrize(("vocoder", "frontend"), COMBINATIONS, ids=str)
def test_a_replayed_draw_is_the_same_files_bit_for_bit(tmp_path, clip_path, vocoder, frontend):
    channels = "before-after" if frontend in ("nemo", "lhotse") else "mono"
    # librosa's own solver takes its time.
    clip = load(clip_path, start_s=0.1, duration_s=0.25 if vocoder == "librosa" else 0.8)
    heard = audition(clip, frontend=frontend, policy=POLICY, vocoder=vocoder, draws=2, rng=5)
    folder = heard.save(tmp_path, channels=channels)
    again = replay(folder / "draw-2.json")
    assert [drawn.name for drawn in again.draws] == ["draw-2"]
    assert again.gain == heard.gain
    files = draw_files(again, again.draws[0], channels)
    assert sorted(files) == ["draw-2.json", "draw-2.png", "draw-2.wav"]
    for name, data in files.items():
        assert data == (folder / name).read_bytes(), name


@pytest.fixture
def written(tmp_path, clip_path):
    """A draw of a clip that may be moved away."""
    path = tmp_path / "speech.wav"
    shutil.copy(clip_path, path)
    return audition(load(path), policy=POLICY, vocoder=GriffinLim(n_iter=2), rng=5).save(tmp_path / "out")


def wav_of(heard) -> bytes:
    return draw_files(heard, heard.draws[0], "mono")["draw-1.wav"]


def test_a_clip_that_has_moved_is_asked_for_and_taken_from_its_new_place(tmp_path, written):
    (tmp_path / "speech.wav").rename(tmp_path / "elsewhere.wav")
    with pytest.raises(AudioError, match=r"draw-1\.json: its clip .*speech\.wav is missing; give its new path"):
        replay(written / "draw-1.json")
    again = replay(written / "draw-1.json", audio=tmp_path / "elsewhere.wav")
    assert wav_of(again) == (written / "draw-1.wav").read_bytes()
    assert again.name == "speech"


def test_another_container_with_the_same_samples_is_the_same_clip(tmp_path, written):
    import soundfile as sf

    samples, rate = sf.read(tmp_path / "speech.wav", dtype="int16")
    sf.write(tmp_path / "speech.flac", samples, rate)
    (tmp_path / "speech.wav").unlink()
    again = replay(written / "draw-1.json", audio=tmp_path / "speech.flac")
    assert wav_of(again) == (written / "draw-1.wav").read_bytes()


@pytest.mark.parametrize("how", ["changed on disk", "given as a file", "given as audio"])
def test_a_clip_with_other_samples_is_refused(tmp_path, written, how):
    clip = load(tmp_path / "speech.wav")
    samples = clip.samples.copy()
    samples[0, 100] += np.float32(2 / 32768)
    other = Audio(samples, clip.sample_rate)
    path = tmp_path / ("speech.wav" if how == "changed on disk" else "other.wav")
    save(path, other)
    given = {"changed on disk": None, "given as a file": path, "given as audio": other}[how]
    with pytest.raises(AudioError, match=r"draw-1\.json: the clip is not the one that the draw was made for"):
        replay(written / "draw-1.json", audio=given)


def test_the_right_clip_at_the_wrong_rate_is_refused(tmp_path, written):
    clip = load(tmp_path / "speech.wav")
    with pytest.raises(AudioError, match="the clip is not the one"):
        replay(written / "draw-1.json", audio=Audio(clip.samples, 48000))


def test_a_clip_from_memory_must_be_passed_again(tmp_path, speechlike):
    heard = audition(speechlike, policy=POLICY, vocoder="original-phase", rng=5)
    folder = heard.save(tmp_path)
    with pytest.raises(AudioError, match=r"draw-1\.json: the clip was made in memory .* pass it as audio="):
        replay(folder / "draw-1.json")
    again = replay(folder / "draw-1.json", audio=Audio(speechlike.samples.copy(), 16000))
    assert wav_of(again) == (folder / "draw-1.wav").read_bytes()


def test_a_draw_by_a_vocoder_of_the_users_own_is_refused_with_its_name(tmp_path, speechlike):
    def my_vocoder(mel):
        return mel.audio

    folder = audition(speechlike, policy=POLICY, vocoder=my_vocoder, rng=0).save(tmp_path)
    with pytest.raises(ParameterError, match=r"draw-1\.json: rendered by .*, which no file can bring back"):
        replay(folder / "draw-1.json", audio=speechlike)
    assert "my_vocoder" in (folder / "draw-1.json").read_text()


def test_a_record_whose_draw_does_not_fit_its_clip_is_refused(written):
    data = json.loads((written / "draw-1.json").read_text())
    data["draw"] = {"n_mels": 80, "n_frames": 7}
    (written / "draw-1.json").write_text(json.dumps(data))
    with pytest.raises(PolicyError, match=r"draw\.n_frames=7: allowed is what its clip gives, 120 of 19200 samples"):
        replay(written / "draw-1.json")


def test_a_file_that_is_no_record_is_refused(tmp_path):
    (tmp_path / "draw-1.json").write_text("[]")
    with pytest.raises(PolicyError, match=r"draw-1\.json: not a draw"):
        replay(tmp_path / "draw-1.json")


def test_versions_that_changed_are_told(written):
    record = read_record(written / "draw-1.json")
    assert changed_versions(record) == []
    data = json.loads((written / "draw-1.json").read_text())
    data["versions"]["numpy"] = "1.0"
    (written / "draw-1.json").write_text(json.dumps(data))
    (line,) = changed_versions(read_record(written / "draw-1.json"))
    assert line == f"numpy was 1.0, is {record.versions['numpy']}"


# -- what a record says otherwise than what comes out ----------------------------------------------------


def with_its_badges(data):
    """The badges that follow from the draw, as a record whose badges contradict it is refused."""
    data["badges"] = list(draw_badges(Draw.from_json(json.dumps(data["draw"]))))


def with_levels(data, **levels):
    for step in data["draw"]["steps"][1:]:
        step["fill_level"].update(levels)
    if "vs_p95_db" in levels:
        data["scores"]["loudest_fill_vs_p95_db"] = levels["vs_p95_db"]


EDITS = {
    "levels of fills": (lambda d: with_levels(d, vs_p95_db=40.0), r"draw\.steps\[1\] was \+40\.0 .*, is -"),
    "levels against the median": (lambda d: with_levels(d, vs_median_db=9.0), r"was .*\(\+9\.0 dB re median\), is .*"),
    "no level": (
        lambda d: (d["draw"]["steps"][1].update(fill_level=None), d["draw"]["steps"][2].update(fill_level=None),
                   d["scores"].pop("loudest_fill_vs_p95_db")),
        r"fill_level of draw\.steps\[1\] was none, is .* P95",
    ),
    "level of the sound": (lambda d: d["scores"].update(level_change_db=99.0), r"scores\.level_change_db was 99, is "),
    "change of the mel": (lambda d: d["scores"].update(log_mel_rmse_db=0.0), r"scores\.log_mel_rmse_db was 0, is \d"),
    "no change": (lambda d: d["scores"].update(peak_change_db=None), r"scores\.peak_change_db was null, is -?\d"),
    "another fill": (lambda d: d["draw"]["steps"][1].update(fill=0.0), r"fill_level of draw\.steps\[1\] was .*"),
}  # fmt: skip


@pytest.mark.parametrize(("change", "said"), EDITS.values(), ids=EDITS)
def test_what_a_record_says_otherwise_than_what_comes_out_is_told_and_not_carried_on(tmp_path, written, change, said):
    path = written / "draw-1.json"
    true = json.loads(path.read_text())
    data = json.loads(path.read_text())
    change(data)
    with_its_badges(data)
    path.write_text(json.dumps(data))
    ran = run("replay", path, "-o", tmp_path / "again")
    assert ran.code == 0
    edited, line = ran.err.splitlines()
    assert edited.endswith("out: changed: speech/draw-1.json is not as written")
    assert re.match(rf"warning: .*draw-1\.json: does not say what comes out: .*{said}", line)
    assert line.endswith("; what is written now is what came out")
    again = json.loads((tmp_path / "again" / "draw-1.json").read_text())
    if data["draw"]["steps"][1]["fill"] == true["draw"]["steps"][1]["fill"]:
        assert (again["draw"], again["scores"]) == (true["draw"], true["scores"])
        assert (tmp_path / "again" / "draw-1.wav").read_bytes() == (written / "draw-1.wav").read_bytes()


def test_a_gain_with_which_a_draw_clips_is_told(tmp_path, speechlike):
    loud = Audio(speechlike.samples / speechlike.peak, 16000)
    path = audition(loud, policy=POLICY, vocoder=GriffinLim(n_iter=2), rng=5).save(tmp_path) / "draw-1.json"
    data = json.loads(path.read_text())
    assert data["gain"] < 0.98
    assert differences(read_record(path), replay(path, audio=loud)) == ""
    path.write_text(json.dumps({**data, "gain": 1.0}))
    again = replay(path, audio=loud)
    assert re.search("gain was 1, with which it clips, and 0.* is the largest", differences(read_record(path), again))
    path.write_text(json.dumps({**data, "gain": data["gain"] / 2}))  # of a louder draw of the same clip
    assert differences(read_record(path), replay(path, audio=loud)) == ""


def test_rounding_and_scores_that_nobody_else_has_are_no_difference(written):
    path = written / "draw-1.json"
    data = json.loads(path.read_text())
    data["scores"] = {key: round(value, 1) if key.endswith("_db") else value for key, value in data["scores"].items()}
    data["scores"]["of another version"] = 3.0
    path.write_text(json.dumps(data))
    assert differences(read_record(path), replay(path)) == ""


def test_a_draw_of_more_lines_than_a_record_holds_is_made_again(tmp_path, written):
    path = written / "draw-1.json"
    data = json.loads(path.read_text())
    data["draw"]["warnings"] = ["w" * 300] * 3000 + ["x" * 20_000]
    with_its_badges(data)
    path.write_text(json.dumps(data))
    ran = run("replay", path, "-o", tmp_path / "again")
    assert (ran.code, ran.err) == (0, f"note: {tmp_path}/out: changed: speech/draw-1.json is not as written\n")
    again = read_record(tmp_path / "again" / "draw-1.json")
    assert len(again.badges) == 1000
    assert re.fullmatch(r"and 200\d more", again.badges[-1])


def test_what_cannot_be_written_of_a_replayed_draw_names_its_record(tmp_path, written, monkeypatch):
    def refused(*args):
        raise ParameterError("DrawRecord: something")

    monkeypatch.setattr("specaug_listen.auditions.save.draw_record", refused)
    ran = run("replay", written / "draw-1.json", "-o", tmp_path / "again")
    assert re.match(r"error: .*draw-1\.json: DrawRecord: something", ran.err)
