"""Samples are what the header says they are, of every coding, or the file is refused: of WAV, W64 and AIFF."""

from __future__ import annotations

import io
import struct

import numpy as np
import pytest
import soundfile as sf

from specaug_listen import load
from specaug_listen.audio.containers import layout_of
from specaug_listen.errors import AudioError, SpecAugListenWarning

RATE = 16000
PCM, FLOAT, ALAW, ULAW, ADPCM = 1, 3, 6, 7, 0x11
GUID_TAIL = bytes.fromhex("000000001000800000aa00389b71")
W64_TAIL = bytes.fromhex("f3acd3118cd100c04f8edb8a")
CODINGS = {
    "PCM_U8": (PCM, 8, 0.01), "PCM_16": (PCM, 16, 1e-4), "PCM_24": (PCM, 24, 1e-6), "PCM_32": (PCM, 32, 1e-6),
    "FLOAT": (FLOAT, 32, 1e-6), "DOUBLE": (FLOAT, 64, 1e-6), "ALAW": (ALAW, 8, 0.04), "ULAW": (ULAW, 8, 0.04),
}  # fmt: skip


def sound(n_channels):
    turns = np.arange(4001)[:, None] * (0.02 + 0.01 * np.arange(n_channels))
    return 0.6 * np.sin(turns)


def encoded(samples, subtype, endian="LITTLE"):
    buffer = io.BytesIO()
    sf.write(buffer, samples, RATE, format="RAW", subtype=subtype, endian=endian)
    return buffer.getvalue()


def fmt(tag, n_channels, n_bits, *, is_extensible, align=None, n_bytes_per_s=None):
    align = n_channels * n_bits // 8 if align is None else align
    per_s = RATE * align if n_bytes_per_s is None else n_bytes_per_s
    head = struct.pack("<HHIIHH", 0xFFFE if is_extensible else tag, n_channels, RATE, per_s, align, n_bits)
    mask = (1 << n_channels) - 1
    return head + (struct.pack("<HHIH", 22, n_bits, mask, tag) + GUID_TAIL if is_extensible else b"\0\0")


def wav(form, data):
    body = b"WAVEfmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body + bytes(len(data) % 2)


def w64(form, data):
    chunks = b"".join(
        name + W64_TAIL + struct.pack("<Q", 24 + len(part)) + part + bytes(-len(part) % 8)
        for name, part in ((b"fmt ", form), (b"data", data))
    )
    size = 40 + len(chunks)
    return b"riff" + bytes.fromhex("2e91cf11a5d628db04c10000") + struct.pack("<Q", size) + b"wave" + W64_TAIL + chunks


def aiff(codec, data, n_channels, n_bits):
    rate = bytes.fromhex("400cfa00000000000000")
    n_samples = len(sound(n_channels))
    comm = struct.pack(">hIh", n_channels, n_samples, n_bits) + rate + codec + b"\0\0"
    chunks = b"FVER" + struct.pack(">II", 4, 0xA2805140) + b"COMM" + struct.pack(">I", len(comm)) + comm
    body = b"AIFC" + chunks + b"SSND" + struct.pack(">III", len(data) + 8, 0, 0) + data
    return b"FORM" + struct.pack(">I", len(body)) + body + bytes(len(data) % 2)


@pytest.mark.parametrize("n_channels", [1, 3])
@pytest.mark.parametrize("is_extensible", [False, True])
@pytest.mark.parametrize("container", [wav, w64])
def test_samples_of_every_coding_are_those_that_were_written(subtests, tmp_path, container, is_extensible, n_channels):
    """Libsndfile takes every W64 whose codec stands in another field, as FFmpeg writes floats, for PCM."""
    samples = sound(n_channels)
    path = tmp_path / "clip.bin"
    for subtype, (tag, n_bits, tolerance) in CODINGS.items():
        with subtests.test(subtype=subtype):
            form = fmt(tag, n_channels, n_bits, is_extensible=is_extensible)
            path.write_bytes(container(form, encoded(samples, subtype)))
            clip = load(path, strict=True)
            np.testing.assert_allclose(clip.samples.T, samples, atol=tolerance)
            assert clip.notices == ()


@pytest.mark.parametrize("tag", [ADPCM, 0x2000])
@pytest.mark.parametrize("container", [wav, w64])
def test_a_codec_in_the_other_field_is_never_taken_for_samples(tmp_path, container, tag):
    path = tmp_path / "clip.bin"
    path.write_bytes(container(fmt(tag, 1, 16, is_extensible=True), encoded(sound(1), "PCM_16")))
    with pytest.raises(AudioError) as caught:
        load(path)
    assert str(caught.value).count("\n") == 0


@pytest.mark.parametrize("container", [wav, w64])
@pytest.mark.parametrize(
    ("tag", "n_bits", "align"), [(PCM, 24, 4), (PCM, 16, 1), (PCM, 8, 2), (FLOAT, 32, 8), (ALAW, 16, 2)]
)
def test_samples_whose_bytes_nobody_can_tell_are_refused(tmp_path, container, tag, n_bits, align):
    path = tmp_path / "clip.bin"
    path.write_bytes(container(fmt(tag, 1, n_bits, is_extensible=False, align=align), bytes(8000)))
    with pytest.raises(AudioError, match=rf"{n_bits} bits, and one of each of 1 channels would take {align} bytes"):
        load(path)


@pytest.mark.parametrize(("align", "n_bytes_per_s"), [(0, 0), (1, 0), (2, 1), (7, 32000)])
def test_one_field_alone_that_is_wrong_does_no_harm(tmp_path, align, n_bytes_per_s):
    path = tmp_path / "clip.bin"
    form = fmt(PCM, 1, 16, is_extensible=False, align=align, n_bytes_per_s=n_bytes_per_s)
    path.write_bytes(wav(form, encoded(sound(1), "PCM_16")))
    np.testing.assert_allclose(load(path, strict=True).samples.T, sound(1), atol=1e-4)


@pytest.mark.parametrize("container", [wav, w64])
def test_a_rate_that_the_byte_rate_contradicts_is_doubtful(tmp_path, container):
    path = tmp_path / "clip.bin"
    samples = encoded(sound(2), "PCM_16")
    for n_bytes_per_s in (4 * RATE, RATE, 2 * RATE, 16 * RATE, 32 * RATE, 0, 1):  # right, and usual mistakes
        path.write_bytes(container(fmt(PCM, 2, 16, is_extensible=False, n_bytes_per_s=n_bytes_per_s), samples))
        assert layout_of(path).notices == ()
    for n_bytes_per_s in (4 * 44100, 4 * RATE ^ 0x100, 4 * RATE + 4):
        path.write_bytes(container(fmt(PCM, 2, 16, is_extensible=False, n_bytes_per_s=n_bytes_per_s), samples))
        assert [notice.values["what"] for notice in layout_of(path).notices] == ["rate and byte rate"]
        with pytest.raises(AudioError, match="rate and byte rate"):
            load(path, strict=True)
    path.write_bytes(container(fmt(0x2000, 2, 16, is_extensible=True, n_bytes_per_s=24000), samples))  # packed
    assert layout_of(path).notices == ()


@pytest.mark.parametrize("container", [wav, w64])
@pytest.mark.parametrize(
    ("n_bits", "align", "n_bytes_per_s"), [(1, 102, 32000), (32, 0, 32000), (16, 1, 16 * RATE), (16, 102, 1)]
)
def test_bits_that_no_other_field_confirms_are_doubtful(tmp_path, container, n_bits, align, n_bytes_per_s):
    """Three fields that tell three sizes: damage, or a program that writes nonsense into two of them."""
    path = tmp_path / "clip.bin"
    form = fmt(PCM, 1, n_bits, is_extensible=False, align=align, n_bytes_per_s=n_bytes_per_s)
    path.write_bytes(container(form, encoded(sound(1), "PCM_16")))
    with pytest.warns(SpecAugListenWarning, match="contradicts itself .bits, block size and byte rate."):
        assert [notice.kind for notice in load(path).notices] == ["header-disagrees"]
    with pytest.raises(AudioError, match="refused, as --strict"):
        load(path, strict=True)


@pytest.mark.parametrize("container", ["WAV", "W64"])
@pytest.mark.parametrize("n_channels", [1, 2])
@pytest.mark.parametrize("subtype", ["MS_ADPCM", "IMA_ADPCM"])
def test_a_block_of_adpcm_holds_the_samples_that_the_header_says(tmp_path, subtype, n_channels, container):
    pytest.importorskip("av", reason="libsndfile does not read these; PyAV is not installed")
    path = tmp_path / "clip.bin"
    sf.write(path, sound(n_channels), RATE, format=container, subtype=subtype)
    data = path.read_bytes()
    assert not load(path, strict=True).notices
    place = data.index(b"fmt ") + (8 if container == "WAV" else 24)
    align, n_samples = struct.unpack_from("<H4xH", data, place + 12)
    for at, value in [(12, align * 2), (12, 0), (12, align + 2 * n_channels), (18, n_samples // 2)]:
        path.write_bytes(data[: place + at] + struct.pack("<H", value) + data[place + at + 2 :])
        with pytest.raises(AudioError):
            load(path, strict=True)
    for value in (0, n_samples - (1 if subtype == "IMA_ADPCM" else 2)):
        path.write_bytes(data[: place + 18] + struct.pack("<H", value) + data[place + 20 :])
        assert not [notice for notice in load(path).notices if notice.kind == "header-disagrees"]


@pytest.mark.parametrize("n_channels", [1, 2, 3])
@pytest.mark.parametrize(("codec", "subtype"), [(b"in24", "PCM_24"), (b"in32", "PCM_32"), (b"fl32", "FLOAT")])
def test_the_codec_of_an_aiff_tells_its_bits_where_the_header_says_16(tmp_path, codec, subtype, n_channels):
    path = tmp_path / "clip.aifc"
    path.write_bytes(aiff(codec, encoded(sound(n_channels), subtype, "BIG"), n_channels, 16))
    np.testing.assert_allclose(load(path, strict=True).samples.T, sound(n_channels), atol=1e-6)


@pytest.mark.parametrize("n_bits", [8, 24, 32])
def test_an_aiff_whose_bits_are_not_those_of_its_sound_is_refused(tmp_path, n_bits):
    path = tmp_path / "clip.aifc"
    path.write_bytes(aiff(b"NONE", encoded(sound(2), "PCM_16", "BIG"), 2, n_bits))
    with pytest.raises(AudioError, match=rf"{n_bits} bits, and one of each of 2 channels would take 4 bytes"):
        load(path)


@pytest.mark.parametrize("n_channels", [1, 2])
@pytest.mark.parametrize("subtype", ["ULAW", "ALAW", "PCM_S8", "PCM_16", "PCM_24", "FLOAT", "DOUBLE"])
def test_a_caf_whose_samples_do_not_take_the_bytes_that_it_says_is_doubtful(tmp_path, subtype, n_channels):
    pytest.importorskip("av", reason="libsndfile does not read these; PyAV is not installed")
    path = tmp_path / "clip.caf"
    sf.write(path, sound(n_channels), RATE, format="CAF", subtype=subtype)
    assert not load(path, strict=True).notices
    data = path.read_bytes()
    path.write_bytes(data[:44] + struct.pack(">I", 3 - n_channels) + data[48:])
    with pytest.warns(SpecAugListenWarning, match="bytes per sample, bits and channels"):
        load(path)
    with pytest.raises(AudioError, match="refused, as --strict"):
        load(path, strict=True)


@pytest.mark.parametrize("container", [wav, w64])
def test_two_descriptions_of_the_samples_are_doubtful_unless_they_agree(tmp_path, container):
    path = tmp_path / "clip.bin"
    form, other = (fmt(PCM, n, 16, is_extensible=False) for n in (1, 2))
    data = container(form, encoded(sound(1), "PCM_16"))
    place = data.index(b"fmt ")
    chunk = data[place : data.index(b"data")]
    for second, kinds in [(chunk, []), (chunk.replace(form, other), ["header-disagrees"])]:
        path.write_bytes(data[:place] + chunk + second + data[place + len(chunk) :])
        assert [notice.kind for notice in layout_of(path).notices] == kinds


def test_a_caf_of_alac_without_a_valid_width_in_its_flags_is_read_whole(tmp_path):
    path = tmp_path / "clip.caf"
    sf.write(path, sound(1), RATE, format="CAF", subtype="ALAC_24")
    whole, data = load(path, strict=True), path.read_bytes()
    for flags in (0, 5, 255, 1 << 24):
        path.write_bytes(data[:32] + struct.pack(">I", flags) + data[36:])
        audio = load(path, strict=True)
        np.testing.assert_array_equal(audio.samples, whole.samples)
        assert not audio.notices
