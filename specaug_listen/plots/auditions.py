"""A figure of one draw: the original mel above the augmented one."""

from __future__ import annotations

import functools
import io
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .._imports import require
from ..augment import Draw, FrequencySpan, Rectangle, TimeSpan
from ..errors import ParameterError
from ..frontends import AnyMel, check_mel
from ..metrics import SCORES
from .marks import plot_steps, plot_warp
from .mels import check_axes, plot_mel, reference_db

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["audition_figure", "describe_draw", "encode_png", "new_figure", "plot_audition"]

# All text is laid out for this size: 1200 x 720 pixels.
SIZE_INCHES, DPI = (12.0, 7.2), 100
_FONTS = ["DejaVu Sans"]
_FALLBACK_FONTS = (
    "Noto Sans",
    "Noto Sans CJK JP",
    "Noto Sans CJK SC",
    "Noto Sans Devanagari",
    "Noto Emoji",
    "WenQuanYi Zen Hei",
    "Droid Sans Fallback",
    "Arial Unicode MS",
    "Hiragino Sans",
    "Microsoft YaHei",
    "Malgun Gothic",
)


def plot_audition(
    before: AnyMel, after: AnyMel, draw: Draw, axes: Sequence[Axes], *, before_name: str = "original"
) -> tuple[Axes, ...]:
    """Draw the original mel above the augmented one, with outlined masks and one scale of levels.

    Parameters
    ----------
    before, after : MelSpectrogram or MelStream
    draw : Draw
        That turns one into the other.
    axes : sequence of matplotlib Axes
        Two for the mels, or three, with one for the time warp in between.
    before_name : str
        Label of the upper mel.

    Returns
    -------
    tuple of matplotlib Axes
        ``axes``.

    Raises
    ------
    ParameterError
        Unless there are two or three axes.

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
        raise ParameterError(f"{len(axes)} axes: expected two, or three with one for the time warp in the middle")
    ref_db = reference_db(before)
    top_db = max(0.0, float(np.ceil(after.range_db[1] - ref_db)))
    plot_mel(before, axes[0], ref_db=ref_db, top_db=top_db)
    plot_mel(after, axes[-1], ref_db=ref_db, top_db=top_db)
    plot_steps(draw, after, axes[-1])
    if len(axes) == 3 and draw.warps:
        plot_warp(draw, before, axes[1])
    # One time axis serves both panels.
    axes[0].xaxis.set_visible(False)
    _corner_label(axes[0], before_name)
    _corner_label(axes[-1], "augmented")
    return axes


def audition_figure(
    before: AnyMel, after: AnyMel, draw: Draw, *, title: str = "", note: str = "", before_name: str = "original"
) -> Figure:
    """Make a figure of one draw: `plot_audition` with a colour bar and two lines of text.

    Parameters
    ----------
    before, after : MelSpectrogram or MelStream
    draw : Draw
    title, note : str
        The first line: the clip's name, shortened if necessary, and a note. The second line describes the draw.
    before_name : str
        Label of the upper mel.

    Returns
    -------
    matplotlib Figure
        1200 x 720 pixels if saved as it is.

    Examples
    --------
    >>> from matplotlib.figure import Figure
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
    # The warp's panel overlaps the frames of the mels, so it is added last.
    top, bottom = figure.add_subplot(grid[0, 0]), figure.add_subplot(grid[-1, 0])
    strip = [figure.add_subplot(grid[1, 0])] if draw.warps else []
    plot_audition(before, after, draw, [top, *strip, bottom], before_name=before_name)
    bar = figure.colorbar(top.images[0], cax=figure.add_subplot(grid[:, 1]))
    loudest = "loudest original cell" if before_name == "original" else "loudest cell above"
    bar.set_label(f"Level (dB re {loudest})")
    room = SIZE_INCHES[0] * DPI * 0.85
    font: dict[str, Any] = {"va": "center", "parse_math": False}
    n_pixels = _line(figure, 0.955, note, room * 0.75, align="right", fontsize=12, **font)
    _line(figure, 0.955, title, room - n_pixels - 25, fontsize=13, weight="bold", **font)
    _line(figure, 0.905, describe_draw(draw, before), room, fontsize=10.5, **font)
    return figure


def new_figure(size_inches: tuple[float, float], dpi: float = DPI) -> Figure:
    """Return a new figure, without pyplot, which would keep a reference to it."""
    figure: Figure = require("matplotlib.figure", purpose="pictures").Figure(figsize=size_inches, dpi=dpi)
    require("matplotlib.backends.backend_agg", purpose="pictures").FigureCanvasAgg(figure)
    return figure


def encode_png(figure: Figure) -> bytes:
    """Return a figure as PNG, with the same bytes each time."""
    agg = require("matplotlib.backends.backend_agg", purpose="pictures")
    pillow = require("PIL.Image", purpose="pictures")
    canvas = agg.FigureCanvasAgg(figure)
    canvas.draw()
    buffer = io.BytesIO()
    # Without the alpha channel, which would only take time: the figure is opaque.
    pillow.fromarray(np.asarray(canvas.buffer_rgba())[..., :3]).save(buffer, format="png", compress_level=3)
    return buffer.getvalue()


def describe_draw(draw: Draw, mel: AnyMel) -> str:
    """Describe a draw in one line: masked shares, warp and levels of the fills."""
    if not draw.applied:
        return "not applied to this clip (probability)"
    parts = [
        f"masked: {_share('time', draw)} of time, {_share('frequency', draw)} of frequency, {_share('area', draw)} of "
        "area"
    ]
    for path in draw.warps:
        seconds = float(mel.frontend.framing.center_s(path.center_frame, mel.frontend.sample_rate))
        moved_s = path.displacement_frames * mel.frontend.hop_length / mel.frontend.sample_rate
        where = ", in the padding," if path.center_frame >= draw.n_frames else ""
        parts.append(f"warp: {seconds:.2f} s{where} moves by {moved_s:+.2f} s")
    masks = [step for step in draw.steps if isinstance(step, FrequencySpan | TimeSpan | Rectangle)]
    levels = [step.fill_level.vs_p95_db for step in masks if step.fill_level]
    fills = {str(step.fill) for step in masks}
    if levels:
        low, high = min(levels), max(levels)
        span = f"{low:+.0f}" if round(low) == round(high) else f"{low:+.0f} to {high:+.0f}"
        parts.append(f"fill: {', '.join(sorted(fills))}, {span} dB re P95")
    if draw.copies:
        parts.append(f"copies: {len(draw.copies)}")
    if draw.n_trimmed:
        parts.append(f"cut: the last {draw.n_trimmed} frames")
    if any(notice.kind == "too-short-to-warp" for notice in draw.notices):
        parts.append("warp: none, the clip is too short")
    if draw.n_masks_in_padding:
        parts.append(f"time masks in the padding, beyond the clip: {draw.n_masks_in_padding}")
    return "   |   ".join(parts)


def _share(of: str, draw: Draw) -> str:
    key = f"masked_{of}_ratio"
    return SCORES[key].text(getattr(draw, key))


def _corner_label(ax: Any, text: str) -> None:
    """Write a label into the upper left corner of Axes."""
    box = {"facecolor": "black", "alpha": 0.65, "edgecolor": "none", "boxstyle": "round,pad=0.25"}
    ax.text(0.008, 0.965, text, transform=ax.transAxes, color="white", va="top", bbox=box, fontsize=11, zorder=5)


def _line(figure: Figure, y: float, text: str, room: float, *, align: str = "left", **font: Any) -> float:
    """Write one line of text, truncated to ``room`` pixels, and return its width in pixels."""
    x = 0.075 if align == "left" else 0.925
    text = _drawable(text)
    artist = figure.text(x, y, "", ha=align, family=_FONTS if text.isascii() else _families(), **font)
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]

    def width(n: int) -> float:
        artist.set_text(text if n >= len(text) else f"{text[:n].rstrip()}…")
        return float(artist.get_window_extent(renderer).width) if artist.get_text() else 0.0

    n_pixels = width(len(text))
    if n_pixels <= room:
        return n_pixels
    fits, too_long = 0, len(text)
    while too_long - fits > 1:
        middle = (fits + too_long) // 2
        fits, too_long = (middle, too_long) if width(middle) <= room else (fits, middle)
    return width(fits)


@functools.lru_cache(maxsize=1)
def _families() -> list[str]:
    """List matplotlib's default font and installed fonts for other scripts."""
    fonts = require("matplotlib.font_manager", purpose="pictures")
    here = {font.name for font in fonts.fontManager.ttflist}
    return _FONTS + [family for family in _FALLBACK_FONTS if family in here]


def _drawable(text: str) -> str:
    """Return the text with a replacement character for every character that no font here has."""
    if text.isascii() and text.isprintable():
        return text
    fonts = require("matplotlib.font_manager", purpose="pictures")
    charset = set()
    for family in _families():
        charset |= set(fonts.get_font(fonts.findfont(family)).get_charmap())
    return "".join(c if ord(c) in charset and c.isprintable() else "\ufffd" for c in text)
