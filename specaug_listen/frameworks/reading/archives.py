"""Configurations within archives: ``.nemo`` and other tar or zip files, read in memory and within bounds."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import IO, Any, NamedTuple

from ..._files import open_file, printable
from ...errors import PolicyError

__all__ = ["Members", "members_of"]

# A name, and what stands there; None where it is too long.
_Entry = tuple[str, bytes | None]

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


class Members(NamedTuple):
    """The YAML files of an archive.

    Parameters
    ----------
    texts : dict
        By name; of a NeMo model, ``model_config.yaml`` alone.
    repeated : tuple of str
        The names that stand in it more than once; the last one counts, as where it is unpacked.
    """

    texts: dict[str, bytes]
    repeated: tuple[str, ...] = ()


def members_of(path: str | os.PathLike[str]) -> Members | None:
    """The YAML files within an archive, by name; None where the file is no archive.

    Nothing is written to disk; links and devices are passed over, and names are only shown. Of a NeMo model,
    ``model_config.yaml`` alone, as NeMo takes it: that at the top, where others lie in folders.

    Raises
    ------
    PolicyError
        When the archive is broken, blows up, or holds no YAML.
    """
    kind = _kind(path)
    if kind is None:
        return None
    read: Callable[[str | os.PathLike[str]], Iterator[_Entry]] = _of_zip if kind == "zip" else _of_tar
    found: dict[str, bytes | None] = {}
    repeated: list[str] = []
    try:
        for raw, text in read(path):
            name = next((known for known in found if os.path.normpath(known) == os.path.normpath(raw)), raw)
            if name in found or len(found) < _MOST_YAML or _is_main(name):
                repeated += [name] if name in found and name not in repeated else []
                found[name] = text
    except _BROKEN as error:
        if not any(map(_is_top, found)):
            raise PolicyError(f"{printable(path)}: the archive cannot be read ({_reason(path, error)})") from None
    texts = _right_files(path, found)
    if not texts:
        raise PolicyError(
            f"{printable(path)}: an archive ({kind}) without YAML in it; of an archive, {MAIN} or the one .yaml is read"
        )
    return Members(texts, tuple(name for name in repeated if name in texts))


def _right_files(path: str | os.PathLike[str], found: Mapping[str, bytes | None]) -> dict[str, bytes]:
    """NeMo's configuration, or else all that is not too long."""
    main = [name for name in found if _is_top(name)] or [name for name in found if _is_main(name)]
    if len(main) > 1:
        raise PolicyError(
            f"{printable(path)}: {len(main)} files {MAIN} in the archive ({printable(', '.join(main))[:120]}), and "
            "nothing says which is trained with; unpack that one, and give it"
        )
    texts = {name: text for name, text in found.items() if text is not None and (not main or name in main)}
    if found and not texts:
        name = (main or list(found))[0]
        raise PolicyError(
            f"{printable(path)}: {printable(name)[:120]} in it has more than {_MAX_BYTES} bytes; a policy file is short"
        )
    return texts


def _is_main(name: str) -> bool:
    return os.path.basename(name) == MAIN


def _is_top(name: str) -> bool:
    return os.path.normpath(name) == MAIN


def _reason(path: str | os.PathLike[str], error: Exception) -> str:
    """Why it cannot be read, in words; what is packed without being an archive is called so."""
    if isinstance(error, tarfile.TarError) and os.fspath(path).lower().endswith((".gz", ".bz2", ".xz")):
        return "what is packed in it is no tar archive; unpack it, and give what was packed"
    said = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return printable(said)[:120]


def _kind(path: str | os.PathLike[str]) -> str | None:
    if not os.path.isfile(path):  # of a pipe, what is looked at is gone
        return None
    try:
        with open_file(path) as file:
            head = file.read(512)
    except (OSError, ValueError):
        return None
    if head[257:262] == b"ustar":
        return "tar"
    return next((kind for magic, kind in _MAGIC.items() if head.startswith(magic)), None)


def _is_yaml(name: str) -> bool:
    return name.lower().endswith((".yaml", ".yml"))


def _of_zip(path: str | os.PathLike[str]) -> Iterator[_Entry]:
    with open_file(path) as file, zipfile.ZipFile(file) as archive:
        entries = archive.infolist()
        _check_number(path, len(entries))
        for entry in entries:
            if _is_yaml(entry.filename) and not entry.is_dir():
                with archive.open(entry) as held:
                    yield entry.filename, _text(held)


def _unpacked(path: str | os.PathLike[str]) -> IO[bytes]:
    with open_file(path) as file:
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


def _of_tar(path: str | os.PathLike[str]) -> Iterator[_Entry]:
    bound = max(_LEAST_BOUND, _MOST_GROWTH * os.path.getsize(path))
    with _unpacked(path) as file, tarfile.open(fileobj=_Bounded(file, bound), mode="r:") as archive:  # type: ignore[call-overload]
        for number, entry in enumerate(archive):
            _check_number(path, number)
            if entry.isreg() and _is_yaml(entry.name):
                held = archive.extractfile(entry)
                if held is not None:
                    yield entry.name, _text(held)


def _check_number(path: str | os.PathLike[str], number: int) -> None:
    if number > _MOST_MEMBERS:
        raise PolicyError(f"{printable(path)}: more than {_MOST_MEMBERS} files in the archive")


def _text(held: IO[bytes] | Any) -> bytes | None:
    """What stands in a member; None where it is too long."""
    raw: bytes = held.read(_MAX_BYTES + 1)
    return None if len(raw) > _MAX_BYTES else raw
