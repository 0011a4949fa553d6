"""Bytes behind the sound that a header promises: more sound, tags, zeros or junk."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from readings import RATE, SIZED, VOICE, assert_whole, encoded, heard, pcm16, wav


def test_zeros_behind_the_sound_are_left_out_with_a_word(tmp_path):
    pcm = pcm16()
    notices = assert_whole(tmp_path, wav(pcm, len(pcm), after=bytes(4000)), kinds=("zeros-after",))
    assert notices["zeros-after"]["n_bytes"] == 4000


BEHIND = {
    "text": (b"these are words and no sound. " * 40, "junk-after"),
    "dense": (np.random.default_rng(3).bytes(3000), "junk-after"),
    "zeros": (bytes(3000), "zeros-after"),
    "ones": (b"\xff" * 3000, "junk-after"),
    "text of many letters": ("<p>größer, 日本語</p>\n".encode() * 40, "junk-after"),
    "picture": (b"\x89PNG\r\n\x1a\n" + bytes(range(200)) * 20, "junk-after"),
}


def test_what_is_no_sound_behind_it_is_left_out_with_a_word(subtests, tmp_path):
    for name, (rest, kind) in BEHIND.items():
        for container in ["WAV", *(one for one in SIZED if one != "FLAC"), "SVX", "VOC", "MAT5", "MPC2K"]:
            with subtests.test(container=container, name=name):
                notices = assert_whole(tmp_path, encoded(container=container, subtype="PCM_16") + rest, kinds=(kind,))
                assert notices[kind] == {"n_bytes": len(rest)}


ID3 = b"ID3\3\0\0\0\0\0\x20TIT2" + bytes(28)


TAGS = {"ID3v1": b"TAG" + bytes(125), "ID3v2": ID3, "both": ID3 + b"TAG" + bytes(125)}


def test_tags_behind_the_sound_are_no_sound_and_nothing_is_said(subtests, tmp_path):
    for name, tags in TAGS.items():
        for container in ["WAV", *(one for one in SIZED if one != "FLAC"), "SVX", "MAT5"]:
            with subtests.test(container=container, name=name):
                assert_whole(tmp_path, encoded(container=container, subtype="PCM_16") + tags)


def test_tags_behind_what_fills_up_the_sound_are_no_sound_either(subtests, tmp_path):
    for container, subtype, n_samples in [
        ("WAV", "PCM_U8", 9001),
        ("WAV", "ULAW", 9001),
        ("WAV", "PCM_24", 9001),
        ("WAV", "GSM610", 9280),
        ("CAF", "PCM_S8", 9001),
        ("CAF", "PCM_24", 9001),
    ]:
        for name, tags in TAGS.items():
            with subtests.test(name=name, container=container, subtype=subtype, n_samples=n_samples):
                samples, notices = heard(tmp_path, encoded(VOICE[:n_samples], container, subtype) + tags)
                assert (len(samples), notices) == (n_samples, {})


def test_bytes_behind_what_fills_up_an_odd_size_are_no_sound_and_said(subtests, tmp_path):
    for container in ("WAV", "RF64", "CAF"):
        for rest in [b"\0", b"\x55", b"\x55\xaa", b"\x80" * 7]:
            with subtests.test(rest=rest, container=container):
                subtype = "PCM_S8" if container == "CAF" else "PCM_U8"
                data = bytes(encoded(VOICE[:9999], container, subtype))
                whole, notices = heard(tmp_path, data)
                assert notices == {}
                samples, notices = heard(tmp_path, data + rest)
                np.testing.assert_array_equal(samples, whole)
                assert list(notices) == ["junk-after"]


def test_sound_that_goes_on_behind_a_wrapped_size_is_not_taken_for_junk(tmp_path):
    noise = np.random.default_rng(4).uniform(-0.9, 0.9, 2 * RATE).astype("f4")
    assert_whole(tmp_path, wav(pcm16(noise), 16000), noise, kinds=("longer",))


QUIET_THEN_LOUD = np.concatenate([VOICE[:8000] * 0.01, 3 * VOICE[8000:]])


def test_sound_that_goes_on_behind_a_size_that_was_not_updated_is_heard_however_dense(subtests, tmp_path):
    """The lower bytes of its samples are as dense as compressed data; the highest are not."""
    for n_channels in (1, 2, 3):
        for subtype in ("PCM_16", "PCM_24", "PCM_32", "FLOAT"):
            with subtests.test(subtype=subtype, n_channels=n_channels):
                sound = np.repeat(QUIET_THEN_LOUD[:, None], n_channels, axis=1) * np.linspace(0.6, 1, n_channels)
                data = encoded(sound, "WAV", subtype)
                at = data.index(b"data") + 4
                frame = n_channels * {"PCM_16": 2, "PCM_24": 3}.get(subtype, 4)
                for n_told in (8000, len(VOICE) - 3000, len(VOICE) - 20):
                    short = data[:at] + struct.pack("<I", n_told * frame) + data[at + 4 :]
                    samples, notices = heard(tmp_path, short[: at + 4 + len(VOICE) * frame])
                    assert len(samples) == len(VOICE)
                    assert list(notices) == ["longer"]


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "FLOAT"])
def test_compressed_data_behind_sound_are_none_however_little_dense(tmp_path, subtype):
    data, noise = encoded(VOICE, "WAV", subtype), np.random.default_rng(5)
    packed = b"".join(noise.bytes(90) + bytes(10) for _ in range(200))
    for rest in (packed, noise.bytes(40), noise.bytes(400), noise.bytes(4000)):
        assert heard(tmp_path, data + rest)[1]["junk-after"] == {"n_bytes": len(rest)}


def test_digital_silence_of_unsigned_samples_behind_the_size_is_sound(tmp_path):
    silent = np.concatenate([VOICE[:8000], np.zeros(8000, "f4")])
    data = encoded(silent, "WAV", "PCM_U8")
    at = data.index(b"data") + 4
    samples, notices = heard(tmp_path, data[:at] + struct.pack("<I", 9000) + data[at + 4 :])
    assert (len(samples), list(notices)) == (16000, ["longer"])


APE_1 = struct.pack("<II", 6, 0) + b"Title\0" + b"x" * 6 + struct.pack("<8sIIII8x", b"APETAGEX", 1000, 52, 1, 0)


SMALL = {
    "newline": (b"\n", True),
    "CRLF": (b"\r\n", True),
    "part of a tag": (b"TAG" + b"a" * 60, True),
    "ones": (b"\xff" * 100, True),
    "ID3v1": (b"TAG" + b"words " * 20 + bytes(5), False),
    "newline and ID3v1": (b"\n" + b"TAG" + bytes(125), True),
    "APEv1": (APE_1, False),
}


def test_nothing_is_missing_where_something_small_is_behind_the_sound(subtests, tmp_path):
    for name, (rest, is_said) in SMALL.items():
        with subtests.test(name=name):
            for container, subtype in [
                ("MP3", None),
                ("OGG", "VORBIS"),
                ("OGG", "OPUS"),
                ("FLAC", None),
                ("WAV", None),
            ]:
                data = bytes(encoded(VOICE, container, subtype))
                whole, notices = heard(tmp_path, data)
                assert notices == {}
                samples, notices = heard(tmp_path, data + rest)
                np.testing.assert_array_equal(samples, whole)
                assert list(notices) == (["junk-after"] if is_said else []), container
