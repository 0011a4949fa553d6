"""WeNet's ``spec_aug``, ``spec_sub`` and ``spec_trim`` [1]_, and wespeaker's masks [2]_: no warp, applied before CMVN.

Reads WeNet's training configuration: ``dataset_conf``, or ``collate_conf`` of WeNet 1.

References
----------
.. [1] ``wenet/dataset/processor.py``.
.. [2] ``wespeaker/dataset/dataset_utils.py``.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Annotated, Any, Literal

from pydantic import Field

from ..augment.framework_masks import Mask
from ..augment.framework_transforms import Copy, TrimTail
from ..augment.policy import Policy
from ..errors import ParameterError
from ..frontends import WHISPER_128, MelFrontend
from .argument_types import Count, LeastOne, NotAKey, Number, PolicyName, SampleRate, check_arguments
from .config import Config, Section
from .framework import Framework, PolicyAndFrontend
from .neutral import NeutralPolicy, to_yaml

__all__ = ["WENET", "wenet_policy"]


@check_arguments
def wenet_policy(
    *,
    spec_aug: bool = True,
    num_t_mask: Count = 2,
    num_f_mask: Count = 2,
    max_t: LeastOne = 50,
    max_f: LeastOne = 10,
    spec_sub: bool = False,
    num_t_sub: Count = 3,
    sub_max_t: Annotated[LeastOne, NotAKey] = 20,
    spec_trim: bool = False,
    trim_max_t: Annotated[LeastOne, NotAKey] = 20,
    name: PolicyName = "wenet",
) -> Policy:
    """Make the policy of the three functions' own arguments, with their own defaults.

    ``sub_max_t`` and ``trim_max_t`` are ``max_t`` of ``spec_sub`` and ``spec_trim``.

    Examples
    --------
    >>> [type(t).__name__ for t in wenet_policy(spec_sub=True).transforms]
    ['Mask', 'Mask', 'Copy']
    """
    mask = partial(
        Mask,
        count_rule="fixed",
        min_width=1,
        width_rule="inclusive",
        start_rule="anywhere",
        order="start_first",
        over="clip",
        fill=0.0,
    )
    transforms: list[Any] = []
    if spec_aug:
        transforms.append(mask("time", num_t_mask, max_width=max_t))
        transforms.append(mask("frequency", num_f_mask, max_width=max_f))
    if spec_sub:
        transforms.append(Copy(num_t_sub, sub_max_t))
    if spec_trim:
        transforms.append(TrimTail(trim_max_t))
    return Policy(tuple(transforms), name, framework="wenet")


# The keys of each section for the parameters of `wenet_policy`.
_SECTION_KEYS = {
    "spec_aug": {key: key for key in ("num_t_mask", "num_f_mask", "max_t", "max_f")},
    "spec_sub": {"num_t_sub": "num_t_sub", "sub_max_t": "max_t"},
    "spec_trim": {"trim_max_t": "max_t"},
}
# Keys of dataset_conf that only WeNet has: other frameworks have a section of that name, too.
_DATASET_KEYS = {*_SECTION_KEYS, *(f"{name}_conf" for name in _SECTION_KEYS)} | {
    *("fbank_conf", "feats_type", "log_mel_spectrogram_conf", "mfcc_conf")
}
_WARP_KEYS = ("max_w", "warp_for_time")
_WINDOWS = {"povey": "povey", "hamming": "hamming_symmetric", "hanning": "hann_symmetric"}
_FBANK_KEYS = ("num_mel_bins", "frame_shift", "frame_length", "dither", "window_type")
_LOG_MEL_KEYS = ("n_fft", "hop_length", "num_mel_bins", "padding", "pad_or_trim", "max_duration")
_Samples = Annotated[int, Field(ge=0, description="an integer of samples, from 0 on")]


def _detect(key: str, value: Any) -> bool:
    return key == "dataset_conf" and isinstance(value, dict) and bool(_DATASET_KEYS & set(value))


def _read(config: Config) -> PolicyAndFrontend:
    root = config.root
    section, old = root.section("dataset_conf"), root.section("collate_conf")
    # In WeNet 1, dataset_conf held only the lengths of clips and batches.
    if section is not None and (old is None or _DATASET_KEYS & set(section.data)):
        if old is not None:
            root.note("collate_conf: ignored, because only WeNet 1 reads it, and today's WeNet reads dataset_conf")
            root.mark_read("collate_conf")
        return _read_policy(config, section), _read_frontend(config, section)
    if old is not None:
        return _read_policy(config, old), _read_old_frontend(config, old)
    if {"spec_aug", "spec_aug_conf", "spec_sub", "spec_sub_conf"} & set(root.data):
        root.note("there is no dataset_conf; these keys are read as if they were in it")
        return _read_policy(config, root), _read_frontend(config, root)
    return wenet_policy(**_arguments(root, "spec_aug"), name=config.name), config.default_frontend()


def _read_policy(config: Config, section: Section) -> Policy:
    """Read the switches and the arguments of what is switched on; WeNet 1 masks nothing by default."""
    is_old = _is_of_wenet_1(section)
    switches = {name: section.get_noted(name, bool, name == "spec_aug" and not is_old) for name in _SECTION_KEYS}
    arguments: dict[str, Any] = dict(switches)
    for name, is_on in switches.items():
        if is_on:
            arguments |= _arguments(section.section_or_empty(f"{name}_conf"), name)
    for name, is_on in switches.items():
        if not is_on and section.section(f"{name}_conf") is not None:
            section.note_key(f"{name}_conf", f"without effect, {name} is false")
    return wenet_policy(**arguments, name=config.name)


def _is_of_wenet_1(section: Section) -> bool:
    return section.place[:1] == ("collate_conf",)


def _arguments(section: Section, name: str) -> dict[str, Any]:
    """Read the arguments of one of the three functions; those of a warp have no effect."""
    ignored = _WARP_KEYS if name == "spec_aug" else ()
    section.refuse_unknown({*_SECTION_KEYS[name].values(), *ignored})
    if section.get("warp_for_time", bool, False) and _is_of_wenet_1(section):
        raise ParameterError(f"{section.prefix}warp_for_time=True: WeNet 1's warp is not supported; allowed is false")
    for key in _WARP_KEYS:
        if key in section:
            why = "warp_for_time is false" if _is_of_wenet_1(section) else "WeNet has no warp"
            section.note_key(key, f"without effect, {why}")
    return section.known_arguments(wenet_policy, _SECTION_KEYS[name])


def _read_frontend(config: Config, section: Section) -> MelFrontend | None:
    feats = section.get_noted("feats_type", Literal["fbank", "log_mel_spectrogram", "mfcc"], "fbank")
    if feats == "mfcc":
        raise ParameterError(
            f"{section.prefix}feats_type='mfcc': cepstral coefficients are not a mel spectrogram, so the masks cannot "
            "be heard; allowed is fbank or log_mel_spectrogram"
        )
    resample = section.section_or_empty("resample_conf")
    rate = resample.get_noted("resample_rate", SampleRate, 16000)
    if feats == "log_mel_spectrogram":
        conf = section.section_or_empty("log_mel_spectrogram_conf")
        conf.mark_known(_LOG_MEL_KEYS)
        hop_length = conf.get_noted("hop_length", LeastOne, 160)
        _note_padding(conf, rate, hop_length)
        return config.preset(
            "whisper",
            conf.keys(n_mels="num_mel_bins") | {"sample_rate": f"{resample.prefix}resample_rate"},
            sample_rate=rate,
            n_fft=conf.get_noted("n_fft", LeastOne, 400),
            hop_length=hop_length,
            n_mels=conf.get_noted("num_mel_bins", LeastOne, 80),
        )
    conf = section.section_or_empty("fbank_conf")
    conf.mark_known(_FBANK_KEYS)
    return _fbank(config, conf, rate, "num_mel_bins")


def _note_padding(conf: Section, rate: int, hop_length: int) -> None:
    """Note the samples that WeNet appends to every clip before the mel."""
    padding = conf.get("padding", _Samples, 0)
    if padding:
        conf.note_key(
            "padding", f"{padding} zero samples are appended to each clip, and masks may fall on them; left out"
        )
    if conf.get("pad_or_trim", bool, False):
        seconds = conf.get("max_duration", LeastOne, 30)
        n_frames = seconds * rate // hop_length
        conf.note_key(
            "pad_or_trim", f"clips are {seconds} s ({n_frames} frames) when they are masked; see --batch 1x{n_frames}"
        )
    elif "max_duration" in conf:
        conf.note_key("max_duration", "without effect, pad_or_trim is false")


def _read_old_frontend(config: Config, section: Section) -> MelFrontend | None:
    conf = section.section_or_empty("feature_extraction_conf")
    kind, has_pitch = conf.get_noted("feature_type", str, "fbank"), conf.get("using_pitch", bool, False)
    if kind != "fbank" or has_pitch:
        raise ParameterError(
            f"{conf.prefix}feature_type={kind!r:.60}, using_pitch={has_pitch}: cepstral "
            "coefficients and pitch are not a mel spectrogram; allowed is fbank without pitch"
        )
    if not config.root.get("raw_wav", bool, True):
        config.reject_frontend("raw_wav is false: the features were computed elsewhere")
        return None
    return _fbank(config, conf, 16000, "mel_bins")


def _fbank(config: Config, conf: Section, rate: int, bins_key: str) -> MelFrontend | None:
    win_length = int(conf.get_noted("frame_length", Number, 25) * rate / 1000)
    if conf.get("dither", Number, 0.0):
        conf.note_key("dither", "noise in training, left out")
    window = conf.get("window_type", str, "povey")
    return config.preset(
        "wenet",
        conf.keys(n_mels=bins_key, n_fft="frame_length", win_length="frame_length", hop_length="frame_shift"),
        sample_rate=rate,
        n_fft=1 << max(0, win_length - 1).bit_length(),
        win_length=win_length,
        hop_length=int(conf.get_noted("frame_shift", Number, 10) * rate / 1000),
        n_mels=conf.get_noted(bins_key, LeastOne, 23),
        window=_WINDOWS.get(window, window),
    )


def _write(policy: NeutralPolicy) -> str:
    frequency, time = policy.frequency, policy.time
    conf: dict[str, Any] = {"spec_aug": bool(frequency.number or time.number)}
    if conf["spec_aug"]:
        conf["spec_aug_conf"] = {
            "num_t_mask": time.number if time.width else 0,
            "num_f_mask": frequency.number if frequency.width else 0,
            "max_t": max(1, time.width),
            "max_f": max(1, frequency.n_bins),
        }
    copies = [transform for transform in policy.others if isinstance(transform, Copy)]
    trims = [transform for transform in policy.others if isinstance(transform, TrimTail)]
    if copies:
        conf |= {"spec_sub": True, "spec_sub_conf": {"num_t_sub": copies[0].count, "max_t": copies[0].max_frames}}
    if trims:
        conf |= {"spec_trim": True, "spec_trim_conf": {"max_t": trims[0].max_frames}}
    return to_yaml({"dataset_conf": conf})


_WESPEAKER = wenet_policy(num_t_mask=1, num_f_mask=1, max_t=10, max_f=8, name="wespeaker")
WENET = Framework(
    name="wenet",
    spelling="WeNet",
    source="wenet/dataset/processor.py",
    oddities=(
        "no mask is empty: widths are 1 to the maximum",
        "starts are uniform over all bins or frames, and masks are truncated at the end: the last ones are masked as "
        "often as those in the middle, the first hardly ever",
        "masks are zeros in features of 16-bit samples, before normalisation: CMVN in the encoder makes them strongly "
        "negative",
        "time masks come before frequency masks; max_w is accepted but unused: there is no warp",
        "spec_aug is on by default",
    ),
    frontends=("wenet",),
    generators={"mask": "python", "copy": "python", "trim_tail": "python"},
    policy_functions=(wenet_policy,),
    read=_read,
    write=_write,
    scale="ln of powers of 16-bit samples, not normalised",
    marks=("collate_conf",),
    detect=_detect,
    more_keys=("spec_aug_conf",),
    main_recipes={"wenet": "wenet"},
    # examples/aishell/s0/conf: train_conformer.yaml, train_u2++_conformer.yaml; examples/aishell/whisper/conf;
    # wespeaker's own defaults (for a whole batch at once).
    recipes=(
        wenet_policy(),
        wenet_policy(spec_sub=True, sub_max_t=30, name="wenet-u2pp"),
        replace(wenet_policy(spec_sub=True, sub_max_t=30, name="wenet-whisper"), frontend=WHISPER_128),
        replace(_WESPEAKER, probability=0.6),
    ),
)
