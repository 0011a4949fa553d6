"""What cannot be read, and is refused by name: files of other frameworks, and files that are no configuration.

Other frameworks are known by keys that no other has; programs, options of a command line, pages and weights by how they
look.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from .._files import printable
from .._yaml import Tagged
from .registry import owners

__all__ = ["Unsupported", "file_kind", "unsupported_framework"]

_MOST_KEYS = 6
_LATENT_NAMES = re.compile(r"wav2vec|w2v|hubert|data2vec|wavlm|unispeech|bestrq", re.I)
# Of ESPnet 1 and PaddleSpeech, the steps of a `process` list that say it is one of theirs.
_MASK_STEPS = ("time_warp", "freq_mask", "time_mask", "spec_augment")
_PADDLE_STEPS = ("fbank_kaldi", "cmvn_json", "LogMelSpectrogramKaldi", "global_cmvn_json")


class Unsupported(NamedTuple):
    """A framework whose files are known by their keys, and not read.

    Parameters
    ----------
    name : str
    keys : list of str
        The places that speak for it.
    differs : str
        Why another framework's reading would be wrong.
    """

    name: str
    keys: list[str]
    differs: str

    @property
    def words(self) -> str:
        """Whose it is, by which keys, and what differs."""
        keys = [printable(key)[:60] for key in self.keys[:_MOST_KEYS]] + ["..."] * (len(self.keys) > _MOST_KEYS)
        return f"looks like {self.name} ({', '.join(keys)}), which cannot be read yet: {self.differs}"


class _Known(NamedTuple):
    """A framework, and what its files are known by.

    Parameters
    ----------
    name : str
    differs : str
    keys : mapping
        Below each place, the keys that no other framework has there; the place of the top is empty.
    find : callable or None
        Finds what keys alone do not say.
    """

    name: str
    differs: str
    keys: Mapping[str, tuple[str, ...]] = {}
    find: Callable[[Mapping[str, Any]], Iterator[str]] | None = None

    def places(self, data: Mapping[str, Any]) -> list[str]:
        """Return the places in a configuration that speak for it, each once."""
        places = list(self.find(data)) if self.find is not None else []
        for place, keys in self.keys.items():
            section = _section(data, place)
            places += [f"{place}.{key}" if place else key for key in keys if key in section]
        return list(dict.fromkeys(places))


def unsupported_framework(data: Any) -> Unsupported | None:
    """Return the unsupported framework that a file seems to be of; None where it is of none of these.

    Examples
    --------
    >>> unsupported_framework({"spec_aug": {"freq_mask_ratio": 0.15, "n_freq_masks": 2}}).name
    "PPASR's or MASR's configuration"
    >>> unsupported_framework({"dataset_conf": {"spec_aug": True}}) is None
    True
    """
    data = {"": data} if isinstance(data, list) else data
    for framework in _FRAMEWORKS:
        places = framework.places(data)
        if places:
            return Unsupported(framework.name, places, framework.differs)
    return None


def _section(data: Mapping[str, Any], place: str) -> Mapping[str, Any]:
    value: Any = data
    for key in place.split(".") if place else ():
        value = value.get(key) if isinstance(value, Mapping) else None
        value = value.value if isinstance(value, Tagged) else value
    return value if isinstance(value, Mapping) else {}


def _list_of_mappings(data: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    values = data.get(key)
    return [each for each in values if isinstance(each, dict)] if isinstance(values, list) else []


def _find_funasr(data: Mapping[str, Any]) -> Iterator[str]:
    frontend, specaug = data.get("frontend"), data.get("specaug")
    if isinstance(frontend, str) and re.fullmatch(r"WavFrontend\w*|wav_frontend\w*|WhisperFrontend", frontend):
        yield f"frontend: {frontend}"
    if isinstance(specaug, str) and re.fullmatch(r"SpecAugLFR|specaug_lfr", specaug):
        yield f"specaug: {specaug}"


def _find_ppasr(data: Mapping[str, Any]) -> Iterator[str]:
    for key in data:
        yield from (f"aug_type: {each['aug_type']}" for each in _list_of_mappings(data, key) if "aug_type" in each)


def _find_paddlespeech(data: Mapping[str, Any]) -> Iterator[str]:
    steps = [str(each.get("type")) for each in _list_of_mappings(data, "process")]
    if set(steps) & set(_PADDLE_STEPS):
        yield from (f"process: {step}" for step in steps)
    if "preprocess_config" in data:
        yield "preprocess_config"
    if isinstance(data.get("augmentation_config"), str):
        yield "augmentation_config"
    for each in _list_of_mappings(data, ""):
        if "params" in each and each.get("type") in ("specaug", "specsub"):
            yield f"type: {each['type']}"


def _find_espnet1(data: Mapping[str, Any]) -> Iterator[str]:
    steps = (str(each.get("type")) for each in _list_of_mappings(data, "process"))
    yield from (f"process: {step}" for step in steps if step in _MASK_STEPS or "fbank" in step)


def _find_neural_sp(data: Mapping[str, Any]) -> Iterator[str]:
    if {"freq_width", "time_width"} & set(data):
        yield from (key for key in ("n_freq_masks", "n_time_masks", "time_width_upper") if key in data)


def _find_wav2vec(data: Mapping[str, Any]) -> Iterator[str]:
    for place in ("model", "task"):
        name = _section(data, place).get("_name")
        if isinstance(name, str) and (_LATENT_NAMES.search(name) or name.startswith("audio_")):
            yield f"{place}._name: {name}"


def _find_ast(data: Mapping[str, Any]) -> Iterator[str]:
    if {"freqm", "timem"} <= set(data):
        yield from ("freqm", "timem")


def _find_icefall(data: Mapping[str, Any]) -> Iterator[str]:
    names = (key.replace("-", "_") for key in map(str, data))
    yield from (name for name in names if name.lstrip("_") in ("enable_spec_aug", "spec_aug_time_warp_factor"))


def _find_audiomentations(data: Mapping[str, Any]) -> Iterator[str]:
    name = data.get("__class_fullname__")
    if isinstance(name, str):
        yield f"__class_fullname__: {name}"


_RATIO_KEYS = ("freq_mask_ratio", "time_mask_ratio", "max_f_ratio", "max_t_ratio")
_TENSORFLOW_ASR = ("feature_augment", "signal_augment", "augmentation_config", "before", "after")
_OPENSPEECH = ("freq_mask_para", "freq_mask_num", "time_mask_num")
_WIDTH_KEYS = ("min_freq", "max_freq", "min_time", "max_time")
_FRAMEWORKS = (
    _Known(
        "wekws' configuration",
        "WeNet's masks have the same names, but WeNet reads no feature_extraction_conf and would take a filterbank of "
        "23 bins",
        {"dataset_conf": ("feature_extraction_conf", "context_expansion", "frame_skip")},
    ),
    _Known(
        "wespeaker's configuration",
        "its masks come after the mean of each bin was subtracted, with a probability of prob, and one group of them "
        "serves the whole batch; WeNet's masks, whose arguments are called the same, are others",
        {"dataset_args": ("spec_aug_args", "fbank_args", "spec_aug", "num_frms")},
    ),
    _Known(
        "FunASR's configuration",
        "its frames are those of Kaldi's filterbank with a Hamming window, of which lfr_m are stacked and every "
        "lfr_n-th is kept, and its masks fall on what is stacked; ESPnet's front-end and masks, of the same names, are "
        "others",
        {"frontend_conf": ("lfr_m", "lfr_n"), "specaug_conf": ("lfr_rate",), "dataset_conf": ("index_ds",)},
        _find_funasr,
    ),
    _Known(
        "PPASR's or MASR's configuration",
        "its masks are shares of bins and frames: a width is drawn up to a ratio of the size; its warp is another",
        {
            "": _RATIO_KEYS,
            "spec_aug": _RATIO_KEYS,
            "spec_aug_args": _RATIO_KEYS,
            "specaug": _RATIO_KEYS,
            "augment_conf.spec_aug": _RATIO_KEYS,
            "augment_conf.spec_aug_args": _RATIO_KEYS,
            "preprocess_conf": ("feature_method", "use_dB_normalization"),
        },
        _find_ppasr,
    ),
    _Known(
        "PaddleSpeech's configuration",
        "its steps, which may stand in another file, mask Kaldi's filterbank after a CMVN whose statistics are in "
        "a third one, with the mean or 0, and its warp is PIL's",
        find=_find_paddlespeech,
    ),
    _Known(
        "ESPnet 1's list of steps",
        "its steps mask features that were made elsewhere, with the mean or 0, and its warp is PIL's; ESPnet 2's "
        "specaug_conf is another",
        find=_find_espnet1,
    ),
    _Known(
        "s3prl's configuration",
        "it knows adaptive numbers and widths of masks, draws the upper end too, and clears the padding again; "
        "ESPnet's masks, whose arguments are called the same, are others",
        {
            "specaug": ("apply_time_warp", "apply_freq_mask", "apply_time_mask", "adaptive"),
            "": ("adaptive_number_ratio", "adaptive_size_ratio"),
        },
    ),
    _Known(
        "neural_sp's configuration",
        "NeMo's freq_width and time_width, of the same names, are others",
        find=_find_neural_sp,
    ),
    _Known(
        "fairseq's configuration of wav2vec, HuBERT or data2vec",
        "its masks fall on what a network made of the waveform, not on a mel spectrogram, so they cannot be heard",
        find=_find_wav2vec,
    ),
    _Known(
        "TensorFlowASR's configuration",
        "its masks and front-end are not known here",
        {
            "augmentation_config": _TENSORFLOW_ASR,
            "learning_config.augmentations": _TENSORFLOW_ASR,
            "data_config.train_dataset_config": _TENSORFLOW_ASR,
        },
    ),
    _Known(
        "torchlibrosa's SpecAugmentation, as PANNs have it",
        "its stripes are up to width - 1 bins or frames, set after a batch normalisation",
        {"": ("time_drop_width", "time_stripes_num", "freq_drop_width", "freq_stripes_num")},
    ),
    _Known(
        "AST's arguments",
        "its masks are torchaudio's, once each, on Kaldi's filterbank of 128 bins that is padded to a fixed length; "
        "neither its front-end nor its padding is in the file",
        find=_find_ast,
    ),
    _Known(
        "openspeech's or KoSpeech's configuration",
        "its masks and front-end are not known here",
        dict.fromkeys(("augment", "audio", "train", "dataset", ""), _OPENSPEECH),
    ),
    _Known(
        "the configuration of NVIDIA's Jasper, QuartzNet or MLPerf RNN-T examples",
        "its widths have a smallest value, too; NeMo's masks, some of whose arguments are called the same, are others",
        {"spec_augment": _WIDTH_KEYS, "input_train.spec_augment": _WIDTH_KEYS},
    ),
    _Known(
        "Athena's configuration",
        "its masks and front-end are not known here; WeNet's masks, whose arguments are called the same, are others",
        dict.fromkeys(("dataset_config", "trainset_config", ""), ("spectral_augmentation",)),
    ),
    _Known(
        "a list of icefall's options",
        "of its masks they set no more than the warp, and the rest stands in the recipe's asr_datamodule.py; give "
        "--policy icefall, with --set W=N for another --spec-aug-time-warp-factor",
        find=_find_icefall,
    ),
    _Known(
        "Espresso's configuration",
        "its masks are written as a Python text, which is not run",
        dict.fromkeys(("", "task"), ("specaugment_config",)),
    ),
    _Known(
        "audiomentations' list",
        "it changes waveforms; give it with --waveform",
        find=_find_audiomentations,
    ),
)

_PYTHON_LINE = re.compile(r"^(?:import \w|from [\w.]+ import |def \w+\(|class \w+[(:]|@\w+|if __name__ ==)", re.M)
_SHELL_LINE = re.compile(r"^#!.*\b(?:ba|z|k|da)?sh\b|^(?:\. \./|set -\w|export \w+=|source \S)", re.M)
_OPTION_LINE = re.compile(r"--?[A-Za-z][\w\-]*(?:[= ].*)?")
_ICEFALL_OPTION = re.compile(r"--(?:enable-spec-aug|spec-aug-time-warp-factor)\b")
_DEEPSPEECH_OPTION = re.compile(r"--augment\s+(?:frequency_mask|time_mask|warp)\[")
_TABLE_LINE = re.compile(r"\[{1,2}[\w.\-\" ]+\]{1,2}")
_PAGE_BEGINNING = re.compile(r"\s*<(?:!doctype|html|\?xml)", re.I)
_SPECAUGMENT_CALL = re.compile(
    r"\b(?:SpecAugment|SpectrogramAugmentation|SpecAug|SpectrogramDrop|FrequencyMasking|TimeMasking)\s*\(([^)]{0,2000})\)"
)
_ARGUMENT = re.compile(r"\b(\w+)\s*=[^=]")


def file_kind(text: str | None, path: str | os.PathLike[str]) -> str:
    r"""Say what a file seems to be, and what to give in its place, as the tail of a message; empty where nobody knows.

    Parameters
    ----------
    text : str or None
        None where it is no text.
    path : str or path-like

    Examples
    --------
    >>> file_kind("--sample-frequency=16000\n--num-mel-bins=40\n", "fbank.conf")
    "looks like options of Kaldi's or another command line, which set no masks that are known here"
    """
    name = os.fspath(path).lower()
    if text is None:
        return "looks like weights, without a configuration in it" if name.endswith((".pt", ".bin", ".ckpt")) else ""
    if name.endswith(".py") or _PYTHON_LINE.search(text):
        return _of_python(text)
    if name.endswith((".sh", ".bash")) or _SHELL_LINE.search(text):
        return "looks like a shell script, which is never run; give the configuration that it trains with"
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.strip().startswith("#")]
    if any(_ICEFALL_OPTION.search(line) for line in lines):
        return (
            "looks like options of an icefall recipe, which set no more than the warp of its masks; give --policy "
            "icefall, with --set W=N for another --spec-aug-time-warp-factor"
        )
    if any(line.startswith("spec-augment-layer ") for line in lines):
        return (
            "looks like a network of Kaldi's (xconfig) with a spec-augment-layer, whose masks are shares of bins and "
            "frames, and cannot be read yet"
        )
    if any(_DEEPSPEECH_OPTION.search(line) for line in lines):
        return "looks like options of DeepSpeech or Coqui STT, whose masks cannot be read yet"
    if (
        lines
        and _TABLE_LINE.fullmatch(lines[0])
        and all(_TABLE_LINE.fullmatch(line) or "=" in line for line in lines[:5])
    ):
        return "looks like TOML or INI, which is not read; write the same as YAML, one `name: value` a line"
    if lines and all(
        _OPTION_LINE.fullmatch(line) and line.startswith("-") and not line.startswith("- ") for line in lines
    ):
        return "looks like options of Kaldi's or another command line, which set no masks that are known here"
    if _PAGE_BEGINNING.match(text):
        return "looks like a page of the web; save the file itself (on GitHub: Raw)"
    return ""


def _of_python(text: str) -> str:
    """Say what to give in place of Python, which is never run: the arguments of its SpecAugment as YAML."""
    head = "looks like Python, which is never run"
    for inside in _SPECAUGMENT_CALL.findall(text):
        names = owners(_ARGUMENT.findall(inside))
        if names:
            return (
                f"{head}; it makes a SpecAugment that looks like {names[0]}'s: write its arguments as YAML, one `name: "
                "value` a line, and give that"
            )
    return f"{head}; a callable in it is given as FILE.py:NAME"
