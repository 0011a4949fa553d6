"""Replay of a written draw: its record is read, and checked against the files beside it, before it is rendered.

`specaug_listen.auditions.record_rendering` renders it.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from ._files import as_path, printable, require_unchanged
from ._notices import Notice
from .audio.audio_in_memory import Audio
from .auditions import Audition, AuditionRecord, DrawRecord, read_record, replay_record
from .auditions.folder_checks import check_of_run, edits_of_file
from .auditions.journal import index_or_journal
from .errors import PolicyError, SpecAugListenWarning
from .frontends import MelSpectrogram
from .sweeps.records import SweepRecord, check_of_cell, is_sweep, read_sweep

__all__ = ["WrittenDraw", "read_written_draw", "replay"]

_Index: TypeAlias = AuditionRecord | SweepRecord


class WrittenDraw(NamedTuple):
    """The record of a draw, and notices about it."""

    record: DrawRecord
    notices: tuple[Notice, ...]


def replay(
    path: str | os.PathLike[str],
    *,
    audio: Audio | MelSpectrogram | str | os.PathLike[str] | None = None,
    folder: Path | None = None,
    policy: str | Callable[..., Any] | None = None,
) -> Audition:
    """Render a recorded draw again, sample for sample.

    Parameters
    ----------
    path : str or path-like
        A ``draw-N.json``.
    audio : Audio, MelSpectrogram, str, path-like or None
        The clip, or its mel if it came as one; None takes the path in the record.
    folder : Path or None
        Folder for intermediate data of long recordings with the joint vocoder, instead of memory; it must exist until
        the audition is saved.
    policy : str, callable or None
        The callable of the draw, or its name, if it calls one. A record alone never imports code.

    Returns
    -------
    Audition
        With this one draw, under its old number and gain, and with the current levels of fills;
        `specaug_listen.auditions.differences` lists other differences from the record.

    Raises
    ------
    PolicyError
        If the record cannot be read, or contradicts the index of its folder.
    AudioError
        If the clip cannot be read or is not the one of the draw.
    ParameterError
        If the record names a vocoder of the user's own, or calls a callable that is not given or whose result differs.

    Warns
    -----
    SpecAugListenWarning
        If the record was changed since it was written, or the index of its folder does not list it.
    """
    draw = read_written_draw(path)
    for notice in draw.notices:
        warnings.warn(notice.text, SpecAugListenWarning, stacklevel=2)
    return replay_record(draw.record, printable(path), audio=audio, folder=folder, policy=policy)


def read_written_draw(path: str | os.PathLike[str]) -> WrittenDraw:
    """Read the record of a draw once; raise a PolicyError if it contradicts the files beside it.

    If the parent of its folder contains an index (``audition.json``, ``sweep.json``, or the journal of an unfinished
    run), record and index must agree, as for a page. A record alone is accepted as it is.
    """
    location = Path(os.path.abspath(as_path(path)))
    # For a link, both its own folder and that of its target count.
    places = list(dict.fromkeys((location, Path(os.path.realpath(path)))))
    try:
        with require_unchanged(path):
            indexes = {place: _indexes_beside(place) for place in places}
            record = read_record(path, inside=location.parent.parent if indexes[location] else None)
            notices = _notices_of(record, printable(path), indexes)
    except OSError as error:
        message = f"{printable(path)}: cannot be read ({error.strerror}); give it again"
        raise PolicyError.unreadable(message, error) from None
    return WrittenDraw(record, notices)


def _indexes_beside(place: Path) -> list[_Index]:
    run = place.parent.parent
    indexes = [index_or_journal(run), read_sweep(run) if is_sweep(run) else None]
    return [index for index in indexes if index is not None]


def _notices_of(record: DrawRecord, path: str, indexes: dict[Path, list[_Index]]) -> tuple[Notice, ...]:
    """Return the notices about a record; raise a PolicyError if it contradicts an index."""
    notices = [notice for place in indexes for notice in edits_of_file(place)]
    pairs = [(place, index) for place, beside in indexes.items() for index in beside]
    is_listed = [_is_listed(record, index, place.parent.name, path) for place, index in pairs]
    if pairs and not any(is_listed):
        notices.append(Notice("not-listed", {"path": path, "folder": printable(pairs[0][0].parent.parent)}))
    return tuple(notices)


def _is_listed(record: DrawRecord, index: _Index, folder: str, path: str) -> bool:
    """Whether an index lists a draw in this folder of a clip or cell; raise a PolicyError if the two disagree."""
    name = f"draw-{record.number}"
    if isinstance(index, SweepRecord):
        cells = [cell for cell in index.cells if cell.folder == folder and name in cell.draws]
        for cell in cells:
            check_of_cell(record, path, index, cell)
        return bool(cells)
    clips = [clip for clip in index.clips if clip.folder == folder and name in clip.draws]
    for clip in clips:
        check_of_run(record, path, clip, index.configuration, versions=index.versions)
    return bool(clips)
