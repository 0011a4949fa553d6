"""Callables that change every cell without masks or warps get a note, and no finding."""

from __future__ import annotations

import numpy as np
import pytest
from checked import quick_check


def less_its_mean(mel):
    """Cepstral mean normalisation, as many front-ends end with."""
    return mel - mel.mean(axis=1, keepdims=True)


def tilted(mel):
    return mel + np.random.normal() * np.linspace(-1, 1, len(mel), dtype=np.float32)[:, np.newaxis]  # noqa: NPY002


@pytest.mark.parametrize("function", [less_its_mean, tilted])
def test_a_normalisation_is_no_warp_of_bins(function):
    result = quick_check(function)
    assert [finding.id for finding in result.findings if finding.id != "same-draw-every-time"] == []
    assert any("changes all cells of a clip" in note for note in result.report.notes)


def test_a_warp_of_bins_is_one():
    def warps_bins(mel):
        n = len(mel)
        center = np.random.randint(20, n - 20)  # noqa: NPY002
        moved = center + np.random.randint(-10, 11)  # noqa: NPY002
        source = np.interp(np.arange(n), [0, moved, n - 1], [0, center, n - 1])
        return np.stack([np.interp(source, np.arange(n), frame) for frame in mel.T], axis=1).astype(np.float32)

    assert "axes-swapped" in {finding.id for finding in quick_check(warps_bins).findings}
