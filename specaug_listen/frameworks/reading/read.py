"""From a framework's file to a policy: which framework's it is, and what was read."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from ..._files import printable
from ..._records import nearest, record
from ...augment.policy import Policy
from ...errors import ParameterError, PolicyError
from ...frontends import MelFrontend
from .arguments import owners
from .config import Config, Found
from .detect import MARKS, claims, dialect_of, is_own, listed, said_below
from .espnet import read_espnet
from .fairseq import read_fairseq
from .hf import read_hf
from .nemo import read_nemo
from .plain import read_lhotse, read_lingvo, read_torchaudio
from .references import hyper_resolver, omega_resolver
from .speechbrain import read_speechbrain, read_speechbrain_legacy
from .strangers import stranger_of
from .unread import Reading, Unread, unread_in_words
from .wenet import read_wenet

__all__ = ["READERS", "Imported", "can_be_read", "framework_of", "import_foreign", "refuse_stranger"]

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


def import_foreign(
    data: Mapping[str, Any], dialect: str, path: str | os.PathLike[str], notes: Sequence[str] = ()
) -> Imported:
    """Read a framework's configuration; ``notes`` are what was said about the file already.

    Raises
    ------
    PolicyError
        One line that names the file, the key, the value and what is allowed.
    """
    try:
        found, config = _read(data, dialect, path)
    except ParameterError as error:
        # What a stranger wrote stands in it: made printable, as one line.
        raise PolicyError(f"{printable(path)}: {printable(str(error.args[0]))}") from None
    defaults = tuple(map(printable, config.defaults))
    said = tuple(map(printable, [*notes, *config.notes]))
    filled_in = (f"filled in, as the file does not say: {', '.join(defaults)}",) if defaults else ()
    unread = config.reading.unread(config.data)
    policy = replace(found.policy, notes=filled_in + said + unread_in_words(unread))
    refused, missing = (
        printable(f"{printable(path)}: {why}") if why else ""
        for why in (config.frontend_error, config.frontend_missing)
    )
    channel, key = config.channel, printable(config.channel_key)
    made = Imported(policy, found.frontend, policy.dialect, defaults, said, refused, missing, unread)
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
        close = said_below(data, can_be_read) or nearest(next(iter(data), ""), list(MARKS))
        raise ParameterError(f"holds no key of {dialect}'s SpecAugment{close}")
    others = {other: keys for other, keys in found.items() if _family(other) != _family(dialect)}
    own = {key for other, keys in found.items() if other not in others for key in keys}
    if len(others) < len(found):
        return {other: [key for key in keys if key not in own] for other, keys in others.items()}
    if dialect not in owners(map(str, data)):
        theirs = " and ".join(f"{other}'s" for other in others)
        able = [other for other in others if can_be_read(data, other)]
        advice = " or ".join(map(repr, able)) + ("" if len(others) > 1 else ", or none")
        hint = f"; give dialect {advice}" if able else ", and it cannot be read as theirs either"
        raise ParameterError(f"looks like {theirs} configuration, not {dialect}'s{hint}")
    return {}


def can_be_read(data: Mapping[str, Any], dialect: str) -> bool:
    """Whether a framework's reader takes a configuration: what is advised is tried first."""
    try:
        refuse_stranger(data, dialect)
        _read(data, dialect, "policy")
    except ParameterError:
        return False
    return True


def framework_of(data: Mapping[str, Any]) -> str | None:
    """Whose configuration this is; None for our own, or nobody's.

    Raises
    ------
    ParameterError
        Where it is that of several, or of one that cannot be read here.
    """
    refuse_stranger(data)
    return dialect_of(data, can_be_read)


def refuse_stranger(data: Mapping[str, Any], dialect: str | None = None) -> None:
    """Raise a ParameterError about a file of a framework that is known by its keys, and not read."""
    if is_own(data):
        return
    stranger = stranger_of(data)
    if stranger is not None:
        tried = [dialect] if dialect else list(claims(data))
        named = " and ".join(f"{each}'s" for each in tried)
        said = (
            f"tried as {named}, whose keys it seems to have"
            if tried
            else f"none of the frameworks that are read has such keys (tried: {', '.join(sorted(READERS))})"
        )
        raise ParameterError(f"{stranger.words}; {said}")
    if dialect is None and data.get("specaug") == "SpecAug":
        hint = "; if ESPnet trains with it, give --dialect espnet" if can_be_read(data, "espnet") else ""
        raise ParameterError(
            "specaug=SpecAug is what FunASR calls its class, on a front-end of its own, and what ESPnet takes for its "
            f"own, too; nothing else in the file says whose it is{hint}"
        )


def _family(dialect: str) -> str:
    return dialect.removesuffix("-legacy")


def _name_of(path: str | os.PathLike[str]) -> str:
    given = Path(os.path.abspath(path))
    return printable(given.parent.name if given.name == "config.json" else given.stem)
