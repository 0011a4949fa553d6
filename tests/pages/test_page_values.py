"""What the page shows, as plain values."""

from __future__ import annotations

import pytest

from specaug_listen.pages import Clip, Mask


@pytest.mark.parametrize(
    ("kind", "text"),
    [("rectangle", "rectangle mask 150–250 Hz, 0.20–0.40 s, mean"), ("copy", "copy 150–250 Hz, 0.20–0.40 s, mean")],
)
def test_what_covers_a_part_of_both_axes_says_so(kind, text):
    assert Mask(kind, 0.2, 0.4, 150.0, 250.0, 1, 2, "mean").text == text


def test_ends_of_the_colours_have_a_sign_and_a_unit_and_say_once_what_they_are_relative_to():
    def ends(low_db, high_db):
        return Clip("clip-1", "name", 1.0, (), colours=(low_db, high_db), reference="original").colour_ends

    assert ends(-80.0, 17.2) == ("−80 dB", "+17 dB relative to the loudest cell of the original")
    assert ends(-62.9, -0.3) == ("−63 dB", "0 dB relative to the loudest cell of the original")
