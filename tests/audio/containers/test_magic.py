"""Formats that libsndfile does not read are named by their first bytes."""

from __future__ import annotations

import struct

import pytest
from readings import encoded

from specaug_listen import load
from specaug_listen.errors import AudioError


def test_a_codec_that_libsndfile_lacks_is_told_with_the_command_that_converts_it(tmp_path, monkeypatch):
    monkeypatch.setattr("specaug_listen.audio.reading.has_ffmpeg", lambda: False)
    data = encoded(subtype="PCM_16")
    at = data.index(b"fmt ") + 8
    data[at : at + 2] = struct.pack("<H", 0x28F)  # G.722
    path = tmp_path / "call.wav"
    path.write_bytes(data)
    with pytest.raises(AudioError, match=r"pip install 'specaug-listen\[av\]'.*ffmpeg -i call.wav call-pcm.wav$"):
        load(path)


FOREIGN = {
    "WAV": (b"\x01\0\x01\0", b"\x99\0\x01\0", "a WAV file of codec 0x0099"),
    "RF64": (b"\xfe\xff\x01\0", b"\xff\0\x01\0", "a WAV file of AAC"),
    "W64": (b"\x01\0\x01\0", b"\xff\0\x01\0", "a W64 file of AAC"),
    "CAF": (b"lpcm", b"aac ", "a CAF file of a codec that libsndfile does not read"),
    "CAF, with chunks behind it": (b"lpcm", b"opus", "a CAF file of a codec that libsndfile does not read"),
    "SVX": (b"\x3e\x80\1\0", b"\x3e\x80\1\1", "an SVX file of a codec that libsndfile does not read"),
    "AIFF": (b"ulaw", b"QDM2", "an AIFF file of a codec that libsndfile does not read"),
}


def test_a_codec_that_is_not_read_is_a_reason_to_install_something(subtests, tmp_path, monkeypatch):
    for container in FOREIGN:
        with subtests.test(container=container):
            monkeypatch.setattr("specaug_listen.audio.reading.has_ffmpeg", lambda: False)
            old, new, said = FOREIGN[container]
            path = tmp_path / "clip.bin"
            container, *chunk = container.split(", ")
            data = encoded(container=container, subtype="ULAW" if container == "AIFF" else None)
            assert old in data
            path.write_bytes(data.replace(old, new, 1) + (b"info" + struct.pack(">q", 8) + bytes(8) if chunk else b""))
            with pytest.raises(AudioError, match=rf"{said}; install what decodes it: pip install"):
                load(path)


CONTENTS = {
    "a Windows Media (WMA, ASF) file": bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c"),
    "an MPEG-4 audio (M4A) file": b"\0\0\0\x20ftypM4A ",
    "an MPEG-4 (MP4) file": b"\0\0\0\x20ftypisom",
    "a Matroska or WebM file": b"\x1aE\xdf\xa3",
    "an AAC (ADTS) file": b"\xff\xf1\x50\x80",
    "an AMR file": b"#!AMR\n",
    "a WavPack file": b"wvpk",
    "an AVI file": b"RIFF\0\0\0\0AVI LIST",
    "a WAV file of G.729": b"RIFF\0\0\0\0WAVEfmt \x12\0\0\0\x83\0\x01\0",
    "an Ogg file of Speex": b"OggS" + bytes(24) + b"Speex   1.2",
}


@pytest.fixture
def without_ffmpeg(monkeypatch):
    monkeypatch.setattr("specaug_listen.audio.reading.has_ffmpeg", lambda: False)


def test_a_container_is_named_by_its_content_with_what_reads_or_converts_it(subtests, tmp_path, without_ffmpeg):
    for name in CONTENTS:
        with subtests.test(name=name):
            path = tmp_path / "a clip.wav"
            path.write_bytes(CONTENTS[name] + bytes(1000))
            with pytest.raises(AudioError) as caught:
                load(path)
            assert str(caught.value) == (
                f"{path}: is {name}; install what decodes it: pip install 'specaug-listen[av]', or convert it: "
                "ffmpeg -i 'a clip.wav' 'a clip-pcm.wav'"
            )


def test_notes_are_no_sound(tmp_path, without_ffmpeg):
    (tmp_path / "tune.mid").write_bytes(b"MThd\0\0\0\x06" + bytes(100))
    with pytest.raises(AudioError, match=r"tune\.mid: is a MIDI file: notes, no sound, which cannot be decoded here"):
        load(tmp_path / "tune.mid")
