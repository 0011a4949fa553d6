"""Sizes in headers: open, zero, wrapped, too small or too large; the sound is read whole with a notice."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from readings import RATE, SIZED, VOICE, assert_whole, encoded, heard, pcm16, wav


def test_a_wav_from_a_pipe_is_whole_and_its_length_is_said_to_be_open(subtests, tmp_path):
    for order in ("<", ">"):
        for size in [0xFFFFFFFF, 0xFFFFFFFF - 36, 0x7FFFFFFF, 0x7FFFF000, 0x80000000]:
            with subtests.test(size=size, order=order):
                data = wav(pcm16(order=order), size, riff=min(size + 36, 0xFFFFFFFF), order=order)
                assert_whole(tmp_path, data, kinds=("open-length",))


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_writer_that_was_killed_left_all_samples(tmp_path, order):
    notices = assert_whole(tmp_path, wav(pcm16(order=order), 0, riff=0, order=order), kinds=("no-length",))
    assert notices["no-length"]["n_present"] == 2 * RATE


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_size_that_wrapped_loses_nothing(tmp_path, order):
    data = wav(pcm16(order=order), 16000, order=order)
    notices = assert_whole(tmp_path, data, kinds=("longer",))
    assert notices["longer"] == {"n_present": 32000, "n_promised": 8000, "sample_rate": RATE}


def test_compressed_sound_that_goes_on_behind_its_header_is_read_on(subtests, tmp_path):
    for share in (0, 0.25):
        for subtype in ("IMA_ADPCM", "MS_ADPCM"):
            with subtests.test(subtype=subtype, share=share):
                whole = encoded(subtype=subtype)
                samples, _ = heard(tmp_path, whole)
                place = whole.index(b"data") + 4
                (size,) = struct.unpack_from("<I", whole, place)
                struct.pack_into("<I", whole, place, int(share * size) // 1024 * 1024)
                again, notices = heard(tmp_path, whole)
                np.testing.assert_array_equal(again, samples)
                assert list(notices) == (["longer"] if share else ["no-length"])


OPEN = {
    "AU": (8, ">I", 0xFFFFFFFF),
    "CAF": (4096 - 12, ">q", -1),
}


@pytest.mark.parametrize("container", OPEN)
def test_other_containers_leave_their_length_open_too(tmp_path, container):
    data = encoded(container=container, subtype="PCM_16")
    place, form, value = OPEN[container]
    if container == "CAF":
        place = data.index(b"data") + 4
    struct.pack_into(form, data, place, value)
    assert_whole(tmp_path, data, kinds=("open-length",))


def sized_layout(container, value):
    """A file whose header says ``value`` for the number of samples of its sound."""
    data = encoded(container=container, subtype="PCM_16")
    if container == "AU":
        struct.pack_into(">I", data, 8, 2 * value)
    elif container == "CAF":
        struct.pack_into(">q", data, data.index(b"data") + 4, 2 * value + 4)
    elif container == "AIFF":
        struct.pack_into(">I", data, data.index(b"SSND") + 4, 2 * value + 8)
    elif container == "W64":
        struct.pack_into("<Q", data, data.index(b"data") + 16, 2 * value + 24)
    elif container == "RF64":
        struct.pack_into("<Q", data, data.index(b"ds64") + 16, 2 * value)
        struct.pack_into("<I", data, data.index(b"data") + 4, 0xFFFFFFFF)
    elif container == "NIST":
        place = data.index(b"sample_count -i 32000")
        data[place : place + 21] = b"sample_count -i %05d" % value
    elif container == "AVR":
        struct.pack_into(">I", data, 26, value)
    elif container == "FLAC":
        struct.pack_into(">I", data, 22, value)
    else:
        struct.pack_into(">I", data, 0, value)
    return data


def test_a_length_that_is_not_that_of_the_sound_is_said_in_both_directions(subtests, tmp_path):
    for value, kind in [(8000, "longer"), (48000, "cut"), (32000, None)]:
        for container in SIZED:
            with subtests.test(container=container, value=value, kind=kind):
                notices = assert_whole(tmp_path, sized_layout(container, value), kinds=(kind,) if kind else ())
                if kind:
                    assert notices[kind] == {"n_present": 32000, "n_promised": value, "sample_rate": RATE}


def test_nothing_fills_up_an_odd_size_of_containers_without_chunks(subtests, tmp_path):
    for container, subtype in [("AU", "PCM_S8"), ("NIST", "PCM_S8"), ("AVR", "PCM_S8"), ("WVE", "ALAW")]:
        with subtests.test(container=container, subtype=subtype):
            rate = 8000 if container == "WVE" else RATE
            samples, notices = heard(tmp_path, bytes(encoded(VOICE[:9999], container, subtype, rate)) + b"\x11")
            assert len(samples) == notices["longer"]["n_present"] == 10000


def test_bytes_that_make_no_sample_are_said(subtests, tmp_path):
    for container in ("WAV", "AIFF", "AU", "NIST", "CAF", "W64"):
        with subtests.test(container=container):
            data = bytes(encoded(VOICE[:10000], container, "PCM_24"))
            _, notices = heard(tmp_path, data)
            assert notices == {}
            samples, notices = heard(tmp_path, data + b"\x31\x64")
            assert len(samples) == 10000
            assert notices["junk-after"] == {"n_bytes": 2}


def test_what_follows_a_pause_is_sound_though_the_size_ends_before_it(subtests, tmp_path):
    for n_zeros in (8000, 50000):
        for container in ("WAV", "AIFF", "AU", "NIST", "CAF", "SVX", "VOC"):
            with subtests.test(container=container, n_zeros=n_zeros):
                whole = np.concatenate([VOICE, np.zeros(n_zeros, "f4"), VOICE])
                data, short = (encoded(one, container, "PCM_16") for one in (whole, VOICE))
                head = len(data) - 2 * len(whole)
                data = short[: len(short) - (container == "VOC")] + data[len(short) - (container == "VOC") :]
                assert head > 0
                assert_whole(tmp_path, data, whole, kinds=("longer",))


def test_a_size_that_is_a_few_bytes_short_loses_nothing(subtests, tmp_path):
    for end in (0, 0.3):
        for n_short in range(1, 8):
            with subtests.test(n_short=n_short, end=end):
                sound = np.concatenate([VOICE, np.full(8, end, "f4")])
                pcm = pcm16(sound)
                assert_whole(tmp_path, wav(pcm, len(pcm) - n_short), sound, kinds=("longer",))
