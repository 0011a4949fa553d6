"""The frameworks' warps: how far and which way a frame moves."""

from __future__ import annotations

import numpy as np
import pytest

from specaug_listen.augment import Warp
from specaug_listen.augment.random_streams import OwnStream


def moves(warp, n_frames=60, n_draws=600):
    stream = OwnStream(np.random.default_rng(0))
    paths = [path for _ in range(n_draws) for path in warp.draw(80, n_frames, stream)[0]]
    return np.array([(path.center_frame, path.displacement_frames) for path in paths])


@pytest.mark.parametrize(
    ("warp", "least", "most"),
    [(Warp(5), -4, 5), (Warp(5, to_left=1), -5, 5), (Warp(5, to_right=0), -4, 4)],
    ids=["ESPnet's", "both ends", "neither"],
)
def test_a_frame_moves_both_ways_as_far_as_the_rule_says(warp, least, most):
    displacements = moves(warp)[:, 1]
    assert (displacements.min(), displacements.max()) == (least, most)


def test_frames_that_move_lie_a_width_within_the_clip():
    centers = moves(Warp(5))[:, 0]
    assert (centers.min(), centers.max()) == (5, 54)
    assert moves(Warp(5, after_first=1))[:, 0].min() == 6


def test_a_displacement_is_bounded_by_its_share_of_the_clip():
    displacements = moves(Warp(30, anywhere=True, max_ratio=0.1))[:, 1]
    assert (displacements.min(), displacements.max()) == (-6, 6)
