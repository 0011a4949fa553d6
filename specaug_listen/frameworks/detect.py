"""Detection of the framework of a file, by keys that only one framework's files have."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from .._files import printable
from ..errors import ParameterError
from .paper import is_own
from .registry import FRAMEWORKS, owners, spelling
from .unsupported import unsupported_framework

__all__ = ["CanRead", "claims", "framework_of_keys", "marks", "nested_hint", "short_list"]

# Whether a framework's reader accepts a configuration.
CanRead: TypeAlias = Callable[[Mapping[str, Any], str], bool]
_MAX_KEYS = 6


def marks() -> dict[str, str]:
    """Return the framework of each key that only one framework's files have."""
    return {key: name for name, framework in FRAMEWORKS.items() for key in framework.marks}


def claims(data: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the frameworks whose masks or front-end a configuration sets, each with the keys that identify it.

    Examples
    --------
    >>> claims({"dataset_conf": {"spec_aug": True}, "encoder_conf": {}, "specaug_conf": {"num_freq_mask": 2}})
    {'wenet': ['dataset_conf'], 'espnet': ['specaug_conf']}
    """
    if is_own(data):
        return {}
    by_mark = marks()
    keys_of: dict[str, list[str]] = {}
    for key, value in data.items():
        name = by_mark.get(key) or next((n for n, each in FRAMEWORKS.items() if each.detect(key, value)), None)
        if name is not None:
            keys_of.setdefault(name, []).append(key)
    whole = {name: keys for name, each in FRAMEWORKS.items() if (keys := each.detect_whole(data))}
    return keys_of or whole or _claims_of_arguments(data)


def _claims_of_arguments(data: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the frameworks that a file of bare arguments may be of, with the arguments that each knows.

    That is the framework that knows most of them, whose reader refuses the others. If several know equally many, and
    none knows all, it is each of those that know some.
    """
    # Bare arguments are at the top level: in a file with other sections, a short name such as p identifies nothing.
    inside = next((data[key] for key in ("SpecAugment", "state_dict") if isinstance(data.get(key), dict)), data)
    names = [str(key) for key in inside]
    keys_of = {owner: [key for key in names if key in FRAMEWORKS[owner].arguments] for owner in owners(names)}
    all_keys = {key for keys in keys_of.values() for key in keys}
    most = max(map(len, keys_of.values()), default=0)
    first = dict(list(keys_of.items())[:1])
    if most == len(all_keys):
        # One argument that several frameworks have, such as p, identifies none.
        return _without_variants(keys_of) if most == 1 else first
    leading = {frozenset(keys) for keys in keys_of.values() if len(keys) == most}
    return _without_repetition(keys_of) if len(leading) > 1 else first


def _without_variants(keys_of: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Drop variants of a framework that is there itself."""
    return {name: keys for name, keys in keys_of.items() if name == _family(name) or _family(name) not in keys_of}


def _family(name: str) -> str:
    return FRAMEWORKS[name].family


def _without_repetition(keys_of: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Drop frameworks whose keys another one has, too."""
    distinct: dict[str, list[str]] = {}
    for name, keys in keys_of.items():
        if not any(set(keys) <= set(others) for others in distinct.values()):
            distinct[name] = keys
    return distinct


def framework_of_keys(data: Mapping[str, Any], can_read: CanRead) -> str | None:
    """Return the framework of a configuration; None for our own, or if it is unknown.

    ``can_read`` is whether a framework's reader accepts it: only such frameworks are suggested. Raise a ParameterError
    if several frameworks claim it.

    Examples
    --------
    >>> framework_of_keys({"specaug": "specaug", "specaug_conf": {}}, lambda data, name: True)
    'espnet'
    """
    keys_of = claims(data)
    if len(keys_of) > 1:
        all_keys = " and ".join(f"{spelling(name)}'s ({short_list(keys)})" for name, keys in keys_of.items())
        able = [name for name in keys_of if can_read(data, name)]
        hint = (
            f"; name the one that uses it for training: {' or '.join(f'--framework {name}' for name in able)} "
            "(framework= in Python, --from to convert)"
            if able
            else "; none of them can read it"
        )
        raise ParameterError(f"holds keys of several frameworks: {all_keys}{hint}")
    return next(iter(keys_of), None)


def nested_hint(data: Mapping[str, Any], can_read: CanRead, place: tuple[str, ...] = (), depth: int = 2) -> str:
    """Say where a framework's keys are one or two levels down, as the tail of a message; empty if nowhere.

    Examples
    --------
    >>> nested_hint({"train": {"specaug": "specaug"}}, lambda data, name: True)
    "; ESPnet's specaug are below 'train': give a file with what is below it"
    """
    inside = {str(key): value for key, value in data.items() if isinstance(value, dict)}
    for key, value in inside.items():
        where = printable(".".join((*place, key)))[:120]
        unsupported = unsupported_framework(value)
        if unsupported is not None:
            return f"; what is below {where!r:.80} {unsupported.words}"
        for name, keys in claims(value).items():
            # One bare argument, such as p, identifies nothing.
            if len(keys) > 1 or keys[0] in marks() or keys[0] in ("spec_augment", "dataset_conf"):
                advice = ": give a file with what is below it" if can_read(value, name) else ""
                return f"; {spelling(name)}'s {short_list(keys)} are below {where!r:.80}{advice}"
    hints = (nested_hint(value, can_read, (*place, key), depth - 1) for key, value in inside.items() if depth > 1)
    return next((hint for hint in hints if hint), "")


def short_list(keys: Sequence[str]) -> str:
    """Join some keys for a message, bounded."""
    return printable(", ".join(key[:60] for key in keys[:_MAX_KEYS]) + (", ..." if len(keys) > _MAX_KEYS else ""))
