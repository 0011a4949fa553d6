"""NeMo's ``SpectrogramAugmentation`` and ``MaskedPatchAugmentation`` [1]_: no warp, applied after the normalisation.

Reads its training configuration: ``model.spec_augment`` and ``model.preprocessor``.

References
----------
.. [1] ``nemo/collections/asr/parts/submodules/spectr_augment.py``,
   ``nemo/collections/asr/parts/numba/spec_augment/spec_aug_numba.py``,
   ``nemo/collections/asr/modules/audio_preprocessing.py``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from ..augment import NONE, Policy
from ..augment.framework_masks import Mask
from ..augment.framework_transforms import Cutout
from ..errors import ParameterError
from ..frontends import NEMO as FRONTEND
from .argument_types import Count, FramesOrShare, LeastOne, Number, PolicyName, check_arguments
from .config import Config, Section
from .framework import Framework, PolicyAndFrontend
from .nemo_preprocessor import check_mask_bins, class_of, read_channel, read_frontend
from .neutral import NeutralPolicy, to_yaml
from .references import omega_resolver

__all__ = ["NEMO", "NEMO_LEGACY", "NEMO_NUMBA", "nemo_patch_policy", "nemo_policy"]


@check_arguments
def nemo_policy(
    *,
    freq_masks: Count = 0,
    time_masks: Count = 0,
    freq_width: Count = 10,
    time_width: FramesOrShare = 10,
    rect_masks: Count = 0,
    rect_time: Count = 5,
    rect_freq: Count = 20,
    mask_value: Number = 0.0,
    use_vectorized_spec_augment: bool = True,
    use_numba_spec_augment: bool = False,
    name: PolicyName = "nemo",
) -> Policy:
    """Make the policy of ``SpectrogramAugmentation``'s own arguments, with its own defaults.

    Examples
    --------
    >>> nemo_policy(time_masks=10, time_width=0.05).transforms[0].max_ratio
    0.05
    """
    fill = float(mask_value)
    transforms: list[Any] = [Cutout(rect_masks, rect_freq, rect_time)] if rect_masks else []
    if use_vectorized_spec_augment and not use_numba_spec_augment:
        framework = "nemo"
        time = _vectorised("time", time_masks, fill, **_time_width(time_width, "scales"))
        masks = [time, _vectorised("frequency", freq_masks, fill, max_width=freq_width)]
    else:
        # The legacy code and the kernel differ in the starts of time masks.
        framework = "nemo-numba" if use_numba_spec_augment else "nemo-legacy"
        mask = partial(Mask, count_rule="fixed", width_rule="inclusive", order="start_first", over="clip", fill=fill)
        widths = _time_width(time_width, "at_least_one")
        start_rule: Any = "under_limit" if use_numba_spec_augment else "below_limit_or_1"
        frequency = mask("frequency", freq_masks, max_width=freq_width, start_rule="below_limit")
        masks = [frequency, mask("time", time_masks, start_rule=start_rule, **widths)]
    return Policy(tuple(transforms + [mask for mask in masks if mask.count]), name, framework=framework)


def _vectorised(axis: Any, count: int, fill: float, **widths: Any) -> Mask:
    return Mask(
        axis,
        count,
        count_rule="fixed",
        width_rule="scaled",
        start_rule="last_left_out_scaled",
        order="widths_first",
        over="clip",
        together=True,
        fill=fill,
        **widths,
    )


def _time_width(time_width: float, rule: str) -> dict[str, Any]:
    if isinstance(time_width, float):
        return {"max_ratio": time_width, "ratio_rule": rule}
    return {"max_width": time_width}


@check_arguments
def nemo_patch_policy(
    *,
    patch_size: LeastOne = 48,
    mask_patches: Number = 10.0,
    freq_masks: Count = 0,
    freq_width: Count = 0,
    name: PolicyName = "nemo-patches",
) -> Policy:
    """Make the policy of ``MaskedPatchAugmentation``'s own arguments, with its own defaults.

    Raises
    ------
    ParameterError
        Where NeMo raises an error: for a negative number of patches.

    Examples
    --------
    >>> nemo_patch_policy().transforms[0].count
    10
    """
    if mask_patches < 0:
        raise ParameterError(f"mask_patches={mask_patches}: allowed is 0 or more")
    mask = partial(Mask, max_width=patch_size, width_rule="fixed", start_rule="grid", over="clip", fill=0.0)
    if mask_patches >= 1:
        patches = mask("time", int(mask_patches), count_rule="fixed")
    else:
        patches = mask("time", count_rule="patches", count_ratio=float(mask_patches))
    frequency = [_vectorised("frequency", freq_masks, 0.0, max_width=freq_width)] if freq_masks else []
    return Policy((patches, *frequency), name, framework="nemo")


_MASK_SECTIONS = ("spec_augment", "spec_augment_config")
_PREPROCESSOR_SECTIONS = ("preprocessor", "preprocessor_config")
_PREPROCESSOR_KEYS = {"_target_", "target", "cls", "features", "window_stride"}
_MASK_CLASS, _PATCH_CLASS = "SpectrogramAugmentation", "MaskedPatchAugmentation"
_UNHEARD_KEYS = ("_target_", "target", "rng", "cls", "params")


def _detect(key: str, value: Any) -> bool:
    if key == "spec_augment":  # lhotse's is another
        return not (isinstance(value, dict) and "features_mask_size" in value)
    if key == "preprocessor":
        return isinstance(value, dict) and bool(_PREPROCESSOR_KEYS & set(value))
    return key == "spec_augment_config" or (key == "model" and isinstance(value, dict) and bool(_places(value)))


def _places(data: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """Find the sections with masks, or else with a preprocessor, among the model's section and those directly in it."""
    inside: dict[tuple[str, ...], Mapping[str, Any]] = {(): data}
    inside |= {(str(key),): value for key, value in data.items() if isinstance(value, dict)}
    for wanted in (set(_MASK_SECTIONS), set(_PREPROCESSOR_SECTIONS)):
        # Masks inside the preprocessor are found when it is read.
        places = [place for place, held in inside.items() if wanted & set(held) and place != ("preprocessor",)]
        if places:
            return places
    return []


def _read(config: Config) -> PolicyAndFrontend:
    root = config.root
    model = _model(root)
    config.channel, config.channel_key = read_channel(root, model)
    preprocessor = _first(model, _PREPROCESSOR_SECTIONS)
    outer = None
    if preprocessor is not None and preprocessor.section("preprocessor") is not None:
        # A preprocessor that is a network contains the preprocessor of its mel, and the masks.
        outer, model = preprocessor, preprocessor
        model.note_key("_target_", f"{class_of(model)[:80]}: masks fall on the mel inside it")
        preprocessor = model.section("preprocessor")
    elif preprocessor is None and model.place != root.place:
        # The masks are one level deeper than the preprocessor.
        preprocessor = _first(root.section("model") or root, _PREPROCESSOR_SECTIONS)
    masks = _masks(model, outer, root)
    if masks is None and not {*_MASK_SECTIONS, *_PREPROCESSOR_SECTIONS} & set(model.data):
        return _read_policy(config, root), config.default_frontend()
    _refuse_blocks(model)
    if masks is None:
        _refuse_merged(root)
        model.note(f"{model.prefix}spec_augment is missing or null: nothing is masked")
        policy = Policy(NONE.transforms, config.name, framework="nemo")
    else:
        policy = _read_policy(config, masks, preprocessor)
    return policy, read_frontend(config, model, preprocessor)


def _first(section: Section, keys: Sequence[str]) -> Section | None:
    return next((inner for key in keys if (inner := section.section(key)) is not None), None)


def _model(root: Section) -> Section:
    """Return the section with masks and preprocessor: ``model``, or one level below in a speech language model."""
    model = root.section("model") or root
    places = _places(model.data)
    if len(places) > 1:
        names = " and ".join(".".join((*model.place, *place)) or "the top" for place in places)
        raise ParameterError(f"masks in {names}: it is not clear which are used; keep one section")
    inner = model.section(places[0][0]) if places and places[0] else None
    return inner if inner is not None else model


def _masks(model: Section, outer: Section | None, root: Section) -> Section | None:
    masks = _first(model, _MASK_SECTIONS)
    if outer is not None and masks is None:
        around = _first(_model(root), _MASK_SECTIONS)
        if around is not None:
            raise ParameterError(
                f"{around.path}: {outer.path} contains a network, and these masks fall on its output, so "
                "they cannot be heard"
            )
    return masks


def _refuse_blocks(model: Section) -> None:
    """Refuse self-supervised models, whose masks are in another section and work differently."""
    blocks = model.section("masking")
    target = "" if blocks is None else class_of(blocks)
    if blocks is not None and target.endswith("BlockMasking"):
        raise ParameterError(
            f"{blocks.prefix}_target_={target!r:.80}: masked blocks for self-supervised training are not supported, "
            "and spec_augment is not used beside them; allowed is a model without masking"
        )


def _refuse_merged(root: Section) -> None:
    merged = root.data.get("defaults")
    if isinstance(merged, list) and merged:
        raise ParameterError(
            "spec_augment is missing, and `defaults` names files that hydra merges, which are not read; give the "
            "output of the training script with --cfg job"
        )


def _read_policy(config: Config, section: Section, preprocessor: Section | None = None) -> Policy:
    target = class_of(section)
    section = section.section("params") or section  # before Hydra: target and params
    if target == _PATCH_CLASS or (target == "" and {"patch_size", "mask_patches"} & set(section.data)):
        arguments = section.arguments(nemo_patch_policy, _UNHEARD_KEYS)
        _note_numbers(section, "mask_patches", "patches", "the shortest clip of the batch")
        return section.call(nemo_patch_policy, arguments, name=config.name)
    if target not in ("", _MASK_CLASS):
        raise ParameterError(
            f"{section.prefix}_target_={target!r:.80}: allowed is one of {_MASK_CLASS}, {_PATCH_CLASS}"
        )
    arguments = section.arguments(nemo_policy, _UNHEARD_KEYS)
    for number, widths in (
        ("freq_masks", ["freq_width"]),
        ("time_masks", ["time_width"]),
        ("rect_masks", ["rect_time", "rect_freq"]),
    ):
        idle = [f"{section.prefix}{key}" for key in widths if key in section]
        if number in section and not arguments[number] and idle:
            section.note(f"{', '.join(idle)}: without effect, {number} is 0")
    if preprocessor is not None:
        check_mask_bins(section, arguments, preprocessor)
    _note_numbers(section, "time_width", "frames", "the clip")
    return section.call(nemo_policy, arguments, name=config.name)


def _note_numbers(section: Section, key: str, unit: str, whole: str) -> None:
    value = section.get(key, Number)
    if isinstance(value, float) and value == 1.0:
        section.note_key(key, f"1.0 is a share, all of {whole}; 1 would be one of the {unit}")
    elif value == 1:
        section.note_key(key, f"1 is a number of {unit}; 1.0 would be the share, all of {whole}")


def _write(policy: NeutralPolicy) -> str:
    frequency, time = policy.frequency, policy.time
    module = "nemo.collections.asr.modules."
    has_patches = policy.framework == "nemo" and time.narrowest == time.widest
    if has_patches and (time.coverage is not None or time.widest):
        conf: dict[str, Any] = {
            "_target_": module + _PATCH_CLASS,
            "patch_size": time.widest or 1,
            "mask_patches": time.number if time.coverage is None else time.coverage,
            "freq_masks": frequency.number,
            "freq_width": frequency.end if frequency.number else 0,
        }
        return to_yaml({"model": {"spec_augment": conf}})
    conf = {
        "_target_": module + _MASK_CLASS,
        "freq_masks": frequency.number,
        "time_masks": time.number,
        "freq_width": frequency.end if frequency.number else 10,
        "time_width": float(time.share) if time.is_share_alone else time.end,
        "mask_value": frequency.constant_fill or 0.0,
    }
    cutouts = [transform for transform in policy.others if isinstance(transform, Cutout)]
    if cutouts:
        sizes = {"rect_time": cutouts[0].max_frames, "rect_freq": cutouts[0].max_bins}
        conf |= {"rect_masks": cutouts[0].count, **sizes}
    return to_yaml({"model": {"spec_augment": conf}})


_SHARED_ODDITIES = (
    "masks are applied after the normalisation: with per_feature, zero is the mean of the bin",
    "rectangles (SpecCutout) come first, may be in the padding, and raise an error if they do not fit",
)
NEMO = Framework(
    name="nemo",
    spelling="NeMo",
    source="nemo/collections/asr/parts/submodules/spectr_augment.py (vectorised)",
    oddities=(
        "the maximum width is never drawn, and the last bin and frame are never masked",
        "an integer time_width is a number of frames without a limit, a float is a share of the clip: 1 and 1.0 differ",
        "time masks come before frequency masks, and stay within the clip",
        *_SHARED_ODDITIES,
    ),
    frontends=("nemo",),
    generators={"mask": "torch", "patch": "python", "cutout": "python"},
    policy_functions=(nemo_policy, nemo_patch_policy),
    read=_read,
    write=_write,
    scale="after the normalisation of each bin",
    detect=_detect,
    resolver=omega_resolver,
    main_recipes={"nemo": "nemo-conformer"},
    # examples/asr/conf: conformer, fastconformer, citrinet and canary; quartznet_15x5.yaml and jasper_10x5dr.yaml;
    # ssl/conformer/conformer_ssl.yaml.
    recipes=(
        nemo_policy(freq_masks=2, time_masks=10, freq_width=27, time_width=0.05, name="nemo-conformer"),
        replace(
            nemo_policy(rect_masks=5, rect_freq=50, rect_time=120, name="nemo-quartznet"),
            frontend=replace(FRONTEND, n_mels=64, win_length=320, name="nemo of nemo-quartznet"),
        ),
        nemo_patch_policy(freq_masks=3, freq_width=20, mask_patches=0.5, name="nemo-ssl"),
    ),
)
NEMO_LEGACY = Framework(
    name="nemo-legacy",
    spelling="NeMo (legacy)",
    variant_of="nemo",
    source="nemo/collections/asr/parts/submodules/spectr_augment.py (use_vectorized_spec_augment: false)",
    oddities=(
        "starts are less than the size minus the configured maximum width: the end is hardly ever masked; a freq_width "
        "above the number of bins raises an error",
        "frequency masks come before time masks; a float time_width is at least one frame",
        *_SHARED_ODDITIES,
    ),
    frontends=("nemo",),
    generators={"mask": "python", "cutout": "python"},
)
NEMO_NUMBA = Framework(
    name="nemo-numba",
    spelling="NeMo (numba)",
    variant_of="nemo",
    source="nemo/collections/asr/parts/numba/spec_augment/spec_aug_numba.py",
    oddities=(
        "runs only on CUDA, with lengths and at least 8 examples; otherwise, the vectorised masks are used",
        "starts are less than the size minus the maximum width; masks are written in place; a freq_width above the "
        "number of bins raises an error",
        *_SHARED_ODDITIES,
    ),
    frontends=("nemo",),
)
