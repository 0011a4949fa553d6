"""What the steps of a draw mask, counted without a mel."""

from __future__ import annotations

import numpy as np
import pytest

from specaug_listen._arrays import runs
from specaug_listen.auditions.step_scores import scores_of_steps
from specaug_listen.augment import Draw, FrequencySpan, Rectangle, TimeSpan, WarpPath
from specaug_listen.frontends import WHISPER


def random_draw(rng, n_mels=40, n_frames=90):
    """Masks of every kind, some of them moved by a warp behind them, some empty."""
    steps = []
    for _ in range(rng.integers(0, 9)):
        (first, stop), (begin, end) = (np.sort(rng.integers(0, n + 1, 2)).tolist() for n in (n_mels, n_frames))
        steps.append(
            [
                FrequencySpan(first, (stop - first) // 3),
                TimeSpan(begin, (end - begin) // 3),
                Rectangle(first, stop - first, begin, end - begin),
                WarpPath(int(rng.integers(30, 60)), int(rng.integers(-9, 10))),
            ][rng.integers(0, 4)]
        )
    return Draw(n_mels, n_frames, tuple(steps))


def covered(draw):
    """Frames under time masks, and cells under any mask, one by one."""
    number = np.arange(draw.n_frames)
    frames = np.zeros(draw.n_frames, bool)
    for begin, end in draw.time_spans:
        frames |= (begin < number) & (number < end)
    cells = draw.masked_bins[:, np.newaxis] | frames
    for (first, stop), (begin, end) in draw.rectangles:
        cells[first:stop] |= (begin <= number) & (number < end)
    return frames, cells


def test_shares_are_those_of_the_cells_that_masks_cover(subtests):
    for seed in range(60):
        with subtests.test(seed=seed):
            draw = random_draw(np.random.default_rng(seed))
            scores = scores_of_steps(draw, WHISPER)
            frames, cells = covered(draw)
            assert scores["masked_time_ratio"] == pytest.approx(frames.mean())
            assert scores["masked_frequency_ratio"] == pytest.approx(draw.masked_bins.mean())
            assert scores["masked_area_ratio"] == pytest.approx(cells.mean())
            assert scores["longest_gap_ms"] == pytest.approx(10 * max((n for _, n in runs(frames)), default=0))
            assert draw.masked_from_bin(13)[1] == pytest.approx(cells[13:].sum() / cells.size)
            np.testing.assert_array_equal(draw.masked_frames, frames)


def test_shares_of_the_longest_mel_with_the_most_masks_need_none_of_its_cells():
    steps = [Rectangle(i % 80, 1, 2000 * i, 1500) for i in range(3000)] + [TimeSpan(3000 * i, 9) for i in range(3000)]
    draw = Draw(4096, 50_000_000, (*steps, *[WarpPath(100 + i, 1) for i in range(100)]))
    scores = scores_of_steps(draw, WHISPER)
    assert scores["masked_time_ratio"] == pytest.approx(3000 * 9 / 5e7, rel=0.01)
    assert scores["masked_area_ratio"] == pytest.approx(3000 * 9 / 5e7 + 3000 * 1500 / (4096 * 5e7), rel=0.01)
