"""The configuration that a path holds, as plain data: from a file, a model's folder or an archive.

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
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any, NamedTuple, TypeAlias

from .._files import as_path, open_file, printable
from .._yaml import YAML_SUFFIXES, RepeatedKey, as_mapping, framework_data_of, read_text, text_of
from ..errors import ParameterError, PolicyError
from .argument_types import yaml_text
from .detect import claims, short_list
from .hf import PREPROCESSOR, PROCESSOR
from .paper import is_own
from .unsupported import file_kind, unsupported_framework

__all__ = ["Content", "content_of"]

_MAX_REPEATED_KEYS = 8
_PROGRAM_SUFFIXES = (".py", ".sh", ".bash")
_MAX_FILES = 20
_EXTRACTOR_SECTIONS = ("feature_extractor", "audio_processor")


class Content(NamedTuple):
    """A configuration as it is in a file; ``notes`` are about repeated keys and its place in an archive."""

    text: str
    data: dict[str, Any]
    notes: tuple[str, ...] = ()


def content_of(path: str | os.PathLike[str]) -> Content:
    """Read a file, or a model's folder (its ``config.json`` with the files beside it), and parse the mapping in it.

    Raise a PolicyError if it cannot be read, or holds something else.
    """
    as_path(path)
    file = Path(path) / "config.json" if os.path.isdir(path) else path
    if file is not path and not os.path.isfile(file) and not os.path.islink(file):
        raise PolicyError(_no_model(path))
    members = archive_members(file)
    if members is not None:
        return _archive_content(members, file)
    content = _parse(_read_text(file), file)
    if "model_type" in content.data and Path(file).name == "config.json":
        return _with_extractors(content, Path(file).parent)
    if Path(file).name in (PREPROCESSOR, PROCESSOR) and (Path(file).parent / "config.json").is_file():
        raise PolicyError(
            f"{printable(file)}: a model's feature extractor; its masks are in the config.json beside it, so give the "
            f"folder, {printable(Path(file).parent)}"
        )
    return content


def _read_text(file: str | os.PathLike[str]) -> str:
    try:
        return read_text(file, "policy")
    except PolicyError as error:
        kind = file_kind(None, file)
        raise (PolicyError(f"{printable(file)}: {kind}") if kind else error) from None


def _parse(text: str, file: str | os.PathLike[str], name: str | None = None) -> Content:
    """Return the mapping in a text; raise a PolicyError, with a guess what it is, for anything else."""
    try:
        data, repeated = framework_data_of(text, name or file)
    except PolicyError as error:
        kind = file_kind(text, file)
        raise (PolicyError(f"{printable(file)}: {kind}") if kind else error) from None
    if not isinstance(data, dict) or os.fspath(file).lower().endswith(_PROGRAM_SUFFIXES):
        unsupported = unsupported_framework(data) if isinstance(data, list) else None
        kind = unsupported.words if unsupported else file_kind(text, file)
        if kind:
            raise PolicyError(f"{printable(file)}: {kind}")
    return Content(text, as_mapping(data, name or file, "policy"), _repeat_notes(repeated))


def _repeat_notes(repeated: tuple[RepeatedKey, ...]) -> tuple[str, ...]:
    notes = [
        f"{'.'.join(place):.120}: repeated, and the last one counts: {yaml_text(last)} (before: {yaml_text(before)})"
        for place, last, before in repeated[:_MAX_REPEATED_KEYS]
    ]
    if len(repeated) > _MAX_REPEATED_KEYS:
        notes.append(f"{len(repeated) - _MAX_REPEATED_KEYS} more keys are repeated; the last one of each counts")
    return tuple(notes)


def _with_extractors(content: Content, folder: Path) -> Content:
    """Add the files of the feature extractor beside a model's configuration."""
    extractors: dict[str, Any] = {}
    for name in (PREPROCESSOR, PROCESSOR):
        if (folder / name).is_file():
            beside = _parse(read_text(folder / name, "policy"), folder / name)
            content = content._replace(notes=content.notes + beside.notes)
            has_extractor = any(isinstance(beside.data.get(key), dict) for key in _EXTRACTOR_SECTIONS)
            if name == PREPROCESSOR or has_extractor:
                extractors[name] = beside.data
    content.data.update(extractors)
    return content


def _archive_content(archive: Members, file: str | os.PathLike[str]) -> Content:
    """Return the only configuration in an archive, or the only one of a framework."""
    contents: dict[str, Content] = {}
    members = archive.texts
    for name, raw in members.items():
        try:
            content = _parse(text_of(raw, name, "policy"), file, f"{os.fspath(file)}: {name}")
            if len(members) == 1 or unsupported_framework(content.data) or claims(content.data):
                contents[name] = content
        except (PolicyError, ParameterError):
            if len(members) == 1:
                raise
    if len(contents) == 1:
        ((name, content),) = contents.items()
        repeated = "; it is repeated there, and the last one counts" if name in archive.repeated else ""
        return content._replace(notes=(f"read from {printable(name)[:120]} in the archive{repeated}", *content.notes))
    if contents:
        names = short_list(sorted(contents))
        problem = f"several are a framework's: {names}; unpack the one used for training, and give that"
    else:
        problem = f"none is a framework's: {short_list(sorted(members))}"
    raise PolicyError(f"{printable(file)}: of the YAML files in the archive, {problem}")


def _is_text(entry: os.DirEntry[str]) -> bool:
    return os.fsdecode(entry.name).lower().endswith((*YAML_SUFFIXES, ".nemo"))


def _no_model(folder: str | os.PathLike[str]) -> str:
    """Say what is missing in a folder, and what to give instead."""
    try:
        names = sorted(entry.name for entry in os.scandir(folder) if _is_text(entry) and os.path.isfile(entry))
    except OSError as error:
        return f"{printable(folder)}: the folder cannot be read ({error.strerror})"
    able = [name for name in names[:_MAX_FILES] if _is_configuration(os.path.join(folder, name))]
    if able:
        there = f"it holds {short_list(able)}: give a file"
    else:
        there = (
            f"it holds {short_list(names)}, with no framework's masks" if names else "it holds no YAML or JSON either"
        )
    return (
        f"{printable(folder)}: a folder without config.json; a folder is read only as a Whisper model, with its "
        f"config.json and the {PREPROCESSOR} or {PROCESSOR} beside it; {there}"
    )


def _is_configuration(path: str) -> bool:
    try:
        data = content_of(path).data
        return is_own(data) or (not unsupported_framework(data) and bool(claims(data)))
    except (PolicyError, ParameterError):
        return False


# --- archives ---

# The name of a member and its contents; None if they are too long.
Entry: TypeAlias = tuple[str, bytes | None]
# The configuration that NeMo puts beside the weights.
NEMO_CONFIGURATION = "model_config.yaml"
_MAX_BYTES = 1 << 20
_MAX_MEMBERS = 10_000
_MAX_YAML_FILES = 64
# A compressed archive may expand by this factor: weights hardly compress, and a zip bomb is stopped early.
_MAX_UNPACKED_FACTOR, _LEAST_BOUND_BYTES = 20, 1 << 26
_MAX_PIECE_BYTES = 1 << 22
_OPENERS = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ": lzma.open}
_ARCHIVE_BEGINNINGS = {b"PK\x03\x04": "zip", b"\x1f\x8b": "tar", b"BZh": "tar", b"\xfd7zXZ": "tar"}
_BROKEN_ARCHIVE_ERRORS = (
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
        By name; only ``model_config.yaml`` of a NeMo model.
    repeated : tuple of str
        Names with several entries in the archive; the last one counts, as when it is unpacked.
    """

    texts: dict[str, bytes]
    repeated: tuple[str, ...] = ()


def archive_members(path: str | os.PathLike[str]) -> Members | None:
    """Read the YAML files in an archive; None if the file is not an archive.

    Nothing is written to disk, and links and devices are skipped. Of a NeMo model only ``model_config.yaml`` is read,
    as NeMo does: the one at the top level, if folders hold others. Raise a PolicyError if the archive is damaged,
    expands too much, or holds no YAML.
    """
    kind = _archive_kind(path)
    if kind is None:
        return None
    members: dict[str, bytes | None] = {}
    repeated: list[str] = []
    try:
        for raw, text in (_zip_entries if kind == "zip" else _tar_entries)(path):
            name = next((member for member in members if os.path.normpath(member) == os.path.normpath(raw)), raw)
            if name in members or len(members) < _MAX_YAML_FILES or _is_main(name):
                repeated += [name] if name in members and name not in repeated else []
                members[name] = text
    except _BROKEN_ARCHIVE_ERRORS as error:
        if not any(map(_is_top, members)):
            raise PolicyError(f"{printable(path)}: the archive cannot be read ({_reason(path, error)})") from None
    texts = _select_texts(path, members)
    if not texts:
        raise PolicyError(
            f"{printable(path)}: an archive ({kind}) without YAML in it; an archive must hold {NEMO_CONFIGURATION} or "
            "one .yaml file"
        )
    return Members(texts, tuple(name for name in repeated if name in texts))


def _select_texts(path: str | os.PathLike[str], members: Mapping[str, bytes | None]) -> dict[str, bytes]:
    """Return NeMo's configuration, or else all files that are not too long."""
    main = [name for name in members if _is_top(name)] or [name for name in members if _is_main(name)]
    if len(main) > 1:
        raise PolicyError(
            f"{printable(path)}: {len(main)} files {NEMO_CONFIGURATION} in the archive "
            f"({printable(', '.join(main))[:120]}); unpack the one used for training, and give that"
        )
    texts = {name: text for name, text in members.items() if text is not None and (not main or name in main)}
    if members and not texts:
        name = (main or list(members))[0]
        raise PolicyError(
            f"{printable(path)}: {printable(name)[:120]} in it has more than {_MAX_BYTES} bytes, the most for a policy"
        )
    return texts


def _is_main(name: str) -> bool:
    return os.path.basename(name) == NEMO_CONFIGURATION


def _is_top(name: str) -> bool:
    return os.path.normpath(name) == NEMO_CONFIGURATION


def _reason(path: str | os.PathLike[str], error: Exception) -> str:
    """Say why an archive cannot be read; a compressed file that is not an archive gets its own text."""
    is_compressed = os.fspath(path).lower().endswith((".gz", ".bz2", ".xz"))
    if is_compressed and isinstance(error, tarfile.TarError) and not isinstance(error, _TooLong):
        return "its contents are not a tar archive; unpack it, and give the file in it"
    return printable(getattr(error, "strerror", None) or str(error) or type(error).__name__)[:120]


def _archive_kind(path: str | os.PathLike[str]) -> str | None:
    if not os.path.isfile(path):  # reading from a pipe would consume its data
        return None
    try:
        with open_file(path) as file:
            head = file.read(512)
    except (OSError, ValueError):
        return None
    if head[257:262] == b"ustar":
        return "tar"
    return next((kind for magic, kind in _ARCHIVE_BEGINNINGS.items() if head.startswith(magic)), None)


def _is_yaml(name: str) -> bool:
    return name.lower().endswith((".yaml", ".yml"))


def _zip_entries(path: str | os.PathLike[str]) -> Iterator[Entry]:
    with open_file(path) as file, zipfile.ZipFile(file) as archive:
        entries = archive.infolist()
        _check_number(path, len(entries))
        for entry in entries:
            if _is_yaml(entry.filename) and not entry.is_dir():
                with archive.open(entry) as member:
                    yield entry.filename, _member_text(member)


def _unpack(path: str | os.PathLike[str]) -> IO[bytes]:
    with open_file(path) as file:
        head = file.read(6)
    opener: Any = next((opener for magic, opener in _OPENERS.items() if head.startswith(magic)), open)
    return opener(path, "rb")  # type: ignore[no-any-return]


class _TooLong(tarfile.ReadError):
    """An archive is longer than what is read of it, or a part of it is."""


class _BoundedFile:
    """A file that can be read up to a bound, in pieces no longer than headers are."""

    def __init__(self, file: IO[bytes], bound: int) -> None:
        self._file, self._bound = file, bound

    def tell(self) -> int:
        return self._file.tell()

    def seek(self, position: int, whence: int = os.SEEK_SET) -> int:
        if whence == os.SEEK_SET and position > self._bound:
            raise _TooLong(f"it expands to more than {self._bound} bytes; unpack it, and give the YAML file in it")
        return self._file.seek(position, whence)

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= _MAX_PIECE_BYTES:
            raise _TooLong(f"a header in it has more than {_MAX_PIECE_BYTES} bytes")
        return self._file.read(size)


def _tar_entries(path: str | os.PathLike[str]) -> Iterator[Entry]:
    bound = max(_LEAST_BOUND_BYTES, _MAX_UNPACKED_FACTOR * os.path.getsize(path))
    with _unpack(path) as file, tarfile.open(fileobj=_BoundedFile(file, bound), mode="r:") as archive:  # type: ignore[call-overload]
        for number, entry in enumerate(archive):
            _check_number(path, number)
            if entry.isreg() and _is_yaml(entry.name):
                member = archive.extractfile(entry)
                if member is not None:
                    yield entry.name, _member_text(member)


def _check_number(path: str | os.PathLike[str], number: int) -> None:
    if number > _MAX_MEMBERS:
        raise PolicyError(f"{printable(path)}: more than {_MAX_MEMBERS} files in the archive")


def _member_text(member: IO[bytes]) -> bytes | None:
    """Return the contents of a member; None if it is too long."""
    raw = member.read(_MAX_BYTES + 1)
    return None if len(raw) > _MAX_BYTES else raw
