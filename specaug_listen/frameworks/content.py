"""What a path holds: a file, a model's folder, or an archive with a configuration in it, as plain data.

Archives (``.nemo`` and other tar or zip files) are read in memory and within bounds.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any, NamedTuple

from .._files import as_path, open_file, printable
from .._yaml import Repeated, as_mapping, foreign_plain_of, read_text, text_of
from ..errors import ParameterError, PolicyError
from .detect import claims, short_list
from .hf import PREPROCESSOR, PROCESSOR
from .unsupported import file_kind, unsupported_framework

__all__ = ["Content", "content_of"]

_MOST_REPEATED = 8
_PROGRAMS = (".py", ".sh", ".bash")
_MOST_FILES = 20
_NESTED = ("feature_extractor", "audio_processor")


class Content(NamedTuple):
    """A configuration as it stands in a file.

    Parameters
    ----------
    text : str
    data : dict
    notes : tuple of str
        Of keys that are repeated, and of where in an archive it was found.
    """

    text: str
    data: dict[str, Any]
    notes: tuple[str, ...] = ()


def content_of(path: str | os.PathLike[str]) -> Content:
    """The text of a file, and the mapping in it; of a model's folder, its ``config.json`` with what is beside it.

    Raises
    ------
    PolicyError
        When it cannot be read, or holds something else, which is named.
    """
    as_path(path)
    file = Path(path) / "config.json" if os.path.isdir(path) else path
    if file is not path and not os.path.isfile(file):
        raise PolicyError(_no_model(path))
    members = archive_members(file)
    if members is not None:
        return _of_archive(members, file)
    content = _parsed(_text_of_file(file), file)
    if "model_type" in content.data and Path(file).name == "config.json":
        return _with_beside(content, Path(file).parent)
    if Path(file).name in (PREPROCESSOR, PROCESSOR) and (Path(file).parent / "config.json").is_file():
        raise PolicyError(
            f"{printable(file)}: a model's feature extractor, without its masks, which stand in the config.json beside "
            f"it; give the folder, {printable(Path(file).parent)}"
        )
    return content


def _text_of_file(file: str | os.PathLike[str]) -> str:
    try:
        return read_text(file, "policy")
    except PolicyError as error:
        form = file_kind(None, file)
        raise (PolicyError(f"{printable(file)}: {form}") if form else error) from None


def _parsed(text: str, file: str | os.PathLike[str], name: str | None = None) -> Content:
    """The mapping of a text; what is none is named by what it seems to be."""
    try:
        data, repeated = foreign_plain_of(text, name or file, "policy")
    except PolicyError as error:
        form = file_kind(text, file)
        raise (PolicyError(f"{printable(file)}: {form}") if form else error) from None
    if not isinstance(data, dict) or os.fspath(file).lower().endswith(_PROGRAMS):
        stranger = unsupported_framework(data) if isinstance(data, list) else None
        form = file_kind(text, file)
        said = stranger.words if stranger else form
        if said:
            raise PolicyError(f"{printable(file)}: {said}")
    return Content(text, as_mapping(data, name or file, "policy"), _repeat_notes(repeated))


def _repeat_notes(repeated: tuple[Repeated, ...]) -> tuple[str, ...]:
    notes = [
        f"{'.'.join(place):.120}: stands more than once, and the last one counts: {_short(last)} (before: "
        f"{_short(before)})"
        for place, last, before in repeated[:_MOST_REPEATED]
    ]
    if len(repeated) > _MOST_REPEATED:
        notes.append(f"{len(repeated) - _MOST_REPEATED} more keys stand more than once; of each, the last one counts")
    return tuple(notes)


def _short(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    text = str(value) if isinstance(value, str) else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _with_beside(content: Content, folder: Path) -> Content:
    """With the feature extractor's file; transformers takes the nested one first."""
    found: dict[str, Any] = {}
    for name in (PREPROCESSOR, PROCESSOR):
        if (folder / name).is_file():
            beside = _parsed(read_text(folder / name, "policy"), folder / name)
            content = content._replace(notes=content.notes + beside.notes)
            nested = [key for key in _NESTED if isinstance(beside.data.get(key), dict)]
            if name == PREPROCESSOR or nested:
                found[name] = beside.data
    content.data.update(found)
    return content


def _of_archive(archive: Members, file: str | os.PathLike[str]) -> Content:
    """The one configuration in an archive that is of a framework, or the only one there is."""
    found: dict[str, Content] = {}
    members = archive.texts
    for name, raw in members.items():
        try:
            content = _parsed(text_of(raw, name, "policy"), file, f"{os.fspath(file)}: {name}")
            if len(members) == 1 or unsupported_framework(content.data) or claims(content.data):
                found[name] = content
        except (PolicyError, ParameterError):
            if len(members) == 1:
                raise
    if len(found) == 1:
        ((name, content),) = found.items()
        said = "; it stands there more than once, and the last one counts" if name in archive.repeated else ""
        return content._replace(notes=(f"read from {printable(name)[:120]} in the archive{said}", *content.notes))
    if found:
        said = (
            f"several are of a framework: {short_list(sorted(found))}; unpack the one that is trained with, and give it"
        )
    else:
        said = f"none is of a framework: {short_list(sorted(members))}"
    raise PolicyError(f"{printable(file)}: of the YAML files in the archive, {said}")


def _is_text(entry: os.DirEntry[str]) -> bool:
    return os.fsdecode(entry.name).lower().endswith((".yaml", ".yml", ".json", ".nemo"))


def _no_model(folder: str | os.PathLike[str]) -> str:
    """What is missing in a folder, and what could be given in its place."""
    try:
        held = sorted(entry.name for entry in os.scandir(folder) if entry.is_file() and _is_text(entry))
    except OSError as error:
        return f"{printable(folder)}: the folder cannot be read ({error.strerror})"
    able = [name for name in held[:_MOST_FILES] if _is_configuration(os.path.join(folder, name))]
    if able:
        there = f"it holds {short_list(able)}: give a file"
    else:
        there = f"it holds {short_list(held)}, with no framework's masks" if held else "it holds no YAML or JSON either"
    return (
        f"{printable(folder)}: a folder without config.json; of a folder, the config.json of a Whisper model is read, "
        f"with the {PREPROCESSOR} or {PROCESSOR} beside it; {there}"
    )


def _is_configuration(path: str) -> bool:
    try:
        data = content_of(path).data
        return isinstance(data.get("transforms"), list) or (not unsupported_framework(data) and bool(claims(data)))
    except (PolicyError, ParameterError):
        return False


# --- archives ---

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


def archive_members(path: str | os.PathLike[str]) -> Members | None:
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
