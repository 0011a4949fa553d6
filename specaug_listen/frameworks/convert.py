"""Conversion of a policy to another framework: the nearest configuration, and the differences."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from .._records import record
from .._yaml import as_mapping, framework_data_of, mapping_of
from ..augment.coverage import expected_shares, least_mels
from ..augment.describe import aspects, subject
from ..augment.policy import FrameworkName, Policy
from ..errors import ParameterError, unknown_name
from .framework import Framework
from .neutral import neutral_policy
from .paper import own_policy
from .read import import_data
from .registry import FRAMEWORKS

__all__ = ["Converted", "convert_policy", "writable_frameworks"]

_N_FRAMES, _N_MELS, _N_DRAWS = 1000, 80, 400


@record
class Converted:
    """A configuration for another framework.

    Parameters
    ----------
    framework : str
    text : str
        The configuration, as the framework reads it.
    policy : Policy
        The policy that the framework reads from it.
    differences : tuple of str
        Differences from the original policy.
    """

    framework: FrameworkName
    text: str
    policy: Policy
    differences: Annotated[tuple[str, ...], Field(strict=False)]


def convert_policy(policy: Policy, framework: str) -> Converted:
    """Return the nearest configuration that another framework can express.

    Counts and bounds of widths are kept where the framework supports them; values that depend on the length of a clip,
    and cannot there, are computed for 1000 frames.

    Parameters
    ----------
    policy : Policy
    framework : str
        One of `writable_frameworks`.

    Returns
    -------
    Converted

    Raises
    ------
    ParameterError
        For a framework that is unknown or cannot be written.

    Examples
    --------
    >>> from specaug_listen.augment import LB
    >>> "max_f: 27" in convert_policy(LB, "wenet").text
    True
    """
    target = FRAMEWORKS.get(framework)
    if target is None:
        raise unknown_name("framework", framework, writable_frameworks())
    if target.write is None:
        raise ParameterError(
            f"framework {framework!r:.80} can be read, but not written; convert to {target.family} instead (allowed: "
            f"{', '.join(writable_frameworks())})"
        )
    neutral = neutral_policy(policy)
    text = target.write(neutral)
    converted = _read_back(text, target, f"{policy.name}{target.file_suffix}")
    left_out = [f"left out: {what}" for what in neutral.left_out]
    return Converted(framework, text, converted, (*left_out, *_differences(policy, converted, target)))


def writable_frameworks() -> list[str]:
    """Return the names of the frameworks whose configurations can be written, sorted."""
    return sorted(name for name, framework in FRAMEWORKS.items() if framework.write is not None)


def _read_back(text: str, framework: Framework, file: str) -> Policy:
    if framework.read is None:
        return own_policy(mapping_of(text, file, "policy"), file)
    data = as_mapping(framework_data_of(text, file)[0], file, "policy")
    return import_data(data, framework.name, file).policy


def _differences(policy: Policy, converted: Policy, framework: Framework) -> list[str]:
    both = policy, converted
    before, after = map(_aspects_of_kinds, both)
    lines = []
    for kind in dict.fromkeys([*before, *after]):
        if kind not in after:
            lines.append(f"{kind}: {'; '.join(before[kind].values())} -> none")
        elif kind not in before:
            lines.append(f"{kind}: none -> some")
        else:
            keys = {**before[kind], **after[kind]}
            pairs = ((key, before[kind].get(key, "-"), after[kind].get(key, "-")) for key in keys)
            lines += [f"{kind}, {key}: {a} -> {b}" for key, a, b in pairs if a != b]
    orders = [
        [subject(each) for each in one.transforms if subject(each) in before and subject(each) in after] for one in both
    ]
    if orders[0] != orders[1]:
        lines.append(f"order: {', '.join(orders[0])} -> {', '.join(orders[1])}")
    if policy.probability != converted.probability:
        lines.append(f"probability that anything is done: {policy.probability:g} -> {converted.probability:g}")
    if policy.warp_probability != converted.warp_probability and "time warp" in before and "time warp" in after:
        a, b = ("none" if one.warp_probability is None else f"{one.warp_probability:g}" for one in both)
        lines.append(f"probability of the warp apart from the masks: {a} -> {b}")
    a, b = map(_applied, both)
    if a != b:
        lines.append(f"applied of them: {a} -> {b}")
    source = FRAMEWORKS.get(policy.framework)
    if source is None or source.family != framework.name:
        scale = "its own" if source is None else FRAMEWORKS[source.family].scale
        lines.append(f"scale that a fill is in: {scale} -> {framework.scale}")
        lines.append(_masked_shares(policy, converted))
    return lines


def _applied(policy: Policy) -> str:
    """Say how many of the transforms are applied."""
    n = len(policy.transforms)
    least, most = policy.n_applied or (n, n)
    if policy.is_shuffled:
        return f"{min(least, n)} to {min(most, n)}, in any order"
    return "all" if least >= n else f"the first {least}" if least == most else f"the first {least} to {most}"


def _aspects_of_kinds(policy: Policy) -> dict[str, dict[str, str]]:
    """Return the aspects of the first active transform of each kind."""
    kinds: dict[str, dict[str, str]] = {}
    for transform in policy.transforms:
        if not getattr(transform, "is_idle", False):
            kinds.setdefault(subject(transform), aspects(transform))
    return kinds


def _masked_shares(policy: Policy, converted: Policy) -> str:
    n_mels = max(_N_MELS, least_mels(policy), least_mels(converted))
    a, b = (expected_shares(one, n_mels, _N_FRAMES, n_draws=_N_DRAWS) for one in (policy, converted))
    return (
        f"masked of {_N_FRAMES} frames x {n_mels} bins, on average, where applied: time {a.time:.2f} -> {b.time:.2f}, "
        f"frequency {a.frequency:.2f} -> {b.frequency:.2f}, cells {a.area:.2f} -> {b.area:.2f}"
    )
