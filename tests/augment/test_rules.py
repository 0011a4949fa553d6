"""Rules of frameworks, against what the framework computes."""

from __future__ import annotations

import numpy as np
import pytest

from specaug_listen.augment.rules import Spans, draw_spans


@pytest.mark.parametrize(
    ("start", "width", "expected"),
    [(-0.2, 90, (0, 80)), (-3.7, 90, (77, 3)), (-1.0, 81, (79, 1)), (5.9, 9, (5, 9)), (0.0, 0, (0, 0))],
)
def test_lhotses_masks_that_are_wider_than_the_mel_fall_as_its_slice_does(start, width, expected):
    """lhotse: start = int(uniform * (bins - width)); mel[:, start : start + width] = mean."""

    class Given:
        def integers(self, low, high, shape):
            return np.full(shape, width)

        def uniform(self, shape):
            return np.full(shape, start / (80 - width), np.float32)

    spans = Spans(n=1, narrowest=0, widest=100, limit=100, clamp=None, size=80, n_rows=1)
    (found,) = draw_spans("exclusive", "last_left_out_sliced", "widths_first", spans, Given())
    assert tuple(found) == expected
    mel = np.zeros(80)
    mel[int(start) : int(start) + width] = 1
    assert np.flatnonzero(mel).tolist() == list(range(expected[0], sum(expected)))
