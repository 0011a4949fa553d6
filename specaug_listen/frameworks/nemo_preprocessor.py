"""The front-end and the channel of NeMo's training configuration: ``model.preprocessor`` and ``channel_selector``.

NeMo's datasets count channels from 0; ``null`` keeps all channels, and a list selects several [1]_.

References
----------
.. [1] ``nemo/collections/asr/parts/preprocessing/segment.py``, ``select_channels``.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import Field

from ..audio.channels import OneChannel
from ..errors import ParameterError
from ..frontends import MelFrontend
from .argument_types import Count, LeastOne, Number, SampleRate, Share, words_for
from .config import Config, Section

__all__ = ["check_mask_bins", "class_of", "read_channel", "read_frontend"]

_MEL_CLASS = "AudioToMelSpectrogramPreprocessor"
_CEPSTRA_CLASS = "AudioToMFCCPreprocessor"
_NETWORK_NAMES = re.compile(r"ConvFeatureEncoder|wav2vec|w2v|hubert|wavlm|codec|token|embed", re.I)
# Keys that name the checkpoint from which a model starts.
_START_KEYS = (
    "pretrained_model",
    "nemo_model",
    "init_from_pretrained_model",
    "init_from_nemo_model",
    "init_from_ptl_ckpt",
)
# NeMo's speech synthesis writes false for missing values.
_Seconds = Annotated[Number | Literal[False] | None, Field(description="a number, false, or null")]
_Samples = Annotated[Count | Literal[False] | None, Field(description=f"{words_for(Count)}, false, or null")]
_Guard = Annotated[Number | Literal["tiny", "eps"], Field(description="a number, tiny or eps")]
_Normalize = Annotated[
    str | dict[str, Any] | Literal[False] | None,
    Field(description="per_feature, all_features, a mapping, or null"),
]
_WINDOWS = {"hann": "hann_symmetric", "hamming": "hamming_symmetric"}
_SMALLEST_VALUES = {"tiny": 2.0**-126, "eps": 2.0**-23}
_KEYS = (
    *("sample_rate", "window_size", "window_stride", "n_window_size", "n_window_stride", "window", "normalize"),
    *("n_fft", "preemph", "features", "lowfreq", "highfreq", "log", "log_zero_guard_type", "log_zero_guard_value"),
    *("dither", "pad_to", "pad_value", "pre_pad", "max_duration", "frame_splicing", "exact_pad", "stft_exact_pad"),
    *("stft_conv", "mag_power", "mel_norm", "nb_augmentation_prob", "nb_max_freq", "use_torchaudio", "use_grads"),
    *("device", "_target_", "target", "rng", "cls", "params"),
)


def class_of(section: Section) -> str:
    """Return the class name of a section, without its module; empty if it names none."""
    text: str = section.get("_target_", str, section.get("target", str, section.get("cls", str, "")))
    return text.rsplit(".", 1)[-1]


def read_frontend(config: Config, model: Section, section: Section | None) -> MelFrontend | None:
    """Read the front-end of a preprocessor's section; None, with a note, if it is not supported."""
    if section is None:
        return _usual_frontend(config, model)
    target = class_of(section)
    section = section.section("params") or section
    if not _is_mel(config, section, target):
        return None
    rate = section.get_noted("sample_rate", SampleRate, 16000)
    win_length = _samples(section, "window_size", "n_window_size", 0.02, rate)
    hop_length = _samples(section, "window_stride", "n_window_stride", 0.01, rate)
    normalize = section.get_noted("normalize", _Normalize, "per_feature")
    _note_rest(section, normalize)
    guard = section.get("log_zero_guard_value", _Guard, 2.0**-24)
    window = section.get("window", str | None, "hann") or "ones"
    changes: dict[str, Any] = {
        "sample_rate": rate,
        "n_fft": section.get("n_fft", LeastOne | None) or 1 << max(0, win_length - 1).bit_length(),
        "win_length": win_length,
        "hop_length": hop_length,
        "n_mels": section.get_noted("features", LeastOne, 64),
        "fmin_hz": section.get_float("lowfreq") or 0.0,
        "fmax_hz": section.get_float("highfreq"),
        "window": _WINDOWS.get(window, window),
        "preemphasis": section.get("preemph", Share | None, 0.97) or 0.0,
        "power": float(section.get("mag_power", Number, 2.0)),
        "log": "ln" if section.get("log", bool, True) else None,
        "floor": _SMALLEST_VALUES[guard] if isinstance(guard, str) else float(guard),
        "floor_mode": section.get("log_zero_guard_type", str, "add"),
        "normalize": normalize if normalize in ("per_feature", "all_features") else None,
        "mel_norm": section.get("mel_norm", Literal["slaney"] | None, "slaney"),
    }
    if section.get("use_torchaudio", bool, False):
        changes |= {"pad_mode": "reflect", "power": 2.0}  # as torchaudio's MelSpectrogram has them
    size, stride = (
        f"n_window_{what}" if section.data.get(f"n_window_{what}") else f"window_{what}" for what in ("size", "stride")
    )
    others = {"n_mels": "features", "fmin_hz": "lowfreq", "fmax_hz": "highfreq"}
    return config.preset("nemo", section.keys(win_length=size, hop_length=stride, **others), **changes)


def _usual_frontend(config: Config, model: Section) -> MelFrontend | None:
    """Return NeMo's default front-end; None if the model starts from a checkpoint, whose front-end is unknown."""
    for holder, key in ((holder, key) for holder in (model, config.root) for key in _START_KEYS if key in holder):
        name = holder.get(key, str | None) or "a model to be named"
        config.reject_frontend(f"{holder.prefix}{key}: the front-end is that of {name:.80}, which is not in the file")
        return None
    model.note(f"{model.prefix}preprocessor is missing; NeMo's default front-end is used")
    return config.preset("nemo")


def _is_mel(config: Config, section: Section, target: str) -> bool:
    """Whether the preprocessor computes a supported mel; otherwise raise, or note why not."""
    if target == _CEPSTRA_CLASS:
        raise ParameterError(
            f"{section.prefix}_target_={target!r:.80}: cepstral coefficients are not a mel spectrogram, so the masks "
            f"cannot be heard; allowed is {_MEL_CLASS}"
        )
    if _NETWORK_NAMES.search(target):
        raise ParameterError(
            f"{section.prefix}_target_={target!r:.80}: the output of a network is not a mel spectrogram, so the masks "
            f"cannot be heard; allowed is {_MEL_CLASS}"
        )
    if target not in ("", _MEL_CLASS):
        config.reject_frontend(f"{section.prefix}_target_: {target[:80]} is not supported")
        return False
    section.mark_known(_KEYS)
    if section.get("exact_pad", bool, False):
        config.reject_frontend(f"{section.prefix}exact_pad: this framing is not supported")
        return False
    return True


def _samples(section: Section, key: str, samples_key: str, default_s: float, rate: int) -> int:
    """Read a length in samples, or in seconds under another key."""
    samples, seconds = section.get(samples_key, _Samples), section.get(key, _Seconds, default_s)
    if samples and seconds:
        value = seconds if key in section else f"{seconds} (NeMo's default)"
        raise ParameterError(
            f"{section.prefix}{key}={value}, {samples_key}={samples}: NeMo raises with both; allowed is one of them, "
            f"write {key}: null"
        )
    if samples:
        return int(samples)
    seconds = section.get_noted(key, _Seconds, default_s)
    if not seconds or seconds < 0:
        raise ParameterError(
            f"{section.prefix}{key}={seconds}: allowed is more than 0 seconds, or a number of {samples_key}"
        )
    return int(seconds * rate)


def _note_rest(section: Section, normalize: Any) -> None:
    if normalize == "all_features":
        section.note_key("normalize", "all_features: a fill of 0 is the mean over all bins, not of each bin")
    elif isinstance(normalize, dict) and {"fixed_mean", "fixed_std"} <= set(normalize):
        section.note_key("normalize", "fixed_mean and fixed_std are left out; fill levels differ")
    elif normalize != "per_feature":
        rule = f": {str(normalize)[:60]} is not a rule of NeMo's, so nothing is normalised" if normalize else ""
        section.note_key(f"normalize{rule}", "fill values are in the scale of features without normalisation")
    if section.get("nb_augmentation_prob", Share, 0.0):
        section.note_key("nb_augmentation_prob", "some clips lose all above nb_max_freq in training, left out")
    if section.get("dither", Number, 1e-5):
        section.note_key("dither", "noise in training, left out")
    if section.get("frame_splicing", Count, 1) > 1:
        raise ParameterError(f"{section.prefix}frame_splicing: stacked frames are not a mel spectrogram; allowed is 1")


def check_mask_bins(masks: Section, arguments: dict[str, Any], preprocessor: Section) -> None:
    """Refuse masks of more bins than the mel has, where NeMo raises an error for every clip."""
    if class_of(preprocessor) not in ("", _MEL_CLASS):
        return
    preprocessor = preprocessor.section("params") or preprocessor
    n_mels = preprocessor.get("features", LeastOne, 64)
    is_vectorised = arguments["use_vectorized_spec_augment"] and not arguments["use_numba_spec_augment"]
    vectorised = "its vectorised masks (use_vectorized_spec_augment: true, use_numba_spec_augment: false)"
    for number, key, instead in (
        ("rect_masks", "rect_freq", "rect_masks: 0"),
        ("freq_masks", "freq_width", vectorised),
    ):
        if not arguments[number] or arguments[key] <= n_mels or (key == "freq_width" and is_vectorised):
            continue
        default = "" if "features" in preprocessor else ", NeMo's default"
        raise ParameterError(
            f"{masks.prefix}{key}={arguments[key]}: wider than the {n_mels} bins of {preprocessor.prefix}features"
            f"{default}, and NeMo raises an error; allowed is at most {n_mels}, or {instead}"
        )


# --- channels ---

_CHANNEL_KEY = "channel_selector"
# SpecAugment runs in training, so the channel of the training set counts first.
_DATASET_SECTIONS = ("train_ds", "validation_ds", "test_ds")


def read_channel(root: Section, model: Section) -> tuple[OneChannel | None, str]:
    """Return the channel that the datasets select, counted from 1, and the line that selects it.

    None if no dataset selects one, or if it is not a single channel, which is noted.
    """
    sections = [section for section in _dataset_sections(root, model) if section.get(_CHANNEL_KEY, Any) is not None]
    if not sections:
        return None, ""
    first, *others = sections
    value, key = first.get(_CHANNEL_KEY, Any), _channel_line(first)
    for other in others:
        if other.get(_CHANNEL_KEY, Any) != value:
            first.note(f"{_channel_line(other)} differs from {key}, which is used")
    if isinstance(value, list) and len(value) == 1:
        (value,) = value
    if value == "average":
        return "mean", key
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value + 1, key
    first.note(
        f"{key} does not select one channel; allowed is an index from 0, a list of one, average or null; the mean of "
        "all channels is heard, choose another with --channel"
    )
    return None, ""


def _channel_line(section: Section) -> str:
    return f"{section.prefix}{_CHANNEL_KEY}: {section.get(_CHANNEL_KEY, Any)!s:.60}"


def _dataset_sections(root: Section, model: Section) -> list[Section]:
    places = [model] if model.place == root.place else [model, root]
    below = [
        place.section(key) for key in _DATASET_SECTIONS for place in places if isinstance(place.data.get(key), dict)
    ]
    datasets = [section for section in below if section is not None]
    training = [section for section in datasets if section.place[-1] == "train_ds"]
    return [*training, *places, *(section for section in datasets if section not in training)]
