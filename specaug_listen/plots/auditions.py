"""One draw as a picture: the original above, the augmented mel below."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .._imports import require
from ..augment import Draw
from ..errors import ParameterError
from ..frontends import AnyMel, check_mel
from .marks import plot_steps, plot_warp
from .mels import check_axes, plot_mel, reference_db
from .texts import corner_label, describe_draw, line

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["audition_figure", "encode_png", "new_figure", "plot_audition"]

# The size at which every text is laid out: 1200 x 720 pixels.
SIZE_INCHES, DPI = (12.0, 7.2), 100


def plot_audition(
    before: AnyMel, after: AnyMel, draw: Draw, axes: Sequence[Axes], *, before_name: str = "original"
) -> tuple[Axes, ...]:
    """Draw the original mel above, the augmented one below, masks outlined, on one scale of levels.

    Parameters
    ----------
    before, after : MelSpectrogram or MelStream
    draw : Draw
        What leads from one to the other.
    axes : sequence of matplotlib Axes
        Two, for the mels; or three, of which the middle one takes the path of a time warp.
    before_name : str
        What the upper one is called.

    Returns
    -------
    tuple of matplotlib Axes
        The same.

    Raises
    ------
    ParameterError
        When there are not two or three axes.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from specaug_listen import Audio, augment, frontends
    >>> mel = frontends.WHISPER(Audio(np.sin(np.arange(48000) * 0.2), 16000))
    >>> draw = augment.LD.draw(mel, rng=0)
    >>> above, below = plot_audition(mel, draw.apply(mel), draw, Figure().subplots(2, sharex=True))
    >>> below.get_ylabel()
    'Frequency (Hz)'
    """
    check_mel(before, "before")
    check_mel(after, "after")
    if not isinstance(draw, Draw):
        raise ParameterError(f"draw={draw!r:.80}: expected a Draw, as policy.draw(mel) gives")
    axes = tuple(axes) if isinstance(axes, Iterable) else (axes,)
    check_axes(*axes)
    if len(axes) not in (2, 3):
        raise ParameterError(f"{len(axes)} axes: expected two, or three of which the middle one is for the time warp")
    ref_db = reference_db(before)
    top_db = max(0.0, float(np.ceil(after.range_db[1] - ref_db)))
    plot_mel(before, axes[0], ref_db=ref_db, top_db=top_db)
    plot_mel(after, axes[-1], ref_db=ref_db, top_db=top_db)
    plot_steps(draw, after, axes[-1])
    if len(axes) == 3 and draw.warps:
        plot_warp(draw, before, axes[1])
    # One time axis serves both panels.
    axes[0].xaxis.set_visible(False)
    corner_label(axes[0], before_name)
    corner_label(axes[-1], "augmented")
    return axes


def audition_figure(
    before: AnyMel, after: AnyMel, draw: Draw, *, title: str = "", note: str = "", before_name: str = "original"
) -> Figure:
    """One draw as a whole figure: `plot_audition` with a scale of levels and two lines of text.

    Parameters
    ----------
    before, after : MelSpectrogram or MelStream
    draw : Draw
    title, note : str
        First line: the clip's name, shortened where there is no room for both, and what was done to it. A second line
        says what was drawn.
    before_name : str
        What the upper mel is called: the original, where there is one.

    Returns
    -------
    matplotlib Figure
        1200 x 720 pixels when saved as it is.

    Examples
    --------
    >>> from specaug_listen import Audio, augment, frontends
    >>> mel = frontends.WHISPER(Audio(np.sin(np.arange(48000) * 0.2), 16000))
    >>> draw = augment.LD.draw(mel, rng=0)
    >>> figure = audition_figure(mel, draw.apply(mel), draw, title="a tone")
    >>> len(figure.axes) - bool(draw.warps)
    3
    """
    figure = new_figure(SIZE_INCHES, DPI)
    ratios = [1.0, 0.16, 1.0] if draw.warps else [1.0, 1.0]
    grid = figure.add_gridspec(
        len(ratios), 2, height_ratios=ratios, width_ratios=[1.0, 0.016],
        left=0.075, right=0.925, bottom=0.085, top=0.855, wspace=0.025, hspace=0.09 if draw.warps else 0.16,
    )  # fmt: skip
    # The strip of the warp lies upon the mels' outlines, so it is made last.
    top, bottom = figure.add_subplot(grid[0, 0]), figure.add_subplot(grid[-1, 0])
    strip = [figure.add_subplot(grid[1, 0])] if draw.warps else []
    plot_audition(before, after, draw, [top, *strip, bottom], before_name=before_name)
    bar = figure.colorbar(top.images[0], cax=figure.add_subplot(grid[:, 1]))
    loudest = "loudest original cell" if before_name == "original" else "loudest cell above"
    bar.set_label(f"Level (dB re {loudest})")
    room = SIZE_INCHES[0] * DPI * 0.85
    font: dict[str, Any] = {"va": "center", "parse_math": False}
    taken = line(figure, 0.955, note, room * 0.75, align="right", fontsize=12, **font)
    line(figure, 0.955, title, room - taken - 25, fontsize=13, weight="bold", **font)
    line(figure, 0.905, describe_draw(draw, before), room, fontsize=10.5, **font)
    return figure


def new_figure(size_inches: tuple[float, float], dpi: float = DPI) -> Figure:
    """A figure without pyplot, which would keep it."""
    figure: Figure = require("matplotlib.figure", purpose="pictures").Figure(figsize=size_inches, dpi=dpi)
    require("matplotlib.backends.backend_agg", purpose="pictures").FigureCanvasAgg(figure)
    return figure


def encode_png(figure: Figure) -> bytes:
    """A figure as PNG, the same bytes each time."""
    agg = require("matplotlib.backends.backend_agg", purpose="pictures")
    pillow = require("PIL.Image", purpose="pictures")
    canvas = agg.FigureCanvasAgg(figure)
    canvas.draw()
    buffer = io.BytesIO()
    # Nothing shines through, so the fourth channel would only cost time.
    pillow.fromarray(np.asarray(canvas.buffer_rgba())[..., :3]).save(buffer, format="png", compress_level=3)
    return buffer.getvalue()
