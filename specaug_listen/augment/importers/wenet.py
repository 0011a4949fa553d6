"""WeNet's training configuration: ``dataset_conf``."""

from __future__ import annotations

from typing import Any

from ...errors import ParameterError
from ...frontends import MelFrontend
from ..dialects.wenet import wenet_policy
from ..policy import Policy
from .arguments import WENET_AUG, WENET_SUB, WENET_TRIM
from .config import Config, Found, Section
from .kinds import FLAG, LEAST_ONE, NUMBER, RATE, Kinds, one_of

__all__ = ["read_wenet"]

_SWITCHES = (("spec_aug", True), ("spec_sub", False), ("spec_trim", False))


def read_wenet(config: Config) -> Found:
    """The policy and the front-end of a training configuration, or of ``spec_aug``'s bare arguments."""
    root = config.root
    section = root.section("dataset_conf")
    if section is not None:
        return Found(_policy(config, section), _frontend(config, section))
    if {"spec_aug", "spec_aug_conf", "spec_sub", "spec_sub_conf"} & set(root.data):
        root.note("without dataset_conf, as if these keys stood in it")
        return Found(_policy(config, root), _frontend(config, root))
    root.note("the file names no front-end; WeNet's own is meant")
    return Found(wenet_policy(**_taken(root, WENET_AUG), name=config.name), config.preset("wenet"))


def _policy(config: Config, section: Section) -> Policy:
    on = {name: section.take(name, FLAG, default) for name, default in _SWITCHES}
    arguments: dict[str, Any] = dict(on)
    if on["spec_aug"]:
        arguments |= _taken(_inside(config, section, "spec_aug_conf"), WENET_AUG)
    if on["spec_sub"]:
        sub = _taken(_inside(config, section, "spec_sub_conf"), WENET_SUB)
        arguments |= {"num_t_sub": sub["num_t_sub"], "sub_max_t": sub["max_t"]}
    if on["spec_trim"]:
        arguments["trim_max_t"] = _taken(_inside(config, section, "spec_trim_conf"), WENET_TRIM)["max_t"]
    for name, is_on in on.items():
        if not is_on and section.section(f"{name}_conf") is not None:
            section.note(f"{section.where}{name}_conf: without effect, {name} is false")
    return wenet_policy(**arguments, name=config.name)


def _inside(config: Config, section: Section, key: str) -> Section:
    return section.section(key) or Section(config, {}, (*section.where.split(".")[:-1], key))


def _taken(section: Section, kinds: Kinds) -> dict[str, Any]:
    """The values of a function's arguments; ``max_t`` has another default in each of them."""
    defaults = {"num_t_mask": 2, "num_f_mask": 2, "max_t": 50, "max_f": 10, "num_t_sub": 3}
    if kinds is not WENET_AUG:
        defaults["max_t"] = 20
    section.refuse_unknown({*kinds, *({"max_w", "warp_for_time"} if kinds is WENET_AUG else ())})
    for key in ("max_w", "warp_for_time"):
        if key in section:
            section.note(f"{section.where}{key}: without effect, WeNet has no warp")
    return {key: section.take(key, kind, defaults[key]) for key, kind in kinds.items()}


def _frontend(config: Config, section: Section) -> MelFrontend | None:
    feats = section.take("feats_type", one_of("fbank", "log_mel_spectrogram", "mfcc"), "fbank")
    if feats == "mfcc":
        raise ParameterError(
            f"{section.where}feats_type='mfcc': cepstral coefficients are no mel spectrogram, so the masks cannot be "
            "heard; allowed is fbank or log_mel_spectrogram"
        )
    resampled = _inside(config, section, "resample_conf")
    rate = resampled.take("resample_rate", RATE, 16000)
    if feats == "log_mel_spectrogram":
        conf = _inside(config, section, "log_mel_spectrogram_conf")
        return config.preset(
            "whisper",
            sample_rate=rate,
            n_fft=conf.take("n_fft", LEAST_ONE, 400),
            hop_length=conf.take("hop_length", LEAST_ONE, 160),
            n_mels=conf.take("num_mel_bins", LEAST_ONE, 80),
        )
    conf = _inside(config, section, "fbank_conf")
    win_length = int(conf.take("frame_length", NUMBER, 25) * rate / 1000)
    if conf.get("dither", NUMBER, 0.0):
        conf.note(f"{conf.where}dither: noise in training, left out")
    return config.preset(
        "wenet",
        sample_rate=rate,
        n_fft=1 << max(0, win_length - 1).bit_length(),
        win_length=win_length,
        hop_length=int(conf.take("frame_shift", NUMBER, 10) * rate / 1000),
        n_mels=conf.take("num_mel_bins", LEAST_ONE, 23),
    )
