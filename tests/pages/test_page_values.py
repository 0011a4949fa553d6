"""What the page shows, as plain values."""

from __future__ import annotations

import pytest

from specaug_listen.pages import (
    Mask,
)


@pytest.mark.parametrize(
    ("kind", "text"),
    [("rectangle", "rectangle mask 150–250 Hz, 0.20–0.40 s, mean"), ("copy", "copy 150–250 Hz, 0.20–0.40 s, mean")],
)
def test_what_covers_a_part_of_both_axes_says_so(kind, text):
    assert Mask(kind, 0.2, 0.4, 150.0, 250.0, 1, 2, "mean").text == text
