"""Files of constructor arguments: lhotse's (its ``state_dict``), lingvo's, torchaudio's transforms by their names."""

from __future__ import annotations

from typing import Any

from ...augment.policy import Policy
from ...errors import ParameterError
from ...frontends import MelFrontend
from ..lhotse import lhotse_policy
from ..lingvo import lingvo_policy
from ..torchaudio import torchaudio_mask, torchaudio_policy
from .arguments import LHOTSE, LINGVO, TORCHAUDIO
from .config import Config, Found, Section
from .fields import COUNT, FLAG, LEAST_ONE, NUMBER, RATE, SHARE, Kinds, one_of, or_none

__all__ = ["read_lhotse", "read_lingvo", "read_torchaudio"]

_LHOTSE_BINS = 80
_NESTED = ("SpecAugment", "spec_augment", "specaugment", "state_dict")
# Of lingvo's parameters, those that its SpectrumAugmenter has and our policy has not, with the values that do nothing.
_LINGVO_OFF: dict[str, Any] = {
    "freq_warp_max_bins": 0,
    "block_mask_prob": 0.0,
    "use_noise": False,
    "gaussian_noise": False,
    "freq_noise_max_stddev": 0.0,
}
_TIME: Kinds = {"time_mask_param": COUNT, "iid_masks": FLAG, "p": SHARE}
_FREQUENCY: Kinds = {"freq_mask_param": COUNT, "iid_masks": FLAG}
_CLASSES = ("SpecAugment", "TimeMasking", "FrequencyMasking", "MelSpectrogram", "AmplitudeToDB")


def read_lhotse(config: Config) -> Found:
    """The policy of ``SpecAugment``'s arguments, in lhotse."""
    section = _nested(config)
    arguments = section.arguments(lhotse_policy, LHOTSE)
    policy = lhotse_policy(**arguments, supervisions=True, name=config.name)
    factor = arguments["time_warp_factor"]
    if factor is None or factor < 1:
        said = "null" if factor is None else factor
        section.note(f"{section.where}time_warp_factor: {said}: no warp, as with any below 1")
    section.note(
        "supervision segments are passed, as by lhotse's datasets and icefall: p is the chance of the warp, and that "
        "of the masks"
    )
    section.note("the file names no front-end; lhotse's Fbank, as icefall uses it, is meant")
    frontend = config.preset("lhotse")
    _note_swapped(section, arguments, _LHOTSE_BINS if frontend is None else frontend.n_mels)
    return Found(policy, frontend)


def _note_swapped(section: Section, arguments: dict[str, Any], n_bins: int) -> None:
    """Where lhotse's two sizes look exchanged, as its documentation once had them."""
    wide, long = arguments["features_mask_size"], arguments["frames_mask_size"]
    if wide > long and 2 * wide > n_bins:
        section.note(
            f"{section.where}features_mask_size: {wide}, frames_mask_size: {long}: these look exchanged: of {n_bins} "
            f"bins, one mask takes up to {min(wide - 1, n_bins)}, and up to {long - 1} frames; lhotse's documentation "
            "once had F and T the wrong way round (lhotse issue 461). Drawn as it stands; if they are, write "
            f"features_mask_size: {long} and frames_mask_size: {wide}"
        )


def read_lingvo(config: Config) -> Found:
    """The policy of ``SpectrumAugmenter``'s parameters."""
    section = _nested(config)
    idle = ("unstack", "stack_height", "domain_ids", "random_seed", "name", "block_mask_size")
    section = _of_one_domain(config, section)
    arguments = section.arguments(lingvo_policy, LINGVO, [*_LINGVO_OFF, *idle])
    for key, off in _LINGVO_OFF.items():
        if key in section and section.data[key] != off:
            raise ParameterError(
                f"{section.where}{key}={section.data[key]!r:.80}: allowed is {off}, it cannot be had here"
            )
    if arguments["time_warp_max_frames"] and not arguments["time_warp_max_ratio"]:
        section.note(f"{section.where}time_warp_max_frames: without effect, time_warp_max_ratio is 0")
    section.note("the file names no front-end; lingvo's own is meant")
    return Found(lingvo_policy(**arguments, name=config.name), config.preset("lingvo"))


def read_torchaudio(config: Config) -> Found:
    """The policy of ``SpecAugment``'s arguments, or of transforms by name, and ``MelSpectrogram``'s."""
    root = config.root
    named = {key: root.section(key) or Section(config, {}, (key,)) for key in root.data if key in _CLASSES}
    if not named:
        root.note("the file names no front-end; torchaudio's own is meant")
        policy = torchaudio_policy(**root.arguments(torchaudio_policy, TORCHAUDIO), name=config.name)
        return Found(policy, config.preset("torchaudio"))
    root.refuse_unknown(_CLASSES)
    transforms: list[Any] = []
    for name, section in named.items():
        if name == "SpecAugment":
            transforms += torchaudio_policy(**section.arguments(torchaudio_policy, TORCHAUDIO)).transforms
        elif name == "TimeMasking":
            transforms.append(_mask("time", section, _TIME))
        elif name == "FrequencyMasking":
            transforms.append(_mask("frequency", section, _FREQUENCY))
    return Found(Policy(tuple(transforms), config.name, dialect="torchaudio"), _frontend(config, named))


def _of_one_domain(config: Config, section: Section) -> Section:
    """The same with one value where lingvo takes a list of one for each domain."""
    single = dict(section.data)
    for key in (key for key in (*LINGVO, *_LINGVO_OFF) if isinstance(single.get(key), list)):
        values = single[key]
        if not values or any(value != values[0] for value in values):
            advice = f"write one of them, e.g. {key}: {values[0]!r:.40}" if values else f"write {key} as one value"
            raise ParameterError(
                f"{section.where}{key}={values!r:.80}: a list holds a value for each of domain_ids, and a clip is of "
                f"one; {advice}"
            )
        section.note(f"{section.where}{key}: {values[0]!r:.40} in every domain")
        single[key] = values[0]
    return section.over(single)


def _nested(config: Config) -> Section:
    held = [config.root.section(key) for key in _NESTED if isinstance(config.data.get(key), dict)]
    return held[0] if held and held[0] is not None else config.root


def _mask(axis: Any, section: Section, kinds: Kinds) -> Any:
    section.refuse_unknown(kinds)
    key = next(iter(kinds))
    if key not in section:
        raise ParameterError(f"{section.where}{key} is missing: allowed is {COUNT.allowed}")
    others: dict[str, Any] = {"iid_masks": section.take("iid_masks", FLAG, False)}
    if "p" in kinds:
        others["p"] = float(section.take("p", SHARE, 1.0))
    return torchaudio_mask(axis, section.get(key, COUNT), **others)


def _frontend(config: Config, named: dict[str, Section]) -> MelFrontend | None:
    section = named.get("MelSpectrogram")
    if section is None:
        config.notes.append("the file has no MelSpectrogram; torchaudio's own is meant")
        section = Section(config, {}, ("MelSpectrogram",))
    n_fft = section.take("n_fft", LEAST_ONE, 400)
    win_length = section.get("win_length", or_none(LEAST_ONE)) or n_fft
    top = section.get("f_max", or_none(NUMBER))
    changes: dict[str, Any] = {
        "sample_rate": section.take("sample_rate", RATE, 16000),
        "n_fft": n_fft,
        "win_length": None if win_length == n_fft else win_length,
        "hop_length": section.get("hop_length", or_none(LEAST_ONE)) or max(1, win_length // 2),
        "n_mels": section.take("n_mels", LEAST_ONE, 128),
        "fmin_hz": float(section.get("f_min", NUMBER, 0.0)),
        "fmax_hz": None if top is None else float(top),
        "power": float(section.get("power", NUMBER, 2.0)),
        "mel_norm": section.get("norm", or_none(one_of("slaney")), None),
        "mel_scale": section.get("mel_scale", one_of("htk", "slaney"), "htk"),
        "pad_mode": section.get("pad_mode", one_of("reflect", "constant"), "reflect"),
    }
    section.refuse_unknown({*_MEL_KEYS})
    if not section.get("center", FLAG, True) or section.get("normalized", FLAG, False) or section.get("pad", COUNT, 0):
        config.no_frontend("MelSpectrogram: center: false, normalized and pad cannot be had here")
        return None
    if "AmplitudeToDB" in named:
        decibels = named["AmplitudeToDB"]
        top_db = decibels.take("top_db", or_none(NUMBER), None)
        changes |= {"log": "db", "floor": 1e-10, "dynamic_range": None if top_db is None else float(top_db)}
    return config.preset("torchaudio", section.keys(fmin_hz="f_min", fmax_hz="f_max"), **changes)


_MEL_KEYS = (
    *("sample_rate", "n_fft", "win_length", "hop_length", "n_mels", "f_min", "f_max", "power", "norm", "mel_scale"),
    *("pad_mode", "center", "normalized", "pad", "onesided"),
)
