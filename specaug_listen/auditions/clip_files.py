"""The files of a clip: those in the folder of a run, or those that an audition at hand would write."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from .._files import printable
from .._ordinary_files import open_inside
from ..errors import PolicyError
from .contents import HEAD, MOST_BYTES_OF_PICTURE, WavForm, check_picture, check_wav
from .records import DrawRecord, read_record

__all__ = ["Files", "FolderFiles", "MemoryFiles"]


class MemoryFiles:
    """Files that an audition at hand would write."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files

    def size(self, name: str) -> int | None:
        """In bytes; None where there is no such file."""
        data = self._files.get(name)
        return None if data is None else len(data)

    def total(self, suffix: str) -> int:
        """Bytes of all files of this ending."""
        return sum(len(data) for name, data in self._files.items() if name.endswith(suffix))

    def called(self, name: str) -> str:
        """What a message calls a file."""
        return name

    def read(self, name: str) -> bytes:
        """A file's bytes."""
        return self._files[name]

    def form(self, name: str) -> WavForm | None:
        """What a sound's header says: nothing that has to be looked at."""
        return None

    def address(self, name: str) -> str | None:
        """From where a page reads a file that is too long for it: nowhere."""
        return None


class FolderFiles:
    """Files of a clip's folder.

    Parameters
    ----------
    run : Path
        The folder of the run. Nothing that lies outside of it is read.
    folder : str
        That of the clip in it; empty for the run's own.
    page : Path
        The folder of the page, for addresses.
    """

    def __init__(self, run: Path, folder: str, page: Path) -> None:
        self._run, self._folder, self._page = run, run / folder, page

    def size(self, name: str) -> int | None:
        """In bytes; None where there is no such file."""
        try:
            return os.stat(self._folder / name).st_size
        except OSError:
            return None

    def total(self, suffix: str) -> int:
        """Bytes of all files of this ending."""
        return sum(path.lstat().st_size for path in self._folder.glob(f"*{suffix}"))

    def called(self, name: str) -> str:
        """What a message calls a file."""
        return printable(self._folder / name)

    def read(self, name: str) -> bytes:
        """A file's bytes.

        Raises
        ------
        PolicyError
            When it cannot be read, lies outside of the run, or is not what its name says.
        """
        return self._checked(name, MOST_BYTES_OF_PICTURE if name.endswith(".png") else None)[0]

    def form(self, name: str) -> WavForm | None:
        """What a sound's header says; errors as for `read`."""
        return self._checked(name, HEAD)[1]

    def record(self, name: str) -> DrawRecord:
        """A draw's record.

        Raises
        ------
        PolicyError
            When it cannot be read, lies outside of the run, or is one of another draw.
        """
        return read_record(self._folder / f"{name}.json", inside=self._run)

    def _checked(self, name: str, most_bytes: int | None) -> tuple[bytes, WavForm | None]:
        """A file's bytes, or the first of them; not before its content is known to be what its name says."""
        path = self._folder / name
        with _saying_what_is_gone(path), open_inside(self._run, path) as file:
            n_bytes = os.fstat(file.fileno()).st_size
            if most_bytes is not None and name.endswith(".png") and n_bytes > most_bytes:
                raise OSError(errno.EFBIG, f"has {n_bytes} bytes; allowed are {most_bytes}")
            data = file.read(most_bytes if most_bytes is not None else n_bytes)
        if name.endswith(".png"):
            check_picture(data, printable(path))
            return data, None
        return data, check_wav(data, n_bytes, printable(path))

    def address(self, name: str) -> str | None:
        """From where a page reads a file that is too long for it.

        Raises
        ------
        PolicyError
            As `read`.
        """
        self._checked(name, HEAD)
        path = Path(os.path.relpath(self._folder / name, self._page))
        return quote(os.fsencode(path.as_posix()))


Files = MemoryFiles | FolderFiles


@contextmanager
def _saying_what_is_gone(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise PolicyError(f"{printable(path)}: cannot be read ({error.strerror}); run the audition again") from None
