"""MP3: the length comes from its frames, whatever a first frame or libsndfile's estimate say."""

from __future__ import annotations

import io
import os
import struct
import tracemalloc

import numpy as np
import pytest
import soundfile as sf
from readings import RATE, VOICE, heard, wav

from specaug_listen import load
from specaug_listen.audio.containers import layout_of
from specaug_listen.audio.containers.mpeg_frames import read_runs
from specaug_listen.errors import AudioError

LONG = np.concatenate([VOICE, 0.001 * VOICE, VOICE, VOICE])
PER_FRAME = 576


def mp3(samples=LONG, rate=RATE, mode="CONSTANT"):
    """An MP3 as LAME writes it: a first frame that tells of the others, then sound."""
    buffer = io.BytesIO()
    sf.write(buffer, samples, rate, format="MP3", bitrate_mode=mode, compression_level=0.6)
    return buffer.getvalue()


def frames(data):
    """Where the frames of sound are, and the first frame that is none."""
    (run,) = read_runs(io.BytesIO(data), 0, len(data)).runs
    return run, b"".join(data[a:b] for a, b in run.ranges)


def without_tag(data):
    return frames(data)[1]


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


def test_libsndfile_alone_would_lose_sound_here():
    """The reason for all this: its estimate is taken from the first frames."""
    sound = without_tag(mp3(np.concatenate([VOICE, np.zeros_like(VOICE)] * 2), mode="VARIABLE"))
    run_samples = PER_FRAME * read_runs(io.BytesIO(sound), 0, len(sound)).runs[0].n_frames
    assert sf.info(io.BytesIO(sound)).frames != run_samples


def test_a_part_is_that_of_the_whole(subtests, tmp_path):
    for span in [{"start_s": 1.3}, {"start_s": 7.9}, {"start_s": 0.5, "duration_s": 3.0}]:
        for tagged in (True, False):
            with subtests.test(tagged=tagged, span=span):
                data = mp3() if tagged else without_tag(mp3())
                whole, _ = heard(tmp_path, data)
                part, notices = heard(tmp_path, data, **span)
                begin = round(span["start_s"] * RATE)
                np.testing.assert_allclose(part, whole[begin : begin + len(part)], atol=1e-6)
                assert len(part) == min(len(whole) - begin, round(span.get("duration_s", 99) * RATE))
                assert notices == {}


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


def test_zeros_without_end_are_not_held_in_memory(tmp_path):
    path = tmp_path / "clip.mp3"
    path.write_bytes(mp3(VOICE))
    os.truncate(path, 1 << 25)
    tracemalloc.start()
    try:
        layout = layout_of(path)
        assert tracemalloc.get_traced_memory()[1] < 1 << 23
    finally:
        tracemalloc.stop()
    assert [notice.kind for notice in layout.notices] == ["zeros-after"]


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


@pytest.mark.parametrize("n_more", [1, 2, 3])
def test_a_frame_of_which_a_few_bytes_are_there_is_a_cut_and_no_damage(tmp_path, n_more):
    data = mp3(mode="CONSTANT")
    run, sound = frames(data)
    assert len(sound) % run.n_frames == 0
    half = len(data) - len(sound) + len(sound) // run.n_frames * (run.n_frames // 2)
    samples, notices = heard(tmp_path, data[:half])
    assert notices["cut"]["n_present"] == len(samples)
    same, again = heard(tmp_path, data[: half + n_more])
    assert (len(same), again) == (len(samples), notices)
    _, notices = heard(tmp_path, sound[: half - len(data) + len(sound) + n_more])
    assert notices["cut-within"]["within"] == "frame"


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


def test_what_is_no_frame_is_passed_over_and_said(tmp_path):
    sound = without_tag(mp3())
    run, _ = frames(sound)
    junk = b"\x55" * 5000
    place = run.ranges[0][0] + 50 * ((run.ranges[0][1] - run.ranges[0][0]) // run.n_frames)
    samples, notices = heard(tmp_path, sound[:place] + junk + sound[place:])
    assert len(samples) >= PER_FRAME * (run.n_frames - 1)
    assert 5000 <= notices["damaged"]["n_bytes"] < 6000
    hole = bytearray(sound)
    hole[place : place + 3000] = b"\x55" * 3000
    samples, notices = heard(tmp_path, hole)
    assert PER_FRAME * (run.n_frames - 30) < len(samples) < PER_FRAME * run.n_frames
    assert list(notices) == ["damaged"]
    hole[place : place + 3000] = bytes(3000)
    samples, notices = heard(tmp_path, hole)
    assert len(samples) < PER_FRAME * run.n_frames
    assert list(notices) == ["damaged"]


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


@pytest.mark.parametrize(("layer", "header", "n_bytes", "per_frame"), [(2, b"\xff\xf5\x88\xc4", 576, 1152)])
def test_frames_of_layer_2_are_counted_too(tmp_path, layer, header, n_bytes, per_frame):
    silence = header + bytes(n_bytes - 4)
    run = read_runs(io.BytesIO(silence * 40), 0, 40 * n_bytes).runs[0]
    assert (run.layer, run.n_frames, run.samples_per_frame) == (layer, 40, per_frame)
    samples, notices = heard(tmp_path, silence * 40)
    assert (len(samples), notices) == (40 * per_frame, {})


def test_frames_that_the_decoder_stumbles_over_are_counted_and_nothing_is_printed(tmp_path, capfd):
    data = bytearray(mp3())
    run, _ = frames(bytes(data))
    begin, end = run.ranges[0]
    length = (end - begin) // run.n_frames
    for frame in range(20, 60):
        at = begin + frame * length
        data[at + 8 : at + 40] = np.random.default_rng(frame).bytes(32)
    samples, notices = heard(tmp_path, data)
    assert len(samples) == len(LONG)
    assert notices["decoder-errors"]["n_errors"] > 5
    assert "[" not in notices["decoder-errors"]["reason"]
    assert capfd.readouterr() == ("", "")


def test_a_tag_whose_length_is_damaged_hides_no_frames(tmp_path, capfd):
    expected, _ = heard(tmp_path, mp3())
    samples, _ = heard(tmp_path, b"ID3\4\0\0\7\x7f\x7f\x7f" + b"q" * 300 + mp3())
    np.testing.assert_allclose(samples, expected, atol=1e-6)
    assert capfd.readouterr() == ("", "")


def test_a_start_amid_frames_that_borrow_bits_is_no_damage(tmp_path):
    """In its middle, the decoder has not seen the frames whose bits the first ones borrow, and complains."""
    path = tmp_path / "clip.mp3"
    path.write_bytes(
        mp3(np.random.default_rng(0).normal(0, 0.1, RATE) * (np.arange(RATE) % 1000 < 300), 22050, "VARIABLE")
    )
    whole = load(path)
    for begin in range(2000, 14000, 1000):
        part = load(path, start_s=begin / 22050, duration_s=0.01)
        np.testing.assert_allclose(part.samples, whole.samples[:, begin : begin + 220], atol=1e-6)
        assert part.notices == ()


@pytest.mark.parametrize(
    "before", [bytes(65536), bytes(300_000), b"\xff\xd8\xff" + np.random.default_rng(0).bytes(200_000)], ids=len
)
def test_frames_far_behind_something_else_are_heard(tmp_path, before):
    expected, _ = heard(tmp_path, mp3(VOICE))
    samples, notices = heard(tmp_path, before + mp3(VOICE))
    np.testing.assert_allclose(samples, expected, atol=1e-6)
    assert notices == {"junk-before": {"n_bytes": len(before)}}


def test_frames_of_no_rate_are_not_shorter_than_any_can_be():
    data = b"\xff\xfb\0" * 1000
    assert all(run.n_bytes >= 24 * run.n_frames for run in read_runs(io.BytesIO(data), 0, len(data)).runs)


def test_headers_without_frames_are_not_looked_at_without_end(tmp_path, monkeypatch):
    """100 MB of them would last 20 minutes."""
    monkeypatch.setattr("specaug_listen.audio.containers.mpeg_frames._MOST_FALSE_HEADERS", 100)
    data = io.BytesIO(200 * b"\xff\xfb\x90\0" + mp3())
    assert read_runs(data, 0, 900).runs == read_runs(data, 0, len(data.getvalue())).runs == []
    assert len(read_runs(io.BytesIO(90 * b"\xff\xfb\x90\0" + mp3()), 0, 60000).runs) == 1


def test_more_mp3_in_a_row_than_are_read_are_said(tmp_path, monkeypatch):
    monkeypatch.setattr("specaug_listen.audio.containers.mpeg.MOST_FILES", 3)
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
