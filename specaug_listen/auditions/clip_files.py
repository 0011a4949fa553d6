"""The files of a clip, in a folder or in memory: sounds that are WAV, pictures that are PNG, whatever their names."""

from __future__ import annotations

import errno
import io
import os
import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from .._files import open_inside, printable
from .._imports import require
from ..audio.wav import BITS_PER_SAMPLE, PCM_CODING
from ..errors import PolicyError
from .records import DrawRecord, read_record

__all__ = [
    "AGAIN",
    "CLIP_FILES",
    "HEAD",
    "MOST_BYTES_OF_PICTURE",
    "Files",
    "FolderFiles",
    "MemoryFiles",
    "WavForm",
    "check_picture",
    "check_wav",
]

# Files of a clip but for its draws; "given" is the mel of a clip that came without its audio.
CLIP_FILES = ("original.wav", "copy-synthesis.wav", "original.mel.png", "given.mel.png", "copy-synthesis.mel.png")
# Bytes within which the sound of a WAV file of ours begins.
HEAD = 1 << 12
MOST_BYTES_OF_PICTURE, _MOST_PIXELS = 1 << 25, 1 << 26
_MOST_CHANNELS, _LARGEST_RATE = 2, 768_000
_PNG, _LAST_CHUNK = b"\x89PNG\r\n\x1a\n", b"\0\0\0\0IEND\xaeB`\x82"
AGAIN = "take the file as the run wrote it, or run the audition again"


class WavForm(NamedTuple):
    """What the header of a WAV file says of its sound."""

    rate: int
    n_channels: int
    n_samples: int


def check_wav(head: bytes, n_bytes: int, path: str) -> WavForm:
    """Refuse what is not a whole WAV file as a run writes them, of 16-bit samples, and nothing else.

    Parameters
    ----------
    head : bytes
        Its first `HEAD` bytes, or all.
    n_bytes : int
        Its length.
    path : str
        Its name in a message.

    Returns
    -------
    WavForm

    Raises
    ------
    PolicyError
    """
    if head[:4] != b"RIFF" or head[8:12] != b"WAVE":
        raise PolicyError(f"{path}: no sound can be read (it begins with {head[:12]!r}, and is no WAV file); {AGAIN}")
    pairs = list(_chunks(head))
    chunks = dict(pairs)
    if len(chunks) < len(pairs):  # programs differ in which of two they believe
        raise PolicyError(f"{path}: no sound can be read (a WAV file with two parts of one name); {AGAIN}")
    form, sound = chunks.get(b"fmt "), chunks.get(b"data")
    if form is None or sound is None or len(head) < form[0] + 16:
        raise PolicyError(f"{path}: no sound can be read (a WAV file without its form or its samples); {AGAIN}")
    coding, n_channels, rate, _, per_frame, n_bits = struct.unpack_from("<HHIIHH", head, form[0])
    if (
        (coding, n_bits) != (PCM_CODING, BITS_PER_SAMPLE)
        or not 1 <= n_channels <= _MOST_CHANNELS
        or not 1 <= rate <= _LARGEST_RATE
    ):
        raise PolicyError(
            f"{path}: no sound can be read (coding {coding} of {n_bits} bits, {n_channels} channels, {rate} Hz: "
            f"allowed is 16-bit PCM, 1 or {_MOST_CHANNELS} channels, up to {_LARGEST_RATE} Hz); {AGAIN}"
        )
    if per_frame != n_channels * BITS_PER_SAMPLE // 8 or sound[1] % per_frame:
        raise PolicyError(f"{path}: no sound can be read ({sound[1]} bytes are no whole samples); {AGAIN}")
    there = n_bytes - sound[0]
    if sound[1] > there:
        raise PolicyError(f"{path}: cut off: its sound is {sound[1]} bytes, {there} are there; {AGAIN}")
    promised = struct.unpack_from("<I", head, 4)[0] + 8
    if promised != n_bytes:
        raise PolicyError(f"{path}: its header says {promised} bytes, and it has {n_bytes}; {AGAIN}")
    return WavForm(rate, n_channels, sound[1] // per_frame)


def _chunks(head: bytes) -> Iterator[tuple[bytes, tuple[int, int]]]:
    """Yield the name of each chunk, where it begins and how long it is; the sound is the last one."""
    at = 12
    while at + 8 <= len(head):
        name, size = struct.unpack_from("<4sI", head, at)
        yield name, (at + 8, size)
        if name == b"data":
            return
        at += 8 + size + size % 2


def check_picture(data: bytes, path: str) -> None:
    """Refuse what is not a whole PNG picture, and nothing else, of no more pixels than a page can show.

    Raises
    ------
    PolicyError
    """
    if not data.startswith(_PNG) or data[12:16] != b"IHDR" or not data.endswith(_LAST_CHUNK) or not _is_whole(data):
        raise PolicyError(f"{path}: no picture can be read (it is no whole PNG file); {AGAIN}")
    width, height = struct.unpack_from(">II", data, 16)
    if not 0 < width * height <= _MOST_PIXELS:
        raise PolicyError(f"{path}: a picture of {width} x {height} pixels; allowed are {_MOST_PIXELS}; {AGAIN}")
    image = require("PIL.Image", purpose="pictures")
    try:
        image.open(io.BytesIO(data), formats=["PNG"]).load()
    except Exception:  # a decoder can fail in any way, and says little of it
        raise PolicyError(f"{path}: no picture can be read (the PNG file is damaged); {AGAIN}") from None


def _is_whole(data: bytes) -> bool:
    """Whether the first chunk that ends a picture ends the file."""
    at = len(_PNG)
    while at + 8 <= len(data):
        size, name = struct.unpack_from(">I4s", data, at)
        at += 12 + size
        if name == b"IEND":
            return bool(at == len(data))
    return False


class MemoryFiles:
    """Files that an audition at hand would write."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files

    def size(self, name: str) -> int | None:
        """Return the size of a file in bytes; None where there is no such file."""
        data = self._files.get(name)
        return None if data is None else len(data)

    def total(self, suffix: str) -> int:
        """Return the bytes of all files of this ending."""
        return sum(len(data) for name, data in self._files.items() if name.endswith(suffix))

    def path_text(self, name: str) -> str:
        """Return what a message calls a file."""
        return name

    def read(self, name: str) -> bytes:
        """Read a file."""
        return self._files[name]

    def form(self, name: str) -> WavForm | None:
        """Return what a sound's header says, where it has to be looked at; errors as for `read`."""
        return None

    def address(self, name: str) -> str | None:
        """Return the address from which a page reads a file that is too long for it; None where there is none."""
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
        """Return the size of a file in bytes; None where there is no such file."""
        try:
            return os.stat(self._folder / name).st_size
        except OSError:
            return None

    def total(self, suffix: str) -> int:
        """Return the bytes of all files of this ending."""
        return sum(path.lstat().st_size for path in self._folder.glob(f"*{suffix}"))

    def path_text(self, name: str) -> str:
        """Return what a message calls a file."""
        return printable(self._folder / name)

    def read(self, name: str) -> bytes:
        """Read a file.

        Raises
        ------
        PolicyError
            When it cannot be read, lies outside of the run, or is not what its name says.
        """
        return self._read_checked(name, MOST_BYTES_OF_PICTURE if name.endswith(".png") else None)[0]

    def form(self, name: str) -> WavForm | None:
        """Return what a sound's header says, where it has to be looked at; errors as for `read`."""
        return self._read_checked(name, HEAD)[1]

    def record(self, name: str) -> DrawRecord:
        """Read the record of a draw.

        Raises
        ------
        PolicyError
            When it cannot be read, lies outside of the run, or is one of another draw.
        """
        return read_record(self._folder / f"{name}.json", inside=self._run)

    def _read_checked(self, name: str, most_bytes: int | None) -> tuple[bytes, WavForm | None]:
        """Read a file, or the first bytes of it; refuse content that is not what its name says."""
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
        """Return the address from which a page reads a file that is too long for it; None where there is none.

        Raises
        ------
        PolicyError
            As `read`.
        """
        self._read_checked(name, HEAD)
        path = Path(os.path.relpath(self._folder / name, self._page))
        return quote(os.fsencode(path.as_posix()))


Files = MemoryFiles | FolderFiles


@contextmanager
def _saying_what_is_gone(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise PolicyError(f"{printable(path)}: cannot be read ({error.strerror}); run the audition again") from None
