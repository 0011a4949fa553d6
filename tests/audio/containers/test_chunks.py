"""Chunks behind the sound, of every form, are no sound, whatever the size in the header."""

from __future__ import annotations

import io
import struct

import numpy as np
from readings import VOICE, assert_whole, encoded, heard, pcm16, wav

from specaug_listen.audio.containers.chunks import CAF, IFF, RIFF, W64, walk_chunks

CHUNKS = {
    "LIST": b"LIST\x04\0\0\0INFO",
    "two": b"LIST\x04\0\0\0INFOid3 \x03\0\0\0abc\0",
    "odd": b"abcd\x03\0\0\0abc",
    "cut": b"LIST\xff\0\0\0INFO",
    "ID3v1": b"TAG" + bytes(125),
}


def test_chunks_behind_the_sound_are_no_sound(subtests, tmp_path):
    for n_samples in (32000, 31999):
        for name, after in CHUNKS.items():
            with subtests.test(name=name, n_samples=n_samples):
                pcm = pcm16(VOICE[:n_samples])
                assert_whole(tmp_path, wav(pcm, len(pcm), after=after), VOICE[:n_samples])


def test_files_behind_chunks_of_another_one_are_read(subtests, tmp_path):
    for n_samples in (8000, 8001):
        for container in ("WAV", "AIFF", "W64", "CAF"):
            with subtests.test(container=container, n_samples=n_samples):
                order = ">" if container == "AIFF" else "<"
                one = bytes(encoded(VOICE[:n_samples], container, "PCM_16"))
                if container == "W64":
                    chunk = b"bext" + bytes.fromhex("f3acd3118cd100c04f8edb8a") + struct.pack("<q", 24 + 16) + bytes(16)
                    chunk = bytes(-len(one) % 8) + chunk
                elif container == "CAF":
                    chunk = b"info" + struct.pack(">q", 16) + bytes(16)
                else:
                    chunk = struct.pack(f"{order}4sI", b"LIST" if container == "WAV" else b"NAME", 26) + bytes(26)
                assert_whole(tmp_path, 3 * (one + chunk), np.tile(VOICE[:n_samples], 3))


def riff_chunk(name, data, order="<"):
    return name + struct.pack(f"{order}I", len(data)) + data + bytes(len(data) % 2)


BEHIND_AS_CHUNKS = {
    "LIST": [(b"LIST", b"INFOISFT\x04\0\0\0abc\0")],
    "several": [(b"bext", bytes(602)), (b"iXML", b"<?xml?>" * 9), (b"cue ", bytes(28)), (b"id3 ", b"ID3" + bytes(9))],
    "large": [
        (b"id3 ", b"ID3\3\0\0\0\3\x54\x57GEOB" + struct.pack(">IH", 59981, 0) + np.random.default_rng(5).bytes(59981))
    ],
}


def test_chunks_are_no_sound_whatever_the_size_of_the_sound(subtests, tmp_path):
    for size, kind in [(0, "no-length"), (0xFFFFFFFF, "open-length"), (0x7FFFFFFF, "open-length"), (800, "longer")]:
        for container in ("WAV", "AIFF"):
            for name, chunks in BEHIND_AS_CHUNKS.items():
                with subtests.test(name=name, container=container, size=size, kind=kind):
                    order = "<" if container == "WAV" else ">"
                    data = encoded(container=container, subtype="PCM_16")
                    struct.pack_into(
                        f"{order}I", data, data.index(b"data" if container == "WAV" else b"SSND") + 4, size
                    )
                    assert_whole(tmp_path, data + b"".join(riff_chunk(*one, order) for one in chunks), kinds=(kind,))


def test_chunks_of_8_bytes_of_size_are_no_sound_either(subtests, tmp_path):
    for container in ("CAF", "W64"):
        for size, kind in [(0, "no-length"), (-1, "open-length"), (800, "longer")]:
            with subtests.test(size=size, kind=kind, container=container):
                data = encoded(container=container, subtype="PCM_16")
                form, place, n_header = (">q", 4, 4) if container == "CAF" else ("<q", 16, 24)
                at = data.index(b"data") + place
                struct.pack_into(form, data, at, size + n_header if size >= 0 else size)
                if container == "CAF":
                    chunks = [name + struct.pack(">q", 500) + bytes(range(250)) * 2 for name in (b"info", b"uuid")]
                else:
                    guid = bytes.fromhex("f3acd3118cd100c04f8edb8a")
                    chunks = [
                        name + guid + struct.pack("<q", 24 + 500) + bytes(range(250)) * 2 + bytes(4)
                        for name in (b"bext", b"list")
                    ]
                assert_whole(tmp_path, data + b"".join(chunks), kinds=(kind,))


def test_what_fills_up_a_chunk_is_no_sound(tmp_path):
    pcm, form = bytes(range(100, 133)), struct.pack("<IHH", 32000, 2, 16)
    samples, notices = heard(tmp_path, wav(pcm, 33).replace(form, struct.pack("<IHH", 16000, 1, 8)) + b"\0")
    assert (len(samples), notices) == (33, {})


def names_of(data, form):
    return [chunk.name for chunk in walk_chunks(io.BytesIO(data), 0, len(data), form)]


def test_a_run_of_zeros_is_one_chunk_and_what_follows_it_is_found(subtests):
    """They were walked through 8 bytes after 8 bytes, which took minutes."""
    for form, n_header in ((RIFF, 8), (IFF, 8), (CAF, 12), (W64, 24)):
        last = b"data" + (bytes(n_header - 4) if form != W64 else bytes(12) + struct.pack("<Q", 24))
        for n in (1, 2, 1000, 1 << 20):
            with subtests.test(form=form, n=n):
                names = names_of(bytes(n * n_header) + last, form)
                assert names[0].strip(b"\0") == b""
                assert len(names) <= 3
                assert names[-1].startswith(b"data")


def test_chunks_behind_a_million_are_not_walked_through(monkeypatch):
    monkeypatch.setattr("specaug_listen.audio.containers.chunks._MAX_CHUNKS", 10)
    assert len(names_of(b"ABCD\0\0\0\0" * 99, RIFF)) == 10
