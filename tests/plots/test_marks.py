"""Outlines of masks and paths of warps."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from pictures import EMPTY, MASKED, WARPED, panels

from specaug_listen import Draw
from specaug_listen.augment import Batch, WarpPath
from specaug_listen.plots import (
    audition_figure,
    describe_draw,
)


@pytest.mark.parametrize("draw", [WARPED, MASKED, EMPTY], ids=lambda draw: draw.policy)
def test_outlines_cover_exactly_the_masked_frames_and_bins(mel, draw):
    _, below = panels(audition_figure(mel, draw.apply(mel), draw))
    outlined = np.zeros((80, 120), bool)
    (marks,) = below.collections
    assert marks.get_facecolor().size == 0
    for path in marks.get_paths():
        (x0, y0), (x1, y1) = path.get_extents().get_points()
        frames = (mel.times_s >= x0 - 1e-9) & (mel.times_s < x1)
        bins = (np.arange(80) > y0) & (np.arange(80) < y1)
        assert (y0, y1) == (bins.argmax() - 0.5, bins.argmax() + bins.sum() - 0.5)
        if not frames.all():  # a time mask: from edge to edge of the picture's columns
            left, right, _, _ = below.images[0].get_extent()
            edges = (np.array([x0, x1]) - left) / (right - left) * 120
            np.testing.assert_allclose(edges, [frames.argmax(), frames.argmax() + frames.sum()], atol=1e-6)
        outlined |= bins[:, None] & frames
    np.testing.assert_array_equal(outlined, draw.masked_bins[:, None] | draw.masked_frames)


def test_the_original_is_not_outlined(mel):
    above, _ = panels(audition_figure(mel, MASKED.apply(mel), MASKED))
    assert not above.patches
    assert not above.collections


@pytest.mark.parametrize("warps", [(WarpPath(50, 12),), (WarpPath(50, -30),), (WarpPath(40, 0),)], ids=str)
def test_the_warps_path_leads_from_where_the_frame_was_to_where_it_went(mel, warps):
    draw = Draw(80, 120, warps)
    figure = audition_figure(mel, draw.apply(mel), draw)
    (strip,) = (ax for ax in figure.axes if ax.lines)
    (line,) = strip.lines
    moved = warps[0].center_frame + warps[0].displacement_frames
    np.testing.assert_allclose(line.get_xdata(), mel.times_s[[warps[0].center_frame, moved]])
    np.testing.assert_array_equal(line.get_ydata(), [1.0, 0.0])
    assert strip.get_xlim() == panels(figure)[0].get_xlim()


def test_the_fine_lines_of_two_warps_follow_the_whole_way(mel):
    draw = Draw(80, 120, (WarpPath(50, 12), WarpPath(60, -20)))
    after = draw.apply(mel)
    figure = audition_figure(mel, after, draw)
    (strip,) = (ax for ax in figure.axes if ax.lines)
    for (above_s, _), (below_s, _) in strip.collections[0].get_segments():
        frame = np.interp(below_s, mel.times_s, np.arange(120))
        came_from_s = np.interp(np.interp(frame, np.arange(120), after.warp), np.arange(120), mel.times_s)
        assert came_from_s == pytest.approx(above_s, abs=0.005)


def test_a_warp_whose_frame_lies_in_the_padding_is_shown_by_what_it_does_to_the_clip(mel):
    n = mel.n_frames
    path = WarpPath(n + 20, 10, "bicubic_corners", n + 100)
    draw = Draw(mel.n_mels, n, (path,), batch=Batch(1, n + 100, -1.0))
    text = describe_draw(draw, mel)
    seconds = float(mel.frontend.framing.center_s(n + 20, mel.frontend.sample_rate))
    assert f"warp: {seconds:.2f} s, in the padding, moves by +" in text
    figure = audition_figure(mel, draw.apply(mel), draw)
    (between,) = (ax for ax in figure.axes if ax.get_ylabel() == "Warp")
    assert between.collections
    assert not between.lines
    inside = dataclasses.replace(draw, steps=(dataclasses.replace(path, center_frame=n // 2),))
    (between,) = (ax for ax in audition_figure(mel, inside.apply(mel), inside).axes if ax.get_ylabel() == "Warp")
    assert len(between.lines) == 1
