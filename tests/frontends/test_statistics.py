"""Means and deviations by which a mel is normalised, by each rule."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from specaug_listen import Audio
from specaug_listen.frontends import LHOTSE, Statistics
from specaug_listen.frontends.cell_statistics import CellStatistics


@pytest.mark.parametrize(
    ("rule", "deviation", "of_silence"),
    [
        ("per_feature", lambda v: v.std(axis=1, ddof=1) + 1e-5, 1e-5),
        ("utterance_cmvn", lambda v: np.sqrt(np.maximum(v.var(axis=1), 1e-10)), 1e-5),
        ("sentence", lambda v: np.maximum(v.std(axis=1), 1e-10), 1e-10),
    ],
)
def test_a_rule_of_normalising_divides_by_its_own_deviation(speechlike, rule, deviation, of_silence):
    frontend = replace(LHOTSE, normalize=rule)
    mel, plain = frontend(speechlike), LHOTSE(speechlike)
    expected = deviation(plain.values.astype(np.float64))
    np.testing.assert_allclose(mel.statistics.std[:, 0], expected, rtol=1e-5)
    np.testing.assert_allclose(mel.values.mean(axis=1), 0, atol=1e-5)
    np.testing.assert_allclose(mel.energy, plain.energy, rtol=1e-4)
    silent = frontend(Audio(np.zeros(4000), 16000))
    np.testing.assert_allclose(silent.statistics.std, of_silence, rtol=1e-6)
    assert not silent.values.any()


def test_all_features_are_normalised_by_one_mean_and_one_deviation(speechlike):
    """NeMo's ``normalize_batch``: ``x.mean()``, ``x.std()``, which is unbiased, and 1e-5 more, over all cells."""
    frontend = replace(LHOTSE, normalize="all_features")
    mel, plain = frontend(speechlike), LHOTSE(speechlike)
    cells = plain.values.astype(np.float64)
    np.testing.assert_allclose(mel.statistics.mean, np.full((80, 1), cells.mean()), rtol=1e-6)
    np.testing.assert_allclose(mel.statistics.std, np.full((80, 1), cells.std(ddof=1) + 1e-5), rtol=1e-6)
    np.testing.assert_allclose(mel.values, (cells - cells.mean()) / (cells.std(ddof=1) + 1e-5), atol=1e-5)
    np.testing.assert_allclose(mel.energy, plain.energy, rtol=1e-4)
    assert np.abs(mel.values.mean(axis=1)).max() > 0.1  # the bands keep their levels


def test_the_deviation_of_all_features_counts_cells_less_one_and_the_guard():
    values = np.array([[1.0, 3.0], [5.0, 7.0]])
    mean = values.mean(axis=1, keepdims=True)
    cells = CellStatistics(2, 1.0, 7.0, mean, np.square(values - mean).sum(axis=1, keepdims=True))
    statistics = Statistics.of(cells, "all_features")
    np.testing.assert_allclose(statistics.mean, [[4.0], [4.0]])
    np.testing.assert_allclose(statistics.std, np.sqrt(20 / 3) + 1e-5, rtol=1e-7)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("per_feature", np.sqrt([0, 2e-10, 2e-6]) + 1e-5),
        ("utterance_cmvn", np.sqrt([1e-10, 1e-10, 1e-6])),
        ("sentence", [1e-10, 1e-5, 1e-3]),
    ],
)
def test_the_guards_against_bands_that_hardly_move_differ(rule, expected):
    values = np.array([[1.0, 1.0], [-1e-5, 1e-5], [-1e-3, 1e-3]])
    mean = values.mean(axis=1, keepdims=True)
    cells = CellStatistics(2, -1e-3, 1.0, mean, np.square(values - mean).sum(axis=1, keepdims=True))
    statistics = Statistics.of(cells, rule)
    np.testing.assert_allclose(statistics.std[:, 0], expected, rtol=1e-6)
    assert statistics.largest == 1.0
