"""Batches in a callable's order of axes, padded, and their items in its result."""

from __future__ import annotations

import itertools

import numpy as np

from specaug_listen.custom.axes_order import Layout, MelBatch

SHORT, LONG = np.arange(20, dtype=np.float32).reshape(4, 5), np.ones((4, 9), np.float32)
BATCH = MelBatch((SHORT, LONG), pad_value=-7.0, n_channels=3)
ORDERS = [", ".join(order) for order in itertools.permutations(("batch", "channel", "bins", "frames"))]


def test_each_item_lies_where_its_axes_say_and_comes_back():
    sizes = {"batch": 2, "channel": 3, "bins": 4, "frames": 9}
    at = {"batch": 0, "channel": 2, "bins": 3, "frames": 4}
    for axes in ORDERS:
        layout = Layout.of(axes)
        array = layout.arrange(BATCH)
        assert array.shape == layout.shape(BATCH) == tuple(sizes[name] for name in layout.names)
        assert array[tuple(at[name] for name in layout.names)] == SHORT[3, 4]
        first, second = layout.items(array, BATCH, 9)
        np.testing.assert_array_equal(first, np.pad(SHORT, ((0, 0), (0, 4)), constant_values=-7.0))
        np.testing.assert_array_equal(second, LONG)


def test_lengths_are_frames_or_shares_of_the_padded_length():
    assert BATCH.lengths("frames").tolist() == [5, 9]
    np.testing.assert_allclose(MelBatch((SHORT, LONG), n_padded=10).lengths("ratio"), [0.5, 0.9])


def test_a_batch_is_a_new_array():
    array = Layout.of(None).arrange(MelBatch((SHORT,)))
    array[:] = 0
    assert SHORT.any()
