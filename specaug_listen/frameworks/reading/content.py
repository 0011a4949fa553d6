"""What a path holds: a file, a model's folder, or an archive with a configuration in it, as plain data."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, NamedTuple

from ..._files import as_path, printable
from ..._yaml import Repeated, as_mapping, foreign_plain_of, read_text, text_of
from ...errors import ParameterError, PolicyError
from .archives import Members, members_of
from .detect import claims, listed
from .forms import form_of
from .hf import PREPROCESSOR, PROCESSOR
from .strangers import stranger_of

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
    members = members_of(file)
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
        form = form_of(None, file)
        raise (PolicyError(f"{printable(file)}: {form}") if form else error) from None


def _parsed(text: str, file: str | os.PathLike[str], name: str | None = None) -> Content:
    """The mapping of a text; what is none is named by what it seems to be."""
    try:
        data, repeated = foreign_plain_of(text, name or file, "policy")
    except PolicyError as error:
        form = form_of(text, file)
        raise (PolicyError(f"{printable(file)}: {form}") if form else error) from None
    if not isinstance(data, dict) or os.fspath(file).lower().endswith(_PROGRAMS):
        stranger = stranger_of(data) if isinstance(data, list) else None
        form = form_of(text, file)
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
            if len(members) == 1 or stranger_of(content.data) or claims(content.data):
                found[name] = content
        except (PolicyError, ParameterError):
            if len(members) == 1:
                raise
    if len(found) == 1:
        ((name, content),) = found.items()
        said = "; it stands there more than once, and the last one counts" if name in archive.repeated else ""
        return content._replace(notes=(f"read from {printable(name)[:120]} in the archive{said}", *content.notes))
    if found:
        said = f"several are of a framework: {listed(sorted(found))}; unpack the one that is trained with, and give it"
    else:
        said = f"none is of a framework: {listed(sorted(members))}"
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
        there = f"it holds {listed(able)}: give a file"
    else:
        there = f"it holds {listed(held)}, with no framework's masks" if held else "it holds no YAML or JSON either"
    return (
        f"{printable(folder)}: a folder without config.json; of a folder, the config.json of a Whisper model is read, "
        f"with the {PREPROCESSOR} or {PROCESSOR} beside it; {there}"
    )


def _is_configuration(path: str) -> bool:
    try:
        data = content_of(path).data
        return isinstance(data.get("transforms"), list) or (not stranger_of(data) and bool(claims(data)))
    except (PolicyError, ParameterError):
        return False
