"""Reading files: every format, and every way in which a file can be bad."""

from __future__ import annotations

import builtins
import hashlib
import os
import re
import struct

import numpy as np
import pytest
import soundfile as sf
from readings import RATE

from specaug_listen import Audio, load, save
from specaug_listen.errors import AudioError, ParameterError, SpecAugListenError

# container, subtype, largest absolute error (None: lossy, compared by level only)
FORMATS = [
    ("WAV", "PCM_U8", 2**-7),
    ("WAV", "PCM_16", 2**-15),
    ("WAV", "PCM_24", 2**-23),
    ("WAV", "PCM_32", 2**-24),
    ("WAV", "FLOAT", 2**-24),
    ("WAV", "DOUBLE", 2**-24),
    ("WAVEX", "PCM_16", 2**-15),
    ("RF64", "PCM_16", 2**-15),
    ("FLAC", "PCM_S8", 2**-7),
    ("FLAC", "PCM_16", 2**-15),
    ("FLAC", "PCM_24", 2**-23),
    ("AIFF", "PCM_S8", 2**-7),
    ("AIFF", "PCM_16", 2**-15),
    ("AIFF", "PCM_24", 2**-23),
    ("AIFF", "FLOAT", 2**-24),
    ("OGG", "VORBIS", None),
    ("OGG", "OPUS", None),
    ("MP3", "MPEG_LAYER_III", None),
]


def test_every_format_is_read_at_its_own_rate_and_with_its_channels(subtests, tmp_path, sweep):
    for container, subtype, error in FORMATS:
        with subtests.test(container=container, subtype=subtype, error=error):
            stereo = np.stack([sweep, -0.5 * sweep])
            path = tmp_path / f"clip.{container.lower()}"
            sf.write(path, stereo.T, RATE, format=container, subtype=subtype)
            audio = load(path)
            assert (audio.sample_rate, audio.samples.shape) == (RATE, stereo.shape)
            if error is None:
                inside = slice(1000, -1000)
                residual = audio.samples[:, inside] - stereo[:, inside]
                assert np.sqrt(np.mean(residual**2)) < 0.1 * np.sqrt(np.mean(stereo**2))
            else:
                np.testing.assert_allclose(audio.samples, stereo, atol=error * 1.01)


def test_one_to_eight_channels_keep_their_order(subtests, tmp_path):
    for n_channels in range(1, 9):
        for suffix in (".wav", ".flac", ".aiff"):
            with subtests.test(suffix=suffix, n_channels=n_channels):
                levels = np.arange(1, n_channels + 1) / 16
                sf.write(tmp_path / f"clip{suffix}", np.tile(levels, (50, 1)), RATE)
                np.testing.assert_allclose(
                    load(tmp_path / f"clip{suffix}").samples, np.tile(levels, (50, 1)).T, atol=2e-5
                )


def test_nine_channels_are_refused(tmp_path):
    sf.write(tmp_path / "clip.wav", np.zeros((50, 9)), RATE)
    with pytest.raises(AudioError, match=r"clip\.wav: 9 channels; allowed are 1 to 8; select or mix channels first"):
        load(tmp_path / "clip.wav")


def test_rates_are_kept(subtests, tmp_path):
    for rate in (8000, 11025, 16000, 22050, 32000, 44100, 48000, 96000):
        with subtests.test(rate=rate):
            sf.write(tmp_path / "clip.wav", np.zeros(3 * rate), rate)
            audio = load(tmp_path / "clip.wav")
            assert (audio.sample_rate, audio.duration_s) == (rate, 3.0)


def test_a_span_is_the_same_samples_as_cutting_the_whole(subtests, tmp_path, sweep):
    for start_s, duration_s, span in [
        (0.0, None, slice(0, 16000)),
        (0.25, None, slice(4000, 16000)),
        (0.0, 0.5, slice(0, 8000)),
        (0.25, 0.5, slice(4000, 12000)),
        (0.75, 99.0, slice(12000, 16000)),
        (0.0, 1e-9, slice(0, 1)),
    ]:
        for suffix in (".wav", ".flac", ".aiff", ".ogg"):
            with subtests.test(suffix=suffix, start_s=start_s, duration_s=duration_s, span=span):
                path = tmp_path / f"clip{suffix}"
                sf.write(path, sweep, RATE)
                whole, part = load(path), load(path, start_s=start_s, duration_s=duration_s)
                np.testing.assert_allclose(part.samples, whole.samples[:, span], atol=1e-6)
                assert (part.source.start_s, part.source.duration_s) == (start_s, duration_s)


def test_the_source_tells_where_to_read_again(tmp_path, sweep, monkeypatch):
    sf.write(tmp_path / "clip.wav", sweep, RATE)
    monkeypatch.chdir(tmp_path)
    source = load("clip.wav").source
    assert source.path == str(tmp_path / "clip.wav")
    assert source.sha256 == hashlib.sha256((tmp_path / "clip.wav").read_bytes()).hexdigest()


def test_a_span_outside_the_clip_is_refused(subtests, tmp_path, sweep):
    for span, error, message in [
        ({"start_s": 1.0}, AudioError, r"start=1 s is after the end; the clip lasts 1\.000 s"),
        ({"start_s": -0.1}, ParameterError, r"start=-0\.1: expected seconds >= 0"),
        ({"start_s": float("nan")}, ParameterError, "start=nan: expected seconds >= 0"),
        ({"duration_s": 0.0}, ParameterError, r"duration=0\.0: expected seconds > 0, or nothing for all"),
        ({"duration_s": -1.0}, ParameterError, r"duration=-1\.0: expected seconds > 0"),
        ({"duration_s": float("inf")}, ParameterError, "duration=inf: expected seconds > 0"),
    ]:
        with subtests.test(span=span, error=error, message=message):
            sf.write(tmp_path / "clip.wav", sweep, RATE)
            with pytest.raises(error, match=message):
                load(tmp_path / "clip.wav", **span)


# -- bad files -----------------------------------------------------------------------------------------


def wav(*, data: bytes = b"\0\0" * 50, promised: int | None = None, rate: int = RATE, extra: bytes = b"") -> bytes:
    size = len(data) if promised is None else promised
    fmt = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, rate, 2 * rate, 2, 16)
    body = b"WAVE" + fmt + extra + struct.pack("<4sI", b"data", size) + data
    return b"RIFF" + struct.pack("<I", min(0xFFFFFFFF, len(body) - len(data) + size)) + body


def test_a_file_that_is_no_whole_audio_is_refused_by_name(subtests, tmp_path):
    for content, message in [
        (b"", r"the file is empty \(0 bytes\)"),
        (b"this is a text and no sound\n" * 9, r"not readable as audio \(it begins like no known format\)"),
        (b"\0" * 4096, r"not readable as audio \(it begins like no known format\); .* convert others to WAV"),
        # For which libsndfile names what it tried last: a resource fork, a pipe.
        (
            b"nut/multimedia container\0" + bytes(range(256)) * 8,
            r"not readable as audio \(it begins like no known format\)",
        ),
        (b"\x80\0\0\x20\3\x12\4\1" + bytes(2000), r"not readable as audio \(it begins like no known format\)"),
        (wav()[:20], "is a WAV file whose beginning cannot be read"),
        (wav(data=b""), "the file holds no samples"),
        (wav(rate=0), "is a WAV file whose header tells a sample rate of 0"),
        (wav(rate=1), "a sample rate of 1 Hz; allowed are 100 to 10000000 Hz, .*; mend its header: sox -r RATE"),
        (wav(rate=99), "a sample rate of 99 Hz; allowed are 100 to 10000000 Hz"),
        (wav(rate=10_000_001), "a sample rate of 10000001 Hz; allowed are 100 to 10000000 Hz, .*; mend its header"),
        (wav(data=b"", promised=200), r"cut: 0 of 100 samples are there \(0\.00 of 0\.01 s\); copy the file again"),
        (
            wav(data=b"", promised=200, extra=b"LIST\x03\0\0\0abc\0"),
            "cut: 0 of 100 samples are there",
        ),
    ]:
        with subtests.test(content=content, message=message):
            path = tmp_path / "clip.wav"
            path.write_bytes(content)
            with pytest.raises(AudioError, match=rf"^{re.escape(str(path))}: {message}") as caught:
                load(path)
            assert "\n" not in str(caught.value)


def test_a_wav_that_was_streamed_to_a_pipe_is_read_whole(subtests, tmp_path):
    for size in [0xFFFFFFFF, 0xFFFFFFFF - 36, 0x7FFFFFFF, 0x7FFFF000]:
        with subtests.test(size=size):
            pcm = np.arange(-500, 500, dtype="<i2")
            (tmp_path / "clip.wav").write_bytes(wav(data=pcm.tobytes(), promised=size))
            np.testing.assert_array_equal(load(tmp_path / "clip.wav").samples[0], pcm / np.float32(32768))


def test_a_file_with_samples_that_are_no_numbers_is_refused(subtests, tmp_path, sweep):
    for subtype in ("FLOAT", "DOUBLE"):
        for bad in [np.nan, np.inf, -np.inf]:
            with subtests.test(bad=bad, subtype=subtype):
                sf.write(tmp_path / "clip.wav", np.where(np.arange(RATE) == 7, bad, sweep), RATE, subtype=subtype)
                with pytest.raises(
                    AudioError, match=r"clip\.wav: 1 samples are NaN or infinite, the first at sample 7;"
                ):
                    load(tmp_path / "clip.wav")


def test_a_missing_file_and_a_folder_are_told_apart(tmp_path):
    with pytest.raises(AudioError, match=r"nothing\.wav: no such file$"):
        load(tmp_path / "nothing.wav")
    with pytest.raises(AudioError, match=r": is a folder; load\(\) takes one file$"):
        load(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes on this system")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "clip.wav")
    with pytest.raises(
        AudioError, match=r"clip\.wav: cannot be read \(is a pipe; save it to a file first, and give that\)$"
    ):
        load(tmp_path / "clip.wav")


def test_a_file_without_permission_is_refused(tmp_path, sweep, monkeypatch):
    sf.write(tmp_path / "clip.wav", sweep, RATE)

    def refuse(*args, **kwargs):
        raise PermissionError(13, os.strerror(13))

    monkeypatch.setattr(builtins, "open", refuse)  # chmod does not stop root
    with pytest.raises(AudioError, match=r"clip\.wav: cannot be read \(Permission denied\); check its permissions"):
        load(tmp_path / "clip.wav")


def test_a_file_of_any_name_is_read_saved_and_named_in_one_line(subtests, tmp_path, tone):
    for name in ("new\nline.wav", 'it\'s "so".wav', "Straße 音.wav", "latin-\udce9.wav", "-.wav"):
        with subtests.test(name=name):
            path = tmp_path / name
            save(path, tone)
            assert load(path).n_samples == RATE
            path.write_bytes(b"no sound")
            with pytest.raises(SpecAugListenError, match="not readable as audio") as caught:
                load(path)
            assert str(caught.value).isprintable()


def test_audio_is_compared_by_identity():
    assert Audio(np.zeros(4), 8000) != Audio(np.zeros(4), 8000)
