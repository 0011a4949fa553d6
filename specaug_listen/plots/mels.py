"""A mel spectrogram as a picture: on Axes, or one pixel per cell, from which levels can be read again."""

from __future__ import annotations

import functools
import io
import json
import numbers
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from .._imports import require
from ..errors import ParameterError
from ..frontends import AnyMel, MelFrontend, check_mel
from ..frontends.filterbank import hz_to_mel, mel_to_hz

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "COLOUR_MAP",
    "RANGE_DB",
    "Cells",
    "check_axes",
    "colours_hex",
    "columns",
    "edges_hz",
    "extent_s",
    "hz_ticks",
    "n_columns",
    "plot_mel",
    "read_cells",
    "reference_db",
    "set_axes",
]

# Perceptually uniform, and safe for all common kinds of colour blindness.
COLOUR_MAP = "magma"
RANGE_DB = 80.0
_MAX_COLUMNS = 2400
_COLUMNS_AT_ONCE = 100
# Key of the metadata in a picture of cells.
_TEXT_KEY = "specaug-listen"
_MAX_NUMBER = 1e9
_TEXT_NAMES = ("low_db", "high_db", "extent_s")
# A clip below this level is digital silence, and all of it is drawn dark.
_SILENCE_DB = -150.0
# By priority; ticks too close to one of higher priority are left out.
_TICKS_HZ = (1000, 200, 400, 2000, 4000, 8000, 700, 1500, 3000, 6000, 100, 12000, 16000, 20000, 24000, 50, 300, 500)


def plot_mel(
    mel: AnyMel,
    ax: Axes,
    *,
    ref_db: float | None = None,
    top_db: float = 0.0,
    range_db: float = RANGE_DB,
) -> Axes:
    """Draw a mel spectrogram: seconds across, Hz on mel-spaced ticks upwards, colour in dB.

    Parameters
    ----------
    mel : MelSpectrogram or MelStream
    ax : matplotlib Axes
    ref_db : float [dB] or None
        Level that is called 0 dB; None takes the mel's loudest cell.
    top_db, range_db : float [dB]
        Brightest level relative to ``ref_db``, and the range of the colours below it.

    Returns
    -------
    matplotlib Axes
        ``ax``; its image is the last of ``ax.images``.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> from specaug_listen import Audio, frontends
    >>> ax = plot_mel(frontends.WHISPER(Audio(np.zeros(16000), 16000)), Figure().add_subplot())
    >>> ax.get_xlabel()
    'Time (s)'
    """
    check_mel(mel)
    check_axes(ax)
    for name, value in (("ref_db", 0.0 if ref_db is None else ref_db), ("top_db", top_db), ("range_db", range_db)):
        if isinstance(value, bool) or not isinstance(value, numbers.Real):
            raise ParameterError(f"{name}={value!r:.80}: expected a number of dB")
    ref_db = reference_db(mel) if ref_db is None else ref_db
    ax.imshow(
        columns(mel) - ref_db,
        origin="lower",
        aspect="auto",
        interpolation="nearest",
        cmap=COLOUR_MAP,
        vmin=top_db - range_db,
        vmax=top_db,
        extent=(*extent_s(mel.frontend, mel.n_frames), -0.5, mel.n_mels - 0.5),
    )
    return set_axes(mel, ax)


def check_axes(*axes: object) -> None:
    """Raise a ParameterError unless all are matplotlib Axes."""
    for ax in axes:
        if not hasattr(ax, "imshow"):
            raise ParameterError(f"ax={ax!r:.80}: expected an Axes of matplotlib, e.g. of plt.subplots()")


def set_axes(mel: AnyMel, ax: Axes) -> Axes:
    """Label the axes of a mel's picture in seconds and Hz."""
    ax.set_xlim(0, mel.duration_s)
    positions, labels = hz_ticks(mel.frontend)
    ax.set_yticks(positions, labels)
    ax.set_ylim(-0.5, mel.n_mels - 0.5)
    ax.set_ylabel("Frequency (Hz)")
    ax.set_xlabel("Time (s)")
    return ax


def extent_s(frontend: MelFrontend, n_frames: int) -> tuple[float, float]:
    """Return the begin of the first cell of a row and the end of the last one, in seconds."""
    begin, end = frontend.framing.center_s([-0.5, n_frames - 0.5], frontend.sample_rate)
    return float(begin), float(end)


def reference_db(mel: AnyMel) -> float:
    """Return the level of the loudest cell; for a silent or constant mel, a level that makes it dark."""
    quietest, loudest = mel.range_db
    if loudest < _SILENCE_DB:
        return 0.0
    return loudest + RANGE_DB if quietest == loudest else loudest


def n_columns(n_frames: int) -> int:
    """Return the number of columns of a mel's picture.

    Examples
    --------
    >>> n_columns(2400), n_columns(2401)
    (2400, 1201)
    """
    return -(-n_frames // _frames_per_column(n_frames))


def _frames_per_column(n_frames: int) -> int:
    return -(-n_frames // _MAX_COLUMNS)


def columns(mel: AnyMel) -> npt.NDArray[np.float32]:
    """Return cells in dB, averaged over neighbouring frames if there are more than a screen has columns."""
    step = _frames_per_column(mel.n_frames)
    if step == 1:
        return mel.part(0, mel.n_frames).db
    return np.concatenate([_means(part.db, step) for part in mel.parts(step * _COLUMNS_AT_ONCE)], axis=1)


def _means(db: npt.NDArray[np.float32], step: int) -> npt.NDArray[np.float32]:
    n_frames = db.shape[1]
    sums = np.add.reduceat(db, np.arange(0, n_frames, step), axis=1, dtype=np.float64)
    counts = np.diff(np.append(np.arange(0, n_frames, step), n_frames))
    return (sums / counts).astype(np.float32)


def hz_ticks(frontend: MelFrontend, least_distance: float = 0.075) -> tuple[list[float], list[str]]:
    """Return positions (in bins) and labels of round frequencies, by priority.

    Parameters
    ----------
    frontend : MelFrontend
    least_distance : float
        Between two of them, as a share of all bins; 0 gives all.

    Examples
    --------
    >>> from specaug_listen.frontends import WHISPER
    >>> hz_ticks(WHISPER, 0.2)[1]
    ['1000', '200', '2000', '4000']
    """
    lowest, spacing = _spacing_mel(frontend)
    positions: list[float] = []
    labels: list[str] = []
    least = least_distance * frontend.n_mels
    for hz in _TICKS_HZ:
        position = float((hz_to_mel(hz, frontend.mel_scale) - lowest) / spacing - 1)
        is_free = all(abs(position - other) >= least for other in positions)
        if -0.5 <= position <= frontend.n_mels - 0.5 and is_free:
            positions.append(position)
            labels.append(str(hz))
    return positions, labels


def edges_hz(frontend: MelFrontend, bins: tuple[int, int]) -> tuple[float, float]:
    """Return the frequencies where a range of bins begins and ends: half way to the next centres on the mel scale."""
    lowest, spacing = _spacing_mel(frontend)
    below, above = mel_to_hz(lowest + spacing * (np.array(bins) + 0.5), frontend.mel_scale)
    return float(below), float(above)


def _spacing_mel(frontend: MelFrontend) -> tuple[float, float]:
    """Return the lower end of a front-end's bins and the spacing of their centres, on the mel scale."""
    low, high = hz_to_mel([frontend.fmin_hz, frontend.top_hz], frontend.mel_scale)
    return float(low), float((high - low) / (frontend.n_mels + 1))


@dataclass(frozen=True, eq=False)
class Cells:
    """Levels as indices of a colour map.

    Parameters
    ----------
    indices : np.ndarray [shape=(n_mels, n_columns), uint8]
        0 is ``low_db`` or less, 255 is ``high_db`` or more; the lowest bin first.
    low_db, high_db : float [dB]
    extent_s : (float, float) [s]
        Begin of the first column and end of the last one.

    Examples
    --------
    >>> cells = Cells(np.array([[0, 255]], np.uint8), -80.0, 0.0, (0.0, 0.02))
    >>> read_cells(cells.png).indices.tolist()
    [[0, 255]]
    """

    indices: npt.NDArray[np.uint8] = field(repr=False)
    low_db: float
    high_db: float
    extent_s: tuple[float, float]

    @classmethod
    def of(cls, mel: AnyMel, *, ref_db: float, low_db: float, high_db: float) -> Cells:
        """Return the cells of a mel, relative to ``ref_db``; averaged as in `columns`."""
        share = (columns(mel) - ref_db - low_db) / (high_db - low_db)
        indices = np.round(np.clip(share, 0, 1) * 255).astype(np.uint8)
        return cls(indices, low_db, high_db, extent_s(mel.frontend, mel.n_frames))

    @property
    def png(self) -> bytes:
        """The cells as a PNG with a palette, the lowest bin at the bottom and the range of levels in its metadata."""
        image = require("PIL.Image", purpose="pictures").fromarray(self.indices[::-1], mode="P")
        image.putpalette(_palette())
        text = require("PIL.PngImagePlugin", purpose="pictures").PngInfo()
        text.add_text(_TEXT_KEY, json.dumps({name: getattr(self, name) for name in _TEXT_NAMES}))
        buffer = io.BytesIO()
        image.save(buffer, format="png", pnginfo=text, optimize=False, compress_level=9)
        return buffer.getvalue()


def read_cells(data: bytes) -> Cells:
    """Read the output of `Cells.png`; raise a ValueError for any other picture."""
    try:
        image = require("PIL.Image", purpose="pictures").open(io.BytesIO(data))
        low_db, high_db, (begin_s, end_s) = (json.loads(image.text[_TEXT_KEY])[name] for name in _TEXT_NAMES)
        numbers = [float(number) for number in (low_db, high_db, begin_s, end_s)]
        is_range = all(abs(number) < _MAX_NUMBER for number in numbers) and low_db < high_db and begin_s < end_s
        if image.mode != "P" or not is_range:
            raise ValueError(f"mode {image.mode}, ranges {numbers}")
        return Cells(np.asarray(image)[::-1], numbers[0], numbers[1], (numbers[2], numbers[3]))
    except (OSError, AttributeError, LookupError, SyntaxError, TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"not a picture of cells ({error!s:.100})") from None


@functools.lru_cache(maxsize=1)
def _palette() -> bytes:
    colormaps = require("matplotlib", purpose="pictures").colormaps
    colours = colormaps[COLOUR_MAP](np.arange(256), bytes=True)[:, :3]
    return bytes(colours.astype(np.uint8).tobytes())


def colours_hex() -> str:
    """Return the colour map, with six hexadecimal digits per index."""
    return _palette().hex()
