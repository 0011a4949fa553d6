"""All dialects and the frameworks' policies, by name."""

from __future__ import annotations

from collections.abc import Sequence

from .._rng import as_seed, child_stream
from ..augment.draw import Draw
from ..augment.generators import Source, foreign_source
from ..augment.masks import FrameworkTransform, Mask, Warp
from ..augment.policy import POLICIES, Policy
from ..errors import ParameterError
from ..frontends import AnyMel
from .espnet import ESPNET, ESPNET_POLICIES
from .fairseq import FAIRSEQ, FAIRSEQ_POLICIES
from .framework import Dialect
from .hf import HF, HF_POLICIES
from .lhotse import LHOTSE, LHOTSE_POLICIES
from .lingvo import LINGVO, LINGVO_POLICIES
from .nemo import NEMO, NEMO_LEGACY, NEMO_NUMBA, NEMO_POLICIES
from .speechbrain import SPEECHBRAIN, SPEECHBRAIN_LEGACY, SPEECHBRAIN_POLICIES
from .torchaudio import TORCHAUDIO, TORCHAUDIO_POLICIES
from .wenet import WENET, WENET_POLICIES

__all__ = ["ALL_POLICIES", "DIALECTS", "MAIN_RECIPES", "PAPER", "draw_of_clip", "exact_sources"]

PAPER = Dialect(
    name="paper",
    source="Park et al. 2019 (arXiv:1904.08779) and 2020 (arXiv:1912.05533)",
    oddities=(
        "widths are uniform from 0 to the largest, starts in [0, size - width), read as integers: "
        "the last bin and frame are "
        "masked only by a mask over all",
        "a warp keeps both ends of the clip, and is skipped where no frame is W away from both",
    ),
)
_DIALECTS = (
    *(PAPER, LINGVO, TORCHAUDIO, ESPNET, NEMO, NEMO_LEGACY, NEMO_NUMBA),
    *(SPEECHBRAIN, SPEECHBRAIN_LEGACY, LHOTSE, WENET, HF, FAIRSEQ),
)
DIALECTS = {dialect.name: dialect for dialect in _DIALECTS}
_POLICIES = (
    *(ESPNET_POLICIES + FAIRSEQ_POLICIES + HF_POLICIES + LHOTSE_POLICIES),
    *(LINGVO_POLICIES + NEMO_POLICIES + SPEECHBRAIN_POLICIES + TORCHAUDIO_POLICIES + WENET_POLICIES),
)
ALL_POLICIES: dict[str, Policy] = POLICIES | {policy.name: policy for policy in _POLICIES}
# A framework's name, and the policy that it stands for.
MAIN_RECIPES: dict[str, str] = {name: recipe for dialect in _DIALECTS for name, recipe in dialect.recipes.items()}


def exact_sources(policy: Policy, seed: int) -> dict[str, Source]:
    """The generators that a framework draws from, each freshly seeded, for `Policy.draw`.

    One generator serves all purposes for which the framework uses it, in the order in which it asks. Given to several
    draws in turn, they go on as the framework's would from call to call.

    Parameters
    ----------
    policy : Policy
        Of a framework's dialect.
    seed : int >= 0
        Given to ``torch.manual_seed``, ``numpy.random.seed`` and ``random.seed`` alike.

    Raises
    ------
    ParameterError
        For a dialect whose draws cannot be replayed.
    MissingDependencyError
        Without torch, where the framework draws with it.

    Examples
    --------
    >>> sorted(exact_sources(ALL_POLICIES["wenet-u2pp"], 0))
    ['copy', 'mask']
    """
    if not isinstance(policy, Policy):
        raise ParameterError(f"policy={policy!r:.80}: expected a Policy, e.g. get_policy(name)")
    seed = as_seed(seed)
    known = DIALECTS.get(policy.dialect)
    if known is None or not known.is_replayable:
        able = ", ".join(name for name, each in DIALECTS.items() if each.is_replayable)
        raise ParameterError(f"dialect {policy.dialect!r}: its draws cannot be replayed; allowed are those of {able}")
    _check_replayable_in_batch(policy, known)
    needed = {
        "coin",
        *("mask",) * (policy.n_applied is not None),
        *(t.purpose for t in policy.transforms if isinstance(t, FrameworkTransform)),
    }
    names = {purpose: name for purpose, name in known.generators.items() if purpose in needed}
    made = {name: foreign_source(name, seed) for name in sorted(set(names.values()))}
    return {purpose: made[name] for purpose, name in names.items()}


def _check_replayable_in_batch(policy: Policy, dialect: Dialect) -> None:
    """Where examples are drawn for one after the other, what ours gets may follow from the others' lengths."""
    if policy.batch is None or policy.batch.size == 1 or policy.batch.n_frames is None:
        return
    is_warped = any(isinstance(t, Warp) and t.max_frames and t.over == "clip" for t in policy.transforms)
    if is_warped and dialect.generators.get("warp") == dialect.generators.get("mask"):
        raise ParameterError(
            f"dialect {policy.dialect!r}: in a padded batch, warps follow from the lengths of all examples, and masks "
            "are drawn after them; replay without the warp, or one clip alone"
        )
    is_by_length = [isinstance(t, Mask) and t.count_rule == "share" and t.over == "clip" for t in policy.transforms]
    if any(is_by_length[:-1]):
        raise ParameterError(
            f"dialect {policy.dialect!r}: in a padded batch, the numbers drawn for time masks follow from the lengths "
            "of all examples, and those of features come after them; replay without the latter, or one clip alone"
        )


def draw_of_clip(policy: Policy, mel: AnyMel, seed: int, fingerprint: Sequence[int], number: int) -> Draw:
    """One draw of a run.

    Parameters
    ----------
    policy : Policy
    mel : MelSpectrogram or MelStream
    seed : int
        Of the run. With the policy's ``exact_rng``, draw ``number`` is what the framework makes of the clip in its
        first call after it was seeded with ``seed + number - 1``.
    fingerprint : sequence of int
        Of the clip; see `specaug_listen._rng.fingerprint`.
    number : int > 0

    Raises
    ------
    ParameterError
        When the policy's draws cannot be replayed, or as `Policy.draw`.
    """
    sources = exact_sources(policy, seed + number - 1) if policy.exact_rng else None
    return policy.draw(mel, rng=child_stream(seed, fingerprint, number), sources=sources)
