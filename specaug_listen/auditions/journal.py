"""The journal of a run: its configuration, and a line for each finished clip, written while it goes on.

The lines are defined here, and `specaug_listen.outputs.marker` stores them.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from .._files import io_errors, printable, write_files
from .._notices import Notice
from .._records import from_file_data, to_plain
from ..errors import ParameterError, PolicyError, error_context
from ..outputs.marker import MARKER, Line, OwnFiles, marker_lines
from ..outputs.output import Output
from ..outputs.result_names import page_names
from .records import AuditionRecord, ClipEntry, Configuration, Failure, read_index, to_bytes, versions
from .results import Audition
from .save import audition_files, clip_entry, write_clip_folder

__all__ = ["Journal", "RunWriter", "index_or_journal", "journal_to_resume", "read_journal", "read_run"]

_MAX_CLIPS = 1 << 32


@dataclass(frozen=True)
class Journal:
    """The contents of a journal.

    Parameters
    ----------
    index : AuditionRecord
        With the finished clips.
    n_clips : int
        Number of clips of the run.
    hashes : tuple of mapping
        Of the files of each finished clip, by their names.
    """

    index: AuditionRecord
    n_clips: int
    hashes: tuple[Line, ...]

    def lines(self) -> list[Line]:
        """Return the lines about the clips."""
        pairs = zip(self.index.clips, self.hashes, strict=True)
        return [{"owns": dict(hashes), **_clip_line(clip)} for clip, hashes in pairs]

    def only(self, folders: Collection[str]) -> Journal:
        """Return the journal with only the clips of these folders."""
        pairs = [pair for pair in zip(self.index.clips, self.hashes, strict=True) if pair[0].folder in folders]
        return replace(
            self,
            index=replace(self.index, clips=tuple(clip for clip, _ in pairs)),
            hashes=tuple(hashes_of_clip for _, hashes_of_clip in pairs),
        )


def _run_line(index: AuditionRecord, n_clips: int) -> Line:
    """Return the first line of a journal; the record contains no clip yet."""
    return {"run": to_plain(index), "n_clips": n_clips}


def _clip_line(entry: ClipEntry) -> Line:
    """Return the line about a clip, to go with the hashes of its files."""
    return {"clip": to_plain(entry)}


def _failure_line(failure: Failure) -> Line:
    """Return the line about a clip that could not be auditioned."""
    return {"failure": to_plain(failure)}


def read_journal(folder: str | os.PathLike[str], *, only_whole: bool = True) -> Journal | None:
    """Read the journal of the last audition in a folder; None without one.

    ``only_whole`` leaves out clips whose files are missing or changed. Raises a ParameterError if the marker is not
    valid, and a PolicyError for an invalid line.
    """
    lines = [line for line in marker_lines(folder) if line.get("command") == "audition"]
    start = max((i for i, line in enumerate(lines) if "run" in line), default=None)
    if start is None:
        return None
    name, files = printable(os.path.join(folder, MARKER)), OwnFiles(Path(folder))
    first = from_file_data(AuditionRecord, lines[start]["run"], name)
    clips: dict[str, tuple[ClipEntry, Line]] = {}
    failures = list(first.failures)
    for line in lines[start + 1 :]:
        if "failure" in line:
            failures.append(from_file_data(Failure, line["failure"], name))
        elif "clip" in line and isinstance(owns := line.get("owns"), dict) and owns:
            if only_whole and not _is_there(line, files):
                continue
            entry = from_file_data(ClipEntry, line["clip"], name)
            if _has_its_draws(entry, owns):
                clips[entry.folder] = entry, owns
    entries, hashes = (tuple(column) for column in zip(*clips.values(), strict=True)) if clips else ((), ())
    with error_context(name, PolicyError):
        index = replace(first, clips=entries, failures=tuple(failures))
    n_clips = lines[start].get("n_clips")
    if not isinstance(n_clips, int) or not len(entries) <= n_clips <= _MAX_CLIPS:
        n_clips = len(entries)
    return Journal(index, n_clips, hashes)


def _is_there(line: Line, files: OwnFiles) -> bool:
    """Whether the files of a clip exist as they were written."""
    files.add(line)
    return all(files.is_whole(name, value) for name, value in line["owns"].items())


def _has_its_draws(entry: ClipEntry, owns: Collection[str]) -> bool:
    """Whether all files of a clip are in its own folder, and include its draws."""
    files_of_draws = {f"{entry.folder}/{draw}.{ending}" for draw in entry.draws for ending in ("json", "wav")}
    return files_of_draws <= set(owns) and all(name.startswith(f"{entry.folder}/") for name in owns)


def read_run(folder: str | os.PathLike[str]) -> AuditionRecord:
    """Read the index of a run, or the finished clips of an unfinished one, with a notice.

    Raises a PolicyError if there is neither.
    """
    if os.path.lexists(Path(folder) / "audition.json"):
        return read_index(folder)
    try:
        journal = read_journal(folder)
    except ParameterError as error:
        raise PolicyError(str(error)) from None
    if journal is None or not journal.index.clips:
        return read_index(folder)
    values: dict[str, Any] = {
        "folder": printable(folder),
        "n_done": len(journal.index.clips),
        "n_clips": journal.n_clips,
    }
    return replace(journal.index, notices=(*journal.index.notices, Notice("unfinished", values)))


def index_or_journal(folder: str | os.PathLike[str]) -> AuditionRecord | None:
    """Read the index of a folder, or the index in its journal, whatever the state of the files; None without both.

    Raises a PolicyError if it cannot be read.
    """
    if os.path.lexists(Path(folder) / "audition.json"):
        return read_index(folder)
    try:
        journal = read_journal(folder, only_whole=False)
    except ParameterError as error:
        raise PolicyError(str(error)) from None
    return None if journal is None else journal.index


class RunWriter:
    """Writes a run as it goes: the folder of each clip, the journal, and at last the index.

    Parameters
    ----------
    output : Output
        Locked for this run.
    index : AuditionRecord
        Without clips.
    n_clips : int
    resumed : Journal or None
        Clips of an unfinished run to keep.
    """

    def __init__(self, output: Output, index: AuditionRecord, n_clips: int, resumed: Journal | None = None) -> None:
        self._output, self._start, self._n_clips, self._resumed = output, index, n_clips, resumed
        self._clips: list[ClipEntry] = []
        self._failures = list(index.failures)
        self._is_begun = False

    @property
    def index(self) -> AuditionRecord:
        """The index of the clips so far."""
        return replace(self._start, clips=tuple(self._clips), failures=tuple(self._failures))

    def scratch(self) -> AbstractContextManager[Path]:
        """Make a hidden folder for intermediate data of a clip; see `Output.scratch`."""
        return self._output.scratch()

    def keep(self, entry: ClipEntry) -> ClipEntry:
        """Keep a clip of the unfinished run."""
        self._output.keep(name for name in self._output.own_files if name.startswith(f"{entry.folder}/"))
        self._clips.append(entry)
        return entry

    def write(self, audition: Audition, folder: str) -> None:
        """Write a finished clip."""
        entry = clip_entry(audition, folder)
        files = audition_files(audition, self._start.configuration.channels)
        write_clip_folder(self._output, folder, files, _clip_line(entry), self._begin)
        self._clips.append(entry)

    def _begin(self) -> None:
        """Start the journal once, and remove the index and the page of an earlier run."""
        if self._is_begun:
            return
        old_files = ["audition.json", *page_names(Path("report.html"), self._output.own_files)]
        lines = [] if self._resumed is None else self._resumed.lines()
        self._output.begin(
            [_run_line(replace(self._start, failures=tuple(self._failures)), self._n_clips), *lines],
            instead_of=old_files,
        )
        self._is_begun = True

    def fail(self, failure: Failure) -> Failure:
        """Record why a clip could not be auditioned."""
        self._failures.append(failure)
        if self._is_begun:
            self._output.add(_failure_line(failure))
        return failure

    def end(self) -> None:
        """Write the index, and remove files of an earlier run; without a single clip, change nothing."""
        if not self._clips:
            return
        with self._output.scratch() as scratch:
            with io_errors(self._output.out / "audition.json"):
                write_files(scratch, {"audition.json": to_bytes(self.index)})
            self._output.publish(scratch, last=["audition.json"])
        self._output.remove(self._output.own_files.by("audition"))


def journal_to_resume(folder: Path, configuration: Configuration) -> Journal | None:
    """Read the journal of a run to resume; None without one.

    Raises a ParameterError that names the first difference between the two configurations.
    """
    journal = read_journal(folder)
    if journal is None:
        return None
    then = journal.index
    old, new = to_plain(then.configuration), to_plain(configuration)
    pairs = [(name, old.get(name), new[name]) for name in new]
    pairs += [(name, then.versions.get(name), version) for name, version in versions().items()]
    for name, before, now in pairs:
        if before != now:
            is_plain = not isinstance(before, (dict, list)) and not isinstance(now, (dict, list))
            what_changed = f" was {before!r:.60}, is {now!r:.60}" if is_plain else " was another one"
            raise ParameterError(f"the run to go on with differs: {name}{what_changed}; give the same, or --overwrite")
    return journal
