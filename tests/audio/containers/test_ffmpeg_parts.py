"""Where a file that FFmpeg reads ends by its own structure: files in a row, cuts, and bytes behind it."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from ffmpegfiles import made
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from oddfiles import written_by_ffmpeg
from readings import RATE, VOICE, encoded, heard

from specaug_listen.audio.containers.ffmpeg_parts import parts_of

JOINED = [("a.m4a", "aac"), ("a.mov", "alac"), ("a.tta", "tta"), ("a.wma", "wmav2"), ("a.wav", "wmav2")]


ROWS = [("a.mka", "flac"), ("a.avi", "mp2"), ("a.wv", "wavpack"), ("a.flv", "aac"), ("a.wav", "g726")]


def test_all_files_in_a_row_that_ffmpeg_reads_are_heard_each_with_its_own_header(subtests, tmp_path):
    for name, codec in JOINED + ROWS:
        with subtests.test(name=name, codec=codec):
            pytest.importorskip("av")
            first = written_by_ffmpeg(tmp_path / f"made-{name}", codec)
            second = written_by_ffmpeg(tmp_path / f"made-{name}", codec, VOICE[::-1].copy())
            alone, notices = heard(tmp_path, first, name)
            other, _ = heard(tmp_path, second, name)
            both, notices_of_both = heard(tmp_path, first + second + first, name)
            np.testing.assert_array_equal(both, np.concatenate([alone, other, alone]))
            assert list(notices_of_both) == list(notices)
            assert set(notices) <= {"decoded-by", "open-length"}
            part, _ = heard(tmp_path, first + second + first, name, start_s=1.5, duration_s=1)
            np.testing.assert_array_equal(part, both[round(1.5 * len(part)) : round(2.5 * len(part))])
            _, notices = heard(tmp_path, first + second + b"these are words. " * 99, name)
            assert notices["junk-after"]["n_bytes"] >= 17 * 99


def test_more_files_in_a_row_than_are_read_by_ffmpeg_are_said(tmp_path, monkeypatch):
    pytest.importorskip("av")
    monkeypatch.setattr("specaug_listen.audio.containers.ffmpeg_parts.MAX_FILES", 2)
    data = written_by_ffmpeg(tmp_path / "a.tta", "tta")
    alone, _ = heard(tmp_path, data, "clip.tta")
    samples, notices = heard(tmp_path, data * 4, "clip.tta")
    assert len(samples) == 2 * len(alone)
    assert notices["files-left-out"]["n_bytes"] >= 2 * (len(data) - 200)


def test_a_wav_behind_a_matroska_is_said(tmp_path):
    pytest.importorskip("av")
    data, wav = written_by_ffmpeg(tmp_path / "a.mka", "flac"), bytes(encoded())
    assert heard(tmp_path, data + wav, "clip.mka")[1]["junk-after"]["n_bytes"] == len(wav)


def test_a_w64_behind_a_windows_media_file_is_said(tmp_path):
    """Its chunks have the form of the other's objects."""
    pytest.importorskip("av")
    data, w64 = made(tmp_path / "a.wma", "wmav2"), bytes(encoded(container="W64"))
    assert list(heard(tmp_path, data, "clip.wma")[1]) == ["decoded-by"]
    assert heard(tmp_path, data + w64, "clip.wma")[1]["junk-after"]["n_bytes"] == len(w64)


def test_tags_and_zeros_behind_a_file_are_no_second_one(subtests, tmp_path):
    for name, codec in [*JOINED, ("a.mka", "flac"), ("a.avi", "pcm_s16le"), ("a.wv", "wavpack")]:
        with subtests.test(name=name, codec=codec):
            pytest.importorskip("av")
            data = written_by_ffmpeg(tmp_path / f"made-{name}", codec)
            item = struct.pack("<II", 1954, 0) + b"Title\0" + b"x" * 1954
            ape = item + struct.pack("<8sIIII8x", b"APETAGEX", 2000, 2000, 1, 0)
            for tail in (b"TAG" + b"x" * 125, ape, bytes(5000)):
                assert "junk-after" not in heard(tmp_path, data + tail, name)[1]


@pytest.mark.parametrize(("name", "codec"), [("a.avi", "mp2"), ("a.avi", "pcm_s16le"), ("a.wma", "wmav2")])
def test_a_structure_that_reaches_beyond_the_file_is_a_cut(tmp_path, name, codec):
    pytest.importorskip("av")
    data = written_by_ffmpeg(tmp_path / name, codec)
    whole, notices = heard(tmp_path, data, "clip.bin")
    assert "cut-within" not in notices
    samples, notices = heard(tmp_path, data[: len(data) * 6 // 10], "clip.bin")
    assert 0 < len(samples) < len(whole)
    assert "cut" in notices or notices["cut-within"]["within"] == "block"


@pytest.mark.parametrize("size", [1 << 62, (1 << 63) - 1, (1 << 64) - 1], ids=hex)
def test_a_size_of_64_bits_may_be_of_no_place(tmp_path, size):
    data = made(tmp_path / "a.wma", "wmav2")
    at = data.index(bytes.fromhex("3626b2758e66cf11")) + 16
    samples, notices = heard(tmp_path, data[:at] + struct.pack("<Q", size) + data[at + 8 :])
    assert len(samples) > RATE
    assert list(notices)[1:] == (["open-length"] if size >= 1 << 63 else ["cut-within"])
    data = made(tmp_path / "a.m4a", "aac")
    _, notices = heard(tmp_path, data + b"\0\0\0\1free" + struct.pack(">Q", size))
    assert list(notices) == ["decoded-by"]


@pytest.mark.parametrize("codec", ["adpcm_ms", "adpcm_ima_wav"])
def test_a_caf_of_a_constant_rate_may_be_open_and_what_follows_it_makes_no_cut(tmp_path, codec):
    data = made(tmp_path / "a.caf", codec)
    whole, notices = heard(tmp_path, data)
    assert list(notices) == ["decoded-by"]
    at = data.index(b"data") + 4
    samples, notices = heard(tmp_path, data[:at] + b"\xff" * 8 + data[at + 8 :])
    np.testing.assert_array_equal(samples, whole)
    assert list(notices) == ["decoded-by", "open-length"]
    for rest, kinds in [(b"A remark on all of it. " * 500, ["junk-after"]), (bytes(20000), [])]:
        samples, notices = heard(tmp_path, data + rest)
        np.testing.assert_array_equal(samples, whole)
        assert list(notices) == ["decoded-by", *kinds]


BEGINNINGS = [
    b"\0\0\0\x18ftypM4A ", b"\0\0\0\x08moov", b"caff\0\1\0\0desc", b"RIFF\x40\0\0\0AVI LIST\x30\0\0\0movi", b"wvpk",
    bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c"), b"\x1aE\xdf\xa3\x80\x18S\x80g\xff\x1f\x43\xb6\x75\xff", b"TTA1",
    b"FLV\1\5\0\0\0\x09\0\0\0\0", b"\xff\xf1\x50\x80", b"\x0bw", b"\x7f\xfe\x80\x01", b"#!AMR\n", b"#!AMR-WB\n",
    b"\0\0\1\xba", (b"G" + bytes(187)) * 3, b"ID3\4\0\0\0\0\0\x10", b"fLaC\0\0\0\x22", b"APETAGEX",
]  # fmt: skip


@given(st.sampled_from(BEGINNINGS), st.binary(max_size=64), st.integers(0, 64))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_beginning_of_a_file_is_too_short_for_its_parser(tmp_path, beginning, rest, n):
    path = tmp_path / "a.bin"
    for data in (beginning[: n + 1], beginning + rest, beginning + bytes(n), beginning + b"\xff" * n):
        path.write_bytes(data)
        assert parts_of(path).streams


def test_a_second_realmedia_file_is_read_and_whatever_else_is_behind_one_is_said(tmp_path):
    """FFmpeg counts 18 bytes too many for the sound of a file that it writes, so the next one seems to begin late."""
    pytest.importorskip("av")
    data = written_by_ffmpeg(tmp_path / "a.rm", "ac3")
    whole, notices = heard(tmp_path, data, "a.rm")
    assert list(notices) == ["decoded-by"]
    samples, notices = heard(tmp_path, data * 2, "two.rm")
    np.testing.assert_array_equal(samples, np.tile(whole, 2))
    assert list(notices) == ["decoded-by"]
    for rest in (encoded(), np.random.default_rng(5).bytes(5000), b"words, no sound. " * 200):
        samples, notices = heard(tmp_path, data + rest, "more.rm")
        np.testing.assert_array_equal(samples, whole)
        assert list(notices) == ["decoded-by", "junk-after"]
    assert "cut-within" in heard(tmp_path, data[:-500], "cut.rm")[1]
