"""What is said of the mean of channels: measured, the same however it is cut into blocks, and no false alarms."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile as sf

from specaug_listen import Audio, audition, load
from specaug_listen.audio.mix_faults import MixMeter, mix_notices
from specaug_listen.audio.recording import open_recording
from specaug_listen.vocoders import OriginalPhase


@pytest.fixture
def voice(speechlike):
    return speechlike.samples[0]


def found(*channels):
    return mix_notices([np.stack(channels).astype(np.float32)], len(channels))


def test_opposite_phase_cancels_to_silence(voice):
    (notice,) = found(voice, -voice)
    assert (notice.kind, notice.values) == ("cancelling-mix", {"drop_db": None, "better": 1})
    assert notice.text.startswith("channels cancel: their mean is silence, as with one of opposite phase; hear one")
    (notice,) = found(voice, -0.8 * voice)
    assert notice.values["drop_db"] == pytest.approx(20, abs=0.05)


@pytest.mark.parametrize(("factor", "below_db"), [(0.0, None), (0.005, 46.0)])
def test_a_dead_channel_costs_six_decibels(voice, factor, below_db):
    (notice,) = found(factor * voice, voice)
    assert notice.kind == "dead-channel"
    assert (notice.values["channels"], notice.values["below_db"], notice.values["better"]) == ([1], below_db, 2)
    assert notice.values["drop_db"] == pytest.approx(6.0, abs=0.1)
    assert "hear one channel with --channel 2" in notice.text


def test_a_constant_offset_makes_no_dead_channel_alive(voice):
    (notice,) = found(voice, np.full_like(voice, 0.1))
    assert notice.kind == "dead-channel"


def test_a_delay_cancels_single_frequencies(rng):
    noise = rng.normal(0, 0.1, 40000)
    (notice,) = found(noise[8:], noise[:-8])
    assert notice.kind == "notched-mix"
    # |cos| below the root of a tenth: twice its arc sine of a half turn.
    assert notice.values["share"] == pytest.approx(2 * np.arcsin(10**-0.5) / np.pi, abs=0.03)


def test_two_that_take_turns_are_separate(voice):
    turn = np.arange(voice.size) < voice.size // 2
    (notice,) = found(voice * turn, voice * ~turn)
    assert notice.kind == "separate-channels"
    assert notice.text.endswith("hear them one by one with --channel each")


@pytest.mark.parametrize("pan", [1.0, 0.5, 0.05])
def test_ordinary_stereo_is_left_alone(voice, rng, pan):
    room = rng.normal(0, 0.003, (2, voice.size))
    assert found(voice + room[0], pan * voice + room[1]) == ()


def test_silence_and_mono_are_left_alone(voice):
    assert found(np.zeros(5000), np.zeros(5000)) == found(voice) == ()


def test_how_it_is_cut_makes_no_difference(subtests, voice):
    for size in (1, 700, 1024, 5000):
        with subtests.test(size=size):
            stereo = np.stack([voice, np.roll(voice, 9)])[:, :4500]
            meter = MixMeter(2)
            for i in range(0, stereo.shape[1], size):
                meter.add(stereo[:, i : i + size])
            assert meter.notices() == mix_notices([stereo], 2)


def test_it_is_a_badge_and_in_the_record_of_the_mean_but_of_no_single_channel(tmp_path, voice):
    sf.write(tmp_path / "x.wav", np.stack([voice, -voice], axis=1), 16000, subtype="FLOAT")
    clip = load(tmp_path / "x.wav")
    for heard in (clip, load(tmp_path / "x.wav", channel="mean")):
        badges = audition(heard, vocoder=OriginalPhase(), rng=0).badges
        assert sum(badge.startswith("channels cancel:") for badge in badges) == 1
    assert not any("cancel" in badge for badge in audition(clip, vocoder=OriginalPhase(), channel="left").badges)
    recording = open_recording(tmp_path / "x.wav", 16000, tmp_path)
    assert recording.mix_notices == clip.mix_notices
    assert open_recording(tmp_path / "x.wav", 16000, tmp_path, channel=1).mix_notices == ()
    assert Audio(voice, 16000).mix_notices == ()
