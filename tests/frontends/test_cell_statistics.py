"""Statistics computed block by block equal those of all cells at once."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from specaug_listen.frontends.cell_statistics import percentiles_of_blocks, statistics_of_blocks

# Few values, so that many cells are alike, or any that a float32 can hold.
tied = st.sampled_from([-2.5, -1.0, -0.0, 0.0, 2.0**-100, 1.0, 1.5])
anything = st.floats(-(2.0**127), 2.0**127, width=32)


def cells(elements: st.SearchStrategy[float]) -> st.SearchStrategy[np.ndarray]:
    shape = arrays.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=12)
    return arrays.arrays(np.float32, shape, elements=elements)


def in_blocks(values: np.ndarray, size: int):
    return lambda: (values[:, i : i + size] for i in range(0, values.shape[1], size))


@given(cells(st.one_of(tied, st.floats(-1e3, 1e3, width=32))), st.integers(1, 13))
def test_a_summary_is_that_of_all_cells(values, size):
    cells, exact = statistics_of_blocks(in_blocks(values, size)), values.astype(np.float64)
    assert cells.n_frames == values.shape[1]
    assert (cells.least, cells.largest) == (values.min(), values.max())
    assert cells.mean == pytest.approx(exact.mean(), rel=1e-12, abs=1e-12)
    assert cells.std == pytest.approx(exact.std(), rel=1e-9, abs=1e-7)
    assert cells.bin_mean.shape == cells.bin_squares.shape == (len(values), 1)
    np.testing.assert_allclose(cells.bin_mean[:, 0], exact.mean(axis=1), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(cells.bin_squares[:, 0], exact.var(axis=1) * values.shape[1], rtol=1e-9, atol=1e-9)


def test_a_small_deviation_on_a_large_mean_is_not_lost(rng):
    values = (1000 + 1e-3 * rng.standard_normal((3, 5000))).astype(np.float32)
    assert statistics_of_blocks(in_blocks(values, 64)).std == pytest.approx(values.astype(np.float64).std(), rel=1e-9)


@given(
    cells(st.one_of(tied, anything)),
    st.integers(1, 13),
    st.lists(st.one_of(st.sampled_from([0, 50, 95, 100]), st.floats(0, 100)), min_size=1, max_size=4),
)
@example(np.array([[-3.0]], np.float32), 1, [0, 50, 95, 100])
@example(np.full((4, 4), -1e-40, np.float32), 3, [95, 50])
@example(np.linspace(-1, 1, 21, dtype=np.float32)[np.newaxis], 4, [95, 50])
def test_percentiles_are_numpys_over_all_cells(values, size, wanted):
    found = percentiles_of_blocks(in_blocks(values, size), wanted)
    # Between two cells, rounding is relative to their distance.
    apart = float(np.ptp(values.astype(np.float64)))
    expected = np.percentile(values.astype(np.float64), wanted)
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12 * apart)
    assert {type(value) for value in found} == {float}


def test_percentiles_of_many_cells_are_numpys(rng):
    values = (20 * rng.standard_normal((80, 3000)) - 60).astype(np.float32)
    found = percentiles_of_blocks(in_blocks(values, 256), [95, 50, 0.01])
    np.testing.assert_allclose(found, np.percentile(values.astype(np.float64), [95, 50, 0.01]), rtol=1e-12)


def test_the_order_of_blocks_that_are_turned_does_not_matter(rng):
    values = rng.standard_normal((7, 100)).astype(np.float32)
    turned = percentiles_of_blocks(lambda: (values[:, i : i + 10][:, ::-1] for i in range(90, -1, -10)), [95, 50])
    assert turned == percentiles_of_blocks(lambda: [np.asfortranarray(values)], [95, 50])
