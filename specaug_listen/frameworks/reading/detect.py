"""Whose configuration a file is: the keys that one framework's files have and no other's."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..._files import printable
from ..._yaml import Tagged
from ...errors import ParameterError
from .arguments import ARGUMENTS, owners
from .strangers import stranger_of

__all__ = ["IN_DATASET", "MARKS", "claims", "dialect_of", "is_own", "listed", "model_places", "said_below"]

MARKS: dict[str, str] = {
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
# This stands in files of others too, and counts where nothing else does.
_FAINT: dict[str, str] = {"model_type": "hf"}
_BESIDE = {
    *("architectures", "transformers_version", "mask_time_prob", "mask_feature_prob", "hidden_size", "d_model"),
    *("num_mel_bins", "encoder", "audio_config", "preprocessor_config.json", "processor_config.json"),
}
# Of ESPnet's training, and not of those that took its way of naming sections; with them, no specaug is no mask.
_OF_ESPNET = {
    *("val_scheduler_criterion", "best_model_criterion", "keep_nbest_models", "batch_bins", "unused_parameters"),
    *(
        "num_att_plot",
        "fold_length",
        "num_iters_per_epoch",
        "token_list",
        "use_preprocessor",
        "early_stopping_criterion",
    ),
}
_ESPNET_SECTIONS = ("encoder_conf", "decoder_conf", "model_conf")
# What WeNet alone has within dataset_conf: the section's name is that of others, too.
IN_DATASET = {
    *("spec_aug", "spec_aug_conf", "spec_sub", "spec_sub_conf", "spec_trim", "spec_trim_conf"),
    *("fbank_conf", "feats_type", "log_mel_spectrogram_conf", "mfcc_conf"),
}
# Others have tags of their own: CloudFormation's !Ref, GitLab's !reference.
_OF_HYPERPYYAML = ("!ref", "!copy", "!tuple", "!PLACEHOLDER")
_WITH_NAME = ("!new:", "!name:", "!apply:", "!applyref:", "!module:", "!include:")
_OF_PREPROCESSOR = {"_target_", "target", "cls", "features", "window_stride"}
_MOST_KEYS = 6


Tried = Callable[[Mapping[str, Any], str], bool]


def _unasked(data: Mapping[str, Any], dialect: str) -> bool:
    return True


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
        if not found and key in data and (len(data) == 1 or _BESIDE & set(data)):
            found[dialect] = [key]
    sections = [key for key in _ESPNET_SECTIONS if isinstance(data.get(key), dict)]
    if not found and sections and _OF_ESPNET & set(data):
        found["espnet"] = sections
    return found or _of_arguments(data)


def dialect_of(data: Mapping[str, Any], is_read: Tried = _unasked) -> str | None:
    """Whose configuration this is; None for our own, or nobody's.

    Parameters
    ----------
    data : dict
    is_read : callable
        Whether a framework's reader takes it: only such ones are advised.

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
        able = [dialect for dialect in found if is_read(data, dialect)]
        hint = (
            f"; name the one that trains with it: {' or '.join(f'--dialect {dialect}' for dialect in able)} (dialect= "
            "in Python, --from to convert)"
            if able
            else "; it can be read as none of them"
        )
        raise ParameterError(f"holds keys of several frameworks: {said}{hint}")
    return next(iter(found), None)


def said_below(data: Mapping[str, Any], is_read: Tried = _unasked) -> str:
    """Where a framework's keys stand one or two levels down, as the tail of a message; empty where they do not.

    Examples
    --------
    >>> said_below({"train": {"specaug": "specaug"}})
    "; espnet's specaug stand below 'train': give a file of what is below it"
    """
    return _said_below(data, (), 2, is_read)


def _said_below(data: Mapping[str, Any], place: tuple[str, ...], depth: int, is_read: Tried) -> str:
    inside = {str(key): value for key, value in data.items() if isinstance(value, dict)}
    for key, value in inside.items():
        where = printable(".".join((*place, key)))[:120]
        stranger = stranger_of(value)
        if stranger is not None:
            return f"; what is below {where!r:.80} {stranger.words}"
        for dialect, keys in claims(value).items():
            # One bare argument, such as p, says nothing by itself.
            if len(keys) > 1 or keys[0] in MARKS or keys[0] in ("spec_augment", "dataset_conf"):
                hint = ": give a file of what is below it" if is_read(value, dialect) else ""
                return f"; {dialect}'s {listed(keys)} stand below {where!r:.80}{hint}"
    found = (_said_below(value, (*place, key), depth - 1, is_read) for key, value in inside.items() if depth > 1)
    return next((said for said in found if said), "")


def _of_value(key: str, value: Any) -> str | None:
    """Whose a key is, by what follows it."""
    if isinstance(value, Tagged):
        return "speechbrain" if (value.tag in _OF_HYPERPYYAML or value.tag.startswith(_WITH_NAME)) else None
    if key == "spec_augment_config" or (key == "spec_augment" and not isinstance(value, dict)):
        return "nemo"
    if not isinstance(value, dict):
        return None
    if key in ("transforms", "feature_transforms") and {"_train", "_eval", "*"} & set(value):
        return "fairseq"
    if key == "encoder_conf" and {"use_specaug", "specaug_conf"} & set(value):
        return "espnet"
    if key == "spec_augment":
        return "lhotse" if "features_mask_size" in value else "nemo"
    if key == "dataset_conf":
        return "wenet" if IN_DATASET & set(value) else None
    if key == "preprocessor":
        return "nemo" if _OF_PREPROCESSOR & set(value) else None
    return "nemo" if key == "model" and model_places(value) else None


def model_places(data: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """Where NeMo's masks stand within a model's section, or its preprocessor where there are none; one deeper at most.

    Examples
    --------
    >>> model_places({"perception": {"spec_augment": {}}, "llm": {}})
    [('perception',)]
    """
    inside: dict[tuple[str, ...], Mapping[str, Any]] = {(): data}
    inside |= {(str(key),): value for key, value in data.items() if isinstance(value, dict)}
    for wanted in ({"spec_augment", "spec_augment_config"}, {"preprocessor", "preprocessor_config"}):
        # The preprocessor's own masks are looked for when it is read.
        found = [place for place, held in inside.items() if wanted & set(held) and place != ("preprocessor",)]
        if found:
            return found
    return []


def _of_arguments(data: Mapping[str, Any]) -> dict[str, list[str]]:
    """The framework that most of the bare arguments belong to; their reader refuses the others.

    Where as many belong to another, and none knows all of them, each has its say.
    """
    # Bare arguments stand by themselves: in a file with sections of its own, a short name such as p says nothing.
    inside = next((data[key] for key in ("SpecAugment", "state_dict") if isinstance(data.get(key), dict)), data)
    found = {
        dialect: [str(key) for key in inside if str(key) in ARGUMENTS[dialect]] for dialect in owners(map(str, inside))
    }
    every = {key for keys in found.values() for key in keys}
    most = max(map(len, found.values()), default=0)
    if most == len(every):
        # One argument that several have, such as p, does not say whose it is.
        return _of_families(found) if len(every) == 1 else dict(list(found.items())[:1])
    leading = {dialect: keys for dialect, keys in found.items() if len(keys) == most}
    is_tied = len({frozenset(keys) for keys in leading.values()}) > 1
    return _not_twice(found) if is_tied else dict(list(found.items())[:1])


def _of_families(found: dict[str, list[str]]) -> dict[str, list[str]]:
    """Without the older of two readers of one framework."""
    return {
        dialect: keys
        for dialect, keys in found.items()
        if not dialect.endswith("-legacy") or dialect.removesuffix("-legacy") not in found
    }


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
