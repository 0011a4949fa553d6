"""An outline as the configuration of each framework."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from ..augment.masks import Copy, Cutout, TrimTail
from .neutral import Masks, Outline

__all__ = ["SNIPPETS"]

_NO_MASKS = Masks(0, 0, 0, 0)
# No mask is wider than this; where only a share bounds widths, it stands for none.
_UNBOUNDED = 10_000


def _espnet(outline: Outline) -> str:
    frequency, time = outline.frequency or _NO_MASKS, outline.time or _NO_MASKS
    if time.is_share_alone and time.share <= 0:
        time = _NO_MASKS
    conf: dict[str, Any] = {"apply_time_warp": outline.warp_frames > 0}
    if outline.warp_frames:
        conf |= {"time_warp_window": outline.warp_frames, "time_warp_mode": "bicubic"}
    conf |= {"apply_freq_mask": frequency.number() > 0}
    if frequency.number():
        conf |= {"freq_mask_width_range": _range(frequency), "num_freq_mask": frequency.number()}
    conf |= {"apply_time_mask": time.number() > 0}
    if time.number():
        if time.is_share_alone:
            conf["time_mask_width_ratio_range"] = _share_range(time)
        else:
            conf["time_mask_width_range"] = _range(time)
        conf["num_time_mask"] = time.number()
    conf["replace_with_zero"] = _is_zero(outline)
    is_empty = not (outline.warp_frames or frequency.number() or time.number())
    return _yaml({"specaug": None} if is_empty else {"specaug": "specaug", "specaug_conf": conf})


def _nemo(outline: Outline) -> str:
    frequency, time = outline.frequency or _NO_MASKS, outline.time or _NO_MASKS
    module = "nemo.collections.asr.modules."
    if (time.coverage is not None and time.narrowest == time.widest and outline.dialect == "nemo") or _are_patches(
        outline
    ):
        conf: dict[str, Any] = {
            "_target_": module + "MaskedPatchAugmentation",
            "patch_size": time.widest or 1,
            "mask_patches": time.number() if time.coverage is None else time.coverage,
            "freq_masks": frequency.number(),
            "freq_width": _end(frequency) if frequency.number() else 0,
        }
        return _yaml({"model": {"spec_augment": conf}})
    conf = {
        "_target_": module + "SpectrogramAugmentation",
        "freq_masks": frequency.number(),
        "time_masks": time.number(),
        "freq_width": _end(frequency) if frequency.number() else 10,
        "time_width": float(time.share) if time.is_share_alone else _end(time),
        "mask_value": frequency.fill if _is_number(frequency.fill) else 0.0,
    }
    cutouts = [t for t in outline.others if isinstance(t, Cutout)]
    if cutouts:
        each = cutouts[0]
        conf |= {"rect_masks": each.count, "rect_time": each.max_frames, "rect_freq": each.max_bins}
    return _yaml({"model": {"spec_augment": conf}})


def _are_patches(outline: Outline) -> bool:
    time = outline.time
    return outline.dialect == "nemo" and time is not None and bool(time.widest) and time.narrowest == time.widest


def _speechbrain(outline: Outline) -> str:
    entries: list[str] = []
    names: list[str] = []
    for kind in outline.order:
        if kind == "warp" and outline.warp_frames:
            names.append("time_warp")
            entries.append(_tagged("time_warp", "Warping", {"warp_window": outline.warp_frames}))
        masks = {"time": outline.time, "frequency": outline.frequency}.get(kind)
        if masks is not None and masks.number():
            names.append("time_drop" if kind == "time" else "freq_drop")
            arguments = {
                "drop_length_low": masks.narrowest,
                "drop_length_high": _end(masks),
                "drop_count_low": masks.count if masks.most > masks.count > 0 else masks.number(),
                "drop_count_high": masks.most if masks.most > masks.count > 0 else masks.number(),
                "replace": {0.0: "zeros", "uniform": "rand", "swap": "swap"}.get(masks.fill, "mean"),
                "dim": 1 if kind == "time" else 2,
            }
            entries.append(_tagged(names[-1], "SpectrogramDrop", arguments))
    least, most = outline.n_applied or (len(names), len(names))
    head: dict[str, Any] = {"min_augmentations": least, "max_augmentations": most, "augment_prob": outline.probability}
    head |= {"shuffle_augmentations": True} if outline.is_shuffled else {}
    listed = ", ".join(f"!ref <{name}>" for name in names)
    augmenter = "fea_augment: !new:speechbrain.augment.augmenter.Augmenter\n" + _indented(head)
    return "".join(entries) + augmenter + f"    augmentations: [{listed}]\n"


def _tagged(name: str, made: str, arguments: dict[str, Any]) -> str:
    return f"{name}: !new:speechbrain.augment.freq_domain.{made}\n" + _indented(arguments)


def _indented(arguments: dict[str, Any]) -> str:
    return "".join(f"    {key}: {value}\n" for key, value in arguments.items())


def _lhotse(outline: Outline) -> str:
    frequency, time = outline.frequency or _NO_MASKS, outline.time or _NO_MASKS
    number = time.number()
    size = time.widest + 1 if time.budget is not None and time.widest is not None else max(1, _end(time))
    arguments = {
        "time_warp_factor": outline.warp_frames or None,
        "num_feature_masks": frequency.number(),
        "features_mask_size": _end(frequency) if frequency.number() else 1,
        "num_frame_masks": max(1, time.most if time.budget is not None else number),
        # It takes no 0; below a size of 1, every width is 0.
        "frames_mask_size": size if number else 1,
        "max_frames_mask_fraction": (
            time.budget if time.budget is not None else min(1.0, number * size / 1000) if number else 1.0
        ),
        "p": outline.probability,
    }
    return json.dumps(arguments, indent=2) + "\n"


def _wenet(outline: Outline) -> str:
    frequency, time = outline.frequency or _NO_MASKS, outline.time or _NO_MASKS
    conf: dict[str, Any] = {"spec_aug": bool(frequency.number() or time.number())}
    if conf["spec_aug"]:
        conf["spec_aug_conf"] = {
            "num_t_mask": time.number() if time.width() else 0,
            "num_f_mask": frequency.number() if frequency.width() else 0,
            "max_t": max(1, time.width()),
            "max_f": max(1, _bins(frequency)),
        }
    copies = [t for t in outline.others if isinstance(t, Copy)]
    trims = [t for t in outline.others if isinstance(t, TrimTail)]
    if copies:
        conf |= {"spec_sub": True, "spec_sub_conf": {"num_t_sub": copies[0].count, "max_t": copies[0].max_frames}}
    if trims:
        conf |= {"spec_trim": True, "spec_trim_conf": {"max_t": trims[0].max_frames}}
    return _yaml({"dataset_conf": conf})


def _hf(outline: Outline) -> str:
    config: dict[str, Any] = {"model_type": "whisper", "apply_spec_augment": True}
    for name, masks, size in (("time", outline.time, 1000), ("feature", outline.frequency, 80)):
        masks = masks or _NO_MASKS
        number = masks.number()
        # Theirs have one width: the middle of what is drawn.
        width = max(1, round((masks.narrowest or 0) / 2 + (masks.width() if name == "time" else _bins(masks)) / 2))
        share = masks.coverage if masks.coverage is not None else min(1.0, number * width / size)
        config |= {
            f"mask_{name}_prob": round(share, 4) if number else 0.0,
            f"mask_{name}_length": width,
            f"mask_{name}_min_masks": masks.count if masks.coverage is not None else number,
        }
    return json.dumps(config, indent=2) + "\n"


def _fairseq(outline: Outline) -> str:
    frequency, time = outline.frequency or _NO_MASKS, outline.time or _NO_MASKS
    fill = frequency.fill if frequency.number() else time.fill
    section = {
        "time_warp_W": outline.warp_frames,
        "freq_mask_N": frequency.number(),
        "freq_mask_F": _end(frequency) if frequency.number() else 0,
        "time_mask_N": time.number(),
        "time_mask_T": _UNBOUNDED if time.is_share_alone else _end(time) if time.number() else 0,
        "time_mask_p": time.share,
        "mask_value": float(fill) if _is_number(fill) else None,
    }
    return _yaml({"specaugment": section, "transforms": {"_train": ["utterance_cmvn", "specaugment"]}})


def _torchaudio(outline: Outline) -> str:
    frequency, time = outline.frequency or _NO_MASKS, outline.time or _NO_MASKS
    is_bounded = not time.is_share_alone and outline.dialect == "torchaudio"
    arguments = {
        "n_time_masks": time.number(),
        "time_mask_param": _end(time) if time.number() else 0,
        "n_freq_masks": frequency.number(),
        "freq_mask_param": _end(frequency) if frequency.number() else 0,
        "iid_masks": True,
        "p": time.share if is_bounded else 1.0,
        "zero_masking": _is_zero(outline),
    }
    return _yaml({"SpecAugment": arguments})


def _lingvo(outline: Outline) -> str:
    frequency, time = outline.frequency or _NO_MASKS, outline.time or _NO_MASKS
    arguments: dict[str, Any] = {
        "freq_mask_max_bins": _end(frequency) if frequency.number() else 0,
        "freq_mask_count": frequency.number(),
        "time_mask_max_frames": 50 if time.is_share_alone else _end(time) if time.number() else 0,
        "time_mask_count": time.most if time.per_frame is not None else time.number(),
        "time_mask_max_ratio": time.share,
        "time_masks_per_frame": time.per_frame or 0.0,
        "use_dynamic_time_mask_max_frames": time.is_share_alone,
        "time_warp_max_frames": 0 if outline.dynamic_warp else outline.warp_frames,
        "time_warp_max_ratio": outline.dynamic_warp or (1.0 if outline.warp_frames else 0.0),
        "time_warp_bound": "dynamic" if outline.dynamic_warp else "static",
    }
    return _yaml(arguments)


def _paper(outline: Outline) -> str:
    entries: list[dict[str, Any]] = []
    for kind in outline.order:
        if kind == "warp" and outline.warp_frames:
            entries.append({"time_warp": {"max_frames": outline.warp_frames}})
        elif kind == "frequency" and outline.frequency is not None:
            masks = outline.frequency
            fields = {"count": masks.number(), "max_bins": _bins(masks), "fill": _own_fill(masks.fill)}
            entries.append({"frequency_mask": fields})
        elif kind == "time" and outline.time is not None:
            entries.append({"time_mask": _own_time(outline.time)})
    return _yaml({"name": outline.name, "probability": outline.probability, "transforms": entries})


def _own_time(masks: Masks) -> dict[str, Any]:
    fields: dict[str, Any] = {"max_frames": masks.widest if masks.budget is None else masks.width()}
    fields |= {"max_ratio": masks.share, "fill": _own_fill(masks.fill)}
    if masks.per_frame is not None:
        return {**fields, "count_ratio": masks.per_frame, "max_count": masks.most}
    return {"count": masks.number(), **fields}


def _own_fill(fill: Any) -> Any:
    return "noise" if fill in ("uniform", "unit_noise") else "mean" if fill == "swap" else fill


def _bins(masks: Masks) -> int:
    return int(masks.share * 80) if masks.widest is None else masks.widest


def _end(masks: Masks) -> int:
    """The end of widths that is never drawn itself."""
    return min(_UNBOUNDED, (masks.width() if masks.widest is None or masks.budget is not None else masks.widest) + 1)


def _range(masks: Masks) -> list[int]:
    return [min(masks.narrowest or 0, _end(masks) - 1), _end(masks)]


def _share_range(masks: Masks) -> list[float]:
    """ESPnet takes no range of one share: its lower end then lies a frame in a thousand below."""
    is_one = masks.low_share >= masks.share
    return [max(0.0, round(masks.share - 0.001, 4)) if is_one else masks.low_share, masks.share]


def _is_zero(outline: Outline) -> bool:
    fills = [masks.fill for masks in (outline.frequency, outline.time) if masks is not None]
    return bool(fills) and fills[0] == 0.0


def _is_number(fill: Any) -> bool:
    return isinstance(fill, int | float)


def _yaml(data: dict[str, Any]) -> str:
    from .._yaml_loader import dump

    return dump(data)


SNIPPETS: dict[str, Callable[[Outline], str]] = {
    "espnet": _espnet,
    "fairseq": _fairseq,
    "hf": _hf,
    "lhotse": _lhotse,
    "lingvo": _lingvo,
    "nemo": _nemo,
    "paper": _paper,
    "speechbrain": _speechbrain,
    "torchaudio": _torchaudio,
    "wenet": _wenet,
}
