"""Records and their index belong together: each draw is of the run that lists it."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from .._files import printable
from .._notices import Notice
from ..custom.waveform import Waveform, WaveformDraw
from ..errors import PolicyError
from ..frontends import MelFrontend, mel_format
from ..outputs.marker import is_folder
from .clip_files import FolderFiles
from .records import ClipEntry, ClipRecord, Configuration, DrawRecord

__all__ = ["check_of_run", "left_out", "read_draw"]

_DRAW = re.compile(r"(draw-[1-9]\d{0,6})\.json")
_MOST_NAMED = 3


def read_draw(files: FolderFiles, name: str) -> DrawRecord:
    """Read the record of a draw that an index lists.

    Parameters
    ----------
    files : FolderFiles
        Of the clip.
    name : str
        Of the draw, e.g. ``draw-1``.

    Raises
    ------
    PolicyError
        One line that names the file.
    """
    if files.size(f"{name}.json") is None:
        path = files.called(f"{name}.json")
        raise PolicyError(f"{path}: is listed in the index, and is not there; run the audition again")
    return files.record(name)


def check_of_run(
    record: DrawRecord,
    path: str,
    clip: ClipEntry,
    run: Configuration,
    *,
    versions: dict[str, str],
    is_varied: bool = False,
) -> None:
    """See that the record of a draw that an index lists is of the run of that index.

    Parameters
    ----------
    record : DrawRecord
    path : str
        What a message calls it.
    clip : ClipEntry
    run : Configuration
    versions : dict
        What the index says.
    is_varied : bool
        Whether policies, front-ends and vocoders are others than the run's own, as in a sweep.

    Raises
    ------
    PolicyError
        One line that names the file, and what differs.
    """
    pairs: list[tuple[str, Any, Any]] = [
        ("seed", record.seed, run.seed),
        ("clip", (record.clip, *_sound_of(record.audio)), (clip.name, *_sound_of(clip.audio))),
        ("sha256 of the clip's file", record.audio.sha256, clip.audio.sha256),
        ("gain", record.gain, clip.gain),
        ("waveform stage", _stage(record.waveform), _stage(run.waveform)),
        ("versions", record.versions, versions),
    ]
    if not is_varied:
        pairs += [
            ("policy", record.policy, run.policy),
            ("front-end", record.frontend, _frontend(clip, run)),
            ("vocoder", record.vocoder, run.vocoder),
            ("layout of channels", record.channels, run.channels),
            ("mel of the clip", record.audio.mel, clip.audio.mel),
            ("notices of the clip", record.audio.notices, clip.audio.notices),
            ("badges of the clip", record.clip_badges, clip.badges),
        ]
    for what, own, listed in pairs:
        if own != listed:
            shown = f"{what} {own}, where the index has {listed}" if what in ("seed", "gain") else what
            raise PolicyError(f"{path}: is from another run than its index ({shown}); run the audition again")


def left_out(run: Path, listed: Mapping[str, Collection[str]]) -> tuple[Notice, ...]:
    """A notice of the draws that lie in the folders of a run, and that its index does not list.

    Parameters
    ----------
    run : Path
    listed : mapping of str to collection of str
        Of each folder in it, the draws that the index lists, e.g. ``draw-1``.
    """
    draws = [
        f"{folder}/{match[1]}"
        for folder in _names_in(run)
        if is_folder(run / folder)
        for name in _names_in(run / folder)
        if (match := _DRAW.fullmatch(name)) and match[1] not in listed.get(folder, ())
    ]
    if not draws:
        return ()
    named = [printable(draw)[:80] for draw in draws[:_MOST_NAMED]]
    return (Notice("unlisted", {"folder": printable(run), "n_draws": len(draws), "draws": named}),)


def _names_in(folder: Path) -> list[str]:
    """What lies in a folder; nothing where that cannot be told."""
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def _sound_of(clip: ClipRecord) -> tuple[Any, ...]:
    """Which samples a draw was made for; a path that leads to others is told by their fingerprint."""
    return (
        *(clip.fingerprint, clip.sample_rate, clip.n_samples, clip.n_channels, clip.channel),
        *(clip.start_s, clip.duration_s),
    )


def _stage(waveform: Waveform | WaveformDraw | None) -> tuple[Any, ...] | None:
    """What a run and a draw both say of what is done to the waveform; None for nothing."""
    return None if waveform is None else (waveform.name, waveform.transforms)


def _frontend(clip: ClipEntry, run: Configuration) -> MelFrontend:
    """The front-end of a clip: of a mel, with the statistics that the run was told of."""
    if clip.audio.mel is None or run.statistics is None:
        return run.frontend
    return mel_format(run.frontend, run.statistics).frontend
