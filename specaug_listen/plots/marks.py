"""Marks of a draw on a mel: outlines of masks, lines of a warp."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .._imports import require
from ..augment import Draw, FrequencySpan, Rectangle, TimeSpan
from ..frontends import AnyMel, MelFrontend

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["WARP_COLOUR", "Outline", "outlines", "plot_steps", "plot_warp", "warp_lines"]

WARP_COLOUR = "#0072b2"
_N_LINES = 41
# White on black is visible on dark and bright cells; `.masks rect` in pages/templates/styles/player.css is the same.
_MASK_COLOURS = ["black", "white"]


@dataclass(frozen=True)
class Outline:
    """A region that a draw fills or copies, in the augmented mel.

    Parameters
    ----------
    kind : str
        ``time``, ``frequency``, ``rectangle`` or ``copy``.
    bins : (int, int)
        First bin and upper bound (exclusive).
    begin, end : float [frames]
        Frame t reaches from t - 0.5 to t + 0.5.
    fill : str
        The fill and its level.
    """

    kind: str
    bins: tuple[int, int]
    begin: float
    end: float
    fill: str = ""


def outlines(draw: Draw) -> list[Outline]:
    """Return all regions that a draw fills or copies; frequency masks first."""
    all_frames = (-0.5, draw.n_frames - 0.5)
    marks = [
        Outline("frequency", (step.start_bin, step.start_bin + step.n_bins), *all_frames, _fill(step))
        for step in draw.steps
        if isinstance(step, FrequencySpan) and step.n_bins
    ]
    spans = [step for step in draw.steps if isinstance(step, TimeSpan) and step.n_frames]
    marks += [
        Outline("time", (0, draw.n_mels), *span, _fill(step)) for step, span in zip(spans, draw.time_spans, strict=True)
    ]
    boxes = [step for step in draw.steps if isinstance(step, Rectangle) and step.n_bins and step.n_frames]
    marks += [
        Outline("rectangle", bins, *span, _fill(step))
        for step, (bins, span) in zip(boxes, draw.rectangles, strict=True)
    ]
    return marks + [Outline("copy", bins, *span) for bins, span in draw.copies]


def _fill(step: FrequencySpan | TimeSpan | Rectangle) -> str:
    level = f", {step.fill_level.vs_p95_db:+.0f} dB re P95" if step.fill_level else ""
    return f"{step.fill}{level}"


def plot_steps(draw: Draw, mel: AnyMel, ax: Axes) -> Axes:
    """Outline the masks of a draw on a mel drawn by `plot_mel`, as one artist: fills solid, copies dashed."""
    patches = require("matplotlib.patches", purpose="pictures")
    boxes, styles = [], []
    for outline in outlines(draw):
        begin_s, end_s = mel.frontend.framing.center_s([outline.begin, outline.end], mel.frontend.sample_rate)
        if outline.end - outline.begin >= mel.n_frames:
            begin_s, end_s = 0.0, mel.duration_s
        corner, height = (begin_s, outline.bins[0] - 0.5), float(outline.bins[1] - outline.bins[0])
        boxes += [patches.Rectangle(corner, end_s - begin_s, height)] * 2
        styles += ["--" if outline.kind == "copy" else "-"] * 2
    collection = require("matplotlib.collections", purpose="pictures").PatchCollection(
        boxes,
        facecolors="none",
        edgecolors=_MASK_COLOURS,
        linewidths=[2.6, 1.1],
        linestyles=styles,
        zorder=3,
    )
    collection.set_joinstyle("miter")
    ax.add_collection(collection, autolim=False)
    return ax


def warp_lines(draw: Draw, frontend: MelFrontend, n_lines: int = _N_LINES) -> list[tuple[float, float]]:
    """Return the times (in seconds) before and after the warp of equidistant moments."""
    frames = np.arange(draw.n_frames, dtype=np.float64)
    source = frames
    for path in draw.warps:
        source = np.interp(path.source_frames(draw.n_frames), frames, source)
    marks = np.linspace(0, draw.n_frames - 1, n_lines)
    ends_s = frontend.framing.center_s(np.interp(marks, source, frames), frontend.sample_rate)
    begins_s = frontend.framing.center_s(marks, frontend.sample_rate)
    return [(float(begin), float(end)) for begin, end in zip(begins_s, ends_s, strict=True)]


def plot_warp(draw: Draw, mel: AnyMel, ax: Axes) -> Axes:
    """Draw a time warp as lines from the time before (top) to the time after (bottom)."""
    lines = require("matplotlib.collections", purpose="pictures")
    segments = [((begin, 1.0), (end, 0.0)) for begin, end in warp_lines(draw, mel.frontend)]
    ax.add_collection(lines.LineCollection(segments, colors="#888888", linewidths=0.8))
    for path in draw.warps:
        moved = path.center_frame + path.displacement_frames
        if max(path.center_frame, moved) >= mel.n_frames:
            continue  # the frame that moves is in the padding
        x = mel.frontend.framing.center_s([path.center_frame, moved], mel.frontend.sample_rate)
        ax.plot(x, [1.0, 0.0], color=WARP_COLOUR, lw=2.5, marker="o", ms=5, clip_on=False, zorder=4)
    ax.set_xlim(0, mel.duration_s)
    ax.set_ylim(0, 1)
    ax.xaxis.set_visible(False)
    ax.set_yticks([])
    ax.set_ylabel("Warp", color=WARP_COLOUR, rotation=0, ha="right", va="center")
    for side in ax.spines.values():
        side.set_visible(False)
    return ax
