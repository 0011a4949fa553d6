"""A mel as one pixel for each cell: what is written is what is read."""

from __future__ import annotations

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from specaug_listen import frontends
from specaug_listen.plots import Cells, colours_hex, read_cells


@given(
    hnp.arrays(np.uint8, st.tuples(st.integers(1, 20), st.integers(1, 30))),
    st.floats(-200, 0),
    st.floats(1, 200),
)
def test_a_picture_is_read_as_it_was_written(indices, low, size):
    cells = Cells(indices, low, low + size, (0.0125, 1.5))
    again = read_cells(cells.png)
    np.testing.assert_array_equal(again.indices, indices)
    assert (again.low_db, again.high_db, again.extent_s) == (low, low + size, (0.0125, 1.5))


def test_levels_lie_between_the_ends_of_the_scale(speechlike):
    mel = frontends.WHISPER(speechlike)
    cells = Cells.of(mel, ref_db=mel.range_db[1], low_db=-60.0, high_db=0.0)
    drawn = -60 + cells.indices / 255 * 60
    np.testing.assert_allclose(drawn, np.clip(mel.db - mel.range_db[1], -60, 0), atol=60 / 255 / 2 + 1e-4)
    assert cells.indices.max() == 255


def test_the_lowest_band_is_below_and_colours_are_those_of_the_map():
    picture = Image.open(io.BytesIO(Cells(np.array([[0], [255]], np.uint8), -80.0, 0.0, (0.0, 1.0)).png)).convert("RGB")
    colours = colours_hex()
    assert len(colours) == 6 * 256
    assert "".join(f"{part:02x}" for part in picture.getpixel((0, 1))) == colours[:6]
    assert "".join(f"{part:02x}" for part in picture.getpixel((0, 0))) == colours[-6:]


def test_no_two_levels_have_one_colour():
    colours = colours_hex()
    assert len({colours[i : i + 6] for i in range(0, len(colours), 6)}) == 256


@pytest.mark.parametrize("data", [b"", b"no picture", b"\x89PNG\r\n\x1a\n"], ids=str)
def test_another_picture_is_refused(data):
    with pytest.raises(ValueError, match="not a picture of cells"):
        read_cells(data)


def test_a_png_without_its_scale_is_refused():
    buffer = io.BytesIO()
    Image.new("P", (3, 3)).save(buffer, format="png")
    with pytest.raises(ValueError, match="not a picture of cells"):
        read_cells(buffer.getvalue())
