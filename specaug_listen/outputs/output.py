"""`Output`: the only class that writes, replaces or removes files in a folder that a user named.

It only replaces or removes files that the folder's marker lists (`outputs/marker`), and none of these that have been
changed since, are reached through a link, or are inputs of the command.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import cached_property
from pathlib import Path

from .._files import Contents, inode_of, io_errors, printable, was_read, write_files
from .._interrupts import begin_writing
from ..errors import ParameterError
from .disk import rename_to_new, sync, sync_all
from .locks import PATIENCE_S, holding, remove_empty
from .marker import MARKER, Line, OwnFiles, append_line, is_folder, marker_bytes, marker_lines
from .scratch import files_in, is_scratch_folder, is_scratch_name, remove_orphans, scratch_folder

__all__ = ["Output"]

# Commands whose results take a whole folder.
_WHOLE_FOLDERS = frozenset({"audition", "sweep", "check"})
# Commands that replace each other's pages.
_WITH_PAGES = frozenset({"audition", "sweep", "report"})
_LOOSE_BYTES = 4 << 20


class Output:
    """A folder for results.

    Parameters
    ----------
    out : Path
        As the user named it; a link to a folder stands for that folder.
    command : str
        The command that writes.
    overwrite : bool
        Whether files that the marker lists may be replaced.
    inputs : iterable of path-like
        Files that are read, and therefore never replaced or removed; they are identified by device and inode. Files
        read under `note_reads` need not be listed.

    Raises
    ------
    ParameterError
        When it is not a folder.
    OutputError
        When it is not writable.
    """

    def __init__(
        self, out: Path, command: str, *, overwrite: bool = False, inputs: Iterable[str | os.PathLike[str]] = ()
    ) -> None:
        self.out, self.command, self.overwrite = out, command, overwrite
        self._inputs = {inode for path in inputs if (inode := inode_of(path)) is not None}
        self._is_alone = False
        self._depth = 0
        self._new: list[Path] = []
        self._done: set[str] = set()
        _check_unreserved(out)
        with io_errors(out):
            self.folder = Path(os.path.realpath(out))
            if os.path.lexists(out) and not os.path.isdir(out):
                is_file = os.path.exists(out)
                kind = "a file" if is_file else "a broken link"
                raise ParameterError(f"-o {printable(out)}: is {kind}; choose a folder that is new or empty")
            above = next(path for path in (self.folder, *self.folder.parents) if os.path.lexists(path))
            if not above.is_dir():
                raise ParameterError(f"-o {printable(out)}: is below a file; choose a folder that is new or empty")
            if not os.access(above, os.W_OK | os.X_OK):
                raise PermissionError(13, os.strerror(13))

    # --- what may be written ---

    @cached_property
    def own_files(self) -> OwnFiles:
        """The files that the marker lists."""
        return OwnFiles(self.folder, marker_lines(self.folder))

    def check_folder(self) -> None:
        """Raise a ParameterError unless the folder is new or empty, or has only replaceable results of this command."""
        names = os.listdir(self.folder) if self.folder.is_dir() else []
        is_full = not all(name == MARKER or is_scratch_folder(self.folder / name) for name in names)
        if is_full and not self.overwrite:
            raise ParameterError(
                f"-o {printable(self.out)}: the folder is not empty; choose another, or replace its results with "
                "--overwrite"
            )
        for other in _WHOLE_FOLDERS - {self.command}:
            if any(os.path.lexists(self.folder / name) for name in self.own_files.by(other)):
                raise ParameterError(f"-o {printable(self.out)}: contains results of '{other}'; choose another -o")

    def check(self, names: Iterable[str], also: Iterable[str] = ()) -> None:
        """Raise a ParameterError for the first file that may not be written, and for inputs in the way.

        ``names`` are the files to write, below the folder; ``also`` are further files that will be removed if they are
        ours.
        """
        # The message names the topmost file: a page rather than one of its sounds.
        names = sorted(names, key=lambda name: (name.count("/"), name))
        for name in names:
            _check_unreserved(Path(name))
            state, path = self.own_files.state(name), printable(self.out / name)
            if state in ("other", "changed"):
                how = "was not written by specaug-listen here" if state == "other" else "was changed since"
                raise ParameterError(
                    f"-o {path}: exists and {how}, so it is not replaced; move it, or choose another -o"
                )
            if state == "ours" and not self._may_replace(self.own_files.command(name)):
                raise ParameterError(
                    f"-o {path}: exists and was written by '{self.own_files.command(name)}', so '{self.command}' does "
                    "not replace it; move it, or choose another -o"
                )
            if state == "ours" and not self.overwrite:
                raise ParameterError(f"-o {path}: exists; choose another, or replace it with --overwrite")
        for name in (*names, *also):
            if self._is_read(self.folder / name) and self.own_files.state(name) == "ours":
                raise ParameterError(
                    f"-o {printable(self.out)}: {printable(name)} in it is an input, and would be replaced or "
                    "removed; choose another -o"
                )

    def _may_replace(self, command: str | None) -> bool:
        return command == self.command or {command, self.command} <= _WITH_PAGES

    def _is_read(self, path: Path) -> bool:
        inode = inode_of(path)
        return inode is not None and (inode in self._inputs or was_read(inode))

    def is_taken(self, name: str) -> bool:
        """Whether something of this name is in the way of a folder of results.

        A file is. A folder is not if it holds no file, as a removal that was interrupted leaves it, or one that this
        command may replace.
        """
        path = self.folder / name
        if not is_folder(path):
            return os.path.lexists(path)
        inside = (each for each in self.own_files if each.startswith(f"{name}/"))
        own = (each for each in inside if self._may_replace(self.own_files.command(each)))
        return _holds_files(path) and not any(os.path.lexists(self.folder / each) for each in own)

    # --- writing ---

    @contextmanager
    def alone(self, wait_s: float = 0.0) -> Iterator[None]:
        """Lock the folder for writing; it is created if needed, and removed if it stays empty.

        Raises
        ------
        OutputError
            When another run is writing into it.
        """
        with self._existing():
            if self._is_alone:
                yield
                return
            with holding(self.folder, self.out, wait_s):
                self._is_alone = True
                try:
                    self.__dict__.pop("own_files", None)
                    with io_errors(self.out):
                        remove_orphans(self.folder)
                    yield
                finally:
                    with suppress(OSError):
                        if os.listdir(self.folder) == [MARKER]:  # nothing that it lists exists
                            os.unlink(self.folder / MARKER)
                    self._is_alone = False

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """Make a hidden subfolder for unfinished files, removed at the end or, after a kill, by the next run."""
        with self._existing(), ExitStack() as stack:
            # Once locked, other runs leave it alone; until then, the folder is locked.
            with self.alone(PATIENCE_S), io_errors(self.out):
                path = stack.enter_context(scratch_folder(self.folder))
            yield path

    def begin(self, lines: Sequence[Line], instead_of: Iterable[str] = ()) -> None:
        """Start the marker anew with the existing files and these lines.

        If results may be replaced, files of ours in ``instead_of`` are removed first.
        """
        with self.alone(PATIENCE_S), io_errors(self.out):
            self._remove(instead_of)
            self._rewrite([{"command": self.command, **line} for line in lines])

    def add(self, line: Line) -> None:
        """Append a line to the marker, and flush it to disk."""
        line = {"command": self.command, **line}
        with self.alone(PATIENCE_S), io_errors(self.folder / MARKER):
            if not os.path.lexists(self.folder / MARKER):
                self._rewrite([])
            elif os.lstat(self.folder / MARKER).st_nlink > 1:  # leave the marker of a hard-linked copy alone
                self._rewrite(marker_lines(self.folder))
            append_line(self.folder / MARKER, line)
            self.own_files.add(line)

    def publish(self, scratch: Path, line: Line | None = None, *, last: Sequence[str] = ()) -> None:
        """Move all files of a scratch folder into place; each appears complete.

        Parameters
        ----------
        scratch : Path
        line : mapping or None
            Further contents of the marker's line.
        last : sequence of str
            Files that list or show the others: their predecessors are removed first, and they are moved last, in this
            order.

        Raises
        ------
        ParameterError
            When a file is in the way.
        OutputError
            When files cannot be written.
        """
        names = files_in(scratch)
        names.sort(key=lambda name: last.index(name) if name in last else -1)
        with self.alone(PATIENCE_S), io_errors(self.out):
            owns = {name: self.own_files.hash_of(scratch / name) for name in names}  # slow, so before the check
            self.check(names)
            if line is None:
                self._compact_marker()
            self._remove(last)
            folders = {parent.as_posix() for name in names for parent in Path(name).parents}
            # A line or an index must not reach the disk before the files that it lists.
            sync_all(scratch / name for name in (*names, *folders))
            self.add({"owns": owns, **(line or {})})
            indexes = [name for name in last if name in names and "/" not in name]
            self._move(scratch, [name for name in names if name not in indexes])
            sync_all(self.folder / name for name in folders)
            self._move(scratch, indexes)
            if indexes:
                sync(self.folder)
            self._done.update(names)

    def write(self, files: Mapping[str, Contents]) -> None:
        """Write files directly into the folder."""
        with self.scratch() as scratch:
            with io_errors(self.out / next(iter(files))):
                write_files(scratch, files)
            self.publish(scratch)

    def keep(self, names: Iterable[str]) -> None:
        """Treat files of an earlier run as written by this one."""
        self._done.update(names)

    def remove(self, names: Iterable[str]) -> None:
        """Remove files of ours that were not written now, if results may be replaced; other and changed files stay."""
        with self.alone(PATIENCE_S), io_errors(self.out):
            self._remove(name for name in names if name not in self._done)

    # --- the steps ---

    @contextmanager
    def _existing(self) -> Iterator[None]:
        """Create the folder, and remove it at the end if it is new and empty."""
        if self._depth == 0:
            self._new = [path for path in (self.folder, *self.folder.parents) if not os.path.lexists(path)]
        begin_writing()
        with io_errors(self.out):
            self.folder.mkdir(parents=True, exist_ok=True)
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
            if self._depth == 0 and self._new:
                remove_empty(self._new, self.out)

    def _move(self, scratch: Path, names: Sequence[str]) -> None:
        """Move files into place, in this order; new folders as a whole."""
        for name in names:
            top = name.split("/")[0]
            if is_folder(scratch / top) and not os.path.lexists(self.folder / top):
                with suppress(OSError):  # it has just appeared
                    os.rename(scratch / top, self.folder / top)
            if os.path.lexists(scratch / name):
                self._put(scratch / name, name)

    def _put(self, source: Path, name: str) -> None:
        """Move a file into place, unless something has appeared or changed there since the check."""
        path = self.folder / name
        is_new = self.own_files.state(name) == "absent"
        self.check([name])
        with io_errors(self.out / name):
            path.parent.mkdir(parents=True, exist_ok=True)
            rename_to_new(source, path) if is_new else os.replace(source, path)

    def _remove(self, names: Iterable[str]) -> None:
        if not self.overwrite:
            return
        folders: set[Path] = set()
        for name in [each for each in names if self.own_files.state(each) == "ours"]:
            path = self.folder / name
            # Checked again, because reading the file for the first check takes time.
            if self.own_files.state(name) == "ours" and not self._is_read(path):
                path.unlink()
                folders.update(parent for parent in path.parents if self.folder in parent.parents)
        for folder in sorted(folders, key=lambda each: len(each.parts), reverse=True):
            with suppress(OSError):  # not empty
                folder.rmdir()

    def _rewrite(self, lines: Sequence[Line]) -> None:
        """Replace the marker atomically by a compact one with these lines added."""
        with self.scratch() as scratch:
            (scratch / MARKER).write_bytes(marker_bytes([*self.own_files.lines(beside=lines), *lines]))
            sync(scratch / MARKER)
            os.replace(scratch / MARKER, self.folder / MARKER)
            sync(self.folder)
        for line in lines:
            self.own_files.add(line)

    def _compact_marker(self) -> None:
        """Remove repeated entries from a large marker, but keep the journal of the last run."""
        path = self.folder / MARKER
        if not os.path.lexists(path) or os.lstat(path).st_size < _LOOSE_BYTES:
            return
        lines = marker_lines(self.folder)
        start = max((i for i, line in enumerate(lines) if "run" in line), default=len(lines))
        self._rewrite([line for line in lines[start:] if set(line) & {"run", "clip", "failure"}])


def _holds_files(folder: Path) -> bool:
    """Whether anything but folders is below a folder; a link is something."""
    return any(
        not is_folder(os.path.join(place, name))
        for place, folders, files in os.walk(folder)
        for name in (*folders, *files)
    )


def _check_unreserved(path: Path) -> None:
    """Raise a ParameterError for names that specaug-listen reserves for itself."""
    for part in (part.lower() for part in path.parts):
        if part == MARKER or is_scratch_name(part):
            raise ParameterError(
                f"-o {printable(path)}: {printable(part)} is a name that specaug-listen reserves for its list of "
                "files, or for unfinished files; choose another -o"
            )
