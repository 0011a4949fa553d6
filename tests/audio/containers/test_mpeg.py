"""MP3: what its first frame tells is compared with its frames, and what is no frame is said."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from mp3files import LONG, PER_FRAME, frames, mp3, without_tag
from readings import RATE, VOICE, heard

from specaug_listen import load
from specaug_listen.errors import AudioError


@pytest.mark.parametrize("mode", ["CONSTANT", "VARIABLE"])
def test_a_file_with_a_true_tag_is_as_long_as_what_was_encoded(tmp_path, mode):
    samples, notices = heard(tmp_path, mp3(mode=mode))
    assert (len(samples), notices) == (len(LONG), {})
    assert np.corrcoef(samples, LONG)[0, 1] > 0.99


@pytest.mark.parametrize("mode", ["CONSTANT", "VARIABLE"])
def test_without_a_tag_every_frame_is_heard(tmp_path, mode):
    data = mp3(mode=mode)
    run, sound = frames(data)
    samples, notices = heard(tmp_path, sound)
    assert (len(samples), notices) == (PER_FRAME * run.n_frames, {})
    tagged, _ = heard(tmp_path, data)
    shift = int(np.argmax(np.correlate(samples[:4000], tagged[:2000], "valid")))
    np.testing.assert_allclose(samples[shift : shift + len(tagged)], tagged, atol=1e-6)


APE = (
    b"APETAGEX" + struct.pack("<IIII", 2000, 1032, 1, 0xA0000000) + bytes(8)
    + struct.pack("<II", 986, 0) + b"Title\0" + b"A" * 986
    + b"APETAGEX" + struct.pack("<IIII", 2000, 1032, 1, 0x80000000) + bytes(8)
)  # fmt: skip


TAGS = {
    "ID3v2": (b"ID3\x04\0\0\0\0\x0f\x50" + b"\xff\xfb" * 1000, b""),
    "two of ID3v2": (b"ID3\x03\0\0\0\0\0\x0a" + bytes(10) + b"ID3\x03\0\0\0\0\0\x0a" + bytes(10), b""),
    "ID3v1": (b"", b"TAG" + b"\xff" * 125),
    "APE": (b"", APE),
    "Lyrics3": (b"", b"LYRICSBEGIN" + b"IND0000200ETT00005hello" + b"000032LYRICS200" + b"TAG" + b"x" * 125),
    "zeros": (b"", bytes(500)),
    "zeros before": (bytes(500), b""),
    "APE before": (APE, b""),
    "APE before, without a footer": (APE[:-32], b""),
}


def test_tags_are_no_sound(subtests, tmp_path):
    for name in TAGS:
        for tagged in (True, False):
            with subtests.test(tagged=tagged, name=name):
                before, after = TAGS[name]
                data = mp3() if tagged else without_tag(mp3())
                expected, _ = heard(tmp_path, data)
                samples, notices = heard(tmp_path, before + data + after)
                np.testing.assert_array_equal(samples, expected)
                assert notices == {}


def test_something_before_the_frames_is_said(subtests, tmp_path):
    for before in [
        b"x",
        b"hello, world 1234",
        b"text " * 210,
        b"\xff" * 100,
        b"LIST\4\0\0\0INFO",
        bytes(600),
        APE + b"\x12\x34" * 100,
    ]:
        for tagged in (True, False):
            with subtests.test(tagged=tagged, before=before):
                data = mp3() if tagged else without_tag(mp3())
                expected, _ = heard(tmp_path, data)
                samples, notices = heard(tmp_path, before + data)
                np.testing.assert_allclose(samples, expected, atol=1e-6)
                assert notices == {"junk-before": {"n_bytes": len(before) - len(APE) * before.startswith(APE)}}


def test_a_file_that_begins_within_a_frame_says_so_and_one_that_begins_between_two_cannot(tmp_path):
    sound = without_tag(mp3(VOICE))
    run, _ = frames(sound)
    length = len(sound) // run.n_frames
    half = length * (run.n_frames // 2)
    samples, notices = heard(tmp_path, sound[half:])
    assert (len(samples), "junk-before" in notices) == (PER_FRAME * (run.n_frames - run.n_frames // 2), False)
    for n_more in (1, 3, 100, length - 1):
        samples, notices = heard(tmp_path, sound[half + n_more :])
        assert len(samples) == PER_FRAME * (run.n_frames - run.n_frames // 2 - 1)
        assert notices["junk-before"] == {"n_bytes": length - n_more}
        assert "damaged" not in notices


def test_a_cut_file_that_begins_with_something_else_still_says_how_much_is_there(tmp_path):
    data = b"something else" + mp3()
    _, notices = heard(tmp_path, data[: len(data) // 2])
    assert list(notices) == ["junk-before", "cut"]
    assert notices["cut"]["n_promised"] == len(LONG)


def test_a_file_that_is_cut_within_its_first_sound_is_refused_as_cut(subtests, tmp_path):
    """Its first two frames hold no more than the decoder's delay."""
    for kept in (0.01, 0.5, 0.99, 1, 1.5):
        with subtests.test(kept=kept):
            data = mp3(VOICE)
            run, sound = frames(data)
            n_tag, length = len(data) - len(sound), len(sound) / run.n_frames
            (tmp_path / "clip.mp3").write_bytes(data[: n_tag + round(kept * length)])
            with pytest.raises(AudioError, match=rf"clip\.mp3: cut: 0 of {len(VOICE)} samples are there"):
                load(tmp_path / "clip.mp3")


def test_many_zeros_behind_the_frames_are_said(tmp_path):
    expected, _ = heard(tmp_path, mp3())
    samples, notices = heard(tmp_path, mp3() + bytes(5000))
    np.testing.assert_array_equal(samples, expected)
    assert notices == {"zeros-after": {"n_bytes": 5000}}


def test_a_file_that_is_cut_says_how_much_is_there(tmp_path):
    data = mp3()
    samples, notices = heard(tmp_path, data[: len(data) // 2])
    assert notices == {"cut": {"n_present": len(samples), "n_promised": len(LONG), "sample_rate": RATE}}
    assert len(LONG) // 2 - 2000 < len(samples) < len(LONG) // 2 + 2000


def test_a_file_without_a_tag_that_ends_within_a_frame_says_so(tmp_path):
    sound = without_tag(mp3())
    run, _ = frames(sound)
    samples, notices = heard(tmp_path, sound[:-10])
    assert len(samples) == PER_FRAME * (run.n_frames - 1)
    assert notices == {"cut-within": {"n_present": len(samples), "within": "frame", "sample_rate": RATE}}


def test_a_tag_that_counts_too_few_frames_hides_none(tmp_path):
    data = bytearray(mp3())
    run, _ = frames(bytes(data))
    assert run.tag is not None
    struct.pack_into(">I", data, run.tag.place + 8, 40)
    samples, notices = heard(tmp_path, data)
    assert len(samples) == len(LONG)
    assert notices["longer"]["n_present"] == len(LONG)
    for n_frames in (0, 1):  # as one that tells of less than the padding has in it
        struct.pack_into(">I", data, run.tag.place + 8, n_frames)
        samples, notices = heard(tmp_path, data)
        assert len(samples) >= len(LONG)
        assert notices == {}


@pytest.mark.parametrize("tagged", [True, False])
def test_joined_files_are_all_heard(tmp_path, tagged):
    one, two = mp3(), mp3(VOICE)
    if not tagged:
        one, two = without_tag(one), without_tag(two)
    first, second = heard(tmp_path, one)[0], heard(tmp_path, two)[0]
    samples, notices = heard(tmp_path, one + b"TAG" + b"x" * 125 + two)
    assert len(samples) == len(first) + len(second)
    assert notices == {}


def test_of_joined_files_of_two_rates_the_first_is_heard_with_a_word(tmp_path):
    samples, notices = heard(tmp_path, mp3() + mp3(VOICE, 44100))
    assert len(samples) == len(LONG)
    assert notices == {"other-streams": {"n_streams": 1, "n_read": 1}}


def test_more_mp3_in_a_row_than_are_read_are_said(tmp_path, monkeypatch):
    monkeypatch.setattr("specaug_listen.audio.containers.mpeg.MAX_FILES", 3)
    data = mp3(VOICE)
    samples, notices = heard(tmp_path, 5 * data)
    assert len(samples) == 3 * len(VOICE)
    assert notices == {"files-left-out": {"n_files": 1000, "n_bytes": 2 * len(data)}}


def test_headers_of_which_the_last_one_seems_to_have_a_frame_are_no_mp3(tmp_path):
    (tmp_path / "clip.mp3").write_bytes(1000 * b"\xff\xfb\x90\0")
    with pytest.raises(AudioError, match=r"not readable as audio .no MPEG frames in its first MB"):
        load(tmp_path / "clip.mp3")


def test_fraunhofer_s_first_frame_counts_the_others_and_is_not_heard(tmp_path):
    run, sound = frames(mp3())
    whole, notices = heard(tmp_path, sound)
    assert notices == {}
    length = len(sound) // run.n_frames
    begin = {n: vbri(sound, n, length) for n in (run.n_frames, run.n_frames + 1, 0, 9)}
    for n in (run.n_frames, run.n_frames + 1, 0):  # some count the first one, too
        samples, notices = heard(tmp_path, begin[n] + sound)
        np.testing.assert_array_equal(samples, whole)
        assert notices == {}
    half = run.n_frames // 2 * length
    samples, notices = heard(tmp_path, begin[run.n_frames] + sound[:half])
    assert len(samples) == half // length * PER_FRAME
    assert notices["cut"]["n_promised"] == run.n_frames * PER_FRAME
    samples, notices = heard(tmp_path, begin[9] + sound)
    np.testing.assert_array_equal(samples, whole)
    assert notices["longer"]["n_promised"] == 9 * PER_FRAME


def vbri(sound, n_frames, length):
    """A first frame as Fraunhofer's encoder writes it."""
    tag = struct.pack(">4sHHHIIHHHH", b"VBRI", 1, 0, 75, len(sound), n_frames, 1, 1, 1, 1)
    return (sound[:4] + bytes(32) + tag).ljust(length, b"\0")


def test_one_frame_alone_is_too_little_and_no_pipe(tmp_path):
    run, sound = frames(mp3())
    (tmp_path / "one.mp3").write_bytes(sound[: len(sound) // run.n_frames])
    with pytest.raises(AudioError, match=r"one\.mp3: is an MP3 file [^(]*\(too little of it is there\)"):
        load(tmp_path / "one.mp3")
