"""Whisper's masks in Hugging Face transformers [1]_: of fixed width, filled in place, off by default.

Reads a model's ``config.json`` and the ``preprocessor_config.json`` or ``processor_config.json`` beside it.

References
----------
.. [1] ``transformers/models/whisper/modeling_whisper.py``: ``_compute_mask_indices`` and ``_mask_input_features``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Annotated, Any

from pydantic import Field

from ..augment import NONE, Policy
from ..augment.framework_masks import Mask
from ..augment.steps import Batch
from ..errors import ParameterError
from ..frontends import MelFrontend
from .argument_types import Count, LeastOne, NotAKey, Number, PolicyName, SampleRate, Share, check_arguments, keys_of
from .config import Config, Section
from .framework import Framework, PolicyAndFrontend
from .neutral import NeutralPolicy

__all__ = ["HF", "PREPROCESSOR", "PROCESSOR", "hf_policy"]

# Keys under which the contents of the files beside config.json are stored.
PREPROCESSOR, PROCESSOR = "preprocessor_config.json", "processor_config.json"
_CHUNK_S, _RATE_HZ, _HOP_SAMPLES = 30, 16000, 160
_MAX_FRAMES = 1_000_000


@check_arguments
def hf_policy(
    *,
    apply_spec_augment: bool = False,
    mask_time_prob: Share = 0.05,
    mask_time_length: LeastOne = 10,
    mask_time_min_masks: Count = 2,
    mask_feature_prob: Share = 0.0,
    mask_feature_length: LeastOne = 10,
    mask_feature_min_masks: Count = 0,
    attention_mask: Annotated[bool, NotAKey] = True,
    row_frames: Annotated[int, Field(ge=1, le=_MAX_FRAMES), NotAKey] = _CHUNK_S * _RATE_HZ // _HOP_SAMPLES,
    name: PolicyName = "hf",
) -> Policy:
    """Make the policy of ``WhisperConfig``'s own fields, with their own defaults.

    Parameters
    ----------
    attention_mask : bool
        Whether the model gets one; without it, masks are drawn over the padded batch.
    row_frames : int > 0 [frames]
        Length to which every clip is padded.

    Raises
    ------
    ParameterError
        Where transformers raises an error: for a time mask longer than a row.

    Examples
    --------
    >>> hf_policy(apply_spec_augment=True).transforms[0].max_width
    10
    """
    if not apply_spec_augment:
        return Policy(NONE.transforms, name, framework="hf")
    mask = partial(Mask, count_rule="share", width_rule="fixed", start_rule="distinct", together=True, fill=0.0)
    masks = []
    if mask_time_prob > 0:
        if mask_time_length > row_frames:
            raise ParameterError(
                f"mask_time_length={mask_time_length}: allowed is at most {row_frames} frames, to which each clip is "
                "padded; transformers raises here"
            )
        where: dict[str, Any] = {"over": "clip", "row_frames": row_frames} if attention_mask else {"over": "padded"}
        share = float(mask_time_prob)
        masks.append(mask("time", mask_time_min_masks, max_width=mask_time_length, count_ratio=share, **where))
    if mask_feature_prob > 0:
        share = float(mask_feature_prob)
        masks.append(mask("frequency", mask_feature_min_masks, max_width=mask_feature_length, count_ratio=share))
    return Policy(tuple(masks), name, framework="hf")


_ARGUMENTS = keys_of(hf_policy)
# Keys that a file without model_type may have besides the arguments of the masks.
_BARE_KEYS = {*_ARGUMENTS, PREPROCESSOR, PROCESSOR, "num_mel_bins", "max_source_positions", "architectures", "d_model"}
_EXTRACTOR_KEYS = (
    *("feature_extractor_type", "processor_class", "feature_size", "sampling_rate", "n_fft", "hop_length"),
    *("chunk_length", "dither", "n_samples", "nb_max_frames", "return_attention_mask", "padding_side", "padding_value"),
)
# Files of other kinds have a model_type, too. It identifies a model only if it is the only key, or beside one of these.
_BESIDE_MODEL_TYPE = {
    *("architectures", "transformers_version", "mask_time_prob", "mask_feature_prob", "hidden_size", "d_model"),
    *("num_mel_bins", "encoder", "audio_config", PREPROCESSOR, PROCESSOR),
}
_Whole = Annotated[int, Field(gt=0, description="an integer from 1 on")]
# Whisper's second convolution has a stride of 2.
_FRAMES_PER_PLACE = 2
_LATENT_MODELS = ("wav2vec2", "hubert", "wavlm", "unispeech", "sew", "data2vec-audio", "speecht5")


def _detect_whole(data: Mapping[str, Any]) -> list[str]:
    is_model = "model_type" in data and (len(data) == 1 or bool(_BESIDE_MODEL_TYPE & set(data)))
    return ["model_type"] if is_model else []


def _read(config: Config) -> PolicyAndFrontend:
    root = config.root
    _refuse_others(root)
    extractor = _extractor(root)
    arguments = root.known_arguments(hf_policy)
    is_on = arguments["apply_spec_augment"]
    frontend, n_frames = _read_frontend(config, root, extractor), _row_frames(config, root, extractor)
    has_attention_mask = _has_attention_mask(root, extractor, n_frames, is_on=is_on)
    if not is_on:
        idle = [key for key in _ARGUMENTS if key in root and key != "apply_spec_augment"]
        and_idle = f", and {', '.join(idle)} have no effect" if idle else ""
        root.note(f"apply_spec_augment is false: nothing is masked{and_idle}")
    for axis in ("time", "feature"):
        idle = [key for key in (f"mask_{axis}_length", f"mask_{axis}_min_masks") if key in root]
        if is_on and not arguments[f"mask_{axis}_prob"] and idle:
            root.note(f"{', '.join(idle)}: without effect, mask_{axis}_prob is 0")
    _check_fits(root, extractor, arguments)
    others = {"attention_mask": has_attention_mask, "row_frames": n_frames, "name": config.name}
    policy = root.call(hf_policy, arguments, **others)
    if not has_attention_mask and policy.transforms:
        policy = replace(policy, batch=Batch(n_frames=n_frames))
    return policy, frontend


def _refuse_others(root: Section) -> None:
    """Refuse other models than Whisper, and files that may belong to one."""
    kind = root.get("model_type", str, "")
    if kind and kind != "whisper":
        why = (
            "its masks fall on the output of a network, not on a mel spectrogram, so they cannot be heard"
            if kind.startswith(_LATENT_MODELS)
            else "transformers masks no mel spectrogram for it"
        )
        raise ParameterError(f"model_type={kind!r:.80}: {why}; allowed is whisper")
    if not kind:
        others = [key for key in root.data if key not in _BARE_KEYS]
        if others:
            raise ParameterError(
                f"model_type is missing, and {', '.join(others)[:120]} is not an argument of Whisper's masks: Wav2Vec2 "
                "and similar models have arguments of the same names, for masks that cannot be heard; if it is "
                "Whisper, add model_type: whisper"
            )
        root.note("the file has no model_type; Whisper is assumed")


def _extractor(root: Section) -> Section | None:
    """Return the settings of the feature extractor, from the processor's file if it has them, else from its own."""
    processor, own = root.section(PROCESSOR), root.section(PREPROCESSOR)
    inner = None
    if processor is not None:
        inner = processor.section("feature_extractor") or processor.section("audio_processor")
    if inner is None or own is None:
        return inner or own
    different = sorted(key for key in {*inner.data, *own.data} if inner.data.get(key) != own.data.get(key))
    root.note(
        f"{PREPROCESSOR}: ignored, because transformers takes {inner.path}"
        + (f"; they differ in {', '.join(different)[:200]}" if different else "")
    )
    return inner


def _row_frames(config: Config, root: Section, extractor: Section | None) -> int:
    """Return the number of frames after padding, which the feature extractor computes from chunk_length alone."""
    if extractor is None:
        config.defaults.append(f"{PREPROCESSOR}.chunk_length: {_CHUNK_S}")
        return _CHUNK_S * _RATE_HZ // _HOP_SAMPLES
    seconds = extractor.get_noted("chunk_length", LeastOne, _CHUNK_S)
    rate, hop = (
        extractor.get("sampling_rate", SampleRate, _RATE_HZ),
        extractor.get("hop_length", LeastOne, _HOP_SAMPLES),
    )
    n_samples, n_frames = seconds * rate, seconds * rate // hop
    what = f"chunk_length of {seconds} s, at sampling_rate {rate} and hop_length {hop}"
    if not 1 <= n_frames <= _MAX_FRAMES:
        raise ParameterError(
            f"{extractor.prefix}chunk_length={seconds}: {n_frames} frames at sampling_rate {rate} and hop_length "
            f"{hop}; allowed are 1 to {_MAX_FRAMES}"
        )
    for key, number in (("n_samples", n_samples), ("nb_max_frames", n_frames)):
        value = extractor.get(key, _Whole | None)
        if value not in (None, number):
            extractor.note_key(key, f"{value}: without effect, {what}, gives {number} in transformers")
    places = root.get("max_source_positions", LeastOne | None)
    if places is not None and n_frames != _FRAMES_PER_PLACE * places:
        raise ParameterError(
            f"max_source_positions={places} in config.json: the model takes {_FRAMES_PER_PLACE * places} frames, "
            f"but {what}, in {extractor.path}, gives {n_frames}; make them equal"
        )
    return int(n_frames)


def _check_fits(root: Section, extractor: Section | None, arguments: dict[str, Any]) -> None:
    """Refuse frequency masks wider than the mel, as transformers does; `hf_policy` checks time masks."""
    key = "num_mel_bins" if "num_mel_bins" in root or extractor is None else "feature_size"
    source = root if key == "num_mel_bins" or extractor is None else extractor
    n_mels = source.get(key, LeastOne, 80)
    length = arguments["mask_feature_length"]
    if arguments["apply_spec_augment"] and arguments["mask_feature_prob"] > 0 and length > n_mels:
        raise ParameterError(
            f"mask_feature_length={length}: allowed is at most {source.prefix}{key}={n_mels}; transformers raises here"
        )


def _has_attention_mask(root: Section, extractor: Section | None, n_frames: int, *, is_on: bool) -> bool:
    if extractor is None or "return_attention_mask" not in extractor:
        if is_on:
            root.note(
                "the files do not say whether the model gets an attention mask; masks are drawn within the clip, as "
                "with one"
            )
        return True
    has_mask: bool = extractor.get("return_attention_mask", bool)
    if is_on and not has_mask:
        seconds = extractor.get("chunk_length", LeastOne, _CHUNK_S)
        extractor.note(
            f"return_attention_mask is false: masks are drawn over the padded clip, {seconds} s ({n_frames} frames), "
            "unless the training script passes a mask"
        )
    return has_mask


def _read_frontend(config: Config, root: Section, extractor: Section | None) -> MelFrontend | None:
    n_mels = root.get("num_mel_bins", LeastOne, 80)
    if extractor is None:
        root.note(f"no {PREPROCESSOR} and no {PROCESSOR}: Whisper's front-end is used")
        return config.preset("whisper", root.keys(n_mels="num_mel_bins"), n_mels=n_mels)
    kind = extractor.get("feature_extractor_type", str | None)
    if kind not in (None, "WhisperFeatureExtractor"):
        raise ParameterError(
            f"{extractor.prefix}feature_extractor_type={kind!r:.80}: allowed is WhisperFeatureExtractor, the only one "
            "of Whisper models"
        )
    extractor.mark_known(_EXTRACTOR_KEYS)
    if extractor.get("dither", Number, 0.0):
        extractor.note_key("dither", "noise in training, left out")
    size = extractor.get_noted("feature_size", LeastOne, 80)
    if "num_mel_bins" in root and size != n_mels:
        raise ParameterError(
            f"num_mel_bins={n_mels} in config.json, {extractor.prefix}feature_size={size}: the model does not accept "
            "these features; make them equal"
        )
    return config.preset(
        "whisper",
        extractor.keys(n_mels="feature_size", sample_rate="sampling_rate"),
        n_mels=size,
        sample_rate=extractor.get_noted("sampling_rate", SampleRate, _RATE_HZ),
        n_fft=extractor.get_noted("n_fft", LeastOne, 400),
        hop_length=extractor.get_noted("hop_length", LeastOne, _HOP_SAMPLES),
    )


def _write(policy: NeutralPolicy) -> str:
    config: dict[str, Any] = {"model_type": "whisper", "apply_spec_augment": True}
    frequency, time = policy.frequency, policy.time
    for name, masks, widest, size in (("time", time, time.width, 1000), ("feature", frequency, frequency.n_bins, 80)):
        # Whisper's masks have one width: the middle of the policy's range.
        width = max(1, round(masks.narrowest / 2 + widest / 2))
        share = masks.coverage if masks.coverage is not None else min(1.0, masks.number * width / size)
        config |= {
            f"mask_{name}_prob": round(share, 4) if masks.number else 0.0,
            f"mask_{name}_length": width,
            f"mask_{name}_min_masks": masks.count if masks.coverage is not None else masks.number,
        }
    return json.dumps(config, indent=2) + "\n"


HF = Framework(
    name="hf",
    spelling="Hugging Face",
    source="transformers/models/whisper/modeling_whisper.py",
    oddities=(
        "all masks have the same width and different starts, but may overlap",
        "mask_time_prob is an upper bound of the masked share",
        "with an attention mask, starts and counts follow the clip's length, but counts are limited only by the 30 s "
        "that it is padded to: with the defaults, clips of 11 to 19 frames get two overlapping masks",
        "zero in Whisper's scale is 40 dB below full scale, not silence",
        "without an attention mask (return_attention_mask: false), masks are spread over the 30 s that a clip is "
        "padded to: little of a short clip is masked",
        "apply_spec_augment is off in published configurations; it changes the caller's tensor in place",
    ),
    frontends=("whisper", "whisper-128"),
    generators={"mask": "numpy"},
    policy_functions=(hf_policy,),
    read=_read,
    write=_write,
    file_suffix=".json",
    scale="Whisper's (log10 + 4) / 4",
    marks=("apply_spec_augment",),
    detect_whole=_detect_whole,
    main_recipes={"hf": "hf-whisper", "whisper": "hf-whisper", "transformers": "hf-whisper"},
    recipes=(hf_policy(apply_spec_augment=True, name="hf-whisper"),),
)
