"""Files: only regular files are opened, files are written completely or not at all, and file names.

A regular file is not a pipe, a device or a folder, so no read waits for a writer or goes on forever. Refusals are
OSErrors, as for any file that cannot be opened; ``strerror`` says why and what to do.
"""

from __future__ import annotations

import errno
import hashlib
import io
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias, cast

from ._interrupts import begin_writing, remove_on_interrupt
from .errors import OutputError, ParameterError

__all__ = [
    "Contents",
    "as_path",
    "check_ordinary",
    "identity",
    "inode_of",
    "io_errors",
    "make_folder",
    "note_reads",
    "open_file",
    "open_inside",
    "partial_name",
    "printable",
    "read_file",
    "require_unchanged",
    "sha256_of",
    "walk_once",
    "was_read",
    "without_dots",
    "write_files",
    "write_whole",
]

# EDQUOT does not exist on Windows.
_NO_ROOM = frozenset({errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)})
# A file's content, or its parts in order.
Contents: TypeAlias = bytes | Iterable[bytes]
_NO_FILES = {
    stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket", stat.S_IFCHR: "a device", stat.S_IFBLK: "a device",
}  # fmt: skip
# If a file becomes a pipe after it was checked, opening it does not wait for a writer.
_NOT_WAITING = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
# Device and inode of each file read within `note_reads`.
_reads: list[set[tuple[int, int]]] = []


def as_path(path: object) -> Path:
    """Return a user's argument as a `Path`; raise a ParameterError unless it can be the path of a file or folder."""
    if not isinstance(path, (str, os.PathLike)) or not isinstance(os.fspath(path), str):
        raise ParameterError(f"path={path!r:.80}: expected the path of a file or a folder, as text or a Path")
    if not os.fspath(path).strip():
        raise ParameterError(f"path={os.fspath(path)!r:.80}: is empty; give the path of a file or a folder")
    if not _is_valid(path):
        raise ParameterError(f"path={os.fspath(path)!r:.80}: no file can have this name; give another")
    return Path(path)


def without_dots(path: Path) -> Path:
    """Resolve ``..`` in a path; the system itself cannot if a folder before the ``..`` does not exist.

    Examples
    --------
    >>> without_dots(Path("nowhere/../out")).as_posix()
    'out'
    """
    if ".." not in path.parts:
        return path
    real = os.path.realpath(path)
    return Path(real if path.is_absolute() else os.path.relpath(real, os.path.realpath(".")))


def _is_valid(path: str | os.PathLike[str]) -> bool:
    """Whether the system accepts a path: no NUL, no unencodable character, and not too long."""
    try:
        os.lstat(path)
    except ValueError:
        return False
    except OSError as error:
        return error.errno != errno.ENAMETOOLONG
    return True


def printable(path: str | os.PathLike[str]) -> str:
    r"""Return a path as one printable line.

    Examples
    --------
    >>> printable("two\nlines.wav")
    'two\\nlines.wav'
    """
    try:
        text = os.fsencode(path).decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:  # a lone surrogate that encodes no byte of a file name
        text = os.fspath(path).encode("utf-8", "backslashreplace").decode()
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def make_folder(path: Path) -> None:
    """Create a folder and its parents; raise an OutputError if that fails."""
    begin_writing()
    with io_errors(path):
        path.mkdir(parents=True, exist_ok=True)


def partial_name(path: Path) -> Path:
    """Return a unique name beside ``path`` for a file that is still being written, whatever the length of its name."""
    start = path.name.encode("utf-8", "replace")[:80].decode(errors="ignore")
    partial = path.with_name(f".{start}-{os.urandom(8).hex()}.partial")
    remove_on_interrupt(partial)
    return partial


def write_whole(path: Path, data: Contents) -> None:
    """Write a file under a temporary name beside its path, then rename it; raise an OutputError if that fails."""
    partial = partial_name(path)
    with io_errors(path):
        file = open(partial, "xb")  # noqa: SIM115  # neither overwrites a file nor follows a link
        try:
            with file:
                file.writelines([data] if isinstance(data, bytes) else data)
            os.replace(partial, path)
        finally:
            partial.unlink(missing_ok=True)


def write_files(folder: Path, files: Mapping[str, Contents]) -> None:
    """Write files into a folder that no other process uses yet."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        _write(folder / name, data)


def _write(path: Path, data: Contents) -> None:
    if isinstance(data, bytes):
        path.write_bytes(data)
        return
    with open(path, "wb") as file:
        file.writelines(data)


@contextmanager
def io_errors(path: Path) -> Iterator[None]:
    """Convert an OSError in the ``with`` block into an OutputError of one line."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        fix = "free space, or choose another -o" if error.errno in _NO_ROOM else "choose another -o"
        raise OutputError(f"{printable(path)}: cannot be written ({reason}); {fix}") from None


@contextmanager
def note_reads() -> Iterator[None]:
    """Record which files are read, so that results do not overwrite them."""
    _reads.append(set())
    try:
        yield
    finally:
        _reads.pop()


def was_read(inode: tuple[int, int]) -> bool:
    """Whether a file, given by device and inode, was read since `note_reads` began."""
    return any(inode in inodes for inodes in _reads)


def check_ordinary(path: str | os.PathLike[str]) -> None:
    """Raise an OSError unless a path is a regular file, for libraries that open files by path."""
    status = os.stat(path)
    _check_mode(status.st_mode)
    for inodes in _reads:
        inodes.add((status.st_dev, status.st_ino))


def open_file(path: str | os.PathLike[str], *, buffering: int = -1) -> io.BufferedReader:
    """Open a regular file for reading bytes; raise an OSError if it is missing, a folder, a device, pipe or socket."""
    check_ordinary(path)  # opening a device can have side effects
    return cast(io.BufferedReader, open(path, "rb", buffering, opener=_open_descriptor))


def read_file(path: str | os.PathLike[str], most_bytes: int, *, inside: str | os.PathLike[str] | None = None) -> bytes:
    """Read a regular file of at most ``most_bytes``, or raise an OSError; for ``inside`` see `open_inside`.

    Examples
    --------
    >>> read_file(__file__, 10)
    Traceback (most recent call last):
    ...
    OSError: [Errno 27] has more than the 10 bytes that are allowed
    """
    with open_file(path) if inside is None else open_inside(inside, path) as file:
        is_long = os.fstat(file.fileno()).st_size > most_bytes
        # Non-blocking special files return None instead of waiting for data.
        data = b"" if is_long else file.read(most_bytes + 1) or b""
    if is_long or len(data) > most_bytes:
        raise OSError(errno.EFBIG, f"has more than the {most_bytes} bytes that are allowed")
    return data


def open_inside(folder: str | os.PathLike[str], path: str | os.PathLike[str]) -> io.BufferedReader:
    """Open a regular file in a folder.

    Raises an OSError as `open_file` does, and if a link leads out of the folder or the file has a second hard link,
    which may be anywhere.
    """
    check_ordinary(path)
    place, inside = os.path.realpath(path), os.path.realpath(folder)
    if os.path.commonpath([place, inside]) != inside:
        raise OSError(errno.EXDEV, "is a link to a file outside of its folder; put the file itself there")
    file = open_file(place)
    try:
        now = os.fstat(file.fileno())
        if os.path.realpath(path) != place or not os.path.samestat(now, os.lstat(place)):
            raise OSError(errno.EXDEV, "became another file while it was opened")
        if now.st_nlink > 1:
            raise OSError(errno.EMLINK, "is a hard link, and may be a file of another folder; copy the folder (cp -r)")
    except OSError:
        file.close()
        raise
    return file


def sha256_of(path: str | os.PathLike[str]) -> str:
    """Return the SHA-256 of a file's content in hexadecimal digits."""
    digest = hashlib.sha256()
    with open_file(path) as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


@contextmanager
def require_unchanged(path: str | os.PathLike[str]) -> Iterator[None]:
    """Raise an OSError if a file, which is opened several times in the ``with`` block, is changed or removed meanwhile.

    It replaces any other exception of the block, which the change has caused.
    """
    before = _last_change(path)
    try:
        yield
    except OutputError:  # about another file
        raise
    except Exception:  # a decoder can fail in any way on a changed file
        _check_unchanged(path, before)
        raise
    _check_unchanged(path, before)


def _check_unchanged(path: str | os.PathLike[str], before: tuple[int, int] | None) -> None:
    if _last_change(path) != before:
        raise OSError(errno.ESTALE, "became another file while it was read") from None


def _last_change(path: str | os.PathLike[str]) -> tuple[int, int] | None:
    """Return size and modification time of a file; not its inode, which some file systems change at each call."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    return status.st_size, status.st_mtime_ns


def _open_descriptor(path: str | bytes | Path, flags: int) -> int:
    descriptor = os.open(path, flags | _NOT_WAITING)
    try:
        _check_mode(os.fstat(descriptor).st_mode)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _check_mode(mode: int) -> None:
    """Raise an OSError unless the mode is that of a regular file."""
    if stat.S_ISREG(mode):
        return
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    kind = _NO_FILES.get(stat.S_IFMT(mode), "not a regular file")
    raise OSError(errno.ENODEV, f"is {kind}; save it to a file first, and give that")


def identity(path: str | os.PathLike[str]) -> tuple[int, int] | str:
    """Return what all names of a file or folder share: device and inode, or the absolute path if it does not exist."""
    return inode_of(path) or os.path.abspath(path)


def inode_of(path: str | os.PathLike[str]) -> tuple[int, int] | None:
    """Return device and inode of the file that a path resolves to; None if it does not exist."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    return status.st_dev, status.st_ino


def walk_once(
    top: str | os.PathLike[str],
    onerror: Callable[[OSError], object],
    onabove: Callable[[str], object] = lambda path: None,
) -> Iterator[tuple[str, list[str], list[str]]]:
    """Visit each folder below ``top`` once, yielding folder, subfolders and other entries as `os.walk` does.

    Linked folders are visited last, so a folder inside ``top`` appears under its own name. A link to a folder
    that contains ``top`` is not followed, but passed to ``onabove``. Subfolders that the caller removes from the list
    are not visited.
    """
    start = os.fspath(top)
    above = {identity(folder) for folder in Path(os.path.realpath(start)).parents}
    visits = set[tuple[int, int] | str]()
    waiting, linked = [start], list[str]()
    while waiting or linked:
        folder = waiting.pop() if waiting else linked.pop(0)
        if identity(folder) in above:
            onabove(folder)
            continue
        if identity(folder) in visits:
            continue
        visits.add(identity(folder))
        try:
            with os.scandir(folder) as entries:
                is_folder = {entry.name: _is_folder(entry) for entry in entries}
        except OSError as error:
            onerror(error)
            continue
        folders = sorted(name for name in is_folder if is_folder[name])
        yield folder, folders, sorted(name for name in is_folder if not is_folder[name])
        for path in (os.path.join(folder, name) for name in reversed(folders)):
            (linked if os.path.islink(path) else waiting).append(path)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself, or an entry that was removed meanwhile
        return False
