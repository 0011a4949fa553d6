"""Audio as a value: what it accepts, its level, mixing, resampling, saving and names."""

from __future__ import annotations

import re

import numpy as np
import pytest
import soundfile as sf
from hypothesis import given
from hypothesis import strategies as st
from readings import decoded
from strategies import audios

from specaug_listen import Audio, load, save
from specaug_listen._files import printable
from specaug_listen.audio.audio_in_memory import common_gain, encode_wav
from specaug_listen.errors import AudioError, OutputError, ParameterError


def test_samples_are_kept_as_a_read_only_copy():
    given_samples = np.linspace(-1, 1, 8)
    audio = Audio(given_samples, 16000)
    given_samples[:] = 9.0
    assert audio.samples.shape == (1, 8)
    assert audio.samples.dtype == np.float32
    assert audio.peak == 1.0
    with pytest.raises(ValueError, match="read-only"):
        audio.samples[0, 0] = 0.0


def test_an_audio_knows_its_shape_and_length():
    audio = Audio(np.zeros((2, 8000)), np.int64(16000))
    assert (audio.n_channels, audio.n_samples, audio.duration_s) == (2, 8000, 0.5)
    assert type(audio.sample_rate) is int


def test_up_to_eight_channels_are_kept(subtests):
    for n_channels in range(1, 9):
        with subtests.test(n_channels=n_channels):
            assert Audio(np.zeros((n_channels, 5)), 8000).n_channels == n_channels


def test_samples_that_are_no_sound_are_refused(subtests):
    for samples, message in [
        (np.zeros(0), "no samples; use a clip that holds sound"),
        (np.zeros((2, 0)), "no samples"),
        (np.zeros((9, 4)), "9 channels; allowed are 1 to 8, as (n_channels, n_samples)"),
        (np.zeros((16000, 2)), "16000 channels; allowed are 1 to 8, as (n_channels, n_samples)"),
        (np.zeros((0, 4)), "0 channels; allowed are 1 to 8"),
        (np.array([0.0, 0.0, np.nan, np.nan]), "2 samples are NaN or infinite, the first at sample 2"),
        (np.array([[0.0, 0.0], [0.0, -np.inf]]), "1 samples are NaN or infinite, the first at sample 1"),
    ]:
        with subtests.test(samples=samples, message=message), pytest.raises(AudioError, match=re.escape(message)):
            Audio(samples, 16000)


def test_samples_that_are_no_floats_are_refused_with_the_fix(subtests):
    for samples in [np.zeros(4, np.int16), np.zeros(4, complex), np.zeros((1, 1, 4)), np.float64(0), ["a"], [True]]:
        with (
            subtests.test(samples=samples),
            pytest.raises(ParameterError, match=r"divide integers by their full scale, e\.g\. 32768"),
        ):
            Audio(samples, 16000)


def test_a_rate_that_is_none_is_refused(subtests):
    for rate in [0, -1, 16000.0, True, "16000", None, 10_000_001, 10**19, 10**999]:
        with subtests.test(rate=rate):
            told = r"^sample_rate=.{1,80}: expected an integer from 1 to 10000000 \[Hz\]; give the rate"
            with pytest.raises(ParameterError, match=told):
                Audio(np.zeros(4), rate)
            if rate != 16000:
                with pytest.raises(ParameterError, match=told):
                    Audio(np.zeros(4), 16000).resample(rate)


def test_the_level_is_in_db_of_full_scale(tone):
    assert tone.rms_db == pytest.approx(20 * np.log10(0.5 / np.sqrt(2)), abs=1e-4)
    assert Audio(np.ones(4), 8000).rms_db == 0.0
    assert Audio(np.zeros(4), 8000).rms_db == float("-inf")
    assert Audio(np.array([[0.25, -0.75], [0.5, 0.0]]), 8000).peak == 0.75


@given(audios(max_channels=8, max_samples=300))
def test_mixing_down_is_the_mean_of_the_channels(audio):
    mono = audio.to_mono()
    np.testing.assert_allclose(mono.samples[0], audio.samples.mean(axis=0, dtype=np.float64), atol=1e-7)
    assert (mono.n_channels, mono.sample_rate) == (1, audio.sample_rate)
    assert mono.to_mono() is mono


def test_a_resampled_tone_keeps_its_length_pitch_and_level(subtests, tone):
    for rate in (8000, 11025, 22050, 44100, 48000, 96000):
        with subtests.test(rate=rate):
            audio = tone.resample(rate)
            assert (audio.sample_rate, audio.n_samples) == (rate, rate)
            middle = audio.samples[0, rate // 4 : -rate // 4]
            power = np.abs(np.fft.rfft(middle * np.hanning(len(middle)), 8 * rate)) ** 2
            assert np.argmax(power) / 8 == pytest.approx(440.0, abs=0.5)
            assert np.sqrt(2 * np.mean(middle.astype(np.float64) ** 2)) == pytest.approx(0.5, rel=2e-3)


def test_resampling_removes_what_the_new_rate_cannot_hold():
    high = Audio(np.sin(2 * np.pi * 6000 * np.arange(16000) / 16000), 16000).resample(8000)
    assert high.samples[0, 400:-400].max() < 1e-3


def test_resampling_leaves_no_channel_out_and_does_not_mix_them(tone):
    stereo = Audio(np.stack([tone.samples[0], -0.5 * tone.samples[0]]), 16000).resample(22050)
    np.testing.assert_array_equal(stereo.samples[0], tone.resample(22050).samples[0])
    np.testing.assert_allclose(stereo.samples[1], -0.5 * stereo.samples[0], atol=1e-6)


def test_the_same_rate_is_no_work(tone):
    assert tone.resample(16000) is tone


def test_a_clip_that_a_lower_rate_leaves_nothing_of_is_refused():
    with pytest.raises(AudioError, match=r"^1 samples at 96000 Hz leave nothing at 8000 Hz; use a longer clip$"):
        Audio(np.zeros(1), 96000).resample(8000)


@given(st.lists(audios(max_samples=50), max_size=4), st.floats(0.1, 100.0))
def test_the_common_gain_keeps_all_from_clipping_and_one_at_full_scale(clips, louder):
    clips = [Audio(clip.samples * np.float32(louder), clip.sample_rate) for clip in clips]
    gain = common_gain(iter(clips))
    loudest = max((clip.peak for clip in clips), default=0.0)
    if loudest <= 32767 / 32768:
        assert gain == 1.0
        return
    assert gain * loudest == pytest.approx(32767 / 32768, rel=1e-9)
    for clip in clips:
        assert np.abs(decoded(encode_wav(clip, gain=gain))[0].astype(int)).max() <= 32767


# -- saving --------------------------------------------------------------------------------------------


def test_a_saved_clip_loads_as_it_was(tmp_path, speechlike):
    save(tmp_path / "clip.wav", speechlike)
    back = load(tmp_path / "clip.wav")
    assert sf.info(tmp_path / "clip.wav").subtype == "PCM_16"
    np.testing.assert_allclose(back.samples, speechlike.samples, atol=0.5 / 32768 + 1e-9)
    assert [path.name for path in tmp_path.iterdir()] == ["clip.wav"]


def test_saving_twice_replaces(tmp_path, tone):
    save(tmp_path / "clip.wav", tone)
    save(tmp_path / "clip.wav", tone, gain=0.5)
    assert load(tmp_path / "clip.wav").peak == pytest.approx(0.25, abs=1e-4)


@pytest.mark.parametrize("step", ["os.replace", "specaug_listen.audio.audio_in_memory.encode_wav"])
def test_an_error_while_saving_leaves_the_old_file_and_nothing_else(tmp_path, tone, monkeypatch, step):
    target = tmp_path / "clip.wav"
    target.write_bytes(b"old")

    def fail(*args):
        raise OSError(28, "No space left on device")

    def fail_in_the_middle(*args, **how):
        yield b"half"
        fail()

    monkeypatch.setattr(step, fail if step == "os.replace" else fail_in_the_middle)
    with pytest.raises(OutputError, match=r"clip\.wav: cannot be written \(No space left on device\)"):
        save(target, tone)
    assert [path.name for path in tmp_path.iterdir()] == ["clip.wav"]
    assert target.read_bytes() == b"old"


@pytest.mark.parametrize("name", [".", "missing/clip.wav", "file/clip.wav"])
def test_a_place_that_cannot_be_written_is_refused_by_name(tmp_path, tone, name):
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=rf"^{re.escape(str(tmp_path / name))}: cannot be written \("):
        save(tmp_path / name, tone)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_clip_that_would_clip_is_not_saved_at_all(tmp_path, tone):
    with pytest.raises(ParameterError, match="would clip"):
        save(tmp_path / "clip.wav", tone, gain=3.0)
    assert list(tmp_path.iterdir()) == []


# -- names ---------------------------------------------------------------------------------------------


def test_a_name_is_shown_as_one_printable_line(subtests):
    for path, shown in [
        ("a clip.wav", "a clip.wav"),
        ("Straße 音.wav", "Straße 音.wav"),
        ('it\'s "so".wav', 'it\'s "so".wav'),
        ("two\nlines\t.wav", "two\\nlines\\t.wav"),
        ("\x1b[31mred.wav", "\\x1b[31mred.wav"),
        ("right\u202eto left.wav", "right\\u202eto left.wav"),
        ("line\u2028.wav", "line\\u2028.wav"),
        ("latin-\udce9.wav", "latin-\\xe9.wav"),
        (b"latin-\xe9.wav", "latin-\\xe9.wav"),
    ]:
        with subtests.test(path=path, shown=shown):
            assert printable(path) == shown


@given(st.binary(max_size=40))
def test_any_name_that_a_file_may_have_is_printable(name):
    assert printable(name).isprintable()
    printable(name).encode()


@pytest.mark.parametrize("name", ["clip.flac", "clip.MP3", "clip.aiff"])
def test_wav_is_not_written_under_the_name_of_another_format(tmp_path, name):
    with pytest.raises(ParameterError, match=rf"{name}: WAV is what is written; name the file clip\.wav"):
        Audio(np.zeros(100), 8000).save(tmp_path / name)
    assert not list(tmp_path.iterdir())
