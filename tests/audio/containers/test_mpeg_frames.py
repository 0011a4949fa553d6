"""MP3: the length comes from its frames, whatever a first frame or libsndfile's estimate say."""

from __future__ import annotations

import io
import os
import tracemalloc

import numpy as np
import pytest
import soundfile as sf
from mp3files import LONG, PER_FRAME, frames, mp3, without_tag
from readings import RATE, VOICE, heard

from specaug_listen import load
from specaug_listen.audio.containers import layout_of
from specaug_listen.audio.containers.mpeg_frames import read_runs


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
    monkeypatch.setattr("specaug_listen.audio.containers.mpeg_frames._MAX_FALSE_HEADERS", 100)
    data = io.BytesIO(200 * b"\xff\xfb\x90\0" + mp3())
    assert read_runs(data, 0, 900).runs == read_runs(data, 0, len(data.getvalue())).runs == []
    assert len(read_runs(io.BytesIO(90 * b"\xff\xfb\x90\0" + mp3()), 0, 60000).runs) == 1
