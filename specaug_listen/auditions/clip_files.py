"""The files of a clip, in a folder or in memory, and how they go into a page.

What is read is checked by its content: sounds are WAV and pictures PNG, whatever their names.
"""

from __future__ import annotations

import errno
import io
import os
import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from .._files import open_inside, printable
from .._imports import require
from ..audio.audio_in_memory import Audio
from ..audio.wav_encoding import BITS_PER_SAMPLE, PCM_CODING
from ..errors import ResultError
from ..pages.page_values import File
from .records import DrawRecord, read_record

__all__ = [
    "ADVICE",
    "CLIP_FILES",
    "HEAD_BYTES",
    "MAX_PICTURE_BYTES",
    "Files",
    "FolderFiles",
    "InlineAssets",
    "LinkedAssets",
    "MemoryFiles",
    "WavForm",
    "check_picture",
    "check_wav",
]

# Files of a clip other than those of its draws; "given" is the mel of a clip without audio.
CLIP_FILES = ("original.wav", "copy-synthesis.wav", "original.mel.png", "given.mel.png", "copy-synthesis.mel.png")
# The samples of our WAV files begin within these first bytes.
HEAD_BYTES = 1 << 12
MAX_PICTURE_BYTES, _MAX_PIXELS = 1 << 25, 1 << 26
_MAX_CHANNELS, _MAX_RATE_HZ = 2, 768_000
_PNG, _LAST_CHUNK = b"\x89PNG\r\n\x1a\n", b"\0\0\0\0IEND\xaeB`\x82"
ADVICE = "take the file as the run wrote it, or run the audition again"


class WavForm(NamedTuple):
    """The properties of a sound in the header of its WAV file."""

    rate: int
    n_channels: int
    n_samples: int


def check_wav(head: bytes, n_bytes: int, path: str) -> WavForm:
    """Return the header of a WAV file; raise a ResultError unless it is complete and 16-bit, as a run writes it.

    ``head`` are its first `HEAD_BYTES` bytes (or all), ``n_bytes`` its length, ``path`` its name in messages.
    """
    if head[:4] != b"RIFF" or head[8:12] != b"WAVE":
        raise ResultError(f"{path}: no sound can be read (it begins with {head[:12]!r}, and is no WAV file); {ADVICE}")
    pairs = list(_chunks(head))
    chunks = dict(pairs)
    if len(chunks) < len(pairs):  # programs differ in which of two they use
        raise ResultError(f"{path}: no sound can be read (a WAV file with two parts of one name); {ADVICE}")
    form, sound = chunks.get(b"fmt "), chunks.get(b"data")
    if form is None or sound is None or len(head) < form[0] + 16:
        raise ResultError(f"{path}: no sound can be read (a WAV file without its form or its samples); {ADVICE}")
    coding, n_channels, rate, _, per_frame, n_bits = struct.unpack_from("<HHIIHH", head, form[0])
    if (
        (coding, n_bits) != (PCM_CODING, BITS_PER_SAMPLE)
        or not 1 <= n_channels <= _MAX_CHANNELS
        or not 1 <= rate <= _MAX_RATE_HZ
    ):
        raise ResultError(
            f"{path}: no sound can be read (coding {coding} of {n_bits} bits, {n_channels} channels, {rate} Hz: "
            f"allowed is 16-bit PCM, 1 or {_MAX_CHANNELS} channels, up to {_MAX_RATE_HZ} Hz); {ADVICE}"
        )
    if per_frame != n_channels * BITS_PER_SAMPLE // 8 or sound[1] % per_frame:
        raise ResultError(f"{path}: no sound can be read ({sound[1]} bytes are no whole samples); {ADVICE}")
    n_present = n_bytes - sound[0]
    if sound[1] > n_present:
        raise ResultError(f"{path}: cut off: its sound is {sound[1]} bytes, {n_present} are there; {ADVICE}")
    promised = struct.unpack_from("<I", head, 4)[0] + 8
    if promised != n_bytes:
        raise ResultError(f"{path}: its header says {promised} bytes, and it has {n_bytes}; {ADVICE}")
    return WavForm(rate, n_channels, sound[1] // per_frame)


def _chunks(head: bytes) -> Iterator[tuple[bytes, tuple[int, int]]]:
    """Yield name, offset and length of each chunk up to the samples."""
    at = 12
    while at + 8 <= len(head):
        name, size = struct.unpack_from("<4sI", head, at)
        yield name, (at + 8, size)
        if name == b"data":
            return
        at += 8 + size + size % 2


def check_picture(data: bytes, path: str) -> None:
    """Raise a ResultError unless it is a complete PNG picture with no more pixels than a page can show."""
    if not data.startswith(_PNG) or data[12:16] != b"IHDR" or not data.endswith(_LAST_CHUNK) or not _is_whole(data):
        raise ResultError(f"{path}: no picture can be read (it is no whole PNG file); {ADVICE}")
    width, height = struct.unpack_from(">II", data, 16)
    if not 0 < width * height <= _MAX_PIXELS:
        raise ResultError(f"{path}: a picture of {width} x {height} pixels; allowed are {_MAX_PIXELS}; {ADVICE}")
    image = require("PIL.Image", purpose="pictures")
    try:
        image.open(io.BytesIO(data), formats=["PNG"]).load()
    except Exception:  # a decoder can fail in any way, and says little of it
        raise ResultError(f"{path}: no picture can be read (the PNG file is damaged); {ADVICE}") from None


def _is_whole(data: bytes) -> bool:
    """Whether the file ends with the first chunk that ends a picture."""
    at = len(_PNG)
    while at + 8 <= len(data):
        size, name = struct.unpack_from(">I4s", data, at)
        at += 12 + size
        if name == b"IEND":
            return bool(at == len(data))
    return False


class MemoryFiles:
    """The files that an audition in memory would write."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files

    def size(self, name: str) -> int | None:
        """Return the size of a file in bytes; None if it does not exist."""
        data = self._files.get(name)
        return None if data is None else len(data)

    def total(self, suffix: str) -> int:
        """Return the total size of all files with a suffix, in bytes."""
        return sum(len(data) for name, data in self._files.items() if name.endswith(suffix))

    def path_text(self, name: str) -> str:
        """Return the name of a file in messages."""
        return name

    def read(self, name: str) -> bytes:
        """Read a file."""
        return self._files[name]

    def form(self, name: str) -> WavForm | None:
        """Return None: files in memory need no check."""
        return None

    def address(self, name: str) -> str | None:
        """Return None: files in memory have no address."""
        return None


class FolderFiles:
    """The files in a clip's folder.

    Parameters
    ----------
    run : Path
        The folder of the run; nothing outside of it is read.
    folder : str
        The clip's folder in it; empty for the run's own.
    page : Path
        The folder of the page, for addresses.
    """

    def __init__(self, run: Path, folder: str, page: Path) -> None:
        self._run, self._folder, self._page = run, run / folder, page

    def size(self, name: str) -> int | None:
        """Return the size of a file in bytes; None if it does not exist."""
        try:
            return os.stat(self._folder / name).st_size
        except OSError:
            return None

    def total(self, suffix: str) -> int:
        """Return the total size of all files with a suffix, in bytes."""
        return sum(path.lstat().st_size for path in self._folder.glob(f"*{suffix}"))

    def path_text(self, name: str) -> str:
        """Return the name of a file in messages."""
        return printable(self._folder / name)

    def read(self, name: str) -> bytes:
        """Read a file; raise a ResultError if it is unreadable, outside of the run, or not what its name says."""
        return self._read_checked(name, MAX_PICTURE_BYTES if name.endswith(".png") else None)[0]

    def form(self, name: str) -> WavForm | None:
        """Return the header of a sound, checked; errors as for `read`."""
        return self._read_checked(name, HEAD_BYTES)[1]

    def record(self, name: str) -> DrawRecord:
        """Read the record of a draw; raise a PolicyError if it is unreadable, outside of the run, or another draw's."""
        return read_record(self._folder / f"{name}.json", inside=self._run)

    def _read_checked(self, name: str, most_bytes: int | None) -> tuple[bytes, WavForm | None]:
        """Read a file, or its first bytes, and check that the content is what its name says."""
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
        """Return the address of a file for a page, which is too long to be embedded; errors as for `read`."""
        self._read_checked(name, HEAD_BYTES)
        path = Path(os.path.relpath(self._folder / name, self._page))
        return quote(os.fsencode(path.as_posix()))


Files = MemoryFiles | FolderFiles


@contextmanager
def _saying_what_is_gone(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ResultError(f"{printable(path)}: cannot be read ({error.strerror}); run the audition again") from None


# Eight minutes at 16 kHz. A page holds each sound several times while it is written, and browsers choke on large ones.
_MAX_EMBEDDED_BYTES = 16 << 20


@dataclass(frozen=True)
class InlineAssets:
    """Files embedded in a page, with FLAC instead of WAV if ``flac``."""

    files: Files = field(repr=False)
    flac: bool = False

    def read(self, name: str) -> bytes | None:
        """Read a file; None if it does not exist."""
        return None if self.files.size(name) is None else self.files.read(name)

    def sound(self, name: str) -> File:
        """Return a sound, or only its address if it is too long to be held in memory."""
        if (self.files.size(name) or 0) > _MAX_EMBEDDED_BYTES and (address := self.files.address(name)) is not None:
            return File(url=address)
        data = self.files.read(name)
        return File(_as_flac(data, self.files.path_text(name)), media_type="audio/flac") if self.flac else File(data)

    def audio(self, name: str) -> Audio | None:
        """Decode a sound, None if it is empty or too long to be held; raise a ResultError if that fails."""
        if (self.files.size(name) or 0) > _MAX_EMBEDDED_BYTES:
            return None
        samples, rate = _decode(self.files.read(name), self.files.path_text(name), "float32")
        return Audio(samples.T, rate) if samples.size else None

    def picture(self, name: str) -> File:
        """Return a picture."""
        return File(self.files.read(name), media_type="image/png")


@dataclass(frozen=True)
class LinkedAssets(InlineAssets):
    """Files beside a page: sounds in ``audio/``, pictures in ``img/``.

    Parameters
    ----------
    page : Path
        The page's folder, to which they are written.
    name : str
        The clip's folder in both.
    """

    page: Path = Path()
    name: str = ""

    def sound(self, name: str) -> File:
        """Write a sound beside the page."""
        file = super().sound(name)
        if file.data is None:
            return file
        suffix = ".flac" if self.flac else ".wav"
        return self._write(file.data, file.media_type, f"audio/{self.name}/{name.removesuffix('.wav')}{suffix}")

    def picture(self, name: str) -> File:
        """Write a picture beside the page."""
        return self._write(self.files.read(name), "image/png", f"img/{self.name}/{name}")

    def _write(self, data: bytes, media_type: str, place: str) -> File:
        path = self.page / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return File(data, quote(os.fsencode(place)), media_type)


def _decode(wav: bytes, path: str, dtype: str) -> tuple[Any, int]:
    sf = require("soundfile", purpose="reading audio")
    try:
        samples, rate = sf.read(io.BytesIO(wav), dtype=dtype, always_2d=True)
    except sf.LibsndfileError as error:
        why = str(error.error_string).rstrip(".")
        raise ResultError(f"{path}: no sound can be read ({why}); run the audition again") from None
    return samples, rate


def _as_flac(wav: bytes, path: str) -> bytes:
    samples, rate = _decode(wav, path, f"int{BITS_PER_SAMPLE}")
    if not len(samples):
        return wav
    buffer = io.BytesIO()
    require("soundfile", purpose="FLAC").write(buffer, samples, rate, format="FLAC", subtype=f"PCM_{BITS_PER_SAMPLE}")
    return buffer.getvalue()
