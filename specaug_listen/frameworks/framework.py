"""`Framework`: what a framework's SpecAugment does that its parameters do not say, and how its files are read."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from ..augment.policy import Policy
from ..augment.random_streams import GeneratorName
from ..frontends import MelFrontend
from .config import Config
from .fields import keys_of
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
    """All that is known of one framework, or of one of its older or other implementations.

    A module of this package that holds one is found by `specaug_listen.frameworks.registry`; there is no list.

    Parameters
    ----------
    name : str
    source : str
        The upstream files that it was read from.
    oddities : tuple of str
        What its parameters do not say.
    frontends : tuple of str
        The front-ends that it is used with, the usual one first.
    generators : mapping
        For each purpose the generator that the framework draws from: ``torch``, ``numpy`` (the global one) or
        ``python`` (``random``); what is missing cannot be replayed.
    policy_functions : tuple of callable
        The functions whose parameters, with their types and defaults, are the framework's own arguments; see
        `specaug_listen.frameworks.fields.check_arguments`.
    read : callable or None
        Reads a configuration: the policy, and the front-end where there is one. None where it cannot be read.
    write : callable or None
        Writes the nearest configuration of a policy.
    file_suffix : {".yaml", ".json"}
        Of what it writes.
    scale : str
        The scale of the features in which it fills masks, in words.
    recipes : tuple of Policy
        The policies of its published recipes.
    main_recipes : mapping
        For each name under which people know the framework, the recipe that it stands for.
    marks : tuple of str
        Top-level keys that only this framework's configurations have.
    detect : callable
        Whether another top-level key, with its value, is this framework's.
    detect_whole : callable
        The keys that speak for the framework where no single key speaks for any.
    more_keys : tuple of str
        Top-level keys that count as its arguments, besides the parameters of ``policy_functions``.
    resolver : callable
        Makes what follows the references of its configurations to values elsewhere in the file.
    variant_of : str
        The framework of which it is another implementation; empty for most.

    Examples
    --------
    >>> Framework(name="mine", source="mine.py", oddities=("none",)).is_replayable
    False
    """

    name: str
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
        """Whether draws can be made with the framework's own generator."""
        return bool(self.generators)

    @property
    def family(self) -> str:
        """The framework's name, of a variant that of the framework itself."""
        return self.variant_of or self.name

    @functools.cached_property
    def arguments(self) -> frozenset[str]:
        """The keys by which a file of bare arguments is known."""
        return frozenset(self.more_keys).union(*map(keys_of, self.policy_functions))

    def facts(self) -> dict[str, Any]:
        """Return what is known of it as plain data, for JSON."""
        return {
            "name": self.name,
            "source": self.source,
            "oddities": list(self.oddities),
            "frontends": list(self.frontends),
            "generators": dict(self.generators),
            "recipes": dict(self.main_recipes),
        }
