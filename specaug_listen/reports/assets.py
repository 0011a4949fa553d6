"""Where the files of a clip are, and how they go into a page: embedded, or beside it."""

from __future__ import annotations

import errno
import io
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from .._files import printable
from .._imports import require
from .._ordinary_files import open_inside
from ..audio.signal import Audio
from ..auditions.contents import HEAD, MOST_BYTES_OF_PICTURE, WavForm, check_picture, check_wav
from ..auditions.records import DrawRecord, read_record
from ..errors import PolicyError
from .model import File

__all__ = ["Beside", "Embedded", "Files", "FolderFiles", "MemoryFiles"]

# Eight minutes at 16 kHz. A page holds each sound several times while it is written, and browsers choke on large ones.
_LARGEST_HELD = 16 << 20


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


@dataclass(frozen=True)
class Embedded:
    """Files as they are put into the page itself; FLAC in place of WAV where asked for."""

    files: Files = field(repr=False)
    flac: bool = False

    def read(self, name: str) -> bytes | None:
        """A file's bytes; None where there is none."""
        return None if self.files.size(name) is None else self.files.read(name)

    def sound(self, name: str) -> File:
        """A sound; the address of one that is too long to be held."""
        if (self.files.size(name) or 0) > _LARGEST_HELD and (address := self.files.address(name)) is not None:
            return File(url=address)
        data = self.files.read(name)
        return File(_as_flac(data, self.files.called(name)), media_type="audio/flac") if self.flac else File(data)

    def heard(self, name: str) -> Audio | None:
        """A sound, decoded; None where it is too long to be held, or empty.

        Raises
        ------
        PolicyError
            When it is no sound.
        """
        if (self.files.size(name) or 0) > _LARGEST_HELD:
            return None
        samples, rate = _decoded(self.files.read(name), self.files.called(name), "float32")
        return Audio(samples.T, rate) if samples.size else None

    def picture(self, name: str) -> File:
        """A picture."""
        return File(self.files.read(name), media_type="image/png")


@dataclass(frozen=True)
class Beside(Embedded):
    """Files as they are put beside the page: sounds into ``audio/``, pictures into ``img/``.

    Parameters
    ----------
    page : Path
        The page's folder, to which they are written.
    name : str
        The clip's folder below both.
    """

    page: Path = Path()
    name: str = ""

    def sound(self, name: str) -> File:
        """A sound, written."""
        file = super().sound(name)
        if file.data is None:
            return file
        suffix = ".flac" if self.flac else ".wav"
        return self._written(file, f"audio/{self.name}/{name.removesuffix('.wav')}{suffix}")

    def picture(self, name: str) -> File:
        """A picture, written."""
        return self._written(super().picture(name), f"img/{self.name}/{name}")

    def _written(self, file: File, place: str) -> File:
        assert file.data is not None
        path = self.page / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.data)
        return File(file.data, quote(os.fsencode(place)), file.media_type)


def _decoded(wav: bytes, called: str, dtype: str) -> tuple[Any, int]:
    sf = require("soundfile", purpose="reading audio")
    try:
        samples, rate = sf.read(io.BytesIO(wav), dtype=dtype, always_2d=True)
    except sf.LibsndfileError as error:
        why = str(error.error_string).rstrip(".")
        raise PolicyError(f"{called}: no sound can be read ({why}); run the audition again") from None
    return samples, rate


def _as_flac(wav: bytes, called: str) -> bytes:
    samples, rate = _decoded(wav, called, "int16")
    if not len(samples):
        return wav
    buffer = io.BytesIO()
    require("soundfile", purpose="FLAC").write(buffer, samples, rate, format="FLAC", subtype="PCM_16")
    return buffer.getvalue()


@contextmanager
def _saying_what_is_gone(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise PolicyError(f"{printable(path)}: cannot be read ({error.strerror}); run the audition again") from None
