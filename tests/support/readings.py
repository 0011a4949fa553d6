"""Sound files made for tests, and what is read of them: in memory and from the disk, whole and in part."""

from __future__ import annotations

import io
import struct
import warnings

import numpy as np
import soundfile as sf

from specaug_listen import load
from specaug_listen.audio.recording import open_recording

__all__ = ["RATE", "SIZED", "VOICE", "assert_whole", "decoded", "encoded", "heard", "pcm16", "wav"]

RATE = 16000
VOICE = (0.3 * np.sin(np.arange(2 * RATE) ** 2 / 4e5) + np.random.default_rng(0).normal(0, 0.01, 2 * RATE)).astype("f4")
# Containers with a length in their header.
SIZED = ["AU", "CAF", "AIFF", "W64", "RF64", "NIST", "AVR", "FLAC", "HTK"]


def encoded(samples=VOICE, container="WAV", subtype=None, rate=RATE, **how):
    buffer = io.BytesIO()
    sf.write(buffer, samples, rate, format=container, subtype=subtype, **how)
    return bytearray(buffer.getvalue())


def decoded(wav: bytes) -> tuple[np.ndarray, int]:
    samples, rate = sf.read(io.BytesIO(wav), dtype="int16", always_2d=True)
    return samples.T, rate


def wav(pcm, size, *, riff=None, before=b"", after=b"", order="<"):
    fmt = struct.pack(f"{order}4sIHHIIHH", b"fmt ", 16, 1, 1, RATE, 2 * RATE, 2, 16)
    body = b"WAVE" + fmt + before + b"data" + struct.pack(f"{order}I", size) + pcm + after
    return (b"RIFF" if order == "<" else b"RIFX") + struct.pack(f"{order}I", size + 36 if riff is None else riff) + body


def pcm16(samples=VOICE, order="<"):
    return np.rint(samples * 32768).astype(f"{order}i2").tobytes()


def heard(tmp_path, data, name="clip.bin", **span):
    """The samples and notices that `load` gives, after seeing that a recording on disk has the same."""
    path = tmp_path / name
    path.write_bytes(bytes(data))
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        clip = load(path, **span)
        on_disk = open_recording(path, clip.sample_rate, tmp_path, **span)
    assert on_disk.fingerprint == clip.fingerprint
    assert on_disk.notices == clip.notices
    assert on_disk.source == clip.source
    doubts = [notice.text for notice in clip.notices if notice.is_doubt]
    assert [str(one.message) for one in said] == [f"{path}: {text}" for text in doubts] * 2
    return clip.samples[0], {notice.kind: dict(notice.values) for notice in clip.notices}


def assert_whole(tmp_path, data, expected=VOICE, atol=1e-4, kinds=()):
    samples, notices = heard(tmp_path, data)
    assert len(samples) == len(expected)
    np.testing.assert_allclose(samples, expected, atol=atol)
    assert tuple(notices) == kinds
    part, _ = heard(tmp_path, data, start_s=0.6, duration_s=0.5)
    np.testing.assert_array_equal(part, samples[9600:17600])
    return notices
