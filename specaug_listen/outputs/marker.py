"""The marker of a folder: which of its files specaug-listen wrote, and what a run has done so far.

A file of lines of JSON. Each lists files with a hash of their content before they are put in their places, and may say
more; so it is a run's journal, too. It may come from anybody, with a folder that was received: what is no plain name is
left out, and a file counts as ours only as long as its content is what the line says.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, TypeAlias

from .._files import printable
from ..errors import ParameterError

__all__ = [
    "MARKER",
    "NO_LINK",
    "Line",
    "OwnFiles",
    "Results",
    "append_line",
    "is_folder",
    "marker_bytes",
    "marker_lines",
    "results_in",
]

MARKER = ".specaug-listen.jsonl"
_FORMAT = "specaug-listen output 1"
_MOST_BYTES = 256 << 20
# Flags that open a file neither through a link nor by waiting for the other end of a pipe.
NO_LINK = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)

Line: TypeAlias = Mapping[str, Any]
State = Literal["absent", "ours", "changed", "foreign"]


class OwnFiles:
    """The files that lines of a marker list: by name, the hashes of what was written, and the command that did.

    Parameters
    ----------
    folder : Path
    lines : iterable of mapping
    """

    def __init__(self, folder: Path, lines: Iterable[Line] = ()) -> None:
        self._folder = folder
        self._hashes: dict[str, tuple[str, ...]] = {}
        self._commands: dict[str, str] = {}
        self._known: dict[tuple[int, ...], str] = {}
        self.is_readable = True
        for line in lines:
            self.add(line)

    def __len__(self) -> int:
        return len(self._hashes)

    def __iter__(self) -> Iterator[str]:
        return iter(self._hashes)

    def __contains__(self, name: object) -> bool:
        return name in self._hashes

    def add(self, line: Line) -> None:
        """Add the files that a line lists."""
        command = line.get("command")
        if not isinstance(command, str):
            return
        for name, value in _files_of(line).items():
            self._hashes[name] = (*self._hashes.get(name, ()), value)
            self._commands[name] = command

    def by(self, command: str) -> list[str]:
        """Names of the files that a command wrote."""
        return [name for name, own in self._commands.items() if own == command]

    def command(self, name: str) -> str | None:
        """Return the command that wrote a file."""
        return self._commands.get(name)

    def lines(self, beside: Iterable[Line] = ()) -> list[Line]:
        """Fewer lines that list the same, as far as it is there, and other lines do not list it."""
        lines: list[dict[str, Any]] = []
        others = {name: value for line in beside for name, value in _files_of(line).items()}
        for name, hashes in self._hashes.items():
            if others.get(name) == hashes[-1]:
                continue
            for value in dict.fromkeys(hashes[-2:]) if os.path.lexists(self._folder / name) else ():
                own = self._commands[name]
                if not lines or lines[-1]["command"] != own or name in lines[-1]["owns"]:
                    lines.append({"command": own, "owns": {}})
                lines[-1]["owns"][name] = value
        return list(lines)

    def state(self, name: str) -> State:
        """Whether a file is there, and is what was written: no link, in no folder that is one, and not changed."""
        path = self._folder
        for part in Path(name).parts:
            if not is_folder(path):
                return "foreign" if os.path.lexists(path) else "absent"
            path = path / part
        if not os.path.lexists(path):
            return "absent"
        if name not in self._hashes or not stat.S_ISREG(os.lstat(path).st_mode):
            return "foreign"
        try:
            return "ours" if self.hash_of(path) in self._hashes[name] else "changed"
        except OSError:  # what it holds cannot be told
            return "changed"

    def is_whole(self, name: str, value: str) -> bool:
        """Whether a file is there with the content of this hash."""
        return name in self and self.state(name) == "ours" and self.hash_of(self._folder / name) == value

    def is_last(self, name: str, path: Path) -> bool:
        """Whether a file holds what was written last under a name that is listed."""
        return self.hash_of(path) == self._hashes[name][-1]

    def hash_of(self, path: Path) -> str:
        """Hash a file's content, which is read once, unless it changes."""
        status = os.lstat(path)
        # Who sets a time back after an edit cannot set back that of the last change.
        key = status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
        if key not in self._known:
            self._known[key] = _hash(path)
        return self._known[key]


def marker_lines(folder: str | os.PathLike[str]) -> list[Line]:
    """The lines of a folder's marker, without those that a kill has cut short; none where there is no marker.

    Raises
    ------
    ParameterError
        When a file of its name is no marker.
    """
    path = os.path.join(folder, MARKER)
    refusal = f"{printable(path)}: is no list of files by specaug-listen; remove it, or choose another -o"
    try:
        file = os.open(path, os.O_RDONLY | NO_LINK)
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError:
        raise ParameterError(refusal) from None
    status = os.fstat(file)
    if not stat.S_ISREG(status.st_mode) or status.st_size > _MOST_BYTES:
        os.close(file)
        raise ParameterError(refusal)
    with open(file, "rb") as stream:
        lines: list[Line] = [line for text in stream if (line := _parse(text)) is not None]
    if not lines or lines[0].get("format") != _FORMAT:
        raise ParameterError(refusal)
    return lines[1:]


def marker_bytes(lines: Iterable[Line]) -> bytes:
    """Encode a whole marker of these lines."""
    return b"".join((json.dumps(line) + "\n").encode() for line in ({"format": _FORMAT}, *lines))


def append_line(path: Path, line: Line) -> None:
    """Put a line behind those of a marker, and through to the disk.

    Raises
    ------
    OSError
    """
    data = (json.dumps(line) + "\n").encode()
    file = os.open(path, os.O_RDWR | os.O_APPEND | NO_LINK)
    try:
        os.lseek(file, max(0, os.fstat(file).st_size - 1), os.SEEK_SET)
        # What a kill has cut short ends here.
        data = data if os.read(file, 1) == b"\n" else b"\n" + data
        while data:
            data = data[os.write(file, data) :]
        os.fsync(file)
    finally:
        os.close(file)


def results_in(folder: str | os.PathLike[str]) -> OwnFiles:
    """The files that specaug-listen wrote in a folder; none, and not ``is_readable``, where its marker is no marker."""
    try:
        return OwnFiles(Path(folder), marker_lines(folder))
    except ParameterError:
        files = OwnFiles(Path(folder))
        files.is_readable = False
        return files


class Results:
    """What specaug-listen wrote, asked file by file: each marker above them is read once."""

    def __init__(self) -> None:
        self._above: dict[str, list[tuple[str, OwnFiles]]] = {}
        self._own_files: dict[str, OwnFiles] = {}

    def holds(self, folder: str, name: str) -> bool:
        """Whether a file of a folder is what the marker there, or in a folder above, says was written."""
        if folder not in self._above:
            self._above[folder] = self._markers_above(os.path.realpath(folder))
        return any(
            f"{way}{name}" in files and files.state(f"{way}{name}") == "ours" for way, files in self._above[folder]
        )

    def _markers_above(self, folder: str) -> list[tuple[str, OwnFiles]]:
        markers, way, last = [], "", "."
        while last:
            if folder not in self._own_files:
                self._own_files[folder] = results_in(folder)
            markers.append((way, self._own_files[folder]))
            folder, last = os.path.split(folder)
            way = f"{last}/{way}"
        return [(way, files) for way, files in markers if len(files)]


def is_folder(path: str | os.PathLike[str]) -> bool:
    """Whether a path is a folder, and no link to one."""
    try:
        return stat.S_ISDIR(os.lstat(path).st_mode)
    except (OSError, ValueError):
        return False


def _parse(text: bytes) -> dict[str, Any] | None:
    try:
        line = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return line if isinstance(line, dict) else None


def _files_of(line: Line) -> dict[str, str]:
    """The files that a line lists, with their hashes; what is no plain name is left out."""
    owns = line.get("owns")
    pairs = owns.items() if isinstance(owns, dict) else ()
    return {name: value for name, value in pairs if isinstance(value, str) and _is_plain(name)}


def _is_plain(name: str) -> bool:
    """Whether a name can only be that of a file below a folder, as the system can hold it."""
    try:
        os.fsencode(name)
    except UnicodeEncodeError:
        return False
    parts = name.split("/")
    is_below = not any(part in ("", ".", "..") or "\\" in part or "\0" in part for part in parts)
    return is_below and not os.path.splitdrive(name)[0] and parts[-1] != MARKER


def _hash(path: Path) -> str:
    digest = hashlib.blake2b(digest_size=16)
    with open(os.open(path, os.O_RDONLY | NO_LINK), "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
