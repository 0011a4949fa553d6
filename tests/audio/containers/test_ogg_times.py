"""Times of Ogg's pages that cannot be true take no sound away; those that tell of a beginning or an end do."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from oggpages import MADE, n_headers, pages, time_of, with_fields, with_later_end
from readings import RATE, heard

from specaug_listen.audio.containers.ogg_times import OggTrack, PageTime, mend_times


@pytest.mark.parametrize("codec", ["Vorbis", "Opus"])
def test_the_packets_of_all_pages_last_as_long_as_their_times_tell(codec):
    track = OggTrack(0)
    for place, page in enumerate(pages(MADE[codec]())):
        track.take(place, page)
    total = sum(page.n_samples for page in track.pages[:-1])
    assert total == track.pages[-2].granule
    assert total < track.pages[-1].granule <= total + track.pages[-1].n_samples
    assert (track.marks, track.mended_fields(), track.skip_samples) == ({}, {}, 0)


def row(*times, n_samples=1000):
    """Pages of as many samples each, the last one marked so."""
    return [PageTime(i, time, n_samples, i == len(times) - 1) for i, time in enumerate(times)]


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ((1000, 2000, 3000, 4000), ({}, 0)),
        ((1000, 2000, 3000, 3001), ({}, 0)),  # the end is within the last page
        ((1000, 2000, 3000, 2999), ({3: 4000}, 0)),
        ((1000, 2000, 60000, 61000), ({}, 0)),  # a pause
        ((1000, 60000, 3000, 4000), ({1: 2000}, 0)),
        ((1000, -1, 3000, 4000), ({1: 2000}, 0)),
        ((90000, 91000, 92000, 93000), ({}, 89000)),  # of a live stream
        ((400, 1400, 2400, 3400), ({}, -600)),  # a beginning within the first page
        ((400, 2000, 3000, 4000), ({0: 1000}, 0)),
        ((-1, -1, -1, 3400), ({0: 1000, 1: 2000, 2: 3000}, 0)),
        ((0, 0, 0, 0), ({0: 1000, 1: 2000, 2: 3000, 3: 4000}, 0)),
        ((300,), ({}, 0)),
        ((), ({}, 0)),
    ],
)
def test_of_times_the_most_that_rise_are_taken_for_true(times, expected):
    assert mend_times(row(*times), len(times) - 1, 1000) == expected


def test_a_last_page_without_a_packet_ends_within_the_one_before():
    for time, expected in ((2500, {}), (1999, {3: 3000})):
        pages_then_end = [*row(1000, 2000, 3000, 0)[:3], PageTime(3, time, 0, True)]
        assert mend_times(pages_then_end, 3, 1000)[0] == expected


WRONG_TIMES = {
    "the last one is early": lambda times: [*times[:-1], 20000],
    "the last one is before the beginning": lambda times: [*times[:-1], -5],
    "the last one is none": lambda times: [*times[:-1], -1],
    "none": lambda times: [-1] * len(times),
    "all 0": lambda times: [0] * len(times),
    "the first one is far": lambda times: [1 << 60, *times[1:]],
    "the first one is early": lambda times: [1, *times[1:]],
    "one is far": lambda times: [*times[:2], 1 << 62, *times[3:]],
    "one is none": lambda times: [*times[:2], -1, *times[3:]],
    "the second half begins anew": lambda times: [
        *times[: len(times) // 2], *(time - times[len(times) // 2 - 1] for time in times[len(times) // 2 :])
    ],
}  # fmt: skip


@pytest.mark.parametrize("codec", ["Vorbis", "Opus"])
@pytest.mark.parametrize("name", WRONG_TIMES)
def test_times_that_cannot_be_true_take_no_sound_away(tmp_path, codec, name):
    parts = pages(MADE[codec]())
    expected, _ = heard(tmp_path, b"".join(parts))
    first = n_headers(parts)
    times = WRONG_TIMES[name]([time_of(page) for page in parts[first:]])
    wrong = [with_fields(page, time=time) for page, time in zip(parts[first:], times, strict=True)]
    samples, notices = heard(tmp_path, b"".join([*parts[:first], *wrong]))
    n_encoded = len(samples) - len(expected)
    # Without a time of the last page, what the encoder filled up is heard, too; of Opus in a codec's block.
    assert 0 <= n_encoded < RATE // 5
    np.testing.assert_allclose(samples[: len(expected)], expected, atol=1e-6)
    assert notices["pages-wrong"]["n_marks"] == 0
    assert notices["pages-wrong"]["n_times"] >= 1


@pytest.mark.parametrize("codec", ["Vorbis", "Opus"])
def test_an_end_within_the_last_page_is_taken_off_without_a_word(tmp_path, codec):
    """As encoders fill up the last packet, and those that cut a stream leave it in its page."""
    parts = pages(MADE[codec]())
    expected, _ = heard(tmp_path, b"".join(parts))
    n = (time_of(parts[-1]) - time_of(parts[-2])) // 2
    samples, notices = heard(tmp_path, b"".join([*parts[:-1], with_later_end(parts[-1], -n)]))
    assert notices == {}
    assert len(expected) - len(samples) == pytest.approx(n * (RATE / 48000 if codec == "Opus" else 1), abs=1)


@pytest.mark.parametrize("n", [100, 5000])
def test_a_beginning_within_the_first_page_is_taken_off_without_a_word(tmp_path, n):
    """As FFmpeg leaves it that copies packets from a place between pages on."""
    first, second, *rest = pages(MADE["Vorbis"]())
    expected, _ = heard(tmp_path, b"".join([first, second, *rest]))
    data = b"".join([first, second, *(with_later_end(page, -n) for page in rest)])
    samples, notices = heard(tmp_path, data)
    assert notices == {}
    np.testing.assert_allclose(samples, expected[n:], atol=1e-6)
    part, _ = heard(tmp_path, data, start_s=0.5, duration_s=1)
    np.testing.assert_array_equal(part, samples[RATE // 2 : RATE // 2 + RATE])


def test_opus_whose_pages_tell_less_than_all_is_heard_from_its_beginning(tmp_path):
    """Neither libsndfile nor FFmpeg takes anything off, but libsndfile refuses it."""
    first, second, *rest = pages(MADE["Opus"]())
    expected, _ = heard(tmp_path, b"".join([first, second, *rest]))
    samples, notices = heard(tmp_path, b"".join([first, second, *(with_later_end(page, -5000) for page in rest)]))
    assert notices == {}
    np.testing.assert_array_equal(samples, expected)


def test_times_that_begin_late_are_those_of_a_live_stream(tmp_path):
    for codec in ("Vorbis", "Opus"):
        parts = pages(MADE[codec]())
        expected, _ = heard(tmp_path, b"".join(parts))
        first = n_headers(parts)
        later = [with_later_end(page, 10**7) for page in parts[first:]]
        samples, notices = heard(tmp_path, b"".join([*parts[:first], *later]))
        np.testing.assert_array_equal(samples, expected)
        assert notices == {}


@pytest.mark.parametrize("pre_skip", [20000, 65535])
def test_opus_that_is_to_skip_more_than_can_be_meant_is_heard(tmp_path, pre_skip):
    first, *rest = pages(MADE["Opus"]())
    expected, _ = heard(tmp_path, first + b"".join(rest))
    skipping = with_fields(first[:38] + struct.pack("<H", pre_skip) + first[40:])
    samples, notices = heard(tmp_path, skipping + b"".join(rest))
    assert notices == {"pages-wrong": {"n_marks": 0, "n_times": 1}}
    assert len(expected) - 3840 * RATE // 48000 <= len(samples) <= len(expected)
