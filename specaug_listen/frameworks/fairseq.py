"""fairseq's ``SpecAugmentTransform`` of speech-to-text [1]_: warp, frequency masks and time masks, applied after CMVN.

Reads its data configuration: ``specaugment`` and ``transforms``.

References
----------
.. [1] ``fairseq/data/audio/feature_transforms/specaugment.py``.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Annotated, Any

from pydantic import Field

from ..augment import NONE, Policy
from ..augment.framework_masks import Mask
from ..augment.framework_transforms import Warp
from ..errors import ParameterError
from ..frontends import MelFrontend
from .argument_types import Count, LeastOne, Number, PolicyName, Share, check_arguments
from .config import Config, Section
from .framework import Framework, PolicyAndFrontend
from .neutral import UNBOUNDED, NeutralPolicy, to_yaml

__all__ = ["FAIRSEQ", "fairseq_policy"]

_MISSPELT_KEY = "time_wrap_W"
_Names = Annotated[list[str], Field(description="a list of texts")]


@check_arguments
def fairseq_policy(
    *,
    time_warp_W: Count = 0,
    freq_mask_N: Count = 0,
    freq_mask_F: Count = 0,
    time_mask_N: Count = 0,
    time_mask_T: Count = 0,
    time_mask_p: Share = 0.0,
    mask_value: Number | None = None,
    name: PolicyName = "fairseq",
) -> Policy:
    """Make the policy of ``SpecAugmentTransform``'s own arguments, with its own defaults.

    Examples
    --------
    >>> fairseq_policy(time_mask_N=1, time_mask_T=100, time_mask_p=1.0).transforms[2].max_width
    100
    """
    mask = partial(
        Mask,
        count_rule="fixed",
        width_rule="exclusive",
        start_rule="last_left_out",
        order="mask_by_mask",
        over="clip",
        fill="mean" if mask_value is None else float(mask_value),
        fill_over="unwarped",
    )
    warp = Warp(time_warp_W, "linear_halves", to_left=0, to_right=0, over="clip")
    frequency = mask("frequency", freq_mask_N, max_width=freq_mask_F)
    time = mask("time", time_mask_N, max_width=time_mask_T, max_ratio=time_mask_p, ratio_rule="bounds")
    return Policy((warp, frequency, time), name, framework="fairseq", min_mels=freq_mask_F)


def _detect(key: str, value: Any) -> bool:
    is_transforms = key in ("transforms", "feature_transforms") and isinstance(value, dict)
    return is_transforms and bool({"_train", "_eval", "*"} & set(value))


def _read(config: Config) -> PolicyAndFrontend:
    root = config.root
    section = root.section("specaugment")
    if section is None and not {"specaugment", "transforms", "feature_transforms"} & set(root.data):
        return _read_policy(config, root), config.default_frontend()
    steps = _training_steps(root)
    if section is None:
        root.note("specaugment is missing: nothing is masked")
    elif steps is not None and "specaugment" not in steps:
        root.note(
            "specaugment is not among the training transforms: fairseq masks nothing, and the section has no effect"
        )
        section = None
    if section is None:
        policy = Policy(NONE.transforms, config.name, framework="fairseq")
    else:
        policy = _repeat(root, _read_policy(config, section), (steps or []).count("specaugment"))
    return policy, _read_frontend(config, root, steps)


def _repeat(root: Section, policy: Policy, times: int) -> Policy:
    """Repeat the transforms of a policy that the list of transforms names more than once: fairseq runs each entry."""
    if times < 2:
        return policy
    of_mean = any(getattr(transform, "fill", None) == "mean" for transform in policy.transforms)
    root.note(
        f"transforms: specaugment is listed {times} times, and runs {times} times"
        + ("; a mean fill is the mean of the clip before the first run" if of_mean else "")
    )
    return replace(policy, transforms=policy.transforms * times)


def _read_policy(config: Config, section: Section) -> Policy:
    arguments = section.arguments(fairseq_policy, [_MISSPELT_KEY])
    if _MISSPELT_KEY in section:
        value = section.get(_MISSPELT_KEY, Count)
        section.note_key(
            _MISSPELT_KEY,
            f"{value}: a typo of fairseq's own tool; the transform reads time_warp_W, so this has no effect",
        )
    if arguments["time_mask_N"] and arguments["time_mask_T"] and not arguments["time_mask_p"]:
        section.note(f"{section.prefix}time_mask_p is 0: no frame is ever masked")
    return fairseq_policy(**arguments, name=config.name)


def _training_steps(root: Section) -> list[str] | None:
    """Return the feature transforms of training, in order; None if the file does not list them."""
    for kind in ("waveform_transforms", "dataset_transforms"):
        if root.section(kind) is not None:
            root.note(f"{kind}: applied to the waveform; left out")
    sections = [section for key in ("transforms", "feature_transforms") if (section := root.section(key)) is not None]
    if not sections:
        root.note("no transforms: fairseq masks nothing without `_train: [specaugment]`; shown as if it were there")
        return None
    steps = []
    for section in sections:
        split = next((name for name in ("_train", "*") if section.data.get(name) is not None), None)
        if split is None:
            section.note(f"{section.path} has neither _train nor '*': no transform runs in training")
        else:
            steps += section.get(split, _Names)
    return steps


def _read_frontend(config: Config, root: Section, steps: list[str] | None) -> MelFrontend | None:
    if root.get("use_audio_input", bool, False):
        raise ParameterError(
            "use_audio_input=True: the model takes the waveform, so there is no mel spectrogram to mask; allowed is "
            "false"
        )
    normalize = "utterance_cmvn"
    if steps is not None:
        kinds = [step for step in steps if step in ("utterance_cmvn", "global_cmvn")]
        if "specaugment" in steps and kinds and steps.index(kinds[0]) > steps.index("specaugment"):
            root.note(f"transforms: {kinds[0]} comes after specaugment: fill values are normalised with the rest")
            kinds = []
        if "global_cmvn" in kinds:
            root.note("global_cmvn: its statistics are not in the file; those of each clip are used")
        elif not kinds:
            normalize = ""
    if "delta_deltas" in (steps or []):
        root.note("delta_deltas: only the first third of the features is a mel spectrogram; shown without the others")
    changes: dict[str, Any] = {
        "n_mels": root.get_noted("input_feat_per_channel", LeastOne, 80),
        "normalize": normalize or None,
    }
    return config.preset("fairseq", root.keys(n_mels="input_feat_per_channel"), **changes)


def _write(policy: NeutralPolicy) -> str:
    frequency, time = policy.frequency, policy.time
    section = {
        "time_warp_W": policy.warp_frames,
        "freq_mask_N": frequency.number,
        "freq_mask_F": frequency.end if frequency.number else 0,
        "time_mask_N": time.number,
        "time_mask_T": UNBOUNDED if time.is_share_alone else time.end if time.number else 0,
        "time_mask_p": time.share,
        "mask_value": (frequency if frequency.number else time).constant_fill,
    }
    return to_yaml({"specaugment": section, "transforms": {"_train": ["utterance_cmvn", "specaugment"]}})


FAIRSEQ = Framework(
    name="fairseq",
    source="fairseq/data/audio/feature_transforms/specaugment.py",
    oddities=(
        "time_mask_p is 0 by default: no frames are masked",
        "its own tool writes the key time_wrap_W, but time_warp_W is read: there is no warp",
        "the maximum width is never drawn, and the last bin and frame are never masked",
        "a mean fill is computed before the warp",
        "a mel with fewer bins than freq_mask_F is returned unchanged",
        "a warp is resized linearly by OpenCV (half-pixel) in two halves, with a discontinuity between them; it moves "
        "by less than W",
    ),
    frontends=("fairseq",),
    generators={"warp": "numpy", "mask": "numpy"},
    policy_functions=(fairseq_policy,),
    read=_read,
    write=_write,
    scale="after the normalisation of the utterance",
    marks=("specaugment",),
    detect=_detect,
    more_keys=(_MISSPELT_KEY,),
    main_recipes={"fairseq": "fairseq-ld"},
    # examples/speech_to_text/data_utils.py: the papers' policies, always without a warp.
    recipes=tuple(
        fairseq_policy(
            freq_mask_N=n, freq_mask_F=f, time_mask_N=n_time, time_mask_T=t, time_mask_p=p, name=f"fairseq-{name}"
        )
        for name, n, f, n_time, t, p in (
            ("lb", 1, 27, 1, 100, 1.0),
            ("ld", 2, 27, 2, 100, 1.0),
            ("sm", 2, 15, 2, 70, 0.2),
            ("ss", 2, 27, 2, 70, 0.2),
        )
    ),
)
