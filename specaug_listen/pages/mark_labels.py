"""Names of the marks of a small chart: each above its mark, on as few rows as possible.

Marks that are next to each other share a label, which names all of them in their order.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

__all__ = ["Anchor", "Kind", "Mark", "MarkLabel", "place_labels", "text_width"]

# Space between labels, and widths of characters at the size of the labels, with some reserve for other fonts.
_SPACE = 8.0
_NARROW, _WIDE = set("iIjlftr.,:;|!'()[]- "), set("MWmw%@=+<>~")
_BETWEEN = ", "
# Lines that are nearer than this look like one, and those that are farther apart share no label.
_COINCIDENT, _FAR = 4.0, 24.0
# How far a label reaches beyond its marks, and how near it comes to the line of another one.
_OVERHANG, _CLEARANCE = 4.0, 4.0
_N_ROWS = 2
# Positions are rounded, so that ends of labels are off by up to this.
_ROUNDING = 0.01
# Arrangements that are followed at a time.
_BEAM = 24

Anchor: TypeAlias = Literal["start", "middle", "end"]
Kind: TypeAlias = Literal["recipe", "compare", "reference"]


class Mark(NamedTuple):
    """A line at a position, and its name.

    Parameters
    ----------
    x : float
    name, about : str
        With its tooltip.
    kind : {"recipe", "compare", "reference"}
        A published recipe, a policy that the user named, or a fixed level.
    is_self : bool
        Whether it is the policy itself.
    """

    x: float
    name: str
    about: str = ""
    kind: Kind = "recipe"
    is_self: bool = False


@dataclass(frozen=True)
class MarkLabel:
    """The names of marks that are next to each other, in one place.

    Parameters
    ----------
    marks : tuple of Mark
        From left to right.
    x : float
        Of the label's left end, middle or right end.
    anchor : {"start", "middle", "end"}
        Which of them it is.
    row : int
        From the top; that of the caption is 0.
    """

    marks: tuple[Mark, ...]
    x: float
    anchor: Anchor
    row: int = 0

    @property
    def text(self) -> str:
        """All names."""
        return _BETWEEN.join(mark.name for mark in self.marks)

    @property
    def about(self) -> str:
        """All tooltips, each on a line."""
        return "\n".join(mark.about for mark in self.marks)

    @property
    def ends(self) -> tuple[float, float]:
        """Its left and its right end."""
        width = text_width(_BETWEEN) * (len(self.marks) - 1)
        width += sum(text_width(mark.name, is_bold=mark.is_self) for mark in self.marks)
        begin = self.x - {"start": 0.0, "middle": width / 2, "end": width}[self.anchor]
        return begin, begin + width


def place_labels(marks: Sequence[Mark], width: float, begin_x: float = 0.0) -> tuple[tuple[MarkLabel, ...], int]:
    """Return the labels, none of which overlaps another one, and the number of rows.

    Each is above all of its marks and within the chart; only a single name that is wider than the chart goes beyond
    both of its ends, equally far. No label is crossed by the line of a mark, unless there are so many or so long names
    that there is no other way.

    Parameters
    ----------
    marks : sequence of Mark
        Within the chart: from 0 to ``width``.
    width : float
        Of the chart.
    begin_x : float
        Where the first row begins.

    Examples
    --------
    >>> labels, n_rows = place_labels([Mark(100, "LD"), Mark(101, "ESPnet"), Mark(300, "NeMo")], 360)
    >>> [label.text for label in labels], n_rows
    (['LD, ESPnet', 'NeMo'], 1)
    """
    # There is always one: at the latest, that of a row for each label where lines may cross them.
    labels = next(_arrangements(marks, width, begin_x))
    rows = sorted({label.row for label in labels} | {0})
    return tuple(_without_empty_rows(labels, rows)), len(rows)


def _arrangements(marks: Sequence[Mark], width: float, begin_x: float) -> Iterator[tuple[MarkLabel, ...]]:
    """Yield the labels in places where they do not overlap, the best ones first."""
    for may_cross in (False, True):
        # A row for each mark, and one for the caption.
        for n_rows in range(1, len(marks) + 2):
            # Sharing labels saves a third row, but not a second one.
            for groups in itertools.islice(_groupings(marks, width), 1 if n_rows < _N_ROWS else None):
                labels = _arrange(groups, n_rows, width, begin_x, may_cross=may_cross)
                if labels is not None:
                    yield labels


def _without_empty_rows(labels: Sequence[MarkLabel], rows: Sequence[int]) -> Iterator[MarkLabel]:
    for label in labels:
        yield MarkLabel(label.marks, label.x, label.anchor, rows.index(label.row))


def _groupings(marks: Sequence[Mark], width: float) -> Iterator[list[tuple[Mark, ...]]]:
    """Yield the marks in groups: first only those that coincide, then the nearest ones together, and so on.

    Marks whose names together are wider than the chart share no label, even if they coincide.
    """
    groups: list[tuple[Mark, ...]] = [(mark,) for mark in sorted(marks, key=lambda mark: mark.x)]
    while True:
        gaps = [
            (after[0].x - before[-1].x, i)
            for i, (before, after) in enumerate(itertools.pairwise(groups))
            if _group_width(before + after) <= width
        ]
        if not gaps or min(gaps)[0] > _COINCIDENT:
            yield groups
        if not gaps or min(gaps)[0] > _FAR:
            return
        _, i = min(gaps)
        groups = [*groups[:i], groups[i] + groups[i + 1], *groups[i + 2 :]]


def _group_width(group: tuple[Mark, ...]) -> float:
    return MarkLabel(group, 0, "start").ends[1]


# --- one grouping ---


def _arrange(
    groups: Sequence[tuple[Mark, ...]], n_rows: int, width: float, begin_x: float, *, may_cross: bool
) -> tuple[MarkLabel, ...] | None:
    """Place the label of each group, from left to right; None if there is no room."""
    arrangements: list[tuple[float, tuple[MarkLabel, ...]]] = [(0.0, ())]
    for group in groups:
        options = [
            (cost + 0.6 * (n_rows - 1 - row), place)
            for row in range(n_rows)
            for cost, place in _places(group, row, width, begin_x if row == 0 else 0.0)
        ]
        arrangements = sorted(
            (
                (cost + more, (*labels, label))
                for cost, labels in arrangements
                for more, label in options
                if all(_are_clear(before, label, may_cross=may_cross) for before in labels)
            ),
            key=lambda arrangement: arrangement[0],
        )[:_BEAM]
    return arrangements[0][1] if arrangements else None


def _places(group: tuple[Mark, ...], row: int, width: float, begin_x: float) -> Iterator[tuple[float, MarkLabel]]:
    """Yield where the label of a group may be, and how far that is from the best: above the middle of its marks."""
    first_x, last_x = group[0].x, group[-1].x
    half = _group_width(group) / 2
    if 2 * half > width:
        # Never beside the caption.
        if row > 0:
            yield 0.0, MarkLabel(group, width / 2, "middle", row)
        return
    centre = min(max((first_x + last_x) / 2, begin_x + half), width - half)
    options: tuple[tuple[float, Anchor], ...] = (
        *((centre, "middle"), (first_x - _OVERHANG, "start"), (last_x + _OVERHANG, "end")),
    )
    for x, anchor in options:
        label = MarkLabel(group, round(x, 2), anchor, row)
        low, high = label.ends
        is_within = low >= begin_x - _ROUNDING and high <= width + _ROUNDING
        if is_within and low <= first_x + _ROUNDING and last_x <= high + _ROUNDING:
            yield abs((low + high) / 2 - (first_x + last_x) / 2) / half, label


def _are_clear(before: MarkLabel, after: MarkLabel, *, may_cross: bool) -> bool:
    """Whether two labels neither overlap nor are crossed by each other's lines."""
    if before.row == after.row:
        return before.ends[1] + _SPACE <= after.ends[0]
    upper, lower = (before, after) if before.row < after.row else (after, before)
    low, high = lower.ends
    return may_cross or all(not low - _CLEARANCE < mark.x < high + _CLEARANCE for mark in upper.marks)


def text_width(text: str, *, is_bold: bool = False) -> float:
    """Estimate the width of a label, rather too wide than too narrow."""
    return (1.2 if is_bold else 1.0) * sum(
        4.4 if c in _NARROW else 10.5 if c in _WIDE else 8.0 if c.isupper() else 6.9 for c in text
    )
