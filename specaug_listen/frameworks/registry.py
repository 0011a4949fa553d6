"""All frameworks and the policies of their recipes, by name.

They are collected from the modules of this package after all of these are loaded. So no module of the package may read
the tables below while it is imported.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Iterator, Sequence

from .._rng import as_seed, child_stream
from ..augment.draw import Draw
from ..augment.framework_masks import Mask
from ..augment.framework_transforms import FrameworkTransform, Warp
from ..augment.policy import Policy
from ..augment.random_streams import RandomStream, framework_stream
from ..errors import ParameterError
from ..frontends import AnyMel
from .framework import Framework

__all__ = [
    "ALL_POLICIES",
    "FRAMEWORKS",
    "MAIN_RECIPES",
    "collect_frameworks",
    "draw_of_clip",
    "exact_streams",
    "owners",
    "spelling",
]

FRAMEWORKS: dict[str, Framework] = {}
ALL_POLICIES: dict[str, Policy] = {}
# Common names of frameworks, and the policies that they stand for.
MAIN_RECIPES: dict[str, str] = {}


def collect_frameworks() -> None:
    """Fill the tables again from every `Framework` in the modules of this package; the papers' own comes first."""
    frameworks = sorted(_frameworks(), key=lambda framework: framework.name != "paper")
    for table in (FRAMEWORKS, ALL_POLICIES, MAIN_RECIPES):
        table.clear()
    for framework in frameworks:
        FRAMEWORKS[framework.name] = framework
        ALL_POLICIES.update({policy.name: policy for policy in framework.recipes})
        MAIN_RECIPES.update(framework.main_recipes)


def _frameworks() -> Iterator[Framework]:
    package = importlib.import_module(__name__.rpartition(".")[0])
    for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        values = vars(importlib.import_module(module.name)).values()
        yield from (value for value in values if isinstance(value, Framework))


def owners(keys: Iterable[str]) -> list[str]:
    """Return the frameworks that have some of the keys as arguments, those with most of them first.

    Examples
    --------
    >>> owners(["freq_masks", "freq_width", "mask_value"])
    ['nemo', 'fairseq']
    """
    keys = set(keys)
    numbers = {name: len(keys & framework.arguments) for name, framework in FRAMEWORKS.items()}
    return sorted((name for name, number in numbers.items() if number), key=lambda name: -numbers[name])


def spelling(name: str) -> str:
    """Return a framework's name as sentences spell it.

    Examples
    --------
    >>> spelling("wenet"), spelling("lhotse")
    ('WeNet', 'lhotse')
    """
    framework = FRAMEWORKS.get(name)
    return framework.spelling or name if framework is not None else name


def exact_streams(policy: Policy, seed: int) -> dict[str, RandomStream]:
    """Return the generators that a framework draws from, freshly seeded, for `Policy.draw`.

    One generator serves all purposes for which the framework uses it, in the framework's order. If they are passed to
    several draws in turn, they continue as the framework's do from call to call.

    Parameters
    ----------
    policy : Policy
        Of a framework.
    seed : int >= 0
        As for ``torch.manual_seed``, ``numpy.random.seed`` and ``random.seed``.

    Raises
    ------
    ParameterError
        For a framework whose draws cannot be replayed.
    MissingDependencyError
        Without torch, if the framework draws with it.

    Examples
    --------
    >>> sorted(exact_streams(ALL_POLICIES["wenet-u2pp"], 0))
    ['copy', 'mask']
    """
    if not isinstance(policy, Policy):
        raise ParameterError(f"policy={policy!r:.80}: expected a Policy, e.g. get_policy(name)")
    seed = as_seed(seed)
    if policy.callables:
        raise ParameterError(f"policy {policy.name!r:.80}: a callable draws as it likes; leave exact_rng out")
    framework = FRAMEWORKS.get(policy.framework)
    if framework is None or not framework.is_replayable:
        able = ", ".join(name for name, each in FRAMEWORKS.items() if each.is_replayable)
        raise ParameterError(
            f"policy {policy.name!r:.80} draws as framework {policy.framework!r}: its draws cannot be replayed; "
            f"allowed are those of {able}"
        )
    _check_replayable_in_batch(policy, framework)
    purposes = {
        "coin",
        *("mask",) * (policy.n_applied is not None),
        *(t.purpose for t in policy.transforms if isinstance(t, FrameworkTransform)),
    }
    names = {purpose: name for purpose, name in framework.generators.items() if purpose in purposes}
    streams = {name: framework_stream(name, seed) for name in sorted(set(names.values()))}
    return {purpose: streams[name] for purpose, name in names.items()}


def _check_replayable_in_batch(policy: Policy, framework: Framework) -> None:
    """Refuse a padded batch whose examples are drawn in turn, so that our draw depends on the lengths of the others."""
    if policy.batch is None or policy.batch.size == 1 or policy.batch.n_frames is None:
        return
    is_warped = any(isinstance(t, Warp) and t.max_frames and t.over == "clip" for t in policy.transforms)
    if is_warped and framework.generators.get("warp") == framework.generators.get("mask"):
        raise ParameterError(
            f"framework {policy.framework!r}: in a padded batch, warps follow from the lengths of all examples, "
            "and masks are drawn after them; replay without the warp, or one clip alone"
        )
    is_by_length = [isinstance(t, Mask) and t.count_rule == "share" and t.over == "clip" for t in policy.transforms]
    if any(is_by_length[:-1]):
        raise ParameterError(
            f"framework {policy.framework!r}: in a padded batch, the numbers drawn for time masks follow from the "
            "lengths of all examples, and those of features come after them; replay without the latter, or one clip "
            "alone"
        )


def draw_of_clip(policy: Policy, mel: AnyMel, seed: int, fingerprint: Sequence[int], number: int) -> Draw:
    """Make one draw of a run.

    Parameters
    ----------
    policy : Policy
    mel : MelSpectrogram or MelStream
    seed : int
        Of the run. With the policy's ``exact_rng``, draw ``number`` is what the framework draws for the clip in its
        first call after seeding with ``seed + number - 1``.
    fingerprint : sequence of int
        Of the clip; see `specaug_listen._rng.fingerprint`.
    number : int > 0

    Raises
    ------
    ParameterError
        If the policy's draws cannot be replayed, or as `Policy.draw`.
    """
    streams = exact_streams(policy, seed + number - 1) if policy.exact_rng else None
    return policy.draw(mel, rng=child_stream(seed, fingerprint, number), streams=streams)
