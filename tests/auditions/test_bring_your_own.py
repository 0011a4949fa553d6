"""Callables and waveform stages through the whole chain: heard, saved, replayed, refused."""

from __future__ import annotations

import json
import random

import audiomentations
import numpy as np
import pytest
from commandline import contents, run

import specaug_listen as sl
from specaug_listen import augment, frontends, replay, vocoders
from specaug_listen._rng import as_seed, child_stream
from specaug_listen.auditions import is_long_draw, read_record
from specaug_listen.custom.adapter import Adapter
from specaug_listen.errors import ParameterError

MINE = """
import random

class Mask:
    \"\"\"Masks a mel of shape (frames, bins).\"\"\"

    def __init__(self, width=20):
        self.width = width

    def __call__(self, mel):
        start = random.randrange(len(mel) - self.width)
        mel[start : start + self.width] = 0.5
        mel[:, 10:15] = 0.5
        return mel

def fails(mel):
    raise KeyError("no\\nway")

def nothing(mel):
    pass
"""
WAVEFORM = "- TimeMask: {min_band_part: 0.1, max_band_part: 0.2, p: 1.0}\n- Gain: {p: 1.0}\n"


@pytest.fixture
def place(tmp_path, speechlike):
    (tmp_path / "mine.py").write_text(MINE)
    (tmp_path / "waveform.yaml").write_text(WAVEFORM)
    sl.save(tmp_path / "clip.wav", speechlike)
    return tmp_path


def heard_by(speechlike, **options):
    return sl.audition(speechlike, vocoder=vocoders.Joint(n_iter=2), rng=0, **options)


def test_any_callable_is_heard_and_what_it_did_is_measured_and_shown(speechlike):
    def mask(mel):
        start = random.randrange(80)
        mel[:, start : start + 12] = 0.5
        return mel

    heard = heard_by(speechlike, policy=mask, draws=2)
    assert [heard.scores[i]["masked_time_ratio"] for i in (0, 1)] == [0.1, 0.1]
    assert heard.scores[0]["longest_gap_ms"] == 120
    change = heard.change_of(heard.draws[0])
    assert change is not None
    assert change.spans[0].fill.value == 0.5
    ((begin, end),) = heard.effective_draw(heard.draws[0]).time_spans
    assert end - begin == 12
    assert any("guessed" in badge for badge in heard.badges_of(heard.draws[0]))
    assert "time masked 10%" in str(heard)
    assert heard.draws[0].draw != heard.draws[1].draw


def test_an_adapter_is_passed_on(speechlike):
    adapter = Adapter(axes="frames, bins", container="numpy")
    heard = heard_by(speechlike, policy=np.flipud, adapter=adapter)
    np.testing.assert_array_equal(heard.draws[0].mel.values, heard.mel.values[:, ::-1])


def test_a_policy_of_ours_has_no_change_to_look_for(speechlike):
    heard = heard_by(speechlike, policy="LB")
    assert heard.change_of(heard.draws[0]) is None
    assert heard.effective_draw(heard.draws[0]) is heard.draws[0].draw


def test_a_saved_draw_of_a_callable_is_replayed_to_the_byte_or_refused(place, monkeypatch):
    monkeypatch.chdir(place)
    name = "mine.py:Mask(width=9)"
    done = run("audition", "clip.wav", "-o", "out", "--policy", name, "--waveform", "waveform.yaml", "--no-report")
    assert (done.code, done.err) == (0, "")
    written = place / "out/clip/draw-1.json"
    refused = run("replay", written, "-o", "no")
    assert refused.code == 2
    assert "mine.py:Mask(width=9): is code, and a draw that was read from a file does not import any" in refused.err
    assert not (place / "no").exists()
    again = run("replay", written, "-o", "again", "--policy", name)
    assert (again.code, again.err) == (0, "")
    first, second = contents(place / "out/clip"), contents(place / "again")
    assert {file: first[file] for file in second} == second
    other = run("replay", written, "-o", "other", "--policy", "mine.py:Mask(width=10)")
    assert other.code == 2
    assert "gives another result than when it was drawn" in other.err
    (place / "mine.py").write_text(MINE + "\n")
    changed = run("replay", written, "-o", "changed", "--policy", name)
    assert "its source file has changed since the draw" in changed.err


def test_the_record_holds_call_seed_adapter_and_what_was_found(place, monkeypatch):
    monkeypatch.chdir(place)
    run("audition", "clip.wav", "-o", "out", "--policy", "mine.py:Mask", "--waveform", "waveform.yaml", "--no-report")
    record = read_record("out/clip/draw-1.json")
    (step,) = record.draw.calls
    assert step.call == f"{place / 'mine.py'}:Mask"
    assert (step.adapter.axes, step.is_importable) == ("frames, bins", True)
    assert record.change is not None
    assert [(b.start_bin, b.n_bins) for b in record.change.bands] == [(10, 5)]
    assert record.waveform is not None
    assert [one.name for one in record.waveform.steps] == ["TimeMask", "Gain"]
    index = json.loads((place / "out/audition.json").read_text())
    assert index["configuration"]["waveform"]["transforms"][0]["name"] == "TimeMask"
    assert any("waveform waveform: TimeMask, Gain applied before the mel" in badge for badge in record.badges)


def test_a_callable_object_is_given_to_replay(speechlike, tmp_path):
    def mask(mel):
        return mel - random.random()

    folder = heard_by(speechlike, policy=mask).save(tmp_path)
    with pytest.raises(ParameterError, match=r"draw-1\.json: .*mask: is code, .*--policy module:callable"):
        replay(folder / "draw-1.json", audio=speechlike)
    again = replay(folder / "draw-1.json", audio=speechlike, policy=mask)
    np.testing.assert_array_equal(
        again.draws[0].audio.samples, heard_by(speechlike, policy=mask).draws[0].audio.samples
    )


def test_a_policy_for_a_draw_that_calls_nothing_is_refused(speechlike, tmp_path):
    folder = heard_by(speechlike, policy="LB").save(tmp_path)
    with pytest.raises(ParameterError, match="the draw calls nothing"):
        replay(folder / "draw-1.json", audio=speechlike, policy=np.flipud)


def test_each_draw_has_a_waveform_of_its_own(speechlike):
    stage = audiomentations.Compose([audiomentations.Gain(-12.0, 12.0, p=1.0)])
    result = heard_by(speechlike, waveform=stage, draws=3)
    gains_db = [draw.waveform.steps[0].parameters["amplitude_ratio"] for draw in result.draws]
    assert len(set(gains_db)) == 3


def test_the_same_masks_are_heard_with_and_without_the_waveform(speechlike):
    stage = audiomentations.Compose([audiomentations.BandStopFilter(p=1.0)])
    policy = augment.Policy((augment.TimeMask(max_frames=30, fill=0.0),))
    plain, chained = heard_by(speechlike, policy=policy), heard_by(speechlike, policy=policy, waveform=stage)
    spans = [each.draws[0].draw.time_spans for each in (plain, chained)]
    assert spans[0] == spans[1]
    np.testing.assert_array_equal(plain.copy_synthesis.samples, chained.copy_synthesis.samples)
    assert (plain.draws[0].mel.values != chained.draws[0].mel.values).mean() > 0.5


def test_the_chance_of_the_waveform_is_not_that_of_the_policy(speechlike):
    heard = heard_by(speechlike, policy="none", waveform=audiomentations.Gain(p=1.0))
    assert heard.draws[0].waveform.seed != as_seed(child_stream(0, speechlike.fingerprint, 1))


def test_the_mel_is_that_of_the_transformed_waveform(speechlike):
    stage = audiomentations.PolarityInversion(p=1.0)
    loud = audiomentations.Gain(min_gain_db=-20, max_gain_db=-20, p=1.0)
    same, quieter = (heard_by(speechlike, policy="none", waveform=w) for w in (stage, loud))
    np.testing.assert_allclose(same.draws[0].mel.values, same.mel.values, atol=1e-5)
    power = [float(each.draws[0].mel.power.sum()) for each in (same, quieter)]
    assert 10 * np.log10(power[0] / power[1]) == pytest.approx(20, abs=0.1)


def test_what_was_done_to_the_waveform_is_not_taken_for_what_a_callable_did(speechlike):
    stage = audiomentations.BandStopFilter(p=1.0)

    def mask(mel):
        mel[:, 20:32] = 0.0
        return mel

    heard = heard_by(speechlike, policy=mask, waveform=stage)
    change = heard.change_of(heard.draws[0])
    assert change is not None
    assert [(s.start_frame, s.n_frames) for s in change.spans] == [(20, 12)]
    assert change.unexplained_ratio == 0


def test_an_object_that_cannot_be_written_down_is_heard_and_its_replay_refused(speechlike, tmp_path):
    stage = audiomentations.Lambda(lambda samples, sample_rate: samples / 2, p=1.0)
    folder = heard_by(speechlike, policy="none", waveform=stage).save(tmp_path)
    with pytest.raises(ParameterError, match=r"draw-1\.json: waveform 'Lambda': was made from an object"):
        replay(folder / "draw-1.json", audio=speechlike)


def test_what_is_wrong_is_one_line_on_the_command_line(subtests, place, monkeypatch):
    for options, code, message in [
        (["--policy", "mine.py:fails"], 1, r"clip.wav: .*mine.py:fails: it raised KeyError: "),
        (["--policy", "mine.py:nothing"], 1, r"clip.wav: .*mine.py:nothing: it returned None"),
        (["--policy", "mine.py:absent"], 2, r"mine.py:absent: mine.py holds no 'absent'"),
        (["--policy", "absent.py:f"], 2, r"absent.py:f: the file cannot be read"),
        (["--policy", "mine.py:Mask", "--adapter", "axes"], 2, r"--adapter 'axes': expected KEY=VALUE"),
        (["--policy", "mine.py:Mask", "--adapter", "axis=x"], 2, r"unknown key 'axis'; did you mean 'axes'"),
        (["--policy", "mine.py:Mask", "--adapter", "scale=DB"], 2, r"scale='DB': should be 'own', 'ln'"),
        (["--policy", "LD", "--adapter", "scale=db"], 2, r"an adapter is for callables"),
        (["--waveform", "absent.yaml"], 2, r"absent.yaml: the waveform file cannot be read"),
        (["--waveform", "mine.py"], 1, r"mine.py: "),
    ]:
        with subtests.test(options=options, code=code, message=message):
            monkeypatch.chdir(place)
            done = run("audition", "clip.wav", "-o", "out", *options)
            assert done.code == code
            (line,) = done.err.splitlines()
            assert all(part in line for part in message.split(".*"))


def test_a_recording_above_a_minute_is_held_in_memory_and_said_to_be(place, monkeypatch):
    monkeypatch.chdir(place)
    monkeypatch.setattr("specaug_listen.auditions.long.LONG_S", 1.0)
    monkeypatch.setattr("specaug_listen.auditions.badges.LONG_S", 1.0)
    done = run("audition", "clip.wav", "-o", "out", "--policy", "mine.py:Mask", "--no-report")
    assert done.code == 0
    assert "held in memory: all 1 s at once, as callables and waveform stages need it" in done.out
    assert not is_long_draw(read_record("out/clip/draw-1.json"))
    again = run("replay", "out/clip/draw-1.json", "-o", "again", "--policy", "mine.py:Mask")
    assert again.code == 0
    assert (place / "again/draw-1.wav").read_bytes() == (place / "out/clip/draw-1.wav").read_bytes()


def test_a_recording_too_long_to_hold_is_refused(place, monkeypatch):
    monkeypatch.chdir(place)
    monkeypatch.setattr("specaug_listen.auditions.batch.MAX_HELD_S", 1.0)
    done = run("audition", "clip.wav", "-o", "out", "--waveform", "waveform.yaml")
    assert done.code == 1
    assert "clip.wav: callables and waveform stages need the whole clip at once, at most 1 s of it" in done.err
    assert run("audition", "clip.wav", "-o", "out", "--waveform", "waveform.yaml", "--duration", "0.9").code == 0


def test_records_without_these_stages_are_still_read(speechlike, tmp_path):
    folder = heard_by(speechlike, policy="LB").save(tmp_path)
    data = json.loads((folder / "draw-1.json").read_text())
    del data["waveform"], data["found"]
    (folder / "draw-1.json").write_text(json.dumps(data))
    assert replay(folder / "draw-1.json", audio=speechlike).draws[0].name == "draw-1"


def test_a_front_end_that_normalises_is_given_its_statistics_back(speechlike):
    heard = heard_by(speechlike, frontend=frontends.NEMO, policy=lambda mel: mel * 0.5)
    assert heard.draws[0].mel.statistics is not None
    np.testing.assert_allclose(heard.draws[0].mel.values, heard.mel.values / 2, atol=1e-6)
