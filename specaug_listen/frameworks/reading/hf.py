"""Hugging Face transformers' ``config.json`` with the ``preprocessor_config.json`` beside it: Whisper's."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ...augment.steps import Batch
from ...errors import ParameterError
from ...frontends import MelFrontend
from ..hf import hf_policy
from .arguments import HF
from .config import Config, Found, Section
from .fields import FLAG, LEAST_ONE, NUMBER, RATE, TEXT, Kind, or_none

__all__ = ["PREPROCESSOR", "PROCESSOR", "read_hf"]

# Where the importer puts what stands in the other files.
PREPROCESSOR = "preprocessor_config.json"
PROCESSOR = "processor_config.json"
# What a file without a model's kind may hold besides the masks' arguments.
_BARE = {*HF, PREPROCESSOR, PROCESSOR, "num_mel_bins", "max_source_positions", "architectures", "d_model"}
_CHUNK_S = 30
_OF_EXTRACTOR = (
    *("feature_extractor_type", "processor_class", "feature_size", "sampling_rate", "n_fft", "hop_length"),
    *("chunk_length", "dither", "n_samples", "nb_max_frames", "return_attention_mask", "padding_side", "padding_value"),
)
_MOST_FRAMES = 1_000_000
_WHOLE = Kind(
    "an integer from 1 on", lambda value: isinstance(value, int) and not isinstance(value, bool) and value > 0
)
# Its second convolution takes every other frame.
_FRAMES_PER_PLACE = 2
_OF_LATENTS = ("wav2vec2", "hubert", "wavlm", "unispeech", "sew", "data2vec-audio", "speecht5")


def read_hf(config: Config) -> Found:
    """The policy and the front-end of a Whisper model's folder."""
    root = config.root
    kind = root.get("model_type", TEXT, "")
    if kind and kind != "whisper":
        why = (
            "its masks fall on what a network made of the sound, not on a mel spectrogram, so they cannot be heard"
            if kind.startswith(_OF_LATENTS)
            else "transformers masks no mel spectrogram for it"
        )
        raise ParameterError(f"model_type={kind!r:.80}: {why}; allowed is whisper")
    if not kind:
        foreign = [key for key in root.data if key not in _BARE]
        if foreign:
            raise ParameterError(
                f"model_type is missing, and {', '.join(foreign)[:120]} is no argument of Whisper's masks: Wav2Vec2 "
                "and its like have arguments of the same names, for masks that cannot be heard; write model_type: "
                "whisper if it is one"
            )
        root.note("the file has no model_type; Whisper is meant")
    preprocessor = _extractor(root)
    arguments = {key: root.take(key, each, _DEFAULTS[key]) for key, each in HF.items()}
    frontend, n_frames = _frontend(config, root, preprocessor), _row_frames(config, root, preprocessor)
    has_attention_mask = _has_attention_mask(root, preprocessor, n_frames, is_on=arguments["apply_spec_augment"])
    _note_switched_off(root, is_on=arguments["apply_spec_augment"])
    for axis in ("time", "feature"):
        idle = [key for key in (f"mask_{axis}_length", f"mask_{axis}_min_masks") if key in root]
        if arguments["apply_spec_augment"] and not arguments[f"mask_{axis}_prob"] and idle:
            root.note(f"{', '.join(idle)}: without effect, mask_{axis}_prob is 0")
    _check_fits(root, preprocessor, arguments)
    others = {"attention_mask": has_attention_mask, "row_frames": n_frames, "name": config.name}
    policy = root.made(hf_policy, arguments, **others)
    if not has_attention_mask and policy.transforms:
        policy = replace(policy, batch=Batch(n_frames=n_frames))
    return Found(policy, frontend)


def _extractor(root: Section) -> Section | None:
    """The feature extractor's settings: of a processor that holds them, else those of a file of their own."""
    processor = root.section(PROCESSOR)
    nested = None
    if processor is not None:
        nested = processor.section("feature_extractor") or processor.section("audio_processor")
    own = root.section(PREPROCESSOR)
    if nested is None or own is None:
        return nested or own
    different = sorted(key for key in {*nested.data, *own.data} if nested.data.get(key) != own.data.get(key))
    root.note(
        f"{PREPROCESSOR}: left alone, as transformers takes {nested.where[:-1]}"
        + (f"; they differ in {', '.join(different)[:200]}" if different else "")
    )
    return nested


_DEFAULTS = {
    "apply_spec_augment": False,
    "mask_time_prob": 0.05,
    "mask_time_length": 10,
    "mask_time_min_masks": 2,
    "mask_feature_prob": 0.0,
    "mask_feature_length": 10,
    "mask_feature_min_masks": 0,
}


def _note_switched_off(root: Section, *, is_on: bool) -> None:
    given = [key for key in HF if key in root and key != "apply_spec_augment"]
    if not is_on:
        root.note(
            "apply_spec_augment is false: nothing is masked"
            + (f", and {', '.join(given)} have no effect" if given else "")
        )


def _row_frames(config: Config, root: Section, preprocessor: Section | None) -> int:
    """Frames that every clip is padded to, as the feature extractor counts them: from chunk_length alone."""
    if preprocessor is None:
        config.defaults.append(f"{PREPROCESSOR}.chunk_length: {_CHUNK_S}")
        return _CHUNK_S * 16000 // 160
    seconds = preprocessor.take("chunk_length", LEAST_ONE, _CHUNK_S)
    rate, hop = preprocessor.get("sampling_rate", RATE, 16000), preprocessor.get("hop_length", LEAST_ONE, 160)
    n_samples, n_frames = seconds * rate, seconds * rate // hop
    what = f"chunk_length of {seconds} s, at sampling_rate {rate} and hop_length {hop}"
    if not 1 <= n_frames <= _MOST_FRAMES:
        raise ParameterError(
            f"{preprocessor.where}chunk_length={seconds}: {n_frames} frames at sampling_rate {rate} and hop_length "
            f"{hop}; allowed are 1 to {_MOST_FRAMES}"
        )
    for key, counted in (("n_samples", n_samples), ("nb_max_frames", n_frames)):
        given = preprocessor.get(key, or_none(_WHOLE), None)
        if given not in (None, counted):
            preprocessor.note(
                f"{preprocessor.where}{key}: {given}: without effect, {what}, makes it {counted} in transformers"
            )
    places = root.get("max_source_positions", or_none(LEAST_ONE), None)
    if places is not None and n_frames != _FRAMES_PER_PLACE * places:
        raise ParameterError(
            f"max_source_positions={places} in config.json: the model takes {_FRAMES_PER_PLACE * places} frames, "
            f"but {what}, in {preprocessor.where[:-1]}, gives {n_frames}; make them equal"
        )
    return int(n_frames)


def _check_fits(root: Section, preprocessor: Section | None, arguments: dict[str, Any]) -> None:
    """Transformers raises for masks longer than their axis; `hf_policy` knows that of time."""
    key = "num_mel_bins" if "num_mel_bins" in root or preprocessor is None else "feature_size"
    source = root if key in root or preprocessor is None else preprocessor
    n_mels = source.get(key, LEAST_ONE, 80)
    length = arguments["mask_feature_length"]
    if arguments["apply_spec_augment"] and arguments["mask_feature_prob"] > 0 and length > n_mels:
        raise ParameterError(
            f"mask_feature_length={length}: allowed is at most {source.where}{key}={n_mels}; transformers raises here"
        )


def _has_attention_mask(root: Section, preprocessor: Section | None, n_frames: int, *, is_on: bool) -> bool:
    if preprocessor is None or "return_attention_mask" not in preprocessor:
        if is_on:
            root.note(
                "whether the model is given an attention mask is not in the files; masks are drawn within the clip, as "
                "with one"
            )
        return True
    given: bool = preprocessor.get("return_attention_mask", FLAG)
    if is_on and not given:
        preprocessor.note(
            f"return_attention_mask is false: masks are drawn over the {_seconds(preprocessor)} s ({n_frames} frames) "
            "that a clip is padded to, unless the training script passes a mask"
        )
    return given


def _seconds(preprocessor: Section) -> int:
    seconds: int = preprocessor.get("chunk_length", LEAST_ONE, _CHUNK_S)
    return seconds


def _frontend(config: Config, root: Section, preprocessor: Section | None) -> MelFrontend | None:
    n_mels = root.get("num_mel_bins", LEAST_ONE, 80)
    if preprocessor is None:
        root.note(f"no {PREPROCESSOR} and no {PROCESSOR}: Whisper's front-end is meant")
        return config.preset("whisper", root.keys(n_mels="num_mel_bins"), n_mels=n_mels)
    kind = preprocessor.get("feature_extractor_type", or_none(TEXT), None)
    if kind not in (None, "WhisperFeatureExtractor"):
        raise ParameterError(
            f"{preprocessor.where}feature_extractor_type={kind!r:.80}: allowed is WhisperFeatureExtractor; a Whisper "
            "model takes no other"
        )
    preprocessor.knows(_OF_EXTRACTOR)
    if preprocessor.get("dither", NUMBER, 0.0):
        preprocessor.note(f"{preprocessor.where}dither: noise, left out")
    size = preprocessor.take("feature_size", LEAST_ONE, 80)
    if "num_mel_bins" in root and size != n_mels:
        raise ParameterError(
            f"num_mel_bins={n_mels} in config.json, {preprocessor.where}feature_size={size}: the model would "
            "not take these features; make them equal"
        )
    return config.preset(
        "whisper",
        preprocessor.keys(n_mels="feature_size", sample_rate="sampling_rate"),
        n_mels=size,
        sample_rate=preprocessor.take("sampling_rate", RATE, 16000),
        n_fft=preprocessor.take("n_fft", LEAST_ONE, 400),
        hop_length=preprocessor.take("hop_length", LEAST_ONE, 160),
    )
