"""Names and files: written whole or not at all, named after the user's files without trusting them."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeAlias

from ._interrupts import begin_writing, will_remove
from .errors import OutputError, ParameterError

__all__ = [
    "Contents",
    "as_path",
    "beside",
    "folder_name",
    "make_folder",
    "printable",
    "put_all_through",
    "put_new",
    "put_through",
    "saying_what_failed",
    "without_dots",
    "write_files",
    "write_whole",
]

# Forbidden or awkward in file names on Linux, macOS or Windows.
_HOSTILE = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*\ud800-\udfff]')
_DEVICES = frozenset({"con", "prn", "aux", "nul", *(f"{p}{i}" for p in ("com", "lpt") for i in range(1, 10))})
_MAX_BYTES = 120
_AT_ONCE = 8
# Windows has no quota.
_NO_ROOM = frozenset({errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)})
# A whole file, or its parts in order.
Contents: TypeAlias = bytes | Iterable[bytes]


def as_path(path: object) -> Path:
    """A path as it was given.

    Raises
    ------
    ParameterError
        For what is none.
    """
    if not isinstance(path, (str, os.PathLike)) or not isinstance(os.fspath(path), str):
        raise ParameterError(f"path={path!r:.80}: expected the path of a file or a folder, as text or a Path")
    if not os.fspath(path).strip():
        raise ParameterError(f"path={os.fspath(path)!r:.80}: is empty; give the path of a file or a folder")
    if not _can_be(path):
        raise ParameterError(f"path={os.fspath(path)!r:.80}: no file can have this name; give another")
    return Path(path)


def without_dots(path: Path) -> Path:
    """The same place without ``..``, which for the system leads nowhere behind a folder that is not there.

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
    r"""A path as one printable line.

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


def folder_name(path: str | os.PathLike[str], taken: set[str]) -> str:
    """A folder name after a file's name; added to ``taken``, with a suffix where another clip has it.

    Examples
    --------
    >>> taken = {"report.html"}
    >>> folder_name("a/speech.wav", taken), folder_name("b/Speech.wav", taken), folder_name("-x.wav", taken)
    ('speech', 'Speech-2', '_-x')
    """
    stem = _HOSTILE.sub("_", Path(path).stem).encode()[:_MAX_BYTES].decode(errors="ignore")
    stem = stem.lstrip(" ").rstrip(" .") or "clip"
    if stem[0] in "-." or stem.lower() in _DEVICES:
        stem = f"_{stem}"
    name, n = stem, 1
    # Compared without case: some file systems cannot tell the difference.
    while name.casefold() in taken:
        n += 1
        name = f"{stem}-{n}"
    taken.add(name.casefold())
    return name


def make_folder(path: Path) -> None:
    """Create a folder and its parents.

    Raises
    ------
    OutputError
    """
    begin_writing()
    with saying_what_failed(path):
        path.mkdir(parents=True, exist_ok=True)


def beside(path: Path) -> Path:
    """A name next to a path for what is not whole yet; of this call alone, however long the user's own name is."""
    start = path.name.encode("utf-8", "replace")[:80].decode(errors="ignore")
    partial = path.with_name(f".{start}-{os.urandom(8).hex()}.partial")
    will_remove(partial)
    return partial


def write_whole(path: Path, data: Contents) -> None:
    """Write beside, then rename.

    Raises
    ------
    OutputError
    """
    partial = beside(path)
    with saying_what_failed(path):
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


def put_new(source: Path, target: Path) -> None:
    """Rename a file to a name that nothing has.

    Raises
    ------
    OSError
        FileExistsError, where something has it by now.
    """
    try:
        os.link(source, target)
    except FileExistsError:
        raise
    except OSError:  # a file system, or a system, where a file has one name
        os.rename(source, target)
    else:
        os.unlink(source)


def put_through(path: Path) -> None:
    """Have what a file holds, or the names in a folder, on the disk, and not in the system's memory alone.

    Raises
    ------
    OSError
        For a file.
    """
    if not path.is_dir():
        with open(path, "r+b") as file:
            os.fsync(file.fileno())
        return
    with suppress(OSError):  # some systems cannot do it with folders
        folder = os.open(path, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def put_all_through(paths: Iterable[Path]) -> None:
    """Have what several files and folders hold on the disk, as `put_through`.

    Raises
    ------
    OSError
        As there.
    """
    from concurrent.futures import ThreadPoolExecutor

    # Journaling file systems write the journal once for all that wait for it at the same time.
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for _ in pool.map(put_through, paths):
            pass


def _write(path: Path, data: Contents) -> None:
    if isinstance(data, bytes):
        path.write_bytes(data)
        return
    with open(path, "wb") as file:
        file.writelines(data)


@contextmanager
def saying_what_failed(path: Path) -> Iterator[None]:
    """Turn an OSError into one line."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        fix = "free space, or choose another -o" if error.errno in _NO_ROOM else "choose another -o"
        raise OutputError(f"{printable(path)}: cannot be written ({reason}); {fix}") from None
