"""`Framework`: the facts about a framework's SpecAugment, and how its files are read and written."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from ..augment.policy import Policy
from ..augment.random_streams import GeneratorName
from ..frontends import MelFrontend
from .argument_types import keys_of
from .config import Config
from .neutral import NeutralPolicy
from .references import ResolverMaker, hyper_resolver

__all__ = ["Framework", "PolicyAndFrontend", "Purpose"]

Purpose: TypeAlias = Literal["coin", "warp", "mask", "patch", "cutout", "copy", "trim_tail"]
PolicyAndFrontend: TypeAlias = tuple[Policy, MelFrontend | None]


def _no_key(key: str, value: Any) -> bool:
    return False


def _no_keys(data: Mapping[str, Any]) -> list[str]:
    return []


@dataclass(frozen=True, kw_only=True)
class Framework:
    """Everything known about one framework, or about a variant such as an older implementation.

    `specaug_listen.frameworks.registry` collects the instances in the modules of this package.

    Parameters
    ----------
    name : str
    spelling : str
        The name in sentences; empty if it is ``name``.
    source : str
        The upstream files that were read.
    oddities : tuple of str
        Behaviour that its parameters do not show.
    frontends : tuple of str
        The front-ends that it is used with, the usual one first.
    generators : mapping
        For each purpose the generator that the framework draws from: ``torch``, ``numpy`` (the global one) or
        ``python`` (``random``); purposes that are missing cannot be replayed.
    policy_functions : tuple of callable
        The functions whose parameters, with their types and defaults, are the framework's own arguments; see
        `specaug_listen.frameworks.argument_types.check_arguments`.
    read : callable or None
        Reads the policy and the front-end, if any, of a configuration. None if configurations cannot be read.
    write : callable or None
        Writes the configuration that is nearest to a policy.
    file_suffix : {".yaml", ".json"}
        Of the files that it writes.
    scale : str
        The scale of the features in which it fills masks, in words.
    recipes : tuple of Policy
        The policies of its published recipes.
    main_recipes : mapping
        For each common name of the framework, the recipe that it stands for.
    marks : tuple of str
        Top-level keys that only this framework's configurations have.
    detect : callable
        Whether another top-level key, with its value, is this framework's.
    detect_whole : callable
        The keys that identify the framework if no single key identifies any.
    more_keys : tuple of str
        Top-level keys that count as its arguments, besides the parameters of ``policy_functions``.
    resolver : callable
        Makes the resolver of references in its configurations.
    variant_of : str
        The framework of which it is a variant; empty for most.

    Examples
    --------
    >>> Framework(name="mine", source="mine.py", oddities=("none",)).is_replayable
    False
    """

    name: str
    spelling: str = ""
    source: str
    oddities: tuple[str, ...]
    frontends: tuple[str, ...] = ()
    generators: Mapping[Purpose, GeneratorName] = field(default_factory=dict)
    policy_functions: tuple[Callable[..., Any], ...] = ()
    read: Callable[[Config], PolicyAndFrontend] | None = None
    write: Callable[[NeutralPolicy], str] | None = None
    file_suffix: Literal[".yaml", ".json"] = ".yaml"
    scale: str = "its own"
    recipes: tuple[Policy, ...] = ()
    main_recipes: Mapping[str, str] = field(default_factory=dict)
    marks: tuple[str, ...] = ()
    detect: Callable[[str, Any], bool] = _no_key
    detect_whole: Callable[[Mapping[str, Any]], list[str]] = _no_keys
    more_keys: tuple[str, ...] = ()
    resolver: ResolverMaker = hyper_resolver
    variant_of: str = ""

    def __repr__(self) -> str:
        return f"Framework({self.name!r}, read from {self.source!r})"

    @property
    def is_replayable(self) -> bool:
        """Whether its draws can be made with its own generator."""
        return bool(self.generators)

    @property
    def family(self) -> str:
        """The framework's name; for a variant, that of the framework itself."""
        return self.variant_of or self.name

    @functools.cached_property
    def arguments(self) -> frozenset[str]:
        """The keys that identify a file of bare arguments."""
        return frozenset(self.more_keys).union(*map(keys_of, self.policy_functions))

    def facts(self) -> dict[str, Any]:
        """Return its facts as plain data, for JSON."""
        return {
            "name": self.name,
            "source": self.source,
            "oddities": list(self.oddities),
            "frontends": list(self.frontends),
            "generators": dict(self.generators),
            "recipes": dict(self.main_recipes),
        }
