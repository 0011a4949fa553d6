"""ESPnet2's ``SpecAug`` [1]_: warp, frequency masks and time masks, applied before the model's normalisation.

Reads its training configuration (``specaug_conf``, ``frontend_conf``, ``normalize``), or that of its Whisper encoder.

References
----------
.. [1] ``espnet2/asr/specaug/specaug.py``, ``espnet2/layers/mask_along_axis.py``, ``espnet2/layers/time_warp.py``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from ..audio.sound import MIN_RATE_HZ
from ..augment import NONE, Mask, Policy, Warp
from ..errors import ParameterError
from ..frontends import ESPNET as FRONTEND
from ..frontends import MelFrontend
from .argument_types import Count, LeastOne, PolicyName, SampleRate, Shares, Widths, check_arguments
from .config import Config, Section
from .framework import Framework, PolicyAndFrontend
from .neutral import NeutralPolicy, to_yaml

__all__ = ["ESPNET", "espnet_mask", "espnet_policy", "width_range"]

_Mode = Annotated[Literal["bicubic", "bilinear"], Field(description="bicubic or bilinear")]


@check_arguments
def espnet_policy(
    *,
    apply_time_warp: bool = True,
    time_warp_window: Count = 5,
    time_warp_mode: _Mode = "bicubic",
    apply_freq_mask: bool = True,
    freq_mask_width_range: Widths = (0, 20),
    num_freq_mask: Count = 2,
    apply_time_mask: bool = True,
    time_mask_width_range: Widths | None = None,
    time_mask_width_ratio_range: Shares | None = None,
    num_time_mask: Count = 2,
    replace_with_zero: bool = True,
    name: PolicyName = "espnet",
) -> Policy:
    """Make the policy of ``SpecAug``'s own arguments, with its own defaults.

    Raises
    ------
    ParameterError
        Where ESPnet raises an error: neither masks nor a warp; no range of time widths, or two; an empty range of
        widths; a count or a window of 0 while its switch is on.

    Examples
    --------
    >>> espnet_policy(time_mask_width_ratio_range=(0.0, 0.05), num_time_mask=10).transforms[2].count
    10
    """
    if not (apply_time_warp or apply_freq_mask or apply_time_mask):
        raise ParameterError("apply_time_warp, apply_freq_mask and apply_time_mask are all false: set one of them")
    ranges = {
        "time_mask_width_range": time_mask_width_range,
        "time_mask_width_ratio_range": time_mask_width_ratio_range,
    }
    if apply_time_mask and list(ranges.values()).count(None) != 1:
        values = ", ".join(f"{key}={value}" for key, value in ranges.items())
        raise ParameterError(f"{values}: exactly one of them is needed")
    transforms, fill = list[Mask | Warp](), 0.0 if replace_with_zero else "mean"
    if apply_time_warp:
        _check_drawable("apply_time_warp", time_warp_window=time_warp_window)
        transforms.append(Warp(time_warp_window, "bicubic" if time_warp_mode == "bicubic" else "linear_halves"))
    if apply_freq_mask:
        _check_drawable("apply_freq_mask", num_freq_mask=num_freq_mask, freq_mask_width_range=freq_mask_width_range)
        transforms.append(espnet_mask("frequency", num_freq_mask, width_range(freq_mask_width_range), fill))
    if apply_time_mask:
        _check_drawable("apply_time_mask", num_time_mask=num_time_mask, **ranges)
        widths = width_range(time_mask_width_range or 0)
        if time_mask_width_ratio_range is not None:
            low, high = _low_and_high(time_mask_width_ratio_range)
            widths = {"min_ratio": float(low), "max_ratio": float(high), "ratio_rule": "replaces"}
        transforms.append(espnet_mask("time", num_time_mask, widths, fill))
    return Policy(tuple(transforms), name, framework="espnet")


def espnet_mask(axis: Literal["time", "frequency"], count: int, widths: dict[str, Any], fill: Any) -> Mask:
    """Make masks as ``mask_along_axis`` draws them; SpeechBrain's old masks were copied from it."""
    return Mask(
        axis,
        count,
        count_rule="fixed",
        width_rule="exclusive",
        start_rule="below_widest",
        order="widths_first",
        over="padded",
        together=True,
        fill=fill,
        fill_over="current",
        **widths,
    )


def width_range(widths: int | tuple[int, int]) -> dict[str, Any]:
    """Return a mask's widths for ESPnet's range, where one number is the upper bound and the lower one is 0."""
    low, high = _low_and_high(widths)
    return {"min_width": int(low), "max_width": int(high)}


def _check_drawable(switch: str, **values: float | tuple[float, float] | None) -> None:
    """Raise where ESPnet raises an error while a switch is on: for counts of 0 and for ranges that hold no width."""
    for key, value in values.items():
        low, high = (0, 1) if value is None else _low_and_high(value)
        if high <= low:
            why = "; allowed is 1 or more"
            if key.endswith("_range"):
                why = f", because the upper bound is exclusive; allowed is an upper bound above {low}"
            text = list(value) if isinstance(value, tuple) else value
            raise ParameterError(f"{key}={text}: ESPnet raises an error{why}, or {switch}: false")


def _low_and_high(value: float | tuple[float, float]) -> tuple[float, float]:
    return value if isinstance(value, tuple) else (0, value)


# Front-ends whose output is not a mel spectrogram: latents, embeddings, tokens, stacked features, waveforms.
_NO_MEL_NAMES = re.compile(
    r"s3prl|fused|wav2?vec|w2v|hubert|wavlm|data2vec|xls|embed|patch|token|codec|latent|encoder|bert|asteroid|sliding|"
    r"whisper|cnn|huggingface|raw|discrete|linear_spectrogram|mfcc",
    re.I,
)
_FRONTEND_KEYS = (
    *("fs", "n_fft", "win_length", "hop_length", "window", "center", "normalized", "onesided", "n_mels", "fmin"),
    *("fmax", "htk", "apply_stft"),
)
_WAVEFORM_NAMES = re.compile(r"wav2?vec|w2v|hubert|wavlm|data2vec|xls", re.I)
_OWN_MEL_NAMES = re.compile(r"whisper|beats|dasheng", re.I)
# Sections of ESPnet's other tasks, whose networks take a waveform, tokens or their own spectrogram.
_OTHER_TASKS = ("separator", "lm", "tts", "svs", "vocoder", "codec", "extractor", "diffusion", "enh_encoder")
# Section names that ESPnet shares with other toolkits, and keys that only ESPnet has beside them.
_SECTIONS = ("encoder_conf", "decoder_conf", "model_conf")
_BESIDE_SECTIONS = {
    *("val_scheduler_criterion", "best_model_criterion", "keep_nbest_models", "batch_bins", "token_list"),
    *("unused_parameters", "num_att_plot", "fold_length", "num_iters_per_epoch", "use_preprocessor"),
    "early_stopping_criterion",
}


def _in_hz(value: Any) -> int | None:
    """Read a sample rate such as 16000, "16000", "16k" or "16 kHz"."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    match = re.fullmatch(r"(\d{1,6}(?:\.\d{1,3})?)\s*(k?)(?:hz)?", str(value).strip().lower())
    return None if match is None else int(float(match[1]) * (1000 if match[2] else 1))


def _name_or_null(value: Any) -> Any:
    """Read a class name as ESPnet does: case is ignored, and none, null and nil mean null."""
    name = value.strip().lower() if isinstance(value, str) else value
    return None if name in ("none", "null", "nil") else name


_Rate = Annotated[
    SampleRate,
    BeforeValidator(_in_hz),
    Field(description=f"a sample rate in Hz, from {MIN_RATE_HZ} to 768000, or a text such as 16k"),
]
_ClassName = Annotated[str | None, BeforeValidator(_name_or_null)]
_Size = Annotated[Count | None, BeforeValidator(_name_or_null)]


def _detect(key: str, value: Any) -> bool:
    return key == "encoder_conf" and isinstance(value, dict) and bool({"use_specaug", "specaug_conf"} & set(value))


def _detect_whole(data: Mapping[str, Any]) -> list[str]:
    sections = [key for key in _SECTIONS if isinstance(data.get(key), dict)]
    return sections if _BESIDE_SECTIONS & set(data) else []


def _read(config: Config) -> PolicyAndFrontend:
    root = config.root
    encoder = root.section("encoder_conf")
    if encoder is not None and ("use_specaug" in encoder or "specaug_conf" in encoder):
        return _read_whisper_encoder(config, encoder)
    if not {"specaug", "specaug_conf", "frontend", "frontend_conf", "encoder_conf", "model_conf"} & set(root.data):
        return _read_policy(config, root), config.default_frontend()
    section = root.section("specaug_conf")
    kind = root.get("specaug", _ClassName, "specaug")
    _refuse_tokens(root)
    if kind is None or (section is None and "specaug" not in root):
        null = root.data.get("specaug")
        why = f": {null}, which ESPnet reads as null" if isinstance(null, str) else " is null"
        why = why if "specaug" in root else " is missing"
        root.note(f"specaug{why}: nothing is masked" + (", and specaug_conf has no effect" if section else ""))
        policy = Policy(NONE.transforms, config.name, framework="espnet")
    elif kind != "specaug":
        raise ParameterError(f"specaug={kind!r:.80}: allowed is specaug or null; other classes mask by other rules")
    else:
        if "specaug" not in root:
            root.note("specaug is missing: ESPnet masks nothing without `specaug: specaug`; shown as if it were there")
        policy = _read_policy(config, section or root.section_or_empty("specaug_conf"))
    _note_normalisation(root)
    return policy, _read_frontend(config)


def _refuse_tokens(root: Section) -> None:
    """Refuse encoders that take tokens or waveforms, or compute features themselves: masks would not fall on a mel."""
    encoder = root.section("encoder_conf")
    if encoder is not None and encoder.data.get("input_layer") == "embed":
        raise ParameterError(
            "encoder_conf.input_layer='embed': the encoder takes tokens, whose embeddings are not a mel spectrogram, "
            "so the masks cannot be heard"
        )
    name = root.data.get("encoder")
    if encoder is not None and encoder.data.get("specaug_config"):
        raise ParameterError(
            f"encoder_conf.specaug_config: the encoder ({name!s:.60}) masks its own filterbank, which is not "
            "supported; allowed is specaug with its specaug_conf"
        )
    if isinstance(name, str) and _WAVEFORM_NAMES.search(name):
        raise ParameterError(
            f"encoder={name!r:.80}: the encoder takes the waveform and masks the output of a network, which is not a "
            "mel spectrogram, so the masks cannot be heard"
        )
    if (
        isinstance(name, str)
        and _OWN_MEL_NAMES.search(name)
        and root.get("specaug", _ClassName, "specaug") == "specaug"
    ):
        raise ParameterError(
            f"encoder={name!r:.80}: the encoder computes its own mel spectrogram, and specaug would mask the waveform "
            "before it, so the masks cannot be heard; allowed is specaug: null (for Whisper, with "
            "encoder_conf.use_specaug)"
        )


def _read_policy(config: Config, section: Section) -> Policy:
    arguments = section.arguments(espnet_policy)
    for switch, keys in (
        ("apply_time_warp", ("time_warp_window", "time_warp_mode")),
        ("apply_freq_mask", ("freq_mask_width_range", "num_freq_mask")),
        ("apply_time_mask", ("time_mask_width_range", "time_mask_width_ratio_range", "num_time_mask")),
    ):
        idle = [key for key in keys if key in section] if not arguments[switch] else []
        if idle:
            section.note(f"{section.prefix}{', '.join(idle)}: without effect, {switch} is false")
    return section.call(espnet_policy, arguments, name=config.name)


def _read_whisper_encoder(config: Config, encoder: Section) -> PolicyAndFrontend:
    frontend = config.preset("whisper")
    if config.root.get("specaug", _ClassName, None) is not None:
        raise ParameterError(
            "specaug and encoder_conf.use_specaug: both mask; with a Whisper encoder remove specaug, which would get a "
            "waveform"
        )
    if not encoder.get_noted("use_specaug", bool, False):
        encoder.note(
            "encoder_conf.use_specaug is false: nothing is masked, and encoder_conf.specaug_conf has no effect"
        )
        return Policy(NONE.transforms, config.name, framework="espnet"), frontend
    if encoder.get("do_pad_trim", bool, False):
        encoder.note("encoder_conf.do_pad_trim: clips are 30 s (3000 frames) when they are masked; see --batch 1x3000")
    section = encoder.section("specaug_conf")
    if section is None:
        raise ParameterError("encoder_conf.specaug_conf is missing: ESPnet raises an error without it; add it")
    encoder.note(
        "before its pull request 5206, ESPnet passed the Whisper encoder's mel with its axes swapped, so frequency "
        "masks fell on frames and time masks on bins; shown as it works since then"
    )
    return _read_policy(config, section), frontend


def _note_normalisation(root: Section) -> None:
    root.get_noted("normalize", str | None, "utterance_mvn")
    normalize = root.get("normalize", _ClassName, "utterance_mvn")
    if normalize is not None:
        recipes = " (ESPnet's default; the recipes' asr.sh sets global_mvn by default)"
        root.note(
            f"normalize: {normalize}{'' if 'normalize' in root else recipes} is applied after the masks: a fill value "
            "v becomes (v - mean) / standard deviation; the mel is shown before that"
        )


def _read_frontend(config: Config) -> MelFrontend | None:
    root = config.root
    kind = root.get("frontend", _ClassName, "default")
    if kind is not None and _NO_MEL_NAMES.search(kind):
        raise ParameterError(
            f"frontend={kind!r:.80}: its features are not a mel spectrogram, so the masks cannot be heard; allowed is "
            "default"
        )
    other_task = next((key for key in _OTHER_TASKS if key in root), None)
    if other_task is not None and not {"frontend", "frontend_conf", "specaug"} & set(root.data):
        root.mark_read(other_task)
        why = "a configuration of a task other than recognition, without a front-end"
        config.reject_frontend(f"{other_task}: {why}")
        return None
    size = root.get("input_size", _Size)
    if kind != "default":
        why = f"{size} features were computed elsewhere" if size else "the features were computed elsewhere"
        config.reject_frontend(f"frontend: null: {why}" if kind is None else f"frontend: {kind}: not supported")
        return None
    if size:
        config.reject_frontend("input_size: ESPnet then reads features that were computed elsewhere")
        return None
    section = root.section_or_empty("frontend_conf")
    section.mark_known(_FRONTEND_KEYS)
    changes: dict[str, Any] = {
        "sample_rate": section.get_noted("fs", _Rate, 16000),
        "n_fft": section.get_noted("n_fft", LeastOne, 512),
        "win_length": section.get("win_length", LeastOne | None),
        "hop_length": section.get_noted("hop_length", LeastOne, 128),
        "n_mels": section.get_noted("n_mels", LeastOne, 80),
        "fmin_hz": section.get_float("fmin") or 0.0,
        "fmax_hz": section.get_float("fmax"),
        "mel_scale": "htk" if section.get("htk", bool, False) else "slaney",
        "window": section.get("window", str | None, "hann") or "ones (null)",
    }
    if not section.get("center", bool, True) or section.get("normalized", bool, False):
        config.reject_frontend("frontend_conf: center: false and normalized: true are not supported")
        return None
    return config.preset("espnet", section.keys(sample_rate="fs", fmin_hz="fmin", fmax_hz="fmax"), **changes)


def _write(policy: NeutralPolicy) -> str:
    frequency, time = policy.frequency, policy.time
    has_time_masks = time.number > 0 and not (time.is_share_alone and time.share <= 0)
    if not (policy.warp_frames or frequency.number or has_time_masks):
        return to_yaml({"specaug": None})
    conf: dict[str, Any] = {"apply_time_warp": policy.warp_frames > 0}
    if policy.warp_frames:
        conf |= {"time_warp_window": policy.warp_frames, "time_warp_mode": "bicubic"}
    conf["apply_freq_mask"] = frequency.number > 0
    if frequency.number:
        conf |= {"freq_mask_width_range": frequency.range, "num_freq_mask": frequency.number}
    conf["apply_time_mask"] = has_time_masks
    if has_time_masks and time.is_share_alone:
        # ESPnet refuses an empty range: for a single share, the lower end is one frame in a thousand less.
        is_one = time.low_share >= time.share
        low = max(0.0, round(time.share - 0.001, 4)) if is_one else time.low_share
        conf["time_mask_width_ratio_range"] = [low, time.share]
    elif has_time_masks:
        conf["time_mask_width_range"] = time.range
    if has_time_masks:
        conf["num_time_mask"] = time.number
    conf["replace_with_zero"] = policy.is_filled_with_zero
    return to_yaml({"specaug": "specaug", "specaug_conf": conf})


ESPNET = Framework(
    name="espnet",
    spelling="ESPnet",
    source="espnet2/layers/mask_along_axis.py, time_warp.py",
    oddities=(
        "the upper bound of a width range is exclusive",
        "starts are less than the size minus the widest mask of the whole batch: the last bin and frame are never "
        "masked, and the larger the batch, the less often the end is",
        "time masks are drawn over the padded length and may be in the padding",
        "a warp moves by -(W - 1) to W frames, and is skipped on clips of 2 W frames or fewer",
        "the halves of a warp are resized separately with half-pixel bicubic interpolation: it overshoots, and is "
        "discontinuous between them",
        "masks are applied before the model's normalisation: zero is not the mean",
        "a mean fill is the mean of the padded batch, including earlier masks",
    ),
    frontends=("espnet",),
    generators={"warp": "torch", "mask": "torch"},
    policy_functions=(espnet_policy,),
    read=_read,
    write=_write,
    scale="ln of powers, before the model's normalisation",
    marks=("specaug_conf", "specaug", "frontend_conf"),
    detect=_detect,
    detect_whole=_detect_whole,
    main_recipes={"espnet": "espnet-conformer10", "espnet2": "espnet-conformer10"},
    # egs2/librispeech/asr1/conf/tuning: train_asr_conformer10_hop_length160.yaml, train_asr_e_branchformer.yaml;
    # train_asr_conformer.yaml.
    recipes=(
        replace(
            espnet_policy(
                freq_mask_width_range=(0, 27),
                time_mask_width_ratio_range=(0.0, 0.05),
                num_time_mask=10,
                name="espnet-conformer10",
            ),
            frontend=replace(FRONTEND, hop_length=160, name="espnet of espnet-conformer10"),
        ),
        espnet_policy(freq_mask_width_range=(0, 30), time_mask_width_range=(0, 40), name="espnet-conformer"),
    ),
)
