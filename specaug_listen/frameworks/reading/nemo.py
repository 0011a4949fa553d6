"""NeMo's training configuration: ``model.spec_augment`` and ``model.preprocessor``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from ...augment.policy import NONE, Policy
from ...errors import ParameterError
from ...frontends import MelFrontend
from ..nemo import nemo_patch_policy, nemo_policy
from .arguments import NEMO, NEMO_PATCHES
from .channels import read_channel
from .config import Config, Found, Section
from .detect import model_places
from .fields import COUNT, FLAG, LEAST_ONE, NUMBER, RATE, SHARE, TEXT, Kind, one_of, or_none

__all__ = ["read_nemo"]

_MASKS_AT = ("spec_augment", "spec_augment_config")
_PREPROCESSORS = ("preprocessor", "preprocessor_config")
# Where a model starts from another, whose front-end it keeps.
_STARTS = ("pretrained_model", "nemo_model", "init_from_pretrained_model", "init_from_nemo_model", "init_from_ptl_ckpt")
_NETWORKS = re.compile(r"ConvFeatureEncoder|wav2vec|w2v|hubert|wavlm|codec|token|embed", re.I)
_MASKS = "SpectrogramAugmentation"
_PATCHES = "MaskedPatchAugmentation"
_MEL = "AudioToMelSpectrogramPreprocessor"
_CEPSTRA = "AudioToMFCCPreprocessor"
_NORMALIZE = Kind(
    "per_feature, all_features, a mapping, or null", lambda v: v in (None, False) or isinstance(v, str | dict)
)
# NeMo's speech synthesis writes false for what is not given.
_SECONDS = Kind("a number, false, or null", lambda v: v in (None, False) or NUMBER.fits(v))
_SAMPLES = Kind(f"{COUNT.allowed}, false, or null", lambda v: v in (None, False) or COUNT.fits(v))
_GUARD = Kind("a number, tiny or eps", lambda v: v in ("tiny", "eps") if isinstance(v, str) else NUMBER.fits(v))
_WINDOWS = {"hann": "hann_symmetric", "hamming": "hamming_symmetric"}
_SMALLEST = {"tiny": 2.0**-126, "eps": 2.0**-23}
_OF_PREPROCESSOR = (
    *(
        "sample_rate",
        "window_size",
        "window_stride",
        "n_window_size",
        "n_window_stride",
        "window",
        "normalize",
        "n_fft",
    ),
    *("preemph", "features", "lowfreq", "highfreq", "log", "log_zero_guard_type", "log_zero_guard_value", "dither"),
    *("pad_to", "pad_value", "pre_pad", "max_duration", "frame_splicing", "exact_pad", "stft_exact_pad", "stft_conv"),
    *("mag_power", "mel_norm", "nb_augmentation_prob", "nb_max_freq", "use_torchaudio", "use_grads", "device"),
)
_RECTANGLES = ("rect_masks", ["rect_time", "rect_freq"])
_UNHEARD = ("_target_", "target", "rng", "cls", "params")


def read_nemo(config: Config) -> Found:
    """The policy and the front-end of a model's configuration, or of bare arguments."""
    root = config.root
    model = _model(root)
    config.channel, config.channel_key = read_channel(root, model)
    preprocessor = _first(model, _PREPROCESSORS)
    outer = None
    if preprocessor is not None and preprocessor.section("preprocessor") is not None:
        # Of a preprocessor that is a network, the mel and its masks stand within.
        outer, model = preprocessor, preprocessor
        model.note(f"{model.where}_target_: {_target(model, '_target_')[:80]}: the mel within it is what is masked")
        preprocessor = model.section("preprocessor")
    elif preprocessor is None and model.where != root.where:
        # Masks that stand one section deeper than the preprocessor.
        preprocessor = _first(root.section("model") or root, _PREPROCESSORS)
    masks = _masks(model, outer, root)
    if masks is None and not {*_MASKS_AT, *_PREPROCESSORS} & set(model.data):
        root.note("the file names no front-end; NeMo's own is meant")
        return Found(_policy(config, root), config.preset("nemo"))
    _refuse_blocks(model)
    if masks is None:
        _refuse_merged(root)
        model.note(f"{model.where}spec_augment is missing or null: nothing is masked")
        policy = Policy(NONE.transforms, config.name, dialect="nemo")
    else:
        policy = _policy(config, masks, preprocessor)
    return Found(policy, _frontend(config, model, preprocessor))


def _first(section: Section, keys: Sequence[str]) -> Section | None:
    return next((held for key in keys if (held := section.section(key)) is not None), None)


def _model(root: Section) -> Section:
    """Where the sections stand: below ``model``, of a speech language model one deeper."""
    model = root.section("model") or root
    places = model_places(model.data)
    if len(places) > 1:
        names = " and ".join(".".join((*model.where.split(".")[:-1], *place)) or "the top" for place in places)
        raise ParameterError(f"masks stand in {names}, and nothing says which are drawn; keep those of one")
    inner = model.section(places[0][0]) if places and places[0] else None
    return inner if inner is not None else model


def _masks(model: Section, outer: Section | None, root: Section) -> Section | None:
    masks = _first(model, _MASKS_AT)
    if outer is not None and masks is None:
        around = _first(_model(root), _MASKS_AT)
        if around is not None:
            raise ParameterError(
                f"{around.where[:-1]}: with {outer.where[:-1]} of its kind, these masks fall on what a network made of "
                "the mel spectrogram, so they cannot be heard"
            )
    return masks


def _refuse_blocks(model: Section) -> None:
    """Of models that train themselves, the masks stand elsewhere and are others."""
    blocks = model.section("masking")
    target = "" if blocks is None else _target(blocks, "_target_")
    if blocks is not None and target.endswith("BlockMasking"):
        raise ParameterError(
            f"{blocks.where}_target_={target!r:.80}: blocks that are masked to be predicted cannot be had here, and "
            "spec_augment is not used beside them; allowed is a model without masking"
        )


def _refuse_merged(root: Section) -> None:
    merged = root.data.get("defaults")
    if isinstance(merged, list) and merged:
        raise ParameterError(
            "spec_augment is missing, and hydra merges other files in (`defaults`), which are not read; give what the "
            "training script prints with --cfg job"
        )


def _policy(config: Config, section: Section, preprocessor: Section | None = None) -> Policy:
    target = _target(section, "_target_")
    section = section.section("params") or section  # before Hydra: target and params
    if target == _PATCHES or (target == "" and {"patch_size", "mask_patches"} & set(section.data)):
        arguments = section.arguments(nemo_patch_policy, NEMO_PATCHES, _UNHEARD)
        _note_numbers(section, "mask_patches", "patches", "the shortest clip of the batch")
        return section.made(nemo_patch_policy, arguments, name=config.name)
    if target not in ("", _MASKS):
        raise ParameterError(f"{section.where}_target_={target!r:.80}: allowed is one of {_MASKS}, {_PATCHES}")
    arguments = section.arguments(nemo_policy, NEMO, _UNHEARD)
    for number, widths in (("freq_masks", ["freq_width"]), ("time_masks", ["time_width"]), _RECTANGLES):
        idle = [f"{section.where}{key}" for key in widths if key in section]
        if number in section and not arguments[number] and idle:
            section.note(f"{', '.join(idle)}: without effect, {number} is 0")
    if preprocessor is not None:
        _refuse_misfits(section, arguments, preprocessor)
    _note_numbers(section, "time_width", "frames", "the clip")
    return section.made(nemo_policy, arguments, name=config.name)


def _refuse_misfits(section: Section, arguments: dict[str, Any], preprocessor: Section) -> None:
    """Where NeMo raises for every clip, as a mask is wider than the mel has bands."""
    if _target(preprocessor, "_target_") not in ("", _MEL):
        return
    preprocessor = preprocessor.section("params") or preprocessor
    bands = preprocessor.get("features", LEAST_ONE, 64)
    is_vectorised = arguments["use_vectorized_spec_augment"] and not arguments["use_numba_spec_augment"]
    vectorised = "its vectorised masks (use_vectorized_spec_augment: true, use_numba_spec_augment: false)"
    for number, key, instead in (
        ("rect_masks", "rect_freq", "rect_masks: 0"),
        ("freq_masks", "freq_width", vectorised),
    ):
        if not arguments[number] or arguments[key] <= bands or (key == "freq_width" and is_vectorised):
            continue
        given = "" if "features" in preprocessor else ", NeMo's default"
        raise ParameterError(
            f"{section.where}{key}={arguments[key]}: wider than the {bands} bins of {preprocessor.where}features"
            f"{given}, and NeMo raises there; allowed is at most {bands}, or {instead}"
        )


def _note_numbers(section: Section, key: str, unit: str, whole: str) -> None:
    value = section.get(key, NUMBER)
    if isinstance(value, float) and value == 1.0:
        section.note(f"{section.where}{key}: 1.0 is a share, all of {whole}; 1 would be one of the {unit}")
    elif value == 1:
        section.note(f"{section.where}{key}: 1 is a number of {unit}; 1.0 would be all of {whole}")


def _target(section: Section, key: str) -> str:
    text: str = section.get(key, TEXT, section.get("target", TEXT, section.get("cls", TEXT, "")))
    return text.rsplit(".", 1)[-1]


def _frontend(config: Config, model: Section, section: Section | None) -> MelFrontend | None:
    if section is None:
        for holder, key in ((holder, key) for holder in (model, config.root) for key in _STARTS if key in holder):
            name = holder.get(key, or_none(TEXT)) or "a model to be named"
            config.no_frontend(f"{holder.where}{key}: the front-end is that of {name:.80}, which is not in the file")
            return None
    if section is None:
        model.note(f"{model.where}preprocessor is missing; NeMo's own front-end is meant")
        return config.preset("nemo")
    target = _target(section, "_target_")
    section = section.section("params") or section
    if not _is_mel(config, section, target):
        return None
    rate = section.take("sample_rate", RATE, 16000)
    win_length = _samples(section, "window", 0.02, rate)
    hop_length = _samples(section, "stride", 0.01, rate, "window_stride", "n_window_stride")
    default_fft = 1 << max(0, win_length - 1).bit_length()
    normalize = section.take("normalize", _NORMALIZE, "per_feature")
    _note_rest(section, normalize)
    guard = section.get("log_zero_guard_value", _GUARD, 2.0**-24)
    changes: dict[str, Any] = {
        "sample_rate": rate,
        "n_fft": section.get("n_fft", or_none(LEAST_ONE)) or default_fft,
        "win_length": win_length,
        "hop_length": hop_length,
        "n_mels": section.take("features", LEAST_ONE, 64),
        "fmin_hz": float(section.get("lowfreq", or_none(NUMBER)) or 0.0),
        "fmax_hz": _top(section),
        "window": _window(section),
        "preemphasis": section.get("preemph", or_none(SHARE), 0.97) or 0.0,
        "power": float(section.get("mag_power", NUMBER, 2.0)),
        "log": "ln" if section.get("log", FLAG, True) else None,
        "floor": _SMALLEST[guard] if isinstance(guard, str) else float(guard),
        "floor_mode": section.get("log_zero_guard_type", TEXT, "add"),
        "normalize": normalize if normalize in ("per_feature", "all_features") else None,
        "mel_norm": section.get("mel_norm", or_none(one_of("slaney")), "slaney"),
    }
    if section.get("use_torchaudio", FLAG, False):
        changes |= {"pad_mode": "reflect", "power": 2.0}  # as torchaudio's MelSpectrogram has them
    return config.preset("nemo", _keys(section), **changes)


def _keys(section: Section) -> dict[str, str]:
    window, stride = (
        f"n_window_{what}" if section.data.get(f"n_window_{what}") else f"window_{what}" for what in ("size", "stride")
    )
    of_bands = {"n_mels": "features", "fmin_hz": "lowfreq", "fmax_hz": "highfreq"}
    return section.keys(win_length=window, hop_length=stride, **of_bands)


def _is_mel(config: Config, section: Section, target: str) -> bool:
    """Whether it is a preprocessor that we have; says so where it is not."""
    if target == _CEPSTRA:
        raise ParameterError(
            f"{section.where}_target_={target!r:.80}: cepstral coefficients are no mel spectrogram, so the masks "
            f"cannot be heard; allowed is {_MEL}"
        )
    if _NETWORKS.search(target):
        raise ParameterError(
            f"{section.where}_target_={target!r:.80}: what a network makes of the waveform is no mel spectrogram, so "
            f"the masks cannot be heard; allowed is {_MEL}"
        )
    if target not in ("", _MEL):
        config.no_frontend(f"{section.where}_target_: {target[:80]} is not known here")
        return False
    section.knows({*_OF_PREPROCESSOR, *_UNHEARD})
    if section.get("exact_pad", FLAG, False):
        config.no_frontend(f"{section.where}exact_pad: frames that lie so cannot be had here")
        return False
    return True


def _samples(
    section: Section, what: str, default_s: float, rate: int, key: str = "window_size", other: str = "n_window_size"
) -> int:
    samples = section.get(other, _SAMPLES)
    seconds = section.get(key, _SECONDS, default_s)
    if samples and seconds:
        said = seconds if key in section else f"{seconds} (NeMo's default)"
        raise ParameterError(
            f"{section.where}{key}={said}, {other}={samples}: NeMo raises with both; allowed is one of them, write "
            f"{key}: null"
        )
    if samples:
        return int(samples)
    seconds = section.take(key, _SECONDS, default_s)
    if not seconds or seconds < 0:
        raise ParameterError(f"{section.where}{key}={seconds}: allowed is more than 0 seconds, or a number of {other}")
    return int(seconds * rate)


def _top(section: Section) -> float | None:
    top = section.get("highfreq", or_none(NUMBER))
    return None if top is None else float(top)


def _window(section: Section) -> str:
    window: str = section.get("window", or_none(TEXT), "hann") or "ones"
    return _WINDOWS.get(window, window)


def _note_rest(section: Section, normalize: Any) -> None:
    if normalize == "all_features":
        section.note(f"{section.where}normalize: all_features: a filled 0 is the mean over all bands, not of each")
    elif isinstance(normalize, dict) and {"fixed_mean", "fixed_std"} <= set(normalize):
        section.note(f"{section.where}normalize: fixed_mean and fixed_std are left out; fill levels differ")
    elif normalize != "per_feature":
        said = f": {str(normalize)[:60]} is none of NeMo's rules, so it does not normalise" if normalize else ""
        section.note(f"{section.where}normalize{said}: a filled value is in the scale of the features as they are")
    if section.get("nb_augmentation_prob", SHARE, 0.0):
        section.note(f"{section.where}nb_augmentation_prob: some clips lose all above nb_max_freq, left out")
    if section.get("dither", NUMBER, 1e-5):
        section.note(f"{section.where}dither: noise in training, left out")
    if section.get("frame_splicing", COUNT, 1) > 1:
        raise ParameterError(f"{section.where}frame_splicing: features of several frames are no mel; allowed is 1")
