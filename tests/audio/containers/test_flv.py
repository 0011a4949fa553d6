"""Flash video: it is cut where its first tag tells more than its tags hold."""

from __future__ import annotations

from ffmpegfiles import made, whole
from readings import heard


def tags_of_flv(data):
    """Where its tags begin."""
    at, places = 13, []
    while at < len(data):
        places.append(at)
        at += 15 + int.from_bytes(data[at + 1 : at + 4], "big")
    return places


def test_an_flv_that_is_cut_between_two_tags_ends_earlier_than_its_header_says(tmp_path):
    data = made(tmp_path / "a.flv", "aac")
    whole, notices = heard(tmp_path, data)
    assert list(notices) == ["decoded-by"]
    places = tags_of_flv(data)
    at = data.index(b"\0\x08filesize\0") + 11
    without_bytes = data[:at] + bytes(8) + data[at + 8 :]  # its duration alone tells
    assert list(heard(tmp_path, without_bytes)[1]) == ["decoded-by"]
    for one, place in [(data, places[-1]), (data, places[9]), (without_bytes, places[9])]:
        samples, notices = heard(tmp_path, one[:place])
        assert len(samples) < len(whole)
        assert notices["cut-within"]["within"] == "header"
    assert heard(tmp_path, data[: places[9] + 20])[1]["cut-within"]["within"] == "block"


def test_an_flv_that_tells_no_length_says_so(tmp_path):
    assert whole(tmp_path, "p.flv", "aac", pipe_as="flv") == ["open-length"]
