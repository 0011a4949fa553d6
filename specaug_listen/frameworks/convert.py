"""From one framework to another: the nearest configuration, and what differs."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from .._records import record
from .._yaml import as_mapping, foreign_plain_of, mapping_of
from ..augment.coverage import expected_shares, least_mels
from ..augment.describe import aspects, subject
from ..augment.policy import FrameworkName, Policy
from ..errors import ParameterError, nearest
from .framework import Framework
from .neutral import neutral_policy
from .paper import own_policy
from .read import import_data
from .registry import FRAMEWORKS

__all__ = ["Converted", "convert_policy", "writable_frameworks"]

_FRAMES, _MELS, _DRAWS = 1000, 80, 400


@record
class Converted:
    """A configuration for another framework.

    Parameters
    ----------
    framework : str
    text : str
        The snippet, as the framework reads it.
    policy : Policy
        What it does there.
    differences : tuple of str
        What is not the same, the given policy's first.
    """

    framework: FrameworkName
    text: str
    policy: Policy
    differences: Annotated[tuple[str, ...], Field(strict=False)]


def convert_policy(policy: Policy, framework: str) -> Converted:
    """The nearest configuration that another framework can express.

    Numbers and ends of widths are kept where it has them; what depends on the length of a clip, and cannot there, is
    taken at 1000 frames.

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
        For a framework that cannot be written, or another name.

    Examples
    --------
    >>> from specaug_listen.augment import LB
    >>> "max_f: 27" in convert_policy(LB, "wenet").text
    True
    """
    known = FRAMEWORKS.get(framework)
    allowed = ", ".join(writable_frameworks())
    if known is None:
        close = nearest(str(framework), writable_frameworks())
        raise ParameterError(f"unknown framework {framework!r:.80}{close} (allowed: {allowed})")
    if known.write is None:
        raise ParameterError(
            f"framework {framework!r:.80} can be read, but not written; write {known.family} instead (allowed: "
            f"{allowed})"
        )
    neutral = neutral_policy(policy)
    text = known.write(neutral)
    converted = _read_back(text, known, f"{policy.name}{known.file_suffix}")
    left_out = [f"left out: {what}" for what in neutral.left_out]
    return Converted(framework, text, converted, (*left_out, *_differences(policy, converted, known)))


def writable_frameworks() -> list[str]:
    """Return the names of the frameworks whose configurations can be written, in alphabetical order."""
    return sorted(name for name, framework in FRAMEWORKS.items() if framework.write is not None)


def _read_back(text: str, framework: Framework, file: str) -> Policy:
    if framework.read is None:
        return own_policy(mapping_of(text, file, "policy"), file)
    data = as_mapping(foreign_plain_of(text, file, "policy")[0], file, "policy")
    return import_data(data, framework.name, file).policy


def _differences(given: Policy, made: Policy, framework: Framework) -> list[str]:
    lines = []
    before, after = _by_subject(given), _by_subject(made)
    for name in dict.fromkeys([*before, *after]):
        if name not in after or name not in before:
            have = before if name in before else after
            lines.append(
                f"{name}: {'; '.join(have[name].values())} -> none" if have is before else f"{name}: none -> some"
            )
            continue
        pairs = (
            (key, before[name].get(key, "-"), after[name].get(key, "-")) for key in {**before[name], **after[name]}
        )
        lines += [f"{name}, {key}: {a} -> {b}" for key, a, b in pairs if a != b]
    orders = [
        [subject(t) for t in policy.transforms if subject(t) in before and subject(t) in after]
        for policy in (given, made)
    ]
    if orders[0] != orders[1]:
        lines.append(f"order: {', '.join(orders[0])} -> {', '.join(orders[1])}")
    if given.probability != made.probability:
        lines.append(f"chance that anything is done: {given.probability:g} -> {made.probability:g}")
    if given.warp_probability != made.warp_probability and "time warp" in before and "time warp" in after:
        chances = [
            "none" if policy.warp_probability is None else f"{policy.warp_probability:g}" for policy in (given, made)
        ]
        lines.append(f"chance of the warp apart from the masks: {chances[0]} -> {chances[1]}")
    parts = [_part(policy) for policy in (given, made)]
    if parts[0] != parts[1]:
        lines.append(f"applied of them: {parts[0]} -> {parts[1]}")
    source = FRAMEWORKS.get(given.framework)
    if source is None or source.family != framework.name:
        scale = "its own" if source is None else FRAMEWORKS[source.family].scale
        lines.append(f"scale that a fill is in: {scale} -> {framework.scale}")
        lines.append(_masked(given, made))
    return lines


def _part(policy: Policy) -> str:
    n = len(policy.transforms)
    least, most = policy.n_applied or (n, n)
    if policy.is_shuffled:
        return f"{min(least, n)} to {min(most, n)}, in any order"
    return "all" if least >= n else f"the first {least}" if least == most else f"the first {least} to {most}"


def _by_subject(policy: Policy) -> dict[str, dict[str, str]]:
    """The aspects of each kind of transform, without those that do nothing; of several of a kind, the first."""
    kept: dict[str, dict[str, str]] = {}
    for transform in policy.transforms:
        if not getattr(transform, "is_idle", False):
            kept.setdefault(subject(transform), aspects(transform))
    return kept


def _masked(given: Policy, made: Policy) -> str:
    n_mels = max(_MELS, least_mels(given), least_mels(made))
    a, b = (expected_shares(policy, n_mels, _FRAMES, n_draws=_DRAWS) for policy in (given, made))
    return (
        f"masked of {_FRAMES} frames x {n_mels} bins, on average, where applied: time {a.time:.2f} -> {b.time:.2f}, "
        f"frequency {a.frequency:.2f} -> {b.frequency:.2f}, cells {a.area:.2f} -> {b.area:.2f}"
    )
