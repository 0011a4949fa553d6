"""From a framework's file to a policy: which framework's it is, and what was read."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from ..._files import printable
from ..._record import nearest, record
from ..._yaml import Tagged, foreign_mapping_of, read_text
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
from .references import hyper_resolver, omega_resolver
from .speechbrain import read_speechbrain, read_speechbrain_legacy
from .wenet import read_wenet

__all__ = ["READERS", "Imported", "dialect_of", "foreign_data", "import_foreign"]

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
# A key that one framework's files have and no other's; the first that is found decides.
_MARKS: tuple[tuple[str, str], ...] = (
    ("dataset_conf", "wenet"),
    ("specaug_conf", "espnet"),
    ("specaug", "espnet"),
    ("frontend_conf", "espnet"),
    ("encoder_conf", "espnet"),
    ("specaugment", "fairseq"),
    ("apply_spec_augment", "hf"),
    ("model_type", "hf"),
    ("TimeMasking", "torchaudio"),
    ("FrequencyMasking", "torchaudio"),
    ("MelSpectrogram", "torchaudio"),
)


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
    """

    policy: Policy
    frontend: MelFrontend | None
    dialect: str
    defaults: Annotated[tuple[str, ...], Field(strict=False)] = ()
    notes: Annotated[tuple[str, ...], Field(strict=False)] = ()


def foreign_data(path: str | os.PathLike[str]) -> tuple[str, dict[str, Any]]:
    """The text of a file, and the mapping in it; of a model's folder, its ``config.json`` with the one beside it.

    Raises
    ------
    PolicyError
        When it cannot be read.
    """
    is_folder = os.path.isdir(path)
    file = Path(path) / "config.json" if is_folder else path
    text = read_text(file, "policy")
    data = foreign_mapping_of(text, file, "policy")
    beside = Path(file).parent / PREPROCESSOR
    if Path(file).name == "config.json" and "model_type" in data and beside.is_file():
        data[PREPROCESSOR] = foreign_mapping_of(read_text(beside, "policy"), beside, "policy")
    return text, data


def dialect_of(data: Mapping[str, Any]) -> str | None:
    """Whose configuration this is; None for our own, or nobody's.

    Examples
    --------
    >>> dialect_of({"specaug": "specaug", "specaug_conf": {}})
    'espnet'
    """
    if isinstance(data.get("transforms"), list):
        return None
    steps = data.get("transforms")
    if isinstance(steps, dict) and {"_train", "_eval", "*"} & set(steps):
        return "fairseq"
    if any(isinstance(value, Tagged) for value in data.values()):
        return "speechbrain"
    for key, dialect in _MARKS:
        if key in data:
            return dialect
    model = data.get("model")
    if "spec_augment" in data or (isinstance(model, dict) and {"spec_augment", "preprocessor"} & set(model)):
        nested = data.get("spec_augment")
        return "lhotse" if isinstance(nested, dict) and "features_mask_size" in nested else "nemo"
    inside = next((data[key] for key in ("SpecAugment", "state_dict") if isinstance(data.get(key), dict)), data)
    likely = owners(map(str, inside))
    return likely[0] if likely else None


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
    return Imported(found.policy, found.frontend, found.policy.dialect, defaults, notes)


def _read(data: Mapping[str, Any], dialect: str, path: str | os.PathLike[str]) -> tuple[Found, Config]:
    if isinstance(data.get("transforms"), list):
        raise ParameterError(f"a policy of our own, not {dialect}'s; leave the dialect out")
    _refuse_other(data, dialect, dialect_of(data))
    resolve = omega_resolver(data) if dialect == "nemo" else hyper_resolver(data)
    config = Config(data, dialect, resolve, _name_of(path))
    return READERS[dialect](config), config


def _refuse_other(data: Mapping[str, Any], dialect: str, likely: str | None) -> None:
    families = {"speechbrain-legacy": "speechbrain"}
    if likely is None:
        close = nearest(next(iter(data), ""), [key for key, _ in _MARKS])
        raise ParameterError(f"holds no key of {dialect}'s SpecAugment{close}")
    if families.get(likely, likely) != families.get(dialect, dialect) and dialect not in owners(map(str, data)):
        raise ParameterError(f"looks like {likely}'s configuration, not {dialect}'s; give dialect {likely!r}, or none")


def _name_of(path: str | os.PathLike[str]) -> str:
    given = Path(os.path.abspath(path))
    return printable(given.parent.name if given.name == "config.json" else given.stem)
