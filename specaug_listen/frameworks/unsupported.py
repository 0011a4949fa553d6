"""Files that cannot be read: configurations of other frameworks, programs, command-line options, pages, weights.

A framework is known by keys and values that no other has, everything else by how it looks.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from .._files import printable
from .._yaml import Tagged
from .registry import owners, spelling

__all__ = ["Unsupported", "file_kind", "unsupported_framework"]

_MAX_KEYS = 6


class Unsupported(NamedTuple):
    """A framework whose files are recognised, but not read.

    Parameters
    ----------
    name : str
    keys : list of str
        The keys and values by which it was recognised.
    differs : str
        Why it must not be read as another framework's.
    """

    name: str
    keys: list[str]
    differs: str

    @property
    def words(self) -> str:
        """Name, keys and difference, as a clause."""
        keys = [printable(key)[:60] for key in self.keys[:_MAX_KEYS]] + ["..."] * (len(self.keys) > _MAX_KEYS)
        return f"looks like {self.name} ({', '.join(keys)}), which is not supported yet: {self.differs}"


class _Known(NamedTuple):
    """A framework and how its files are recognised.

    In dotted paths, ``*`` stands for every entry of a list or mapping, and the empty path for the top level; a file
    that is a list is below the empty key.

    Parameters
    ----------
    name, differs : str
    keys : mapping
        For the path of a section, a pattern of the keys that no other framework has there.
    values : mapping
        For the path of a text, a pattern of the values that no other framework has there.
    beside : str
        A key that must be at the top level as well.
    """

    name: str
    differs: str
    keys: Mapping[str, str] = {}
    values: Mapping[str, str] = {}
    beside: str = ""

    def matches(self, data: Mapping[str, Any]) -> Iterator[str]:
        """Yield the keys and values that identify the framework."""
        if self.beside and not any(re.fullmatch(self.beside, str(key)) for key in data):
            return
        for path, pattern in self.keys.items():
            for section in _walk(data, path.split(".") if path else []):
                names = map(str, section) if isinstance(section, Mapping) else ()
                yield from (f"{path}.{name}".lstrip(".") for name in names if re.fullmatch(pattern, name))
        for path, pattern in self.values.items():
            for value in _walk(data, path.split(".")):
                if isinstance(value, str) and re.fullmatch(pattern, value):
                    yield f"{path.replace('*', '').replace('..', '.').strip('.')}: {value}"


def _walk(value: Any, path: list[str]) -> Iterator[Any]:
    """Yield what is at a path; see `_Known`."""
    value = value.value if isinstance(value, Tagged) else value
    if not path:
        yield value
        return
    inside = value if isinstance(value, Mapping) else dict(enumerate(value)) if isinstance(value, list) else {}
    for key, inner in inside.items():
        if path[0] in ("*", key):
            yield from _walk(inner, path[1:])


def unsupported_framework(data: Any) -> Unsupported | None:
    """Return the unsupported framework that a file seems to belong to; None if it is none of these.

    Examples
    --------
    >>> unsupported_framework({"spec_aug": {"freq_mask_ratio": 0.15, "n_freq_masks": 2}}).name
    "PPASR's or MASR's configuration"
    >>> unsupported_framework({"dataset_conf": {"spec_aug": True}}) is None
    True
    """
    data = {"": data} if isinstance(data, list) else data
    for framework in _FRAMEWORKS:
        keys = list(dict.fromkeys(framework.matches(data)))
        if keys:
            return Unsupported(framework.name, keys, framework.differs)
    return None


_RATIOS = "freq_mask_ratio|time_mask_ratio|max_f_ratio|max_t_ratio"
_TENSORFLOW_ASR = "feature_augment|signal_augment|augmentation_config|before|after"
_WIDTHS = "min_freq|max_freq|min_time|max_time"
_LATENTS = r"(?i:.*(?:wav2vec|w2v|hubert|data2vec|wavlm|unispeech|bestrq).*)|audio_.*"
_FRAMEWORKS = (
    _Known(
        "wekws' configuration",
        "WeNet's masks have the same names, but WeNet ignores feature_extraction_conf and would use a filterbank of 23 "
        "bins",
        {"dataset_conf": "feature_extraction_conf|context_expansion|frame_skip"},
    ),
    _Known(
        "wespeaker's configuration",
        "its masks are applied after subtracting the mean of each bin, with probability prob, and are the same for the "
        "whole batch; WeNet's arguments have the same names, but its masks differ",
        {"dataset_args": "spec_aug_args|fbank_args|spec_aug|num_frms"},
    ),
    _Known(
        "FunASR's configuration",
        "it stacks lfr_m frames of Kaldi's filterbank (Hamming window), keeps every lfr_n-th and masks the result; "
        "ESPnet's front-end and masks have the same names, but differ",
        {"frontend_conf": "lfr_m|lfr_n", "specaug_conf": "lfr_rate", "dataset_conf": "index_ds"},
        {
            "frontend": r"WavFrontend\w*|wav_frontend\w*|WhisperFrontend",
            "specaug": "SpecAugLFR|specaug_lfr",
        },
    ),
    _Known(
        "PPASR's or MASR's configuration",
        "its masks are shares of bins and frames: a width is drawn up to a ratio of the size; its warp differs, too",
        {
            **dict.fromkeys(
                ("", "spec_aug", "spec_aug_args", "specaug", "augment_conf.spec_aug", "augment_conf.spec_aug_args"),
                _RATIOS,
            ),
            "preprocess_conf": "feature_method|use_dB_normalization",
        },
        {"*.*.aug_type": ".*"},
    ),
    _Known(
        "PaddleSpeech's configuration",
        "its steps, possibly in another file, mask Kaldi's filterbank with the mean or 0 after a CMVN whose statistics "
        "are in a third file, and its warp is PIL's",
        {"": "preprocess_config"},
        {
            "process.*.type": "fbank_kaldi|cmvn_json|LogMelSpectrogramKaldi|global_cmvn_json",
            "augmentation_config": ".*",
            ".*.type": "specaug|specsub",
        },
    ),
    _Known(
        "ESPnet 1's list of steps",
        "its steps mask features that were computed elsewhere, with the mean or 0, and its warp is PIL's; ESPnet 2's "
        "specaug_conf differs",
        values={"process.*.type": "time_warp|freq_mask|time_mask|spec_augment|.*fbank.*"},
    ),
    _Known(
        "s3prl's configuration",
        "it has adaptive counts and widths of masks, includes the upper bound, and clears the padding again; ESPnet's "
        "arguments have the same names, but its masks differ",
        {
            "specaug": "apply_time_warp|apply_freq_mask|apply_time_mask|adaptive",
            "": "adaptive_number_ratio|adaptive_size_ratio",
        },
    ),
    _Known(
        "neural_sp's configuration",
        "NeMo's freq_width and time_width have the same names, but its masks differ",
        {"": "n_freq_masks|n_time_masks|time_width_upper"},
        beside="freq_width|time_width",
    ),
    _Known(
        "fairseq's configuration of wav2vec, HuBERT or data2vec",
        "its masks fall on the output of a network, not on a mel spectrogram, so they cannot be heard",
        values={"model._name": _LATENTS, "task._name": _LATENTS},
    ),
    _Known(
        "TensorFlowASR's configuration",
        "its masks and front-end are not supported",
        dict.fromkeys(
            ("augmentation_config", "learning_config.augmentations", "data_config.train_dataset_config"),
            _TENSORFLOW_ASR,
        ),
    ),
    _Known(
        "torchlibrosa's SpecAugmentation, as in PANNs",
        "its stripes are up to width - 1 bins or frames wide, and applied after a batch normalisation",
        {"": "time_drop_width|time_stripes_num|freq_drop_width|freq_stripes_num"},
    ),
    _Known(
        "AST's arguments",
        "its masks are torchaudio's, one per axis, on Kaldi's filterbank of 128 bins padded to a fixed length; neither "
        "front-end nor padding is in the file",
        {"": "freqm"},
        beside="timem",
    ),
    _Known(
        "openspeech's or KoSpeech's configuration",
        "its masks and front-end are not supported",
        dict.fromkeys(("augment", "audio", "train", "dataset", ""), "freq_mask_para|freq_mask_num|time_mask_num"),
    ),
    _Known(
        "the configuration of NVIDIA's Jasper, QuartzNet or MLPerf RNN-T examples",
        "its widths have a minimum, too; NeMo shares some names of arguments, but its masks differ",
        {"spec_augment": _WIDTHS, "input_train.spec_augment": _WIDTHS},
    ),
    _Known(
        "Athena's configuration",
        "its masks and front-end are not supported; WeNet's arguments have the same names, but its masks differ",
        dict.fromkeys(("dataset_config", "trainset_config", ""), "spectral_augmentation"),
    ),
    _Known(
        "a list of icefall's options",
        "they set only the warp, and the masks are in the recipe's asr_datamodule.py; give --policy icefall, with "
        "--set W=N for another --spec-aug-time-warp-factor",
        {"": "[-_]*(?:enable[-_]spec[-_]aug|spec[-_]aug[-_]time[-_]warp[-_]factor)"},
    ),
    _Known(
        "Espresso's configuration",
        "its masks are Python code in a text, which is not run",
        dict.fromkeys(("", "task"), "specaugment_config"),
    ),
    _Known(
        "audiomentations' list",
        "it changes waveforms; give it with --waveform",
        values={"__class_fullname__": ".*"},
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
    r"""Say what a file seems to be and what to give instead, as the tail of a message; empty if unknown.

    ``text`` is None for binary files.

    Examples
    --------
    >>> file_kind("--sample-frequency=16000\n--num-mel-bins=40\n", "fbank.conf")
    "looks like options of a command line (Kaldi's or another), without masks that are supported"
    """
    name = os.fspath(path).lower()
    if text is None:
        return "looks like weights, without a configuration in it" if name.endswith((".pt", ".bin", ".ckpt")) else ""
    if name.endswith(".py") or _PYTHON_LINE.search(text):
        return _of_python(text)
    if name.endswith((".sh", ".bash")) or _SHELL_LINE.search(text):
        return "looks like a shell script, which is never run; give the configuration that it uses for training"
    lines = [line.strip() for line in text.splitlines() if line.strip() and not line.strip().startswith("#")]
    if any(_ICEFALL_OPTION.search(line) for line in lines):
        return (
            "looks like options of an icefall recipe, which set only its warp; give --policy icefall, with --set W=N "
            "for another --spec-aug-time-warp-factor"
        )
    if any(line.startswith("spec-augment-layer ") for line in lines):
        return (
            "looks like a Kaldi network (xconfig) with a spec-augment-layer, whose masks are shares of bins and frames "
            "and not supported yet"
        )
    if any(_DEEPSPEECH_OPTION.search(line) for line in lines):
        return "looks like options of DeepSpeech or Coqui STT, whose masks are not supported yet"
    if (
        lines
        and _TABLE_LINE.fullmatch(lines[0])
        and all(_TABLE_LINE.fullmatch(line) or "=" in line for line in lines[:5])
    ):
        return "looks like TOML or INI, which is not read; write it as YAML, one `name: value` per line"
    if lines and all(
        _OPTION_LINE.fullmatch(line) and line.startswith("-") and not line.startswith("- ") for line in lines
    ):
        return "looks like options of a command line (Kaldi's or another), without masks that are supported"
    if _PAGE_BEGINNING.match(text):
        return "looks like a web page; download the file itself (on GitHub: Raw)"
    return ""


def _of_python(text: str) -> str:
    """Say what to give instead of Python code: its SpecAugment's arguments as YAML, or a callable."""
    head = "looks like Python, which is never run"
    for inside in _SPECAUGMENT_CALL.findall(text):
        names = owners(_ARGUMENT.findall(inside))
        if names:
            return (
                f"{head}; it creates a SpecAugment that looks like {spelling(names[0])}'s: give its arguments as YAML, "
                "one `name: value` per line"
            )
    return f"{head}; for a callable in it, give FILE.py:NAME"
