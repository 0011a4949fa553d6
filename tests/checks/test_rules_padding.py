"""Masks in the padding are found, under noise too; noise and gain there are no masks."""

from __future__ import annotations

import numpy as np
from checked import CLIPS, quick_check
from pipelines import ADAPTER, Still, noise


def test_noise_and_gain_in_padding_are_no_masks():
    def disturbed(mels, lengths):
        return noise(Still()(mels, lengths), 0.005) + np.float32(0.05 * np.random.normal())  # noqa: NPY002

    assert quick_check(disturbed, adapter=ADAPTER, clips=CLIPS[:2]).report.ids == ()


def test_masks_in_padding_are_seen_under_noise():
    class InPadding(Still):
        def span(self, n_frames, n_padded, rng):
            width = int(rng.integers(0, n_frames // 5 + 1))
            return int(rng.integers(0, n_padded - width + 1)), width

    found = quick_check(lambda mels, n: noise(InPadding()(mels, n), 0.003), adapter=ADAPTER).report.ids
    assert found == ("masks-in-padding",)
