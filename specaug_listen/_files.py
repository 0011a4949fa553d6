"""Files: opened only where they are ordinary, written whole or not at all, and their names.

An ordinary file is no pipe, device or folder, so that nothing waits for the other end of a pipe, or reads without end.
What is refused is an OSError, as of any file that cannot be opened, and its ``strerror`` says why and what to do.
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

# Windows has no quota.
_NO_ROOM = frozenset({errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)})
# A whole file, or its parts in order.
Contents: TypeAlias = bytes | Iterable[bytes]
_NO_FILES = {
    stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket", stat.S_IFCHR: "a device", stat.S_IFBLK: "a device",
}  # fmt: skip
# Should a file become a pipe between two looks at it, opening it does not wait either.
_NOT_WAITING = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0)
# Device and inode of each file that was read, while `note_reads` lasts.
_reads: list[set[tuple[int, int]]] = []


def as_path(path: object) -> Path:
    """Return what a user gave as a `Path`, as it is.

    Raises
    ------
    ParameterError
        For what is no path of a file or a folder.
    """
    if not isinstance(path, (str, os.PathLike)) or not isinstance(os.fspath(path), str):
        raise ParameterError(f"path={path!r:.80}: expected the path of a file or a folder, as text or a Path")
    if not os.fspath(path).strip():
        raise ParameterError(f"path={os.fspath(path)!r:.80}: is empty; give the path of a file or a folder")
    if not _can_be(path):
        raise ParameterError(f"path={os.fspath(path)!r:.80}: no file can have this name; give another")
    return Path(path)


def without_dots(path: Path) -> Path:
    """Return the same place without ``..``, which for the system leads nowhere behind a folder that is not there.

    Examples
    --------
    >>> without_dots(Path("nowhere/../out")).as_posix()
    'out'
    """
    if ".." not in path.parts:
        return path
    real = os.path.realpath(path)
    return Path(real if path.is_absolute() else os.path.relpath(real, os.path.realpath(".")))


def _can_be(path: str | os.PathLike[str]) -> bool:
    """Whether the system takes a path for one: not with a NUL or half a character, nor of a name that is too long."""
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
    except UnicodeEncodeError:  # a lone surrogate that stands for no byte of a file name
        text = os.fspath(path).encode("utf-8", "backslashreplace").decode()
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def make_folder(path: Path) -> None:
    """Create a folder and its parents.

    Raises
    ------
    OutputError
    """
    begin_writing()
    with io_errors(path):
        path.mkdir(parents=True, exist_ok=True)


def partial_name(path: Path) -> Path:
    """Make a name beside a path for a file that is not whole yet; of this call alone, however long the own name is."""
    start = path.name.encode("utf-8", "replace")[:80].decode(errors="ignore")
    partial = path.with_name(f".{start}-{os.urandom(8).hex()}.partial")
    remove_on_interrupt(partial)
    return partial


def write_whole(path: Path, data: Contents) -> None:
    """Write a file beside its path, then rename it.

    Raises
    ------
    OutputError
    """
    partial = partial_name(path)
    with io_errors(path):
        file = open(partial, "xb")  # noqa: SIM115  # neither over what is there, nor through a link
        try:
            with file:
                file.writelines([data] if isinstance(data, bytes) else data)
            os.replace(partial, path)
        finally:
            partial.unlink(missing_ok=True)


def write_files(folder: Path, files: Mapping[str, Contents]) -> None:
    """Write files into a folder that nobody sees yet."""
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
    """Turn an OSError within the ``with`` into an OutputError of one line."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        fix = "free space, or choose another -o" if error.errno in _NO_ROOM else "choose another -o"
        raise OutputError(f"{printable(path)}: cannot be written ({reason}); {fix}") from None


@contextmanager
def note_reads() -> Iterator[None]:
    """Note which files are read, so that none of them is replaced by what comes of them."""
    _reads.append(set())
    try:
        yield
    finally:
        _reads.pop()


def was_read(inode: tuple[int, int]) -> bool:
    """Whether a file was read since `note_reads` began, by its device and inode."""
    return any(inode in inodes for inodes in _reads)


def check_ordinary(path: str | os.PathLike[str]) -> None:
    """See that a path is that of an ordinary file, for a library that opens it by its path.

    Raises
    ------
    OSError
        When there is nothing, or a folder, a device, a pipe or a socket.
    """
    status = os.stat(path)
    _check(status.st_mode)
    for inodes in _reads:
        inodes.add((status.st_dev, status.st_ino))


def open_file(path: str | os.PathLike[str], *, buffering: int = -1) -> io.BufferedReader:
    """Open an ordinary file for reading bytes.

    Raises
    ------
    OSError
        When it cannot be opened, or is a folder, a device, a pipe or a socket.
    """
    check_ordinary(path)  # opening a device may already do something
    return cast(io.BufferedReader, open(path, "rb", buffering, opener=_open_descriptor))


def read_file(path: str | os.PathLike[str], most_bytes: int, *, inside: str | os.PathLike[str] | None = None) -> bytes:
    """Read an ordinary file of at most ``most_bytes``.

    Parameters
    ----------
    path : str or path-like
    most_bytes : int
    inside : str, path-like or None
        The folder that it may not lie outside of; see `open_inside`.

    Raises
    ------
    OSError
        When it cannot be read, is no ordinary file, or is longer.

    Examples
    --------
    >>> read_file(__file__, 10)
    Traceback (most recent call last):
    ...
    OSError: [Errno 27] has more than the 10 bytes that are allowed
    """
    with open_file(path) if inside is None else open_inside(inside, path) as file:
        is_long = os.fstat(file.fileno()).st_size > most_bytes
        # Some files of the system wait for what comes; they give None instead.
        data = b"" if is_long else file.read(most_bytes + 1) or b""
    if is_long or len(data) > most_bytes:
        raise OSError(errno.EFBIG, f"has more than the {most_bytes} bytes that are allowed")
    return data


def open_inside(folder: str | os.PathLike[str], path: str | os.PathLike[str]) -> io.BufferedReader:
    """Open an ordinary file that lies in a folder, and is no other file under a name in it.

    Parameters
    ----------
    folder, path : str or path-like

    Raises
    ------
    OSError
        As of `open_file`; when a link leads out of the folder, or the file has a second name, which may be anywhere.
    """
    check_ordinary(path)
    place, inside = os.path.realpath(path), os.path.realpath(folder)
    if os.path.commonpath([place, inside]) != inside:
        raise OSError(errno.EXDEV, "lies outside of its folder, behind a link; put the file itself there")
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
    """See that a file is the same one from the beginning to the end of the ``with``, where it is opened time and again.

    Raises
    ------
    OSError
        When it is gone or has changed: in place of whatever else was raised, which came of that.
    """
    before = _last_change(path)
    try:
        yield
    except OutputError:  # of another file
        raise
    except Exception:  # a decoder can fail in any way at what has become another file
        _check_unchanged(path, before)
        raise
    _check_unchanged(path, before)


def _check_unchanged(path: str | os.PathLike[str], before: tuple[int, int] | None) -> None:
    if _last_change(path) != before:
        raise OSError(errno.ESTALE, "became another file while it was read") from None


def _last_change(path: str | os.PathLike[str]) -> tuple[int, int] | None:
    """Size and time of a file; not its inode, which some file systems give anew each time."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    return status.st_size, status.st_mtime_ns


def _open_descriptor(path: str | bytes | Path, flags: int) -> int:
    descriptor = os.open(path, flags | _NOT_WAITING)
    try:
        _check(os.fstat(descriptor).st_mode)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _check(mode: int) -> None:
    if stat.S_ISREG(mode):
        return
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    what = _NO_FILES.get(stat.S_IFMT(mode), "no ordinary file")
    raise OSError(errno.ENODEV, f"is {what}; save it to a file first, and give that")


def identity(path: str | os.PathLike[str]) -> tuple[int, int] | str:
    """Return what all names of one file or folder have in common: device and inode, or its path where there is none."""
    return inode_of(path) or os.path.abspath(path)


def inode_of(path: str | os.PathLike[str]) -> tuple[int, int] | None:
    """Return device and inode of what a path leads to; None where there is nothing."""
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
    """Visit each folder below another once, with the names of the folders and of all else in it, as `os.walk`.

    Linked folders are followed after all others, so that a folder is met under its own name if it has one here.
    What lies above ``top`` is not followed, as it holds ``top`` itself: ``onabove`` is told of such a link. Names
    that are taken out of the folders' list are left out.
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
    except OSError:  # a link that leads to itself, or what is gone by now
        return False
