"""A recording is read whole, or a word is said: odd headers, files that are cut, joined, damaged, or never finished."""

from __future__ import annotations

import cProfile
import ctypes
import io
import pstats
import struct
import sys

import numpy as np
import pytest
import soundfile as sf
from oddfiles import in_ogg
from readings import RATE, VOICE, assert_whole, encoded, heard, pcm16, wav

from specaug_listen import load
from specaug_listen.audio.containers import View, flac_frames, layout_of
from specaug_listen.audio.containers.flac import _crc8
from specaug_listen.audio.recording import open_recording
from specaug_listen.errors import AudioError, SpecAugListenWarning

# -- lengths that a header leaves open or has wrong -----------------------------------------------------


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


def test_zeros_behind_the_sound_are_left_out_with_a_word(tmp_path):
    pcm = pcm16()
    notices = assert_whole(tmp_path, wav(pcm, len(pcm), after=bytes(4000)), kinds=("zeros-after",))
    assert notices["zeros-after"]["n_bytes"] == 4000


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


SIZED = ["AU", "CAF", "AIFF", "W64", "RF64", "NIST", "AVR", "FLAC", "HTK"]


def test_a_length_that_is_not_that_of_the_sound_is_said_in_both_directions(subtests, tmp_path):
    for value, kind in [(8000, "longer"), (48000, "cut"), (32000, None)]:
        for container in SIZED:
            with subtests.test(container=container, value=value, kind=kind):
                notices = assert_whole(tmp_path, sized_layout(container, value), kinds=(kind,) if kind else ())
                if kind:
                    assert notices[kind] == {"n_present": 32000, "n_promised": value, "sample_rate": RATE}


# -- files that are cut ------------------------------------------------------------------------------


def test_a_cut_file_is_heard_as_far_as_it_goes(subtests, tmp_path):
    for container in ["WAV", "WAVEX", *SIZED, "VOC", "SVX"]:
        for kept in (0.3, 0.95):
            with subtests.test(kept=kept, container=container):
                whole = encoded(container=container, subtype="PCM_16")
                samples, notices = heard(tmp_path, whole[: int(kept * len(whole))])
                np.testing.assert_allclose(samples, VOICE[: len(samples)], atol=1e-4)
                assert notices == {"cut": {"n_present": len(samples), "n_promised": 32000, "sample_rate": RATE}}
                assert kept - 0.16 < len(samples) / 32000 <= kept


@pytest.mark.parametrize("container", ["PAF", "IRCAM", "PVF"])
def test_a_container_without_a_length_is_read_to_its_end(tmp_path, container):
    whole = encoded(container=container, subtype="PCM_16")
    assert_whole(tmp_path, whole, kinds=("open-length",))
    samples, notices = heard(tmp_path, whole[: len(whole) // 2 // 2 * 2])
    assert 0 < len(samples) < 16000
    assert notices == {"open-length": {"n_present": len(samples), "n_promised": None, "sample_rate": RATE}}
    samples, notices = heard(tmp_path, whole[:-1])
    assert notices["cut-within"] == {"n_present": 31999, "within": "sample", "sample_rate": RATE}


@pytest.mark.parametrize("subtype", ["VORBIS", "OPUS"])
def test_an_ogg_that_ends_too_early_says_so(tmp_path, subtype):
    whole = encoded(container="OGG", subtype=subtype)
    samples, notices = heard(tmp_path, whole)
    assert (len(samples), notices) == (32000, {})
    pages = [i for i in range(len(whole)) if whole[i : i + 4] == b"OggS"]
    for end, within in ((len(whole) - 5, "page"), (pages[-1], "stream")):
        samples, notices = heard(tmp_path, whole[:end])
        assert 4000 < len(samples) < 32000
        assert notices == {"cut-within": {"n_present": len(samples), "within": within, "sample_rate": RATE}}


def test_strictly_a_cut_file_is_refused_and_a_whole_one_is_not(tmp_path):
    whole = encoded()
    (tmp_path / "clip.wav").write_bytes(whole)
    assert load(tmp_path / "clip.wav", strict=True).n_samples == 32000
    (tmp_path / "clip.wav").write_bytes(whole[:-64])
    message = r"clip\.wav: cut: 31968 of 32000 samples are there .*; copy the file again \(refused, as --strict"
    with pytest.raises(AudioError, match=message):
        load(tmp_path / "clip.wav", strict=True)
    with pytest.raises(AudioError, match=message):
        open_recording(tmp_path / "clip.wav", RATE, tmp_path, strict=True)
    flac = encoded(container="FLAC")
    (tmp_path / "clip.flac").write_bytes(flac[:-64])
    with pytest.raises(AudioError, match=r"cut: \d+ of 32000 .*strict"):
        load(tmp_path / "clip.flac", strict=True)


def test_of_a_cut_file_of_which_nothing_is_left_nothing_is_heard(tmp_path):
    (tmp_path / "clip.wav").write_bytes(wav(b"", 200))
    with pytest.raises(AudioError, match=r"clip\.wav: cut: 0 of 100 samples are there"):
        load(tmp_path / "clip.wav")


def test_a_start_behind_what_is_there_says_how_much_that_is(tmp_path):
    (tmp_path / "clip.flac").write_bytes(encoded(container="FLAC")[:20000])
    with pytest.raises(AudioError, match=r"start=1\.9 s is after the end; the clip lasts 0\.\d+ s"):
        load(tmp_path / "clip.flac", start_s=1.9)


# -- damage -------------------------------------------------------------------------------------------


def test_a_flac_that_is_damaged_is_silent_there_and_heard_behind_it(subtests, tmp_path):
    for damage in ("bytes", "removed", "inserted"):
        for span in [{}, {"start_s": 0.9}, {"start_s": 1.2, "duration_s": 0.5}, {"duration_s": 1.5}]:
            with subtests.test(span=span, damage=damage):
                data = encoded(container="FLAC")
                middle = len(data) // 2
                if damage == "bytes":
                    data[middle : middle + 20] = b"\xff" * 20
                elif damage == "removed":
                    del data[middle : middle + 100]
                else:
                    data[middle:middle] = b"hello" * 20
                samples, notices = heard(tmp_path, data, **span)
                begin = round(span.get("start_s", 0) * RATE)
                expected = VOICE[begin : begin + round(span.get("duration_s", 9) * RATE)]
                assert len(samples) == len(expected)
                is_silent = samples == 0
                np.testing.assert_allclose(samples[~is_silent], expected[~is_silent], atol=1e-4)
                assert set(notices) <= {"silenced"}
                if "start_s" not in span:
                    n_lost = notices["silenced"]["n_lost"]
                    assert notices == {"silenced": {"n_lost": n_lost, "n_places": 1, "sample_rate": RATE}}
                    assert 0 < n_lost <= is_silent.sum() < n_lost + 20


def test_a_flac_that_is_damaged_in_two_places_and_cut_is_heard_between_them(tmp_path):
    data = encoded(np.tile(VOICE, 4), "FLAC")[:-5000]
    for share in (0.3, 0.6):
        data[int(share * len(data))] ^= 255
    samples, notices = heard(tmp_path, data)
    assert notices["silenced"]["n_places"] == 2
    assert notices["cut"] == {"n_present": len(samples), "n_promised": 4 * 32000, "sample_rate": RATE}
    assert len(samples) > 3.5 * 32000


def test_a_number_of_a_frame_that_means_nothing_makes_no_silence(tmp_path):
    """Frames of another, far longer file are no reason for hours of silence."""
    data = encoded(np.tile(VOICE, 2), "FLAC")
    frames = [place for place, _ in flac_frames_of(tmp_path, data)]
    assert frames == list(range(0, 64000, 4096))


def flac_frames_of(tmp_path, data):
    path = tmp_path / "frames.flac"
    path.write_bytes(data)
    with View(path, [(0, len(data))]) as stream:
        return list(flac_frames(stream))


def test_what_only_looks_like_frames_of_a_flac_is_tried_now_and_then(tmp_path, monkeypatch):
    """Each of these would be decoded up to the end of the file, which would last for hours."""
    data = encoded(VOICE[:8000], "FLAC")
    _, second = (at for _, at in flac_frames_of(tmp_path, data))
    data[21:26] = bytes([data[21] & 0xF0]) + struct.pack(">I", 1 << 25)
    fakes = b"".join(head + bytes([_crc8(head)]) for head in (b"\xff\xf8\xc9\x08%c" % (n % 100) for n in range(5000)))
    read = []
    monkeypatch.setattr(
        "specaug_listen.audio.sndfile_decoder._close_file", lambda file, view: (file.close(), read.append(view.n_read))
    )
    assert len(heard(tmp_path, data[:second] + fakes)[0]) == 4096
    assert len(read) < 500
    assert sum(read) < 100 * len(fakes)


def test_behind_damage_in_ogg_the_work_grows_with_the_file(tmp_path):
    """Where all pages were listed again for each frame, twice as many made four times the work."""
    calls = []
    for n in (1, 2):
        data = in_ogg(bytes(encoded(0.01 * np.tile(VOICE, n), "FLAC", compression_level=0)), 50)
        (tmp_path / "clip.oga").write_bytes(data[: len(data) // 2] + data[len(data) // 2 + 500 :])
        profile = cProfile.Profile()
        with pytest.warns(SpecAugListenWarning):
            profile.runcall(load, tmp_path / "clip.oga")
        calls.append(pstats.Stats(profile).total_calls)
    assert calls[1] < 2.5 * calls[0]


@pytest.mark.parametrize("junk", [b"junk " * 300, bytes(1000) + b"junk"], ids=["text", "zeros and text"])
def test_what_is_behind_the_frames_of_a_flac_is_said_and_no_sound(tmp_path, junk):
    assert assert_whole(tmp_path, encoded(container="FLAC") + junk, kinds=("junk-after",))
    assert_whole(tmp_path, encoded(container="FLAC") + b"TAG" + bytes(125))


def test_an_ogg_that_has_lost_a_page_says_so(tmp_path):
    data = encoded(np.tile(VOICE, 4), "OGG", "VORBIS")
    pages = [i for i in range(len(data)) if data[i : i + 4] == b"OggS"]
    samples, notices = heard(tmp_path, data[: pages[4]] + data[pages[5] :])
    assert notices["pages-lost"] == {"n_pages": 1, "n_bytes": 0, "n_bad": 0}
    assert len(samples) < 4 * 32000
    data[pages[4] + 100] ^= 255
    samples, notices = heard(tmp_path, data)
    assert notices["pages-lost"] == {"n_pages": 0, "n_bytes": 0, "n_bad": 1}
    assert notices["stopped"]["n_promised"] == 4 * 32000 > notices["stopped"]["n_present"] == len(samples)


# -- formats that cannot be sought, and codecs ---------------------------------------------------------

UNSEEKABLE = [
    ("WAV", "GSM610"), ("AIFF", "GSM610"), ("W64", "GSM610"), ("WAV", "G721_32"), ("AU", "G721_32"),
    ("AU", "G723_24"), ("AU", "G723_40"), ("WAV", "NMS_ADPCM_32"),
]  # fmt: skip


def test_what_cannot_be_sought_is_read_from_the_beginning(subtests, tmp_path):
    for container, subtype in UNSEEKABLE:
        with subtests.test(container=container, subtype=subtype):
            samples, notices = heard(tmp_path, encoded(container=container, subtype=subtype))
            assert 32000 <= len(samples) <= 32400
            assert notices == {}
            assert np.corrcoef(samples[:32000], VOICE)[0, 1] > 0.9
            part, _ = heard(tmp_path, encoded(container=container, subtype=subtype), start_s=0.6, duration_s=0.5)
            np.testing.assert_array_equal(part, samples[9600:17600])


def test_a_cut_file_of_a_codec_says_how_much_is_there(tmp_path):
    whole = encoded(subtype="GSM610")
    samples, notices = heard(tmp_path, whole[: len(whole) // 2])
    assert abs(notices["cut"]["n_promised"] - 32000) < 700
    assert notices["cut"]["n_present"] == len(samples)


def test_shorten_in_nist_is_named_with_what_converts_it(tmp_path):
    data = encoded(container="NIST", subtype="PCM_16").replace(
        b"sample_coding -s3 pcm", b"sample_coding -s26 pcm,embedded-shorten-v2.00"
    )
    (tmp_path / "clip.sph").write_bytes(data[:4000])
    with pytest.raises(AudioError, match=r"clip\.sph: is a NIST file .*\(pcm,embedded-shorten.*sph2pipe -f wav"):
        load(tmp_path / "clip.sph")


# -- several streams in one file -----------------------------------------------------------------------

JOINED = [
    ("WAV", "PCM_16"), ("AU", "PCM_16"), ("FLAC", "PCM_16"), ("OGG", "VORBIS"), ("AIFF", "PCM_16"), ("W64", "PCM_16"),
    ("W64", "PCM_U8"), ("CAF", "PCM_16"), ("CAF", "ALAC_16"),
]  # fmt: skip


def test_files_behind_each_other_are_all_read(subtests, tmp_path):
    for container, subtype in JOINED:
        with subtests.test(container=container, subtype=subtype):
            one, two = encoded(VOICE, container, subtype), encoded(-VOICE[:20000], container, subtype)
            first, second = heard(tmp_path, one)[0], heard(tmp_path, two)[0]
            samples, notices = heard(tmp_path, one + two)
            np.testing.assert_array_equal(samples, np.concatenate([first, second]))
            assert notices == {}
            part, _ = heard(tmp_path, one + two, start_s=1.9, duration_s=0.3)
            np.testing.assert_allclose(part, samples[30400:35200], atol=1e-6)
            behind, _ = heard(tmp_path, one + two, start_s=2.5)
            np.testing.assert_allclose(behind, samples[40000:], atol=1e-6)


def test_a_short_file_that_is_there_twice_is_heard_twice(subtests, tmp_path):
    for container, subtype in JOINED:
        with subtests.test(container=container, subtype=subtype):
            short = bytes(encoded(VOICE[:100], container, subtype))
            one, notices = heard(tmp_path, short)
            samples, again = heard(tmp_path, 2 * short)
            np.testing.assert_allclose(samples, np.tile(one, 2), atol=1e-6)
            assert again == notices == {}


@pytest.mark.parametrize(("container", "subtype"), [("WAV", "PCM_16"), ("AU", "PCM_16"), ("WAV", "GSM610")])
def test_a_file_with_a_header_is_heard_though_its_ending_says_it_has_none(tmp_path, container, subtype):
    data = encoded(VOICE[:9600], container, subtype)
    expected, _ = heard(tmp_path, data)
    samples, notices = heard(tmp_path, data, "clip.raw")
    np.testing.assert_array_equal(samples, expected)
    assert notices == {}


@pytest.mark.parametrize("share", [0.3, 0.5, 0.9])
def test_an_aiff_of_packed_samples_that_is_damaged_says_how_many_are_missing(tmp_path, share):
    data = encoded(VOICE[:30011], "AIFF", "DWVW_16")
    at = round(share * len(data))
    samples, notices = heard(tmp_path, data[:at] + bytes(len(data) - at))
    assert notices["cut"] == {"n_present": len(samples), "n_promised": 30011, "sample_rate": RATE}


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


@pytest.mark.parametrize("between", [b"", struct.pack("<4sI", b"LIST", 4) + b"INFO"], ids=["nothing", "LIST"])
def test_all_chunks_of_sound_in_a_wav_are_heard(tmp_path, between):
    pcm = pcm16()
    more = between + b"data" + struct.pack("<I", len(pcm) - 20000) + pcm[20000:]
    assert_whole(tmp_path, wav(pcm[:20000], 20000, riff=99999, after=more))


def test_all_chunks_of_sound_in_an_aiff_are_heard(tmp_path):
    first, second = (encoded(part, "AIFF", "PCM_16") for part in (VOICE[:10000], VOICE[10000:]))
    assert_whole(tmp_path, first + second[second.index(b"SSND") :])


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


@pytest.mark.parametrize("container", ["WAV", "FLAC", "OGG"])
def test_more_files_in_a_row_than_are_read_are_said(tmp_path, monkeypatch, container):
    for module in ("dispatch", "flac", "ogg"):
        monkeypatch.setattr(f"specaug_listen.audio.containers.{module}.MOST_FILES", 3)
    data = bytes(encoded(VOICE[:4000], container))
    samples, notices = heard(tmp_path, 3 * data)
    assert (len(samples), notices) == (12000, {})
    samples, notices = heard(tmp_path, 5 * data)
    assert (len(samples), notices) == (12000, {"files-left-out": {"n_files": 1000, "n_bytes": 2 * len(data)}})


def test_marks_of_many_files_are_not_each_given_a_decoder(tmp_path):
    (tmp_path / "clip.flac").write_bytes(5000 * b"fLaC\0\0\0\x22")
    layout = layout_of(tmp_path / "clip.flac")
    assert len(layout.streams) == 1000
    assert [notice.values["n_bytes"] for notice in layout.notices] == [32000]


def test_a_stream_of_another_rate_is_left_out_with_a_word(subtests, tmp_path):
    for container, subtype in JOINED:
        with subtests.test(container=container, subtype=subtype):
            one, two = encoded(VOICE, container, subtype), encoded(VOICE, container, subtype, rate=8000)
            samples, notices = heard(tmp_path, one + two)
            assert len(samples) == 32000
            assert notices == {"other-streams": {"n_streams": 1, "n_read": 1}}


def test_a_warning_is_the_packages_own(tmp_path):
    (tmp_path / "clip.wav").write_bytes(wav(pcm16(), 8000))
    with pytest.warns(SpecAugListenWarning, match=r"clip\.wav: longer than its header says: 32000 samples in place of"):
        load(tmp_path / "clip.wav")


def quiet_pcm():
    """Samples whose bytes look like headers of MPEG frames all the time: small negative numbers."""
    return np.random.default_rng(1).integers(-9, 9, RATE).astype("i2") / 32768


def test_samples_that_look_like_frames_are_no_mp3(subtests, tmp_path):
    for container, subtype in [(one, "PCM_16") for one in ("IRCAM", "PAF", "PVF", "MAT4", "MAT5")] + [
        ("XI", "DPCM_16")
    ]:
        with subtests.test(container=container, subtype=subtype):
            quiet = quiet_pcm()
            for data in (
                encoded(quiet, container, subtype),
                b"ID3\4\0\0\0\0\0\x40" + bytes(64) + encoded(quiet, container, subtype),
            ):
                if container == "XI" and data.startswith(b"ID3"):
                    continue
                samples, notices = heard(tmp_path, data)
                np.testing.assert_allclose(samples, quiet, atol=1e-6)
                assert notices.keys() <= {"open-length"}


def test_flac_in_ogg_is_read_whole_and_a_cut_one_with_a_word(tmp_path):
    data = in_ogg(encoded(container="FLAC"))
    assert_whole(tmp_path, data)
    assert assert_whole(tmp_path, data + data, np.concatenate([VOICE, VOICE])) == {}
    _, notices = heard(tmp_path, data[: len(data) * 2 // 3])
    assert notices["cut"]["n_promised"] == len(VOICE)
    assert list(notices) == ["cut"]


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


def test_sox_leaves_the_length_of_an_aiff_open_in_its_own_way(tmp_path):
    data = encoded(container="AIFF", subtype="PCM_16")
    at = data.index(b"SSND") + 4
    data[at : at + 4] = struct.pack(">I", 0x7F000008)
    assert_whole(tmp_path, data, kinds=("open-length",))


def test_bw64_is_read_as_rf64(tmp_path):
    data = encoded(container="RF64", subtype="PCM_16")
    data[:4] = b"BW64"
    assert_whole(tmp_path, data)


def test_what_fills_up_an_odd_size_of_8svx_is_no_sound(tmp_path):
    data = encoded(VOICE[:9999], "SVX", "PCM_S8")
    samples, notices = heard(tmp_path, data)
    assert (len(samples), notices) == (9999, {})


def test_two_channels_of_an_svx_are_not_heard_mixed_up(tmp_path):
    """They stand one behind the other; libsndfile takes every second sample for the right one."""
    data = encoded(VOICE[:9998], "SVX", "PCM_S8")
    body = data.index(b"BODY")
    chan = b"CHAN" + struct.pack(">II", 4, 6)
    (tmp_path / "clip.8svx").write_bytes(data[:body] + chan + data[body:])
    with pytest.raises(
        AudioError, match=r"is an SVX file of two channels that are not interleaved, .*: sox FILE FILE\.wav"
    ):
        load(tmp_path / "clip.8svx")


def test_a_codec_that_libsndfile_lacks_is_told_with_the_command_that_converts_it(tmp_path, monkeypatch):
    monkeypatch.setattr("specaug_listen.audio.reading.has_ffmpeg", lambda: False)
    data = encoded(subtype="PCM_16")
    at = data.index(b"fmt ") + 8
    data[at : at + 2] = struct.pack("<H", 0x28F)  # G.722
    path = tmp_path / "call.wav"
    path.write_bytes(data)
    with pytest.raises(AudioError, match=r"pip install 'specaug-listen\[av\]'.*ffmpeg -i call.wav call-pcm.wav$"):
        load(path)


def test_a_page_of_text_that_is_named_mp3_is_not_called_a_pipe(tmp_path):
    path = tmp_path / "clip.mp3"
    path.write_bytes(b"<html>not found</html>" * 99)
    with pytest.raises(AudioError, match="no MPEG frames in its first MB"):
        load(path)


# -- what stands before and behind the sound ----------------------------------------------------------

BEHIND = {
    "text": (b"these are words and no sound. " * 40, "junk-after"),
    "dense": (np.random.default_rng(3).bytes(3000), "junk-after"),
    "zeros": (bytes(3000), "zeros-after"),
    "ones": (b"\xff" * 3000, "junk-after"),
    "text of many letters": ("<p>größer, 日本語</p>\n".encode() * 40, "junk-after"),
    "picture": (b"\x89PNG\r\n\x1a\n" + bytes(range(200)) * 20, "junk-after"),
}


def test_what_is_no_sound_behind_it_is_left_out_with_a_word(subtests, tmp_path):
    for name, (rest, kind) in BEHIND.items():
        for container in ["WAV", *(one for one in SIZED if one != "FLAC"), "SVX", "VOC", "MAT5", "MPC2K"]:
            with subtests.test(container=container, name=name):
                notices = assert_whole(tmp_path, encoded(container=container, subtype="PCM_16") + rest, kinds=(kind,))
                assert notices[kind] == {"n_bytes": len(rest)}


ID3 = b"ID3\3\0\0\0\0\0\x20TIT2" + bytes(28)
TAGS = {"ID3v1": b"TAG" + bytes(125), "ID3v2": ID3, "both": ID3 + b"TAG" + bytes(125)}


def test_tags_behind_the_sound_are_no_sound_and_nothing_is_said(subtests, tmp_path):
    for name, tags in TAGS.items():
        for container in ["WAV", *(one for one in SIZED if one != "FLAC"), "SVX", "MAT5"]:
            with subtests.test(container=container, name=name):
                assert_whole(tmp_path, encoded(container=container, subtype="PCM_16") + tags)


def test_tags_behind_what_fills_up_the_sound_are_no_sound_either(subtests, tmp_path):
    for container, subtype, n_samples in [
        ("WAV", "PCM_U8", 9001),
        ("WAV", "ULAW", 9001),
        ("WAV", "PCM_24", 9001),
        ("WAV", "GSM610", 9280),
        ("CAF", "PCM_S8", 9001),
        ("CAF", "PCM_24", 9001),
    ]:
        for name, tags in TAGS.items():
            with subtests.test(name=name, container=container, subtype=subtype, n_samples=n_samples):
                samples, notices = heard(tmp_path, encoded(VOICE[:n_samples], container, subtype) + tags)
                assert (len(samples), notices) == (n_samples, {})


def test_bytes_behind_what_fills_up_an_odd_size_are_no_sound_and_said(subtests, tmp_path):
    for container in ("WAV", "RF64", "CAF"):
        for rest in [b"\0", b"\x55", b"\x55\xaa", b"\x80" * 7]:
            with subtests.test(rest=rest, container=container):
                subtype = "PCM_S8" if container == "CAF" else "PCM_U8"
                data = bytes(encoded(VOICE[:9999], container, subtype))
                whole, notices = heard(tmp_path, data)
                assert notices == {}
                samples, notices = heard(tmp_path, data + rest)
                np.testing.assert_array_equal(samples, whole)
                assert list(notices) == ["junk-after"]


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


def test_zeros_behind_the_frames_of_a_flac_are_called_zeros(subtests, tmp_path):
    for total in ("told", "open"):
        for n in (1, 20, 3000):
            with subtests.test(n=n, total=total):
                data = bytes(encoded(container="FLAC", subtype="PCM_16"))
                data = data if total == "told" else data[:22] + bytes(4) + data[26:]
                samples, notices = heard(tmp_path, data + bytes(n))
                assert len(samples) == len(VOICE)
                assert list(notices) == ["zeros-after"] if total == "told" else ["open-length", "zeros-after"]
                assert notices["zeros-after"] == {"n_bytes": n}
                assert "zeros-after" not in heard(tmp_path, data + bytes(n) + b"words " * 20)[1]


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


def test_an_aiff_whose_format_follows_its_sound_is_read(tmp_path):
    data = encoded(container="AIFF", subtype="PCM_16")
    common, sound = data.index(b"COMM"), data.index(b"SSND")
    assert_whole(tmp_path, data[:common] + data[sound:] + data[common : common + 26])


def test_sound_that_goes_on_behind_a_wrapped_size_is_not_taken_for_junk(tmp_path):
    noise = np.random.default_rng(4).uniform(-0.9, 0.9, 2 * RATE).astype("f4")
    assert_whole(tmp_path, wav(pcm16(noise), 16000), noise, kinds=("longer",))


QUIET_THEN_LOUD = np.concatenate([VOICE[:8000] * 0.01, 3 * VOICE[8000:]])


def test_sound_that_goes_on_behind_a_size_that_was_not_updated_is_heard_however_dense(subtests, tmp_path):
    """The lower bytes of its samples are as dense as compressed data; the highest are not."""
    for n_channels in (1, 2, 3):
        for subtype in ("PCM_16", "PCM_24", "PCM_32", "FLOAT"):
            with subtests.test(subtype=subtype, n_channels=n_channels):
                sound = np.repeat(QUIET_THEN_LOUD[:, None], n_channels, axis=1) * np.linspace(0.6, 1, n_channels)
                data = encoded(sound, "WAV", subtype)
                at = data.index(b"data") + 4
                frame = n_channels * {"PCM_16": 2, "PCM_24": 3}.get(subtype, 4)
                for n_told in (8000, len(VOICE) - 3000, len(VOICE) - 20):
                    short = data[:at] + struct.pack("<I", n_told * frame) + data[at + 4 :]
                    samples, notices = heard(tmp_path, short[: at + 4 + len(VOICE) * frame])
                    assert len(samples) == len(VOICE)
                    assert list(notices) == ["longer"]


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "FLOAT"])
def test_compressed_data_behind_sound_are_none_however_little_dense(tmp_path, subtype):
    data, noise = encoded(VOICE, "WAV", subtype), np.random.default_rng(5)
    packed = b"".join(noise.bytes(90) + bytes(10) for _ in range(200))
    for rest in (packed, noise.bytes(40), noise.bytes(400), noise.bytes(4000)):
        assert heard(tmp_path, data + rest)[1]["junk-after"] == {"n_bytes": len(rest)}


def test_digital_silence_of_unsigned_samples_behind_the_size_is_sound(tmp_path):
    silent = np.concatenate([VOICE[:8000], np.zeros(8000, "f4")])
    data = encoded(silent, "WAV", "PCM_U8")
    at = data.index(b"data") + 4
    samples, notices = heard(tmp_path, data[:at] + struct.pack("<I", 9000) + data[at + 4 :])
    assert (len(samples), list(notices)) == (16000, ["longer"])


APE_1 = struct.pack("<II", 6, 0) + b"Title\0" + b"x" * 6 + struct.pack("<8sIIII8x", b"APETAGEX", 1000, 52, 1, 0)


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


SMALL = {
    "newline": (b"\n", True),
    "CRLF": (b"\r\n", True),
    "part of a tag": (b"TAG" + b"a" * 60, True),
    "ones": (b"\xff" * 100, True),
    "ID3v1": (b"TAG" + b"words " * 20 + bytes(5), False),
    "newline and ID3v1": (b"\n" + b"TAG" + bytes(125), True),
    "APEv1": (APE_1, False),
}


def test_nothing_is_missing_where_something_small_is_behind_the_sound(subtests, tmp_path):
    for name, (rest, is_said) in SMALL.items():
        with subtests.test(name=name):
            for container, subtype in [
                ("MP3", None),
                ("OGG", "VORBIS"),
                ("OGG", "OPUS"),
                ("FLAC", None),
                ("WAV", None),
            ]:
                data = bytes(encoded(VOICE, container, subtype))
                whole, notices = heard(tmp_path, data)
                assert notices == {}
                samples, notices = heard(tmp_path, data + rest)
                np.testing.assert_array_equal(samples, whole)
                assert list(notices) == (["junk-after"] if is_said else []), container


COPIED = {"CAF": 4096, "W64": 104, "PVF": 16, "MAT4": 68, "MAT5": 264, "SDS": 21}


def test_copies_of_the_header_are_no_sound(subtests, tmp_path):
    for container, length in COPIED.items():
        for is_closed in (True, False):
            with subtests.test(is_closed=is_closed, container=container, length=length):
                data = encoded(container=container, subtype="PCM_16")
                header, sound = data[:length], data[length:]
                start = bytearray(header)
                if container in OF_NOTHING:
                    place, form = OF_NOTHING[container]
                    struct.pack_into(form, start, place, 0)
                elif container == "SDS":
                    start[10:13] = bytes(3)
                kinds = ("open-length",) if container == "PVF" else () if is_closed else ("no-length",)
                assert_whole(tmp_path, start + start + sound + (header if is_closed else b""), kinds=kinds)


def test_the_shortest_header_is_found_again_too(tmp_path):
    data = encoded(VOICE[:8000], "PVF", "PCM_16", rate=8000)
    assert data.index(b"\n", 5) == 14
    samples, _ = heard(tmp_path, data[:15] + data)
    np.testing.assert_allclose(samples, VOICE[:8000], atol=1e-4)


OF_NOTHING = {"CAF": (4096 - 12, ">q"), "W64": (96, "<Q"), "MAT4": (47, "<I"), "MAT5": (260, "<I")}


@pytest.mark.parametrize("n_blocks", [10, 11])
def test_of_an_odd_number_of_blocks_of_gsm_no_more_is_heard_than_was_written(tmp_path, n_blocks):
    samples, notices = heard(tmp_path, encoded(VOICE[: 320 * n_blocks], subtype="GSM610"))
    assert (len(samples), notices) == (320 * n_blocks, {})


IN_BLOCKS = [
    *(("WAV", one) for one in ("IMA_ADPCM", "MS_ADPCM", "GSM610", "G721_32", "NMS_ADPCM_16")),
    *(("AU", one) for one in ("G721_32", "G723_24", "G723_40")),
    *(("AIFF", one) for one in ("IMA_ADPCM", "GSM610")),
    *(("W64", one) for one in ("IMA_ADPCM", "MS_ADPCM", "GSM610")),
    ("CAF", "ALAC_16"),
]


def test_of_a_block_that_is_cut_nothing_is_heard(subtests, tmp_path):
    for container, subtype in IN_BLOCKS:
        with subtests.test(container=container, subtype=subtype):
            data = encoded(container=container, subtype=subtype)
            whole, _ = heard(tmp_path, data)
            for share in (0.43, 0.81):
                samples, notices = heard(tmp_path, data[: int(share * len(data))])
                assert len(samples) > 0
                np.testing.assert_array_equal(samples, whole[: len(samples)])
                assert list(notices) == ["cut"]
                assert notices["cut"]["n_present"] == len(samples)
                if container != "CAF":  # there, how many packets there were may stand behind the sound
                    assert notices["cut"]["n_promised"] == len(whole)


def test_a_logarithmic_voc_does_not_hear_the_mark_of_its_end(tmp_path):
    samples, notices = heard(tmp_path, encoded(VOICE[:9999], "VOC", "ULAW"))
    assert (len(samples), notices) == (9999, {})


def test_packets_of_sds_that_are_damaged_are_counted(subtests, tmp_path, capfd):
    for place in (0, 1, 60, 125):
        with subtests.test(place=place):
            data = encoded(container="SDS", subtype="PCM_16")
            data[21 + 127 * 9 + place] ^= 1
            data[21 + 127 * 19 + place] ^= 1
            _, notices = heard(tmp_path, data)
            assert notices["packets-damaged"] == {"n_packets": 2}
            assert capfd.readouterr() == ("", "")


def test_sd2_is_read_where_its_other_file_is_and_nobody_can_tell_whether_it_is_cut(tmp_path):
    sf.write(tmp_path / "clip.sd2", VOICE, RATE, subtype="PCM_16")
    clip = load(tmp_path / "clip.sd2")
    np.testing.assert_allclose(clip.samples[0], VOICE, atol=1e-4)
    assert [notice.kind for notice in clip.notices] == ["open-length"]


# -- a codec that is not read, and a file that is broken -----------------------------------------------


def test_a_header_that_is_cut_is_no_reason_to_install_anything(subtests, tmp_path):
    for container in ("WAV", "AIFF", "CAF", "W64", "FLAC", "OGG", "NIST", "VOC", "PAF", "SVX", "MAT5"):
        with subtests.test(container=container):
            path = tmp_path / "clip.bin"
            path.write_bytes(encoded(container=container)[:28])
            with pytest.raises(
                AudioError, match=r"is an? \w+ file whose beginning cannot be read \(.*cut or damaged; copy it"
            ):
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


# -- what a header's size leaves over, by its own content -----------------------------------------------


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


def test_a_size_that_is_a_few_bytes_short_loses_nothing(subtests, tmp_path):
    for end in (0, 0.3):
        for n_short in range(1, 8):
            with subtests.test(n_short=n_short, end=end):
                sound = np.concatenate([VOICE, np.full(8, end, "f4")])
                pcm = pcm16(sound)
                assert_whole(tmp_path, wav(pcm, len(pcm) - n_short), sound, kinds=("longer",))


def test_what_fills_up_a_chunk_is_no_sound(tmp_path):
    pcm = bytes(range(100, 133))
    samples, notices = heard(tmp_path, wav(pcm, 33).replace(b"\x02\0\x10\0data", b"\x01\0\x08\0data") + b"\0")
    assert (len(samples), notices) == (33, {})


# -- what an ending or a folder may not decide ----------------------------------------------------------

NO_SOUND = {
    "page": (b"<!DOCTYPE html><title>404</title>" * 40, "not readable as audio"),
    "M4A": (b"\0\0\0\x20ftypM4A " + bytes(3000), r"is an MPEG-4 audio \(M4A\) file"),
    "noise": (np.random.default_rng(6).bytes(3000), "not readable as audio"),
}


def test_bytes_without_a_header_are_no_sound_whatever_their_ending(subtests, tmp_path, monkeypatch):
    for name, (data, said) in NO_SOUND.items():
        for ending in ("au", "snd", "vox6"):
            with subtests.test(ending=ending, name=name):
                monkeypatch.setattr("specaug_listen.audio.reading.has_ffmpeg", lambda: False)
                path = tmp_path / f"clip.{ending}"
                path.write_bytes(data)
                with pytest.raises(AudioError, match=said):
                    load(path)


def test_a_file_that_has_no_header_by_its_ending_is_refused_with_what_gives_it_one(subtests, tmp_path):
    for ending in ("raw", "pcm", "gsm", "vox", "ul", "al", "sln"):
        with subtests.test(ending=ending):
            path = tmp_path / f"clip.{ending}"
            path.write_bytes(np.random.default_rng(6).bytes(3000))
            with pytest.raises(
                AudioError, match=r"has no header .* as of \d+ kHz and .*: sox -t \w+ -r \d+ .*FILE FILE\.wav"
            ):
                load(path)


def test_an_au_whose_mark_is_damaged_is_no_noise(tmp_path):
    path = tmp_path / "clip.au"
    path.write_bytes(bytes(8) + encoded(container="AU", subtype="PCM_16")[8:])
    with pytest.raises(AudioError, match="not readable as audio"):
        load(path)


@pytest.mark.parametrize("place", [".AppleDouble", "._"])
def test_what_lies_in_the_working_folder_is_not_taken_for_a_part_of_an_mp3(tmp_path, monkeypatch, place):
    data = encoded(container="MP3")
    before, _ = heard(tmp_path, data)
    monkeypatch.chdir(tmp_path)
    (tmp_path / place).mkdir()
    samples, notices = heard(tmp_path, data)
    np.testing.assert_array_equal(samples, before)
    assert notices == {}


@pytest.mark.skipif(sys.platform == "win32", reason="not one library of C")
def test_nothing_is_printed_where_a_damaged_dump_of_samples_is_sought(tmp_path, capfd):
    data = encoded(container="SDS", subtype="PCM_16")
    heard(tmp_path, data + data, start_s=2.5)
    heard(tmp_path, data.replace(b"\n", b"\r\n"), start_s=0.5)
    ctypes.CDLL(None).fflush(None)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(("form", "subtype"), [("AIFF", "DWVW_16"), ("CAF", "ALAC_16")])
def test_a_cut_file_of_packed_samples_says_its_own_length(tmp_path, form, subtype):
    """Its bytes do not tell how many samples there were; another field does."""
    buffer = io.BytesIO()
    sf.write(buffer, VOICE, RATE, format=form, subtype=subtype)
    data = buffer.getvalue()
    samples, notices = heard(tmp_path, data)
    assert (len(samples), notices) == (len(VOICE), {})
    samples, notices = heard(tmp_path, data[: len(data) // 2])
    assert 0 < len(samples) < len(VOICE)
    assert notices == {"cut": {"n_present": len(samples), "n_promised": len(VOICE), "sample_rate": RATE}}


@pytest.mark.parametrize("n_bits", [0, 1, 7])
def test_an_avr_of_samples_without_bytes_is_no_traceback(tmp_path, n_bits):
    data = encoded(container="AVR", subtype="PCM_16")
    data[14:16] = struct.pack(">H", n_bits)
    with pytest.raises(AudioError, match=r"clip\.bin"):
        heard(tmp_path, data)
