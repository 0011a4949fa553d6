"""Measures over a parameter, with their spread."""

from __future__ import annotations

import io
import itertools

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from specaug_listen import Draw, frontends, plot_audition, plot_difference, plot_sweep
from specaug_listen.augment import TimeSpan
from specaug_listen.errors import ParameterError

ROWS = [
    {"width": width, "fill": fill, "draw": draw, "masked_area_ratio": width / 100 + draw / 100, "stoi": None}
    for width in (10, 40, 20)
    for fill in ("mean", "floor")
    for draw in (1, 2, 3)
]


@pytest.fixture
def mel(speechlike):
    return frontends.WHISPER(speechlike)


def lines(ax):
    return {line.get_label(): np.asarray(line.get_xydata()) for line in ax.lines}


def test_lines_are_means_over_draws_and_bands_their_ends():
    ax = plot_sweep(ROWS, Figure().add_subplot(), along="width", by="fill")
    assert ax.get_xlabel() == "width"
    assert ax.get_ylabel() == "cells masked (%)"
    found = lines(ax)
    assert list(found) == ["fill = mean", "fill = floor"]
    np.testing.assert_allclose(found["fill = mean"], [[10, 12], [20, 22], [40, 42]])
    (path,) = ax.collections[0].get_paths()
    assert path.vertices[:, 1].min() == pytest.approx(11)
    assert path.vertices[:, 1].max() == pytest.approx(43)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["fill = mean", "fill = floor"]


def test_values_that_are_no_numbers_stand_in_their_order():
    ax = plot_sweep(ROWS, Figure().add_subplot(), along="fill")
    assert [label.get_text() for label in ax.get_xticklabels()] == ["mean", "floor"]
    assert ax.get_legend() is None


def test_categories_are_bars_beside_each_other_from_their_least_to_their_largest():
    ax = plot_sweep(ROWS, Figure().add_subplot(), along="fill", by="width")
    assert ax.get_xticks().tolist() == [0, 1]
    bars = [bar for container in ax.containers for bar in container]
    assert len(bars) == 2 * 3
    assert sorted(bar.get_height() for bar in bars) == pytest.approx([12, 12, 22, 22, 42, 42])
    spans = sorted((bar.get_x(), bar.get_x() + bar.get_width()) for bar in bars)
    assert all(one[1] <= other[0] for one, other in itertools.pairwise(spans))
    ends = [path.vertices[:, 1].tolist() for lines in ax.collections for path in lines.get_paths()]
    assert [11, 13] in [pytest.approx(pair) for pair in ends]
    assert not any(line.get_marker() == "o" for line in ax.lines)


def test_long_names_of_categories_do_not_touch():
    rows = [{"policy": f"speechbrain-conformer-{n}-of-many", "draw": 1, "masked_area_ratio": 0.2} for n in range(8)]
    figure = Figure(figsize=(4, 3))
    FigureCanvasAgg(figure)
    ax = plot_sweep(rows, figure.add_subplot(), along="policy")
    assert all(len(label.get_text()) <= 22 for label in ax.get_xticklabels())
    assert {label.get_rotation() for label in ax.get_xticklabels()} == {35}


def test_rows_without_the_measure_draw_nothing():
    assert len(plot_sweep(ROWS, Figure().add_subplot(), along="width", y="stoi").lines[0].get_xydata()) == 0


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"along": "bins"}, "'bins': allowed is a column of the rows: draw, fill, masked_area_ratio, stoi, width"),
        ({"along": "width", "y": "wer"}, "'wer': allowed is"),
        ({"along": "width", "by": "policy"}, "'policy': allowed is"),
    ],
)
def test_what_the_rows_do_not_have_is_refused(options, match):
    with pytest.raises(ParameterError, match=match):
        plot_sweep(ROWS, Figure().add_subplot(), **options)
    with pytest.raises(ParameterError, match="there are none"):
        plot_sweep([], Figure().add_subplot(), along="width")


@pytest.mark.parametrize("kind", ["png", "svg", "pdf"])
def test_pictures_can_be_saved_for_print(mel, kind):
    draw = Draw(80, mel.n_frames, (TimeSpan(5, 9),))
    figure = Figure(figsize=(6, 8))
    FigureCanvasAgg(figure)
    axes = figure.subplots(4)
    plot_audition(mel, draw.apply(mel), draw, axes[:2])
    plot_difference(mel, draw.apply(mel), axes[2])
    plot_sweep(ROWS, axes[3], along="width", by="fill")
    buffer = io.BytesIO()
    figure.savefig(buffer, format=kind)
    assert buffer.getvalue()[:5].startswith({"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}[kind])
