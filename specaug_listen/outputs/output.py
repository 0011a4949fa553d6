"""A folder that a user named for results: the one place where files there are written, replaced or removed.

Only what its marker lists is ever replaced or removed (`outputs/marker`), and of that nothing that somebody has changed
since, that is reached through a link, or that the command reads.
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
from .locks import holding, remove_empty
from .marker import MARKER, Line, OwnFiles, append_line, is_folder, marker_bytes, marker_lines
from .scratch import files_in, has_name_of_room, is_room, new_room, remove_left_rooms

__all__ = ["PATIENCE_S", "Output"]

# Commands whose results fill a folder.
_WHOLE_FOLDERS = frozenset({"audition", "sweep", "check"})
# Commands that replace each other's pages.
_WITH_PAGES = frozenset({"audition", "sweep", "report"})
_LOOSE_BYTES = 4 << 20
# How long one waits for another run to leave the folder.
PATIENCE_S = 10.0


class Output:
    """A folder that results go to.

    Parameters
    ----------
    out : Path
        As the user named it; a link to a folder stands for that folder.
    command : str
        Which writes.
    overwrite : bool
        Replace what a marker lists; without it, nothing is.
    inputs : iterable of path-like
        Files that are read, and so never replaced or removed: by their device and inode, through links. What is read
        while `note_reads` lasts is known already.

    Raises
    ------
    ParameterError
        When it is no folder.
    OutputError
        When nothing can be written there.
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
                what = "a file" if is_file else "a link that leads nowhere"
                raise ParameterError(f"-o {printable(out)}: is {what}; choose a folder that is new or empty")
            above = next(path for path in (self.folder, *self.folder.parents) if os.path.lexists(path))
            if not above.is_dir():
                raise ParameterError(f"-o {printable(out)}: lies below a file; choose a folder that is new or empty")
            if not os.access(above, os.W_OK | os.X_OK):
                raise PermissionError(13, os.strerror(13))

    # --- what may be written ---

    @cached_property
    def own_files(self) -> OwnFiles:
        """What the marker lists."""
        return OwnFiles(self.folder, marker_lines(self.folder))

    def check_folder(self) -> None:
        """See that the folder is new, empty, or holds results of this command alone, which are to be replaced.

        Raises
        ------
        ParameterError
        """
        held = os.listdir(self.folder) if self.folder.is_dir() else []
        is_full = not all(name == MARKER or is_room(self.folder / name) for name in held)
        if is_full and not self.overwrite:
            raise ParameterError(
                f"-o {printable(self.out)}: the folder is not empty; choose another, or replace its results with "
                "--overwrite"
            )
        for other in _WHOLE_FOLDERS - {self.command}:
            if any(os.path.lexists(self.folder / name) for name in self.own_files.by(other)):
                raise ParameterError(f"-o {printable(self.out)}: holds what '{other}' wrote; choose another -o")

    def check(self, names: Iterable[str], also: Iterable[str] = ()) -> None:
        """See that files may be written, and that no input is in the way.

        Parameters
        ----------
        names : iterable of str
            Of the files, below the folder.
        also : iterable of str
            Of what is to be removed where it is ours.

        Raises
        ------
        ParameterError
            For the first that exists and may not be replaced.
        """
        # Of many, what is nearest to the top is told: a page, and not one of its sounds.
        names = sorted(names, key=lambda name: (name.count("/"), name))
        for name in names:
            _check_unreserved(Path(name))
            state, path = self.own_files.state(name), printable(self.out / name)
            if state in ("foreign", "changed"):
                how = "was not written by specaug-listen here" if state == "foreign" else "was changed since"
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
                    f"-o {printable(self.out)}: {printable(name)} in it is read here, and would be replaced or "
                    "removed; choose another -o"
                )

    def _may_replace(self, command: str | None) -> bool:
        return command == self.command or {command, self.command} <= _WITH_PAGES

    def _is_read(self, path: Path) -> bool:
        inode = inode_of(path)
        return inode is not None and (inode in self._inputs or was_read(inode))

    def is_foreign(self, name: str) -> bool:
        """Whether something is there under a folder's name in which nothing is what this command may replace."""
        path = self.folder / name
        if not is_folder(path):
            return os.path.lexists(path)
        inside = (each for each in self.own_files if each.startswith(f"{name}/"))
        own = (each for each in inside if self._may_replace(self.own_files.command(each)))
        return bool(os.listdir(path)) and not any(os.path.lexists(self.folder / each) for each in own)

    # --- writing ---

    @contextmanager
    def alone(self, wait_s: float = 0.0) -> Iterator[None]:
        """Be the only one who writes into the folder, which is made where it is new, and goes where it stays empty.

        Raises
        ------
        OutputError
            When somebody else writes into it.
        """
        with self._present():
            if self._is_alone:
                yield
                return
            with holding(self.folder, self.out, wait_s):
                self._is_alone = True
                try:
                    self.__dict__.pop("own_files", None)
                    with io_errors(self.out):
                        remove_left_rooms(self.folder)
                    yield
                finally:
                    with suppress(OSError):
                        if os.listdir(self.folder) == [MARKER]:  # it lists nothing that is there
                            os.unlink(self.folder / MARKER)
                    self._is_alone = False

    @contextmanager
    def room(self) -> Iterator[Path]:
        """A hidden folder in the folder for what is not whole yet; gone afterwards, or with the next run.

        Raises
        ------
        OutputError
        """
        with self._present(), ExitStack() as stack:
            # As long as it is locked, another run leaves it alone; until it is, no other run is let in.
            with self.alone(PATIENCE_S), io_errors(self.out):
                path = stack.enter_context(new_room(self.folder))
            yield path

    def begin(self, lines: Sequence[Line], instead_of: Iterable[str] = ()) -> None:
        """Start the marker anew with what is there and these lines.

        Files of ours that are ``instead_of`` go first, where results are to be replaced.

        Raises
        ------
        OutputError
        """
        with self.alone(PATIENCE_S), io_errors(self.out):
            self._remove(instead_of)
            self._rewrite([{"command": self.command, **line} for line in lines])

    def add(self, line: Line) -> None:
        """Put a line behind the others, and through to the disk.

        Raises
        ------
        OutputError
        """
        line = {"command": self.command, **line}
        with self.alone(PATIENCE_S), io_errors(self.folder / MARKER):
            if not os.path.lexists(self.folder / MARKER):
                self._rewrite([])
            elif os.lstat(self.folder / MARKER).st_nlink > 1:  # a copy by hard links keeps its own
                self._rewrite(marker_lines(self.folder))
            append_line(self.folder / MARKER, line)
            self.own_files.add(line)

    def publish(self, room: Path, line: Line | None = None, *, last: Sequence[str] = ()) -> None:
        """Put all files of a room in their places, where each appears whole.

        Parameters
        ----------
        room : Path
        line : mapping or None
            What else the marker is to say of them.
        last : sequence of str
            Files that list or show the others: they come last, in this order, and their forerunners go first.

        Raises
        ------
        ParameterError
            When something is in the way.
        OutputError
        """
        names = files_in(room)
        names.sort(key=lambda name: last.index(name) if name in last else -1)
        with self.alone(PATIENCE_S), io_errors(self.out):
            owns = {name: self.own_files.hash_of(room / name) for name in names}  # takes its time: before the look
            self.check(names)
            if line is None:
                self._tidy()
            self._remove(last)
            folders = {parent.as_posix() for name in names for parent in Path(name).parents}
            # A line, or an index, is never to be on the disk without the files that it lists.
            sync_all(room / name_in_room for name_in_room in (*names, *folders))
            self.add({"owns": owns, **(line or {})})
            indexes = [name for name in last if name in names and "/" not in name]
            self._move(room, [name for name in names if name not in indexes])
            sync_all(self.folder / name_in_room for name_in_room in folders)
            self._move(room, indexes)
            if indexes:
                sync(self.folder)
            self._done.update(names)

    def write(self, files: Mapping[str, Contents]) -> None:
        """Write files that lie in the folder itself."""
        with self.room() as room:
            with io_errors(self.out / next(iter(files))):
                write_files(room, files)
            self.publish(room)

    def keep(self, names: Iterable[str]) -> None:
        """Count files that an earlier run wrote as this one's."""
        self._done.update(names)

    def remove(self, names: Iterable[str]) -> None:
        """Remove files of ours that were not written now, where results are to be replaced.

        What is not listed or was changed stays.

        Raises
        ------
        OutputError
        """
        with self.alone(PATIENCE_S), io_errors(self.out):
            self._remove(name for name in names if name not in self._done)

    # --- the steps ---

    @contextmanager
    def _present(self) -> Iterator[None]:
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

    def _move(self, room: Path, names: Sequence[str]) -> None:
        """Put files in their places, in this order; new folders at once."""
        for name in names:
            top = name.split("/")[0]
            if is_folder(room / top) and not os.path.lexists(self.folder / top):
                with suppress(OSError):  # it has just come
                    os.rename(room / top, self.folder / top)
            if os.path.lexists(room / name):
                self._put(room / name, name)

    def _put(self, source: Path, name: str) -> None:
        """Put a file in its place, where nothing has come or changed since it was looked at."""
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
            # Looked at twice: the first look reads the file, which takes its time.
            if self.own_files.state(name) == "ours" and not self._is_read(path):
                path.unlink()
                folders.update(parent for parent in path.parents if self.folder in parent.parents)
        for folder in sorted(folders, key=lambda each: len(each.parts), reverse=True):
            with suppress(OSError):  # it holds something else
                folder.rmdir()

    def _rewrite(self, lines: Sequence[Line]) -> None:
        """Put a marker that also holds these lines in the place of the marker, at once."""
        with self.room() as room:
            (room / MARKER).write_bytes(marker_bytes([*self.own_files.lines(beside=lines), *lines]))
            sync(room / MARKER)
            os.replace(room / MARKER, self.folder / MARKER)
            sync(self.folder)
        for line in lines:
            self.own_files.add(line)

    def _tidy(self) -> None:
        """Leave out of a large marker what it lists time and again, but for the journal of the last run."""
        path = self.folder / MARKER
        if not os.path.lexists(path) or os.lstat(path).st_size < _LOOSE_BYTES:
            return
        lines = marker_lines(self.folder)
        start = max((i for i, line in enumerate(lines) if "run" in line), default=len(lines))
        self._rewrite([line for line in lines[start:] if set(line) & {"run", "clip", "failure"}])


def _check_unreserved(path: Path) -> None:
    """See that a name is none of those that specaug-listen keeps for itself in a folder."""
    for part in (part.lower() for part in path.parts):
        if part == MARKER or has_name_of_room(part):
            raise ParameterError(
                f"-o {printable(path)}: {printable(part)} is a name that specaug-listen keeps for its own list of "
                "files, or for what is not whole yet; choose another -o"
            )
