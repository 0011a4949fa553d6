"""Whose configuration a file is: the keys that one framework's files have and no other's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..._files import printable
from ..._yaml import Tagged
from ...errors import ParameterError
from .arguments import ARGUMENTS, owners

__all__ = ["MARKS", "claims", "dialect_of", "is_own", "listed", "said_below"]

MARKS: dict[str, str] = {
    "dataset_conf": "wenet",
    "specaug_conf": "espnet",
    "specaug": "espnet",
    "frontend_conf": "espnet",
    "collate_conf": "wenet",
    "specaugment": "fairseq",
    "apply_spec_augment": "hf",
    "TimeMasking": "torchaudio",
    "FrequencyMasking": "torchaudio",
    "MelSpectrogram": "torchaudio",
}
# These stand in files of others too, and count where nothing else does.
_FAINT: dict[str, str] = {"encoder_conf": "espnet", "model_type": "hf"}
_IN_MODEL = {"spec_augment", "preprocessor"}
_OF_PREPROCESSOR = {"_target_", "target", "cls", "features", "window_stride"}
_MOST_KEYS = 6


def is_own(data: Mapping[str, Any]) -> bool:
    """Whether it is a policy of our own."""
    return isinstance(data.get("transforms"), list)


def claims(data: Mapping[str, Any]) -> dict[str, list[str]]:
    """The frameworks whose masks or front-end a configuration sets, each with the keys that say so.

    Examples
    --------
    >>> claims({"dataset_conf": {"spec_aug": True}, "encoder_conf": {}, "specaug_conf": {"num_freq_mask": 2}})
    {'wenet': ['dataset_conf'], 'espnet': ['specaug_conf']}
    """
    if is_own(data):
        return {}
    found: dict[str, list[str]] = {}
    for key, value in data.items():
        dialect = MARKS.get(key) or _of_value(key, value)
        if dialect is not None:
            found.setdefault(dialect, []).append(key)
    for key, dialect in _FAINT.items():
        if not found and key in data:
            found[dialect] = [key]
    return found or _of_arguments(data)


def dialect_of(data: Mapping[str, Any]) -> str | None:
    """Whose configuration this is; None for our own, or nobody's.

    Raises
    ------
    ParameterError
        Where it is that of several.

    Examples
    --------
    >>> dialect_of({"specaug": "specaug", "specaug_conf": {}})
    'espnet'
    """
    found = claims(data)
    if len(found) > 1:
        said = " and ".join(f"{dialect}'s ({listed(keys)})" for dialect, keys in found.items())
        raise ParameterError(
            f"holds keys of several frameworks: {said}; name the one that trains with it: "
            f"{' or '.join(f'--dialect {dialect}' for dialect in found)} (dialect= in Python, --from to convert)"
        )
    return next(iter(found), None)


def said_below(data: Mapping[str, Any]) -> str:
    """Where a framework's keys stand one or two levels down, as the tail of a message; empty where they do not.

    Examples
    --------
    >>> said_below({"train": {"specaug": "specaug"}})
    "; espnet's specaug stand below 'train': give a file of what is below it"
    """
    return _said_below(data, (), 2)


def _said_below(data: Mapping[str, Any], place: tuple[str, ...], depth: int) -> str:
    inside = {str(key): value for key, value in data.items() if isinstance(value, dict)}
    for key, value in inside.items():
        for dialect, keys in claims(value).items():
            # One bare argument, such as p, says nothing by itself.
            if len(keys) > 1 or keys[0] in MARKS or keys[0] == "spec_augment":
                where = printable(".".join((*place, key)))
                return f"; {dialect}'s {listed(keys)} stand below {where[:120]!r}: give a file of what is below it"
    found = (_said_below(value, (*place, key), depth - 1) for key, value in inside.items() if depth > 1)
    return next((said for said in found if said), "")


def _of_value(key: str, value: Any) -> str | None:
    """Whose a key is, by what follows it."""
    if isinstance(value, Tagged):
        return "speechbrain"
    if not isinstance(value, dict):
        return "nemo" if key == "spec_augment" else None
    if key in ("transforms", "feature_transforms") and {"_train", "_eval", "*"} & set(value):
        return "fairseq"
    if key == "encoder_conf" and {"use_specaug", "specaug_conf"} & set(value):
        return "espnet"
    if key == "spec_augment":
        return "lhotse" if "features_mask_size" in value else "nemo"
    if key == "preprocessor":
        return "nemo" if _OF_PREPROCESSOR & set(value) else None
    inner = value.get("perception")
    held = {*value, *(inner if isinstance(inner, dict) else ())}
    return "nemo" if key == "model" and _IN_MODEL & held else None


def _of_arguments(data: Mapping[str, Any]) -> dict[str, list[str]]:
    """The framework that most of the bare arguments belong to; their reader refuses the others.

    Where as many belong to another, and none knows all of them, each has its say.
    """
    inside = next((data[key] for key in ("SpecAugment", "state_dict") if isinstance(data.get(key), dict)), data)
    found = {
        dialect: [str(key) for key in inside if str(key) in ARGUMENTS[dialect]] for dialect in owners(map(str, inside))
    }
    every = {key for keys in found.values() for key in keys}
    most = max(map(len, found.values()), default=0)
    if most == len(every):
        return dict(list(found.items())[:1])
    leading = {dialect: keys for dialect, keys in found.items() if len(keys) == most}
    is_tied = len({frozenset(keys) for keys in leading.values()}) > 1
    return _not_twice(found) if is_tied else dict(list(found.items())[:1])


def _not_twice(found: dict[str, list[str]]) -> dict[str, list[str]]:
    """Without those that know no key beside what one of the others does."""
    kept: dict[str, list[str]] = {}
    for dialect, keys in found.items():
        if not any(set(keys) <= set(others) for others in kept.values()):
            kept[dialect] = keys
    return kept


def listed(keys: Sequence[str]) -> str:
    """The first of some keys, as a line may show them."""
    return printable(", ".join(key[:60] for key in keys[:_MOST_KEYS]) + (", ..." if len(keys) > _MOST_KEYS else ""))
