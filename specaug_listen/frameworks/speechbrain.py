"""SpeechBrain's ``SpectrogramDrop`` and ``Warping`` [1]_, and the ``SpecAugment`` of its old versions [2]_.

Reads the hyper-parameters of a recipe: its ``Augmenter`` of features, ``Fbank`` and ``InputNormalization``.

References
----------
.. [1] ``speechbrain/augment/freq_domain.py``, ``speechbrain/augment/augmenter.py``.
.. [2] ``speechbrain/lobes/augment.py`` until version 0.5.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import Field

from .._yaml import Tagged
from ..augment import NONE, Policy
from ..augment.framework_masks import Mask
from ..augment.framework_transforms import Warp
from ..errors import ParameterError
from ..frontends import SPEECHBRAIN as FRONTEND
from .argument_types import Count, LeastOne, PolicyName, Share, Widths, check_arguments, keys_of
from .config import Config, Section
from .espnet import espnet_mask, width_range
from .framework import Framework, PolicyAndFrontend
from .neutral import NeutralPolicy
from .speechbrain_recipe import (
    HyperObject,
    enabled_entries,
    find_augmenter,
    objects_in,
    read_frontend,
    read_n_applied,
    refuse_networks,
    with_repeats,
)

__all__ = [
    "SPEECHBRAIN",
    "SPEECHBRAIN_LEGACY",
    "speechbrain_drop",
    "speechbrain_legacy_policy",
    "speechbrain_warp",
]

_FILLS: dict[str, float | str] = {"zeros": 0.0, "mean": "mean", "rand": "uniform", "swap": "swap"}


@check_arguments
def speechbrain_drop(
    *,
    drop_length_low: Count = 5,
    drop_length_high: Count = 15,
    drop_count_low: Count = 1,
    drop_count_high: Count = 3,
    replace: str = "zeros",
    dim: LeastOne = 1,
) -> Mask:
    """Make the masks of ``SpectrogramDrop``'s own arguments, with its own defaults.

    Raises
    ------
    ParameterError
        For ``cutcat``, which takes frames of another clip; for ``random_selection``, which keeps its first choice for
        ever; for a range whose lower end is above its upper one.

    Examples
    --------
    >>> speechbrain_drop(dim=2, replace="mean").axis
    'frequency'
    """
    _check_ends(drop_length_low, drop_length_high, "drop_length")
    _check_ends(drop_count_low, drop_count_high, "drop_count")
    if replace == "cutcat":
        raise ParameterError(
            "replace='cutcat' takes frames of another clip of the batch, so it cannot be auditioned on one clip"
        )
    if replace not in _FILLS:
        raise ParameterError(
            f"replace={replace!r:.80}: allowed is {', '.join(_FILLS)} (random_selection picks one of them once for "
            "all clips)"
        )
    fill: Any = _FILLS[replace]
    return Mask(
        "time" if dim == 1 else "frequency",
        drop_count_low,
        count_rule="range",
        max_count=drop_count_high,
        min_width=drop_length_low,
        max_width=drop_length_high,
        width_rule="exclusive",
        start_rule="anywhere",
        order="widths_first",
        over="padded",
        together=True,
        fill=fill,
        fill_over="current",
    )


def _check_ends(low: int, high: int, what: str) -> None:
    if low > high:
        raise ParameterError(f"{what}_low={low}: allowed is at most {what}_high={high}")


@check_arguments
def speechbrain_warp(
    *,
    warp_window: Count = 5,
    warp_mode: Annotated[Literal["bicubic"], Field(description="bicubic")] = "bicubic",
    dim: Annotated[Literal[1], Field(description="1, a warp of time")] = 1,
) -> Warp:
    """Make the warp of ``Warping``'s own arguments, with its own defaults.

    Examples
    --------
    >>> speechbrain_warp().max_frames
    5
    """
    return Warp(warp_window, "bicubic_corners", to_left=0, to_right=1, over="padded")


@check_arguments
def speechbrain_legacy_policy(
    *,
    time_warp: bool = True,
    time_warp_window: Count = 5,
    time_warp_mode: str = "bicubic",
    freq_mask: bool = True,
    freq_mask_width: Widths = (0, 20),
    n_freq_mask: Count = 2,
    time_mask: bool = True,
    time_mask_width: Widths = (0, 100),
    n_time_mask: Count = 2,
    replace_with_zero: bool = True,
    time_mask_ratio: Share = 0.0,
    name: PolicyName = "speechbrain-legacy",
) -> Policy:
    """Make the policy of the old ``SpecAugment``'s own arguments, with its own defaults.

    Examples
    --------
    >>> len(speechbrain_legacy_policy().transforms)
    3
    """
    fill: Any = 0.0 if replace_with_zero else "mean"
    transforms: list[Any] = []
    if time_warp:
        if time_warp_mode != "bicubic":
            raise ParameterError(f"time_warp_mode={time_warp_mode!r:.80}: allowed is bicubic")
        transforms.append(speechbrain_warp(warp_window=time_warp_window))
    if freq_mask:
        transforms.append(espnet_mask("frequency", n_freq_mask, width_range(freq_mask_width), fill))
    if time_mask:
        widths = width_range(time_mask_width)
        if time_mask_ratio > 0:
            widths = {"max_ratio": time_mask_ratio, "ratio_rule": "replaces"}
        transforms.append(espnet_mask("time", n_time_mask, widths, fill))
    return Policy(tuple(transforms), name, framework="speechbrain-legacy")


_DROP_CLASS, _WARP_CLASS, _LEGACY_CLASS = "SpectrogramDrop", "Warping", "SpecAugment"
_WAVEFORM_CLASSES = {
    *("TimeDomainSpecAugment", "EnvCorrupt", "SpeedPerturb", "DropFreq", "DropChunk", "AddNoise", "AddReverb"),
    *("AddBabble", "FastDropChunk", "DoClip", "RandAmp", "ChannelDrop", "ChannelSwap", "CutCat", "DropBitResolution"),
    "SignFlip",
}
# Similar tags of other tools do not count: CloudFormation's !Ref, GitLab's !reference.
_TAGS = ("!ref", "!copy", "!tuple", "!PLACEHOLDER")
_TAGS_WITH_NAMES = ("!new:", "!name:", "!apply:", "!applyref:", "!module:", "!include:")
# Stands for an augmentation that is not supported, because the number of augmentations matters.
_NO_MASK = Mask("time", 0, max_width=0)


def _detect(key: str, value: Any) -> bool:
    return isinstance(value, Tagged) and (value.tag in _TAGS or value.tag.startswith(_TAGS_WITH_NAMES))


def _read(config: Config) -> PolicyAndFrontend:
    tagged = list(objects_in(config.data))
    executed = sorted({each.tag for each in tagged if each.tag.startswith(("!apply:", "!include:"))})
    if executed:
        config.notes.append(f"not executed, so their values are not known: {', '.join(executed)[:300]}")
    objects = [each for each in tagged if each.tag.startswith("!new:")]
    of_waveform = [each for each in objects if each.class_name in _WAVEFORM_CLASSES]
    for each in of_waveform:
        config.places.note_value(each.place)
    if of_waveform:
        names = ", ".join(sorted({each.class_name for each in of_waveform}))
        config.notes.append(f"applied to the waveform, left out: {names}")
    old = [each.section(config) for each in objects if each.class_name == _LEGACY_CLASS]
    masks = [each for each in objects if each.class_name in (_DROP_CLASS, _WARP_CLASS)]
    frontend = read_frontend(config, objects)
    augmenter = find_augmenter(config, objects, (_DROP_CLASS, _WARP_CLASS))
    entries = [entry for _, entry in augmenter[1]] if augmenter else []
    _note_unlisted(config, [each for each in masks if not any(each.tagged is entry for entry in entries)])
    if augmenter is not None:
        refuse_networks(objects)
        return _read_augmenter(config, *augmenter), frontend
    if old:
        return _read_legacy_policy(config, old[0]), frontend
    arguments = keys_of(speechbrain_drop) + keys_of(speechbrain_warp)
    if not masks and set(config.data) & ({*arguments} - {"dim"}):
        name = _WARP_CLASS if set(config.data) & {"warp_window", "warp_mode"} else _DROP_CLASS
        return Policy((_read_transform(name, config.root),), config.name, framework="speechbrain"), frontend
    if not masks:
        config.notes.append("the file has no SpectrogramDrop, Warping or SpecAugment: nothing is masked")
    return Policy(NONE.transforms, config.name, framework="speechbrain"), frontend


def _note_unlisted(config: Config, unlisted: list[HyperObject]) -> None:
    """Check the arguments of objects that no Augmenter lists, and note that SpeechBrain never applies them."""
    for each in unlisted:
        _read_transform(each.class_name, each.section(config))
    if unlisted:
        names = ", ".join(each.path for each in unlisted)[:200]
        config.notes.append(
            f"{names}: masks nothing, because SpeechBrain applies only what the augmentations of an Augmenter list"
        )


def _read_augmenter(config: Config, augmenter: Section, entries: Sequence[tuple[Any, Any]]) -> Policy:
    transforms: list[Mask | Warp] = []
    for place, entry in enabled_entries(augmenter, entries):
        each = HyperObject(place, entry) if isinstance(entry, Tagged) else None
        if each is not None and each.class_name in (_DROP_CLASS, _WARP_CLASS):
            transforms.append(_read_transform(each.class_name, each.section(config)))
        else:
            what = repr(entry)[:60] if each is None else each.tag
            augmenter.note(f"{'.'.join(place)}: {what} is not a mask or warp of a spectrogram; it only counts as one")
            transforms.append(_NO_MASK)
    n_applied = read_n_applied(augmenter, len(entries), len(transforms))
    is_shuffled = augmenter.get("shuffle_augmentations", bool, False) and len(transforms) > 1
    if n_applied[1] < len(transforms) and not is_shuffled:
        augmenter.note_key(
            "max_augmentations", f"{n_applied[1]} of {len(transforms)}: only the first {n_applied[1]} ever run"
        )
    if not is_shuffled and n_applied[0] >= len(transforms):
        transforms = [each for each in transforms if each is not _NO_MASK]
        n_applied = (len(transforms), len(transforms))
    policy = Policy(
        tuple(transforms), config.name, framework="speechbrain", n_applied=n_applied, is_shuffled=is_shuffled
    )
    return with_repeats(augmenter, policy)


def _read_transform(name: str, section: Section) -> Mask | Warp:
    if name == _WARP_CLASS:
        return section.call(speechbrain_warp, section.arguments(speechbrain_warp))
    return section.call(speechbrain_drop, section.arguments(speechbrain_drop))


def _read_legacy(config: Config) -> PolicyAndFrontend:
    """Read the bare arguments of the old class, or an old recipe."""
    if any(isinstance(value, Tagged) for value in config.data.values()):
        return _read(config)
    return _read_legacy_policy(config, config.root), config.preset("speechbrain")


def _read_legacy_policy(config: Config, section: Section) -> Policy:
    arguments = section.arguments(speechbrain_legacy_policy)
    if arguments["time_mask"] and arguments["time_mask_ratio"] > 0 and "time_mask_width" in section:
        section.note_key("time_mask_width", "without effect, time_mask_ratio replaces it")
    return section.call(speechbrain_legacy_policy, arguments, name=config.name)


def _write(policy: NeutralPolicy) -> str:
    text = ""
    names: list[str] = []
    for kind in policy.order:
        if kind == "warp" and policy.warp_frames:
            names.append("time_warp")
            text += _object("time_warp", _WARP_CLASS, {"warp_window": policy.warp_frames})
        masks = {"time": policy.time, "frequency": policy.frequency}.get(kind)
        if masks is not None and masks.number:
            names.append("time_drop" if kind == "time" else "freq_drop")
            is_range = masks.most > masks.count > 0
            arguments = {
                "drop_length_low": masks.narrowest,
                "drop_length_high": masks.end,
                "drop_count_low": masks.count if is_range else masks.number,
                "drop_count_high": masks.most if is_range else masks.number,
                "replace": {0.0: "zeros", "uniform": "rand", "swap": "swap"}.get(masks.fill, "mean"),
                "dim": 1 if kind == "time" else 2,
            }
            text += _object(names[-1], _DROP_CLASS, arguments)
    least, most = policy.n_applied or (len(names), len(names))
    head: dict[str, Any] = {"min_augmentations": least, "max_augmentations": most, "augment_prob": policy.probability}
    head |= {"shuffle_augmentations": True} if policy.is_shuffled else {}
    head |= {"augmentations": f"[{', '.join(f'!ref <{name}>' for name in names)}]"}
    return text + _object("fea_augment", "Augmenter", head, "augmenter")


def _object(name: str, class_name: str, arguments: dict[str, Any], module: str = "freq_domain") -> str:
    lines = "".join(f"    {key}: {value}\n" for key, value in arguments.items())
    return f"{name}: !new:speechbrain.augment.{module}.{class_name}\n{lines}"


_WARPS = (
    "a warp moves by -(W - 1) to W frames of the padded batch, the same in all its clips, and is skipped if the batch "
    "has 2 W frames or fewer"
)
SPEECHBRAIN = Framework(
    name="speechbrain",
    spelling="SpeechBrain",
    source="speechbrain/augment/freq_domain.py",
    oddities=(
        "starts are uniform over all bins or frames, and masks are truncated at the end: the last ones are masked as "
        "often as those in the middle, the first hardly ever (issue 2542)",
        "the number of masks is drawn once for the whole batch",
        "masks are drawn over the padded batch, and means are taken over it, including earlier masks",
        "the order is that of the recipe: its masks come before the warp",
        _WARPS,
        "rand draws noise for the whole padded batch; a replay has the same masks, but with other noise",
        "cutcat copies frames from the previous example in the batch: it has no effect in a batch of one",
    ),
    frontends=("speechbrain",),
    generators={"coin": "python", "warp": "torch", "mask": "torch"},
    policy_functions=(speechbrain_drop, speechbrain_warp),
    read=_read,
    write=_write,
    scale="dB, after the normalisation",
    detect=_detect,
    main_recipes={"speechbrain": "speechbrain-conformer"},
    # recipes/LibriSpeech/ASR/transformer/hparams: conformer_small.yaml and conformer_large.yaml.
    recipes=(
        Policy(
            (
                speechbrain_drop(
                    drop_length_low=15, drop_length_high=25, drop_count_low=4, drop_count_high=4, replace="mean"
                ),
                speechbrain_drop(
                    drop_length_low=10, drop_length_high=20, drop_count_low=4, drop_count_high=4, replace="mean", dim=2
                ),
                speechbrain_warp(),
            ),
            "speechbrain-conformer",
            framework="speechbrain",
            n_applied=(3, 3),
            frontend=replace(FRONTEND, n_mels=80, name="speechbrain of speechbrain-conformer"),
        ),
    ),
)
SPEECHBRAIN_LEGACY = Framework(
    name="speechbrain-legacy",
    spelling="SpeechBrain (legacy)",
    variant_of="speechbrain",
    source="speechbrain/lobes/augment.py (until 0.5)",
    oddities=(
        "starts are less than the size minus the widest mask of the whole batch: the last bin and frame are never "
        "masked",
        "time_mask_ratio replaces the range of widths by a share of the padded batch",
        _WARPS,
    ),
    frontends=("speechbrain",),
    generators={"warp": "torch", "mask": "torch"},
    policy_functions=(speechbrain_legacy_policy,),
    read=_read_legacy,
)
