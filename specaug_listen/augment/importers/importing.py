"""From a framework's file to a policy: which framework's it is, and what was read."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from ..._files import as_path, printable
from ..._record import nearest, record
from ..._yaml import foreign_mapping_of, read_text
from ...errors import ParameterError, PolicyError
from ...frontends import MelFrontend
from ..policy import Policy
from .arguments import owners
from .config import Config, Found
from .espnet import read_espnet
from .fairseq import read_fairseq
from .hf import PREPROCESSOR, read_hf
from .nemo import read_nemo
from .plain import read_lhotse, read_lingvo, read_torchaudio
from .recognition import MARKS, claims, is_own, listed, said_below
from .references import hyper_resolver, omega_resolver
from .speechbrain import read_speechbrain, read_speechbrain_legacy
from .unread import Reading, Unread, unread_in_words
from .wenet import read_wenet

__all__ = ["READERS", "Imported", "foreign_data", "import_foreign"]

READERS: dict[str, Callable[[Config], Found]] = {
    "espnet": read_espnet,
    "nemo": read_nemo,
    "speechbrain": read_speechbrain,
    "speechbrain-legacy": read_speechbrain_legacy,
    "wenet": read_wenet,
    "hf": read_hf,
    "fairseq": read_fairseq,
    "lhotse": read_lhotse,
    "torchaudio": read_torchaudio,
    "lingvo": read_lingvo,
}


@record
class Imported:
    """What a configuration says about augmentation.

    Parameters
    ----------
    policy : Policy
    frontend : MelFrontend or None
        None where the file names none, or one that cannot be had here; ``notes`` say so.
    dialect : str
    defaults : tuple of str
        What the file does not say, with the framework's value.
    notes : tuple of str
        What has no effect, is not as it seems, or could not be taken.
    frontend_error : str
        Why the front-end that the file describes cannot be: its numbers contradict each other, or are out of range.
        Empty where none of this is so.
    frontend_missing : str
        Why no front-end can be put in the place of the file's, which makes its features elsewhere, or in a way that
        cannot be had here. Empty where one can.
    unread : tuple of Unread
        The sections and keys that were not read, those first that may decide the sound.
    """

    policy: Policy
    frontend: MelFrontend | None
    dialect: str
    defaults: Annotated[tuple[str, ...], Field(strict=False)] = ()
    notes: Annotated[tuple[str, ...], Field(strict=False)] = ()
    frontend_error: str = ""
    frontend_missing: str = ""
    unread: Annotated[tuple[Unread, ...], Field(strict=False)] = ()

    @property
    def why_no_frontend(self) -> str:
        """Why the policy cannot be heard until a front-end is named; empty where it can."""
        if self.frontend_error or not self.frontend_missing:
            return self.frontend_error
        return (
            f"{self.frontend_missing}; nothing is put in its place: name the front-end that made the features, with "
            "--frontend (frontend= in Python)"
        )


def foreign_data(path: str | os.PathLike[str]) -> tuple[str, dict[str, Any]]:
    """The text of a file, and the mapping in it; of a model's folder, its ``config.json`` with the one beside it.

    Raises
    ------
    PolicyError
        When it cannot be read.
    """
    as_path(path)
    file = Path(path) / "config.json" if os.path.isdir(path) else path
    if file is not path and not os.path.isfile(file):
        raise PolicyError(_no_model(path))
    text = read_text(file, "policy")
    data = foreign_mapping_of(text, file, "policy")
    beside = Path(file).parent / PREPROCESSOR
    if Path(file).name == "config.json" and "model_type" in data and beside.is_file():
        data[PREPROCESSOR] = foreign_mapping_of(read_text(beside, "policy"), beside, "policy")
    return text, data


def _is_text(entry: os.DirEntry[str]) -> bool:
    return os.fsdecode(entry.name).lower().endswith((".yaml", ".yml", ".json"))


def _no_model(folder: str | os.PathLike[str]) -> str:
    """What is missing in a folder, and what could be given in its place."""
    try:
        held = sorted(entry.name for entry in os.scandir(folder) if entry.is_file() and _is_text(entry))
    except OSError as error:
        return f"{printable(folder)}: the folder cannot be read ({error.strerror})"
    there = f"it holds {listed(held)}: give a file" if held else "it holds no YAML or JSON either: give a file"
    return (
        f"{printable(folder)}: a folder without config.json; of a folder, the config.json of a Whisper model is read, "
        f"with the {PREPROCESSOR} beside it; {there}"
    )


def import_foreign(data: Mapping[str, Any], dialect: str, path: str | os.PathLike[str]) -> Imported:
    """Read a framework's configuration.

    Raises
    ------
    PolicyError
        One line that names the file, the key, the value and what is allowed.
    """
    try:
        found, config = _read(data, dialect, path)
    except ParameterError as error:
        # What a stranger wrote stands in it: made printable, as one line.
        raise PolicyError(f"{printable(path)}: {printable(str(error))}") from None
    defaults, notes = (tuple(printable(line) for line in lines) for lines in (config.defaults, config.notes))
    filled_in = (f"filled in, as the file does not say: {', '.join(defaults)}",) if defaults else ()
    unread = config.reading.unread(config.data)
    policy = replace(found.policy, notes=filled_in + notes + unread_in_words(unread))
    refused, missing = (
        printable(f"{printable(path)}: {why}") if why else ""
        for why in (config.frontend_error, config.frontend_missing)
    )
    channel, key = config.channel, printable(config.channel_key)
    made = Imported(policy, found.frontend, policy.dialect, defaults, notes, refused, missing, unread)
    own = replace(
        policy, frontend=found.frontend, frontend_error=made.why_no_frontend, channel=channel, channel_key=key
    )
    return replace(made, policy=own)


def _read(data: Mapping[str, Any], dialect: str, path: str | os.PathLike[str]) -> tuple[Found, Config]:
    if is_own(data):
        raise ParameterError(f"a policy of our own, not {dialect}'s; leave the dialect out")
    others = _of_others(data, dialect)
    reading = Reading()
    resolver = omega_resolver if dialect == "nemo" else hyper_resolver
    left_out = {key for keys in others.values() for key in keys}
    kept = {key: value for key, value in data.items() if key not in left_out}
    config = Config(kept, dialect, resolver(data, reading.reference), _name_of(path), reading)
    config.notes += [f"{listed(keys)}: {other}'s, left alone, as {dialect} is meant" for other, keys in others.items()]
    return READERS[dialect](config), config


def _of_others(data: Mapping[str, Any], dialect: str) -> dict[str, list[str]]:
    """The keys that make a configuration look like other frameworks'; it is refused where it looks like theirs only."""
    found = claims(data)
    if not found:
        close = said_below(data) or nearest(next(iter(data), ""), list(MARKS))
        raise ParameterError(f"holds no key of {dialect}'s SpecAugment{close}")
    others = {other: keys for other, keys in found.items() if _family(other) != _family(dialect)}
    own = {key for other, keys in found.items() if other not in others for key in keys}
    if len(others) < len(found):
        return {other: [key for key in keys if key not in own] for other, keys in others.items()}
    if dialect not in owners(map(str, data)):
        theirs = " and ".join(f"{other}'s" for other in others)
        advice = " or ".join(map(repr, others)) + ("" if len(others) > 1 else ", or none")
        raise ParameterError(f"looks like {theirs} configuration, not {dialect}'s; give dialect {advice}")
    return {}


def _family(dialect: str) -> str:
    return dialect.removesuffix("-legacy")


def _name_of(path: str | os.PathLike[str]) -> str:
    given = Path(os.path.abspath(path))
    return printable(given.parent.name if given.name == "config.json" else given.stem)
