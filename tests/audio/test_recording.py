"""Recordings on disk are what `load`, `to_mono` and `resample` give in memory."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
import soundfile as sf

from specaug_listen import load
from specaug_listen.audio.recording import open_recording
from specaug_listen.errors import AudioError


@pytest.fixture
def small_blocks(monkeypatch):
    monkeypatch.setattr("specaug_listen.audio.recording._SAMPLES_AT_ONCE", 1000)


def assert_same(tmp_path, path, rate, **span):
    clip = load(path, **span)
    mono = clip.to_mono().resample(rate)
    found = open_recording(path, rate, tmp_path, **span)
    assert (found.sample_rate, found.n_channels, found.n_samples) == (clip.sample_rate, clip.n_channels, clip.n_samples)
    assert found.fingerprint == clip.fingerprint
    assert found.source == clip.source
    assert found.levels == pytest.approx(clip.levels, rel=1e-9)
    assert found.mono.sample_rate == rate
    np.testing.assert_array_equal(found.mono.read(0, found.mono.n_samples + 1), mono.samples)


def test_samples_levels_and_fingerprint_are_those_of_the_clip(subtests, tmp_path, rng, small_blocks):
    for n_samples in (3000, 12345):
        for rate, wanted in [(44100, 16000), (8000, 16000), (22050, 16000), (48000, 22050), (16000, 16000)]:
            for n_channels in (1, 2, 8):
                with subtests.test(n_channels=n_channels, rate=rate, wanted=wanted, n_samples=n_samples):
                    sf.write(tmp_path / "clip.wav", rng.uniform(-1, 1, (n_samples, n_channels)), rate, subtype="FLOAT")
                    assert_same(tmp_path, tmp_path / "clip.wav", wanted)


def test_every_format_and_span_is_read_alike(subtests, tmp_path, rng, small_blocks):
    for span in [{}, {"start_s": 0.05}, {"start_s": 0.05, "duration_s": 0.1}]:
        for suffix in (".flac", ".ogg", ".mp3", ".aiff"):
            with subtests.test(suffix=suffix, span=span):
                sf.write(tmp_path / f"clip{suffix}", rng.uniform(-0.5, 0.5, (12345, 2)), 44100)
                assert_same(tmp_path, tmp_path / f"clip{suffix}", 16000, **span)


def test_a_length_of_whole_blocks_is_as_good_as_any(subtests, tmp_path, rng, small_blocks):
    for n_samples in (999, 1000, 1001, 2000):
        with subtests.test(n_samples=n_samples):
            sf.write(tmp_path / "clip.wav", rng.uniform(-1, 1, (n_samples, 2)), 22050)
            assert_same(tmp_path, tmp_path / "clip.wav", 16000)


@pytest.mark.parametrize("bad", [(np.nan, 0.0), (np.inf, np.inf), (np.inf, -np.inf)], ids=str)
def test_numbers_that_are_none_are_refused_as_load_refuses_them_and_nothing_else_is_said(
    tmp_path, rng, small_blocks, bad
):
    samples = rng.uniform(-1, 1, (5000, 2)).astype(np.float32)
    samples[3210] = bad
    sf.write(tmp_path / "clip.wav", samples, 22050, subtype="FLOAT")
    with pytest.raises(AudioError) as in_memory:
        load(tmp_path / "clip.wav")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(AudioError, match=r"clip\.wav: \d samples are NaN .* the first at sample 3210;") as on_disk:
            open_recording(tmp_path / "clip.wav", 16000, tmp_path)
    assert str(on_disk.value) == str(in_memory.value)


def test_a_length_that_would_be_absurd_is_refused_before_anything_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr("specaug_listen.audio.sound._MAX_SAMPLES", 2000)
    sf.write(tmp_path / "clip.wav", np.zeros(1001), 8000)
    with pytest.raises(
        AudioError, match=r"clip\.wav: 1001 samples at 8000 Hz would be 2e\+03 at 16000 Hz; allowed are"
    ):
        open_recording(tmp_path / "clip.wav", 16000, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["clip.wav"]


def test_a_channel_of_a_long_recording_is_that_of_a_short_one(subtests, tmp_path, rng, small_blocks):
    for span in [{}, {"start_s": 0.05, "duration_s": 0.1}]:
        for channel in ("mean", "left", "right", 1, 2, 3):
            with subtests.test(channel=channel, span=span):
                sf.write(tmp_path / "clip.wav", rng.uniform(-0.5, 0.5, (12345, 3)), 22050, subtype="FLOAT")
                clip = load(tmp_path / "clip.wav", channel=channel, **span)
                found = open_recording(tmp_path / "clip.wav", 16000, tmp_path, channel=channel, **span)
                assert (found.fingerprint, found.source) == (clip.fingerprint, clip.source)
                np.testing.assert_array_equal(
                    found.mono.read(0, found.mono.n_samples), clip.to_mono().resample(16000).samples, strict=True
                )
                if channel != "mean":
                    assert (found.choice, found.n_channels) == (clip.choice, clip.n_channels)
                    assert found.levels == pytest.approx(clip.levels, rel=1e-9)


@pytest.mark.parametrize("channel", ["right", 2])
def test_a_channel_that_a_recording_does_not_have_is_refused(tmp_path, channel):
    sf.write(tmp_path / "clip.wav", np.zeros(100), 16000)
    with pytest.raises(AudioError, match=r"clip\.wav: channel .*: the clip has 1 channel: allowed is 1 or mean"):
        open_recording(tmp_path / "clip.wav", 16000, tmp_path, channel=channel)
