"""CAF, NIST, SVX and sample dumps (SDS): tables, codecs and damage of their own."""

from __future__ import annotations

import ctypes
import struct
import sys

import numpy as np
import pytest
from readings import VOICE, assert_whole, encoded, heard, pcm16

from specaug_listen import load
from specaug_listen.errors import AudioError


def test_shorten_in_nist_is_named_with_what_converts_it(tmp_path):
    data = encoded(container="NIST", subtype="PCM_16").replace(
        b"sample_coding -s3 pcm", b"sample_coding -s26 pcm,embedded-shorten-v2.00"
    )
    (tmp_path / "clip.sph").write_bytes(data[:4000])
    with pytest.raises(AudioError, match=r"clip\.sph: is a NIST file .*\(pcm,embedded-shorten.*sph2pipe -f wav"):
        load(tmp_path / "clip.sph")


BEHIND_ALAC = {
    "three zeros": (bytes(3), "zeros-after"),
    "zeros": (bytes(3000), "zeros-after"),
    "three bytes": (b"xyz", "junk-after"),
    "noise": (np.random.default_rng(3).bytes(6000), "junk-after"),
    "sound": (pcm16(), "junk-after"),
    "ID3": (b"ID3\3\0\0\0\0\0\x0a" + bytes(10), None),
    "a chunk": (b"info" + struct.pack(">q", 16) + bytes(16), None),
}


def test_nothing_behind_the_packets_of_a_caf_is_sound(subtests, tmp_path):
    for name, (rest, kind) in BEHIND_ALAC.items():
        for subtype in ("ALAC_16", "ALAC_24"):
            with subtests.test(subtype=subtype, name=name):
                data = bytes(encoded(VOICE, "CAF", subtype))
                n_fill = (
                    len(data) - data.index(b"data") - 12 - struct.unpack_from(">q", data, data.index(b"data") + 4)[0]
                )
                notices = assert_whole(tmp_path, data[: len(data) - n_fill] + rest, kinds=(kind,) if kind else ())
                if kind:
                    assert notices[kind] == {"n_bytes": len(rest)}


def test_a_caf_whose_packets_are_not_those_of_its_table_says_so(subtests, tmp_path):
    """They were decoded to more samples than its table tells of, or to fewer, without a word."""
    for share in (0.3, 0.5, 0.9):
        for subtype in ("ALAC_16", "ALAC_24"):
            with subtests.test(subtype=subtype, share=share):
                data = bytes(encoded(VOICE[:30011], "CAF", subtype))
                at = int(share * len(data))
                for damaged in (data[:at] + data[at + 1 :], data[:at] + bytes(len(data) - at)):
                    samples, notices = heard(tmp_path, damaged)
                    assert len(samples) == 30011 or notices.keys() & {"cut", "longer", "stopped"}


def test_what_fills_up_an_odd_size_of_8svx_is_no_sound(tmp_path):
    data = encoded(VOICE[:9999], "SVX", "PCM_S8")
    samples, notices = heard(tmp_path, data)
    assert (len(samples), notices) == (9999, {})


def test_two_channels_of_an_svx_are_not_heard_mixed_up(tmp_path):
    """They stand one behind the other; libsndfile takes every second sample for the right one."""
    data = encoded(VOICE[:9998], "SVX", "PCM_S8")
    body = data.index(b"BODY")
    for which in (6, 15):
        chan = b"CHAN" + struct.pack(">II", 4, which)
        (tmp_path / "clip.8svx").write_bytes(data[:body] + chan + data[body:])
        with pytest.raises(
            AudioError, match=r"is an SVX file of several channels that are not interleaved, .*: sox FILE FILE\.wav"
        ):
            load(tmp_path / "clip.8svx")


def test_libsndfile_gets_none_of_thousands_of_chunks_of_an_svx(tmp_path):
    """Behind some ten thousand, it never returns."""
    chunks = b"ABCD\0\0\0\0VHDR\0\0\0\0" * 30000
    for subtype in ("PCM_S8", "PCM_16"):
        data = bytes(encoded(VOICE[:9998], "SVX", subtype))
        body, whole = data.index(b"BODY"), heard(tmp_path, data)[0]
        kept = data.index(b"VHDR") + 28
        for one in (data[:12] + chunks[:8] * 30000 + data[12:], data[:kept] + chunks + data[kept:], data + chunks):
            np.testing.assert_array_equal(heard(tmp_path, one)[0], whole)
        (tmp_path / "clip.svx").write_bytes(data[:body] + chunks)
        with pytest.raises(AudioError, match=r"holds no samples|no sound data"):
            load(tmp_path / "clip.svx")


def test_packets_of_sds_that_are_damaged_are_counted(subtests, tmp_path, capfd):
    for place in (0, 1, 60, 125):
        with subtests.test(place=place):
            data = encoded(container="SDS", subtype="PCM_16")
            data[21 + 127 * 9 + place] ^= 1
            data[21 + 127 * 19 + place] ^= 1
            _, notices = heard(tmp_path, data)
            assert notices["packets-damaged"] == {"n_packets": 2}
            assert capfd.readouterr() == ("", "")


@pytest.mark.skipif(sys.platform == "win32", reason="not one library of C")
def test_nothing_is_printed_where_a_damaged_dump_of_samples_is_sought(tmp_path, capfd):
    data = encoded(container="SDS", subtype="PCM_16")
    heard(tmp_path, data + data, start_s=2.5)
    heard(tmp_path, data.replace(b"\n", b"\r\n"), start_s=0.5)
    ctypes.CDLL(None).fflush(None)
    assert capfd.readouterr() == ("", "")


def test_samples_per_packet_of_alac_in_a_caf_that_are_damaged_are_mended_and_said(subtests, tmp_path):
    for subtype in ("ALAC_16", "ALAC_24"):
        data = bytes(encoded(VOICE[:30011], "CAF", subtype))
        whole, notices = heard(tmp_path, data)
        assert notices == {}
        for value in (0x1100, 0x800, 0, 0x1001):
            with subtests.test(subtype=subtype, value=value):
                samples, notices = heard(tmp_path, data[:40] + struct.pack(">I", value) + data[44:])
                np.testing.assert_array_equal(samples, whole)
                assert notices == {"header-disagrees": {"what": "samples per packet"}}


def test_a_number_of_channels_of_alac_in_a_caf_that_is_damaged_is_mended_and_said(tmp_path):
    """FFmpeg would lose the last samples, and libsndfile refuses it or doubles the length."""
    data = bytes(encoded(VOICE[:30011], "CAF", "ALAC_16"))
    whole, _ = heard(tmp_path, data)
    for n_channels in (2, 3, 0):
        samples, notices = heard(tmp_path, data[:44] + struct.pack(">I", n_channels) + data[48:])
        np.testing.assert_array_equal(samples, whole)
        assert notices == {"header-disagrees": {"what": "channels"}}


def test_a_part_of_a_damaged_alac_is_that_of_the_whole(subtests, tmp_path):
    data = bytes(encoded(VOICE, "CAF", "ALAC_24"))
    rng = np.random.default_rng(1)
    for at in rng.integers(len(data) // 4, len(data) * 3 // 4, 4):
        with subtests.test(at=int(at)):
            damaged = data[:at] + data[at + 31 :]
            whole, _ = heard(tmp_path, damaged)
            for start_s in (0.4, 1.0, 1.3):
                begin = round(start_s * 16000)
                if begin < len(whole):
                    np.testing.assert_array_equal(heard(tmp_path, damaged, start_s=start_s)[0], whole[begin:])
