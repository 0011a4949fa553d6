"""ESPnet2's training configuration: ``specaug_conf``, ``frontend_conf``, ``normalize``; or its Whisper encoder's."""

from __future__ import annotations

import re
from typing import Any

from ...augment.policy import NONE, Policy
from ...errors import ParameterError
from ...frontends import MelFrontend
from ..espnet import espnet_policy
from .arguments import ESPNET
from .config import Config, Found, Section
from .fields import COUNT, FLAG, LEAST_ONE, NUMBER, TEXT, Kind, or_none

__all__ = ["read_espnet"]

# What ESPnet's front-ends make that is no mel spectrogram: latents, embeddings, tokens, stacks of features, waveforms.
_NOT_MELS = re.compile(
    r"s3prl|fused|wav2?vec|w2v|hubert|wavlm|data2vec|xls|embed|patch|token|codec|latent|encoder|bert|asteroid|sliding|"
    r"whisper|cnn|huggingface|raw|discrete|linear_spectrogram|mfcc",
    re.I,
)
_NULLS = ("none", "null", "nil")
_OF_FRONTEND = (
    *(
        "fs",
        "n_fft",
        "win_length",
        "hop_length",
        "window",
        "center",
        "normalized",
        "onesided",
        "n_mels",
        "fmin",
        "fmax",
    ),
    *("htk", "apply_stft"),
)
_OF_TOKENS = "embed"
_OF_WAVEFORMS = re.compile(r"wav2?vec|w2v|hubert|wavlm|data2vec|xls", re.I)
_OF_ITS_OWN_MEL = re.compile(r"whisper|beats|dasheng", re.I)
# Sections of ESPnet's other tasks, whose networks take a waveform, tokens or a spectrogram of their own.
_OTHER_TASKS = ("separator", "lm", "tts", "svs", "vocoder", "codec", "extractor", "diffusion", "enh_encoder")
_FS = Kind("a sample rate in Hz, or a text such as 16k", lambda v: _in_hz(v) is not None)


def read_espnet(config: Config) -> Found:
    """The policy and the front-end of a training configuration, or of ``SpecAug``'s bare arguments."""
    root = config.root
    encoder = root.section("encoder_conf")
    if encoder is not None and ("use_specaug" in encoder or "specaug_conf" in encoder):
        return _of_whisper(config, encoder)
    if not {"specaug", "specaug_conf", "frontend", "frontend_conf", "encoder_conf", "model_conf"} & set(root.data):
        root.note("the file names no front-end; ESPnet's own is meant")
        return Found(_policy(config, root), config.preset("espnet"))
    section = root.section("specaug_conf")
    chosen = _choice(root, "specaug", "specaug")
    _refuse_tokens(root)
    if chosen is None or (section is None and "specaug" not in root):
        given = root.data.get("specaug")
        said = f": {given}, which ESPnet takes for null" if isinstance(given, str) else " is null"
        said = said if "specaug" in root else " is not named"
        root.note(f"specaug{said}: nothing is masked" + (", and specaug_conf has no effect" if section else ""))
        policy = Policy(NONE.transforms, config.name, dialect="espnet")
    elif chosen != "specaug":
        raise ParameterError(f"specaug={chosen!r:.80}: allowed is specaug or null; others mask by rules of their own")
    else:
        if "specaug" not in root:
            root.note("specaug is not named: ESPnet masks nothing without `specaug: specaug`; shown as if it were")
        policy = _policy(config, section or Section(config, {}, ("specaug_conf",)))
    _note_normalisation(root)
    return Found(policy, _frontend(config))


def _choice(root: Section, key: str, default: str | None) -> str | None:
    """A class's name as ESPnet reads it: in lower case, and none, null and nil stand for null."""
    name = root.get(key, or_none(TEXT), default)
    name = name if name is None else name.strip().lower()
    return None if name in _NULLS else name


def _size(root: Section) -> int | None:
    """The number of features that are made elsewhere; null as ESPnet reads it."""
    if str(root.data.get("input_size")).strip().lower() in _NULLS:
        root.knows_value("input_size")
        return None
    size: int | None = root.get("input_size", or_none(COUNT))
    return size


def _refuse_tokens(root: Section) -> None:
    """Where the encoder takes tokens or a waveform, masks fall on embeddings or on what a network made."""
    encoder = root.section("encoder_conf")
    if encoder is not None and encoder.data.get("input_layer") == _OF_TOKENS:
        raise ParameterError(
            "encoder_conf.input_layer='embed': the encoder takes tokens, whose embeddings are no mel spectrogram, so "
            "the masks cannot be heard"
        )
    name = root.data.get("encoder")
    if encoder is not None and encoder.data.get("specaug_config"):
        raise ParameterError(
            f"encoder_conf.specaug_config: the encoder ({name!s:.60}) masks a filterbank of its own, which is not "
            "known here; allowed is specaug with its specaug_conf"
        )
    if isinstance(name, str) and _OF_WAVEFORMS.search(name):
        raise ParameterError(
            f"encoder={name!r:.80}: the encoder takes the waveform, and its masks fall on what a network made of it, "
            "which is no mel spectrogram, so the masks cannot be heard"
        )
    if isinstance(name, str) and _OF_ITS_OWN_MEL.search(name) and _choice(root, "specaug", "specaug") == "specaug":
        raise ParameterError(
            f"encoder={name!r:.80}: the encoder makes a mel spectrogram of its own, and specaug would mask the "
            "waveform before it, so the masks cannot be heard; allowed is specaug: null, of Whisper with "
            "encoder_conf.use_specaug"
        )


def _policy(config: Config, section: Section) -> Policy:
    arguments = section.arguments(espnet_policy, ESPNET)
    for switch, keys in (
        ("apply_time_warp", ("time_warp_window", "time_warp_mode")),
        ("apply_freq_mask", ("freq_mask_width_range", "num_freq_mask")),
        ("apply_time_mask", ("time_mask_width_range", "time_mask_width_ratio_range", "num_time_mask")),
    ):
        idle = [key for key in keys if key in section] if not arguments[switch] else []
        if idle:
            section.note(f"{section.where}{', '.join(idle)}: without effect, {switch} is false")
    return section.made(espnet_policy, arguments, name=config.name)


def _of_whisper(config: Config, encoder: Section) -> Found:
    frontend = config.preset("whisper")
    if _choice(config.root, "specaug", None) is not None:
        raise ParameterError(
            "specaug and encoder_conf.use_specaug: both mask; with a Whisper encoder remove specaug, whose input is a "
            "waveform there"
        )
    if not encoder.take("use_specaug", FLAG, False):
        encoder.note(
            "encoder_conf.use_specaug is false: nothing is masked, and encoder_conf.specaug_conf has no effect"
        )
        return Found(Policy(NONE.transforms, config.name, dialect="espnet"), frontend)
    if encoder.get("do_pad_trim", FLAG, False):
        encoder.note("encoder_conf.do_pad_trim: clips are 30 s (3000 frames) when they are masked; see --batch 1x3000")
    section = encoder.section("specaug_conf")
    if section is None:
        raise ParameterError("encoder_conf.specaug_conf is missing: ESPnet raises without it; give its arguments")
    encoder.note(
        "ESPnet before its pull request 5206 handed the Whisper encoder's mel over with its axes swapped: there, "
        "frequency masks fell on frames and time masks on bins; shown as it is since"
    )
    return Found(_policy(config, section), frontend)


def _note_normalisation(root: Section) -> None:
    given = "normalize" in root
    root.take("normalize", or_none(TEXT), "utterance_mvn")
    normalize = _choice(root, "normalize", "utterance_mvn")
    if normalize is not None:
        recipes = "" if given else " (ESPnet's default; the recipes' asr.sh asks for global_mvn, unless told otherwise)"
        root.note(
            f"normalize: {normalize}{recipes} comes after the masks: a filled value v becomes (v - mean) / deviation, "
            "and what the model sees is not shown"
        )


def _frontend(config: Config) -> MelFrontend | None:
    root = config.root
    kind = _choice(root, "frontend", "default")
    if kind is not None and _NOT_MELS.search(kind):
        raise ParameterError(
            f"frontend={kind!r:.80}: its features are no mel spectrogram, so the masks cannot be heard; allowed is "
            "default"
        )
    if _is_of_another_task(config):
        return None
    if kind != "default":
        size = _size(root)
        made = f"{size} features" if size else "the features"
        why = f"{made} were made elsewhere" if kind is None else "not known here"
        config.no_frontend(f"frontend: {'null' if kind is None else kind}: {why}")
        return None
    if _size(root):
        config.no_frontend("input_size: ESPnet makes no features then, they were made elsewhere")
        return None
    section = root.section("frontend_conf") or Section(config, {}, ("frontend_conf",))
    section.knows(_OF_FRONTEND)
    rate = _in_hz(section.take("fs", _FS, 16000))
    window = section.get("window", or_none(TEXT), "hann")
    changes: dict[str, Any] = {
        "sample_rate": rate,
        "n_fft": section.take("n_fft", LEAST_ONE, 512),
        "win_length": section.get("win_length", or_none(LEAST_ONE)),
        "hop_length": section.take("hop_length", LEAST_ONE, 128),
        "n_mels": section.take("n_mels", LEAST_ONE, 80),
        "fmin_hz": float(section.get("fmin", or_none(NUMBER)) or 0.0),
        "fmax_hz": _float_or_none(section.get("fmax", or_none(NUMBER))),
        "mel_scale": "htk" if section.get("htk", FLAG, False) else "slaney",
        "window": window or "ones (null)",
    }
    if not section.get("center", FLAG, True) or section.get("normalized", FLAG, False):
        config.no_frontend("frontend_conf: center: false and normalized: true cannot be had here")
        return None
    keys = section.keys(sample_rate="fs", fmin_hz="fmin", fmax_hz="fmax")
    return config.preset("espnet", keys, **changes)


def _is_of_another_task(config: Config) -> bool:
    """Whether a file of another task than recognition names no front-end, which it then has none of; says so."""
    root = config.root
    other = next((key for key in _OTHER_TASKS if key in root), None)
    if other is None or {"frontend", "frontend_conf", "specaug"} & set(root.data):
        return False
    root.knows_value(other)
    config.no_frontend(f"{other}: the configuration of another task than recognition, which names no front-end")
    return True


def _float_or_none(value: float | None) -> float | None:
    return None if value is None else float(value)


def _in_hz(value: Any) -> int | None:
    """16000, "16000", "16k" and "16 kHz" alike."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    match = re.fullmatch(r"(\d{1,6}(?:\.\d{1,3})?)\s*(k?)(?:hz)?", str(value).strip().lower())
    return None if match is None else int(float(match[1]) * (1000 if match[2] else 1))
