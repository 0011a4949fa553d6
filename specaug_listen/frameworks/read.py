"""Reading a policy from a file: detecting its framework and reading its configuration. Nothing in it is executed."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from .._files import printable
from .._records import record
from .._yaml import mapping_of
from ..augment.policy import FrameworkName, Policy
from ..errors import ParameterError, PolicyError, error_context, nearest, unknown_name
from ..frontends import MelFrontend
from .config import Config
from .config_source import content_of
from .detect import claims, framework_of_keys, marks, nested_hint, short_list
from .framework import PolicyAndFrontend
from .paper import OWN_KEYS, is_nearly_own, is_own, own_policy
from .registry import FRAMEWORKS, owners, spelling
from .unread import ReadPlaces, UnreadKey, unread_in_words
from .unsupported import unsupported_framework

__all__ = ["Imported", "check_framework", "import_data", "import_policy", "read_policy", "readable_frameworks"]


@record
class Imported:
    """The policy and the front-end of a configuration, and notes about them.

    Parameters
    ----------
    policy : Policy
    frontend : MelFrontend or None
        None if the file has none, or one that is not supported; see ``notes``.
    framework : str
    defaults : tuple of str
        Keys that the file does not set, with the framework's defaults.
    notes : tuple of str
        Keys without effect, surprising settings, and parts that are left out.
    frontend_error : str
        Why the file's front-end is invalid: its numbers are inconsistent or out of range. Empty if it is valid.
    why_irreplaceable : str
        Why the file's features cannot be reproduced, so that no other front-end may replace its own by default: they
        were computed elsewhere, or in a way that is not supported. Empty if they can.
    unread : tuple of UnreadKey
        The sections and keys that were not read, those first that may affect the sound.
    """

    policy: Policy
    frontend: MelFrontend | None
    framework: FrameworkName
    defaults: Annotated[tuple[str, ...], Field(strict=False)] = ()
    notes: Annotated[tuple[str, ...], Field(strict=False)] = ()
    frontend_error: str = ""
    why_irreplaceable: str = ""
    unread: Annotated[tuple[UnreadKey, ...], Field(strict=False)] = ()

    @property
    def why_no_frontend(self) -> str:
        """Why a front-end must be named before the policy can be heard; empty if it need not."""
        if self.frontend_error or not self.why_irreplaceable:
            return self.frontend_error
        return (
            f"{self.why_irreplaceable}; there is no default for it: name the front-end that computed the features, "
            "with --frontend (frontend= in Python)"
        )


def read_policy(path: str | os.PathLike[str], framework: str | None = None) -> Policy:
    """Read a policy from our own YAML or a framework's configuration; see `import_policy`.

    It draws exactly as the framework does, and its ``frontend`` is the configuration's own. Its ``notes`` name
    defaults, keys without effect, and what is left out.

    Raises
    ------
    PolicyError
        One line with the file, the key, the value and what is allowed.

    Examples
    --------
    ::

        name: mine
        frontend: whisper-128
        probability: 0.9
        transforms:
          - time_warp: {max_frames: 40}
          - frequency_mask: {count: 2, max_bins: 27, fill: mean}
          - time_mask: {count: 2, max_frames: 70, max_ratio: 0.2, fill: floor}
    """
    return import_policy(path, framework).policy


def import_policy(path: str | os.PathLike[str], framework: str | None = None) -> Imported:
    """Read the policy, the front-end and notes about them from a file.

    Nothing in the file is executed: no tag, no import, no constructor.

    Parameters
    ----------
    path : str or path-like
        Our own YAML; the training configuration of ESPnet, NeMo, SpeechBrain, WeNet or fairseq; a Whisper model's
        folder or ``config.json``; constructor arguments of lhotse's, torchaudio's or lingvo's SpecAugment in YAML or
        JSON.
    framework : str or None
        One of `readable_frameworks`; ``paper`` for our own. None detects it by the keys.

    Returns
    -------
    Imported

    Raises
    ------
    ParameterError
        For an unknown framework.
    PolicyError
        One line with the file, the key, the value and what is allowed.
    """
    check_framework(framework)
    content = content_of(path)
    data = content.data
    with error_context(printable(path), PolicyError):
        if framework != "paper":
            _refuse_unsupported(data, framework)
        owner = framework or framework_of_keys(data, _can_read)
        if owner in (None, "paper"):
            if framework is None:
                _refuse_keys_of_nobody(data)
            policy = own_policy(mapping_of(content.text, path, "policy"), path)
            _check_own_framework(policy.framework)
            return Imported(policy, policy.frontend, policy.framework)
    return import_data(data, str(owner), path, content.notes)


def readable_frameworks() -> list[str]:
    """Return the names of the frameworks whose configurations can be read."""
    return [name for name, framework in FRAMEWORKS.items() if framework.read is not None]


def check_framework(name: str | None) -> None:
    """Raise a ParameterError for the name of a framework that cannot be read."""
    allowed = ["paper", *readable_frameworks()]
    if name is not None and name not in allowed:
        raise unknown_name("framework", name, allowed)


def _check_own_framework(name: str) -> None:
    """Raise a ParameterError if a policy of our own names an unknown framework; `Policy` accepts any name."""
    if name not in FRAMEWORKS:
        raise ParameterError(f"framework={name!r:.80}: allowed is one of {', '.join(map(repr, FRAMEWORKS))}")


def _refuse_keys_of_nobody(data: Mapping[str, Any]) -> None:
    """Raise a ParameterError unless the file may be a policy of our own with a typo."""
    if is_nearly_own(data):
        return
    hint = (
        "; its `defaults` are merged by hydra from other files, which are not read: give the output of the training "
        "script with --cfg job"
        if isinstance(data.get("defaults"), list)
        else nested_hint(data, _can_read)
    )
    raise ParameterError(
        f"holds no key of a framework's SpecAugment, nor of a policy of our own{hint} "
        f"(tried: {', '.join(sorted(readable_frameworks()))}; our own keys: {', '.join(OWN_KEYS)})"
    )


def import_data(
    data: Mapping[str, Any], framework: str, path: str | os.PathLike[str], notes: Sequence[str] = ()
) -> Imported:
    """Read a framework's configuration; ``notes`` are existing notes about the file.

    Raise a PolicyError, in one line, with the file, the key, the value and what is allowed.
    """
    file = printable(path)
    try:
        (policy, frontend), config = _read(data, framework, path)
    except ParameterError as error:
        # It quotes the file, so control characters and line breaks are escaped.
        raise PolicyError(f"{file}: {printable(str(error.args[0]))}") from None
    defaults, notes = tuple(map(printable, config.defaults)), tuple(map(printable, [*notes, *config.notes]))
    unread = config.places.unread(config.data)
    wrong, missing = (
        printable(f"{file}: {why}") if why else "" for why in (config.frontend_error, config.why_irreplaceable)
    )
    imported = Imported(policy, frontend, policy.framework, defaults, notes, wrong, missing, unread)
    filled_in = (f"defaults, not in the file: {', '.join(defaults)}",) if defaults else ()
    policy = replace(
        policy,
        notes=filled_in + notes + unread_in_words(unread),
        frontend=frontend,
        frontend_error=imported.why_no_frontend,
        channel=config.channel,
        channel_key=printable(config.channel_key),
    )
    return replace(imported, policy=policy)


def _read(data: Mapping[str, Any], framework: str, path: str | os.PathLike[str]) -> tuple[PolicyAndFrontend, Config]:
    if is_own(data):
        raise ParameterError(f"a policy of our own, not {spelling(framework)}'s; leave the framework out")
    others = _keys_of_others(data, framework)
    left_out = {key for keys in others.values() for key in keys}
    places, file = ReadPlaces(), Path(os.path.abspath(path))
    name = printable(file.parent.name if file.name == "config.json" else file.stem)
    own = {key: value for key, value in data.items() if key not in left_out}
    reader = FRAMEWORKS[framework]
    config = Config(own, framework, reader.resolver(data, places.note_reference), name, places, owners, spelling)
    config.notes += [
        f"{short_list(keys)}: {spelling(other)}'s, ignored, because the file is read as {spelling(framework)}'s"
        for other, keys in others.items()
    ]
    if reader.read is None:
        raise ParameterError(f"configurations of {spelling(framework)} are not read")
    return reader.read(config), config


def _keys_of_others(data: Mapping[str, Any], framework: str) -> dict[str, list[str]]:
    """Return the keys of other frameworks; raise a ParameterError if all keys are theirs."""
    keys_of = claims(data)
    if not keys_of:
        close = nested_hint(data, _can_read) or nearest(next(iter(data), ""), list(marks()))
        raise ParameterError(f"holds no key of {spelling(framework)}'s SpecAugment{close}")
    family = FRAMEWORKS[framework].family
    others = {other: keys for other, keys in keys_of.items() if FRAMEWORKS[other].family != family}
    own = {key for other, keys in keys_of.items() if other not in others for key in keys}
    if len(others) < len(keys_of):
        return {other: [key for key in keys if key not in own] for other, keys in others.items()}
    if framework not in owners(map(str, data)):
        names = " and ".join(f"{spelling(other)}'s" for other in others)
        able = [other for other in others if _can_read(data, other)]
        advice = " or ".join(map(repr, able)) + ("" if len(others) > 1 else ", or none")
        hint = f"; give framework {advice}" if able else ", and it cannot be read as theirs either"
        raise ParameterError(f"looks like {names} configuration, not {spelling(framework)}'s{hint}")
    return {}


def _can_read(data: Mapping[str, Any], framework: str) -> bool:
    """Whether a framework's reader accepts a configuration, so that it may be suggested."""
    try:
        _refuse_unsupported(data, framework)
        _read(data, framework, "policy")
    except ParameterError:
        return False
    return True


def _refuse_unsupported(data: Mapping[str, Any], framework: str | None = None) -> None:
    """Raise a ParameterError for a file of a framework that is recognised, but not supported."""
    if is_own(data):
        return
    unsupported = unsupported_framework(data)
    if unsupported is not None:
        names = " and ".join(f"{spelling(name)}'s" for name in ([framework] if framework else claims(data)))
        readable = ", ".join(sorted(readable_frameworks()))
        reason = (
            f"tried as {names}, whose keys it seems to have"
            if names
            else f"no supported framework has such keys (tried: {readable})"
        )
        raise ParameterError(f"{unsupported.words}; {reason}")
    if framework is None and data.get("specaug") == "SpecAug":
        hint = "; if it is ESPnet's, give --framework espnet" if _can_read(data, "espnet") else ""
        raise ParameterError(
            "specaug=SpecAug is FunASR's class, with its own front-end, but ESPnet accepts this name for its class, "
            f"too; no other key identifies the framework{hint}"
        )
