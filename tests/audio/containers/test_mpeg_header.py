"""The header of a frame of MPEG audio, against numbers of its standard."""

from __future__ import annotations

import pytest

from specaug_listen.audio.containers.mpeg_header import Format, parse_header


@pytest.mark.parametrize(
    ("header", "form", "n_samples", "length"),
    [
        (b"\xff\xfb\x90\x44", Format(1, 3, 44100, False), 1152, 417),
        (b"\xff\xfb\x92\x44", Format(1, 3, 44100, False), 1152, 418),
        (b"\xff\xf3\x88\xc4", Format(2, 3, 16000, True), 576, 288),
        (b"\xff\xe3\x18\xc4", Format(3, 3, 8000, True), 576, 72),
        (b"\xff\xfd\xa4\x00", Format(1, 2, 48000, False), 1152, 576),
        (b"\xff\xff\x10\x00", Format(1, 1, 44100, False), 384, 32),
        (b"\xff\xfb\x00\x44", Format(1, 3, 44100, False), 1152, 0),
    ],
)
def test_a_header_tells_the_length_of_its_frame(header, form, n_samples, length):
    assert parse_header(header) == (form, length)
    assert form.samples_per_frame == n_samples


@pytest.mark.parametrize(
    "header", [b"", b"\xff\xfb\x90", b"\xff\xeb\x90\0", b"\xff\xf9\x90\0", b"\xff\xfb\xf0\0", b"\xff\xfb\x9c\0"]
)
def test_numbers_that_are_reserved_are_no_header(header):
    assert parse_header(header) is None
