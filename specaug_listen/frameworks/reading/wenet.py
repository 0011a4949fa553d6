"""WeNet's training configuration: ``dataset_conf``."""

from __future__ import annotations

from typing import Any

from ...augment.policy import Policy
from ...errors import ParameterError
from ...frontends import MelFrontend
from ..wenet import wenet_policy
from .arguments import WENET_AUG, WENET_SUB, WENET_TRIM
from .config import Config, Found, Section
from .detect import IN_DATASET
from .fields import FLAG, LEAST_ONE, NUMBER, RATE, TEXT, Kind, Kinds, one_of

__all__ = ["read_wenet"]

_SWITCHES = (("spec_aug", True), ("spec_sub", False), ("spec_trim", False))
# Of WeNet 1, whose collate function masked: nothing unless it was asked to.
_OLD_SWITCHES = (("spec_aug", False), ("spec_sub", False), ("spec_trim", False))
_WINDOWS = {"povey": "povey", "hamming": "hamming_symmetric", "hanning": "hann_symmetric"}
_OF_FBANK = ("num_mel_bins", "frame_shift", "frame_length", "dither", "window_type")
_SAMPLES = Kind("an integer of samples, from 0 on", lambda v: isinstance(v, int) and not isinstance(v, bool) and v >= 0)
_OF_LOG_MEL = ("n_fft", "hop_length", "num_mel_bins", "padding", "pad_or_trim", "max_duration")


def read_wenet(config: Config) -> Found:
    """The policy and the front-end of a training configuration, or of ``spec_aug``'s bare arguments."""
    root = config.root
    section = root.section("dataset_conf")
    old = root.section("collate_conf")
    # WeNet 1 had a dataset_conf, too, for the lengths of clips and batches alone.
    if section is not None and (old is None or IN_DATASET & set(section.data)):
        if old is not None:
            root.note(
                "collate_conf: left alone, as today's WeNet reads dataset_conf alone (it was WeNet 1 that masked in it)"
            )
            root.knows_value("collate_conf")
        return Found(_policy(config, section), _frontend(config, section))
    if old is not None:
        return Found(_policy(config, old, _OLD_SWITCHES), _old_frontend(config, old))
    if {"spec_aug", "spec_aug_conf", "spec_sub", "spec_sub_conf"} & set(root.data):
        root.note("without dataset_conf, as if these keys stood in it")
        return Found(_policy(config, root), _frontend(config, root))
    root.note("the file names no front-end; WeNet's own is meant")
    return Found(wenet_policy(**_taken(root, WENET_AUG), name=config.name), config.preset("wenet"))


def _policy(config: Config, section: Section, switches: tuple[tuple[str, bool], ...] = _SWITCHES) -> Policy:
    on = {name: section.take(name, FLAG, default) for name, default in switches}
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
    if section.get("warp_for_time", FLAG, False) and section.where.startswith("collate_conf"):
        raise ParameterError(f"{section.where}warp_for_time=True: WeNet 1's warp cannot be had here; allowed is false")
    for key in ("max_w", "warp_for_time"):
        if key in section:
            why = "warp_for_time is false" if section.where.startswith("collate_conf") else "WeNet has no warp"
            section.note(f"{section.where}{key}: without effect, {why}")
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
        conf.knows(_OF_LOG_MEL)
        hop_length = conf.take("hop_length", LEAST_ONE, 160)
        _note_padding(conf, rate, hop_length)
        return config.preset(
            "whisper",
            conf.keys(n_mels="num_mel_bins") | {"sample_rate": f"{resampled.where}resample_rate"},
            sample_rate=rate,
            n_fft=conf.take("n_fft", LEAST_ONE, 400),
            hop_length=hop_length,
            n_mels=conf.take("num_mel_bins", LEAST_ONE, 80),
        )
    conf = _inside(config, section, "fbank_conf")
    conf.knows(_OF_FBANK)
    return _of_fbank(config, conf, rate, "num_mel_bins")


def _note_padding(conf: Section, rate: int, hop_length: int) -> None:
    """What WeNet appends to every clip before the mel."""
    padding = conf.get("padding", _SAMPLES, 0)
    if padding:
        conf.note(
            f"{conf.where}padding: {padding}: so many zero samples are appended to each clip, and masks may fall on "
            "them; left out"
        )
    if conf.get("pad_or_trim", FLAG, False):
        seconds = conf.get("max_duration", LEAST_ONE, 30)
        n_frames = seconds * rate // hop_length
        conf.note(
            f"{conf.where}pad_or_trim: clips are {seconds} s ({n_frames} frames) when they are masked; see --batch "
            f"1x{n_frames}"
        )
    elif "max_duration" in conf:
        conf.note(f"{conf.where}max_duration: without effect, pad_or_trim is false")


def _old_frontend(config: Config, section: Section) -> MelFrontend | None:
    conf = _inside(config, section, "feature_extraction_conf")
    kind = conf.take("feature_type", TEXT, "fbank")
    if kind != "fbank" or conf.get("using_pitch", FLAG, False):
        raise ParameterError(
            f"{conf.where}feature_type={kind!r:.60}, using_pitch={conf.get('using_pitch', FLAG, False)}: cepstral "
            "coefficients and pitch are no mel spectrogram; allowed is fbank without pitch"
        )
    if not config.root.get("raw_wav", FLAG, True):
        config.no_frontend("raw_wav is false: the features were made elsewhere")
        return None
    return _of_fbank(config, conf, 16000, "mel_bins")


def _of_fbank(config: Config, conf: Section, rate: int, bins: str) -> MelFrontend | None:
    win_length = int(conf.take("frame_length", NUMBER, 25) * rate / 1000)
    if conf.get("dither", NUMBER, 0.0):
        conf.note(f"{conf.where}dither: noise in training, left out")
    window = conf.get("window_type", TEXT, "povey")
    return config.preset(
        "wenet",
        conf.keys(n_mels=bins, n_fft="frame_length", win_length="frame_length", hop_length="frame_shift"),
        sample_rate=rate,
        n_fft=1 << max(0, win_length - 1).bit_length(),
        win_length=win_length,
        hop_length=int(conf.take("frame_shift", NUMBER, 10) * rate / 1000),
        n_mels=conf.take(bins, LEAST_ONE, 23),
        window=_WINDOWS.get(window, window),
    )
