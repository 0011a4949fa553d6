"""The marker of a folder: a list of the files that specaug-listen wrote there, and a journal of the run.

A file of JSON lines. Each line lists files with a hash of their content before they are moved into place. It may hold
more: this module stores the lines of a journal, and `specaug_listen.auditions.journal` defines them.

A marker may come from somebody else, with a received folder: names that are not plain are ignored, and a file counts as
ours only if its content matches the hash.
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
    "WrittenFiles",
    "append_line",
    "is_folder",
    "marker_bytes",
    "marker_lines",
    "own_files_in",
]

MARKER = ".specaug-listen.jsonl"
_FORMAT = "specaug-listen output 1"
_MAX_BYTES = 256 << 20
# Flags that refuse links, and do not block on pipes.
NO_LINK = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)

Line: TypeAlias = Mapping[str, Any]
# "other" is a file that specaug-listen did not write.
State = Literal["absent", "ours", "changed", "other"]


class OwnFiles:
    """The files that the lines of a marker list, with the hashes of their contents and the command that wrote them."""

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
        """Add the files of a line."""
        command = line.get("command")
        if not isinstance(command, str):
            return
        for name, value in _files_of(line).items():
            self._hashes[name] = (*self._hashes.get(name, ()), value)
            self._commands[name] = command

    def by(self, command: str) -> list[str]:
        """Return the names of the files that a command wrote."""
        return [name for name, own in self._commands.items() if own == command]

    def command(self, name: str) -> str | None:
        """Return the command that wrote a file."""
        return self._commands.get(name)

    def lines(self, beside: Iterable[Line] = ()) -> list[Line]:
        """Compact the lines: only the last two hashes of each file that exists and that ``beside`` does not list."""
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
        """Return whether a file exists, and is ours and unchanged; links and files in linked folders are not ours."""
        path = self._folder
        for part in Path(name).parts:
            if not is_folder(path):
                return "other" if os.path.lexists(path) else "absent"
            path = path / part
        if not os.path.lexists(path):
            return "absent"
        if name not in self._hashes or not stat.S_ISREG(os.lstat(path).st_mode):
            return "other"
        try:
            return "ours" if self.hash_of(path) in self._hashes[name] else "changed"
        except OSError:  # unreadable
            return "changed"

    def is_whole(self, name: str, value: str) -> bool:
        """Whether a file exists with the content of this hash."""
        return name in self and self.state(name) == "ours" and self.hash_of(self._folder / name) == value

    def is_last(self, name: str, path: Path) -> bool:
        """Whether a file has the content that was written last under ``name``, which is listed."""
        return self.hash_of(path) == self._hashes[name][-1]

    def hash_of(self, path: Path) -> str:
        """Return the hash of a file's content; the file is read again only if it has changed."""
        status = os.lstat(path)
        # The ctime, unlike the mtime, cannot be set back after an edit.
        key = status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns
        if key not in self._known:
            self._known[key] = _hash(path)
        return self._known[key]


def marker_lines(folder: str | os.PathLike[str]) -> list[Line]:
    """Return the lines of a folder's marker, except those truncated by a kill; none if there is no marker.

    Raises a ParameterError if the file of that name is not a marker.
    """
    path = os.path.join(folder, MARKER)
    refusal = f"{printable(path)}: is not a list of files by specaug-listen; remove it, or choose another -o"
    try:
        file = os.open(path, os.O_RDONLY | NO_LINK)
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError:
        raise ParameterError(refusal) from None
    status = os.fstat(file)
    if not stat.S_ISREG(status.st_mode) or status.st_size > _MAX_BYTES:
        os.close(file)
        raise ParameterError(refusal)
    with open(file, "rb") as stream:
        lines: list[Line] = [line for text in stream if (line := _parse(text)) is not None]
    if not lines or lines[0].get("format") != _FORMAT:
        raise ParameterError(refusal)
    return lines[1:]


def marker_bytes(lines: Iterable[Line]) -> bytes:
    """Encode a whole marker with these lines."""
    return b"".join((json.dumps(line) + "\n").encode() for line in ({"format": _FORMAT}, *lines))


def append_line(path: Path, line: Line) -> None:
    """Append a line to a marker, and flush it to disk."""
    data = (json.dumps(line) + "\n").encode()
    file = os.open(path, os.O_RDWR | os.O_APPEND | NO_LINK)
    try:
        os.lseek(file, max(0, os.fstat(file).st_size - 1), os.SEEK_SET)
        # Terminate a line that a kill has truncated.
        data = data if os.read(file, 1) == b"\n" else b"\n" + data
        while data:
            data = data[os.write(file, data) :]
        os.fsync(file)
    finally:
        os.close(file)


def own_files_in(folder: str | os.PathLike[str]) -> OwnFiles:
    """Return the files that specaug-listen wrote in a folder.

    If the marker is invalid, there are none, and ``is_readable`` is False.
    """
    try:
        return OwnFiles(Path(folder), marker_lines(folder))
    except ParameterError:
        files = OwnFiles(Path(folder))
        files.is_readable = False
        return files


class WrittenFiles:
    """Lookup of written files, which reads each marker once."""

    def __init__(self) -> None:
        self._above: dict[str, list[tuple[str, OwnFiles]]] = {}
        self._own_files: dict[str, OwnFiles] = {}

    def holds(self, folder: str, name: str) -> bool:
        """Whether the marker of the folder, or of a folder above it, lists the file, and the file is unchanged."""
        if folder not in self._above:
            self._above[folder] = self._markers_above(os.path.realpath(folder))
        return any(
            f"{way}{name}" in files and files.state(f"{way}{name}") == "ours" for way, files in self._above[folder]
        )

    def _markers_above(self, folder: str) -> list[tuple[str, OwnFiles]]:
        markers, way, last = [], "", "."
        while last:
            if folder not in self._own_files:
                self._own_files[folder] = own_files_in(folder)
            markers.append((way, self._own_files[folder]))
            folder, last = os.path.split(folder)
            way = f"{last}/{way}"
        return [(way, files) for way, files in markers if len(files)]


def is_folder(path: str | os.PathLike[str]) -> bool:
    """Whether a path is a folder, and not a link to one."""
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
    """Return the files that a line lists, with their hashes, except names that are not plain."""
    owns = line.get("owns")
    pairs = owns.items() if isinstance(owns, dict) else ()
    return {name: value for name, value in pairs if isinstance(value, str) and _is_plain(name)}


def _is_plain(name: str) -> bool:
    """Whether a name is a relative path that cannot leave its folder, can be encoded, and is not the marker's."""
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
