"""Tags are skipped where they are tags to their last byte; what hides behind or in them is told, or heard."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from readings import RATE, VOICE, encoded, heard, pcm16

from specaug_listen.audio.containers import format_by_content
from specaug_listen.audio.containers.tags import skip_tags, sound_within, strip_tags

SOUND = VOICE[: RATE // 2]
CONTAINERS = {
    name: bytes(encoded(SOUND, name, "PCM_16"))
    for name in ("WAV", "RF64", "W64", "AIFF", "AU", "CAF", "NIST", "VOC", "SVX", "MAT5", "AVR")
}
MP3 = bytes(encoded(VOICE, "MP3"))


def synchsafe(n):
    return bytes(n >> 7 * i & 127 for i in (3, 2, 1, 0))


def id3(*frames, version=3, padding=0, size=None):
    """A tag of ID3v2 with frames of names and contents."""
    body = b""
    for name, content in frames:
        n = len(content)
        length = {2: n.to_bytes(3, "big"), 3: n.to_bytes(4, "big"), 4: synchsafe(n)}[version]
        body += name + length + (b"" if version == 2 else b"\0\0") + content
    body += bytes(padding)
    return b"ID3" + bytes([version, 0, 0]) + synchsafe(len(body) if size is None else size) + body


def ape(*items, size=None, header=True):
    """A tag of APE with items of names and contents."""
    body = b"".join(struct.pack("<II", len(content), 0) + name + b"\0" + content for name, content in items)
    size = len(body) + 32 if size is None else size
    ends = [struct.pack("<8sIIII8x", b"APETAGEX", 2000, size, len(items), flags) for flags in (0xA0000000, 0x80000000)]
    return ends[0] + body + ends[1] if header else body + ends[1][:20] + bytes(12)


def ape_end(size, flags=0):
    """The footer of a tag of APE with one item."""
    return struct.pack("<8sIIII8x", b"APETAGEX", 2000, size, 1, flags)


def lyrics(text):
    body = b"LYRICSBEGININD0000200LYR%05d" % len(text) + text
    return body + b"%06dLYRICS200" % len(body)


PICTURE = b"\0image/jpeg\0\3\0\xff\xd8\xff\xe0" + np.random.default_rng(0).bytes(5000)
GENUINE = {
    "ID3v2.2": id3((b"TT2", b"\0title"), version=2),
    "ID3v2.3": id3((b"TIT2", b"\0title"), (b"APIC", PICTURE), padding=1000),
    "ID3v2.4": id3((b"TIT2", b"\0title"), (b"APIC", PICTURE), version=4),
    "ID3v2.4 of iTunes": id3((b"TIT2", b"\0title"), version=4)[:-16]
    + b"APIC" + struct.pack(">IH", 200, 0) + bytes(200) + b"TIT2" + struct.pack(">IH", 6, 0) + b"\0title",
    "ID3v1": b"TAG" + b"words" * 25,
    "ID3v1 with more": b"TAG+" + b"words " * 37 + b"x" + b"TAG" + b"words" * 25,
    "APE": ape((b"Title", b"words"), (b"Cover Art (Front)", PICTURE)),
    "APE without a header": ape((b"Title", b"words"), header=False),
    "Lyrics3": lyrics(b"[00:01]la la la") + b"TAG" + b"words" * 25,
    "first Lyrics3": b"LYRICSBEGIN" + b"la " * 99 + b"LYRICSEND" + b"TAG" + b"words" * 25,
    "all": id3((b"TIT2", b"\0title")) + ape((b"Title", b"words")) + lyrics(b"la") + b"TAG" + bytes(125),
}  # fmt: skip
GENUINE["ID3v2.4 of iTunes"] = (
    lambda body: b"ID3\4\0\0" + synchsafe(len(body)) + body
)(b"APIC" + struct.pack(">IH", 200, 0) + b"x" * 200 + b"TIT2" + struct.pack(">IH", 6, 0) + b"\0title")  # fmt: skip
OTHER = bytes(encoded(VOICE, "WAV"))
HIDING = {
    "an MP3 behind a tag": id3((b"TIT2", b"\0title")) + MP3,
    "an MP3 behind padding of a tag": id3((b"TIT2", b"\0title"), padding=500) + MP3,
    "samples behind a tag": id3((b"TIT2", b"\0title")) + pcm16(),
    "an MP3 in the size of a tag": id3((b"TIT2", b"\0title"), size=16 + len(MP3)) + MP3,
    "samples in the size of a tag": id3((b"TIT2", b"\0title"), size=16 + len(pcm16())) + pcm16(),
    "samples in the size of a tag without frames": id3(size=len(pcm16())) + pcm16(),
    "an MP3 in a frame": id3((b"TIT2", b"\0title"), (b"GEOB", b"\0\0\0\0" + MP3)),
    "a WAV in a frame": id3((b"APIC", OTHER), version=4),
    "a size beyond the end": id3((b"TIT2", b"\0title"), size=1 << 20) + pcm16(),
    "samples in the size of APE": ape((b"Title", b"x"))[:-32] + pcm16()
    + ape_end(47 + len(pcm16()), flags=0x80000000),
    "samples in the size of APE's footer": pcm16() + ape_end(len(pcm16()) + 32),
    "a size of APE beyond the beginning": pcm16() + ape_end(1 << 30),
    "an MP3 in an item of APE": ape((b"Title", b"x"), (b"Cover Art (Front)", MP3)),
    "an MP3 before APE": id3((b"TIT2", b"\0title")) + MP3 + ape((b"Title", b"x")),
    "samples in Lyrics3": lyrics(b"la")[:-15] + pcm16() + b"000042LYRICS200" + b"TAG" + bytes(125),
    "a FLAC in Lyrics3": lyrics(bytes(encoded(SOUND, "FLAC"))) + b"TAG" + bytes(125),
}  # fmt: skip


@pytest.mark.parametrize("container", CONTAINERS)
def test_a_tag_to_its_last_byte_is_no_sound_and_nothing_is_said(subtests, tmp_path, container):
    expected, notices = heard(tmp_path, CONTAINERS[container])
    assert notices == {}
    for name, tag in GENUINE.items():
        with subtests.test(name=name):
            samples, notices = heard(tmp_path, CONTAINERS[container] + tag)
            np.testing.assert_array_equal(samples, expected)
            assert notices == {}


@pytest.mark.parametrize("container", CONTAINERS)
def test_what_hides_behind_or_in_a_tag_is_told_or_heard(subtests, tmp_path, container):
    expected, _ = heard(tmp_path, CONTAINERS[container])
    for name, rest in HIDING.items():
        with subtests.test(name=name):
            samples, notices = heard(tmp_path, CONTAINERS[container] + rest)
            np.testing.assert_array_equal(samples[: len(expected)], expected)
            assert {"junk-after", "longer"} & set(notices)


@pytest.mark.parametrize("container", CONTAINERS)
def test_a_file_behind_a_tag_is_heard(tmp_path, container):
    tag = id3((b"TIT2", b"\0title"), padding=8)
    alone, _ = heard(tmp_path, CONTAINERS[container])
    samples, notices = heard(tmp_path, CONTAINERS[container] + tag + CONTAINERS[container])
    if container in ("MAT5", "AVR"):  # of which no second one is looked for
        assert "junk-after" in notices
    else:
        np.testing.assert_array_equal(samples, np.concatenate([alone, alone]))
        assert notices == {}


@pytest.mark.parametrize("container", ["WAV", "RIFX", "AIFF", "CAF", "W64"])
def test_sound_in_a_chunk_behind_the_sound_is_told(tmp_path, container):
    data, order = CONTAINERS.get(container, bytes(encoded(SOUND, "WAV", "PCM_16", endian="BIG"))), "<"
    for hidden in (MP3, OTHER, bytes(encoded(SOUND, "FLAC")), bytes(encoded(VOICE, "OGG", "VORBIS"))):
        order = ">" if container in ("RIFX", "AIFF") else "<"
        chunk = {
            "CAF": b"free" + struct.pack(">Q", len(hidden)),
            "W64": b"junk" + bytes(12) + struct.pack("<Q", len(hidden) + 24),
        }.get(container, b"JUNK" + struct.pack(f"{order}I", len(hidden)))
        fill = bytes(-len(hidden) % (8 if container == "W64" else 1 if container == "CAF" else 2))
        _, notices = heard(tmp_path, data + chunk + hidden + fill)
        assert {"junk-after", "longer"} & set(notices)


def riff_chunk(name, data, order="<"):
    return name + struct.pack(f"{order}I", len(data)) + data + bytes(len(data) % 2)


@pytest.mark.parametrize("container", ["WAV", "AIFF"])
def test_samples_in_a_chunk_behind_the_sound_are_told(subtests, tmp_path, container):
    order = "<" if container == "WAV" else ">"
    expected, _ = heard(tmp_path, CONTAINERS[container])
    for name in (b"id3 ", b"ID3 ", b"LIST", b"_PMX", b"iXML", b"JUNK", b"PAD ", b"FLLR", b"abcd"):
        for more in (b"", riff_chunk(b"LIST", b"INFOISFT\6\0\0\0words ", order)):
            with subtests.test(name=name, more=more):
                chunk = riff_chunk(name, pcm16(order=order), order)
                samples, notices = heard(tmp_path, CONTAINERS[container] + more + chunk)
                np.testing.assert_array_equal(samples[: len(expected)], expected)
                assert {"junk-after", "longer"} & set(notices)


@pytest.mark.parametrize("container", ["WAV", "AIFF"])
def test_chunks_that_hold_what_their_names_say_are_no_sound(subtests, tmp_path, container):
    order = "<" if container == "WAV" else ">"
    table = np.arange(0, 40000, 7, dtype=f"{order}u4").tobytes()
    for name, data in {
        b"id3 ": GENUINE["ID3v2.4"],
        b"ID3 ": GENUINE["ID3v2.3"] + bytes(10),
        b"LIST": b"INFOISFT\6\0\0\0words ",
        b"_PMX": b"<?xpacket begin='\xef\xbb\xbf'?>" + b"<x:xmpmeta/> " * 2000 + b"\0",
        b"iXML": b"<?xml version='1.0' encoding='UTF-8'?>" + b"<BWFXML/>\n" * 3000,
        b"JUNK": bytes(30000),
        b"PAD ": b"\xff" * 30000,
        b"junk": np.random.default_rng(0).bytes(4000),
        b"SMED": np.random.default_rng(0).bytes(40000),
        b"r64m": table,
        b"LGWV": pcm16(),  # an overview of the waveform
    }.items():
        with subtests.test(name=name):
            assert heard(tmp_path, CONTAINERS[container] + riff_chunk(name, data, order))[1] == {}


@pytest.mark.parametrize("name", GENUINE)
def test_tags_around_mpeg_are_no_sound(tmp_path, name):
    expected, _ = heard(tmp_path, MP3)
    for data in [MP3 + GENUINE[name], GENUINE[name] + MP3][: 1 if name == "APE without a header" else 2]:
        samples, notices = heard(tmp_path, data)
        np.testing.assert_array_equal(samples, expected)
        assert notices == {}


def test_frames_in_tags_of_mpeg_are_heard_or_told(subtests, tmp_path):
    frames = MP3[MP3.index(MP3[:2], 150) :]
    expected, _ = heard(tmp_path, frames)
    for name, tag in {
        "ID3": id3((b"TIT2", b"\0title"), size=16 + len(frames)),
        "ID3 without frames": id3(size=len(frames)),
        "APE": ape((b"Title", b"words"), size=len(frames) + 32)[:-32],
        "Lyrics3": b"LYRICSBEGIN",
    }.items():
        for data in (tag + frames + frames, frames + tag + frames):
            with subtests.test(name=name, is_before=data.startswith(tag)):
                samples, notices = heard(tmp_path, data)
                assert len(samples) >= 2 * len(expected) - 1152
                assert {"junk-before", "damaged"} & set(notices)
    for name, rest in HIDING.items():
        with subtests.test(name=name):
            samples, notices = heard(tmp_path, MP3 + rest)
            assert len(samples) > 1.9 * len(VOICE) or {"junk-after", "damaged", "longer"} & set(notices)


def test_samples_in_the_size_of_a_tag_behind_flac_and_ogg_are_told(subtests, tmp_path):
    for container, subtype in (("FLAC", "PCM_16"), ("OGG", "VORBIS"), ("OGG", "OPUS")):
        data = bytes(encoded(VOICE, container, subtype))
        expected, _ = heard(tmp_path, data)
        for name, rest in HIDING.items():
            with subtests.test(container=container, subtype=subtype, name=name):
                samples, notices = heard(tmp_path, data + rest)
                np.testing.assert_array_equal(samples[: len(expected)], expected)
                assert notices


def test_what_begins_like_a_tag_and_is_sound_goes_on(tmp_path):
    """Behind a size that was not updated, whatever the first samples happen to be."""
    data = bytearray(CONTAINERS["WAV"])
    place = data.index(b"data") + 4
    at = place + 4 + len(SOUND)
    data[at : at + 6] = b"ID3\x81\x90\xff"
    struct.pack_into("<I", data, place, len(SOUND))
    samples, notices = heard(tmp_path, data)
    assert len(samples) == len(SOUND)
    assert list(notices) == ["longer"]


def test_tags_without_end_are_looked_through_in_one_go(tmp_path):
    data = MP3 + b"".join(id3(size=(1 << 21) - 60 * i) + bytes(40) for i in range(4000)) + MP3 + bytes(1 << 20)

    class Counted(io.BytesIO):
        n_read = 0

        def read(self, n=-1):
            block = super().read(n)
            self.n_read += len(block)
            return block

    file = Counted(data)
    assert skip_tags(file, len(MP3), len(data), is_leading=True) == len(MP3)
    assert sound_within(file, 0, len(data)) == 0
    assert strip_tags(file, 0, len(data)) == len(data)
    assert file.n_read < 3 * len(data)


AMR = b"#!AMR\n" + b"".join(b"\x3c" + np.random.default_rng(i).bytes(31) for i in range(60))


def test_tags_behind_amr_and_what_hides_behind_them(subtests, tmp_path):
    pytest.importorskip("av")
    expected, _ = heard(tmp_path, AMR)
    for name, tag in GENUINE.items():
        with subtests.test(name=name):
            samples, notices = heard(tmp_path, AMR + tag)
            np.testing.assert_array_equal(samples, expected)
            assert list(notices) == ["decoded-by"]
    for name, rest in HIDING.items():
        with subtests.test(name=name):
            samples, notices = heard(tmp_path, AMR + rest)
            np.testing.assert_array_equal(samples[: len(expected)], expected)
            assert {"junk-after", "cut-within", "damaged"} & set(notices)


@pytest.mark.parametrize("container", CONTAINERS)
def test_sound_in_a_tag_before_the_sound_is_told(tmp_path, container):
    expected, _ = heard(tmp_path, CONTAINERS[container])
    for tag in (id3((b"TIT2", b"\0title"), (b"APIC", PICTURE), padding=100), id3((b"GEOB", b"\0\0\0\0" + MP3))):
        samples, notices = heard(tmp_path, tag + CONTAINERS[container])
        np.testing.assert_array_equal(samples, expected)
        assert notices == ({} if PICTURE in tag else {"junk-before": {"n_bytes": len(tag)}})


def test_several_tags_before_a_file_of_ffmpeg_are_skipped(tmp_path):
    (tmp_path / "clip.bin").write_bytes(id3(padding=20) + id3((b"TIT2", b"\0title")) + b"#!AMR\n")
    assert format_by_content(tmp_path / "clip.bin").name == "an AMR file"
