"""lingvo's ``SpectrumAugmenter`` [1]_, by the authors of the paper: warp, time masks, frequency masks.

Reads its parameters.

References
----------
.. [1] ``lingvo/core/spectrum_augmenter.py``.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Literal

from ..augment.framework_masks import Mask
from ..augment.framework_transforms import Warp
from ..augment.policy import Policy
from ..errors import ParameterError
from .argument_types import Count, PolicyName, Share, check_arguments, keys_of
from .config import Config, Section
from .framework import Framework, PolicyAndFrontend
from .neutral import NeutralPolicy, to_yaml

__all__ = ["LINGVO", "lingvo_policy"]


@check_arguments
def lingvo_policy(
    *,
    freq_mask_max_bins: Count = 15,
    freq_mask_count: Count = 1,
    time_mask_max_frames: Count = 50,
    time_mask_count: Count = 1,
    time_mask_max_ratio: Share = 1.0,
    time_masks_per_frame: Share = 0.0,
    use_dynamic_time_mask_max_frames: bool = False,
    time_warp_max_frames: Count = 0,
    time_warp_max_ratio: Share = 0.0,
    time_warp_bound: Literal["static", "dynamic"] = "static",
    name: PolicyName = "lingvo",
) -> Policy:
    """Make the policy of ``SpectrumAugmenter``'s own parameters, with its own defaults.

    Examples
    --------
    >>> lingvo_policy(time_masks_per_frame=0.04, time_mask_count=20).transforms[1].count_rule
    'ceil'
    """
    mask = partial(Mask, width_rule="scaled", start_rule="all", order="mask_by_mask", over="clip", fill=0.0)
    size: dict[str, Any] = {"max_width": time_mask_max_frames, "ratio_rule": "clamps"}
    if use_dynamic_time_mask_max_frames:
        size = {"ratio_rule": "scales"}
    count: dict[str, Any] = {"count_rule": "fixed", "count": time_mask_count}
    if time_masks_per_frame > 0:
        count = {"count_rule": "ceil", "count_ratio": time_masks_per_frame, "max_count": time_mask_count}
    is_dynamic = time_warp_bound == "dynamic"
    warp = Warp(
        1 if is_dynamic and time_warp_max_ratio else time_warp_max_frames,
        "hat",
        to_left=1,
        anywhere=True,
        max_ratio=time_warp_max_ratio,
        is_dynamic=is_dynamic,
    )
    time = mask("time", max_ratio=time_mask_max_ratio, **count, **size)
    frequency = mask("frequency", freq_mask_count, count_rule="fixed", max_width=freq_mask_max_bins)
    return Policy((warp, time, frequency), name, framework="lingvo")


# Parameters of SpectrumAugmenter that are not supported, with the values that switch them off.
_OFF_VALUES: dict[str, Any] = {
    "freq_warp_max_bins": 0,
    "block_mask_prob": 0.0,
    "use_noise": False,
    "gaussian_noise": False,
    "freq_noise_max_stddev": 0.0,
}
_IDLE_KEYS = ("unstack", "stack_height", "domain_ids", "random_seed", "name", "block_mask_size")


def _read(config: Config) -> PolicyAndFrontend:
    section = _of_one_domain(config.arguments_section())
    arguments = section.arguments(lingvo_policy, [*_OFF_VALUES, *_IDLE_KEYS])
    for key, off in _OFF_VALUES.items():
        if key in section and section.data[key] != off:
            raise ParameterError(f"{section.prefix}{key}={section.data[key]!r:.80}: not supported; allowed is {off}")
    if arguments["time_warp_max_frames"] and not arguments["time_warp_max_ratio"]:
        section.note_key("time_warp_max_frames", "without effect, time_warp_max_ratio is 0")
    return lingvo_policy(**arguments, name=config.name), config.default_frontend()


def _of_one_domain(section: Section) -> Section:
    """Return the section with scalars in place of lingvo's lists of one value per domain."""
    single = dict(section.data)
    for key in (key for key in (*keys_of(lingvo_policy), *_OFF_VALUES) if isinstance(single.get(key), list)):
        values = single[key]
        if not values or any(value != values[0] for value in values):
            advice = f"write one of them, e.g. {key}: {values[0]!r:.40}" if values else f"write {key} as one value"
            raise ParameterError(
                f"{section.prefix}{key}={values!r:.80}: a list holds one value per domain_id, and a clip belongs to "
                f"one; {advice}"
            )
        section.note_key(key, f"{values[0]!r:.40} in every domain")
        single[key] = values[0]
    return section.with_data(single)


def _write(policy: NeutralPolicy) -> str:
    frequency, time = policy.frequency, policy.time
    arguments: dict[str, Any] = {
        "freq_mask_max_bins": frequency.end if frequency.number else 0,
        "freq_mask_count": frequency.number,
        "time_mask_max_frames": 50 if time.is_share_alone else time.end if time.number else 0,
        "time_mask_count": time.most if time.per_frame is not None else time.number,
        "time_mask_max_ratio": time.share,
        "time_masks_per_frame": time.per_frame or 0.0,
        "use_dynamic_time_mask_max_frames": time.is_share_alone,
        "time_warp_max_frames": 0 if policy.dynamic_warp else policy.warp_frames,
        "time_warp_max_ratio": policy.dynamic_warp or (1.0 if policy.warp_frames else 0.0),
        "time_warp_bound": "dynamic" if policy.dynamic_warp else "static",
    }
    return to_yaml(arguments)


LINGVO = Framework(
    name="lingvo",
    source="lingvo/core/spectrum_augmenter.py",
    oddities=(
        "the maximum width is never drawn; all positions are, including the last bin and frame",
        "time_mask_max_ratio limits a width after it is drawn, to at least one frame: many masks have exactly that "
        "width",
        "time_masks_per_frame is rounded up; the paper rounds down",
        "a warp may start anywhere in the clip; its map ends one frame after the last, so the last frames may fade",
        "time_warp_max_ratio limits the warp and is 0 by default: there is no warp",
        "time masks come before frequency masks",
    ),
    frontends=("lingvo",),
    policy_functions=(lingvo_policy,),
    read=_read,
    write=_write,
    scale="after the normalisation of each bin",
    main_recipes={"lingvo": "lingvo"},
    # The class's own defaults; praxis' Conformer, whose masks are lingvo's.
    recipes=(
        lingvo_policy(),
        lingvo_policy(
            freq_mask_max_bins=27,
            freq_mask_count=2,
            time_mask_count=10,
            time_mask_max_ratio=0.05,
            use_dynamic_time_mask_max_frames=True,
            name="lingvo-conformer",
        ),
    ),
)
