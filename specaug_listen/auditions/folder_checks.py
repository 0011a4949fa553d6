"""Consistency of a run's folder: draws and index, sounds and records, files and their hashes."""

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
from ..errors import PolicyError, ResultError
from ..frontends import MelFrontend, mel_format
from ..outputs.marker import MARKER, is_folder, own_files_in
from ..plots.mels import n_columns
from .badges import MAX_BADGES
from .clip_files import ADVICE, CLIP_FILES, MAX_PICTURE_BYTES, Files, FolderFiles
from .record_checks import FRAMES_OF_ROUNDING
from .records import ClipEntry, ClipRecord, Configuration, DrawRecord

__all__ = [
    "Edits",
    "check_drawn",
    "check_of_run",
    "check_size",
    "check_unchanged",
    "edits_of_file",
    "embedded",
    "frames_of_clip",
    "frames_of_draw",
    "notice_of_unlisted",
    "read_draw",
    "with_badges",
]

_DRAW = re.compile(r"(draw-[1-9]\d{0,6})\.json")
_MAX_NAMED = 3
_WITH_RESULTS = ("audition", "Audition.save", "sweep")
_MAX_BYTES = {".png": MAX_PICTURE_BYTES, ".json": 1 << 28}


def read_draw(files: FolderFiles, name: str) -> DrawRecord:
    """Read the record of a draw (e.g. ``draw-1``) that an index lists; raise a PolicyError unless it is valid."""
    if files.size(f"{name}.json") is None:
        path = files.path_text(f"{name}.json")
        raise PolicyError(f"{path}: is listed in the index, but missing; run the audition again")
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
    """Raise a PolicyError if the record of a draw is from another run than the index that lists it.

    ``path`` is the record's name in messages, ``versions`` are those in the index, and ``is_varied`` says whether
    policies, front-ends and vocoders may differ from the run's, as in a sweep.
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
    """Return a notice about draws in the folders of a run that its index does not list.

    ``draws_by_folder`` maps each folder to the draws in the index, e.g. ``draw-1``.
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
    names = [printable(draw)[:80] for draw in draws[:_MAX_NAMED]]
    return (Notice("unlisted", {"folder": printable(run), "n_draws": len(draws), "draws": names}),)


def _names_in(folder: Path) -> list[str]:
    """List the names in a folder; empty if it cannot be read."""
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def _sound_of(clip: ClipRecord) -> tuple[Any, ...]:
    """Return which samples a draw was made for; the fingerprint tells if the file at the path is another one now."""
    return (
        *(clip.fingerprint, clip.sample_rate, clip.n_samples, clip.n_channels, clip.channel),
        *(clip.start_s, clip.duration_s),
    )


def _stage(waveform: Waveform | WaveformDraw | None) -> tuple[Any, ...] | None:
    """Return what the records of a run and of a draw share about the waveform stage; None without one."""
    return None if waveform is None else (waveform.name, waveform.transforms)


def _frontend(clip: ClipEntry, run: Configuration) -> MelFrontend:
    """Return the front-end of a clip; for a mel, with the statistics of the run."""
    if clip.audio.mel is None or run.statistics is None:
        return run.frontend
    return mel_format(run.frontend, run.statistics).frontend


def check_unchanged(
    files: Files, name: str, frontend: MelFrontend, entry: ClipEntry, draws: Sequence[DrawRecord]
) -> None:
    """Raise a ResultError unless an original or a copy-synthesis has the clip's length and the front-end's rate."""
    _check(files, name, frontend, frames_of_clip(frontend, entry), draws[0].channels if draws else None)


def check_drawn(files: Files, name: str, record: DrawRecord) -> None:
    """Raise a ResultError unless the sound of a draw has the length of its mel."""
    _check(files, name, record.frontend, frames_of_draw(record), record.channels)


def frames_of_clip(frontend: MelFrontend, entry: ClipEntry) -> int:
    """Return the number of frames of a clip's mel, but for `FRAMES_OF_ROUNDING`."""
    return frontend.framing.n_frames(round(entry.duration_s * frontend.sample_rate))


def frames_of_draw(record: DrawRecord) -> int:
    """Return the number of frames of a draw's mel, which a callable may have changed."""
    return record.draw.n_frames - record.draw.n_trimmed if record.change is None else record.change.n_frames


def check_size(path: str, size: tuple[int, int], n_mels: int, n_frames: int, rounding: int = 0) -> None:
    """Raise a ResultError unless a picture of a mel, ``size`` (bins, columns), has its bins and frames.

    ``rounding`` is the largest difference of the number of frames.
    """
    allowed = [n_columns(n) for n in range(max(1, n_frames - rounding), n_frames + rounding + 1)]
    if size[0] != n_mels or size[1] not in allowed:
        # The picture of a long mel has a column for several frames.
        columns = n_columns(n_frames)
        raise ResultError(
            f"{path}: a picture of {size[0]} bins and {size[1]} columns, where its record has {n_mels} bins and "
            f"{n_frames} frames{f' in {columns} columns' if columns != n_frames else ''}; {ADVICE}"
        )


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
        raise ResultError(f"{files.path_text(name)}: {has}; {ADVICE}")


def embedded(run: Path, folder: str, draws: Iterable[str]) -> Iterator[str]:
    """List the files of a clip that exist, by their paths below the run."""
    files = FolderFiles(run, folder, run)
    for name in names_of_clip(draws):
        if files.size(name) is not None:
            if name.endswith(".wav"):
                files.form(name)  # raises an error for invalid files before they are read completely
            yield f"{folder}/{name}"


def names_of_clip(draws: Iterable[str]) -> list[str]:
    """List the names of all files of a clip."""
    endings = (".wav", "-original-phase.wav", ".json", ".png", ".mel.png")
    return [*CLIP_FILES, *(f"{draw}{ending}" for draw in draws for ending in endings)]


class Edits:
    """Files of a run that were changed or removed after it, according to its marker; without one, nothing is known.

    Parameters
    ----------
    run : Path
    """

    def __init__(self, run: Path) -> None:
        self._run, self._written = run, own_files_in(os.path.realpath(run))
        # A page made from a received folder has its own list.
        self._is_of_run = any(self._written.by(command) for command in _WITH_RESULTS)

    def notices(self, names: Iterable[str], folder: str = "") -> tuple[Notice, ...]:
        """Return a notice about those files (paths below the run) whose content is not as written.

        ``folder`` is the folder that contains them, which the notice names.
        """
        edited = [name.removeprefix(f"{folder}/") for name in names if self._is_edited(name)]
        if not (self._written.is_readable or folder):
            return (Notice("unreadable-list", {"folder": printable(self._run), "name": MARKER}),)
        if not edited:
            return ()
        first_names = [printable(name)[:80] for name in edited[:_MAX_NAMED]]
        values = {"folder": printable(self._run / folder), "files": first_names, "n_files": len(edited)}
        return (Notice("edited", values),)

    def missing(self, folder: str, draws: Iterable[str]) -> tuple[Notice, ...]:
        """Return a notice about the files of a clip that were written into its folder, and do not exist any more."""
        names = [
            name
            for name in names_of_clip(draws)
            if f"{folder}/{name}" in self._written and not os.path.lexists(self._run / folder / name)
        ]
        values = {"folder": printable(self._run / folder), "files": names[:_MAX_NAMED], "n_files": len(names)}
        return (Notice("missing", values),) if names else ()

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
            if n_bytes > _MAX_BYTES.get(path.suffix, n_bytes):  # the reader of the file refuses it
                return False
            return not self._written.is_last(name, Path(os.path.realpath(path)))
        except OSError:  # the reader of the file reports it
            return False


def edits_of_file(path: Path) -> tuple[Notice, ...]:
    """Return a notice if a file is not as written, according to the marker beside it or in the folder above."""
    edits = Edits(path.parent)
    if edits.lists(path.name):
        return edits.notices([path.name])
    return Edits(path.parent.parent).notices([f"{path.parent.name}/{path.name}"])


def with_badges(entry: ClipEntry, notices: Sequence[Notice]) -> ClipEntry:
    """Return a clip with notices about its files, without their folder, before its badges."""
    texts = (replace(notice, values={**notice.values, "folder": ""}).text for notice in notices)
    return replace(entry, badges=(*texts, *entry.badges)[:MAX_BADGES])
