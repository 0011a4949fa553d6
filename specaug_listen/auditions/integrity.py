"""What lies in the folder of a run belongs together: draws and index, sounds and records, files and their hashes."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from .._files import open_inside, printable
from .._notices import Notice
from ..custom.waveform import Waveform, WaveformDraw
from ..errors import PolicyError
from ..frontends import MelFrontend, mel_format
from ..outputs.marker import MARKER, is_folder, own_files_in
from .badges import MOST_BADGES
from .clip_files import AGAIN, CLIP_FILES, MOST_BYTES_OF_PICTURE, Files, FolderFiles
from .records import ClipEntry, ClipRecord, Configuration, DrawRecord
from .validation import FRAMES_OF_ROUNDING

__all__ = [
    "Edits",
    "check_drawn",
    "check_of_run",
    "check_unchanged",
    "edits_of_file",
    "embedded",
    "notice_of_unlisted",
    "read_draw",
    "with_badges",
]

_DRAW = re.compile(r"(draw-[1-9]\d{0,6})\.json")
_MOST_NAMED = 3
_WITH_RESULTS = ("audition", "Audition.save", "sweep")
_MOST_BYTES = {".png": MOST_BYTES_OF_PICTURE, ".json": 1 << 28}


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
        path = files.path_text(f"{name}.json")
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
    """Refuse the record of a draw that is from another run than the index that lists it.

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
    for what, value, expected in pairs:
        if value != expected:
            what_differs = f"{what} {value}, where the index has {expected}" if what in ("seed", "gain") else what
            raise PolicyError(f"{path}: is from another run than its index ({what_differs}); run the audition again")


def notice_of_unlisted(run: Path, draws_by_folder: Mapping[str, Collection[str]]) -> tuple[Notice, ...]:
    """Return a notice of the draws that lie in the folders of a run, and that its index does not list.

    Parameters
    ----------
    run : Path
    draws_by_folder : mapping of str to collection of str
        Of each folder in it, the draws that the index lists, e.g. ``draw-1``.
    """
    draws = [
        f"{folder}/{match[1]}"
        for folder in _names_in(run)
        if is_folder(run / folder)
        for name in _names_in(run / folder)
        if (match := _DRAW.fullmatch(name)) and match[1] not in draws_by_folder.get(folder, ())
    ]
    if not draws:
        return ()
    names = [printable(draw)[:80] for draw in draws[:_MOST_NAMED]]
    return (Notice("unlisted", {"folder": printable(run), "n_draws": len(draws), "draws": names}),)


def _names_in(folder: Path) -> list[str]:
    """List what lies in a folder; nothing where that cannot be told."""
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def _sound_of(clip: ClipRecord) -> tuple[Any, ...]:
    """Return which samples a draw was made for; a path that leads to others is told by their fingerprint."""
    return (
        *(clip.fingerprint, clip.sample_rate, clip.n_samples, clip.n_channels, clip.channel),
        *(clip.start_s, clip.duration_s),
    )


def _stage(waveform: Waveform | WaveformDraw | None) -> tuple[Any, ...] | None:
    """Return what a run and a draw both say of what is done to the waveform; None for nothing."""
    return None if waveform is None else (waveform.name, waveform.transforms)


def _frontend(clip: ClipEntry, run: Configuration) -> MelFrontend:
    """Return the front-end of a clip: of a mel, with the statistics that the run was told of."""
    if clip.audio.mel is None or run.statistics is None:
        return run.frontend
    return mel_format(run.frontend, run.statistics).frontend


def check_unchanged(
    files: Files, name: str, frontend: MelFrontend, entry: ClipEntry, draws: Sequence[DrawRecord]
) -> None:
    """Refuse an original, or a copy-synthesis, that is not as long as its clip, at the front-end's rate.

    Raises
    ------
    PolicyError
        One line that names the file, what it holds and what is allowed.
    """
    n_frames = frontend.framing.n_frames(round(entry.duration_s * frontend.sample_rate))
    _check(files, name, frontend, n_frames, draws[0].channels if draws else None)


def check_drawn(files: Files, name: str, record: DrawRecord) -> None:
    """Refuse a draw that is not as long as its mel; errors as for `check_unchanged`."""
    # After a callable, the length that was found counts.
    n_frames = record.draw.n_frames - record.draw.n_trimmed if record.change is None else record.change.n_frames
    _check(files, name, record.frontend, n_frames, record.channels)


def _check(files: Files, name: str, frontend: MelFrontend, n_frames: int, channels: str | None) -> None:
    form = files.form(name)
    if form is None:
        return
    n_channels = 1 if channels == "mono" else 2
    has = ""
    if form.rate != frontend.sample_rate:
        has = f"{form.rate} Hz: allowed is the front-end's rate, {frontend.sample_rate} Hz"
    elif channels is not None and form.n_channels != n_channels:
        has = f"{form.n_channels} channels: allowed are {n_channels}, as its run wrote them ({channels})"
    elif abs(frontend.framing.n_frames(form.n_samples) - n_frames) > FRAMES_OF_ROUNDING:
        seconds = n_frames * frontend.hop_length / frontend.sample_rate
        has = (
            f"{form.n_samples} samples, {form.n_samples / form.rate:.2f} s: allowed is the length of its record, "
            f"{n_frames} frames or {seconds:.2f} s"
        )
    if has:
        raise PolicyError(f"{files.path_text(name)}: {has}; {AGAIN}")


def embedded(run: Path, folder: str, draws: Iterable[str]) -> Iterator[str]:
    """List the files of a clip that a page shows or plays, by their names below the run."""
    files = FolderFiles(run, folder, run)
    names = list(CLIP_FILES)
    for draw in draws:
        # The figure is what an early version wrote.
        picture = f"{draw}.png" if files.size(f"{draw}.mel.png") is None else f"{draw}.mel.png"
        names += [f"{draw}.wav", f"{draw}-original-phase.wav", f"{draw}.json", picture]
    for name in names:
        if files.size(name) is not None:
            if name.endswith(".wav"):
                files.form(name)  # what is no sound is refused before all of it is read
            yield f"{folder}/{name}"


class Edits:
    """What somebody changed in the folder of a run, by its marker; without one, nothing is known.

    Parameters
    ----------
    run : Path
    """

    def __init__(self, run: Path) -> None:
        self._run, self._written = run, own_files_in(os.path.realpath(run))
        # A page that was made of a received folder has a list of its own.
        self._is_of_run = any(self._written.by(command) for command in _WITH_RESULTS)

    def notices(self, names: Iterable[str], folder: str = "") -> tuple[Notice, ...]:
        """Return a notice of those files that hold something else than what was written.

        Parameters
        ----------
        names : iterable of str
            Below the run.
        folder : str
            In which they lie.
        """
        edited = [name.removeprefix(f"{folder}/") for name in names if self._is_edited(name)]
        if not (self._written.is_readable or folder):
            return (Notice("unreadable-list", {"folder": printable(self._run), "name": MARKER}),)
        if not edited:
            return ()
        first_names = [printable(name)[:80] for name in edited[:_MOST_NAMED]]
        values = {"folder": printable(self._run / folder), "files": first_names, "n_files": len(edited)}
        return (Notice("edited", values),)

    def lists(self, name: str) -> bool:
        """Whether the marker lists a file."""
        return name in self._written

    def _is_edited(self, name: str) -> bool:
        if name not in self._written:
            return self._is_of_run and os.path.lexists(self._run / name)
        path = self._run / name
        try:
            with open_inside(self._run, path) as file:
                n_bytes = os.fstat(file.fileno()).st_size
            if n_bytes > _MOST_BYTES.get(path.suffix, n_bytes):  # is refused where it is read
                return False
            return not self._written.is_last(name, Path(os.path.realpath(path)))
        except OSError:  # whoever reads it says why it cannot be
            return False


def edits_of_file(path: Path) -> tuple[Notice, ...]:
    """Return a notice of a file that is not what the marker beside it, or in the folder above, says was written."""
    edits = Edits(path.parent)
    if edits.lists(path.name):
        return edits.notices([path.name])
    return Edits(path.parent.parent).notices([f"{path.parent.name}/{path.name}"])


def with_badges(entry: ClipEntry, notices: Sequence[Notice]) -> ClipEntry:
    """Return a clip whose badges begin with notices of its files, without the folder that they lie in."""
    texts = (replace(notice, values={**notice.values, "folder": ""}).text for notice in notices)
    return replace(entry, badges=(*texts, *entry.badges)[:MOST_BADGES])
