"""A plot of a score over a parameter, with its spread over draws."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import ParameterError
from ..metrics import SCORES
from .mels import check_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_sweep"]

# Okabe and Ito's colours, safe for all common kinds of colour blindness; dashes distinguish them in print.
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000")
_DASHES = ("-", "--", "-.", ":")
_HATCHES = ("", "//", "..", "\\\\", "xx")
# Of all bars of a category, relative to the distance between categories.
_WIDTH_OF_BARS = 0.8
_MAX_NAME_LENGTH, _MAX_CHARACTERS_OF_NAMES = 22, 28


def plot_sweep(
    rows: Sequence[Mapping[str, Any]], ax: Axes, *, along: str, y: str = "masked_area_ratio", by: str | None = None
) -> Axes:
    """Plot a score of a sweep over one of its parameters: mean, minimum and maximum of the draws.

    Numbers are joined by lines; categories (policies, fills, vocoders, ...) have bars, because nothing is between them.

    Parameters
    ----------
    rows : sequence of mapping
        As `specaug_listen.Sweep.rows`.
    ax : matplotlib Axes
    along : str
        The parameter on the horizontal axis.
    y : str
        A key of the scores, e.g. ``masked_area_ratio`` or ``log_mel_rmse_db``.
    by : str or None
        The parameter with one line or bar per value; other parameters and clips count as draws.

    Returns
    -------
    matplotlib Axes
        ``ax``.

    Raises
    ------
    ParameterError
        If the rows have no such parameter or score.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> rows = [{"bins": n, "draw": 1, "masked_area_ratio": n / 80} for n in (8, 16, 27)]
    >>> plot_sweep(rows, Figure().add_subplot(), along="bins").get_xlabel()
    'bins'
    """
    check_axes(ax)
    if isinstance(rows, Mapping) or not isinstance(rows, Iterable) or not all(isinstance(r, Mapping) for r in rows):
        raise ParameterError(f"rows={rows!r:.80}: expected the rows of a sweep, Sweep.rows")
    rows = list(rows)
    for key in (along, y, *([] if by is None else [by])):
        if not isinstance(key, str):
            raise ParameterError(f"{key!r:.80}: expected the name of a column of the rows")
        if not rows or all(key not in row for row in rows):
            columns = sorted({name for row in rows for name in row})
            raise ParameterError(
                f"{key!r:.80}: allowed is a column of the rows: {', '.join(columns) or 'there are none'}"
            )
    values = list(dict.fromkeys(row[along] for row in rows))
    are_numbers = all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in values)
    places = [float(value) for value in values] if are_numbers else [float(i) for i in range(len(values))]
    order = np.argsort(places)
    line_values = list(dict.fromkeys(row[by] for row in rows)) if by else [None]
    for number, line_value in enumerate(line_values):
        of_line = [row for row in rows if by is None or row[by] == line_value]
        scores = [[row[y] for row in of_line if row[along] == value and row.get(y) is not None] for value in values]
        points = [(places[i], scores[i]) for i in order if scores[i]]
        label = "" if by is None else f"{by} = {line_value}"
        if are_numbers:
            _line(ax, points, number, label, y)
        else:
            _bars(ax, points, (number, len(line_values)), label, y)
    if not are_numbers:
        _name_categories(ax, places, [str(value) for value in values])
    return _labelled(ax, along, y, by)


def _line(ax: Axes, points: list[tuple[float, list[float]]], number: int, label: str, y: str) -> None:
    x, spread = _spread(points, y)
    colour = _COLOURS[number % len(_COLOURS)]
    ax.fill_between(x, spread[:, 0], spread[:, 2], color=colour, alpha=0.18, lw=0)
    ax.plot(x, spread[:, 1], color=colour, ls=_DASHES[number % len(_DASHES)], marker="o", ms=4, label=label or None)


def _bars(ax: Axes, points: list[tuple[float, list[float]]], place: tuple[int, int], label: str, y: str) -> None:
    """Plot bars, those of one of several lines (its number, and how many) beside those of the others."""
    number, n_lines = place
    x, spread = _spread(points, y)
    width = _WIDTH_OF_BARS / n_lines
    x = x + (number - (n_lines - 1) / 2) * width
    hatch = _HATCHES[number % len(_HATCHES)] if n_lines > 1 else ""
    colour = _COLOURS[number % len(_COLOURS)]
    ax.bar(x, spread[:, 1], 0.92 * width, color=colour, edgecolor="white", hatch=hatch, label=label or None)
    ax.vlines(x, spread[:, 0], spread[:, 2], color="#222222", lw=1.2)
    ax.axhline(0, color="#222222", lw=0.8)


def _spread(points: list[tuple[float, list[float]]], y: str) -> tuple[Any, Any]:
    """Return the places of points, and their minimum, mean and maximum in the unit of the score."""
    scale = SCORES[y].scale if y in SCORES else 1.0
    spread = np.array([[min(of), sum(of) / len(of), max(of)] for _, of in points]).reshape(-1, 3) * scale
    return np.array([place for place, _ in points]), spread


def _name_categories(ax: Axes, places: list[float], names: list[str]) -> None:
    """Write names below bars, shortened and slanted if they would touch."""
    texts = [name if len(name) <= _MAX_NAME_LENGTH else f"{name[: _MAX_NAME_LENGTH - 1]}…" for name in names]
    if len(texts) * max(map(len, texts), default=0) > _MAX_CHARACTERS_OF_NAMES:
        ax.set_xticks(places, texts, rotation=35, ha="right", rotation_mode="anchor", fontsize="small")
    else:
        ax.set_xticks(places, texts)


def _labelled(ax: Axes, along: str, y: str, by: str | None) -> Axes:
    title, unit = (SCORES[y].title, SCORES[y].unit) if y in SCORES else (y, "")
    ax.set_xlabel(along)
    ax.set_ylabel(f"{title} ({unit})" if unit else title)
    if unit == "%":
        ax.set_ylim(0, max(5.0, ax.get_ylim()[1]))
    ax.grid(alpha=0.3)
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    if by:
        ax.legend(fontsize="small", frameon=False)
    return ax
