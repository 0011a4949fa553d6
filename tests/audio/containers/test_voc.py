"""Creative Voice: all blocks of sound are read, those without it are not heard."""

from __future__ import annotations

import re
import struct

import numpy as np
import pytest
import soundfile as sf
from readings import RATE, VOICE, assert_whole, encoded, heard, pcm16

from specaug_listen import load
from specaug_listen.errors import AudioError


def voc(*blocks):
    return b"Creative Voice File\x1a" + struct.pack("<HHH", 26, 0x10A, 0x1129) + b"".join(blocks) + b"\0"


def voc_block(kind, data, size=None):
    return bytes([kind]) + struct.pack("<I", len(data) if size is None else size)[:3] + data


VOC_16_BITS = struct.pack("<IBBHI", RATE, 16, 1, 4, 0)


def test_blocks_of_a_voc_are_no_sound_and_all_are_read(tmp_path):
    pcm = pcm16()
    parts = [
        voc_block(9, VOC_16_BITS + pcm[:8000]),
        *(voc_block(2, pcm[i : i + 8000]) for i in range(8000, len(pcm), 8000)),
    ]
    assert_whole(tmp_path, voc(*parts))
    samples, notices = heard(tmp_path, voc(*parts)[:20000])
    np.testing.assert_allclose(samples, VOICE[: len(samples)], atol=1e-4)
    assert list(notices) == ["cut"]


VOC_BLOCKS = {
    "again": lambda a, b: (voc_block(9, VOC_16_BITS + a), voc_block(9, VOC_16_BITS + b)),
    "mark": lambda a, b: (voc_block(9, VOC_16_BITS + a), voc_block(4, b"\1\0"), voc_block(9, VOC_16_BITS + b)),
    "text": lambda a, b: (voc_block(5, b"by hand\0"), voc_block(9, VOC_16_BITS + a), voc_block(2, b)),
    "repeat": lambda a, b: (voc_block(6, b"\2\0"), voc_block(9, VOC_16_BITS + a + b), voc_block(7, b"")),
}


def test_sound_in_what_a_voc_calls_text_is_told(subtests, tmp_path):
    pcm, mp3 = pcm16(), bytes(encoded(VOICE, "MP3"))
    for text, is_told in ((b"by hand " * 1000 + b"\0", False), (pcm, True), (b"by hand " * 1000 + mp3, True)):
        with subtests.test(is_told=is_told):
            data = voc(voc_block(9, VOC_16_BITS + pcm), voc_block(5, text), voc_block(4, b"\1\0"))
            assert_whole(tmp_path, data, kinds=("other-streams",) if is_told else ())


def test_headers_of_a_voc_between_its_sound_are_not_heard(subtests, tmp_path):
    for name, blocks in VOC_BLOCKS.items():
        with subtests.test(name=name):
            pcm = pcm16()
            assert_whole(tmp_path, voc(*blocks(pcm[:20000], pcm[20000:])))


@pytest.mark.parametrize("at", [0, 10000, 32000])
def test_silence_in_a_voc_lasts_as_long_as_it_says(tmp_path, at):
    pcm = pcm16()
    silence = voc_block(3, struct.pack("<HB", 4999, 256 - 1000000 // 8000))  # 5000 samples of 8 kHz
    parts = [voc_block(9, VOC_16_BITS + one) for one in (pcm[: 2 * at], pcm[2 * at :]) if one]
    expected = np.concatenate([VOICE[:at], np.zeros(10000, "f4"), VOICE[at:]])
    assert_whole(tmp_path, voc(*parts[: at > 0], silence, *parts[at > 0 :]), expected)


def test_a_voc_of_stereo_in_8_bits_has_the_rate_of_the_block_before(tmp_path):
    levels = np.tile([0x90, 0x70], 8000).astype("u1").tobytes()
    extended = voc_block(8, struct.pack("<HBB", 65536 - 128000000 // RATE, 0, 1))
    (tmp_path / "clip.voc").write_bytes(voc(extended, voc_block(1, b"\0\0" + levels)))
    clip = load(tmp_path / "clip.voc")
    assert (clip.sample_rate, clip.samples.shape) == (RATE, (2, 8000))
    np.testing.assert_array_equal(clip.samples[:, :2], [[0.125, 0.125], [-0.125, -0.125]])


def test_a_voc_that_changes_its_rate_is_read_to_there_with_a_word(tmp_path):
    pcm = pcm16()
    other = struct.pack("<IBBHI", 8000, 16, 1, 4, 0)
    data = voc(voc_block(9, VOC_16_BITS + pcm), voc_block(9, other + pcm), voc_block(2, pcm[:100]))
    samples, notices = heard(tmp_path, data)
    np.testing.assert_allclose(samples, VOICE, atol=1e-4)
    assert notices == {"other-streams": {"n_streams": 2, "n_read": 1}}


@pytest.mark.parametrize("kind", [1, 9])
def test_adpcm_in_a_voc_is_not_heard_as_samples(tmp_path, kind, monkeypatch):
    monkeypatch.setattr("specaug_listen.audio.reading.has_ffmpeg", lambda: False)
    header = b"\xd3\1" if kind == 1 else struct.pack("<IBBHI", 22050, 4, 1, 1, 0)
    (tmp_path / "clip.voc").write_bytes(voc(voc_block(kind, header + bytes(5000))))
    with pytest.raises(AudioError, match="is a VOC file of a codec that libsndfile does not read; install"):
        load(tmp_path / "clip.voc")


ENDS_OF_VOC = {"loud": np.full(8, 0.3, "f4"), "silent": np.zeros(8, "f4")}


def test_the_size_that_sox_writes_into_a_voc_is_not_taken_for_a_cut(subtests, tmp_path):
    for rest, kind in [
        (b"", None),
        (b"these are words. " * 40, "junk-after"),
        (bytes(3000), "zeros-after"),
        (b"\xff" * 99, "junk-after"),
    ]:
        for name, end in ENDS_OF_VOC.items():
            with subtests.test(name=name, rest=rest, kind=kind):
                sound = np.concatenate([VOICE, end if kind != "zeros-after" else ENDS_OF_VOC["loud"]])
                pcm = pcm16(sound)
                block = voc_block(9, VOC_16_BITS + pcm, len(pcm) + 4)
                assert_whole(tmp_path, voc(block) + rest, sound, kinds=(kind,) if kind else ())
                if not rest:
                    assert_whole(tmp_path, voc(block)[:-1], sound)


def test_a_voc_without_its_end_mark_may_lack_what_sox_does_not_count(tmp_path):
    pcm = pcm16()
    whole = voc(voc_block(9, VOC_16_BITS + pcm, len(pcm) + 4))
    assert assert_whole(tmp_path, whole) == {}
    samples, notices = heard(tmp_path, whole[:-9])
    assert len(samples) == len(VOICE) - 4
    assert notices["cut-within"]["within"] == "stream"


EMPTY_OF_VOC = {"no header": voc_block(9, b""), "a header": voc_block(9, VOC_16_BITS), "kind 2": voc_block(2, b"")}


def test_blocks_of_a_voc_without_sound_take_none_of_others(subtests, tmp_path):
    for n in (1, 50):
        for name, empty in EMPTY_OF_VOC.items():
            with subtests.test(name=name, n=n):
                text = voc_block(5, b"x" * 256)
                pcm = pcm16()
                first, second = voc_block(9, VOC_16_BITS + pcm[:20000]), voc_block(9, VOC_16_BITS + pcm[20000:])
                assert_whole(tmp_path, voc(first, *(n * [empty, text]), second))
                if empty != EMPTY_OF_VOC["kind 2"]:
                    assert_whole(tmp_path, voc(*(n * [empty, text]), first, second))


def test_a_voc_behind_another_one_is_heard(tmp_path):
    data = voc(voc_block(9, VOC_16_BITS + pcm16()))
    assert_whole(tmp_path, data + data, np.concatenate([VOICE, VOICE]))


def test_the_mark_of_the_end_of_a_logarithmic_voc_is_no_sound(subtests, tmp_path):
    for behind, kind in [(b"\x55", "junk-after"), (bytes(7), "junk-after"), (bytes(100), "zeros-after")]:
        for subtype in ("ALAW", "ULAW"):
            with subtests.test(subtype=subtype, behind=behind, kind=kind):
                data = bytes(encoded(VOICE[:9999], "VOC", subtype))
                samples, notices = heard(tmp_path, data + behind)
                assert (len(samples), list(notices)) == (9999, [kind])
                samples, notices = heard(tmp_path, data[:-1])
                assert (len(samples), notices) == (9999, {})
                _, notices = heard(tmp_path, data[:-500])
                assert (notices["cut"]["n_present"], notices["cut"]["n_promised"]) == (9500, 9999)


def test_a_logarithmic_voc_does_not_hear_the_mark_of_its_end(tmp_path):
    samples, notices = heard(tmp_path, encoded(VOICE[:9999], "VOC", "ULAW"))
    assert (len(samples), notices) == (9999, {})


def test_channels_or_a_rate_that_no_voc_has_are_named(subtests, tmp_path, tone):
    path = tmp_path / "tone.voc"
    sf.write(path, tone.samples[0], 16000, subtype="PCM_16")
    raw = path.read_bytes()
    for place, field, what in [
        (30, bytes(4), "a sample rate of 0"),
        (30, b"\xff" * 4, "a sample rate of 2^31 Hz or more"),
        (35, b"\0", "0 channels"),
    ]:
        with subtests.test(what=what):
            path.write_bytes(raw[:place] + field + raw[place + len(field) :])
            with pytest.raises(AudioError, match=rf"tone\.voc: its VOC header tells {re.escape(what)}; make the file"):
                load(path)
