"""From one framework to another: the nearest configuration, and what differs."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from .._records import nearest, record
from .._yaml import as_mapping, foreign_plain_of, mapping_of
from ..augment.coverage import expected_shares, least_mels
from ..augment.describe import aspects, subject
from ..augment.policy import Policy
from ..errors import ParameterError
from .neutral import Outline, outlined
from .reading import import_foreign
from .registry import DIALECTS
from .write import SNIPPETS

__all__ = ["TARGETS", "Converted", "convert_policy"]

TARGETS = tuple(sorted(SNIPPETS))
_FRAMES, _MELS, _DRAWS = 1000, 80, 400
_SCALES = {
    "espnet": "ln of powers, before the model's normalisation",
    "nemo": "after the normalisation of each band",
    "speechbrain": "dB, after the normalisation",
    "lhotse": "ln of powers, not normalised",
    "wenet": "ln of powers of 16-bit samples, not normalised",
    "hf": "Whisper's (log10 + 4) / 4",
    "fairseq": "after the normalisation of the utterance",
    "torchaudio": "whatever the transform is given",
    "lingvo": "after the normalisation of each band",
    "paper": "the front-end's own",
}


@record
class Converted:
    """A configuration for another framework.

    Parameters
    ----------
    dialect : str
    text : str
        The snippet, as the framework reads it.
    policy : Policy
        What it does there.
    differences : tuple of str
        What is not the same, the given policy's first.
    """

    dialect: str
    text: str
    policy: Policy
    differences: Annotated[tuple[str, ...], Field(strict=False)]


def convert_policy(policy: Policy, dialect: str) -> Converted:
    """The nearest configuration that another framework can express.

    Numbers and ends of widths are kept where it has them; what depends on the length of a clip, and cannot there, is
    taken at 1000 frames.

    Parameters
    ----------
    policy : Policy
    dialect : str
        One of `TARGETS`.

    Returns
    -------
    Converted

    Raises
    ------
    ParameterError
        For a dialect that cannot be written, or another name.

    Examples
    --------
    >>> from specaug_listen.augment import LB
    >>> "max_f: 27" in convert_policy(LB, "wenet").text
    True
    """
    if dialect in DIALECTS and dialect not in SNIPPETS:
        instead = dialect.split("-")[0]
        raise ParameterError(
            f"dialect {dialect!r:.80} can be read, but not written; write {instead} instead (allowed: "
            f"{', '.join(TARGETS)})"
        )
    if dialect not in SNIPPETS:
        close = nearest(str(dialect), list(TARGETS))
        raise ParameterError(f"unknown dialect {dialect!r:.80}{close} (allowed: {', '.join(TARGETS)})")
    outline = outlined(policy)
    text = SNIPPETS[dialect](outline)
    made = _read_back(text, dialect, policy.name)
    return Converted(dialect, text, made, (*_lost(outline), *_differences(policy, made, dialect)))


def _read_back(text: str, dialect: str, name: str) -> Policy:
    file = f"{name}.json" if dialect in ("hf", "lhotse") else f"{name}.yaml"
    if dialect == "paper":
        from .policies import policy_of

        return policy_of(mapping_of(text, file, "policy"), file)
    return import_foreign(as_mapping(foreign_plain_of(text, file, "policy")[0], file, "policy"), dialect, file).policy


def _lost(outline: Outline) -> list[str]:
    return [f"left out: {what}" for what in outline.left_out]


def _differences(given: Policy, made: Policy, dialect: str) -> list[str]:
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
    family = given.dialect.split("-")[0]
    if family != dialect:
        lines.append(f"scale that a fill is in: {_SCALES.get(family, 'its own')} -> {_SCALES[dialect]}")
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
