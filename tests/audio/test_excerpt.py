"""What is too long is refused by what its header or its frames tell, before it is decoded."""

from __future__ import annotations

import os
import struct

import numpy as np
import pytest
from oddfiles import written_by_ffmpeg
from readings import RATE, encoded, wav

from specaug_listen import load
from specaug_listen.audio.ffmpeg import FfmpegDecoder
from specaug_listen.audio.reading import lasts_longer
from specaug_listen.audio.recording import open_recording
from specaug_listen.audio.sndfile_decoder import SndfileDecoder
from specaug_listen.errors import AudioError

N_SAMPLES = 200_000
SILENCE = np.zeros(N_SAMPLES, np.float32)


@pytest.fixture
def nothing_may_be_decoded(monkeypatch):
    """The most samples of a clip are so few that a short file is too long, and decoding one fails the test."""

    def blocks(self, begin):
        pytest.fail("it was decoded")
        yield

    monkeypatch.setattr("specaug_listen.audio.sound._MAX_SAMPLES", N_SAMPLES // 2)
    monkeypatch.setattr(SndfileDecoder, "blocks", blocks)
    monkeypatch.setattr(FfmpegDecoder, "blocks", blocks)


def assert_refused(path):
    with pytest.raises(AudioError, match=r"samples at \d+ Hz last .* h: allowed are 100000 samples; take a part"):
        load(path)
    with pytest.raises(AudioError, match="allowed are 100000"):
        open_recording(path, RATE, path.parent)
    assert lasts_longer(path, 1.0)


def with_total(flac, total):
    """A FLAC whose header promises so many samples; 0 is an open number."""
    changed = bytearray(flac)
    changed[21] = changed[21] & 0xF0 | total >> 32
    changed[22:26] = struct.pack(">I", total & 0xFFFFFFFF)
    return changed


@pytest.mark.parametrize(
    ("container", "subtype"),
    [("WAV", "PCM_16"), ("AU", "ULAW"), ("FLAC", "PCM_16"), ("OGG", "VORBIS"), ("OGG", "OPUS"), ("MP3", None)],
)
def test_a_long_file_is_refused_by_its_header_or_its_frames(tmp_path, nothing_may_be_decoded, container, subtype):
    path = tmp_path / "clip.bin"
    path.write_bytes(encoded(SILENCE, container, subtype))
    assert_refused(path)


@pytest.mark.parametrize("total", [0, 1000, 1 << 35])
def test_of_a_flac_the_last_frame_tells_where_the_header_does_not(tmp_path, nothing_may_be_decoded, total):
    path = tmp_path / "clip.flac"
    path.write_bytes(with_total(encoded(SILENCE, "FLAC"), total))
    assert_refused(path)


def test_a_header_that_promises_what_the_file_can_never_hold_does_not_refuse_it(tmp_path):
    path = tmp_path / "clip.flac"
    data = with_total(encoded(SILENCE, "FLAC"), 1 << 35)
    path.write_bytes(data[:400] + bytes(200) + data[600:])
    with pytest.warns(UserWarning, match="cut"):
        assert load(path).n_samples > 0


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("a.m4a", "alac"), ("a.mka", "flac"), ("a.wv", "wavpack"), ("a.tta", "tta"), ("a.aac", "aac"), ("a.ac3", "ac3"),
        ("a.ts", "aac"), ("a.flv", "aac"), ("a.wma", "wmav2"), ("a.avi", "pcm_s16le"),
    ],
)  # fmt: skip
def test_a_long_file_of_ffmpegs_is_refused_before_it_is_decoded(tmp_path, nothing_may_be_decoded, name, codec):
    pytest.importorskip("av")
    path = tmp_path / name
    written_by_ffmpeg(path, codec, SILENCE)
    assert_refused(path)


def test_frames_of_amr_without_sound_are_counted_at_once(tmp_path):
    pytest.importorskip("av")
    path = tmp_path / "a.amr"
    path.write_bytes(b"#!AMR\n" + b"\x7c" * 4_000_000)
    with pytest.raises(AudioError, match="640000000 samples at 8000 Hz last "):
        load(path)


def test_what_tells_no_length_is_decoded_up_to_the_limit_and_no_further(tmp_path, monkeypatch):
    monkeypatch.setattr("specaug_listen.audio.sound._MAX_SAMPLES", N_SAMPLES // 2)
    monkeypatch.setattr(SndfileDecoder, "n_likely", property(lambda decoder: None))
    path = tmp_path / "clip.flac"
    path.write_bytes(encoded(SILENCE, "FLAC"))
    with pytest.raises(AudioError, match="131072 samples at 16000 Hz"):
        open_recording(path, RATE, tmp_path)


@pytest.mark.parametrize("part", [{"duration_s": 1.0}, {"start_s": 11.0}])
def test_a_part_of_a_long_file_is_read(tmp_path, monkeypatch, part):
    monkeypatch.setattr("specaug_listen.audio.sound._MAX_SAMPLES", N_SAMPLES // 2)
    path = tmp_path / "clip.flac"
    path.write_bytes(encoded(SILENCE, "FLAC"))
    assert 0 < load(path, **part).n_samples <= RATE * 1.5


@pytest.mark.skipif(os.name != "posix", reason="other systems do not tell of holes")
@pytest.mark.parametrize(
    ("head", "n_bytes"),
    [
        (wav(b"", (1 << 32) - 1, riff=1), 60 * 10**9),
        (b".snd" + struct.pack(">5I", 24, 1 << 31, 3, RATE, 1), 60 * 10**9),
        (b"\xff\xfb\x90\x64" + bytes(413), 1 << 32),
        (b"\x1aE\xdf\xa3\x80", 1 << 31),
    ],
)
def test_a_file_of_holes_is_refused_at_once(tmp_path, head, n_bytes):
    path = tmp_path / "clip.bin"
    path.write_bytes(head)
    os.truncate(path, n_bytes)
    if os.stat(path).st_blocks * 512 > 1 << 20:
        pytest.skip("this file system has no holes")
    with pytest.raises(AudioError, match=f"is a file of holes: of its {n_bytes} bytes"):
        load(path)
    assert not lasts_longer(path, 1.0)
