"""A draw that was written down: its record, what lies beside it, and the draw made again."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from ._files import as_path, printable, require_unchanged
from ._notices import Notice
from .audio.clip import Audio
from .auditions import Audition, AuditionRecord, DrawRecord, read_record, replay_record
from .auditions.integrity import check_of_run, edits_of_file
from .auditions.journal import index_or_journal
from .errors import PolicyError, SpecAugListenWarning
from .frontends import MelSpectrogram
from .sweeps.records import SweepRecord, check_of_cell, is_sweep, read_sweep

__all__ = ["WrittenDraw", "read_written_draw", "replay"]

_Index: TypeAlias = AuditionRecord | SweepRecord


class WrittenDraw(NamedTuple):
    """The record of a draw, and what is to be said of it."""

    record: DrawRecord
    notices: tuple[Notice, ...]


def replay(
    path: str | os.PathLike[str],
    *,
    audio: Audio | MelSpectrogram | str | os.PathLike[str] | None = None,
    folder: Path | None = None,
    policy: str | Callable[..., Any] | None = None,
) -> Audition:
    """Make a written draw again, sample for sample.

    Parameters
    ----------
    path : str or path-like
        A ``draw-N.json``.
    audio : Audio, MelSpectrogram, str, path-like or None
        The clip, or its mel where it came as one, where it is not where the record says.
    folder : Path or None
        Where to keep what lies between the steps, instead of in memory, with the joint vocoder: for long recordings.
        The audition is to be saved while it is there.
    policy : str, callable or None
        Where the draw calls a callable: this one, or its name. A record alone never imports code.

    Returns
    -------
    Audition
        With this one draw, under its old number and gain, and with the levels of fills as they are now; what else the
        record says otherwise is told by `specaug_listen.auditions.replay`.

    Raises
    ------
    PolicyError
        When the record cannot be read, or the index of its folder says something else.
    AudioError
        When the clip cannot be read or is not the one that the draw was made for.
    ParameterError
        When the record names a vocoder of the user's own, or calls a callable that is not given, or that makes of the
        clip something else than it did.

    Warns
    -----
    SpecAugListenWarning
        When the record was changed since it was written, or the index of its folder does not list it.
    """
    draw = read_written_draw(path)
    for notice in draw.notices:
        warnings.warn(notice.text, SpecAugListenWarning, stacklevel=2)
    return replay_record(draw.record, printable(path), audio=audio, folder=folder, policy=policy)


def read_written_draw(path: str | os.PathLike[str]) -> WrittenDraw:
    """Read the record of a draw, once, and refuse one that contradicts what lies beside it.

    Where the folder above its own holds an index (``audition.json``, ``sweep.json``, or the journal of a run that did
    not end), the two are to agree, as for a page. A record alone is taken as it is.

    Parameters
    ----------
    path : str or path-like
        A ``draw-N.json``.

    Raises
    ------
    PolicyError
        One line that names the file, and what is wrong.
    """
    near = Path(os.path.abspath(as_path(path)))
    # Where a link is named, its own folder counts, and that of the file.
    places = list(dict.fromkeys((near, Path(os.path.realpath(path)))))
    try:
        with require_unchanged(path):
            indexes = {place: _indexes_beside(place) for place in places}
            record = read_record(path, inside=near.parent.parent if indexes[near] else None)
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
    """Return what is to be said of a record in its places, which agrees with the indexes beside it."""
    notices = [notice for place in indexes for notice in edits_of_file(place)]
    pairs = [(place, index) for place, beside in indexes.items() for index in beside]
    is_listed = [_is_listed(record, index, place.parent.name, path) for place, index in pairs]
    if pairs and not any(is_listed):
        notices.append(Notice("not-listed", {"path": path, "folder": printable(pairs[0][0].parent.parent)}))
    return tuple(notices)


def _is_listed(record: DrawRecord, index: _Index, folder: str, path: str) -> bool:
    """Whether an index lists a draw in a folder of a clip or a cell; where it does, the two agree.

    Raises
    ------
    PolicyError
        When they do not.
    """
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
