"""fairseq's speech-to-text data configuration: ``specaugment`` and ``transforms``."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ...augment.policy import NONE, Policy
from ...errors import ParameterError
from ...frontends import MelFrontend
from ..fairseq import fairseq_policy
from .arguments import FAIRSEQ
from .config import Config, Found, Section
from .fields import COUNT, FLAG, LEAST_ONE, Kind

__all__ = ["read_fairseq"]

_LIST = Kind("a list of texts", lambda v: isinstance(v, list) and all(isinstance(entry, str) for entry in v))
_MISSPELT = "time_wrap_W"


def read_fairseq(config: Config) -> Found:
    """The policy and the front-end of a data configuration, or of ``SpecAugmentTransform``'s bare arguments."""
    root = config.root
    section = root.section("specaugment")
    if section is None and not {"specaugment", "transforms", "feature_transforms"} & set(root.data):
        root.note("the file names no front-end; fairseq's own is meant")
        return Found(_policy(config, root), config.preset("fairseq"))
    steps = _transforms(root)
    if section is None:
        root.note("specaugment is missing: nothing is masked")
    elif steps is not None and "specaugment" not in steps:
        root.note(
            "specaugment is not among the transforms of training: fairseq masks nothing, and the section has no effect"
        )
        section = None
    policy = Policy(NONE.transforms, config.name, dialect="fairseq") if section is None else _policy(config, section)
    if section is not None:
        policy = _repeated(root, policy, (steps or []).count("specaugment"))
    return Found(policy, _frontend(config, root, steps))


def _repeated(root: Section, policy: Policy, times: int) -> Policy:
    """Each listed name runs, also where one stands there twice."""
    if times < 2:
        return policy
    of_mean = any(getattr(transform, "fill", None) == "mean" for transform in policy.transforms)
    root.note(
        f"transforms: specaugment is listed {times} times, and runs {times} times"
        + ("; the mean that is filled in is that of the clip before the first" if of_mean else "")
    )
    return replace(policy, transforms=policy.transforms * times)


def _policy(config: Config, section: Section) -> Policy:
    arguments = section.arguments(fairseq_policy, FAIRSEQ, [_MISSPELT])
    if _MISSPELT in section:
        value = section.get(_MISSPELT, COUNT)
        section.note(
            f"{section.where}{_MISSPELT}: {value}: misspelt by fairseq's own tool; the transform reads time_warp_W, so "
            "this has no effect"
        )
    if arguments["time_mask_N"] and arguments["time_mask_T"] and not arguments["time_mask_p"]:
        section.note(f"{section.where}time_mask_p is 0: no frame is ever masked")
    return fairseq_policy(**arguments, name=config.name)


def _transforms(root: Section) -> list[str] | None:
    """What fairseq does to features in training, in order; None where the file does not say."""
    for kind in ("waveform_transforms", "dataset_transforms"):
        if root.section(kind) is not None:
            root.note(f"{kind}: of the waveform, before the mel; left out")
    sections = [section for key in ("transforms", "feature_transforms") if (section := root.section(key)) is not None]
    if not sections:
        root.note("no transforms: fairseq masks nothing without `_train: [specaugment]`; shown as if it stood there")
        return None
    steps = []
    for section in sections:
        split = next((name for name in ("_train", "*") if section.data.get(name) is not None), None)
        if split is None:
            section.note(f"{section.where[:-1]} has neither _train nor '*': nothing is done in training")
        else:
            steps += section.get(split, _LIST)
    return steps


def _frontend(config: Config, root: Section, steps: list[str] | None) -> MelFrontend | None:
    if root.get("use_audio_input", FLAG, False):
        raise ParameterError(
            "use_audio_input=True: the model takes the waveform, there is no mel spectrogram to mask; allowed is false"
        )
    normalize = "utterance_cmvn"
    if steps is not None:
        kinds = [step for step in steps if step in ("utterance_cmvn", "global_cmvn")]
        if "specaugment" in steps and kinds and steps.index(kinds[0]) > steps.index("specaugment"):
            root.note(f"transforms: {kinds[0]} comes after specaugment: a filled value is normalised with the rest")
            kinds = []
        if "global_cmvn" in kinds:
            root.note("global_cmvn: its statistics are not in the file; each clip's own are taken")
        elif not kinds:
            normalize = ""
    if "delta_deltas" in (steps or []):
        root.note("delta_deltas: only the first third of the features is a mel spectrogram; shown without the others")
    changes: dict[str, Any] = {
        "n_mels": root.take("input_feat_per_channel", LEAST_ONE, 80),
        "normalize": normalize or None,
    }
    return config.preset("fairseq", root.keys(n_mels="input_feat_per_channel"), **changes)
