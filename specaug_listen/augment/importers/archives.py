"""Configurations within archives: ``.nemo`` and other tar or zip files, read in memory and within bounds."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import IO, Any

from ..._files import printable
from ...errors import PolicyError

__all__ = ["members_of"]

# The configuration that NeMo puts beside the weights.
MAIN = "model_config.yaml"
_MAX_BYTES = 1 << 20
_MOST_MEMBERS = 10_000
_MOST_YAML = 64
# A packed archive is unpacked this far: weights hardly shrink, and a short file that blows up is stopped early.
_MOST_GROWTH, _LEAST_BOUND = 20, 1 << 26
_LARGEST_PIECE = 1 << 22
_OPENERS = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ": lzma.open}
_MAGIC = {b"PK\x03\x04": "zip", b"\x1f\x8b": "tar", b"BZh": "tar", b"\xfd7zXZ": "tar"}
_BROKEN = (
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    RuntimeError,
    NotImplementedError,
)


def members_of(path: str | os.PathLike[str]) -> dict[str, bytes] | None:
    """The YAML files within an archive, by name; None where the file is no archive.

    Nothing is written to disk; links and devices are passed over, and names are only shown. Of a NeMo model,
    ``model_config.yaml`` alone.

    Raises
    ------
    PolicyError
        When the archive is broken, blows up, or holds no YAML.
    """
    kind = _kind(path)
    if kind is None:
        return None
    read: Callable[[str | os.PathLike[str]], Iterator[tuple[str, bytes]]] = _of_zip if kind == "zip" else _of_tar
    found: dict[str, bytes] = {}
    try:
        for name, text in read(path):
            if os.path.basename(name) == MAIN:
                return {name: text}
            if len(found) < _MOST_YAML:
                found[name] = text
    except _BROKEN as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise PolicyError(f"{printable(path)}: the archive cannot be read ({printable(reason):.120})") from None
    if not found:
        raise PolicyError(
            f"{printable(path)}: an archive ({kind}) without YAML in it; of an archive, {MAIN} or the one .yaml is read"
        )
    return found


def _kind(path: str | os.PathLike[str]) -> str | None:
    try:
        with open(path, "rb") as file:
            head = file.read(512)
    except (OSError, ValueError):
        return None
    if head[257:262] == b"ustar":
        return "tar"
    return next((kind for magic, kind in _MAGIC.items() if head.startswith(magic)), None)


def _is_yaml(name: str) -> bool:
    return name.lower().endswith((".yaml", ".yml"))


def _of_zip(path: str | os.PathLike[str]) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
        _check_number(path, len(entries))
        for entry in entries:
            if _is_yaml(entry.filename) and not entry.is_dir():
                with archive.open(entry) as held:
                    yield entry.filename, _text(path, entry.filename, held)


def _unpacked(path: str | os.PathLike[str]) -> IO[bytes]:
    with open(path, "rb") as file:
        head = file.read(6)
    opened: Any = next((opener for magic, opener in _OPENERS.items() if head.startswith(magic)), open)
    return opened(path, "rb")  # type: ignore[no-any-return]


class _Bounded:
    """A file that may be read so far, and in pieces of a size that headers have."""

    def __init__(self, file: IO[bytes], bound: int) -> None:
        self._file, self._bound = file, bound

    def tell(self) -> int:
        return self._file.tell()

    def seek(self, position: int, whence: int = os.SEEK_SET) -> int:
        if whence == os.SEEK_SET and position > self._bound:
            raise tarfile.ReadError(f"it unpacks to more than {self._bound} bytes")
        return self._file.seek(position, whence)

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= _LARGEST_PIECE:
            raise tarfile.ReadError(f"a header in it has more than {_LARGEST_PIECE} bytes")
        return self._file.read(size)


def _of_tar(path: str | os.PathLike[str]) -> Iterator[tuple[str, bytes]]:
    bound = max(_LEAST_BOUND, _MOST_GROWTH * os.path.getsize(path))
    with _unpacked(path) as file, tarfile.open(fileobj=_Bounded(file, bound), mode="r:") as archive:  # type: ignore[call-overload]
        for number, entry in enumerate(archive):
            _check_number(path, number)
            if entry.isreg() and _is_yaml(entry.name):
                held = archive.extractfile(entry)
                if held is not None:
                    yield entry.name, _text(path, entry.name, held)


def _check_number(path: str | os.PathLike[str], number: int) -> None:
    if number > _MOST_MEMBERS:
        raise PolicyError(f"{printable(path)}: more than {_MOST_MEMBERS} files in the archive")


def _text(path: str | os.PathLike[str], name: str, held: IO[bytes] | Any) -> bytes:
    raw: bytes = held.read(_MAX_BYTES + 1)
    if len(raw) > _MAX_BYTES:
        raise PolicyError(
            f"{printable(path)}: {printable(name)[:120]} in it has more than {_MAX_BYTES} bytes; a policy file is short"
        )
    return raw
