"""Pictures: Axes in, Axes out; one whole figure for each draw. No pyplot, no global state.

Levels are in dB relative to the loudest cell of the *original* mel, on one scale for all panels of a figure.
"""

from __future__ import annotations

import functools
import io
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ._optional import require
from .augment import Draw, FrequencyBand, Rectangle, TimeSpan
from .frontends import AnyMel, MelFrontend
from .frontends.filterbank import hz_to_mel

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage

__all__ = ["encode_png", "percent", "plot_audition", "plot_mel", "plot_steps", "plot_warp"]

# Perceptually uniform, and told apart under all common colour deficiencies.
COLOUR_MAP = "magma"
RANGE_DB = 80.0
# The size at which every text is laid out: 1200 x 720 pixels.
_SIZE_INCHES, _DPI = (12.0, 7.2), 100
_MOST_COLUMNS = 2400
_COLUMNS_AT_ONCE = 100
# Below this, a clip is digital silence, and no cell of it deserves to be drawn bright.
_SILENCE_DB = -150.0
# In the order in which they are wanted; one that would come too close to another is left out.
_TICKS_HZ = (1000, 200, 400, 2000, 4000, 8000, 700, 1500, 3000, 6000, 100, 12000, 16000, 20000, 24000, 50, 300, 500)
_WARP_COLOUR = "#0072b2"
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


def plot_mel(
    mel: AnyMel,
    ax: Axes,
    *,
    ref_db: float | None = None,
    top_db: float = 0.0,
    range_db: float = RANGE_DB,
) -> AxesImage:
    """Draw a mel spectrogram: seconds across, Hz on mel-spaced ticks upwards, colour in dB.

    Parameters
    ----------
    mel : MelSpectrogram or MelStream
    ax : matplotlib Axes
    ref_db : float [dB] or None
        Level that is called 0 dB; None takes the mel's loudest cell.
    top_db, range_db : float [dB]
        Brightest level relative to ``ref_db``, and how far down the colours reach from there.

    Returns
    -------
    matplotlib AxesImage

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from specaug_listen import Audio, frontends
    >>> ax = Figure().add_subplot()
    >>> image = plot_mel(frontends.WHISPER(Audio(np.zeros(16000), 16000)), ax)
    >>> ax.get_xlabel()
    'Time (s)'
    """
    ref_db = reference_db(mel) if ref_db is None else ref_db
    half_hop_s = mel.frontend.hop_length / mel.frontend.sample_rate / 2
    image = ax.imshow(
        _columns(mel) - ref_db,
        origin="lower",
        aspect="auto",
        interpolation="nearest",
        cmap=COLOUR_MAP,
        vmin=top_db - range_db,
        vmax=top_db,
        extent=(mel.times_s[0] - half_hop_s, mel.times_s[-1] + half_hop_s, -0.5, mel.n_mels - 0.5),
    )
    ax.set_xlim(0, mel.duration_s)
    positions, labels = _hz_ticks(mel.frontend)
    ax.set_yticks(positions, labels)
    ax.set_ylim(-0.5, mel.n_mels - 0.5)
    ax.set_ylabel("Frequency (Hz)")
    ax.set_xlabel("Time (s)")
    return image


def plot_steps(draw: Draw, mel: AnyMel, ax: Axes) -> Axes:
    """Outline the masks of a draw on a mel that `plot_mel` has drawn."""
    patches = require("matplotlib.patches", purpose="pictures")
    for bins, (begin, end), style in outlines(draw):
        begin_s, end_s = mel.frontend.framing.center_s([begin, end], mel.frontend.sample_rate)
        if end - begin >= mel.n_frames:
            begin_s, end_s = 0.0, mel.duration_s
        box = (begin_s, bins[0] - 0.5), end_s - begin_s, float(bins[1] - bins[0])
        # Black under white: seen on the darkest and on the brightest cell.
        for colour, line_width in (("black", 2.6), ("white", 1.1)):
            ax.add_patch(patches.Rectangle(*box, fill=False, ec=colour, lw=line_width, ls=style, zorder=3))
    return ax


def outlines(draw: Draw) -> list[tuple[tuple[int, int], tuple[float, float], str]]:
    """Bins, frames and line style of all that a draw fills (solid) or copies (dashed), in the augmented mel."""
    found: list[tuple[tuple[int, int], tuple[float, float], str]] = []
    for step in draw.steps:
        if isinstance(step, FrequencyBand) and step.n_bins:
            found.append(((step.start_bin, step.start_bin + step.n_bins), (-0.5, draw.n_frames - 0.5), "-"))
    found += [((0, draw.n_mels), span, "-") for span in draw.time_spans]
    for bins, span in draw.rectangles:
        found.append((bins, span, "-"))
    for bins, span in draw.copies:
        found.append((bins, span, "--"))
    return found


def plot_warp(draw: Draw, mel: AnyMel, ax: Axes) -> Axes:
    """Draw a time warp as lines from where a moment was (above) to where it went (below)."""
    lines = require("matplotlib.collections", purpose="pictures")
    source = np.arange(mel.n_frames, dtype=np.float64)
    for path in draw.warps:
        source = np.interp(path.source_frames(mel.n_frames), np.arange(mel.n_frames), source)
    frames = np.arange(mel.n_frames)
    marks = np.linspace(0, mel.n_frames - 1, 41)
    ends_s = mel.frontend.framing.center_s(np.interp(marks, source, frames), mel.frontend.sample_rate)
    begins_s = mel.frontend.framing.center_s(marks, mel.frontend.sample_rate)
    segments = [((begin, 1.0), (end, 0.0)) for begin, end in zip(begins_s, ends_s, strict=True)]
    ax.add_collection(lines.LineCollection(segments, colors="#888888", linewidths=0.8))
    for path in draw.warps:
        moved = path.center_frame + path.displacement_frames
        if max(path.center_frame, moved) >= mel.n_frames:
            continue  # it is the padding that moves most
        x = mel.frontend.framing.center_s([path.center_frame, moved], mel.frontend.sample_rate)
        ax.plot(x, [1.0, 0.0], color=_WARP_COLOUR, lw=2.5, marker="o", ms=5, clip_on=False, zorder=4)
    ax.set_xlim(0, mel.duration_s)
    ax.set_ylim(0, 1)
    ax.xaxis.set_visible(False)
    ax.set_yticks([])
    ax.set_ylabel("Warp", color=_WARP_COLOUR, rotation=0, ha="right", va="center")
    for side in ax.spines.values():
        side.set_visible(False)
    return ax


def plot_audition(before: AnyMel, after: AnyMel, draw: Draw, *, title: str = "", note: str = "") -> Figure:
    """The original mel above, the augmented one below, masks outlined and the warp's path between them.

    Parameters
    ----------
    before, after : MelSpectrogram or MelStream
    draw : Draw
        What leads from one to the other.
    title, note : str
        First line: the clip's name, shortened where there is no room for both, and what was done to it. A second line
        says what was drawn.

    Returns
    -------
    matplotlib Figure
        1200 x 720 pixels when saved as it is.

    Examples
    --------
    >>> from specaug_listen import Audio, augment, frontends
    >>> mel = frontends.WHISPER(Audio(np.sin(np.arange(48000) * 0.2), 16000))
    >>> draw = augment.LD.draw(mel, rng=0)
    >>> figure = plot_audition(mel, draw.apply(mel), draw, title="a tone")
    >>> len(figure.axes) - bool(draw.warps)
    3
    """
    figure_module = require("matplotlib.figure", purpose="pictures")
    figure: Figure = figure_module.Figure(figsize=_SIZE_INCHES, dpi=_DPI)
    require("matplotlib.backends.backend_agg", purpose="pictures").FigureCanvasAgg(figure)
    ratios = [1.0, 0.16, 1.0] if draw.warps else [1.0, 1.0]
    grid = figure.add_gridspec(
        len(ratios), 2, height_ratios=ratios, width_ratios=[1.0, 0.016],
        left=0.075, right=0.925, bottom=0.085, top=0.855, wspace=0.025, hspace=0.09 if draw.warps else 0.16,
    )  # fmt: skip
    top, bottom = figure.add_subplot(grid[0, 0]), figure.add_subplot(grid[-1, 0])
    ref_db = reference_db(before)
    top_db = max(0.0, float(np.ceil(after.range_db[1] - ref_db)))
    image = plot_mel(before, top, ref_db=ref_db, top_db=top_db)
    plot_mel(after, bottom, ref_db=ref_db, top_db=top_db)
    plot_steps(draw, after, bottom)
    if draw.warps:
        plot_warp(draw, before, figure.add_subplot(grid[1, 0]))
    # One time axis serves both panels.
    top.xaxis.set_visible(False)
    _corner_label(top, "original")
    _corner_label(bottom, "augmented")
    bar = figure.colorbar(image, cax=figure.add_subplot(grid[:, 1]))
    bar.set_label("Level (dB re loudest original cell)")
    room = _SIZE_INCHES[0] * _DPI * 0.85
    font: dict[str, Any] = {"va": "center", "parse_math": False}
    taken = _line(figure, 0.955, note, room * 0.75, align="right", fontsize=12, **font)
    _line(figure, 0.955, title, room - taken - 25, fontsize=13, weight="bold", **font)
    _line(figure, 0.905, describe_draw(draw, before), room, fontsize=10.5, **font)
    return figure


def describe_draw(draw: Draw, mel: AnyMel) -> str:
    """What was drawn, in one line: masked shares, warp, and level of the fills."""
    if not draw.applied:
        return "the policy left this clip alone (probability)"
    parts = [
        f"masked: {percent(draw.masked_time_ratio)} of time, {percent(draw.masked_frequency_ratio)} of frequency, "
        f"{percent(draw.masked_area_ratio)} of area"
    ]
    for path in draw.warps:
        seconds = float(mel.frontend.framing.center_s(path.center_frame, mel.frontend.sample_rate))
        moved_s = path.displacement_frames * mel.frontend.hop_length / mel.frontend.sample_rate
        where = ", in the padding," if path.center_frame >= draw.n_frames else ""
        parts.append(f"warp: {seconds:.2f} s{where} moves by {moved_s:+.2f} s")
    masks = [step for step in draw.steps if isinstance(step, FrequencyBand | TimeSpan | Rectangle)]
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
    if any("time_warp did nothing" in line for line in draw.warnings):
        parts.append("warp: none, the clip is too short")
    parts += [line for line in draw.warnings if "lie in the padding" in line]
    return "   |   ".join(parts)


def percent(share: float) -> str:
    """A share in percent; of little, with a decimal more.

    Examples
    --------
    >>> percent(0.286), percent(0.0021), percent(0.0)
    ('29%', '0.2%', '0%')
    """
    return f"{share:.1%}" if 0 < share < 0.01 else f"{share:.0%}"


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


def reference_db(mel: AnyMel) -> float:
    """Level of the loudest cell; where all cells are alike or silent, a level at which they are drawn dark."""
    quietest, loudest = mel.range_db
    if loudest < _SILENCE_DB:
        return 0.0
    return loudest + RANGE_DB if quietest == loudest else loudest


def _columns(mel: AnyMel) -> npt.NDArray[np.float32]:
    """Cells in dB; means over neighbouring frames where there are more than any screen has columns."""
    step = -(-mel.n_frames // _MOST_COLUMNS)
    if step == 1:
        return mel.part(0, mel.n_frames).db
    return np.concatenate([_means(part.db, step) for part in mel.parts(step * _COLUMNS_AT_ONCE)], axis=1)


def _means(db: npt.NDArray[np.float32], step: int) -> npt.NDArray[np.float32]:
    n_frames = db.shape[1]
    sums = np.add.reduceat(db, np.arange(0, n_frames, step), axis=1, dtype=np.float64)
    counts = np.diff(np.append(np.arange(0, n_frames, step), n_frames))
    return (sums / counts).astype(np.float32)


def _hz_ticks(frontend: MelFrontend) -> tuple[list[float], list[str]]:
    low, high = hz_to_mel([frontend.fmin_hz, frontend.top_hz], frontend.mel_scale)
    spacing = (high - low) / (frontend.n_mels + 1)
    positions: list[float] = []
    labels: list[str] = []
    least = 0.075 * frontend.n_mels
    for hz in _TICKS_HZ:
        position = float((hz_to_mel(hz, frontend.mel_scale) - low) / spacing - 1)
        is_free = all(abs(position - other) >= least for other in positions)
        if -0.5 <= position <= frontend.n_mels - 0.5 and is_free:
            positions.append(position)
            labels.append(str(hz))
    return positions, labels


def _corner_label(ax: Any, text: str) -> None:
    box = {"facecolor": "black", "alpha": 0.65, "edgecolor": "none", "boxstyle": "round,pad=0.25"}
    ax.text(0.008, 0.965, text, transform=ax.transAxes, color="white", va="top", bbox=box, fontsize=11, zorder=5)


def _line(figure: Figure, y: float, text: str, room: float, *, align: str = "left", **font: Any) -> float:
    """Write one line, cut so that it takes at most ``room`` pixels, and say how many it takes."""
    x = 0.075 if align == "left" else 0.925
    text = _drawable(text)
    artist = figure.text(x, y, "", ha=align, family=_FONTS if text.isascii() else _families(), **font)
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]

    def width(n: int) -> float:
        artist.set_text(text if n >= len(text) else f"{text[:n].rstrip()}…")
        return float(artist.get_window_extent(renderer).width) if artist.get_text() else 0.0

    taken = width(len(text))
    if taken <= room:
        return taken
    fits, too_long = 0, len(text)
    while too_long - fits > 1:
        middle = (fits + too_long) // 2
        fits, too_long = (middle, too_long) if width(middle) <= room else (fits, middle)
    return width(fits)


@functools.lru_cache(maxsize=1)
def _families() -> list[str]:
    """Matplotlib's own font, and those that a machine may have for other scripts."""
    fonts = require("matplotlib.font_manager", purpose="pictures")
    here = {font.name for font in fonts.fontManager.ttflist}
    return _FONTS + [family for family in _FALLBACK_FONTS if family in here]


def _drawable(text: str) -> str:
    """The text with a replacement mark for what no font here can draw."""
    if text.isascii() and text.isprintable():
        return text
    fonts = require("matplotlib.font_manager", purpose="pictures")
    known = set()
    for family in _families():
        known |= set(fonts.get_font(fonts.findfont(family)).get_charmap())
    return "".join(c if ord(c) in known and c.isprintable() else "\ufffd" for c in text)
