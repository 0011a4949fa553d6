"""WAV, RF64, BW64 and AIFF: every chunk of sound is read, whatever stands around it."""

from __future__ import annotations

import re
import struct

import numpy as np
import pytest
import soundfile as sf
from mp3files import PER_FRAME, frames, mp3, without_tag
from readings import RATE, VOICE, assert_whole, encoded, heard, pcm16, wav

from specaug_listen import load
from specaug_listen.errors import AudioError


@pytest.mark.parametrize("share", [0.3, 0.5, 0.9])
def test_an_aiff_of_packed_samples_that_is_damaged_says_how_many_are_missing(tmp_path, share):
    data = encoded(VOICE[:30011], "AIFF", "DWVW_16")
    at = round(share * len(data))
    samples, notices = heard(tmp_path, data[:at] + bytes(len(data) - at))
    assert notices["cut"] == {"n_present": len(samples), "n_promised": 30011, "sample_rate": RATE}


@pytest.mark.parametrize("between", [b"", struct.pack("<4sI", b"LIST", 4) + b"INFO"], ids=["nothing", "LIST"])
def test_all_chunks_of_sound_in_a_wav_are_heard(tmp_path, between):
    pcm = pcm16()
    more = between + b"data" + struct.pack("<I", len(pcm) - 20000) + pcm[20000:]
    assert_whole(tmp_path, wav(pcm[:20000], 20000, riff=99999, after=more))


def test_all_chunks_of_sound_in_an_aiff_are_heard(tmp_path):
    first, second = (encoded(part, "AIFF", "PCM_16") for part in (VOICE[:10000], VOICE[10000:]))
    assert_whole(tmp_path, first + second[second.index(b"SSND") :])


def test_more_chunks_of_sound_than_are_read_are_said(tmp_path):
    part = pcm16(VOICE[:10])
    chunk = b"data" + struct.pack("<I", len(part)) + part
    for n_more in (999, 1000, 1500):
        samples, notices = heard(tmp_path, wav(part, len(part), after=n_more * chunk))
        assert len(samples) == 10 * min(1000, n_more + 1)
        left_out = {"n_files": 1000, "n_bytes": (n_more - 999) * len(chunk)}
        assert notices == ({"files-left-out": left_out} if n_more > 999 else {})


def test_sox_leaves_the_length_of_an_aiff_open_in_its_own_way(tmp_path):
    data = encoded(container="AIFF", subtype="PCM_16")
    at = data.index(b"SSND") + 4
    data[at : at + 4] = struct.pack(">I", 0x7F000008)
    assert_whole(tmp_path, data, kinds=("open-length",))
    for n_channels, subtype, n_bytes in ((1, "PCM_24", 3), (3, "PCM_16", 2), (7, "PCM_24", 3), (5, "PCM_16", 2)):
        data = encoded(np.stack([VOICE] * n_channels, axis=1), container="AIFF", subtype=subtype)
        frame = n_channels * n_bytes
        at = data.index(b"SSND") + 4
        data[at : at + 4] = struct.pack(">I", 0x7F000000 // frame * frame + 8)
        assert_whole(tmp_path, data, kinds=("open-length",))


def with_offset(data, offset, *, is_moved):
    """An AIFF whose sound is told to begin later; either it does, or the beginning of the sound is skipped."""
    at = data.index(b"SSND")
    size = struct.unpack_from(">I", data, at + 4)[0] + offset * is_moved
    head = data[: at + 4] + struct.pack(">III", size, offset, 0)
    return head + bytes(offset * is_moved) + data[at + 16 :]


def test_an_offset_of_an_aiff_that_skips_sound_is_said(subtests, tmp_path):
    for subtype in ("PCM_16", "PCM_S8", "PCM_24", "ULAW", "FLOAT"):
        with subtests.test(subtype=subtype):
            data = bytes(encoded(container="AIFF", subtype=subtype))
            whole, notices = heard(tmp_path, data)
            assert notices == {}
            moved, notices = heard(tmp_path, with_offset(data, 512, is_moved=True))
            assert notices == {}
            np.testing.assert_array_equal(moved, whole)
            _, notices = heard(tmp_path, with_offset(data, 512, is_moved=False))
            assert notices["header-disagrees"] == {"what": "offset of the sound and number of samples"}


def test_all_blocks_of_gsm_in_an_aiff_are_read_whatever_their_number_of_samples(tmp_path):
    data = encoded(container="AIFF", subtype="GSM610")
    whole, notices = heard(tmp_path, data)
    assert notices == {}
    for n_samples in (0, 16000, 64000):
        struct.pack_into(">I", data, data.index(b"COMM") + 10, n_samples)
        samples, notices = heard(tmp_path, data)
        np.testing.assert_array_equal(samples, whole)
        assert notices["header-disagrees"] == {"what": "number of samples and size of the sound"}


def test_bw64_is_read_as_rf64(tmp_path):
    data = encoded(container="RF64", subtype="PCM_16")
    data[:4] = b"BW64"
    assert_whole(tmp_path, data)


def test_an_aiff_whose_format_follows_its_sound_is_read(tmp_path):
    data = encoded(container="AIFF", subtype="PCM_16")
    common, sound = data.index(b"COMM"), data.index(b"SSND")
    assert_whole(tmp_path, data[:common] + data[sound:] + data[common : common + 26])


@pytest.mark.parametrize("subtype", ["PCM_16", "FLOAT", "IMA_ADPCM"])
def test_a_wav_with_chunks_of_odd_sizes_that_are_not_filled_up_is_read(tmp_path, subtype):
    data = bytes(encoded(VOICE, "WAV", subtype))
    whole, _ = heard(tmp_path, data)
    at = data.index(b"fact" if b"fact" in data[:80] else b"data")
    for odd in (b"LIST\x0d\0\0\0INFOISFT\1\0\0\0x", b"junk\1\0\0\0x"):
        for n in (1, 2):
            samples, notices = heard(tmp_path, data[:at] + n * odd + data[at:])
            np.testing.assert_array_equal(samples, whole)
            assert notices == {}
            part, _ = heard(tmp_path, data[:at] + n * odd + data[at:], start_s=0.6, duration_s=0.5)
            np.testing.assert_array_equal(part, samples[9600:17600])
            _, notices = heard(tmp_path, (data[:at] + n * odd + data[at:])[:-2000])
            assert "cut" in notices


def mp3_in_wav(sound, size):
    data = wav(sound, size, riff=0xFFFFFFFF)
    place = data.index(b"fmt ") + 8
    form = struct.pack("<HHIIHHHHIHHH", 0x55, 1, RATE, 4000, 1, 0, 12, 1, 2, 288, 1, 1393)
    return data[: place - 4] + struct.pack("<I", len(form)) + form + data[place + 16 :]


def test_mp3_in_wav_is_padded_and_whole(tmp_path):
    sound = without_tag(mp3(VOICE))
    run, _ = frames(sound)
    whole, notices = heard(tmp_path, mp3_in_wav(sound, len(sound)))
    assert (len(whole), notices) == (PER_FRAME * run.n_frames, {})
    twice, notices = heard(tmp_path, mp3_in_wav(sound, len(sound)) * 2)
    assert (len(twice), notices) == (2 * len(whole), {})


def mp3_in_w64(sound):
    """As FFmpeg writes it: the size of the sound includes zeros behind it."""
    tail = bytes.fromhex("f3acd3118cd100c04f8edb8a")

    def chunk(name, content):
        return name + tail + struct.pack("<Q", 24 + len(content)) + content + bytes(-len(content) % 8)

    form = struct.pack("<HHIIHHHHIHHH", 0x55, 1, RATE, 4000, 1, 0, 12, 1, 2, 288, 1, 1393)
    chunks = chunk(b"fmt ", form) + chunk(b"data", sound + bytes(4))
    return b"riff" + bytes.fromhex("2e91cf11a5d628db04c10000") + struct.pack("<Q", 40 + len(chunks)) + (
        b"wave" + tail + chunks
    )  # fmt: skip


def test_mp3_in_w64_is_read_without_its_padding_and_cuts_and_junk_are_said(tmp_path):
    sound = without_tag(mp3(VOICE))
    run, _ = frames(sound)
    whole, notices = heard(tmp_path, mp3_in_w64(sound))
    assert (len(whole), notices) == (PER_FRAME * run.n_frames, {})
    _, notices = heard(tmp_path, mp3_in_w64(sound)[: len(sound) // 2])
    assert list(notices) == ["cut"]
    _, notices = heard(tmp_path, mp3_in_w64(sound) + b"text that is no sound " * 100)
    assert list(notices) == ["junk-after"]


def test_a_size_of_mp3_in_wav_that_is_not_that_of_its_frames_is_said(subtests, tmp_path):
    for kept, size, kind in [
        (0.4, 1, "cut"),
        (1, 0, "no-length"),
        (1, 0.4, "longer"),
        (1, None, "open-length"),
        (0.4, None, "open-length"),
    ]:
        with subtests.test(kept=kept, size=size, kind=kind):
            sound = without_tag(mp3(VOICE))
            run, _ = frames(sound)
            size = 0xFFFFFFFF if size is None else round(size * len(sound))
            samples, notices = heard(tmp_path, mp3_in_wav(sound[: round(kept * len(sound))], size))
            n = PER_FRAME * run.n_frames
            assert len(samples) == n if kept == 1 else 0.39 * n < len(samples) < 0.4 * n
            promised = {"cut": n, "no-length": 0, "longer": 0.4 * n}.get(kind)
            assert notices[kind]["n_promised"] == (promised and pytest.approx(promised, abs=10))
            assert list(notices) == [kind, *(["cut-within"] if kept < 1 and kind == "open-length" else [])]


def test_channels_or_a_rate_that_no_aiff_has_are_named(subtests, tmp_path, tone):
    path = tmp_path / "tone.aiff"
    sf.write(path, tone.samples[0], 16000, subtype="PCM_16")
    raw = path.read_bytes()
    comm = raw.index(b"COMM") + 8
    for place, field, what in [
        (0, b"\0\0", "0 channels"),
        (0, b"\x27\x0f", "9999 channels"),
        (8, bytes(10), "a sample rate of 0"),
        (8, b"\xc0" + raw[comm + 9 : comm + 18], "a sample rate of 0"),
        (8, b"\x7f" + b"\xff" * 9, "a sample rate of 2^31 Hz or more"),
    ]:
        with subtests.test(what=what, field=field):
            begin = comm + place
            path.write_bytes(raw[:begin] + field + raw[begin + len(field) :])
            with pytest.raises(AudioError, match=rf"tone\.aiff: its AIFF header tells {re.escape(what)}; make"):
                load(path)
