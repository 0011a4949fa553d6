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
