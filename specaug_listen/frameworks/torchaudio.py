"""torchaudio's ``SpecAugment``, ``TimeMasking`` and ``FrequencyMasking`` [1]_: no warp.

Reads files with the arguments of these classes and of ``MelSpectrogram`` under the class names.

References
----------
.. [1] ``torchaudio/transforms/_transforms.py``, ``torchaudio/functional/functional.py``.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

from ..augment.framework_masks import Mask
from ..augment.policy import Policy
from ..frontends import TORCHAUDIO as FRONTEND
from ..frontends import MelFrontend
from .argument_types import Count, LeastOne, Number, PolicyName, SampleRate, Share, check_arguments
from .config import Config, Section
from .framework import Framework, PolicyAndFrontend
from .neutral import NeutralPolicy, to_yaml

__all__ = ["TORCHAUDIO", "torchaudio_mask", "torchaudio_policy"]


@check_arguments
def torchaudio_mask(
    axis: Literal["time", "frequency"],
    mask_param: Count,
    *,
    n_masks: Count = 1,
    iid_masks: bool = False,
    p: Share = 1.0,
    mask_value: Number | Literal["mean"] = 0.0,
) -> Mask:
    """Make ``TimeMasking`` or ``FrequencyMasking``, or one axis of ``SpecAugment``.

    Examples
    --------
    >>> torchaudio_mask("time", 100, p=0.2).max_ratio
    0.2
    """
    bound: dict[str, Any] = {} if p == 1.0 else {"max_ratio": p, "ratio_rule": "bounds"}
    return Mask(
        axis,
        n_masks,
        count_rule="fixed",
        max_width=mask_param,
        width_rule="scaled",
        start_rule="float_width",
        order="mask_by_mask",
        over="padded",
        together=iid_masks,
        fill=mask_value,
        **bound,
    )


@check_arguments
def torchaudio_policy(
    *,
    n_time_masks: Count,
    time_mask_param: Count,
    n_freq_masks: Count,
    freq_mask_param: Count,
    iid_masks: bool = True,
    p: Share = 1.0,
    zero_masking: bool = False,
    name: PolicyName = "torchaudio",
) -> Policy:
    """Make the policy of ``SpecAugment``'s own arguments, with its own defaults.

    Examples
    --------
    >>> torchaudio_policy(n_time_masks=2, time_mask_param=40, n_freq_masks=2, freq_mask_param=27).transforms[1].fill
    'mean'
    """
    shared: dict[str, Any] = {"p": p, "iid_masks": iid_masks, "mask_value": 0.0 if zero_masking else "mean"}
    time = torchaudio_mask("time", time_mask_param, n_masks=n_time_masks, **shared)
    frequency = torchaudio_mask("frequency", freq_mask_param, n_masks=n_freq_masks, **shared)
    return Policy((time, frequency), name, framework="torchaudio")


_CLASS_NAMES = ("SpecAugment", "TimeMasking", "FrequencyMasking", "MelSpectrogram", "AmplitudeToDB")
# For each parameter of `torchaudio_mask`, the argument of the class.
_TIME_KEYS = {"mask_param": "time_mask_param", "iid_masks": "iid_masks", "p": "p"}
_FREQUENCY_KEYS = {"mask_param": "freq_mask_param", "iid_masks": "iid_masks"}
_MEL_KEYS = (
    *("sample_rate", "n_fft", "win_length", "hop_length", "n_mels", "f_min", "f_max", "power", "norm", "mel_scale"),
    *("pad_mode", "center", "normalized", "pad", "onesided"),
)


def _read(config: Config) -> PolicyAndFrontend:
    root = config.root
    sections = {key: root.section_or_empty(key) for key in root.data if key in _CLASS_NAMES}
    if not sections:
        policy = torchaudio_policy(**root.arguments(torchaudio_policy), name=config.name)
        return policy, config.default_frontend()
    root.refuse_unknown(_CLASS_NAMES)
    transforms: list[Any] = []
    for name, section in sections.items():
        if name == "SpecAugment":
            transforms += torchaudio_policy(**section.arguments(torchaudio_policy)).transforms
        elif name == "TimeMasking":
            transforms.append(torchaudio_mask("time", **section.arguments(torchaudio_mask, keys=_TIME_KEYS)))
        elif name == "FrequencyMasking":
            transforms.append(torchaudio_mask("frequency", **section.arguments(torchaudio_mask, keys=_FREQUENCY_KEYS)))
    return Policy(tuple(transforms), config.name, framework="torchaudio"), _read_frontend(config, sections)


def _read_frontend(config: Config, sections: dict[str, Section]) -> MelFrontend | None:
    section = sections.get("MelSpectrogram")
    if section is None:
        config.notes.append("the file has no MelSpectrogram; torchaudio's default is used")
        section = config.root.section_or_empty("MelSpectrogram")
    n_fft = section.get_noted("n_fft", LeastOne, 400)
    win_length = section.get("win_length", LeastOne | None) or n_fft
    changes: dict[str, Any] = {
        "sample_rate": section.get_noted("sample_rate", SampleRate, 16000),
        "n_fft": n_fft,
        "win_length": None if win_length == n_fft else win_length,
        "hop_length": section.get("hop_length", LeastOne | None) or max(1, win_length // 2),
        "n_mels": section.get_noted("n_mels", LeastOne, 128),
        "fmin_hz": float(section.get("f_min", Number, 0.0)),
        "fmax_hz": section.get_float("f_max"),
        "power": float(section.get("power", Number, 2.0)),
        "mel_norm": section.get("norm", Literal["slaney"] | None),
        "mel_scale": section.get("mel_scale", Literal["htk", "slaney"], "htk"),
        "pad_mode": section.get("pad_mode", Literal["reflect", "constant"], "reflect"),
    }
    section.refuse_unknown(_MEL_KEYS)
    if not section.get("center", bool, True) or section.get("normalized", bool, False) or section.get("pad", Count, 0):
        config.reject_frontend("MelSpectrogram: center: false, normalized and pad are not supported")
        return None
    if "AmplitudeToDB" in sections:
        top_db = sections["AmplitudeToDB"].get_noted("top_db", Number | None, None)
        changes |= {"log": "db", "floor": 1e-10, "dynamic_range": None if top_db is None else float(top_db)}
    return config.preset("torchaudio", section.keys(fmin_hz="f_min", fmax_hz="f_max"), **changes)


def _write(policy: NeutralPolicy) -> str:
    frequency, time = policy.frequency, policy.time
    is_bounded = not time.is_share_alone and policy.framework == "torchaudio"
    arguments = {
        "n_time_masks": time.number,
        "time_mask_param": time.end if time.number else 0,
        "n_freq_masks": frequency.number,
        "freq_mask_param": frequency.end if frequency.number else 0,
        "iid_masks": True,
        "p": time.share if is_bounded else 1.0,
        "zero_masking": policy.is_filled_with_zero,
    }
    return to_yaml({"SpecAugment": arguments})


TORCHAUDIO = Framework(
    name="torchaudio",
    source="torchaudio/functional/functional.py, transforms/_transforms.py",
    oddities=(
        "the maximum width is never drawn, and the last bin and frame are never masked; small starts are slightly more "
        "likely",
        "SpecAugment passes p to the frequency masks, too, where it limits widths to a share of the bins",
        "SpecAugment fills with the mean of the whole tensor: all examples, all channels, all padding",
        "with iid_masks, channels of one clip get different masks",
        "time masks are drawn over the padded length; TimeStretch is not SpecAugment's warp",
    ),
    frontends=("torchaudio",),
    generators={"mask": "torch"},
    policy_functions=(torchaudio_policy,),
    read=_read,
    write=_write,
    scale="whatever the transform is given",
    marks=("TimeMasking", "FrequencyMasking", "MelSpectrogram"),
    main_recipes={"torchaudio": "torchaudio-conformer"},
    # examples/asr/librispeech_conformer_rnnt/transforms.py: FrequencyMasking(27) twice, TimeMasking(100, p=0.2) twice.
    recipes=(
        Policy(
            (torchaudio_mask("frequency", 27, n_masks=2), torchaudio_mask("time", 100, n_masks=2, p=0.2)),
            "torchaudio-conformer",
            framework="torchaudio",
            frontend=replace(FRONTEND, n_fft=400, hop_length=160, n_mels=80, name="torchaudio of torchaudio-conformer"),
        ),
    ),
)
