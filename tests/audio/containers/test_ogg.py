"""Ogg: pages that are there twice are read once, and of several tracks one is, with a word."""

from __future__ import annotations

import io
import os
import tracemalloc

import numpy as np
import pytest
import soundfile as sf
from oggpages import MADE, n_headers, pages, with_fields, with_later_end, with_serial
from readings import RATE, heard

from specaug_listen import load
from specaug_listen.audio.containers import layout_of
from specaug_listen.errors import AudioError


def test_pages_that_are_there_twice_are_read_once(subtests, tmp_path):
    for again in [slice(3, 4), slice(2, 4), slice(-1, None)]:
        for codec in MADE:
            with subtests.test(codec=codec, again=again):
                data = MADE[codec]()
                parts = pages(data)
                assert len(parts) > 4
                expected, notices = heard(tmp_path, data)
                assert notices == {}
                samples, notices = heard(
                    tmp_path, b"".join([*parts[: again.stop], *parts[again], *parts[again.stop or 99 :]])
                )
                np.testing.assert_array_equal(samples, expected)
                assert notices == {"pages-repeated": {"n_pages": len(parts[again])}}


@pytest.mark.parametrize("codec", MADE)
def test_of_two_tracks_in_one_another_one_is_heard_with_a_word(tmp_path, codec):
    first, second = pages(MADE[codec]()), pages(MADE["Opus"]())
    first, second = ([with_serial(page, n) for page in parts] for n, parts in ((1, first), (2, second)))
    mixed = [page for i in range(99) for page in (first[i : i + 1] + second[i : i + 1])]
    expected, _ = heard(tmp_path, b"".join(first))
    samples, notices = heard(tmp_path, b"".join(mixed))
    np.testing.assert_array_equal(samples, expected)
    assert notices == {"tracks": {"n_tracks": 2}}


def test_a_file_behind_one_that_is_cut_within_a_page_is_heard(tmp_path):
    data = MADE["Vorbis"]()
    expected, _ = heard(tmp_path, data)
    samples, notices = heard(tmp_path, data[: len(data) // 2] + data)
    np.testing.assert_array_equal(samples[-len(expected) :], expected)
    assert notices["pages-lost"]["n_bad"] == 1


def test_zeros_without_end_are_not_held_in_memory(tmp_path):
    path = tmp_path / "a.ogg"
    path.write_bytes(MADE["Vorbis"]())
    os.truncate(path, 1 << 25)
    tracemalloc.start()
    try:
        assert layout_of(path).notices == ()
        assert tracemalloc.get_traced_memory()[1] < 1 << 23
    finally:
        tracemalloc.stop()


def test_a_part_of_vorbis_is_that_part_of_the_whole_up_to_the_last_page(tmp_path):
    path = tmp_path / "a.ogg"
    path.write_bytes(MADE["Vorbis"]())
    whole = load(path)
    for start in range(0, whole.n_samples, whole.n_samples // 16):
        part = load(path, start_s=start / whole.sample_rate)
        np.testing.assert_allclose(part.samples, whole.samples[:, start:], atol=1e-6)


@pytest.mark.parametrize("codec", ["Vorbis", "Opus"])
def test_each_link_of_a_chain_has_its_end(tmp_path, codec):
    first, second = ([with_serial(page, n) for page in pages(MADE[codec]())] for n in (1, 2))
    _, notices = heard(tmp_path, b"".join(first + second))
    assert notices == {}
    alone, _ = heard(tmp_path, b"".join(first[:-2]))
    whole, _ = heard(tmp_path, b"".join(second))
    samples, notices = heard(tmp_path, b"".join(first[:-2] + second))
    assert len(samples) == len(alone) + len(whole)
    assert notices["cut-within"]["within"] == "stream"
    assert notices["cut-within"]["n_present"] == len(alone)


@pytest.mark.parametrize("codec", ["Vorbis", "Opus"])
def test_pages_whose_beginning_is_missing_are_told(tmp_path, codec):
    first, second = ([with_serial(page, n) for page in pages(MADE[codec]())] for n in (1, 2))
    expected, _ = heard(tmp_path, b"".join(first))
    for parts in (first + second[4:], first[:-1] + second[4:5] + first[-1:]):
        samples, notices = heard(tmp_path, b"".join(parts))
        assert len(samples) == len(expected)
        n_bytes = sum(map(len, parts)) - sum(map(len, first))
        assert notices["pages-lost"] == {"n_pages": 0, "n_bytes": n_bytes, "n_bad": 0}


@pytest.mark.parametrize("codec", ["Opus", "Vorbis"])
def test_a_pause_between_two_pages_is_told_as_one(tmp_path, codec):
    """Where each page is there, and tells of more time than its packets hold, as FFmpeg writes it."""
    whole, notices = heard(tmp_path, MADE[codec]())
    assert notices == {}
    first, *rest = pages(MADE[codec]())
    rate = 48000 if codec == "Opus" else RATE
    later = b"".join(with_later_end(page, 3 * rate) if i > len(rest) // 2 else page for i, page in enumerate(rest))
    samples, notices = heard(tmp_path, first + later)
    np.testing.assert_array_equal(samples, whole)
    assert list(notices) == ["time-gaps"]
    assert notices["time-gaps"]["n_samples"] == 3 * RATE
    load(tmp_path / "clip.bin", strict=True)
    without = first + b"".join(pages(later)[:-2] + pages(later)[-1:])
    assert "stopped" in heard(tmp_path, without)[1]


@pytest.mark.parametrize("rate", [8000, 16000])
def test_a_part_of_opus_of_a_low_rate_is_that_part_of_the_whole(tmp_path, rate):
    """What its frames of speech are made of goes on from one to the next, for longer than libsndfile goes back."""
    speech = np.sin(np.cumsum(0.2 + 0.1 * np.sin(np.arange(8 * rate) / 999))) ** 9 * np.sin(np.arange(8 * rate) / 777)
    buffer = io.BytesIO()
    sf.write(buffer, (0.5 * speech).astype("f4"), rate, format="OGG", subtype="OPUS", compression_level=1.0)
    whole, _ = heard(tmp_path, buffer.getvalue())
    for start_s in (0.7, 1.4852, 3.3, 6.1):
        part, _ = heard(tmp_path, buffer.getvalue(), start_s=start_s, duration_s=0.5)
        begin = round(start_s * rate)
        np.testing.assert_array_equal(part, whole[begin : begin + rate // 2])


@pytest.mark.parametrize("codec", MADE)
def test_the_mark_of_the_end_amid_a_stream_ends_nothing(subtests, tmp_path, codec):
    parts = pages(MADE[codec]())
    expected, _ = heard(tmp_path, b"".join(parts))
    for places in ([len(parts) // 2], [n_headers(parts)], [0], [1], range(len(parts))):
        with subtests.test(places=places):
            marked = [with_fields(page, flags=page[5] | 4) if i in places else page for i, page in enumerate(parts)]
            samples, notices = heard(tmp_path, b"".join(marked))
            np.testing.assert_array_equal(samples, expected)
            n_marks = len([place for place in places if place < len(parts) - 1])
            assert notices == {"pages-wrong": {"n_marks": n_marks, "n_times": 0}}
            with pytest.raises(AudioError, match=r"an impossible flag.*refused"):
                load(tmp_path / "clip.bin", strict=True)


@pytest.mark.parametrize("codec", ["Vorbis", "Opus"])
def test_pages_that_say_to_go_on_with_a_packet_that_has_ended_lose_none(tmp_path, codec):
    parts = pages(MADE[codec]())
    expected, _ = heard(tmp_path, b"".join(parts))
    first = n_headers(parts)
    samples, notices = heard(
        tmp_path, b"".join([*parts[:first], *(with_fields(p, flags=p[5] | 1) for p in parts[first:])])
    )
    np.testing.assert_array_equal(samples, expected)
    assert notices["pages-wrong"]["n_marks"] >= 1


@pytest.mark.parametrize("codec", MADE)
def test_numbers_of_pages_that_do_not_rise_are_told(tmp_path, codec):
    parts = pages(MADE[codec]())
    same = [with_fields(page, number=min(i, 2)) for i, page in enumerate(parts)]
    assert heard(tmp_path, b"".join(same))[1]["pages-lost"]["n_bad"] == len(parts) - 3


@pytest.mark.parametrize("codec", ["Vorbis", "Opus"])
def test_a_track_without_its_end_is_cut_though_another_one_ends(tmp_path, codec):
    parts = pages(MADE[codec]())
    other = with_fields(b"OggS\0\2" + bytes(8) + b"data" + bytes(8) + b"\1\7no sound"[:1] + b"\7no sound"[:8])
    half = len(parts) // 2
    end = with_serial(with_fields(parts[-1], number=1), 0x61746164)
    _, notices = heard(tmp_path, b"".join([parts[0], other, *parts[1:half], end]))
    assert notices["cut-within"]["within"] == "stream"
